//! Forward models of powder X-ray diffraction and their exact gradients.
//!
//! Symbols: lambda wavelength (Å), g = |h a* + k b* + l c*| (1/Å, no 2 pi), d = 1/g, s = g/2 = sin(theta)/lambda, q = 2 pi g,
//! theta the Bragg angle. Peak positions and widths are in degrees 2theta, everything else in radians.
#![doc(test(attr(deny(warnings))))]
#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

mod cell_gradient;
mod error;
mod fine;
mod form_factor;
mod gaussian;
mod instrument;
mod lanes;
mod model;
mod nodes;
mod overlap;
mod packs;
mod peak_list;
mod peaks;
mod real;
mod reflections;
mod sticks;
mod structsnap;

pub use error::ForwardError;
pub use form_factor::{EuAm, FormFactor};
pub use instrument::Instrument;
pub use model::{
    AdjustableModel, AnyForwardModel, DecimatedForward, ForwardModel, JacobianModel,
    StructureGradient,
};
pub use overlap::{BlurredOverlap, BlurredOverlapOptions, BlurredTarget};
pub use peak_list::{PeakList, PeakListOptions, PeakListScratch, PeakRef, Peaks};
pub use reflections::{IndexBounds, ReflectionList};
pub use sticks::{Coordinate, GradientParts};
pub use structsnap::{
    InnerProducts, JacobianColumns, LatticeEvaluation, LossOfProducts, Sampling, Scratch,
    SinglePrecision, Structsnap, StructsnapOptions,
};
