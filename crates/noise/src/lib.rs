//! Distortions of structures and patterns.
//!
//! A noise model draws from the generator it is given and from nothing else: the same state gives the same result.
#![doc(test(attr(deny(warnings))))]

mod displacement;
mod error;
mod seam;
mod strain;

pub use displacement::Displacement;
pub use error::NoiseError;
pub use seam::{AnyNoiseModel, NoNoise, NoiseModel};
pub use strain::Strain;
