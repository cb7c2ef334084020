//! Crystals against pymatgen, moyopy, spglib and gemmi: reading, writing, symmetry, formulae.
#![expect(clippy::unwrap_used, reason = "a test ends at its first fault, helpers included")]

#[path = "crystal/corpus.rs"]
mod corpus;
#[path = "crystal/fuzz.rs"]
mod fuzz;
#[path = "crystal/mp20.rs"]
mod mp20;
#[path = "crystal/settings.rs"]
mod settings;
#[path = "crystal/ten.rs"]
mod ten;
#[path = "crystal/texts.rs"]
mod texts;
#[path = "crystal/written.rs"]
mod written;

use braggscape_crystal::Structure;
use std::path::{Path, PathBuf};

/// A site of an oracle: atomic number, occupancy, fractional coordinates.
type OracleSite = (u8, f64, f64, f64, f64);

/// Path in this package.
fn path_of(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// Files of a folder in this package with this extension, sorted.
fn files_in(relative: &str, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(path_of(relative))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Checks cell parameters (Å, degrees) to `tolerance`, and that sites pair up one to one: same element, occupancy to 1e-6,
/// coordinates modulo lattice translations to `tolerance`.
fn same_crystal(
    structure: &Structure,
    parameters: &[f64; 6],
    sites: &[OracleSite],
    tolerance: f64,
) -> Result<(), String> {
    let found = structure.cell().to_array();
    for (a, b) in found.iter().zip(parameters) {
        if (a - b).abs() > tolerance {
            return Err(format!("cell {found:?}, expected {parameters:?}"));
        }
    }
    if structure.n_sites() != sites.len() {
        return Err(format!("{} sites, expected {}", structure.n_sites(), sites.len()));
    }
    let mut taken = vec![false; sites.len()];
    for site in structure.sites() {
        let partner = sites.iter().enumerate().position(|(i, (z, occupancy, x, y, w))| {
            let near = site.frac.iter().zip([x, y, w]).all(|(a, b)| {
                let d = a - b;
                (d - d.round()).abs() <= tolerance
            });
            !taken[i]
                && *z == site.element.atomic_number()
                && (occupancy - site.occupancy).abs() < 1e-6
                && near
        });
        match partner {
            Some(i) => taken[i] = true,
            None => return Err(format!("no partner for {site:?} among {sites:?}")),
        }
    }
    Ok(())
}
