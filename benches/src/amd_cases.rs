//! The crystals whose AMD and earth mover's distances are timed: those of the peak lists, each with a distorted copy.

use crate::{Listed, default_fixture, listed};
use braggscape_crystal::{Lattice, Structure};
use nalgebra::{Matrix3, Vector3};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

/// A crystal and its copy.
#[derive(Debug, Clone)]
pub struct AmdCase {
    /// Formula of a study crystal, or identifier of a row of the development sample.
    pub name: String,
    /// The crystal.
    pub structure: Structure,
    /// The same with its lattice strained by up to 0.05 and its coordinates displaced by up to 0.02.
    pub copy: Structure,
}

/// The crystals of the peak lists, the ten study crystals first.
///
/// # Errors
/// If the fixture cannot be read.
pub fn amd_cases() -> anyhow::Result<Vec<AmdCase>> {
    let mut rng = ChaCha12Rng::seed_from_u64(5);
    let listed = listed(&default_fixture())?;
    listed.into_iter().map(|listed| case(listed, &mut rng)).collect()
}

fn case(listed: Listed, rng: &mut ChaCha12Rng) -> anyhow::Result<AmdCase> {
    let mut uniform =
        |size: f64| size * (2.0 * (rng.next_u64() >> 11) as f64 / 2_f64.powi(53) - 1.0);
    let Listed { name, structure, .. } = listed;
    let strain = Matrix3::identity() + Matrix3::from_fn(|_, _| uniform(0.05));
    let lattice = Lattice::from_columns(strain * structure.lattice().columns())?;
    let frac: Vec<Vector3<f64>> = structure
        .frac_coords()
        .iter()
        .map(|frac| frac + Vector3::from_fn(|_, _| uniform(0.02)))
        .collect();
    let copy = structure.with_lattice(lattice).with_frac_coords(&frac)?;
    Ok(AmdCase { name, structure, copy })
}

/// What the script of `tests/peers/amd` reads.
pub fn amd_cases_to_json(cases: &[AmdCase]) -> Value {
    let side = |s: &Structure| {
        let frac: Vec<[f64; 3]> = s.frac_coords().iter().map(|f| (*f).into()).collect();
        json!({ "rows": s.lattice().rows(), "frac": frac })
    };
    let case = |case: &AmdCase| json!({ "name": case.name, "structure": side(&case.structure), "copy": side(&case.copy) });
    json!({ "cases": cases.iter().map(case).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_distorted_and_always_the_same() {
        let cases = amd_cases().unwrap();
        assert_eq!(cases.len(), 110);
        assert!(cases.iter().all(|case| case.structure != case.copy));
        assert_eq!(amd_cases_to_json(&cases), amd_cases_to_json(&amd_cases().unwrap()));
    }
}
