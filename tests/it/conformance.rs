//! Every registered loss, optimizer, projector and noise model keeps the laws of its seam: nothing is registered that is not checked.
//!
//! Claims beyond these laws (ranges, symmetry, minima) are checked in the crates of the seams.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the summary is the result of these tests")]

use braggscape_plugin::crystal::{Structure, study_crystal};
use braggscape_plugin::loss::{AnyLoss, Loss};
use braggscape_plugin::noise::{AnyNoiseModel, NoiseModel};
use braggscape_plugin::optim::{AnyOptimizer, Limits, Optimizer, minimize};
use braggscape_plugin::pattern::{Axis, AxisKind, Pattern};
use braggscape_plugin::projector::CellShape;
use braggscape_plugin::{Context, Family, ReferenceSymmetry, Registry};
use braggscape_testkit::conformance::{
    Conformance, Corruption, LossClaims, NoiseClaims, OptimizerClaims, ProjectorClaims, loss,
    noise_model, optimizer, projector,
};
use braggscape_testkit::functions::{FunctionObjective, TestFunction};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};
use toml::Value;

/// Hexagonal, with three sites at special positions.
fn reference() -> Structure {
    study_crystal("U2Ti").unwrap().structure()
}

fn context() -> Context {
    let symmetry = Some(ReferenceSymmetry::new(reference()));
    Context { shape: Some(CellShape::Hexagonal), symmetry, ..Context::default() }
}

/// Checks every component of a family with its default options, prints what held, and fails naming all that did not.
#[track_caller]
fn check<T>(family: &Family<T>, suite: impl Fn(&T) -> Conformance) {
    let mut broken = Vec::new();
    let (mut n_laws, mut n_cases) = (0, 0);
    for (name, _) in family.entries() {
        let component = family.build(&Value::from(name), &context()).unwrap();
        match catch_unwind(AssertUnwindSafe(|| suite(&component))) {
            Ok(found) => {
                let cases: u32 = found.checks().iter().map(|c| c.cases).sum();
                println!("{} {name}: {} laws, {cases} cases", family.seam(), found.checks().len());
                n_laws += found.checks().len();
                n_cases += cases;
            }
            Err(_) => broken.push(name.to_owned()),
        }
    }
    let n = family.entries().count();
    println!("{}: {n} components, {n_laws} laws, {n_cases} cases", family.seam());
    assert!(broken.is_empty(), "{} components that break a law: {broken:?}", family.seam());
    assert!(n_laws >= 5 * n);
}

#[test]
fn losses() {
    check(Registry::builtin().losses(), |l| {
        loss(l, LossClaims { needs_variation: refuses_constants(l), ..LossClaims::default() })
    });
}

/// Whether a loss is not defined for a pattern that is the same everywhere.
fn refuses_constants(loss: &AnyLoss) -> bool {
    let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 4).unwrap();
    let constant = Pattern::new(axis, vec![1.0; 4]).unwrap();
    loss.value(&constant, &constant).is_err()
}

#[test]
fn optimizers() {
    check(Registry::builtin().optimizers(), |m| {
        optimizer(m, &OptimizerClaims { random: draws(m), ..OptimizerClaims::default() })
    });
}

/// Whether a method draws random numbers: two seeds then end in two points.
fn draws(method: &AnyOptimizer) -> bool {
    let f = FunctionObjective::new(TestFunction::Rastrigin, 2);
    let run = |seed| {
        let mut method = method.fresh();
        method.reseed(seed);
        let limits = Limits { max_evaluations: 200 };
        minimize(&mut method, &f, &[1.7, -2.3], limits, &mut ()).map(|found| found.x).ok()
    };
    run(1) != run(2)
}

#[test]
fn projectors() {
    let near = reference().frac_coords();
    let claims = ProjectorClaims { n_sites: near.len(), near: Some(near) };
    check(Registry::builtin().projectors(), |p| projector(p, claims.clone()));
}

/// What a model does to structures and patterns: its claims.
fn claims(model: &AnyNoiseModel) -> NoiseClaims {
    let generator = ChaCha12Rng::seed_from_u64;
    let crystal = reference();
    let distorts = model.distort(&crystal, &mut generator(1)).unwrap() != crystal;
    let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 200).unwrap();
    let y = (0..200).map(|i| f64::from(100 + (37 * i) % 101)).collect();
    let before = Pattern::new(axis, y).unwrap();
    let corrupted = |seed| {
        let mut pattern = before.clone();
        model.corrupt(&mut pattern, &mut generator(seed)).unwrap();
        pattern.y().to_vec()
    };
    let (first, second) = (corrupted(1), corrupted(2));
    let corrupts = match (first == before.y(), first == second) {
        (true, _) => Corruption::Never,
        (_, true) => Corruption::Alike,
        _ => Corruption::AtRandom,
    };
    NoiseClaims { distorts, corrupts, keeps_composition: true }
}

#[test]
fn noise_models() {
    check(Registry::builtin().noise(), |m| noise_model(m, claims(m)));
}
