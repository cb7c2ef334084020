//! The noise-model seam.

use crate::{
    Background, Counts, Displacement, IntensityError, NoiseError, Sequence, Strain, ZeroShift,
};
use braggscape_crystal::Structure;
use braggscape_pattern::Pattern;
use enum_dispatch::enum_dispatch;
use rand::Rng;

/// A random distortion of structures, of patterns, or of both.
///
/// The same state of the generator gives the same result. By default nothing is changed.
#[enum_dispatch]
pub trait NoiseModel: Send + Sync {
    /// A distorted copy of a structure.
    ///
    /// # Errors
    /// [`NoiseError`].
    fn distort(&self, structure: &Structure, _rng: &mut dyn Rng) -> Result<Structure, NoiseError> {
        Ok(structure.clone())
    }

    /// Corrupts a pattern in place.
    ///
    /// # Errors
    /// [`NoiseError`].
    fn corrupt(&self, _pattern: &mut Pattern, _rng: &mut dyn Rng) -> Result<(), NoiseError> {
        Ok(())
    }
}

#[deny(clippy::missing_trait_methods)]
impl NoiseModel for Box<dyn NoiseModel> {
    fn distort(&self, structure: &Structure, rng: &mut dyn Rng) -> Result<Structure, NoiseError> {
        (**self).distort(structure, rng)
    }

    fn corrupt(&self, pattern: &mut Pattern, rng: &mut dyn Rng) -> Result<(), NoiseError> {
        (**self).corrupt(pattern, rng)
    }
}

/// Changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoNoise;

impl NoiseModel for NoNoise {}

/// The built-in noise models, and one place for others.
#[enum_dispatch(NoiseModel)]
pub enum AnyNoiseModel {
    /// Nothing.
    NoNoise(NoNoise),
    /// Random strain of the lattice.
    Strain(Strain),
    /// Random displacement of the sites.
    Displacement(Displacement),
    /// Counting noise.
    Counts(Counts),
    /// A background under the pattern.
    Background(Background),
    /// A zero error of 2theta.
    ZeroShift(ZeroShift),
    /// Intensities that are wrong by a smooth factor.
    IntensityError(IntensityError),
    /// Several models, one after the other.
    Sequence(Sequence),
    /// A model of another crate.
    External(Box<dyn NoiseModel>),
}

impl AnyNoiseModel {
    /// Wraps a model of another crate.
    pub fn external(model: impl NoiseModel + 'static) -> Self {
        Self::External(Box::new(model))
    }
}
