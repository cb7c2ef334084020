//! Peak lists against pymatgen's XRDCalculator: the ten study crystals, 100 crystals of the development sample, mixed sites.
//!
//! Peaks closer than 1e-3° are compared together. Clusters that hold a reflection within 1e-9° of where two bins meet, or a bin
//! within 1e-9 of the percentage at which peaks are left out, are excluded and counted.
#![expect(clippy::unwrap_used, reason = "tests")]

use braggscape::crystal::{Element, Lattice, Site, Structure};
use braggscape::pattern::Radiation;
use braggscape::xrd::{PeakList, PeakListOptions};
use braggscape_tests::fixture;
use nalgebra::Vector3;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Fixture {
    structures: Vec<Entry>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    rows: [[f64; 3]; 3],
    numbers: Vec<u8>,
    coords: Vec<[f64; 3]>,
    occupancies: Vec<f64>,
}

#[derive(Deserialize)]
struct Case {
    structure: usize,
    wavelength: Wavelength,
    range: Option<(f64, f64)>,
    scaled: bool,
    b: BTreeMap<String, f64>,
    peaks: Vec<(f64, f64, f64, Families)>,
    edges: Vec<f64>,
    thresholds: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Wavelength {
    Name(String),
    Number(f64),
}

type Families = Vec<(Vec<i32>, u32)>;

impl Entry {
    fn structure(&self) -> Structure {
        let sites = self.numbers.iter().zip(&self.coords).zip(&self.occupancies);
        let sites = sites
            .map(|((&z, &frac), &occupancy)| Site {
                element: Element::from_atomic_number(i64::from(z)).unwrap(),
                frac: Vector3::from(frac),
                occupancy,
            })
            .collect();
        Structure::new(Lattice::from_rows(self.rows).unwrap(), sites).unwrap()
    }
}

impl Case {
    fn options(&self) -> PeakListOptions {
        let wavelength = match &self.wavelength {
            Wavelength::Name(name) => name.parse::<Radiation>().unwrap().wavelength(),
            Wavelength::Number(x) => *x,
        };
        let of = |(symbol, b): (&String, &f64)| (Element::from_symbol(symbol).unwrap(), *b);
        PeakListOptions {
            wavelength,
            two_theta_range: self.range,
            scaled: self.scaled,
            debye_waller_factors: self.b.iter().map(of).collect(),
            ..PeakListOptions::default()
        }
    }
}

/// Peaks closer than 1e-3° as one: 2theta and d of the first, the intensity of all, and of each family its largest name and its
/// multiplicity.
#[derive(Debug, Default)]
struct Cluster {
    first: f64,
    last: f64,
    d: f64,
    intensity: f64,
    families: BTreeMap<Vec<u32>, (Vec<i32>, u32)>,
}

fn clusters(peaks: impl Iterator<Item = (f64, f64, f64, Families)>) -> Vec<Cluster> {
    let mut out: Vec<Cluster> = Vec::new();
    for (two_theta, intensity, d, families) in peaks {
        if out.last().is_none_or(|c| two_theta - c.last >= 1e-3) {
            out.push(Cluster { first: two_theta, d, ..Cluster::default() });
        }
        let cluster = out.last_mut().unwrap();
        cluster.last = two_theta;
        cluster.intensity += intensity;
        for (name, multiplicity) in families {
            let mut key: Vec<u32> = name.iter().map(|i| i.unsigned_abs()).collect();
            key.sort_unstable();
            let family = cluster.families.entry(key).or_default();
            family.1 += multiplicity;
            if name > family.0 {
                family.0 = name;
            }
        }
    }
    out
}

#[test]
fn peak_lists_equal_those_of_pymatgen() {
    let fixture: Fixture = fixture("peaks");
    let structures: Vec<Structure> = fixture.structures.iter().map(Entry::structure).collect();
    let (mut compared, mut edges, mut thresholds) = (0, 0, 0);
    let (mut four, mut worst_angle, mut worst_intensity) = (0, 0.0f64, 0.0f64);
    for (n, case) in fixture.cases.iter().enumerate() {
        let name = format!("list {n}, {}", fixture.structures[case.structure].name);
        let own =
            PeakList::new(case.options()).unwrap().peaks(&structures[case.structure]).unwrap();
        let own = clusters(own.iter().map(|p| {
            let families = p.hkls.iter().map(|f| (f.indices(), f.multiplicity)).collect();
            (p.two_theta, p.intensity, p.d_spacing, families)
        }));
        let theirs = clusters(case.peaks.iter().cloned());
        let delicate = |places: &[f64], c: &Cluster| {
            places.iter().any(|x| (c.first - 1e-3..c.last + 1e-3).contains(x))
        };
        let mut sound = |list: Vec<Cluster>, count: bool| -> Vec<Cluster> {
            let keep = |c: &Cluster| {
                let (edge, threshold) = (delicate(&case.edges, c), delicate(&case.thresholds, c));
                if count {
                    edges += usize::from(edge);
                    thresholds += usize::from(threshold);
                }
                !edge && !threshold
            };
            list.into_iter().filter(keep).collect()
        };
        let (own, theirs) = (sound(own, false), sound(theirs, true));
        assert_eq!(own.len(), theirs.len(), "{name}: number of peaks");
        for (a, b) in own.iter().zip(&theirs) {
            let at = format!("{name} at {:.4}°", b.first);
            let angle = (a.first - b.first).abs();
            let intensity = (a.intensity / b.intensity - 1.0).abs();
            assert!(angle < 1e-9, "{at}: 2theta off by {angle:e}");
            assert!(intensity < 1e-9, "{at}: intensity off by {intensity:e}");
            assert!((a.d / b.d - 1.0).abs() < 1e-9, "{at}: d {} against {}", a.d, b.d);
            assert_eq!(a.families, b.families, "{at}");
            worst_angle = worst_angle.max(angle);
            worst_intensity = worst_intensity.max(intensity);
            four += usize::from(b.families.keys().all(|k| k.len() == 4));
            compared += 1;
        }
    }
    println!(
        "{} lists, {compared} clusters compared ({four} with four indices), largest errors: 2theta {worst_angle:.1e}°, \
         intensity {worst_intensity:.1e}; excluded: {edges} at bin edges, {thresholds} at the threshold",
        fixture.cases.len(),
    );
    assert!(compared > 10_000 && four > 1_000, "the fixture has lost its cases");
    assert!(edges + thresholds < compared / 100, "too many peaks are excluded");
}
