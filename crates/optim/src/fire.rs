//! FIRE: the fast inertial relaxation engine.

use crate::plateau::{Plateau, StopRule};
use crate::{
    AnyOptimizer, Iterate, Objective, OptimError, Optimizer, Progress, Termination, checkpoint,
    options, scaled,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// FIRE 2.0: molecular dynamics that are steered downhill and stopped whenever they go uphill.
///
/// In scaled variables u = x / scale with unit masses and the force F = -g along the constraint, semi-implicit Euler:
///
/// - power = F . v. If it is positive for more than `delay` steps in a row, dt <- min(`grow` dt, `dt_max`) and alpha <-
///   `alpha_decay` alpha. If it is not: u <- u - dt v / 2, v <- 0, alpha <- `alpha`, and, after the first `delay` steps,
///   dt <- max(`shrink` dt, `dt_min`);
/// - v <- v + dt F, then v <- (1 - alpha) v + alpha F |v| / |F|;
/// - u <- P(u + dt v).
///
/// The two moves of a step are made at once: one evaluation a step. A step that had to be halved to be evaluated stops the
/// motion. No component moves by more than `max_step`. More than `max_uphill` stops in a row end the run.
///
/// # Examples
/// ```
/// use braggscape_testkit::functions::{FunctionObjective, TestFunction};
/// use braggscape_optim::{Fire, FireOptions, Limits, minimize};
///
/// let f = FunctionObjective::new(TestFunction::Sphere, 1);
/// let options = FireOptions { dt: 0.1, dt_max: 1.0, max_iterations: 1, ..Default::default() };
/// let found = minimize(&mut Fire::new(options)?, &f, &[1.0], Limits::default(), &mut ())?;
/// // From rest, v = -0.1 * 2 and u = 1 + 0.1 v.
/// assert!((found.x[0] - 0.98).abs() < 1e-15);
/// # Ok::<(), braggscape_optim::OptimError>(())
/// ```
///
/// # References
/// Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006), doi:10.1103/PhysRevLett.97.170201; Guénolé et al., Comput. Mater. Sci. 175,
/// 109584 (2020), doi:10.1016/j.commatsci.2020.109584, whose algorithm and defaults these are, but for the time step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fire {
    options: FireOptions,
    state: State,
}

/// Options of [`Fire`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FireOptions {
    /// First time step; moves are dt^2 times the gradient in scaled variables (scale: 1 Å, 10 degrees, 0.1 of a cell edge).
    /// Default 0.01: motion is stable below 2 / sqrt(curvature), about 0.2 with lattices; studies of coordinates, where the loss
    /// is flatter, use 0.05.
    pub dt: f64,
    /// Longest time step. Default 0.1, ten times the first.
    pub dt_max: f64,
    /// Shortest time step. Default 2e-4, a fiftieth of the first.
    pub dt_min: f64,
    /// Steps downhill before the time step grows. Default 20.
    pub delay: u64,
    /// Factor by which the time step grows. Default 1.1.
    pub grow: f64,
    /// Factor by which it shrinks. Default 0.5.
    pub shrink: f64,
    /// Fraction of the velocity that is turned into the direction of the force. Default 0.25.
    pub alpha: f64,
    /// Factor by which that fraction falls. Default 0.99.
    pub alpha_decay: f64,
    /// Most stops in a row. Default 2000.
    pub max_uphill: u64,
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
    motion: Motion,
    plateau: Plateau,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Motion {
    velocity: Vec<f64>,
    dt: f64,
    alpha: f64,
    downhill: u64,
    uphill: u64,
    steps: u64,
}

impl Default for FireOptions {
    fn default() -> Self {
        Self {
            dt: 0.01,
            dt_max: 0.1,
            dt_min: 2e-4,
            delay: 20,
            grow: 1.1,
            shrink: 0.5,
            alpha: 0.25,
            alpha_decay: 0.99,
            max_uphill: 2000,
            max_step: 0.05,
            gradient_tolerance: 1e-8,
            tolerance: 1e-9,
            patience: 200,
            max_iterations: 30001,
        }
    }
}

impl FireOptions {
    fn stop_rule(&self) -> StopRule {
        StopRule {
            tolerance: self.tolerance,
            patience: self.patience,
            max_iterations: self.max_iterations,
        }
    }

    fn check(&self) -> Result<(), OptimError> {
        options::positive("dt", self.dt)?;
        let range = |name, value, ok, expected| {
            if ok { Ok(()) } else { Err(OptimError::OptionRange { name, value, expected }) }
        };
        let finite = self.dt_max.is_finite();
        range("dt_max", self.dt_max, self.dt_max >= self.dt && finite, "dt or more")?;
        let below = self.dt_min > 0.0 && self.dt_min <= self.dt;
        range("dt_min", self.dt_min, below, "above 0 and at most dt")?;
        options::above_one("grow", self.grow)?;
        options::fraction("shrink", self.shrink)?;
        options::below_one("alpha", self.alpha)?;
        options::fraction("alpha_decay", self.alpha_decay)?;
        options::count("max_uphill", self.max_uphill)?;
        options::positive("max_step", self.max_step)?;
        options::not_negative("gradient_tolerance", self.gradient_tolerance)?;
        self.stop_rule().check()
    }
}

impl Fire {
    /// The method with these options.
    ///
    /// # Errors
    /// [`OptimError::OptionRange`].
    pub fn new(options: FireOptions) -> Result<Self, OptimError> {
        options.check()?;
        Ok(Self { options, ..Self::default() })
    }

    /// The options of the method.
    pub fn options(&self) -> &FireOptions {
        &self.options
    }
}

impl Motion {
    /// Changes velocity and time step for the force -g; gives the step.
    fn step(&mut self, o: &FireOptions, gradient: &[f64]) -> Vec<f64> {
        let mut step = vec![0.0; gradient.len()];
        if -scaled::dot(gradient, &self.velocity) > 0.0 {
            self.downhill += 1;
            self.uphill = 0;
            if self.downhill > o.delay {
                self.dt = (self.dt * o.grow).min(o.dt_max);
                self.alpha *= o.alpha_decay;
            }
        } else {
            // The motion from rest at the beginning is not one that went uphill.
            if self.steps > 0 {
                self.uphill += 1;
            }
            self.downhill = 0;
            if self.steps > o.delay {
                self.dt = (self.dt * o.shrink).max(o.dt_min);
            }
            self.alpha = o.alpha;
            scaled::add(&mut step, -0.5 * self.dt, &self.velocity);
            self.velocity.fill(0.0);
        }
        self.steps += 1;
        scaled::add(&mut self.velocity, -self.dt, gradient);
        let force = scaled::dot(gradient, gradient).sqrt();
        if force > 0.0 {
            let speed = scaled::dot(&self.velocity, &self.velocity).sqrt();
            self.velocity.iter_mut().for_each(|v| *v *= 1.0 - self.alpha);
            scaled::add(&mut self.velocity, -self.alpha * speed / force, gradient);
        }
        scaled::add(&mut step, self.dt, &self.velocity);
        step
    }
}

impl checkpoint::State for State {
    fn fits(&self, n: usize) -> bool {
        self.motion.velocity.len() == n
    }
}

impl Optimizer for Fire {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        let at = Iterate::at(f, x0)?;
        let (dt, alpha) = (self.options.dt, self.options.alpha);
        self.state.motion =
            Motion { velocity: vec![0.0; at.x.len()], dt, alpha, ..Motion::default() };
        self.options.stop_rule().start(&at, &mut self.state.plateau);
        Ok(at)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        let o = &self.options;
        let gradient = scaled::gradient(f, at);
        if at.settled && scaled::largest(&gradient) <= o.gradient_tolerance {
            return Ok(Progress::Done(Termination::GradientTolerance));
        }
        let mut motion = self.state.motion.clone();
        let mut step = motion.step(o, &gradient);
        if at.settled && motion.uphill > o.max_uphill {
            return Ok(Progress::Done(Termination::Stagnation));
        }
        scaled::shorten(&mut step, o.max_step);
        let step = scaled::to_step(f, &step);
        let moved = at.advance_by(f, &step)?;
        if moved.is_none_or(|fraction| fraction < 1.0) {
            motion.velocity.fill(0.0);
            motion.dt = (motion.dt * o.shrink).max(o.dt_min);
        }
        self.state.motion = motion;
        Ok(o.stop_rule().after(moved, at, &mut self.state.plateau))
    }

    fn fresh(&self) -> AnyOptimizer {
        Self { options: self.options.clone(), ..Self::default() }.into()
    }

    fn name(&self) -> &'static str {
        "fire"
    }

    fn save(&self) -> Result<Value, OptimError> {
        checkpoint::save(&self.state)
    }

    fn load(&mut self, state: &Value, dim: usize) -> Result<(), OptimError> {
        self.state = checkpoint::load(self, state, dim)?;
        Ok(())
    }
}
