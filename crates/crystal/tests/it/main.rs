//! Symmetries that distorted crystals may have had.
#![expect(clippy::unwrap_used, reason = "tests")]

mod hypotheses;
