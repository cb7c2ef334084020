//! Where a run stands, and the one way in which it moves.

use crate::{EvalError, Objective, OptimError};

/// Halvings of a step that cannot be evaluated before it is given up.
const HALVINGS: u32 = 20;

/// Where a run stands: the current point, and the best one so far.
///
/// While a constraint comes into force gradually ([`Objective::projection_weight`] below 1) no point is a result: the best
/// point follows the current one. With the first point that is moved all the way the run is *settled*, and from then on the
/// best point is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Iterate {
    /// Current point.
    pub x: Vec<f64>,
    /// Value at the current point.
    pub value: f64,
    /// Gradient at the current point; empty if the method asks for values alone.
    pub gradient: Vec<f64>,
    /// Best point so far.
    pub best_x: Vec<f64>,
    /// Value at the best point.
    pub best_value: f64,
    /// Steps taken.
    pub iteration: u64,
    /// Whether the constraint is in force all the way, so that values may be compared.
    pub settled: bool,
}

impl Iterate {
    /// Moves x0 to the constraint, by the objective's weight before the first step, and evaluates it with its gradient.
    ///
    /// # Errors
    /// [`OptimError::Dimension`], or [`OptimError::Start`] if the point cannot be evaluated.
    pub fn at(f: &dyn Objective, x0: &[f64]) -> Result<Self, OptimError> {
        let mut gradient = vec![0.0; x0.len()];
        let (x, value) = begin(f, x0, |x| f.value_and_gradient(x, &mut gradient))?;
        Ok(Self::first(f, x, value, gradient))
    }

    /// Like [`at`](Self::at) without a gradient, for methods that ask for values alone.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn at_value(f: &dyn Objective, x0: &[f64]) -> Result<Self, OptimError> {
        let (x, value) = begin(f, x0, |x| f.value(x))?;
        Ok(Self::first(f, x, value, Vec::new()))
    }

    /// The start at a point that [`begin`] has evaluated.
    pub(crate) fn first(f: &dyn Objective, x: Vec<f64>, value: f64, gradient: Vec<f64>) -> Self {
        let settled = f.projection_weight(0) >= 1.0;
        Self { best_x: x.clone(), best_value: value, x, value, gradient, iteration: 0, settled }
    }

    /// Moves a trial point towards the constraint, as far as the next step demands. Methods call it before they evaluate.
    ///
    /// # Errors
    /// [`EvalError::Infeasible`] if the point cannot be projected.
    pub fn approach(&self, f: &dyn Objective, x: &mut [f64]) -> Result<(), EvalError> {
        approach(f, f.projection_weight(self.iteration + 1), x)
    }

    /// Makes a point that [`approach`](Self::approach) has moved and that has been evaluated the current one: a step.
    pub fn accept(&mut self, f: &dyn Objective, x: Vec<f64>, value: f64, gradient: Vec<f64>) {
        self.iteration += 1;
        if !self.settled || value < self.best_value {
            self.best_value = value;
            self.best_x.clone_from(&x);
        }
        self.settled |= f.projection_weight(self.iteration) >= 1.0;
        self.x = x;
        self.value = value;
        self.gradient = gradient;
    }

    /// The gradient along the constraint, as far as this is in force at the next step: g + w (P g - g).
    pub fn gradient_along(&self, f: &dyn Objective) -> Vec<f64> {
        along(f, f.projection_weight(self.iteration + 1), &self.x, &self.gradient)
    }

    /// Moves by `step`, halving it while the point cannot be evaluated; `false` if 20 halvings do not help, and then
    /// nothing has changed.
    ///
    /// The new point is moved to the constraint before it is evaluated.
    ///
    /// # Errors
    /// [`OptimError::Evaluation`] if an evaluation fails for good.
    pub fn advance(&mut self, f: &dyn Objective, step: &[f64]) -> Result<bool, OptimError> {
        Ok(self.advance_by(f, step)?.is_some())
    }

    /// Like [`advance`](Self::advance); gives the fraction of the step that was taken.
    pub(crate) fn advance_by(
        &mut self,
        f: &dyn Objective,
        step: &[f64],
    ) -> Result<Option<f64>, OptimError> {
        let mut factor = 1.0;
        let mut trial = vec![0.0; self.x.len()];
        let mut gradient = vec![0.0; self.x.len()];
        for _ in 0..=HALVINGS {
            for ((t, x), s) in trial.iter_mut().zip(&self.x).zip(step) {
                *t = x + factor * s;
            }
            let evaluated = self
                .approach(f, &mut trial)
                .and_then(|()| f.value_and_gradient(&trial, &mut gradient));
            if let Some(value) = feasible(evaluated)? {
                self.accept(f, trial, value, gradient);
                return Ok(Some(factor));
            }
            factor *= 0.5;
        }
        Ok(None)
    }
}

/// Checks the dimension of x0, moves it towards the constraint and evaluates it.
pub(crate) fn begin(
    f: &dyn Objective,
    x0: &[f64],
    evaluate: impl FnOnce(&[f64]) -> Result<f64, EvalError>,
) -> Result<(Vec<f64>, f64), OptimError> {
    if x0.len() != f.dim() {
        return Err(OptimError::Dimension { expected: f.dim(), found: x0.len() });
    }
    let start = |source| OptimError::Start { source };
    let mut x = x0.to_vec();
    approach(f, f.projection_weight(0), &mut x).map_err(start)?;
    let value = evaluate(&x).map_err(start)?;
    Ok((x, value))
}

/// x <- x + w (P(x) - x).
fn approach(f: &dyn Objective, weight: f64, x: &mut [f64]) -> Result<(), EvalError> {
    if weight >= 1.0 {
        return f.project(x);
    }
    if weight > 0.0 {
        let mut projected = x.to_vec();
        f.project(&mut projected)?;
        blend(x, &projected, weight);
    }
    Ok(())
}

/// g + w (P g - g) at x.
pub(crate) fn along(f: &dyn Objective, weight: f64, x: &[f64], gradient: &[f64]) -> Vec<f64> {
    let mut projected = gradient.to_vec();
    if weight > 0.0 {
        f.project_gradient(x, &mut projected);
    }
    if weight >= 1.0 {
        return projected;
    }
    let mut all = gradient.to_vec();
    blend(&mut all, &projected, weight);
    all
}

fn blend(x: &mut [f64], to: &[f64], weight: f64) {
    for (x, p) in x.iter_mut().zip(to) {
        *x += weight * (p - *x);
    }
}

/// A point that cannot be evaluated is `None`, an evaluation that fails for good is an error.
pub(crate) fn feasible<T>(evaluated: Result<T, EvalError>) -> Result<Option<T>, OptimError> {
    match evaluated {
        Ok(value) => Ok(Some(value)),
        Err(EvalError::Infeasible { .. } | EvalError::NonFinite) => Ok(None),
        Err(source) => Err(OptimError::Evaluation { source }),
    }
}
