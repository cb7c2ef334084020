//! Checks of the ranges of options.

use crate::OptimError;

fn check(
    ok: bool,
    name: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<(), OptimError> {
    if ok { Ok(()) } else { Err(OptimError::OptionRange { name, value, expected }) }
}

/// Above 0.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<(), OptimError> {
    check(value > 0.0 && value.is_finite(), name, value, "above 0")
}

/// 0 or more.
pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<(), OptimError> {
    check(value >= 0.0 && value.is_finite(), name, value, "0 or more")
}

/// In [0, 1).
pub(crate) fn below_one(name: &'static str, value: f64) -> Result<(), OptimError> {
    check((0.0..1.0).contains(&value), name, value, "in [0, 1)")
}

/// In (0, 1).
pub(crate) fn fraction(name: &'static str, value: f64) -> Result<(), OptimError> {
    check(value > 0.0 && value < 1.0, name, value, "above 0 and below 1")
}

/// Above 1.
pub(crate) fn above_one(name: &'static str, value: f64) -> Result<(), OptimError> {
    check(value > 1.0 && value.is_finite(), name, value, "above 1")
}

/// 1 or more.
pub(crate) fn count(name: &'static str, value: u64) -> Result<(), OptimError> {
    check(value >= 1, name, value as f64, "1 or more")
}
