//! Pearson's and Spearman's coefficients of correlation.

use super::sample::{check_pair, is_constant, mean_and_norm};
use crate::MetricError;
use statrs::function::beta::beta_reg;

/// A coefficient of correlation, and how probable one as large is without any.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// The coefficient, -1 to 1.
    pub coefficient: f64,
    /// Two-sided probability of a coefficient at least as far from 0 if the variables are independent (for Pearson's, and normal).
    pub p_value: f64,
}

/// Pearson's coefficient of correlation of two variables.
///
/// r = sum_i (x_i - X)(y_i - Y) / sqrt(sum_i (x_i - X)^2 sum_i (y_i - Y)^2), where X and Y are the means. Its probability is that
/// of t = r sqrt((n - 2)/(1 - r^2)) in Student's distribution of n - 2 degrees of freedom, exact for normal variables.
///
/// # Errors
/// [`MetricError::LengthMismatch`], [`MetricError::SampleTooSmall`] below 2 points, [`MetricError::NonFiniteSample`], and
/// [`MetricError::ConstantSample`] if a variable has one value only, whose correlation is not defined (SciPy says NaN).
///
/// # Examples
/// ```
/// let r = braggscape_metrics::pearson(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0])?;
/// assert!((r.coefficient - 0.5).abs() < 1e-15);
/// assert!((r.p_value - 2.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), braggscape_metrics::MetricError>(())
/// ```
///
/// # References
/// K. Pearson, Proc. R. Soc. London 58, 240 (1895), doi:10.1098/rspl.1895.0041.
pub fn pearson(x: &[f64], y: &[f64]) -> Result<Correlation, MetricError> {
    check_pair(x, y, 2)?;
    if is_constant(x) || is_constant(y) {
        return Err(MetricError::ConstantSample);
    }
    Ok(correlation(x, y))
}

/// Spearman's coefficient of rank correlation: [`pearson`] of the [`average_ranks`].
///
/// # Errors
/// As [`pearson`].
///
/// # Examples
/// ```
/// // Any rising relation has coefficient 1.
/// let rho = braggscape_metrics::spearman(&[1.0, 2.0, 3.0, 4.0], &[0.1, 0.2, 5.0, 1e6])?;
/// assert!((rho.coefficient - 1.0).abs() < 1e-15 && rho.p_value < 1e-12);
/// # Ok::<(), braggscape_metrics::MetricError>(())
/// ```
///
/// # References
/// C. Spearman, Am. J. Psychol. 15, 72 (1904), doi:10.2307/1412159.
pub fn spearman(x: &[f64], y: &[f64]) -> Result<Correlation, MetricError> {
    check_pair(x, y, 2)?;
    if is_constant(x) || is_constant(y) {
        return Err(MetricError::ConstantSample);
    }
    Ok(correlation(&average_ranks(x), &average_ranks(y)))
}

/// Ranks from 1; equal values share the mean of the ranks that they fill. Values must not be NaN to be ranked sensibly.
///
/// # Examples
/// ```
/// assert_eq!(braggscape_metrics::average_ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
/// ```
pub fn average_ranks(x: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..x.len()).collect();
    // Zeros of both signs are equal.
    let value = |i: usize| x[i] + 0.0;
    order.sort_unstable_by(|a, b| value(*a).total_cmp(&value(*b)));
    let mut ranks = vec![0.0; x.len()];
    let mut before = 0;
    for ties in order.chunk_by(|a, b| value(*a).total_cmp(&value(*b)).is_eq()) {
        // Ranks before + 1 to before + n.
        let mean = before as f64 + f64::midpoint(ties.len() as f64, 1.0);
        for i in ties {
            ranks[*i] = mean;
        }
        before += ties.len();
    }
    ranks
}

/// Both variables vary.
fn correlation(x: &[f64], y: &[f64]) -> Correlation {
    let ((mean_x, norm_x), (mean_y, norm_y)) = (mean_and_norm(x), mean_and_norm(y));
    let pairs = x.iter().zip(y);
    let sum: f64 = pairs.map(|(x, y)| ((x - mean_x) / norm_x) * ((y - mean_y) / norm_y)).sum();
    let r = sum.clamp(-1.0, 1.0);
    let freedom = x.len() as f64 - 2.0;
    // Two points always lie on a line.
    let p_value = if freedom > 0.0 {
        beta_reg(freedom / 2.0, 0.5, ((1.0 - r) * (1.0 + r)).clamp(0.0, 1.0))
    } else {
        1.0
    };
    Correlation { coefficient: r, p_value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_correlation_is_refused() {
        let e = |x: &[f64], y: &[f64]| pearson(x, y).unwrap_err();
        assert!(matches!(e(&[1.0; 3], &[1.0, 2.0, 3.0]), MetricError::ConstantSample));
        assert!(matches!(e(&[0.1; 3], &[1.0, 2.0, 3.0]), MetricError::ConstantSample));
        assert!(matches!(e(&[1.0], &[1.0]), MetricError::SampleTooSmall { .. }));
        assert!(matches!(e(&[1.0, 2.0], &[1.0]), MetricError::LengthMismatch { .. }));
        let e = e(&[1.0, 2.0], &[f64::NAN, 1.0]);
        assert!(matches!(e, MetricError::NonFiniteSample { index: 0, .. }), "{e}");
    }

    #[test]
    fn zeros_of_both_signs_tie_and_scale_does_not_matter() {
        assert_eq!(average_ranks(&[0.0, -0.0, -1.0]), [2.5, 2.5, 1.0]);
        let r = pearson(&[1e-200, 2e-200, 3e-200], &[1e300, 3e300, 2e300]).unwrap();
        assert!((r.coefficient - 0.5).abs() < 1e-12);
        let two = pearson(&[1.0, 2.0], &[5.0, 3.0]).unwrap();
        assert!((two.coefficient + 1.0).abs() < 1e-15 && (two.p_value - 1.0).abs() < 1e-15);
    }
}
