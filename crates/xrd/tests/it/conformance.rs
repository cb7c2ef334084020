//! The built-in model keeps the laws of forward models.

use braggscape_testkit::conformance::{self, ForwardClaims};
use braggscape_xrd::{AnyForwardModel, IndexBounds, Structsnap, StructsnapOptions};

/// With StructSnap's box of indices the list depends on the basis; the complete list does not. |F|^2 of n cells described as
/// one is n^2 that of one.
#[track_caller]
fn check(options: StructsnapOptions) {
    let complete = options.index_bounds == IndexBounds::Complete;
    let claims =
        ForwardClaims { complete, friedel: true, supercell_exponent: complete.then_some(2) };
    conformance::forward_model(&Structsnap::new(options).unwrap(), claims);
}

fn base() -> StructsnapOptions {
    StructsnapOptions { n_points: 1700, index_bounds: IndexBounds::Complete, ..Default::default() }
}

#[test]
fn study_model() {
    check(StructsnapOptions { index_bounds: IndexBounds::Structsnap, ..base() });
    check(base());
}

#[test]
fn study_model_on_its_own_grid() {
    check(StructsnapOptions { n_points: 8500, ..base() });
}

#[test]
fn angle_dependent_widths_and_displacements() {
    check(StructsnapOptions { u: 0.3, v: -0.2, w: 0.4, b_iso: 1.3, ..base() });
}

#[test]
fn another_wavelength_and_window() {
    let options = StructsnapOptions { wavelength: 0.7093, ..base() };
    check(options.with_window(8.0, 50.0, 0.05).unwrap());
}

#[test]
fn the_outer_variant_forwards() {
    let model = AnyForwardModel::external(Structsnap::new(base()).unwrap());
    conformance::forward_model(&model, ForwardClaims::default());
}
