//! Laws of losses, losses between patterns of related crystals, and bad input.
#![expect(clippy::unwrap_used, reason = "tests")]

mod all;
mod conformance;
mod errors;
mod identities;
mod least_squares;
mod measures;
mod related;
