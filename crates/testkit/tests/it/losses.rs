//! Broken losses are rejected.

use crate::rejected;
use braggscape_loss::{
    Cosine, Loss, LossError, Mse, Normalisation, Pearson, check_axes, check_buffers,
};
use braggscape_pattern::{Pattern, sum};
use braggscape_testkit::conformance::{self, LossClaims};
use std::sync::atomic::{AtomicU64, Ordering};

/// Sum of squared differences, with one fault.
struct Squares(Fault);

#[derive(PartialEq, Clone, Copy)]
enum Fault {
    None,
    WrongGradient,
    GradientOfOnePointWrong,
    ValueOfItsOwn,
    AddsToTheBuffer,
    NanForEmptyBins,
    PrefersDisagreement,
    IgnoresAxes,
    IgnoresLengths,
}

impl Loss for Squares {
    fn value_and_gradient(
        &self,
        f: &Pattern,
        g: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        match self.0 {
            Fault::IgnoresAxes if grad.len() == g.n_points() => {}
            Fault::IgnoresLengths => check_axes(f, g)?,
            _ => check_buffers(f, g, grad)?,
        }
        let sign = if self.0 == Fault::PrefersDisagreement { -1.0 } else { 1.0 };
        let mut value = 0.0;
        for (i, ((d, x), y)) in grad.iter_mut().zip(f.y()).zip(g.y()).enumerate() {
            value += sign * (y - x) * (y - x);
            let slope = match self.0 {
                Fault::WrongGradient => (y - x) * 1.999,
                Fault::GradientOfOnePointWrong if i == 1 => 0.0,
                _ => 2.0 * sign * (y - x),
            };
            *d = if self.0 == Fault::AddsToTheBuffer { *d + slope } else { slope };
        }
        if self.0 == Fault::NanForEmptyBins {
            value += f.y().iter().map(|v| 0.0 * v.ln()).sum::<f64>();
        }
        Ok(value)
    }

    fn value(&self, f: &Pattern, g: &Pattern) -> Result<f64, LossError> {
        let value = self.value_and_gradient(f, g, &mut vec![0.0; g.n_points()])?;
        Ok(if self.0 == Fault::ValueOfItsOwn {
            value + 1e-6 * sum::total(g.y()) * value
        } else {
            value
        })
    }
}

#[test]
fn a_sound_loss_passes_and_says_what_was_checked() {
    let claims = LossClaims { symmetric: true, range: (0.0, f64::INFINITY), ..Default::default() };
    let checked = conformance::loss(&Squares(Fault::None), claims);
    assert!(checked.has("symmetric") && checked.has("within the range"), "{checked}");
    assert!(!checked.has("invariant of scale"));
    assert!(checked.checks().iter().all(|c| c.cases > 0));
    assert!(checked.to_string().starts_with("loss: 11 laws hold"), "{checked}");
    assert_eq!(checked, conformance::loss(&Squares(Fault::None), claims), "suites repeat");
}

#[test]
fn broken_losses_are_rejected() {
    let check = |fault, law| {
        rejected(|| conformance::loss(&Squares(fault), LossClaims::default()), law);
    };
    check(Fault::WrongGradient, "gradient agrees with differences");
    check(Fault::GradientOfOnePointWrong, "gradient agrees with differences");
    check(Fault::ValueOfItsOwn, "gradient agrees with differences");
    check(Fault::AddsToTheBuffer, "the gradient is overwritten");
    check(Fault::NanForEmptyBins, "finite for empty bins");
    check(Fault::PrefersDisagreement, "least where the patterns agree");
    check(Fault::IgnoresAxes, "patterns on different axes give an error");
    check(Fault::IgnoresLengths, "a gradient of the wrong length gives an error");
}

/// A constant offset of the value alone, which no difference sees.
struct Offset;
impl Loss for Offset {
    fn value_and_gradient(
        &self,
        f: &Pattern,
        g: &Pattern,
        d: &mut [f64],
    ) -> Result<f64, LossError> {
        Cosine::default().value_and_gradient(f, g, d)
    }

    fn value(&self, f: &Pattern, g: &Pattern) -> Result<f64, LossError> {
        Ok(Cosine::default().value(f, g)? + 1e-9)
    }
}

/// Remembers the last observed pattern it was given.
struct Stateful(AtomicU64);
impl Loss for Stateful {
    fn value_and_gradient(
        &self,
        f: &Pattern,
        g: &Pattern,
        d: &mut [f64],
    ) -> Result<f64, LossError> {
        let value = Cosine::default().value_and_gradient(f, g, d)?;
        let before = self.0.swap(f.n_points() as u64, Ordering::Relaxed);
        Ok(if before == f.n_points() as u64 { value } else { value - 1e-15 })
    }
}

#[test]
fn faults_that_differences_do_not_see_are_rejected() {
    let none = LossClaims::default();
    rejected(|| conformance::loss(&Offset, none), "value and value_and_gradient agree");
    rejected(
        || conformance::loss(&Stateful(AtomicU64::new(0)), none),
        "the same patterns give the same bits",
    );
}

/// Weighs by the intensity of the observed pattern.
struct Lopsided;
impl Loss for Lopsided {
    fn value_and_gradient(
        &self,
        f: &Pattern,
        g: &Pattern,
        d: &mut [f64],
    ) -> Result<f64, LossError> {
        let value = Mse { normalisation: Normalisation::None }.value_and_gradient(f, g, d)?;
        let by = sum::total(f.y());
        for d in d {
            *d *= by;
        }
        Ok(value * by)
    }
}

#[test]
fn false_claims_are_rejected() {
    let plain = Mse { normalisation: Normalisation::None };
    let claims = |c| move || conformance::loss(&plain, c);
    let base = LossClaims::default();
    rejected(claims(LossClaims { scale_invariant: true, ..base }), "invariant of scale");
    rejected(claims(LossClaims { range: (0.0, 1.0), ..base }), "within the range");
    rejected(|| conformance::loss(&Lopsided, LossClaims { symmetric: true, ..base }), "symmetric");
}

#[test]
fn errors_for_constant_patterns_must_be_claimed() {
    let pearson = Pearson::default();
    rejected(|| conformance::loss(&pearson, LossClaims::default()), "finite for empty bins");
    let claims = LossClaims { needs_variation: true, ..Default::default() };
    conformance::loss(&pearson, claims);
}

/// Mean absolute difference: kinks where patterns cross, and no others.
struct Absolute;
impl Loss for Absolute {
    fn value_and_gradient(
        &self,
        f: &Pattern,
        g: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(f, g, grad)?;
        for ((d, x), y) in grad.iter_mut().zip(f.y()).zip(g.y()) {
            *d = if y > x {
                1.0
            } else if y < x {
                -1.0
            } else {
                0.0
            };
        }
        Ok(sum::zip_with(f.y(), g.y(), |x, y| (x - y).abs()))
    }
}

#[test]
fn kinks_are_no_faults() {
    conformance::loss(&Absolute, LossClaims { symmetric: true, ..Default::default() });
}

/// A loss that has no value alone, so that there are no differences.
struct Mute;
impl Loss for Mute {
    fn value_and_gradient(
        &self,
        f: &Pattern,
        g: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        Cosine::default().value_and_gradient(f, g, grad)
    }

    fn value(&self, _: &Pattern, _: &Pattern) -> Result<f64, LossError> {
        Err(LossError::NoIntensity { which: "calculated" })
    }
}

#[test]
fn what_cannot_be_checked_is_not_accepted() {
    let law = "`gradient agrees with differences` could not be checked";
    rejected(|| conformance::loss(&Mute, LossClaims::default()), law);
}
