//! Laws of projections.
#![expect(clippy::unwrap_used, reason = "tests")]

mod conformance;
mod space_group;

use braggscape_crystal::{CellParameters, CrystalFamily};
use braggscape_projector::{
    AnyProjector, CellShape, CrystalFamilyProjector, Identity, Projector, Ramp, Rise,
};
use nalgebra::Vector3;
use proptest::prelude::*;

fn cells() -> impl Strategy<Value = CellParameters> {
    (prop::array::uniform3(2.0..12.0f64), prop::array::uniform3(60.0..130.0f64)).prop_map(
        |([a, b, c], [alpha, beta, gamma])| CellParameters::new(a, b, c, alpha, beta, gamma),
    )
}

fn shapes() -> impl Strategy<Value = CellShape> {
    prop::sample::select(CellShape::ALL.to_vec())
}

fn distance(x: &CellParameters, y: &CellParameters) -> f64 {
    x.to_array().iter().zip(y.to_array()).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn projected(shape: CellShape, cell: &CellParameters) -> CellParameters {
    let mut out = *cell;
    CrystalFamilyProjector::new(shape).project(&mut out, &mut []).unwrap();
    out
}

proptest! {
    #[test]
    fn idempotent_and_non_expansive(shape in shapes(), x in cells(), y in cells()) {
        let (px, py) = (projected(shape, &x), projected(shape, &y));
        prop_assert!(distance(&px, &projected(shape, &px)) < 1e-12);
        prop_assert!(distance(&px, &py) <= distance(&x, &y) + 1e-12);
        prop_assert!(CrystalFamilyProjector::new(shape).violation(&px, &[]) < 1e-12);
    }

    /// The projected gradient is the part along the constraint: it agrees with the gradient in every direction that keeps
    /// the constraint, and itself keeps it.
    #[test]
    fn projected_gradients_are_tangent(
        shape in shapes(), x in cells(), y in cells(), g in prop::array::uniform6(-1.0..1.0f64),
    ) {
        let p = CrystalFamilyProjector::new(shape);
        let (px, py) = (projected(shape, &x), projected(shape, &y));
        let along: Vec<f64> =
            py.to_array().iter().zip(px.to_array()).map(|(a, b)| a - b).collect();
        let mut tangent = g;
        p.project_gradient(&mut tangent, &mut []);
        let dot = |v: &[f64; 6]| v.iter().zip(&along).map(|(a, b)| a * b).sum::<f64>();
        prop_assert!((dot(&g) - dot(&tangent)).abs() < 1e-10);
        let moved: [f64; 6] = std::array::from_fn(|i| px.to_array()[i] + tangent[i]);
        prop_assert!(p.violation(&CellParameters::from_array(moved), &[]) < 1e-12);
    }
}

#[test]
fn every_shape_has_its_free_parameters() {
    let free = CellShape::ALL.map(CellShape::n_free);
    assert_eq!(free, [6, 4, 3, 2, 2, 2, 1]);
}

/// The free parameters are those that the field names.
#[test]
fn reduced_forms_name_their_parameters() {
    let names = |shape: CellShape| {
        let cell = CellParameters::new(4.0, 5.0, 6.0, 80.0, 95.0, 110.0);
        let form = CrystalFamilyProjector::new(shape).reduced(&cell, &[]).unwrap();
        assert_eq!((form.names.len(), form.origin.len()), (shape.n_free(), 6));
        form.names.join(" ")
    };
    let found = CellShape::ALL.map(names);
    let expected = ["a b c alpha beta gamma", "a b c beta", "a b c", "a c", "a c", "a alpha", "a"];
    assert_eq!(found, expected);
    let cell = CellParameters::new(4.0, 4.0, 6.0, 90.0, 90.0, 120.0);
    let hexagonal = CrystalFamilyProjector::new(CellShape::Hexagonal);
    let form = hexagonal.reduced(&cell, &[Vector3::new(0.1, 0.2, 0.3)]).unwrap();
    assert_eq!(form.names, ["a", "c", "x1", "y1", "z1"]);
    let u = nalgebra::DVector::from_vec(vec![4.0, 6.0, 0.1, 0.2, 0.3]);
    let p = nalgebra::DVector::from_vec(form.origin) + form.basis * u;
    assert_eq!(p.as_slice(), [4.0, 4.0, 6.0, 90.0, 90.0, 120.0, 0.1, 0.2, 0.3]);
}

#[test]
fn a_ramp_over_nothing_is_refused() {
    let e = Ramp::new(Identity.into(), 0, Rise::Linear).err().unwrap();
    assert!(e.to_string().contains("over = 0"), "{e}");
}

#[test]
fn shapes_follow_families_and_their_setting() {
    let hexagonal = CellParameters::new(4.8, 4.8, 2.8, 90.0, 90.0, 120.0);
    let rhombohedral = CellParameters::new(5.0, 5.0, 5.0, 62.0, 62.0, 62.0);
    let shape = |f, c| CellShape::of(f, c);
    assert_eq!(shape(CrystalFamily::Hexagonal, &hexagonal), CellShape::Hexagonal);
    assert_eq!(shape(CrystalFamily::Hexagonal, &rhombohedral), CellShape::Rhombohedral);
    assert_eq!(shape(CrystalFamily::Cubic, &rhombohedral), CellShape::Cubic);
    let p =
        projected(CellShape::Rhombohedral, &CellParameters::new(4.0, 5.0, 6.0, 60.0, 61.0, 62.0));
    assert!(distance(&p, &CellParameters::new(5.0, 5.0, 5.0, 61.0, 61.0, 61.0)) < 1e-12);
}

#[test]
fn cells_that_are_not_numbers_are_refused_and_left_alone() {
    let mut cell = CellParameters::new(4.0, f64::NAN, 6.0, 60.0, 61.0, 62.0);
    let e = CrystalFamilyProjector::new(CellShape::Cubic).project(&mut cell, &mut []).unwrap_err();
    assert!(e.to_string().contains("parameter or coordinate 1"), "{e}");
    assert!((cell.a - 4.0).abs() < 1e-15);
}

#[test]
fn the_identity_moves_nothing() {
    let cell = CellParameters::new(4.0, 5.0, 6.0, 60.0, 61.0, 62.0);
    let sites = [Vector3::new(0.1, 0.2, 0.3)];
    let identity = AnyProjector::from(Identity);
    assert!(identity.violation(&cell, &sites) < 1e-300);
}
