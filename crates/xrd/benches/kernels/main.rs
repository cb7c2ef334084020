//! Speed of the kernels of a refinement on distorted study crystals, by kernel, what it computes, and crystal.

mod jacobian;
mod overlap;
mod reflections;
mod single;
mod structsnap;

use braggscape_crystal::{CellParameters, Lattice, Structure, study_crystal};
use braggscape_xrd::GradientParts;
use criterion::{criterion_group, criterion_main};
use nalgebra::Vector3;

/// Three, six and twenty-four sites.
const NAMES: [&str; 3] = ["U2Ti", "Au2S", "Na3MnCoNiO6"];

/// What a gradient is taken in, and its name.
const GRADIENTS: [(&str, GradientParts); 3] = [
    ("gradient", GradientParts { lattice: true, coordinates: true }),
    ("lattice-gradient", GradientParts { lattice: true, coordinates: false }),
    ("coordinates-gradient", GradientParts { lattice: false, coordinates: true }),
];

/// Two iterates that are evaluated in turn and differ in what is refined: the rest is not computed again.
struct Iterates {
    pair: [Structure; 2],
    turn: usize,
}

impl Iterates {
    fn new(name: &str, parts: GradientParts) -> Self {
        let first = distorted(name, 0.0, 0.0);
        let lattice = if parts.lattice { 3e-4 } else { 0.0 };
        let coordinates = if parts.coordinates { 3e-4 } else { 0.0 };
        Self { pair: [first, distorted(name, lattice, coordinates)], turn: 0 }
    }

    fn next(&mut self) -> &Structure {
        self.turn = 1 - self.turn;
        &self.pair[self.turn]
    }
}

/// A study crystal, strained and displaced; a little more so by these.
fn distorted(name: &str, strain: f64, shift: f64) -> Structure {
    let truth = study_crystal(name).expect("a study crystal").structure();
    let f = [1.01, 0.99, 1.02, 1.003, 0.997, 1.002];
    let cell = truth.cell().to_array();
    let cell = CellParameters::from_array(std::array::from_fn(|i| cell[i] * (f[i] + strain)));
    let lattice = Lattice::from_parameters(&cell).expect("a cell");
    let step = Vector3::new(0.003, -0.002, 0.004).add_scalar(shift);
    let coords: Vec<_> = truth
        .frac_coords()
        .into_iter()
        .enumerate()
        .map(|(j, f)| f + step * (j as f64 - 1.3))
        .collect();
    truth.with_lattice(lattice).with_frac_coords(&coords).expect("coordinates")
}

/// Weights of points or nodes, of either sign.
fn weights(n: usize) -> Vec<f64> {
    (0..n).map(|i| f64::from(i as u32 % 7) - 3.0).collect()
}

criterion_group!(
    benches,
    structsnap::full_grid,
    structsnap::nodes,
    single::single_precision,
    overlap::blurred_overlap,
    jacobian::jacobian,
    reflections::reflection_list
);
criterion_main!(benches);
