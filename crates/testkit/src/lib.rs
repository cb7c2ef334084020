//! Property-test strategies, test functions with known optima, and conformance suites for every seam.
//!
//! A development crate: every implementation of a seam, ours or an outside author's, calls the suite of its seam from its
//! integration tests. A suite returns what it checked, or panics with the law that was broken and the smallest input that
//! breaks it. Suites are deterministic: the same implementation meets the same inputs on every machine.
//!
//! # Examples
//! A loss of an outside crate:
//! ```
//! use braggscape_loss::{Loss, LossError, check_buffers};
//! use braggscape_pattern::Pattern;
//! use braggscape_testkit::conformance::{self, LossClaims};
//!
//! /// Half the sum of squared differences.
//! struct SquaredDifference;
//!
//! impl Loss for SquaredDifference {
//!     fn value_and_gradient(&self, obs: &Pattern, calc: &Pattern, grad: &mut [f64]) -> Result<f64, LossError> {
//!         check_buffers(obs, calc, grad)?;
//!         for ((g, f), c) in grad.iter_mut().zip(obs.y()).zip(calc.y()) {
//!             *g = c - f;
//!         }
//!         Ok(0.5 * braggscape_pattern::sum::dot(grad, grad))
//!     }
//! }
//!
//! let claims = LossClaims { symmetric: true, range: (0.0, f64::INFINITY), ..Default::default() };
//! let checked = conformance::loss(&SquaredDifference, claims);
//! assert!(checked.has("gradient agrees with differences"));
//! ```
#![doc(test(attr(deny(warnings))))]

pub mod conformance;
pub mod differences;
pub mod functions;
pub mod strategies;
pub mod transform;
