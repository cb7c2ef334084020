//! The way of a run, seen on a section.

use crate::Section;
use braggscape_optim::{Iterate, Observer, Termination};
use std::ops::ControlFlow;

/// One point of a way.
#[derive(Debug, Clone, PartialEq)]
pub struct PathPoint {
    /// Steps taken before it.
    pub iteration: u64,
    /// The place (u, v) of the section nearest to it, which may lie outside.
    pub place: [f64; 2],
    /// Value of the objective.
    pub value: f64,
    /// The point itself, in the components of the section.
    pub x: Vec<f64>,
}

/// Turns the variables of a run into the components of the section.
type Map<'a> = Box<dyn FnMut(&[f64]) -> Vec<f64> + 'a>;

/// Records the way of a run on a section: an [`Observer`] for [`minimize`](braggscape_optim::minimize).
///
/// The start and the last point that the driver shows are always kept, others where they lie further than `min_step` from the last one that was kept, as a
/// share of the axes' lengths (the greater of both).
pub struct PathRecorder<'a> {
    section: &'a Section,
    min_step: f64,
    map: Map<'a>,
    kept: Vec<PathPoint>,
    last: Option<PathPoint>,
}

impl std::fmt::Debug for PathRecorder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PathRecorder").field("kept", &self.kept.len()).finish_non_exhaustive()
    }
}

impl<'a> PathRecorder<'a> {
    /// A recorder for runs whose variables `map` turns into the components of the section; a point that it turns into another number
    /// of components is passed over.
    pub fn new(
        section: &'a Section,
        min_step: f64,
        map: impl FnMut(&[f64]) -> Vec<f64> + 'a,
    ) -> Self {
        Self { section, min_step, map: Box::new(map), kept: Vec::new(), last: None }
    }

    /// The way.
    pub fn finish(mut self) -> Vec<PathPoint> {
        self.kept.extend(self.last);
        self.kept
    }
}

impl Observer for PathRecorder<'_> {
    fn observe(&mut self, at: &Iterate, _: u64) -> ControlFlow<Termination> {
        let x = (self.map)(&at.x);
        if x.len() != self.section.base().len() {
            return ControlFlow::Continue(());
        }
        let place = self.section.project(&x);
        let point = PathPoint { iteration: at.iteration, place, value: at.value, x };
        let axes = self.section.axes();
        let far = self.kept.last().is_none_or(|kept| {
            (0..2).any(|k| (place[k] - kept.place[k]).abs() > self.min_step * axes[k].length())
        });
        if far {
            self.kept.push(point);
            self.last = None;
        } else {
            self.last = Some(point);
        }
        ControlFlow::Continue(())
    }
}
