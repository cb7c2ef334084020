//! Poisson numbers.
//!
//! Written out here because results must be the same on every machine: samplers of other crates take exponentials and
//! logarithms from the system's mathematical library, ours from `libm`.

use rand::{Rng, RngExt};

/// From this mean on the transformed rejection is valid; below it few products are needed.
const SMALL_MEAN: f64 = 10.0;

/// Largest mean that is drawn from: the logarithm of a probability is then good to about 1e-5.
pub(crate) const MAX_MEAN: f64 = 1e9;

/// A number k with P(k) = exp(-mean) mean^k / k!, as a float. The mean lies between 0 and [`MAX_MEAN`].
///
/// Small means: the number of uniform numbers whose product stays above exp(-mean). Large means: PTRS, the transformed
/// rejection with squeeze of Hörmann, which is exact.
///
/// # References
/// W. Hörmann, Insur. Math. Econ. 12, 39 (1993), doi:10.1016/0167-6687(93)90997-4; D. E. Knuth, The Art of Computer
/// Programming 2, section 3.4.1.
pub(crate) fn poisson(mean: f64, rng: &mut dyn Rng) -> f64 {
    if mean < SMALL_MEAN { by_products(mean, rng) } else { by_rejection(mean, rng) }
}

fn by_products(mean: f64, rng: &mut dyn Rng) -> f64 {
    let bar = libm::exp(-mean);
    let mut product: f64 = rng.random();
    let mut k = 0.0;
    while product > bar {
        product *= rng.random::<f64>();
        k += 1.0;
    }
    k
}

fn by_rejection(mean: f64, rng: &mut dyn Rng) -> f64 {
    let b = 0.931 + 2.53 * mean.sqrt();
    let a = -0.059 + 0.02483 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let v_r = 0.9277 - 3.6224 / (b - 2.0);
    let log_mean = libm::log(mean);
    loop {
        let u = rng.random::<f64>() - 0.5;
        let v: f64 = rng.random();
        let from_edge = 0.5 - u.abs();
        let k = ((2.0 * a / from_edge + b) * u + mean + 0.43).floor();
        if from_edge >= 0.07 && v <= v_r {
            return k;
        }
        if k < 0.0 || (from_edge < 0.013 && v > from_edge) {
            continue;
        }
        let hat = libm::log(v * inverse_alpha / (a / (from_edge * from_edge) + b));
        if hat <= k * log_mean - mean - libm::lgamma(k + 1.0) {
            return k;
        }
    }
}
