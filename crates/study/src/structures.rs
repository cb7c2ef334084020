//! The structures of a study.

use braggscape_crystal::io::{Format, NamedStructure, read_many, read_one, structure_to_json};
use braggscape_crystal::symmetry::{SymmetryError, find_symmetry};
use braggscape_crystal::{Structure, study_crystal, study_crystals};
use braggscape_projector::CellShape;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Tolerance of the space group of a study structure, Å.
const SYMPREC: f64 = 0.01;

/// One structure of a study: the truth of its tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyStructure {
    /// Name in records and tables: the formula of a study crystal, or the stem of a file.
    pub name: String,
    /// Materials Project or other identifier.
    pub id: Option<String>,
    /// The structure.
    pub structure: Structure,
    /// Shape of its conventional cell.
    pub shape: CellShape,
}

impl StudyStructure {
    /// Text that stands for the structure in the hash of a configuration.
    pub(crate) fn fingerprint(&self) -> String {
        structure_to_json(&self.structure, Some(&self.name)).to_string()
    }
}

/// Loads the structures that a list names, with the problems of its entries; files are relative to `base`.
pub(crate) fn load(entries: &[String], base: &Path) -> (Vec<StudyStructure>, Vec<(usize, String)>) {
    let (mut loaded, mut problems) = (Vec::new(), Vec::new());
    for (i, entry) in entries.iter().enumerate() {
        let found: Result<Vec<StudyStructure>, String> = if entry == "all" {
            Ok(study_crystals().iter().map(embedded).collect())
        } else if let Some(crystal) = study_crystal(entry) {
            Ok(vec![embedded(crystal)])
        } else {
            from_files(&base.join(entry), entry)
        };
        match found {
            Ok(structures) => {
                for s in structures {
                    if loaded.iter().any(|l: &StudyStructure| l.name == s.name) {
                        problems.push((i, format!("structure `{}` is named twice", s.name)));
                    } else {
                        loaded.push(s);
                    }
                }
            }
            Err(message) => problems.push((i, message)),
        }
    }
    (loaded, problems)
}

/// Hermann-Mauguin symbol of a structure's space group; "P1" where no symmetry is found.
pub(crate) fn space_group_symbol(s: &StudyStructure) -> String {
    find_symmetry(&s.structure, SYMPREC).map_or_else(|_| "P1".to_owned(), |found| found.hm_symbol)
}

/// The one structure that an entry names: a study crystal, or a file relative to `base`.
pub(crate) fn find(entry: &str, base: &Path) -> Result<StudyStructure, String> {
    match study_crystal(entry) {
        Some(crystal) => Ok(embedded(crystal)),
        None => from_file(&base.join(entry), entry),
    }
}

fn embedded(crystal: &braggscape_crystal::StudyCrystal) -> StudyStructure {
    let structure = crystal.structure();
    let shape = CellShape::of(crystal.crystal_family, &structure.cell());
    StudyStructure {
        name: crystal.formula.to_owned(),
        id: Some(crystal.id.to_owned()),
        structure,
        shape,
    }
}

/// The structures of a list (.jsonl, .csv), or that of any other file.
fn from_files(path: &Path, entry: &str) -> Result<Vec<StudyStructure>, String> {
    let list = Format::from_path(path).ok().filter(|format| format.holds_many());
    let Some(format) = list.filter(|_| path.is_file()) else {
        return from_file(path, entry).map(|s| vec![s]);
    };
    let file = File::open(path).map_err(|e| format!("{entry}: cannot be read: {e}"))?;
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or(entry);
    let mut all = Vec::new();
    for (i, named) in read_many(BufReader::new(file), format, entry).enumerate() {
        let named = named.map_err(|e| e.to_string())?;
        let name = named.id.clone().unwrap_or_else(|| format!("{stem}-{}", i + 1));
        all.push(of_named(named, name).map_err(|e| format!("{entry}: structure {}: {e}", i + 1))?);
    }
    if all.is_empty() {
        return Err(format!("{entry}: holds no structure"));
    }
    Ok(all)
}

/// A structure with the shape of its cell.
fn of_named(named: NamedStructure, name: String) -> Result<StudyStructure, SymmetryError> {
    let symmetry = find_symmetry(&named.structure, SYMPREC)?;
    let shape = CellShape::of(symmetry.crystal_family, &named.structure.cell());
    Ok(StudyStructure { name, id: named.id, structure: named.structure, shape })
}

fn from_file(path: &Path, entry: &str) -> Result<StudyStructure, String> {
    let known = || {
        let names: Vec<_> = study_crystals().iter().map(|c| c.formula).collect();
        format!("study crystals: all, {}", names.join(", "))
    };
    let bytes = std::fs::read(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            format!("`{entry}` is neither a study crystal nor a file; {}", known())
        }
        _ => format!("{entry}: cannot be read: {e}"),
    })?;
    let format = Format::from_path(path).map_err(|e| e.to_string())?;
    let named = read_one(&bytes, format, entry).map_err(|e| e.to_string())?;
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or(entry);
    of_named(named, stem.to_owned()).map_err(|e| format!("{entry}: {e}"))
}
