//! Losses between two powder patterns, with gradients.
//!
//! A loss compares the observed pattern f (the target) with the calculated pattern g and is smaller where they agree better.
//! Gradients are with respect to g.
#![doc(test(attr(deny(warnings))))]

mod cosine;
mod decimated;
mod error;
mod least_squares;
mod measures;
mod mse;
mod seam;

pub use cosine::Cosine;
pub use decimated::DecimatedLoss;
pub use error::LossError;
pub use least_squares::{LeastSquares, LeastSquaresOnNodes};
pub use measures::{Measure, MeasureClass, MeasureFamily, MeasureKind, MeasureOptions, Zeros};
pub use mse::{Mse, Normalisation};
pub use seam::{AnyLoss, Loss, check_axes, check_buffers, intensity_norm};
