//! Distortions of structures and patterns.
//!
//! A noise model draws from the generator it is given and from nothing else: the same state gives the same result.
#![doc(test(attr(deny(warnings))))]

mod background;
mod counts;
mod displacement;
mod error;
mod intensity_error;
mod normal;
mod poisson;
mod seam;
mod sequence;
mod strain;
mod zero_shift;

pub use background::Background;
pub use counts::Counts;
pub use displacement::Displacement;
pub use error::NoiseError;
pub use intensity_error::IntensityError;
pub use seam::{AnyNoiseModel, NoNoise, NoiseModel};
pub use sequence::Sequence;
pub use strain::Strain;
pub use zero_shift::ZeroShift;
