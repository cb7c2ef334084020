//! Cell parameters, lattices and rotations.

use braggscape_crystal::{CellParameters, Lattice};
use braggscape_projector::CellShape;
use nalgebra::{Matrix3, Quaternion, UnitQuaternion};
use proptest::prelude::*;
use std::ops::Range;

/// Lengths of cells, Å.
const LENGTHS: Range<f64> = 2.5..9.0;
/// Angles of cells, degrees.
const ANGLES: Range<f64> = 60.0..120.0;
/// Least volume of the cell with unit lengths: flatter cells have more reflections than a test can wait for.
const MIN_UNIT_VOLUME: f64 = 0.3;

/// An angle in degrees, 60 to 120; sometimes a right one.
fn angles() -> impl Strategy<Value = f64> {
    prop_oneof![1 => Just(90.0), 4 => ANGLES]
}

/// Parameters of any cell: lengths 2.5 to 9 Å, angles 60° to 120°, volume at least 0.3 a b c.
pub fn cell_parameters() -> impl Strategy<Value = CellParameters> {
    ([LENGTHS, LENGTHS, LENGTHS], [angles(), angles(), angles()])
        .prop_map(|([a, b, c], [al, be, ga])| CellParameters::new(a, b, c, al, be, ga))
        .prop_filter("a flat cell", is_thick)
}

fn is_thick(p: &CellParameters) -> bool {
    p.unit_volume_squared() > MIN_UNIT_VOLUME * MIN_UNIT_VOLUME
}

/// Parameters of a conventional cell of this shape, exactly on it; ranges as in [`cell_parameters`].
pub fn cell_parameters_of(shape: CellShape) -> impl Strategy<Value = CellParameters> {
    cell_parameters()
        .prop_map(move |p| {
            let CellParameters { a, b, c, alpha, beta, gamma } = p;
            match shape {
                CellShape::Triclinic => CellParameters::new(a, b, c, alpha, beta, gamma),
                CellShape::Monoclinic => CellParameters::new(a, b, c, 90.0, beta, 90.0),
                CellShape::Orthorhombic => CellParameters::new(a, b, c, 90.0, 90.0, 90.0),
                CellShape::Tetragonal => CellParameters::new(a, a, c, 90.0, 90.0, 90.0),
                CellShape::Hexagonal => CellParameters::new(a, a, c, 90.0, 90.0, 120.0),
                CellShape::Rhombohedral => CellParameters::new(a, a, a, alpha, alpha, alpha),
                CellShape::Cubic => CellParameters::new(a, a, a, 90.0, 90.0, 90.0),
            }
        })
        .prop_filter("a flat cell", is_thick)
}

/// Any lattice in any orientation, right- and left-handed.
pub fn lattices() -> impl Strategy<Value = Lattice> {
    (cell_parameters(), rotations(), any::<bool>()).prop_filter_map(
        "no lattice",
        |(p, r, mirrored)| {
            let columns = Lattice::from_parameters(&p).ok()?.columns() * 1.0;
            let hand = if mirrored { -1.0 } else { 1.0 };
            Lattice::from_columns(r * columns * hand).ok()
        },
    )
}

/// Lattices of conventional cells of this shape, in the orientation of [`Lattice::from_parameters`].
pub fn lattices_of(shape: CellShape) -> impl Strategy<Value = Lattice> {
    cell_parameters_of(shape).prop_filter_map("no lattice", |p| Lattice::from_parameters(&p).ok())
}

/// Proper rotations.
pub fn rotations() -> impl Strategy<Value = Matrix3<f64>> {
    let entry = || -1.0..1.0f64;
    [entry(), entry(), entry(), entry()]
        .prop_filter("a quaternion without direction", |q| {
            q.iter().map(|v| v * v).sum::<f64>() > 0.01
        })
        .prop_map(|[w, x, y, z]| {
            let unit = UnitQuaternion::from_quaternion(Quaternion::new(w, x, y, z));
            unit.to_rotation_matrix().into_inner()
        })
}
