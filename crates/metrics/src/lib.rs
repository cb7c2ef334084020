//! Structure matching, strict recovery and the statistics of match rates.
//!
//! [`StructureMatcher`] answers whether two crystals are the same within wide tolerances, with the verdicts of pymatgen's
//! class of that name; [`StrictRecovery`] asks the narrower question of a recovery study, whether the candidate is the truth
//! in absolute size and to a tenth of an ångström; [`CrystalDistance`] says how far apart they are, with no tolerance at all.
//! [`amd()`] and [`Pdd`] describe a crystal by the distances between its atoms, so that [`amd_linf`] and [`pdd_emd`] are continuous
//! distances that need no tolerances either. [`jeffreys_interval`] says how far a counted rate can be trusted, [`pearson`],
//! [`spearman`], [`MutualInformation`] and [`bootstrap_interval`] how much one variable tells about another.
//! [`Metric`] is the seam through which a study asks for one number per pair of structures.
#![doc(test(attr(deny(warnings))))]

mod amd;
mod distance;
mod error;
mod interval;
mod matcher;
mod metric;
mod statistics;
mod strict;

pub use amd::{
    AmdByElement, AmdLinf, AmdScratch, EmdScratch, MAX_NEIGHBOURS, Pdd, PddEmd, PddOptions, amd,
    amd_by_element, amd_linf, amd_with, pdd_emd, pdd_emd_with,
};
pub use distance::{CrystalDistance, CrystalDistanceOptions, DistanceOutcome};
pub use error::MetricError;
pub use interval::{EndRule, jeffreys_interval};
pub use matcher::{MatchOutcome, Prepared, StructureMatcher, StructureMatcherOptions};
pub use metric::{
    AnyMetric, CrystalDistanceMetric, Direction, Match, Metric, Rms, StrictRecoveryMetric,
};
pub use statistics::{
    BootstrapOptions, Correlation, MutualInformation, MutualInformationOptions, TieRule,
    average_ranks, bootstrap_interval, pearson, spearman,
};
pub use strict::{StrictRecovery, StrictRecoveryOptions};
