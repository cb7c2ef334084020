//! Laws of the metrics.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod amd;
mod distance;
mod metric;
mod options;
mod strict;
mod strict_slow;
mod structures;
mod transformations;
