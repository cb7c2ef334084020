//! Random strain of the lattice.

use crate::{NoiseError, NoiseModel};
use braggscape_crystal::{Lattice, Structure};
use nalgebra::Matrix3;
use rand::{Rng, RngExt};

/// Random strain: lattice vectors x' = S x with s_ii ~ U(1 - sigma, 1 + sigma) and s_ij ~ U(-sigma, sigma), all nine drawn
/// independently, row by row. Fractional coordinates stay. S may contain a rotation, which no pattern sees.
///
/// # References
/// Segal et al., Digital Discovery (2026), doi:10.1039/d6dd00017g.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strain {
    sigma: f64,
}

impl Strain {
    /// Strain of level `sigma` (dimensionless), at least 0 and below 0.5.
    ///
    /// # Errors
    /// [`NoiseError::LevelRange`].
    pub fn new(sigma: f64) -> Result<Self, NoiseError> {
        if (0.0..0.5).contains(&sigma) {
            Ok(Self { sigma })
        } else {
            Err(NoiseError::LevelRange { sigma, expected: "0 to below 0.5, a relative strain" })
        }
    }

    /// Draws S.
    pub fn draw(&self, rng: &mut dyn Rng) -> Matrix3<f64> {
        let mut s = Matrix3::identity();
        for i in 0..3 {
            for j in 0..3 {
                s[(i, j)] += self.sigma * (2.0 * rng.random::<f64>() - 1.0);
            }
        }
        s
    }
}

impl NoiseModel for Strain {
    fn distort(&self, structure: &Structure, rng: &mut dyn Rng) -> Result<Structure, NoiseError> {
        let columns = self.draw(rng) * structure.lattice().columns();
        Ok(structure.with_lattice(Lattice::from_columns(columns)?))
    }
}
