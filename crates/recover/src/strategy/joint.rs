//! Recovery under hypotheses of symmetry, lattice and coordinates together.

use super::stages::{Fit, Stages};
use super::{Alternative, Outcome, Reach, RecoveryTask, Snap, Stage, Staged, Starts, Strategy};
use crate::{Parametrisation, Problem, RecoverError, Variables};
use braggscape_crystal::Structure;
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
    /// Displacement of a new start around a promising fit, a fraction of the cell. Default 0.03.
    pub displacement: f64,
    /// Displacement of the given coordinates where all hypotheses are tried once more, a fraction of the cell. Default 0.07.
    pub shake: f64,
    /// How many hypotheses are tried once more, again and again until the evaluations are used up. Default 16.
    pub contenders: usize,
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
            shake: 0.07,
            contenders: 16,
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
/// Largest component of a strain between a lattice that is known and one with the metric of a group.
const KNOWN: f64 = 1e-3;
/// Most rounds of new starts.
const MOST_ROUNDS: usize = 100;

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
        for displacement in [o.displacement, o.shake] {
            Starts { count: 2, strain: o.spread, displacement }.check()?;
        }
        Ok(Self { stages, options })
    }
}

/// Where a descent begins.
enum Origin {
    /// At the nearest structure that keeps the hypothesis.
    Given,
    /// Around a structure that fits.
    Around(Structure),
    /// At the nearest structure to the given one shaken.
    Shaken,
}

/// The best fit under a hypothesis, and the number of its free coordinates.
type End = (Fit, usize);

/// The search of one task.
struct Search<'a, 'b> {
    task: &'b RecoveryTask<'a>,
    options: &'b JointOptions,
    stages: Stages<'a>,
    reach: Reach,
    rng: ChaCha12Rng,
    /// One for each hypothesis that was tried.
    ends: Vec<Option<End>>,
}

impl<'a> Search<'a, '_> {
    fn start(&mut self, hypothesis: &Hypothesis, origin: &Origin) -> Option<Structure> {
        let (o, free) = (self.options, self.task.free);
        let around = |displacement| Starts { count: 2, strain: o.spread, displacement };
        let start = match origin {
            Origin::Given => hypothesis.structure().clone(),
            Origin::Around(fit) => around(o.displacement).draw(1, fit, free, &mut self.rng)?,
            Origin::Shaken => {
                let shaken = around(o.shake).draw(1, self.task.start, free, &mut self.rng)?;
                let nearest = hypothesis.nearest(&shaken.frac_coords());
                hypothesis.structure().with_frac_coords(&nearest).ok()?
            }
        };
        // A lattice that is known is not made symmetric either.
        let known = !free.lattice();
        Some(if known { start.with_lattice(*self.task.start.lattice()) } else { start })
    }

    /// One descent under a hypothesis; `None` where it cannot be.
    fn attempt(
        &mut self,
        hypothesis: &'a Hypothesis,
        projector: &'a AnyProjector,
        origin: &Origin,
    ) -> Result<Option<End>, RecoverError> {
        let Some(start) = self.start(hypothesis, origin) else { return Ok(None) };
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

    /// Tries a hypothesis, and goes on around its fit while that is promising; whether a fit can be vouched for.
    fn pursue(
        &mut self,
        i: usize,
        hypothesis: &'a Hypothesis,
        projector: &'a AnyProjector,
        mut origin: Origin,
    ) -> Result<bool, RecoverError> {
        let mut best: Option<End> = None;
        let mut certified = false;
        for _ in 0..=self.options.restarts {
            let Some(found) = self.attempt(hypothesis, projector, &origin)? else { break };
            certified = found.0.loss <= self.stages.goal && found.1 <= self.options.max_free;
            if certified || best.as_ref().is_none_or(|(fit, _)| found.0.loss < fit.loss) {
                best = Some(found);
            }
            let near = |(fit, _): &&End| fit.loss - self.reach.ideal <= PROMISING;
            match best.as_ref().filter(near) {
                Some((fit, _)) if !certified => origin = Origin::Around(fit.structure.clone()),
                _ => break,
            }
        }
        let old = self.ends[i].as_ref().map_or(f64::INFINITY, |(fit, _)| fit.loss);
        if let Some(found) = best.filter(|(fit, _)| certified || fit.loss < old) {
            self.ends[i] = Some(found);
        }
        Ok(certified)
    }

    /// The given hypothesis, if it is certified, or the best fit, and the others from the best on.
    fn outcome(
        self,
        found: &[Hypothesis],
        certified: Option<usize>,
    ) -> Result<Outcome, RecoverError> {
        let Self { task, options, stages, ends, .. } = self;
        let ends = ends.into_iter().enumerate().filter_map(|(i, end)| Some((i, end?.0)));
        let mut ends: Vec<(usize, Fit)> = ends.collect();
        ends.sort_by(|a, b| {
            let first = |i: usize| Some(i) != certified;
            first(a.0).cmp(&first(b.0)).then(a.1.loss.total_cmp(&b.1.loss))
        });
        let mut ends = ends.into_iter();
        let none = RecoverError::NoStart { starts: found.len() as u64 };
        let (i, fit) = ends.next().ok_or(none)?;
        let alternatives = ends
            .take(options.max_alternatives)
            .map(|(i, fit)| Alternative {
                name: found[i].name(),
                structure: fit.structure,
                loss: fit.loss,
            })
            .collect();
        let whole = Parametrisation::new(task.start.clone(), task.free);
        let problem = Problem::new(task.forward, task.loss, task.projector, task.target, whole);
        let evaluations = stages.evaluations + 2;
        Ok(Outcome {
            instrument: fit.instrument,
            initial_loss: problem.loss_of_structure(task.start)?,
            loss: match Stages::own_loss(task, task.loss, &fit)? {
                Some(loss) => loss,
                None => problem.loss_of_structure(&fit.structure)?,
            },
            evaluations,
            iterations: stages.iterations,
            termination: fit.termination,
            stages: vec![Stage { name: found[i].name(), loss: fit.loss, evaluations }],
            structure: fit.structure,
            certified: Some(certified.is_some()),
            alternatives,
        })
    }
}

/// The hypotheses in the order in which they are tried: by evidence, but P1 early.
fn order(found: &[Hypothesis], plain_after: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..found.len()).collect();
    if let Some(plain) = found.iter().position(|h| h.number() == 1) {
        let at = plain_after.min(plain);
        order[at..=plain].rotate_right(1);
    }
    order
}

impl Strategy for Joint {
    fn recover(&self, task: &RecoveryTask<'_>) -> Result<Outcome, RecoverError> {
        let o = &self.options;
        let options = HypothesisOptions {
            metric_tolerance: if task.free.lattice() { o.metric_tolerance } else { KNOWN },
            max_hypotheses: o.max_hypotheses,
        };
        let found = hypotheses(task.start, &options)?;
        let projectors: Vec<AnyProjector> =
            found.iter().map(|h| SpaceGroupProjector::new(h.assignment().into()).into()).collect();
        let mut limits = task.limits;
        limits.max_evaluations = limits.max_evaluations.min(o.max_evaluations);
        let limited = RecoveryTask { limits, ..*task };
        let reach = self.stages.reach(task.target)?;
        let mut stages = self.stages.of_task(&limited, &reach);
        stages.goal = reach.bar(o.certificate);
        let rng = ChaCha12Rng::seed_from_u64(task.seed);
        let ends = vec![None; found.len()];
        let mut search = Search { task: &limited, options: o, stages, reach, rng, ends };
        let order = order(&found, o.plain_after);
        let again = std::iter::repeat_n(&order, MOST_ROUNDS);
        let again = again.flat_map(|order| order.iter().take(o.contenders));
        let tries = order.iter().map(|i| (*i, Origin::Given));
        for (i, origin) in tries.chain(again.map(|i| (*i, Origin::Shaken))) {
            if search.pursue(i, &found[i], &projectors[i], origin)? {
                return search.outcome(&found, Some(i));
            }
            if search.stages.left().max_evaluations == 0 {
                break;
            }
        }
        search.outcome(&found, None)
    }
}
