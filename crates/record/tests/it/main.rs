//! Records through files and back, and files that were damaged on the way.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod correlation;
mod journal;
mod part;
mod sample;
mod summary;
