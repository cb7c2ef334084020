//! Space groups: finding them, looking them up by name, and standard cells.
//!
//! The search is that of the `moyo` crate (K. Shinohara, <https://github.com/spglib/moyo>), whose algorithm follows
//! A. Togo, K. Shinohara and I. Tanaka, Sci. Technol. Adv. Mater. Methods 4, 2384822 (2024),
//! doi:10.1080/27660400.2024.2384822. Distances are compared with `symprec` in ångström; angles with moyo's default, which
//! follows from `symprec` (a fixed angle tolerance can make the search of distorted cells endless).

mod assignment;
mod dataset;
mod exact;
mod fixed;
mod hypotheses;
mod limit;
mod operation;
mod space_group;
mod standardize;

pub use assignment::{Orbit, OrbitSite, SiteImage, SymmetryAssignment};
pub use dataset::{SymmetryDataset, SymmetryError, find_symmetry};
pub use fixed::FixedSubspace;
pub use hypotheses::{
    Hypothesis, HypothesisOptions, HypothesisOrbit, hypotheses, hypotheses_weighed,
};
pub use operation::{OperationSyntax, SymmetryOperation};
pub(crate) use space_group::operations_from_hall_symbol;
pub use space_group::{SpaceGroup, UnknownSpaceGroup};
pub use standardize::{Setting, standardize};
