//! Patterns against the slow reference.

use crate::{reference, sample};
use braggscape_crystal::Structure;
use braggscape_pattern::Pattern;
use braggscape_testkit::strategies::structures;
use braggscape_xrd::{ForwardModel, IndexBounds, Scratch, Structsnap, StructsnapOptions};
use proptest::prelude::*;

/// Largest deviation from the reference over the largest intensity.
fn deviation(s: &Structure, options: &StructsnapOptions) -> f64 {
    let model = Structsnap::new(options.clone()).unwrap();
    let mut out = Pattern::zeros(model.axis().clone());
    model.simulate(s, &mut Scratch::default(), &mut out).unwrap();
    let expected = reference::pattern(s, options);
    let largest = expected.iter().copied().fold(0.0, f64::max);
    out.y().iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest
}

#[track_caller]
fn check(s: &Structure, options: &StructsnapOptions) {
    let cut = deviation(s, options);
    assert!(cut <= 1e-9, "default tails: {cut:e}");
    let whole = deviation(s, &StructsnapOptions { tails: 40.0, ..options.clone() });
    assert!(whole <= 1e-10, "no cut: {whole:e}");
}

#[test]
fn study_settings() {
    check(&sample::u2ti(), &StructsnapOptions::default());
    check(&sample::au2s(), &StructsnapOptions::default());
}

#[test]
fn angle_dependent_and_narrow_widths_displacements_and_complete_lists() {
    let base = StructsnapOptions { u: 0.3, v: -0.2, w: 0.4, b_iso: 1.3, ..Default::default() };
    check(&sample::u2ti(), &base);
    check(&sample::u2ti(), &StructsnapOptions { index_bounds: IndexBounds::Complete, ..base });
    // Peaks narrower than two grid steps.
    check(&sample::u2ti(), &StructsnapOptions { w: 1e-4, ..Default::default() });
}

#[test]
fn the_default_grid_is_the_specified_one() {
    let model = Structsnap::new(StructsnapOptions::default()).unwrap();
    let (start, step) = model.axis().uniform_step().unwrap();
    assert!((start - 5.0).abs() < 1e-6 && (step - 0.0099988).abs() < 1e-6, "{start} {step}");
    assert_eq!(model.axis().n_points(), 8500);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn random_structures(s in structures(1..10)) {
        let options = StructsnapOptions { n_points: 1700, ..Default::default() };
        let whole = StructsnapOptions { tails: 40.0, ..options.clone() };
        let (cut, whole) = (deviation(&s, &options), deviation(&s, &whole));
        prop_assert!(cut <= 1e-9, "default tails: {cut:e}");
        prop_assert!(whole <= 1e-10, "no cut: {whole:e}");
    }

    // Fine enough for the way over nodes.
    #[test]
    fn random_structures_on_fine_grids(s in structures(1..8), n_points in 7000..9500usize, w in 1.2..1.7f64) {
        let options = StructsnapOptions { n_points, w, ..Default::default() };
        let cut = deviation(&s, &options);
        prop_assert!(cut <= 1e-9, "default tails: {cut:e}");
    }
}
