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

#[inline(always)]
fn block(y: &[f64], at: usize) -> &Lanes {
    y[at..at + 8].try_into().unwrap_or(&[0.0; 8])
}

#[inline(always)]
fn add_block(y: &mut [f64], at: usize, e: &Lanes, height: f64, floor: f64) {
    let y = &mut y[at..at + 8];
    for i in 0..8 {
        y[i] += height * (e[i] - floor).max(0.0);
    }
}

#[inline(always)]
fn advance(e: &mut Lanes, r: &mut Lanes, q128: f64) {
    for i in 0..8 {
        e[i] *= r[i];
        r[i] *= q128;
    }
}

/// Adds a peak of height `height` to `y`, which has [`PAD`] extra points at either end (their content is meaningless).
#[inline(always)]
pub(crate) fn spread(y: &mut [f64], grid: &Grid, table: &StepTable, at: &Footprint, height: f64) {
    if at.direct {
        for n in at.middle - at.left..at.middle + at.right {
            let t = at.t0 + (n as f64 - at.middle as f64) * table.h;
            y[PAD + n] += height * (libm::exp(-0.5 * t * t) - grid.floor).max(0.0);
        }
        return;
    }
    let (mut e_right, mut r_right, mut e_left, mut r_left) = at.start(table);
    let middle = PAD + at.middle;
    for b in 0..at.right {
        add_block(y, middle + 8 * b, &e_right, height, grid.floor);
        advance(&mut e_right, &mut r_right, table.q128);
    }
    for b in 0..at.left {
        add_block(y, middle - 8 * (b + 1), &e_left, height, grid.floor);
        advance(&mut e_left, &mut r_left, table.q128);
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

struct Accumulator {
    height: Lanes,
    first: Lanes,
    second: Lanes,
}

impl Accumulator {
    #[inline(always)]
    fn add(&mut self, r: &Lanes, e: &Lanes, t: &Lanes, floor: f64) {
        for i in 0..8 {
            let above = e[i] - floor;
            let inside = if above > 0.0 { e[i] } else { 0.0 };
            self.height[i] += r[i] * above.max(0.0);
            let slope = r[i] * inside * t[i];
            self.first[i] += slope;
            self.second[i] += slope * t[i];
        }
    }
}

/// The adjoint of [`spread`]: `r` has [`PAD`] extra zeros at either end.
#[inline(always)]
pub(crate) fn gather(r: &[f64], grid: &Grid, table: &StepTable, at: &Footprint) -> Moments {
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
    let (mut e_right, mut r_right, mut e_left, mut r_left) = at.start(table);
    let mut sums = Accumulator { height: [0.0; 8], first: [0.0; 8], second: [0.0; 8] };
    let stride = 8.0 * table.h;
    let mut t: Lanes = std::array::from_fn(|i| at.t0 + i as f64 * table.h);
    let middle = PAD + at.middle;
    for b in 0..at.right {
        sums.add(block(r, middle + 8 * b), &e_right, &t, grid.floor);
        advance(&mut e_right, &mut r_right, table.q128);
        for v in &mut t {
            *v += stride;
        }
    }
    let mut t: Lanes = std::array::from_fn(|i| at.t0 + (i as f64 - 8.0) * table.h);
    for b in 0..at.left {
        sums.add(block(r, middle - 8 * (b + 1)), &e_left, &t, grid.floor);
        advance(&mut e_left, &mut r_left, table.q128);
        for v in &mut t {
            *v -= stride;
        }
    }
    Moments { height: reduce(sums.height), first: reduce(sums.first), second: reduce(sums.second) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(x: f64, sigma: f64) {
        let grid = Grid::new(5.0, 0.01, 800, 9.0);
        let table = StepTable::new(grid.step / sigma);
        let at = Footprint::new(&grid, table.h(), x, sigma);
        let mut y = vec![0.0; grid.n + 2 * PAD];
        if !at.is_empty() {
            spread(&mut y, &grid, &table, &at, 3.0);
        }
        let weight: Vec<f64> = (0..grid.n).map(|n| libm::sin(0.37 * n as f64)).collect();
        let mut padded = vec![0.0; PAD];
        padded.extend(&weight);
        padded.extend([0.0; PAD]);
        let m =
            if at.is_empty() { Moments::default() } else { gather(&padded, &grid, &table, &at) };
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
