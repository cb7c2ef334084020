//! Projections of cells and sites onto symmetry constraints.
//!
//! A projector works on cell parameters (Å, degrees) and fractional coordinates of the conventional cell.
#![doc(test(attr(deny(warnings))))]

mod cell_constraint;
mod columns;
mod crystal_family;
mod error;
mod ramp;
mod reduced;
mod seam;
mod space_group;

pub use crystal_family::{CellShape, CrystalFamilyProjector};
pub use error::ProjectError;
pub use ramp::{Ramp, Rise};
pub use reduced::Reduced;
pub use seam::{AnyProjector, Identity, Projector};
pub use space_group::SpaceGroupProjector;
