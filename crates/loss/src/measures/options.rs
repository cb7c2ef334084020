//! The options that all measures share.

use crate::{LossError, Normalisation};
use serde::{Deserialize, Serialize};

/// The rule for bins in which a term has no finite value, or no limit: a quotient or a logarithm of an empty bin.
///
/// Terms that have a limit take it, whatever the rule: 0 log 0 = 0, and (p - q)^2/(p + q) = 0 where both are empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zeros {
    /// Normalised intensities below `epsilon` count as `epsilon`.
    ///
    /// The default, because a pattern that is empty where it should not be then pays for it. Of the programs of Tschopp and
    /// Hernandez-Rivera, with 1e-20.
    #[default]
    Epsilon,
    /// Such bins, nearer to empty than `epsilon`, are left out of the sum.
    ///
    /// What many programs do. Not for fits: leaving out a bin is the cheapest way to agree there, so that kullback-leibler and
    /// others may fall below the range stated for them.
    Skip,
}

/// Options of a [`Measure`](crate::Measure).
///
/// # Conventions
/// [`MeasureKind::defaults`](crate::MeasureKind::defaults) gives the defaults of a kind: those here, but `normalisation = "l2"` for
/// inner-product and `p = 3` for minkowski.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeasureOptions {
    /// What the patterns are divided by. Default `sum`: measures compare probability densities.
    pub normalisation: Normalisation,
    /// The rule for empty bins. Default `epsilon`.
    pub zeros: Zeros,
    /// Below this a normalised intensity is empty, from 1e-30 to 1. Default 1e-9: in a pattern of thousands of points some 1e-6 of
    /// the maximum, one count where the strongest peak has a million, and a thousand times the error of calculated patterns.
    pub epsilon: f64,
    /// Exponent of minkowski, from 1 to 16; for no other measure. Default 3: exponents 1, 2 and infinity have names of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
}

impl Default for MeasureOptions {
    fn default() -> Self {
        Self { normalisation: Normalisation::Sum, zeros: Zeros::Epsilon, epsilon: 1e-9, p: None }
    }
}

impl MeasureOptions {
    /// Checks the ranges.
    pub(super) fn check(&self) -> Result<(), LossError> {
        let check = |option, value: f64, range, within: bool| {
            if within {
                Ok(())
            } else {
                Err(LossError::OptionRange { name: option, value, expected: range })
            }
        };
        let epsilon = self.epsilon;
        check("epsilon", epsilon, "from 1e-30 to 1", (1e-30..=1.0).contains(&epsilon))?;
        self.p.map_or(Ok(()), |p| check("p", p, "from 1 to 16", (1.0..=16.0).contains(&p)))
    }
}

/// The name of a normalisation in study files.
pub(super) fn name(normalisation: Normalisation) -> &'static str {
    match normalisation {
        Normalisation::Max => "max",
        Normalisation::Sum => "sum",
        Normalisation::L2 => "l2",
        Normalisation::None => "none",
    }
}
