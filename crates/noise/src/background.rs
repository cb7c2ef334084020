//! Background.

use crate::{NoiseError, NoiseModel};
use braggscape_pattern::{Axis, Pattern};
use rand::Rng;

/// A smooth background under the pattern: a sum of Chebyshev polynomials over the range of the axis, constant by default.
///
/// y_i -> y_i + level max(y) b(t_i), b(t) = sum_k c_k T_k(t), T_k(cos a) = cos(k a), with t from -1 at the first point of the axis
/// to 1 at the last (0 on an axis of one point). Nothing is drawn from the generator.
///
/// # Units and shapes
/// `level` is a fraction of the highest point of the pattern, coefficients are dimensionless. The pattern should hold peaks alone:
/// in a sequence the background stands before counting noise, which must count it too. Uncertainties stay.
///
/// # Examples
/// ```
/// use braggscape_noise::{Background, NoiseModel};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// use rand::SeedableRng;
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 3)?;
/// let mut pattern = Pattern::new(axis, vec![0.0, 10.0, 0.0])?;
/// // 0.1 * 10 * (1 - t/2) at t = -1, 0, 1.
/// let falling = Background::new(0.1, vec![1.0, -0.5])?;
/// falling.corrupt(&mut pattern, &mut rand_chacha::ChaCha12Rng::seed_from_u64(1))?;
/// assert_eq!(pattern.y(), [1.5, 11.0, 0.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// A. C. Larson & R. B. Von Dreele, General Structure Analysis System (GSAS), Los Alamos report LAUR 86-748 (2004); C. W. Clenshaw,
/// Math. Comput. 9, 118 (1955), doi:10.1090/S0025-5718-1955-0071856-0.
#[derive(Debug, Clone, PartialEq)]
pub struct Background {
    level: f64,
    coefficients: Vec<f64>,
}

impl Background {
    /// A background of height `level` (0 to 100, a fraction of the highest point) times the polynomial of these coefficients
    /// c_0, c_1, ...
    ///
    /// # Errors
    /// [`NoiseError::OptionRange`]: a level out of range, a coefficient that is not a finite number.
    pub fn new(level: f64, coefficients: Vec<f64>) -> Result<Self, NoiseError> {
        if !(0.0..=100.0).contains(&level) {
            let expected = "0 to 100, a fraction of the highest point";
            return Err(NoiseError::OptionRange { name: "level", value: level, expected });
        }
        if let Some(value) = coefficients.iter().copied().find(|c| !c.is_finite()) {
            let expected = "finite numbers";
            return Err(NoiseError::OptionRange { name: "coefficients", value, expected });
        }
        Ok(Self { level, coefficients })
    }

    /// sum_k c_k T_k(t) by Clenshaw's recurrence.
    fn shape(&self, t: f64) -> f64 {
        let (mut next, mut after) = (0.0, 0.0);
        for c in self.coefficients.iter().skip(1).rev() {
            (next, after) = (c + 2.0 * t * next - after, next);
        }
        self.coefficients.first().copied().unwrap_or(0.0) + t * next - after
    }
}

/// Where point `i` lies between -1 and 1.
fn reduced(axis: &Axis, i: usize) -> f64 {
    let (first, last) = (axis.first(), axis.last());
    if last > first { (2.0 * axis.x(i) - first - last) / (last - first) } else { 0.0 }
}

impl NoiseModel for Background {
    fn corrupt(&self, pattern: &mut Pattern, _: &mut dyn Rng) -> Result<(), NoiseError> {
        let height = self.level * pattern.max().max(0.0);
        let axis = pattern.axis().clone();
        for (i, y) in pattern.y_mut().iter_mut().enumerate() {
            *y += height * self.shape(reduced(&axis, i));
        }
        Ok(())
    }
}
