//! The stop rule of StructSnap's descent.

use std::collections::VecDeque;

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
