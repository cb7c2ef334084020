//! What a constructor may know of the problem its component is for.

use braggscape_projector::CellShape;
use braggscape_recover::FreeParameters;

/// What a constructor may know of the problem its component is for; never the truth itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// What is refined.
    pub free: FreeParameters,
    /// Shape of the conventional cell, where the study gives it to a projector.
    pub shape: Option<CellShape>,
}

impl Default for Context {
    fn default() -> Self {
        Self { free: FreeParameters::Lattice, shape: None }
    }
}
