//! Minima between the points of a grid.

use crate::{Evaluator, GridMinimum, LandscapeError, Section};
use rayon::prelude::*;

/// Steps of the search below which it ends, as a share of the grid's.
const SMALLEST: f64 = 1e-5;
/// Most rounds of eight evaluations.
const MAX_ROUNDS: usize = 40;

/// A minimum of a function within one step of the point where a grid has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PolishedMinimum {
    /// Place (u, v).
    pub place: [f64; 2],
    /// Value, at most that of the grid's point.
    pub value: f64,
    /// Whether the place is at the end of the search's reach, so that the function goes on falling beyond it.
    pub at_bound: bool,
}

/// Searches the function around each minimum of a grid, on all cores.
///
/// A stencil of nine points, at first half a step of the grid wide, moves to the minimum of the quadratic that fits it best or to its
/// own lowest point, whichever is lower, and shrinks when it stays where it is. It never leaves the section, nor goes further than one
/// step of the grid from where it began. A kink or a wall of holes slows it down and does not stop it.
///
/// # Errors
/// [`LandscapeError::Evaluation`] if an evaluation fails for good.
pub fn polish(
    section: &Section,
    minima: &[GridMinimum],
    evaluator: &Evaluator<'_>,
) -> Result<Vec<PolishedMinimum>, LandscapeError> {
    let one = |minimum: &GridMinimum| Search::new(section, minimum, evaluator).run();
    let all: Vec<Result<PolishedMinimum, LandscapeError>> = minima.par_iter().map(one).collect();
    all.into_iter().collect()
}

/// A search in steps of the grid around a point.
struct Search<'a, 'e> {
    section: &'a Section,
    evaluator: &'a Evaluator<'e>,
    place: [f64; 2],
    value: f64,
    /// Reach in steps, [low, high] along each axis.
    reach: [[f64; 2]; 2],
}

impl<'a, 'e> Search<'a, 'e> {
    fn new(section: &'a Section, minimum: &GridMinimum, evaluator: &'a Evaluator<'e>) -> Self {
        let node = section.node(minimum.index);
        let shape = section.shape();
        let reach = [0, 1].map(|k| {
            [if node[k] == 0 { 0.0 } else { -1.0 }, if node[k] + 1 == shape[k] { 0.0 } else { 1.0 }]
        });
        Self { section, evaluator, place: minimum.place, value: minimum.value, reach }
    }

    /// The point `at` steps from the grid's.
    fn there(&self, at: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|k| {
            let axis = &self.section.axes()[k];
            (self.place[k] + at[k] * axis.step()).clamp(axis.low(), axis.high())
        })
    }

    /// The value there; holes are infinitely high.
    fn evaluate(&self, at: [f64; 2]) -> Result<f64, LandscapeError> {
        let value = self.evaluator.value(self.section, self.there(at))?;
        Ok(value.unwrap_or(f64::INFINITY))
    }

    fn reaches(&self, at: [f64; 2]) -> bool {
        (0..2).all(|k| (self.reach[k][0]..=self.reach[k][1]).contains(&at[k]))
    }

    fn inside(&self, at: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|k| at[k].clamp(self.reach[k][0], self.reach[k][1]))
    }

    fn run(self) -> Result<PolishedMinimum, LandscapeError> {
        let (mut at, mut best) = ([0.0; 2], self.value);
        let mut width = 0.5;
        for _ in 0..MAX_ROUNDS {
            if width < SMALLEST {
                break;
            }
            // Values of the stencil, row by row; beyond the reach there is nothing.
            let mut stencil = [f64::INFINITY; 9];
            let (mut next, mut lowest) = (at, best);
            for (k, value) in stencil.iter_mut().enumerate() {
                let offset = [(k % 3) as f64 - 1.0, (k / 3) as f64 - 1.0].map(|o| o * width);
                let point = [at[0] + offset[0], at[1] + offset[1]];
                if k == 4 {
                    *value = best;
                } else if self.reaches(point) {
                    *value = self.evaluate(point)?;
                    if *value < lowest {
                        (next, lowest) = (point, *value);
                    }
                }
            }
            if let Some(jump) = quadratic_minimum(&stencil) {
                let point = self.inside([0, 1].map(|k| at[k] + jump[k] * width));
                let value = self.evaluate(point)?;
                if value < lowest {
                    (next, lowest) = (point, value);
                }
            }
            let moved = (next[0] - at[0]).abs().max((next[1] - at[1]).abs());
            (at, best) = (next, lowest);
            width *= if moved < 0.25 * width {
                0.125
            } else if moved <= width {
                0.5
            } else {
                1.0
            };
        }
        let at_bound =
            (0..2).any(|k| self.reach[k].iter().any(|end| (at[k] - end).abs() < 2.0 * SMALLEST));
        Ok(PolishedMinimum { place: self.there(at), value: best, at_bound })
    }
}

/// The minimum of the quadratic that fits nine values on a stencil of width 1 best (least squares), at most two widths away; `None` if
/// a value is missing or the quadratic has no minimum.
fn quadratic_minimum(f: &[f64; 9]) -> Option<[f64; 2]> {
    if f.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let gu = (f[2] + f[5] + f[8] - f[0] - f[3] - f[6]) / 6.0;
    let gv = (f[6] + f[7] + f[8] - f[0] - f[1] - f[2]) / 6.0;
    let huu = (f[0] + f[3] + f[6] + f[2] + f[5] + f[8] - 2.0 * (f[1] + f[4] + f[7])) / 3.0;
    let hvv = (f[0] + f[1] + f[2] + f[6] + f[7] + f[8] - 2.0 * (f[3] + f[4] + f[5])) / 3.0;
    let huv = (f[0] + f[8] - f[2] - f[6]) / 4.0;
    let determinant = huu * hvv - huv * huv;
    if !(huu > 0.0 && determinant > 0.0) {
        return None;
    }
    let jump = [(huv * gv - hvv * gu) / determinant, (huv * gu - huu * gv) / determinant];
    jump.iter().all(|j| j.is_finite()).then(|| jump.map(|j| j.clamp(-2.0, 2.0)))
}
