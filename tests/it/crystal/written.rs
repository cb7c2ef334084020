//! What is written: equal to the golden texts, which pymatgen reads as the same crystals.

use super::{OracleSite, files_in, name_of, path_of, same_crystal};
use braggscape_crystal::Structure;
use braggscape_crystal::io::{
    Format, read_one, structure_to_json, write_cif, write_cif_with_symmetry, write_poscar,
};
use braggscape_crystal::symmetry::{Setting, standardize};
use braggscape_tests::fixture;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Fixture {
    files: BTreeMap<String, ReadBack>,
}

/// A golden text as pymatgen reads it.
#[derive(Deserialize)]
struct ReadBack {
    fingerprint: String,
    cell: [f64; 6],
    sites: Vec<OracleSite>,
}

/// Sources of the golden texts, by stem: study crystals and files of the corpus.
fn source_of(stem: &str) -> (Structure, Option<String>) {
    let path = [format!("../configs/structures/{stem}.cif"), format!("data/cif/good/{stem}.cif")]
        .iter()
        .map(|p| path_of(p))
        .find(|p| p.is_file())
        .unwrap_or_else(|| panic!("no source for {stem}"));
    let named = read_one(&std::fs::read(&path).unwrap(), Format::Cif, &name_of(&path)).unwrap();
    (named.structure, named.id)
}

fn golden() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for extension in ["cif", "vasp", "json"] {
        for path in files_in("golden/crystal", extension) {
            all.push((name_of(&path), std::fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(all.len() >= 40, "{}", all.len());
    all
}

/// Golden texts are made by the example `convert` of the crystal crate.
#[test]
fn writers_give_the_golden_texts() {
    for (name, text) in golden() {
        let (stem, kind) = name.split_once('.').unwrap();
        let (structure, id) = source_of(stem);
        let id = id.as_deref();
        let written = match kind {
            "cif" => write_cif(&structure, id),
            "symmetry.cif" => write_cif_with_symmetry(&structure, id, 0.01).unwrap(),
            "vasp" => write_poscar(&structure, id).unwrap(),
            "json" => structure_to_json(&structure, id).to_string() + "\n",
            other => panic!("unknown kind of golden text {other}"),
        };
        assert_eq!(written, text, "{name}");
    }
}

/// The structures that pymatgen found in these very texts are the structures that were written.
#[test]
fn pymatgen_reads_the_golden_texts_as_the_same_crystals() {
    let fixture: Fixture = fixture("crystal_written");
    let golden = golden();
    assert_eq!(fixture.files.len(), golden.len());
    for (name, text) in golden {
        let read_back = &fixture.files[&name];
        assert_eq!(fingerprint_of(&text), read_back.fingerprint, "{name}: rerun the oracle script");
        let (stem, kind) = name.split_once('.').unwrap();
        let (mut structure, _) = source_of(stem);
        if kind == "symmetry.cif" {
            structure = standardize(&structure, 0.01, Setting::Conventional).unwrap();
        }
        // A CIF reader takes 0.33335 for 1/3, which moves a site by up to 7e-5; other texts are exact.
        let tolerance = if kind.ends_with("cif") { 1e-6 } else { 1e-10 };
        same_crystal(&structure, &read_back.cell, &read_back.sites, tolerance)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

/// Our own readers give back what was written, the symmetric CIF included.
#[test]
fn golden_texts_read_back() {
    for (name, text) in golden() {
        let (stem, kind) = name.split_once('.').unwrap();
        let (mut structure, id) = source_of(stem);
        if kind == "symmetry.cif" {
            structure = standardize(&structure, 0.01, Setting::Conventional).unwrap();
        }
        let format = Format::from_path(name.as_ref()).unwrap();
        let read = read_one(text.as_bytes(), format, &name).unwrap();
        assert_eq!(read.id, id, "{name}");
        let sites: Vec<OracleSite> = read
            .structure
            .sites()
            .iter()
            .map(|s| (s.element.atomic_number(), s.occupancy, s.frac[0], s.frac[1], s.frac[2]))
            .collect();
        same_crystal(&structure, &read.structure.cell().to_array(), &sites, 1e-8)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

/// A fingerprint of the text (FNV-1a, 64 bits), so that a stale verdict is noticed.
fn fingerprint_of(text: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("{hash:016x}")
}
