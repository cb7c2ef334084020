//! L-BFGS.

use crate::line_search::{Found, Trial, search};
use crate::{
    AnyOptimizer, Iterate, Objective, OptimError, Optimizer, Progress, Termination, checkpoint,
    options, scaled,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;

/// Limited-memory BFGS with a strong-Wolfe line search.
///
/// In scaled variables u = x / scale the direction is d = -H g, H the BFGS approximation of the inverse Hessian from the last
/// `memory` pairs s = u(n+1) - u(n), y = g(n+1) - g(n), by the two-loop recursion with H0 = (s . y)/(y . y); g is the gradient
/// along the constraint and s is taken between projected points, so that on an affine constraint the method is L-BFGS in its
/// free parameters. Pairs with s . y <= 1e-10 |s| |y| are left out. Where no smaller value lies along d, the pairs are forgotten
/// and the search is made once more along -g.
///
/// A line search starts with alpha = 1, without pairs with a step whose largest component is `first_step`, and demands
/// f <= f0 + 1e-4 alpha d . g and |slope| <= 0.9 |d . g|. A point that cannot be evaluated ends its bracket.
///
/// # Examples
/// ```
/// use braggscape_testkit::functions::{FunctionObjective, TestFunction};
/// use braggscape_optim::{Lbfgs, LbfgsOptions, Limits, minimize};
///
/// let f = FunctionObjective::new(TestFunction::Sphere, 1);
/// let options = LbfgsOptions { first_step: 0.25, max_step: 1.0, ..Default::default() };
/// let found = minimize(&mut Lbfgs::new(options)?, &f, &[1.0], Limits::default(), &mut ())?;
/// // The first step, from 1 to 0.75, tells the curvature of x^2; the second ends at its minimum.
/// assert_eq!((found.x[0], found.iterations, found.evaluations), (0.0, 2, 3));
/// # Ok::<(), braggscape_optim::OptimError>(())
/// ```
///
/// # References
/// Nocedal, Math. Comput. 35, 773 (1980), doi:10.1090/S0025-5718-1980-0572855-7; Liu & Nocedal, Math. Program. 45, 503 (1989),
/// doi:10.1007/BF01589116; Nocedal & Wright, Numerical Optimization (2nd ed., 2006), algorithms 3.5, 3.6 and 7.4.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lbfgs {
    options: LbfgsOptions,
    state: State,
}

/// Options of [`Lbfgs`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LbfgsOptions {
    /// Pairs of step and change of gradient that are remembered. Default 10.
    pub memory: u64,
    /// Largest component of the first step along the gradient, in scaled variables (scale: 1 Å, 10 degrees, 0.1 of a cell
    /// edge). Default 0.01: less than the width of the valley of a sharp pattern; the search goes farther where it falls.
    pub first_step: f64,
    /// Longest step of a component in scaled variables. Default 0.5.
    pub max_step: f64,
    /// Ends the run when no component of the scaled gradient exceeds it. Default 1e-8.
    pub gradient_tolerance: f64,
    /// Ends the run when a step lowers the value by no more than this times max(|f|, 1). Default 1e-14: losses near their
    /// minimum are told apart to about 1e-15.
    pub value_tolerance: f64,
    /// Most iterations. Default 10000.
    pub max_iterations: u64,
}

/// The pairs, oldest first, and the steps since the start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    pairs: VecDeque<Pair>,
    steps: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
}

impl Default for LbfgsOptions {
    fn default() -> Self {
        Self {
            memory: 10,
            first_step: 0.01,
            max_step: 0.5,
            gradient_tolerance: 1e-8,
            value_tolerance: 1e-14,
            max_iterations: 10_000,
        }
    }
}

impl LbfgsOptions {
    pub(crate) fn check(&self) -> Result<(), OptimError> {
        options::count("memory", self.memory)?;
        options::positive("first_step", self.first_step)?;
        options::positive("max_step", self.max_step)?;
        options::not_negative("gradient_tolerance", self.gradient_tolerance)?;
        options::not_negative("value_tolerance", self.value_tolerance)?;
        options::count("max_iterations", self.max_iterations)
    }
}

impl Lbfgs {
    /// The method with these options.
    ///
    /// # Errors
    /// [`OptimError::OptionRange`].
    pub fn new(options: LbfgsOptions) -> Result<Self, OptimError> {
        options.check()?;
        Ok(Self { options, ..Self::default() })
    }

    /// The options of the method.
    pub fn options(&self) -> &LbfgsOptions {
        &self.options
    }
}

impl State {
    /// -H g by the two-loop recursion, no component above `max_step`; without pairs a step of length `first_step` against the
    /// gradient.
    fn direction(&self, o: &LbfgsOptions, gradient: &[f64]) -> Vec<f64> {
        let mut d = scaled::times(gradient, -1.0);
        let Some(newest) = self.pairs.back() else {
            let size = scaled::largest(gradient);
            return if size > 0.0 { scaled::times(&d, o.first_step / size) } else { d };
        };
        let mut coefficients = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let a = scaled::dot(&pair.step, &d) / pair.curvature();
            scaled::add(&mut d, -a, &pair.change);
            coefficients.push(a);
        }
        let scale = newest.curvature() / scaled::dot(&newest.change, &newest.change);
        d = scaled::times(&d, scale);
        for (pair, a) in self.pairs.iter().zip(coefficients.into_iter().rev()) {
            let b = scaled::dot(&pair.change, &d) / pair.curvature();
            scaled::add(&mut d, a - b, &pair.step);
        }
        scaled::shorten(&mut d, o.max_step);
        d
    }

    /// Takes a step, or says why none is taken. On an error nothing has changed.
    pub(crate) fn step(
        &mut self,
        o: &LbfgsOptions,
        f: &dyn Objective,
        at: &mut Iterate,
    ) -> Result<Progress, OptimError> {
        let gradient = scaled::gradient(f, at);
        if at.settled && scaled::largest(&gradient) <= o.gradient_tolerance {
            return Ok(Progress::Done(Termination::GradientTolerance));
        }
        let mut fresh = self.pairs.is_empty();
        let mut found = self.search(o, f, at, &gradient)?;
        if !fresh && !matches!(found, Found::Point(_)) {
            fresh = true;
            found = Self::default().search(o, f, at, &gradient)?;
        }
        let trial = match found {
            Found::Point(trial) => trial,
            Found::NoDecrease => return Ok(Progress::Done(Termination::Stagnation)),
            Found::Infeasible => return Ok(Progress::Done(Termination::NoFeasibleStep)),
        };
        if fresh {
            self.pairs.clear();
        }
        Ok(self.accept(o, f, at, &gradient, trial))
    }

    fn search(
        &self,
        o: &LbfgsOptions,
        f: &dyn Objective,
        at: &Iterate,
        gradient: &[f64],
    ) -> Result<Found, OptimError> {
        let direction = self.direction(o, gradient);
        let slope = scaled::dot(&direction, gradient);
        let size = scaled::largest(&direction);
        // Rounding may turn a direction uphill; while a constraint comes into force any is as good.
        if at.settled && !(slope < 0.0 && size.is_finite()) {
            return Ok(Found::NoDecrease);
        }
        let longest = if size > 0.0 { (o.max_step / size).max(1.0) } else { 1.0 };
        search(f, at, &direction, slope, (1.0, longest))
    }

    /// Moves to a point and remembers the way.
    fn accept(
        &mut self,
        o: &LbfgsOptions,
        f: &dyn Objective,
        at: &mut Iterate,
        gradient: &[f64],
        trial: Trial,
    ) -> Progress {
        let before = (at.value, at.settled);
        let step = scaled::difference(f, &trial.x, &at.x);
        at.accept(f, trial.x, trial.value, trial.gradient);
        let mut change = scaled::gradient(f, at);
        scaled::add(&mut change, -1.0, gradient);
        let pair = Pair { step, change };
        if at.settled && !before.1 {
            // What was learnt on the way to the constraint is no longer true on it.
            self.pairs.clear();
        } else if pair.is_convex() {
            self.pairs.push_back(pair);
            if self.pairs.len() as u64 > o.memory {
                self.pairs.pop_front();
            }
        }
        self.steps += 1;
        let lowered = before.0 - at.value;
        if before.1 && lowered <= o.value_tolerance * at.value.abs().max(1.0) {
            return Progress::Done(Termination::ValueTolerance);
        }
        if self.steps >= o.max_iterations {
            return Progress::Done(Termination::MaxIterations);
        }
        Progress::Continue
    }
}

impl Pair {
    fn curvature(&self) -> f64 {
        scaled::dot(&self.step, &self.change)
    }

    fn is_convex(&self) -> bool {
        let (s, y) = (scaled::dot(&self.step, &self.step), scaled::dot(&self.change, &self.change));
        self.curvature() > 1e-10 * s.sqrt() * y.sqrt()
    }
}

impl checkpoint::State for State {
    fn fits(&self, n: usize) -> bool {
        self.pairs.iter().all(|p| p.step.len() == n && p.change.len() == n)
    }
}

impl Optimizer for Lbfgs {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        let at = Iterate::at(f, x0)?;
        self.state = State::default();
        Ok(at)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        self.state.step(&self.options, f, at)
    }

    fn fresh(&self) -> AnyOptimizer {
        Self { options: self.options.clone(), ..Self::default() }.into()
    }

    fn name(&self) -> &'static str {
        "lbfgs"
    }

    fn save(&self) -> Result<Value, OptimError> {
        checkpoint::save(&self.state)
    }

    fn load(&mut self, state: &Value, dim: usize) -> Result<(), OptimError> {
        self.state = checkpoint::load(self, state, dim)?;
        Ok(())
    }
}
