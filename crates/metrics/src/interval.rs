//! Binomial confidence intervals.

use crate::MetricError;
use statrs::function::beta::{beta_reg, inv_beta_reg, ln_beta};

/// What an interval does where nothing or everything succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndRule {
    /// Quantiles everywhere, as statsmodels gives them: the interval of 0 successes in 10 begins above 0.
    #[default]
    Plain,
    /// The lower end is 0 for no success, the upper end 1 for no failure (Brown, Cai & DasGupta 2001, section 3.1.2).
    Clamped,
}

/// Jeffreys interval of a binomial proportion: the equal-tailed interval of level `level` of Beta(k + 1/2, n - k + 1/2).
///
/// # Units and shapes
/// k `successes` in n `trials`; the result is (lower, upper), fractions in [0, 1]. Without trials it is that of the prior.
///
/// # Errors
/// [`MetricError::OptionRange`] if `level` is not strictly between 0 and 1 or there are more successes than trials.
///
/// # Examples
/// ```
/// use braggscape_metrics::{EndRule, jeffreys_interval};
/// let (low, high) = jeffreys_interval(5, 10, 0.95, EndRule::Plain)?;
/// assert!((low + high - 1.0).abs() < 1e-12);
/// assert!((low - 0.2235287).abs() < 1e-7);
/// # Ok::<(), braggscape_metrics::MetricError>(())
/// ```
///
/// # References
/// Brown, Cai & DasGupta, Stat. Sci. 16, 101 (2001), doi:10.1214/ss/1009213286.
pub fn jeffreys_interval(
    successes: u64,
    trials: u64,
    level: f64,
    ends: EndRule,
) -> Result<(f64, f64), MetricError> {
    if !(level > 0.0 && level < 1.0) {
        return Err(MetricError::OptionRange {
            name: "level",
            value: level,
            expected: "between 0 and 1",
        });
    }
    if successes > trials {
        return Err(MetricError::OptionRange {
            name: "successes",
            value: successes as f64,
            expected: "at most the number of trials",
        });
    }
    let a = successes as f64 + 0.5;
    let b = (trials - successes) as f64 + 0.5;
    let tail = (1.0 - level) / 2.0;
    let clamp = ends == EndRule::Clamped;
    let lower = if clamp && successes == 0 { 0.0 } else { beta_quantile(a, b, tail) };
    // The upper quantile of one is the lower quantile of the mirrored distribution, without loss near 1.
    let upper = if clamp && successes == trials { 1.0 } else { 1.0 - beta_quantile(b, a, tail) };
    Ok((lower, upper))
}

/// x with I_x(a, b) = p, by the library's inverse and Newton steps on its distribution function.
fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    let mut x = inv_beta_reg(a, b, p).clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON);
    for _ in 0..8 {
        let density =
            libm::exp((a - 1.0) * libm::log(x) + (b - 1.0) * libm::log1p(-x) - ln_beta(a, b));
        let step = (beta_reg(a, b, x) - p) / density;
        let next = x - step;
        // A step out of (0, 1) is halved towards the end that it left by.
        x = if next <= 0.0 {
            x / 2.0
        } else if next >= 1.0 {
            f64::midpoint(x, 1.0)
        } else {
            next
        };
        if step.abs() <= 1e-16 * x {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_follow_the_rule() {
        let (low, high) = jeffreys_interval(0, 10, 0.95, EndRule::Plain).unwrap();
        assert!(low > 0.0 && low < 1e-3 && high < 0.25);
        let (low, _) = jeffreys_interval(0, 10, 0.95, EndRule::Clamped).unwrap();
        assert!(low.abs() < f64::MIN_POSITIVE);
        let (_, high) = jeffreys_interval(10, 10, 0.95, EndRule::Clamped).unwrap();
        assert!((high - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(jeffreys_interval(2, 1, 0.95, EndRule::Plain).is_err());
        assert!(jeffreys_interval(1, 2, 1.0, EndRule::Plain).is_err());
        assert!(jeffreys_interval(1, 2, f64::NAN, EndRule::Plain).is_err());
    }
}
