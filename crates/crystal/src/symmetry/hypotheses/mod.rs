//! From a distorted structure to the symmetries that it may have had.

mod evidence;
mod hypothesis;
mod kinds;
mod lattice;
mod orbits;
mod search;
mod setting;

pub use hypothesis::{Hypothesis, HypothesisOrbit};
pub use search::{HypothesisOptions, hypotheses, hypotheses_weighed};
