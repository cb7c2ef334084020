//! Statistics of samples of two variables: correlation, mutual information, bootstrap intervals.
//!
//! They answer how much a loss tells about the distance to the truth, and how sure that is.

mod bootstrap;
mod correlation;
mod information;
mod nearest;
mod sample;

pub use bootstrap::{BootstrapOptions, bootstrap_interval};
pub use correlation::{Correlation, average_ranks, pearson, spearman};
pub use information::{MutualInformation, MutualInformationOptions, TieRule};
