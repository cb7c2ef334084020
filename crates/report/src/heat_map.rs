//! Values on a rectangular grid as coloured cells and as contour lines.

use crate::axis::Scale;
use crate::svg::{Svg, number};
use crate::viridis::{N_COLOURS, colour_of, level_of};
use std::fmt::Write;

/// Values on n_x by n_y points, the first row (lowest y) first; `None` is a hole.
pub(crate) struct Cells<'a> {
    pub(crate) n: [usize; 2],
    pub(crate) values: &'a [Option<f64>],
    /// Least and greatest value.
    pub(crate) range: [f64; 2],
}

impl Cells<'_> {
    fn value(&self, i: usize, j: usize) -> Option<f64> {
        self.values[i + j * self.n[0]]
    }

    fn level(&self, i: usize, j: usize) -> Option<usize> {
        let [low, high] = self.range;
        let value = self.value(i, j)?;
        Some(if high > low { level_of((value - low) / (high - low)) } else { N_COLOURS / 2 })
    }

    /// Draws each point as a cell that reaches half way to its neighbours, within [x, y, width, height]; holes are left open.
    ///
    /// The cells of one colour are one path in units of half a step, runs along a row one rectangle of it: a figure of 201 by 201 points
    /// stays below a megabyte.
    pub(crate) fn draw(&self, svg: &mut Svg, [x, y, width, height]: [f64; 4]) {
        let half_steps = self.n.map(|n| 2 * (n - 1));
        let mut paths = vec![String::new(); N_COLOURS];
        let ends = |k: usize, last: usize| [(2 * k).saturating_sub(1), (2 * k + 1).min(last)];
        for j in 0..self.n[1] {
            let [bottom, top] = ends(j, half_steps[1]);
            let mut i = 0;
            while i < self.n[0] {
                let level = self.level(i, j);
                let mut end = i;
                while end + 1 < self.n[0] && self.level(end + 1, j) == level {
                    end += 1;
                }
                if let Some(path) = level.and_then(|level| paths.get_mut(level)) {
                    let [left, right] = [ends(i, half_steps[0])[0], ends(end, half_steps[0])[1]];
                    // Paper runs downwards.
                    let (w, h, from_top) = (right - left, top - bottom, half_steps[1] - top);
                    let _ = write!(path, "M{left} {from_top}h{w}v{h}h-{w}z");
                }
                i = end + 1;
            }
        }
        let scale = [width / half_steps[0] as f64, height / half_steps[1] as f64];
        let place = format!(
            "transform=\"translate({} {}) scale({} {})\" shape-rendering=\"crispEdges\"",
            number(x),
            number(y),
            precise(scale[0]),
            precise(scale[1])
        );
        svg.open_group("cells", &place);
        for (level, path) in paths.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
            svg.path_data("cell", path, &format!("fill=\"{}\"", colour_of(level)));
        }
        svg.close_group();
    }

    /// The contour line of a value in pieces, one or two in each mesh that it crosses (marching squares; in a mesh that it crosses twice the
    /// mean of the corners decides). Meshes with a hole at a corner have none. `x` and `y` take places of points to pixels.
    fn contour(&self, level: f64, [x, y]: [&Scale; 2]) -> String {
        let mut d = String::new();
        for j in 0..self.n[1] - 1 {
            for i in 0..self.n[0] - 1 {
                let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
                let values = corners.map(|(p, q)| self.value(p, q));
                let [Some(a), Some(b), Some(c), Some(e)] = values else { continue };
                let values = [a, b, c, e];
                // Where the line crosses the side from corner k to the next.
                let crossing = |k: usize| {
                    let (from, to) = (values[k], values[(k + 1) % 4]);
                    if (from < level) == (to < level) {
                        return None;
                    }
                    let share = (level - from) / (to - from);
                    let ((p, q), (r, s)) = (corners[k], corners[(k + 1) % 4]);
                    let along = |m: usize, n: usize| m as f64 + share * (n as f64 - m as f64);
                    Some([x.at(along(p, r)), y.at(along(q, s))])
                };
                let found: Vec<[f64; 2]> = (0..4).filter_map(crossing).collect();
                let above = values.iter().sum::<f64>() / 4.0 >= level;
                let pieces: &[[usize; 2]] = match found.len() {
                    2 => &[[0, 1]],
                    // The sides are in order around the mesh; the middle belongs to the first corner's side of the level, or not.
                    4 if above == (values[0] >= level) => &[[0, 1], [2, 3]],
                    4 => &[[3, 0], [1, 2]],
                    _ => &[],
                };
                for piece in pieces {
                    let [from, to] = piece.map(|k| found[k].map(number));
                    let _ = write!(d, "M{} {}L{} {}", from[0], from[1], to[0], to[1]);
                }
            }
        }
        d
    }

    /// Draws the contour lines of these values within [x, y, width, height].
    pub(crate) fn draw_contours(
        &self,
        svg: &mut Svg,
        [x, y, width, height]: [f64; 4],
        levels: impl Iterator<Item = f64>,
    ) {
        let x = Scale::new([0.0, (self.n[0] - 1) as f64], [x, x + width]);
        let y = Scale::new([0.0, (self.n[1] - 1) as f64], [y + height, y]);
        for level in levels {
            let d = self.contour(level, [&x, &y]);
            if !d.is_empty() {
                svg.path_data("contour", &d, CONTOUR);
            }
        }
    }
}

/// Style of contour lines.
const CONTOUR: &str =
    "fill=\"none\" stroke=\"#ffffff\" stroke-width=\"0.6\" stroke-opacity=\"0.55\"";

/// A factor of a scale, to six digits after the point.
fn precise(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces of a contour as their ends in units of steps.
    fn pieces(values: &[f64], level: f64) -> Vec<[f64; 4]> {
        let values: Vec<Option<f64>> = values.iter().map(|v| Some(*v)).collect();
        let cells = Cells { n: [2, 2], values: &values, range: [0.0, 1.0] };
        let unit = Scale::new([0.0, 1.0], [0.0, 1.0]);
        let d = cells.contour(level, [&unit, &unit]);
        let piece = |text: &str| {
            let numbers: Vec<f64> = text.split([' ', 'L']).map(|n| n.parse().unwrap()).collect();
            [numbers[0], numbers[1], numbers[2], numbers[3]]
        };
        d.split('M').filter(|text| !text.is_empty()).map(piece).collect()
    }

    #[test]
    fn contours_cross_sides_where_values_say() {
        // Values are x: the line x = 1/4.
        assert_eq!(pieces(&[0.0, 1.0, 0.0, 1.0], 0.25), [[0.25, 0.0, 0.25, 1.0]]);
        assert!(pieces(&[0.0, 1.0, 0.0, 1.0], 2.0).is_empty());
        // One low corner is cut off.
        assert_eq!(pieces(&[0.0, 1.0, 1.0, 1.0], 0.5), [[0.5, 0.0, 0.0, 0.5]]);
    }

    #[test]
    fn a_saddle_goes_by_its_mean() {
        // Corners (0,0) and (1,1) are high. A level below the mean leaves them connected: the low corners are cut off.
        let low = pieces(&[1.0, 0.0, 0.0, 1.0], 0.25);
        assert_eq!(low, [[0.75, 0.0, 1.0, 0.25], [0.25, 1.0, 0.0, 0.75]]);
        let high = pieces(&[1.0, 0.0, 0.0, 1.0], 0.75);
        assert_eq!(high, [[0.0, 0.25, 0.25, 0.0], [1.0, 0.75, 0.75, 1.0]]);
    }
}
