//! Laws of noise models.

use super::suite::{Conformance, Suite, failed, on_another_thread, same_bits};
use crate::strategies::{patterns, structures};
use braggscape_crystal::Structure;
use braggscape_noise::NoiseModel;
use braggscape_pattern::Pattern;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// What a noise model claims to do. By default it claims to do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoiseClaims {
    /// Structures are distorted at random; otherwise they stay as they are, to the bit.
    pub distorts: bool,
    /// Whether and how patterns are corrupted.
    pub corrupts: Corruption,
    /// The distorted structure has the same elements and occupancies, site by site.
    pub keeps_composition: bool,
}

/// What a noise model claims to do to patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Corruption {
    /// Nothing: they stay as they are, to the bit.
    #[default]
    Never,
    /// Always the same.
    Alike,
    /// Another seed gives another pattern.
    AtRandom,
}

/// Checks a noise model. The laws:
///
/// - the same state of the generator gives the same bits and leaves the generator in the same state, after other calls and on
///   another thread;
/// - another seed gives another structure (pattern) where distortion (corruption at random) is claimed, the same altered pattern
///   where alike corruption is; otherwise nothing changes;
/// - distorted structures are crystals with finite coordinates; corrupted patterns are finite and stay on their axis, their
///   uncertainties are not negative and are not lost;
/// - what is claimed: the composition stays.
///
/// A distortion that fails (a crystal strained flat) is no fault, unless more than one in ten does.
///
/// # Panics
/// If a law does not hold.
#[track_caller]
pub fn noise_model(model: &dyn NoiseModel, claims: NoiseClaims) -> Conformance {
    let mut suite = Suite::new("noise model");
    let crystals = (structures(1..6), any::<u64>());
    let profiles = (patterns(8..40), any::<u64>());

    suite.law("the same state gives the same structure", 64, &crystals, |(s, seed)| {
        let first = distort(model, &s, seed);
        distort(model, &s, !seed);
        let elsewhere = on_another_thread(|| distort(model, &s, seed))?;
        for other in [distort(model, &s, seed), elsewhere] {
            prop_assert_eq!(&first, &other, "the same seed gave another result");
        }
        Ok(())
    });
    suite.law("the same state gives the same pattern", 64, &profiles, |(p, seed)| {
        let first = corrupt(model, &p, seed)?;
        corrupt(model, &p, !seed)?;
        let elsewhere = on_another_thread(|| corrupt(model, &p, seed))??;
        for other in [corrupt(model, &p, seed)?, elsewhere] {
            same_bits("the intensities", first.0.y(), other.0.y())?;
            let sigma = |p: &Pattern| p.sigma().map(<[f64]>::to_vec).unwrap_or_default();
            same_bits("the uncertainties", &sigma(&first.0), &sigma(&other.0))?;
            prop_assert_eq!(first.1, other.1, "the generator is left in another state");
        }
        Ok(())
    });
    if claims.distorts {
        suite.law("another seed gives another structure", 64, &crystals, |(s, seed)| {
            let (a, b) = (distort(model, &s, seed).0, distort(model, &s, !seed).0);
            prop_assert!(a.is_none() || a != b, "two seeds gave the same structure");
            Ok(())
        });
    } else {
        suite.law("structures stay as they are", 32, &crystals, |(s, seed)| {
            prop_assert_eq!(distort(model, &s, seed).0, Some(s));
            Ok(())
        });
    }
    if claims.corrupts == Corruption::AtRandom {
        suite.law("another seed gives another pattern", 64, &profiles, |(p, seed)| {
            let (a, b) = (corrupt(model, &p, seed)?.0, corrupt(model, &p, !seed)?.0);
            prop_assert!(same_bits("", a.y(), b.y()).is_err(), "two seeds gave the same pattern");
            Ok(())
        });
    } else if claims.corrupts == Corruption::Alike {
        suite.law("every seed alters patterns alike", 64, &profiles, |(p, seed)| {
            let (a, b) = (corrupt(model, &p, seed)?.0, corrupt(model, &p, !seed)?.0);
            same_bits("the intensities of two seeds", a.y(), b.y())?;
            prop_assert!(same_bits("", a.y(), p.y()).is_err(), "the pattern stays as it is");
            Ok(())
        });
    } else {
        suite.law("patterns stay as they are", 32, &profiles, |(p, seed)| {
            same_bits("the intensities", p.y(), corrupt(model, &p, seed)?.0.y())
        });
    }
    suite.law("most structures can be distorted", 4, &structures(1..6), |s| {
        let n_failed = (0..50).filter(|seed| distort(model, &s, *seed).0.is_none()).count();
        prop_assert!(n_failed <= 5, "{n_failed} of 50 seeds failed");
        Ok(())
    });
    suite.law("distorted structures are crystals", 128, &crystals, |(s, seed)| {
        if let Some(d) = distort(model, &s, seed).0 {
            d.cell().check().map_err(failed)?;
            prop_assert!(
                d.n_sites() > 0 && d.frac_coords().iter().all(|f| f.iter().all(|x| x.is_finite()))
            );
        }
        Ok(())
    });
    suite.law("corrupted patterns are finite and on their axis", 128, &profiles, |(p, seed)| {
        let out = corrupt(model, &p, seed)?.0;
        prop_assert!(out.axis().is_same(p.axis()) && out.n_points() == p.n_points());
        prop_assert!(out.y().iter().all(|v| v.is_finite()), "{:?}", out.y());
        prop_assert!(out.sigma().is_some() || p.sigma().is_none(), "uncertainties are lost");
        let sigma = out.sigma().unwrap_or_default();
        prop_assert!(sigma.iter().all(|s| s.is_finite() && *s >= 0.0), "{sigma:?}");
        Ok(())
    });
    if claims.keeps_composition {
        suite.law("the composition stays", 64, &crystals, |(s, seed)| {
            if let Some(d) = distort(model, &s, seed).0 {
                let shares = |s: &Structure| -> Vec<_> {
                    s.sites().iter().map(|x| (x.element, x.occupancy.to_bits())).collect()
                };
                prop_assert_eq!(shares(&s), shares(&d));
            }
            Ok(())
        });
    }
    suite.finish()
}

/// The distorted structure, `None` if there is none, and the next number of the generator.
fn distort(model: &dyn NoiseModel, s: &Structure, seed: u64) -> (Option<Structure>, u64) {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let distorted = model.distort(s, &mut rng).ok();
    (distorted, rng.next_u64())
}

/// The corrupted pattern and the next number of the generator.
fn corrupt(
    model: &dyn NoiseModel,
    pattern: &Pattern,
    seed: u64,
) -> Result<(Pattern, u64), TestCaseError> {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let mut out = pattern.clone();
    model.corrupt(&mut out, &mut rng).map_err(failed)?;
    Ok((out, rng.next_u64()))
}
