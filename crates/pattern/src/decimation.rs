//! Broadened patterns on every k-th point of their grid.
//!
//! A pattern whose peaks are Gaussians of one width holds nothing finer than that width, so a few points a width say all
//! about it. [`Decimation`] keeps every k-th point of a uniform axis (the nodes), some more beyond either end, and what it
//! takes to go on computing with all points: weights for inner products, and a kernel that gives the points between.
#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

use crate::{Axis, NodeMap, Pattern, PatternError, sum};
use nalgebra::{DMatrix, DVector};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Nodes beyond either end of the axis.
const MARGIN: usize = 48;
/// Nodes beyond either end that have weights of their own.
const OUTSIDE: usize = 12;
/// Nodes within either end whose weights differ from those of the interior.
const INSIDE: usize = 24;
/// Fewest nodes on an axis: the two ends must not see each other.
const FEWEST: usize = 2 * (INSIDE + OUTSIDE);
/// Nodes that take part in the value of a point between them.
pub const TAPS: usize = 24;

/// Every k-th point of an axis, for patterns made of Gaussians of one width.
///
/// With g_m the values on the nodes and f, g two such patterns, over all points of the axis
///
/// - sum_n f_n g_n = sum_m w_m f_m g_m ([`weights`](Self::weights)),
/// - g_n = sum_m K_nm g_m ([`kernel`](Self::kernel)),
/// - sum_n y_n g_n = sum_m b_m g_m, b = K^T y, for **any** y, noise included ([`project`](Self::project)).
///
/// # Accuracy
/// Nodes at most h standard deviations apart. K errs by 1e-10 of the height of a peak for h = 0.39 (5e-9 for 0.47). In the interior
/// w is the rectangle rule, which is exact for products of Gaussians to exp(-(pi/h)^2) (Poisson's sum formula), below 1e-19. At
/// the ends of the axis w solves the least-squares problem of all products of two Gaussians, with an error of 2e-8 (1e-6)
/// of what a product has in one step of nodes there.
///
/// # Examples
/// ```
/// use braggscape_pattern::{Axis, AxisKind, Decimation};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.01, 1001)?;
/// let d = Decimation::new(&axis, 0.25, 0.3..=0.39).expect("0.25 degrees are 25 points");
/// assert_eq!(d.every(), 9);
/// let gauss = |x: f64| (-0.5 * ((x - 10.1) / 0.25_f64).powi(2)).exp();
/// let all: f64 = axis.to_vec().into_iter().map(|x| gauss(x).powi(2)).sum();
/// let nodes: f64 = (0..d.n_nodes()).map(|m| d.weights()[m] * gauss(d.node(m)).powi(2)).sum();
/// assert!((nodes / all - 1.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Decimation {
    start: f64,
    step: f64,
    n_points: usize,
    sigma: f64,
    every: usize,
    n_nodes: usize,
    weights: Vec<f64>,
    /// `[n mod k][tap]`.
    kernel: Vec<[f64; TAPS]>,
    /// K^T 1: what the sum over all points is in terms of nodes.
    sums: Vec<f64>,
}

impl Decimation {
    /// The decimation of an axis for Gaussians of standard deviation `sigma` (unit of the axis), with nodes as far apart as a range
    /// in standard deviations allows.
    ///
    /// `None` where there is little to gain: the axis is not uniform, has fewer than two points a node, or fewer than 72 nodes;
    /// and where no distance of whole points lies in the range.
    pub fn new(axis: &Axis, sigma: f64, spacing: RangeInclusive<f64>) -> Option<Self> {
        let (start, step) = axis.uniform_step()?;
        let n_points = axis.n_points();
        let every = (spacing.end() * sigma / step).floor();
        if !(every >= 2.0
            && every < n_points as f64 - 1.0
            && every * step / sigma >= *spacing.start())
        {
            return None;
        }
        let every = every as usize;
        let within = (n_points - 1) / every + 1;
        if within < FEWEST {
            return None;
        }
        let n_nodes = (within + 2 * MARGIN).next_multiple_of(8);
        let h = step / sigma;
        let weights = weights(n_points, every, h, n_nodes)?;
        let kernel = gaussian_kernel(every, h)?;
        let mut made = Self {
            start,
            step,
            n_points,
            sigma,
            every,
            n_nodes,
            weights,
            kernel,
            sums: Vec::new(),
        };
        made.sums = made.project(&vec![1.0; n_points]);
        Some(made)
    }

    /// k: points a node.
    pub fn every(&self) -> usize {
        self.every
    }

    /// Number of points of the axis.
    pub fn n_points(&self) -> usize {
        self.n_points
    }

    /// Number of nodes, those beyond the ends included; a multiple of eight.
    pub fn n_nodes(&self) -> usize {
        self.n_nodes
    }

    /// Where node `m` lies, unit of the axis.
    pub fn node(&self, m: usize) -> f64 {
        self.start + self.step * (self.every as f64) * (m as f64 - MARGIN as f64)
    }

    /// Distance of neighbouring nodes, unit of the axis.
    pub fn spacing(&self) -> f64 {
        self.step * self.every as f64
    }

    /// Standard deviation of the Gaussians, unit of the axis.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// Weights w_m of inner products.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Weights of the sum over all points.
    pub fn sum_weights(&self) -> &[f64] {
        &self.sums
    }

    /// K_nm of point `n`: the first node that takes part, and the coefficients of it and its successors.
    pub fn kernel(&self, n: usize) -> (usize, &[f64; TAPS]) {
        (MARGIN + n / self.every + 1 - TAPS / 2, &self.kernel[n % self.every])
    }

    /// The value of point `n`.
    ///
    /// # Panics
    /// If `nodes` are not as many as the decimation has.
    pub fn at(&self, nodes: &[f64], n: usize) -> f64 {
        let (first, kernel) = self.kernel(n);
        sum::dot(kernel, &nodes[first..first + TAPS])
    }

    /// K^T y of the values `y` of all points.
    ///
    /// # Panics
    /// If `y` has another length than the axis.
    pub fn project(&self, y: &[f64]) -> Vec<f64> {
        assert_eq!(y.len(), self.n_points, "one value a point of the axis");
        let mut out = vec![0.0; self.n_nodes];
        pulp::Arch::new().dispatch(Project { decimation: self, y, out: &mut out });
        out
    }

    /// The largest value among all points, and its point; the first of equals.
    ///
    /// Only points around nodes that come within 4 % of the largest node are looked at: between nodes half a standard deviation
    /// apart or less a sum of Gaussians rises by at most 2.8 %, G'' >= -G.
    ///
    /// # Panics
    /// If `nodes` are not as many as the decimation has.
    pub fn largest(&self, nodes: &[f64]) -> (usize, f64) {
        let within = MARGIN..MARGIN + (self.n_points - 1) / self.every + 1;
        let top = nodes[within.clone()].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let bar = top - 0.04 * top.abs();
        let (mut best, mut value) = (0, f64::NEG_INFINITY);
        let mut seen = 0;
        for m in within {
            let peak = nodes[m] >= nodes[m - 1] && nodes[m] >= nodes[m + 1];
            let at_end = m == MARGIN || (m - MARGIN + 1) * self.every >= self.n_points;
            if nodes[m] < bar || !(peak || at_end) {
                continue;
            }
            let centre = (m - MARGIN) * self.every;
            let first = (centre + 1).saturating_sub(self.every).max(seen);
            let last = (centre + self.every).min(self.n_points);
            for n in first..last {
                let y = self.at(nodes, n);
                if y > value {
                    (best, value) = (n, y);
                }
            }
            seen = last;
        }
        (best, value)
    }
}

/// K^T y, compiled once for each vector width and chosen at run time.
struct Project<'a> {
    decimation: &'a Decimation,
    y: &'a [f64],
    out: &'a mut [f64],
}

impl pulp::WithSimd for Project<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { decimation, y, out } = self;
        for (cell, values) in y.chunks(decimation.every).enumerate() {
            let first = MARGIN + cell + 1 - TAPS / 2;
            // Summed up apart, so that it can stay in registers.
            let mut sums = [0.0; TAPS];
            for (y, kernel) in values.iter().zip(&decimation.kernel) {
                for (sum, k) in sums.iter_mut().zip(kernel) {
                    *sum += y * k;
                }
            }
            for (o, sum) in out[first..first + TAPS].iter_mut().zip(sums) {
                *o += sum;
            }
        }
    }
}

/// The weights of inner products of Gaussians of unit width with points `h` apart.
///
/// The product of two Gaussians about c1 and c2 is a multiple of exp(-(x - c)^2), c = (c1 + c2)/2. So the weights minimise, over
/// all c, int (sum_n exp(-(x_n - c)^2) - sum_m w_m exp(-(x_m - c)^2))^2 dc; with int exp(-(x - c)^2 - (y - c)^2) dc proportional
/// to exp(-(x - y)^2/2) this is a linear system.
fn weights(n_points: usize, every: usize, h: f64, n_nodes: usize) -> Option<Vec<f64>> {
    let within = (n_points - 1) / every + 1;
    let mut w = vec![0.0; n_nodes];
    w[MARGIN..MARGIN + within].fill(every as f64);
    let (first, last) = (MARGIN - OUTSIDE, MARGIN + within + OUTSIDE);
    solve_weights(&mut w, first..first + OUTSIDE + INSIDE, n_points, every, h)?;
    solve_weights(&mut w, last - OUTSIDE - INSIDE..last, n_points, every, h)?;
    Some(w)
}

/// Solves for the weights of a range of nodes, the others as they are.
fn solve_weights(
    w: &mut [f64],
    range: std::ops::Range<usize>,
    n_points: usize,
    every: usize,
    h: f64,
) -> Option<()> {
    let overlap = |distance: f64| libm::exp(-0.5 * distance * distance);
    let position = |m: usize| (m as f64 - MARGIN as f64) * every as f64 * h;
    // Farther than this nothing overlaps.
    let reach = 9.0;
    let n = range.len();
    let mut gram = DMatrix::zeros(n, n);
    let mut rest = DVector::zeros(n);
    for (i, m) in range.clone().enumerate() {
        let x = position(m);
        for (j, other) in range.clone().enumerate() {
            gram[(i, j)] = overlap(x - position(other));
        }
        // Small, so that the weights stay near those of the rectangle rule.
        gram[(i, i)] += 1e-12;
        let low = ((x - reach) / h).max(0.0) as usize;
        let high = ((x + reach) / h).clamp(0.0, (n_points - 1) as f64) as usize;
        let points: f64 = (low..=high).map(|p| overlap(p as f64 * h - x)).sum();
        let nodes: f64 = (0..w.len()).map(|m| w[m] * overlap(position(m) - x)).sum();
        rest[i] = points - nodes;
    }
    let change = gram.cholesky()?.solve(&rest);
    for (m, d) in range.zip(change.iter()) {
        w[m] += d;
    }
    Some(())
}

/// The kernel that gives patterns made of Gaussians of unit width at points `h` apart from nodes at every k-th: row r holds the
/// coefficients of `N` neighbouring nodes for the r-th point after node N/2 - 1 of them. It minimises the error of interpolated
/// Gaussians over all centres, in the sense of least squares. `None` if that cannot be solved.
///
/// # Examples
/// ```
/// let (every, h) = (14, 0.0193);
/// let kernel = braggscape_pattern::gaussian_kernel::<16>(every, h).expect("a solution");
/// let gauss = |x: f64| (-0.5 * (x - 0.4) * (x - 0.4)).exp();
/// let node = |n: usize| gauss((n as f64 - 7.0) * every as f64 * h);
/// let fifth: f64 = (0..16).map(|n| kernel[5][n] * node(n)).sum();
/// assert!((fifth - gauss(5.0 * h)).abs() < 1e-10);
/// ```
pub fn gaussian_kernel<const N: usize>(every: usize, h: f64) -> Option<Vec<[f64; N]>> {
    let spacing = every as f64 * h;
    let position = |tap: usize| (tap as f64 + 1.0 - (N / 2) as f64) * spacing;
    let gauss = |distance: f64| libm::exp(-0.5 * distance * distance);
    // Centres as far as a tap can see, four a step of nodes.
    let reach = (8.0 + 0.5 * N as f64 * spacing) / spacing;
    let centres: Vec<f64> =
        (0..=(8.0 * reach) as usize).map(|i| (0.25 * i as f64 - reach) * spacing).collect();
    let a = DMatrix::from_fn(centres.len(), N, |i, tap| gauss(position(tap) - centres[i]));
    let b = DMatrix::from_fn(centres.len(), every, |i, r| gauss(r as f64 * h - centres[i]));
    let solution = a.svd(true, true).solve(&b, 1e-15).ok()?;
    let column = |r: usize| std::array::from_fn(|tap| solution[(tap, r)]);
    Some((0..every).map(column).collect())
}

/// What losses that depend on inner products alone need of an observed pattern.
#[derive(Debug, Clone)]
pub struct DecimatedTarget {
    decimation: Arc<Decimation>,
    projected: Vec<f64>,
    norm: f64,
    max: f64,
    total: f64,
    map: Option<Arc<NodeMap>>,
}

impl DecimatedTarget {
    /// From a pattern on the axis of the decimation. The pattern may be anything, noise included.
    ///
    /// # Errors
    /// [`PatternError::LengthMismatch`].
    pub fn new(decimation: Arc<Decimation>, pattern: &Pattern) -> Result<Self, PatternError> {
        if pattern.n_points() != decimation.n_points() {
            return Err(PatternError::LengthMismatch {
                what: "the pattern",
                expected: decimation.n_points(),
                found: pattern.n_points(),
            });
        }
        Ok(Self {
            projected: decimation.project(pattern.y()),
            norm: sum::norm(pattern.y()),
            max: pattern.max(),
            total: sum::total(pattern.y()),
            map: None,
            decimation,
        })
    }

    /// The same pattern for a loss of inner products after a linear map C: `values` are those of the observed pattern after the
    /// map, [`projected`](Self::projected) becomes C^T `values`, and [`norm`](Self::norm) their Euclidean norm.
    ///
    /// # Panics
    /// If the map has other nodes than the decimation, or `values` are not one a row.
    #[must_use]
    pub fn mapped(mut self, map: Arc<NodeMap>, values: &[f64]) -> Self {
        map.adjoint(values, &mut self.projected);
        self.norm = sum::norm(values);
        self.map = Some(map);
        self
    }

    /// The linear map that inner products are taken after, if there is one.
    pub fn map(&self) -> Option<&NodeMap> {
        self.map.as_deref()
    }

    /// The decimation.
    pub fn decimation(&self) -> &Arc<Decimation> {
        &self.decimation
    }

    /// b with sum_n f_n g_n = sum_m b_m g_m for every pattern g of the decimation's Gaussians.
    pub fn projected(&self) -> &[f64] {
        &self.projected
    }

    /// Euclidean norm over all points.
    pub fn norm(&self) -> f64 {
        self.norm
    }

    /// Largest value.
    pub fn max(&self) -> f64 {
        self.max
    }

    /// Sum over all points.
    pub fn total(&self) -> f64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AxisKind;

    const SIGMA: f64 = 0.52;

    /// Points and nodes of a sum of peaks (centre, height).
    fn sampled(axis: &Axis, d: &Decimation, peaks: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>) {
        let at = |x: f64| {
            peaks.iter().map(|(c, a)| a * libm::exp(-0.5 * ((x - c) / SIGMA).powi(2))).sum::<f64>()
        };
        (
            axis.to_vec().into_iter().map(at).collect(),
            (0..d.n_nodes()).map(|m| at(d.node(m))).collect(),
        )
    }

    /// Peaks spread irregularly over the axis and beyond its ends.
    fn peaks(axis: &Axis, seed: usize, n: usize) -> Vec<(f64, f64)> {
        let (a, b) = (axis.first() - 3.0, axis.last() + 3.0);
        let fraction = |i: usize, c: f64| (c * (i * 7 + seed * 13 + 1) as f64).fract();
        (0..n)
            .map(|i| (a + (b - a) * fraction(i, 0.618_033_988), 0.1 + fraction(i, 0.414_213_562)))
            .collect()
    }

    #[track_caller]
    fn check(n_points: usize, step: f64, coarsest: f64, tolerance: f64) {
        let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, step, n_points).unwrap();
        let d = Decimation::new(&axis, SIGMA, 0.0..=coarsest).unwrap();
        for seed in 0..8 {
            let n = 6 + 12 * seed;
            let (f, f_nodes) = sampled(&axis, &d, &peaks(&axis, seed, n));
            let (g, g_nodes) = sampled(&axis, &d, &peaks(&axis, seed + 40, n));
            let scale = sum::norm(&f) * sum::norm(&g);
            let exact = sum::dot(&f, &g);
            let by_weights: f64 =
                (0..d.n_nodes()).map(|m| d.weights()[m] * f_nodes[m] * g_nodes[m]).sum();
            assert!(
                (by_weights - exact).abs() < tolerance * scale,
                "{}",
                (by_weights - exact) / scale
            );
            let by_kernel = sum::dot(&d.project(&f), &g_nodes);
            assert!((by_kernel - exact).abs() < 1e-8 * scale, "{}", (by_kernel - exact) / scale);
            assert!((sum::dot(d.sum_weights(), &g_nodes) / sum::total(&g) - 1.0).abs() < 1e-8);
            let largest = g.iter().copied().fold(0.0, f64::max);
            for (n, y) in g.iter().enumerate() {
                assert!((d.at(&g_nodes, n) - y).abs() < 5e-8 * largest);
            }
            let (at, value) = d.largest(&g_nodes);
            assert!((value / largest - 1.0).abs() < 5e-8, "{value} {largest}");
            assert!((g[at] / largest - 1.0).abs() < 5e-8);
        }
    }

    #[test]
    fn nodes_give_the_sums_over_all_points() {
        check(8500, 0.01, 0.47, 2e-7);
        check(8500, 0.01, 0.39, 4e-9);
        check(8477, 0.01, 0.47, 2e-7);
        check(8477, 0.01, 0.39, 4e-9);
        check(1800, 0.01, 0.47, 2e-7);
        check(1800, 0.01, 0.39, 4e-9);
        check(2000, 0.05, 0.47, 2e-7);
        check(2000, 0.05, 0.39, 4e-9);
    }

    #[test]
    fn noise_has_inner_products_too() {
        let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.01, 3000).unwrap();
        let d = Decimation::new(&axis, SIGMA, 0.0..=0.47).unwrap();
        let noise: Vec<f64> = (0..3000).map(|n| libm::sin(1.7 * f64::from(n * n))).collect();
        let (g, g_nodes) = sampled(&axis, &d, &peaks(&axis, 3, 20));
        let error = sum::dot(&d.project(&noise), &g_nodes) - sum::dot(&noise, &g);
        assert!(error.abs() < 1e-7 * sum::norm(&noise) * sum::norm(&g), "{error}");
    }

    #[test]
    fn short_and_coarse_axes_are_left_as_they_are() {
        let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.2, 300).unwrap();
        assert!(Decimation::new(&axis, SIGMA, 0.0..=0.47).is_none());
        let listed = Axis::listed(AxisKind::TwoTheta, vec![1.0, 2.0, 4.0]).unwrap();
        assert!(Decimation::new(&listed, 10.0, 0.0..=0.47).is_none());
        // 0.52/0.05 = 10.4 points a standard deviation: nodes 0.385 apart or 0.48.
        let medium = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.05, 2000).unwrap();
        assert!(Decimation::new(&medium, SIGMA, 0.4..=0.47).is_none());
        assert!(Decimation::new(&medium, SIGMA, 0.38..=0.47).is_some());
        let short = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.01, 1000).unwrap();
        assert!(Decimation::new(&short, SIGMA, 0.0..=0.47).is_none());
    }
}
