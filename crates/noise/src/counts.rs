//! Counting noise.

use crate::poisson::{MAX_MEAN, poisson};
use crate::{NoiseError, NoiseModel};
use braggscape_pattern::Pattern;
use rand::Rng;

/// Poisson counting noise: the pattern as a detector would count it whose highest point expects `peak` counts.
///
/// With s = peak / max y, every point is drawn as n_i ~ Poisson(s y_i), independently, in the order of the axis, and becomes
/// n_i / s, with the uncertainty sqrt(max(n_i, 1)) / s.
///
/// # Conventions
/// The pattern keeps its scale, so that it can still be compared with calculated ones point by point; what `peak` decides is
/// the noise, relative to the peak 1/sqrt(peak). Points below 0 (a background subtracted too far) expect no count. Uncertainties
/// that the pattern had are replaced. A point without counts has the uncertainty of one count, so that weights 1/sigma² stay
/// finite.
///
/// # Errors
/// [`NoiseError::NoIntensity`] for a pattern without a point above 0.
///
/// # Examples
/// ```
/// use braggscape_noise::{Counts, NoiseModel};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// use rand::SeedableRng;
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 3)?;
/// let mut pattern = Pattern::new(axis, vec![0.0, 2.0, 1.0])?;
/// Counts::new(200.0)?.corrupt(&mut pattern, &mut rand_chacha::ChaCha12Rng::seed_from_u64(1))?;
/// // In steps of a hundredth: s = 100 counts a unit. Where nothing is expected nothing is counted, with sigma of one count.
/// assert_eq!((pattern.y()[0], pattern.sigma().unwrap()[0]), (0.0, 0.01));
/// let n = pattern.y()[1] * 100.0;
/// assert!((n - n.round()).abs() < 1e-9 && (n - 200.0).abs() < 5.0 * 200.0_f64.sqrt());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// R. A. Young (ed.), The Rietveld Method, Oxford University Press (1993), chapter 1; for the sampling see W. Hörmann, Insur.
/// Math. Econ. 12, 39 (1993), doi:10.1016/0167-6687(93)90997-4.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counts {
    peak: f64,
}

impl Counts {
    /// Counting noise with `peak` expected counts at the highest point, from 1 to 1e9.
    ///
    /// # Errors
    /// [`NoiseError::OptionRange`].
    pub fn new(peak: f64) -> Result<Self, NoiseError> {
        if (1.0..=MAX_MEAN).contains(&peak) {
            Ok(Self { peak })
        } else {
            Err(NoiseError::OptionRange { name: "peak", value: peak, expected: "1 to 1e9 counts" })
        }
    }
}

impl NoiseModel for Counts {
    fn corrupt(&self, pattern: &mut Pattern, rng: &mut dyn Rng) -> Result<(), NoiseError> {
        let max = pattern.max();
        if max <= 0.0 {
            return Err(NoiseError::NoIntensity);
        }
        let unit = max / self.peak;
        let mut sigma = Vec::with_capacity(pattern.n_points());
        for y in pattern.y_mut() {
            // Of the highest point exactly `peak`, whatever the scale.
            let n = poisson(self.peak * (y.max(0.0) / max), rng);
            *y = n * unit;
            sigma.push(n.max(1.0).sqrt() * unit);
        }
        pattern.set_sigma(sigma)?;
        Ok(())
    }
}
