//! The forward model against a slow, direct transcription of its specification, and its derivatives against differences.

#![expect(clippy::unwrap_used, reason = "tests")]

mod conformance;
mod derivatives;
mod instrument;
mod overlap;
mod peak_lists;
mod reference;
mod reuse;
mod sample;
mod scale;
mod single;
mod specification;
