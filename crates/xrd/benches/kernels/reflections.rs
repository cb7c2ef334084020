//! The list of reflections of a lattice.

use crate::{Iterates, NAMES};
use braggscape_xrd::{GradientParts, Structsnap, StructsnapOptions};
use criterion::Criterion;
use std::hint::black_box;

pub(crate) fn reflection_list(c: &mut Criterion) {
    let model = Structsnap::new(StructsnapOptions::default()).expect("defaults are valid");
    for name in NAMES {
        let mut iterates = Iterates::new(name, GradientParts::default());
        c.bench_function(&format!("reflection-list/all/{name}"), |b| {
            b.iter(|| model.reflections(black_box(iterates.next())));
        });
    }
}
