//! Patterns as distributions: intensities over their sum.

#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

use crate::LossError;
use braggscape_pattern::Pattern;
use braggscape_pattern::sum;

/// What losses between distributions do with intensities: those below 0, which a background leaves that was subtracted, count
/// as 0.
#[inline(always)]
pub(crate) fn mass(intensity: f64) -> f64 {
    intensity.max(0.0)
}

/// The sum of intensities that a pattern is divided by; `which` is "observed" or "calculated".
///
/// # Errors
/// [`LossError::NoIntensity`] if no intensity is above 0.
pub(crate) fn total(pattern: &Pattern, which: &'static str) -> Result<f64, LossError> {
    let total = pulp::Arch::new().dispatch(Total(pattern.y()));
    if total > 0.0 { Ok(total) } else { Err(LossError::NoIntensity { which }) }
}

/// Turns derivatives in q into derivatives in g for q = g / sum g: (h_i - sum_j h_j q_j)/sum g. Intensities below 0 have
/// derivative 0.
pub(crate) fn through_normalisation(grad: &mut [f64], g: &[f64], total: f64) {
    let along = sum::zip_with(grad, g, |h, y| h * mass(y)) / total;
    subtract_and_scale(grad, g, along, 1.0 / total);
}

/// Turns derivatives h_i into (h_i - along) by, and into 0 where intensities are below 0.
pub(crate) fn subtract_and_scale(grad: &mut [f64], g: &[f64], along: f64, by: f64) {
    pulp::Arch::new().dispatch(SubtractAndScale { grad, g, along, by });
}

/// The sum of masses, in the order of [`sum`]; compiled once for each vector width and chosen at run time, as all kernels here.
/// The numbers do not depend on the choice.
struct Total<'a>(&'a [f64]);

impl pulp::WithSimd for Total<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> f64 {
        let mut partial = [0.0; sum::LANES];
        let (blocks, rest) = self.0.as_chunks::<{ sum::LANES }>();
        for block in blocks {
            for (p, y) in partial.iter_mut().zip(block) {
                *p += mass(*y);
            }
        }
        for (p, y) in partial.iter_mut().zip(rest) {
            *p += mass(*y);
        }
        sum::reduce(partial)
    }
}

struct SubtractAndScale<'a> {
    grad: &'a mut [f64],
    g: &'a [f64],
    along: f64,
    by: f64,
}

impl pulp::WithSimd for SubtractAndScale<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for (h, y) in self.grad.iter_mut().zip(self.g) {
            let pulled = (*h - self.along) * self.by;
            *h = if *y < 0.0 { 0.0 } else { pulled };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::WithSimd as _;

    #[test]
    fn vector_registers_do_not_change_a_bit() {
        for n in [0, 1, 7, 8, 9, 63, 1003] {
            let y: Vec<f64> = (0..n).map(|i| libm::sin(0.3 + 1.7 * f64::from(i * i))).collect();
            let plain = sum::zip_with(&y, &y, |y, _| mass(y));
            assert_eq!(pulp::Arch::new().dispatch(Total(&y)).to_bits(), plain.to_bits());
            let (mut wide, mut plain) = (y.clone(), y.clone());
            subtract_and_scale(&mut wide, &y, 0.25, 3.0);
            SubtractAndScale { grad: &mut plain, g: &y, along: 0.25, by: 3.0 }
                .with_simd(pulp::Scalar);
            for ((h, p), y) in wide.iter().zip(&plain).zip(&y) {
                assert_eq!(h.to_bits(), p.to_bits());
                let expected = if *y < 0.0 { 0.0 } else { (y - 0.25) * 3.0 };
                assert!((h - expected).abs() < 1e-15);
            }
        }
    }
}
