//! Basin hopping.

use crate::iterate::feasible;
use crate::lbfgs::{self, LbfgsOptions};
use crate::random::Stream;
use crate::{
    AnyOptimizer, Iterate, Objective, OptimError, Optimizer, Progress, Termination, checkpoint,
    options, scaled,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How often a hop to a point that cannot be evaluated is drawn again.
const REDRAWS: u32 = 100;

/// Basin hopping: random hops from minimum to minimum, accepted by Metropolis' rule.
///
/// From the minimum reached, every component in scaled variables u = x / scale moves by a uniform number from -`hop` to `hop`;
/// the point is projected and minimized by [`Lbfgs`](crate::Lbfgs) with the options `local`; the new minimum is accepted if it is
/// lower, or with probability exp(-(f' - f) / `temperature`). After every `interval` hops `hop` grows by 1 / `factor` if more
/// than the fraction `target` of all hops was accepted, and shrinks by `factor` otherwise, as in SciPy.
///
/// A step is one step of the local method, or a hop with its first evaluation; budgets and checkpoints cut in there.
///
/// # Examples
/// ```
/// use braggscape_testkit::functions::{FunctionObjective, TestFunction};
/// use braggscape_optim::{BasinHopping, BasinHoppingOptions, Limits, minimize};
///
/// // x^2 + 10 (1 - cos 2 pi x) has a minimum near every integer; the lowest is 0, at 0.
/// let f = FunctionObjective::new(TestFunction::Rastrigin, 1);
/// let options = BasinHoppingOptions { hop: 1.5, temperature: 1.0, ..Default::default() };
/// let found = minimize(&mut BasinHopping::new(options)?, &f, &[3.2], Limits::default(), &mut ())?;
/// assert!(found.value < 1e-12 && found.x[0].abs() < 1e-6);
/// # Ok::<(), braggscape_optim::OptimError>(())
/// ```
///
/// # References
/// Wales & Doye, J. Phys. Chem. A 101, 5111 (1997), doi:10.1021/jp970984n; scipy.optimize.basinhopping for the adaptation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BasinHopping {
    options: BasinHoppingOptions,
    /// What the seed of the options is added to.
    seed: u64,
    state: State,
}

/// Options of [`BasinHopping`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BasinHoppingOptions {
    /// Most hops. Default 100.
    pub hops: u64,
    /// Ends the run after as many hops in a row without a new lowest minimum; 0 never. Default 0.
    pub patience: u64,
    /// Largest hop of a component, in scaled variables (scale: 1 Å, 10 degrees, 0.1 of a cell edge). Default 0.2.
    pub hop: f64,
    /// Rise of the value that is accepted with probability 1/e; 0 accepts lower values only. Default 0.05, for losses whose
    /// range is 1.
    pub temperature: f64,
    /// Hops after which `hop` is adapted; 0 keeps it. Default 50.
    pub interval: u64,
    /// Fraction of hops that are to be accepted. Default 0.5.
    pub target: f64,
    /// Factor of the adaptation. Default 0.9.
    pub factor: f64,
    /// Least difference that makes a minimum a new lowest one. Default 1e-9.
    pub tolerance: f64,
    /// Seed of the random stream, added to that of the task in a study. Default 0.
    pub seed: u64,
    /// The local method.
    pub local: LbfgsOptions,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    stream: Stream,
    hop: f64,
    local: lbfgs::State,
    /// Whether the local method has ended and a hop is due.
    due: bool,
    /// The accepted minimum; none before the first.
    accepted: Option<Minimum>,
    hops: u64,
    hops_accepted: u64,
    /// Lowest minimum, and hops since.
    lowest: Option<f64>,
    since_lowest: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Minimum {
    x: Vec<f64>,
    value: f64,
}

impl Default for BasinHoppingOptions {
    fn default() -> Self {
        Self {
            hops: 100,
            patience: 0,
            hop: 0.2,
            temperature: 0.05,
            interval: 50,
            target: 0.5,
            factor: 0.9,
            tolerance: 1e-9,
            seed: 0,
            local: LbfgsOptions::default(),
        }
    }
}

impl BasinHoppingOptions {
    fn check(&self) -> Result<(), OptimError> {
        options::count("hops", self.hops)?;
        options::positive("hop", self.hop)?;
        options::not_negative("temperature", self.temperature)?;
        options::fraction("target", self.target)?;
        options::fraction("factor", self.factor)?;
        options::not_negative("tolerance", self.tolerance)?;
        self.local.check()
    }
}

impl BasinHopping {
    /// The method with these options.
    ///
    /// # Errors
    /// [`OptimError::OptionRange`].
    pub fn new(options: BasinHoppingOptions) -> Result<Self, OptimError> {
        options.check()?;
        Ok(Self { options, ..Self::default() })
    }

    /// The options of the method.
    pub fn options(&self) -> &BasinHoppingOptions {
        &self.options
    }
}

impl State {
    /// The minimum reached: accepted or not, and whether it is the lowest so far.
    fn judge(&mut self, o: &BasinHoppingOptions, at: &Iterate) {
        if self.lowest.is_none_or(|lowest| at.value < lowest - o.tolerance) {
            self.lowest = Some(at.value);
            self.since_lowest = 0;
        } else {
            self.since_lowest += 1;
        }
        let accept = match &self.accepted {
            None => true,
            Some(from) if at.value <= from.value => true,
            // At temperature 0 the quotient is infinite and the probability 0.
            Some(from) => {
                self.stream.uniform() < libm::exp((from.value - at.value) / o.temperature)
            }
        };
        // The first minimum is reached without a hop.
        if self.accepted.is_some() && accept {
            self.hops_accepted += 1;
        }
        if accept {
            self.accepted = Some(Minimum { x: at.x.clone(), value: at.value });
        }
        self.due = true;
    }

    /// Adapts the size of the hops.
    fn adapt(&mut self, o: &BasinHoppingOptions) {
        if o.interval == 0 || self.hops == 0 || !self.hops.is_multiple_of(o.interval) {
            return;
        }
        let rate = self.hops_accepted as f64 / self.hops as f64;
        self.hop = if rate > o.target { self.hop / o.factor } else { self.hop * o.factor };
    }

    /// Hops from the accepted minimum; `false` if there is nowhere to go.
    fn hop(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<bool, OptimError> {
        let from = self.accepted.as_ref().map_or_else(|| at.x.clone(), |m| m.x.clone());
        for _ in 0..REDRAWS {
            let step: Vec<f64> =
                from.iter().map(|_| self.hop * (2.0 * self.stream.uniform() - 1.0)).collect();
            let mut x = scaled::moved(f, &from, 1.0, &step);
            let mut gradient = vec![0.0; x.len()];
            let evaluated =
                at.approach(f, &mut x).and_then(|()| f.value_and_gradient(&x, &mut gradient));
            if let Some(value) = feasible(evaluated)? {
                at.accept(f, x, value, gradient);
                self.local = lbfgs::State::default();
                self.due = false;
                self.hops += 1;
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl checkpoint::State for State {
    fn fits(&self, n: usize) -> bool {
        self.local.fits(n) && self.accepted.as_ref().is_none_or(|m| m.x.len() == n)
    }
}

impl Optimizer for BasinHopping {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        let at = Iterate::at(f, x0)?;
        let (stream, hop) =
            (Stream::new(self.options.seed.wrapping_add(self.seed)), self.options.hop);
        self.state = State { stream, hop, ..State::default() };
        Ok(at)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        let o = &self.options;
        let mut next = self.state.clone();
        if !next.due {
            let progress = next.local.step(&o.local, f, at)?;
            if matches!(progress, Progress::Done(_)) && at.settled {
                next.judge(o, at);
            }
            let progress = match progress {
                // While a constraint comes into force no minimum is one.
                Progress::Done(reason) if !at.settled => Progress::Done(reason),
                _ => Progress::Continue,
            };
            self.state = next;
            return Ok(progress);
        }
        if o.patience > 0 && next.since_lowest >= o.patience {
            return Ok(Progress::Done(Termination::Converged));
        }
        if next.hops >= o.hops {
            return Ok(Progress::Done(Termination::MaxIterations));
        }
        next.adapt(o);
        if !next.hop(f, at)? {
            return Ok(Progress::Done(Termination::NoFeasibleStep));
        }
        self.state = next;
        Ok(Progress::Continue)
    }

    fn fresh(&self) -> AnyOptimizer {
        Self { options: self.options.clone(), seed: self.seed, ..Self::default() }.into()
    }

    fn name(&self) -> &'static str {
        "basin-hopping"
    }

    fn reseed(&mut self, seed: u64) {
        self.seed = seed;
    }

    fn save(&self) -> Result<Value, OptimError> {
        checkpoint::save(&self.state)
    }

    fn load(&mut self, state: &Value, dim: usize) -> Result<(), OptimError> {
        self.state = checkpoint::load(self, state, dim)?;
        Ok(())
    }
}
