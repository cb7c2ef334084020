//! The CIF corpus: good files against pymatgen and gemmi, bad ones against the message they hold.

use super::{OracleSite, files_in, name_of, same_crystal};
use braggscape_crystal::io::{Format, Note, cif, read_one};
use braggscape_tests::fixture;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Fixture {
    files: BTreeMap<String, Expected>,
}

#[derive(Deserialize)]
struct Expected {
    oracle: String,
    cell: [f64; 6],
    sites: Vec<OracleSite>,
}

#[test]
fn good_files_read_as_their_oracle_reads_them() {
    let fixture: Fixture = fixture("crystal_cif");
    let files = files_in("data/cif/good", "cif");
    assert!(files.len() >= 40 && files.len() == fixture.files.len());
    for path in files {
        let name = name_of(&path);
        let expected = &fixture.files[&name];
        let named = read_one(&std::fs::read(&path).unwrap(), Format::Cif, &name)
            .unwrap_or_else(|e| panic!("{e}"));
        // gemmi and rounded operations leave coordinates at the precision of the file.
        same_crystal(&named.structure, &expected.cell, &expected.sites, 2e-4)
            .unwrap_or_else(|e| panic!("{name} ({}): {e}", expected.oracle));
    }
}

#[test]
fn bad_files_give_the_message_they_hold() {
    let files = files_in("data/cif/bad", "cif");
    assert!(files.len() >= 20);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = text.lines().next().unwrap().strip_prefix("# expect: ").unwrap();
        let error = read_one(text.as_bytes(), Format::Cif, &name_of(&path)).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn all_blocks_are_read_where_asked() {
    let path = super::path_of("data/cif/good/two_blocks.cif");
    let all = cif::read_all(&std::fs::read_to_string(path).unwrap(), "two_blocks.cif").unwrap();
    let names: Vec<_> = all.iter().map(|n| n.id.as_deref().unwrap()).collect();
    assert_eq!(names, ["first", "second"]);
    assert_eq!(all.iter().map(|n| n.structure.n_sites()).collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn changes_are_noted() {
    let notes = |name: &str| {
        let path = super::path_of(&format!("data/cif/good/{name}"));
        read_one(&std::fs::read(path).unwrap(), Format::Cif, name).unwrap().notes
    };
    assert_eq!(notes("thirds.cif"), [Note::RoundedCoordinates { n: 4 }]);
    assert_eq!(notes("no_symmetry.cif"), [Note::NoSymmetry]);
    assert!(notes("charges.cif").is_empty());
    let [
        Note::MovedToSpecialPosition { site, distance },
        Note::SymmetryFromName { hall_symbol, .. },
    ] = &notes("thirds_three_digits.cif")[..]
    else {
        panic!("{:?}", notes("thirds_three_digits.cif"));
    };
    assert_eq!((site.as_str(), hall_symbol.as_str()), ("Mg1", "-P 6c 2c"));
    assert!(*distance > 0.0005 && *distance < 0.003, "{distance}");
    assert!(
        matches!(&notes("isotope_and_dummy.cif")[..], [Note::EmptySite { site }] if site == "Ni1")
    );
}
