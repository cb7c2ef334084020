//! Laws of the metrics.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod amd;
mod metric;
mod options;
mod strict;
mod structures;
mod transformations;
