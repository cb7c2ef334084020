//! Several noise models, one after the other.

use crate::{AnyNoiseModel, NoiseError, NoiseModel};
use braggscape_crystal::Structure;
use braggscape_pattern::Pattern;
use rand::Rng;

/// Several noise models in the order given, each on what the one before has left, all drawing from one generator.
///
/// The order matters for patterns: an experiment has its background and its zero error before it counts, so counting noise comes
/// last. A list without models changes nothing.
///
/// # Examples
/// ```
/// use braggscape_noise::{Background, Counts, NoiseModel, Sequence};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// use rand::SeedableRng;
/// let models = vec![Background::new(0.1, vec![1.0])?.into(), Counts::new(1e4)?.into()];
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 3)?;
/// let mut pattern = Pattern::new(axis, vec![0.0, 10.0, 0.0])?;
/// let mut rng = rand_chacha::ChaCha12Rng::seed_from_u64(1);
/// Sequence::new(models).corrupt(&mut pattern, &mut rng)?;
/// // A background of 1 in 11 is counted as 909, give or take 30.
/// assert!((pattern.y()[0] - 1.0).abs() < 5.0 * 30.0 / 909.0 && pattern.y()[0] != 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sequence {
    models: Vec<AnyNoiseModel>,
}

impl Sequence {
    /// These models in their order.
    pub fn new(models: Vec<AnyNoiseModel>) -> Self {
        Self { models }
    }
}

#[deny(clippy::missing_trait_methods)]
impl NoiseModel for Sequence {
    fn distort(&self, structure: &Structure, rng: &mut dyn Rng) -> Result<Structure, NoiseError> {
        let mut distorted = structure.clone();
        for model in &self.models {
            distorted = model.distort(&distorted, rng)?;
        }
        Ok(distorted)
    }

    /// As [`NoiseModel::corrupt`]; where a model fails, the pattern is as the one before it has left it.
    fn corrupt(&self, pattern: &mut Pattern, rng: &mut dyn Rng) -> Result<(), NoiseError> {
        self.models.iter().try_for_each(|model| model.corrupt(pattern, rng))
    }
}
