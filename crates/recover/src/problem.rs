//! The objective of a recovery.

use crate::{Parametrisation, RecoverError};
use braggscape_loss::Loss;
use braggscape_optim::{Component, EvalError, Objective};
use braggscape_pattern::Pattern;
use braggscape_projector::Projector;
use braggscape_xrd::{ForwardModel, Scratch, StructureGradient};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The objective L(forward(x), target) of a recovery, on the constraint of a projector.
#[derive(Debug)]
pub struct Problem<'a, F, L, P> {
    forward: &'a F,
    loss: &'a L,
    projector: &'a P,
    target: &'a Pattern,
    parametrisation: Parametrisation,
    workspace: Mutex<Workspace>,
}

#[derive(Debug)]
struct Workspace {
    scratch: Scratch,
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
        let workspace = Workspace {
            scratch: Scratch::default(),
            calc: Pattern::zeros(forward.axis().clone()),
            d_y: vec![0.0; forward.axis().n_points()],
            gradient: StructureGradient::default(),
        };
        let workspace = Mutex::new(workspace);
        Self { forward, loss, projector, target, parametrisation, workspace }
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

impl<F: ForwardModel, L: Loss, P: Projector> Objective for Problem<'_, F, L, P> {
    fn components(&self) -> &[Component] {
        self.parametrisation.components()
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvalError> {
        let structure = self.parametrisation.unpack(x).map_err(EvalError::infeasible)?;
        let mut workspace = self.workspace();
        let Workspace { scratch, calc, .. } = &mut *workspace;
        self.forward.simulate(&structure, scratch, calc).map_err(EvalError::infeasible)?;
        self.loss.value(self.target, calc).map_err(EvalError::infeasible)
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        let structure = self.parametrisation.unpack(x).map_err(EvalError::infeasible)?;
        let mut workspace = self.workspace();
        let Workspace { scratch, calc, d_y, gradient: whole } = &mut *workspace;
        self.forward.simulate(&structure, scratch, calc).map_err(EvalError::infeasible)?;
        let value =
            self.loss.value_and_gradient(self.target, calc, d_y).map_err(EvalError::infeasible)?;
        self.forward.pullback(&structure, d_y, scratch, whole).map_err(EvalError::failed)?;
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
