//! Recovery by pattern and energy together.

use super::relax::{outcome, per_atom};
use super::{Alternative, Outcome, RecoveryTask, Stage, Starts, Strategy};
use crate::{FreeParameters, JointProblem, Parametrisation, Problem, RecoverError};
use braggscape_crystal::Structure;
use braggscape_loss::AnyLoss;
use braggscape_optim::{AnyOptimizer, Limits, OptimError, Optimizer, Termination, minimize};
use braggscape_potential::{
    AnyPotential, Evaluation, Potential, PotentialError, RelaxOptions, relax,
};
use braggscape_projector::AnyProjector;
use braggscape_xrd::AnyForwardModel;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use std::sync::{Mutex, PoisonError};

/// How energy and pattern are minimised together.
#[derive(Debug, Clone, PartialEq)]
pub struct WithEnergyPlan {
    /// The schedule of weights w, 1/eV.
    pub weights: Vec<f64>,
    /// Steps of relaxation before each descent.
    pub relax_steps: u64,
    /// Where the schedule begins.
    pub starts: Starts,
    /// The weight of the energy in the choice among what the starts ended in, 1/eV.
    pub rank_weight: f64,
}

/// The loss of the pattern with an energy beside it: one descent for each weight of a schedule, each going on where the last one ended.
///
/// The objective is loss + w E/N with the energy per atom E/N in eV and the weight w in 1/eV. Large weights first find a plausible
/// structure, small ones after them the one that the pattern shows; a weight of 0 is the pattern alone, for which there is an optimizer of its own. With `relax_steps` the
/// structure is relaxed by so many steps before each descent: an alternation of both.
///
/// From every start the schedule is gone through. Where many coordinates are free, wrong structures fit a pattern as well as the right one, but
/// their energies are higher: the result is the end whose loss + `rank_weight` E/N is least, the others are alternatives.
pub struct WithEnergy {
    potential: AnyPotential,
    plan: WithEnergyPlan,
    optimizer: Mutex<Box<AnyOptimizer>>,
    pattern_optimizer: Mutex<Box<AnyOptimizer>>,
}

/// Most alternatives of an outcome.
const MOST_ALTERNATIVES: usize = 5;
/// The stream of the starts is not that of the optimizers.
const STARTS: u64 = 0x454E_4552_4759;

impl WithEnergy {
    /// Descents by these optimizers: with an energy, and on the pattern alone.
    ///
    /// # Errors
    /// [`RecoverError::OptionRange`].
    pub fn new(
        potential: AnyPotential,
        plan: WithEnergyPlan,
        optimizer: AnyOptimizer,
        pattern_optimizer: AnyOptimizer,
    ) -> Result<Self, RecoverError> {
        let fail = |name, value, expected| Err(RecoverError::OptionRange { name, value, expected });
        if plan.weights.is_empty() {
            return fail("weights", 0.0, "one or more, each 0 or more");
        }
        if let Some(weight) = plan.weights.iter().find(|w| !(**w >= 0.0 && w.is_finite())) {
            return fail("weights", *weight, "one or more, each 0 or more");
        }
        if !(plan.rank_weight >= 0.0 && plan.rank_weight.is_finite()) {
            return fail("rank_weight", plan.rank_weight, "0 or more, per eV");
        }
        plan.starts.check()?;
        let [optimizer, pattern_optimizer] =
            [optimizer, pattern_optimizer].map(|o| Mutex::new(Box::new(o)));
        Ok(Self { potential, plan, optimizer, pattern_optimizer })
    }
}

/// What a start ended in.
struct End {
    structure: Structure,
    termination: Termination,
    stages: Vec<Stage>,
    loss: f64,
    /// eV an atom; `None` where atoms are at one place, or the potential knows no energy for other reasons of the geometry.
    energy: Option<f64>,
}

/// What the potential says, if it says anything of such a geometry: descents on the pattern alone may end with atoms at one place. Other
/// errors, those of outside potentials among them, are faults that no other start would mend.
fn geometric<T>(found: Result<T, PotentialError>) -> Result<Option<T>, RecoverError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(
            PotentialError::TooClose { .. }
            | PotentialError::TooManyPairs { .. }
            | PotentialError::NotFinite { .. }
            | PotentialError::Crystal { .. },
        ) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

impl WithEnergy {
    fn optimizer(&self, weight: f64, seed: u64) -> AnyOptimizer {
        let which = if weight > 0.0 { &self.optimizer } else { &self.pattern_optimizer };
        let mut optimizer = which.lock().unwrap_or_else(PoisonError::into_inner).fresh();
        optimizer.reseed(seed);
        optimizer
    }

    /// The schedule from one start; `None` where no descent of it can begin there. Descents that cannot are left out.
    fn schedule(
        &self,
        task: &RecoveryTask<'_>,
        start: Structure,
        (evaluations, iterations): (&mut u64, &mut u64),
    ) -> Result<Option<End>, RecoverError> {
        let (mut structure, mut stages) = (start, Vec::new());
        let (mut termination, mut refused) = (Termination::Budget, false);
        let left = |used: u64| task.limits.max_evaluations.saturating_sub(used);
        for weight in &self.plan.weights {
            if self.plan.relax_steps > 0 && left(*evaluations) > 1 {
                let options = RelaxOptions {
                    steps: self.plan.relax_steps.min(left(*evaluations) - 1),
                    fixed_cell: task.free == FreeParameters::Coordinates,
                    ..Default::default()
                };
                let mut seen = 0;
                let found = relax(&self.potential, &structure, &options, &mut |_| seen += 1);
                *evaluations += seen;
                match geometric(found)? {
                    Some(found) => structure = found.structure,
                    // The evaluation that failed.
                    None => *evaluations += 1,
                }
            }
            if left(*evaluations) == 0 {
                break;
            }
            let mut optimizer = self.optimizer(*weight, task.seed);
            let parametrisation = Parametrisation::with_variables(
                structure.clone(),
                task.free,
                task.variables,
                task.projector,
            )?;
            let (x0, limits) =
                (parametrisation.pack(), Limits { max_evaluations: left(*evaluations) });
            let problem: Problem<'_, AnyForwardModel, AnyLoss, AnyProjector> = Problem::new(
                task.forward,
                task.loss,
                task.projector,
                task.target,
                parametrisation.clone(),
            );
            let found = if *weight > 0.0 {
                let joint = JointProblem::new(problem, &self.potential, *weight);
                minimize(&mut optimizer, &joint, &x0, limits, &mut ())
            } else {
                minimize(&mut optimizer, &problem, &x0, limits, &mut ())
            };
            let found = match found {
                Ok(found) => found,
                Err(OptimError::Start { .. }) => {
                    refused = true;
                    *evaluations += 1;
                    continue;
                }
                Err(e) => return Err(e.into()),
            };
            structure = parametrisation.unpack(&found.x)?;
            *evaluations += found.evaluations;
            *iterations += found.iterations;
            termination = found.termination;
            let name = format!("weight {weight}");
            stages.push(Stage { name, loss: found.value, evaluations: found.evaluations });
        }
        if refused && stages.is_empty() {
            return Ok(None);
        }
        let whole = Parametrisation::new(task.start.clone(), task.free);
        let problem = Problem::new(task.forward, task.loss, task.projector, task.target, whole);
        let loss = problem.loss_of_structure(&structure)?;
        let mut evaluation = Evaluation::default();
        let energy = geometric(self.potential.evaluate(&structure, &mut evaluation))?
            .map(|()| per_atom(&structure, evaluation.energy));
        Ok(Some(End { structure, termination, stages, loss, energy }))
    }
}

impl Strategy for WithEnergy {
    fn recover(&self, task: &RecoveryTask<'_>) -> Result<Outcome, RecoverError> {
        let WithEnergyPlan { starts, rank_weight, .. } = &self.plan;
        let (mut evaluations, mut iterations) = (0, 0);
        let mut rng = ChaCha12Rng::seed_from_u64(task.seed ^ STARTS);
        let mut ends: Vec<End> = Vec::new();
        for k in 0..starts.count {
            if k > 0 && evaluations >= task.limits.max_evaluations {
                break;
            }
            let Some(start) = starts.draw(k, task.start, task.free, &mut rng) else { continue };
            ends.extend(self.schedule(task, start, (&mut evaluations, &mut iterations))?);
        }
        // Ends without an energy come last.
        let rank =
            |end: &End| end.energy.map_or(f64::INFINITY, |energy| end.loss + rank_weight * energy);
        ends.sort_by(|a, b| rank(a).total_cmp(&rank(b)).then(a.loss.total_cmp(&b.loss)));
        let mut ends = ends.into_iter();
        let best = ends.next().ok_or(RecoverError::NoStart { starts: starts.count })?;
        let count = (evaluations, iterations);
        let mut found = outcome(task, best.structure, count, best.termination, |_| best.stages)?;
        found.alternatives = ends
            .take(MOST_ALTERNATIVES)
            .map(|end| Alternative {
                name: end.energy.map_or("no energy".to_owned(), |e| format!("{e:.4} eV/atom")),
                structure: end.structure,
                loss: end.loss,
            })
            .collect();
        Ok(found)
    }
}
