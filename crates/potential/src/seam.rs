//! The potential seam.

use crate::{Chgnet, Evaluation, LennardJones, PotentialError};
use braggscape_crystal::Structure;
use enum_dispatch::enum_dispatch;

/// An interatomic potential.
///
/// Called once a geometry with a whole crystal. The same crystal gives the same bits, on every thread. Implementations may keep
/// scratch space between calls, but nothing that changes a result by a bit. The energy is a smooth function of positions and cell
/// and does not change when the crystal is moved, turned, or described by another cell, origin or order of sites.
///
/// # Examples
/// A complete potential, a spring from each atom to the next images along the cell vectors:
/// ```
/// use braggscape_crystal::Structure;
/// use braggscape_potential::{EV_PER_CUBIC_ANGSTROM_IN_GPA, Evaluation, Potential, PotentialError};
///
/// /// E = sum over cell vectors a of k/2 |a|^2.
/// struct Springs { k: f64 }
///
/// impl Potential for Springs {
///     fn evaluate(&self, structure: &Structure, out: &mut Evaluation) -> Result<(), PotentialError> {
///         out.reset(structure.n_sites());
///         let cell = structure.lattice();
///         out.energy = 0.5 * self.k * cell.columns().norm_squared();
///         let virial = self.k * cell.columns() * cell.columns().transpose();
///         out.stress = virial * (EV_PER_CUBIC_ANGSTROM_IN_GPA / cell.volume());
///         out.check()
///     }
/// }
/// # let cell = braggscape_crystal::Lattice::from_rows([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])?;
/// # let po = braggscape_crystal::Element::from_symbol("Po")?;
/// # let site = braggscape_crystal::Site::new(po, nalgebra::Vector3::zeros());
/// # let mut out = Evaluation::default();
/// # Springs { k: 1.0 }.evaluate(&Structure::new(cell, vec![site])?, &mut out)?;
/// # assert!((out.energy - 6.0).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[enum_dispatch]
pub trait Potential: Send + Sync {
    /// Energy, forces and stress of a crystal, and magnetic moments if the potential has them; `out` is overwritten.
    ///
    /// # Errors
    /// [`PotentialError`]: the potential is not made for such a crystal, or something is no finite number. `out` then holds
    /// nothing of use. Geometries that it cannot evaluate, such as atoms at one place, are to be [`PotentialError::TooClose`] or
    /// [`PotentialError::NotFinite`]: recoveries pass over them, and end with any other error.
    fn evaluate(&self, structure: &Structure, out: &mut Evaluation) -> Result<(), PotentialError>;
}

#[deny(clippy::missing_trait_methods)]
impl Potential for Box<dyn Potential> {
    fn evaluate(&self, structure: &Structure, out: &mut Evaluation) -> Result<(), PotentialError> {
        (**self).evaluate(structure, out)
    }
}

/// The built-in potentials, and one place for others.
#[enum_dispatch(Potential)]
pub enum AnyPotential {
    /// A pair potential.
    LennardJones(LennardJones),
    /// A graph network.
    Chgnet(Chgnet),
    /// A potential of another crate.
    External(Box<dyn Potential>),
}

impl AnyPotential {
    /// Wraps a potential of another crate.
    pub fn external(potential: impl Potential + 'static) -> Self {
        Self::External(Box::new(potential))
    }
}
