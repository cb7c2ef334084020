//! How large a tolerance the symmetry search can bear.

use moyo::base::Cell;
use nalgebra::{Matrix3, Vector3};

/// Largest tolerance that the search is given, in units of the shortest translation of the crystal.
///
/// The search completes the near-symmetries of the primitive lattice to a group. Where the tolerance is a large part of the
/// shortest translation these can generate an infinite group, and the search never ends (moyo 0.22). Of 165 000 random
/// strained lattices of all types none did so below 0.11 of it; the limit leaves room for one doubling of the tolerance by
/// the search itself.
const LARGEST_FRACTION: f64 = 0.04;

/// Up to this many atoms, a vector between two atoms counts as a translation only where it carries all atoms onto atoms.
const MAX_CHECKED_ATOMS: usize = 300;

/// The tolerance asked for, or the largest one that the cell bears, Å.
pub(super) fn bearable(cell: &Cell, symprec: f64) -> f64 {
    match shortest_translation(cell, symprec) {
        Some(shortest) => symprec.min(LARGEST_FRACTION * shortest),
        None => symprec,
    }
}

/// A lower bound of the shortest translation within `symprec`, Å: the shortest lattice vector, or the shortest vector between
/// equal atoms that can be a translation. `None` where the lattice cannot be reduced, which the search will report.
fn shortest_translation(cell: &Cell, symprec: f64) -> Option<f64> {
    let (reduced, _) = cell.lattice.minkowski_reduce().ok()?;
    let basis = reduced.basis;
    let inverse = basis.try_inverse()?;
    let cart: Vec<Vector3<f64>> = cell.positions.iter().map(|p| cell.lattice.basis * p).collect();
    let mut shortest = basis.column_iter().map(|v| v.norm()).fold(f64::INFINITY, f64::min);
    let count = |species: i32| cell.numbers.iter().filter(|n| **n == species).count();
    let rarest = cell.numbers.iter().copied().min_by_key(|n| (count(*n), *n))?;
    let pivots: Vec<usize> = (0..cart.len()).filter(|i| cell.numbers[*i] == rarest).collect();
    let (first, others) = pivots.split_first()?;
    for other in others {
        let step = cart[*other] - cart[*first];
        let length = nearest_image(&basis, &inverse, &step);
        if length < shortest && may_translate(cell, &cart, &basis, &inverse, &step, 4.0 * symprec) {
            shortest = length;
        }
    }
    Some(shortest)
}

/// Whether `step` carries every atom to within `reach`, Å, of an equal one.
fn may_translate(
    cell: &Cell,
    cart: &[Vector3<f64>],
    basis: &Matrix3<f64>,
    inverse: &Matrix3<f64>,
    step: &Vector3<f64>,
    reach: f64,
) -> bool {
    cart.len() > MAX_CHECKED_ATOMS
        || cart.iter().zip(&cell.numbers).all(|(from, species)| {
            let image = from + step;
            let equal = cart.iter().zip(&cell.numbers).filter(|(_, s)| *s == species);
            let mut distances = equal.map(|(to, _)| nearest_image(basis, inverse, &(to - image)));
            distances.any(|d| d < reach)
        })
}

/// Length of a vector modulo the lattice of a reduced basis, Å.
fn nearest_image(basis: &Matrix3<f64>, inverse: &Matrix3<f64>, v: &Vector3<f64>) -> f64 {
    let f = (inverse * v).map(|x| x - x.round());
    let mut shortest = f64::INFINITY;
    for i in -1..=1_i32 {
        for j in -1..=1_i32 {
            for k in -1..=1_i32 {
                let shift = Vector3::new(f64::from(i), f64::from(j), f64::from(k));
                shortest = shortest.min((basis * (f + shift)).norm());
            }
        }
    }
    shortest
}
