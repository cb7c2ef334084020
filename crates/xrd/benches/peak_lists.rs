//! Speed of peak lists: the ten study crystals, and a cell without symmetry.

use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure, study_crystals};
use braggscape_xrd::{PeakList, PeakListOptions};
use criterion::{Criterion, criterion_group, criterion_main};
use nalgebra::Vector3;
use std::hint::black_box;

/// Sites at the points of a golden-ratio sequence, four elements in turn.
fn without_symmetry(cell: [f64; 6], n_sites: u32) -> Structure {
    let lattice = Lattice::from_parameters(&CellParameters::from_array(cell)).expect("a cell");
    let sites = (0..n_sites).map(|i| {
        let symbol = ["Ba", "Ti", "O", "S"][i as usize % 4];
        let frac = Vector3::new(0.7548, 0.5698, 0.6180) * f64::from(i);
        Site::new(Element::from_symbol(symbol).expect("an element"), frac.map(f64::fract))
    });
    Structure::new(lattice, sites.collect()).expect("sites")
}

fn peak_lists(c: &mut Criterion) {
    let list = PeakList::new(PeakListOptions::default()).expect("defaults are valid");
    for crystal in study_crystals() {
        let s = crystal.structure();
        c.bench_function(&format!("peak-list/{}", crystal.name), |b| {
            b.iter(|| list.peaks(black_box(&s)));
        });
    }
    let p1 = without_symmetry([5.5, 5.6, 5.7, 59.0, 61.0, 62.0], 10);
    c.bench_function("peak-list/p1-10-sites", |b| b.iter(|| list.peaks(black_box(&p1))));
    let large = without_symmetry([20.0, 21.0, 22.0, 85.0, 95.0, 100.0], 500);
    c.bench_function("peak-list/p1-500-sites", |b| b.iter(|| list.peaks(black_box(&large))));
}

criterion_group!(benches, peak_lists);
criterion_main!(benches);
