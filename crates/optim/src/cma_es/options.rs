//! Options of CMA-ES.

use crate::{OptimError, options};
use serde::{Deserialize, Serialize};

/// Options of [`CmaEs`](crate::CmaEs).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CmaEsOptions {
    /// First step size in scaled variables (scale: 1 Å, 10 degrees, 0.1 of a cell edge); the minimum should lie within about
    /// three of it. Default 0.1.
    pub sigma0: f64,
    /// Points in a generation; 0, the default, stands for 4 + floor(3 ln k) with k free directions. 1 is refused.
    pub population: u64,
    /// Restarts with twice the population each. Default 0.
    pub restarts: u64,
    /// Ends a search when the best values of 10 + 30 k / population generations and those of the last one differ by no more.
    /// Default 1e-12.
    pub value_tolerance: f64,
    /// Ends a search when the standard deviation of no direction exceeds it, in scaled variables. Default 1e-10.
    pub step_tolerance: f64,
    /// Most generations of all searches. Default 10000.
    pub max_iterations: u64,
    /// Seed of the random stream, added to that of the task in a study. Default 0.
    pub seed: u64,
}

impl Default for CmaEsOptions {
    fn default() -> Self {
        Self {
            sigma0: 0.1,
            population: 0,
            restarts: 0,
            value_tolerance: 1e-12,
            step_tolerance: 1e-10,
            max_iterations: 10_000,
            seed: 0,
        }
    }
}

impl CmaEsOptions {
    pub(super) fn check(&self) -> Result<(), OptimError> {
        options::positive("sigma0", self.sigma0)?;
        if self.population == 1 || self.population > 1_000_000 {
            return Err(OptimError::OptionRange {
                name: "population",
                value: self.population as f64,
                expected: "0, or 2 to 1000000",
            });
        }
        if self.restarts > 9 {
            return Err(OptimError::OptionRange {
                name: "restarts",
                value: self.restarts as f64,
                expected: "0 to 9",
            });
        }
        options::not_negative("value_tolerance", self.value_tolerance)?;
        options::not_negative("step_tolerance", self.step_tolerance)?;
        options::count("max_iterations", self.max_iterations)
    }

    /// Points in the first generation with k free directions.
    pub(super) fn population_in(&self, k: usize) -> u64 {
        if self.population > 0 {
            self.population
        } else {
            4 + (3.0 * libm::log(k.max(1) as f64)) as u64
        }
    }
}
