//! Descents in stages, from several starts, until a fit can be vouched for.

use super::stages::{Fit, StageOfTask, Stages};
use super::{Outcome, Reach, RecoveryTask, Snap, Stage, Starts, Strategy};
use crate::problem::plain_target;
use crate::{FreeParameters, Nuisance, Parametrisation, Problem, RecoverError};
use braggscape_loss::{AnyLoss, LossError};
use braggscape_optim::{AnyOptimizer, EvalError, OptimError, Optimizer};
use braggscape_pattern::Pattern;
use braggscape_projector::AnyProjector;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use std::sync::{Mutex, PoisonError};

/// One stage of a [`Staged`] descent.
pub struct StagePlan {
    /// Its name in the outcome.
    pub name: String,
    /// What is minimised.
    pub loss: AnyLoss,
    /// By what.
    pub optimizer: AnyOptimizer,
    /// What else it goes by.
    pub rules: StageRules,
}

/// What a stage goes by besides its loss and its optimizer; by default nothing but what the task says.
#[derive(Default)]
pub struct StageRules {
    /// What moves; what is free in the task, if not said.
    pub free: Option<FreeParameters>,
    /// The constraint of the stage, from the nearest structure that keeps it and in its free parameters where it has them; that of
    /// the task, in the task's variables, if not said.
    pub projector: Option<AnyProjector>,
    /// Keep the reflections of the stage's first structure, in place of a new list at every evaluation.
    pub hold_reflections: bool,
    /// Most evaluations of the stage from one start, or of its repetition under one constraint of a snap; what is left of the task's, if
    /// not said. A stage that has used them up ends at the best point it has seen.
    pub max_evaluations: Option<u64>,
    /// The stage ends when its loss is at most this.
    pub stop_below: Option<f64>,
    /// A start whose loss is above this when the stage ends is given up.
    pub give_up_above: Option<f64>,
}

/// Descents in stages, each going on where the last one ended: what `graduated`, certified restarts and every composed strategy are.
///
/// From every start of [`Starts`] the stages are gone through in turn; the last one's loss says how good the fit is. The search
/// ends at the first fit that can be vouched for, `certificate` above the ideal or, with noise in the target, what noise takes besides
/// ([`Reach`]); otherwise the best fit of all starts is the result, without a certificate. A [`Snap`] makes it as symmetric as the
/// target allows.
///
/// The task's projector holds in every stage that has none of its own. The task's loss is reported, and minimised by stages that have it for
/// their own.
pub struct Staged {
    stages: Vec<Kept>,
    starts: Starts,
    certificate: Option<f64>,
    snap: Option<Snap>,
    nuisances: Vec<Nuisance>,
}

impl Staged {
    /// The stages in order, from these starts, until a fit's loss is at most `certificate` above the ideal (with `None` all starts are
    /// gone through, and nothing is vouched for).
    ///
    /// # Errors
    /// [`RecoverError::OptionRange`].
    pub fn new(
        stages: Vec<StagePlan>,
        starts: Starts,
        certificate: Option<f64>,
        snap: Option<Snap>,
    ) -> Result<Self, RecoverError> {
        starts.check()?;
        let fail = |name, value, expected| Err(RecoverError::OptionRange { name, value, expected });
        if stages.is_empty() {
            return fail("stages", 0.0, "one or more");
        }
        if let Some(value) = certificate.filter(|v| !(*v >= 0.0 && v.is_finite())) {
            return fail("certificate", value, "0 or more");
        }
        if let Some(snap) = snap {
            if !(snap.tolerance >= 0.0 && snap.tolerance.is_finite()) {
                return fail("snap.tolerance", snap.tolerance, "0 or more");
            }
            if !(snap.reach > 0.0 && snap.reach < 0.5) {
                return fail("snap.reach", snap.reach, "above 0, below 0.5");
            }
        }
        for StageRules { max_evaluations, stop_below, give_up_above, .. } in
            stages.iter().map(|stage| &stage.rules)
        {
            if *max_evaluations == Some(0) {
                return fail("stages.max_evaluations", 0.0, "1 or more");
            }
            let bars = [("stages.stop_below", stop_below), ("stages.give_up_above", give_up_above)];
            for (name, bar) in bars {
                if let Some(value) = bar.filter(|bar| bar.is_nan()) {
                    return fail(name, value, "a number");
                }
            }
        }
        let stages = stages.into_iter().map(Kept::from).collect();
        Ok(Self { stages, starts, certificate, snap, nuisances: Vec::new() })
    }

    /// The same, with the last stage gone through once more with these unknowns of the instrument beside those of the structure.
    #[must_use]
    pub fn with_nuisances(self, all: Vec<Nuisance>) -> Self {
        let mut nuisances = Vec::new();
        for nuisance in all {
            if !nuisances.contains(&nuisance) {
                nuisances.push(nuisance);
            }
        }
        Self { nuisances, ..self }
    }
}

/// A stage as it is kept: an optimizer may be sent to other threads, but not shared by them.
struct Kept {
    name: String,
    loss: AnyLoss,
    optimizer: Mutex<Box<AnyOptimizer>>,
    rules: StageRules,
}

impl From<StagePlan> for Kept {
    fn from(StagePlan { name, loss, optimizer, rules }: StagePlan) -> Self {
        Self { name, loss, optimizer: Mutex::new(Box::new(optimizer)), rules }
    }
}

impl Kept {
    /// The stage for one task, whose seed the optimizer draws from.
    fn of_task(&self, task: &RecoveryTask<'_>) -> StageOfTask<'_> {
        let mut optimizer = self.optimizer.lock().unwrap_or_else(PoisonError::into_inner).fresh();
        optimizer.reseed(task.seed);
        StageOfTask::new(&self.name, &self.loss, optimizer, &self.rules, task.free)
    }
}

impl Staged {
    /// The stages for one task, whose target they keep in the form that they need.
    pub(crate) fn of_task<'a>(&'a self, task: &RecoveryTask<'a>, reach: &Reach) -> Stages<'a> {
        let certificate = self.certificate.unwrap_or(0.0);
        let plans = self.stages.iter().map(|stage| stage.of_task(task)).collect();
        Stages::new(
            plans,
            &self.nuisances,
            plain_target(task.forward, task.target),
            task.limits,
            (reach.ideal + reach.noise, reach.bar(certificate)),
        )
    }

    /// What the target allows the last stage's loss to reach.
    pub(crate) fn reach(&self, target: &Pattern) -> Result<Reach, RecoverError> {
        let failed = |e: LossError| OptimError::Start { source: EvalError::infeasible(e) };
        let last = self.stages.last().ok_or(RecoverError::NoStart { starts: 0 })?;
        Ok(Reach::new(&last.loss, target).map_err(failed)?)
    }
}

/// The stream of the starts is not that of the optimizers.
const STARTS: u64 = 0x5354_4152_5453;

impl Strategy for Staged {
    fn recover(&self, task: &RecoveryTask<'_>) -> Result<Outcome, RecoverError> {
        let reach = self.reach(task.target)?;
        let mut stages = self.of_task(task, &reach);
        let bar = self.certificate.map(|bar| reach.bar(bar));
        let vouched = |fit: &Fit| bar.is_some_and(|bar| fit.loss <= bar);
        let mut rng = ChaCha12Rng::seed_from_u64(task.seed ^ STARTS);
        let mut best: Option<Fit> = None;
        for k in 0..self.starts.count {
            let Some(start) = self.starts.draw(k, task.start, task.free, &mut rng) else {
                continue;
            };
            let fit = stages.run(task, start)?;
            if let Some(fit) = fit.filter(|fit| best.as_ref().is_none_or(|b| fit.loss < b.loss)) {
                stages.is_best();
                let found = vouched(&fit);
                best = Some(fit);
                if found {
                    break;
                }
            }
            if stages.left().max_evaluations == 0 {
                break;
            }
        }
        let none = RecoverError::NoStart { starts: self.starts.count };
        let mut best = best.ok_or(none)?;
        let certified = self.certificate.map(|_| vouched(&best));
        let mut parts = stages.report();
        if let Some(snap) = self.snap {
            let before = stages.evaluations;
            let family;
            (best, family) = snap.apply(task, &mut stages, &reach, best)?;
            let shape = family.map_or("none".to_owned(), |kept| kept.name);
            parts.push(Stage {
                name: format!("snap: {shape}"),
                loss: best.loss,
                evaluations: stages.evaluations - before,
            });
        }
        let whole = Parametrisation::new(task.start.clone(), task.free);
        let target = (task.target, stages.plain_target());
        let problem = Problem::with_plain(task.forward, task.loss, task.projector, target, whole);
        let own_loss = Stages::own_loss(task, task.loss, &best)?;
        Ok(Outcome {
            instrument: best.instrument,
            initial_loss: problem.loss_of_structure(task.start)?,
            loss: match own_loss {
                Some(loss) => loss,
                None => problem.loss_of_structure(&best.structure)?,
            },
            evaluations: stages.evaluations + 1,
            iterations: stages.iterations,
            termination: best.termination,
            stages: parts,
            certified,
            alternatives: Vec::new(),
            structure: best.structure,
        })
    }
}
