//! Watching a run: trajectories, targets, and several observers at once.

use crate::{Iterate, Termination};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// Watches a run; `()` watches nothing. Tuples of two or three and slices of observers watch together: each sees every
/// iterate, and the first that asks for the end gives the reason.
///
/// # Examples
/// ```
/// use braggscape_optim::{Iterate, Observer, Termination};
/// use std::ops::ControlFlow;
///
/// /// Ends a run after so many steps.
/// struct Steps(u64);
///
/// impl Observer for Steps {
///     fn observe(&mut self, at: &Iterate, _evaluations: u64) -> ControlFlow<Termination> {
///         if at.iteration < self.0 { ControlFlow::Continue(()) } else { ControlFlow::Break(Termination::Stopped) }
///     }
/// }
///
/// let at = Iterate {
///     x: vec![0.0], value: 0.5, gradient: vec![0.0], best_x: vec![0.0], best_value: 0.5, iteration: 3, settled: true,
/// };
/// assert!(Steps(4).observe(&at, 4).is_continue());
/// assert_eq!((Steps(4), Steps(3)).observe(&at, 4).break_value(), Some(Termination::Stopped));
/// ```
pub trait Observer {
    /// Called after the start and after every step with the evaluations so far; `Break` ends the run for this reason, usually
    /// [`Termination::Stopped`].
    fn observe(&mut self, at: &Iterate, evaluations: u64) -> ControlFlow<Termination>;
}

impl Observer for () {
    fn observe(&mut self, _at: &Iterate, _evaluations: u64) -> ControlFlow<Termination> {
        ControlFlow::Continue(())
    }
}

impl<O: Observer + ?Sized> Observer for &mut O {
    fn observe(&mut self, at: &Iterate, evaluations: u64) -> ControlFlow<Termination> {
        (**self).observe(at, evaluations)
    }
}

impl<O: Observer> Observer for [O] {
    fn observe(&mut self, at: &Iterate, evaluations: u64) -> ControlFlow<Termination> {
        self.iter_mut().map(|o| o.observe(at, evaluations)).fold(ControlFlow::Continue(()), first)
    }
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&mut self, at: &Iterate, evaluations: u64) -> ControlFlow<Termination> {
        first(self.0.observe(at, evaluations), self.1.observe(at, evaluations))
    }
}

impl<A: Observer, B: Observer, C: Observer> Observer for (A, B, C) {
    fn observe(&mut self, at: &Iterate, evaluations: u64) -> ControlFlow<Termination> {
        let ends = self.0.observe(at, evaluations);
        let ends = first(ends, self.1.observe(at, evaluations));
        first(ends, self.2.observe(at, evaluations))
    }
}

/// The first reason of two.
fn first(a: ControlFlow<Termination>, b: ControlFlow<Termination>) -> ControlFlow<Termination> {
    if a.is_break() { a } else { b }
}

/// Ends a run with [`Termination::TargetReached`] when the best value is at most the target and the constraint, if there is
/// one, is in force.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target(pub f64);

impl Observer for Target {
    fn observe(&mut self, at: &Iterate, _evaluations: u64) -> ControlFlow<Termination> {
        if at.settled && at.best_value <= self.0 {
            ControlFlow::Break(Termination::TargetReached)
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// One recorded iterate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrajectoryRow {
    /// Steps taken.
    pub iteration: u64,
    /// Evaluations so far.
    pub evaluations: u64,
    /// Value at the current point.
    pub value: f64,
    /// Best value so far.
    pub best_value: f64,
    /// Current point, if points are recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Vec<f64>>,
}

/// Records every n-th iterate of a run, the first and the last.
///
/// # Examples
/// ```
/// use braggscape_optim::{Iterate, Observer, Trajectory};
/// let mut trajectory = Trajectory::every(10);
/// for iteration in 0..=25 {
///     let at = Iterate {
///         x: vec![0.0], value: 0.5, gradient: vec![0.0], best_x: vec![0.0], best_value: 0.5, iteration, settled: true,
///     };
///     assert!(trajectory.observe(&at, iteration + 1).is_continue());
/// }
/// let iterations: Vec<u64> = trajectory.rows().map(|row| row.iteration).collect();
/// assert_eq!(iterations, [0, 10, 20, 25]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    every: u64,
    points: bool,
    rows: Vec<TrajectoryRow>,
    /// The newest iterate, if it is not the last of `rows`.
    last: Option<TrajectoryRow>,
}

impl Trajectory {
    /// Records every `every`-th iterate (0 stands for 1), without the points.
    pub fn every(every: u64) -> Self {
        Self { every: every.max(1), points: false, rows: Vec::new(), last: None }
    }

    /// The points as well.
    #[must_use]
    pub fn with_points(self) -> Self {
        Self { points: true, ..self }
    }

    /// The recorded iterates in their order, the last one included.
    pub fn rows(&self) -> impl Iterator<Item = &TrajectoryRow> {
        self.rows.iter().chain(&self.last)
    }
}

impl Observer for Trajectory {
    fn observe(&mut self, at: &Iterate, evaluations: u64) -> ControlFlow<Termination> {
        let row = TrajectoryRow {
            iteration: at.iteration,
            evaluations,
            value: at.value,
            best_value: at.best_value,
            x: self.points.then(|| at.x.clone()),
        };
        if self.rows.is_empty() || at.iteration.is_multiple_of(self.every) {
            self.rows.push(row);
            self.last = None;
        } else {
            self.last = Some(row);
        }
        ControlFlow::Continue(())
    }
}
