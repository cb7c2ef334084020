//! The blurred overlap of peak lists in each coordinate.

use crate::{Iterates, NAMES};
use braggscape_crystal::study_crystal;
use braggscape_xrd::{
    BlurredOverlap, BlurredOverlapOptions, Coordinate, GradientParts, Scratch, StructureGradient,
};
use criterion::Criterion;
use std::hint::black_box;

/// The coordinates, and blurs of about as many peaks in each.
const COORDINATES: [(&str, Coordinate, f64); 3] = [
    ("two-theta", Coordinate::TwoTheta, 1.0),
    ("q", Coordinate::Q, 0.06),
    ("ln-q", Coordinate::LnQ, 0.05),
];

pub(crate) fn blurred_overlap(c: &mut Criterion) {
    let mut g = StructureGradient::default();
    for (unit, coordinate, sigma) in COORDINATES {
        let options =
            BlurredOverlapOptions { coordinate, sigma, ..BlurredOverlapOptions::default() };
        let overlap = BlurredOverlap::new(options).expect("options are valid");
        let mut scratch = Scratch::default();
        for name in NAMES {
            let truth = study_crystal(name).expect("a study crystal").structure();
            let target = overlap.target(&truth, &mut scratch).expect("a target");
            let mut iterates = Iterates::new(name, GradientParts::default());
            c.bench_function(&format!("blurred-overlap/value-{unit}/{name}"), |b| {
                b.iter(|| overlap.value(&target, black_box(iterates.next()), &mut scratch));
            });
            c.bench_function(&format!("blurred-overlap/gradient-{unit}/{name}"), |b| {
                b.iter(|| {
                    let s = black_box(iterates.next());
                    overlap.value_and_gradient(&target, s, &mut scratch, &mut g)
                });
            });
        }
    }
}
