//! What can go wrong in an evaluation or a run.

use std::sync::Arc;
use thiserror::Error;

/// A point that cannot be evaluated.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The point lies outside the domain; an optimizer may step back.
    #[error("the point is infeasible: {reason}")]
    Infeasible {
        /// Why.
        reason: String,
    },
    /// The value or the gradient is not finite; an optimizer may step back.
    #[error("the objective is not finite")]
    NonFinite,
    /// The evaluation failed for good; the run stops.
    #[error("the evaluation failed")]
    Failed {
        /// The cause.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl EvalError {
    /// A point outside the domain, for the reason of an error and its causes.
    pub fn infeasible(e: impl std::error::Error) -> Self {
        Self::Infeasible { reason: with_causes(&e) }
    }

    /// An evaluation that failed for good.
    pub fn failed(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Failed { source: Arc::new(source) }
    }
}

/// A run that cannot start or go on.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum OptimError {
    /// An option outside its range.
    #[error("{name} = {value} is outside its range ({expected})")]
    OptionRange {
        /// The option.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The admissible range.
        expected: &'static str,
    },
    /// The starting point has the wrong length.
    #[error("the starting point has {found} components, the objective {expected}")]
    Dimension {
        /// Components of the objective.
        expected: usize,
        /// Components of the point.
        found: usize,
    },
    /// The starting point cannot be evaluated.
    #[error("the starting point cannot be evaluated")]
    Start {
        /// Why.
        #[source]
        source: EvalError,
    },
    /// An evaluation failed for good; the best point so far stays valid.
    #[error("the run stopped")]
    Evaluation {
        /// Why.
        #[source]
        source: EvalError,
    },
    /// The method works on sums of squares, which the objective is not.
    #[error("{method} needs an objective that is a sum of squares, and this one is none")]
    NeedsLeastSquares {
        /// The method.
        method: String,
    },
    /// The method has no checkpoints.
    #[error("the optimizer `{method}` has no checkpoints")]
    NoCheckpoints {
        /// The method.
        method: String,
    },
    /// A checkpoint of another method.
    #[error("the checkpoint is one of the optimizer `{found}`, not of `{expected}`")]
    CheckpointMethod {
        /// The method that is to go on.
        expected: String,
        /// That of the checkpoint.
        found: String,
    },
    /// A checkpoint of a run in another dimension.
    #[error("the checkpoint has {found} components, the objective {expected}")]
    CheckpointDimension {
        /// Components of the objective.
        expected: usize,
        /// Components of the checkpoint.
        found: usize,
    },
    /// A state that cannot be written or read.
    #[error("the state of the checkpoint cannot be used")]
    CheckpointState {
        /// Why.
        #[source]
        source: Arc<serde_json::Error>,
    },
    /// A state whose parts do not fit together.
    #[error("the state of the checkpoint is none of `{method}` in {dim} dimensions")]
    CheckpointMisfit {
        /// The method.
        method: String,
        /// Components of the objective.
        dim: usize,
    },
}

/// The message of an error followed by those of its causes, each said once.
///
/// # Examples
/// ```
/// use braggscape_optim::{EvalError, OptimError, with_causes};
/// let e = OptimError::Start { source: EvalError::NonFinite };
/// assert_eq!(with_causes(&e), "the starting point cannot be evaluated: the objective is not finite");
/// ```
pub fn with_causes(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut cause = e.source();
    while let Some(c) = cause {
        let message = c.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = c.source();
    }
    text
}
