//! What can go wrong in an evaluation.

use braggscape_crystal::CrystalError;
use braggscape_crystal::symmetry::SymmetryError;
use std::sync::Arc;
use thiserror::Error;

/// A crystal that a potential cannot evaluate, or a potential that cannot be made.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum PotentialError {
    /// A site that is not fully occupied.
    #[error(
        "site {site_idx} ({element}) has occupancy {occupancy}, but potentials know whole atoms only"
    )]
    PartialOccupancy {
        /// Index of the site, from 0.
        site_idx: usize,
        /// Element symbol of the site.
        element: &'static str,
        /// Its occupancy.
        occupancy: f64,
    },
    /// An element that the potential was not made for.
    #[error("site {site_idx}: {potential} knows elements up to Z = {largest}, not {element}")]
    UnknownElement {
        /// Index of the site, from 0.
        site_idx: usize,
        /// Element symbol of the site.
        element: &'static str,
        /// The potential.
        potential: &'static str,
        /// Its largest atomic number.
        largest: u8,
    },
    /// Two atoms at one place.
    #[error("sites {first} and {second} are {distance:.2e} Å apart, closer than {minimum} Å")]
    TooClose {
        /// Index of one site, from 0.
        first: usize,
        /// Index of the other; the same for a site and its own image.
        second: usize,
        /// Their distance, Å.
        distance: f64,
        /// Least distance, Å.
        minimum: f64,
    },
    /// A cell so small, flat or full that the search for neighbours would not end.
    #[error("about {estimate:.1e} pairs lie within {cutoff} Å, more than {limit:.0e}")]
    TooManyPairs {
        /// Pairs of sites and images to look at.
        estimate: f64,
        /// Radius of the search, Å.
        cutoff: f64,
        /// Most pairs.
        limit: f64,
    },
    /// An option outside its range.
    #[error("{name} = {value} is outside its range ({expected})")]
    OptionRange {
        /// The option.
        name: &'static str,
        /// As given.
        value: f64,
        /// The admissible range.
        expected: &'static str,
    },
    /// An energy, force or stress that is no finite number.
    #[error("the {what} is not a finite number")]
    NotFinite {
        /// Which.
        what: &'static str,
    },
    /// A structure on the way is no crystal.
    #[error("the structure is not a crystal")]
    Crystal {
        /// Why.
        #[source]
        source: CrystalError,
    },
    /// The symmetry that a relaxation is to keep cannot be found.
    #[error("the symmetry that is to be kept cannot be found")]
    Symmetry {
        /// Why.
        #[source]
        source: Arc<SymmetryError>,
    },
    /// An outside potential failed.
    #[error("potential `{kind}` failed")]
    External {
        /// Registered kind.
        kind: String,
        /// Its own error.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl From<CrystalError> for PotentialError {
    fn from(source: CrystalError) -> Self {
        Self::Crystal { source }
    }
}
