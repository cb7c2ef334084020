//! Layer norms, and sums of rows in an order that does not depend on the machine.

use super::gated::WIDTH;
use super::real::Real;

/// Added to variances.
pub(super) const EPSILON: f64 = 1e-5;

/// Sum of 64 numbers, in a fixed order.
#[inline(always)]
pub(super) fn sum<T: Real>(x: &[T; WIDTH], term: impl Fn(T) -> T) -> T {
    let mut lanes = [T::default(); 16];
    for chunk in x.as_chunks::<16>().0 {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += term(*x);
        }
    }
    tree(lanes)
}

#[inline(always)]
pub(super) fn tree<T: Real>(mut lanes: [T; 16]) -> T {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
    }
    lanes[0]
}

/// Numbers less their mean over their standard deviation; gives 1 / standard deviation.
#[inline(always)]
pub(super) fn normalise<T: Real>(x: &mut [T; WIDTH]) -> T {
    let share = T::narrow(1.0 / WIDTH as f64);
    let mean = sum(x, |x| x) * share;
    for x in x.iter_mut() {
        *x = *x - mean;
    }
    let variance = sum(x, |x| x * x) * share;
    let rstd = T::narrow(1.0) / (variance + T::narrow(EPSILON)).sqrt();
    for x in x.iter_mut() {
        *x = *x * rstd;
    }
    rstd
}

/// From dE/d(normalised) in `d` to dE/dx, in place.
#[inline(always)]
pub(super) fn normalise_back<T: Real>(hat: &[T; WIDTH], rstd: T, d: &mut [T; WIDTH]) {
    let share = T::narrow(1.0 / WIDTH as f64);
    let mean = sum(d, |d| d) * share;
    let mut lanes = [T::default(); 16];
    for (d, hat) in d.as_chunks::<16>().0.iter().zip(hat.as_chunks::<16>().0) {
        for i in 0..16 {
            lanes[i] = d[i].fma(hat[i], lanes[i]);
        }
    }
    let along = tree(lanes) * share;
    for (d, hat) in d.iter_mut().zip(hat) {
        *d = rstd * ((*d - mean) - *hat * along);
    }
}

/// 1 / standard deviation of 64 numbers with the mean 0, from the sum of their squares.
#[inline(always)]
pub(super) fn inverse_deviation<T: Real>(squares: T) -> T {
    let share = T::narrow(1.0 / WIDTH as f64);
    T::narrow(1.0) / squares.fma(share, T::narrow(EPSILON)).sqrt()
}

/// From dE/d(normalised) in `d` to dE/dx, in place, but for its mean; x has the mean 0.
#[inline(always)]
pub(super) fn centred_back<T: Real>(x: &[T; WIDTH], rstd: T, d: &mut [T; WIDTH]) {
    let mut lanes = [T::default(); 16];
    for (d, x) in d.as_chunks::<16>().0.iter().zip(x.as_chunks::<16>().0) {
        for i in 0..16 {
            lanes[i] = d[i].fma(x[i], lanes[i]);
        }
    }
    let along = -(tree(lanes) * T::narrow(1.0 / WIDTH as f64) * rstd * rstd * rstd);
    for (d, x) in d.iter_mut().zip(x) {
        *d = x.fma(along, *d * rstd);
    }
}
