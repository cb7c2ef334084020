//! The registry keeps what it promises of every component, ours and others'.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod entries;
mod outside;
