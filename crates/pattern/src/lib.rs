//! Powder patterns: axes, profiles, radiation, peak lists and pattern files.
//!
//! A [`Pattern`] is intensities on an [`Axis`] (2theta in degrees, or q in 1/Å). Sums over a pattern go through [`sum`],
//! whose order of additions is fixed, so that results do not depend on the machine.
//!
//! # Examples
//! ```
//! use braggscape_pattern::{Axis, AxisKind, Pattern};
//! let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 3)?;
//! let pattern = Pattern::new(axis, vec![1.0, 4.0, 2.0])?;
//! assert_eq!(pattern.axis().x(2), 11.0);
//! assert_eq!(pattern.resampled(&Axis::uniform(AxisKind::TwoTheta, 10.25, 1.0, 1)?)?.y(), &[2.5]);
//! # Ok::<(), braggscape_pattern::PatternError>(())
//! ```
#![doc(test(attr(deny(warnings))))]

mod axis;
mod decimation;
mod error;
pub mod io;
pub mod log;
mod node_map;
mod peak;
mod profile;
mod radiation;
pub mod sum;

pub use axis::{Axis, AxisKind};
pub use decimation::{DecimatedTarget, Decimation, TAPS, gaussian_kernel};
pub use error::PatternError;
pub use node_map::NodeMap;
pub use peak::{HklFamily, Peak};
pub use profile::Pattern;
pub use radiation::{Radiation, WAVELENGTHS};
