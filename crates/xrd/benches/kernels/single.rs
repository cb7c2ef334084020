//! Trial structures in single precision: cosine loss, and its gradient.

use crate::{GRADIENTS, Iterates, NAMES};
use braggscape_crystal::study_crystal;
use braggscape_pattern::Pattern;
use braggscape_xrd::{
    ForwardModel as _, GradientParts, LossOfProducts, Scratch, SinglePrecision, Structsnap,
    StructsnapOptions, StructureGradient,
};
use criterion::Criterion;
use std::hint::black_box;

pub(crate) fn single_precision(c: &mut Criterion) {
    let model = Structsnap::new(StructsnapOptions::default()).expect("defaults are valid");
    let mut g = StructureGradient::default();
    for name in NAMES {
        let truth = study_crystal(name).expect("a study crystal").structure();
        let mut target = Pattern::zeros(model.axis().clone());
        model.simulate(&truth, &mut Scratch::default(), &mut target).expect("a pattern");
        let mut batch = SinglePrecision::new(&model, &target).expect("wide peaks");
        let both = GradientParts::default();
        let mut iterates = Iterates::new(name, both);
        c.bench_function(&format!("single-precision/value/{name}"), |b| {
            b.iter(|| {
                batch.evaluate(black_box(iterates.next()), LossOfProducts::cosine, both, None)
            });
        });
        for (what, parts) in GRADIENTS {
            let mut iterates = Iterates::new(name, parts);
            c.bench_function(&format!("single-precision/{what}/{name}"), |b| {
                b.iter(|| {
                    let s = black_box(iterates.next());
                    batch.evaluate(s, LossOfProducts::cosine, parts, Some(&mut g))
                });
            });
        }
    }
}
