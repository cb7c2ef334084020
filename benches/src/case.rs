//! The refinements that are timed: a distorted copy of a crystal against the pattern of the crystal.

use anyhow::Context as _;
use braggscape_crystal::{CellParameters, Lattice, Structure, study_crystal};
use nalgebra::Vector3;
use serde_json::{Value, json};

/// Relative changes of a, b, c, alpha, beta, gamma.
const STRAIN: [f64; 6] = [1.01, 0.99, 1.02, 1.003, 0.997, 1.002];

/// Largest change of a fractional coordinate.
const SHIFT: f64 = 0.01;

/// Iterates that are evaluated in turn, so that no kernel sees the same structure twice in a row.
const N_STARTS: usize = 4;

/// One refinement.
#[derive(Debug, Clone)]
pub struct Case {
    /// Formula of the crystal.
    pub name: &'static str,
    /// The crystal, whose pattern is the target.
    pub truth: Structure,
    /// The distorted copy that results are compared at, then others a millionth larger each.
    pub starts: Vec<Structure>,
}

impl Case {
    /// The three refinements: three, six and twenty-four sites.
    ///
    /// # Errors
    /// Never for the embedded crystals.
    pub fn all() -> anyhow::Result<Vec<Self>> {
        ["u2ti", "au2s", "na3mnconio6"].into_iter().map(Self::of).collect()
    }

    fn of(name: &str) -> anyhow::Result<Self> {
        let crystal = study_crystal(name).with_context(|| format!("no study crystal `{name}`"))?;
        let truth = crystal.structure();
        let coords: Vec<Vector3<f64>> = truth
            .frac_coords()
            .iter()
            .enumerate()
            .map(|(j, frac)| {
                Vector3::from_fn(|i, _| frac[i] + SHIFT * (f64::from(step(3 * j + i)) / 5.0))
            })
            .collect();
        let moved = truth.with_frac_coords(&coords)?;
        let cell = truth.cell().to_array();
        let start = |n: usize| -> anyhow::Result<Structure> {
            let size = 1.0 + 1e-6 * n as f64;
            let cell =
                std::array::from_fn(|i| cell[i] * STRAIN[i] * if i < 3 { size } else { 1.0 });
            Ok(moved.with_lattice(Lattice::from_parameters(&CellParameters::from_array(cell))?))
        };
        let starts = (0..N_STARTS).map(start).collect::<anyhow::Result<_>>()?;
        Ok(Self { name: crystal.formula, truth, starts })
    }

    /// The start that results are compared at.
    pub fn start(&self) -> &Structure {
        &self.starts[0]
    }

    /// The case as the scripts of `tests/peers` read it.
    pub fn to_json(&self) -> Value {
        let half = |s: &Structure| {
            let coords: Vec<[f64; 3]> = s.frac_coords().iter().map(|f| (*f).into()).collect();
            json!({ "cell": s.cell().to_array(), "coords": coords })
        };
        let sites = self.truth.sites();
        json!({
            "name": self.name,
            "elements": sites.iter().map(|s| s.element.symbol()).collect::<Vec<_>>(),
            "numbers": sites.iter().map(|s| s.element.atomic_number()).collect::<Vec<_>>(),
            "true": half(&self.truth),
            "start": half(self.start()),
        })
    }
}

/// A number from -5 to 5 that differs between neighbours.
fn step(n: usize) -> i8 {
    (7 * n % 11) as i8 - 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_distorted_and_differ() {
        for case in Case::all().unwrap() {
            assert_eq!(case.truth.n_sites(), case.start().n_sites());
            let (true_cell, cell) = (case.truth.cell(), case.start().cell());
            assert!((cell.a / true_cell.a - 1.01).abs() < 1e-9);
            let moved = case.start().frac_coords()[0] - case.truth.frac_coords()[0];
            assert!((moved - Vector3::new(-0.01, 0.004, -0.004)).norm() < 1e-12, "{moved}");
            assert!(case.starts.windows(2).all(|w| w[0] != w[1]));
        }
    }
}
