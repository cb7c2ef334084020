//! Descents in stages, from several starts, until a fit can be vouched for.

use super::{Outcome, Reach, RecoveryTask, Snap, Stage, Starts, Strategy};
use crate::problem::plain_target;
use crate::{FreeParameters, Nuisance, Parametrisation, Problem, RecoverError, Variables};
use braggscape_crystal::Structure;
use braggscape_loss::{AnyLoss, LossError};
use braggscape_optim::{
    AnyOptimizer, EvalError, Limits, OptimError, Optimizer, Termination, minimize,
};
use braggscape_pattern::{DecimatedTarget, Pattern};
use braggscape_projector::{AnyProjector, Projector};
use braggscape_xrd::{AnyForwardModel, Instrument};
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
    /// What moves; what is free in the task, if not said.
    pub free: Option<FreeParameters>,
    /// Keep the reflections of the stage's first structure, in place of a new list at every evaluation.
    pub hold_reflections: bool,
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
/// The task's projector holds in every stage. Its loss is reported, and minimised by stages that have it for their own.
pub struct Staged {
    stages: Vec<Kept>,
    starts: Starts,
    certificate: Option<f64>,
    snap: Option<Snap>,
    nuisances: Vec<Nuisance>,
}

/// A fit, and its loss in the last stage.
#[derive(Debug, Clone)]
pub(crate) struct Fit {
    pub(crate) structure: Structure,
    pub(crate) loss: f64,
    pub(crate) termination: Termination,
    /// The instrument that was refined with it.
    pub(crate) instrument: Option<Instrument>,
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
    free: Option<FreeParameters>,
    hold_reflections: bool,
    give_up_above: Option<f64>,
}

impl From<StagePlan> for Kept {
    fn from(plan: StagePlan) -> Self {
        let StagePlan { name, loss, optimizer, free, hold_reflections, give_up_above } = plan;
        let optimizer = Mutex::new(Box::new(optimizer));
        Self { name, loss, optimizer, free, hold_reflections, give_up_above }
    }
}

impl Kept {
    /// The stage for one task, whose seed the optimizer draws from.
    fn of_task(&self, task: &RecoveryTask<'_>) -> StageOfTask<'_> {
        let mut optimizer = self.optimizer.lock().unwrap_or_else(PoisonError::into_inner).fresh();
        optimizer.reseed(task.seed);
        StageOfTask {
            name: &self.name,
            loss: &self.loss,
            optimizer,
            free: self.free.unwrap_or(task.free),
            hold_reflections: self.hold_reflections,
            give_up_above: self.give_up_above,
            problem: None,
            evaluations: 0,
            loss_of_best: f64::NAN,
            loss_of_last: f64::NAN,
        }
    }
}

impl Staged {
    /// The stages for one task, whose target they keep in the form that they need.
    pub(crate) fn of_task<'a>(&'a self, task: &RecoveryTask<'a>, reach: &Reach) -> Stages<'a> {
        Stages {
            ideal: reach.ideal + reach.noise,
            goal: reach.bar(self.certificate.unwrap_or(0.0)),
            plans: self.stages.iter().map(|stage| stage.of_task(task)).collect(),
            nuisances: &self.nuisances,
            nearest: f64::INFINITY,
            plain: plain_target(task.forward, task.target),
            limits: task.limits,
            evaluations: 0,
            iterations: 0,
        }
    }

    /// What the target allows the last stage's loss to reach.
    pub(crate) fn reach(&self, target: &Pattern) -> Result<Reach, RecoverError> {
        let failed = |e: LossError| OptimError::Start { source: EvalError::infeasible(e) };
        let last = self.stages.last().ok_or(RecoverError::NoStart { starts: 0 })?;
        Ok(Reach::new(&last.loss, target).map_err(failed)?)
    }
}

/// The stages of one task.
pub(crate) struct Stages<'a> {
    plans: Vec<StageOfTask<'a>>,
    /// What of the instrument is refined.
    pub(crate) nuisances: &'a [Nuisance],
    /// How near to the ideal a fit has come before its instrument was refined.
    pub(crate) nearest: f64,
    /// The target on the nodes of the model.
    plain: Option<DecimatedTarget>,
    limits: Limits,
    /// Loss of a perfect fit in the last stage.
    pub(crate) ideal: f64,
    /// Loss that is good enough there.
    pub(crate) goal: f64,
    pub(crate) evaluations: u64,
    pub(crate) iterations: u64,
}

struct StageOfTask<'a> {
    name: &'a str,
    loss: &'a AnyLoss,
    optimizer: AnyOptimizer,
    free: FreeParameters,
    hold_reflections: bool,
    give_up_above: Option<f64>,
    problem: Option<Problem<'a, AnyForwardModel, AnyLoss, AnyProjector>>,
    evaluations: u64,
    /// Loss at the end of the start that went best.
    loss_of_best: f64,
    loss_of_last: f64,
}

impl Stages<'_> {
    /// Evaluations that are left.
    pub(crate) fn left(&self) -> Limits {
        Limits { max_evaluations: self.limits.max_evaluations.saturating_sub(self.evaluations) }
    }

    /// Loss, free parameters and optimizer of the last stage.
    pub(crate) fn last_stage(&mut self) -> Option<(&AnyLoss, FreeParameters, &mut AnyOptimizer)> {
        self.plans.last_mut().map(|plan| (plan.loss, plan.free, &mut plan.optimizer))
    }

    /// Counts evaluations and iterations of the last stage.
    pub(crate) fn count(&mut self, evaluations: u64, iterations: u64) {
        if let Some(plan) = self.plans.last_mut() {
            plan.evaluations += evaluations;
        }
        self.evaluations += evaluations;
        self.iterations += iterations;
    }
}

impl<'a> Stages<'a> {
    /// One stage from a structure; `None` where it cannot be evaluated there.
    fn refine(
        &mut self,
        i: usize,
        task: &RecoveryTask<'a>,
        start: &Structure,
    ) -> Result<Option<Fit>, RecoverError> {
        let limits = self.left();
        if limits.max_evaluations == 0 {
            return Ok(None);
        }
        let plan = &mut self.plans[i];
        let parametrisation = Parametrisation::with_variables(
            start.clone(),
            plan.free,
            task.variables,
            task.projector,
        )?;
        let problem = match &mut plan.problem {
            Some(problem) => {
                problem.restart(task.projector, parametrisation);
                problem
            }
            none => none.insert(Problem::with_plain(
                task.forward,
                plan.loss,
                task.projector,
                (task.target, self.plain.clone()),
                parametrisation,
            )),
        };
        if problem.hold_reflections(plan.hold_reflections.then_some(start)).is_err() {
            return Ok(None);
        }
        let found = descend(&mut plan.optimizer, problem, limits)?;
        if let Some((_, evaluations, iterations)) = &found {
            plan.evaluations += evaluations;
            self.evaluations += evaluations;
            self.iterations += iterations;
        }
        Ok(found.map(|(fit, ..)| {
            plan.loss_of_last = fit.loss;
            fit
        }))
    }

    /// The last stage once more on another constraint.
    pub(crate) fn refine_last(
        &mut self,
        task: &RecoveryTask<'a>,
        start: &Fit,
        projector: &AnyProjector,
        variables: Variables,
    ) -> Result<Option<Fit>, RecoverError> {
        if !self.nuisances.is_empty() {
            return self.on_instrument(task, start, projector, variables);
        }
        let limits = self.left();
        let Some(plan) = self.plans.last_mut().filter(|_| limits.max_evaluations > 0) else {
            return Ok(None);
        };
        let parametrisation = Parametrisation::with_variables(
            start.structure.clone(),
            plan.free,
            variables,
            projector,
        )?;
        let target = (task.target, self.plain.clone());
        let problem =
            Problem::with_plain(task.forward, plan.loss, projector, target, parametrisation);
        let found = descend(&mut plan.optimizer, &problem, limits)?;
        if let Some((_, evaluations, iterations)) = &found {
            self.count(*evaluations, *iterations);
        }
        Ok(found.map(|(fit, ..)| fit))
    }

    /// The last stage once more on a constraint, from the nearest structure that keeps it, in its free parameters where it has them.
    pub(crate) fn on_constraint(
        &mut self,
        task: &RecoveryTask<'a>,
        start: &Fit,
        projector: &AnyProjector,
    ) -> Result<Option<Fit>, RecoverError> {
        match self.refine_last(task, start, projector, Variables::Reduced) {
            Err(RecoverError::NoReducedForm { .. }) => {
                self.refine_last(task, start, projector, Variables::Strain)
            }
            done => done,
        }
    }

    /// All stages from a structure; `None` where one cannot be evaluated or gives up.
    pub(crate) fn run(
        &mut self,
        task: &RecoveryTask<'a>,
        start: Structure,
    ) -> Result<Option<Fit>, RecoverError> {
        let mut at = Fit {
            structure: start,
            loss: f64::NAN,
            termination: Termination::Budget,
            instrument: None,
        };
        for i in 0..self.plans.len() {
            let Some(fit) = self.refine(i, task, &at.structure)? else {
                return self.unfinished(i, task, at);
            };
            let last = i + 1 == self.plans.len();
            if !last && self.plans[i].give_up_above.is_some_and(|bar| fit.loss > bar) {
                return Ok(None);
            }
            at = fit;
        }
        if self.nuisances.is_empty() {
            return self.polish(task, at).map(Some);
        }
        self.with_instrument(task, at).map(Some)
    }

    /// Where stage `i` could not be gone through: what there is if the budget is used up, judged by the last stage; otherwise nothing.
    fn unfinished(
        &mut self,
        i: usize,
        task: &RecoveryTask<'a>,
        at: Fit,
    ) -> Result<Option<Fit>, RecoverError> {
        if i == 0 || self.left().max_evaluations > 0 {
            return Ok(None);
        }
        let Some(last) = self.plans.last() else { return Ok(None) };
        let whole = Parametrisation::new(at.structure.clone(), last.free);
        let target = (task.target, self.plain.clone());
        let problem = Problem::with_plain(task.forward, last.loss, task.projector, target, whole);
        self.evaluations += 1;
        let loss = problem.loss_of_structure(&at.structure)?;
        Ok(Some(Fit { loss, termination: Termination::Budget, ..at }))
    }

    /// Goes on with the last stage near the ideal, where narrow valleys are followed slowly and a descent may have stopped at a wall: where
    /// a reflection comes or goes the loss jumps. With the reflections held there is no wall; they are listed anew every time.
    fn polish(&mut self, task: &RecoveryTask<'a>, at: Fit) -> Result<Fit, RecoverError> {
        let last = self.plans.len() - 1;
        let (mut best, mut at, mut misses) = (at.clone(), at, 0);
        for _ in 0..POLISHES {
            if best.loss <= self.goal || best.loss - self.ideal > PROMISING || misses > 1 {
                break;
            }
            let hold = std::mem::replace(&mut self.plans[last].hold_reflections, true);
            let held = self.refine(last, task, &at.structure);
            self.plans[last].hold_reflections = hold;
            let Some(mut fit) = held? else { break };
            fit.loss = self.loss_of(last, &fit.structure)?;
            at = fit;
            if at.loss < best.loss {
                misses = if at.loss - self.ideal < 0.9 * (best.loss - self.ideal) {
                    0
                } else {
                    misses + 1
                };
                best = at.clone();
            } else {
                misses += 1;
            }
        }
        Ok(best)
    }

    /// The loss of a structure in a stage that has been at work, with its own reflections.
    fn loss_of(&mut self, i: usize, structure: &Structure) -> Result<f64, RecoverError> {
        let plan = &mut self.plans[i];
        let Some(problem) = &plan.problem else { return Ok(f64::INFINITY) };
        problem.hold_reflections(None)?;
        plan.evaluations += 1;
        self.evaluations += 1;
        problem.loss_of_structure(structure)
    }
}

/// A run of an optimizer from the start of a problem, with its evaluations and iterations; `None` where the start is no good.
fn descend<P: Projector>(
    optimizer: &mut AnyOptimizer,
    problem: &Problem<'_, AnyForwardModel, AnyLoss, P>,
    limits: Limits,
) -> Result<Option<(Fit, u64, u64)>, RecoverError> {
    let x0 = problem.parametrisation().pack();
    let found = match minimize(optimizer, problem, &x0, limits, &mut ()) {
        Ok(found) => found,
        Err(OptimError::Start { .. }) => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    let structure = problem.parametrisation().unpack(&found.x)?;
    let fit =
        Fit { structure, loss: found.value, termination: found.termination, instrument: None };
    Ok(Some((fit, found.evaluations, found.iterations)))
}

/// A fit this near to the ideal is carried on to its end.
const PROMISING: f64 = 1e-3;
/// How often its last stage is begun anew.
const POLISHES: u32 = 12;

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
                for plan in &mut stages.plans {
                    plan.loss_of_best = plan.loss_of_last;
                }
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
        let mut parts: Vec<Stage> = stages.plans.iter().map(StageOfTask::report).collect();
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
        let target = (task.target, stages.plain.clone());
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

impl StageOfTask<'_> {
    fn report(&self) -> Stage {
        let (name, loss) = (self.name.to_owned(), self.loss_of_best);
        Stage { name, loss, evaluations: self.evaluations }
    }
}
