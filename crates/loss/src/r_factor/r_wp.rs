//! The weighted profile R factor.

use super::{Scale, Weighted, Weights, over_points, scale, with_weights};
use crate::seam::{check_axes, check_buffers};
use crate::{Loss, LossError};
use braggscape_pattern::Pattern;
use serde::{Deserialize, Serialize};

/// Weighted profile R factor, L = R_wp = sqrt(sum w (f - k g)^2 / sum w f^2).
///
/// w_n are the weights of the points and k is the scale factor. The observed pattern is f; no background is taken from it.
///
/// # Units and shapes
/// Dimensionless (a fraction, not per cent), 0 where k g = f. With the fitted k it is sqrt(1 - c^2), c the cosine of sqrt(w) f and
/// sqrt(w) g: in [0, 1].
///
/// # Conventions
/// By default w = 1/sigma^2 of the observed pattern, or 1/f where it has no uncertainties ([`Weights`]), and k is fitted
/// ([`Scale`]); the scale of either pattern then does not matter. A common factor of all weights never does. Not symmetric, since
/// f alone has weights, unless `weights = "unit"` and k is fitted.
///
/// # Differentiability
/// Smooth for R_wp > 0: dR/dg = -k w (f - k g)/(R sum w f^2). The fitted k is where dR/dk = 0, so that its change with g does not
/// appear. R_wp has a kink at 0, where its gradient is reported as 0.
///
/// # Errors
/// [`LossError::NoIntensity`] if sum w f^2 is 0, or if k is to be fitted and sum w g^2 is 0.
///
/// # Examples
/// ```
/// use braggscape_loss::{Loss, Rwp, Weights};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 2)?;
/// let f = Pattern::new(axis.clone(), vec![3.0, 4.0])?;
/// let g = Pattern::new(axis, vec![8.0, 6.0])?;
/// let loss = Rwp { weights: Weights::Unit, ..Rwp::default() };
/// // The cosine is 0.96: sqrt(1 - 0.96^2)
/// assert!((loss.value(&f, &g)? - 0.28).abs() < 1e-15);
/// // Variances 9 and 16 in both: w f^2 = (1, 1), w f g = (8/3, 3/2), w g^2 = (64/9, 9/4).
/// let f = f.with_sigma(vec![3.0, 4.0])?;
/// let expected = (1.0f64 - (25.0f64 / 6.0).powi(2) / (2.0 * 337.0 / 36.0)).sqrt();
/// assert!((Rwp::default().value(&f, &g)? - expected).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// R. A. Young (ed.), The Rietveld Method, Oxford University Press (1993), table 1.3; B. H. Toby, Powder Diffr. 21, 67 (2006),
/// doi:10.1154/1.2179804.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rwp {
    /// The scale factor k. Default `fit`.
    pub scale: Scale,
    /// The weights of the points. Default `sigma`.
    pub weights: Weights,
}

/// R_wp, and its gradient unless `grad` is empty.
struct Computation<'a> {
    scale: Scale,
    f: &'a [f64],
    g: &'a [f64],
    grad: &'a mut [f64],
}

impl Weighted for Computation<'_> {
    fn run(self, w: impl Fn(usize) -> f64 + Copy) -> Result<f64, LossError> {
        let Self { scale: option, f, g, grad } = self;
        let norm = over_points(f.len(), |n| w(n) * f[n] * f[n]);
        if norm.is_nan() || norm <= 0.0 {
            return Err(LossError::NoIntensity { which: "observed" });
        }
        let (k, _) = scale(option, f, g, w)?;
        let residual = |n: usize| f[n] - k * g[n];
        let value = (over_points(f.len(), |n| w(n) * residual(n) * residual(n)) / norm).sqrt();
        let by = if value > 0.0 { -k / (value * norm) } else { 0.0 };
        for (n, d) in grad.iter_mut().enumerate() {
            *d = by * w(n) * residual(n);
        }
        Ok(value)
    }
}

impl Rwp {
    fn compute(self, obs: &Pattern, calc: &Pattern, grad: &mut [f64]) -> Result<f64, LossError> {
        let computation = Computation { scale: self.scale, f: obs.y(), g: calc.y(), grad };
        with_weights(self.weights, obs, computation)
    }
}

impl Loss for Rwp {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        self.compute(obs, calc, &mut [])
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        self.compute(obs, calc, grad)
    }
}
