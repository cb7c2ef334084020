//! Broken potentials are rejected.

use crate::rejected;
use braggscape_crystal::Structure;
use braggscape_potential::{
    Evaluation, LennardJones, LennardJonesOptions, Potential, PotentialError,
};
use braggscape_testkit::conformance::{self, PotentialClaims};
use nalgebra::Vector3;
use std::sync::atomic::{AtomicU64, Ordering};

/// A pair potential with one fault.
struct Broken(LennardJones, Fault, AtomicU64);

#[derive(PartialEq)]
enum Fault {
    None,
    ForcesOfTwice,
    StressOfPressure,
    FieldAlongZ,
    DependsOnOrigin,
    DependsOnOrder,
    EnergyAnAtom,
    CountsCalls,
    AddsToTheBuffer,
    TakesMixedSites,
}

impl Potential for Broken {
    fn evaluate(&self, s: &Structure, out: &mut Evaluation) -> Result<(), PotentialError> {
        let before = out.energy;
        let whole: Vec<_> = s
            .sites()
            .iter()
            .map(|site| braggscape_crystal::Site::new(site.element, site.frac))
            .collect();
        if self.1 == Fault::TakesMixedSites && s.sites().iter().any(|x| x.occupancy < 1.0) {
            let one = Structure::new(*s.lattice(), whole[..1].to_vec())?;
            return self.0.evaluate(&one, out);
        }
        self.0.evaluate(s, out)?;
        let calls = self.2.fetch_add(1, Ordering::Relaxed) as f64;
        let first = s.lattice().cart(&s.sites()[0].frac);
        match self.1 {
            Fault::None | Fault::TakesMixedSites => {}
            Fault::ForcesOfTwice => out.forces.iter_mut().for_each(|f| *f *= 2.0),
            Fault::StressOfPressure => out.stress = -out.stress,
            Fault::FieldAlongZ => {
                out.energy -= first.z;
                out.forces[0] += Vector3::z();
            }
            Fault::DependsOnOrigin => out.energy += first.norm(),
            Fault::DependsOnOrder => {
                out.energy += 0.01 * f64::from(s.sites()[0].element.atomic_number());
            }
            Fault::EnergyAnAtom => out.energy /= s.n_sites() as f64,
            Fault::CountsCalls => out.energy += 1e-12 * calls,
            Fault::AddsToTheBuffer => out.energy += before,
        }
        Ok(())
    }
}

fn suite(fault: Fault, differences: bool) -> conformance::Conformance {
    let options = LennardJonesOptions { epsilon: 0.3, sigma: 1.6, cutoff: 5.0 };
    let inner = LennardJones::new(options).unwrap();
    let tolerance = PotentialClaims::default().differences;
    let claims = PotentialClaims {
        differences: tolerance.filter(|_| differences),
        ..PotentialClaims::default()
    };
    conformance::potential(&Broken(inner, fault, AtomicU64::new(0)), claims)
}

#[test]
fn a_sound_potential_passes() {
    assert_eq!(suite(Fault::None, true).checks().len(), 11);
    assert_eq!(suite(Fault::None, false).checks().len(), 9);
}

#[test]
fn broken_potentials_are_rejected() {
    let check = |fault, law| rejected(|| suite(fault, true), law);
    check(Fault::ForcesOfTwice, "forces agree with differences");
    check(Fault::StressOfPressure, "stress agrees with differences");
    // Differences see that a field is no stress; without them the sum of the forces does.
    let check = |fault, law| rejected(|| suite(fault, false), law);
    check(Fault::FieldAlongZ, "forces sum to zero");
    check(Fault::DependsOnOrigin, "a crystal may be moved");
    check(Fault::DependsOnOrder, "the order of sites does not matter");
    check(Fault::EnergyAnAtom, "a supercell has its cells' energies");
    check(Fault::CountsCalls, "the same crystal gives the same bits");
    check(Fault::AddsToTheBuffer, "the same crystal gives the same bits");
    check(Fault::TakesMixedSites, "a mixed site is an error");
}
