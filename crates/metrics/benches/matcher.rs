//! Time of one comparison: a crystal of six sites against a distorted copy, with and without the reductions.

use braggscape_crystal::{Element, Lattice, Site, Structure};
use braggscape_metrics::{StructureMatcher, StructureMatcherOptions};
use criterion::{Criterion, criterion_group, criterion_main};
use nalgebra::Vector3;
use std::hint::black_box;

fn rutile(distortion: f64) -> Structure {
    let (a, c, u, e) = (4.594, 2.959, 0.305, distortion);
    let lattice = Lattice::from_rows([
        [a * (1.0 + e), 0.3 * e * a, 0.0],
        [-0.5 * e * a, a * (1.0 - 0.7 * e), 0.2 * e * a],
        [0.0, 0.4 * e * c, c * (1.0 + 0.6 * e)],
    ]);
    let site = |s: &str, x: f64, y: f64, z: f64| {
        Site::new(Element::from_symbol(s).expect("known"), Vector3::new(x, y, z))
    };
    let sites = vec![
        site("Ti", 0.0, 0.0, 0.0),
        site("Ti", 0.5, 0.5 + 0.1 * e, 0.5),
        site("O", u, u, 0.2 * e),
        site("O", -u, -u - 0.1 * e, 0.0),
        site("O", 0.5 + u, 0.5 - u, 0.5),
        site("O", 0.5 - u - 0.2 * e, 0.5 + u, 0.5),
    ];
    Structure::new(lattice.expect("a cell"), sites).expect("a structure")
}

fn benches(c: &mut Criterion) {
    let matcher = StructureMatcher::new(StructureMatcherOptions::study()).expect("in range");
    let (a, b) = (rutile(0.0), rutile(0.05));
    let (pa, pb) = (matcher.prepare(&a).expect("reduces"), matcher.prepare(&b).expect("reduces"));
    c.bench_function("matcher/fit/rutile-strained", |t| {
        t.iter(|| matcher.fit(black_box(&a), black_box(&b)));
    });
    c.bench_function("matcher/prepare/rutile-strained", |t| {
        t.iter(|| matcher.prepare(black_box(&b)));
    });
    c.bench_function("matcher/compare/rutile-strained", |t| {
        t.iter(|| matcher.compare(black_box(&pa), black_box(&pb)));
    });
}

criterion_group!(matcher, benches);
criterion_main!(matcher);
