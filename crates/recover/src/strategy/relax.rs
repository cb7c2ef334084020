//! Recovery by energy: relaxation in a potential, and energies beside the pattern.

use super::{Outcome, RecoveryTask, Stage, Strategy};
use crate::{FreeParameters, JointProblem, Parametrisation, Problem, RecoverError};
use braggscape_crystal::Structure;
use braggscape_optim::{AnyOptimizer, Limits, Objective, Optimizer, Termination, minimize};
use braggscape_potential::{AnyPotential, PotentialError, RelaxOptions, relax};
use std::sync::{Mutex, PoisonError};

/// Relaxation in a potential, the pattern not looked at: what the paper sets beside its descents.
///
/// Atoms and cell move, whatever is refined, but where the coordinates alone are, the cell stays. An evaluation is one of the
/// potential.
pub struct Relax {
    potential: AnyPotential,
    options: RelaxOptions,
}

impl Relax {
    /// Relaxation with these options.
    ///
    /// # Errors
    /// [`PotentialError::OptionRange`].
    pub fn new(potential: AnyPotential, options: RelaxOptions) -> Result<Self, PotentialError> {
        options.check()?;
        Ok(Self { potential, options })
    }
}

impl Strategy for Relax {
    fn recover(&self, task: &RecoveryTask<'_>) -> Result<Outcome, RecoverError> {
        let steps = self.options.steps.min(task.limits.max_evaluations.saturating_sub(1));
        let fixed_cell = self.options.fixed_cell || task.free == FreeParameters::Coordinates;
        let options = RelaxOptions { steps, fixed_cell, ..self.options };
        let found = relax(&self.potential, task.start, &options, &mut |_| ())?;
        let termination =
            if found.converged { Termination::Converged } else { Termination::MaxIterations };
        let evaluations = found.steps + 1;
        let name =
            format!("relax: {:.6} eV/atom", per_atom(&found.structure, found.evaluation.energy));
        outcome(task, found.structure, (evaluations, found.steps), termination, |loss| {
            vec![Stage { name, loss, evaluations }]
        })
    }
}

fn per_atom(structure: &Structure, energy: f64) -> f64 {
    energy / structure.n_sites() as f64
}

fn outcome(
    task: &RecoveryTask<'_>,
    structure: Structure,
    (evaluations, iterations): (u64, u64),
    termination: Termination,
    stages: impl FnOnce(f64) -> Vec<Stage>,
) -> Result<Outcome, RecoverError> {
    let whole = Parametrisation::new(task.start.clone(), task.free);
    let problem = Problem::new(task.forward, task.loss, task.projector, task.target, whole);
    let loss = problem.loss_of_structure(&structure)?;
    Ok(Outcome {
        initial_loss: problem.loss_of_structure(task.start)?,
        loss,
        evaluations,
        iterations,
        termination,
        stages: stages(loss),
        certified: None,
        alternatives: Vec::new(),
        structure,
    })
}

/// The loss of the pattern with an energy beside it: one descent for each weight of a schedule, each going on where the last one ended.
///
/// The objective is loss + w E/N with the energy per atom E/N in eV and the weight w in 1/eV. Large weights first find a plausible
/// structure, small ones after them the one that the pattern shows; a last weight of 0 is the pattern alone. With `relax_steps` the
/// structure is relaxed by so many steps before each descent: an alternation of both.
pub struct WithEnergy {
    potential: AnyPotential,
    weights: Vec<f64>,
    relax_steps: u64,
    optimizer: Mutex<Box<AnyOptimizer>>,
}

impl WithEnergy {
    /// Descents by this optimizer at these weights.
    ///
    /// # Errors
    /// [`RecoverError::OptionRange`].
    pub fn new(
        potential: AnyPotential,
        weights: Vec<f64>,
        relax_steps: u64,
        optimizer: AnyOptimizer,
    ) -> Result<Self, RecoverError> {
        let fail = |value| {
            Err(RecoverError::OptionRange {
                name: "weights",
                value,
                expected: "one or more, each 0 or more",
            })
        };
        if weights.is_empty() {
            return fail(0.0);
        }
        if let Some(weight) = weights.iter().find(|w| !(**w >= 0.0 && w.is_finite())) {
            return fail(*weight);
        }
        Ok(Self { potential, weights, relax_steps, optimizer: Mutex::new(Box::new(optimizer)) })
    }
}

impl Strategy for WithEnergy {
    fn recover(&self, task: &RecoveryTask<'_>) -> Result<Outcome, RecoverError> {
        let (mut structure, mut parts) = (task.start.clone(), Vec::new());
        let (mut evaluations, mut iterations) = (0, 0);
        let mut termination = Termination::Budget;
        let left = |used: u64| task.limits.max_evaluations.saturating_sub(used);
        for weight in &self.weights {
            if self.relax_steps > 0 && left(evaluations) > 1 {
                let options = RelaxOptions {
                    steps: self.relax_steps.min(left(evaluations) - 1),
                    fixed_cell: task.free == FreeParameters::Coordinates,
                    ..Default::default()
                };
                let found = relax(&self.potential, &structure, &options, &mut |_| ())?;
                evaluations += found.steps + 1;
                structure = found.structure;
            }
            if left(evaluations) == 0 {
                break;
            }
            let mut optimizer =
                self.optimizer.lock().unwrap_or_else(PoisonError::into_inner).fresh();
            optimizer.reseed(task.seed);
            let parametrisation = Parametrisation::with_variables(
                structure.clone(),
                task.free,
                task.variables,
                task.projector,
            )?;
            let problem = Problem::new(
                task.forward,
                task.loss,
                task.projector,
                task.target,
                parametrisation.clone(),
            );
            let joint = JointProblem::new(problem, &self.potential, *weight);
            let objective: &dyn Objective = &joint;
            let limits = Limits { max_evaluations: left(evaluations) };
            let x0 = parametrisation.pack();
            let found = minimize(&mut optimizer, objective, &x0, limits, &mut ())?;
            structure = parametrisation.unpack(&found.x)?;
            evaluations += found.evaluations;
            iterations += found.iterations;
            termination = found.termination;
            let name = format!("weight {weight}");
            parts.push(Stage { name, loss: found.value, evaluations: found.evaluations });
        }
        outcome(task, structure, (evaluations, iterations), termination, |_| parts)
    }
}
