//! The refinements that are timed: a distorted copy of a crystal against the pattern of the crystal.

use anyhow::Context as _;
use braggscape_crystal::{CellParameters, Lattice, Structure, study_crystal};
use nalgebra::Vector3;
use serde_json::{Value, json};

/// Relative changes of a, b, c, alpha, beta, gamma.
const STRAIN: [f64; 6] = [1.01, 0.99, 1.02, 1.003, 0.997, 1.002];

/// Largest change of a fractional coordinate.
const SHIFT: f64 = 0.01;

/// Iterates that are evaluated in turn, so that no kernel sees the same lattice or the same coordinates twice in a row: what does
/// not change is not computed again.
const N_STARTS: usize = 4;

/// Relative steps of a, b, c from one iterate to the next. They are those of a refinement that is not yet done: reflections enter and
/// leave.
const STEPS: [f64; 3] = [1e-3, -7e-4, 4e-4];

/// Step of each fractional coordinate from one iterate to the next.
const SHIFT_STEP: f64 = 1e-4;

/// One refinement.
#[derive(Debug, Clone)]
pub struct Case {
    /// Formula of the crystal.
    pub name: &'static str,
    /// The crystal, whose pattern is the target.
    pub truth: Structure,
    /// The distorted copy that results are compared at, then others with lattice and coordinates somewhat off it.
    pub starts: Vec<Structure>,
    /// The same lattices, all with the coordinates of the first: iterates of a refinement of the lattice alone.
    pub lattice_starts: Vec<Structure>,
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
        let coords = |n: usize| -> Vec<Vector3<f64>> {
            let size = SHIFT + SHIFT_STEP * n as f64;
            let move_site = |(j, frac): (usize, &Vector3<f64>)| {
                Vector3::from_fn(|i, _| frac[i] + size * (f64::from(step(3 * j + i)) / 5.0))
            };
            truth.frac_coords().iter().enumerate().map(move_site).collect()
        };
        let cell = truth.cell().to_array();
        let start = |coords: &[Vector3<f64>], n: usize| -> anyhow::Result<Structure> {
            let size = |i: usize| 1.0 + STEPS.get(i).unwrap_or(&0.0) * n as f64;
            let cell =
                CellParameters::from_array(std::array::from_fn(|i| cell[i] * STRAIN[i] * size(i)));
            Ok(truth.with_frac_coords(coords)?.with_lattice(Lattice::from_parameters(&cell)?))
        };
        let all = 0..N_STARTS;
        let starts = all.clone().map(|n| start(&coords(n), n)).collect::<anyhow::Result<_>>()?;
        let lattice_starts = all.map(|n| start(&coords(0), n)).collect::<anyhow::Result<_>>()?;
        Ok(Self { name: crystal.formula, truth, starts, lattice_starts })
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
    use braggscape_xrd::{Structsnap, StructsnapOptions};

    #[test]
    fn starts_are_distorted_and_differ() {
        for case in Case::all().unwrap() {
            assert_eq!(case.truth.n_sites(), case.start().n_sites());
            let (true_cell, cell) = (case.truth.cell(), case.start().cell());
            assert!((cell.a / true_cell.a - 1.01).abs() < 1e-9);
            let moved = case.start().frac_coords()[0] - case.truth.frac_coords()[0];
            assert!((moved - Vector3::new(-0.01, 0.004, -0.004)).norm() < 1e-12, "{moved}");
            assert_eq!(case.starts[0], case.lattice_starts[0]);
            for (both, lattice) in case.starts.windows(2).zip(case.lattice_starts.windows(2)) {
                assert_ne!(both[0].lattice(), both[1].lattice());
                assert_ne!(both[0].frac_coords(), both[1].frac_coords());
                assert_ne!(lattice[0].lattice(), lattice[1].lattice());
                assert_eq!(lattice[0].frac_coords(), lattice[1].frac_coords());
            }
        }
    }

    #[test]
    fn reflections_enter_and_leave_between_iterates() {
        let model = Structsnap::new(StructsnapOptions::default()).unwrap();
        for case in Case::all().unwrap() {
            for starts in [&case.starts, &case.lattice_starts] {
                let lists = starts.iter().map(|s| model.reflections(s).unwrap());
                let mut hkl = lists.map(|list| list.hkl().to_vec()).collect::<Vec<_>>();
                hkl.dedup();
                assert!(hkl.len() > 1, "{}", case.name);
            }
        }
    }
}
