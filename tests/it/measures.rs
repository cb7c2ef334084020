//! The measures of Cha's survey against SciPy, scikit-learn, statistical-distance and DistClassiPy.
#![expect(clippy::unwrap_used, reason = "tests")]

use braggscape::loss::{Loss, Measure, MeasureKind, MeasureOptions, Normalisation};
use braggscape::pattern::{Axis, AxisKind, Pattern};
use braggscape_tests::fixture;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct Fixture {
    pairs: Vec<Pair>,
    values: Vec<Row>,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    f: Vec<f64>,
    g: Vec<f64>,
}

#[derive(Deserialize)]
struct Row {
    kind: String,
    source: String,
    p: Option<f64>,
    normalisation: Normalisation,
    epsilon: Option<f64>,
    values: Vec<Option<f64>>,
}

fn pattern(y: &[f64]) -> Pattern {
    let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.05, y.len()).unwrap();
    Pattern::new(axis, y.to_vec()).unwrap()
}

#[test]
fn measures_have_the_values_that_other_programs_give_them() {
    let fixture: Fixture = fixture("measures");
    let pairs: Vec<_> = fixture.pairs.iter().map(|p| (pattern(&p.f), pattern(&p.g))).collect();
    let mut seen = BTreeSet::new();
    let (mut worst, mut n_compared, mut n_by_source) = (0.0f64, 0, BTreeMap::new());
    for row in &fixture.values {
        let kind = MeasureKind::from_name(&row.kind).unwrap();
        seen.insert(row.kind.as_str());
        let options = MeasureOptions {
            normalisation: row.normalisation,
            epsilon: row.epsilon.unwrap_or(MeasureOptions::default().epsilon),
            p: row.p,
            ..MeasureOptions::default()
        };
        let measure = Measure::new(kind, options).unwrap();
        assert_eq!(row.epsilon.is_some(), kind.has_open_terms(), "{kind}");
        for ((pair, (f, g)), theirs) in fixture.pairs.iter().zip(&pairs).zip(&row.values) {
            let Some(theirs) = theirs else { continue };
            let ours = measure.value(f, g).unwrap();
            // Sums of up to 600 terms; where they are small, differences of numbers of order 1.
            let error = (ours - theirs).abs() / theirs.abs().max(1.0);
            let at = format!("{kind} of {} ({}, {options:?})", pair.name, row.source);
            assert!(error < 1e-12, "{at}: {ours:e} against {theirs:e}");
            worst = worst.max(error);
            n_compared += 1;
            *n_by_source.entry(row.source.as_str()).or_insert(0) += 1;
        }
    }
    println!("{n_compared} values compared {n_by_source:?}, largest error {worst:.1e}");
    let all: BTreeSet<_> = MeasureKind::ALL.iter().map(|k| k.name()).collect();
    assert_eq!(seen, all, "every measure has an oracle");
    assert!(n_compared > 1000, "the fixture has lost its cases");
}
