//! The ten study crystals against the facts they were written from.

use super::{OracleSite, same_crystal};
use braggscape_crystal::symmetry::{Setting, find_symmetry, standardize};
use braggscape_crystal::{Element, study_crystal, study_crystals};
use braggscape_tests::fixture;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Fixture {
    structures: Vec<Facts>,
}

#[derive(Deserialize)]
struct Facts {
    id: String,
    formula: String,
    reduced_formula: String,
    int_number: i32,
    hm_symbol: String,
    family: String,
    a: f64,
    b: f64,
    c: f64,
    alpha: f64,
    beta: f64,
    gamma: f64,
    sites: Vec<Site>,
    wyckoffs: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
struct Site {
    element: String,
    frac: [f64; 3],
}

#[test]
fn expanded_files_give_back_cells_and_sites() {
    let facts: Fixture = fixture("crystal_ten");
    assert_eq!(facts.structures.len(), study_crystals().len());
    for (crystal, facts) in study_crystals().iter().zip(&facts.structures) {
        assert_eq!(crystal.id, facts.id);
        assert_eq!(crystal.formula, facts.formula);
        assert_eq!(crystal.space_group_number, facts.int_number);
        assert_eq!(crystal.hm_symbol, facts.hm_symbol);
        assert_eq!(crystal.crystal_family.name(), facts.family);
        let structure = crystal.structure();
        let cell = [facts.a, facts.b, facts.c, facts.alpha, facts.beta, facts.gamma];
        for (found, expected) in structure.cell().to_array().iter().zip(cell) {
            assert!((found - expected).abs() < 1e-6, "{}: {found} {expected}", crystal.name);
        }
        let sites: Vec<OracleSite> = facts
            .sites
            .iter()
            .map(|s| {
                let z = Element::from_symbol(&s.element).unwrap().atomic_number();
                (z, 1.0, s.frac[0], s.frac[1], s.frac[2])
            })
            .collect();
        same_crystal(&structure, &cell, &sites, 1e-5)
            .unwrap_or_else(|e| panic!("{}: {e}", crystal.name));
        assert_eq!(structure.reduced_formula(), facts.reduced_formula);
    }
}

#[test]
fn space_groups_and_wyckoff_letters_are_those_recorded() {
    let facts: Fixture = fixture("crystal_ten");
    for facts in &facts.structures {
        let crystal = study_crystal(&facts.id).unwrap();
        let structure = crystal.structure();
        let found = find_symmetry(&structure, 0.01).unwrap();
        assert_eq!(found.number, facts.int_number, "{}", crystal.name);
        assert_eq!(found.hm_symbol, facts.hm_symbol);
        assert_eq!(found.crystal_family, crystal.crystal_family);
        let mut multiplicities: BTreeMap<usize, usize> = BTreeMap::new();
        for orbit in &found.orbits {
            *multiplicities.entry(*orbit).or_default() += 1;
        }
        // Letters depend on the choice of origin; how many sites share one does not.
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (site, letter) in structure.sites().iter().zip(&found.wyckoffs) {
            *counts.entry(format!("{}{letter}", site.element)).or_default() += 1;
        }
        let sorted = |map: &BTreeMap<String, usize>| {
            let mut values: Vec<(String, usize)> =
                map.iter().map(|(k, v)| (k[..k.len() - 1].to_owned(), *v)).collect();
            values.sort();
            values
        };
        assert_eq!(sorted(&counts), sorted(&facts.wyckoffs), "{}", crystal.name);
        for operation in &found.operations {
            for site in structure.sites() {
                let image = operation.apply(&site.frac);
                assert!(structure.sites().iter().any(|other| {
                    let d = (other.frac - image).map(|d| d - d.round());
                    other.element == site.element && structure.lattice().cart(&d).norm() < 0.01
                }));
            }
        }
        let n = structure.n_sites();
        let primitive = standardize(&structure, 0.01, Setting::Primitive).unwrap();
        let conventional = standardize(&structure, 0.01, Setting::Conventional).unwrap();
        assert_eq!(conventional.n_sites(), n, "{}", crystal.name);
        assert_eq!(n % primitive.n_sites(), 0);
        let per_atom =
            |s: &braggscape_crystal::Structure| s.lattice().volume() / s.n_sites() as f64;
        assert!((per_atom(&primitive) - per_atom(&structure)).abs() < 1e-6);
        assert!((per_atom(&conventional) - per_atom(&structure)).abs() < 1e-6);
        let again = find_symmetry(&primitive, 0.01).unwrap();
        assert_eq!(again.number, found.number);
    }
}

#[test]
fn crystals_are_found_by_name_id_and_formula() {
    for crystal in study_crystals() {
        for name in [crystal.name, crystal.id, crystal.formula, &crystal.formula.to_uppercase()] {
            assert_eq!(study_crystal(name), Some(crystal));
        }
    }
    assert!(study_crystal("unobtainium").is_none());
}
