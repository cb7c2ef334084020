//! The ten study crystals, embedded.

use crate::io::{Format, read_one};
use crate::{CrystalFamily, Structure};

/// One of the ten crystals of the study: conventional cells from the Materials Project (CC BY 4.0).
///
/// # References
/// A. Jain et al., APL Materials 1, 011002 (2013), doi:10.1063/1.4812323.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StudyCrystal {
    /// File stem and lower-case name, such as `"u2ti"`; the formula without brackets.
    pub name: &'static str,
    /// Materials Project identifier, such as `"mp-1709"`.
    pub id: &'static str,
    /// Reduced formula.
    pub formula: &'static str,
    /// Space-group number, 1 to 230.
    pub space_group_number: i32,
    /// Short Hermann-Mauguin symbol.
    pub hm_symbol: &'static str,
    /// Crystal family.
    pub crystal_family: CrystalFamily,
    /// The symmetry-reduced CIF, as under `configs/structures`.
    pub cif: &'static str,
}

impl StudyCrystal {
    /// All sites of the conventional cell.
    ///
    /// # Panics
    /// Never: a test reads all ten.
    pub fn structure(&self) -> Structure {
        match read_one(self.cif.as_bytes(), Format::Cif, self.name) {
            Ok(named) => named.structure,
            Err(e) => panic!("embedded crystal: {e}"),
        }
    }
}

/// The ten crystals, in the order of the study.
pub fn study_crystals() -> &'static [StudyCrystal] {
    &CRYSTALS
}

/// The study crystal with this name, Materials Project identifier or formula, in any letter case.
pub fn study_crystal(name: &str) -> Option<&'static StudyCrystal> {
    let name = name.trim();
    CRYSTALS.iter().find(|c| [c.name, c.id, c.formula].iter().any(|n| n.eq_ignore_ascii_case(name)))
}

macro_rules! crystal {
    ($name:literal, $id:literal, $formula:literal, $number:literal, $hm:literal, $family:ident) => {
        StudyCrystal {
            name: $name,
            id: $id,
            formula: $formula,
            space_group_number: $number,
            hm_symbol: $hm,
            crystal_family: CrystalFamily::$family,
            cif: include_str!(concat!("../../../configs/structures/", $name, ".cif")),
        }
    };
}

static CRYSTALS: [StudyCrystal; 10] = [
    crystal!("u2ti", "mp-1709", "U2Ti", 191, "P6/mmm", Hexagonal),
    crystal!("au2s", "mp-947", "Au2S", 224, "Pn-3m", Cubic),
    crystal!("na3mnconio6", "mp-1221227", "Na3MnCoNiO6", 8, "Cm", Monoclinic),
    crystal!("al2hgs4", "mp-7906", "Al2HgS4", 82, "I-4", Tetragonal),
    crystal!("caco2as2", "mp-569298", "Ca(CoAs)2", 139, "I4/mmm", Tetragonal),
    crystal!("tialrh2", "mp-866153", "TiAlRh2", 225, "Fm-3m", Cubic),
    crystal!("li5sbo5", "mp-29364", "Li5SbO5", 12, "C2/m", Monoclinic),
    crystal!("nas", "mp-2400", "NaS", 194, "P6_3/mmc", Hexagonal),
    crystal!("csybbr3", "mp-568005", "CsYbBr3", 221, "Pm-3m", Cubic),
    crystal!("cosi4ni3", "mp-1226011", "CoSi4Ni3", 6, "Pm", Monoclinic),
];
