//! Patterns as curves on the paper, and the places where labels of their peaks have room.

use crate::axis::Scale;

/// Points a pixel beyond which only the lowest and highest of each half pixel are drawn.
const DENSE: f64 = 4.0;
/// Least distance of two upright labels, pixels.
const LABEL_DISTANCE: f64 = 11.5;

/// The points of a curve on the paper. Of a dense one, the lowest and highest of each half pixel, in their order.
pub(crate) fn curve(two_theta: &[f64], intensity: &[f64], x: &Scale, y: &Scale) -> Vec<[f64; 2]> {
    let all = two_theta.iter().zip(intensity).map(|(t, i)| [x.at(*t), y.at(*i)]);
    if two_theta.len() as f64 <= DENSE * x.width() {
        return all.collect();
    }
    let mut kept: Vec<[f64; 2]> = Vec::new();
    let mut bin: Vec<[f64; 2]> = Vec::new();
    let bin_of = |p: &[f64; 2]| libm::floor(p[0] * 2.0);
    for point in all {
        if bin.last().is_some_and(|p| bin_of(p) < bin_of(&point)) {
            keep_extremes(&mut kept, &bin);
            bin.clear();
        }
        bin.push(point);
    }
    keep_extremes(&mut kept, &bin);
    kept
}

fn keep_extremes(kept: &mut Vec<[f64; 2]>, bin: &[[f64; 2]]) {
    let by_height = |a: &(usize, &[f64; 2]), b: &(usize, &[f64; 2])| a.1[1].total_cmp(&b.1[1]);
    let low = bin.iter().enumerate().min_by(by_height).map(|(i, _)| i);
    let high = bin.iter().enumerate().max_by(by_height).map(|(i, _)| i);
    if let (Some(low), Some(high)) = (low, high) {
        kept.push(bin[low.min(high)]);
        if low != high {
            kept.push(bin[low.max(high)]);
        }
    }
}

/// Upright labels that have been placed.
#[derive(Debug, Default)]
pub(crate) struct Upright {
    taken: Vec<f64>,
}

impl Upright {
    /// Takes the place at `at`, unless a label is there already.
    pub(crate) fn take(&mut self, at: f64) -> bool {
        let free = self.taken.iter().all(|t| (t - at).abs() >= LABEL_DISTANCE);
        if free {
            self.taken.push(at);
        }
        free
    }

    /// Height of the highest ink below a label at `at`: it stands on this, or on `floor`.
    pub(crate) fn base(curves: &[Vec<[f64; 2]>], at: f64, floor: f64) -> f64 {
        let near = |p: &[f64; 2]| (p[0] - at).abs() < LABEL_DISTANCE / 2.0;
        let points = curves.iter().flatten().filter(|p| near(p)).map(|p| p[1]);
        // A straight piece may pass below the label without a point there.
        let pieces = curves.iter().flat_map(|c| c.windows(2)).filter_map(|pair| {
            let [[x0, y0], [x1, y1]] = [pair[0], pair[1]];
            (x0 <= at && at <= x1 && x1 > x0).then(|| y0 + (y1 - y0) * (at - x0) / (x1 - x0))
        });
        points.chain(pieces).fold(floor, f64::min)
    }
}
