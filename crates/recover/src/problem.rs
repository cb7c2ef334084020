//! The objective of a recovery.

use crate::{Parametrisation, RecoverError, tangent};
use braggscape_crystal::Structure;
use braggscape_loss::{DecimatedLoss, Loss};
use braggscape_optim::{Component, EvalError, LeastSquaresObjective, Objective, OptimError};
use braggscape_pattern::{DecimatedTarget, Pattern, sum};
use braggscape_projector::Projector;
use braggscape_xrd::{
    DecimatedForward, ForwardModel, GradientParts, JacobianColumns, Scratch, StructureGradient,
};
use nalgebra::DMatrix;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// The objective L(forward(x), target) of a recovery, on the constraint of a projector.
///
/// Where the model has nodes and the loss can use them ([`ForwardModel::decimated`], [`Loss::decimated`]), it is evaluated on
/// nodes; the value is the same to about 1e-7.
pub struct Problem<'a, F, L, P> {
    forward: &'a F,
    loss: &'a L,
    projector: &'a P,
    target: &'a Pattern,
    nodes: Option<OnNodes<'a>>,
    parametrisation: Parametrisation,
    workspace: Mutex<Workspace>,
}

/// Model, loss and target on nodes.
struct OnNodes<'a> {
    forward: Box<dyn DecimatedForward + 'a>,
    loss: &'a dyn DecimatedLoss,
    target: DecimatedTarget,
}

#[derive(Debug)]
struct Workspace {
    scratch: Scratch,
    structure: Structure,
    calc: Pattern,
    d_y: Vec<f64>,
    gradient: StructureGradient,
    /// Pattern and Jacobian of a least-squares evaluation.
    nodes: Vec<f64>,
    jacobian: DMatrix<f64>,
}

impl<'a, F: ForwardModel, L: Loss, P: Projector> Problem<'a, F, L, P> {
    /// The problem of finding the x whose pattern is nearest to the target, which must lie on the model's axis.
    pub fn new(
        forward: &'a F,
        loss: &'a L,
        projector: &'a P,
        target: &'a Pattern,
        parametrisation: Parametrisation,
    ) -> Self {
        let plain = plain_target(forward, target);
        Self::with_plain(forward, loss, projector, (target, plain), parametrisation)
    }

    /// The same problem, with the target on the nodes of the model where it has been made before ([`plain_target`]).
    pub(crate) fn with_plain(
        forward: &'a F,
        loss: &'a L,
        projector: &'a P,
        (target, plain): (&'a Pattern, Option<DecimatedTarget>),
        parametrisation: Parametrisation,
    ) -> Self {
        let nodes = OnNodes::new(forward, loss, target, plain);
        let n_values = nodes.as_ref().map_or(forward.axis().n_points(), OnNodes::n_nodes);
        let mut scratch = Scratch::default();
        scratch.set_parts(GradientParts {
            lattice: parametrisation.free().lattice(),
            coordinates: parametrisation.free().coordinates(),
        });
        let workspace = Workspace {
            scratch,
            structure: parametrisation.template().clone(),
            calc: Pattern::zeros(forward.axis().clone()),
            d_y: vec![0.0; n_values],
            gradient: StructureGradient::default(),
            nodes: Vec::new(),
            jacobian: DMatrix::zeros(0, 0),
        };
        let workspace = Mutex::new(workspace);
        Self { forward, loss, projector, target, nodes, parametrisation, workspace }
    }

    /// The constraint.
    pub(crate) fn projector(&self) -> &'a P {
        self.projector
    }

    /// The parametrisation.
    pub fn parametrisation(&self) -> &Parametrisation {
        &self.parametrisation
    }

    /// Goes on from another structure with the same sites and on another constraint, whatever was kept of model and target.
    pub(crate) fn restart(&mut self, projector: &'a P, parametrisation: Parametrisation) {
        self.projector = projector;
        self.parametrisation = parametrisation;
    }

    /// From now on uses the reflections of this structure whatever the lattice becomes; with `None` makes a new list at every evaluation.
    ///
    /// # Errors
    /// As [`loss_of`](Self::loss_of).
    pub(crate) fn hold_reflections(&self, of: Option<&Structure>) -> Result<(), RecoverError> {
        self.workspace().scratch.release();
        if let Some(structure) = of {
            self.loss_of_structure(structure)?;
            let mut workspace = self.workspace();
            let list = workspace.scratch.reflections();
            workspace.scratch.hold(&list);
        }
        Ok(())
    }

    /// The loss at x against the target, without any projection.
    ///
    /// # Errors
    /// [`RecoverError`]: the structure cannot be simulated, or its pattern cannot be compared.
    pub fn loss_of(&self, x: &[f64]) -> Result<f64, RecoverError> {
        self.value(x).map_err(|source| OptimError::Start { source }.into())
    }

    /// The loss of a structure against the target.
    ///
    /// # Errors
    /// As [`loss_of`](Self::loss_of).
    pub fn loss_of_structure(&self, structure: &Structure) -> Result<f64, RecoverError> {
        let mut workspace = self.workspace();
        workspace.structure.clone_from(structure);
        self.value_of(&mut workspace).map_err(|source| OptimError::Start { source }.into())
    }

    /// The loss of the structure in the workspace.
    fn value_of(&self, workspace: &mut Workspace) -> Result<f64, EvalError> {
        let Workspace { scratch, structure, calc, .. } = workspace;
        if let Some(nodes) = &self.nodes {
            let calc =
                nodes.forward.simulate_nodes(structure, scratch).map_err(EvalError::infeasible)?;
            return nodes.loss.value_on_nodes(&nodes.target, calc).map_err(EvalError::infeasible);
        }
        self.forward.simulate(structure, scratch, calc).map_err(EvalError::infeasible)?;
        self.loss.value(self.target, calc).map_err(EvalError::infeasible)
    }

    fn workspace(&self) -> MutexGuard<'_, Workspace> {
        // Every evaluation overwrites the workspace, so a panic elsewhere leaves nothing behind.
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A target on the nodes of a model, if the model has nodes and the target lies on its axis. A target elsewhere is the loss's to
/// complain of.
pub(crate) fn plain_target(
    forward: &impl ForwardModel,
    target: &Pattern,
) -> Option<DecimatedTarget> {
    let on_nodes = forward.decimated().filter(|_| target.axis().is_same(forward.axis()))?;
    DecimatedTarget::new(on_nodes.decimation().clone(), target).ok()
}

impl<'a> OnNodes<'a> {
    /// Model, loss and target on nodes, if all three have them.
    fn new<F: ForwardModel, L: Loss>(
        forward: &'a F,
        loss: &'a L,
        target: &Pattern,
        plain: Option<DecimatedTarget>,
    ) -> Option<Self> {
        let (forward, loss) = (forward.decimated()?, loss.decimated()?);
        let target = loss.target_on_nodes(plain?, target).ok()?;
        Some(Self { forward, loss, target })
    }

    fn n_nodes(&self) -> usize {
        self.target.decimation().n_nodes()
    }
}

impl<F, L, P> fmt::Debug for Problem<'_, F, L, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("parametrisation", &self.parametrisation)
            .field("on_nodes", &self.nodes.is_some())
            .finish_non_exhaustive()
    }
}

impl<F: ForwardModel, L: Loss, P: Projector> Objective for Problem<'_, F, L, P> {
    fn components(&self) -> &[Component] {
        self.parametrisation.components()
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvalError> {
        let mut workspace = self.workspace();
        self.parametrisation
            .unpack_into(x, &mut workspace.structure)
            .map_err(EvalError::infeasible)?;
        self.value_of(&mut workspace)
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        let mut workspace = self.workspace();
        let Workspace { scratch, structure, calc, d_y, gradient: whole, .. } = &mut *workspace;
        self.parametrisation.unpack_into(x, structure).map_err(EvalError::infeasible)?;
        if let Some(nodes) = &self.nodes {
            let calc =
                nodes.forward.simulate_nodes(structure, scratch).map_err(EvalError::infeasible)?;
            let value = nodes
                .loss
                .value_and_gradient_on_nodes(&nodes.target, calc, d_y)
                .map_err(EvalError::infeasible)?;
            nodes
                .forward
                .pullback_nodes(structure, d_y, scratch, whole)
                .map_err(EvalError::failed)?;
            self.parametrisation.pack_gradient(whole, x, gradient);
            return Ok(value);
        }
        self.forward.simulate(structure, scratch, calc).map_err(EvalError::infeasible)?;
        let value =
            self.loss.value_and_gradient(self.target, calc, d_y).map_err(EvalError::infeasible)?;
        self.forward.pullback(structure, d_y, scratch, whole).map_err(EvalError::failed)?;
        self.parametrisation.pack_gradient(whole, x, gradient);
        Ok(value)
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

    fn least_squares(&self) -> Option<&dyn LeastSquaresObjective> {
        let able = match &self.nodes {
            Some(nodes) => {
                nodes.forward.jacobians().is_some() && nodes.loss.least_squares_on_nodes().is_some()
            }
            None => self.forward.jacobians().is_some() && self.loss.least_squares().is_some(),
        };
        able.then_some(self as &dyn LeastSquaresObjective)
    }
}

/// The objective does not give second derivatives.
#[derive(Debug, Error)]
#[error("the model or the loss has no least-squares form")]
pub(crate) struct NoLeastSquares;

impl<F: ForwardModel, L: Loss, P: Projector> LeastSquaresObjective for Problem<'_, F, L, P> {
    fn gauss_newton(
        &self,
        x: &[f64],
        gradient: &mut [f64],
        hessian: &mut DMatrix<f64>,
    ) -> Result<f64, EvalError> {
        let none = || EvalError::failed(NoLeastSquares);
        let mut workspace = self.workspace();
        let Workspace { scratch, structure, calc, d_y, nodes: on_nodes, jacobian, .. } =
            &mut *workspace;
        self.parametrisation.unpack_into(x, structure).map_err(EvalError::infeasible)?;
        let free = self.parametrisation.free();
        let columns = JacobianColumns {
            lattice: free.lattice(),
            coordinates: free.coordinates(),
            ..JacobianColumns::default()
        };
        let value;
        if let Some(nodes) = &self.nodes {
            let model = nodes.forward.jacobians().ok_or_else(none)?;
            let squares = nodes.loss.least_squares_on_nodes().ok_or_else(none)?;
            let simulated =
                nodes.forward.simulate_nodes(structure, scratch).map_err(EvalError::infeasible)?;
            on_nodes.clear();
            on_nodes.extend_from_slice(simulated);
            value = nodes
                .loss
                .value_and_gradient_on_nodes(&nodes.target, on_nodes, d_y)
                .map_err(EvalError::infeasible)?;
            model
                .fill_jacobian(structure, columns, scratch, jacobian)
                .map_err(EvalError::infeasible)?;
            squares
                .gauss_newton_on_nodes(&nodes.target, on_nodes, jacobian, hessian)
                .map_err(EvalError::infeasible)?;
        } else {
            let model = self.forward.jacobians().ok_or_else(none)?;
            let squares = self.loss.least_squares().ok_or_else(none)?;
            self.forward.simulate(structure, scratch, calc).map_err(EvalError::infeasible)?;
            value = self
                .loss
                .value_and_gradient(self.target, calc, d_y)
                .map_err(EvalError::infeasible)?;
            model
                .fill_jacobian(structure, columns, scratch, jacobian)
                .map_err(EvalError::infeasible)?;
            squares
                .gauss_newton(self.target, calc, jacobian, hessian)
                .map_err(EvalError::infeasible)?;
        }
        // The gradient in cell parameters and coordinates, then in x.
        let along = jacobian.as_slice().chunks_exact(d_y.len().max(1));
        let physical: Vec<f64> = along.map(|column| sum::dot(column, d_y)).collect();
        match self.parametrisation.derivative(x) {
            None => gradient.copy_from_slice(&physical),
            Some(d) => {
                for (g, column) in gradient.iter_mut().zip(d.column_iter()) {
                    *g = column.iter().zip(&physical).map(|(d, p)| d * p).sum();
                }
                *hessian = congruence(&d, hessian);
            }
        }
        Ok(value)
    }
}

/// D^T H D, added up in one order on every machine.
pub(crate) fn congruence(d: &DMatrix<f64>, h: &DMatrix<f64>) -> DMatrix<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let column = |m: &DMatrix<f64>, j: usize| -> Vec<f64> { m.column(j).iter().copied().collect() };
    let columns: Vec<Vec<f64>> = (0..d.ncols()).map(|j| column(d, j)).collect();
    let rows: Vec<Vec<f64>> = (0..h.ncols()).map(|j| column(h, j)).collect();
    let products: Vec<Vec<f64>> =
        columns.iter().map(|c| rows.iter().map(|row| dot(row, c)).collect()).collect();
    DMatrix::from_fn(d.ncols(), d.ncols(), |i, j| {
        // The same number on both sides of the diagonal.
        let (i, j) = (i.max(j), i.min(j));
        dot(&columns[i], &products[j])
    })
}
