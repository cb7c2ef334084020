//! Bootstrap intervals.

use crate::MetricError;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// Options of [`bootstrap_interval`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BootstrapOptions {
    /// Number of resamples, at least 2. Default 9,999, as SciPy.
    pub n_resamples: usize,
    /// Level of the interval, between 0 and 1. Default 0.95.
    pub level: f64,
    /// Seed of the generator, ChaCha12. Default 0.
    pub seed: u64,
}

impl Default for BootstrapOptions {
    fn default() -> Self {
        Self { n_resamples: 9_999, level: 0.95, seed: 0 }
    }
}

/// Bootstrap percentile interval of a statistic of n points.
///
/// Each resample draws n indices from 0 to n - 1 with replacement and gets the statistic of these points; the interval of level L
/// reaches from the quantile (1 - L)/2 to the quantile (1 + L)/2 of the results, interpolated linearly between order statistics.
///
/// # Units and shapes
/// `statistic` is given n indices, may use them for any number of variables of the sample, and is called `n_resamples` times; the
/// interval has its unit.
///
/// # Conventions
/// Indices are the upper 64 bits of n times a 64-bit number of ChaCha12, one after the other: the same on every machine. Agrees in
/// distribution with SciPy's `bootstrap(..., paired=True, method="percentile")`.
///
/// # Errors
/// [`MetricError::OptionRange`]; [`MetricError::SampleTooSmall`] without points; [`MetricError::NonFiniteSample`] if the statistic of
/// a resample is not a number, such as a correlation when all its points happen to be one; other errors of the statistic.
///
/// # Examples
/// ```
/// use braggscape_metrics::{BootstrapOptions, bootstrap_interval};
///
/// let sample = [1.0, 2.0, 3.0, 4.0, 5.0];
/// let mean = |indices: &[usize]| Ok(indices.iter().map(|i| sample[*i]).sum::<f64>() / 5.0);
/// let (low, high) = bootstrap_interval(5, mean, &BootstrapOptions::default())?;
/// assert!(low > 1.4 && low < 2.2 && high > 3.8 && high < 4.6);
/// # Ok::<(), braggscape_metrics::MetricError>(())
/// ```
///
/// # References
/// B. Efron & R. J. Tibshirani, An Introduction to the Bootstrap (1993), doi:10.1201/9780429246593, section 13.3.
pub fn bootstrap_interval(
    n: usize,
    mut statistic: impl FnMut(&[usize]) -> Result<f64, MetricError>,
    options: &BootstrapOptions,
) -> Result<(f64, f64), MetricError> {
    let BootstrapOptions { n_resamples, level, seed } = *options;
    let range = |name, value, expected| Err(MetricError::OptionRange { name, value, expected });
    if !(level > 0.0 && level < 1.0) {
        return range("level", level, "between 0 and 1");
    }
    if n_resamples < 2 {
        return range("n_resamples", n_resamples as f64, "at least 2");
    }
    if n == 0 {
        return Err(MetricError::SampleTooSmall { found: 0, expected: 1 });
    }
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let mut indices = vec![0; n];
    let mut results = Vec::with_capacity(n_resamples);
    for resample in 0..n_resamples {
        for index in &mut indices {
            *index = ((u128::from(generator.next_u64()) * n as u128) >> 64) as usize;
        }
        let value = statistic(&indices)?;
        if !value.is_finite() {
            return Err(MetricError::NonFiniteSample { index: resample, value });
        }
        results.push(value);
    }
    results.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Ok((quantile(&results, tail), quantile(&results, 1.0 - tail)))
}

/// The quantile of an ascending list, linear between its members.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let below = place as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_linear_between_members() {
        let sorted = [1.0, 2.0, 4.0];
        for (p, expected) in [(0.0, 1.0), (0.25, 1.5), (0.75, 3.0), (1.0, 4.0)] {
            assert!((quantile(&sorted, p) - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn a_seed_gives_the_same_interval_and_another_one_another() {
        let sample: Vec<f64> = (0..30).map(|i| f64::from(i * i % 31)).collect();
        let mean = |indices: &[usize]| Ok(indices.iter().map(|i| sample[*i]).sum::<f64>());
        let of = |seed| {
            let options = BootstrapOptions { seed, ..BootstrapOptions::default() };
            let (low, high) = bootstrap_interval(30, mean, &options).unwrap();
            (low.to_bits(), high.to_bits())
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn nonsense_is_refused() {
        let refused = |n, options: BootstrapOptions, value: f64| {
            bootstrap_interval(n, |_| Ok(value), &options).unwrap_err().to_string()
        };
        let good = BootstrapOptions::default();
        assert!(refused(3, BootstrapOptions { level: 1.0, ..good }, 0.0).starts_with("level"));
        let few = BootstrapOptions { n_resamples: 1, ..good };
        assert!(refused(3, few, 0.0).starts_with("n_resamples"));
        assert!(refused(0, good, 0.0).contains("0 points"));
        assert!(refused(3, good, f64::NAN).contains("NaN"));
    }
}
