//! What can go wrong in a distortion.

use braggscape_crystal::CrystalError;
use braggscape_pattern::PatternError;
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
    /// Another option outside its range.
    #[error("{name} = {value} is outside its range ({expected})")]
    OptionRange {
        /// The option.
        name: &'static str,
        /// As given.
        value: f64,
        /// The admissible range.
        expected: &'static str,
    },
    /// A pattern whose peak counts cannot be fixed.
    #[error("the pattern has no point above 0, so none can expect counts")]
    NoIntensity,
    /// A shift in 2theta of a pattern on another axis.
    #[error("a zero shift moves patterns along 2theta, but this one has {axis}")]
    NotTwoTheta {
        /// The axis, in words.
        axis: String,
    },
    /// The corrupted pattern is no pattern.
    #[error("the corrupted pattern is not a pattern")]
    Pattern {
        /// Why.
        #[source]
        source: PatternError,
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

impl From<PatternError> for NoiseError {
    fn from(source: PatternError) -> Self {
        Self::Pattern { source }
    }
}
