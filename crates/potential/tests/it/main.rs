//! Potentials keep the laws of their seam.
#![expect(clippy::unwrap_used, reason = "tests")]

mod conformance;
