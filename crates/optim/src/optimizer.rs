//! The optimizer seam.

use crate::{Adam, EvalError, GradientDescent, Objective, OptimError};
use enum_dispatch::enum_dispatch;
use std::fmt;

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Termination {
    /// The best value has not improved by the tolerance over the patience.
    Converged,
    /// The method's own limit of iterations.
    MaxIterations,
    /// The driver's budget of evaluations.
    Budget,
    /// No feasible step could be found.
    NoFeasibleStep,
    /// An observer asked for the end.
    Stopped,
}

impl Termination {
    /// Kebab-case name, as records hold it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::MaxIterations => "max-iterations",
            Self::Budget => "budget",
            Self::NoFeasibleStep => "no-feasible-step",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for Termination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another step may be taken.
    Continue,
    /// The method has ended.
    Done(Termination),
}

/// Where a run stands: the current point, and the best one so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Iterate {
    /// Current point.
    pub x: Vec<f64>,
    /// Value at the current point.
    pub value: f64,
    /// Gradient at the current point.
    pub gradient: Vec<f64>,
    /// Best point so far.
    pub best_x: Vec<f64>,
    /// Value at the best point.
    pub best_value: f64,
    /// Steps taken.
    pub iteration: u64,
}

impl Iterate {
    /// Projects x0 and evaluates it.
    ///
    /// # Errors
    /// [`OptimError::Dimension`], or [`OptimError::Start`] if the point cannot be evaluated.
    pub fn at(f: &dyn Objective, x0: &[f64]) -> Result<Self, OptimError> {
        if x0.len() != f.dim() {
            return Err(OptimError::Dimension { expected: f.dim(), found: x0.len() });
        }
        let start = |source| OptimError::Start { source };
        let mut x = x0.to_vec();
        f.project(&mut x).map_err(start)?;
        let mut gradient = vec![0.0; x.len()];
        let value = f.value_and_gradient(&x, &mut gradient).map_err(start)?;
        Ok(Self { best_x: x.clone(), best_value: value, x, value, gradient, iteration: 0 })
    }

    /// Moves by `step`, halving it while the point cannot be evaluated; `false` if 20 halvings do not help, and then
    /// nothing has changed.
    ///
    /// The new point is projected before it is evaluated.
    ///
    /// # Errors
    /// [`OptimError::Evaluation`] if an evaluation fails for good.
    pub fn advance(&mut self, f: &dyn Objective, step: &[f64]) -> Result<bool, OptimError> {
        let mut factor = 1.0;
        let mut trial = vec![0.0; self.x.len()];
        let mut gradient = vec![0.0; self.x.len()];
        for _ in 0..=20 {
            for ((t, x), s) in trial.iter_mut().zip(&self.x).zip(step) {
                *t = x + factor * s;
            }
            let evaluated =
                f.project(&mut trial).and_then(|()| f.value_and_gradient(&trial, &mut gradient));
            match evaluated {
                Ok(value) => {
                    self.x = trial;
                    self.value = value;
                    self.gradient = gradient;
                    self.iteration += 1;
                    if value < self.best_value {
                        self.best_value = value;
                        self.best_x.copy_from_slice(&self.x);
                    }
                    return Ok(true);
                }
                Err(EvalError::Infeasible { .. } | EvalError::NonFinite) => factor *= 0.5,
                Err(source) => return Err(OptimError::Evaluation { source }),
            }
        }
        Ok(false)
    }
}

/// A minimization method: a start, and steps until it is done.
///
/// The driver calls [`start`](Self::start) once and [`step`](Self::step) until the method, the budget or an observer ends the
/// run. On an error `at` still holds the last valid iterate. Methods neither count nor log.
#[enum_dispatch]
pub trait Optimizer: Send {
    /// Evaluates the starting point and forgets earlier runs.
    ///
    /// # Errors
    /// [`OptimError`].
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError>;

    /// One step.
    ///
    /// # Errors
    /// [`OptimError::Evaluation`] if an evaluation fails for good.
    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError>;

    /// A fresh copy of the method with the same options.
    fn fresh(&self) -> AnyOptimizer;

    /// Gives the method's own random stream another seed, before the start; methods that draw nothing ignore it.
    fn reseed(&mut self, _seed: u64) {}

    /// What the method asks of an objective beside values.
    fn needs(&self) -> Needs {
        Needs::Gradient
    }
}

/// What a method asks of an objective beside values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needs {
    /// Nothing.
    Values,
    /// The gradient.
    Gradient,
    /// [`Objective::least_squares`].
    LeastSquares,
}

#[deny(clippy::missing_trait_methods)]
impl Optimizer for Box<dyn Optimizer> {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        (**self).start(f, x0)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        (**self).step(f, at)
    }

    fn fresh(&self) -> AnyOptimizer {
        (**self).fresh()
    }

    fn reseed(&mut self, seed: u64) {
        (**self).reseed(seed);
    }

    fn needs(&self) -> Needs {
        (**self).needs()
    }
}

/// The built-in optimizers, and one place for others.
#[enum_dispatch(Optimizer)]
pub enum AnyOptimizer {
    /// StructSnap's gradient descent.
    GradientDescent(GradientDescent),
    /// Adam.
    Adam(Adam),
    /// A method of another crate.
    External(Box<dyn Optimizer>),
}

impl AnyOptimizer {
    /// Wraps a method of another crate.
    pub fn external(optimizer: impl Optimizer + 'static) -> Self {
        Self::External(Box::new(optimizer))
    }
}
