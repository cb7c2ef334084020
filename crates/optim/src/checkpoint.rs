//! Runs that are interrupted and go on.

use crate::{Iterate, OptimError, Optimizer};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// A run between two steps: the method's name and state, where the run stands, and its counts.
///
/// [`Run::checkpoint`](crate::Run::checkpoint) makes one and [`resume`](crate::resume) goes on from it, to the same bits as a
/// run without interruption. The options are not in it: the method that goes on has its own. Written with `serde_json` (its
/// feature `float_roundtrip` is on) and read again it is the same to the bit; all its numbers are finite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    pub(crate) method: String,
    pub(crate) state: Value,
    pub(crate) iteration: u64,
    pub(crate) evaluations: u64,
    pub(crate) start_value: f64,
    pub(crate) value: f64,
    pub(crate) best_value: f64,
    pub(crate) settled: bool,
    pub(crate) x: Vec<f64>,
    pub(crate) gradient: Vec<f64>,
    pub(crate) best_x: Vec<f64>,
}

impl Checkpoint {
    pub(crate) fn new(
        method: &dyn Optimizer,
        at: &Iterate,
        start_value: f64,
        evaluations: u64,
    ) -> Result<Self, OptimError> {
        Ok(Self {
            method: method.name().to_owned(),
            state: method.save()?,
            iteration: at.iteration,
            evaluations,
            start_value,
            value: at.value,
            best_value: at.best_value,
            settled: at.settled,
            x: at.x.clone(),
            gradient: at.gradient.clone(),
            best_x: at.best_x.clone(),
        })
    }

    /// Hands the state to the method and gives back where the run stands.
    pub(crate) fn restore(
        &self,
        method: &mut dyn Optimizer,
        dim: usize,
    ) -> Result<Iterate, OptimError> {
        if self.method != method.name() {
            let expected = method.name().to_owned();
            return Err(OptimError::CheckpointMethod { expected, found: self.method.clone() });
        }
        let gradient_fits = self.gradient.is_empty() || self.gradient.len() == dim;
        if self.x.len() != dim || self.best_x.len() != dim || !gradient_fits {
            return Err(OptimError::CheckpointDimension { expected: dim, found: self.x.len() });
        }
        method.load(&self.state, dim)?;
        Ok(Iterate {
            x: self.x.clone(),
            value: self.value,
            gradient: self.gradient.clone(),
            best_x: self.best_x.clone(),
            best_value: self.best_value,
            iteration: self.iteration,
            settled: self.settled,
        })
    }

    /// Name of the method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Steps taken.
    pub fn iteration(&self) -> u64 {
        self.iteration
    }

    /// Evaluations used.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// The best point so far.
    pub fn best_x(&self) -> &[f64] {
        &self.best_x
    }

    /// Value at the best point.
    pub fn best_value(&self) -> f64 {
        self.best_value
    }
}

/// The state of a method between two steps.
pub(crate) trait State: Serialize + DeserializeOwned {
    /// Whether it can be the state of a run in n dimensions.
    fn fits(&self, n: usize) -> bool;
}

/// The state as a checkpoint holds it.
pub(crate) fn save(state: &impl State) -> Result<Value, OptimError> {
    serde_json::to_value(state).map_err(|e| OptimError::CheckpointState { source: Arc::new(e) })
}

/// The state that a checkpoint holds.
pub(crate) fn load<S: State>(
    method: &dyn Optimizer,
    value: &Value,
    n: usize,
) -> Result<S, OptimError> {
    let state =
        S::deserialize(value).map_err(|e| OptimError::CheckpointState { source: Arc::new(e) })?;
    if state.fits(n) {
        Ok(state)
    } else {
        Err(OptimError::CheckpointMisfit { method: method.name().to_owned(), dim: n })
    }
}
