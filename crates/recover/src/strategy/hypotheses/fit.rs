//! Fits in the free coordinates of a hypothesis.

use super::SpaceGroupHypothesesOptions;
use crate::{FreeParameters, Parametrisation, Problem, RecoverError, RecoveryTask, Variables};
use braggscape_crystal::Structure;
use braggscape_crystal::symmetry::Hypothesis;
use braggscape_loss::{AnyLoss, Cosine, Loss};
use braggscape_optim::{
    LevenbergMarquardt, LevenbergMarquardtOptions, Limits, Minimum, Objective, OptimError, minimize,
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

    pub(super) fn used_up(&self) -> bool {
        self.evaluations() >= self.limit
    }

    /// Fits from a start; `None` if there are no evaluations left, or the start cannot be evaluated.
    pub(super) fn run(
        &self,
        hypothesis: &Hypothesis,
        coords: &[Vector3<f64>],
    ) -> Result<Option<Trial>, RecoverError> {
        if self.used_up() {
            return Ok(None);
        }
        let mut template = hypothesis.structure().with_frac_coords(coords)?;
        if !self.task.free.lattice() {
            template.set_lattice(*self.task.start.lattice());
        }
        let projector = SpaceGroupProjector::new(hypothesis.assignment().into());
        let (free, reduced) = (self.task.free, Variables::Reduced);
        match Parametrisation::with_variables(template.clone(), free, reduced, &projector) {
            Ok(along) => self.descend(along),
            Err(RecoverError::NoReducedForm { .. }) => self.evaluate(template),
            Err(e) => Err(e),
        }
    }

    /// The misfit of a structure that nothing is free in.
    fn evaluate(&self, structure: Structure) -> Result<Option<Trial>, RecoverError> {
        let fixed = Parametrisation::new(structure.clone(), FreeParameters::Coordinates);
        self.evaluations.set(self.evaluations() + 1);
        let loss = match self.problem(fixed, false).loss_of_structure(&structure) {
            Err(RecoverError::Optimizer(OptimError::Start { .. })) => return Ok(None),
            loss => loss?,
        };
        Ok(Some(Trial { structure, misfit: loss - self.perfect }))
    }

    /// A blurred fit, a sharp one, and if that is promising another to the end.
    fn descend(&self, along: Parametrisation) -> Result<Option<Trial>, RecoverError> {
        let coarse = LevenbergMarquardtOptions {
            value_tolerance: COARSE,
            max_iterations: COARSE_ITERATIONS,
            ..Default::default()
        };
        let mut x = along.pack();
        if self.blurred.is_some() {
            match self.minimize(&self.problem(along.clone(), true), &x, &coarse)? {
                Some(found) => x = found.x,
                None => return Ok(None),
            }
        }
        let problem = self.problem(along, false);
        let Some(mut found) = self.minimize(&problem, &x, &coarse)? else { return Ok(None) };
        if found.value - self.perfect < PROMISING {
            let fine =
                LevenbergMarquardtOptions { max_iterations: FINE_ITERATIONS, ..Default::default() };
            if let Some(end) = self.minimize(&problem, &found.x, &fine)? {
                found = end;
            }
        }
        Ok(Some(Trial {
            structure: problem.parametrisation().unpack(&found.x)?,
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

    /// `None` if there are no evaluations left, or the start cannot be evaluated.
    fn minimize(
        &self,
        problem: &dyn Objective,
        x: &[f64],
        options: &LevenbergMarquardtOptions,
    ) -> Result<Option<Minimum>, RecoverError> {
        if self.used_up() {
            return Ok(None);
        }
        let limits = Limits { max_evaluations: self.limit - self.evaluations() };
        let mut method = LevenbergMarquardt::new(options.clone())?;
        match minimize(&mut method, problem, x, limits, &mut ()) {
            Err(OptimError::Start { .. }) => {
                self.evaluations.set(self.evaluations() + 1);
                Ok(None)
            }
            found => {
                let found = found?;
                self.evaluations.set(self.evaluations() + found.evaluations);
                self.iterations.set(self.iterations() + found.iterations);
                Ok(Some(found))
            }
        }
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
