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
    /// A target on nodes that was made for another loss or from a pattern on another axis.
    #[error("the observed pattern was not prepared for this loss and these nodes")]
    ForeignTarget,
    /// A pattern without intensity cannot be normalised.
    #[error("the {which} pattern has no intensity to normalise by")]
    NoIntensity {
        /// "observed" or "calculated".
        which: &'static str,
    },
    /// An option of another loss.
    #[error("`{option}` is an option of `{of}` alone")]
    ForeignOption {
        /// The option.
        option: &'static str,
        /// The loss that has it.
        of: &'static str,
    },
    /// A normalisation with which a pattern would not agree best with itself.
    #[error(
        "with normalisation `{given}` other patterns would agree better with a pattern than itself; it must be `{required}`"
    )]
    UnsuitedNormalisation {
        /// The normalisation asked for.
        given: &'static str,
        /// The one that suits.
        required: &'static str,
    },
    /// A pattern that is the same everywhere correlates with nothing.
    #[error("the {which} pattern is constant, so its correlation with another is not defined")]
    Constant {
        /// "observed" or "calculated".
        which: &'static str,
    },
    /// A loss that counts steps of the axis got one whose steps differ.
    #[error(
        "the loss needs an axis of equal steps, but {axis} step by {step} after point {index} and by {mean} on average"
    )]
    UnequalSteps {
        /// The axis.
        axis: String,
        /// The point before the step that differs.
        index: usize,
        /// That step, unit of the axis.
        step: f64,
        /// The mean step, unit of the axis.
        mean: f64,
    },
    /// The axis reaches beyond what a coordinate is defined for.
    #[error("{coordinate} is not defined at {x} {unit}, which the axis reaches")]
    Coordinate {
        /// Name of the coordinate.
        coordinate: &'static str,
        /// Where it is not defined.
        x: f64,
        /// Unit of the axis.
        unit: &'static str,
    },
    /// An option lies outside its range.
    #[error("{name} = {value} is outside its range: {expected}")]
    OptionRange {
        /// Name of the option.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        expected: &'static str,
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
