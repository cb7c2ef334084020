//! Every built-in keeps the laws of noise models.

use braggscape_noise::{
    AnyNoiseModel, Background, Counts, Displacement, IntensityError, NoNoise, Sequence, Strain,
    ZeroShift,
};
use braggscape_testkit::conformance::{self, Corruption, NoiseClaims};

/// Claims nothing but that elements and occupancies stay.
const NOTHING: NoiseClaims =
    NoiseClaims { distorts: false, corrupts: Corruption::Never, keeps_composition: true };
const DISTORTS: NoiseClaims = NoiseClaims { distorts: true, ..NOTHING };
const CORRUPTS: NoiseClaims = NoiseClaims { corrupts: Corruption::AtRandom, ..NOTHING };
const ALTERS: NoiseClaims = NoiseClaims { corrupts: Corruption::Alike, ..NOTHING };

#[track_caller]
fn check(model: impl Into<AnyNoiseModel>, claims: NoiseClaims) {
    conformance::noise_model(&model.into(), claims);
}

#[test]
fn strains() {
    for sigma in [1e-3, 0.1, 0.2] {
        check(Strain::new(sigma).unwrap(), DISTORTS);
        check(AnyNoiseModel::external(Strain::new(sigma).unwrap()), DISTORTS);
    }
}

#[test]
fn displacements() {
    for sigma in [1e-3, 0.1, 0.5] {
        check(Displacement::new(sigma).unwrap(), DISTORTS);
    }
}

#[test]
fn counts() {
    for peak in [1e3, 1e6, 1e9] {
        check(Counts::new(peak).unwrap(), CORRUPTS);
    }
}

#[test]
fn backgrounds() {
    check(Background::new(0.1, vec![1.0]).unwrap(), ALTERS);
    check(Background::new(0.3, vec![1.0, -0.2, 0.4]).unwrap(), ALTERS);
}

#[test]
fn zero_shifts() {
    check(ZeroShift::new(0.0, 0.05).unwrap(), CORRUPTS);
    check(ZeroShift::new(0.013, 0.0).unwrap(), ALTERS);
    check(ZeroShift::new(-0.5, 0.0).unwrap(), ALTERS);
}

#[test]
fn intensity_errors() {
    check(IntensityError::new(0.1, 1.5).unwrap(), CORRUPTS);
    check(IntensityError::new(0.5, 0.01).unwrap(), CORRUPTS);
}

#[test]
fn sequences() {
    let all = || -> Vec<AnyNoiseModel> {
        vec![
            ZeroShift::new(0.01, 0.02).unwrap().into(),
            Background::new(0.1, vec![1.0, 0.3]).unwrap().into(),
            Strain::new(0.05).unwrap().into(),
            Counts::new(1e5).unwrap().into(),
        ]
    };
    check(Sequence::new(all()), NoiseClaims { distorts: true, ..CORRUPTS });
    let nested = vec![Sequence::new(all()).into(), Displacement::new(0.01).unwrap().into()];
    check(Sequence::new(nested), NoiseClaims { distorts: true, ..CORRUPTS });
    check(Sequence::new(vec![Background::new(0.2, vec![1.0]).unwrap().into()]), ALTERS);
    check(Sequence::new(Vec::new()), NOTHING);
}

#[test]
fn level_zero_and_no_noise_change_nothing() {
    check(NoNoise, NOTHING);
    check(Strain::new(0.0).unwrap(), NOTHING);
    check(Displacement::new(0.0).unwrap(), NOTHING);
    check(Background::new(0.0, vec![1.0, 2.0]).unwrap(), NOTHING);
    check(Background::new(0.5, vec![]).unwrap(), NOTHING);
    check(ZeroShift::new(0.0, 0.0).unwrap(), NOTHING);
    check(IntensityError::new(0.0, 1.0).unwrap(), NOTHING);
}
