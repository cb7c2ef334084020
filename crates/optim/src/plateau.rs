//! The stop rules that descents share.

use crate::checkpoint::State;
use crate::{Iterate, Objective, OptimError, Progress, Termination, options};
use serde::{Deserialize, Serialize};
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
    /// Checks the ranges.
    pub(crate) fn check(&self) -> Result<(), OptimError> {
        options::not_negative("tolerance", self.tolerance)?;
        options::count("patience", self.patience)?;
        options::count("max_iterations", self.max_iterations)
    }

    /// Forgets earlier runs and records the start.
    pub(crate) fn start(&self, at: &Iterate, plateau: &mut Plateau) {
        plateau.best.clear();
        if at.settled {
            plateau.reached(at.best_value, self.patience as usize, self.tolerance);
        }
    }

    /// Takes a step and says whether the descent goes on.
    pub(crate) fn advance(
        &self,
        f: &dyn Objective,
        at: &mut Iterate,
        step: &[f64],
        plateau: &mut Plateau,
    ) -> Result<Progress, OptimError> {
        let moved = at.advance_by(f, step)?;
        Ok(self.after(moved, at, plateau))
    }

    /// Says whether a descent goes on that has taken this fraction of a step. Values count from the first point on at which the
    /// constraint is in force.
    pub(crate) fn after(
        &self,
        moved: Option<f64>,
        at: &Iterate,
        plateau: &mut Plateau,
    ) -> Progress {
        if moved.is_none() {
            return Progress::Done(Termination::NoFeasibleStep);
        }
        let patience = self.patience as usize;
        if at.settled && plateau.reached(at.best_value, patience, self.tolerance) {
            return Progress::Done(Termination::Converged);
        }
        if at.iteration >= self.max_iterations {
            return Progress::Done(Termination::MaxIterations);
        }
        Progress::Continue
    }
}

/// Remembers the best values of the last `patience` iterations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Plateau {
    best: VecDeque<f64>,
}

impl State for Plateau {
    fn fits(&self, _: usize) -> bool {
        true
    }
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
}
