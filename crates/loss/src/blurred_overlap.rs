//! Cosine of two patterns after a further blur, in 2theta, q or ln q.

use crate::blur::{Blur, shares};
use crate::blurred_cosine::BlurredCosine;
use crate::blurred_nodes::{BlurCoordinate, MappedCosine, NodeBlurs};
use crate::gpwdf::blur_of_axis;
use crate::seam::{check_axes, check_buffers};
use crate::{DecimatedLoss, LeastSquares, LeastSquaresOnNodes, Loss, LossError};
use braggscape_pattern::{Axis, AxisKind, DecimatedTarget, Pattern};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The coordinate in which a blur has one width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlurAxis {
    /// Scattering angle 2theta, degrees.
    TwoTheta,
    /// Momentum transfer q = 4 pi sin(theta)/lambda, 1/Å.
    Q,
    /// ln q: a strain moves every reflection by about as much, at any angle.
    #[default]
    LnQ,
}

/// Options of [`BlurredOverlap`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlurredOverlapOptions {
    /// The coordinate u of the blur. Default `ln-q`.
    pub axis: BlurAxis,
    /// Standard deviation of the blur, in the unit of the coordinate (degrees, 1/Å, or a relative change of q). Default 0.05.
    pub blur: f64,
    /// Wavelength, Å, which turns 2theta into q and back where pattern and blur have different ones of these axes; ln q of a pattern in
    /// 2theta needs none. Default 1.5406 (Cu K-alpha1).
    pub wavelength: f64,
    /// Over this length at either end of the axis, in the unit of the coordinate, intensities fall to 0 (as sin^2), so that peaks come
    /// and go at the ends without a jump. Default 0: none.
    pub taper: f64,
    /// Number of Chebyshev polynomials over the axis that are taken out of both patterns after the blur: 1 for a flat background.
    /// Default 0: none.
    pub background: usize,
}

impl Default for BlurredOverlapOptions {
    fn default() -> Self {
        Self { axis: BlurAxis::LnQ, blur: 0.05, wavelength: 1.5406, taper: 0.0, background: 0 }
    }
}

/// Negative cosine of both patterns after a Gaussian blur of standard deviation s in a coordinate u,
/// L = -O(f, g)/sqrt(O(f, f) O(g, g)), O(f, g) = sum_nm v_n f_n v_m g_m exp(-(u_n - u_m)^2/4s^2).
///
/// u_n is where point n of the axis lies in 2theta, q or ln q, and v_n its share of the axis (1 on an even one): each point is a stick
/// of the intensity v_n f_n, wherever the coordinate puts it. exp(-r^2/4s^2) is, up to a constant, the overlap of two Gaussians of
/// standard deviation s at a distance r.
///
/// # Relation to the blurred overlap of peak lists
/// `BlurredOverlap` of the crate `braggscape-xrd` is the same of the sticks of structures, without any grid or instrument. Where the
/// instrument has broadened them with a standard deviation sigma that is constant in u, this loss with the blur b is that one with
/// s^2 = sigma^2 + b^2, up to what lies beyond the ends of the axis. This one can have a measured target.
///
/// # Units and shapes
/// Dimensionless, in [-1, 0] for patterns that are not negative, -1 where g is a multiple of f; the cosine where the blur is well
/// below the distance of neighbouring points.
///
/// # Conventions
/// The patterns are zero outside their axis. The scale of either does not matter. Symmetric in f and g.
///
/// # Differentiability
/// Smooth where the blurred g is not 0; the gradient is that of the double sum.
///
/// # Method
/// Both blurred patterns are evaluated on nodes 0.45 s apart along u, where the rectangle rule is exact for products of Gaussians; L
/// is that of the double sum to 1e-14.
///
/// # Errors
/// [`LossError::NoIntensity`] if either pattern is zero everywhere; [`LossError::Coordinate`] if the axis reaches q = 0 for ln q, or
/// beyond 180° or q = 4 pi/lambda where one is turned into the other; [`LossError::OptionRange`] if the blur needs too many nodes.
///
/// # Examples
/// ```
/// use braggscape_loss::{BlurredOverlap, BlurredOverlapOptions, Loss};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// // q = 1, 1.1 and 1.2: the first two are ln 1.1 apart.
/// let axis = Axis::uniform(AxisKind::Q, 1.0, 0.1, 3)?;
/// let f = Pattern::new(axis.clone(), vec![1.0, 0.0, 0.0])?;
/// let g = Pattern::new(axis, vec![0.0, 3.0, 0.0])?;
/// let loss = BlurredOverlap::new(BlurredOverlapOptions { blur: 0.1, ..Default::default() })?;
/// let expected = -(-(1.1f64.ln() / 0.2).powi(2)).exp();
/// assert!((loss.value(&f, &g)? - expected).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// A. Otero-de-la-Roza, J. Appl. Cryst. 57, 1401 (2024), for the Gaussian weight of neighbouring points.
#[derive(Debug, Clone)]
pub struct BlurredOverlap {
    options: BlurredOverlapOptions,
    cosine: BlurredCosine,
    blurs: NodeBlurs,
    on_nodes: MappedCosine,
}

impl BlurredOverlap {
    /// The loss with these options.
    ///
    /// # Errors
    /// [`LossError::OptionRange`].
    pub fn new(options: BlurredOverlapOptions) -> Result<Self, LossError> {
        for (name, value) in [("blur", options.blur), ("wavelength", options.wavelength)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(LossError::OptionRange { name, value, expected: "above 0" });
            }
        }
        if !(options.taper >= 0.0 && options.taper.is_finite()) {
            let expected = "0 or more";
            return Err(LossError::OptionRange { name: "taper", value: options.taper, expected });
        }
        Ok(Self {
            options,
            cosine: BlurredCosine::default(),
            blurs: NodeBlurs::default(),
            on_nodes: MappedCosine::default(),
        })
    }

    /// The options of the loss.
    pub fn options(&self) -> BlurredOverlapOptions {
        self.options
    }

    /// Where the points of an axis lie in the coordinate of the blur.
    fn positions(&self, axis: &Axis) -> Result<Vec<f64>, LossError> {
        let defined = |x: f64| {
            position(self.options, axis.kind(), x).ok_or(LossError::Coordinate {
                coordinate: match self.options.axis {
                    BlurAxis::TwoTheta => "2theta",
                    BlurAxis::Q => "q",
                    BlurAxis::LnQ => "ln q",
                },
                x,
                unit: axis.kind().unit(),
            })
        };
        (0..axis.n_points()).map(|n| defined(axis.x(n))).collect()
    }

    fn blur(&self, axis: &Axis) -> Result<Blur, LossError> {
        let same = match self.options.axis {
            BlurAxis::TwoTheta => axis.kind() == AxisKind::TwoTheta,
            BlurAxis::Q => axis.kind() == AxisKind::Q,
            BlurAxis::LnQ => false,
        };
        if same && self.options.taper <= 0.0 {
            return blur_of_axis(axis, self.options.blur);
        }
        let positions = self.positions(axis)?;
        let mut shares = match axis.uniform_step() {
            Some(_) => vec![1.0; axis.n_points()],
            None => shares(axis),
        };
        let ends = (positions[0], positions[positions.len() - 1]);
        for (share, u) in shares.iter_mut().zip(&positions) {
            *share *= taper(self.options.taper, ends, *u);
        }
        Blur::uneven(&positions, &shares, self.options.blur)
    }

    fn compute(&self, obs: &Pattern, calc: &Pattern, grad: &mut [f64]) -> Result<f64, LossError> {
        let cosine =
            self.cosine.cosine(|axis| self.blur(axis), self.options.background, obs, calc, grad)?;
        for d in grad.iter_mut() {
            *d = -*d;
        }
        Ok(-cosine)
    }
}

/// Where a point of an axis lies in the coordinate of a blur; `None` where that is not defined.
fn position(options: BlurredOverlapOptions, kind: AxisKind, x: f64) -> Option<f64> {
    let q_per_sine = 4.0 * PI / options.wavelength;
    let sine = |two_theta: f64| libm::sin(two_theta * (PI / 360.0));
    match (kind, options.axis) {
        (AxisKind::TwoTheta, BlurAxis::TwoTheta) | (AxisKind::Q, BlurAxis::Q) => Some(x),
        (AxisKind::TwoTheta, BlurAxis::Q) => {
            (0.0..=180.0).contains(&x).then(|| q_per_sine * sine(x))
        }
        (AxisKind::TwoTheta, BlurAxis::LnQ) => (x > 0.0 && x <= 180.0).then(|| libm::log(sine(x))),
        (AxisKind::Q, BlurAxis::LnQ) => (x > 0.0).then(|| libm::log(x)),
        (AxisKind::Q, BlurAxis::TwoTheta) => {
            let s = x / q_per_sine;
            (0.0..=1.0).contains(&s).then(|| 360.0 / PI * libm::asin(s))
        }
    }
}

/// The factor of an intensity between the ends of an axis.
fn taper(length: f64, (first, last): (f64, f64), u: f64) -> f64 {
    let depth = (u - first).min(last - u);
    if depth >= length {
        return 1.0;
    }
    let s = libm::sin(0.5 * PI * depth.max(0.0) / length);
    s * s
}

/// The blur on an axis whose points are even.
struct OnAxis {
    options: BlurredOverlapOptions,
    kind: AxisKind,
    ends: (f64, f64),
}

impl BlurCoordinate for OnAxis {
    fn position(&self, x: f64) -> Option<f64> {
        position(self.options, self.kind, x)
    }

    fn weight(&self, position: f64) -> f64 {
        taper(self.options.taper, self.ends, position)
    }

    fn sigma(&self) -> f64 {
        self.options.blur
    }

    fn background(&self) -> usize {
        self.options.background
    }
}

impl DecimatedLoss for BlurredOverlap {
    fn target_on_nodes(
        &self,
        plain: DecimatedTarget,
        obs: &Pattern,
    ) -> Result<DecimatedTarget, LossError> {
        let (options, axis) = (self.options, obs.axis());
        let end = |x: f64| position(options, axis.kind(), x).ok_or(LossError::ForeignTarget);
        let ends = (end(axis.first())?, end(axis.last())?);
        let blur = OnAxis { options, kind: axis.kind(), ends };
        self.blurs.target(plain, obs, &blur).ok_or(LossError::ForeignTarget)
    }

    fn value_and_gradient_on_nodes(
        &self,
        obs: &DecimatedTarget,
        calc: &[f64],
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        self.on_nodes.value_and_gradient_on_nodes(obs, calc, grad)
    }

    fn value_on_nodes(&self, obs: &DecimatedTarget, calc: &[f64]) -> Result<f64, LossError> {
        self.on_nodes.value_on_nodes(obs, calc)
    }

    fn least_squares_on_nodes(&self) -> Option<&dyn LeastSquaresOnNodes> {
        self.on_nodes.least_squares_on_nodes()
    }
}

impl LeastSquares for BlurredOverlap {
    fn gauss_newton(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        jacobian: &DMatrix<f64>,
        hessian: &mut DMatrix<f64>,
    ) -> Result<(), LossError> {
        check_axes(obs, calc)?;
        let terms = self.options.background;
        self.cosine.gauss_newton(|axis| self.blur(axis), terms, calc, jacobian, hessian)
    }
}

impl Loss for BlurredOverlap {
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
    fn decimated(&self) -> Option<&dyn DecimatedLoss> {
        Some(self)
    }

    fn least_squares(&self) -> Option<&dyn LeastSquares> {
        Some(self)
    }
}
