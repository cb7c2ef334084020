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
}
