//! Every built-in keeps the laws of projectors.

use braggscape_projector::{
    AnyProjector, CellShape, CrystalFamilyProjector, Identity, Projector, Ramp, Rise,
};
use braggscape_testkit::conformance::{self, ProjectorClaims};

#[track_caller]
fn check(projector: &AnyProjector) {
    for n_sites in [0, 3] {
        let claims = ProjectorClaims { n_sites, ..Default::default() };
        let checked = conformance::projector(projector, claims);
        assert!(checked.has("the reduced form is the constraint"));
    }
}

#[test]
fn crystal_families() {
    for shape in CellShape::ALL {
        check(&CrystalFamilyProjector::new(shape).into());
        check(&AnyProjector::external(CrystalFamilyProjector::new(shape)));
    }
}

#[test]
fn identity() {
    check(&Identity.into());
}

#[test]
fn ramps() {
    for rise in [Rise::Linear, Rise::Smooth] {
        let inner = || CrystalFamilyProjector::new(CellShape::Hexagonal).into();
        let once = Ramp::new(inner(), 700, rise).unwrap();
        assert!(once.weight_at(0) < 1e-300 && once.weight_at(699) < 1.0);
        check(&once.into());
        let twice = Ramp::new(Ramp::new(inner(), 50, rise).unwrap().into(), 700, rise).unwrap();
        check(&twice.into());
    }
}
