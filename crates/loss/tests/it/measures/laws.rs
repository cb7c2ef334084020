//! Every measure keeps the laws of losses, and is what it says: within bounds, symmetric, a metric.

use super::{axis, is_similarity, pattern, value};
use braggscape_loss::{
    AnyLoss, Cosine, Loss, LossError, Measure, MeasureClass, MeasureKind, MeasureOptions,
    Normalisation, Zeros,
};
use braggscape_pattern::Pattern;
use braggscape_testkit::conformance::{self, LossClaims};
use braggscape_testkit::strategies::{patterns_on, positive_pattern_pairs};
use proptest::prelude::*;
use std::f64::consts::{LN_2, SQRT_2};

/// What a kind claims with these options. Bounds that grow with the number of points are checked by a test of their own.
fn claims(kind: MeasureKind, options: &MeasureOptions) -> LossClaims {
    let bounds = kind.bounds(7);
    let range = if *options == kind.defaults() && bounds == kind.bounds(8) {
        bounds
    } else if is_similarity(kind) {
        (f64::NEG_INFINITY, 0.0)
    } else {
        (0.0, f64::INFINITY)
    };
    LossClaims {
        scale_invariant: options.normalisation != Normalisation::None,
        symmetric: kind.is_symmetric(),
        range,
        ..LossClaims::default()
    }
}

#[test]
fn every_measure_keeps_the_laws_of_losses_and_its_claims() {
    for kind in MeasureKind::ALL {
        let options = kind.defaults();
        println!("{kind}");
        conformance::loss(&AnyLoss::from(Measure::from(*kind)), claims(*kind, &options));
    }
}

#[test]
fn every_measure_keeps_them_with_every_normalisation_that_it_accepts() {
    let all = [Normalisation::Max, Normalisation::Sum, Normalisation::L2, Normalisation::None];
    let mut n_refused = 0;
    for kind in MeasureKind::ALL {
        for normalisation in all {
            let options = MeasureOptions { normalisation, ..kind.defaults() };
            if options == kind.defaults() {
                continue;
            }
            match Measure::new(*kind, options) {
                Ok(measure) => {
                    println!("{kind} {normalisation:?}");
                    conformance::loss(&measure, claims(*kind, &options));
                }
                Err(e) => {
                    assert!(matches!(e, LossError::UnsuitedNormalisation { .. }), "{kind}: {e}");
                    n_refused += 1;
                }
            }
        }
    }
    assert_eq!(n_refused, 6 * 3, "six kinds have one normalisation");
}

#[test]
fn every_measure_keeps_them_where_bins_without_a_limit_are_left_out() {
    for kind in MeasureKind::ALL.iter().filter(|k| k.has_open_terms()) {
        let options = MeasureOptions { zeros: Zeros::Skip, ..kind.defaults() };
        let mut claims = claims(*kind, &options);
        // Gibbs' inequality is one of all bins.
        if *kind == MeasureKind::KullbackLeibler {
            claims.range.0 = f64::NEG_INFINITY;
        }
        println!("{kind}");
        conformance::loss(&Measure::new(*kind, options).unwrap(), claims);
    }
    let options = MeasureOptions { zeros: Zeros::Skip, ..Default::default() };
    let loss = Measure::new(MeasureKind::KullbackLeibler, options).unwrap();
    // (1/2) ln(1/2): the bin without Q, where P is 1/2, is left out.
    let found = loss.value(&pattern(&[1.0, 1.0]), &pattern(&[1.0, 0.0])).unwrap();
    assert!((found + 0.5 * LN_2).abs() < 1e-15, "{found}");
}

#[test]
fn what_is_refused_would_not_be_least_where_the_patterns_agree() {
    // With larger, flatter or narrower patterns than f, by the formulas themselves.
    let f = [0.2, 0.8];
    let sum = |g: [f64; 2], term: fn(f64, f64) -> f64| term(f[0], g[0]) + term(f[1], g[1]);
    let check = |g, term| assert!(sum(g, term) < sum(f, term));
    check([0.0, 1.0], |p, q| -p * q);
    check([0.4, 1.6], |p, q| -2.0 * p * q / (p + q));
    check([0.4, 1.6], |p, q| -(p * q).sqrt());
    check([0.4, 1.6], |p, q| p * (p / q).ln());
    check([0.4, 1.6], |p, q| p * (2.0 * p / (p + q)).ln());
    // Norms of 1: |f|^2 = 0.68.
    let unit = f.map(|v| v / 0.68f64.sqrt());
    let fidelity = |g: [f64; 2]| -(unit[0] * g[0]).sqrt() - (unit[1] * g[1]).sqrt();
    assert!(fidelity([0.5f64.sqrt(); 2]) < fidelity(unit));
}

proptest! {
    #[test]
    fn values_stay_within_their_bounds(
        (f, g) in (1..40usize).prop_flat_map(|n| (patterns_on(axis(n)), patterns_on(axis(n)))),
    ) {
        for &kind in MeasureKind::ALL {
            let (low, high) = kind.bounds(f.n_points());
            let found = Measure::from(kind).value(&f, &g).unwrap();
            // The rule for empty bins changes sums by n epsilon at most, 4e-8.
            let margin = 1e-7 * (1.0 + found.abs());
            prop_assert!(found >= low - margin && found <= high + margin, "{kind}: {found}");
        }
    }

    #[test]
    fn metrics_keep_the_triangle_inequality(
        (f, g, h) in (1..12usize).prop_flat_map(|n| {
            (patterns_on(axis(n)), patterns_on(axis(n)), patterns_on(axis(n)))
        }),
    ) {
        for kind in MeasureKind::ALL.iter().filter(|k| k.class() == MeasureClass::Metric) {
            let d = |a: &Pattern, b: &Pattern| Measure::from(*kind).value(a, b).unwrap();
            let (direct, around) = (d(&f, &h), d(&f, &g) + d(&g, &h));
            prop_assert!(direct <= around * (1.0 + 1e-12), "{kind}: {direct} > {around}");
        }
    }

    /// Identities that Cha states, and those by which measures are one another.
    #[test]
    fn measures_that_are_related_agree((f, g) in positive_pattern_pairs(2..24)) {
        use MeasureKind as K;
        let of = |kind: K| Measure::from(kind).value(&f, &g).unwrap();
        let n = f.n_points() as f64;
        let pairs = [
            (K::Sorensen, of(K::CityBlock) / 2.0),
            (K::Gower, of(K::CityBlock) / n),
            (K::Intersection, of(K::CityBlock) / 2.0 - 1.0),
            (K::Czekanowski, of(K::Sorensen) - 1.0),
            (K::Motyka, of(K::Czekanowski) / 2.0),
            (K::KulczynskiS, -1.0 / of(K::KulczynskiD)),
            (K::Ruzicka, of(K::Soergel) - 1.0),
            (K::Tanimoto, of(K::Soergel)),
            (K::KumarHassebrook, of(K::Jaccard) - 1.0),
            (K::HarmonicMean, of(K::SquaredChi2) / 2.0 - 1.0),
            (K::Hellinger, SQRT_2 * of(K::Matusita)),
            (K::SquaredChord, of(K::Matusita).powi(2)),
            (K::SquaredChord, 2.0 + 2.0 * of(K::Fidelity)),
            (K::Bhattacharyya, -(-of(K::Fidelity)).ln()),
            (K::SquaredEuclidean, of(K::Euclidean).powi(2)),
            (K::ProbabilisticSymmetricChi2, 2.0 * of(K::SquaredChi2)),
            (K::Divergence, 2.0 * of(K::Clark).powi(2)),
            (K::AdditiveSymmetricChi2, of(K::PearsonChi2) + of(K::NeymanChi2)),
            (K::VicisSymmetricChi2Two, of(K::AdditiveSymmetricChi2) - of(K::VicisSymmetricChi2Three)),
            (K::MaxSymmetricChi2, of(K::AdditiveSymmetricChi2) - of(K::MinSymmetricChi2)),
            (K::JensenDifference, of(K::Topsoe) / 2.0),
            (K::AvgL1Linf, 0.5 * (of(K::CityBlock) + of(K::Chebyshev))),
        ];
        for (kind, expected) in pairs {
            let found = of(kind);
            // Sums of a few dozen terms of order 1, some of which cancel.
            let margin = 1e-12 * (1.0 + expected.abs());
            prop_assert!((found - expected).abs() < margin, "{kind}: {found} against {expected}");
        }
        // The other direction.
        let back = |kind: K| Measure::from(kind).value(&g, &f).unwrap();
        let jeffreys = of(K::KullbackLeibler) + back(K::KullbackLeibler);
        prop_assert!((of(K::Jeffreys) - jeffreys).abs() < 1e-12 * (1.0 + jeffreys));
        prop_assert!((of(K::Topsoe) - of(K::KDivergence) - back(K::KDivergence)).abs() < 1e-12);
        let (pearson, neyman) = (of(K::PearsonChi2), back(K::NeymanChi2));
        prop_assert!((pearson - neyman).abs() < 1e-12 * (1.0 + pearson));
        let cosine = Cosine::default().value(&f, &g).unwrap();
        prop_assert!((of(K::InnerProduct) - cosine).abs() < 1e-14);
        // p = 1 and p = 2 have names of their own.
        let p = |p| {
            let options = MeasureOptions { p: Some(p), ..K::Minkowski.defaults() };
            Measure::new(K::Minkowski, options).unwrap().value(&f, &g).unwrap()
        };
        prop_assert!((p(1.0) - of(K::CityBlock)).abs() < 1e-14);
        prop_assert!((p(2.0) - of(K::Euclidean)).abs() < 1e-14);
    }
}

#[test]
fn what_is_no_metric_breaks_the_triangle_inequality() {
    let (f, g, h) = ([0.1, 0.9], [0.5, 0.5], [0.9, 0.1]);
    for &kind in MeasureKind::ALL {
        if is_similarity(kind) {
            continue;
        }
        let keeps =
            value(kind, &f, &h) <= (value(kind, &f, &g) + value(kind, &g, &h)) * (1.0 + 1e-12);
        assert_eq!(keeps, kind.class() == MeasureClass::Metric, "{kind}");
        let swapped = value(kind, &[0.1, 0.9], &[0.4, 0.6]) - value(kind, &[0.4, 0.6], &[0.1, 0.9]);
        assert_eq!(swapped.abs() < 1e-14, kind.is_symmetric(), "{kind}: {swapped}");
    }
}
