//! Speed of the `structsnap` preset on distorted study crystals: value, and value with gradient, on all points and on nodes.

use braggscape_crystal::{CellParameters, Lattice, Structure, study_crystal};
use braggscape_pattern::Pattern;
use braggscape_xrd::{
    ForwardModel, GradientParts, Scratch, Structsnap, StructsnapOptions, StructureGradient,
};
use criterion::{Criterion, criterion_group, criterion_main};
use nalgebra::Vector3;
use std::hint::black_box;

const NAMES: [&str; 3] = ["U2Ti", "Au2S", "Na3MnCoNiO6"];

/// A study crystal, somewhat strained and displaced.
fn distorted(name: &str, i: u32) -> Structure {
    let truth = study_crystal(name).expect("a study crystal").structure();
    let f = [1.01, 0.99, 1.02, 1.003, 0.997, 1.002];
    let cell = truth.cell().to_array();
    let t = 1e-4 * f64::from(i % 7);
    let cell = CellParameters::from_array(std::array::from_fn(|i| cell[i] * (f[i] + t)));
    let lattice = Lattice::from_parameters(&cell).expect("a cell");
    let coords: Vec<_> = truth
        .frac_coords()
        .into_iter()
        .enumerate()
        .map(|(j, f)| f + Vector3::new(0.003, -0.002, 0.004) * (j as f64 - 1.3))
        .collect();
    truth.with_lattice(lattice).with_frac_coords(&coords).expect("coordinates")
}

fn structsnap(c: &mut Criterion) {
    let model = Structsnap::new(StructsnapOptions::default()).expect("defaults are valid");
    let nodes = model.decimated().expect("wide peaks");
    for name in NAMES {
        let both = [distorted(name, 0), distorted(name, 3)];
        let lattice_only = [&both[0], &both[0].with_lattice(*both[1].lattice())].map(Clone::clone);

        let mut out = Pattern::zeros(model.axis().clone());
        let mut scratch = Scratch::default();
        let mut g = StructureGradient::default();
        let mut turn = 0;
        let mut next = move || {
            turn = 1 - turn;
            turn
        };
        let weight = |i: usize| f64::from(i as u32 % 7) - 3.0;
        let d_y: Vec<f64> = (0..out.n_points()).map(weight).collect();
        let d_nodes: Vec<f64> = (0..nodes.decimation().n_nodes()).map(weight).collect();
        c.bench_function(&format!("full-grid/value/{name}"), |b| {
            b.iter(|| model.simulate(black_box(&both[next()]), &mut scratch, &mut out));
        });
        c.bench_function(&format!("full-grid/gradient/{name}"), |b| {
            b.iter(|| {
                let s = black_box(&both[next()]);
                model.simulate(s, &mut scratch, &mut out)?;
                model.pullback(s, &d_y, &mut scratch, &mut g)
            });
        });
        c.bench_function(&format!("nodes/value/{name}"), |b| {
            b.iter(|| nodes.simulate_nodes(black_box(&both[next()]), &mut scratch).map(|y| y[9]));
        });
        c.bench_function(&format!("nodes/gradient/{name}"), |b| {
            b.iter(|| {
                let s = black_box(&both[next()]);
                nodes.simulate_nodes(s, &mut scratch)?;
                nodes.pullback_nodes(s, &d_nodes, &mut scratch, &mut g)
            });
        });
        scratch.set_parts(GradientParts { lattice: true, coordinates: false });
        c.bench_function(&format!("nodes/lattice-gradient/{name}"), |b| {
            b.iter(|| {
                let s = black_box(&lattice_only[next()]);
                nodes.simulate_nodes(s, &mut scratch)?;
                nodes.pullback_nodes(s, &d_nodes, &mut scratch, &mut g)
            });
        });
    }
}

criterion_group!(benches, structsnap);
criterion_main!(benches);
