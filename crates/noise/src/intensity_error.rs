//! Intensities that are wrong by a smooth factor.

use crate::normal::standard_normal;
use crate::{NoiseError, NoiseModel};
use braggscape_pattern::Pattern;
use rand::Rng;

/// How far a knot reaches, in distances of knots.
const REACH: f64 = 4.0;
/// Most knots; a correlation length that needs more is a mistake.
const MOST_KNOTS: f64 = 1e6;

/// Errors of the intensities that a model does not have: y(x) is multiplied by exp(`sigma` g(x)) with a smooth random function g of
/// variance 1 whose values decorrelate over `length`.
///
/// g(x) = sum_k z_k K_k(x) / sqrt(sum_k K_k(x)^2), K_k(x) = exp(-(x - x_k)^2/(2 `length`^2)), with knots x_k `length` apart along
/// the axis and beyond its ends, and standard normal z_k. Peaks nearer to each other than the length are wrong by the same factor, others by
/// independent ones: what texture, absorption, spill of the beam and wrong displacements do, without being any of them.
///
/// # Units and shapes
/// `sigma` is a relative error (0.1 is 10 %), `length` in the unit of the axis. Uncertainties are multiplied as well.
///
/// # Examples
/// ```
/// use braggscape_noise::{IntensityError, NoiseModel};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// use rand::SeedableRng;
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 50)?;
/// let mut pattern = Pattern::new(axis, vec![1.0; 50])?;
/// let model = IntensityError::new(0.1, 2.0)?;
/// model.corrupt(&mut pattern, &mut rand_chacha::ChaCha12Rng::seed_from_u64(1))?;
/// assert!(pattern.y().iter().all(|y| (y - 1.0).abs() < 0.5) && pattern.max() > 1.02);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntensityError {
    sigma: f64,
    length: f64,
}

impl IntensityError {
    /// Errors of `sigma` (0 to 2) over `length` (above 0).
    ///
    /// # Errors
    /// [`NoiseError::OptionRange`].
    pub fn new(sigma: f64, length: f64) -> Result<Self, NoiseError> {
        if !(0.0..=2.0).contains(&sigma) {
            let expected = "0 to 2, a relative error";
            return Err(NoiseError::OptionRange { name: "sigma", value: sigma, expected });
        }
        if !(length > 0.0 && length.is_finite()) {
            let expected = "above 0, in the unit of the axis";
            return Err(NoiseError::OptionRange { name: "length", value: length, expected });
        }
        Ok(Self { sigma, length })
    }
}

impl NoiseModel for IntensityError {
    fn corrupt(&self, pattern: &mut Pattern, rng: &mut dyn Rng) -> Result<(), NoiseError> {
        let x = pattern.axis().to_vec();
        let (Some(first), Some(last)) = (x.first(), x.last()) else { return Ok(()) };
        let n = ((last - first) / self.length).ceil() + 2.0 * REACH + 1.0;
        if n > MOST_KNOTS {
            let expected = "a millionth of the axis or more";
            let (name, value) = ("length", self.length);
            return Err(NoiseError::OptionRange { name, value, expected });
        }
        let start = first - REACH * self.length;
        let z: Vec<f64> = (0..n as usize).map(|_| standard_normal(rng)).collect();
        let factor = |x: f64| {
            let at = (x - start) / self.length;
            let low = (at - REACH).ceil().max(0.0) as usize;
            let (mut sum, mut squares) = (0.0, 0.0);
            for (k, z) in
                z.iter().enumerate().skip(low).take_while(|(k, _)| *k as f64 <= at + REACH)
            {
                let kernel = libm::exp(-0.5 * (at - k as f64).powi(2));
                sum += z * kernel;
                squares += kernel * kernel;
            }
            libm::exp(self.sigma * sum / squares.sqrt())
        };
        let factors: Vec<f64> = x.iter().map(|x| factor(*x)).collect();
        for (y, factor) in pattern.y_mut().iter_mut().zip(&factors) {
            *y *= factor;
        }
        if let Some(sigma) = pattern.sigma() {
            let scaled = sigma.iter().zip(&factors).map(|(s, f)| s * f).collect();
            pattern.set_sigma(scaled)?;
        }
        Ok(())
    }
}
