//! Speed of a whole evaluation on all 8,500 points (pattern, loss, pullback), by loss and crystal.

use braggscape_crystal::{CellParameters, Lattice, Structure, study_crystal};
use braggscape_loss::{AnyLoss, Cosine, Xcorr};
use braggscape_optim::Objective as _;
use braggscape_pattern::Pattern;
use braggscape_projector::Identity;
use braggscape_recover::{FreeParameters, Parametrisation, Problem};
use braggscape_xrd::{ForwardModel as _, Sampling, Scratch, Structsnap, StructsnapOptions};
use criterion::{Criterion, criterion_group, criterion_main};
use nalgebra::Vector3;
use std::hint::black_box;

/// Three, six and twenty-four sites.
const CRYSTALS: [&str; 3] = ["U2Ti", "Au2S", "Na3MnCoNiO6"];

/// Iterates evaluated in turn, so that neither lattice nor coordinates are ever the same twice in a row.
const N_ITERATES: u32 = 4;

/// Distorted copies of a crystal, from about 1 % of strain and 0.01 in the coordinates on.
fn iterate(truth: &Structure, n: u32) -> Structure {
    let size = 1.0 + 0.02 * f64::from(n);
    let cell = truth.cell().to_array();
    let strain = [0.01, -0.01, 0.02, 0.003, -0.003, 0.002];
    let cell = std::array::from_fn(|i| cell[i] * (1.0 + strain[i] * size));
    let lattice = Lattice::from_parameters(&CellParameters::from_array(cell)).expect("a cell");
    let moved = |(j, frac): (usize, &Vector3<f64>)| {
        Vector3::from_fn(|i, _| frac[i] + 0.002 * size * (((3 * j + i) * 7 % 11) as f64 - 5.0))
    };
    let coords: Vec<_> = truth.frac_coords().iter().enumerate().map(moved).collect();
    truth.with_frac_coords(&coords).expect("finite coordinates").with_lattice(lattice)
}

fn evaluation(c: &mut Criterion) {
    let options = StructsnapOptions { sampling: Sampling::Full, ..Default::default() };
    let model = Structsnap::new(options).expect("defaults are valid");
    let losses: [(&str, AnyLoss); 2] =
        [("cosine", Cosine::default().into()), ("xcorr", Xcorr::default().into())];
    for crystal in CRYSTALS {
        let truth = study_crystal(crystal).expect("a study crystal").structure();
        let mut target = Pattern::zeros(model.axis().clone());
        model.simulate(&truth, &mut Scratch::default(), &mut target).expect("a pattern");
        let free = FreeParameters::Both;
        let iterates: Vec<Vec<f64>> = (0..N_ITERATES)
            .map(|n| Parametrisation::new(iterate(&truth, n), free).pack())
            .collect();
        for (name, loss) in &losses {
            let parametrisation = Parametrisation::new(truth.clone(), free);
            let problem = Problem::new(&model, loss, &Identity, &target, parametrisation);
            let mut gradient = vec![0.0; problem.components().len()];
            let mut turn = iterates.iter().cycle();
            c.bench_function(&format!("evaluation/{name}/{crystal}"), |b| {
                b.iter(|| {
                    let x = turn.next().expect("iterates without end");
                    problem.value_and_gradient(black_box(x), &mut gradient)
                });
            });
        }
    }
}

criterion_group!(benches, evaluation);
criterion_main!(benches);
