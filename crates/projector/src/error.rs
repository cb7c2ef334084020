//! What can go wrong in a projection.

use braggscape_crystal::CrystalError;
use std::sync::Arc;
use thiserror::Error;

/// A cell or sites that cannot be projected.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// A parameter that is not a finite number.
    #[error("cell parameter or coordinate {index} is not a finite number")]
    NonFinite {
        /// Index in (a, b, c, alpha, beta, gamma, coordinates...).
        index: usize,
    },
    /// Another number of sites than those that the symmetry is of.
    #[error("the symmetry is that of {expected} sites, but there are {found}")]
    SiteCount {
        /// Sites of the reference.
        expected: usize,
        /// Sites given.
        found: usize,
    },
    /// The symmetrised metric is none of a cell.
    #[error("the cell cannot be symmetrised")]
    Cell {
        /// Why.
        #[source]
        source: CrystalError,
    },
    /// A ramp over no iteration.
    #[error("over = {over} is outside its range (at least 1 iteration)")]
    RampLength {
        /// As given.
        over: u64,
    },
    /// An outside projector failed.
    #[error("projector `{kind}` failed")]
    External {
        /// Registered kind.
        kind: String,
        /// Its own error.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}
