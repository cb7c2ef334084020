//! What can be wrong between two patterns.

use std::sync::Arc;
use thiserror::Error;

/// Two patterns that cannot be compared.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum LossError {
    /// The patterns lie on different axes.
    #[error("the patterns lie on different axes: {observed} against {calculated}")]
    AxisMismatch {
        /// Axis of the observed pattern.
        observed: String,
        /// Axis of the calculated pattern.
        calculated: String,
    },
    /// The gradient buffer has the wrong length.
    #[error("the gradient has {found} entries, but the patterns {expected} points")]
    BufferLength {
        /// Entries of the buffer.
        found: usize,
        /// Points of the patterns.
        expected: usize,
    },
    /// A pattern without intensity cannot be normalised.
    #[error("the {which} pattern has no intensity to normalise by")]
    NoIntensity {
        /// "observed" or "calculated".
        which: &'static str,
    },
    /// An outside loss failed.
    #[error("loss `{kind}` failed")]
    External {
        /// Registered kind.
        kind: String,
        /// Its own error.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}
