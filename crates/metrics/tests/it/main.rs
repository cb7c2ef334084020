//! Laws of the metrics.

mod metric;
mod options;
mod strict;
mod structures;
mod transformations;
