//! Spreading Gaussian peaks onto a uniform grid, and the adjoint sums.
//!
//! A peak at x_p with standard deviation sigma and height A adds A max(exp(-t^2/2) - c, 0), t = (x - x_p)/sigma, where
//! c = exp(-T^2/2) cuts the tail at T standard deviations: the cut is continuous in the peak position, and leaves out less
//! than A c.
//!
//! Away from the centre exp(-t^2/2) follows a two-term recurrence. Blocks of eight neighbouring points advance together:
//! E(t + 8h) = E(t) R(t), R(t + 8h) = R(t) q^128, q = exp(-h^2/2), h the grid step in units of sigma. Starting at the centre
//! and going outwards, rounding errors stay below 1e-12 of the height. Peaks narrower than two grid steps are summed directly.

use crate::lanes::Lanes;
use braggscape_pattern::sum::reduce;
use pulp::Simd;

/// Points of padding on either side of a grid, so that blocks of eight may overhang.
pub(crate) const PAD: usize = 8;

/// Grid steps (in sigma) above which a peak is summed directly.
const DIRECT_ABOVE: f64 = 0.5;

/// A uniform grid and the cut of the tails.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    pub(crate) start: f64,
    pub(crate) step: f64,
    pub(crate) n: usize,
    /// T: where tails are cut, in standard deviations.
    pub(crate) cut: f64,
    /// c = exp(-T^2/2).
    pub(crate) floor: f64,
}

impl Grid {
    pub(crate) fn new(start: f64, step: f64, n: usize, cut: f64) -> Self {
        Self { start, step, n, cut, floor: libm::exp(-0.5 * cut * cut) }
    }

    pub(crate) fn end(&self) -> f64 {
        self.start + self.step * (self.n - 1) as f64
    }
}

/// What the recurrence needs to know of the grid step; shared by all peaks of one width.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepTable {
    /// The grid step in units of sigma.
    h: f64,
    /// q^(i^2), i = 0..=8.
    square: [f64; 9],
    /// q^(16 i), i = 0..=8.
    linear: [f64; 9],
    q64: f64,
    q128: f64,
}

impl StepTable {
    pub(crate) fn new(h: f64) -> Self {
        let q = libm::exp(-0.5 * h * h);
        let (mut square, mut linear) = ([1.0; 9], [1.0; 9]);
        let q2 = q * q;
        let q16 = libm::exp(-8.0 * h * h);
        let mut odd = q;
        for i in 1..9 {
            square[i] = square[i - 1] * odd;
            odd *= q2;
            linear[i] = linear[i - 1] * q16;
        }
        let q64 = libm::exp(-32.0 * h * h);
        Self { h, square, linear, q64, q128: q64 * q64 }
    }

    pub(crate) fn h(&self) -> f64 {
        self.h
    }
}

/// Where a peak meets the grid.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Footprint {
    /// Grid index nearest to the centre, inside the grid.
    middle: usize,
    /// Blocks of eight from `middle` rightwards and from `middle - 1` leftwards; points instead where the sum is direct.
    right: usize,
    left: usize,
    /// t at `middle`.
    t0: f64,
    /// exp(-t0^2/2) and exp(-t0 h).
    e0: f64,
    rho: f64,
    direct: bool,
}

impl Footprint {
    /// Footprint of a peak at `x` with standard deviation `sigma`; empty if its window misses the grid.
    #[inline(always)]
    pub(crate) fn new(grid: &Grid, h: f64, x: f64, sigma: f64) -> Self {
        let reach = grid.cut * sigma;
        if x + reach <= grid.start || x - reach >= grid.end() {
            return Self::default();
        }
        let position = (x - grid.start) / grid.step;
        let last = (grid.n - 1) as f64;
        let middle = position.round().clamp(0.0, last);
        let points = grid.cut / h;
        let highest = (position + points).floor().min(last);
        let lowest = (position - points).ceil().max(0.0);
        let t0 = (middle - position) * h;
        let on_right = (highest - middle + 1.0).max(0.0) as usize;
        let on_left = (middle - lowest).max(0.0) as usize;
        let direct = h > DIRECT_ABOVE;
        let (right, left) =
            if direct { (on_right, on_left) } else { (on_right.div_ceil(8), on_left.div_ceil(8)) };
        Self {
            middle: middle as usize,
            right,
            left,
            t0,
            e0: libm::exp(-0.5 * t0 * t0),
            rho: libm::exp(-t0 * h),
            direct,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.right == 0 && self.left == 0
    }

    /// E and R of the first block on the right (points 0..8) and on the left (points -8..0).
    #[inline(always)]
    fn start(&self, table: &StepTable) -> (Lanes, Lanes, Lanes, Lanes) {
        let inverse = 1.0 / self.rho;
        let rho2 = self.rho * self.rho;
        let rho4 = rho2 * rho2;
        let inv2 = inverse * inverse;
        let inv4 = inv2 * inv2;
        let up = rho4 * rho4 * table.q64;
        let down = inv4 * inv4 * table.q64;
        let (mut e_right, mut r_right) = ([0.0; 8], [0.0; 8]);
        let (mut e_left, mut r_left) = ([0.0; 8], [0.0; 8]);
        let (mut p, mut m) = (self.e0, self.e0 * inverse);
        for i in 0..8 {
            e_right[i] = p * table.square[i];
            r_right[i] = up * table.linear[i];
            e_left[7 - i] = m * table.square[i + 1];
            r_left[7 - i] = down * table.linear[i + 1];
            p *= self.rho;
            m *= inverse;
        }
        (e_right, r_right, e_left, r_left)
    }
}

/// Eight numbers in vector registers: the first 8 / lanes entries are used.
type Vectors<S> = [<S as Simd>::f64s; 8];

#[inline(always)]
fn load<S: Simd>(simd: S, lanes: &Lanes) -> Vectors<S> {
    let mut vectors = [simd.splat_f64s(0.0); 8];
    for (v, x) in vectors.iter_mut().zip(S::as_simd_f64s(lanes).0) {
        *v = *x;
    }
    vectors
}

#[inline(always)]
fn store<S: Simd>(vectors: &Vectors<S>) -> Lanes {
    let mut lanes = [0.0; 8];
    for (x, v) in S::as_mut_simd_f64s(&mut lanes).0.iter_mut().zip(vectors) {
        *x = *v;
    }
    lanes
}

/// E and R of a block of eight points, and the step to the next block.
struct Run<S: Simd> {
    e: Vectors<S>,
    r: Vectors<S>,
    q128: S::f64s,
    floor: S::f64s,
    zero: S::f64s,
}

impl<S: Simd> Run<S> {
    #[inline(always)]
    fn new(simd: S, e: &Lanes, r: &Lanes, q128: f64, floor: f64) -> Self {
        Self {
            e: load(simd, e),
            r: load(simd, r),
            q128: simd.splat_f64s(q128),
            floor: simd.splat_f64s(floor),
            zero: simd.splat_f64s(0.0),
        }
    }

    /// Adds height * max(E - floor, 0) to eight points and steps on.
    #[inline(always)]
    fn add(&mut self, simd: S, y: &mut [f64], height: S::f64s) {
        for (v, y) in S::as_mut_simd_f64s(y).0.iter_mut().enumerate() {
            let kept = simd.max_f64s(simd.sub_f64s(self.e[v], self.floor), self.zero);
            *y = simd.add_f64s(*y, simd.mul_f64s(height, kept));
            self.e[v] = simd.mul_f64s(self.e[v], self.r[v]);
            self.r[v] = simd.mul_f64s(self.r[v], self.q128);
        }
    }

    /// Adds the products of eight weights to the sums and steps on.
    #[inline(always)]
    fn sum(&mut self, simd: S, w: &[f64], t: &mut Vectors<S>, stride: S::f64s, sums: &mut Sums<S>) {
        for (v, w) in S::as_simd_f64s(w).0.iter().enumerate() {
            let above = simd.sub_f64s(self.e[v], self.floor);
            let is_inside = simd.less_than_f64s(self.zero, above);
            let kept = simd.max_f64s(above, self.zero);
            let inside = simd.select_f64s(is_inside, self.e[v], self.zero);
            sums.height[v] = simd.add_f64s(sums.height[v], simd.mul_f64s(*w, kept));
            let slope = simd.mul_f64s(simd.mul_f64s(*w, inside), t[v]);
            sums.first[v] = simd.add_f64s(sums.first[v], slope);
            sums.second[v] = simd.add_f64s(sums.second[v], simd.mul_f64s(slope, t[v]));
            t[v] = simd.add_f64s(t[v], stride);
            self.e[v] = simd.mul_f64s(self.e[v], self.r[v]);
            self.r[v] = simd.mul_f64s(self.r[v], self.q128);
        }
    }
}

/// Adds a peak of height `height` to `y`, which has [`PAD`] extra points at either end (their content is meaningless).
#[inline(always)]
pub(crate) fn spread<S: Simd>(
    simd: S,
    y: &mut [f64],
    grid: &Grid,
    table: &StepTable,
    at: &Footprint,
    height: f64,
) {
    if at.direct {
        for n in at.middle - at.left..at.middle + at.right {
            let t = at.t0 + (n as f64 - at.middle as f64) * table.h;
            y[PAD + n] += height * (libm::exp(-0.5 * t * t) - grid.floor).max(0.0);
        }
        return;
    }
    let (e_right, r_right, e_left, r_left) = at.start(table);
    let heights = simd.splat_f64s(height);
    let middle = PAD + at.middle;
    let mut run = Run::new(simd, &e_right, &r_right, table.q128, grid.floor);
    for block in y[middle..middle + 8 * at.right].chunks_exact_mut(8) {
        run.add(simd, block, heights);
    }
    let mut run = Run::new(simd, &e_left, &r_left, table.q128, grid.floor);
    for block in y[middle - 8 * at.left..middle].chunks_exact_mut(8).rev() {
        run.add(simd, block, heights);
    }
}

/// Sums over the grid that the derivatives of one peak need: with weights r, sum r max(E - c, 0), sum r E t and
/// sum r E t^2, the last two inside the cut.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    pub(crate) height: f64,
    pub(crate) first: f64,
    pub(crate) second: f64,
}

/// The sums in vector registers.
struct Sums<S: Simd> {
    height: Vectors<S>,
    first: Vectors<S>,
    second: Vectors<S>,
}

/// The adjoint of [`spread`]: `r` has [`PAD`] extra zeros at either end.
#[inline(always)]
pub(crate) fn gather<S: Simd>(
    simd: S,
    r: &[f64],
    grid: &Grid,
    table: &StepTable,
    at: &Footprint,
) -> Moments {
    if at.direct {
        let mut sum = Moments::default();
        for n in at.middle - at.left..at.middle + at.right {
            let t = at.t0 + (n as f64 - at.middle as f64) * table.h;
            let e = libm::exp(-0.5 * t * t);
            if e > grid.floor {
                let w = r[PAD + n];
                sum.height += w * (e - grid.floor);
                sum.first += w * e * t;
                sum.second += w * e * t * t;
            }
        }
        return sum;
    }
    let (e_right, r_right, e_left, r_left) = at.start(table);
    let zero = [simd.splat_f64s(0.0); 8];
    let mut sums = Sums::<S> { height: zero, first: zero, second: zero };
    let stride = 8.0 * table.h;
    let middle = PAD + at.middle;
    let t_at =
        |offset: f64| -> Lanes { std::array::from_fn(|i| at.t0 + (i as f64 + offset) * table.h) };
    let mut run = Run::new(simd, &e_right, &r_right, table.q128, grid.floor);
    let (mut t, step) = (load(simd, &t_at(0.0)), simd.splat_f64s(stride));
    for block in r[middle..middle + 8 * at.right].chunks_exact(8) {
        run.sum(simd, block, &mut t, step, &mut sums);
    }
    let mut run = Run::new(simd, &e_left, &r_left, table.q128, grid.floor);
    let (mut t, step) = (load(simd, &t_at(-8.0)), simd.splat_f64s(-stride));
    for block in r[middle - 8 * at.left..middle].chunks_exact(8).rev() {
        run.sum(simd, block, &mut t, step, &mut sums);
    }
    Moments {
        height: reduce(store::<S>(&sums.height)),
        first: reduce(store::<S>(&sums.first)),
        second: reduce(store::<S>(&sums.second)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(x: f64, sigma: f64) {
        let simd = pulp::Scalar;
        let grid = Grid::new(5.0, 0.01, 800, 9.0);
        let table = StepTable::new(grid.step / sigma);
        let at = Footprint::new(&grid, table.h(), x, sigma);
        let mut y = vec![0.0; grid.n + 2 * PAD];
        if !at.is_empty() {
            spread(simd, &mut y, &grid, &table, &at, 3.0);
        }
        let weight: Vec<f64> = (0..grid.n).map(|n| libm::sin(0.37 * n as f64)).collect();
        let mut padded = vec![0.0; PAD];
        padded.extend(&weight);
        padded.extend([0.0; PAD]);
        let m = if at.is_empty() {
            Moments::default()
        } else {
            gather(simd, &padded, &grid, &table, &at)
        };
        let (mut height, mut first, mut second) = (0.0, 0.0, 0.0);
        for n in 0..grid.n {
            let t = (grid.start + grid.step * n as f64 - x) / sigma;
            let e = libm::exp(-0.5 * t * t);
            let kept = (e - grid.floor).max(0.0);
            assert!((y[PAD + n] - 3.0 * kept).abs() < 3e-12, "{x} {sigma} {n}");
            height += weight[n] * kept;
            if kept > 0.0 {
                first += weight[n] * e * t;
                second += weight[n] * e * t * t;
            }
        }
        for (a, b) in [(m.height, height), (m.first, first), (m.second, second)] {
            assert!((a - b).abs() < 1e-9, "{x} {sigma}: {a} {b}");
        }
    }

    #[test]
    fn recurrences_agree_with_direct_sums_inside_and_outside_the_grid() {
        for sigma in [0.52, 0.2, 0.05, 0.0201, 0.0199, 0.01, 0.002] {
            for x in [8.123, 5.0, 12.99, 4.7, 13.3, 3.0, 16.0, 9.0049, 5.0001] {
                check(x, sigma);
            }
        }
    }
}
