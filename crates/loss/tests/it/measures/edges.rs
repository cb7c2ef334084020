//! Empty bins, negative intensities, kinks, and bad input.

use super::{gradient, pattern, value};
use braggscape_loss::{Loss, Measure, MeasureKind, MeasureOptions, Normalisation, Zeros};
use std::f64::consts::LN_2;

#[test]
fn the_rule_for_empty_bins_decides_where_a_term_has_no_limit() {
    // P = (1, 1, 0, 0)/2, Q = (1, 0, 1, 0)/2.
    let (f, g) = (pattern(&[1.0, 1.0, 0.0, 0.0]), pattern(&[1.0, 0.0, 1.0, 0.0]));
    for &kind in MeasureKind::ALL {
        let with = |zeros, epsilon| {
            let options = MeasureOptions { zeros, epsilon, ..kind.defaults() };
            Measure::new(kind, options).unwrap().value(&f, &g).unwrap()
        };
        let (floored, lower) = (with(Zeros::Epsilon, 1e-9), with(Zeros::Epsilon, 1e-12));
        let skipped = with(Zeros::Skip, 1e-9);
        // Bins of which one is empty count 1 in canberra and its kin under either rule.
        let bounded = kind.bounds(4).1 < f64::INFINITY;
        assert_eq!((floored - skipped).abs() > 1e-6, kind.has_open_terms() && !bounded, "{kind}");
        assert_eq!((floored - lower).abs() > 1e-6, kind.has_open_terms() && !bounded, "{kind}");
    }
    // By hand, with epsilon = e: two of the bins are (1/2, e) and (e, 1/2).
    let e = 1e-9;
    let term = 0.5 - e;
    let check = |kind, zeros, expected: f64| {
        let options = MeasureOptions { zeros, ..MeasureKind::defaults(kind) };
        let found = Measure::new(kind, options).unwrap().value(&f, &g).unwrap();
        assert!((found - expected).abs() < 1e-12 * (1.0 + expected), "{kind}: {found} {expected}");
    };
    check(MeasureKind::PearsonChi2, Zeros::Epsilon, term * term / e + term * term / 0.5);
    check(MeasureKind::PearsonChi2, Zeros::Skip, 0.5);
    check(MeasureKind::NeymanChi2, Zeros::Skip, 0.5);
    check(MeasureKind::Jeffreys, Zeros::Epsilon, 2.0 * term * (0.5 / e).ln());
    check(MeasureKind::Jeffreys, Zeros::Skip, 0.0);
    check(MeasureKind::KullbackLeibler, Zeros::Epsilon, term * (0.5 / e).ln());
    check(MeasureKind::VicisWaveHedges, Zeros::Epsilon, 2.0 * term / e);
    // Limits need no rule: 0 ln 0 = 0, and (1/2)^2/(1/2) twice.
    check(MeasureKind::Topsoe, Zeros::Epsilon, LN_2);
    check(MeasureKind::SquaredChi2, Zeros::Epsilon, 1.0);
    check(MeasureKind::Canberra, Zeros::Skip, 2.0);
}

#[test]
fn weak_bins_below_epsilon_do_not_count() {
    // What the rounding of a calculated pattern leaves in empty bins, 1e-13 of the sum or less, is no disagreement. Roots
    // and logarithms without a rule take it as it is.
    let (f, g) = ([1.0, 0.0, 2.0, 1e-13], [1.0, 1e-13, 2.0, 0.0]);
    for kind in MeasureKind::ALL.iter().filter(|k| k.has_open_terms()) {
        let (same, found) = (value(*kind, &f, &f), value(*kind, &f, &g));
        assert!((found - same).abs() < 1e-12, "{kind}: {found}");
    }
}

#[test]
fn negative_intensities_count_as_nothing_where_densities_are_needed() {
    let (f, g) = ([4.0, -1.0, 2.0, 0.0, 1.0], [3.0, 1.0, -0.5, -2.0, 2.0]);
    let clipped = |y: [f64; 5]| y.map(|v| if v > 0.0 { v } else { 0.0 });
    for &kind in MeasureKind::ALL {
        let (raw, densities) = (value(kind, &f, &g), value(kind, &clipped(f), &clipped(g)));
        assert_eq!((raw - densities).abs() > 1e-3, kind.takes_negatives(), "{kind}");
        let grad = gradient(&Measure::from(kind), &f, &g);
        assert!(grad.iter().all(|d| d.is_finite()), "{kind}");
        if !kind.takes_negatives() {
            assert!(grad[2].abs() + grad[3].abs() < f64::MIN_POSITIVE, "{kind}: {grad:?}");
        }
    }
    // (4 + 1, -1 - 1, ..) without normalisation: 1 + 2 + 2.5 + 2 + 1.
    let options = MeasureOptions { normalisation: Normalisation::None, ..Default::default() };
    let raw = Measure::new(MeasureKind::CityBlock, options).unwrap();
    assert!((raw.value(&pattern(&f), &pattern(&g)).unwrap() - 8.5).abs() < 1e-15);
}

#[test]
fn slopes_at_empty_bins_are_those_to_the_right() {
    // Q has two empty bins: one where P is, one where P is not. Steps up by h change the loss by the slope.
    let (f, g) = ([0.5, 0.5, 0.0, 1.0], [1.0, 0.0, 0.0, 2.0]);
    let h = 1e-6;
    for &kind in MeasureKind::ALL {
        let options = MeasureOptions { normalisation: Normalisation::None, ..kind.defaults() };
        // Bins that the rule has changed have no slope, and those of roots and logarithms are infinite.
        let infinite = matches!(
            kind,
            MeasureKind::Hellinger
                | MeasureKind::Matusita
                | MeasureKind::SquaredChord
                | MeasureKind::Topsoe
                | MeasureKind::JensenDifference
        );
        let Ok(measure) = Measure::new(kind, options) else { continue };
        let grad = gradient(&measure, &f, &g);
        for i in [1, 2] {
            if kind.has_open_terms() {
                assert!(grad[i].abs() < f64::MIN_POSITIVE, "{kind} {i}: {}", grad[i]);
                continue;
            }
            let at = |t: f64| {
                let mut moved = g;
                moved[i] += t;
                measure.value(&pattern(&f), &pattern(&moved)).unwrap()
            };
            // A kink (|P - Q| where both are 0) has the slope between both sides, which is the mean of 1 and -1.
            let right = (4.0 * at(h) - 3.0 * at(0.0) - at(2.0 * h)) / (2.0 * h);
            let kinked = i == 2 && (grad[i] - right).abs() > 1e-4;
            if infinite && i == 1 {
                assert!(grad[i] < -5.0, "{kind}: {}", grad[i]);
            } else if kinked {
                let other = if kind.takes_negatives() { (at(0.0) - at(-h)) / h } else { f64::NAN };
                let mean = 0.5 * (right + other);
                assert!(mean.is_nan() || (grad[i] - mean).abs() < 1e-4, "{kind}: {}", grad[i]);
            } else {
                assert!((grad[i] - right).abs() < 1e-4, "{kind} {i}: {} {right}", grad[i]);
            }
        }
    }
}

#[test]
fn patterns_that_agree_have_a_gradient_of_zero() {
    for &kind in MeasureKind::ALL {
        let grad = gradient(&Measure::from(kind), &[0.3, 0.5, 1.0, 0.2], &[0.6, 1.0, 2.0, 0.4]);
        // kulczynski-s has a peak of height 1/epsilon, and its rounding.
        let margin = if kind == MeasureKind::KulczynskiS { 1e-6 } else { 1e-14 };
        assert!(grad.iter().all(|d| d.abs() < margin), "{kind}: {grad:?}");
    }
}

#[test]
fn bad_options_are_named() {
    let check = |kind: MeasureKind, options: MeasureOptions, words: &str| {
        let message = Measure::new(kind, options).unwrap_err().to_string();
        assert!(message.contains(words), "`{words}` is not in `{message}`");
    };
    let base = MeasureOptions::default();
    for epsilon in [0.0, -1.0, 2.0, 1e-31, f64::NAN, f64::INFINITY] {
        check(MeasureKind::Clark, MeasureOptions { epsilon, ..base }, "epsilon = ");
    }
    for p in [0.5, 17.0, f64::NAN] {
        let options = MeasureOptions { p: Some(p), ..base };
        check(MeasureKind::Minkowski, options, "is outside its range: from 1 to 16");
    }
    let options = MeasureOptions { p: Some(2.0), ..base };
    check(MeasureKind::Euclidean, options, "`p` is an option of `minkowski` alone");
    check(MeasureKind::InnerProduct, base, "normalisation `sum`");
    let max = MeasureOptions { normalisation: Normalisation::Max, ..base };
    check(MeasureKind::KullbackLeibler, max, "it must be `sum`");
}

#[test]
fn the_pattern_without_intensity_is_named() {
    let (some, none, below) = ([1.0, 2.0], [0.0, 0.0], [-1.0, 0.5]);
    for &kind in MeasureKind::ALL {
        let fails = |f: &[f64], g: &[f64], words: &str| {
            let e = Measure::from(kind).value(&pattern(f), &pattern(g)).unwrap_err().to_string();
            assert!(e.contains(words), "{kind}: {e}");
        };
        fails(&some, &none, "calculated pattern has no intensity");
        fails(&none, &some, "observed pattern has no intensity");
        let norm = kind == MeasureKind::InnerProduct;
        if kind.takes_negatives() && !norm {
            fails(&some, &below, "calculated pattern has no intensity");
        } else {
            assert!(value(kind, &some, &below).is_finite(), "{kind}");
        }
    }
}
