//! The strategy seam, and the paper's strategy.

use crate::{FreeParameters, Parametrisation, Problem, RecoverError, Variables};
use braggscape_crystal::Structure;
use braggscape_loss::AnyLoss;
use braggscape_optim::{
    AnyOptimizer, Limits, Objective, OptimError, Optimizer, Termination, minimize,
};
use braggscape_pattern::Pattern;
use braggscape_projector::AnyProjector;
use braggscape_xrd::AnyForwardModel;
use enum_dispatch::enum_dispatch;

/// Everything a strategy may know.
#[derive(Clone, Copy)]
pub struct RecoveryTask<'a> {
    /// The distorted structure.
    pub start: &'a Structure,
    /// What is refined.
    pub free: FreeParameters,
    /// In which variables.
    pub variables: Variables,
    /// The target pattern, on the axis of the forward model.
    pub target: &'a Pattern,
    /// The forward model.
    pub forward: &'a AnyForwardModel,
    /// The loss.
    pub loss: &'a AnyLoss,
    /// The constraint.
    pub projector: &'a AnyProjector,
    /// What may be used.
    pub limits: Limits,
    /// Seed of the strategy's own random stream.
    pub seed: u64,
}

impl<'a> RecoveryTask<'a> {
    /// The objective of the task.
    ///
    /// # Errors
    /// [`RecoverError::NoReducedForm`].
    pub fn problem(
        &self,
    ) -> Result<Problem<'a, AnyForwardModel, AnyLoss, AnyProjector>, RecoverError> {
        let parametrisation = Parametrisation::with_variables(
            self.start.clone(),
            self.free,
            self.variables,
            self.projector,
        )?;
        Ok(Problem::new(self.forward, self.loss, self.projector, self.target, parametrisation))
    }
}

/// One part of a strategy's run.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// What was done.
    pub name: String,
    /// Loss at its end.
    pub loss: f64,
    /// Evaluations it took.
    pub evaluations: u64,
}

/// What a strategy found.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The recovered structure.
    pub structure: Structure,
    /// Loss of the recovered structure.
    pub loss: f64,
    /// Loss of the distorted structure as given, before any projection.
    pub initial_loss: f64,
    /// Evaluations of the objective, that of the initial loss not counted.
    pub evaluations: u64,
    /// Steps of the optimizer.
    pub iterations: u64,
    /// Why the last stage ended.
    pub termination: Termination,
    /// The parts of the run.
    pub stages: Vec<Stage>,
}

/// A way to bring the structure home.
///
/// A strategy sees the distorted structure and the target, never the truth. The same task gives the same outcome.
#[enum_dispatch]
pub trait Strategy: Send + Sync {
    /// Recovers a structure.
    ///
    /// # Errors
    /// [`RecoverError`].
    fn recover(&self, task: &RecoveryTask<'_>) -> Result<Outcome, RecoverError>;
}

#[deny(clippy::missing_trait_methods)]
impl Strategy for Box<dyn Strategy> {
    fn recover(&self, task: &RecoveryTask<'_>) -> Result<Outcome, RecoverError> {
        (**self).recover(task)
    }
}

/// The built-in strategies, and one place for others.
#[enum_dispatch(Strategy)]
pub enum AnyStrategy {
    /// One optimizer, one loss.
    Descend(Descend),
    /// A strategy of another crate.
    External(Box<dyn Strategy>),
}

impl AnyStrategy {
    /// Wraps a strategy of another crate.
    pub fn external(strategy: impl Strategy + 'static) -> Self {
        Self::External(Box::new(strategy))
    }
}

/// One optimizer on one loss from the distorted structure: what the paper does.
///
/// With a projector the run starts at P(x0) and every step ends with P; a constraint that comes into force gradually
/// ([`Projector::weight_at`](braggscape_projector::Projector::weight_at)) is wholly in force at the end: if the run ends before it is, the last point is projected and evaluated
/// once more. The best iterate is returned. The optimizer draws from the task's own random stream.
pub struct Descend {
    optimizer: std::sync::Mutex<Box<AnyOptimizer>>,
}

impl Descend {
    /// Descent by this optimizer.
    pub fn new(optimizer: AnyOptimizer) -> Self {
        Self { optimizer: std::sync::Mutex::new(Box::new(optimizer)) }
    }
}

impl Strategy for Descend {
    fn recover(&self, task: &RecoveryTask<'_>) -> Result<Outcome, RecoverError> {
        let problem = task.problem()?;
        let as_given = Parametrisation::new(task.start.clone(), task.free);
        let initial_loss = problem.loss_of_structure(&as_given.unpack(&as_given.pack())?)?;
        let mut optimizer = match self.optimizer.lock() {
            Ok(method) => method.fresh(),
            Err(poisoned) => poisoned.into_inner().fresh(),
        };
        optimizer.reseed(task.seed);
        let x0 = problem.parametrisation().pack();
        let mut found = minimize(&mut optimizer, &problem, &x0, task.limits, &mut ())?;
        if problem.projection_weight(found.iterations) < 1.0 {
            let failed = |source| OptimError::Evaluation { source };
            problem.project(&mut found.x).map_err(failed)?;
            found.value = problem.value(&found.x).map_err(failed)?;
            found.evaluations += 1;
        }
        Ok(Outcome {
            structure: problem.parametrisation().unpack(&found.x)?,
            loss: found.value,
            initial_loss,
            evaluations: found.evaluations,
            iterations: found.iterations,
            termination: found.termination,
            stages: vec![Stage {
                name: "descend".to_owned(),
                loss: found.value,
                evaluations: found.evaluations,
            }],
        })
    }
}
