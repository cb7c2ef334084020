//! The space-group projector on the ten study crystals, displaced as in the study, and against spglib and linear algebra.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use braggscape_crystal::symmetry::{SymmetryAssignment, find_symmetry};
use braggscape_crystal::{Element, Lattice, Site, Structure, study_crystals};
use braggscape_noise::{Displacement, NoiseModel};
use braggscape_projector::{Projector, SpaceGroupProjector};
use braggscape_tests::fixture;
use nalgebra::Vector3;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use serde::Deserialize;

fn of(structure: &Structure) -> SpaceGroupProjector {
    SpaceGroupProjector::new(SymmetryAssignment::of(structure, 0.01).unwrap().into())
}

fn projected(p: &SpaceGroupProjector, s: &Structure) -> Vec<Vector3<f64>> {
    let (mut cell, mut sites) = (s.cell(), s.frac_coords());
    p.project(&mut cell, &mut sites).unwrap();
    sites
}

/// Distance of a position from a Wyckoff position of an orbit: from the nearest lattice translate of the subspace that its site symmetry
/// fixes, carried to this site.
fn off_wyckoff(p: &SpaceGroupProjector, sites: &[Vector3<f64>]) -> f64 {
    let mut largest: f64 = 0.0;
    for orbit in p.symmetry().orbits() {
        let first = sites[orbit.sites[0].site];
        // The free coordinates of the first site give the position of every other one.
        let shift = |m: Vector3<f64>| {
            let u: Vec<f64> = orbit.fixed.axes.iter().map(|axis| (first + m)[*axis]).collect();
            orbit.fixed.point(&u)
        };
        let mut best = f64::INFINITY;
        for i in -3..=3_i32 {
            for j in -3..=3_i32 {
                for k in -3..=3_i32 {
                    let m = Vector3::new(i, j, k).cast::<f64>();
                    let wyckoff = shift(m);
                    let worst = orbit.sites.iter().map(|s| {
                        let d = s.rotation.cast::<f64>() * wyckoff + s.translation - sites[s.site];
                        let wrapped = d.map(|x| (x - x.round()).abs()).max();
                        if s.site == orbit.sites[0].site {
                            wrapped.max((wyckoff - first - m).amax())
                        } else {
                            wrapped
                        }
                    });
                    best = best.min(worst.fold(0.0, f64::max));
                }
            }
        }
        largest = largest.max(best);
    }
    largest
}

/// Displacements of the study, wrapped into [0, 1): whatever they are, projected sites lie on their Wyckoff positions.
#[test]
fn every_displacement_of_the_study_crystals_returns_to_the_wyckoff_positions() {
    let mut free = Vec::new();
    for crystal in study_crystals() {
        let truth = crystal.structure();
        let p = of(&truth);
        assert_eq!(p.symmetry().number(), crystal.space_group_number);
        free.push(p.n_free_coordinates());
        let mut rng = ChaCha12Rng::seed_from_u64(11);
        for sigma in [0.01, 0.05, 0.1, 0.5] {
            let noise = Displacement::new(sigma).unwrap();
            for draw in 0..100 {
                let displaced = noise.distort(&truth, &mut rng).unwrap();
                let sites = projected(&p, &displaced);
                let asymmetry = p.symmetry().asymmetry(&sites);
                assert!(asymmetry < 1e-12, "{} at {sigma}: {asymmetry}", crystal.name);
                if draw < 10 {
                    let off = off_wyckoff(&p, &sites);
                    assert!(off < 1e-12, "{} at {sigma}: {off}", crystal.name);
                }
            }
        }
    }
    // U2Ti, Au2S, Na3MnCoNiO6, Al2HgS4, Ca(CoAs)2, TiAlRh2, Li5SbO5, NaS, CsYbBr3, CoSi4Ni3.
    assert_eq!(free, [0, 0, 24, 3, 1, 0, 8, 1, 0, 16]);
}

/// Small displacements: the projected crystal is found to have the space group and the Wyckoff letters of the true one, with a tolerance
/// of 1e-5 Å.
#[test]
fn projected_crystals_have_the_space_group_of_the_true_ones() {
    for crystal in study_crystals() {
        let truth = crystal.structure();
        let p = of(&truth);
        let noise = Displacement::new(0.01).unwrap();
        for seed in 0..10 {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            let displaced = noise.distort(&truth, &mut rng).unwrap();
            let sites = projected(&p, &displaced);
            let (before, after) = (
                find_symmetry(&displaced, 1e-5).unwrap(),
                find_symmetry(&displaced.with_frac_coords(&sites).unwrap(), 1e-5).unwrap(),
            );
            assert_eq!(after.number, crystal.space_group_number, "{}", crystal.name);
            assert_eq!(after.operations.len(), p.symmetry().operations().len());
            assert!(before.operations.len() < after.operations.len(), "{}", crystal.name);
        }
    }
}

/// Averaging removes noise: projected sites are nearer to the true ones than displaced ones.
#[test]
fn projection_brings_sites_nearer_to_the_truth() {
    let mut rng = ChaCha12Rng::seed_from_u64(5);
    for crystal in study_crystals() {
        let truth = crystal.structure();
        let p = of(&truth);
        let (mut before, mut after) = (0.0, 0.0);
        for _ in 0..50 {
            let displaced = Displacement::new(0.02).unwrap().distort(&truth, &mut rng).unwrap();
            let square = |sites: &[Vector3<f64>]| -> f64 {
                let steps = sites.iter().zip(truth.frac_coords()).map(|(a, b)| a - b);
                steps.map(|d| d.map(|x| x - x.round()).norm_squared()).sum()
            };
            before += square(&displaced.frac_coords());
            after += square(&projected(&p, &displaced));
        }
        // Of independent equal errors in n coordinates the share of the free ones is left; 50 draws tell it to some percent.
        let share = p.n_free_coordinates() as f64 / (3 * truth.n_sites()) as f64;
        assert!((after / before - share).abs() < 0.06, "{}: {}", crystal.name, after / before);
    }
}

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    lattice: [[f64; 3]; 3],
    elements: Vec<String>,
    sites: Vec<[f64; 3]>,
    n_operations: usize,
    n_free: usize,
    draws: Vec<Draw>,
}

#[derive(Deserialize)]
struct Draw {
    x: Vec<f64>,
    projected: Vec<f64>,
    g: Vec<f64>,
    tangent: Vec<f64>,
}

fn vectors(x: &[f64]) -> Vec<Vector3<f64>> {
    x.as_chunks::<3>().0.iter().map(|v| Vector3::from(*v)).collect()
}

fn largest(a: &[Vector3<f64>], b: &[f64]) -> f64 {
    a.iter().zip(vectors(b)).map(|(a, b)| (a - b).amax()).fold(0.0, f64::max)
}

#[test]
fn projections_agree_with_linear_algebra_on_the_operations_of_spglib() {
    let f: Fixture = fixture("space-group");
    assert_eq!(f.cases.len(), 10);
    for case in &f.cases {
        let element = |symbol: &String| Element::from_symbol(symbol).unwrap();
        let sites = case.elements.iter().zip(&case.sites);
        let sites = sites.map(|(e, x)| Site::new(element(e), Vector3::from(*x))).collect();
        let structure = Structure::new(Lattice::from_rows(case.lattice).unwrap(), sites).unwrap();
        let p = of(&structure);
        assert_eq!(p.symmetry().operations().len(), case.n_operations, "{}", case.name);
        assert_eq!(p.n_free_coordinates(), case.n_free, "{}", case.name);
        for draw in &case.draws {
            let (mut cell, mut x) = (structure.cell(), vectors(&draw.x));
            p.project(&mut cell, &mut x).unwrap();
            let error = largest(&x, &draw.projected);
            assert!(error < 1e-12, "{}: {error}", case.name);
            let mut g = vectors(&draw.g);
            p.project_gradient(&mut [0.0; 6], &mut g);
            let error = largest(&g, &draw.tangent);
            assert!(error < 1e-12, "{}: {error}", case.name);
        }
    }
}
