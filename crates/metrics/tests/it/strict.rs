//! Strict recovery.

use crate::structures::{
    crystals, is_almost_centred, rebased, rock_salt, rutile, shifted, strained, structure,
    unimodular,
};
use braggscape_metrics::{StrictRecovery, StrictRecoveryOptions};
use nalgebra::{Matrix3, Vector3};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn other_settings_pass_and_another_size_fails(
        s in crystals(),
        u in unimodular(),
        shift in prop::array::uniform3(-1.0..1.0_f64),
    ) {
        // Primitive cells within 0.1 Å.
        prop_assume!(!is_almost_centred(&s, 0.0..0.8));
        let test = StrictRecovery::default();
        let other = shifted(&rebased(&s, u), Vector3::from(shift));
        prop_assert!(test.recovered(&s, &other).unwrap());
        let mirror = Matrix3::from_diagonal(&Vector3::new(-1.0, 1.0, 1.0));
        prop_assert!(test.recovered(&s, &strained(&other, mirror)).unwrap());
        prop_assert!(test.recovered(&s, &strained(&other, Matrix3::identity() * 1.004)).unwrap());
        prop_assert!(!test.recovered(&s, &strained(&other, Matrix3::identity() * 1.01)).unwrap());
        prop_assert!(!test.recovered(&s, &strained(&other, Matrix3::identity() * 0.99)).unwrap());
    }
}

#[test]
fn tiny_strains_of_a_symmetric_lattice_pass() {
    // A strain of 1e-4 moves the Niggli cell of a face-centred lattice to another corner.
    let e = 1e-4;
    for m in [
        Matrix3::new(1.0, e, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        Matrix3::new(1.0, -e, 0.0, e, 1.0 + e, 0.0, 0.0, e, 1.0 - e),
    ] {
        assert!(
            StrictRecovery::default().recovered(&rock_salt(), &strained(&rock_salt(), m)).unwrap()
        );
    }
}

#[test]
fn a_primitive_cell_of_a_centred_crystal_passes() {
    let h = 5.64 / 2.0;
    let rows = [[0.0, h, h], [h, 0.0, h], [h, h, 0.0]];
    let primitive = structure(rows, &[("Cl", [0.1, 0.2, 0.3]), ("Na", [0.6, 0.7, 0.8])]);
    assert!(StrictRecovery::default().recovered(&rock_salt(), &primitive).unwrap());
    assert!(StrictRecovery::default().recovered(&primitive, &rock_salt()).unwrap());
}

#[test]
fn sites_are_held_to_a_tenth_of_an_angstrom() {
    let s = rutile();
    let moved = |by: f64| {
        let mut frac = s.frac_coords();
        // One oxygen of six sites: the largest displacement after the mean is removed is 5/6 of it.
        frac[2].x += by / 4.594;
        s.with_frac_coords(&frac).unwrap()
    };
    let test = StrictRecovery::default();
    assert!(test.recovered(&s, &moved(0.11)).unwrap());
    assert!(!test.recovered(&s, &moved(0.13)).unwrap());
    assert!(!test.recovered(&s, &rock_salt()).unwrap());
    assert!(
        StrictRecovery::new(StrictRecoveryOptions { site_tol: 0.0, ..Default::default() }).is_err()
    );
}
