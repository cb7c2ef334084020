//! Error of the zero of 2theta.

use crate::normal::standard_normal;
use crate::{NoiseError, NoiseModel};
use braggscape_pattern::{AxisKind, Pattern};
use rand::Rng;

/// Points that take part in the value of one between them.
const TAPS: usize = 4;

/// A zero error of the diffractometer: the whole pattern moves along 2theta by d = `shift` + N(0, `sigma`²) degrees, up for d > 0.
///
/// y'(2theta) = y(2theta - d) on the points of the axis. Between points y is the cubic through the four nearest ones; what lies
/// beyond an end is taken to be as the end.
///
/// # Accuracy
/// For a peak of height A and standard deviation w (FWHM / 2.355) on points h apart the cubic errs by at most
/// (3/128) h⁴ max|y''''| = 0.070 A (h/w)⁴: 1e-8 of the peak for the study's broad peaks, 2e-4 for peaks of 0.1° on points 0.01° apart.
/// The result is not negative where the four points are not.
///
/// # Conventions
/// One normal number is drawn a pattern, also where `sigma` is 0. Uncertainties move along, by linear interpolation. In a sequence the
/// shift stands before counting noise, which is drawn at the points of the detector.
///
/// # Errors
/// [`NoiseError::NotTwoTheta`] for a pattern on another kind of axis.
///
/// # Examples
/// ```
/// use braggscape_noise::{NoiseModel, ZeroShift};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// use rand::SeedableRng;
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 5)?;
/// let mut pattern = Pattern::new(axis, vec![0.0, 1.0, 8.0, 27.0, 64.0])?;
/// let model = ZeroShift::new(-0.5, 0.0)?;
/// model.corrupt(&mut pattern, &mut rand_chacha::ChaCha12Rng::seed_from_u64(1))?;
/// // A cubic is moved exactly: 0.5³, 1.5³, 2.5³, 3.5³; nothing is known beyond the end.
/// assert_eq!(pattern.y(), [0.125, 3.375, 15.625, 42.875, 64.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// R. A. Young (ed.), The Rietveld Method, Oxford University Press (1993), chapter 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZeroShift {
    shift: f64,
    sigma: f64,
}

impl ZeroShift {
    /// A shift of `shift` degrees (-10 to 10) give or take `sigma` degrees (0 to 10, standard deviation).
    ///
    /// # Errors
    /// [`NoiseError::OptionRange`].
    pub fn new(shift: f64, sigma: f64) -> Result<Self, NoiseError> {
        if !(-10.0..=10.0).contains(&shift) {
            let expected = "-10 to 10 degrees";
            return Err(NoiseError::OptionRange { name: "shift", value: shift, expected });
        }
        if !(0.0..=10.0).contains(&sigma) {
            let expected = "0 to 10 degrees";
            return Err(NoiseError::OptionRange { name: "sigma", value: sigma, expected });
        }
        Ok(Self { shift, sigma })
    }
}

impl NoiseModel for ZeroShift {
    fn corrupt(&self, pattern: &mut Pattern, rng: &mut dyn Rng) -> Result<(), NoiseError> {
        if pattern.axis().kind() != AxisKind::TwoTheta {
            return Err(NoiseError::NotTwoTheta { axis: pattern.axis().to_string() });
        }
        let shift = self.shift + self.sigma * standard_normal(rng);
        if shift.abs() <= 0.0 {
            return Ok(());
        }
        let x = pattern.axis().to_vec();
        let moved = moved(&x, pattern.y(), shift, TAPS);
        let sigma = pattern.sigma().map(|sigma| self::moved(&x, sigma, shift, 2));
        pattern.y_mut().copy_from_slice(&moved);
        if let Some(sigma) = sigma {
            pattern.set_sigma(sigma)?;
        }
        Ok(())
    }
}

/// Values at x - shift, by the polynomial through the `taps` (even) nearest points.
fn moved(x: &[f64], y: &[f64], shift: f64, taps: usize) -> Vec<f64> {
    let taps = taps.min(x.len());
    let last = x.len() - 1;
    x.iter()
        .map(|x_i| {
            let at = (x_i - shift).clamp(x[0], x[last]);
            // The first of the points around it.
            let first = x.partition_point(|p| *p <= at).saturating_sub(taps.div_ceil(2));
            let first = first.min(x.len() - taps);
            let near = first..first + taps;
            let value = lagrange(&x[near.clone()], &y[near.clone()], at);
            if y[near].iter().all(|v| *v >= 0.0) { value.max(0.0) } else { value }
        })
        .collect()
}

/// The polynomial through the points (x, y), at `at`.
fn lagrange(x: &[f64], y: &[f64], at: f64) -> f64 {
    let mut value = 0.0;
    for (i, y_i) in y.iter().enumerate() {
        let others = x.iter().enumerate().filter(|(j, _)| *j != i);
        value += others.fold(*y_i, |v, (_, x_j)| v * ((at - x_j) / (x[i] - x_j)));
    }
    value
}
