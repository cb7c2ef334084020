//! The structure matcher against pymatgen, and the Jeffreys interval against statsmodels.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![expect(clippy::print_stdout, reason = "counts of agreement are the result of these tests")]

use braggscape_crystal::{Element, Lattice, Site, Structure};
use braggscape_metrics::{
    EndRule, MatchOutcome, StructureMatcher, StructureMatcherOptions, jeffreys_interval,
};
use braggscape_tests::fixture;
use nalgebra::Vector3;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

#[derive(Deserialize)]
struct Entry {
    l: [f64; 9],
    of: Option<usize>,
    z: Option<Vec<i64>>,
    x: Option<Vec<f64>>,
    o: Option<Vec<f64>>,
    n: usize,
    m: Option<[f64; 9]>,
}

/// Kind, first, second, config, fit, rms, largest distance.
type Pair = (String, usize, usize, usize, bool, Option<f64>, Option<f64>);

#[derive(Deserialize)]
struct Fixture {
    configs: Vec<StructureMatcherOptions>,
    structures: Vec<Entry>,
    pairs: Vec<Pair>,
}

fn rows(m: &[f64; 9]) -> [[f64; 3]; 3] {
    std::array::from_fn(|i| std::array::from_fn(|k| m[3 * i + k]))
}

impl Fixture {
    fn structure(&self, i: usize) -> Structure {
        let e = &self.structures[i];
        let base = e.of.map(|j| &self.structures[j]);
        let own = |e: &Entry| e.x.clone();
        // A structure may refer to one that refers to another.
        let mut at = e;
        let mut x = own(at);
        let mut z = at.z.clone();
        while let (true, Some(j)) = (x.is_none() || z.is_none(), at.of) {
            at = &self.structures[j];
            x = x.or_else(|| own(at));
            z = z.or_else(|| at.z.clone());
        }
        let (x, z) = (x.unwrap(), z.unwrap());
        assert_eq!(base.is_some(), e.of.is_some());
        let sites = z
            .iter()
            .enumerate()
            .map(|(k, z)| Site {
                element: Element::from_atomic_number(*z).unwrap(),
                frac: Vector3::new(x[3 * k], x[3 * k + 1], x[3 * k + 2]),
                occupancy: e.o.as_ref().map_or(1.0, |o| o[k]),
            })
            .collect();
        Structure::new(Lattice::from_rows(rows(&e.l)).unwrap(), sites).unwrap()
    }
}

/// Compares every pair of a fixture; disagreements must be exactly `ties`, pairs (index, reason) that rounding decides.
#[track_caller]
fn check(name: &str, ties: &[(usize, &str)]) {
    let f: Fixture = fixture(name);
    let structures: Vec<Structure> = (0..f.structures.len()).map(|i| f.structure(i)).collect();
    let matchers: Vec<StructureMatcher> =
        f.configs.iter().map(|o| StructureMatcher::new(*o).unwrap()).collect();
    let mut report = String::new();
    let mut wrong_cells = 0;
    for (i, e) in f.structures.iter().enumerate() {
        let p = matchers[0].prepare(&structures[i]).unwrap();
        let worst = e.m.map_or(0.0, |m| {
            let ours = p.basis().0;
            ours.iter().flatten().zip(m).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
        });
        if p.n_sites() != e.n || worst > 1e-6 {
            wrong_cells += 1;
            let _ = writeln!(
                report,
                "cell {i}: {} sites, pymatgen {}; basis off by {worst:.2e}",
                p.n_sites(),
                e.n
            );
        }
    }
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut worst_rms, mut worst_max) = (0.0_f64, 0.0_f64);
    let mut disagreements = Vec::new();
    for (index, (kind, a, b, config, fit, rms, largest)) in f.pairs.iter().enumerate() {
        let m = &matchers[*config];
        let (pa, pb) = (m.prepare(&structures[*a]).unwrap(), m.prepare(&structures[*b]).unwrap());
        let ours = m.compare(&pa, &pb).unwrap();
        assert_eq!(m.fit(&structures[*a], &structures[*b]).unwrap(), ours.matched, "pair {index}");
        let entry = counts.entry(kind).or_default();
        entry.0 += 1;
        let off = |x: Option<f64>, y: Option<f64>| match (x, y) {
            (Some(x), Some(y)) => (x - y).abs(),
            (None, None) => 0.0,
            _ => f64::INFINITY,
        };
        let MatchOutcome { matched, rms: our_rms, max_dist } = ours;
        let d_rms = off(our_rms, *rms);
        let d_max = if f.configs[*config].anonymous { 0.0 } else { off(max_dist, *largest) };
        if matched == *fit && d_rms < 1e-6 && d_max < 1e-6 {
            worst_rms = worst_rms.max(d_rms);
            worst_max = worst_max.max(d_max);
        } else {
            entry.1 += 1;
            disagreements.push(index);
            let _ = writeln!(
                report,
                "pair {index} ({kind}, {a} {b}, config {config}): pymatgen {fit} {rms:?} {largest:?}, ours {matched} {our_rms:?} {max_dist:?}"
            );
        }
    }
    let wrong = disagreements.len();
    println!(
        "{name}: {} pairs, {wrong} disagree; largest difference of rms {worst_rms:.1e}, of max_dist {worst_max:.1e}; {} cells, {wrong_cells} differ",
        f.pairs.len(),
        f.structures.len()
    );
    for (kind, (n, bad)) in counts.iter().filter(|(_, c)| c.1 > 0) {
        println!("  {kind}: {bad} of {n}");
    }
    for (index, reason) in ties {
        println!("  listed tie: pair {index}, {reason}");
    }
    let listed: Vec<usize> = ties.iter().map(|t| t.0).collect();
    assert!(disagreements == listed && wrong_cells == 0, "{name}\n{report}");
}

#[test]
fn strained_pairs_agree_with_pymatgen() {
    check("matcher-strain", &[]);
}

#[test]
fn displaced_pairs_agree_with_pymatgen() {
    check("matcher-coords", &[]);
}

#[test]
fn settings_and_options_agree_with_pymatgen() {
    // In this pair (rms above 0.45, accepted by neither verdict) carbon atoms face each other across exactly half a cell, and
    // rounding in the matrix inversions chooses which of two equally short vectors enters the mean.
    let ties = [(4668, "two periodic images at exactly equal distance")];
    check("matcher-options", &ties);
}

#[test]
fn noise_levels_degenerate_lattices_and_combined_options_agree_with_pymatgen() {
    check("matcher-cases", &[]);
}

#[derive(Deserialize)]
struct Intervals {
    rows: Vec<(u64, u64, f64, f64, f64)>,
}

#[test]
fn jeffreys_intervals_agree_with_statsmodels() {
    let f: Intervals = fixture("matcher-jeffreys");
    assert!(f.rows.len() > 300);
    for (k, n, level, low, high) in f.rows {
        let ours = jeffreys_interval(k, n, level, EndRule::Plain).unwrap();
        let off = (ours.0 - low).abs().max((ours.1 - high).abs());
        assert!(off < 1e-10, "{k} of {n} at {level}: {ours:?}, statsmodels ({low}, {high})");
    }
}
