//! Runs laws on drawn inputs and keeps the list of those that held.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::fmt;

/// One law that held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// The law.
    pub law: &'static str,
    /// Number of inputs it was checked on.
    pub cases: u32,
}

/// The laws that an implementation was found to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conformance {
    seam: &'static str,
    checks: Vec<Check>,
}

impl Conformance {
    /// The seam, such as `"loss"`.
    pub fn seam(&self) -> &'static str {
        self.seam
    }

    /// The laws in the order in which they were checked.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Whether this law was checked.
    pub fn has(&self, law: &str) -> bool {
        self.checks.iter().any(|c| c.law == law)
    }
}

impl fmt::Display for Conformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} laws hold", self.seam, self.checks.len())?;
        for Check { law, cases } in &self.checks {
            write!(f, "\n  {law} ({cases} cases)")?;
        }
        Ok(())
    }
}

/// Whether a law held for one input.
pub(super) type Verdict = Result<(), TestCaseError>;

/// A suite under way.
pub(super) struct Suite {
    seam: &'static str,
    checks: Vec<Check>,
}

impl Suite {
    pub(super) fn new(seam: &'static str) -> Self {
        Self { seam, checks: Vec::new() }
    }

    /// Checks a law on this many drawn inputs, always the same ones.
    #[track_caller]
    pub(super) fn law<S: Strategy>(
        &mut self,
        law: &'static str,
        cases: u32,
        inputs: &S,
        holds: impl Fn(S::Value) -> Verdict,
    ) {
        // No files of failed cases: an outside crate's tests do not write into its sources.
        let config =
            Config { cases, failure_persistence: None, max_shrink_iters: 256, ..Config::default() };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        match TestRunner::new_with_rng(config, rng).run(inputs, holds) {
            Ok(()) => self.checks.push(Check { law, cases }),
            Err(TestError::Fail(reason, input)) => {
                panic!("{}: `{law}` does not hold: {reason}\nfor {input:?}", self.seam)
            }
            Err(TestError::Abort(reason)) => {
                panic!("{}: `{law}` could not be checked: {reason}", self.seam)
            }
        }
    }

    /// Checks a law once.
    #[track_caller]
    pub(super) fn case(&mut self, law: &'static str, holds: impl FnOnce() -> Verdict) {
        match holds() {
            Ok(()) => self.checks.push(Check { law, cases: 1 }),
            Err(reason) => panic!("{}: `{law}` does not hold: {reason}", self.seam),
        }
    }

    pub(super) fn finish(self) -> Conformance {
        Conformance { seam: self.seam, checks: self.checks }
    }
}

/// An error of the implementation under test, as the reason why a law does not hold.
pub(super) fn failed(error: impl std::error::Error) -> TestCaseError {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(e) = cause {
        reason = format!("{reason}: {e}");
        cause = e.source();
    }
    TestCaseError::fail(reason)
}

/// Two lists of numbers agree to the bit.
pub(super) fn same_bits(what: &str, first: &[f64], then: &[f64]) -> Verdict {
    if first.len() != then.len() {
        return Err(TestCaseError::fail(format!(
            "{what}: {} numbers and then {}",
            first.len(),
            then.len()
        )));
    }
    match first.iter().zip(then).position(|(a, b)| a.to_bits() != b.to_bits()) {
        None => Ok(()),
        Some(i) => Err(TestCaseError::fail(format!(
            "{what}: number {i} is {:e} and then {:e}",
            first[i], then[i]
        ))),
    }
}

/// Runs a function on a thread of its own.
pub(super) fn on_another_thread<T: Send>(f: impl FnOnce() -> T + Send) -> Result<T, TestCaseError> {
    std::thread::scope(|s| s.spawn(f).join())
        .map_err(|_| TestCaseError::fail("a panic on another thread"))
}
