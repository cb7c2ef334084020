//! Strict recovery against a slow search that shares no code with it.

use crate::structures::{crystals, is_almost_centred, permuted, rebased, shifted, strained};
use braggscape_crystal::Structure;
use braggscape_metrics::StrictRecovery;
use nalgebra::{Matrix3, Vector3};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

/// Margin around each tolerance within which rounding may decide.
const MARGIN: f64 = 1e-9;

const LENGTH: f64 = 0.005;
const ANGLE: f64 = 0.5;
const SITE: f64 = 0.1;

/// What the slow search says.
#[derive(Debug, PartialEq, Clone, Copy)]
enum Verdict {
    Passes,
    Fails,
    /// Some number lies on its tolerance.
    Edge,
}

/// Vectors as columns.
type Cell = [Vector3<f64>; 3];

fn columns(m: &Matrix3<f64>) -> Cell {
    std::array::from_fn(|k| m.column(k).into_owned())
}

fn angle(p: &Vector3<f64>, q: &Vector3<f64>) -> f64 {
    libm::acos(p.dot(q) / (p.norm() * q.norm())).to_degrees()
}

/// By how much a number exceeds its tolerance, in units of the tolerance: at most 0 where it passes.
fn excess(cell: &Cell, truth: &Cell) -> f64 {
    let mut worst = f64::NEG_INFINITY;
    for k in 0..3 {
        let ratio = cell[k].norm() / truth[k].norm();
        worst = worst.max((ratio.max(1.0 / ratio) - 1.0) / LENGTH - 1.0);
        let (i, j) = ((k + 1) % 3, (k + 2) % 3);
        let off = (angle(&cell[i], &cell[j]) - angle(&truth[i], &truth[j])).abs();
        worst = worst.max(off / ANGLE - 1.0);
    }
    worst
}

/// Cell of mean lengths and angles.
fn mean_cell(p: &Cell, q: &Cell) -> Matrix3<f64> {
    let mean = |f: &dyn Fn(&Cell) -> f64| f64::midpoint(f(p), f(q));
    let [a, b, c] = [0, 1, 2].map(|k| mean(&|x: &Cell| x[k].norm()));
    let [alpha, beta, gamma] =
        [(1, 2), (0, 2), (0, 1)].map(|(i, j)| mean(&|x: &Cell| angle(&x[i], &x[j])).to_radians());
    let (ca, cb, cg, sg) = (libm::cos(alpha), libm::cos(beta), libm::cos(gamma), libm::sin(gamma));
    let x = cb;
    let y = (ca - cb * cg) / sg;
    let z = (1.0 - x * x - y * y).sqrt();
    Matrix3::new(a, b * cg, c * x, 0.0, b * sg, c * y, 0.0, 0.0, c * z)
}

/// All orders of 0..n.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for order in orders(n - 1) {
        for at in 0..n {
            let mut longer = order.clone();
            longer.insert(at, n - 1);
            all.push(longer);
        }
    }
    all
}

/// Shortest vector of a class modulo the lattice, by trying all images.
fn shortest(cell: &Matrix3<f64>, frac: Vector3<f64>) -> Vector3<f64> {
    let base = frac.map(|x| x - x.round());
    let mut best = Vector3::repeat(f64::INFINITY);
    for i in -2..=2 {
        for j in -2..=2 {
            for k in -2..=2 {
                let v = cell * (base + Vector3::new(f64::from(i), f64::from(j), f64::from(k)));
                if best.x.is_infinite() || v.norm() < best.norm() {
                    best = v;
                }
            }
        }
    }
    best
}

/// Least, over translations and pairings, of the largest distance after the mean of the pairing of least squares is removed.
fn largest_distance(
    cell: &Matrix3<f64>,
    truth: &Structure,
    frac: &[Vector3<f64>],
    of: &Structure,
) -> f64 {
    let n = truth.n_sites();
    let kinds: Vec<_> = truth.sites().iter().map(|s| s.element).collect();
    let pairings: Vec<Vec<usize>> = orders(n)
        .into_iter()
        .filter(|o| (0..n).all(|i| of.sites()[o[i]].element == kinds[i]))
        .collect();
    let mut least = f64::INFINITY;
    for from in 0..n {
        for to in 0..n {
            let shift = truth.sites()[to].frac - frac[from];
            let best = pairings
                .iter()
                .map(|o| -> Vec<Vector3<f64>> {
                    (0..n)
                        .map(|i| shortest(cell, frac[o[i]] + shift - truth.sites()[i].frac))
                        .collect()
                })
                .min_by(|p, q| {
                    let sum = |v: &[Vector3<f64>]| v.iter().map(Vector3::norm_squared).sum::<f64>();
                    sum(p).total_cmp(&sum(q))
                });
            if let Some(v) = best {
                let mean = v.iter().sum::<Vector3<f64>>() / n as f64;
                least = least.min(v.iter().map(|d| (d - mean).norm()).fold(0.0, f64::max));
            }
        }
    }
    least
}

/// Tries every basis of the candidate's cell with entries from -2 to 2.
fn slow(truth: &Structure, candidate: &Structure) -> Verdict {
    let target = columns(truth.lattice().columns());
    let own = *candidate.lattice().columns();
    let mut vectors: [Vec<Vector3<f64>>; 3] = Default::default();
    for i in -2..=2 {
        for j in -2..=2 {
            for k in -2..=2 {
                let u = Vector3::new(f64::from(i), f64::from(j), f64::from(k));
                for (list, v) in vectors.iter_mut().zip(&target) {
                    let ratio = (own * u).norm() / v.norm();
                    if (1.0 - 2.0 * LENGTH..1.0 + 2.0 * LENGTH).contains(&ratio) {
                        list.push(u);
                    }
                }
            }
        }
    }
    let mut verdict = Verdict::Fails;
    for a in &vectors[0] {
        for b in &vectors[1] {
            for c in &vectors[2] {
                let u = Matrix3::from_columns(&[*a, *b, *c]);
                if (u.determinant().abs() - 1.0).abs() > 0.5 {
                    continue;
                }
                let cell = columns(&(own * u));
                let off = excess(&cell, &target);
                if off > MARGIN {
                    continue;
                }
                let inverse = u.try_inverse().unwrap();
                let frac: Vec<_> = candidate.sites().iter().map(|s| inverse * s.frac).collect();
                let d = largest_distance(&mean_cell(&cell, &target), truth, &frac, candidate);
                if d < SITE - MARGIN && off < -MARGIN {
                    return Verdict::Passes;
                }
                if d < SITE + MARGIN {
                    verdict = Verdict::Edge;
                }
            }
        }
    }
    verdict
}

#[track_caller]
fn check(truth: &Structure, candidate: &Structure, seen: &mut [usize; 2]) {
    let fast = StrictRecovery::default().recovered(truth, candidate).unwrap();
    match slow(truth, candidate) {
        Verdict::Passes => {
            seen[0] += 1;
            assert!(fast, "{truth:?}\n{candidate:?}");
        }
        Verdict::Fails => {
            seen[1] += 1;
            assert!(!fast, "{truth:?}\n{candidate:?}");
        }
        Verdict::Edge => {}
    }
}

/// Unit vectors for the sites, all different.
fn direction(i: usize) -> Vector3<f64> {
    let v = |k: usize| f64::from(((5 * i + 3 * k + 2 * i * k) % 7) as u8) - 3.0;
    Vector3::new(v(0), v(1), v(2) + 0.5).normalize()
}

#[test]
fn strained_displaced_and_rebased_copies_get_the_verdict_of_a_slow_search() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (crystals(), prop::array::uniform9(-1.0..1.0_f64));
    let bases = [
        Matrix3::identity(),
        Matrix3::new(1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        Matrix3::new(1.0, 0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0),
        Matrix3::new(0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0),
    ];
    let mut seen = [0, 0];
    for case in 0..300 {
        let (truth, f) = strategy.new_tree(&mut runner).unwrap().current();
        // Crystals that are their own primitive cells, displaced or not, and in cells of the shape that the search compares with.
        if is_almost_centred(&truth, 0.0..1.0) || !is_reduced(&truth) {
            continue;
        }
        let strain = [0.0, 0.002, 0.004, 0.006, 0.01][case % 5];
        let moved = [0.0, 0.05, 0.09, 0.11, 0.15][case / 5 % 5];
        let frac: Vec<_> = truth
            .sites()
            .iter()
            .enumerate()
            .map(|(i, s)| s.frac + truth.lattice().frac(&(direction(i) * moved)))
            .collect();
        let copy = truth.with_frac_coords(&frac).unwrap();
        let copy = strained(&copy, Matrix3::identity() + Matrix3::from_row_slice(&f) * strain);
        let reversed: Vec<usize> = (0..copy.n_sites()).rev().collect();
        let copy = rebased(&permuted(&copy, &reversed), bases[case % 4]);
        let copy = shifted(&copy, Vector3::new(0.3, -0.2, 0.7));
        check(&truth, &copy, &mut seen);
        let mirror = Matrix3::from_diagonal(&Vector3::new(1.0, -1.0, 1.0));
        check(&truth, &strained(&copy, mirror), &mut seen);
    }
    assert!(seen[0] > 60 && seen[1] > 60, "{seen:?}");
}

/// Whether the cell is Niggli's up to the order and the sense of its vectors.
fn is_reduced(s: &Structure) -> bool {
    use braggscape_crystal::reduction::{Basis, niggli};
    let given = Basis::from(s.lattice());
    let sorted = |b: &Basis| {
        let mut l = b.lengths();
        l.sort_by(f64::total_cmp);
        l
    };
    let (p, q) = (sorted(&given), sorted(&niggli(&given).unwrap()));
    (0..3).all(|k| (p[k] - q[k]).abs() < 1e-9)
}

#[test]
fn just_inside_and_just_outside_each_tolerance() {
    let truth = crate::structures::rutile();
    let mut seen = [0, 0];
    for off in [-1e-4, 1e-4] {
        // One length, one angle, one site.
        let stretch = Matrix3::from_diagonal(&Vector3::new(1.0, 1.0, 1.0 + LENGTH + off));
        check(&truth, &strained(&truth, stretch), &mut seen);
        let shrink = Matrix3::from_diagonal(&Vector3::new(1.0, 1.0 / (1.0 + LENGTH + off), 1.0));
        check(&truth, &strained(&truth, shrink), &mut seen);
        let tilt = (ANGLE + off).to_radians();
        let shear =
            Matrix3::new(1.0, 0.0, libm::sin(tilt), 0.0, 1.0, 0.0, 0.0, 0.0, libm::cos(tilt));
        check(&truth, &strained(&truth, shear), &mut seen);
        let mut frac = truth.frac_coords();
        frac[3].z += (SITE + off) * 6.0 / 5.0 / 2.959;
        check(&truth, &truth.with_frac_coords(&frac).unwrap(), &mut seen);
    }
    assert_eq!(seen, [4, 4]);
}
