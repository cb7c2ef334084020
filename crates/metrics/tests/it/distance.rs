//! The distance without tolerances.

use crate::structures::{
    crystals, permuted, rebased, rock_salt, rutile, shifted, strained, structure, unimodular,
};
use braggscape_crystal::{Site, Structure};
use braggscape_metrics::{CrystalDistance, CrystalDistanceOptions, DistanceOutcome};
use nalgebra::{Matrix3, Rotation3, Vector3};
use proptest::prelude::*;

fn outcome(a: &Structure, b: &Structure) -> DistanceOutcome {
    CrystalDistance::default().distance(a, b).unwrap().unwrap()
}

fn distance(a: &Structure, b: &Structure) -> f64 {
    outcome(a, b).distance
}

/// Coordinates moved by `by` times fixed directions.
fn displaced(s: &Structure, by: f64) -> Structure {
    let frac: Vec<_> = s
        .frac_coords()
        .iter()
        .enumerate()
        .map(|(i, f)| {
            let wave = |k: usize| f64::from(((7 * i + 3 * k + 5 * i * k) % 11) as u8) / 5.0 - 1.0;
            f + by * Vector3::new(wave(0), wave(1), wave(2))
        })
        .collect();
    s.with_frac_coords(&frac).unwrap()
}

/// A cell twice as long along its first vector.
fn doubled(s: &Structure) -> Structure {
    let mut sites = Vec::new();
    for x in s.sites() {
        for n in [0.0, 0.5] {
            sites.push(Site { frac: Vector3::new(x.frac.x / 2.0 + n, x.frac.y, x.frac.z), ..*x });
        }
    }
    let stretch = Matrix3::from_diagonal(&Vector3::new(2.0, 1.0, 1.0));
    let lattice = s.lattice().columns() * stretch;
    Structure::new(braggscape_crystal::Lattice::from_columns(lattice).unwrap(), sites).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn descriptions_of_one_crystal_have_distance_zero(
        s in crystals(),
        u in unimodular(),
        shift in prop::array::uniform3(-1.0..1.0_f64),
        turn in prop::array::uniform3(-3.0..3.0_f64),
    ) {
        let reversed: Vec<usize> = (0..s.n_sites()).rev().collect();
        let rotation = *Rotation3::new(Vector3::from(turn)).matrix();
        let other = shifted(&rebased(&permuted(&s, &reversed), u), Vector3::from(shift));
        let other = strained(&other, rotation * 1.3);
        for t in [&other, &doubled(&other), &strained(&s, Matrix3::from_diagonal(&Vector3::new(1.0, 1.0, -1.0)))] {
            let o = outcome(&s, t);
            prop_assert!(o.distance < 1e-7 && o.certified, "{o:?}");
        }
    }

    #[test]
    fn any_pair_has_one_distance_both_ways_and_in_every_description(
        s in crystals(),
        by in 0.0..0.3_f64,
        f in prop::array::uniform9(-0.2..0.2_f64),
        u in unimodular(),
        shift in prop::array::uniform3(-1.0..1.0_f64),
    ) {
        let t = displaced(&strained(&s, Matrix3::identity() + Matrix3::from_row_slice(&f)), by);
        let o = outcome(&s, &t);
        prop_assert_eq!(o, outcome(&t, &s));
        prop_assert!(o.distance.is_finite() && o.certified, "{o:?}");
        let reversed: Vec<usize> = (0..s.n_sites()).rev().collect();
        let other = shifted(&rebased(&permuted(&t, &reversed), u), Vector3::from(shift));
        let again = outcome(&s, &other);
        // Squares are exact to the gap of the search.
        prop_assert!((o.distance.powi(2) - again.distance.powi(2)).abs() < 1.1e-6, "{o:?} {again:?}");
    }

    #[test]
    fn small_steps_change_it_little(
        s in crystals(),
        f in prop::array::uniform9(-1.0..1.0_f64),
    ) {
        // Along a path to far beyond the tolerances of a matcher.
        let at = |x: f64| {
            let m = Matrix3::identity() + Matrix3::from_row_slice(&f) * (0.25 * x);
            displaced(&strained(&s, m), 0.3 * x)
        };
        let step = 1e-3;
        for x in [0.0, 0.2, 0.5, 0.8] {
            let (near, far) = (distance(&s, &at(x)), distance(&s, &at(x + step)));
            // Displacements are below 8 Å of strained cells (unit 1.6 Å or more) for x = 1, stretches of the norm of f.
            prop_assert!((near - far).abs() < 12.0 * step, "{x}: {near} and {far}");
        }
    }

    #[test]
    fn uniform_strain_is_measured_exactly_and_grows(
        s in crystals(),
        stretch in prop::array::uniform3(-1.0..1.0_f64),
    ) {
        let mean = stretch.iter().sum::<f64>() / 3.0;
        let logs = Vector3::from(stretch.map(|x| x - mean));
        let mut last = -1e-9;
        for x in [0.0, 0.005, 0.01, 0.02] {
            let m = Matrix3::from_diagonal(&(logs * x).map(libm::exp));
            let o = outcome(&s, &strained(&s, m));
            let expected = x * logs.norm() / 3.0_f64.sqrt();
            // A symmetric lattice may have a correspondence of less strain.
            prop_assert!(o.distance <= expected + 1e-7 && o.distance > last - 1e-9, "{o:?} {expected}");
            last = o.distance;
        }
    }
}

#[test]
fn one_atom_moved_in_a_cell_is_measured() {
    let s = rutile();
    let moved = |by: f64| {
        let mut frac = s.frac_coords();
        frac[2].z += by / 2.959;
        s.with_frac_coords(&frac).unwrap()
    };
    let unit = (4.594 * 4.594 * 2.959_f64 / 6.0).cbrt();
    let mut last = 0.0;
    for by in [0.02, 0.1, 0.3, 0.6, 1.0] {
        let o = outcome(&s, &moved(by));
        let rms = by * (5.0_f64 / 36.0).sqrt() / unit;
        assert!((o.rms - rms).abs() < 1e-9 && o.strain < 1e-9, "{by}: {o:?}, expected {rms}");
        assert!(o.distance > last);
        last = o.distance;
    }
}

#[test]
fn bain_s_path_is_found() {
    // Between the face-centred and the body-centred cubic lattice: stretches 2^(-1/6) twice and 2^(1/3).
    let fcc = structure([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]], &[("Fe", [0.0; 3])]);
    let bcc =
        structure([[-1.4, 1.4, 1.4], [1.4, -1.4, 1.4], [1.4, 1.4, -1.4]], &[("Fe", [0.1; 3])]);
    let o = outcome(&fcc, &bcc);
    let expected = libm::log(2.0) * ((2.0 / 36.0 + 1.0 / 9.0) / 3.0_f64).sqrt();
    assert!((o.distance - expected).abs() < 1e-12 && o.rms < 1e-12 && o.certified, "{o:?}");
}

#[test]
fn a_distorted_supercell_is_near_and_other_compositions_have_none() {
    let s = rutile();
    let large = doubled(&s);
    let far = displaced(&large, 1e-3);
    let o = outcome(&s, &far);
    let moved: Vec<_> = far
        .frac_coords()
        .iter()
        .zip(large.frac_coords())
        .map(|(x, y)| large.lattice().cart(&(x - y)))
        .collect();
    let mean = moved.iter().sum::<Vector3<f64>>() / 12.0;
    let rms = (moved.iter().map(|d| (d - mean).norm_squared()).sum::<f64>() / 12.0).sqrt();
    let unit = (4.594 * 4.594 * 2.959_f64 / 6.0).cbrt();
    assert!((o.rms - rms / unit).abs() < 1e-9 && o.strain < 1e-9 && o.certified, "{o:?}");
    assert!(CrystalDistance::default().distance(&s, &rock_salt()).unwrap().is_none());
    // Absolute volumes: a uniform stretch of 10 % is a strain of ln 1.1.
    let absolute = CrystalDistance::new(CrystalDistanceOptions { scale: false });
    let o = absolute.distance(&s, &strained(&s, Matrix3::identity() * 1.1)).unwrap().unwrap();
    assert!((o.distance - libm::log(1.1)).abs() < 1e-12, "{o:?}");
}

#[test]
fn zinc_blende_and_rock_salt_are_far_but_not_infinitely() {
    let a = 5.64;
    let half = a / 2.0;
    let rows = [[0.0, half, half], [half, 0.0, half], [half, half, 0.0]];
    let at = |x: f64| structure(rows, &[("Na", [0.0; 3]), ("Cl", [x; 3])]);
    let o = outcome(&at(0.5), &at(0.25));
    assert!(o.certified && o.distance > 0.15 && o.distance < 0.5, "{o:?}");
    // The path between them: half the way is nearer to both.
    let half_way = at(0.375);
    assert!(distance(&at(0.5), &half_way) < o.distance);
    assert!(distance(&at(0.25), &half_way) < o.distance);
}
