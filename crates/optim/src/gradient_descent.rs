//! Gradient descent as StructSnap does it.

use crate::plateau::{Plateau, StopRule};
use crate::{
    AnyOptimizer, Iterate, Objective, OptimError, Optimizer, Progress, checkpoint, options,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Gradient descent with step caps and a plateau rule.
///
/// x <- P(x - `learning_rate` * gradient), each component capped ([`Component::capped`](crate::Component::capped)). From
/// iteration `patience` on the run ends when best(n - patience) - best(n) < `tolerance`, and at `max_iterations` in any case.
/// The best iterate is kept.
///
/// # References
/// Segal et al., Digital Discovery (2026), doi:10.1039/d6dd00017g. The paper does not print its learning rates; 0.04 is
/// StructSnap's for lattices (Å and degrees) and 4e-4 where coordinates move.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GradientDescent {
    options: GradientDescentOptions,
    plateau: Plateau,
}

/// Options of [`GradientDescent`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GradientDescentOptions {
    /// Step length per unit of gradient, in the components' own units. Default 0.04.
    pub learning_rate: f64,
    /// Least improvement over `patience` iterations. Default 1e-3.
    pub tolerance: f64,
    /// Iterations over which improvement is asked for. Default 1000.
    pub patience: u64,
    /// Most iterations. Default 30001.
    pub max_iterations: u64,
}

impl Default for GradientDescentOptions {
    fn default() -> Self {
        Self { learning_rate: 0.04, tolerance: 1e-3, patience: 1000, max_iterations: 30001 }
    }
}

impl GradientDescent {
    /// The method with these options.
    ///
    /// # Errors
    /// [`OptimError::OptionRange`].
    pub fn new(options: GradientDescentOptions) -> Result<Self, OptimError> {
        options.check()?;
        Ok(Self { options, ..Self::default() })
    }

    /// The options of the method.
    pub fn options(&self) -> &GradientDescentOptions {
        &self.options
    }
}

impl GradientDescentOptions {
    fn stop_rule(&self) -> StopRule {
        StopRule {
            tolerance: self.tolerance,
            patience: self.patience,
            max_iterations: self.max_iterations,
        }
    }

    fn check(&self) -> Result<(), OptimError> {
        options::positive("learning_rate", self.learning_rate)?;
        self.stop_rule().check()
    }
}

impl Optimizer for GradientDescent {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        let at = Iterate::at(f, x0)?;
        self.options.stop_rule().start(&at, &mut self.plateau);
        Ok(at)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        let step: Vec<f64> = f
            .components()
            .iter()
            .zip(&at.x)
            .zip(&at.gradient)
            .map(|((c, x), g)| c.capped(*x, -self.options.learning_rate * g))
            .collect();
        self.options.stop_rule().advance(f, at, &step, &mut self.plateau)
    }

    fn fresh(&self) -> AnyOptimizer {
        Self { options: self.options.clone(), ..Self::default() }.into()
    }

    fn name(&self) -> &'static str {
        "gradient-descent"
    }

    fn save(&self) -> Result<Value, OptimError> {
        checkpoint::save(&self.plateau)
    }

    fn load(&mut self, state: &Value, dim: usize) -> Result<(), OptimError> {
        self.plateau = checkpoint::load(self, state, dim)?;
        Ok(())
    }
}
