//! The strategy seam.

mod certificate;
mod descend;
mod hypotheses;
mod joint;
mod nuisances;
mod relax;
mod snap;
mod staged;
mod stages;
mod starts;
mod with_energy;

pub use certificate::Reach;
pub use descend::Descend;
pub use hypotheses::{SpaceGroupHypotheses, SpaceGroupHypothesesOptions};
pub use joint::{Joint, JointOptions};
pub use relax::Relax;
pub use snap::Snap;
pub use staged::{StagePlan, StageRules, Staged};
pub use starts::Starts;
pub use with_energy::{WithEnergy, WithEnergyPlan};

use crate::{FreeParameters, Parametrisation, Problem, RecoverError, Variables};
use braggscape_crystal::Structure;
use braggscape_loss::AnyLoss;
use braggscape_optim::{Limits, Termination};
use braggscape_pattern::Pattern;
use braggscape_projector::AnyProjector;
use braggscape_xrd::{AnyForwardModel, Instrument};
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
    /// Whether the strategy vouches for the structure: `Some(true)` where it claims that no other structure fits as well,
    /// `Some(false)` where it looked for such proof and has none, `None` where it makes no claim at all.
    pub certified: Option<bool>,
    /// Other structures that fit nearly as well, best first.
    pub alternatives: Vec<Alternative>,
    /// The instrument that was refined beside the structure, where one was; [`loss`](Self::loss) is by it.
    pub instrument: Option<Instrument>,
}

/// Another structure that fits nearly as well.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// What it is, such as the constraint it was found on.
    pub name: String,
    /// The structure.
    pub structure: Structure,
    /// Its loss.
    pub loss: f64,
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
    /// Descents in stages under hypotheses of symmetry.
    Joint(Joint),
    /// Descents in stages from several starts.
    Staged(Staged),
    /// The symmetries that the structure may have, one after the other.
    SpaceGroupHypotheses(SpaceGroupHypotheses),
    /// Relaxation in a potential.
    Relax(Relax),
    /// The pattern with an energy beside it.
    WithEnergy(WithEnergy),
    /// A strategy of another crate.
    External(Box<dyn Strategy>),
}

impl AnyStrategy {
    /// Wraps a strategy of another crate.
    pub fn external(strategy: impl Strategy + 'static) -> Self {
        Self::External(Box::new(strategy))
    }
}
