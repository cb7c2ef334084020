//! Values worked out by hand.

use super::{gradient, is_similarity, pattern, value};
use braggscape_loss::{Loss, Measure, MeasureKind, MeasureOptions};
use braggscape_pattern::sum;
use std::f64::consts::{LN_2, SQRT_2};

#[test]
fn values_worked_out_by_hand() {
    // f = (1, 2), g = (5, 5): P = (2, 4)/6, Q = (3, 3)/6, |P - Q| = (1, 1)/6, min = (2, 3)/6, max = (3, 4)/6, P + Q = (5, 7)/6,
    // P Q = (6, 12)/36, sum P^2 = 20/36, sum Q^2 = 18/36, sum P Q = 18/36.
    use MeasureKind as K;
    let ln = f64::ln;
    let fidelity = (6f64.sqrt() + 12f64.sqrt()) / 6.0;
    // The terms of topsoe: P ln(2P/(P + Q)) = (2/6) ln(4/5) + (4/6) ln(8/7) and with Q, (3/6) ln(6/5) + (3/6) ln(6/7).
    let k = ln(0.8) / 3.0 + 2.0 * ln(8.0 / 7.0) / 3.0;
    let topsoe = k + 0.5 * ln(1.2) + 0.5 * ln(6.0 / 7.0);
    let cases = [
        (K::Euclidean, SQRT_2 / 6.0),
        (K::CityBlock, 1.0 / 3.0),
        (K::Minkowski, 2f64.cbrt() / 6.0),
        (K::Chebyshev, 1.0 / 6.0),
        (K::Sorensen, 1.0 / 6.0),
        (K::Gower, 1.0 / 6.0),
        (K::Soergel, 2.0 / 7.0),
        (K::KulczynskiD, 2.0 / 5.0),
        (K::Canberra, 1.0 / 5.0 + 1.0 / 7.0),
        (K::Lorentzian, 2.0 * ln(7.0 / 6.0)),
        (K::Intersection, -5.0 / 6.0),
        (K::WaveHedges, 1.0 / 3.0 + 1.0 / 4.0),
        (K::Czekanowski, -5.0 / 6.0),
        (K::Motyka, -5.0 / 12.0),
        (K::KulczynskiS, -5.0 / 2.0),
        (K::Ruzicka, -5.0 / 7.0),
        (K::Tanimoto, 2.0 / 7.0),
        // (1, 2)/sqrt(5) . (1, 1)/sqrt(2)
        (K::InnerProduct, -3.0 / 10f64.sqrt()),
        // 2 (6/36 / (5/6) + 12/36 / (7/6)) = 2 (1/5 + 2/7)
        (K::HarmonicMean, -34.0 / 35.0),
        // 18/(20 + 18 - 18)
        (K::KumarHassebrook, -0.9),
        (K::Jaccard, 0.1),
        // 2/(20 + 18)
        (K::Dice, 1.0 / 19.0),
        (K::Fidelity, -fidelity),
        (K::Bhattacharyya, -ln(fidelity)),
        (K::Hellinger, 2.0 * (1.0 - fidelity).sqrt()),
        (K::Matusita, (2.0 - 2.0 * fidelity).sqrt()),
        (K::SquaredChord, 2.0 - 2.0 * fidelity),
        (K::SquaredEuclidean, 1.0 / 18.0),
        // (1/36)/(1/2) twice
        (K::PearsonChi2, 1.0 / 9.0),
        // (1/36)/(1/3) + (1/36)/(2/3)
        (K::NeymanChi2, 1.0 / 8.0),
        // (1/36)/(5/6) + (1/36)/(7/6) = 1/30 + 1/42
        (K::SquaredChi2, 2.0 / 35.0),
        (K::ProbabilisticSymmetricChi2, 4.0 / 35.0),
        // 2 (1/25 + 1/49)
        (K::Divergence, 148.0 / 1225.0),
        (K::Clark, 74f64.sqrt() / 35.0),
        (K::AdditiveSymmetricChi2, 17.0 / 72.0),
        // ln(2/3)/3 + 2 ln(4/3)/3
        (K::KullbackLeibler, 5.0 / 3.0 * LN_2 - ln(3.0)),
        // (-ln(2/3) + ln(4/3))/6
        (K::Jeffreys, LN_2 / 6.0),
        (K::KDivergence, k),
        (K::Topsoe, topsoe),
        (K::JensenDifference, 0.5 * topsoe),
        // (5/12) ln(5/(2 sqrt 6)) + (7/12) ln(7/(2 sqrt 12))
        (K::Taneja, 5.0 * ln(2.5 / 6f64.sqrt()) / 12.0 + 7.0 * ln(3.5 / 12f64.sqrt()) / 12.0),
        // (4 - 9)^2 and (16 - 9)^2 over 1296, twice (6/36)^1.5 and (12/36)^1.5: 25/(12 6^1.5) + 49/(12 12^1.5)
        (K::KumarJohnson, 25.0 / (72.0 * 6f64.sqrt()) + 49.0 / (144.0 * 12f64.sqrt())),
        (K::AvgL1Linf, 0.25),
        (K::VicisWaveHedges, 1.0 / 2.0 + 1.0 / 3.0),
        (K::VicisSymmetricChi2One, 1.0 / 4.0 + 1.0 / 9.0),
        // (1/36)/(1/3) + (1/36)/(1/2)
        (K::VicisSymmetricChi2Two, 1.0 / 12.0 + 1.0 / 18.0),
        // (1/36)/(1/2) + (1/36)/(2/3)
        (K::VicisSymmetricChi2Three, 1.0 / 18.0 + 1.0 / 24.0),
        (K::MaxSymmetricChi2, 1.0 / 8.0),
        (K::MinSymmetricChi2, 1.0 / 9.0),
    ];
    let kinds: Vec<_> = cases.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, MeasureKind::ALL, "every kind has a case");
    for (kind, expected) in cases {
        let found = value(kind, &[1.0, 2.0], &[5.0, 5.0]);
        // A dozen operations; -ln of a number near 1, and roots of 2 - 2 x there, lose two digits more.
        assert!((found - expected).abs() < 1e-14, "{kind}: {found}, by hand {expected}");
    }
}

#[test]
fn bounds_are_reached_by_patterns_that_agree_and_by_those_that_share_nothing() {
    let (f, g) = ([3.0, 0.0], [0.0, 0.5]);
    for &kind in MeasureKind::ALL {
        let (low, high) = kind.bounds(2);
        let (same, apart) = (value(kind, &f, &f), value(kind, &f, &g));
        assert!(same < apart, "{kind}");
        for (bound, found) in [(low, same), (high, apart)] {
            if bound.is_finite() && kind != MeasureKind::Lorentzian {
                // An empty bin counts as epsilon, 1e-9: divergence falls short of 4 by 16 times that.
                assert!((found - bound).abs() < 1e-7, "{kind}: {found} against {bound}");
            }
        }
        // 2 ln(1 + 1); n points of 1/n against as many others have 2n ln(1 + 1/n), which tends to 2.
        if kind == MeasureKind::Lorentzian {
            assert!((apart - 2.0 * LN_2).abs() < 1e-15 && apart < high);
        }
        // What has no bound is held by epsilon alone.
        if high.is_infinite() || low.is_infinite() {
            let options = MeasureOptions { epsilon: 1e-12, ..kind.defaults() };
            let lower = Measure::new(kind, options).unwrap();
            let of = |g: &[f64]| lower.value(&pattern(&f), &pattern(g)).unwrap();
            let grown = if is_similarity(kind) { same - of(&f) } else { of(&g) - apart };
            assert!(grown > 1.0, "{kind}: {grown}");
        }
    }
}

#[test]
fn neither_vector_registers_nor_our_logarithm_change_a_bit() {
    for n in [1, 7, 8, 9, 63, 1003] {
        let numbers = |seed: f64| -> Vec<f64> {
            (0..n).map(|i| 1.1 + libm::sin(seed + 1.7 * f64::from(i * i))).collect()
        };
        let (f, g) = (numbers(0.1), numbers(0.2));
        let (by_f, by_g) = (1.0 / sum::total(&f), 1.0 / sum::total(&g));
        let of = |term: fn(f64, f64) -> f64| sum::zip_with(&f, &g, |f, g| term(f * by_f, g * by_g));
        let check = |kind, plain: f64| {
            assert_eq!(value(kind, &f, &g).to_bits(), plain.to_bits(), "{kind} of {n} points");
        };
        check(MeasureKind::CityBlock, of(|p, q| (q - p).abs()));
        check(MeasureKind::Canberra, of(|p, q| (q - p).abs() / (p + q)));
        check(MeasureKind::KullbackLeibler, of(|p, q| p * libm::log(p / q)));
        check(MeasureKind::SquaredChord, of(|p, q| (q.sqrt() - p.sqrt()) * (q.sqrt() - p.sqrt())));
        // Slopes -P/Q, less their sum times Q.
        let slopes: Vec<f64> = f.iter().zip(&g).map(|(f, g)| -(f * by_f) / (g * by_g)).collect();
        let along = sum::dot(&slopes, &g) * by_g;
        let grad = gradient(&Measure::from(MeasureKind::KullbackLeibler), &f, &g);
        for (found, slope) in grad.iter().zip(&slopes) {
            assert_eq!(found.to_bits(), (by_g * (slope - along)).to_bits(), "{n} points");
        }
    }
}
