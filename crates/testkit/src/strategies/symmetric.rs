//! Structures of every space group.

use super::{cell_parameters_of, coordinates, elements};
use braggscape_crystal::symmetry::{SpaceGroup, SymmetryOperation};
use braggscape_crystal::{Lattice, Site, Structure, wrap_unit};
use braggscape_projector::CellShape;
use nalgebra::Vector3;
use proptest::collection::vec;
use proptest::prelude::*;

/// Sites at least this far apart, Å: no two of them can be taken for each other.
const APART: f64 = 0.8;

/// Structures with a space group of International Tables in its first conventional setting, at the usual origin: one to three orbits
/// at general or special positions, at most `max_sites` sites. Their symmetry may happen to be higher.
///
/// # Examples
/// ```
/// use braggscape_testkit::strategies::symmetric_structures;
/// use proptest::{strategy::{Strategy, ValueTree}, test_runner::TestRunner};
/// let drawn = symmetric_structures(24).new_tree(&mut TestRunner::deterministic())?.current();
/// assert!((1..=24).contains(&drawn.n_sites()));
/// # Ok::<(), proptest::test_runner::Reason>(())
/// ```
pub fn symmetric_structures(max_sites: usize) -> impl Strategy<Value = Structure> {
    (1..=230_i32)
        .prop_flat_map(|number| {
            let group = SpaceGroup::from_number(number)[0].clone();
            let cell = cell_parameters_of(shape_of(&group));
            let orbit = (elements(), positions());
            (Just(group), cell, vec(orbit, 1..4))
        })
        .prop_filter_map("too many sites, or too near ones", move |(group, cell, orbits)| {
            let lattice = Lattice::from_parameters(&cell).ok()?;
            let operations = group.operations();
            let mut sites: Vec<Site> = Vec::new();
            for (element, frac) in orbits {
                for frac in images(&operations, &Vector3::from(frac)) {
                    let near = |s: &Site| distance(&lattice, &(s.frac - frac)) < APART;
                    if sites.len() == max_sites || sites.iter().any(near) {
                        return None;
                    }
                    sites.push(Site::new(element, frac));
                }
            }
            Structure::new(lattice, sites).ok()
        })
}

/// Half of them with coordinates of special positions alone.
fn positions() -> impl Strategy<Value = [f64; 3]> {
    let special =
        || prop::sample::select(vec![0.0, 0.125, 0.25, 1.0 / 3.0, 0.5, 0.625, 2.0 / 3.0, 0.75]);
    prop_oneof![
        1 => [special(), special(), special()],
        1 => [coordinates(), coordinates(), coordinates()],
    ]
}

/// The shape of the first setting of a space group: hexagonal axes for rhombohedral groups.
fn shape_of(group: &SpaceGroup) -> CellShape {
    match group.number() {
        1..=2 => CellShape::Triclinic,
        3..=15 => CellShape::Monoclinic,
        16..=74 => CellShape::Orthorhombic,
        75..=142 => CellShape::Tetragonal,
        143..=194 => CellShape::Hexagonal,
        _ => CellShape::Cubic,
    }
}

/// The different images of a position, wrapped into the cell.
fn images(operations: &[SymmetryOperation], frac: &Vector3<f64>) -> Vec<Vector3<f64>> {
    let mut images: Vec<Vector3<f64>> = Vec::new();
    for op in operations {
        let image = op.apply(frac).map(wrap_unit);
        let same =
            |other: &Vector3<f64>| (other - image).iter().all(|d| (d - d.round()).abs() < 1e-9);
        if !images.iter().any(same) {
            images.push(image);
        }
    }
    images
}

/// Length of the shortest of the vectors that are `step` up to lattice vectors, Å; of flat cells an upper bound.
fn distance(lattice: &Lattice, step: &Vector3<f64>) -> f64 {
    let step = step.map(|x| x - x.round());
    let mut shortest = f64::INFINITY;
    for i in -1..=1_i32 {
        for j in -1..=1_i32 {
            for k in -1..=1_i32 {
                let shift = Vector3::new(i, j, k).cast::<f64>();
                shortest = shortest.min(lattice.cart(&(step + shift)).norm());
            }
        }
    }
    shortest
}
