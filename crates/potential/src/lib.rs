//! Interatomic potentials: energy, forces and stress of a crystal.
//!
//! Energies are in eV and those of the whole cell, forces in eV/Å, stresses in GPa and positive under tension; see [`Evaluation`].
#![doc(test(attr(deny(warnings))))]

pub mod assets;
mod chgnet;
mod error;
mod evaluation;
mod extended_xyz;
mod lennard_jones;
mod neighbours;
mod pool;
mod relax;
mod seam;

pub use chgnet::{Chgnet, ChgnetError, ChgnetWeights, Real};
pub use error::PotentialError;
pub use evaluation::{EV_PER_CUBIC_ANGSTROM_IN_GPA, Evaluation};
pub use extended_xyz::extended_xyz;
pub use lennard_jones::{LennardJones, LennardJonesOptions};
pub use relax::{RelaxMethod, RelaxOptions, RelaxStep, Relaxed, relax};
pub use seam::{AnyPotential, Potential};
