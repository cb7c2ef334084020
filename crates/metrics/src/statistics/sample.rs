//! What a sample must be.

use crate::MetricError;

/// Checks that two variables have one length, of at least `least`, and are finite.
pub(super) fn check_pair(x: &[f64], y: &[f64], least: usize) -> Result<(), MetricError> {
    if x.len() != y.len() {
        return Err(MetricError::LengthMismatch { first: x.len(), second: y.len() });
    }
    if x.len() < least {
        return Err(MetricError::SampleTooSmall { found: x.len(), expected: least });
    }
    for values in [x, y] {
        if let Some(index) = values.iter().position(|v| !v.is_finite()) {
            return Err(MetricError::NonFiniteSample { index, value: values[index] });
        }
    }
    Ok(())
}

/// Mean, and the square root of the sum of squared deviations from it.
pub(super) fn mean_and_norm(x: &[f64]) -> (f64, f64) {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    // Scaled by the largest deviation, so that no square overflows or vanishes.
    let largest = x.iter().map(|v| (v - mean).abs()).fold(0.0, f64::max);
    if largest <= 0.0 {
        return (mean, 0.0);
    }
    let squares: f64 = x.iter().map(|v| ((v - mean) / largest) * ((v - mean) / largest)).sum();
    (mean, largest * squares.sqrt())
}

/// Whether all values are equal. The mean of equal values may be off by rounding, so that their deviations do not tell.
pub(super) fn is_constant(x: &[f64]) -> bool {
    x.iter().all(|v| v.total_cmp(&x[0]).is_eq() || (v - x[0]).abs() <= 0.0)
}
