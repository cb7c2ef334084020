//! What a potential says of a crystal.

use crate::PotentialError;
use nalgebra::{Matrix3, Vector3};

/// 1 eV/Å^3 in GPa.
pub const EV_PER_CUBIC_ANGSTROM_IN_GPA: f64 = 160.21766208;

/// Energy, forces and stress of a crystal. A buffer that may be used again and again.
///
/// Forces are F_i = -dE/dr_i. The stress is sigma = (1/V) dE/d(epsilon) for x' = (1 + epsilon) x at constant fractional
/// coordinates: symmetric, and positive where the energy rises on expansion, as in ASE.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    /// Energy of the cell, eV.
    pub energy: f64,
    /// Forces on the sites, Cartesian, eV/Å.
    pub forces: Vec<Vector3<f64>>,
    /// Stress, GPa.
    pub stress: Matrix3<f64>,
    /// Magnetic moments of the sites, Bohr magnetons; empty if the potential has none.
    pub magmoms: Vec<f64>,
}

impl Evaluation {
    /// Makes room for this many sites and sets everything to 0, without moments.
    pub fn reset(&mut self, n_sites: usize) {
        self.energy = 0.0;
        self.forces.clear();
        self.forces.resize(n_sites, Vector3::zeros());
        self.stress = Matrix3::zeros();
        self.magmoms.clear();
    }

    /// Largest force on a site, eV/Å.
    pub fn largest_force(&self) -> f64 {
        self.forces.iter().map(Vector3::norm).fold(0.0, f64::max)
    }

    /// Sets the stress from the virial W_ab = dE/d(epsilon_ab), eV, and the volume, Å^3. Rounding aside W is symmetric.
    pub(crate) fn set_stress(&mut self, virial: &Matrix3<f64>, volume: f64) {
        let symmetric = 0.5 * (virial + virial.transpose());
        self.stress = symmetric * (EV_PER_CUBIC_ANGSTROM_IN_GPA / volume);
    }

    /// Whether all numbers are finite.
    ///
    /// # Errors
    /// [`PotentialError::NotFinite`].
    pub fn check(&self) -> Result<(), PotentialError> {
        let forces = || self.forces.iter().all(|f| f.iter().all(|x| x.is_finite()));
        let what = if !self.energy.is_finite() {
            "energy"
        } else if !forces() {
            "force on a site"
        } else if !self.stress.iter().all(|x| x.is_finite()) {
            "stress"
        } else {
            return Ok(());
        };
        Err(PotentialError::NotFinite { what })
    }
}
