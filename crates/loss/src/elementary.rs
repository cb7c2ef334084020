//! Elementary functions without branches, so that a compiler can take eight of them at once.
#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

/// -1, 0 or 1.
#[inline(always)]
pub(crate) fn sign(x: f64) -> f64 {
    f64::from(i8::from(x > 0.0) - i8::from(x < 0.0))
}
