//! Speed of the `structsnap` preset: value, and value with all gradients.

use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure};
use braggscape_pattern::Pattern;
use braggscape_xrd::{ForwardModel, Scratch, Structsnap, StructsnapOptions, StructureGradient};
use criterion::{Criterion, criterion_group, criterion_main};
use nalgebra::Vector3;
use std::hint::black_box;

fn u2ti() -> Structure {
    let cell = CellParameters::new(4.9, 4.7, 2.85, 91.0, 89.0, 119.0);
    let sites = [("U", [0.67, 0.33, 0.5]), ("U", [0.34, 0.66, 0.5]), ("Ti", [0.0, 0.01, 0.0])];
    let sites = sites.map(|(symbol, frac)| {
        Site::new(Element::from_symbol(symbol).expect("an element"), Vector3::from(frac))
    });
    Structure::new(Lattice::from_parameters(&cell).expect("a cell"), sites.to_vec()).expect("sites")
}

fn structsnap(c: &mut Criterion) {
    let model = Structsnap::new(StructsnapOptions::default()).expect("defaults are valid");
    let s = u2ti();
    let mut out = Pattern::zeros(model.axis().clone());
    let mut scratch = Scratch::default();
    c.bench_function("forward/simulate/u2ti-8500", |b| {
        b.iter(|| model.simulate(black_box(&s), &mut scratch, &mut out));
    });
    let d_y: Vec<f64> = (0..out.n_points()).map(|i| f64::from(i as u32 % 7) - 3.0).collect();
    let mut g = StructureGradient::default();
    c.bench_function("forward/simulate-and-pullback/u2ti-8500", |b| {
        b.iter(|| {
            model.simulate(black_box(&s), &mut scratch, &mut out)?;
            model.pullback(&s, &d_y, &mut scratch, &mut g)
        });
    });
}

criterion_group!(benches, structsnap);
criterion_main!(benches);
