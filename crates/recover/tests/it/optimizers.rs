//! Every method on real recoveries: strained cells and displaced sites of study crystals, whole patterns, cosine loss.
//!
//! The bounds are those of what is written of the methods in the documentation: 1e-4 of a cell parameter where a method goes to the
//! end, as the loss can be told from -1 to about 1e-11 on nodes, and 1e-3 where a plateau rule ends a descent sooner.

use braggscape_crystal::{Lattice, Structure, study_crystal};
use braggscape_loss::Cosine;
use braggscape_optim::{
    Adam, AdamOptions, AnyOptimizer, BasinHopping, BasinHoppingOptions, CmaEs,
    DifferentialEvolution, Fire, FireOptions, Lbfgs, LevenbergMarquardt, Limits, Minimum, Momentum,
    MomentumOptions, Nesterov, NesterovOptions, Optimizer, minimize,
};
use braggscape_pattern::Pattern;
use braggscape_projector::{AnyProjector, CellShape, CrystalFamilyProjector, Identity};
use braggscape_recover::{FreeParameters, Parametrisation, Problem};
use braggscape_xrd::{AnyForwardModel, ForwardModel, Scratch, Structsnap, StructsnapOptions};
use nalgebra::{Matrix3, Vector3};

fn model() -> AnyForwardModel {
    Structsnap::new(StructsnapOptions::default()).unwrap().into()
}

/// The pattern of a structure.
fn target(model: &AnyForwardModel, of: &Structure) -> Pattern {
    let mut target = Pattern::zeros(model.axis().clone());
    model.simulate(of, &mut Scratch::default(), &mut target).unwrap();
    target
}

/// The structure with its lattice strained in all six ways, by `level` along a.
fn strained(truth: &Structure, level: f64) -> Structure {
    let strain = Matrix3::new(1.0, 0.3, -0.5, 0.3, -0.8, 0.4, -0.5, 0.4, 0.5) * level;
    let columns = (Matrix3::identity() + strain) * truth.lattice().columns();
    truth.with_lattice(Lattice::from_columns(columns).unwrap())
}

/// The structure with every coordinate moved by up to `level`, the mean of the moves taken out.
fn displaced(truth: &Structure, level: f64) -> Structure {
    let mut moves: Vec<Vector3<f64>> = (0..truth.n_sites())
        .map(|i| {
            // A golden-ratio sequence: spread evenly over (-1, 1), and the same on every machine.
            let t = Vector3::new(0.754_877, 0.569_840, 0.618_034) * (i as f64 + 1.0);
            t.map(|t| level * (2.0 * t.fract() - 1.0))
        })
        .collect();
    let mean = moves.iter().sum::<Vector3<f64>>() / moves.len() as f64;
    let coords: Vec<_> =
        truth.frac_coords().iter().zip(&mut moves).map(|(x, d)| x + *d - mean).collect();
    truth.with_frac_coords(&coords).unwrap()
}

/// Largest relative error of a cell parameter.
fn cell_error(found: &Structure, truth: &Structure) -> f64 {
    let (found, truth) = (found.cell().to_array(), truth.cell().to_array());
    found.iter().zip(truth).map(|(x, y)| (x / y - 1.0).abs()).fold(0.0, f64::max)
}

/// Largest error of a coordinate after the translation that patterns do not tell.
fn coordinate_error(found: &Structure, truth: &Structure) -> f64 {
    let apart: Vec<Vector3<f64>> =
        found.frac_coords().iter().zip(truth.frac_coords()).map(|(x, y)| x - y).collect();
    let mean = apart.iter().sum::<Vector3<f64>>() / apart.len() as f64;
    apart.iter().map(|d| (d - mean).amax()).fold(0.0, f64::max)
}

fn recover(
    method: &mut AnyOptimizer,
    start: &Structure,
    truth: &Structure,
    free: FreeParameters,
    projector: &AnyProjector,
) -> (Structure, Minimum) {
    let model = model();
    let target = target(&model, truth);
    let parametrisation = Parametrisation::new(start.clone(), free);
    let x0 = parametrisation.pack();
    let problem = Problem::new(&model, &Cosine {}, projector, &target, parametrisation);
    let limits = Limits { max_evaluations: 10_000 };
    let found = minimize(method, &problem, &x0, limits, &mut ()).unwrap();
    (problem.parametrisation().unpack(&found.x).unwrap(), found)
}

#[expect(clippy::print_stdout, reason = "figures under --nocapture")]
fn told(what: &str, error: f64, run: &Minimum) {
    let Minimum { value, evaluations, termination, .. } = run;
    println!(
        "{what}: error {error:.1e}, 1 + L {:.1e}, {evaluations} evaluations, {termination}",
        1.0 + value
    );
}

/// A method, and what it must reach: the error, and the evaluations it may take.
fn lattice_methods() -> Vec<(AnyOptimizer, f64, u64)> {
    let hops = BasinHoppingOptions { hops: 3, ..Default::default() };
    vec![
        (Adam::default().into(), 1e-3, 2000),
        (BasinHopping::new(hops).unwrap().into(), 1e-4, 600),
        (CmaEs::default().into(), 1e-4, 4000),
        (DifferentialEvolution::default().into(), 1e-4, 20_000),
        (Fire::default().into(), 1e-3, 2000),
        (Lbfgs::default().into(), 1e-4, 150),
        (LevenbergMarquardt::default().into(), 1e-4, 150),
        (Momentum::default().into(), 1e-3, 4000),
        (Nesterov::default().into(), 1e-3, 2000),
    ]
}

#[test]
fn every_method_recovers_strained_cells() {
    for name in ["U2Ti", "NaS"] {
        let truth = study_crystal(name).unwrap().structure();
        for level in [0.01, 0.02] {
            let start = strained(&truth, level);
            for (mut method, within, evaluations) in lattice_methods() {
                let (found, run) =
                    recover(&mut method, &start, &truth, FreeParameters::Lattice, &Identity.into());
                let error = cell_error(&found, &truth);
                let what = format!("{} on {name} at {level}", method.name());
                told(&what, error, &run);
                assert!(
                    error < within,
                    "{what}: {error:.1e} from {:.1e}",
                    cell_error(&start, &truth)
                );
                assert!(run.evaluations < evaluations, "{what}: {}", run.evaluations);
            }
        }
    }
}

/// With the family's constraint there are two unknowns and no long valley; the run ends on the constraint.
#[test]
fn every_method_recovers_a_projected_cell() {
    let truth = study_crystal("U2Ti").unwrap().structure();
    let projector: AnyProjector = CrystalFamilyProjector::new(CellShape::Hexagonal).into();
    for (mut method, _, evaluations) in lattice_methods() {
        let start = strained(&truth, 0.02);
        let (found, run) =
            recover(&mut method, &start, &truth, FreeParameters::Lattice, &projector);
        let (error, cell) = (cell_error(&found, &truth), found.cell());
        told(&format!("{}, projected", method.name()), error, &run);
        assert!(error < 1e-6, "{}: {error:.1e}", method.name());
        assert!(run.evaluations < evaluations, "{}: {}", method.name(), run.evaluations);
        assert!((cell.a - cell.b).abs() < 1e-12 && (cell.gamma - 120.0).abs() < 1e-12);
    }
}

/// Steps as long as coordinates need: the loss is flatter in them than in lattices.
#[test]
fn every_method_recovers_displaced_sites() {
    let adam = AdamOptions { learning_rate: 0.01, ..Default::default() };
    let (dt, dt_max, dt_min) = (0.05, 0.5, 1e-3);
    let fire = FireOptions { dt, dt_max, dt_min, ..Default::default() };
    let momentum = MomentumOptions { learning_rate: 0.3, ..Default::default() };
    let nesterov = NesterovOptions { learning_rate: 0.3, ..Default::default() };
    let methods: [(AnyOptimizer, u64); 7] = [
        (Adam::new(adam).unwrap().into(), 2000),
        (CmaEs::default().into(), 4000),
        (Fire::new(fire).unwrap().into(), 2000),
        (Lbfgs::default().into(), 100),
        (LevenbergMarquardt::default().into(), 100),
        (Momentum::new(momentum).unwrap().into(), 8000),
        (Nesterov::new(nesterov).unwrap().into(), 4000),
    ];
    let truth = study_crystal("U2Ti").unwrap().structure();
    let start = displaced(&truth, 0.02);
    let before = coordinate_error(&start, &truth);
    for (mut method, evaluations) in methods {
        let (found, run) =
            recover(&mut method, &start, &truth, FreeParameters::Coordinates, &Identity.into());
        let error = coordinate_error(&found, &truth);
        told(&format!("{}, coordinates", method.name()), error, &run);
        assert!(1.0 + run.value < 1e-7, "{}: 1 + L = {:.1e}", method.name(), 1.0 + run.value);
        assert!(error < 0.3 * before, "{}: {error:.1e} from {before:.1e}", method.name());
        assert!(run.evaluations < evaluations, "{}: {}", method.name(), run.evaluations);
    }
}
