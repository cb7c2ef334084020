//! The registry of named components and the options they take.
//!
//! A study names its components in TOML (`[loss] kind = "cosine"`). A [`Registry`] maps each name to a constructor that
//! receives the rest of the table. [`Registry::builtin`] has ours; an outside crate adds its own under dotted names:
//!
//! ```
//! use braggscape_plugin::Registry;
//! use braggscape_plugin::loss::{AnyLoss, Loss, LossError};
//! use braggscape_plugin::pattern::Pattern;
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Constant { value: f64 }
//!
//! impl Loss for Constant {
//!     fn value_and_gradient(&self, _: &Pattern, _: &Pattern, grad: &mut [f64]) -> Result<f64, LossError> {
//!         grad.fill(0.0);
//!         Ok(self.value)
//!     }
//! }
//!
//! let registry = Registry::builtin()
//!     .with_loss("acme.constant", "value = 1.5", |o, _| Ok(AnyLoss::external(o.parse::<Constant>()?)));
//! assert!(registry.check().is_ok());
//! assert!(registry.losses().entry("acme.constant").is_some());
//! ```
#![doc(test(attr(deny(warnings))))]

mod builtin;
mod context;
mod error;
mod family;
mod options;
mod registry;

pub use context::{Context, ReferenceSymmetry};
pub use error::PluginError;
pub use family::{Entry, Family, OptionDoc};
pub use options::Options;
pub use registry::{Registry, StrategyMaker, StrategyParts};

pub use braggscape_crystal as crystal;
pub use braggscape_loss as loss;
pub use braggscape_metrics as metrics;
pub use braggscape_noise as noise;
pub use braggscape_optim as optim;
pub use braggscape_pattern as pattern;
pub use braggscape_potential as potential;
pub use braggscape_projector as projector;
pub use braggscape_recover as recover;
pub use braggscape_xrd as xrd;

/// Vectors and matrices, in the version that the seams use.
pub use nalgebra;
/// Random numbers, in the version that the seams use.
pub use rand;
