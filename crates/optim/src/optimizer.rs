//! The optimizer seam.

use crate::{
    Adam, BasinHopping, CmaEs, DifferentialEvolution, Fire, GradientDescent, Iterate, Lbfgs,
    LevenbergMarquardt, Momentum, Nesterov, Objective, OptimError, Termination,
};
use enum_dispatch::enum_dispatch;
use serde_json::Value;

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another step may be taken.
    Continue,
    /// The method has ended.
    Done(Termination),
}

/// A minimization method: a start, and steps until it is done.
///
/// The driver calls [`start`](Self::start) once and [`step`](Self::step) until the method, the budget or an observer ends the
/// run. Methods neither count nor log. A step asks for no more than it needs and may be refused at any evaluation: on an error
/// `at` still holds the last valid iterate and the method the state it had before the step, so that the step can be taken again.
///
/// While `at.settled` is false the constraint is still coming into force: the method moves along and does not end.
///
/// # Examples
/// Compass search: the first of the steps along the axes that improves, else half the length.
/// ```
/// use braggscape_optim::{
///     AnyOptimizer, Component, EvalError, Iterate, Limits, Needs, Objective, OptimError, Optimizer, Progress, Termination,
///     minimize,
/// };
///
/// #[derive(Clone)]
/// struct Compass { length: f64, shortest: f64 }
///
/// impl Optimizer for Compass {
///     fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
///         self.length = 1.0;
///         Iterate::at_value(f, x0)
///     }
///
///     fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
///         for (i, c) in f.components().iter().enumerate() {
///             for sign in [1.0, -1.0] {
///                 let mut x = at.x.clone();
///                 x[i] += sign * self.length * c.scale;
///                 match at.approach(f, &mut x).and_then(|()| f.value(&x)) {
///                     Ok(value) if value < at.value || !at.settled => {
///                         at.accept(f, x, value, Vec::new());
///                         return Ok(Progress::Continue);
///                     }
///                     Err(source @ EvalError::Failed { .. }) => return Err(OptimError::Evaluation { source }),
///                     _ => {}
///                 }
///             }
///         }
///         self.length *= 0.5;
///         let done = self.length < self.shortest;
///         Ok(if done { Progress::Done(Termination::StepTolerance) } else { Progress::Continue })
///     }
///
///     fn fresh(&self) -> AnyOptimizer {
///         AnyOptimizer::external(self.clone())
///     }
///
///     fn needs(&self) -> Needs {
///         Needs::Values
///     }
/// }
///
/// const COMPONENTS: [Component; 1] = [Component::absolute(1.0, 10.0, 1.0)];
/// struct Parabola;
/// impl Objective for Parabola {
///     fn components(&self) -> &[Component] {
///         &COMPONENTS
///     }
///     fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
///         gradient[0] = 2.0 * (x[0] - 3.0);
///         Ok((x[0] - 3.0).powi(2))
///     }
/// }
///
/// let mut compass = Compass { length: 1.0, shortest: 0.1 };
/// let found = minimize(&mut compass, &Parabola, &[1.0], Limits::default(), &mut ())?;
/// // Two steps of length 1, then four lengths without a smaller value: 1, 1/2, 1/4, 1/8.
/// assert_eq!((found.x[0], found.iterations, found.termination), (3.0, 2, Termination::StepTolerance));
/// assert_eq!(found.evaluations, 1 + 2 + 4 * 2);
/// # Ok::<(), OptimError>(())
/// ```
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

    /// Name of the method, as the registry and checkpoints hold it: kebab-case, of an outside method with a dot.
    fn name(&self) -> &'static str {
        "unnamed"
    }

    /// Gives the method's own random stream another seed, before the start: this number plus that of its options, so that both
    /// tell. Methods that draw nothing ignore it.
    fn reseed(&mut self, _seed: u64) {}

    /// What the method asks of an objective beside values.
    fn needs(&self) -> Needs {
        Needs::Gradient
    }

    /// All that the method remembers between two steps, without its options; finite numbers only.
    ///
    /// # Errors
    /// [`OptimError::NoCheckpoints`] for a method that has none, which is the default.
    fn save(&self) -> Result<Value, OptimError> {
        Err(OptimError::NoCheckpoints { method: self.name().to_owned() })
    }

    /// Takes over what [`save`](Self::save) gave in a run in `dim` dimensions; the next call is a step of that run.
    ///
    /// # Errors
    /// [`OptimError::NoCheckpoints`], [`OptimError::CheckpointState`] or [`OptimError::CheckpointMisfit`]; the method is then
    /// as it was.
    fn load(&mut self, _state: &Value, _dim: usize) -> Result<(), OptimError> {
        Err(OptimError::NoCheckpoints { method: self.name().to_owned() })
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

    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn save(&self) -> Result<Value, OptimError> {
        (**self).save()
    }

    fn load(&mut self, state: &Value, dim: usize) -> Result<(), OptimError> {
        (**self).load(state, dim)
    }
}

/// The built-in optimizers, and one place for others.
#[enum_dispatch(Optimizer)]
pub enum AnyOptimizer {
    /// StructSnap's gradient descent.
    GradientDescent(GradientDescent),
    /// Adam.
    Adam(Adam),
    /// Heavy ball.
    Momentum(Momentum),
    /// Nesterov's accelerated gradient.
    Nesterov(Nesterov),
    /// Limited-memory BFGS.
    Lbfgs(Lbfgs),
    /// Levenberg-Marquardt.
    LevenbergMarquardt(LevenbergMarquardt),
    /// FIRE 2.0.
    Fire(Fire),
    /// CMA-ES.
    CmaEs(CmaEs),
    /// Basin hopping.
    BasinHopping(BasinHopping),
    /// Differential evolution.
    DifferentialEvolution(DifferentialEvolution),
    /// A method of another crate.
    External(Box<dyn Optimizer>),
}

impl AnyOptimizer {
    /// Wraps a method of another crate.
    pub fn external(optimizer: impl Optimizer + 'static) -> Self {
        Self::External(Box::new(optimizer))
    }
}
