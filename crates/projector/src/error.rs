//! What can go wrong in a projection.

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
