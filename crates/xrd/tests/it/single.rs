//! Single precision against double precision.

use crate::sample;
use braggscape_crystal::{CellParameters, Lattice, Structure};
use braggscape_pattern::{DecimatedTarget, Pattern, sum};
use braggscape_testkit::strategies::structures;
use braggscape_xrd::{
    ForwardError, ForwardModel, GradientParts, LossOfProducts, Scratch, SinglePrecision,
    Structsnap, StructsnapOptions, StructureGradient,
};
use proptest::prelude::*;

fn pattern(model: &Structsnap, s: &Structure) -> Pattern {
    let mut out = Pattern::zeros(model.axis().clone());
    model.simulate(s, &mut Scratch::default(), &mut out).unwrap();
    out
}

/// Cosine loss and gradient on nodes in double precision.
fn double(model: &Structsnap, target: &Pattern, s: &Structure) -> (f64, StructureGradient) {
    let forward = model.decimated().unwrap();
    let target = DecimatedTarget::new(forward.decimation().clone(), target).unwrap();
    let mut scratch = Scratch::default();
    let g = forward.simulate_nodes(s, &mut scratch).unwrap();
    let w = forward.decimation().weights();
    let (along, norm) = (sum::dot(target.projected(), g), sum::dot_weighted(w, g, g).sqrt());
    let value = -along / (target.norm() * norm);
    let d: Vec<f64> = (0..g.len())
        .map(|m| {
            let by_target = -target.projected()[m] / (target.norm() * norm);
            by_target - value * w[m] * g[m] / (norm * norm)
        })
        .collect();
    let mut gradient = StructureGradient::default();
    forward.pullback_nodes(s, &d, &mut scratch, &mut gradient).unwrap();
    (value, gradient)
}

fn largest(block: impl Iterator<Item = f64>) -> f64 {
    block.map(f64::abs).fold(0.0, f64::max)
}

fn check(a: &Structure, b: &Structure, options: StructsnapOptions) -> Result<(), TestCaseError> {
    let model = Structsnap::new(options).unwrap();
    let target = pattern(&model, a);
    let (value, expected) = double(&model, &target, b);
    let mut batch = SinglePrecision::new(&model, &target).unwrap();
    let mut g = StructureGradient::default();
    let parts = GradientParts::default();
    let single = batch.evaluate(b, LossOfProducts::cosine, parts, Some(&mut g)).unwrap();
    prop_assert!((single - value).abs() < 1e-5, "{single} {value}");
    let again = batch.evaluate(b, LossOfProducts::cosine, parts, None).unwrap();
    prop_assert!((again - single).abs() < 1e-15);
    // Per Å, per degree, per cell edge: what a component may be at most where losses change by 1 over a width sets the floor.
    let blocks = [
        (g.lengths.to_vec(), expected.lengths.to_vec(), 1e-4),
        (g.angles.to_vec(), expected.angles.to_vec(), 1e-5),
        (
            g.frac_coords.iter().flat_map(|f| [f.x, f.y, f.z]).collect(),
            expected.frac_coords.iter().flat_map(|f| [f.x, f.y, f.z]).collect(),
            1e-4,
        ),
    ];
    for (found, expected, floor) in blocks {
        let scale = largest(expected.iter().copied());
        let error = largest(found.iter().zip(&expected).map(|(a, b)| a - b));
        prop_assert!(error <= 1e-3 * scale + floor, "{error:e} of {scale:e}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn random_structures(a in structures(1..6), b in structures(1..10), b_iso in 0.0..1.0f64) {
        check(&a, &b, StructsnapOptions { b_iso, ..Default::default() })?;
    }
}

#[test]
fn lattices_are_evaluated_one_by_one_and_bad_ones_say_so() {
    let model = Structsnap::new(StructsnapOptions::default()).unwrap();
    let truth = sample::au2s();
    let target = pattern(&model, &truth);
    let cell = truth.cell();
    let trials = [
        CellParameters { a: 5.4, beta: 91.0, ..cell },
        CellParameters { a: f64::NAN, ..cell },
        CellParameters { gamma: 93.0, ..cell },
    ];
    let mut batch = SinglePrecision::new(&model, &target).unwrap();
    let found = batch.lattices(&truth, &trials, LossOfProducts::cosine);
    assert!(matches!(found[1], Err(ForwardError::Crystal(_))), "{:?}", found[1]);
    for i in [0, 2] {
        let s = truth.with_lattice(Lattice::from_parameters(&trials[i]).unwrap());
        let (value, gradient) = double(&model, &target, &s);
        let found = found[i].as_ref().unwrap();
        assert!((found.value - value).abs() < 1e-6);
        let error = largest((0..3).map(|x| found.lengths[x] - gradient.lengths[x]));
        assert!(error < 1e-4 * largest(gradient.lengths.into_iter()), "{error:e}");
        let error = largest((0..3).map(|x| found.angles[x] - gradient.angles[x]));
        assert!(error < 1e-4 * largest(gradient.angles.into_iter()), "{error:e}");
    }
}

#[test]
fn what_has_no_nodes_is_refused() {
    let options = StructsnapOptions { u: 0.1, ..Default::default() };
    let model = Structsnap::new(options).unwrap();
    let target = pattern(&model, &sample::u2ti());
    assert!(matches!(SinglePrecision::new(&model, &target), Err(ForwardError::NoNodes)));
    // Two or three points a node: windows would be too short.
    for options in [
        StructsnapOptions { w: 0.0225, ..Default::default() },
        StructsnapOptions { tails: 4.0, ..Default::default() },
    ] {
        let model = Structsnap::new(options).unwrap();
        let target = pattern(&model, &sample::u2ti());
        assert!(matches!(SinglePrecision::new(&model, &target), Err(ForwardError::NoNodes)));
    }
    let model = Structsnap::new(StructsnapOptions { w: 0.0323, ..Default::default() }).unwrap();
    assert!(model.decimated().is_none());
    let model = Structsnap::new(StructsnapOptions::default()).unwrap();
    let target = pattern(&model, &sample::u2ti()).scaled(1e60);
    let mut batch = SinglePrecision::new(&model, &target).unwrap();
    let parts = GradientParts::default();
    let value = batch.evaluate(&sample::u2ti(), LossOfProducts::cosine, parts, None).unwrap();
    assert!((value + 1.0).abs() < 1e-5, "{value}");
    let nothing = Pattern::zeros(model.axis().clone());
    assert!(matches!(SinglePrecision::new(&model, &nothing), Err(ForwardError::NonFinite)));
    let other = StructsnapOptions::default().with_window(10.0, 80.0, 0.01).unwrap();
    let other = Pattern::zeros(Structsnap::new(other).unwrap().axis().clone());
    assert!(matches!(SinglePrecision::new(&model, &other), Err(ForwardError::AxisMismatch { .. })));
}
