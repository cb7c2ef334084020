//! Random displacement of the sites.

use crate::normal::standard_normal;
use crate::{NoiseError, NoiseModel};
use braggscape_crystal::{Structure, wrap_unit};
use rand::Rng;

/// Random displacement: every fractional coordinate plus N(0, sigma^2), wrapped to [0, 1). The lattice stays.
///
/// # References
/// Segal et al., Digital Discovery (2026), doi:10.1039/d6dd00017g.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Displacement {
    sigma: f64,
}

impl Displacement {
    /// Displacement of level `sigma`, a fraction of the cell edge, at least 0 and at most 0.5.
    ///
    /// # Errors
    /// [`NoiseError::LevelRange`].
    pub fn new(sigma: f64) -> Result<Self, NoiseError> {
        if (0.0..=0.5).contains(&sigma) {
            Ok(Self { sigma })
        } else {
            Err(NoiseError::LevelRange { sigma, expected: "0 to 0.5, a fraction of the cell edge" })
        }
    }
}

impl NoiseModel for Displacement {
    fn distort(&self, structure: &Structure, rng: &mut dyn Rng) -> Result<Structure, NoiseError> {
        let mut coords = structure.frac_coords();
        for frac in &mut coords {
            for x in frac.iter_mut() {
                *x = wrap_unit(*x + self.sigma * standard_normal(rng));
            }
        }
        Ok(structure.with_frac_coords(&coords)?)
    }
}
