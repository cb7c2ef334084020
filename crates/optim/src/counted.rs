//! An objective that is counted, held to a budget, and shows nothing that is not finite.

use crate::{Component, EvalError, LeastSquaresObjective, Objective};
use nalgebra::DMatrix;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use thiserror::Error;

/// What a method hears that asks for an evaluation too many.
#[derive(Debug, Error)]
#[error("the budget of {max_evaluations} evaluations is used up")]
struct BudgetUsedUp {
    max_evaluations: u64,
}

/// Counts the evaluations of an objective, refuses those beyond the budget, and lets nothing pass that is not finite.
pub(crate) struct Counted<'a> {
    inner: &'a dyn Objective,
    evaluations: AtomicU64,
    max_evaluations: u64,
    refused: AtomicBool,
}

impl<'a> Counted<'a> {
    /// Counts from `evaluations` on.
    pub(crate) fn new(inner: &'a dyn Objective, evaluations: u64, max_evaluations: u64) -> Self {
        let evaluations = AtomicU64::new(evaluations);
        Self { inner, evaluations, max_evaluations, refused: AtomicBool::new(false) }
    }

    fn count(&self) -> Result<(), EvalError> {
        let next = |n| (n < self.max_evaluations).then_some(n + 1);
        if self.evaluations.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok() {
            return Ok(());
        }
        self.refused.store(true, Ordering::Relaxed);
        Err(EvalError::failed(BudgetUsedUp { max_evaluations: self.max_evaluations }))
    }

    pub(crate) fn evaluations(&self) -> u64 {
        self.evaluations.load(Ordering::Relaxed)
    }

    pub(crate) fn used_up(&self) -> bool {
        self.evaluations() >= self.max_evaluations
    }

    /// Whether an evaluation was refused.
    pub(crate) fn refused(&self) -> bool {
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
