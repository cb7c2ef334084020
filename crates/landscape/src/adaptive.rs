//! A grid that is fine where the function asks for it.

use crate::{Evaluator, Grid, LandscapeError, Progress, Section};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// How an adaptive grid is refined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdaptiveOptions {
    /// Largest error of bilinear interpolation that is left alone, in the unit of the function. Default 0.01: one part in a
    /// hundred of a cosine.
    pub tolerance: f64,
    /// Steps of the fine grid between points of the coarse one that is always evaluated. Default 8: features narrower than this may
    /// be missed.
    pub coarse: usize,
    /// Most evaluations; refinement ends before it would need more, worst cells first. Default: no limit.
    pub max_evaluations: u64,
}

impl Default for AdaptiveOptions {
    fn default() -> Self {
        Self { tolerance: 0.01, coarse: 8, max_evaluations: u64::MAX }
    }
}

/// A rectangle of the fine grid whose corners are known: [i0, i1] x [j0, j1].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    j: [usize; 2],
    i: [usize; 2],
}

impl Cell {
    /// Whether there are points of the fine grid between its corners.
    fn divisible(&self) -> bool {
        self.i[1] - self.i[0] > 1 || self.j[1] - self.j[0] > 1
    }

    /// Low end, middle, high end; a side of one step has no middle.
    fn stops([low, high]: [usize; 2]) -> Vec<usize> {
        if high - low > 1 { vec![low, low.midpoint(high), high] } else { vec![low, high] }
    }

    fn parts(&self) -> Vec<Self> {
        let (i, j) = (Self::stops(self.i), Self::stops(self.j));
        let pairs = j.windows(2).flat_map(|j| i.windows(2).map(move |i| (i, j)));
        pairs.map(|(i, j)| Self { i: [i[0], i[1]], j: [j[0], j[1]] }).collect()
    }

    fn points(&self) -> Vec<[usize; 2]> {
        let (i, j) = (Self::stops(self.i), Self::stops(self.j));
        j.iter().flat_map(|q| i.iter().map(move |p| [*p, *q])).collect()
    }
}

/// The state of a refinement.
struct Refinement<'a> {
    section: &'a Section,
    values: Vec<Option<f64>>,
    computed: Vec<bool>,
}

impl Refinement<'_> {
    fn value(&self, [i, j]: [usize; 2]) -> Option<f64> {
        self.values[self.section.index(i, j)]
    }

    fn missing<'a>(&'a self, cell: &Cell) -> impl Iterator<Item = usize> + use<'a> {
        let points = cell.points().into_iter().map(|[i, j]| self.section.index(i, j));
        points.filter(|k| !self.computed[*k])
    }

    /// Bilinear interpolation between the corners of a cell; `None` next to a hole.
    fn interpolated(&self, cell: &Cell, [i, j]: [usize; 2]) -> Option<f64> {
        let share = |k: usize, [low, high]: [usize; 2]| (k - low) as f64 / (high - low) as f64;
        let (s, t) = (share(i, cell.i), share(j, cell.j));
        let mut sum = 0.0;
        for (q, weight_j) in cell.j.into_iter().zip([1.0 - t, t]) {
            for (p, weight_i) in cell.i.into_iter().zip([1.0 - s, s]) {
                if weight_i * weight_j > 0.0 {
                    sum += weight_i * weight_j * self.value([p, q])?;
                }
            }
        }
        Some(sum)
    }

    /// Largest error of interpolation at the points of a cell; infinite where values and holes meet.
    fn error(&self, cell: &Cell) -> f64 {
        let corners = [cell.i[0], cell.i[1]].map(|p| cell.j.map(|q| self.value([p, q]).is_some()));
        let holes = corners.as_flattened().iter().filter(|known| !**known).count();
        cell.points().into_iter().fold(0.0, |worst, point| {
            let error = match (self.value(point), self.interpolated(cell, point)) {
                (Some(value), Some(guess)) => (value - guess).abs(),
                (None, None) if holes == 4 => 0.0,
                _ => f64::INFINITY,
            };
            f64::max(worst, error)
        })
    }

    /// Fills the points of a cell that are not known.
    fn fill(&mut self, cell: &Cell) {
        for j in cell.j[0]..=cell.j[1] {
            for i in cell.i[0]..=cell.i[1] {
                let k = self.section.index(i, j);
                if !self.computed[k] {
                    self.values[k] = self.interpolated(cell, [i, j]);
                }
            }
        }
    }
}

/// The function on a section, evaluated where bilinear interpolation would err.
///
/// A coarse grid is evaluated first. Of each cell the middles of its sides and its own middle are evaluated; where bilinear
/// interpolation from the corners errs at one of them by more than the tolerance, the quarters of the cell are treated likewise, down
/// to the resolution of the section. Elsewhere the remaining points are interpolated from the quarters' corners (for a function
/// that is quadratic within the cell, with at most half the tolerance), and [`Grid::is_computed`] says so. Where values and
/// holes meet, cells are always refined.
///
/// The result does not depend on the number of threads. Computed values are those of [`plain_grid`](crate::plain_grid). A minimum of
/// a bilinear function lies at a corner, so interpolation makes no minima of its own deeper than the tolerance.
///
/// # Errors
/// [`LandscapeError::OptionRange`] for a bad tolerance or a coarse step of 0, [`LandscapeError::Budget`], and
/// [`LandscapeError::Evaluation`].
pub fn adaptive_grid(
    section: &Section,
    options: AdaptiveOptions,
    evaluator: &Evaluator<'_>,
    progress: Progress<'_>,
) -> Result<Grid, LandscapeError> {
    let AdaptiveOptions { tolerance, coarse, max_evaluations } = options;
    if !(tolerance.is_finite() && tolerance >= 0.0) {
        return Err(LandscapeError::OptionRange { name: "tolerance", value: tolerance });
    }
    if coarse == 0 {
        return Err(LandscapeError::OptionRange { name: "coarse", value: 0.0 });
    }
    let n_points = section.n_points();
    let mut state =
        Refinement { section, values: vec![None; n_points], computed: vec![false; n_points] };
    let [u, v] = section.shape().map(|n| stops(n, coarse));
    let corners: Vec<usize> =
        v.iter().flat_map(|j| u.iter().map(|i| section.index(*i, *j))).collect();
    let needed = corners.len() as u64;
    if needed > max_evaluations {
        return Err(LandscapeError::Budget { max_evaluations, needed });
    }
    let done = AtomicU64::new(0);
    let most = (n_points as u64).min(max_evaluations);
    let evaluate = |state: &mut Refinement<'_>, points: &[usize]| {
        let values = evaluator.values(section, points, || {
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, most);
        })?;
        for (k, value) in points.iter().zip(values) {
            state.values[*k] = value;
            state.computed[*k] = true;
        }
        Ok::<_, LandscapeError>(())
    };
    evaluate(&mut state, &corners)?;
    let mut used = needed;
    // Cells with the error that made them; of equal errors the earlier cell comes first.
    let mut level: Vec<(f64, Cell)> = Vec::new();
    for j in v.windows(2) {
        for i in u.windows(2) {
            level.push((f64::INFINITY, Cell { i: [i[0], i[1]], j: [j[0], j[1]] }));
        }
    }
    let mut closed: Vec<Cell> = Vec::new();
    while !level.is_empty() {
        level.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut points = BTreeSet::new();
        let mut open: Vec<Cell> = Vec::new();
        for (_, cell) in level {
            let new: Vec<usize> = state.missing(&cell).filter(|k| !points.contains(k)).collect();
            let room = max_evaluations - used;
            if cell.divisible() && (points.len() + new.len()) as u64 <= room {
                points.extend(new);
                open.push(cell);
            } else {
                closed.push(cell);
            }
        }
        let points: Vec<usize> = points.into_iter().collect();
        evaluate(&mut state, &points)?;
        used += points.len() as u64;
        level = Vec::new();
        for cell in open {
            let error = state.error(&cell);
            if error > tolerance {
                level.extend(cell.parts().into_iter().map(|part| (error, part)));
            } else {
                closed.extend(cell.parts());
            }
        }
    }
    // Neighbouring cells of different size give different values to the points they share: the smaller cell has the last word.
    closed.sort_by_key(|c| (usize::MAX - (c.i[1] - c.i[0]) * (c.j[1] - c.j[0]), *c));
    for cell in &closed {
        state.fill(cell);
    }
    Grid::new(section.clone(), state.values, state.computed)
}

/// Every `stride`-th of n points, and the last.
fn stops(n: usize, stride: usize) -> Vec<usize> {
    (0..n - 1).step_by(stride).chain([n - 1]).collect()
}
