//! Time of AMD, PDD and the earth mover's distance: a crystal of six sites, and one of 48.

use braggscape_crystal::{Element, Lattice, Site, Structure};
use braggscape_metrics::{AmdScratch, EmdScratch, Pdd, PddOptions, amd_with, pdd_emd_with};
use criterion::{Criterion, criterion_group, criterion_main};
use nalgebra::Vector3;
use std::hint::black_box;

/// A supercell of n x n x n cells of rutile, its sites displaced a little.
fn rutile(n: i32, displacement: f64) -> Structure {
    let (a, c, u) = (4.594, 2.959, 0.305);
    let side = f64::from(n);
    let lattice =
        Lattice::from_rows([[a * side, 0.0, 0.0], [0.0, a * side, 0.0], [0.0, 0.0, c * side]]);
    let cell = [
        ("Ti", [0.0, 0.0, 0.0]),
        ("Ti", [0.5, 0.5, 0.5]),
        ("O", [u, u, 0.0]),
        ("O", [-u, -u, 0.0]),
        ("O", [0.5 + u, 0.5 - u, 0.5]),
        ("O", [0.5 - u, 0.5 + u, 0.5]),
    ];
    let mut sites = Vec::new();
    for (i, j, k) in (0..n).flat_map(|i| (0..n).flat_map(move |j| (0..n).map(move |k| (i, j, k)))) {
        for (symbol, f) in cell {
            let origin = Vector3::new(f64::from(i), f64::from(j), f64::from(k));
            let phase = sites.len() as f64;
            let shift = Vector3::new(libm::sin(phase), libm::sin(2.1 * phase), libm::cos(phase));
            let frac = (origin + Vector3::from(f) + shift * displacement) / side;
            sites.push(Site::new(Element::from_symbol(symbol).expect("known"), frac));
        }
    }
    Structure::new(lattice.expect("a cell"), sites).expect("a structure")
}

fn benches(c: &mut Criterion) {
    for n in [1, 2] {
        let structures = [rutile(n, 0.0), rutile(n, 0.02)];
        let n_sites = structures[0].n_sites();
        for k in [100, 1000] {
            let (mut scratch, mut out) = (AmdScratch::default(), vec![0.0; k]);
            c.bench_function(&format!("amd/vector/rutile-{n_sites}-k{k}"), |t| {
                t.iter(|| amd_with(black_box(&structures[1]), &mut out, &mut scratch));
            });
        }
        let options = PddOptions::default();
        let [a, b] = structures.map(|s| Pdd::new(&s, &options).expect("a distribution"));
        let mut scratch = EmdScratch::default();
        c.bench_function(&format!("amd/emd/rutile-{n_sites}-k100"), |t| {
            t.iter(|| pdd_emd_with(black_box(&a), black_box(&b), &mut scratch));
        });
        c.bench_function(&format!("amd/emd-self/rutile-{n_sites}-k100"), |t| {
            t.iter(|| pdd_emd_with(black_box(&b), black_box(&b), &mut scratch));
        });
    }
}

criterion_group!(distances, benches);
criterion_main!(distances);
