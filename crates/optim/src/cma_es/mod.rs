//! CMA-ES.

mod distribution;
mod options;

pub use options::CmaEsOptions;

use crate::iterate::feasible;
use crate::random::Stream;
use crate::{
    AnyOptimizer, Iterate, Needs, Objective, OptimError, Optimizer, Progress, Termination,
    checkpoint, scaled,
};
use distribution::{Distribution, Draw};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;

/// How often a point that cannot be evaluated is drawn again.
const REDRAWS: u32 = 5;
/// Generations without any point that can be evaluated, each with half the step size, before the run is given up.
const EMPTY_GENERATIONS: u64 = 20;

/// The evolution strategy with covariance matrix adaptation, on values alone.
///
/// A step is a generation: `population` points x = m + sigma B D z with normal z, in scaled variables u = x / scale and in an
/// orthonormal basis of the directions along the constraint, each projected before it is evaluated. The better half moves the
/// mean by weights ln((lambda + 1)/2) - ln i; rank-one and rank-mu updates adapt the covariance C = B D^2 B^T, the cumulated
/// path the step size sigma. Weights are not negative. The iterate of a run is the best point of the generation.
///
/// Points that cannot be evaluated are drawn again up to five times and then rank last, the farther from the mean the later.
/// Generations without any that can halve sigma.
///
/// A search ends by `value_tolerance`, by `step_tolerance`, or when C has a condition number above 1e14 or steps vanish in the
/// rounding of x. With `restarts` left it starts again at the starting point with twice the population (IPOP).
///
/// Directions along the constraint are those at the starting point: exact for affine constraints.
///
/// # Examples
/// ```
/// use braggscape_testkit::functions::{FunctionObjective, TestFunction};
/// use braggscape_optim::{CmaEs, CmaEsOptions, Limits, minimize};
///
/// let f = FunctionObjective::new(TestFunction::Sphere, 2);
/// let options = CmaEsOptions { sigma0: 0.5, max_iterations: 30, ..Default::default() };
/// let found = minimize(&mut CmaEs::new(options)?, &f, &[1.0, 1.0], Limits::default(), &mut ())?;
/// // 4 + floor(3 ln 2) = 6 points in a generation, and the start.
/// assert_eq!(found.evaluations, 1 + 30 * 6);
/// assert!(found.value < 1e-4);
/// # Ok::<(), braggscape_optim::OptimError>(())
/// ```
///
/// # References
/// Hansen, The CMA Evolution Strategy: A Tutorial (2016), arXiv:1604.00772, with its default parameters; Auger & Hansen, CEC
/// 2005, 1769, doi:10.1109/CEC.2005.1554902 (restarts).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CmaEs {
    options: CmaEsOptions,
    /// What the seed of the options is added to.
    seed: u64,
    state: State,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    stream: Stream,
    /// Where searches start.
    origin: Vec<f64>,
    restarts: u64,
    /// Points in a generation.
    population: u64,
    /// Whether the basis of the distribution is that of the constraint.
    in_force: bool,
    distribution: Distribution,
    /// Best values of the last generations.
    history: VecDeque<f64>,
    /// Generations in a row without a point that can be evaluated.
    empty: u64,
}

/// A drawn point after its evaluation.
struct Individual {
    draw: Draw,
    x: Vec<f64>,
    /// `None` if it cannot be evaluated.
    value: Option<f64>,
}

impl Individual {
    /// The point and its value, if it has one.
    fn take(&mut self) -> Option<(Vec<f64>, f64)> {
        self.value.map(|value| (std::mem::take(&mut self.x), value))
    }
}

impl CmaEs {
    /// The method with these options.
    ///
    /// # Errors
    /// [`OptimError::OptionRange`].
    pub fn new(options: CmaEsOptions) -> Result<Self, OptimError> {
        options.check()?;
        Ok(Self { options, ..Self::default() })
    }

    /// The options of the method.
    pub fn options(&self) -> &CmaEsOptions {
        &self.options
    }
}

impl State {
    /// A new search around x.
    fn search(
        &mut self,
        o: &CmaEsOptions,
        f: &dyn Objective,
        x: &[f64],
        sigma: f64,
        in_force: bool,
    ) {
        let basis = scaled::tangent(f, x, in_force);
        let smallest = o.population_in(basis.len());
        self.population = (0..self.restarts).fold(smallest, |n, _| n.saturating_mul(2));
        self.distribution = Distribution::new(x.to_vec(), basis, sigma);
        self.in_force = in_force;
        self.history.clear();
        self.empty = 0;
    }

    /// Draws and evaluates a generation, best first.
    fn generation(
        &mut self,
        f: &dyn Objective,
        at: &Iterate,
    ) -> Result<Vec<Individual>, OptimError> {
        let mut all = Vec::new();
        for _ in 0..self.population {
            let mut drawn = self.individual(f, at)?;
            for _ in 0..REDRAWS {
                if drawn.value.is_some() {
                    break;
                }
                drawn = self.individual(f, at)?;
            }
            all.push(drawn);
        }
        // Sorting is stable: of equals the one drawn first comes first.
        all.sort_by(|a, b| match (a.value, b.value) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => a.draw.distance().total_cmp(&b.draw.distance()),
        });
        Ok(all)
    }

    fn individual(&mut self, f: &dyn Objective, at: &Iterate) -> Result<Individual, OptimError> {
        let draw = self.distribution.draw(&mut self.stream);
        let mut x = self.distribution.point(f, &draw);
        let value = feasible(at.approach(f, &mut x).and_then(|()| f.value(&x)))?;
        Ok(Individual { draw, x, value })
    }

    /// Whether the search has come to its end.
    fn ended(
        &mut self,
        o: &CmaEsOptions,
        f: &dyn Objective,
        all: &[Individual],
    ) -> Option<Termination> {
        let values = || all.iter().filter_map(|i| i.value);
        let best = values().fold(f64::INFINITY, f64::min);
        self.history.push_back(best);
        let k = self.distribution.dim() as u64;
        let length = 10 + (30 * k).div_ceil(self.population);
        if self.history.len() as u64 > length {
            self.history.pop_front();
            let considered = || self.history.iter().copied().chain(values());
            let worst = considered().fold(f64::NEG_INFINITY, f64::max);
            if worst - considered().fold(f64::INFINITY, f64::min) <= o.value_tolerance {
                return Some(Termination::ValueTolerance);
            }
        }
        if self.distribution.spread() <= o.step_tolerance {
            return Some(Termination::StepTolerance);
        }
        self.distribution.is_degenerate(f).then_some(Termination::Stagnation)
    }
}

impl checkpoint::State for State {
    fn fits(&self, n: usize) -> bool {
        self.origin.len() == n && self.population > 0 && self.distribution.fits(n)
    }
}

impl Optimizer for CmaEs {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        let at = Iterate::at_value(f, x0)?;
        let stream = Stream::new(self.options.seed.wrapping_add(self.seed));
        self.state = State { stream, origin: at.x.clone(), ..State::default() };
        self.state.search(&self.options, f, &at.x, self.options.sigma0, at.settled);
        Ok(at)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        let o = &self.options;
        let mut next = self.state.clone();
        let in_force = f.projection_weight(at.iteration + 1) >= 1.0;
        if in_force && !next.in_force {
            let sigma = next.distribution.sigma();
            next.search(o, f, &at.x, sigma, true);
        }
        if next.distribution.dim() == 0 {
            // The constraint leaves nothing free.
            return Ok(Progress::Done(Termination::StepTolerance));
        }
        let mut all = next.generation(f, at)?;
        let Some((x, value)) = all.first_mut().and_then(Individual::take) else {
            next.empty += 1;
            next.distribution.halve();
            let hopeless = next.empty >= EMPTY_GENERATIONS;
            self.state = next;
            return Ok(if hopeless {
                Progress::Done(Termination::NoFeasibleStep)
            } else {
                Progress::Continue
            });
        };
        next.empty = 0;
        let draws: Vec<&Draw> = all.iter().map(|i| &i.draw).collect();
        next.distribution.adapt(f, &draws);
        next.distribution.keep_to_constraint(f, at);
        let settled = at.settled;
        at.accept(f, x, value, Vec::new());
        let ended = if settled { next.ended(o, f, &all) } else { None };
        let mut progress = Progress::Continue;
        if let Some(reason) = ended {
            if next.restarts < o.restarts {
                next.restarts += 1;
                let origin = next.origin.clone();
                next.search(o, f, &origin, o.sigma0, true);
            } else {
                progress = Progress::Done(reason);
            }
        }
        if progress == Progress::Continue && at.iteration >= o.max_iterations {
            progress = Progress::Done(Termination::MaxIterations);
        }
        self.state = next;
        Ok(progress)
    }

    fn fresh(&self) -> AnyOptimizer {
        Self { options: self.options.clone(), seed: self.seed, ..Self::default() }.into()
    }

    fn name(&self) -> &'static str {
        "cma-es"
    }

    fn reseed(&mut self, seed: u64) {
        self.seed = seed;
    }

    fn needs(&self) -> Needs {
        Needs::Values
    }

    fn save(&self) -> Result<Value, OptimError> {
        checkpoint::save(&self.state)
    }

    fn load(&mut self, state: &Value, dim: usize) -> Result<(), OptimError> {
        self.state = checkpoint::load(self, state, dim)?;
        Ok(())
    }
}
