//! Recovery by relaxation in a potential.

use super::{Outcome, RecoveryTask, Stage, Strategy};
use crate::{FreeParameters, Parametrisation, Problem, RecoverError};
use braggscape_crystal::Structure;
use braggscape_optim::Termination;
use braggscape_potential::{AnyPotential, PotentialError, RelaxOptions, relax};

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

/// Energy per atom, eV.
pub(super) fn per_atom(structure: &Structure, energy: f64) -> f64 {
    energy / structure.n_sites() as f64
}

/// What a search without a claim has found.
pub(super) fn outcome(
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
        instrument: None,
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
