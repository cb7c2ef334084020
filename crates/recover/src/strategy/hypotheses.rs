//! Recovery of coordinates by trying the symmetries that the structure may have.

mod absences;
mod contacts;
mod ends;
mod fit;
mod ranking;
mod start;

use super::{Alternative, Outcome, RecoveryTask, Stage, Strategy};
use crate::{Parametrisation, RecoverError};
use absences::Absences;
use braggscape_crystal::symmetry::{Hypothesis, HypothesisOptions, hypotheses_weighed};
use braggscape_optim::Termination;
use ends::Ends;
use fit::{Fitter, Trial};
use ranking::{Ranking, Turn};
use serde::{Deserialize, Serialize};
use start::Starts;

/// Independent numbers that a target is taken to hold where its peaks are not known.
const N_DATA: f64 = 70.0;

/// A target must hold so many numbers for every free parameter of a fit that is certified.
const PARAMETER_SHARE: f64 = 2.0;

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

/// Fits the coordinates in the free parameters of one possible symmetry after the other, the likeliest first, until a fit is perfect.
///
/// *Hypotheses* are those of [`hypotheses_weighed`]: settings of space groups with a Wyckoff position for every site, by evidence. Where
/// the peaks of the model are known, the reflections that the target lacks are part of the evidence: with the lattice known, the
/// target less its best fit by peaks of any height at the places that a group allows is a bound that no structure of the group passes. Groups
/// that cannot fit are left out; of the others those that allow the fewest peaks are the likeliest.
///
/// *Trials.* A trial is two fits by Levenberg-Marquardt, of model and target damped by exp(-2 B s²) and of them as they are; a promising end
/// is fitted on. One of three trials goes by evidence, a hypothesis getting trials in proportion to 1/rank, the others by the best ends so far
/// (Bayes' information criterion, 1/rank²). The first trial of a hypothesis begins at its nearest structure to the one given, later
/// ones at that nearest to the given one displaced once more, or at the best end with an orbit elsewhere, two orbits exchanged, or all
/// sites shaken.
///
/// *Certificate.* A fit is certified, and ends the search, if its loss is that of a perfect fit to `certificate` and the target holds at
/// least twice as many independent numbers (peaks that can be told apart) as the fit has free parameters. Without a certificate the
/// result is the best end by the same criterion; of ends that fit equally well it is that with the longest shortest distance. Other ends that
/// fit nearly as well are the alternatives.
///
/// The loss is that of the task where it is a sum of squares, else the negative cosine. Models must have Jacobians. The projector of the
/// task is not used. The cell must be conventional, with the origin of a tabulated setting.
///
/// # Examples
/// ```
/// use braggscape_recover::{SpaceGroupHypotheses, SpaceGroupHypothesesOptions};
/// let options = SpaceGroupHypothesesOptions { max_evaluations: 5000, ..Default::default() };
/// assert!(SpaceGroupHypotheses::new(options).is_ok());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SpaceGroupHypotheses {
    options: SpaceGroupHypothesesOptions,
}

impl SpaceGroupHypotheses {
    /// The strategy with these options.
    ///
    /// # Errors
    /// [`RecoverError::OptionRange`].
    pub fn new(options: SpaceGroupHypothesesOptions) -> Result<Self, RecoverError> {
        let o = &options;
        let check = |ok: bool, name, value, expected| {
            if ok { Ok(()) } else { Err(RecoverError::OptionRange { name, value, expected }) }
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
        if !task.free.coordinates() {
            return Err(RecoverError::NeedsCoordinates { kind: "space-group-hypotheses" });
        }
        let problem = task.problem()?;
        let as_given = Parametrisation::new(task.start.clone(), task.free);
        let initial_loss = problem.loss_of_structure(&as_given.unpack(&as_given.pack())?)?;
        // Where the lattice moves, peaks are not where they would have to be for absences.
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
        let n_data = absences.as_ref().map_or(N_DATA, Absences::n_resolved).max(2.0);
        let search = self.search(task, &found, n_data)?;
        let mut ends = search.ends.ranked().into_iter();
        let Some(first) = ends.next() else {
            return Err(RecoverError::NoStart { starts: search.trials });
        };
        let alternatives = ends
            .take(o.max_alternatives)
            .map(|end| {
                let loss = problem.loss_of_structure(&end.trial.structure)?;
                let name = found[end.rank].name();
                Ok(Alternative { name, structure: end.trial.structure, loss })
            })
            .collect::<Result<_, RecoverError>>()?;
        let loss = problem.loss_of_structure(&first.trial.structure)?;
        Ok(Outcome {
            instrument: None,
            certified: Some(self.vouches(&first.trial, first.n_free, n_data)),
            structure: first.trial.structure,
            loss,
            initial_loss,
            evaluations: search.evaluations,
            iterations: search.iterations,
            termination: search.termination,
            stages: vec![Stage {
                name: found[first.rank].name(),
                loss,
                evaluations: search.evaluations,
            }],
            alternatives,
        })
    }
}

/// Hops from one end without a better one, after which another end is taken.
const PATIENCE: u32 = 20;

/// The end that hops of a hypothesis begin at.
#[derive(Debug, Clone)]
struct Base {
    trial: Trial,
    /// Hops from it so far.
    hops: u32,
}

impl Base {
    /// The better of the base and a new end; no base at all, and with it a new start, after too many hops.
    fn after(base: Option<Self>, trial: Trial, hopped: bool) -> Option<Self> {
        match base {
            Some(known) if known.trial.misfit <= trial.misfit => {
                let hops = known.hops + u32::from(hopped);
                (hops < PATIENCE).then_some(Self { hops, ..known })
            }
            _ => Some(Self { trial, hops: 0 }),
        }
    }
}

/// What a search found, and what it took.
struct Search {
    ends: Ends,
    trials: u64,
    evaluations: u64,
    iterations: u64,
    termination: Termination,
}

impl SpaceGroupHypotheses {
    /// Whether an end is certified: a perfect fit of far fewer parameters than the target holds numbers.
    fn vouches(&self, end: &Trial, n_free: usize, n_data: f64) -> bool {
        end.misfit < self.options.certificate && PARAMETER_SHARE * n_free as f64 <= n_data
    }

    /// Trials in the order of a [`Ranking`], until one is certified.
    fn search(
        &self,
        task: &RecoveryTask<'_>,
        found: &[Hypothesis],
        n_data: f64,
    ) -> Result<Search, RecoverError> {
        let limit = task.limits.max_evaluations.min(self.options.max_evaluations);
        let fitter = Fitter::new(task, &self.options, limit)?;
        let mut starts = Starts::new(task.start, task.seed);
        let mut ranking = Ranking::new(found.iter().map(Hypothesis::n_free), n_data);
        let mut ends = Ends::new(task.start, n_data);
        let mut bases: Vec<Option<Base>> = vec![None; found.len()];
        let mut termination = Termination::Stagnation;
        while let Some((rank, turn)) = ranking.next() {
            let hypothesis = &found[rank];
            let coords = match (turn, &bases[rank]) {
                (Turn::Hop(_), Some(end)) => {
                    starts.hop(hypothesis, &end.trial.structure.frac_coords())
                }
                (Turn::Start(0), _) => hypothesis.structure().frac_coords(),
                _ => starts.start(hypothesis),
            };
            if let Some(trial) = fitter.run(hypothesis, &coords)? {
                ranking.report(rank, trial.misfit);
                ends.report(rank, hypothesis.n_free(), &trial);
                if self.vouches(&trial, hypothesis.n_free(), n_data) {
                    termination = Termination::TargetReached;
                    break;
                }
                let hopped = matches!(turn, Turn::Hop(_));
                bases[rank] = Base::after(bases[rank].take(), trial, hopped);
            }
            if fitter.used_up() {
                termination = Termination::Budget;
                break;
            }
        }
        Ok(Search {
            ends,
            trials: ranking.n_trials(),
            evaluations: fitter.evaluations(),
            iterations: fitter.iterations(),
            termination,
        })
    }
}
