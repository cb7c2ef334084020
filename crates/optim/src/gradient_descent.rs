//! Gradient descent as StructSnap does it.

use crate::plateau::{Plateau, StopRule};
use crate::{AnyOptimizer, Iterate, Objective, OptimError, Optimizer, Progress};
use serde::{Deserialize, Serialize};

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

/// Checks the options that descents share.
pub(crate) fn check_options(
    learning_rate: f64,
    tolerance: f64,
    patience: u64,
    max_iterations: u64,
) -> Result<(), OptimError> {
    let fail = |name, value, expected| Err(OptimError::OptionRange { name, value, expected });
    if !(learning_rate > 0.0 && learning_rate.is_finite()) {
        return fail("learning_rate", learning_rate, "above 0");
    }
    if !(tolerance >= 0.0 && tolerance.is_finite()) {
        return fail("tolerance", tolerance, "0 or more");
    }
    if patience == 0 {
        return fail("patience", 0.0, "1 or more");
    }
    if max_iterations == 0 {
        return fail("max_iterations", 0.0, "1 or more");
    }
    Ok(())
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
        check_options(self.learning_rate, self.tolerance, self.patience, self.max_iterations)
    }
}

impl Optimizer for GradientDescent {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        self.plateau.clear();
        let at = Iterate::at(f, x0)?;
        self.plateau.reached(at.best_value, self.options.patience as usize, self.options.tolerance);
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
}
