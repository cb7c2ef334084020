//! Random structures written and read back, and damaged texts, which must never panic.

use super::{OracleSite, files_in, path_of, same_crystal};
use braggscape_crystal::io::{
    Format, read_many, read_one, structure_to_json, write_cif, write_cif_with_symmetry,
    write_poscar,
};
use braggscape_crystal::symmetry::{SpaceGroup, find_symmetry};
use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure};
use nalgebra::Vector3;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Cells of 5 to 12 Å and 60 to 120 degrees, in either handedness.
fn lattice() -> impl Strategy<Value = Lattice> {
    let length = || 5.0..12.0_f64;
    let angle = || 75.0..110.0_f64;
    (length(), length(), length(), angle(), angle(), angle(), any::<bool>()).prop_map(
        |(a, b, c, alpha, beta, gamma, mirror)| {
            let right = Lattice::from_parameters(&CellParameters::new(a, b, c, alpha, beta, gamma))
                .unwrap();
            let mut columns = *right.columns();
            if mirror {
                columns = -columns;
            }
            Lattice::from_columns(columns).unwrap()
        },
    )
}

/// Up to eight sites on a grid of eighths with a jitter below 0.03, so that none overlap.
fn structure(lowest_occupancy: f64) -> impl Strategy<Value = Structure> {
    let site =
        (1..=118_i64, 0..512_u32, prop::array::uniform3(-0.03..0.03_f64), lowest_occupancy..=1.0);
    (lattice(), prop::collection::vec(site, 1..8)).prop_map(|(lattice, sites)| {
        let mut seen = Vec::new();
        let mut all = Vec::new();
        for (z, cell, jitter, occupancy) in sites {
            if seen.contains(&cell) {
                continue;
            }
            seen.push(cell);
            let corner = [cell % 8, cell / 8 % 8, cell / 64].map(|n| f64::from(n) / 8.0);
            all.push(Site {
                element: Element::from_atomic_number(z).unwrap(),
                frac: Vector3::from(corner) + Vector3::from(jitter),
                occupancy,
            });
        }
        Structure::new(lattice, all).unwrap()
    })
}

fn sites_of(structure: &Structure) -> Vec<OracleSite> {
    structure
        .sites()
        .iter()
        .map(|s| (s.element.atomic_number(), s.occupancy, s.frac[0], s.frac[1], s.frac[2]))
        .collect()
}

/// Volume with the sign of the handedness, Å^3.
fn signed_volume(structure: &Structure) -> f64 {
    structure.lattice().columns().determinant()
}

fn config() -> ProptestConfig {
    let file = FileFailurePersistence::Direct("it/crystal/fuzz.proptest-regressions");
    ProptestConfig { cases: 128, failure_persistence: Some(Box::new(file)), ..Default::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn json_is_exact(s in structure(0.1)) {
        let text = structure_to_json(&s, Some("x")).to_string();
        let read = read_one(text.as_bytes(), Format::Json, "x").unwrap();
        prop_assert_eq!(read.structure, s);
        prop_assert_eq!(read.id.as_deref(), Some("x"));
    }

    #[test]
    fn poscar_is_exact(s in structure(1.0)) {
        let text = write_poscar(&s, None).unwrap();
        let read = read_one(text.as_bytes(), Format::Poscar, "POSCAR").unwrap();
        prop_assert_eq!(read.structure, s);
    }

    /// Exact but for orientation, wrapping and the rounding of thirds; handedness is kept.
    #[test]
    fn cif_round_trips(s in structure(0.1)) {
        let read = read_one(write_cif(&s, None).as_bytes(), Format::Cif, "x").unwrap().structure;
        prop_assert!(signed_volume(&read) > 0.0);
        let mut expected = sites_of(&s);
        if signed_volume(&s) < 0.0 {
            for site in &mut expected {
                (site.2, site.3, site.4) = (-site.2, -site.3, -site.4);
            }
        }
        let same = same_crystal(&read, &s.cell().to_array(), &expected, 7e-5);
        prop_assert!(same.is_ok(), "{same:?}");
    }

    #[test]
    fn symmetry_is_found_without_panic(s in structure(0.5), symprec in -6.0..0.5_f64) {
        if let Ok(found) = find_symmetry(&s, 10_f64.powf(symprec)) {
            prop_assert_eq!(found.wyckoffs.len(), s.n_sites());
            prop_assert!(found.orbits.iter().enumerate().all(|(i, o)| *o <= i));
        }
    }
}

/// A structure invariant under a space group is found to have at least its order, and the symmetric CIF gives it back.
#[test]
fn symmetric_files_round_trip() {
    for number in [2, 14, 62, 88, 122, 148, 167, 176, 205, 230] {
        let group = &SpaceGroup::from_number(number)[0];
        let metric_cell = match number {
            2 => CellParameters::new(9.0, 10.0, 11.0, 80.0, 95.0, 103.0),
            14 => CellParameters::new(9.0, 10.0, 11.0, 90.0, 101.0, 90.0),
            62 => CellParameters::new(9.0, 10.0, 11.0, 90.0, 90.0, 90.0),
            88 | 122 => CellParameters::new(9.0, 9.0, 14.0, 90.0, 90.0, 90.0),
            148 | 167 | 176 => CellParameters::new(12.0, 12.0, 14.0, 90.0, 90.0, 120.0),
            _ => CellParameters::new(16.0, 16.0, 16.0, 90.0, 90.0, 90.0),
        };
        let element = Element::from_symbol("Si").unwrap();
        let other = Element::from_symbol("Ge").unwrap();
        let x = Vector3::new(0.1373, 0.2251, 0.3891);
        let mut sites = Vec::new();
        for o in group.operations() {
            let frac = o.apply(&x).map(braggscape_crystal::wrap_unit);
            sites.push(Site { element, frac, occupancy: 0.75 });
            sites.push(Site { element: other, frac, occupancy: 0.25 });
        }
        let n = sites.len();
        let s = Structure::new(Lattice::from_parameters(&metric_cell).unwrap(), sites).unwrap();
        let found = find_symmetry(&s, 0.01).unwrap();
        assert_eq!(found.number, number);
        assert_eq!(found.operations.len(), group.operations().len());
        assert_eq!(found.orbits.iter().filter(|o| **o == 0).count(), n / 2);
        assert_eq!(found.orbits.iter().filter(|o| **o == 1).count(), n / 2);
        let text = write_cif_with_symmetry(&s, None, 0.01).unwrap();
        let read = read_one(text.as_bytes(), Format::Cif, "x").unwrap().structure;
        assert_eq!(read.n_sites(), n, "{number}");
        assert_eq!(find_symmetry(&read, 0.01).unwrap().number, number);
        assert!((read.lattice().volume() - s.lattice().volume()).abs() < 1e-6);
    }
}

/// A small deterministic generator (xorshift), so that a failure can be repeated.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

fn damage(bytes: &[u8], random: &mut Xorshift) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(out.len());
        match random.below(6) {
            0 => out.truncate(at),
            1 => {
                out.insert(at, b"\n;'\"_#,.-()0 \tx\xff\x00{}[]e9"[random.below(23)]);
            }
            2 if !out.is_empty() => {
                out.remove(at);
            }
            3 if !out.is_empty() => out[at] = random.below(256) as u8,
            4 => {
                let end = (at + random.below(60)).min(out.len());
                let part = out[at..end].to_vec();
                let to = random.below(out.len());
                out.splice(to..to, part);
            }
            _ => {
                let end = (at + random.below(60)).min(out.len());
                out.drain(at..end);
            }
        }
    }
    out
}

/// Every damaged text gives a structure or an error with a message, whatever the format it is taken for.
#[test]
fn damaged_texts_never_panic() {
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
    let mut sources: Vec<Vec<u8>> = Vec::new();
    for (folder, extension) in
        [("data/cif/good", "cif"), ("golden/crystal", "vasp"), ("golden/crystal", "json")]
    {
        sources.extend(files_in(folder, extension).iter().map(|p| std::fs::read(p).unwrap()));
    }
    let mut csv = b"material_id,cif\nx,\"".to_vec();
    csv.extend(std::fs::read(path_of("data/cif/good/crlf_tabs.cif")).unwrap());
    csv.extend(b"\"\n");
    sources.push(csv);
    let formats = [Format::Cif, Format::Poscar, Format::Json, Format::Jsonl, Format::CdvaeCsv];
    let (mut good, mut bad) = (0, 0);
    for source in &sources {
        for _ in 0..60 {
            let text = damage(source, &mut random);
            for format in formats {
                for read in read_many(&text[..], format, "damaged") {
                    match read {
                        Ok(_) => good += 1,
                        Err(e) => {
                            assert!(e.to_string().starts_with("damaged"), "{e}");
                            bad += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(good > 100 && bad > 1000, "{good} {bad}");
}
