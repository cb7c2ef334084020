//! The Jacobian of a pattern in all parameters, on all points and on nodes.

use crate::{Iterates, NAMES};
use braggscape_xrd::{GradientParts, JacobianColumns, Scratch, Structsnap, StructsnapOptions};
use criterion::Criterion;
use nalgebra::DMatrix;
use std::hint::black_box;

pub(crate) fn jacobian(c: &mut Criterion) {
    let model = Structsnap::new(StructsnapOptions::default()).expect("defaults are valid");
    let mut scratch = Scratch::default();
    let mut out = DMatrix::zeros(0, 0);
    let columns = JacobianColumns::ALL;
    for name in NAMES {
        let mut iterates = Iterates::new(name, GradientParts::default());
        c.bench_function(&format!("jacobian/full-grid/{name}"), |b| {
            b.iter(|| model.jacobian(black_box(iterates.next()), columns, &mut scratch, &mut out));
        });
        c.bench_function(&format!("jacobian/nodes/{name}"), |b| {
            b.iter(|| {
                let s = black_box(iterates.next());
                model.jacobian_on_nodes(s, columns, &mut scratch, &mut out)
            });
        });
    }
}
