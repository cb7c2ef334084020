//! Losses between two powder patterns, with gradients.
//!
//! A loss compares the observed pattern f (the target) with the calculated pattern g and is smaller where they agree better.
//! Gradients are with respect to g.
#![doc(test(attr(deny(warnings))))]

mod blur;
mod blurred_cosine;
mod blurred_nodes;
mod blurred_overlap;
mod coarse_shifts;
mod cosine;
mod cumulative;
mod de_gelder;
mod decimated;
mod distribution;
mod elementary;
mod entropy;
mod error;
mod gpwdf;
mod jensen_shannon;
mod least_squares;
mod measures;
mod mse;
mod pearson;
mod pool;
mod r_factor;
mod seam;
mod shifts;
mod steps;
mod triangle;
mod wasserstein;
mod xcorr;

pub use blurred_overlap::{BlurAxis, BlurredOverlap, BlurredOverlapOptions};
pub use cosine::Cosine;
pub use cumulative::Cumulative;
pub use de_gelder::{DeGelder, DeGelderOptions};
pub use decimated::DecimatedLoss;
pub use entropy::Entropy;
pub use error::LossError;
pub use gpwdf::{Gpwdf, GpwdfOptions};
pub use jensen_shannon::JensenShannon;
pub use least_squares::{LeastSquares, LeastSquaresOnNodes};
pub use measures::{Measure, MeasureClass, MeasureFamily, MeasureKind, MeasureOptions, Zeros};
pub use mse::{Mse, Normalisation};
pub use pearson::Pearson;
pub use r_factor::{Rp, Rwp, Scale, Weights};
pub use seam::{AnyLoss, Loss, check_axes, check_buffers, intensity_norm};
pub use wasserstein::{Wasserstein1, Wasserstein2};
pub use xcorr::{MaxShift, Xcorr, XcorrOptions};
