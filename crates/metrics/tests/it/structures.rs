//! Crystals and transformations that leave them the same.

use braggscape_crystal::{Element, Lattice, Site, Structure};
use nalgebra::{Matrix3, Vector3};
use proptest::prelude::*;
use std::ops::Range;

/// A structure of these lattice vectors (rows) and sites.
pub(crate) fn structure(rows: [[f64; 3]; 3], sites: &[(&str, [f64; 3])]) -> Structure {
    let sites = sites
        .iter()
        .map(|(s, f)| Site::new(Element::from_symbol(s).unwrap(), Vector3::from(*f)))
        .collect();
    Structure::new(Lattice::from_rows(rows).unwrap(), sites).unwrap()
}

/// Rutile: tetragonal, six sites.
pub(crate) fn rutile() -> Structure {
    let (a, c, u) = (4.594, 2.959, 0.305);
    structure(
        [[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, c]],
        &[
            ("Ti", [0.0, 0.0, 0.0]),
            ("Ti", [0.5, 0.5, 0.5]),
            ("O", [u, u, 0.0]),
            ("O", [-u, -u, 0.0]),
            ("O", [0.5 + u, 0.5 - u, 0.5]),
            ("O", [0.5 - u, 0.5 + u, 0.5]),
        ],
    )
}

/// Rock salt in its conventional cell of eight sites.
pub(crate) fn rock_salt() -> Structure {
    let a = 5.64;
    let mut sites = Vec::new();
    for f in [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]] {
        sites.push(("Na", f));
        sites.push(("Cl", [f[0] + 0.5, f[1], f[2]]));
    }
    structure([[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]], &sites)
}

/// The same sites with x' = S x.
pub(crate) fn strained(s: &Structure, m: Matrix3<f64>) -> Structure {
    s.with_lattice(Lattice::from_columns(m * s.lattice().columns()).unwrap())
}

/// The same crystal in the basis L U, fractional coordinates U^-1 f, for an integer U of determinant ±1.
pub(crate) fn rebased(s: &Structure, u: Matrix3<f64>) -> Structure {
    let inverse = u.try_inverse().unwrap().map(f64::round);
    let lattice = Lattice::from_columns(s.lattice().columns() * u).unwrap();
    let sites = s.sites().iter().map(|x| Site { frac: inverse * x.frac, ..*x }).collect();
    Structure::new(lattice, sites).unwrap()
}

/// Sites in another order.
pub(crate) fn permuted(s: &Structure, order: &[usize]) -> Structure {
    Structure::new(*s.lattice(), order.iter().map(|i| s.sites()[*i]).collect()).unwrap()
}

/// The origin moved.
pub(crate) fn shifted(s: &Structure, by: Vector3<f64>) -> Structure {
    let sites = s.sites().iter().map(|x| Site { frac: x.frac + by, ..*x }).collect();
    Structure::new(*s.lattice(), sites).unwrap()
}

/// Random crystals of low symmetry: 1 to 6 sites of three elements, kept apart by construction on a coarse grid.
pub(crate) fn crystals() -> impl Strategy<Value = Structure> {
    let lengths = prop::array::uniform3(4.0..8.0_f64);
    let skew = prop::array::uniform3(-1.0..1.0_f64);
    let cells = prop::sample::subsequence((0..8).collect::<Vec<u8>>(), 1..=6);
    let jitter = prop::collection::vec(prop::array::uniform3(-0.08..0.08_f64), 6);
    let kinds = prop::collection::vec(0..3_usize, 6);
    (lengths, skew, cells, jitter, kinds).prop_map(
        |([a, b, c], [p, q, r], cells, jitter, kinds)| {
            let sites: Vec<(&str, [f64; 3])> = cells
                .iter()
                .enumerate()
                .map(|(n, cell)| {
                    let f = std::array::from_fn(|k| {
                        f64::from((cell >> k) & 1) * 0.5 + 0.25 + jitter[n][k]
                    });
                    (["Si", "O", "Fe"][kinds[n]], f)
                })
                .collect();
            structure([[a, 0.0, 0.0], [p, b, 0.0], [q, r, c]], &sites)
        },
    )
}

/// Whether a translation carries every site near one of its kind: the farthest misses by a distance in `range`, Å.
///
/// Primitive cells are sought within a fixed distance, whatever the size of the crystal, as pymatgen does. A crystal that is
/// centred to about that distance may have another primitive cell once it is scaled, and then rightly does not match itself.
/// Each site may lie halfway between two that are to be averaged, so that a miss here counts twice. The vector of the smaller cell
/// is that of one pair of sites, so that even within the distance the cell depends a little on their order.
pub(crate) fn is_almost_centred(s: &Structure, range: Range<f64>) -> bool {
    let distance = |d: Vector3<f64>| {
        let d = d.map(|x| x - x.round());
        let images = (-1..=1)
            .flat_map(|i| (-1..=1).flat_map(move |j| (-1..=1).map(move |k| Vector3::new(i, j, k))));
        images
            .map(|n| s.lattice().cart(&(d + n.map(f64::from))).norm())
            .fold(f64::INFINITY, f64::min)
    };
    let sites = s.sites();
    let first = sites[0];
    sites.iter().skip(1).filter(|t| t.element == first.element).any(|to| {
        let shift = to.frac - first.frac;
        let farthest = sites
            .iter()
            .map(|a| {
                sites
                    .iter()
                    .filter(|b| b.element == a.element)
                    .map(|b| distance(a.frac + shift - b.frac))
                    .fold(f64::INFINITY, f64::min)
            })
            .fold(0.0, f64::max);
        range.contains(&farthest)
    })
}

/// Products of up to four shears and sign changes with small entries.
pub(crate) fn unimodular() -> impl Strategy<Value = Matrix3<f64>> {
    let shear = (0..3_usize, 1..3_usize, -2..=2_i32, any::<bool>());
    prop::collection::vec(shear, 1..4).prop_map(|shears| {
        shears.into_iter().fold(Matrix3::identity(), |m, (i, d, factor, flip)| {
            let mut e = Matrix3::identity();
            e[(i, (i + d) % 3)] = f64::from(factor);
            if flip {
                e[(i, i)] = -1.0;
            }
            m * e
        })
    })
}
