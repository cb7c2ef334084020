//! Losses between patterns of crystals that are related.

use crate::all::all;
use braggscape_crystal::{Lattice, Structure, study_crystal};
use braggscape_loss::{Cosine, Loss, Measure, MeasureFamily, MeasureKind, Mse, Normalisation};
use braggscape_pattern::Pattern;
use braggscape_testkit::strategies::{
    pattern_pairs, rotations, structures, supercells, unimodular,
};
use braggscape_testkit::transform::{
    determinant, inverted, reordered, rotated, shifted, supercell,
};
use braggscape_xrd::{ForwardModel, IndexBounds, Scratch, Structsnap, StructsnapOptions};
use nalgebra::Vector3;
use proptest::prelude::*;

fn pattern(s: &Structure) -> Pattern {
    let options = StructsnapOptions {
        n_points: 1700,
        index_bounds: IndexBounds::Complete,
        ..Default::default()
    };
    let model = Structsnap::new(options).unwrap();
    let mut out = Pattern::zeros(model.axis().clone());
    model.simulate(s, &mut Scratch::default(), &mut out).unwrap();
    out
}

fn strained(s: &Structure, strain: f64) -> Structure {
    s.with_lattice(Lattice::from_columns(s.lattice().columns() * (1.0 + strain)).unwrap())
}

fn cosine(f: &Pattern, g: &Pattern) -> f64 {
    Cosine::default().value(f, g).unwrap()
}

fn mse(normalisation: Normalisation, f: &Pattern, g: &Pattern) -> f64 {
    Mse { normalisation }.value(f, g).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    /// However a crystal is described, its pattern is the same up to a factor, and no loss that does not depend on scale sees a
    /// difference. Patterns agree to 1e-9 of their maximum; what that does to a loss depends on its order there.
    #[test]
    fn one_crystal_described_in_two_ways(
        s in structures(1..4),
        r in rotations(),
        t in prop::array::uniform3(-1.0..1.0f64),
        basis in unimodular(),
        cells in supercells(3),
    ) {
        let f = pattern(&s);
        let other = shifted(&rotated(&s, &r).unwrap(), &Vector3::from(t)).unwrap();
        let other = inverted(&supercell(&other, &(basis * cells)).unwrap()).unwrap();
        let backwards: Vec<usize> = (0..other.n_sites()).rev().collect();
        let g = pattern(&reordered(&other, &backwards).unwrap());
        for entry in all().into_iter().filter(|entry| entry.claims.scale_invariant) {
            let difference = entry.loss.value(&f, &g).unwrap() - entry.loss.value(&f, &f).unwrap();
            // A factor for 1700 points, along an axis of 85 degrees; and rounding.
            let allowed = 1e3 * 1e-9_f64.powf(entry.order) + 1e-13;
            prop_assert!(difference.abs() < allowed, "{}: {difference:e}", entry.name);
        }
        for n in [Normalisation::Max, Normalisation::Sum, Normalisation::L2] {
            prop_assert!(mse(n, &f, &g) < 1e-16, "{n:?}: {:e}", mse(n, &f, &g));
        }
        // Only the loss without normalisation tells a supercell, n^2 times as strong.
        let scale = f64::from(determinant(&cells)).powi(2);
        let expected = mse(Normalisation::None, &f, &f.scaled(scale));
        let found = mse(Normalisation::None, &f, &g);
        prop_assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
    }

    /// Nor do the measures of Cha's survey, those included that count every bin alike: what rounding leaves in empty bins is far
    /// below their epsilon. kulczynski-s is -1/(0 + epsilon) where patterns agree, and sees the last bit.
    #[test]
    fn measures_do_not_see_how_a_crystal_is_described(
        s in structures(1..4),
        r in rotations(),
        t in prop::array::uniform3(-1.0..1.0f64),
        basis in unimodular(),
    ) {
        let f = pattern(&s);
        let other = shifted(&rotated(&s, &r).unwrap(), &Vector3::from(t)).unwrap();
        let g = pattern(&supercell(&other, &basis).unwrap());
        for kind in MeasureKind::ALL.iter().filter(|k| **k != MeasureKind::KulczynskiS) {
            let of = |g: &Pattern| Measure::from(*kind).value(&f, g).unwrap();
            let difference = (of(&g) - of(&f)).abs();
            prop_assert!(difference < 1e-6, "{kind}: {difference:e}");
        }
    }

    /// Around the crystal itself losses grow as the square of a small strain. A strain of 1e-3 moves the last peak by 0.1
    /// degrees, a fifth of its standard deviation; the fourth order is then a few percent.
    #[test]
    fn losses_grow_as_the_square_of_a_small_strain(s in structures(1..4)) {
        let f = pattern(&s);
        let both_sides = |loss: &dyn Loss, e: f64| {
            let at = |e| loss.value(&f, &pattern(&strained(&s, e))).unwrap();
            0.5 * (at(e) + at(-e)) - loss.value(&f, &f).unwrap()
        };
        let l2 = Mse { normalisation: Normalisation::L2 };
        for loss in [&Cosine::default() as &dyn Loss, &l2] {
            let ratio = both_sides(loss, 1e-3) / both_sides(loss, 2.5e-4);
            prop_assert!((ratio / 16.0 - 1.0).abs() < 0.1, "{ratio}");
        }
    }
}

/// The derivative along a strain, through patterns with empty bins and tails, where every measure has its kinks.
#[test]
fn gradients_of_measures_hold_along_a_strain() {
    let s = study_crystal("U2Ti").unwrap().structure();
    let (f, h) = (pattern(&s), 1e-7);
    let at = |e: f64| pattern(&strained(&s, e));
    let (below, g, above) = (at(4e-3 - h), at(4e-3), at(4e-3 + h));
    for kind in MeasureKind::ALL {
        let measure = Measure::from(*kind);
        let mut grad = vec![0.0; g.n_points()];
        measure.value_and_gradient(&f, &g, &mut grad).unwrap();
        let moves = above.y().iter().zip(below.y()).map(|(a, b)| (a - b) / (2.0 * h));
        let along: f64 = grad.iter().zip(moves).map(|(d, m)| d * m).sum();
        let of = |g: &Pattern| measure.value(&f, g).unwrap();
        let expected = (of(&above) - of(&below)) / (2.0 * h);
        // Slopes of roots, and of logarithms without a rule, are those at epsilon in the bins below it.
        let logarithmic = [MeasureKind::Topsoe, MeasureKind::JensenDifference].contains(kind);
        let rooted = kind.family() == MeasureFamily::Fidelity;
        let margin = if rooted || logarithmic { 1e-6 } else { 1e-8 };
        let error = (along / expected - 1.0).abs();
        assert!(error < margin, "{kind}: {along} along the gradient, {expected} by differences");
    }
}

proptest! {
    /// |f/|f| - g/|g||^2 = 2 - 2 f.g/(|f| |g|).
    #[test]
    fn the_two_losses_are_one_for_unit_norms((f, g) in pattern_pairs(1..40)) {
        let expected = 2.0 * (1.0 + cosine(&f, &g)) / f.n_points() as f64;
        prop_assert!((mse(Normalisation::L2, &f, &g) - expected).abs() < 1e-14);
    }
}
