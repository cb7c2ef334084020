//! Profile R factors: what they share, the weights of points and the scale between patterns.

mod r_p;
mod r_wp;

pub use r_p::Rp;
pub use r_wp::Rwp;

use crate::LossError;
use braggscape_pattern::{Pattern, sum};
use serde::{Deserialize, Serialize};

/// The factor k of the calculated pattern in a profile R factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// k = sum w f g / sum w g^2, which makes the weighted squares least, as Rietveld programs refine it.
    #[default]
    Fit,
    /// 1: scales matter.
    None,
}

/// The weights w of the points in a profile R factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weights {
    /// 1/sigma^2 where the observed pattern has uncertainties (0 where sigma is 0), otherwise as `counting`.
    #[default]
    Sigma,
    /// 1/f, the inverse variance of counts, with f no less than 1 % of its largest value.
    Counting,
    /// 1.
    Unit,
}

/// Least intensity that [`Weights::Counting`] divides by, over the largest.
const FLOOR: f64 = 0.01;

/// What is computed with weights, once for each kind of them.
trait Weighted {
    /// The R factor with the weight w(n) of point n, up to a factor common to all.
    fn run(self, w: impl Fn(usize) -> f64 + Copy) -> Result<f64, LossError>;
}

/// Runs a computation with the weights of the points of an observed pattern.
///
/// # Errors
/// [`LossError::NoIntensity`] if counts are to be weighted and none is above 0, and what the computation says.
fn with_weights(
    weights: Weights,
    obs: &Pattern,
    computation: impl Weighted,
) -> Result<f64, LossError> {
    match (weights, obs.sigma()) {
        (Weights::Sigma, Some(sigma)) => {
            // Relative to the largest, so that no weight overflows.
            let known = sigma.iter().map(|s| s.abs()).filter(|s| *s > 0.0);
            let least = known.fold(f64::INFINITY, f64::min);
            computation.run(move |n| {
                let root = least / sigma[n].abs();
                if root <= 1.0 { root * root } else { 0.0 }
            })
        }
        (Weights::Sigma | Weights::Counting, _) => {
            let (f, max) = (obs.y(), obs.max());
            if max.is_nan() || max <= 0.0 {
                return Err(LossError::NoIntensity { which: "observed" });
            }
            let floor = FLOOR * max;
            computation.run(move |n| max / f[n].max(floor))
        }
        (Weights::Unit, _) => computation.run(|_| 1.0),
    }
}

/// Sum of a term over the points, in the fixed order of [`sum`].
fn over_points(n_points: usize, term: impl Fn(usize) -> f64) -> f64 {
    let mut partial = [0.0; sum::LANES];
    let whole = n_points - n_points % sum::LANES;
    for first in (0..whole).step_by(sum::LANES) {
        for (i, p) in partial.iter_mut().enumerate() {
            *p += term(first + i);
        }
    }
    for (p, n) in partial.iter_mut().zip(whole..n_points) {
        *p += term(n);
    }
    sum::reduce(partial)
}

/// k, and sum w g^2 where k is fitted.
///
/// # Errors
/// [`LossError::NoIntensity`] where it is to be fitted to nothing.
fn scale(
    scale: Scale,
    f: &[f64],
    g: &[f64],
    w: impl Fn(usize) -> f64,
) -> Result<(f64, f64), LossError> {
    match scale {
        Scale::None => Ok((1.0, 0.0)),
        Scale::Fit => {
            let square = over_points(f.len(), |n| w(n) * g[n] * g[n]);
            if square.is_nan() || square <= 0.0 {
                return Err(LossError::NoIntensity { which: "calculated" });
            }
            Ok((over_points(f.len(), |n| w(n) * f[n] * g[n]) / square, square))
        }
    }
}
