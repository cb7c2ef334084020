//! Gradient descent with momentum.

use crate::plateau::{Plateau, StopRule};
use crate::{
    AnyOptimizer, Iterate, Objective, OptimError, Optimizer, Progress, Termination, checkpoint,
    options, scaled,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Gradient descent with momentum: the heavy ball.
///
/// With u = x / scale: u(n+1) = P(u(n) - `learning_rate` g(n) + `momentum` (u(n) - u(n-1))), g the gradient along the
/// constraint. The move that is remembered is the one that was made, after projection and halving, so a ball that meets a wall
/// or a constraint does not keep pushing. No component moves by more than `max_step`.
///
/// # Examples
/// ```
/// use braggscape_testkit::functions::{FunctionObjective, TestFunction};
/// use braggscape_optim::{Limits, Momentum, MomentumOptions, minimize};
///
/// let f = FunctionObjective::new(TestFunction::Sphere, 1);
/// let options =
///     MomentumOptions { learning_rate: 0.1, momentum: 0.5, max_step: 1.0, max_iterations: 2, ..Default::default() };
/// let found = minimize(&mut Momentum::new(options)?, &f, &[1.0], Limits::default(), &mut ())?;
/// // 1 - 0.1 * 2 = 0.8, then 0.8 - 0.1 * 1.6 + 0.5 * (0.8 - 1).
/// assert!((found.x[0] - 0.54).abs() < 1e-15);
/// # Ok::<(), braggscape_optim::OptimError>(())
/// ```
///
/// # References
/// Polyak, USSR Comput. Math. Math. Phys. 4, 1 (1964), doi:10.1016/0041-5553(64)90137-5.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Momentum {
    options: MomentumOptions,
    state: State,
}

/// Options of [`Momentum`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MomentumOptions {
    /// Step per unit of gradient, in scaled variables (scale: 1 Å, 10 degrees, 0.1 of a cell edge). Default 5e-3: half of what
    /// is stable with lattices; studies of coordinates, where the loss is flatter, use 0.3.
    pub learning_rate: f64,
    /// Fraction of the last move that is added. Default 0.97: moves add up over about 30 steps, as the long valleys of these
    /// losses need.
    pub momentum: f64,
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
    /// The last move, in scaled variables.
    velocity: Vec<f64>,
    plateau: Plateau,
}

impl Default for MomentumOptions {
    fn default() -> Self {
        Self {
            learning_rate: 5e-3,
            momentum: 0.97,
            max_step: 0.05,
            gradient_tolerance: 1e-8,
            tolerance: 1e-9,
            patience: 200,
            max_iterations: 30001,
        }
    }
}

impl MomentumOptions {
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

impl Momentum {
    /// The method with these options.
    ///
    /// # Errors
    /// [`OptimError::OptionRange`].
    pub fn new(options: MomentumOptions) -> Result<Self, OptimError> {
        options.check()?;
        Ok(Self { options, ..Self::default() })
    }

    /// The options of the method.
    pub fn options(&self) -> &MomentumOptions {
        &self.options
    }
}

impl checkpoint::State for State {
    fn fits(&self, n: usize) -> bool {
        self.velocity.len() == n
    }
}

impl Optimizer for Momentum {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        let at = Iterate::at(f, x0)?;
        self.state.velocity = vec![0.0; at.x.len()];
        self.options.stop_rule().start(&at, &mut self.state.plateau);
        Ok(at)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        let o = &self.options;
        let gradient = scaled::gradient(f, at);
        if at.settled && scaled::largest(&gradient) <= o.gradient_tolerance {
            return Ok(Progress::Done(Termination::GradientTolerance));
        }
        let mut step = scaled::times(&self.state.velocity, o.momentum);
        scaled::add(&mut step, -o.learning_rate, &gradient);
        scaled::shorten(&mut step, o.max_step);
        let before = at.x.clone();
        let step = scaled::to_step(f, &step);
        let progress = o.stop_rule().advance(f, at, &step, &mut self.state.plateau)?;
        self.state.velocity = scaled::difference(f, &at.x, &before);
        Ok(progress)
    }

    fn fresh(&self) -> AnyOptimizer {
        Self { options: self.options.clone(), ..Self::default() }.into()
    }

    fn name(&self) -> &'static str {
        "momentum"
    }

    fn save(&self) -> Result<Value, OptimError> {
        checkpoint::save(&self.state)
    }

    fn load(&mut self, state: &Value, dim: usize) -> Result<(), OptimError> {
        self.state = checkpoint::load(self, state, dim)?;
        Ok(())
    }
}
