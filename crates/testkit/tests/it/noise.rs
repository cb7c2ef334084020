//! Broken noise models are rejected.

use crate::rejected;
use braggscape_crystal::{Lattice, Site, Structure};
use braggscape_noise::{NoNoise, NoiseError, NoiseModel};
use braggscape_pattern::Pattern;
use braggscape_testkit::conformance::{self, Corruption, NoiseClaims};
use rand::{Rng, RngExt};
use std::sync::atomic::{AtomicU64, Ordering};

/// Scales the lattice by up to 1 % and adds up to 1 to every intensity, with one fault.
struct Breathing(Fault, AtomicU64);

#[derive(PartialEq)]
enum Fault {
    None,
    SameForAllSeeds,
    CountsCalls,
    PatternCountsCalls,
    DropsOccupancies,
    DivergesAtZero,
    FailsOften,
}

impl NoiseModel for Breathing {
    fn distort(&self, s: &Structure, rng: &mut dyn Rng) -> Result<Structure, NoiseError> {
        let drawn: f64 = rng.random();
        let calls = self.1.fetch_add(1, Ordering::Relaxed) as f64;
        if self.0 == Fault::FailsOften && drawn < 0.5 {
            return Err(NoiseError::LevelRange { sigma: drawn, expected: "above 0.5" });
        }
        let by = match self.0 {
            Fault::SameForAllSeeds => 1.01,
            Fault::CountsCalls => 1.0 + 0.01 * drawn + 1e-9 * calls,
            _ => 1.0 + 0.01 * drawn,
        };
        let out = s.with_lattice(Lattice::from_columns(s.lattice().columns() * by)?);
        if self.0 == Fault::DropsOccupancies {
            let sites = out.sites().iter().map(|x| Site::new(x.element, x.frac)).collect();
            return Ok(Structure::new(*out.lattice(), sites)?);
        }
        Ok(out)
    }

    fn corrupt(&self, pattern: &mut Pattern, rng: &mut dyn Rng) -> Result<(), NoiseError> {
        let calls = self.1.fetch_add(1, Ordering::Relaxed) as f64;
        for y in pattern.y_mut() {
            let drawn: f64 = rng.random();
            *y += match self.0 {
                Fault::DivergesAtZero => drawn / *y,
                Fault::PatternCountsCalls => drawn + calls,
                _ => drawn,
            };
        }
        Ok(())
    }
}

fn suite(fault: Fault) -> conformance::Conformance {
    let claims =
        NoiseClaims { distorts: true, corrupts: Corruption::AtRandom, keeps_composition: true };
    conformance::noise_model(&Breathing(fault, AtomicU64::new(0)), claims)
}

#[test]
fn a_sound_model_passes() {
    assert_eq!(suite(Fault::None).checks().len(), 8);
}

#[test]
fn broken_models_are_rejected() {
    let check = |fault, law| rejected(|| suite(fault), law);
    check(Fault::CountsCalls, "the same state gives the same structure");
    check(Fault::PatternCountsCalls, "the same state gives the same pattern");
    check(Fault::SameForAllSeeds, "another seed gives another structure");
    check(Fault::DropsOccupancies, "the composition stays");
    check(Fault::DivergesAtZero, "corrupted patterns are finite");
    check(Fault::FailsOften, "most structures can be distorted");
}

#[test]
fn false_claims_are_rejected() {
    let model = Breathing(Fault::None, AtomicU64::new(0));
    let check = |model: &dyn NoiseModel, distorts, corrupts, law| {
        let claims = NoiseClaims { distorts, corrupts, keeps_composition: true };
        rejected(|| conformance::noise_model(model, claims), law);
    };
    check(&model, false, Corruption::AtRandom, "structures stay as they are");
    check(&model, true, Corruption::Never, "patterns stay as they are");
    check(&NoNoise, true, Corruption::Never, "another seed gives another structure");
    check(&NoNoise, false, Corruption::AtRandom, "another seed gives another pattern");
}

/// A model that raises every pattern by 1, with or without a fault.
struct Raised(Lift);

#[derive(PartialEq)]
enum Lift {
    Alike,
    BySeed,
    NotAtAll,
    LosesSigma,
    NegativeSigma,
}

impl NoiseModel for Raised {
    fn corrupt(&self, pattern: &mut Pattern, rng: &mut dyn Rng) -> Result<(), NoiseError> {
        let by = match self.0 {
            Lift::BySeed => 1.0 + rng.random::<f64>(),
            Lift::NotAtAll => 0.0,
            _ => 1.0,
        };
        for y in pattern.y_mut() {
            *y += by;
        }
        match self.0 {
            Lift::LosesSigma => {
                *pattern = Pattern::new(pattern.axis().clone(), pattern.y().to_vec())?;
            }
            Lift::NegativeSigma => pattern.set_sigma(vec![-1.0; pattern.n_points()])?,
            _ => {}
        }
        Ok(())
    }
}

#[test]
fn alterations_are_the_same_for_every_seed_and_keep_uncertainties() {
    let suite = |lift| {
        let claims = NoiseClaims { corrupts: Corruption::Alike, ..NoiseClaims::default() };
        conformance::noise_model(&Raised(lift), claims)
    };
    assert!(suite(Lift::Alike).has("every seed alters patterns alike"));
    for lift in [Lift::BySeed, Lift::NotAtAll] {
        rejected(|| suite(lift), "every seed alters patterns alike");
    }
    for lift in [Lift::LosesSigma, Lift::NegativeSigma] {
        rejected(|| suite(lift), "corrupted patterns are finite and on their axis");
    }
}
