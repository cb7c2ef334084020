//! The driver: runs, their budget, observers and checkpoints.

use crate::counted::Counted;
use crate::{
    Checkpoint, Iterate, Needs, Objective, Observer, OptimError, Optimizer, Progress, Termination,
};
use std::fmt;
use std::ops::ControlFlow;

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

/// A run, step by step, for callers that do something between two steps; [`minimize`] and [`resume`] are loops over it.
///
/// # Examples
/// A run that keeps its newest checkpoint, and goes on from it:
/// ```
/// use braggscape_optim::{
///     Checkpoint, Component, EvalError, Lbfgs, Limits, Objective, Progress, Run, minimize, resume,
/// };
///
/// const COMPONENTS: [Component; 1] = [Component::absolute(1.0, 10.0, 1.0)];
/// struct Quartic;
/// impl Objective for Quartic {
///     fn components(&self) -> &[Component] {
///         &COMPONENTS
///     }
///     fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
///         gradient[0] = 4.0 * (x[0] - 3.0).powi(3);
///         Ok((x[0] - 3.0).powi(4))
///     }
/// }
///
/// let (mut method, limits) = (Lbfgs::default(), Limits::default());
/// let mut run = Run::start(&mut method, &Quartic, &[0.0], limits)?;
/// let mut newest = String::new();
/// while run.iterate().iteration < 5 && run.step()? == Progress::Continue {
///     newest = serde_json::to_string(&run.checkpoint()?)?;
/// }
/// // Later, perhaps in another process:
/// let checkpoint: Checkpoint = serde_json::from_str(&newest)?;
/// let resumed = resume(&mut Lbfgs::default(), &Quartic, &checkpoint, limits, &mut ())?;
/// assert_eq!(resumed, minimize(&mut Lbfgs::default(), &Quartic, &[0.0], limits, &mut ())?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Run<'a> {
    optimizer: &'a mut dyn Optimizer,
    objective: Counted<'a>,
    at: Iterate,
    start_value: f64,
    /// Evaluations when the last whole step ended.
    evaluations: u64,
}

impl<'a> Run<'a> {
    /// Evaluates the start.
    ///
    /// # Errors
    /// [`OptimError`]: the starting point is no good, or the objective lacks what the method needs.
    pub fn start(
        optimizer: &'a mut dyn Optimizer,
        objective: &'a dyn Objective,
        x0: &[f64],
        limits: Limits,
    ) -> Result<Self, OptimError> {
        let objective = Counted::new(objective, 0, limits.max_evaluations.max(1));
        let at = optimizer.start(&objective, x0)?;
        let (start_value, evaluations) = (at.value, objective.evaluations());
        Ok(Self { optimizer, objective, at, start_value, evaluations })
    }

    /// Goes back to where a checkpoint was made. The limits count from the very start of the run.
    ///
    /// # Errors
    /// [`OptimError`]: the checkpoint is one of another method or dimension, or its state is damaged.
    pub fn resume(
        optimizer: &'a mut dyn Optimizer,
        objective: &'a dyn Objective,
        checkpoint: &Checkpoint,
        limits: Limits,
    ) -> Result<Self, OptimError> {
        if optimizer.needs() == Needs::LeastSquares && objective.least_squares().is_none() {
            return Err(OptimError::NeedsLeastSquares { method: optimizer.name().to_owned() });
        }
        let at = checkpoint.restore(optimizer, objective.dim())?;
        let (start_value, evaluations) = (checkpoint.start_value, checkpoint.evaluations);
        let objective = Counted::new(objective, evaluations, limits.max_evaluations);
        Ok(Self { optimizer, objective, at, start_value, evaluations })
    }

    /// One step, unless the budget is used up. A step that the budget cuts short is given up where it stands. After `Done`
    /// there is nothing more to do.
    ///
    /// # Errors
    /// [`OptimError::Evaluation`] if an evaluation failed for good.
    pub fn step(&mut self) -> Result<Progress, OptimError> {
        if self.objective.used_up() {
            return Ok(Progress::Done(Termination::Budget));
        }
        let progress = self.optimizer.step(&self.objective, &mut self.at);
        if self.objective.refused() {
            return Ok(Progress::Done(Termination::Budget));
        }
        let progress = progress?;
        self.evaluations = self.objective.evaluations();
        Ok(progress)
    }

    /// Where the run stands.
    pub fn iterate(&self) -> &Iterate {
        &self.at
    }

    /// Evaluations so far, those of a step cut short included.
    pub fn evaluations(&self) -> u64 {
        self.objective.evaluations()
    }

    /// The run after its last whole step. A step that the budget cut short is not in it: who goes on with a larger budget
    /// takes it again, and comes to the same bits as with that budget from the start.
    ///
    /// # Errors
    /// [`OptimError::NoCheckpoints`] if the method has none.
    pub fn checkpoint(&self) -> Result<Checkpoint, OptimError> {
        Checkpoint::new(&*self.optimizer, &self.at, self.start_value, self.evaluations)
    }

    /// Ends the run.
    pub fn finish(self, termination: Termination) -> Minimum {
        Minimum {
            evaluations: self.objective.evaluations(),
            x: self.at.best_x,
            value: self.at.best_value,
            start_value: self.start_value,
            iterations: self.at.iteration,
            termination,
        }
    }

    /// Steps until the method, the limits or the observer end the run.
    fn until_done(mut self, observer: &mut dyn Observer) -> Result<Minimum, OptimError> {
        loop {
            let before = self.at.iteration;
            let ended = match self.step()? {
                Progress::Continue => None,
                Progress::Done(reason) => Some(reason),
            };
            // A last step may have gone nowhere.
            let seen = if ended.is_none() || self.at.iteration > before {
                observer.observe(&self.at, self.evaluations())
            } else {
                ControlFlow::Continue(())
            };
            if let Some(reason) = ended.or(seen.break_value()) {
                return Ok(self.finish(reason));
            }
        }
    }
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("method", &self.optimizer.name())
            .field("at", &self.at)
            .field("evaluations", &self.evaluations())
            .finish_non_exhaustive()
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
    let run = Run::start(optimizer, objective, x0, limits)?;
    if let ControlFlow::Break(reason) = observer.observe(run.iterate(), run.evaluations()) {
        return Ok(run.finish(reason));
    }
    run.until_done(observer)
}

/// Goes on from a checkpoint until the method, the limits or the observer end the run. The observer sees what follows: that
/// the run stood at the checkpoint it was told before.
///
/// # Errors
/// [`OptimError`]: the checkpoint does not fit, or an evaluation failed for good.
pub fn resume(
    optimizer: &mut dyn Optimizer,
    objective: &dyn Objective,
    checkpoint: &Checkpoint,
    limits: Limits,
    observer: &mut dyn Observer,
) -> Result<Minimum, OptimError> {
    Run::resume(optimizer, objective, checkpoint, limits)?.until_done(observer)
}
