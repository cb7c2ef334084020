//! The driver: budget, counts, observers.

use crate::{
    Component, EvalError, Iterate, Objective, OptimError, Optimizer, Progress, Termination,
};
use std::sync::atomic::{AtomicU64, Ordering};

/// What a run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most evaluations of the objective. Default: no limit.
    pub max_evaluations: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_evaluations: u64::MAX }
    }
}

/// Watches a run; `()` watches nothing.
pub trait Observer {
    /// Called after the start and after every step; returning `false` ends the run.
    fn observe(&mut self, at: &Iterate, evaluations: u64) -> bool;
}

impl Observer for () {
    fn observe(&mut self, _at: &Iterate, _evaluations: u64) -> bool {
        true
    }
}

/// The outcome of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// Best point.
    pub x: Vec<f64>,
    /// Value at the best point.
    pub value: f64,
    /// Value at the (projected) starting point.
    pub start_value: f64,
    /// Evaluations of the objective, with or without gradient.
    pub evaluations: u64,
    /// Steps taken.
    pub iterations: u64,
    /// Why the run ended.
    pub termination: Termination,
}

/// Counts the evaluations of an objective.
struct Counted<'a> {
    inner: &'a dyn Objective,
    evaluations: AtomicU64,
}

impl Counted<'_> {
    fn count(&self) {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
    }
}

#[deny(clippy::missing_trait_methods)]
impl Objective for Counted<'_> {
    fn components(&self) -> &[Component] {
        self.inner.components()
    }

    fn dim(&self) -> usize {
        self.inner.dim()
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvalError> {
        self.count();
        self.inner.value(x)
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        self.count();
        let value = self.inner.value_and_gradient(x, gradient)?;
        if value.is_finite() && gradient.iter().all(|g| g.is_finite()) {
            Ok(value)
        } else {
            Err(EvalError::NonFinite)
        }
    }

    fn project(&self, x: &mut [f64]) -> Result<(), EvalError> {
        self.inner.project(x)
    }

    fn project_gradient(&self, x: &[f64], gradient: &mut [f64]) {
        self.inner.project_gradient(x, gradient);
    }
}

/// Runs a method from x0 until it, the limits or the observer end the run.
///
/// # Errors
/// [`OptimError`]: the options or the starting point are no good, or an evaluation failed for good.
pub fn minimize(
    optimizer: &mut dyn Optimizer,
    objective: &dyn Objective,
    x0: &[f64],
    limits: Limits,
    observer: &mut dyn Observer,
) -> Result<Minimum, OptimError> {
    let counted = Counted { inner: objective, evaluations: AtomicU64::new(0) };
    let evaluations = || counted.evaluations.load(Ordering::Relaxed);
    let mut at = optimizer.start(&counted, x0)?;
    let start_value = at.value;
    let termination = loop {
        if !observer.observe(&at, evaluations()) {
            break Termination::Stopped;
        }
        if evaluations() >= limits.max_evaluations {
            break Termination::Budget;
        }
        if let Progress::Done(reason) = optimizer.step(&counted, &mut at)? {
            break reason;
        }
    };
    Ok(Minimum {
        x: at.best_x,
        value: at.best_value,
        start_value,
        evaluations: evaluations(),
        iterations: at.iteration,
        termination,
    })
}
