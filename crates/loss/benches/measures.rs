//! Speed of the measures of Cha's survey on 8,500 points, one or two a family, beside the cosine.

use braggscape_crystal::{Lattice, study_crystal};
use braggscape_loss::{AnyLoss, Cosine, Loss as _, Measure, MeasureKind};
use braggscape_pattern::Pattern;
use braggscape_xrd::{ForwardModel as _, Scratch, Structsnap, StructsnapOptions};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

/// Of each family what costs most, and what costs least where that differs much.
const KINDS: [MeasureKind; 12] = [
    MeasureKind::CityBlock,
    MeasureKind::Minkowski,
    MeasureKind::Soergel,
    MeasureKind::Lorentzian,
    MeasureKind::WaveHedges,
    MeasureKind::Jaccard,
    MeasureKind::Hellinger,
    MeasureKind::Clark,
    MeasureKind::KullbackLeibler,
    MeasureKind::Topsoe,
    MeasureKind::KumarJohnson,
    MeasureKind::MaxSymmetricChi2,
];

fn measures(c: &mut Criterion) {
    let model = Structsnap::new(StructsnapOptions::default()).expect("defaults are valid");
    let truth = study_crystal("U2Ti").expect("a study crystal").structure();
    let longer = Lattice::from_columns(truth.lattice().columns() * 1.01).expect("a lattice");
    let start = truth.with_lattice(longer);
    let mut scratch = Scratch::default();
    let mut pattern = |structure| {
        let mut pattern = Pattern::zeros(model.axis().clone());
        model.simulate(structure, &mut scratch, &mut pattern).expect("a pattern");
        pattern
    };
    let (obs, calc) = (pattern(&truth), pattern(&start));
    let mut grad = vec![0.0; calc.n_points()];
    let cosine = ("cosine", AnyLoss::from(Cosine::default()));
    let measures = KINDS.map(|kind| (kind.name(), AnyLoss::from(Measure::from(kind))));
    for (name, loss) in std::iter::once(cosine).chain(measures) {
        c.bench_function(&format!("{name}/value/full-grid"), |b| {
            b.iter(|| loss.value(black_box(&obs), black_box(&calc)));
        });
        c.bench_function(&format!("{name}/gradient/full-grid"), |b| {
            b.iter(|| loss.value_and_gradient(black_box(&obs), black_box(&calc), &mut grad));
        });
    }
}

criterion_group!(benches, measures);
criterion_main!(benches);
