//! Reduced cells: LLL and Niggli bases, primitive cells, and all ways to lay one lattice onto another.
//!
//! These are the reductions that pymatgen's `StructureMatcher` makes before it compares two crystals, with the same
//! tolerances, the same order of search and the same choice among equivalent results, because the verdict of that matcher
//! depends on each of them. They work on [`Basis`], three vectors as **rows**, in which a fractional coordinate is a row
//! vector: x = f B.
//!
//! # Examples
//! ```
//! use braggscape_crystal::reduction::{Basis, niggli};
//!
//! // The primitive rhombohedron of a face-centred cubic lattice, given by long vectors.
//! let skewed = Basis([[0.0, 2.0, 2.0], [2.0, 2.0, 4.0], [4.0, 6.0, 6.0]]);
//! let reduced = niggli(&skewed)?;
//! for length in reduced.lengths() {
//!     assert!((length - 8.0_f64.sqrt()).abs() < 1e-12);
//! }
//! # Ok::<(), braggscape_crystal::reduction::ReductionError>(())
//! ```

mod basis;
mod cell;
mod hnf;
mod lll;
mod mappings;
mod niggli;
mod primitive;

pub use basis::Basis;
pub use cell::{LabelledCell, SiteKind};
pub use lll::{Lll, lll};
pub use mappings::{LatticeMapping, LatticePoint, MappingSearch, lattice_points};
pub use niggli::{NIGGLI_TOLERANCE, niggli};
pub use primitive::PRIMITIVE_SITE_TOLERANCE;

use thiserror::Error;

/// A cell that cannot be reduced.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ReductionError {
    /// The basis vectors are (nearly) linearly dependent, or not finite.
    #[error("the lattice cannot be reduced: its vectors are degenerate (volume {volume:.3e} Å^3)")]
    Degenerate {
        /// Volume, Å^3.
        volume: f64,
    },
    /// No basis of the lattice has the parameters that Niggli reduction arrived at.
    #[error("no Niggli basis of the lattice was found")]
    NiggliNotFound,
    /// A sphere holds more lattice points than the search accepts.
    #[error("a sphere of radius {radius} Å holds more than {limit} lattice points")]
    TooManyPoints {
        /// Radius of the sphere, Å.
        radius: f64,
        /// The bound.
        limit: usize,
    },
    /// A lattice resembles another in too many ways.
    #[error(
        "the search for similar bases of a lattice passed its bound of {limit} pairs of lattice points"
    )]
    TooManyMappings {
        /// The bound.
        limit: u64,
    },
    /// The search for a primitive cell would take too long.
    #[error("the search for a primitive cell of {n_sites} sites passed its bound of {limit} steps")]
    PrimitiveTooLarge {
        /// Sites of the cell.
        n_sites: usize,
        /// The bound.
        limit: u64,
    },
}
