//! Elements, sites, structures and integer matrices.

use super::lattices;
use braggscape_crystal::{Element, Lattice, Site, Structure};
use nalgebra::{Matrix3, Vector3};
use proptest::collection::{SizeRange, vec};
use proptest::prelude::*;

/// Elements with tabulated scattering factors, hydrogen to californium.
pub fn elements() -> impl Strategy<Value = Element> {
    (1..=98i64).prop_filter_map("no element", |z| Element::from_atomic_number(z).ok())
}

/// One fractional coordinate: general, or one of the multiples of 1/12 at which special positions lie.
pub fn coordinates() -> impl Strategy<Value = f64> {
    prop_oneof![
        1 => Just(0.0),
        2 => prop::sample::select(vec![0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.75]),
        4 => 0.0..1.0f64,
    ]
}

/// Occupancies: full ones and shares from 0.1.
pub fn occupancies() -> impl Strategy<Value = f64> {
    prop_oneof![2 => Just(1.0), 1 => 0.1..1.0f64]
}

/// Sites at general and special positions, one in six at the origin.
pub fn sites() -> impl Strategy<Value = Site> {
    let frac = prop_oneof![
        1 => Just([0.0; 3]),
        5 => [coordinates(), coordinates(), coordinates()],
    ];
    (elements(), frac, occupancies()).prop_map(|(element, frac, occupancy)| Site {
        element,
        frac: Vector3::from(frac),
        occupancy,
    })
}

/// Structures of any lattice with this many sites.
///
/// # Examples
/// ```
/// use braggscape_testkit::strategies::structures;
/// use proptest::{strategy::{Strategy, ValueTree}, test_runner::TestRunner};
/// let drawn = structures(2..5).new_tree(&mut TestRunner::deterministic())?.current();
/// assert!((2..5).contains(&drawn.n_sites()));
/// # Ok::<(), proptest::test_runner::Reason>(())
/// ```
pub fn structures(n_sites: impl Into<SizeRange>) -> impl Strategy<Value = Structure> {
    structures_in(lattices(), n_sites)
}

/// Structures of lattices drawn from this strategy, such as [`lattices_of`](super::lattices_of), with this many sites.
pub fn structures_in(
    lattices: impl Strategy<Value = Lattice>,
    n_sites: impl Into<SizeRange>,
) -> impl Strategy<Value = Structure> {
    (lattices, vec(sites(), n_sites))
        .prop_filter_map("no sites", |(lattice, sites)| Structure::new(lattice, sites).ok())
}

/// Integer matrices of determinant 1 or -1: changes of basis of a lattice. Entries stay below about 5.
pub fn unimodular() -> impl Strategy<Value = Matrix3<i32>> {
    let shear = (0..3usize, 1..3usize, prop::sample::select(vec![1, -1]));
    (vec(shear, 0..4), any::<bool>(), 0..3usize).prop_map(|(shears, inverted, turn)| {
        let mut m = Matrix3::identity();
        for (i, offset, by) in shears {
            let mut e = Matrix3::identity();
            e[(i, (i + offset) % 3)] = by;
            m *= e;
        }
        // A cyclic exchange of the axes has determinant 1.
        let turned = Matrix3::from_fn(|i, j| m[(i, (j + turn) % 3)]);
        if inverted { -turned } else { turned }
    })
}

/// Integer matrices of determinant 2 to `max_cells`, one for each sublattice (Hermite normal form, lower triangular).
pub fn supercells(max_cells: i32) -> impl Strategy<Value = Matrix3<i32>> {
    let forms: Vec<_> = (2..=max_cells.max(2)).flat_map(hermite_forms).collect();
    prop::sample::select(forms)
}

/// All lower triangular matrices with diagonal a, b, c, product n, and entries of a row below its diagonal entry.
fn hermite_forms(n: i32) -> Vec<Matrix3<i32>> {
    let mut found = Vec::new();
    for a in (1..=n).filter(|a| n % a == 0) {
        for b in (1..=n / a).filter(|b| (n / a) % b == 0) {
            let c = n / a / b;
            for x in 0..b {
                for y in 0..c {
                    for z in 0..c {
                        found.push(Matrix3::new(a, 0, 0, x, b, 0, y, z, c));
                    }
                }
            }
        }
    }
    found
}
