//! The 530 settings of the space groups, against spglib.

use braggscape_crystal::io::{Format, read_one};
use braggscape_crystal::symmetry::{SpaceGroup, SymmetryOperation};
use braggscape_tests::fixture;
use nalgebra::{Matrix3, Vector3};
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct Fixture {
    settings: Vec<Setting>,
}

#[derive(Deserialize)]
struct Setting {
    hall_number: i32,
    number: i32,
    hall_symbol: String,
    full: String,
    choice: String,
    rotations: Vec<[i32; 9]>,
    translations_24: Vec<[i64; 3]>,
}

type Key = ([i32; 9], [i64; 3]);

fn keys(operations: &[SymmetryOperation]) -> BTreeSet<Key> {
    operations
        .iter()
        .map(|o| {
            let rotation = std::array::from_fn(|i| o.rotation[(i / 3, i % 3)]);
            let translation = std::array::from_fn(|i| {
                let n = o.translation[i] * 24.0;
                assert!((n - n.round()).abs() < 1e-9, "{o}");
                (n.round() as i64).rem_euclid(24)
            });
            (rotation, translation)
        })
        .collect()
}

fn load() -> Vec<Setting> {
    let fixture: Fixture = fixture("crystal_settings");
    assert_eq!(fixture.settings.len(), 530);
    fixture.settings
}

impl Setting {
    fn keys(&self) -> BTreeSet<Key> {
        self.rotations.iter().copied().zip(self.translations_24.iter().copied()).collect()
    }

    /// The full symbol without what spglib appends to it: `P 2 = P 1 2 1`, `F d -3 m = ...`.
    fn hm(&self) -> &str {
        self.full.split('=').next().unwrap_or("").trim()
    }
}

#[test]
fn operations_are_those_of_spglib() {
    for s in load() {
        let group = SpaceGroup::from_hall_number(s.hall_number).unwrap();
        assert_eq!(group.number(), s.number);
        let operations = group.operations();
        let ours = keys(&operations);
        assert_eq!(ours.len(), operations.len(), "an operation twice in {}", s.hall_symbol);
        assert_eq!(ours, s.keys(), "{}", s.hall_symbol);
    }
}

/// A CIF that gives nothing but the Hall symbol holds as many general positions as the group has operations.
#[test]
fn every_setting_is_reached_by_its_hall_symbol_in_a_file() {
    for s in load() {
        let group = SpaceGroup::from_hall_number(s.hall_number).unwrap();
        let cell = cell_of(&group);
        let quote = if s.hall_symbol.contains('"') { '\'' } else { '"' };
        let cif = format!(
            "data_x\n{cell}_space_group_name_Hall {quote}{}{quote}\nloop_\n_atom_site_label\n_atom_site_fract_x\n\
             _atom_site_fract_y\n_atom_site_fract_z\nXe1 0.1373 0.2251 0.3891\n",
            s.hall_symbol
        );
        let structure = read_one(cif.as_bytes(), Format::Cif, &s.hall_symbol).unwrap().structure;
        assert_eq!(structure.n_sites(), s.rotations.len(), "{}", s.hall_symbol);
    }
}

/// By its full Hermann-Mauguin symbol and the code of its setting, every setting reads as the operations of that number.
#[test]
fn every_group_is_reached_by_its_full_symbol() {
    for s in load() {
        let found = SpaceGroup::from_hm_symbol(s.hm());
        assert!(found.iter().any(|g| g.number() == s.number), "{} ({})", s.full, s.choice);
        assert!(found.iter().all(|g| g.number() == s.number), "{}", s.full);
        if !s.choice.is_empty() {
            let coded = SpaceGroup::from_hm_symbol(&format!("{}:{}", s.hm(), s.choice));
            let same = coded.iter().any(|g| keys(&g.operations()) == s.keys());
            assert!(same, "{}:{}", s.hm(), s.choice);
        }
    }
}

/// A cell of 12 to 15 Å whose metric all operations keep: a metric averaged over the group.
fn cell_of(group: &SpaceGroup) -> String {
    let start = Matrix3::new(150.0, 13.0, 11.0, 13.0, 180.0, 17.0, 11.0, 17.0, 220.0);
    let operations = group.operations();
    let mut mean = Matrix3::zeros();
    for o in &operations {
        let w = o.rotation.cast::<f64>();
        mean += w.transpose() * start * w / operations.len() as f64;
    }
    let length = Vector3::from_fn(|i, _| mean[(i, i)].sqrt());
    let angle = |i: usize, j: usize| (mean[(i, j)] / (length[i] * length[j])).acos().to_degrees();
    format!(
        "_cell_length_a {}\n_cell_length_b {}\n_cell_length_c {}\n_cell_angle_alpha {}\n_cell_angle_beta {}\n\
         _cell_angle_gamma {}\n",
        length[0],
        length[1],
        length[2],
        angle(1, 2),
        angle(0, 2),
        angle(0, 1)
    )
}
