//! Speed of the losses on 8,500 points and on nodes, by loss, what is computed, and where.

use braggscape_crystal::{Lattice, study_crystal};
use braggscape_loss::{
    AnyLoss, BlurAxis, BlurredOverlap, BlurredOverlapOptions, Cosine, DeGelder, DeGelderOptions,
    Entropy, Gpwdf, GpwdfOptions, JensenShannon, Loss as _, Mse, Pearson, Rp, Rwp, Wasserstein1,
    Wasserstein2, Xcorr,
};
use braggscape_pattern::{DecimatedTarget, Pattern};
use braggscape_xrd::{ForwardModel as _, Scratch, Structsnap, StructsnapOptions};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;

/// The built-in losses with their default options.
fn built_in() -> Vec<(&'static str, AnyLoss)> {
    let blurred = |axis, blur| {
        let options = BlurredOverlapOptions { axis, blur, ..Default::default() };
        BlurredOverlap::new(options).expect("a blur").into()
    };
    vec![
        ("cosine", Cosine::default().into()),
        ("mse", Mse::default().into()),
        ("pearson", Pearson::default().into()),
        ("entropy", Entropy::default().into()),
        ("jensen-shannon", JensenShannon::default().into()),
        ("r-p", Rp::default().into()),
        ("r-wp", Rwp::default().into()),
        ("wasserstein-1", Wasserstein1::default().into()),
        ("wasserstein-2", Wasserstein2::default().into()),
        ("de-gelder", DeGelder::new(DeGelderOptions::default()).expect("a width").into()),
        ("gpwdf", Gpwdf::new(GpwdfOptions::default()).expect("a width").into()),
        ("blurred-overlap-two-theta", blurred(BlurAxis::TwoTheta, 1.0)),
        ("blurred-overlap-ln-q", blurred(BlurAxis::LnQ, 0.05)),
        ("xcorr", Xcorr::default().into()),
    ]
}

fn losses(c: &mut Criterion) {
    let model = Structsnap::new(StructsnapOptions::default()).expect("defaults are valid");
    let nodes = model.decimated().expect("wide peaks");
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
    let on_nodes = DecimatedTarget::new(Arc::clone(nodes.decimation()), &obs).expect("one axis");
    let calc_on_nodes = nodes.simulate_nodes(&start, &mut scratch).expect("a pattern");
    let mut grad = vec![0.0; calc.n_points()];
    let mut grad_on_nodes = vec![0.0; calc_on_nodes.len()];
    for (name, loss) in built_in() {
        c.bench_function(&format!("{name}/value/full-grid"), |b| {
            b.iter(|| loss.value(black_box(&obs), black_box(&calc)));
        });
        c.bench_function(&format!("{name}/gradient/full-grid"), |b| {
            b.iter(|| loss.value_and_gradient(black_box(&obs), black_box(&calc), &mut grad));
        });
        let Some(loss) = loss.decimated() else { continue };
        c.bench_function(&format!("{name}/value/nodes"), |b| {
            b.iter(|| loss.value_on_nodes(black_box(&on_nodes), black_box(calc_on_nodes)));
        });
        c.bench_function(&format!("{name}/gradient/nodes"), |b| {
            b.iter(|| {
                let (obs, calc) = (black_box(&on_nodes), black_box(calc_on_nodes));
                loss.value_and_gradient_on_nodes(obs, calc, &mut grad_on_nodes)
            });
        });
    }
}

criterion_group!(benches, losses);
criterion_main!(benches);
