//! The built program, run as its users run it: in a folder of its own, judged by exit code, standard output and standard error.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod amd;
mod bad_input;
mod batch;
mod contract;
mod energy;
mod figure;
mod gradient;
mod help;
mod landscape;
mod program;
mod refine;
mod report;
mod scoring;
mod standard_cells;
mod study;
