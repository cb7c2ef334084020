//! Gaussian peaks of one width on coarse nodes, and the adjoint sums.
//!
//! Nodes lie h standard deviations apart. A peak c steps from the middle M of a window of nodes has on node m of it
//! exp(-(m - M - c)^2 h^2/2) = E P^m T_m, E = exp(-c^2 h^2/2 - M c h^2), P = exp(c h^2), T_m = exp(-(m - M)^2 h^2/2): two
//! exponentials a peak, the rest are products. Windows begin at multiples of eight, so that the stores of a peak are whole when
//! the next one loads them.

use crate::packs::Packed;
use crate::real::Real;
use pulp::Simd;

/// Nodes of the window of a peak: enough for 1e-13 of its height with nodes 0.39 standard deviations apart.
pub(crate) const WIDE: usize = 48;

/// Evenly spaced nodes along a coordinate.
#[derive(Debug, Clone)]
pub(crate) struct NodeGrid<T, const WINDOW: usize> {
    /// Coordinate of node 0.
    start: T,
    /// Nodes a unit of the coordinate.
    density: T,
    /// Number of nodes, a multiple of eight.
    pub(crate) n: usize,
    /// T_m.
    table: [T; WINDOW],
    /// m - M.
    offsets: [T; WINDOW],
    /// Bit j of m for the m of a pack.
    bits: [[T; 16]; 4],
    /// h^2.
    square: T,
    /// Each peak of height 1 is cut to max(G - floor, 0): its tails end where that is 0, so that nothing jumps when a window
    /// moves on with its peak.
    floor: T,
}

impl<T: Real, const WINDOW: usize> NodeGrid<T, WINDOW> {
    /// Nodes on either side of a centre that are in the window at least.
    const REACH: f64 = (WINDOW / 2 - 4) as f64;

    /// `n` nodes from `start` on, `spacing` apart, for peaks of standard deviation `sigma`.
    pub(crate) fn new(start: f64, spacing: f64, n: usize, sigma: f64) -> Self {
        let h = spacing / sigma;
        let offset = |m: usize| m as f64 - 0.5 * WINDOW as f64;
        Self {
            start: T::of(start),
            density: T::of(1.0 / spacing),
            n,
            table: std::array::from_fn(|m| T::of(libm::exp(-0.5 * (offset(m) * h).powi(2)))),
            offsets: std::array::from_fn(|m| T::of(offset(m))),
            bits: std::array::from_fn(|j| {
                std::array::from_fn(|m| T::of(f64::from(m as u32 >> j & 1)))
            }),
            square: T::of(h * h),
            floor: T::of(libm::exp(-0.5 * (Self::REACH * h).powi(2))),
        }
    }

    /// The same nodes with tails cut at `tails` standard deviations, if windows reach that far.
    pub(crate) fn with_tails(mut self, tails: f64) -> Self {
        self.floor = T::of(libm::exp(-0.5 * tails * tails).max(self.floor.to_f64()));
        self
    }

    /// d(value of a peak of height 1)/d(coordinate) in terms of the first moment of [`Nodes::gather`].
    pub(crate) fn slope(&self) -> T {
        self.square * self.density
    }
}

/// Numbers that begin at the start of a line of the cache, so that no vector straddles two.
#[derive(Debug, Default)]
struct Aligned<T> {
    numbers: Vec<T>,
    offset: usize,
}

/// Bytes of a line of the cache.
const LINE: usize = 64;

impl<T: Real> Aligned<T> {
    /// `n` numbers of any value.
    #[inline(always)]
    fn resize(&mut self, n: usize) {
        let room = LINE / size_of::<T>();
        if self.numbers.len() < n + room {
            self.numbers.resize(n + room, T::default());
            let offset = self.numbers.as_ptr().align_offset(LINE);
            self.offset = if offset < room { offset } else { 0 };
        }
    }

    fn numbers(&self, n: usize) -> &[T] {
        &self.numbers[self.offset..][..n]
    }

    fn numbers_mut(&mut self, n: usize) -> &mut [T] {
        &mut self.numbers[self.offset..][..n]
    }
}

/// Values on nodes, and the peaks they are sums of.
#[derive(Debug, Default)]
pub(crate) struct Nodes<T, const WINDOW: usize> {
    /// First node of each window.
    bases: Vec<u32>,
    /// c.
    centres: Vec<T>,
    /// E and P.
    generators: [Vec<T>; 2],
    /// Each peak of height 1 on its window.
    shapes: Aligned<T>,
    values: Aligned<T>,
    n: usize,
}

/// ln E of a peak that is left out: its exponential is 0.
const NOTHING: f64 = -1e4;

impl<T: Real, const WINDOW: usize> Nodes<T, WINDOW> {
    /// The values on all nodes.
    pub(crate) fn values(&self) -> &[T] {
        self.values.numbers(self.n)
    }

    /// Finds the windows of peaks at these positions. A peak whose window is not wholly on the nodes is left out.
    #[inline(always)]
    pub(crate) fn place(&mut self, grid: &NodeGrid<T, WINDOW>, positions: &[T]) {
        let n = positions.len();
        let [first, ratio] = &mut self.generators;
        for column in [&mut self.centres, &mut *first, &mut *ratio] {
            column.resize(n, T::default());
        }
        self.bases.resize(n, 0);
        let last = T::of(grid.n as f64 - WINDOW as f64);
        let reach = T::of(NodeGrid::<T, WINDOW>::REACH);
        let (eighth, eight, zero) = (T::of(0.125), T::of(8.0), T::default());
        let (square, half, middle) = (grid.square, T::of(-0.5), T::of(0.5 * WINDOW as f64));
        let nothing = T::of(NOTHING);
        let columns = self.bases.iter_mut().zip(&mut self.centres).zip(first).zip(ratio);
        for (&x, (((base, centre), first), ratio)) in positions.iter().zip(columns) {
            let p = (x - grid.start) * grid.density;
            let window = ((p - reach) * eighth).integer_below() * eight;
            let inside = window >= zero && window <= last;
            let window = if inside { window } else { zero };
            let c = if inside { p - window - middle } else { zero };
            let exponent = c * square;
            *base = window.index();
            *centre = c;
            *ratio = exponent;
            *first = if inside { half * c * exponent - middle * exponent } else { nothing };
        }
        // Column by column: a loop over both is no loop of whole vectors.
        for column in &mut self.generators {
            for v in column.iter_mut() {
                *v = v.exponential();
            }
        }
    }

    /// Overwrites the values with the sum of all peaks, their heights `factor` times these intensities.
    #[inline(always)]
    pub(crate) fn spread<S: Simd>(
        &mut self,
        simd: S,
        grid: &NodeGrid<T, WINDOW>,
        intensities: &[T],
        factor: T,
    ) where
        T: Packed<S>,
    {
        let n = self.bases.len();
        self.n = grid.n;
        self.values.resize(grid.n);
        self.shapes.resize(n * WINDOW);
        let values = self.values.numbers_mut(grid.n);
        values.fill(T::default());
        let shapes = self.shapes.numbers_mut(n * WINDOW).chunks_exact_mut(WINDOW);
        let one = T::splat(simd, T::of(1.0));
        let floor = T::splat(simd, grid.floor);
        let [b0, b1, b2, b3] = &grid.bits;
        let bits = [T::load(simd, b0), T::load(simd, b1), T::load(simd, b2), T::load(simd, b3)];
        let [firsts, ratios] = &self.generators;
        let columns = firsts.iter().zip(ratios).zip(&self.bases).zip(intensities);
        for ((((&first, &ratio), &base), &intensity), shape) in columns.zip(shapes) {
            let height = T::splat(simd, intensity * factor);
            // E P^m for m along a pack: the product of P^(2^j) for the bits j of m.
            let mut v = T::splat(simd, first);
            let mut power = ratio;
            for &bits in &bits[..T::PACK.ilog2() as usize] {
                let excess = T::splat(simd, power - T::of(1.0));
                v = T::times(simd, v, T::plus(simd, one, T::times(simd, bits, excess)));
                power *= power;
            }
            let step = T::splat(simd, power);
            let window = &mut values[base as usize..][..WINDOW];
            let packs = window.chunks_exact_mut(T::PACK).zip(grid.table.chunks_exact(T::PACK));
            for ((values, table), shape) in packs.zip(shape.chunks_exact_mut(T::PACK)) {
                let g = T::above_floor(simd, T::times(simd, v, T::load(simd, table)), floor);
                T::store(g, shape);
                let sum = T::plus(simd, T::load(simd, values), T::times(simd, height, g));
                T::store(sum, values);
                v = T::times(simd, v, step);
            }
        }
    }

    /// For weights r on the nodes and a peak of height 1: sum_m r_m G_m, and sum_m r_m G_m (m - c) whose product with
    /// [`NodeGrid::slope`] is the derivative of the former in the position. 0 for a peak that is left out.
    #[inline(always)]
    pub(crate) fn gather<S: Simd>(
        &self,
        simd: S,
        grid: &NodeGrid<T, WINDOW>,
        r: &[T],
        heights: &mut [T],
        firsts: &mut [T],
    ) where
        T: Packed<S>,
    {
        let n = self.bases.len();
        let zero = T::splat(simd, T::default());
        let shapes = self.shapes.numbers(n * WINDOW).chunks_exact(WINDOW);
        let columns = shapes.zip(&self.bases).zip(&self.centres);
        for (((shape, &base), &centre), (height, first)) in
            columns.zip(heights.iter_mut().zip(firsts))
        {
            let (mut sum, mut moment) = (zero, zero);
            let window = &r[base as usize..][..WINDOW];
            let packs = window.chunks_exact(T::PACK).zip(shape.chunks_exact(T::PACK));
            for ((r, g), offset) in packs.zip(grid.offsets.chunks_exact(T::PACK)) {
                let product = T::times(simd, T::load(simd, r), T::load(simd, g));
                sum = T::plus(simd, sum, product);
                let by_offset = T::times(simd, product, T::load(simd, offset));
                moment = T::plus(simd, moment, by_offset);
            }
            let total = T::total(simd, sum);
            *height = total;
            *first = T::total(simd, moment) - centre * total;
        }
    }

    /// As [`gather`](Self::gather), with the second moment sum_m r_m G_m (m - c)^2 besides.
    #[inline(always)]
    pub(crate) fn gather_moments<S: Simd>(
        &self,
        simd: S,
        grid: &NodeGrid<T, WINDOW>,
        r: &[T],
        [heights, firsts, seconds]: [&mut [T]; 3],
    ) where
        T: Packed<S>,
    {
        let n = self.bases.len();
        let zero = T::splat(simd, T::default());
        let shapes = self.shapes.numbers(n * WINDOW).chunks_exact(WINDOW);
        let columns = shapes.zip(&self.bases).zip(&self.centres);
        let out = heights.iter_mut().zip(firsts).zip(seconds);
        for (((shape, &base), &centre), ((height, first), second)) in columns.zip(out) {
            let (mut sum, mut by_offset, mut by_square) = (zero, zero, zero);
            let window = &r[base as usize..][..WINDOW];
            let packs = window.chunks_exact(T::PACK).zip(shape.chunks_exact(T::PACK));
            for ((r, g), offset) in packs.zip(grid.offsets.chunks_exact(T::PACK)) {
                let offset = T::load(simd, offset);
                let product = T::times(simd, T::load(simd, r), T::load(simd, g));
                sum = T::plus(simd, sum, product);
                let product = T::times(simd, product, offset);
                by_offset = T::plus(simd, by_offset, product);
                by_square = T::plus(simd, by_square, T::times(simd, product, offset));
            }
            let (m0, m1) = (T::total(simd, sum), T::total(simd, by_offset));
            let m2 = T::total(simd, by_square);
            *height = m0;
            *first = m1 - centre * m0;
            *second = m2 - centre * (m1 + m1 - centre * m0);
        }
    }
}

impl<T: Real, const WINDOW: usize> Nodes<T, WINDOW> {
    /// Adds to columns of nodes, `stride` apart, multiples of a peak of height 1 and of its moment: to column j
    /// `factors[j]` (`by_height` G_m + `by_offset` G_m (m - c)).
    #[inline(always)]
    pub(crate) fn add_to_columns<S: Simd>(
        &self,
        simd: S,
        grid: &NodeGrid<T, WINDOW>,
        (peak, [by_height, by_offset]): (usize, [T; 2]),
        factors: &[T],
        (stride, out): (usize, &mut [T]),
    ) where
        T: Packed<S>,
    {
        let base = self.bases[peak] as usize;
        let shape = &self.shapes.numbers((peak + 1) * WINDOW)[peak * WINDOW..];
        let constant = T::splat(simd, by_height - by_offset * self.centres[peak]);
        let slope = T::splat(simd, by_offset);
        for at in (0..WINDOW).step_by(T::PACK) {
            let line = T::times(simd, slope, T::load(simd, &grid.offsets[at..]));
            let value = T::plus(simd, constant, line);
            let value = T::times(simd, T::load(simd, &shape[at..]), value);
            for (&factor, column) in factors.iter().zip(out.chunks_exact_mut(stride)) {
                let place = &mut column[base + at..];
                let sum = T::times(simd, T::splat(simd, factor), value);
                T::store(T::plus(simd, T::load(simd, place), sum), place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: Packed<pulp::Scalar>, const WINDOW: usize>(spacing: f64, tolerance: f64) {
        let simd = pulp::Scalar;
        let sigma = 0.52;
        let grid = NodeGrid::<T, WINDOW>::new(-14.0, spacing, 480, sigma);
        let node = |m: usize| -14.0 + spacing * m as f64;
        let positions: Vec<f64> = (0..97).map(|i| 0.3 + 0.313 * f64::from(i)).collect();
        let heights: Vec<f64> = (0..97).map(|i| 1.0 + libm::sin(f64::from(i))).collect();
        let column = |v: &[f64]| v.iter().copied().map(T::of).collect::<Vec<T>>();
        let mut nodes = Nodes::<T, WINDOW>::default();
        nodes.place(&grid, &column(&positions));
        nodes.spread(simd, &grid, &column(&heights), T::of(2.0));
        let gauss = |m: usize, x: f64| libm::exp(-0.5 * ((node(m) - x) / sigma).powi(2));
        for (m, v) in nodes.values().iter().enumerate() {
            let kept = |x: f64| (gauss(m, x) - grid.floor.to_f64()).max(0.0);
            let expected: f64 =
                positions.iter().zip(&heights).map(|(x, a)| 2.0 * a * kept(*x)).sum();
            assert!((v.to_f64() - expected).abs() < tolerance, "{m}: {v:?} {expected}");
        }
        let weight = |m: usize| libm::sin(0.37 * m as f64);
        let r: Vec<T> = (0..grid.n).map(|m| T::of(weight(m))).collect();
        let (mut sums, mut firsts) = (column(&heights), column(&heights));
        nodes.gather(simd, &grid, &r, &mut sums, &mut firsts);
        for (i, x) in positions.iter().enumerate() {
            let kept = |m: usize| (gauss(m, *x) - grid.floor.to_f64()).max(0.0);
            let sum: f64 = (0..grid.n).map(|m| weight(m) * kept(m)).sum();
            let slope: f64 =
                (0..grid.n).map(|m| weight(m) * kept(m) * (node(m) - x) / (sigma * sigma)).sum();
            assert!((sums[i].to_f64() - sum).abs() < tolerance);
            let found = (firsts[i] * grid.slope()).to_f64();
            assert!((found - slope).abs() < 10.0 * tolerance, "{found} {slope}");
        }
    }

    #[test]
    fn recurrences_agree_with_direct_sums() {
        check::<f64, WIDE>(0.2, 1e-11);
        check::<f64, 64>(0.14, 3e-10);
        check::<f32, 32>(0.24, 1e-4);
    }

    /// Values where a window begins eight nodes on, just before and just after.
    fn jump<const WINDOW: usize>(spacing: f64) -> f64 {
        let grid = NodeGrid::<f64, WINDOW>::new(0.0, spacing, 160, 0.52);
        let boundary = (NodeGrid::<f64, WINDOW>::REACH + 48.0) * spacing;
        let values = [-1e-12, 1e-12].map(|shift| {
            let mut nodes = Nodes::<f64, WINDOW>::default();
            nodes.place(&grid, &[boundary + shift]);
            nodes.spread(pulp::Scalar, &grid, &[1.0], 1.0);
            (nodes.bases[0], nodes.values().to_vec())
        });
        let [(before, a), (after, b)] = values;
        assert_eq!(after, before + 8);
        a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn tails_end_without_a_jump_when_the_window_moves_on() {
        // Cut off without a floor, the first would jump by 2e-7; moving the peak changes values by 2e-12.
        assert!(jump::<32>(0.24) < 4e-12);
        assert!(jump::<WIDE>(0.2) < 4e-12);
        assert!(jump::<64>(0.14) < 4e-12);
    }

    #[test]
    fn peaks_beyond_the_nodes_are_left_out() {
        let simd = pulp::Scalar;
        let grid = NodeGrid::<f64, WIDE>::new(0.0, 0.24, 64, 0.52);
        let mut nodes = Nodes::<f64, WIDE>::default();
        nodes.place(&grid, &[-9.0, 40.0, f64::NAN, 0.5]);
        nodes.spread(simd, &grid, &[1.0; 4], 1.0);
        assert!(nodes.values().iter().all(|v| v.abs() < 1e-300));
    }
}
