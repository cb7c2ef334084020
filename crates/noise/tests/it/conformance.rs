//! Every built-in keeps the laws of noise models.

use braggscape_noise::{AnyNoiseModel, Displacement, NoNoise, Strain};
use braggscape_testkit::conformance::{self, NoiseClaims};

#[track_caller]
fn check(model: &AnyNoiseModel, distorts: bool) {
    let claims = NoiseClaims { distorts, corrupts: false, keeps_composition: true };
    conformance::noise_model(model, claims);
}

#[test]
fn strains() {
    for sigma in [1e-3, 0.1, 0.2] {
        check(&Strain::new(sigma).unwrap().into(), true);
        check(&AnyNoiseModel::external(Strain::new(sigma).unwrap()), true);
    }
}

#[test]
fn displacements() {
    for sigma in [1e-3, 0.1, 0.5] {
        check(&Displacement::new(sigma).unwrap().into(), true);
    }
}

#[test]
fn level_zero_and_no_noise_change_nothing() {
    check(&NoNoise.into(), false);
    check(&Strain::new(0.0).unwrap().into(), false);
    check(&Displacement::new(0.0).unwrap().into(), false);
}
