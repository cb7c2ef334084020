//! Recovery under hypotheses of symmetry, lattice and coordinates together.

use super::staged::{Fit, Stages};
use super::{Alternative, Outcome, RecoveryTask, Snap, Stage, Staged, Starts, Strategy};
use crate::{Parametrisation, Problem, RecoverError, Variables};
use braggscape_crystal::symmetry::{Hypothesis, HypothesisOptions, hypotheses};
use braggscape_projector::{AnyProjector, SpaceGroupProjector};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

/// Options of [`Joint`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JointOptions {
    /// Largest component of the strain between the given lattice and one with the metric of a hypothesis. Default 0.2.
    pub metric_tolerance: f64,
    /// Most hypotheses. Default 60.
    pub max_hypotheses: usize,
    /// Hypotheses that are tried before none at all (P1). Default 1.
    pub plain_after: usize,
    /// New starts of a hypothesis whose fit is promising. Default 6.
    pub restarts: u64,
    /// Strain of a new start. Default 0.05.
    pub spread: f64,
    /// Displacement of a new start, a fraction of the cell. Default 0.03.
    pub displacement: f64,
    /// A structure is vouched for if its loss is nearer than this to the ideal. Default 1e-9: a target without noise.
    pub certificate: f64,
    /// Most free coordinates of a structure that is vouched for: a pattern of some seventy peak widths proves no more. Default 30.
    pub max_free: usize,
    /// Most evaluations, where the task allows more. Default 6000.
    pub max_evaluations: u64,
    /// Most alternatives in the outcome. Default 5.
    pub max_alternatives: usize,
}

impl Default for JointOptions {
    fn default() -> Self {
        Self {
            metric_tolerance: 0.2,
            max_hypotheses: 60,
            plain_after: 1,
            restarts: 6,
            spread: 0.05,
            displacement: 0.03,
            certificate: 1e-9,
            max_free: 30,
            max_evaluations: 6000,
            max_alternatives: 5,
        }
    }
}

/// Tries the symmetries that the distorted structure may have had, and goes through the stages of a [`Staged`] descent in the free
/// parameters of each: cell and coordinates together, or what is free of them.
///
/// [`hypotheses`] of the distorted structure come in the order of their evidence, P1 among the first. A fit in P1 that is near the ideal is
/// given the symmetry that it shows ([`Snap`]). Where a fit is near the ideal but not near enough, the descent is begun anew around it.
/// The first fit that reaches the ideal with no more free coordinates than a pattern can prove is vouched for and ends the search. The
/// best fits under other symmetries are the alternatives.
pub struct Joint {
    stages: Staged,
    options: JointOptions,
}

/// A fit this near to the ideal is worth more starts.
const PROMISING: f64 = 1e-3;

impl Joint {
    /// The strategy that goes through these stages, whose own starts and certificate do not count.
    ///
    /// # Errors
    /// [`RecoverError::OptionRange`].
    pub fn new(stages: Staged, options: JointOptions) -> Result<Self, RecoverError> {
        let o = &options;
        let check = |ok: bool, name, value, expected| {
            if ok { Ok(()) } else { Err(RecoverError::OptionRange { name, value, expected }) }
        };
        let tolerance = o.metric_tolerance;
        check(
            tolerance > 0.0 && tolerance < 1.0,
            "metric_tolerance",
            tolerance,
            "above 0, below 1",
        )?;
        check(o.max_hypotheses >= 1, "max_hypotheses", o.max_hypotheses as f64, "1 or more")?;
        check(o.max_evaluations >= 1, "max_evaluations", o.max_evaluations as f64, "1 or more")?;
        let bar = o.certificate;
        check(bar >= 0.0 && bar.is_finite(), "certificate", bar, "0 or more")?;
        Starts { count: 2, strain: o.spread, displacement: o.displacement }.check()?;
        Ok(Self { stages, options })
    }
}

/// The search of one task.
struct Search<'a, 'b> {
    task: &'b RecoveryTask<'a>,
    options: &'b JointOptions,
    stages: Stages<'a>,
    reach: super::Reach,
    rng: ChaCha12Rng,
}

impl<'a> Search<'a, '_> {
    /// One descent under a hypothesis, with the number of free coordinates of its end; `None` where it cannot be.
    fn attempt(
        &mut self,
        hypothesis: &'a Hypothesis,
        projector: &'a AnyProjector,
        from: Option<&Fit>,
    ) -> Result<Option<(Fit, usize)>, RecoverError> {
        let o = self.options;
        let starts = Starts { count: 2, strain: o.spread, displacement: o.displacement };
        let centre = from.map_or(hypothesis.structure(), |fit| &fit.structure);
        let k = u64::from(from.is_some());
        let Some(mut start) = starts.draw(k, centre, self.task.free, &mut self.rng) else {
            return Ok(None);
        };
        if !self.task.free.lattice() {
            start = start.with_lattice(*self.task.start.lattice());
        }
        let on = RecoveryTask { projector, variables: Variables::Reduced, ..*self.task };
        let fit = match self.stages.run(&on, start.clone()) {
            // Nothing is free, or the constraint has no free parameters of its own.
            Err(RecoverError::NoReducedForm { .. }) => {
                let on = RecoveryTask { variables: Variables::Strain, ..on };
                self.stages.run(&on, start)?
            }
            done => done?,
        };
        let Some(fit) = fit else { return Ok(None) };
        if hypothesis.number() != 1 || fit.loss - self.reach.ideal > PROMISING {
            return Ok(Some((fit, hypothesis.n_free())));
        }
        let (fit, kept) = Snap::default().apply(&on, &mut self.stages, &self.reach, fit)?;
        Ok(Some((fit, kept.map_or(hypothesis.n_free(), |kept| kept.n_free))))
    }
}

/// The best fit under a hypothesis.
struct End<'a> {
    hypothesis: &'a Hypothesis,
    fit: Fit,
}

impl Strategy for Joint {
    fn recover(&self, task: &RecoveryTask<'_>) -> Result<Outcome, RecoverError> {
        let o = &self.options;
        let options = HypothesisOptions {
            metric_tolerance: o.metric_tolerance,
            max_hypotheses: o.max_hypotheses,
        };
        let found = hypotheses(task.start, &options)?;
        let projectors: Vec<AnyProjector> =
            found.iter().map(|h| SpaceGroupProjector::new(h.assignment().into()).into()).collect();
        let mut order: Vec<usize> = (0..found.len()).collect();
        if let Some(plain) = found.iter().position(|h| h.number() == 1) {
            let at = o.plain_after.min(order.len() - 1);
            if at < plain {
                order[at..=plain].rotate_right(1);
            }
        }
        let mut limits = task.limits;
        limits.max_evaluations = limits.max_evaluations.min(o.max_evaluations);
        let limited = RecoveryTask { limits, ..*task };
        let reach = self.stages.reach(task.target)?;
        let mut stages = self.stages.of_task(&limited, &reach);
        stages.goal = reach.bar(o.certificate);
        let bar = stages.goal;
        let rng = ChaCha12Rng::seed_from_u64(task.seed);
        let mut search = Search { task: &limited, options: o, stages, reach, rng };
        let mut ends: Vec<End<'_>> = Vec::new();
        let mut certified = false;
        'hypotheses: for i in order {
            let mut best: Option<Fit> = None;
            for _ in 0..=o.restarts {
                let Some((fit, n_free)) =
                    search.attempt(&found[i], &projectors[i], best.as_ref())?
                else {
                    break;
                };
                let better = best.as_ref().is_none_or(|b| fit.loss < b.loss);
                certified = fit.loss <= bar && n_free <= o.max_free;
                let promising = fit.loss.min(best.as_ref().map_or(fit.loss, |b| b.loss))
                    - reach.ideal
                    <= PROMISING;
                if better {
                    best = Some(fit);
                }
                if certified || !promising {
                    break;
                }
            }
            if let Some(fit) = best {
                ends.push(End { hypothesis: &found[i], fit });
            }
            if certified || search.stages.left().max_evaluations == 0 {
                break 'hypotheses;
            }
        }
        if !certified {
            // Of those found first the first: stable.
            ends.sort_by(|a, b| a.fit.loss.total_cmp(&b.fit.loss));
        } else if let Some(last) = ends.pop() {
            ends.sort_by(|a, b| a.fit.loss.total_cmp(&b.fit.loss));
            ends.insert(0, last);
        }
        let mut ends = ends.into_iter();
        let Some(End { hypothesis, fit }) = ends.next() else {
            return Err(RecoverError::NoStart { starts: found.len() as u64 });
        };
        let alternatives = ends
            .take(o.max_alternatives)
            .map(|end| Alternative {
                name: end.hypothesis.name(),
                structure: end.fit.structure,
                loss: end.fit.loss,
            })
            .collect();
        let whole = Parametrisation::new(task.start.clone(), task.free);
        let problem = Problem::new(task.forward, task.loss, task.projector, task.target, whole);
        Ok(Outcome {
            initial_loss: problem.loss_of_structure(task.start)?,
            loss: problem.loss_of_structure(&fit.structure)?,
            evaluations: search.stages.evaluations + 1,
            iterations: search.stages.iterations,
            termination: fit.termination,
            stages: vec![Stage {
                name: hypothesis.name(),
                loss: fit.loss,
                evaluations: search.stages.evaluations,
            }],
            structure: fit.structure,
            certified: Some(certified),
            alternatives,
        })
    }
}
