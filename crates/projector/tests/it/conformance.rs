//! Every built-in keeps the laws of projectors.

use braggscape_projector::{AnyProjector, CellShape, CrystalFamilyProjector, Identity};
use braggscape_testkit::conformance::{self, ProjectorClaims};

#[track_caller]
fn check(projector: &AnyProjector) {
    for n_sites in [0, 3] {
        conformance::projector(projector, ProjectorClaims { n_sites });
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
