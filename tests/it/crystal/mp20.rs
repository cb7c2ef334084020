//! The 355 crystals of the development sample, against pymatgen and moyopy.

use super::{OracleSite, same_crystal};
use braggscape_crystal::Lattice;
use braggscape_crystal::io::{Format, read_many, read_one};
use braggscape_crystal::symmetry::find_symmetry;
use braggscape_tests::{fixture, shared_data};
use nalgebra::{Matrix3, Vector3};
use serde::Deserialize;
use std::fmt::Write as _;
use std::io::BufReader;

#[derive(Deserialize)]
struct Fixture {
    symprec: f64,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    cif: String,
    recorded: i32,
    parameters: [f64; 6],
    numbers: Vec<u8>,
    frac_coords: Vec<[f64; 3]>,
    formula: String,
    reduced_formula: String,
    moyo_number: i32,
    moyo_hall_number: i32,
    orbits: Vec<(u8, usize)>,
}

fn load() -> Fixture {
    let fixture: Fixture = fixture("crystal_mp20");
    assert_eq!(fixture.rows.len(), 355);
    fixture
}

/// pymatgen's cell, sites and formulae; the fixture rounds coordinates to 12 digits.
#[test]
fn every_row_reads_as_in_pymatgen() {
    for row in load().rows {
        let named = read_one(row.cif.as_bytes(), Format::Cif, &row.id).unwrap();
        let sites: Vec<OracleSite> = row
            .numbers
            .iter()
            .zip(&row.frac_coords)
            .map(|(z, f)| (*z, 1.0, f[0], f[1], f[2]))
            .collect();
        same_crystal(&named.structure, &row.parameters, &sites, 1e-10)
            .unwrap_or_else(|e| panic!("{}: {e}", row.id));
        let composition = named.structure.composition();
        assert_eq!(composition.formula(), row.formula, "{}", row.id);
        assert_eq!(composition.reduced_formula(), row.reduced_formula, "{}", row.id);
    }
}

/// moyopy's space group, setting and orbits on every row; the recorded number on 97 % of them.
#[test]
fn space_groups_are_those_of_moyopy() {
    let fixture = load();
    let mut others = Vec::new();
    for row in &fixture.rows {
        let structure = read_one(row.cif.as_bytes(), Format::Cif, &row.id).unwrap().structure;
        let found = find_symmetry(&structure, fixture.symprec).unwrap();
        assert_eq!(found.number, row.moyo_number, "{}", row.id);
        assert_eq!(found.hall_number, row.moyo_hall_number, "{}", row.id);
        let mut orbits: Vec<(u8, usize)> = (0..structure.n_sites())
            .filter(|i| found.orbits[*i] == *i)
            .map(|i| {
                let size = found.orbits.iter().filter(|o| **o == i).count();
                (structure.sites()[i].element.atomic_number(), size)
            })
            .collect();
        orbits.sort_unstable();
        assert_eq!(orbits, row.orbits, "{}", row.id);
        if found.number != row.recorded {
            others.push(format!(
                "{} {}: found {}, recorded {}",
                row.id, row.reduced_formula, found.number, row.recorded
            ));
        }
    }
    println!("{} of 355 differ from the record:\n{}", others.len(), others.join("\n"));
    assert!(others.len() * 100 <= 3 * fixture.rows.len(), "{others:?}");
}

#[test]
fn a_table_of_all_rows_reads_one_by_one() {
    let rows = load().rows;
    let mut table = String::from("material_id,cif,spacegroup.number\n");
    for row in &rows {
        let cif = row.cif.replace('"', "\"\"");
        writeln!(table, "{},\"{cif}\",{}", row.id, row.recorded).unwrap();
    }
    let read = read_many(table.as_bytes(), Format::CdvaeCsv, "table");
    let ids: Vec<String> = read.map(|named| named.unwrap().id.unwrap()).collect();
    assert_eq!(ids, rows.into_iter().map(|row| row.id).collect::<Vec<_>>());
}

#[test]
fn the_shared_table_reads_one_by_one() {
    let Some(dir) = shared_data() else {
        println!("skipped: the shared data are not beside this checkout");
        return;
    };
    let file = std::fs::File::open(dir.join("mp20_dev.csv")).unwrap();
    let read = read_many(BufReader::new(file), Format::CdvaeCsv, "mp20_dev.csv");
    let ids: Vec<String> = read.map(|named| named.unwrap().id.unwrap()).collect();
    let expected: Vec<String> = load().rows.into_iter().map(|row| row.id).collect();
    assert_eq!(ids, expected);
}

/// A tolerance near the size of the cell ends the search with a smaller one, on strained and rattled cells too, where the
/// bare search can run for ever.
#[test]
fn large_tolerances_are_lowered_and_end() {
    let mut phase = 0.0_f64;
    let mut wave = || {
        phase += 1.0;
        (phase * 12.9898).sin()
    };
    for row in load().rows {
        let s = read_one(row.cif.as_bytes(), Format::Cif, &row.id).unwrap().structure;
        let strain = Matrix3::identity() + Matrix3::from_fn(|_, _| 0.05 * wave());
        let lattice = Lattice::from_columns(strain * s.lattice().columns()).unwrap();
        let inverse = lattice.inverse();
        let moved: Vec<Vector3<f64>> = s
            .frac_coords()
            .iter()
            .map(|f| f + inverse * Vector3::from_fn(|_, _| 0.1 * wave()))
            .collect();
        let s = s.with_lattice(lattice).with_frac_coords(&moved).unwrap();
        for symprec in [0.3, 1.0] {
            let found = find_symmetry(&s, symprec).unwrap();
            assert!(found.symprec <= symprec && found.symprec < 0.5, "{}", found.symprec);
        }
    }
}
