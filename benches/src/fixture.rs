//! The structures whose peak lists are timed: those of `tests/fixtures/peaks.json.gz`.

use anyhow::Context as _;
use braggscape_crystal::{Element, Lattice, Site, Structure};
use flate2::read::GzDecoder;
use nalgebra::Vector3;
use serde::Deserialize;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// A structure of the fixture.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its place in the fixture, from 0.
    pub index: usize,
    /// Formula of a study crystal, or identifier of a row of the development sample.
    pub name: String,
    /// The structure.
    pub structure: Structure,
}

#[derive(Deserialize)]
struct Fixture {
    structures: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    rows: [[f64; 3]; 3],
    numbers: Vec<i64>,
    coords: Vec<[f64; 3]>,
    occupancies: Vec<f64>,
}

/// Where the fixture lies in this checkout.
pub fn default_fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/peaks.json.gz")
}

/// The fully occupied structures of the fixture: the ten study crystals, then a hundred rows of the development sample.
///
/// # Errors
/// If the file cannot be read or holds something else.
pub fn listed(path: &Path) -> anyhow::Result<Vec<Listed>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let fixture: Fixture = serde_json::from_reader(BufReader::new(GzDecoder::new(file)))
        .with_context(|| format!("{} is not the fixture of peak lists", path.display()))?;
    let entries = fixture.structures.into_iter().enumerate();
    entries
        .filter(|(_, entry)| entry.occupancies.iter().all(|o| *o >= 1.0))
        .map(|(index, entry)| {
            let sites = entry.numbers.iter().zip(&entry.coords).map(|(z, frac)| {
                Ok(Site::new(Element::from_atomic_number(*z)?, Vector3::from(*frac)))
            });
            let sites = sites.collect::<anyhow::Result<_>>()?;
            let structure = Structure::new(Lattice::from_rows(entry.rows)?, sites)?;
            Ok(Listed { index, name: entry.name, structure })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixture_holds_a_hundred_and_ten_ordered_structures() {
        let listed = listed(&default_fixture()).unwrap();
        assert_eq!(listed.len(), 110);
        assert_eq!(listed[0].name, "U2Ti");
        assert_eq!(listed.iter().filter(|l| l.name.starts_with("mp-")).count(), 100);
        assert!(listed.windows(2).all(|w| w[0].index < w[1].index));
    }
}
