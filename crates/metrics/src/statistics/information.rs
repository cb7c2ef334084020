//! Mutual information by nearest neighbours.

use super::nearest::Plane;
use super::sample::{check_pair, is_constant, mean_and_norm};
use crate::MetricError;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// What happens to points at exactly equal distances, which the estimator does not foresee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TieRule {
    /// Both variables get normal noise of standard deviation 1e-10 max(1, mean |x|), x scaled, as scikit-learn adds it: ChaCha12 of this
    /// seed, one number a point, first for x and then for y. Samples in which no distances are equal do not notice; for others (repeated values, or
    /// a y that is a linear function of x), the result is one draw of many, the same every time.
    Noise(u64),
    /// Distances are compared as they are. Points at exactly the distance of the k-th neighbour count as not nearer; only where this
    /// distance is 0, because k others coincide with a point, do those of the same value count. The result does not depend on the order of the
    /// points, but samples with many repeated points seem to have less information than they have. It is what scikit-learn's
    /// estimator gives without its noise.
    Exact,
}

/// Options of a [`MutualInformation`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MutualInformationOptions {
    /// Number of neighbours. Default 3, as scikit-learn.
    pub k: usize,
    /// What happens to ties. Default noise of seed 0.
    pub ties: TieRule,
}

impl Default for MutualInformationOptions {
    fn default() -> Self {
        Self { k: 3, ties: TieRule::Noise(0) }
    }
}

/// Estimator of the mutual information of two continuous variables.
///
/// I = ψ(k) + ψ(n) - (1/n) sum_i [ψ(a_i + 1) + ψ(b_i + 1)], where ψ is the digamma function and n the number of points. Both
/// variables are divided by their standard deviations; e_i is the distance of point i to its k-th nearest neighbour in the maximum
/// norm, and a_i and b_i count the other points nearer than e_i in x alone and in y alone. Estimates below 0 are reported as 0.
///
/// # Units and shapes
/// Nats. Between 0 for independent variables and infinity; the estimate is at most about ψ(n).
///
/// # Conventions
/// This is scikit-learn's `mutual_info_regression` with `discrete_features=False`, and equal to it where no distances are equal. A variable
/// that has one value only carries no information: the result is 0.
///
/// # Errors
/// [`MetricError::OptionRange`] if k is 0; [`MetricError::LengthMismatch`], [`MetricError::NonFiniteSample`], and
/// [`MetricError::SampleTooSmall`] with k points or fewer.
///
/// # Examples
/// ```
/// use braggscape_metrics::{MutualInformation, MutualInformationOptions, TieRule};
///
/// // Five points on a line: two of the others are nearer than the third, in x as in y, so every a_i and b_i is 2.
/// let x = [1.0, 2.0, 3.5, 5.5, 8.0];
/// let options = MutualInformationOptions { ties: TieRule::Exact, ..MutualInformationOptions::default() };
/// let nats = MutualInformation::new(options)?.estimate(&x, &x)?;
/// // ψ(3) + ψ(5) - 2 ψ(3) = ψ(5) - ψ(3) = 1/3 + 1/4.
/// assert!((nats - 7.0 / 12.0).abs() < 1e-12);
/// # Ok::<(), braggscape_metrics::MetricError>(())
/// ```
///
/// # References
/// A. Kraskov, H. Stögbauer & P. Grassberger, Phys. Rev. E 69, 066138 (2004), doi:10.1103/PhysRevE.69.066138, equation 8.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MutualInformation {
    options: MutualInformationOptions,
}

impl MutualInformation {
    /// An estimator with these options.
    ///
    /// # Errors
    /// [`MetricError::OptionRange`].
    pub fn new(options: MutualInformationOptions) -> Result<Self, MetricError> {
        if options.k == 0 {
            let (name, value) = ("k", 0.0);
            return Err(MetricError::OptionRange { name, value, expected: "at least 1" });
        }
        Ok(Self { options })
    }

    /// The estimate for points (x_i, y_i), nats.
    ///
    /// # Errors
    /// See [`MutualInformation`].
    pub fn estimate(&self, x: &[f64], y: &[f64]) -> Result<f64, MetricError> {
        let MutualInformationOptions { k, ties } = self.options;
        check_pair(x, y, k + 1)?;
        if is_constant(x) || is_constant(y) {
            return Ok(0.0);
        }
        let (mut x, mut y) = (scaled(x), scaled(y));
        if let TieRule::Noise(seed) = ties {
            let mut noise = Noise::new(seed);
            noise.add(&mut x);
            noise.add(&mut y);
        }
        let plane = Plane::new(&x, &y);
        let (line_x, line_y) = (Line::new(&x), Line::new(&y));
        let n = x.len();
        let psi = digamma(n.max(k));
        let (mut terms, mut nearest) = (vec![0.0; n], Vec::new());
        for ([x, y], place) in plane.points() {
            let e = plane.distance([x, y], k, &mut nearest);
            terms[place] = psi[line_x.nearer(x, e) + 1] + psi[line_y.nearer(y, e) + 1];
        }
        let sum: f64 = terms.iter().sum();
        let estimate = psi[k] + psi[n] - sum / n as f64;
        Ok(estimate.max(0.0))
    }
}

/// A variable divided by its standard deviation.
fn scaled(x: &[f64]) -> Vec<f64> {
    let deviation = mean_and_norm(x).1 / (x.len() as f64).sqrt();
    x.iter().map(|x| x / deviation).collect()
}

/// ψ(1) to ψ(n), with a value for 0 in front that nothing uses: ψ(1) = -γ, ψ(m + 1) = ψ(m) + 1/m.
fn digamma(n: usize) -> Vec<f64> {
    const EULER: f64 = 0.577_215_664_901_532_9;
    let mut harmonic = 0.0;
    let mut psi = vec![f64::NEG_INFINITY, -EULER];
    for m in 1..n {
        harmonic += 1.0 / m as f64;
        psi.push(harmonic - EULER);
    }
    psi
}

/// The values of one variable in ascending order.
struct Line(Vec<f64>);

impl Line {
    fn new(x: &[f64]) -> Self {
        let mut sorted = x.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Self(sorted)
    }

    /// Number of other values nearer to `x`, one of them, than `e`; of those equal to it if e = 0.
    fn nearer(&self, x: f64, e: f64) -> usize {
        // Nearer than e is at most as far as the number before it.
        let r = e.next_down().max(0.0);
        let start = self.0.partition_point(|v| x - v > r);
        let end = start + self.0[start..].partition_point(|v| v - x <= r);
        // The value itself is not counted.
        (end - start).saturating_sub(1)
    }
}

/// Normal noise that separates equal values.
struct Noise(ChaCha12Rng);

impl Noise {
    fn new(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    fn add(&mut self, x: &mut [f64]) {
        let mean = x.iter().map(|x| x.abs()).sum::<f64>() / x.len() as f64;
        let size = 1e-10 * mean.max(1.0);
        for x in x {
            *x += size * self.normal();
        }
    }

    /// A standard normal number (Box & Muller's method, the cosine).
    fn normal(&mut self) -> f64 {
        let uniform = |bits: u64| ((bits >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        let (u, v) = (uniform(self.0.next_u64()), uniform(self.0.next_u64()));
        libm::sqrt(-2.0 * libm::log(u)) * libm::cos(2.0 * std::f64::consts::PI * v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digamma_is_that_of_the_table() {
        let psi = digamma(10);
        // Abramowitz & Stegun, table 6.1.
        assert!((psi[2] - 0.4227843351).abs() < 1e-10 && (psi[10] - 2.2517525890).abs() < 1e-10);
    }

    #[test]
    fn what_is_too_little_is_refused() {
        let estimator = MutualInformation::new(MutualInformationOptions::default()).unwrap();
        let three = [1.0, 2.0, 3.0];
        let e = estimator.estimate(&three, &three).unwrap_err();
        assert!(matches!(e, MetricError::SampleTooSmall { found: 3, expected: 4 }), "{e}");
        assert!(estimator.estimate(&[1.0; 5], &[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap() <= 0.0);
        let none = MutualInformationOptions { k: 0, ..MutualInformationOptions::default() };
        assert!(MutualInformation::new(none).is_err());
    }
}
