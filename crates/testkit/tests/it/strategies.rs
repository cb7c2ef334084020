//! What strategies draw is valid, and transformations keep crystals.

use braggscape_crystal::Structure;
use braggscape_projector::{CellShape, CrystalFamilyProjector, Projector};
use braggscape_testkit::{strategies as draw, transform};
use proptest::prelude::*;

fn shapes() -> impl Strategy<Value = CellShape> {
    prop::sample::select(CellShape::ALL.to_vec())
}

proptest! {
    #[test]
    fn cells_have_their_shape(
        (shape, cell) in shapes().prop_flat_map(|s| (Just(s), draw::cell_parameters_of(s))),
    ) {
        cell.check().unwrap();
        prop_assert!(CrystalFamilyProjector::new(shape).violation(&cell, &[]) < 1e-12);
    }

    #[test]
    fn unimodular_matrices_keep_the_volume_and_supercells_multiply_it(
        s in draw::structures(1..4), u in draw::unimodular(), m in draw::supercells(6),
    ) {
        prop_assert_eq!(transform::determinant(&u).abs(), 1);
        let n = transform::determinant(&m);
        prop_assert!((2..=6).contains(&n));
        for m in [u, m, m * u, -m] {
            let n = transform::determinant(&m).unsigned_abs() as usize;
            let out = transform::supercell(&s, &m).unwrap();
            prop_assert_eq!(out.n_sites(), n * s.n_sites());
            let ratio = out.lattice().volume() / s.lattice().volume();
            prop_assert!((ratio - n as f64).abs() < 1e-9);
            // Every site is one of the small cell, up to a lattice vector, and none is listed twice.
            for (i, site) in out.sites().iter().enumerate() {
                let origin = s.sites()[i / n].frac;
                let frac = s.lattice().frac(&out.lattice().cart(&site.frac)) - origin;
                prop_assert!(frac.iter().all(|x| (x - x.round()).abs() < 1e-9), "{frac}");
                for other in &out.sites()[i / n * n..i] {
                    let apart = site.frac - other.frac;
                    prop_assert!(apart.iter().any(|x| (x - x.round()).abs() > 1e-3));
                }
            }
        }
    }

    #[test]
    fn rotations_are_proper(r in draw::rotations()) {
        prop_assert!((r * r.transpose() - nalgebra::Matrix3::identity()).amax() < 1e-12);
        prop_assert!((r.determinant() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn pairs_share_an_axis((f, g) in draw::pattern_pairs(1..30), (a, b) in draw::positive_pattern_pairs(1..30)) {
        prop_assert!(f.axis().is_same(g.axis()) && a.axis().is_same(b.axis()));
        for p in [&f, &g] {
            prop_assert!(p.max() > 0.0 && p.y().iter().all(|v| *v >= 0.0));
        }
        for p in [&a, &b] {
            prop_assert!(p.y().iter().chain(p.sigma().unwrap()).all(|v| *v > 0.0));
        }
    }
}

#[test]
fn all_kinds_of_cases_are_drawn() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut sample = |n: usize| -> Vec<_> {
        let s = draw::structures(1..5);
        (0..n).map(|_| s.new_tree(&mut runner).unwrap().current()).collect()
    };
    let drawn = sample(200);
    let sites = || drawn.iter().flat_map(Structure::sites);
    let right = |x: f64| (x - 90.0).abs() < 1e-9;
    assert!(sites().any(|s| s.occupancy < 1.0) && sites().any(|s| s.occupancy > 1.0 - 1e-15));
    assert!(sites().any(|s| s.frac.iter().all(|x| x.abs() < 1e-15)), "the origin");
    assert!(sites().map(|s| s.element).collect::<std::collections::BTreeSet<_>>().len() > 50);
    assert!(drawn.iter().any(|s| s.cell().angles().iter().all(|a| !right(*a))));
    assert!(drawn.iter().any(|s| s.cell().angles().iter().any(|a| right(*a))));
    assert!(drawn.iter().any(|s| s.lattice().columns().determinant() < 0.0), "left-handed");
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let s = draw::patterns(5..20);
    let patterns: Vec<_> = (0..100).map(|_| s.new_tree(&mut runner).unwrap().current()).collect();
    assert!(patterns.iter().any(|p| p.y().iter().any(|v| v.abs() < 1e-300)), "empty bins");
    assert!(
        patterns.iter().any(|p| p.sigma().is_some())
            && patterns.iter().any(|p| p.sigma().is_none())
    );
}

/// Symmetric structures have symmetry: of many space groups, at general and special positions.
#[test]
fn symmetric_structures_are_of_many_space_groups() {
    use braggscape_crystal::symmetry::SymmetryAssignment;
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let s = draw::symmetric_structures(24);
    let (mut groups, mut n_free) = (std::collections::BTreeSet::new(), [0; 4]);
    for _ in 0..150 {
        let drawn = s.new_tree(&mut runner).unwrap().current();
        let symmetry = SymmetryAssignment::of(&drawn, 1e-6).unwrap();
        assert!(symmetry.asymmetry(&drawn.frac_coords()) < 1e-5);
        groups.insert(symmetry.number());
        for orbit in symmetry.orbits() {
            n_free[orbit.fixed.n_free()] += 1;
        }
    }
    assert!(groups.len() > 40, "{groups:?}");
    let beyond_triclinic = groups.iter().filter(|n| **n > 2).count();
    assert!(beyond_triclinic > 38 && groups.iter().any(|n| *n > 194), "{groups:?}");
    assert!(n_free.iter().all(|n| *n > 10), "orbits with 0 to 3 free coordinates: {n_free:?}");
}
