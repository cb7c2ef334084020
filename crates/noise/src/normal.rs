//! Standard normal numbers.

use rand::{Rng, RngExt};

/// A standard normal number by the method of Box & Muller (Ann. Math. Stat. 29, 610 (1958)) from two uniform ones, with the
/// elementary functions of `libm`: the same number on every machine.
pub(crate) fn standard_normal(rng: &mut dyn Rng) -> f64 {
    // The first lies in (0, 1].
    let radius = (-2.0 * libm::log(1.0 - rng.random::<f64>())).sqrt();
    radius * libm::cos(std::f64::consts::TAU * rng.random::<f64>())
}
