//! Gaussian powder difference.

use crate::blur::{Blur, shares};
use crate::blurred_cosine::BlurredCosine;
use crate::seam::{check_axes, check_buffers};
use crate::{Loss, LossError};
use braggscape_pattern::{Axis, Pattern};
use serde::{Deserialize, Serialize};

/// Options of [`Gpwdf`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GpwdfOptions {
    /// alpha of the weight exp(-pi r^2/alpha^2), unit of the axis: how far apart points may lie and still count as similar, the
    /// area under the weight. Default 1.
    pub alpha: f64,
}

impl Default for GpwdfOptions {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

/// Gaussian powder difference, L = 1 - sum_r w(r) c_fg(r) / sqrt(sum_r w(r) c_ff(r) sum_r w(r) c_gg(r)), w(r) = exp(-pi r^2/alpha^2).
///
/// c_fg(r) = sum_n f(x_n) g(x_n + r) is the cross-correlation: de Gelder's similarity with a Gaussian in place of the triangle.
///
/// # Relation to blurred overlaps
/// A Gaussian is the autocorrelation of one that is narrower by sqrt(2): up to a constant,
/// integral exp(-(x - z)^2/2s^2) exp(-(y - z)^2/2s^2) dz = exp(-(x - y)^2/4s^2). With 1/4s^2 = pi/alpha^2, the sum over w is the inner
/// product of both patterns after a Gaussian blur of standard deviation s = alpha/(2 sqrt(pi)). If the patterns are sticks that an
/// instrument has broadened with a standard deviation sigma, the two blurs add in quadrature, so that L = 1 - cos_s of the sticks
/// with s^2 = sigma^2 + alpha^2/(4 pi): `BlurredOverlap` of the crate `braggscape-xrd` in 2theta, without any grid. Sums over points stand for integrals
/// as long as alpha and sigma are no shorter than a few steps of the axis.
///
/// # Units and shapes
/// Dimensionless, in [0, 1] for patterns that are not negative, 0 where g is a multiple of f; 1 + (cosine loss) where alpha is well
/// below the step of the axis.
///
/// # Conventions
/// A difference, as published; similarities such as the cosine and [`DeGelder`](crate::DeGelder) enter with a minus sign. The
/// patterns are zero outside their axis. The scale of either does not matter. Symmetric in f and g. On an uneven axis intensities
/// are weighted by the mean of the steps beside them, so that sums stand for integrals.
///
/// # Differentiability
/// Smooth where the blurred g is not 0.
///
/// # Method
/// Both blurred patterns are evaluated on nodes 0.45 s apart, where the rectangle rule is exact for products of Gaussians; L is that
/// of the double sum to 1e-14.
///
/// # Errors
/// [`LossError::NoIntensity`] if either pattern is zero everywhere, [`LossError::OptionRange`] if an uneven axis needs too many nodes.
///
/// # Examples
/// ```
/// use braggscape_loss::{Gpwdf, GpwdfOptions, Loss};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 3)?;
/// let f = Pattern::new(axis.clone(), vec![1.0, 0.0, 0.0])?;
/// let g = Pattern::new(axis, vec![0.0, 3.0, 0.0])?;
/// // One step of 0.5 apart: 1 - exp(-pi/4)
/// let loss = Gpwdf::new(GpwdfOptions::default())?;
/// assert!((loss.value(&f, &g)? - (1.0 - 0.455938127765996)).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// A. Otero-de-la-Roza, J. Appl. Cryst. 57, 1401 (2024); R. de Gelder, R. Wehrens & J. A. Hageman, J. Comput. Chem. 22, 273 (2001),
/// doi:10.1002/1096-987X(200102)22:3<273::AID-JCC1001>3.0.CO;2-0.
#[derive(Debug, Clone)]
pub struct Gpwdf {
    options: GpwdfOptions,
    cosine: BlurredCosine,
}

impl Gpwdf {
    /// The loss with these options.
    ///
    /// # Errors
    /// [`LossError::OptionRange`].
    pub fn new(options: GpwdfOptions) -> Result<Self, LossError> {
        let alpha = options.alpha;
        if !(alpha > 0.0 && alpha.is_finite()) {
            let expected = "above 0, in the unit of the axis";
            return Err(LossError::OptionRange { name: "alpha", value: alpha, expected });
        }
        Ok(Self { options, cosine: BlurredCosine::default() })
    }

    /// The options of the loss.
    pub fn options(&self) -> GpwdfOptions {
        self.options
    }

    fn compute(&self, obs: &Pattern, calc: &Pattern, grad: &mut [f64]) -> Result<f64, LossError> {
        let s = self.options.alpha / (2.0 * std::f64::consts::PI.sqrt());
        let cosine = self.cosine.cosine(|axis| blur_of_axis(axis, s), 0, obs, calc, grad)?;
        for d in grad.iter_mut() {
            *d = -*d;
        }
        Ok(1.0 - cosine)
    }
}

/// The blur of standard deviation s in the coordinate of an axis itself.
pub(crate) fn blur_of_axis(axis: &Axis, s: f64) -> Result<Blur, LossError> {
    match axis.uniform_step() {
        Some((_, step)) => Blur::even(axis.n_points(), s / step),
        None => Blur::uneven(&axis.to_vec(), &shares(axis), s),
    }
}

impl Loss for Gpwdf {
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
