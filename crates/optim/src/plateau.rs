//! The stop rules that descents share.

use crate::{Iterate, Objective, OptimError, Progress, Termination};
use std::collections::VecDeque;

/// When a descent ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StopRule {
    /// Least improvement over `patience` iterations.
    pub(crate) tolerance: f64,
    /// Iterations over which improvement is asked for.
    pub(crate) patience: u64,
    /// Most iterations.
    pub(crate) max_iterations: u64,
}

impl StopRule {
    /// Takes a step and says whether the descent goes on.
    pub(crate) fn advance(
        &self,
        f: &dyn Objective,
        at: &mut Iterate,
        step: &[f64],
        plateau: &mut Plateau,
    ) -> Result<Progress, OptimError> {
        if !at.advance(f, step)? {
            return Ok(Progress::Done(Termination::NoFeasibleStep));
        }
        if plateau.reached(at.best_value, self.patience as usize, self.tolerance) {
            return Ok(Progress::Done(Termination::Converged));
        }
        if at.iteration >= self.max_iterations {
            return Ok(Progress::Done(Termination::MaxIterations));
        }
        Ok(Progress::Continue)
    }
}

/// Remembers the best values of the last `patience` iterations.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Plateau {
    best: VecDeque<f64>,
}

impl Plateau {
    /// Records best(n); true if best(n - patience) - best(n) < tolerance.
    pub(crate) fn reached(&mut self, best: f64, patience: usize, tolerance: f64) -> bool {
        self.best.push_back(best);
        if self.best.len() <= patience {
            return false;
        }
        let before = self.best.pop_front().unwrap_or(best);
        before - best < tolerance
    }

    pub(crate) fn clear(&mut self) {
        self.best.clear();
    }
}
