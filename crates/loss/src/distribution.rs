//! Patterns as distributions: intensities over their sum.

use crate::LossError;
use braggscape_pattern::Pattern;
use braggscape_pattern::sum;

/// What losses between distributions do with intensities: those below 0, which a background leaves that was subtracted, count
/// as 0.
pub(crate) fn mass(intensity: f64) -> f64 {
    intensity.max(0.0)
}

/// The sum of intensities that a pattern is divided by; `which` is "observed" or "calculated".
///
/// # Errors
/// [`LossError::NoIntensity`] if no intensity is above 0.
pub(crate) fn total(pattern: &Pattern, which: &'static str) -> Result<f64, LossError> {
    let total = sum::zip_with(pattern.y(), pattern.y(), |y, _| mass(y));
    if total > 0.0 { Ok(total) } else { Err(LossError::NoIntensity { which }) }
}

/// Turns derivatives in q into derivatives in g for q = g / sum g: (h_i - sum_j h_j q_j)/sum g. Intensities below 0 have
/// derivative 0.
pub(crate) fn through_normalisation(grad: &mut [f64], g: &[f64], total: f64) {
    let along = sum::zip_with(grad, g, |h, y| h * mass(y)) / total;
    let by = 1.0 / total;
    for (h, y) in grad.iter_mut().zip(g) {
        *h = if *y < 0.0 { 0.0 } else { (*h - along) * by };
    }
}
