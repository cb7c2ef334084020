//! The last stage with an instrument beside the structure.

use super::RecoveryTask;
use super::stages::{Fit, LastStage, Stages};
use crate::instrument::{Fitted, InstrumentProblem, loss_with_instrument};
use crate::{Parametrisation, RecoverError, Variables};
use braggscape_loss::AnyLoss;
use braggscape_optim::{OptimError, minimize};
use braggscape_pattern::Pattern;
use braggscape_projector::AnyProjector;
use braggscape_xrd::{AdjustableModel, ForwardModel};

/// How often the last stage is begun anew with another list of reflections.
const ROUNDS: u32 = 12;

/// FWHM of a Gaussian in standard deviations, 2 sqrt(2 ln 2).
const FWHM_PER_SIGMA: f64 = 2.354_820_045_030_949_3;
/// Distance of the points that are looked at first, in standard deviations of the model's peaks.
const COARSE: f64 = 0.5;
/// Fewest of them.
const FEWEST: usize = 100;

/// On which of the points a fit is made.
#[derive(Clone, Copy)]
struct Points<'p> {
    every: usize,
    target: &'p Pattern,
}

/// Every so manieth point of the axis is enough for a first look at a fit.
fn coarse(model: &dyn AdjustableModel, target: &Pattern) -> Option<(usize, Pattern)> {
    let (_, step) = target.axis().uniform_step()?;
    let apart = COARSE * model.instrument().w.sqrt() / FWHM_PER_SIGMA;
    let every = ((apart / step) as usize).min(target.n_points() / FEWEST);
    let thinned = (every > 1).then(|| target.every(every))?;
    Some((every, thinned))
}

impl<'a> Stages<'a> {
    /// Structure and instrument refined together from where the stages ended: on a part of the points first, then, if none has come nearer
    /// to the ideal there, on all of them. The fit itself where no instrument is refined, or where others came nearer.
    pub(crate) fn with_instrument(
        &mut self,
        task: &RecoveryTask<'a>,
        fit: Fit,
    ) -> Result<Fit, RecoverError> {
        if self.nuisances.is_empty() {
            return Ok(fit);
        }
        let model = task.forward.adjustable().ok_or(RecoverError::NoInstrument)?;
        let on = self.last_space(task, &fit.structure)?;
        let mut start = fit.clone();
        if let Some((every, thinned)) = coarse(model, task.target) {
            let points = Points { every, target: &thinned };
            let Some(found) = self.on_points(task, &start, on, points)? else { return Ok(fit) };
            let distance = found.loss - self.ideal;
            if distance >= self.nearest {
                return Ok(fit);
            }
            self.nearest = distance;
            start = found;
        }
        let refined = self.on_instrument(task, &start, on.0, on.1)?;
        Ok(refined.filter(|refined| refined.loss < fit.loss).unwrap_or(fit))
    }

    /// The same on all points and another constraint, whatever comes of it; `None` where the start cannot be evaluated.
    pub(crate) fn on_instrument(
        &mut self,
        task: &RecoveryTask<'_>,
        start: &Fit,
        projector: &AnyProjector,
        variables: Variables,
    ) -> Result<Option<Fit>, RecoverError> {
        let all = Points { every: 1, target: task.target };
        self.on_points(task, start, (projector, variables), all)
    }

    /// Reflections are held in a round, since the loss jumps where one comes or goes, and listed anew for the next.
    fn on_points(
        &mut self,
        task: &RecoveryTask<'_>,
        start: &Fit,
        (projector, variables): (&AnyProjector, Variables),
        Points { every, target }: Points<'_>,
    ) -> Result<Option<Fit>, RecoverError> {
        let model = task.forward.adjustable().ok_or(RecoverError::NoInstrument)?;
        let (goal, ideal) = (self.goal, self.ideal);
        let mut best: Option<Fit> = None;
        let (mut structure, mut instrument) =
            (start.structure.clone(), start.instrument.unwrap_or_else(|| model.instrument()));
        for _ in 0..ROUNDS {
            let nuisances = self.nuisances;
            let Some(LastStage { loss, free, optimizer, limits }) = self.last_stage() else {
                break;
            };
            if limits.max_evaluations == 0 {
                break;
            }
            let fitted = Fitted { model, every, loss, projector, target };
            let parametrisation =
                Parametrisation::with_variables(structure.clone(), free, variables, projector)?;
            let problem = InstrumentProblem::new(fitted, parametrisation, instrument, nuisances)?;
            if problem.hold_reflections().is_err() {
                break;
            }
            let found = match minimize(optimizer, &problem, &problem.pack(), limits, &mut ()) {
                Ok(found) => found,
                Err(OptimError::Start { .. }) => break,
                Err(e) => return Err(e.into()),
            };
            (structure, instrument) = problem.unpack(&found.x)?;
            let loss = loss_with_instrument(fitted, &structure, &instrument)?;
            self.count(found.evaluations + 2, found.iterations);
            let before = best.as_ref().map_or(f64::INFINITY, |best| best.loss);
            if loss < before {
                best = Some(Fit {
                    structure: structure.clone(),
                    loss,
                    termination: found.termination,
                    instrument: Some(instrument),
                });
            }
            if loss <= goal || loss - ideal > 0.9 * (before - ideal) {
                break;
            }
        }
        Ok(best)
    }

    /// The loss of a fit by its own instrument, if it has one.
    pub(crate) fn own_loss(
        task: &RecoveryTask<'_>,
        loss: &AnyLoss,
        fit: &Fit,
    ) -> Result<Option<f64>, RecoverError> {
        let Some((instrument, model)) = fit.instrument.zip(task.forward.adjustable()) else {
            return Ok(None);
        };
        let (projector, target) = (task.projector, task.target);
        let fitted = Fitted { model, every: 1, loss, projector, target };
        loss_with_instrument(fitted, &fit.structure, &instrument).map(Some)
    }
}
