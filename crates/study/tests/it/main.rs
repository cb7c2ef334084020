//! Configurations that are right and wrong, and studies whose tasks fail.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod corpus;
mod failing;
mod figure;
mod folder;
mod noise;
mod tiny;
