//! What can go wrong while two structures are compared.

use braggscape_crystal::CrystalError;
use braggscape_crystal::reduction::ReductionError;
use thiserror::Error;

/// A comparison that cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MetricError {
    /// An option is outside its range.
    #[error("{name} = {value} is outside its range ({expected})")]
    OptionRange {
        /// Name of the option.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The admissible range.
        expected: &'static str,
    },
    /// Options that exclude each other.
    #[error("option `{first}` cannot be combined with `{second}`")]
    ExcludedOptions {
        /// One option.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// Sites that share one position have a total occupancy above one.
    #[error(
        "the sites at the position of site {site_idx} have a total occupancy of {occupancy}, expected at most 1"
    )]
    Overfull {
        /// Index of the first of these sites, from 0.
        site_idx: usize,
        /// Their total occupancy.
        occupancy: f64,
    },
    /// The structures match in so many ways, or hold so many sites, that the search was given up.
    #[error("the search passed its bound of {limit} {what}")]
    TooLarge {
        /// What was counted.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// Vectors that are to be compared, or a sample's two variables, have different lengths.
    #[error("{first} and {second} numbers are compared, expected as many on both sides")]
    LengthMismatch {
        /// Length of the first.
        first: usize,
        /// Length of the second.
        second: usize,
    },
    /// A sample has fewer points than the statistic needs.
    #[error("the sample has {found} points, expected at least {expected}")]
    SampleTooSmall {
        /// Number of points.
        found: usize,
        /// Least number.
        expected: usize,
    },
    /// A value of a sample, or a statistic of a resample, is not a finite number.
    #[error("value {index} of the sample is {value}, expected a finite number")]
    NonFiniteSample {
        /// Its place, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A variable of a sample has one value only.
    #[error("a variable has the same value at every point, so that it has no correlation")]
    ConstantSample,
    /// One distribution was made by element, the other without.
    #[error("a distribution by element is compared with one that is not")]
    MixedKinds,
    /// A cell could not be reduced.
    #[error(transparent)]
    Reduction(#[from] ReductionError),
    /// A structure is invalid.
    #[error(transparent)]
    Crystal(#[from] CrystalError),
    /// A metric from outside this crate failed.
    #[error("metric `{kind}` failed")]
    External {
        /// Registered name of the metric.
        kind: String,
        /// Its own error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
