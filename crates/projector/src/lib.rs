//! Projections of cells and sites onto symmetry constraints.
//!
//! A projector works on cell parameters (Å, degrees) and fractional coordinates of the conventional cell.
#![doc(test(attr(deny(warnings))))]

mod crystal_family;
mod error;
mod reduced;
mod seam;

pub use crystal_family::{CellShape, CrystalFamilyProjector};
pub use error::ProjectError;
pub use reduced::Reduced;
pub use seam::{AnyProjector, Identity, Projector};
