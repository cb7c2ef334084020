//! The objective of a recovery.

use crate::{Parametrisation, RecoverError};
use braggscape_crystal::Structure;
use braggscape_loss::{DecimatedLoss, Loss};
use braggscape_optim::{Component, EvalError, Objective};
use braggscape_pattern::{DecimatedTarget, Pattern};
use braggscape_projector::Projector;
use braggscape_xrd::{DecimatedForward, ForwardModel, GradientParts, Scratch, StructureGradient};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
        let nodes = OnNodes::new(forward, loss, target);
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
        };
        let workspace = Mutex::new(workspace);
        Self { forward, loss, projector, target, nodes, parametrisation, workspace }
    }

    /// The parametrisation.
    pub fn parametrisation(&self) -> &Parametrisation {
        &self.parametrisation
    }

    /// The loss of a structure against the target, without any projection.
    ///
    /// # Errors
    /// [`RecoverError`]: the structure cannot be simulated, or its pattern cannot be compared.
    pub fn loss_of(&self, x: &[f64]) -> Result<f64, RecoverError> {
        self.value(x).map_err(|source| braggscape_optim::OptimError::Start { source }.into())
    }

    fn workspace(&self) -> MutexGuard<'_, Workspace> {
        // Every evaluation overwrites the workspace, so a panic elsewhere leaves nothing behind.
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> OnNodes<'a> {
    /// Model, loss and target on nodes, if all three have them.
    fn new<F: ForwardModel, L: Loss>(
        forward: &'a F,
        loss: &'a L,
        target: &Pattern,
    ) -> Option<Self> {
        let (forward_on_nodes, loss) = (forward.decimated()?, loss.decimated()?);
        // A target elsewhere is the loss's to complain of.
        if !target.axis().is_same(forward.axis()) {
            return None;
        }
        let target = DecimatedTarget::new(forward_on_nodes.decimation().clone(), target).ok()?;
        Some(Self { forward: forward_on_nodes, loss, target })
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
        let Workspace { scratch, structure, calc, .. } = &mut *workspace;
        self.parametrisation.unpack_into(x, structure).map_err(EvalError::infeasible)?;
        if let Some(nodes) = &self.nodes {
            let calc =
                nodes.forward.simulate_nodes(structure, scratch).map_err(EvalError::infeasible)?;
            return nodes.loss.value_on_nodes(&nodes.target, calc).map_err(EvalError::infeasible);
        }
        self.forward.simulate(structure, scratch, calc).map_err(EvalError::infeasible)?;
        self.loss.value(self.target, calc).map_err(EvalError::infeasible)
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        let mut workspace = self.workspace();
        let Workspace { scratch, structure, calc, d_y, gradient: whole } = &mut *workspace;
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
            self.parametrisation.pack_gradient(whole, gradient);
            return Ok(value);
        }
        self.forward.simulate(structure, scratch, calc).map_err(EvalError::infeasible)?;
        let value =
            self.loss.value_and_gradient(self.target, calc, d_y).map_err(EvalError::infeasible)?;
        self.forward.pullback(structure, d_y, scratch, whole).map_err(EvalError::failed)?;
        self.parametrisation.pack_gradient(whole, gradient);
        Ok(value)
    }

    fn project(&self, x: &mut [f64]) -> Result<(), EvalError> {
        let (mut cell, mut coords) = self.parametrisation.split(x);
        self.projector.project(&mut cell, &mut coords).map_err(EvalError::infeasible)?;
        self.parametrisation.write(&cell, &coords, x);
        Ok(())
    }

    fn project_gradient(&self, _x: &[f64], gradient: &mut [f64]) {
        let (mut cell, mut coords) = self.parametrisation.split_gradient(gradient);
        self.projector.project_gradient(&mut cell, &mut coords);
        let cell = braggscape_crystal::CellParameters::from_array(cell);
        self.parametrisation.write(&cell, &coords, gradient);
    }
}
