//! Jensen-Shannon divergence.
#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

use crate::distribution::{mass, through_normalisation, total};
use crate::seam::{check_axes, check_buffers};
use crate::{Loss, LossError};
use braggscape_pattern::log::ln;
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

/// JSD of the shares p(f_n) and q(g_n), nats; `slopes`, unless empty, is overwritten with its derivatives in q, ln(q/m)/2.
pub(crate) fn divergence(
    f: &[f64],
    g: &[f64],
    p: impl Fn(f64) -> f64,
    q: impl Fn(f64) -> f64,
    slopes: &mut [f64],
) -> f64 {
    assert_eq!(f.len(), g.len(), "distributions of one length are compared");
    let sum = pulp::Arch::new().dispatch(Divergence { f, g, p, q, slopes });
    // Rounding may leave less than 0 where the patterns agree.
    0.5 * sum.max(0.0)
}

/// p ln(p/m) + q ln(q/m) of eight bins, with 0 ln 0 = 0, and d(JSD)/dq = ln(q/m)/2; that is ln 2/2 where both are 0.
#[inline(always)]
fn eight(
    p: &[f64; sum::LANES],
    q: &[f64; sum::LANES],
    slopes: Option<&mut [f64; sum::LANES]>,
) -> [f64; sum::LANES] {
    let mut both = [0.0; sum::LANES];
    let (mut of_p, mut of_q) = (both, both);
    for i in 0..sum::LANES {
        both[i] = p[i] + q[i];
        of_p[i] = ln(2.0 * p[i] / both[i]);
        of_q[i] = ln(2.0 * q[i] / both[i]);
    }
    if let Some(slopes) = slopes {
        for i in 0..sum::LANES {
            slopes[i] = 0.5 * if both[i] > 0.0 { of_q[i] } else { LN_2 };
        }
    }
    std::array::from_fn(|i| p[i] * of_p[i] + q[i] * of_q[i])
}

/// Twice the divergence, compiled once for each vector width and chosen at run time. The number does not depend on the choice.
struct Divergence<'a, P, Q> {
    f: &'a [f64],
    g: &'a [f64],
    p: P,
    q: Q,
    slopes: &'a mut [f64],
}

impl<P: Fn(f64) -> f64, Q: Fn(f64) -> f64> pulp::WithSimd for Divergence<'_, P, Q> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> f64 {
        let Self { f, g, p, q, slopes } = self;
        let mut partial = [0.0; sum::LANES];
        let (blocks_f, rest_f) = f.as_chunks::<{ sum::LANES }>();
        let (blocks_g, rest_g) = g.as_chunks::<{ sum::LANES }>();
        let (blocks, rest) = slopes.as_chunks_mut::<{ sum::LANES }>();
        let mut blocks = blocks.iter_mut();
        for (f, g) in blocks_f.iter().zip(blocks_g) {
            let (p, q) = (f.map(&p), g.map(&q));
            let terms = eight(&p, &q, blocks.next());
            for i in 0..sum::LANES {
                partial[i] += terms[i];
            }
        }
        // The bins that are left, and empty ones.
        let (mut last_p, mut last_q) = ([0.0; sum::LANES], [0.0; sum::LANES]);
        for (i, (f, g)) in rest_f.iter().zip(rest_g).enumerate() {
            (last_p[i], last_q[i]) = (p(*f), q(*g));
        }
        let mut last = [0.0; sum::LANES];
        let terms = eight(&last_p, &last_q, Some(&mut last));
        for i in 0..sum::LANES {
            partial[i] += terms[i];
        }
        rest.copy_from_slice(&last[..rest.len()]);
        sum::reduce(partial)
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
        Ok(self.of(divergence(obs.y(), calc.y(), |y| mass(y) / f, |y| mass(y) / g, &mut [])))
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        let (f, g) = (total(obs, "observed")?, total(calc, "calculated")?);
        let divergence = divergence(obs.y(), calc.y(), |y| mass(y) / f, |y| mass(y) / g, grad);
        let value = self.of(divergence);
        if self.distance {
            let by = if value > 0.0 { 0.5 / value } else { 0.0 };
            for h in grad.iter_mut() {
                *h *= by;
            }
        }
        through_normalisation(grad, calc.y(), g);
        Ok(value)
    }
}
