//! The driver: budget, counts, observers.

use crate::{
    Component, EvalError, Iterate, LeastSquaresObjective, Objective, OptimError, Optimizer,
    Progress, Termination,
};
use nalgebra::DMatrix;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use thiserror::Error;

/// What a run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most evaluations of the objective; the one at the start is always allowed. Default: no limit.
    ///
    /// Never exceeded: a step that would need more is given up where it stands, and its iterate stays as it was.
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

/// What a method hears that asks for an evaluation too many.
#[derive(Debug, Error)]
#[error("the budget of {max_evaluations} evaluations is used up")]
struct BudgetUsedUp {
    max_evaluations: u64,
}

/// Counts the evaluations of an objective, refuses those beyond the budget, and lets nothing pass that is not finite.
struct Counted<'a> {
    inner: &'a dyn Objective,
    evaluations: AtomicU64,
    max_evaluations: u64,
    refused: AtomicBool,
}

impl<'a> Counted<'a> {
    fn new(inner: &'a dyn Objective, limits: Limits) -> Self {
        Self {
            inner,
            evaluations: AtomicU64::new(0),
            max_evaluations: limits.max_evaluations.max(1),
            refused: AtomicBool::new(false),
        }
    }

    fn count(&self) -> Result<(), EvalError> {
        let next = |n| (n < self.max_evaluations).then_some(n + 1);
        if self.evaluations.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok() {
            return Ok(());
        }
        self.refused.store(true, Ordering::Relaxed);
        Err(EvalError::failed(BudgetUsedUp { max_evaluations: self.max_evaluations }))
    }

    fn evaluations(&self) -> u64 {
        self.evaluations.load(Ordering::Relaxed)
    }

    fn refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
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
        self.count()?;
        let value = self.inner.value(x)?;
        if value.is_finite() { Ok(value) } else { Err(EvalError::NonFinite) }
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        self.count()?;
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

    fn projection_weight(&self, iteration: u64) -> f64 {
        self.inner.projection_weight(iteration)
    }

    fn least_squares(&self) -> Option<&dyn LeastSquaresObjective> {
        self.inner.least_squares().map(|_| self as &dyn LeastSquaresObjective)
    }
}

impl LeastSquaresObjective for Counted<'_> {
    fn gauss_newton(
        &self,
        x: &[f64],
        gradient: &mut [f64],
        hessian: &mut DMatrix<f64>,
    ) -> Result<f64, EvalError> {
        let Some(inner) = self.inner.least_squares() else { return Err(EvalError::NonFinite) };
        self.count()?;
        let value = inner.gauss_newton(x, gradient, hessian)?;
        let mut all = gradient.iter().chain(hessian.iter());
        if value.is_finite() && all.all(|g| g.is_finite()) {
            Ok(value)
        } else {
            Err(EvalError::NonFinite)
        }
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
    let counted = Counted::new(objective, limits);
    let mut at = optimizer.start(&counted, x0)?;
    let start_value = at.value;
    let termination = loop {
        if !observer.observe(&at, counted.evaluations()) {
            break Termination::Stopped;
        }
        if counted.evaluations() >= counted.max_evaluations {
            break Termination::Budget;
        }
        match optimizer.step(&counted, &mut at) {
            _ if counted.refused() => break Termination::Budget,
            Ok(Progress::Continue) => {}
            Ok(Progress::Done(reason)) => break reason,
            Err(error) => return Err(error),
        }
    };
    Ok(Minimum {
        x: at.best_x,
        value: at.best_value,
        start_value,
        evaluations: counted.evaluations(),
        iterations: at.iteration,
        termination,
    })
}
