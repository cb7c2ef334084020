//! One suite of laws a seam.
//!
//! A suite takes an implementation behind its trait, and what the implementation claims beyond the laws that all keep. It
//! returns the list of laws that it checked, or panics naming the law, the reason, and the smallest input found to break it.
//! Call suites from integration tests: in the unit tests of a seam's own crate, the crate under test is another crate than the
//! one this crate knows, and the traits do not match.

mod forward;
mod loss;
mod noise;
mod optimizer;
mod potential;
mod projector;
mod restart;
mod suite;

pub use forward::{ForwardClaims, forward_model};
pub use loss::{LossClaims, loss};
pub use noise::{Corruption, NoiseClaims, noise_model};
pub use optimizer::{OptimizerClaims, Reach, optimizer};
pub use potential::{PotentialClaims, potential};
pub use projector::{ProjectorClaims, projector};
pub use suite::{Check, Conformance};
