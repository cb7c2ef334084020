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

    /// Turns `grad` from dL/dq into dL/dy, q = y/N(y): dL/dy_j = (c d_j - A dN/dy_j)/N, where c d_j is dL/dq_j and A = `along`
    /// the sum of c d_i q_i. Points with y < 0 have no slope unless `signed`.
    pub(super) fn pull_back(&self, y: &[f64], c: f64, along: f64, grad: &mut [f64]) {
        let (scale, shift) = (c * self.inverse, along * self.inverse);
        let live = |y: f64| self.signed || y >= 0.0;
        let columns = grad.iter_mut().zip(y);
        match self.normalisation {
            Normalisation::Sum => {
                for (d, y) in columns {
                    *d = if live(*y) { scale * *d - shift } else { 0.0 };
                }
            }
            Normalisation::L2 => {
                let shift = shift * self.inverse;
                for (d, y) in columns {
                    *d = if live(*y) { scale * *d - shift * y } else { 0.0 };
                }
            }
            Normalisation::Max | Normalisation::None => {
                for (d, y) in columns {
                    *d = if live(*y) { scale * *d } else { 0.0 };
                }
                if self.normalisation == Normalisation::Max {
                    grad[self.at] -= shift;
                }
            }
        }
    }
}
