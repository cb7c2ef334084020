//! AMD, PDD and the earth mover's distance against the package average-minimum-distance.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use braggscape_crystal::{Element, Lattice, Site, Structure};
use braggscape_metrics::{
    AmdScratch, EmdScratch, Pdd, PddOptions, amd_linf, amd_with, pdd_emd_with,
};
use braggscape_tests::fixture;
use nalgebra::Vector3;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What every number must agree to, Å.
const TOLERANCE: f64 = 1e-8;

#[derive(Deserialize)]
struct Entry {
    l: Option<[f64; 9]>,
    x: Option<Vec<f64>>,
    of: Option<usize>,
}

/// Kind, first, second, k, `collapse_tol`; the package's earth mover's distance, that of a linear program; AMD l-infinity.
type Pair = (String, usize, usize, usize, f64, f64, f64, f64);

#[derive(Deserialize)]
struct Fixture {
    structures: Vec<Entry>,
    amd: Vec<(usize, usize, Vec<f64>, bool)>,
    pdd: Vec<(usize, usize, f64, Vec<Vec<f64>>)>,
    emd: Vec<Pair>,
}

impl Fixture {
    fn structures(&self) -> Vec<Structure> {
        let carbon = Element::from_symbol("C").unwrap();
        let structure = |entry: &Entry| {
            let base = entry.of.map(|of| &self.structures[of]);
            let l = entry.l.or_else(|| base.and_then(|b| b.l)).unwrap();
            let x = entry.x.as_ref().or_else(|| base.and_then(|b| b.x.as_ref())).unwrap();
            let rows = std::array::from_fn(|i| std::array::from_fn(|k| l[3 * i + k]));
            let sites = x.as_chunks::<3>().0.iter().map(|f| Site::new(carbon, Vector3::from(*f)));
            Structure::new(Lattice::from_rows(rows).unwrap(), sites.collect()).unwrap()
        };
        self.structures.iter().map(structure).collect()
    }
}

fn farthest<'a>(a: &'a [f64], b: &'a [f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

/// Whether each row has a partner of the same weight. Rows that differ by rounding alone may be sorted either way.
fn rows_agree(ours: &Pdd, theirs: &[Vec<f64>]) -> Result<f64, String> {
    if ours.n_rows() != theirs.len() {
        return Err(format!("{} rows, there {}", ours.n_rows(), theirs.len()));
    }
    let mut free: Vec<usize> = (0..theirs.len()).collect();
    let mut worst = 0.0_f64;
    for i in 0..ours.n_rows() {
        let near = |j: &usize| {
            let (weight, row) = theirs[*j].split_first().unwrap();
            farthest(&[ours.weight(i)], &[*weight]).max(farthest(ours.row(i), row))
        };
        let at = free.iter().position(|j| near(j) < TOLERANCE);
        let at = at.ok_or_else(|| format!("row {i} has no partner"))?;
        // Rows come in the same order, except those whose first distances rounding may tell apart.
        let first = |n: usize| theirs[free[n]][1];
        if first(at) - first(0) > TOLERANCE {
            return Err(format!("row {i} is sorted differently"));
        }
        worst = worst.max(near(&free[at]));
        free.remove(at);
    }
    Ok(worst)
}

#[test]
fn vectors_agree() {
    let f: Fixture = fixture("amd");
    let structures = f.structures();
    let (mut worst, mut scratch) = (0.0_f64, AmdScratch::default());
    for (index, k, expected, _) in &f.amd {
        let mut ours = vec![f64::NAN; *k];
        amd_with(&structures[*index], &mut ours, &mut scratch).unwrap();
        let off = farthest(&ours, expected);
        assert!(off < TOLERANCE, "structure {index}, k {k}: off by {off:e}");
        worst = worst.max(off);
    }
    let n_package = f.amd.iter().filter(|row| row.3).count();
    println!(
        "{} AMD vectors agree to {worst:.1e}, {n_package} of them those of the package",
        f.amd.len()
    );
    assert!(n_package > 400);
    assert!(f.amd.len() > 400 && f.amd.iter().any(|row| row.1 == 1000));
}

#[test]
fn distributions_agree() {
    let f: Fixture = fixture("amd");
    let structures = f.structures();
    let (mut worst, mut collapsed) = (0.0_f64, 0);
    for (index, k, collapse_tol, expected) in &f.pdd {
        let options = PddOptions { k: *k, collapse_tol: *collapse_tol, by_element: false };
        let ours = Pdd::new(&structures[*index], &options).unwrap();
        let off = rows_agree(&ours, expected)
            .unwrap_or_else(|e| panic!("structure {index}, k {k}, tolerance {collapse_tol}: {e}"));
        worst = worst.max(off);
        collapsed += usize::from(ours.n_rows() < structures[*index].n_sites());
        let mut vector = vec![0.0; *k];
        amd_with(&structures[*index], &mut vector, &mut AmdScratch::default()).unwrap();
        assert!(farthest(&ours.amd(), &vector) < 1e-12, "collapsing keeps the mean");
    }
    println!("{} PDDs agree to {worst:.1e}, {collapsed} of them collapsed", f.pdd.len());
    assert!(f.pdd.len() > 100 && collapsed > 50 && collapsed < f.pdd.len());
}

#[test]
fn distances_agree() {
    let f: Fixture = fixture("amd");
    let structures = f.structures();
    let mut counts: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    let (mut scratch, mut transport) = (AmdScratch::default(), EmdScratch::default());
    let mut n_equal = 0;
    for (kind, a, b, k, collapse_tol, package, emd, linf) in &f.emd {
        let options = PddOptions { k: *k, collapse_tol: *collapse_tol, by_element: false };
        let pa = Pdd::with(&structures[*a], &options, &mut scratch).unwrap();
        let pb = Pdd::with(&structures[*b], &options, &mut scratch).unwrap();
        let ours = pdd_emd_with(&pa, &pb, &mut transport).unwrap();
        let (forth, back) = (ours, pdd_emd_with(&pb, &pa, &mut transport).unwrap());
        assert!((forth - back).abs() < 1e-12, "{kind} {a} {b}: {forth} and {back}");
        let our_linf = amd_linf(&pa.amd(), &pb.amd()).unwrap();
        let off = (ours - emd).abs().max((our_linf - linf).abs());
        assert!(off < TOLERANCE, "{kind} {a} {b}: {ours} and {our_linf}, there {emd} and {linf}");
        // The package itself is off the optimum; we are no farther from it than that.
        n_equal += usize::from((ours - package).abs() < TOLERANCE);
        let allowed = (emd - package).abs() + TOLERANCE;
        assert!((ours - package).abs() < allowed, "{kind} {a} {b}: {ours}, the package {package}");
        let entry = counts.entry(kind).or_default();
        *entry = (entry.0 + 1, entry.1.max(off));
    }
    for (kind, (n, worst)) in &counts {
        println!("{kind}: {n} pairs agree to {worst:.1e}");
    }
    println!("{n_equal} of {} are those of the package to {TOLERANCE:.0e}", f.emd.len());
    assert!(f.emd.len() > 1000 && counts.len() > 20);
}
