//! Recovery of coordinates by trying the symmetries that the structure may have.

mod absences;
mod contacts;
mod fit;
mod ranking;
mod start;

use super::{Alternative, Outcome, RecoveryTask, Stage, Strategy};
use crate::{Parametrisation, RecoverError};
use absences::Absences;
use braggscape_crystal::symmetry::{Hypothesis, HypothesisOptions, hypotheses_weighed};
use braggscape_optim::{OptimError, Termination};
use fit::{Fitter, Trial};
use ranking::{Ranking, Turn};
use serde::{Deserialize, Serialize};
use start::Starts;

/// Options of [`SpaceGroupHypotheses`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpaceGroupHypothesesOptions {
    /// Largest strain that may separate the lattice from one with the metric of a group. Default 1e-3.
    pub metric_tolerance: f64,
    /// Most hypotheses that are tried. Default 400.
    pub max_hypotheses: usize,
    /// Most evaluations, where the task allows more. Default 30000.
    pub max_evaluations: u64,
    /// Displacement parameter B, Å^2, that is added to model and target in the first, blurred fit of each trial; 0 leaves it out.
    /// Default 15.
    pub blur: f64,
    /// A structure is certified if its loss is nearer than this to that of a perfect fit. Default 1e-9: a target without noise.
    pub certificate: f64,
    /// Most alternatives in the outcome. Default 5.
    pub max_alternatives: usize,
}

impl Default for SpaceGroupHypothesesOptions {
    fn default() -> Self {
        Self {
            metric_tolerance: 1e-3,
            max_hypotheses: 400,
            max_evaluations: 30_000,
            blur: 15.0,
            certificate: 1e-9,
            max_alternatives: 5,
        }
    }
}

/// Tries symmetries.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SpaceGroupHypotheses {
    options: SpaceGroupHypothesesOptions,
}

impl SpaceGroupHypotheses {
    /// The strategy with these options.
    ///
    /// # Errors
    /// [`OptimError::OptionRange`].
    pub fn new(options: SpaceGroupHypothesesOptions) -> Result<Self, OptimError> {
        let o = &options;
        let check = |ok: bool, name, value, expected| {
            if ok { Ok(()) } else { Err(OptimError::OptionRange { name, value, expected }) }
        };
        let positive = |x: f64| x > 0.0 && x.is_finite();
        check(positive(o.metric_tolerance), "metric_tolerance", o.metric_tolerance, "above 0")?;
        check(o.max_hypotheses >= 1, "max_hypotheses", o.max_hypotheses as f64, "1 or more")?;
        check(o.max_evaluations >= 1, "max_evaluations", o.max_evaluations as f64, "1 or more")?;
        check(o.blur >= 0.0 && o.blur.is_finite(), "blur", o.blur, "0 Å^2 or more")?;
        check(positive(o.certificate), "certificate", o.certificate, "above 0")?;
        Ok(Self { options })
    }
}

impl Strategy for SpaceGroupHypotheses {
    fn recover(&self, task: &RecoveryTask<'_>) -> Result<Outcome, RecoverError> {
        let o = &self.options;
        let problem = task.problem()?;
        let as_given = Parametrisation::new(task.start.clone(), task.free);
        let initial_loss = problem.loss_of_structure(&as_given.unpack(&as_given.pack())?)?;
        let limit = task.limits.max_evaluations.min(o.max_evaluations);
        let fitter = Fitter::new(task, o, limit)?;
        let mut absences = if task.free.lattice() {
            None
        } else {
            Absences::new(task.forward, task.start, task.target)
        };
        let found = hypotheses_weighed(
            task.start,
            &HypothesisOptions {
                metric_tolerance: o.metric_tolerance,
                max_hypotheses: o.max_hypotheses,
            },
            |operations| match &mut absences {
                Some(absences) => absences.weigh(operations),
                None => Some(0.0),
            },
        )?;
        let mut starts = Starts::new(task.start, task.seed);
        let mut ranking = Ranking::new(found.iter().map(Hypothesis::n_free));
        let mut best: Vec<Option<Trial>> = vec![None; found.len()];
        let mut certified = false;
        let mut termination = Termination::Stagnation;
        while let Some((index, turn)) = ranking.next() {
            let coords = match (turn, &best[index]) {
                (Turn::Hop(_), Some(end)) => {
                    starts.hop(&found[index], &end.structure.frac_coords())
                }
                (Turn::Start(0), _) => found[index].structure().frac_coords(),
                _ => starts.start(&found[index]),
            };
            let Some(trial) = fitter.run(&found[index], &coords)? else {
                termination = Termination::Budget;
                break;
            };
            ranking.report(index, trial.misfit);
            if best[index].as_ref().is_none_or(|b| trial.misfit < b.misfit) {
                certified = trial.misfit < o.certificate;
                best[index] = Some(trial);
            }
            if certified {
                termination = Termination::TargetReached;
                break;
            }
        }
        let mut ends: Vec<(usize, Trial)> =
            best.into_iter().enumerate().filter_map(|(i, t)| Some((i, t?))).collect();
        ends.sort_by(|a, b| a.1.misfit.total_cmp(&b.1.misfit));
        let mut ends = ends.into_iter();
        let Some((first, end)) = ends.next() else {
            return Err(OptimError::Start { source: braggscape_optim::EvalError::NonFinite }.into());
        };
        let alternatives = ends
            .take(o.max_alternatives)
            .map(|(i, t)| Alternative {
                name: found[i].name(),
                structure: t.structure,
                loss: t.loss,
            })
            .collect();
        let loss = problem.loss_of_structure(&end.structure)?;
        Ok(Outcome {
            structure: end.structure,
            loss,
            initial_loss,
            evaluations: fitter.evaluations(),
            iterations: fitter.iterations(),
            termination,
            stages: vec![Stage {
                name: found[first].name(),
                loss,
                evaluations: fitter.evaluations(),
            }],
            certified: Some(certified),
            alternatives,
        })
    }
}
