//! Structure matching, strict recovery and the statistics of match rates.
//!
//! [`StructureMatcher`] answers whether two crystals are the same within wide tolerances, with the verdicts of pymatgen's
//! class of that name; [`StrictRecovery`] asks the narrower question of a recovery study, whether the candidate is the truth
//! in absolute size and to a tenth of an ångström; [`CrystalDistance`] says how far apart they are, with no tolerance at all;
//! [`jeffreys_interval`] says how far a counted rate can be trusted.
//! [`Metric`] is the seam through which a study asks for one number per pair of structures.
#![doc(test(attr(deny(warnings))))]

mod distance;
mod error;
mod interval;
mod matcher;
mod metric;
mod strict;

pub use distance::{CrystalDistance, CrystalDistanceOptions, DistanceOutcome};
pub use error::MetricError;
pub use interval::{EndRule, jeffreys_interval};
pub use matcher::{MatchOutcome, Prepared, StructureMatcher, StructureMatcherOptions};
pub use metric::{
    AnyMetric, CrystalDistanceMetric, Direction, Match, Metric, Rms, StrictRecoveryMetric,
};
pub use strict::{StrictRecovery, StrictRecoveryOptions};
