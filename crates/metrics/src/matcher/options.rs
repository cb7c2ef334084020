//! Options of the matcher.

use crate::MetricError;
use serde::{Deserialize, Serialize};

/// Options of a [`crate::StructureMatcher`], with pymatgen's names and defaults.
///
/// The switches are independent, hence many.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of pymatgen's class")]
pub struct StructureMatcherOptions {
    /// Fractional tolerance of lattice lengths, at least 0. Default 0.2.
    pub ltol: f64,
    /// Tolerance of sites, as a fraction of (V/N)^(1/3), above 0. Default 0.3.
    pub stol: f64,
    /// Tolerance of lattice angles, degrees, 0 to 180. Default 5.
    pub angle_tol: f64,
    /// Whether both structures are reduced to primitive cells first. Default true.
    pub primitive_cell: bool,
    /// Whether both structures are scaled to one volume per cell first. Default true.
    pub scale: bool,
    /// Whether a supercell of the smaller structure may match the larger one. Default false.
    pub attempt_supercell: bool,
    /// Whether a match must hold in both orders of the arguments. Default false.
    pub symmetric: bool,
    /// Whether the elements of one structure may stand for other elements of the other. Default false.
    pub anonymous: bool,
}

impl Default for StructureMatcherOptions {
    fn default() -> Self {
        Self {
            ltol: 0.2,
            stol: 0.3,
            angle_tol: 5.0,
            primitive_cell: true,
            scale: true,
            attempt_supercell: false,
            symmetric: false,
            anonymous: false,
        }
    }
}

impl StructureMatcherOptions {
    /// The tolerances of the recovery study: `ltol` 0.1, `stol` 0.2, `angle_tol` 5°.
    pub fn study() -> Self {
        Self { ltol: 0.1, stol: 0.2, ..Self::default() }
    }

    pub(super) fn check(&self) -> Result<(), MetricError> {
        let range = |name, value: f64, ok: bool, expected| {
            if ok { Ok(()) } else { Err(MetricError::OptionRange { name, value, expected }) }
        };
        range("ltol", self.ltol, (0.0..=10.0).contains(&self.ltol), "0 to 10")?;
        range("stol", self.stol, self.stol > 0.0 && self.stol <= 100.0, "above 0, at most 100")?;
        let angle = (0.0..=180.0).contains(&self.angle_tol);
        range("angle_tol", self.angle_tol, angle, "0 to 180 degrees")?;
        if self.symmetric && self.anonymous {
            return Err(MetricError::ExcludedOptions { first: "symmetric", second: "anonymous" });
        }
        Ok(())
    }
}
