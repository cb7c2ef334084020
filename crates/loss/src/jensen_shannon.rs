//! Jensen-Shannon divergence.
#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

use crate::distribution::{mass, subtract_and_scale, total};
use crate::seam::{check_axes, check_buffers};
use crate::{Loss, LossError};
use braggscape_pattern::log::ln_pair;
use braggscape_pattern::{Pattern, sum};
use serde::{Deserialize, Serialize};
use std::f64::consts::LN_2;

/// Jensen-Shannon divergence of normalised patterns, L = JSD(p, q) = (KL(p, m) + KL(q, m))/2, or its square root.
///
/// p = f/sum f, q = g/sum g, m = (p + q)/2, KL(p, m) = sum_n p_n ln(p_n/m_n) with 0 ln 0 = 0.
///
/// # Units and shapes
/// Nats, from 0 (equal distributions) to ln 2 (no bin in common); with `distance` the square root of that, a metric in the
/// mathematical sense, from 0 to 0.8326. `scipy.spatial.distance.jensenshannon` is the distance.
///
/// # Conventions
/// The scale of either pattern does not matter. Symmetric in f and g. Intensities below 0 count as 0.
///
/// # Differentiability
/// Smooth where g > 0: dJSD/dq_n = ln(q_n/m_n)/2, and through the sum of g. In a bin where g is 0 and f is not the slope is
/// -infinity; there q/m counts as the smallest normal number, 2^-1022, which gives -354. Intensities below 0 have derivative 0. The distance
/// has a kink where p = q, where its gradient is reported as 0.
///
/// # Errors
/// [`LossError::NoIntensity`] if a pattern has no intensity above 0.
///
/// # Examples
/// ```
/// use braggscape_loss::{JensenShannon, Loss};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 2)?;
/// let f = Pattern::new(axis.clone(), vec![5.0, 0.0])?;
/// let g = Pattern::new(axis, vec![2.0, 2.0])?;
/// // m = (3/4, 1/4): (ln(4/3) + (ln(2/3) + ln 2)/2)/2 = (3/4) ln(4/3)
/// let expected = 0.75 * (4.0f64 / 3.0).ln();
/// assert!((JensenShannon::default().value(&f, &g)? - expected).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// J. Lin, IEEE Trans. Inf. Theory 37, 145 (1991), doi:10.1109/18.61115; D. M. Endres & J. E. Schindelin, IEEE Trans. Inf. Theory 49,
/// 1858 (2003), doi:10.1109/TIT.2003.813506, for the distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JensenShannon {
    /// Whether the square root is taken. Default false.
    pub distance: bool,
}

/// A divergence, and the derivatives of it in the shares q along q itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Divergences {
    /// JSD, nats.
    pub(crate) divergence: f64,
    /// sum_n q_n d(JSD)/dq_n, nats; what normalisation takes from the derivatives.
    pub(crate) along: f64,
}

/// The divergence of patterns over their sums; `slopes` as for [`divergence`].
pub(crate) fn of_patterns(
    (f, of_f): (&[f64], f64),
    (g, of_g): (&[f64], f64),
    slopes: &mut [f64],
) -> Divergences {
    let (by_f, by_g) = (1.0 / of_f, 1.0 / of_g);
    // Sums that are hardly numbers any more have no inverses.
    if by_f.is_normal() && by_g.is_normal() {
        return divergence(f, g, |y| mass(y) * by_f, |y| mass(y) * by_g, slopes);
    }
    divergence(f, g, |y| mass(y) / of_f, |y| mass(y) / of_g, slopes)
}

/// JSD of the shares p(f_n) and q(g_n); `slopes`, unless empty, is overwritten with its derivatives in q, ln(q/m)/2.
pub(crate) fn divergence(
    f: &[f64],
    g: &[f64],
    p: impl Fn(f64) -> f64,
    q: impl Fn(f64) -> f64,
    slopes: &mut [f64],
) -> Divergences {
    assert_eq!(f.len(), g.len(), "distributions of one length are compared");
    let [sum, along] = pulp::Arch::new().dispatch(Kernel { f, g, p, q, slopes });
    // Rounding may leave less than 0 where the patterns agree.
    Divergences { divergence: 0.5 * sum.max(0.0), along: 0.5 * along }
}

/// Shares below this may not have an inverse.
const LEAST: f64 = 4.0 * f64::MIN_POSITIVE;

/// Adds p ln(p/m) + q ln(q/m) and q ln(q/m) of eight bins, with 0 ln 0 = 0, to `sums`; gives d(JSD)/dq = ln(q/m)/2, which is
/// ln 2/2 where both are 0.
///
/// p/m = 1 + r and q/m = 1 - r with r = (p - q)/(p + q), so that both are exactly 1 where p = q; where r is near -1 or 1, which
/// would cancel, 2 p/(p + q) and 2 q/(p + q).
#[inline(always)]
fn eight(
    p: [f64; sum::LANES],
    q: [f64; sum::LANES],
    sums: &mut [[f64; sum::LANES]; 2],
) -> [f64; sum::LANES] {
    let mut slopes = [0.0; sum::LANES];
    for i in 0..sum::LANES {
        let both = p[i] + q[i];
        let inverse = 1.0 / if both > LEAST { both } else { LEAST };
        let r = (p[i] - q[i]) * inverse;
        let p_over_m = if r > -0.5 { 1.0 + r } else { 2.0 * p[i] * inverse };
        let q_over_m = if r < 0.5 { 1.0 - r } else { 2.0 * q[i] * inverse };
        let [of_p, of_q] = ln_pair(p_over_m, q_over_m);
        let of_q_in_sum = q[i] * of_q;
        sums[0][i] += p[i] * of_p + of_q_in_sum;
        sums[1][i] += of_q_in_sum;
        slopes[i] = 0.5 * if both > 0.0 { of_q } else { LN_2 };
    }
    slopes
}

/// Twice the divergence and twice the sum along q, compiled once for each vector width and chosen at run time. The numbers do not
/// depend on the choice.
struct Kernel<'a, P, Q> {
    f: &'a [f64],
    g: &'a [f64],
    p: P,
    q: Q,
    slopes: &'a mut [f64],
}

impl<P: Fn(f64) -> f64, Q: Fn(f64) -> f64> pulp::WithSimd for Kernel<'_, P, Q> {
    type Output = [f64; 2];

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> [f64; 2] {
        let Self { f, g, p, q, slopes } = self;
        let mut sums = [[0.0; sum::LANES]; 2];
        let (blocks_f, rest_f) = f.as_chunks::<{ sum::LANES }>();
        let (blocks_g, rest_g) = g.as_chunks::<{ sum::LANES }>();
        let (blocks, rest) = slopes.as_chunks_mut::<{ sum::LANES }>();
        let mut blocks = blocks.iter_mut();
        for (f, g) in blocks_f.iter().zip(blocks_g) {
            let found = eight(f.map(&p), g.map(&q), &mut sums);
            if let Some(slopes) = blocks.next() {
                *slopes = found;
            }
        }
        // The bins that are left, and empty ones.
        let (mut last_p, mut last_q) = ([0.0; sum::LANES], [0.0; sum::LANES]);
        for (i, (f, g)) in rest_f.iter().zip(rest_g).enumerate() {
            (last_p[i], last_q[i]) = (p(*f), q(*g));
        }
        let last = eight(last_p, last_q, &mut sums);
        rest.copy_from_slice(&last[..rest.len()]);
        sums.map(sum::reduce)
    }
}

impl JensenShannon {
    fn of(self, divergence: f64) -> f64 {
        if self.distance { divergence.sqrt() } else { divergence }
    }
}

impl Loss for JensenShannon {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        let (f, g) = (total(obs, "observed")?, total(calc, "calculated")?);
        Ok(self.of(of_patterns((obs.y(), f), (calc.y(), g), &mut []).divergence))
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        let (f, g) = (total(obs, "observed")?, total(calc, "calculated")?);
        let found = of_patterns((obs.y(), f), (calc.y(), g), grad);
        let value = self.of(found.divergence);
        let by = match self.distance {
            true if value > 0.0 => 0.5 / value,
            true => 0.0,
            false => 1.0,
        };
        subtract_and_scale(grad, calc.y(), found.along, by / g);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::WithSimd as _;

    /// Shares from many orders of magnitude, some equal, some 0.
    fn shares(n: usize) -> (Vec<f64>, Vec<f64>) {
        let number = |i: usize, c: f64| match (c * (i * i) as f64).fract() {
            x if x < 0.2 => 0.0,
            x => libm::exp(-600.0 * (x - 0.2) * (x - 0.2)),
        };
        let p: Vec<f64> = (0..n).map(|i| number(i, 0.618_033_988)).collect();
        let other = |i: usize| if i.is_multiple_of(5) { p[i] } else { number(i, 0.414_213_562) };
        let q = (0..n).map(other).collect();
        (p, q)
    }

    #[test]
    fn vector_registers_do_not_change_a_bit() {
        for n in [0, 1, 7, 8, 9, 1003] {
            let (f, g) = shares(n);
            let mut slopes = [vec![f64::NAN; n], vec![f64::NAN; n]];
            let [wide, plain] = &mut slopes;
            let kernel = |slopes| Kernel { f: &f, g: &g, p: |y| y, q: |y| y, slopes };
            let found = pulp::Arch::new().dispatch(kernel(wide));
            let expected = kernel(plain).with_simd(pulp::Scalar);
            assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "{n}");
            for (w, p) in wide.iter().zip(plain) {
                assert_eq!(w.to_bits(), p.to_bits(), "{n}");
            }
        }
    }

    #[test]
    fn terms_are_those_of_the_definition() {
        let (p, q) = shares(1000);
        let mut slopes = vec![f64::NAN; p.len()];
        let found = divergence(&p, &q, |y| y, |y| y, &mut slopes);
        let (mut sum, mut along) = (0.0, 0.0);
        for ((p, q), slope) in p.iter().zip(&q).zip(&slopes) {
            let m = 0.5 * (p + q);
            let term = |x: f64| if x > 0.0 { x * libm::log(x / m) } else { 0.0 };
            sum += 0.5 * (term(*p) + term(*q));
            along += 0.5 * term(*q);
            if *q > 0.0 {
                let expected = 0.5 * libm::log(q / m);
                assert!((slope - expected).abs() < 1e-15 * expected.abs().max(1.0), "{p} {q}");
            }
        }
        assert!((found.divergence / sum - 1.0).abs() < 1e-13);
        assert!((found.along / along - 1.0).abs() < 1e-13);
        let same = divergence(&p, &p, |y| y, |y| y, &mut slopes);
        assert!(same.divergence.abs() < f64::MIN_POSITIVE);
        assert!(p.iter().zip(&slopes).all(|(p, s)| *p <= 0.0 || s.abs() < f64::MIN_POSITIVE));
    }
}
