//! The testkit against itself: its functions and transformations are right, and its suites reject what is broken.
#![expect(clippy::unwrap_used, reason = "tests")]

mod forward;
mod functions;
mod losses;
mod noise;
mod optimizers;
mod potentials;
mod projectors;
mod strategies;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a suite that must panic, and checks that its message names the law.
#[track_caller]
pub(crate) fn rejected<T>(suite: impl FnOnce() -> T, law: &str) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(suite)) else {
        panic!("the suite accepted a break of `{law}`");
    };
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains(law), "expected a break of `{law}`: {message}");
}
