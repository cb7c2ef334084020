//! A descent that looks at the sign of the gradient alone.

use braggscape_plugin::optim::{
    AnyOptimizer, Iterate, Objective, OptimError, Optimizer, Progress, Termination,
};
use serde::Deserialize;

/// Every component moves by `step` times its scale against the sign of its gradient; the step shrinks by half whenever
/// the value rises.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignDescent {
    /// First step, in units of the components' scales.
    pub step: f64,
    /// Number of iterations.
    pub iterations: u64,
    #[serde(skip)]
    current: f64,
}

impl SignDescent {
    /// A descent of this first step and number of iterations.
    pub fn new(step: f64, iterations: u64) -> Self {
        Self { step, iterations, current: step }
    }
}

impl Optimizer for SignDescent {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        self.current = self.step;
        Iterate::at(f, x0)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        if at.iteration >= self.iterations {
            return Ok(Progress::Done(Termination::MaxIterations));
        }
        let before = at.value;
        let step: Vec<f64> = f
            .components()
            .iter()
            .zip(&at.gradient)
            .map(|(c, g)| if *g > 0.0 { -self.current * c.scale } else { self.current * c.scale })
            .collect();
        if !at.advance(f, &step)? {
            return Ok(Progress::Done(Termination::NoFeasibleStep));
        }
        if at.value > before {
            self.current *= 0.5;
        }
        Ok(Progress::Continue)
    }

    fn fresh(&self) -> AnyOptimizer {
        AnyOptimizer::external(Self::new(self.step, self.iterations))
    }
}
