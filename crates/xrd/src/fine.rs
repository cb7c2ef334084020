//! Patterns on all points of a fine grid by way of nodes.
//!
//! Peaks of one width are spread on nodes some quarter of a standard deviation apart; the points between follow by a kernel
//! that interpolates Gaussians of that width to 1e-10 of their height. So the cost of a peak does not depend on the step of the
//! grid, nor that of the grid on the number of peaks. The adjoint goes the same way back.

use crate::nodes::{NodeGrid, Nodes};
use crate::packs::Packed;
use braggscape_pattern::gaussian_kernel;
use pulp::Simd;

/// Nodes of the window of a peak: 28 on either side at least, 7.2 standard deviations or more.
pub(crate) const WINDOW: usize = 64;
/// Nodes that take part in a point.
const TAPS: usize = 16;
/// Points of a cell, from one node to the next, at most.
const LANES: usize = 16;
/// Nodes beyond either end.
const MARGIN: usize = 72;
/// Distance of nodes in standard deviations: the finest that windows reach far enough on, and the coarsest that the kernel is
/// exact on.
const FINEST: f64 = 0.257;
const COARSEST: f64 = 0.28;
/// Tails, in standard deviations: the shortest whose ends are below what the kernel resolves, the longest that windows hold.
const TAILS: std::ops::RangeInclusive<f64> = 6.5..=7.2;

/// A uniform grid for peaks of one width, and its nodes.
#[derive(Debug, Clone)]
pub(crate) struct FineGrid {
    pub(crate) nodes: NodeGrid<f64, WINDOW>,
    every: usize,
    n_points: usize,
    /// Kernel by tap: the coefficients of one node for all points of a cell, zeros beyond.
    by_tap: [[f64; LANES]; TAPS],
    /// Coefficients of one node for all points of all cells that it takes part in, in the order of the points; zeros fill it up
    /// to a multiple of 32.
    backwards: Vec<f64>,
}

impl FineGrid {
    /// The nodes of a grid of `n_points` points from `start` on, `step` apart, if its peaks (standard deviation `sigma`, tails
    /// cut at `tails` standard deviations) suit them.
    pub(crate) fn new(
        start: f64,
        step: f64,
        n_points: usize,
        sigma: f64,
        tails: f64,
    ) -> Option<Self> {
        let h = step / sigma;
        let every = (COARSEST / h).floor();
        let spacing = every * h;
        let suits = (4.0..=LANES as f64).contains(&every) && spacing >= FINEST;
        if !suits || !TAILS.contains(&tails) {
            return None;
        }
        let every = every as usize;
        let n = (n_points.div_ceil(every) + 2 * MARGIN).next_multiple_of(8);
        let distance = step * every as f64;
        let nodes = NodeGrid::new(start - MARGIN as f64 * distance, distance, n, sigma);
        let nodes = nodes.with_tails(tails);
        let by_point = gaussian_kernel::<TAPS>(every, h)?;
        let mut by_tap = [[0.0; LANES]; TAPS];
        for (r, row) in by_point.iter().enumerate() {
            for (tap, coefficient) in row.iter().enumerate() {
                by_tap[tap][r] = *coefficient;
            }
        }
        let mut backwards: Vec<f64> =
            (0..TAPS).rev().flat_map(|tap| by_point.iter().map(move |row| row[tap])).collect();
        backwards.resize(backwards.len().next_multiple_of(32), 0.0);
        Some(Self { nodes, every, n_points, by_tap, backwards })
    }

    /// First node of the first cell.
    const FIRST: usize = MARGIN + 1 - TAPS / 2;

    /// Overwrites `out`, which has [`LANES`] numbers more than there are points (their content is meaningless).
    #[inline(always)]
    pub(crate) fn interpolate<S: Simd>(
        &self,
        simd: S,
        nodes: &Nodes<f64, WINDOW>,
        out: &mut [f64],
    ) {
        let zero = <f64 as Packed<S>>::splat(simd, 0.0);
        let values = &nodes.values()[Self::FIRST..];
        for (cell, first) in (0..self.n_points).step_by(self.every).enumerate() {
            let (mut low, mut high) = (zero, zero);
            let window = &values[cell..cell + TAPS];
            for (value, taps) in window.iter().zip(&self.by_tap) {
                let value = f64::splat(simd, *value);
                low = f64::plus(simd, low, f64::times(simd, value, f64::load(simd, taps)));
                let rest = f64::load(simd, &taps[8..]);
                high = f64::plus(simd, high, f64::times(simd, value, rest));
            }
            // What stands beyond the end of a cell is overwritten by the next. Where there is no peak the kernel's error may have
            // either sign, but an intensity has not.
            let place = &mut out[first..first + LANES];
            <f64 as Packed<S>>::store(f64::excess(simd, low, zero), place);
            <f64 as Packed<S>>::store(f64::excess(simd, high, zero), &mut place[8..]);
        }
    }

    /// The adjoint: overwrites `out`, a number a node, for weights of all points.
    ///
    /// All points of the cells that a node takes part in are one stretch, so that its number is one dot product.
    #[inline(always)]
    pub(crate) fn project<S: Simd>(&self, simd: S, weights: &[f64], out: &mut Vec<f64>) {
        out.resize(self.nodes.n, 0.0);
        let length = self.backwards.len();
        for (m, out) in out.iter_mut().enumerate() {
            let first = (m as isize - (Self::FIRST + TAPS - 1) as isize) * self.every as isize;
            let inside = usize::try_from(first).ok().and_then(|f| weights.get(f..f + length));
            *out = if let Some(stretch) = inside {
                dot(simd, stretch, &self.backwards)
            } else {
                let skip = usize::try_from(-first).unwrap_or(0).min(length);
                let from = usize::try_from(first).unwrap_or(0).min(weights.len());
                let pairs = weights[from..].iter().zip(&self.backwards[skip..]);
                pairs.map(|(w, k)| w * k).sum()
            };
        }
    }
}

/// Dot product of two stretches, a multiple of 32 long: four packs of sums, which do not wait for each other.
#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[f64], b: &[f64]) -> f64 {
    let zero = <f64 as Packed<S>>::splat(simd, 0.0);
    let (mut s0, mut s1, mut s2, mut s3) = (zero, zero, zero, zero);
    for (a, b) in a.chunks_exact(32).zip(b.chunks_exact(32)) {
        s0 = f64::plus(simd, s0, f64::times(simd, f64::load(simd, a), f64::load(simd, b)));
        let (x, y) = (f64::load(simd, &a[8..]), f64::load(simd, &b[8..]));
        s1 = f64::plus(simd, s1, f64::times(simd, x, y));
        let (x, y) = (f64::load(simd, &a[16..]), f64::load(simd, &b[16..]));
        s2 = f64::plus(simd, s2, f64::times(simd, x, y));
        let (x, y) = (f64::load(simd, &a[24..]), f64::load(simd, &b[24..]));
        s3 = f64::plus(simd, s3, f64::times(simd, x, y));
    }
    let sum = f64::plus(simd, f64::plus(simd, s0, s1), f64::plus(simd, s2, s3));
    f64::total(simd, sum)
}

/// Numbers that [`FineGrid::interpolate`] needs beyond the points.
pub(crate) const OVERHANG: usize = LANES;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_their_adjoint_are_those_of_direct_sums() {
        let simd = pulp::Scalar;
        let (start, step, n, sigma) = (5.0, 0.01, 1717, 0.52);
        let fine = FineGrid::new(start, step, n, sigma, 7.0).unwrap();
        assert_eq!(fine.every, 14);
        let positions: Vec<f64> = (0..60).map(|i| 1.3 + 0.43 * f64::from(i)).collect();
        let heights: Vec<f64> = (0..60).map(|i| 1.0 + libm::sin(f64::from(i))).collect();
        let mut nodes = Nodes::default();
        nodes.place(&fine.nodes, &positions);
        nodes.spread(simd, &fine.nodes, &heights, 1.0);
        let mut out = vec![0.0; n + OVERHANG];
        fine.interpolate(simd, &nodes, &mut out);
        let gauss =
            |i: usize, x: f64| libm::exp(-0.5 * ((start + step * i as f64 - x) / sigma).powi(2));
        for (i, y) in out.iter().take(n).enumerate() {
            let cut = libm::exp(-24.5);
            let kept = |x: f64| (gauss(i, x) - cut).max(0.0);
            let expected: f64 = positions.iter().zip(&heights).map(|(x, a)| a * kept(*x)).sum();
            assert!((y - expected).abs() < 1e-10, "{i}: {y} {expected}");
        }
        let weights: Vec<f64> = (0..n).map(|i| libm::sin(0.37 * (i * i) as f64)).collect();
        let mut on_nodes = Vec::new();
        fine.project(simd, &weights, &mut on_nodes);
        let zeros = vec![0.0; positions.len()];
        let [mut sums, mut firsts, mut seconds] = [0; 3].map(|_| zeros.clone());
        let out = [&mut sums, &mut firsts, &mut seconds].map(Vec::as_mut_slice);
        nodes.gather_moments(simd, &fine.nodes, &on_nodes, out);
        for (i, x) in positions.iter().enumerate() {
            let moment = |p: i32| -> f64 {
                let t = |n: usize| (start + step * n as f64 - x) / sigma;
                (0..n).map(|n| weights[n] * gauss(n, *x) * t(n).powi(p)).sum()
            };
            let h = fine.nodes.slope() * sigma;
            assert!((sums[i] - moment(0)).abs() < 3e-8);
            assert!((firsts[i] * h - moment(1)).abs() < 3e-7);
            assert!((seconds[i] * h * h - moment(2)).abs() < 3e-6);
        }
    }
}
