//! Energies as objectives: alone, and beside the agreement of patterns.

use crate::{Parametrisation, Problem, tangent};
use braggscape_crystal::Structure;
use braggscape_loss::Loss;
use braggscape_optim::{Component, EvalError, Objective};
use braggscape_potential::{EV_PER_CUBIC_ANGSTROM_IN_GPA, Evaluation, Potential, PotentialError};
use braggscape_projector::Projector;
use braggscape_xrd::{ForwardModel, StructureGradient};
use nalgebra::Matrix3;
use std::sync::{Mutex, PoisonError};

/// The energy per atom, eV, in the variables of a parametrisation.
///
/// # Differentiability
/// That of the potential: forces give the derivatives in the coordinates, the stress those in the cell.
pub struct EnergyProblem<'a, P, V> {
    potential: &'a V,
    projector: &'a P,
    parametrisation: Parametrisation,
    workspace: Mutex<(Structure, Evaluation, StructureGradient)>,
}

impl<'a, P: Projector, V: Potential> EnergyProblem<'a, P, V> {
    /// The energy of a potential on the constraint of a projector.
    pub fn new(potential: &'a V, projector: &'a P, parametrisation: Parametrisation) -> Self {
        let template = parametrisation.template().clone();
        let workspace = (template, Evaluation::default(), StructureGradient::default());
        Self { potential, projector, parametrisation, workspace: Mutex::new(workspace) }
    }

    /// The parametrisation.
    pub fn parametrisation(&self) -> &Parametrisation {
        &self.parametrisation
    }

    /// The energy per atom of a structure, eV.
    ///
    /// # Errors
    /// [`PotentialError`].
    pub fn energy_of(&self, structure: &Structure) -> Result<f64, PotentialError> {
        let mut out = Evaluation::default();
        self.potential.evaluate(structure, &mut out)?;
        Ok(out.energy / structure.n_sites() as f64)
    }

    fn evaluate(&self, x: &[f64], gradient: Option<&mut [f64]>) -> Result<f64, EvalError> {
        let mut guard = self.workspace.lock().unwrap_or_else(PoisonError::into_inner);
        let (structure, out, whole) = &mut *guard;
        self.parametrisation.unpack_into(x, structure).map_err(EvalError::infeasible)?;
        self.potential.evaluate(structure, out).map_err(EvalError::infeasible)?;
        let n_sites = structure.n_sites() as f64;
        if let Some(gradient) = gradient {
            structure_gradient(structure, out, 1.0 / n_sites, whole);
            self.parametrisation.pack_gradient(whole, x, gradient);
        }
        Ok(out.energy / n_sites)
    }
}

impl<P: Projector, V: Potential> Objective for EnergyProblem<'_, P, V> {
    fn components(&self) -> &[Component] {
        self.parametrisation.components()
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvalError> {
        self.evaluate(x, None)
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        self.evaluate(x, Some(gradient))
    }

    fn project(&self, x: &mut [f64]) -> Result<(), EvalError> {
        tangent::project(&self.parametrisation, self.projector, x)
    }

    fn project_gradient(&self, x: &[f64], gradient: &mut [f64]) {
        tangent::project_gradient(&self.parametrisation, self.projector, x, gradient);
    }

    fn projection_weight(&self, iteration: u64) -> f64 {
        tangent::weight(&self.parametrisation, self.projector, iteration)
    }
}

/// The gradient of `factor` times an energy: in the coordinates -A^T F for the lattice vectors A (columns) and the force F; in the metric
/// tensor G = A^T A, with dE = V sum_ab sigma_ab de_ab and the strain e = A^-T dG A^-1 / 2, it is V A^-1 sigma A^-T / 2.
fn structure_gradient(
    structure: &Structure,
    evaluation: &Evaluation,
    factor: f64,
    out: &mut StructureGradient,
) {
    let columns = structure.lattice().columns();
    out.frac_coords.clear();
    out.frac_coords.extend(evaluation.forces.iter().map(|f| columns.tr_mul(f) * -factor));
    let inverse = structure.lattice().inverse();
    let volume = structure.lattice().volume() / EV_PER_CUBIC_ANGSTROM_IN_GPA;
    let by_metric = inverse * evaluation.stress * inverse.transpose() * (0.5 * factor * volume);
    (out.lengths, out.angles) = by_cell(&structure.lattice().metric_tensor(), &by_metric);
}

/// From dE/dG (all nine elements counted) to the derivatives in lengths (per Å) and angles (per degree): G_ij = a_i a_j cos(angle_ij).
fn by_cell(metric: &Matrix3<f64>, m: &Matrix3<f64>) -> ([f64; 3], [f64; 3]) {
    let length = [0, 1, 2].map(|i| metric[(i, i)].sqrt());
    let cosine = |i: usize, j: usize| metric[(i, j)] / (length[i] * length[j]);
    let both = |i: usize, j: usize| m[(i, j)] + m[(j, i)];
    let (mut lengths, mut angles) = ([0.0; 3], [0.0; 3]);
    for i in 0..3 {
        let (j, k) = ((i + 1) % 3, (i + 2) % 3);
        lengths[i] = 2.0 * length[i] * m[(i, i)]
            + length[j] * cosine(i, j) * both(i, j)
            + length[k] * cosine(i, k) * both(i, k);
        let sine = (1.0 - cosine(j, k) * cosine(j, k)).sqrt();
        angles[i] = -length[j] * length[k] * sine * both(j, k) * 1f64.to_radians();
    }
    (lengths, angles)
}

/// The loss of a pattern plus `weight` (per eV an atom) times the energy per atom.
pub struct JointProblem<'a, F, L, P, V> {
    problem: Problem<'a, F, L, P>,
    energy: EnergyProblem<'a, P, V>,
    weight: f64,
}

impl<'a, F, L, P, V> JointProblem<'a, F, L, P, V>
where
    F: ForwardModel,
    L: Loss,
    P: Projector,
    V: Potential,
{
    /// Both in the variables of the problem.
    pub fn new(problem: Problem<'a, F, L, P>, potential: &'a V, weight: f64) -> Self {
        let projector = problem.projector();
        let energy = EnergyProblem::new(potential, projector, problem.parametrisation().clone());
        Self { problem, energy, weight }
    }
}

impl<F: ForwardModel, L: Loss, P: Projector, V: Potential> Objective
    for JointProblem<'_, F, L, P, V>
{
    fn components(&self) -> &[Component] {
        self.problem.components()
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvalError> {
        Ok(self.problem.value(x)? + self.weight * self.energy.value(x)?)
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        let mut of_energy = vec![0.0; gradient.len()];
        let loss = self.problem.value_and_gradient(x, gradient)?;
        let energy = self.energy.value_and_gradient(x, &mut of_energy)?;
        for (g, e) in gradient.iter_mut().zip(of_energy) {
            *g += self.weight * e;
        }
        Ok(loss + self.weight * energy)
    }

    fn project(&self, x: &mut [f64]) -> Result<(), EvalError> {
        self.problem.project(x)
    }

    fn project_gradient(&self, x: &[f64], gradient: &mut [f64]) {
        self.problem.project_gradient(x, gradient);
    }

    fn projection_weight(&self, iteration: u64) -> f64 {
        self.problem.projection_weight(iteration)
    }
}
