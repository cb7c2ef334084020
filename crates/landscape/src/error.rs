//! What can be wrong with a section or its evaluation.

use braggscape_optim::EvalError;
use thiserror::Error;

/// A landscape that cannot be drawn up.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum LandscapeError {
    /// The ends of an axis are not in order, or not numbers.
    #[error("axis `{axis}` runs from {low} to {high}, expected finite ends with low < high")]
    AxisRange {
        /// The axis.
        axis: String,
        /// Its low end.
        low: f64,
        /// Its high end.
        high: f64,
    },
    /// An axis with too few points, or too many.
    #[error("axis `{axis}` has {n_points} points, expected 2 to {max}")]
    AxisPoints {
        /// The axis.
        axis: String,
        /// Its points.
        n_points: usize,
        /// Most points of an axis.
        max: usize,
    },
    /// An axis that sets no component, or one by a factor that is zero or no number.
    #[error("axis `{axis}` moves nothing along component {component}")]
    NoMotion {
        /// The axis.
        axis: String,
        /// The component of x.
        component: usize,
    },
    /// A component set twice.
    #[error("component {component} of x is set twice, at last by axis `{axis}`")]
    SetTwice {
        /// The axis that sets it again.
        axis: String,
        /// The component of x.
        component: usize,
    },
    /// A component that the base point does not have.
    #[error("axis `{axis}` sets component {component} of x, which has {dim}")]
    NoSuchComponent {
        /// The axis.
        axis: String,
        /// The component of x.
        component: usize,
        /// Components of x.
        dim: usize,
    },
    /// As many values as the section has points are needed.
    #[error("{found} values for {expected} points")]
    ValueCount {
        /// Points of the section.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// A value that is NaN or infinite.
    #[error("the value of point {point} is {value}, expected a finite number or a hole")]
    NonFinite {
        /// The point's index.
        point: usize,
        /// The value.
        value: f64,
    },
    /// The budget does not reach for the coarse grid.
    #[error(
        "a budget of {max_evaluations} evaluations does not reach for the coarse grid of {needed}"
    )]
    Budget {
        /// The budget.
        max_evaluations: u64,
        /// Points of the coarse grid.
        needed: u64,
    },
    /// A tolerance that is negative or no number.
    #[error("{name} = {value}, expected a number of at least 0")]
    OptionRange {
        /// The option.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// An evaluation failed for good.
    #[error("the landscape cannot be evaluated at ({u}, {v})")]
    Evaluation {
        /// Place along the first axis.
        u: f64,
        /// Place along the second axis.
        v: f64,
        /// Why.
        #[source]
        source: EvalError,
    },
}
