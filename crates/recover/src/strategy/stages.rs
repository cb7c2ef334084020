//! The stages of a strategy at work on one task.

use super::{RecoveryTask, Stage, StageRules};
use crate::{FreeParameters, Nuisance, Parametrisation, Problem, RecoverError, Variables};
use braggscape_crystal::Structure;
use braggscape_loss::AnyLoss;
use braggscape_optim::{
    AnyOptimizer, Limits, Minimum, Objective, Observer, OptimError, Target, Termination, minimize,
};
use braggscape_pattern::DecimatedTarget;
use braggscape_projector::{AnyProjector, Projector};
use braggscape_xrd::{AnyForwardModel, Instrument};

/// A fit, and its loss in the last stage.
#[derive(Debug, Clone)]
pub(crate) struct Fit {
    pub(crate) structure: Structure,
    pub(crate) loss: f64,
    pub(crate) termination: Termination,
    /// The instrument that was refined with it.
    pub(crate) instrument: Option<Instrument>,
}

/// A fit this near to the ideal is carried on to its end.
const PROMISING: f64 = 1e-3;
/// How often its last stage is begun anew.
const POLISHES: u32 = 12;

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

/// A stage at work.
pub(crate) struct StageOfTask<'a> {
    name: &'a str,
    loss: &'a AnyLoss,
    optimizer: AnyOptimizer,
    rules: &'a StageRules,
    free: FreeParameters,
    problem: Option<Problem<'a, AnyForwardModel, AnyLoss, AnyProjector>>,
    evaluations: u64,
    /// Evaluations since the start, or the constraint, that it is at now.
    spent: u64,
    /// Loss at the end of the start that went best.
    loss_of_best: f64,
    loss_of_last: f64,
}

impl<'a> StageOfTask<'a> {
    /// The stage for a task in which `free` is refined.
    pub(crate) fn new(
        name: &'a str,
        loss: &'a AnyLoss,
        optimizer: AnyOptimizer,
        rules: &'a StageRules,
        free: FreeParameters,
    ) -> Self {
        Self {
            name,
            loss,
            optimizer,
            rules,
            free: rules.free.unwrap_or(free),
            problem: None,
            evaluations: 0,
            spent: 0,
            loss_of_best: f64::NAN,
            loss_of_last: f64::NAN,
        }
    }

    fn count(&mut self, evaluations: u64) {
        self.evaluations += evaluations;
        self.spent += evaluations;
    }

    /// Constraint and parametrisation from a structure on.
    fn space(
        &self,
        task: &RecoveryTask<'a>,
        start: &Structure,
    ) -> Result<(&'a AnyProjector, Parametrisation), RecoverError> {
        let Some(projector) = &self.rules.projector else {
            let whole = Parametrisation::with_variables(
                start.clone(),
                self.free,
                task.variables,
                task.projector,
            )?;
            return Ok((task.projector, whole));
        };
        let of = |variables| {
            Parametrisation::with_variables(start.clone(), self.free, variables, projector)
        };
        let all = Parametrisation::new(start.clone(), self.free).components().len();
        // Free parameters say nothing of a constraint that comes into force gradually, and are no better than others where all is free.
        if projector.weight_at(0) >= 1.0
            && let Ok(reduced) = of(Variables::Reduced)
            && reduced.components().len() < all
        {
            return Ok((projector, reduced));
        }
        let variables = match task.variables {
            Variables::Reduced => Variables::Strain,
            given => given,
        };
        Ok((projector, of(variables)?))
    }

    fn report(&self) -> Stage {
        let (name, loss) = (self.name.to_owned(), self.loss_of_best);
        Stage { name, loss, evaluations: self.evaluations }
    }
}

/// What the last stage consists of.
pub(crate) struct LastStage<'s> {
    pub(crate) loss: &'s AnyLoss,
    pub(crate) free: FreeParameters,
    pub(crate) optimizer: &'s mut AnyOptimizer,
    pub(crate) limits: Limits,
}

impl<'a> Stages<'a> {
    /// Stages at their beginning; `bars` are the loss of a perfect fit in the last one, and the one that is good enough there.
    pub(crate) fn new(
        plans: Vec<StageOfTask<'a>>,
        nuisances: &'a [Nuisance],
        plain: Option<DecimatedTarget>,
        limits: Limits,
        bars: (f64, f64),
    ) -> Self {
        Self {
            plans,
            nuisances,
            nearest: f64::INFINITY,
            plain,
            limits,
            ideal: bars.0,
            goal: bars.1,
            evaluations: 0,
            iterations: 0,
        }
    }

    /// The target on the nodes of the model.
    pub(crate) fn plain_target(&self) -> Option<DecimatedTarget> {
        self.plain.clone()
    }

    /// Evaluations that are left.
    pub(crate) fn left(&self) -> Limits {
        Limits { max_evaluations: self.limits.max_evaluations.saturating_sub(self.evaluations) }
    }

    /// Evaluations that are left for a stage.
    fn left_for(&self, i: usize) -> Limits {
        let all = self.left();
        let plan = &self.plans[i];
        plan.rules.max_evaluations.map_or(all, |own| Limits {
            max_evaluations: all.max_evaluations.min(own.saturating_sub(plan.spent)),
        })
    }

    /// The last stage.
    pub(crate) fn last_stage(&mut self) -> Option<LastStage<'_>> {
        let limits = self.left_for(self.plans.len().checked_sub(1)?);
        let plan = self.plans.last_mut()?;
        Some(LastStage { loss: plan.loss, free: plan.free, optimizer: &mut plan.optimizer, limits })
    }

    /// Constraint and variables of the last stage from a structure on.
    pub(crate) fn last_space(
        &self,
        task: &RecoveryTask<'a>,
        start: &Structure,
    ) -> Result<(&'a AnyProjector, Variables), RecoverError> {
        let Some(plan) = self.plans.last() else { return Ok((task.projector, task.variables)) };
        let (projector, parametrisation) = plan.space(task, start)?;
        Ok((projector, parametrisation.variables()))
    }

    /// Counts evaluations and iterations of the last stage.
    pub(crate) fn count(&mut self, evaluations: u64, iterations: u64) {
        if let Some(plan) = self.plans.last_mut() {
            plan.count(evaluations);
        }
        self.evaluations += evaluations;
        self.iterations += iterations;
    }

    /// The start that has been gone through last is the best so far.
    pub(crate) fn is_best(&mut self) {
        for plan in &mut self.plans {
            plan.loss_of_best = plan.loss_of_last;
        }
    }

    /// What each stage came to.
    pub(crate) fn report(&self) -> Vec<Stage> {
        self.plans.iter().map(StageOfTask::report).collect()
    }
}

impl<'a> Stages<'a> {
    /// One stage from a structure, with its reflections or a new list at every evaluation; `None` where it cannot be evaluated there.
    fn refine(
        &mut self,
        i: usize,
        task: &RecoveryTask<'a>,
        start: &Structure,
        hold: bool,
    ) -> Result<Option<Fit>, RecoverError> {
        let limits = self.left_for(i);
        if limits.max_evaluations == 0 {
            return Ok(None);
        }
        let plan = &mut self.plans[i];
        let (projector, parametrisation) = plan.space(task, start)?;
        let problem = match &mut plan.problem {
            Some(problem) => {
                problem.restart(projector, parametrisation);
                problem
            }
            none => none.insert(Problem::with_plain(
                task.forward,
                plan.loss,
                projector,
                (task.target, self.plain.clone()),
                parametrisation,
            )),
        };
        if problem.hold_reflections(hold.then_some(start)).is_err() {
            return Ok(None);
        }
        let found = descend(&mut plan.optimizer, problem, limits, plan.rules.stop_below)?;
        if let Some((_, evaluations, iterations)) = &found {
            plan.count(*evaluations);
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
        if let Some(plan) = self.plans.last_mut() {
            plan.spent = 0;
        }
        if !self.nuisances.is_empty() {
            return self.on_instrument(task, start, projector, variables);
        }
        let target = (task.target, self.plain.clone());
        let last = self.last_stage().filter(|last| last.limits.max_evaluations > 0);
        let Some(LastStage { loss, free, optimizer, limits }) = last else { return Ok(None) };
        let parametrisation =
            Parametrisation::with_variables(start.structure.clone(), free, variables, projector)?;
        let problem = Problem::with_plain(task.forward, loss, projector, target, parametrisation);
        let found = descend(optimizer, &problem, limits, None)?;
        drop(problem);
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
        for plan in &mut self.plans {
            plan.spent = 0;
        }
        for i in 0..self.plans.len() {
            let hold = self.plans[i].rules.hold_reflections;
            let Some(fit) = self.refine(i, task, &at.structure, hold)? else {
                return self.unfinished(i, task, at);
            };
            let last = i + 1 == self.plans.len();
            if !last && self.plans[i].rules.give_up_above.is_some_and(|bar| fit.loss > bar) {
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
            let Some(mut fit) = self.refine(last, task, &at.structure, true)? else { break };
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
        let loss = problem.loss_of_structure(structure);
        plan.count(1);
        self.evaluations += 1;
        loss
    }
}

/// A run of an optimizer from the start of a problem, with its evaluations and iterations; `None` where the start is no good. A constraint
/// that comes into force gradually is wholly in force at the end.
fn descend<P: Projector>(
    optimizer: &mut AnyOptimizer,
    problem: &Problem<'_, AnyForwardModel, AnyLoss, P>,
    limits: Limits,
    stop_below: Option<f64>,
) -> Result<Option<(Fit, u64, u64)>, RecoverError> {
    let x0 = problem.parametrisation().pack();
    let mut stop = stop_below.map(Target);
    let observer: &mut dyn Observer = match &mut stop {
        Some(target) => target,
        None => &mut (),
    };
    let mut found = match minimize(optimizer, problem, &x0, limits, observer) {
        Ok(found) => found,
        Err(OptimError::Start { .. }) => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    in_force(problem, &mut found)?;
    let structure = problem.parametrisation().unpack(&found.x)?;
    let fit =
        Fit { structure, loss: found.value, termination: found.termination, instrument: None };
    Ok(Some((fit, found.evaluations, found.iterations)))
}

/// Puts the end of a run on its constraint, if that has come into force only in part until then.
///
/// # Errors
/// [`OptimError::Evaluation`]: there is no loss on the constraint.
pub(crate) fn in_force(problem: &dyn Objective, found: &mut Minimum) -> Result<(), OptimError> {
    if problem.projection_weight(found.iterations) < 1.0 {
        let failed = |source| OptimError::Evaluation { source };
        problem.project(&mut found.x).map_err(failed)?;
        found.value = problem.value(&found.x).map_err(failed)?;
        found.evaluations += 1;
    }
    Ok(())
}
