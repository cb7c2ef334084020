//! Every built-in keeps the laws of potentials.

use braggscape_potential::{
    AnyPotential, Chgnet, ChgnetWeights, LennardJones, LennardJonesOptions,
};
use braggscape_testkit::conformance::{self, PotentialClaims};

#[track_caller]
fn check(potential: &AnyPotential, claims: PotentialClaims) {
    let checked = conformance::potential(potential, claims);
    assert_eq!(checked.has("forces agree with differences"), claims.differences.is_some());
}

#[test]
fn lennard_jones() {
    for (sigma, cutoff) in [(2.0, 5.0), (1.6, 6.5)] {
        let options = LennardJonesOptions { epsilon: 0.3, sigma, cutoff };
        let potential = || LennardJones::new(options).unwrap();
        check(&potential().into(), PotentialClaims::default());
        check(&AnyPotential::external(potential()), PotentialClaims::default());
    }
}

/// Weights drawn from a hash of their places: the laws do not ask for trained ones.
fn untrained() -> ChgnetWeights {
    let mut state = 0_u64;
    ChgnetWeights::from_fn(move |name, inputs, place| {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let drawn = ((z ^ (z >> 31)) >> 40) as f32 / (1_u64 << 23) as f32 - 1.0;
        if name.ends_with("frequencies") {
            let base = if name.contains("fourier") { 1.0 } else { std::f32::consts::PI };
            (place + 1) as f32 * base * (1.0 + 0.05 * drawn)
        } else if inputs > 0 {
            drawn * (3.0 / inputs as f32).sqrt()
        } else if name.contains("norm.weight") || name.contains("bn1.weight") {
            1.0 + 0.3 * drawn
        } else {
            0.3 * drawn
        }
    })
}

#[test]
fn chgnet_in_double_precision() {
    let claims = PotentialClaims { max_sites: 3, cases: 8, ..Default::default() };
    check(&AnyPotential::external(Chgnet::<f64>::new(&untrained())), claims);
}

#[test]
fn chgnet_in_single_precision() {
    let claims = PotentialClaims {
        max_sites: 3,
        cases: 8,
        rounding: 3e-4,
        differences: None,
        ..Default::default()
    };
    check(&Chgnet::new(&untrained()).into(), claims);
}
