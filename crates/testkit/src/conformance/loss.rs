//! Laws of losses.

use super::suite::{Conformance, Suite, Verdict, failed, on_another_thread, same_bits};
use crate::differences::slope;
use crate::strategies::{pattern_pairs, positive_pattern_pairs};
use braggscape_loss::Loss;
use braggscape_pattern::{Axis, AxisKind, Pattern};
use proptest::prelude::*;

/// What a loss claims beyond the laws that every loss keeps. Nothing is claimed by default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossClaims {
    /// The scale of either pattern does not matter: L(a f, b g) = L(f, g) for all a, b > 0.
    pub scale_invariant: bool,
    /// L(f, g) = L(g, f).
    pub symmetric: bool,
    /// Least and largest value for patterns that are not negative.
    pub range: (f64, f64),
    /// A constant pattern gives an error, so the laws are kept by pairs of patterns that vary; a pattern of one point does not.
    pub needs_variation: bool,
}

impl Default for LossClaims {
    fn default() -> Self {
        Self {
            scale_invariant: false,
            symmetric: false,
            range: (f64::NEG_INFINITY, f64::INFINITY),
            needs_variation: false,
        }
    }
}

/// Rounding of a loss: sums over a few dozen points, normalised, keep 13 digits.
const ROUNDING: f64 = 1e-12;

/// Error of a gradient over its largest component: differences of a smooth loss of step 1e-2 are good to about 1e-9.
const GRADIENT: f64 = 1e-6;

/// Checks a loss. The laws:
///
/// - the gradient agrees with differences, to 1e-6 of its largest component, at patterns above 0. A component whose
///   differences do not settle (a kink: two points that tie for the maximum, a crossing of absolute values) is left out, and a
///   pattern with many of them is drawn anew; a loss that is rough at every other pattern cannot be checked and fails;
/// - value and gradient are finite for empty bins and scales from 1e-3 to 1e6, and a pattern of zeros gives a finite value or
///   an error;
/// - [`Loss::value`] is the value of [`Loss::value_and_gradient`], and the whole gradient is overwritten;
/// - no pattern agrees better with f than f itself;
/// - the same patterns give the same bits, after other calls and on another thread;
/// - patterns on different axes and gradients of the wrong length give errors;
/// - what is claimed: the range, symmetry, invariance of scale.
///
/// The patterns of all laws but the second have uncertainties.
///
/// # Panics
/// If a law does not hold.
#[track_caller]
pub fn loss(loss: &dyn Loss, claims: LossClaims) -> Conformance {
    let mut suite = Suite::new("loss");
    let smooth = positive_pattern_pairs(2..24);
    let varies = |p: &Pattern| p.y().iter().any(|y| (y - p.y()[0]).abs() > 0.0);
    let any_pairs = pattern_pairs(if claims.needs_variation { 2..40 } else { 1..40 })
        .prop_filter("a constant pattern", |(f, g)| {
            !claims.needs_variation || (varies(f) && varies(g))
        });
    suite.law("gradient agrees with differences", 96, &smooth, |(f, g)| gradient(loss, &f, &g));
    suite.law("finite for empty bins", 128, &any_pairs, |(f, g)| {
        let (value, grad) = both(loss, &f, &g)?;
        prop_assert!(value.is_finite(), "the value is {value}");
        prop_assert!(grad.iter().all(|v| v.is_finite()), "the gradient is {grad:?}");
        Ok(())
    });
    suite.law("a pattern of zeros gives a finite value or an error", 32, &any_pairs, |(f, g)| {
        let zeros = Pattern::zeros(f.axis().clone());
        for (obs, calc) in [(&f, &zeros), (&zeros, &g), (&zeros, &zeros)] {
            let mut grad = vec![0.0; calc.n_points()];
            for value in [loss.value(obs, calc), loss.value_and_gradient(obs, calc, &mut grad)] {
                prop_assert!(value.is_err() || value.is_ok_and(f64::is_finite), "not finite");
            }
            prop_assert!(grad.iter().all(|v| v.is_finite()), "the gradient is {grad:?}");
        }
        Ok(())
    });
    suite.law("value and value_and_gradient agree", 64, &any_pairs, |(f, g)| {
        let (value, _) = both(loss, &f, &g)?;
        close(loss.value(&f, &g).map_err(failed)?, value, "value alone")
    });
    suite.law("the gradient is overwritten", 64, &any_pairs, |(f, g)| {
        let (_, grad) = both(loss, &f, &g)?;
        let mut dirty = vec![f64::NAN; g.n_points()];
        loss.value_and_gradient(&f, &g, &mut dirty).map_err(failed)?;
        same_bits("the gradient in a used buffer", &grad, &dirty)
    });
    suite.law("least where the patterns agree", 64, &smooth, |(f, g)| {
        let (at, other) =
            (loss.value(&f, &f).map_err(failed)?, loss.value(&f, &g).map_err(failed)?);
        prop_assert!(at <= other + ROUNDING * (1.0 + other.abs()), "L(f, f) = {at} > {other}");
        Ok(())
    });
    suite.law(
        "the same patterns give the same bits",
        32,
        &(&smooth, &smooth),
        |((f, g), (a, b))| {
            let (value, grad) = both(loss, &f, &g)?;
            both(loss, &a, &b)?;
            let again = both(loss, &f, &g)?;
            let elsewhere = on_another_thread(|| both(loss, &f, &g))??;
            for (v, d) in [again, elsewhere] {
                same_bits("the value", &[value], &[v])?;
                same_bits("the gradient", &grad, &d)?;
            }
            Ok(())
        },
    );
    suite.law("patterns on different axes give an error", 32, &any_pairs, |(f, g)| {
        axis_mismatch(loss, &f, &g)
    });
    suite.law("a gradient of the wrong length gives an error", 32, &any_pairs, |(f, g)| {
        for n in [0, g.n_points() - 1, g.n_points() + 1] {
            let accepted = loss.value_and_gradient(&f, &g, &mut vec![0.0; n]).is_ok();
            prop_assert!(!accepted, "{n} entries were accepted for {} points", g.n_points());
        }
        Ok(())
    });
    let (low, high) = claims.range;
    if low.is_finite() || high.is_finite() {
        suite.law("within the range", 256, &any_pairs, |(f, g)| {
            let value = loss.value(&f, &g).map_err(failed)?;
            let margin = ROUNDING * (1.0 + value.abs());
            prop_assert!(value >= low - margin && value <= high + margin, "L = {value}");
            Ok(())
        });
    }
    if claims.symmetric {
        suite.law("symmetric", 64, &smooth, |(f, g)| {
            let swapped = loss.value(&g, &f).map_err(failed)?;
            close(loss.value(&f, &g).map_err(failed)?, swapped, "with the patterns exchanged")
        });
    }
    if claims.scale_invariant {
        let factors = (1e-3..1e3f64, 1e-3..1e3f64);
        suite.law("invariant of scale", 64, &(&smooth, factors), |((f, g), (a, b))| {
            let value = loss.value(&f, &g).map_err(failed)?;
            for (obs, calc) in [(f.scaled(a), g.clone()), (f.clone(), g.scaled(b))] {
                close(loss.value(&obs, &calc).map_err(failed)?, value, "scaled")?;
            }
            Ok(())
        });
    }
    suite.finish()
}

fn both(loss: &dyn Loss, f: &Pattern, g: &Pattern) -> Result<(f64, Vec<f64>), TestCaseError> {
    let mut grad = vec![0.0; g.n_points()];
    let value = loss.value_and_gradient(f, g, &mut grad).map_err(failed)?;
    Ok((value, grad))
}

fn close(found: f64, expected: f64, what: &str) -> Verdict {
    let difference = (found - expected).abs();
    prop_assert!(
        difference <= ROUNDING * (1.0 + expected.abs()),
        "{} {}, not {}",
        what,
        found,
        expected
    );
    Ok(())
}

fn gradient(loss: &dyn Loss, f: &Pattern, g: &Pattern) -> Verdict {
    let (value, grad) = both(loss, f, g)?;
    let slopes: Vec<_> = (0..g.n_points())
        .map(|i| {
            let at = |t: f64| {
                let mut moved = g.clone();
                moved.y_mut()[i] += t;
                loss.value(f, &moved).unwrap_or(f64::NAN)
            };
            slope(at, 1e-2 * g.y()[i])
        })
        .collect();
    let scale = slopes.iter().map(|d| d.value.abs()).fold(0.0, f64::max);
    let least = g.y().iter().copied().fold(f64::INFINITY, f64::min);
    // The rounding of the differences themselves, 1e-16 |L| / h, with a margin of 1e3.
    let allowed = GRADIENT * scale + 1e-11 * value.abs() / least + f64::MIN_POSITIVE;
    let mut n_unsettled = 0;
    for (i, (found, d)) in grad.iter().zip(&slopes).enumerate() {
        if d.error.is_nan() || d.error > 0.1 * allowed {
            n_unsettled += 1;
        } else {
            let error = (found - d.value).abs();
            prop_assert!(
                error <= allowed,
                "component {i} is {found}, differences give {}",
                d.value
            );
        }
    }
    // One kink in a short pattern is chance; an input with more says nothing.
    if n_unsettled > 1 + slopes.len() / 10 {
        return Err(TestCaseError::reject("the differences do not settle"));
    }
    Ok(())
}

fn axis_mismatch(loss: &dyn Loss, f: &Pattern, g: &Pattern) -> Verdict {
    let (start, step) = (g.axis().first(), 0.05);
    let n = g.n_points();
    let others = [
        (AxisKind::TwoTheta, start, n + 1),
        (AxisKind::TwoTheta, start + 0.5 * step, n),
        (AxisKind::Q, start, n),
    ];
    for (kind, start, n) in others {
        let other = Axis::uniform(kind, start, step, n).map_err(failed)?;
        let calc = Pattern::new(other, vec![1.0; n]).map_err(failed)?;
        let mut grad = vec![0.0; n];
        let what = format!("{} against {}", f.axis(), calc.axis());
        prop_assert!(loss.value(f, &calc).is_err(), "value accepted {what}");
        prop_assert!(
            loss.value_and_gradient(f, &calc, &mut grad).is_err(),
            "value_and_gradient accepted {what}"
        );
    }
    Ok(())
}
