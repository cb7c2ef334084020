//! What a constructor may know of the problem its component is for.

use braggscape_crystal::Structure;
use braggscape_crystal::symmetry::{SymmetryAssignment, SymmetryError};
use braggscape_projector::CellShape;
use braggscape_recover::FreeParameters;
use std::sync::Arc;

/// What a constructor may know of the problem its component is for; never the truth itself.
#[derive(Debug, Clone)]
pub struct Context {
    /// What is refined.
    pub free: FreeParameters,
    /// Shape of the conventional cell, where the study gives it to a projector.
    pub shape: Option<CellShape>,
    /// Symmetry of the reference, where the study gives it to a projector.
    pub symmetry: Option<ReferenceSymmetry>,
}

impl Default for Context {
    fn default() -> Self {
        Self { free: FreeParameters::Lattice, shape: None, symmetry: None }
    }
}

/// A structure of which the symmetry may be known, and nothing else; cheap to clone.
#[derive(Debug, Clone)]
pub struct ReferenceSymmetry {
    structure: Arc<Structure>,
}

impl ReferenceSymmetry {
    /// The symmetry of this structure.
    pub fn new(structure: Structure) -> Self {
        Self { structure: Arc::new(structure) }
    }

    /// The symmetry within `symprec`, Å; searched for on every call.
    ///
    /// # Errors
    /// [`SymmetryError`].
    pub fn assignment(&self, symprec: f64) -> Result<SymmetryAssignment, SymmetryError> {
        SymmetryAssignment::of(&self.structure, symprec)
    }
}
