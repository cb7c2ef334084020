//! Projection onto the symmetry of a space group: random structures of all groups, in usual and in other cells.

use braggscape_crystal::symmetry::SymmetryAssignment;
use braggscape_crystal::{Structure, study_crystal, study_crystals, wrap_unit};
use braggscape_projector::{AnyProjector, ProjectError, Projector, SpaceGroupProjector};
use braggscape_testkit::conformance::{self, ProjectorClaims};
use braggscape_testkit::{strategies as draw, transform};
use nalgebra::Vector3;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Rounding of coordinates, a few operations on numbers below 2.
const ROUNDING: f64 = 1e-12;

/// Tolerance of the symmetry, Å. A structure drawn at random may have more symmetry than it was made with, within the tolerance and
/// not exactly.
const SYMPREC: f64 = 1e-7;

/// How well such a structure is symmetric: ten tolerances in fractions of cells of 2.5 Å or more, in degrees forty times as much.
const KNOWN: f64 = 1.6e-5;

fn of(structure: &Structure) -> SpaceGroupProjector {
    SpaceGroupProjector::new(SymmetryAssignment::of(structure, SYMPREC).unwrap().into())
}

/// The coordinates of the projected structure.
fn projected(p: &SpaceGroupProjector, s: &Structure, x: &[Vector3<f64>]) -> Vec<Vector3<f64>> {
    let (mut cell, mut y) = (s.cell(), x.to_vec());
    p.project(&mut cell, &mut y).unwrap();
    let off = cell.to_array().into_iter().zip(s.cell().to_array()).map(|(a, b)| (a - b).abs());
    assert!(off.fold(0.0, f64::max) < KNOWN, "the cell keeps the group already");
    y
}

fn amax(x: &[Vector3<f64>], y: &[Vector3<f64>]) -> f64 {
    x.iter().zip(y).map(|(a, b)| (a - b).amax()).fold(0.0, f64::max)
}

/// Displacements of up to `size` from unit numbers.
fn displaced(s: &Structure, by: &[f64], size: f64) -> Vec<Vector3<f64>> {
    let steps = by.as_chunks::<3>().0.iter().map(|v| Vector3::from(*v) * size);
    s.frac_coords().iter().zip(steps).map(|(f, step)| f + step).collect()
}

/// A structure and displacements of its sites.
fn cases() -> impl Strategy<Value = (Structure, Vec<f64>)> {
    draw::symmetric_structures(24).prop_flat_map(|s| {
        let n = 3 * s.n_sites();
        (Just(s), prop::collection::vec(-1.0..1.0f64, n))
    })
}

proptest! {
    // Always the same structures: the search for symmetry is another program's.
    #![proptest_config(ProptestConfig { cases: 128, rng_seed: RngSeed::Fixed(1), ..Default::default() })]

    /// Wherever the sites are, the projection is symmetric to rounding, and stays where it is.
    #[test]
    fn everything_projected_is_symmetric((s, by) in cases(), size in 0.0..0.6f64) {
        let p = of(&s);
        let x = displaced(&s, &by, size);
        for x in [x.clone(), x.iter().map(|f| f.map(wrap_unit)).collect()] {
            let y = projected(&p, &s, &x);
            prop_assert!(p.symmetry().asymmetry(&y) < ROUNDING, "{}", p.symmetry().asymmetry(&y));
            prop_assert!(amax(&y, &projected(&p, &s, &y)) < ROUNDING);
        }
    }

    /// A symmetric structure stays where it is.
    #[test]
    fn the_reference_keeps_its_constraint(s in draw::symmetric_structures(24)) {
        let off = of(&s).violation(&s.cell(), &s.frac_coords());
        prop_assert!(off < KNOWN, "{off}");
    }

    /// Wrapping coordinates into the cell changes nothing but lattice vectors, as long as images are not in doubt.
    #[test]
    fn wrapping_does_not_matter((s, by) in cases()) {
        let p = of(&s);
        let x = displaced(&s, &by, 0.05);
        let wrapped: Vec<_> = x.iter().map(|f| f.map(wrap_unit)).collect();
        let (y, z) = (projected(&p, &s, &x), projected(&p, &s, &wrapped));
        for (a, b) in y.iter().zip(&z) {
            prop_assert!((a - b).iter().all(|d| (d - d.round()).abs() < ROUNDING), "{a} {b}");
        }
        // Neither is it far from where it was: the constraint passes within 0.05 of every coordinate.
        let norm = |a: &[Vector3<f64>]| {
            a.iter().zip(&x).map(|(a, b)| (a - b).norm_squared()).sum::<f64>().sqrt()
        };
        prop_assert!(norm(&y) <= norm(&s.frac_coords()) + KNOWN);
    }

    /// Another origin and another order of the sites are the same constraint.
    #[test]
    fn origin_and_order_do_not_matter(
        (s, by) in cases(), t in prop::array::uniform3(0.0..1.0f64), turn in 0..24usize,
    ) {
        let n = s.n_sites();
        let order: Vec<usize> = (0..n).map(|i| (i + turn) % n).collect();
        let moved = transform::reordered(&transform::shifted(&s, &Vector3::from(t)).unwrap(), &order);
        let moved = moved.unwrap();
        let x = displaced(&s, &by, 0.02);
        let x_moved: Vec<_> = order.iter().map(|i| x[*i] + Vector3::from(t)).collect();
        let (y, z) = (projected(&of(&s), &s, &x), projected(&of(&moved), &moved, &x_moved));
        prop_assert!(of(&moved).symmetry().asymmetry(&z) < ROUNDING);
        for (i, from) in order.iter().enumerate() {
            prop_assert!((z[i] - Vector3::from(t) - y[*from]).amax() < KNOWN);
        }
    }

    /// Other bases of the lattice: primitive ones, skew ones. Where the constraint on the cell is not affine, the metric is averaged.
    #[test]
    fn other_bases_do_not_matter((s, by) in cases(), m in draw::unimodular(), strain in -0.03..0.03f64) {
        let skew = transform::supercell(&s, &m).unwrap();
        let p = of(&skew);
        let y = projected(&p, &skew, &displaced(&skew, &by, 0.05));
        prop_assert!(p.symmetry().asymmetry(&y) < ROUNDING);
        let mut cell = skew.cell();
        cell.b *= 1.0 + strain;
        cell.alpha += 20.0 * strain;
        let mut sites = y.clone();
        p.project(&mut cell, &mut sites).unwrap();
        let metric = cell.metric_tensor();
        let kept = p.symmetry().symmetrised_metric(&metric);
        prop_assert!((kept - metric).amax() < 1e-9 * metric.amax(), "{}", kept - metric);
        prop_assert!(p.violation(&cell, &sites) < 1e-9);
    }
}

/// All laws of projectors, for the study crystals and for a primitive cell whose constraint is not affine.
#[test]
fn space_groups_keep_the_laws_of_projectors() {
    for crystal in study_crystals() {
        let structure = crystal.structure();
        let p: AnyProjector = of(&structure).into();
        let claims =
            ProjectorClaims { n_sites: structure.n_sites(), near: Some(structure.frac_coords()) };
        let checked = conformance::projector(&p, claims);
        assert!(checked.has("the reduced form is the constraint"), "{}", crystal.name);
    }
}

/// On hexagonal axes the mean over the group is another projection: not orthogonal in coordinates. A step against the gradient of a
/// function may go uphill after it.
#[test]
fn on_hexagonal_axes_the_group_mean_is_not_orthogonal_and_ours_is() {
    let structure = study_crystal("NaS").unwrap().structure();
    let p = of(&structure);
    let mean = |x: &[Vector3<f64>]| {
        let mut y = vec![Vector3::zeros(); x.len()];
        let ops = p.symmetry().operations();
        for (i, op) in ops.iter().enumerate() {
            for (x, image) in x.iter().zip(p.symmetry().images(i)) {
                y[image.site] += (op.apply(x) - image.cell.cast::<f64>()) / ops.len() as f64;
            }
        }
        y
    };
    // Sulphur at (1/3, 2/3, z): no direction of its plane is free, so that both agree.
    let x = displaced(&structure, &[0.3; 24], 0.05);
    assert!(amax(&mean(&x), &projected(&p, &structure, &x)) < 1e-12);
    // Position 3j of P-6m2: (x, 2x, 0), (-2x, -x, 0), (x, -x, 0).
    let mirror = {
        use braggscape_crystal::{Element, Site};
        let site = |x: f64, y: f64| {
            Site::new(Element::from_symbol("Fe").unwrap(), Vector3::new(x, y, 0.0))
        };
        let sites = vec![site(0.13, 0.26), site(0.74, 0.87), site(0.13, 0.87)];
        Structure::new(*structure.lattice(), sites).unwrap()
    };
    let p = of(&mirror);
    assert_eq!(p.n_free_coordinates(), 1);
    let g = vec![Vector3::new(-4.0, 1.0, 0.0), Vector3::zeros(), Vector3::zeros()];
    let mut along = g.clone();
    p.project_gradient(&mut [0.0; 6], &mut along);
    let dot = |a: &[Vector3<f64>], b: &[Vector3<f64>]| {
        a.iter().zip(b).map(|(a, b)| a.dot(b)).sum::<f64>()
    };
    assert!((dot(&g, &along) - dot(&along, &along)).abs() < 1e-12, "orthogonal");
    let ops = p.symmetry().operations();
    let mut oblique = vec![Vector3::zeros(); 3];
    for (i, op) in ops.iter().enumerate() {
        for (g, image) in g.iter().zip(p.symmetry().images(i)) {
            oblique[image.site] += op.rotation.cast::<f64>() * g / ops.len() as f64;
        }
    }
    assert!(dot(&g, &oblique) < -0.1, "{}: downhill after all", dot(&g, &oblique));
}

#[test]
fn free_coordinates_are_called_as_in_the_tables() {
    let structure = study_crystal("NaS").unwrap().structure();
    let p = of(&structure);
    let form = p.reduced(&structure.cell(), &structure.frac_coords()).unwrap();
    assert_eq!(form.names, ["a", "c", "z(S1)"]);
    let z = structure.sites().iter().find(|s| s.element.symbol() == "S").unwrap().frac.z;
    let cell = structure.cell();
    let u = nalgebra::DVector::from_vec(vec![cell.a, cell.c, z]);
    let x = nalgebra::DVector::from_vec(form.origin) + form.basis * u;
    let expected = structure.frac_coords();
    for (i, frac) in expected.iter().enumerate() {
        for axis in 0..3 {
            assert!((x[6 + 3 * i + axis] - frac[axis]).abs() < 1e-7);
        }
    }
}

#[test]
fn what_cannot_be_projected_is_refused_and_left_alone() {
    let structure = study_crystal("U2Ti").unwrap().structure();
    let p = of(&structure);
    let (mut cell, mut sites) = (structure.cell(), structure.frac_coords());
    sites.pop();
    let e = p.project(&mut cell, &mut sites).unwrap_err();
    assert!(matches!(e, ProjectError::SiteCount { expected: 3, found: 2 }), "{e}");
    assert!(p.reduced(&cell, &sites).is_none());
    let mut sites = structure.frac_coords();
    sites[1].y = f64::NAN;
    let before = cell;
    let e = p.project(&mut cell, &mut sites).unwrap_err();
    assert!(matches!(e, ProjectError::NonFinite { index: 10 }), "{e}");
    assert_eq!(cell, before);
    assert!(p.reduced(&cell, &sites).is_none());
    // Another crystal is not the one that the symmetry is of.
    let other = study_crystal("NaS").unwrap().structure();
    let e = p.symmetry().check(&other).unwrap_err();
    assert_eq!(e.to_string(), "the symmetry acts on 3 sites, but the structure has 8");
    let order = [2, 1, 0];
    let e = p.symmetry().check(&transform::reordered(&structure, &order).unwrap()).unwrap_err();
    assert!(e.to_string().starts_with("site 0 is "), "{e}");
    p.symmetry().check(&structure).unwrap();
}
