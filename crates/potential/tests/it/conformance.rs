//! Every built-in keeps the laws of potentials.

use braggscape_potential::{AnyPotential, LennardJones, LennardJonesOptions};
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
