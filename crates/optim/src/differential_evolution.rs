//! Differential evolution.

use crate::iterate::feasible;
use crate::random::Stream;
use crate::{
    AnyOptimizer, Iterate, Needs, Objective, OptimError, Optimizer, Progress, Termination,
    checkpoint, options,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Generations without any member that can be evaluated before the run is given up.
const EMPTY_GENERATIONS: u64 = 20;

/// Differential evolution on values alone, "best/1/bin": an evolutionary search that learns no model of the function.
///
/// The first generation is the starting point and `population` - 1 points around it, x0 + `sigma0` scale z with normal z. In every step
/// each member is challenged by one trial: components of b + F (r - s) with the best member b, two others r and s and a factor F that is drawn anew
/// for each generation from `mutation`, each taken with probability `crossover`, at least one of them, and the member's own
/// elsewhere. The trial is projected, evaluated, and takes the member's place if it is not worse.
///
/// A run ends when the values of all members agree to `value_tolerance`. The iterate is the best member. Trials that cannot be
/// evaluated lose.
///
/// # Examples
/// ```
/// use braggscape_testkit::functions::{FunctionObjective, TestFunction};
/// use braggscape_optim::{DifferentialEvolution, DifferentialEvolutionOptions, Limits, minimize};
///
/// let f = FunctionObjective::new(TestFunction::Sphere, 2);
/// let options = DifferentialEvolutionOptions { sigma0: 0.5, ..Default::default() };
/// let mut method = DifferentialEvolution::new(options)?;
/// let found = minimize(&mut method, &f, &[1.0, 1.0], Limits::default(), &mut ())?;
/// assert!(found.value < 1e-8);
/// # Ok::<(), braggscape_optim::OptimError>(())
/// ```
///
/// # References
/// Storn & Price, J. Glob. Optim. 11, 341 (1997), doi:10.1023/A:1008202821328; the choice of factors is that of
/// scipy.optimize.differential_evolution.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DifferentialEvolution {
    options: DifferentialEvolutionOptions,
    /// What the seed of the options is added to.
    seed: u64,
    state: State,
}

/// Options of [`DifferentialEvolution`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DifferentialEvolutionOptions {
    /// Standard deviation of the first generation in scaled variables (scale: 1 Å, 10 degrees, 0.1 of a cell edge). Default 0.1.
    pub sigma0: f64,
    /// Members; 0, the default, stands for 15 for each component. 1 to 3 are refused.
    pub population: u64,
    /// Least and largest factor F. Default 0.5 and 1.
    pub mutation: [f64; 2],
    /// Probability that a component comes from the mutant. Default 0.7.
    pub crossover: f64,
    /// Ends a run when the values of all members lie within it. Default 1e-9.
    pub value_tolerance: f64,
    /// Most generations. Default 1000.
    pub max_iterations: u64,
    /// Seed of the random stream, added to that of the task in a study. Default 0.
    pub seed: u64,
}

impl Default for DifferentialEvolutionOptions {
    fn default() -> Self {
        Self {
            sigma0: 0.1,
            population: 0,
            mutation: [0.5, 1.0],
            crossover: 0.7,
            value_tolerance: 1e-9,
            max_iterations: 1000,
            seed: 0,
        }
    }
}

impl DifferentialEvolutionOptions {
    fn check(&self) -> Result<(), OptimError> {
        let fail = |name, value, expected| Err(OptimError::OptionRange { name, value, expected });
        options::positive("sigma0", self.sigma0)?;
        if (1..4).contains(&self.population) || self.population > 1_000_000 {
            return fail("population", self.population as f64, "0, or 4 to 1000000");
        }
        let [least, largest] = self.mutation;
        if !(least > 0.0 && least <= largest && largest <= 2.0) {
            let value = if least > 0.0 { largest } else { least };
            return fail("mutation", value, "two factors in ascending order, above 0, up to 2");
        }
        if !(0.0..=1.0).contains(&self.crossover) {
            return fail("crossover", self.crossover, "0 to 1");
        }
        options::not_negative("value_tolerance", self.value_tolerance)?;
        options::count("max_iterations", self.max_iterations)
    }

    fn population_in(&self, dim: usize) -> u64 {
        if self.population > 0 { self.population } else { 15 * dim.max(1) as u64 }
    }
}

/// A point, and its value if it can be evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    x: Vec<f64>,
    value: Option<f64>,
}

impl Member {
    fn rank(&self) -> f64 {
        self.value.unwrap_or(f64::INFINITY)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    stream: Stream,
    /// Where the run starts.
    origin: Vec<f64>,
    members: Vec<Member>,
    /// Generations in a row without a member that can be evaluated.
    empty: u64,
}

impl DifferentialEvolution {
    /// The method with these options.
    ///
    /// # Errors
    /// [`OptimError::OptionRange`].
    pub fn new(options: DifferentialEvolutionOptions) -> Result<Self, OptimError> {
        options.check()?;
        Ok(Self { options, ..Self::default() })
    }

    /// The options of the method.
    pub fn options(&self) -> &DifferentialEvolutionOptions {
        &self.options
    }
}

impl State {
    /// An index below `n` that is none of these.
    fn other(&mut self, n: usize, taken: &[usize]) -> usize {
        loop {
            let drawn = ((self.stream.uniform() * n as f64) as usize).min(n - 1);
            if !taken.contains(&drawn) {
                return drawn;
            }
        }
    }

    /// Points around the origin, the origin first.
    fn first_generation(
        &mut self,
        o: &DifferentialEvolutionOptions,
        f: &dyn Objective,
    ) -> Vec<Vec<f64>> {
        let origin = self.origin.clone();
        let mut points = vec![origin.clone()];
        for _ in 1..o.population_in(origin.len()) {
            let scales = f.components().iter().map(|c| o.sigma0 * c.scale);
            points.push(
                origin.iter().zip(scales).map(|(x, s)| x + s * self.stream.normal()).collect(),
            );
        }
        points
    }

    /// One trial for each member.
    fn trials(&mut self, o: &DifferentialEvolutionOptions) -> Vec<Vec<f64>> {
        let (n, dim) = (self.members.len(), self.origin.len());
        let ranked = self.members.iter().enumerate();
        let best = ranked.min_by(|a, b| a.1.rank().total_cmp(&b.1.rank())).map_or(0, |(i, _)| i);
        let [least, largest] = o.mutation;
        let factor = least + (largest - least) * self.stream.uniform();
        let mut trials = Vec::with_capacity(n);
        for i in 0..n {
            let r = self.other(n, &[i, best]);
            let s = self.other(n, &[i, best, r]);
            let forced = self.other(dim, &[]);
            let mut x = self.members[i].x.clone();
            for (k, x) in x.iter_mut().enumerate() {
                let taken = self.stream.uniform() < o.crossover;
                if taken || k == forced {
                    let at = |m: usize| self.members[m].x[k];
                    *x = at(best) + factor * (at(r) - at(s));
                }
            }
            trials.push(x);
        }
        trials
    }

    /// Whether all members have one value.
    fn agree(&self, tolerance: f64) -> bool {
        let ranks = || self.members.iter().map(Member::rank);
        let (least, largest) =
            (ranks().fold(f64::INFINITY, f64::min), ranks().fold(f64::NEG_INFINITY, f64::max));
        largest - least <= tolerance
    }
}

impl checkpoint::State for State {
    fn fits(&self, n: usize) -> bool {
        self.origin.len() == n && self.members.iter().all(|m| m.x.len() == n)
    }
}

impl Optimizer for DifferentialEvolution {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        let at = Iterate::at_value(f, x0)?;
        let stream = Stream::new(self.options.seed.wrapping_add(self.seed));
        self.state = State { stream, origin: at.x.clone(), ..State::default() };
        Ok(at)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        let o = &self.options;
        let mut next = self.state.clone();
        if next.origin.is_empty() {
            return Ok(Progress::Done(Termination::StepTolerance));
        }
        let first = next.members.is_empty();
        // While a constraint comes into force, values of different steps cannot be compared.
        let settled = at.settled && !first;
        let points = if first { next.first_generation(o, f) } else { next.trials(o) };
        let mut members = Vec::with_capacity(points.len());
        for (i, mut x) in points.into_iter().enumerate() {
            let value = feasible(at.approach(f, &mut x).and_then(|()| f.value(&x)))?;
            let trial = Member { x, value };
            let kept = next.members.get(i).filter(|old| settled && old.rank() < trial.rank());
            members.push(kept.cloned().unwrap_or(trial));
        }
        next.members = members;
        let best = next.members.iter().min_by(|a, b| a.rank().total_cmp(&b.rank()));
        let Some((x, value)) = best.and_then(|b| Some((b.x.clone(), b.value?))) else {
            next.empty += 1;
            let hopeless = next.empty >= EMPTY_GENERATIONS;
            self.state = next;
            return Ok(if hopeless {
                Progress::Done(Termination::NoFeasibleStep)
            } else {
                Progress::Continue
            });
        };
        next.empty = 0;
        at.accept(f, x, value, Vec::new());
        let mut progress = Progress::Continue;
        if settled && next.agree(o.value_tolerance) {
            progress = Progress::Done(Termination::ValueTolerance);
        } else if at.iteration >= o.max_iterations {
            progress = Progress::Done(Termination::MaxIterations);
        }
        self.state = next;
        Ok(progress)
    }

    fn fresh(&self) -> AnyOptimizer {
        Self { options: self.options.clone(), seed: self.seed, ..Self::default() }.into()
    }

    fn name(&self) -> &'static str {
        "differential-evolution"
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
