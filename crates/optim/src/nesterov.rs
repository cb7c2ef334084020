//! Nesterov's accelerated gradient descent.

use crate::plateau::{Plateau, StopRule};
use crate::{
    AnyOptimizer, Iterate, Objective, OptimError, Optimizer, Progress, Termination, checkpoint,
    options, scaled,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Nesterov's accelerated gradient descent, with restarts.
///
/// With u = x / scale, v the gradient's points and u the points looked ahead to, at which the function is evaluated:
/// v(n+1) = u(n) - `learning_rate` g(u(n)), u(n+1) = P(v(n+1) + `momentum` (v(n+1) - v(n))). The iterates of the run are the u.
/// With `restart` the momentum is dropped where it points uphill, g(u(n)) . (v(n+1) - v(n)) > 0, which ends the ripples of the
/// method. No component moves by more than `max_step`.
///
/// # Examples
/// ```
/// use braggscape_testkit::functions::{FunctionObjective, TestFunction};
/// use braggscape_optim::{Limits, Nesterov, NesterovOptions, minimize};
///
/// let f = FunctionObjective::new(TestFunction::Sphere, 1);
/// let options =
///     NesterovOptions { learning_rate: 0.1, momentum: 0.5, max_step: 1.0, max_iterations: 2, ..Default::default() };
/// let found = minimize(&mut Nesterov::new(options)?, &f, &[1.0], Limits::default(), &mut ())?;
/// // v = 1 - 0.1 * 2 = 0.8 and u = 0.8 + 0.5 * (0.8 - 1) = 0.7, then v = 0.56 and u = 0.56 + 0.5 * (0.56 - 0.8).
/// assert!((found.x[0] - 0.44).abs() < 1e-15);
/// # Ok::<(), braggscape_optim::OptimError>(())
/// ```
///
/// # References
/// Nesterov, Sov. Math. Dokl. 27, 372 (1983); O'Donoghue & Candès, Found. Comput. Math. 15, 715 (2015),
/// doi:10.1007/s10208-013-9150-3, the gradient scheme.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Nesterov {
    options: NesterovOptions,
    state: State,
}

/// Options of [`Nesterov`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NesterovOptions {
    /// Step per unit of gradient, in scaled variables (scale: 1 Å, 10 degrees, 0.1 of a cell edge). Default 5e-3: half of what
    /// is stable with lattices; studies of coordinates, where the loss is flatter, use 0.3.
    pub learning_rate: f64,
    /// Fraction of the last move that is looked ahead. Default 0.99: restarts keep so long a memory from doing harm.
    pub momentum: f64,
    /// Whether momentum that points uphill is dropped. Default true.
    pub restart: bool,
    /// Longest move of a component in scaled variables. Default 0.05.
    pub max_step: f64,
    /// Ends the run when no component of the scaled gradient exceeds it. Default 1e-8.
    pub gradient_tolerance: f64,
    /// Least improvement over `patience` iterations. Default 1e-9.
    pub tolerance: f64,
    /// Iterations over which improvement is asked for. Default 200.
    pub patience: u64,
    /// Most iterations. Default 30001.
    pub max_iterations: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// The gradient's last point v(n), in x.
    behind: Vec<f64>,
    plateau: Plateau,
}

impl Default for NesterovOptions {
    fn default() -> Self {
        Self {
            learning_rate: 5e-3,
            momentum: 0.99,
            restart: true,
            max_step: 0.05,
            gradient_tolerance: 1e-8,
            tolerance: 1e-9,
            patience: 200,
            max_iterations: 30001,
        }
    }
}

impl NesterovOptions {
    fn stop_rule(&self) -> StopRule {
        StopRule {
            tolerance: self.tolerance,
            patience: self.patience,
            max_iterations: self.max_iterations,
        }
    }

    fn check(&self) -> Result<(), OptimError> {
        options::positive("learning_rate", self.learning_rate)?;
        options::below_one("momentum", self.momentum)?;
        options::positive("max_step", self.max_step)?;
        options::not_negative("gradient_tolerance", self.gradient_tolerance)?;
        self.stop_rule().check()
    }
}

impl Nesterov {
    /// The method with these options.
    ///
    /// # Errors
    /// [`OptimError::OptionRange`].
    pub fn new(options: NesterovOptions) -> Result<Self, OptimError> {
        options.check()?;
        Ok(Self { options, ..Self::default() })
    }

    /// The options of the method.
    pub fn options(&self) -> &NesterovOptions {
        &self.options
    }
}

impl checkpoint::State for State {
    fn fits(&self, n: usize) -> bool {
        self.behind.len() == n
    }
}

impl Optimizer for Nesterov {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        let at = Iterate::at(f, x0)?;
        self.state.behind.clone_from(&at.x);
        self.options.stop_rule().start(&at, &mut self.state.plateau);
        Ok(at)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        let o = &self.options;
        let gradient = scaled::gradient(f, at);
        if at.settled && scaled::largest(&gradient) <= o.gradient_tolerance {
            return Ok(Progress::Done(Termination::GradientTolerance));
        }
        let mut descent = scaled::times(&gradient, -o.learning_rate);
        scaled::shorten(&mut descent, o.max_step);
        let ahead = scaled::moved(f, &at.x, 1.0, &descent);
        let travelled = scaled::difference(f, &ahead, &self.state.behind);
        let mut step = descent;
        if !(o.restart && scaled::dot(&gradient, &travelled) > 0.0) {
            scaled::add(&mut step, o.momentum, &travelled);
        }
        scaled::shorten(&mut step, o.max_step);
        let step = scaled::to_step(f, &step);
        let moved = at.advance_by(f, &step)?;
        // A point that had to be taken back starts anew.
        let whole = moved.is_some_and(|fraction| fraction >= 1.0);
        self.state.behind = if whole { ahead } else { at.x.clone() };
        Ok(o.stop_rule().after(moved, at, &mut self.state.plateau))
    }

    fn fresh(&self) -> AnyOptimizer {
        Self { options: self.options.clone(), ..Self::default() }.into()
    }

    fn name(&self) -> &'static str {
        "nesterov"
    }

    fn save(&self) -> Result<Value, OptimError> {
        checkpoint::save(&self.state)
    }

    fn load(&mut self, state: &Value, dim: usize) -> Result<(), OptimError> {
        self.state = checkpoint::load(self, state, dim)?;
        Ok(())
    }
}
