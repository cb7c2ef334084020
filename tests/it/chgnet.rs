//! CHGNet against the Python package chgnet, run in double precision (`tests/oracles/chgnet`).
//!
//! These tests need the published weights. They are downloaded once, 14 MB, into the target folder, in the way of `braggscape assets
//! fetch`, and checked there; a machine that cannot reach the registry of Python packages sees one line that says so.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![expect(clippy::print_stdout, reason = "the largest differences are the result of these tests")]

use braggscape_crystal::symmetry::find_symmetry;
use braggscape_crystal::{Element, Lattice, Site, Structure, study_crystal};
use braggscape_potential::assets::{ASSETS, Asset, Folder, download};
use braggscape_potential::{
    Chgnet, ChgnetWeights, EV_PER_CUBIC_ANGSTROM_IN_GPA, Evaluation, Potential, Real, RelaxMethod,
    RelaxOptions, relax,
};
use braggscape_testkit::conformance::{self, PotentialClaims};
use braggscape_tests::fixture;
use nalgebra::{Matrix3, Vector3};
use serde::Deserialize;
use std::sync::{LazyLock, Mutex, PoisonError};

#[derive(Deserialize)]
struct Entry {
    name: String,
    l: [f64; 9],
    z: Vec<i64>,
    x: Vec<f64>,
}

#[derive(Deserialize)]
struct Answer {
    structure: usize,
    model: String,
    /// eV an atom.
    e: f64,
    f: Vec<f64>,
    s: [f64; 9],
    m: Vec<f64>,
}

#[derive(Deserialize)]
struct Relaxation {
    structure: usize,
    fmax: f64,
    fixed_cell: bool,
    frames: u64,
    e: f64,
    l: [f64; 9],
}

#[derive(Deserialize)]
struct Fixture {
    structures: Vec<Entry>,
    results: Vec<Answer>,
    relaxations: Vec<Relaxation>,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| fixture("chgnet"));

fn rows(l: &[f64; 9]) -> [[f64; 3]; 3] {
    std::array::from_fn(|i| std::array::from_fn(|k| l[3 * i + k]))
}

fn structure(entry: &Entry) -> Structure {
    let sites = entry.z.iter().zip(entry.x.as_chunks::<3>().0);
    let site = |(z, x): (&i64, &[f64; 3])| {
        Site::new(Element::from_atomic_number(*z).unwrap(), Vector3::from(*x))
    };
    Structure::new(Lattice::from_rows(rows(&entry.l)).unwrap(), sites.map(site).collect()).unwrap()
}

/// The weights of a model, installed if they are not there.
fn weights(model: &str) -> ChgnetWeights {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let asset = Asset::find(model).unwrap();
    let folder = Folder::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/assets"));
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if folder.load(asset).is_err() {
        let server = std::env::var_os("BRAGGSCAPE_PYPI").and_then(|s| s.into_string().ok());
        let wheel = download(server.as_deref()).unwrap_or_else(|e| {
            let cause = std::error::Error::source(&e).map(ToString::to_string).unwrap_or_default();
            panic!("tests of CHGNet need its weights once: {e}: {cause}; see `braggscape assets --help`")
        });
        for asset in &ASSETS {
            folder.install(asset, &wheel).unwrap();
        }
    }
    folder.load(asset).unwrap()
}

/// Largest errors that are allowed: eV an atom, eV/Å, GPa, Bohr magnetons.
fn agrees<T: Real>(model: &str, tolerances: [f64; 4], least: usize) {
    let potential = Chgnet::<T>::new(&weights(model));
    let mut out = Evaluation::default();
    let (mut count, mut worst) = (0, [0.0_f64; 4]);
    for answer in FIXTURE.results.iter().filter(|answer| answer.model == model) {
        let entry = &FIXTURE.structures[answer.structure];
        let s = structure(entry);
        potential.evaluate(&s, &mut out).unwrap();
        let stress = out.stress.transpose();
        let found = [
            vec![out.energy / s.n_sites() as f64],
            out.forces.iter().flat_map(|f| f.iter().copied()).collect(),
            stress.iter().copied().collect(),
            out.magmoms.clone(),
        ];
        let expected = [vec![answer.e], answer.f.clone(), answer.s.to_vec(), answer.m.clone()];
        for (k, what) in ["energy", "forces", "stress", "moments"].into_iter().enumerate() {
            let (found, expected) = (&found[k], &expected[k]);
            assert_eq!(found.len(), expected.len(), "{}: {what}", entry.name);
            for (x, y) in found.iter().zip(expected) {
                let off = (x - y).abs();
                assert!(off <= tolerances[k], "{}: {what} {x}, expected {y}", entry.name);
                worst[k] = worst[k].max(off);
            }
        }
        count += 1;
    }
    assert!(count >= least, "only {count} crystals");
    let [energy, force, stress, moment] = worst;
    println!(
        "{model}, {count} crystals: off by {energy:.0e} eV/atom, {force:.0e} eV/Å, {stress:.0e} GPa, {moment:.0e} μB"
    );
}

#[test]
fn single_precision_is_nearer_to_the_package_than_the_package_to_itself() {
    agrees::<f32>("chgnet-0.3.0", [3e-6, 3e-5, 2e-4, 1e-5], 72);
    agrees::<f32>("chgnet-r2scan", [3e-6, 3e-5, 2e-4, 1e-5], 6);
}

#[test]
fn double_precision_is_the_package_to_rounding() {
    agrees::<f64>("chgnet-0.3.0", [1e-10, 1e-10, 1e-9, 1e-10], 72);
    agrees::<f64>("chgnet-r2scan", [1e-10, 1e-10, 1e-9, 1e-10], 6);
}

#[test]
fn threads_change_no_bit() {
    let potential = Chgnet::<f32>::new(&weights("chgnet-0.3.0"));
    let largest = FIXTURE.structures.iter().max_by_key(|s| s.z.len()).unwrap();
    let by = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let mut out = Evaluation::default();
        pool.install(|| potential.evaluate(&structure(largest), &mut out)).unwrap();
        format!("{out:?}")
    };
    let one = by(1);
    assert!(by(2) == one && by(5) == one, "{one}");
}

/// Trained weights and untrained crystals: atoms as near as 1.5 Å, of any elements, where energies of thousands of eV lose digits.
#[test]
fn trained_weights_keep_the_laws_of_potentials() {
    let claims = PotentialClaims { max_sites: 3, cases: 12, ..Default::default() };
    let checked = conformance::potential(&Chgnet::<f64>::new(&weights("chgnet-0.3.0")), claims);
    assert!(checked.has("stress agrees with differences"));
}

#[test]
fn relaxations_take_the_steps_of_the_package_to_its_energies() {
    let potential = Chgnet::<f32>::new(&weights("chgnet-0.3.0"));
    let mut count = 0;
    // Larger crystals take a second each in a debug build.
    let small = |r: &&Relaxation| FIXTURE.structures[r.structure].z.len() <= 6;
    for expected in FIXTURE.relaxations.iter().filter(small) {
        let start = structure(&FIXTURE.structures[expected.structure]);
        let options = RelaxOptions {
            method: RelaxMethod::Fire,
            fmax: expected.fmax,
            fixed_cell: expected.fixed_cell,
            ..Default::default()
        };
        let mut seen = 0;
        let found = relax(&potential, &start, &options, &mut |_| seen += 1).unwrap();
        assert!(found.converged && found.largest_force < expected.fmax);
        assert_eq!((found.steps + 2, seen), (expected.frames, expected.frames - 1));
        let n = start.n_sites() as f64;
        let energy = found.evaluation.energy / n;
        assert!((energy - expected.e).abs() < 1e-5, "{energy}, expected {}", expected.e);
        let cell = Matrix3::from(rows(&expected.l));
        let apart = (found.structure.lattice().columns() - cell).amax();
        assert!(apart < 1e-3, "cells differ by {apart} Å");

        let options = RelaxOptions { method: RelaxMethod::Lbfgs, ..options };
        let lbfgs = relax(&potential, &start, &options, &mut |_| ()).unwrap();
        assert!(lbfgs.converged && lbfgs.steps < found.steps, "{} steps", lbfgs.steps);
        let energy = lbfgs.evaluation.energy / n;
        assert!(energy < expected.e + 1e-3, "{energy}, {} by the package", expected.e);
        count += 1;
    }
    assert!(count >= 4, "only {count} relaxations");
}

#[test]
fn a_relaxation_keeps_the_space_group_that_it_is_asked_to_keep() {
    let potential = Chgnet::<f32>::new(&weights("chgnet-0.3.0"));
    let start = study_crystal("U2Ti").unwrap().structure();
    let squeezed = Lattice::from_columns(start.lattice().columns() * 0.97).unwrap();
    let start = start.with_lattice(squeezed);
    let options = RelaxOptions { symprec: Some(0.01), fmax: 0.02, ..Default::default() };
    let found = relax(&potential, &start, &options, &mut |_| ()).unwrap();
    assert!(found.converged);
    let group = |s: &Structure| find_symmetry(s, 1e-5).unwrap().number;
    assert_eq!((group(&found.structure), found.structure.n_sites()), (191, 3));
    // At rest, or nearly so: what is left of the stress is below fmax times the atoms, eV.
    let volume = found.structure.lattice().volume();
    let pull = found.evaluation.stress.norm() * volume / EV_PER_CUBIC_ANGSTROM_IN_GPA;
    assert!(pull < 3.0 * 0.02 * 3.0, "{pull}");
}
