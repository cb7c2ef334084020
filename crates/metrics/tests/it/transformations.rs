//! The matcher does not see how a crystal is described.

use crate::structures::{
    crystals, is_almost_centred, permuted, rebased, rock_salt, rutile, shifted, strained,
    unimodular,
};
use braggscape_crystal::Structure;
use braggscape_metrics::{MatchOutcome, StructureMatcher, StructureMatcherOptions};
use nalgebra::{Matrix3, Rotation3, Vector3};
use proptest::prelude::*;

fn compare(a: &Structure, b: &Structure) -> MatchOutcome {
    let m = StructureMatcher::new(StructureMatcherOptions::default()).unwrap();
    m.compare(&m.prepare(a).unwrap(), &m.prepare(b).unwrap()).unwrap()
}

fn is_perfect(a: &Structure, b: &Structure) -> Result<(), TestCaseError> {
    let o = compare(a, b);
    prop_assert!(o.matched);
    // The search ends at the first pairing whose rms is below 1e-5, as pymatgen's does: where two bases fit almost equally
    // well, it need not be the perfect one. The largest of n distances is at most sqrt(n) times their rms.
    prop_assert!(o.rms.unwrap() < 1e-5, "rms {:?}", o.rms);
    prop_assert!(o.max_dist.unwrap() < 1e-5 * (a.n_sites() as f64).sqrt());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn descriptions_of_one_crystal_match(
        s in crystals(),
        u in unimodular(),
        shift in prop::array::uniform3(-1.0..1.0_f64),
        turn in prop::array::uniform3(-3.0..3.0_f64),
    ) {
        // Primitive cells within 0.25 Å, scaled by 1.3 below.
        prop_assume!(!is_almost_centred(&s, 0.0..1.6));
        is_perfect(&s, &s)?;
        let reversed: Vec<usize> = (0..s.n_sites()).rev().collect();
        is_perfect(&s, &permuted(&s, &reversed))?;
        is_perfect(&s, &shifted(&s, Vector3::from(shift)))?;
        is_perfect(&s, &rebased(&s, u))?;
        is_perfect(&rebased(&s, u), &s)?;
        let rotation = *Rotation3::new(Vector3::from(turn)).matrix();
        is_perfect(&s, &strained(&s, rotation))?;
        is_perfect(&s, &strained(&s, rotation * Matrix3::from_diagonal(&Vector3::new(1.0, 1.0, -1.0))))?;
        is_perfect(&s, &strained(&s, Matrix3::identity() * 1.3))?;
        let all = shifted(&rebased(&permuted(&s, &reversed), u), Vector3::from(shift));
        is_perfect(&s, &all)?;
    }
}

#[test]
fn a_displacement_is_measured() {
    // One of two chlorine sublattices of the eight-site cell cannot move alone; move one atom by 0.3 Å along x.
    let s = rock_salt();
    let mut frac = s.frac_coords();
    frac[1].x += 0.3 / 5.64;
    let moved = s.with_frac_coords(&frac).unwrap();
    let m = StructureMatcher::new(StructureMatcherOptions {
        primitive_cell: false,
        ..StructureMatcherOptions::default()
    })
    .unwrap();
    let o = m.compare(&m.prepare(&s).unwrap(), &m.prepare(&moved).unwrap()).unwrap();
    let unit = 5.64 / 2.0;
    assert!((o.max_dist.unwrap() - 0.3 * 7.0 / 8.0 / unit).abs() < 1e-12);
    let rms = 0.3 * (7.0_f64 / 64.0).sqrt();
    assert!((o.rms.unwrap() - rms / unit).abs() < 1e-12);
}

#[test]
fn other_crystals_do_not_match() {
    assert!(!compare(&rutile(), &rock_salt()).matched);
    // Halite against a strongly sheared copy.
    let shear = Matrix3::new(1.0, 0.5, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0);
    let o = compare(&rock_salt(), &strained(&rock_salt(), shear));
    assert!(!o.matched && o.rms.is_none() && o.max_dist.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_symmetric_match_does_not_depend_on_the_order(
        s in crystals(),
        f in prop::array::uniform9(-0.2..0.2_f64),
        by in 0.0..0.1_f64,
    ) {
        let frac: Vec<_> = s
            .frac_coords()
            .iter()
            .enumerate()
            .map(|(i, x)| x + Vector3::new(1.0, -0.5, 0.3) * (by * f64::from(i as u8 % 3)))
            .collect();
        let t = strained(&s.with_frac_coords(&frac).unwrap(), Matrix3::identity() + Matrix3::from_row_slice(&f));
        let m = StructureMatcher::new(StructureMatcherOptions::default()).unwrap();
        let (a, b) = (m.prepare(&s).unwrap(), m.prepare(&t).unwrap());
        let there = m.symmetric_match(&a, &b).unwrap();
        prop_assert_eq!(there, m.symmetric_match(&b, &a).unwrap());
        let (x, y) = (m.compare(&a, &b).unwrap(), m.compare(&b, &a).unwrap());
        prop_assert_eq!(there.matched, x.matched && y.matched);
        let least = [x.rms, y.rms].into_iter().flatten().reduce(f64::min);
        prop_assert_eq!(there.rms, least);
    }
}
