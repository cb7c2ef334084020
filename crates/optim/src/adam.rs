//! Adam.

use crate::plateau::{Plateau, StopRule};
use crate::{
    AnyOptimizer, Iterate, Objective, OptimError, Optimizer, Progress, checkpoint, options,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Adam in scaled variables, with the plateau rule of [`GradientDescent`](crate::GradientDescent).
///
/// With u = x / scale: m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2, u <- u - `learning_rate` m' /
/// (sqrt(v') + `epsilon`), m' and v' corrected for their bias, g the gradient along the constraint; then the projection.
///
/// # Examples
/// ```
/// use braggscape_testkit::functions::{FunctionObjective, TestFunction};
/// use braggscape_optim::{Adam, AdamOptions, Limits, minimize};
///
/// let f = FunctionObjective::new(TestFunction::Sphere, 1);
/// let options = AdamOptions { max_iterations: 1, ..Default::default() };
/// let found = minimize(&mut Adam::new(options)?, &f, &[1.0], Limits::default(), &mut ())?;
/// // The first step is as long as the learning rate, whatever the gradient.
/// assert!((found.x[0] - 0.99).abs() < 1e-10);
/// # Ok::<(), braggscape_optim::OptimError>(())
/// ```
///
/// # References
/// Kingma & Ba, ICLR 2015, arXiv:1412.6980, algorithm 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Adam {
    options: AdamOptions,
    state: State,
}

/// Options of [`Adam`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamOptions {
    /// Step length in scaled variables (scale: 1 Å, 10 degrees, 0.1 of a cell edge). Default 0.01.
    pub learning_rate: f64,
    /// Decay of the mean gradient. Default 0.9.
    pub beta1: f64,
    /// Decay of the mean squared gradient. Default 0.999.
    pub beta2: f64,
    /// Keeps the quotient finite. Default 1e-8.
    pub epsilon: f64,
    /// Least improvement over `patience` iterations. Default 1e-3.
    pub tolerance: f64,
    /// Iterations over which improvement is asked for. Default 1000.
    pub patience: u64,
    /// Most iterations. Default 30001.
    pub max_iterations: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    moments: Moments,
    plateau: Plateau,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Moments {
    mean: Vec<f64>,
    square: Vec<f64>,
    /// beta1^n and beta2^n.
    decay: [f64; 2],
}

impl Default for AdamOptions {
    fn default() -> Self {
        Self {
            learning_rate: 0.01,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            tolerance: 1e-3,
            patience: 1000,
            max_iterations: 30001,
        }
    }
}

impl Adam {
    /// The method with these options.
    ///
    /// # Errors
    /// [`OptimError::OptionRange`].
    pub fn new(options: AdamOptions) -> Result<Self, OptimError> {
        options.check()?;
        Ok(Self { options, ..Self::default() })
    }

    /// The options of the method.
    pub fn options(&self) -> &AdamOptions {
        &self.options
    }
}

impl AdamOptions {
    fn stop_rule(&self) -> StopRule {
        StopRule {
            tolerance: self.tolerance,
            patience: self.patience,
            max_iterations: self.max_iterations,
        }
    }

    fn check(&self) -> Result<(), OptimError> {
        options::positive("learning_rate", self.learning_rate)?;
        options::below_one("beta1", self.beta1)?;
        options::below_one("beta2", self.beta2)?;
        options::positive("epsilon", self.epsilon)?;
        self.stop_rule().check()
    }
}

impl checkpoint::State for State {
    fn fits(&self, n: usize) -> bool {
        self.moments.mean.len() == n && self.moments.square.len() == n
    }
}

impl Optimizer for Adam {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        let at = Iterate::at(f, x0)?;
        let zeros = || vec![0.0; at.x.len()];
        let decay = [1.0; 2];
        self.state.moments = Moments { mean: zeros(), square: zeros(), decay };
        self.options.stop_rule().start(&at, &mut self.state.plateau);
        Ok(at)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        let mut s = self.state.moments.clone();
        s.decay[0] *= self.options.beta1;
        s.decay[1] *= self.options.beta2;
        let gradient = at.gradient_along(f);
        let mut step = vec![0.0; at.x.len()];
        for (i, c) in f.components().iter().enumerate() {
            let g = gradient[i] * c.scale;
            s.mean[i] = self.options.beta1 * s.mean[i] + (1.0 - self.options.beta1) * g;
            s.square[i] = self.options.beta2 * s.square[i] + (1.0 - self.options.beta2) * g * g;
            let mean = s.mean[i] / (1.0 - s.decay[0]);
            let square = s.square[i] / (1.0 - s.decay[1]);
            step[i] = -self.options.learning_rate * c.scale * mean
                / (square.sqrt() + self.options.epsilon);
        }
        let progress = self.options.stop_rule().advance(f, at, &step, &mut self.state.plateau)?;
        self.state.moments = s;
        Ok(progress)
    }

    fn fresh(&self) -> AnyOptimizer {
        Self { options: self.options.clone(), ..Self::default() }.into()
    }

    fn name(&self) -> &'static str {
        "adam"
    }

    fn save(&self) -> Result<Value, OptimError> {
        checkpoint::save(&self.state)
    }

    fn load(&mut self, state: &Value, dim: usize) -> Result<(), OptimError> {
        self.state = checkpoint::load(self, state, dim)?;
        Ok(())
    }
}
