//! What becomes of sums: totals, roots and quotients.

use super::kernel::{Finished, Point, Whole};

/// A contribution to one sum, and its slope.
#[inline(always)]
pub(super) fn one(value: f64, slope: f64) -> Point<1> {
    Point { value: [value], slope: [slope] }
}

/// Contributions to two sums, each with its slope.
#[inline(always)]
pub(super) fn two(first: (f64, f64), second: (f64, f64)) -> Point<2> {
    Point { value: [first.0, second.0], slope: [first.1, second.1] }
}

/// L = c S.
pub(super) fn total(whole: &Whole<1>, c: f64) -> Finished<1> {
    Finished::new(c * whole.sums[0], [c])
}

/// L = sqrt(c S); the slope is 0 where S = 0.
pub(super) fn root(whole: &Whole<1>, c: f64) -> Finished<1> {
    let value = (c * whole.sums[0]).sqrt();
    Finished::new(value, [if value > 0.0 { 0.5 * c / value } else { 0.0 }])
}

/// L = c S/T, T > 0; a T below `least` counts as `least`.
pub(super) fn quotient(whole: &Whole<2>, c: f64, least: f64) -> Finished<2> {
    let [s, t] = whole.sums;
    if t < least {
        Finished::new(c * s / least, [c / least, 0.0])
    } else {
        Finished::new(c * s / t, [c / t, -c * s / (t * t)])
    }
}
