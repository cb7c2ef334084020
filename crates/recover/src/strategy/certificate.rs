//! When a fit is good enough to be vouched for.

use braggscape_loss::{Loss, LossError};
use braggscape_pattern::Pattern;

/// What a target allows a loss to reach.
///
/// A loss that is a negative correlation (cosine, pearson) is -1 where a pattern is fitted perfectly. Noise of power N = sum_n sigma_n^2 in
/// the target takes N/2|F|^2 of it from the true structure, F being the target less its mean. sigma_n are those of the pattern, if it has
/// them; otherwise N = sum_n d_n^2/924 with d_n the sixth differences of neighbouring points, since a pattern that is measured finely is smooth and
/// independent noise is not: 924 is the sum of the squares of their coefficients 1, -6, 15, -20, 15, -6, 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Loss of the target against itself.
    pub ideal: f64,
    /// What noise takes from it, expected.
    pub noise: f64,
    /// Number of points.
    pub n_points: usize,
}

impl Reach {
    /// Of a loss and a target.
    ///
    /// # Errors
    /// [`LossError`]: the target has no intensity.
    pub fn new(loss: &impl Loss, target: &Pattern) -> Result<Self, LossError> {
        let (y, n) = (target.y(), target.n_points() as f64);
        let mean = y.iter().sum::<f64>() / n;
        let square: f64 = y.iter().map(|y| (y - mean) * (y - mean)).sum();
        let power = match target.sigma() {
            Some(sigma) => sigma.iter().map(|s| s * s).sum::<f64>(),
            None => y.windows(7).map(|w| sixth_difference(w).powi(2) / 924.0).sum(),
        };
        Ok(Self {
            ideal: loss.value(target, target)?,
            noise: if square > 0.0 { power / (2.0 * square) } else { 0.0 },
            n_points: target.n_points(),
        })
    }

    /// The largest loss that is vouched for: `bar` above the ideal, and what noise takes with five of its standard deviations.
    pub fn bar(&self, bar: f64) -> f64 {
        let deviation = 5.0 * (2.0 / self.n_points.max(1) as f64).sqrt();
        self.ideal + bar + self.noise * (1.0 + deviation)
    }

    /// By how much a loss may rise if that saves `parameters`: the criterion of Schwarz, ln(n) sigma^2/2 a parameter, with what one
    /// point's noise takes in the place of sigma^2.
    pub fn penalty(&self, parameters: usize) -> f64 {
        let n = self.n_points.max(2) as f64;
        self.noise / n * libm::log(n) * parameters as f64
    }

    /// By how much the loss of a fit may rise besides where it is farther from the ideal than noise explains: the model is wrong there, by
    /// an amount that is not known. The criterion with an unknown variance lets that distance rise by n^(parameters/n), n being the number of
    /// independent things that may be wrong, about that of the widths of peaks along the axis. For few parameters.
    pub fn misfit_penalty(&self, loss: f64, parameters: usize) -> f64 {
        let misfit = (loss - self.bar(0.0)).max(0.0);
        misfit * (libm::exp(parameters as f64 * libm::log(MISFIT_POINTS) / MISFIT_POINTS) - 1.0)
    }
}

/// Independent numbers of a pattern that is fitted wrongly: some seventy widths of peaks.
const MISFIT_POINTS: f64 = 70.0;

/// Sixth difference of seven neighbouring values.
fn sixth_difference(w: &[f64]) -> f64 {
    (w[0] + w[6]) - 6.0 * (w[1] + w[5]) + 15.0 * (w[2] + w[4]) - 20.0 * w[3]
}
