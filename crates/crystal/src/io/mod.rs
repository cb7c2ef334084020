//! Structure files in and out: CIF, POSCAR, JSON, JSON lines and the CSV layout of CDVAE.
//!
//! Readers take bytes or a [`std::io::BufRead`] with the name of the source, which messages repeat with the line. Nothing here
//! opens a file.
//!
//! # Examples
//! ```
//! use braggscape_crystal::io::{Format, read_many, read_one, structure_to_json};
//! let poscar = b"Po\n3.35\n1 0 0\n0 1 0\n0 0 1\nPo\n1\nDirect\n0 0 0\n";
//! let named = read_one(poscar, Format::Poscar, "POSCAR")?;
//! assert_eq!(named.structure.n_sites(), 1);
//!
//! let line = structure_to_json(&named.structure, named.id.as_deref()).to_string();
//! let lines = format!("{line}\nnot a structure\n{line}\n");
//! let read: Vec<_> = read_many(lines.as_bytes(), Format::Jsonl, "all.jsonl").collect();
//! assert!(read[0].is_ok() && read[2].is_ok());
//! assert!(read[1].as_ref().is_err_and(|e| e.to_string().starts_with("all.jsonl:2: ")));
//! # Ok::<(), braggscape_crystal::io::ReadError>(())
//! ```

pub mod cif;
mod error;
mod json;
mod overlap;
mod poscar;
mod stream;

pub use cif::{write_cif, write_cif_with_symmetry};
pub use error::{Problem, ReadError, WriteError};
pub use json::{structure_from_json, structure_to_json};
pub use overlap::{MIN_DISTANCE, OCCUPANCY_TOLERANCE};
pub use poscar::write_poscar;
pub use stream::{RawEntries, RawEntry, StructureReader, raw_entries, read_many, read_one};

use crate::Structure;
use std::fmt;
use std::path::Path;

/// A structure as read, with the name its source gave it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NamedStructure {
    /// Identifier in the source: `id` or `material_id`, or the name of the CIF data block.
    pub id: Option<String>,
    /// The structure.
    pub structure: Structure,
    /// What the reader changed or assumed.
    pub notes: Vec<Note>,
}

impl NamedStructure {
    /// A structure with its identifier and nothing to note.
    pub fn new(id: Option<String>, structure: Structure) -> Self {
        Self { id, structure, notes: Vec::new() }
    }
}

/// Something that a reader changed or assumed, worth a line to the user.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// Coordinates such as 0.3333 were taken for 1/3 or 2/3.
    RoundedCoordinates {
        /// How many of them.
        n: usize,
    },
    /// A site within rounding of a special position was moved onto it.
    MovedToSpecialPosition {
        /// Label of the site.
        site: String,
        /// How far, Å.
        distance: f64,
    },
    /// Operations were generated from the name of the space group.
    SymmetryFromName {
        /// The name or number used.
        name: String,
        /// Hall symbol of the setting chosen.
        hall_symbol: String,
    },
    /// Neither operations nor a space group: only the listed sites were taken.
    NoSymmetry,
    /// Sites with occupancy 0 were left out.
    EmptySite {
        /// Label of the site.
        site: String,
    },
    /// A cell parameter was not given and follows from the crystal system or is 90 degrees.
    AssumedCellParameter {
        /// Its tag.
        name: &'static str,
        /// The value taken, Å or degrees.
        value: f64,
    },
    /// An occupancy barely above 1 was taken for 1.
    ClampedOccupancy {
        /// Label of the site.
        site: String,
        /// The occupancy as given.
        occupancy: f64,
    },
    /// A value that belongs to no tag was passed over.
    StrayValue {
        /// Its line.
        line: u64,
        /// Its text.
        text: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoundedCoordinates { n } => {
                write!(f, "{n} fractional coordinates were rounded to 1/3 or 2/3")
            }
            Self::MovedToSpecialPosition { site, distance } => {
                write!(f, "site {site} was moved by {distance:.4} Å onto its special position")
            }
            Self::SymmetryFromName { name, hall_symbol } => write!(
                f,
                "no operations are listed; those of `{name}` (Hall symbol {hall_symbol}) were used"
            ),
            Self::NoSymmetry => f.write_str("no symmetry is given; P 1 was assumed"),
            Self::EmptySite { site } => write!(f, "site {site} has occupancy 0 and was left out"),
            Self::AssumedCellParameter { name, value } => {
                write!(f, "{name} is not given; {value} was assumed")
            }
            Self::ClampedOccupancy { site, occupancy } => {
                write!(f, "occupancy {occupancy} of site {site} was taken for 1")
            }
            Self::StrayValue { line, text } => {
                write!(f, "line {line}: `{text}` belongs to no tag and was passed over")
            }
        }
    }
}

/// Formats of structure files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Crystallographic Information File.
    Cif,
    /// VASP POSCAR or CONTCAR.
    Poscar,
    /// One structure as JSON: ours or pymatgen's `Structure.as_dict`.
    Json,
    /// One such JSON value a line.
    Jsonl,
    /// Comma-separated values with a column `cif`, and `material_id` where there is one: the layout of CDVAE's data sets.
    CdvaeCsv,
}

impl Format {
    /// The format that a file name tells: `.cif`, `POSCAR*`, `CONTCAR*`, `.vasp`, `.poscar`, `.json`, `.jsonl`, `.csv`,
    /// in any letter case.
    ///
    /// # Errors
    /// [`Problem::UnknownFormat`].
    pub fn from_path(path: &Path) -> Result<Self, ReadError> {
        let lower = |s: Option<&std::ffi::OsStr>| {
            s.map(|s| s.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
        };
        let (extension, name) = (lower(path.extension()), lower(path.file_name()));
        match extension.as_str() {
            "cif" | "mcif" => Ok(Self::Cif),
            "vasp" | "poscar" | "contcar" => Ok(Self::Poscar),
            "json" => Ok(Self::Json),
            "jsonl" | "ndjson" => Ok(Self::Jsonl),
            "csv" => Ok(Self::CdvaeCsv),
            _ if name.starts_with("poscar") || name.starts_with("contcar") => Ok(Self::Poscar),
            _ => Err(Problem::UnknownFormat.at(&path.display().to_string(), None)),
        }
    }

    /// Whether a source of this format holds any number of structures.
    pub fn holds_many(self) -> bool {
        matches!(self, Self::Jsonl | Self::CdvaeCsv)
    }

    /// What a source of this format holds, for messages.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Cif => "a CIF with a cell and atom sites",
            Self::Poscar => "a POSCAR",
            Self::Json => "a structure as JSON",
            Self::Jsonl => "one structure as JSON a line",
            Self::CdvaeCsv => "comma-separated values with a column `cif`",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        for (name, format) in [
            ("a/b.cif", Format::Cif),
            ("B.CIF", Format::Cif),
            ("POSCAR", Format::Poscar),
            ("x/CONTCAR", Format::Poscar),
            ("POSCAR_relaxed", Format::Poscar),
            ("x.vasp", Format::Poscar),
            ("x.poscar", Format::Poscar),
            ("x.json", Format::Json),
            ("x.jsonl", Format::Jsonl),
            ("x.csv", Format::CdvaeCsv),
        ] {
            assert_eq!(Format::from_path(Path::new(name)).unwrap(), format, "{name}");
        }
        for name in ["x.txt", "cif", "", "-"] {
            let error = Format::from_path(Path::new(name)).unwrap_err().to_string();
            assert!(error.contains("expected .cif"), "{error}");
        }
    }
}
