//! Spectral entropy similarity.

use crate::distribution::{mass, subtract_and_scale, through_normalisation, total};
use crate::jensen_shannon::{Divergences, divergence, of_patterns};
use crate::seam::{check_axes, check_buffers};
use crate::{Loss, LossError};
use braggscape_pattern::{Pattern, sum};
use serde::{Deserialize, Serialize};
use std::f64::consts::{LN_2, LOG2_E};

/// Negative spectral entropy similarity, L = -(1 - (2 S_m - S_p - S_q)/ln 4).
///
/// p = f/sum f, q = g/sum g, m = (p + q)/2; S = -sum_n p_n ln p_n is the Shannon entropy, with 0 ln 0 = 0. The similarity is
/// 1 - JSD(p, q)/ln 2 with the [Jensen-Shannon divergence](crate::JensenShannon), and is computed so.
///
/// With `weighted`, a distribution with S < 3 (about 20 equal bins) is first replaced by p^w over its sum, w = 0.25 + 0.25 S, each by
/// its own S. That is meant for short peak lists, where the strongest peak would otherwise drown the others. A pattern on a fine
/// grid has S > 3 and is left as it is.
///
/// # Units and shapes
/// Dimensionless, from -1 (equal distributions) to 0 (no bin in common).
///
/// # Conventions
/// The scale of either pattern does not matter. Symmetric in f and g. Intensities below 0 count as 0.
///
/// # Differentiability
/// Smooth where g > 0: dL/dq_n = ln(q_n/m_n)/ln 4, and through the sum of g. In a bin where g is 0 and f is not the slope is
/// -infinity; there q/m counts as the smallest normal number, 2^-1022, which gives ln(2^-1022)/ln 4 = -511. Intensities below 0 have
/// derivative 0. With `weighted` the dependence of w on S is part of the gradient; the value is continuous at S = 3, where w = 1,
/// but the gradient is not, since dw/dS falls from 0.25 to 0 there; below it the slope is infinite in every empty bin of g, and
/// reported as 0.
///
/// # Errors
/// [`LossError::NoIntensity`] if a pattern has no intensity above 0.
///
/// # Examples
/// ```
/// use braggscape_loss::{Entropy, Loss};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 2)?;
/// let f = Pattern::new(axis.clone(), vec![5.0, 0.0])?;
/// let g = Pattern::new(axis, vec![2.0, 2.0])?;
/// // S_p = 0, S_q = ln 2, m = (3/4, 1/4): S_m = ln 4 - (3/4) ln 3, and 1 - (2 S_m - ln 2)/ln 4.
/// let expected = -(1.0 - (2.0 * 4f64.ln() - 1.5 * 3f64.ln() - 2f64.ln()) / 4f64.ln());
/// assert!((Entropy::default().value(&f, &g)? - expected).abs() < 1e-15);
/// assert!((expected + 0.688721875540867).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// Y. Li et al., Nat. Methods 18, 1524 (2021), doi:10.1038/s41592-021-01331-z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Entropy {
    /// Whether distributions of small entropy are evened out first. Default false.
    pub weighted: bool,
}

/// Below this entropy intensities are weighted.
const WEIGHTED_BELOW: f64 = 3.0;

/// A distribution as it is compared: y^w over a sum.
#[derive(Debug, Clone, Copy)]
struct Weighting {
    /// Sum of intensities.
    total: f64,
    /// w, and `None` where intensities stay as they are.
    power: Option<f64>,
    /// Sum of the powers of y/total.
    powers: f64,
}

impl Weighting {
    fn of(pattern: &Pattern, which: &'static str, weighted: bool) -> Result<Self, LossError> {
        let total = total(pattern, which)?;
        let plain = Self { total, power: None, powers: 1.0 };
        if !weighted {
            return Ok(plain);
        }
        let y = pattern.y();
        let entropy = -sum::zip_with(y, y, |y, _| {
            let p = mass(y) / total;
            if p > 0.0 { p * libm::log(p) } else { 0.0 }
        });
        if entropy >= WEIGHTED_BELOW {
            return Ok(plain);
        }
        let raised = Self { power: Some(0.25 + 0.25 * entropy), ..plain };
        Ok(Self { powers: sum::zip_with(y, y, |y, _| raised.of_bin(y)), ..raised })
    }

    /// The weighted intensity of a bin, its share of 1.
    fn of_bin(&self, y: f64) -> f64 {
        let p = mass(y) / self.total;
        match self.power {
            Some(w) if p > 0.0 => libm::pow(p, w) / self.powers,
            _ => p,
        }
    }

    /// JSD of an observed pattern of this weighting and a calculated one.
    fn divergence(
        &self,
        obs: &Pattern,
        g: &Self,
        calc: &Pattern,
        slopes: &mut [f64],
    ) -> Divergences {
        if self.power.is_none() && g.power.is_none() {
            return of_patterns((obs.y(), self.total), (calc.y(), g.total), slopes);
        }
        divergence(obs.y(), calc.y(), |y| self.of_bin(y), |y| g.of_bin(y), slopes)
    }

    /// Turns derivatives in the shares into derivatives in the intensities.
    fn pull(&self, grad: &mut [f64], y: &[f64]) {
        if let Some(w) = self.power {
            let along = sum::zip_with(grad, y, |h, y| h * self.of_bin(y));
            let log = |y: f64| libm::log(mass(y) / self.total);
            // d(p^w) = w p^(w - 1) dp + p^w ln p dw, and dw = -0.25 (ln p + 1) dp.
            let by_power = 0.25
                * sum::zip_with(grad, y, |h, y| {
                    let share = self.of_bin(y);
                    if share > 0.0 { (h - along) * share * log(y) } else { 0.0 }
                });
            for (h, y) in grad.iter_mut().zip(y) {
                let p = mass(*y) / self.total;
                *h = if p > 0.0 {
                    (*h - along) * w * self.of_bin(*y) / p - by_power * (log(*y) + 1.0)
                } else {
                    0.0
                };
            }
        }
        through_normalisation(grad, y, self.total);
        if self.power.is_some() {
            for (h, y) in grad.iter_mut().zip(y) {
                *h = if *y > 0.0 { *h } else { 0.0 };
            }
        }
    }
}

impl Entropy {
    fn weightings(
        self,
        obs: &Pattern,
        calc: &Pattern,
    ) -> Result<(Weighting, Weighting), LossError> {
        Ok((
            Weighting::of(obs, "observed", self.weighted)?,
            Weighting::of(calc, "calculated", self.weighted)?,
        ))
    }
}

impl Loss for Entropy {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        let (f, g) = self.weightings(obs, calc)?;
        let Divergences { divergence, .. } = f.divergence(obs, &g, calc, &mut []);
        Ok(divergence / LN_2 - 1.0)
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        let (f, g) = self.weightings(obs, calc)?;
        let Divergences { divergence, along } = f.divergence(obs, &g, calc, grad);
        if g.power.is_none() {
            subtract_and_scale(grad, calc.y(), along, LOG2_E / g.total);
            return Ok(divergence / LN_2 - 1.0);
        }
        for h in grad.iter_mut() {
            *h *= LOG2_E;
        }
        g.pull(grad, calc.y());
        Ok(divergence / LN_2 - 1.0)
    }
}
