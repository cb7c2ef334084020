//! Timings of our kernels, for `cargo xtask bench-peers` and `cargo xtask figures cost-growth`.
//!
//! All of it runs on one thread. A kernel that is to be timed is a row of [`KERNELS`] or [`PEAK_KERNELS`].

mod amd_cases;
mod blurred;
mod case;
mod clock;
mod fixture;
mod full_grid;
mod growth;
mod kernel;
mod match_pairs;
mod peak_kernel;
mod resampled;
mod setup;
mod shared;
mod single;

pub use amd_cases::{AmdCase, amd_cases, amd_cases_to_json};
pub use case::Case;
pub use clock::{Effort, Timing, time};
pub use fixture::{Listed, default_fixture, listed};
pub use growth::{Cell, GROWING, GrowingKernel, RADIATIONS, WINDOW, random_cell, supercell};
pub use kernel::{Evaluate, Gradient, KERNELS, Kernel, Outcome, Prepare};
pub use match_pairs::{MatchPair, match_pairs, match_pairs_to_json};
pub use peak_kernel::{ListPeaks, PEAK_KERNELS, PeakKernel};
