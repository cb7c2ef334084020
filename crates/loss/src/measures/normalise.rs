//! What the patterns are divided by, and the derivative through it.

use crate::{LossError, Normalisation};
use braggscape_pattern::sum;

/// The divisor N of a pattern, as its inverse, and what N depends on.
pub(super) struct Divisor {
    /// 1/N.
    pub inverse: f64,
    normalisation: Normalisation,
    signed: bool,
    /// The point of the largest value.
    at: usize,
}

impl Divisor {
    /// The divisor of the intensities `y`; negative ones count as 0 unless `signed`.
    ///
    /// # Errors
    /// [`LossError::NoIntensity`] if N is not positive, or if there is no intensity at all.
    pub(super) fn new(
        normalisation: Normalisation,
        signed: bool,
        y: &[f64],
        which: &'static str,
    ) -> Result<Self, LossError> {
        let of = |v: f64| if signed || v > 0.0 { v } else { 0.0 };
        let mut at = 0;
        let n = match normalisation {
            Normalisation::Max => {
                for (i, v) in y.iter().enumerate() {
                    if *v > y[at] {
                        at = i;
                    }
                }
                y.get(at).copied().unwrap_or(0.0)
            }
            Normalisation::Sum => sum::zip_with(y, y, |v, _| of(v)),
            Normalisation::L2 => sum::zip_with(y, y, |v, _| of(v) * of(v)).sqrt(),
            Normalisation::None if y.iter().any(|v| *v > 0.0 || (signed && *v < 0.0)) => 1.0,
            Normalisation::None => 0.0,
        };
        let inverse = 1.0 / n;
        if n > 0.0 && inverse.is_finite() && inverse > 0.0 {
            Ok(Self { inverse, normalisation, signed, at })
        } else {
            Err(LossError::NoIntensity { which })
        }
    }

    /// Turns `grad` from dL/dq into dL/dy, q = y/N(y): dL/dy_j = (d_j - A dN/dy_j)/N, where A is the sum of d_i q_i. Where a
    /// negative y counts as 0, d is 0.
    pub(super) fn pull_back(&self, y: &[f64], grad: &mut [f64]) {
        let along = if self.normalisation == Normalisation::None {
            0.0
        } else {
            sum::dot(grad, y) * self.inverse
        };
        let live = |y: f64| if self.signed || y >= 0.0 { 1.0 } else { 0.0 };
        match self.normalisation {
            Normalisation::Sum => {
                for (d, y) in grad.iter_mut().zip(y) {
                    *d = self.inverse * (*d - along * live(*y));
                }
            }
            Normalisation::L2 => {
                let by = along * self.inverse;
                for (d, y) in grad.iter_mut().zip(y) {
                    *d = self.inverse * (*d - by * y * live(*y));
                }
            }
            Normalisation::Max | Normalisation::None => {
                for d in grad.iter_mut() {
                    *d *= self.inverse;
                }
                if self.normalisation == Normalisation::Max {
                    grad[self.at] -= along * self.inverse;
                }
            }
        }
    }
}
