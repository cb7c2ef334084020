//! The Lennard-Jones pair potential.

use crate::neighbours::{Pair, pairs};
use crate::{Evaluation, Potential, PotentialError};
use braggscape_crystal::Structure;
use nalgebra::Matrix3;
use serde::{Deserialize, Serialize};

/// Options of [`LennardJones`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LennardJonesOptions {
    /// Depth of the well, eV. Default 0.0104, that of argon.
    pub epsilon: f64,
    /// Distance of energy 0, Å. Default 3.4, that of argon.
    pub sigma: f64,
    /// Distance from which on atoms do not feel each other, Å. Default 8.5, two and a half times sigma.
    pub cutoff: f64,
}

impl Default for LennardJonesOptions {
    fn default() -> Self {
        Self { epsilon: 0.0104, sigma: 3.4, cutoff: 8.5 }
    }
}

/// The Lennard-Jones potential with shifted force, the same for all elements:
///
/// E = sum over pairs of phi(r) - phi(r_c) - (r - r_c) phi'(r_c) for r < r_c, with phi(r) = 4 epsilon ((sigma/r)^12 - (sigma/r)^6).
///
/// Energy and forces are continuous at the cutoff r_c. A potential for tests and examples: real crystals need better ones.
///
/// # Examples
/// ```
/// use braggscape_crystal::{Element, Lattice, Site, Structure};
/// use braggscape_potential::{Evaluation, LennardJones, LennardJonesOptions, Potential};
/// use nalgebra::Vector3;
///
/// // Two atoms in a wide cell, at the distance of the deepest energy, 2^(1/6) sigma.
/// let options = LennardJonesOptions { epsilon: 1.0, sigma: 2.0, cutoff: 9.0 };
/// let cell = Lattice::from_rows([[20.0, 0.0, 0.0], [0.0, 20.0, 0.0], [0.0, 0.0, 20.0]])?;
/// let ar = Element::from_symbol("Ar")?;
/// let at = |x: f64| Site::new(ar, Vector3::new(x / 20.0, 0.0, 0.0));
/// let pair = Structure::new(cell, vec![at(0.0), at(2.244924)])?;
/// let mut out = Evaluation::default();
/// LennardJones::new(options)?.evaluate(&pair, &mut out)?;
/// // -1 eV, but for the shift at the cutoff: phi(9) = -0.000481, phi'(9) = 0.000321.
/// assert!((out.energy + 1.0 - 0.000481 - 6.755 * 0.000321).abs() < 1e-5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// J. E. Lennard-Jones, Proc. Phys. Soc. 43, 461 (1931), doi:10.1088/0959-5309/43/5/301; S. Toxvaerd and J. C. Dyre, J. Chem. Phys.
/// 134, 081102 (2011), doi:10.1063/1.3558787 (shifted forces).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LennardJones {
    options: LennardJonesOptions,
    /// phi and its slope at the cutoff.
    at_cutoff: (f64, f64),
}

impl LennardJones {
    /// The potential with these options.
    ///
    /// # Errors
    /// [`PotentialError::OptionRange`].
    pub fn new(options: LennardJonesOptions) -> Result<Self, PotentialError> {
        let LennardJonesOptions { epsilon, sigma, cutoff } = options;
        let bad = |name, value, expected| PotentialError::OptionRange { name, value, expected };
        if !(epsilon.is_finite() && epsilon >= 0.0) {
            return Err(bad("epsilon", epsilon, "0 or above, eV"));
        }
        if !(0.1..=10.0).contains(&sigma) {
            return Err(bad("sigma", sigma, "0.1 to 10 Å"));
        }
        if !(0.1..=30.0).contains(&cutoff) {
            return Err(bad("cutoff", cutoff, "0.1 to 30 Å"));
        }
        let mut made = Self { options, at_cutoff: (0.0, 0.0) };
        made.at_cutoff = made.phi(cutoff);
        Ok(made)
    }

    /// phi, eV, and its slope, eV/Å, at a distance.
    fn phi(&self, r: f64) -> (f64, f64) {
        let LennardJonesOptions { epsilon, sigma, .. } = self.options;
        let s = sigma / r;
        let s6 = (s * s * s) * (s * s * s);
        (4.0 * epsilon * s6 * (s6 - 1.0), 4.0 * epsilon * s6 * (6.0 - 12.0 * s6) / r)
    }
}

impl Potential for LennardJones {
    fn evaluate(&self, structure: &Structure, out: &mut Evaluation) -> Result<(), PotentialError> {
        whole_atoms(structure)?;
        let mut found: Vec<Pair> = Vec::new();
        pairs(structure, self.options.cutoff, &mut found)?;
        out.reset(structure.n_sites());
        let (phi_c, slope_c) = self.at_cutoff;
        let mut virial = Matrix3::zeros();
        for Pair { first, second, vector, distance } in found {
            let (phi, slope) = self.phi(distance);
            out.energy += phi - phi_c - (distance - self.options.cutoff) * slope_c;
            let g = vector * ((slope - slope_c) / distance);
            out.forces[first] -= g;
            out.forces[second] += g;
            virial += vector * g.transpose();
        }
        out.set_stress(&virial, structure.lattice().volume());
        out.check()
    }
}

/// Refuses sites that are not fully occupied.
pub(crate) fn whole_atoms(structure: &Structure) -> Result<(), PotentialError> {
    // 1 within the rounding of files.
    let mixed = structure.sites().iter().position(|site| site.occupancy < 1.0 - 1e-6);
    let Some(site_idx) = mixed else { return Ok(()) };
    let site = &structure.sites()[site_idx];
    let (element, occupancy) = (site.element.symbol(), site.occupancy);
    Err(PotentialError::PartialOccupancy { site_idx, element, occupancy })
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::{Element, Lattice, Site};
    use nalgebra::Vector3;

    #[test]
    fn options_out_of_range_are_named() {
        let base = LennardJonesOptions::default();
        let check = |options, name: &str| {
            let e = LennardJones::new(options).unwrap_err().to_string();
            assert!(e.starts_with(name), "{e}");
        };
        check(LennardJonesOptions { epsilon: -1.0, ..base }, "epsilon");
        check(LennardJonesOptions { epsilon: f64::NAN, ..base }, "epsilon");
        check(LennardJonesOptions { sigma: 0.0, ..base }, "sigma");
        check(LennardJonesOptions { cutoff: 31.0, ..base }, "cutoff");
    }

    #[test]
    fn the_lattice_sum_of_argon_is_that_of_the_literature() {
        // Face-centred cubic, C. Kittel, Introduction to Solid State Physics, chapter 3: nearest distance 1.09 sigma and
        // 8.6 epsilon an atom, from the sums 12.13188 and 14.45392.
        let options = LennardJonesOptions { epsilon: 1.0, sigma: 1.0, cutoff: 30.0 };
        let potential = LennardJones::new(options).unwrap();
        let r = (2.0_f64 * 12.13188 / 14.45392).powf(1.0 / 6.0);
        let h = r / 2.0_f64.sqrt();
        let cell = Lattice::from_rows([[0.0, h, h], [h, 0.0, h], [h, h, 0.0]]).unwrap();
        let ar = Element::from_symbol("Ar").unwrap();
        let s = Structure::new(cell, vec![Site::new(ar, Vector3::zeros())]).unwrap();
        let mut out = Evaluation::default();
        potential.evaluate(&s, &mut out).unwrap();
        let expected = 2.0 * (12.13188 / r.powi(12) - 14.45392 / r.powi(6));
        // What the cutoff and the shift leave out falls as its cube.
        assert!((out.energy - expected).abs() < 3e-3, "{} {expected}", out.energy);
        assert!(out.stress.norm() < 0.5 && out.forces[0].norm() < 1e-10, "{out:?}");
    }

    #[test]
    fn mixed_sites_are_refused() {
        let cell = Lattice::from_rows([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]]).unwrap();
        let ar = Site::new(Element::from_symbol("Ar").unwrap(), Vector3::zeros());
        let s = Structure::new(cell, vec![Site { occupancy: 0.5, ..ar }]).unwrap();
        let potential = LennardJones::new(LennardJonesOptions::default()).unwrap();
        let e = potential.evaluate(&s, &mut Evaluation::default()).unwrap_err();
        assert!(e.to_string().contains("site 0 (Ar) has occupancy 0.5"), "{e}");
    }
}
