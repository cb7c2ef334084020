//! The `structsnap` preset on all points and on nodes.

use crate::{GRADIENTS, Iterates, NAMES, weights};
use braggscape_pattern::Pattern;
use braggscape_xrd::{
    ForwardModel as _, GradientParts, Scratch, Structsnap, StructsnapOptions, StructureGradient,
};
use criterion::Criterion;
use std::hint::black_box;

pub(crate) fn full_grid(c: &mut Criterion) {
    let model = Structsnap::new(StructsnapOptions::default()).expect("defaults are valid");
    let mut out = Pattern::zeros(model.axis().clone());
    let d_y = weights(out.n_points());
    let (mut scratch, mut g) = (Scratch::default(), StructureGradient::default());
    for name in NAMES {
        let mut iterates = Iterates::new(name, GradientParts::default());
        c.bench_function(&format!("full-grid/value/{name}"), |b| {
            b.iter(|| model.simulate(black_box(iterates.next()), &mut scratch, &mut out));
        });
        c.bench_function(&format!("full-grid/gradient/{name}"), |b| {
            b.iter(|| {
                let s = black_box(iterates.next());
                model.simulate(s, &mut scratch, &mut out)?;
                model.pullback(s, &d_y, &mut scratch, &mut g)
            });
        });
    }
}

pub(crate) fn nodes(c: &mut Criterion) {
    let model = Structsnap::new(StructsnapOptions::default()).expect("defaults are valid");
    let nodes = model.decimated().expect("wide peaks");
    let d_nodes = weights(nodes.decimation().n_nodes());
    let (mut scratch, mut g) = (Scratch::default(), StructureGradient::default());
    for name in NAMES {
        let mut iterates = Iterates::new(name, GradientParts::default());
        c.bench_function(&format!("nodes/value/{name}"), |b| {
            b.iter(|| nodes.simulate_nodes(black_box(iterates.next()), &mut scratch).map(|y| y[9]));
        });
        for (what, parts) in GRADIENTS {
            let mut iterates = Iterates::new(name, parts);
            scratch.set_parts(parts);
            c.bench_function(&format!("nodes/{what}/{name}"), |b| {
                b.iter(|| {
                    let s = black_box(iterates.next());
                    nodes.simulate_nodes(s, &mut scratch)?;
                    nodes.pullback_nodes(s, &d_nodes, &mut scratch, &mut g)
                });
            });
        }
    }
}
