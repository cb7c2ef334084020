//! What can go wrong in a distortion.

use braggscape_crystal::CrystalError;
use std::sync::Arc;
use thiserror::Error;

/// A distortion that cannot be made.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum NoiseError {
    /// A noise level outside its range.
    #[error("noise level sigma = {sigma} is outside its range ({expected})")]
    LevelRange {
        /// As given.
        sigma: f64,
        /// The admissible range.
        expected: &'static str,
    },
    /// The distorted structure is no crystal.
    #[error("the distorted structure is not a crystal")]
    Crystal {
        /// Why.
        #[source]
        source: CrystalError,
    },
    /// An outside model failed.
    #[error("noise model `{kind}` failed")]
    External {
        /// Registered kind.
        kind: String,
        /// Its own error.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl From<CrystalError> for NoiseError {
    fn from(source: CrystalError) -> Self {
        Self::Crystal { source }
    }
}
