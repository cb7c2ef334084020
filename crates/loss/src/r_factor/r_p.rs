//! The profile R factor.

use super::{Scale, Weighted, Weights, scale, with_weights};
use crate::elementary::sign;
use crate::seam::{check_axes, check_buffers};
use crate::{Loss, LossError};
use braggscape_pattern::{Pattern, sum};
use serde::{Deserialize, Serialize};

/// Profile R factor, L = R_p = sum |f - k g| / sum |f|.
///
/// k is the scale factor. The observed pattern is f; no background is taken from it.
///
/// # Units and shapes
/// Dimensionless (a fraction, not per cent), 0 where k g = f, not bounded above.
///
/// # Conventions
/// The fitted k is that of least weighted squares, k = sum w f g/sum w g^2, as GSAS-II and FullProf refine it before they report
/// R_p, and not the one that makes R_p least. By default w = 1/sigma^2 of the observed pattern, or 1/f where it has no
/// uncertainties ([`Weights`]). The scale of either pattern then does not matter. Not symmetric. With `scale = "none"` weights play no
/// part.
///
/// # Differentiability
/// Smooth but for the points where f = k g, whose sign counts as 0: with s = sign(f - k g),
/// dR/dg_n = -(k s_n + (sum_m s_m g_m) dk/dg_n)/sum |f|, dk/dg_n = w_n (f_n - 2 k g_n)/sum w g^2.
///
/// # Errors
/// [`LossError::NoIntensity`] if the observed pattern is zero everywhere, or if k is to be fitted and sum w g^2 is 0.
///
/// # Examples
/// ```
/// use braggscape_loss::{Loss, Rp, Weights};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 2)?;
/// let f = Pattern::new(axis.clone(), vec![3.0, 4.0])?;
/// let g = Pattern::new(axis, vec![8.0, 6.0])?;
/// let loss = Rp { weights: Weights::Unit, ..Rp::default() };
/// // k = 48/100: (|3 - 3.84| + |4 - 2.88|)/7
/// assert!((loss.value(&f, &g)? - 0.28).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// R. A. Young (ed.), The Rietveld Method, Oxford University Press (1993), table 1.3; B. H. Toby, Powder Diffr. 21, 67 (2006),
/// doi:10.1154/1.2179804.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rp {
    /// The scale factor k. Default `fit`.
    pub scale: Scale,
    /// The weights with which k is fitted. Default `sigma`.
    pub weights: Weights,
}

/// R_p, and its gradient unless `grad` is empty.
struct Computation<'a> {
    scale: Scale,
    f: &'a [f64],
    g: &'a [f64],
    grad: &'a mut [f64],
}

impl Weighted for Computation<'_> {
    fn run(self, w: impl Fn(usize) -> f64 + Copy) -> Result<f64, LossError> {
        let Self { scale: option, f, g, grad } = self;
        let norm = sum::zip_with(f, f, |f, _| f.abs());
        if norm.is_nan() || norm <= 0.0 {
            return Err(LossError::NoIntensity { which: "observed" });
        }
        let (k, square) = scale(option, f, g, w)?;
        let value = sum::zip_with(f, g, |f, g| (f - k * g).abs()) / norm;
        if grad.is_empty() {
            return Ok(value);
        }
        let by_k = match option {
            Scale::Fit => sum::zip_with(f, g, |f, g| sign(f - k * g) * g) / square,
            Scale::None => 0.0,
        };
        for (n, d) in grad.iter_mut().enumerate() {
            let change = by_k * w(n) * (f[n] - 2.0 * k * g[n]);
            *d = -(k * sign(f[n] - k * g[n]) + change) / norm;
        }
        Ok(value)
    }
}

impl Rp {
    fn compute(self, obs: &Pattern, calc: &Pattern, grad: &mut [f64]) -> Result<f64, LossError> {
        let computation = Computation { scale: self.scale, f: obs.y(), g: calc.y(), grad };
        match self.scale {
            Scale::Fit => with_weights(self.weights, obs, computation),
            Scale::None => computation.run(|_| 1.0),
        }
    }
}

impl Loss for Rp {
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
