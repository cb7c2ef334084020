//! The positions that a site symmetry allows.

use nalgebra::{Matrix3, Vector3};

/// An entry of a projection that is nothing but rounding.
const ROUNDING: f64 = 1e-9;

/// The points, line, plane or space that a site symmetry leaves where they are: x = origin + sum over k of u_k direction_k.
///
/// Directions are in reduced echelon form and the origin is 0 along them, so that u_k is a coordinate of x itself: that of the axis
/// `axes[k]`. At (x, 2x, 1/4) the origin is (0, 0, 1/4) and the only direction (1, 2, 0), with the axis 0.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedSubspace {
    /// The point of u = 0.
    pub origin: Vector3<f64>,
    /// The directions, none to three.
    pub directions: Vec<Vector3<f64>>,
    /// The coordinate that each free parameter is: 0, 1, 2 for x, y, z.
    pub axes: Vec<usize>,
}

impl FixedSubspace {
    /// What the operations x' = W x + w of a finite group (in which lattice vectors are part of w) leave fixed.
    ///
    /// The mean of the group is the projection x' = A x + b onto it: its columns are the directions, b is a point of it.
    pub(super) fn of(operations: &[(Matrix3<i32>, Vector3<f64>)]) -> Self {
        let n = operations.len() as f64;
        let linear: Matrix3<i32> = operations.iter().map(|(w, _)| *w).sum();
        let point: Vector3<f64> = operations.iter().map(|(_, t)| *t).sum::<Vector3<f64>>() / n;
        let mut rows = linear.transpose().cast::<f64>() / n;
        let mut axes = Vec::new();
        let mut rank = 0;
        for axis in 0..3 {
            let Some(pivot) =
                (rank..3).max_by(|i, j| rows[(*i, axis)].abs().total_cmp(&rows[(*j, axis)].abs()))
            else {
                break;
            };
            if rows[(pivot, axis)].abs() < ROUNDING {
                continue;
            }
            rows.swap_rows(rank, pivot);
            let leading = rows[(rank, axis)];
            let row = rows.row(rank) / leading;
            rows.set_row(rank, &row);
            for i in (0..3).filter(|i| *i != rank) {
                let reduced = rows.row(i) - row * rows[(i, axis)];
                rows.set_row(i, &reduced);
            }
            axes.push(axis);
            rank += 1;
        }
        let tidy = |x: f64| if (x - x.round()).abs() < ROUNDING { x.round() } else { x };
        let directions: Vec<Vector3<f64>> =
            (0..rank).map(|k| rows.row(k).transpose().map(tidy)).collect();
        let mut origin = point;
        for (direction, axis) in directions.iter().zip(&axes) {
            origin -= direction * point[*axis];
        }
        for axis in &axes {
            origin[*axis] = 0.0;
        }
        Self { origin, directions, axes }
    }

    /// Number of free coordinates, 0 to 3.
    pub fn n_free(&self) -> usize {
        self.axes.len()
    }

    /// The point of the parameters u.
    ///
    /// # Panics
    /// If there are not as many as free coordinates.
    pub fn point(&self, u: &[f64]) -> Vector3<f64> {
        assert_eq!(u.len(), self.n_free(), "one value a free coordinate");
        let steps = self.directions.iter().zip(u).map(|(direction, u)| direction * *u);
        steps.fold(self.origin, |x, step| x + step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symmetry::SymmetryOperation;

    /// Operations, then origin and directions.
    #[track_caller]
    fn check(operations: &[&str], origin: [f64; 3], directions: &[[f64; 3]]) {
        let group: Vec<_> = operations
            .iter()
            .map(|text| {
                let op: SymmetryOperation = text.parse().unwrap();
                (op.rotation, op.translation)
            })
            .collect();
        let fixed = FixedSubspace::of(&group);
        assert!((fixed.origin - Vector3::from(origin)).amax() < 1e-15, "{fixed:?}");
        assert_eq!(
            fixed.directions,
            directions.iter().map(|d| Vector3::from(*d)).collect::<Vec<_>>()
        );
        let u = vec![0.3; fixed.n_free()];
        let x = fixed.point(&u);
        for (axis, u) in fixed.axes.iter().zip(&u) {
            assert!((x[*axis] - u).abs() < 1e-15);
        }
        for (w, t) in &group {
            assert!((w.cast::<f64>() * x + t - x).amax() < 1e-15);
        }
    }

    #[test]
    fn special_positions_are_written_as_in_the_tables() {
        check(&["x,y,z"], [0.0; 3], &[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        check(&["x,y,z", "-x+1,-y,-z+1/2"], [0.5, 0.0, 0.25], &[]);
        check(&["x,y,z", "-x,y,-z+1/2"], [0.0, 0.0, 0.25], &[[0.0, 1.0, 0.0]]);
        check(&["x,y,z", "x,-y,z"], [0.0; 3], &[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
        // A mirror plane of hexagonal axes, position (x, 2x, z).
        check(&["x,y,z", "-x+y,y,z"], [0.0; 3], &[[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]);
        check(&["x,y,z", "y,x,-z"], [0.0; 3], &[[1.0, 1.0, 0.0]]);
        check(&["x,y,z", "y-1/2,x+1/2,z"], [0.0, 0.5, 0.0], &[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        check(&["x,y,z", "z,x,y", "y,z,x"], [0.0; 3], &[[1.0, 1.0, 1.0]]);
        // A three-fold axis at 1/3, 2/3.
        check(
            &["x,y,z", "-y+1,x-y+1,z", "-x+y,-x+1,z"],
            [1.0 / 3.0, 2.0 / 3.0, 0.0],
            &[[0.0, 0.0, 1.0]],
        );
    }
}
