//! Fits in the free coordinates of a hypothesis.

use super::SpaceGroupHypothesesOptions;
use crate::{FreeParameters, Parametrisation, Problem, RecoverError, RecoveryTask, Variables};
use braggscape_crystal::Structure;
use braggscape_crystal::symmetry::Hypothesis;
use braggscape_loss::{AnyLoss, Cosine, Loss};
use braggscape_optim::{
    LevenbergMarquardt, LevenbergMarquardtOptions, Limits, Minimum, Objective, OptimError,
    Termination, minimize,
};
use braggscape_pattern::Pattern;
use braggscape_projector::{Identity, SpaceGroupProjector};
use braggscape_xrd::{AnyForwardModel, ForwardModel, Structsnap, StructsnapOptions};
use nalgebra::Vector3;
use std::cell::Cell;

/// Fits end when a step lowers the loss by less than this.
const COARSE: f64 = 1e-5;
/// Most iterations of such a fit.
const COARSE_ITERATIONS: u64 = 40;
/// A fit that comes this near to a perfect one is carried on to the end.
const PROMISING: f64 = 1e-3;
/// Most iterations of the end.
const FINE_ITERATIONS: u64 = 100;

/// The end of a trial.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    pub(super) structure: Structure,
    pub(super) loss: f64,
    /// Loss above that of a perfect fit.
    pub(super) misfit: f64,
}

/// Fits hypotheses to the target of a task, and counts.
pub(super) struct Fitter<'a> {
    task: &'a RecoveryTask<'a>,
    /// Takes the place of a loss that is no sum of squares.
    cosine: Option<AnyLoss>,
    /// The loss of a perfect fit.
    perfect: f64,
    blurred: Option<(AnyForwardModel, Pattern)>,
    limit: u64,
    evaluations: Cell<u64>,
    iterations: Cell<u64>,
}

impl<'a> Fitter<'a> {
    pub(super) fn new(
        task: &'a RecoveryTask<'a>,
        options: &SpaceGroupHypothesesOptions,
        limit: u64,
    ) -> Result<Self, RecoverError> {
        let cosine = task.loss.least_squares().is_none().then(|| Cosine::default().into());
        let blurred = if options.blur > 0.0 { blurred(task, options.blur)? } else { None };
        let mut fitter = Self {
            task,
            cosine,
            perfect: 0.0,
            blurred,
            limit,
            evaluations: Cell::new(0),
            iterations: Cell::new(0),
        };
        fitter.perfect = fitter.loss().value(task.target, task.target).map_err(|e| {
            OptimError::Start { source: braggscape_optim::EvalError::infeasible(e) }
        })?;
        Ok(fitter)
    }

    fn loss(&self) -> &AnyLoss {
        self.cosine.as_ref().unwrap_or(self.task.loss)
    }

    pub(super) fn evaluations(&self) -> u64 {
        self.evaluations.get()
    }

    pub(super) fn iterations(&self) -> u64 {
        self.iterations.get()
    }

    /// Fits from a start; `None` if there are no evaluations left.
    pub(super) fn run(
        &self,
        hypothesis: &Hypothesis,
        coords: &[Vector3<f64>],
    ) -> Result<Option<Trial>, RecoverError> {
        let template = hypothesis.structure().with_frac_coords(coords)?;
        let template = if self.task.free.lattice() {
            template
        } else {
            template.with_lattice(*self.task.start.lattice())
        };
        if self.evaluations() >= self.limit {
            return Ok(None);
        }
        let projector = SpaceGroupProjector::new(hypothesis.assignment().into());
        let along = |template: Structure| {
            Parametrisation::with_variables(
                template,
                self.task.free,
                Variables::Reduced,
                &projector,
            )
        };
        let parametrisation = match along(template.clone()) {
            Ok(parametrisation) => parametrisation,
            Err(RecoverError::NoReducedForm { .. }) => {
                let fixed = Parametrisation::new(template.clone(), FreeParameters::Coordinates);
                let problem = self.problem(fixed, false);
                let loss = problem.loss_of_structure(&template)?;
                self.evaluations.set(self.evaluations() + 1);
                let misfit = loss - self.perfect;
                return Ok(Some(Trial { structure: template, loss, misfit }));
            }
            Err(e) => return Err(e),
        };
        let mut x = parametrisation.pack();
        let coarse = LevenbergMarquardtOptions {
            value_tolerance: COARSE,
            max_iterations: COARSE_ITERATIONS,
            ..Default::default()
        };
        if self.blurred.is_some() {
            let problem = self.problem(parametrisation.clone(), true);
            let found = self.minimize(&problem, &x, &coarse)?;
            self.count(&found);
            x = found.x;
        }
        let problem = self.problem(parametrisation, false);
        let mut found = self.minimize(&problem, &x, &coarse)?;
        self.count(&found);
        if found.value - self.perfect < PROMISING && found.termination != Termination::Budget {
            let fine =
                LevenbergMarquardtOptions { max_iterations: FINE_ITERATIONS, ..Default::default() };
            found = self.minimize(&problem, &found.x, &fine)?;
            self.count(&found);
        }
        Ok(Some(Trial {
            structure: problem.parametrisation().unpack(&found.x)?,
            loss: found.value,
            misfit: found.value - self.perfect,
        }))
    }

    fn problem(
        &self,
        parametrisation: Parametrisation,
        blurred: bool,
    ) -> Problem<'_, AnyForwardModel, AnyLoss, Identity> {
        let (forward, target) = match &self.blurred {
            Some((forward, target)) if blurred => (forward, target),
            _ => (self.task.forward, self.task.target),
        };
        Problem::new(forward, self.loss(), &Identity, target, parametrisation)
    }

    fn minimize(
        &self,
        problem: &dyn Objective,
        x: &[f64],
        options: &LevenbergMarquardtOptions,
    ) -> Result<Minimum, RecoverError> {
        let limits =
            Limits { max_evaluations: self.limit.saturating_sub(self.evaluations()).max(1) };
        let mut method = LevenbergMarquardt::new(options.clone())?;
        Ok(minimize(&mut method, problem, x, limits, &mut ())?)
    }

    fn count(&self, run: &Minimum) {
        self.evaluations.set(self.evaluations() + run.evaluations);
        self.iterations.set(self.iterations() + run.iterations);
    }
}

/// Model and target with all atoms displaced by `b` more: intensities times exp(-2 B s^2), s = sin(theta) / lambda.
///
/// The target is multiplied point by point, which is the same as far as peaks are narrow. `None` for models that have no B.
fn blurred(
    task: &RecoveryTask<'_>,
    b: f64,
) -> Result<Option<(AnyForwardModel, Pattern)>, RecoverError> {
    let AnyForwardModel::Structsnap(model) = task.forward else { return Ok(None) };
    let options = StructsnapOptions { b_iso: model.options().b_iso + b, ..model.options().clone() };
    let mut target = task.target.clone();
    let axis = task.forward.axis().clone();
    for (n, y) in target.y_mut().iter_mut().enumerate() {
        let s = libm::sin((0.5 * axis.x(n)).to_radians()) / options.wavelength;
        *y *= libm::exp(-2.0 * b * s * s);
    }
    Ok(Some((Structsnap::new(options)?.into(), target)))
}
