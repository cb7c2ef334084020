//! A cell as the reader sees it: every crystal from the same side.

use super::edges::{Edge, edges};

/// The reader looks from the front, turned this far to the right and up, degrees.
const TURN: f64 = 17.0;
const TILT: f64 = 13.0;

/// A point of the view in Å: to the right, up, and towards the reader.
pub(crate) type Point = [f64; 3];

/// An atom, or an image of it on the boundary of the cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ball {
    /// Its middle.
    pub(crate) at: Point,
    /// Its radius, Å.
    pub(crate) radius: f64,
    /// Index of the atom.
    pub(crate) atom_idx: usize,
}

/// A cell in the view.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// The twelve edges.
    pub(crate) edges: Vec<Edge>,
    /// Atoms with their images, from the back to the front.
    pub(crate) balls: Vec<Ball>,
}

impl View {
    /// The view of a lattice with these rows (Å) and atoms, given by fractional coordinates and radii (Å).
    ///
    /// The crystal is turned so that a points to the right and c up in the plane of the paper, a right-handed lattice thus
    /// having b behind it; then it is seen from the right and above.
    pub(crate) fn new(rows: &[Point; 3], atoms: &[(Point, f64)], tolerance: f64) -> Self {
        let right = unit(rows[0]);
        let along = dot(rows[2], right);
        let up = unit([0, 1, 2].map(|k| rows[2][k] - along * right[k]));
        let behind = cross(up, right);
        let (sin_turn, cos_turn) = libm::sincos(TURN.to_radians());
        let (sin_tilt, cos_tilt) = libm::sincos(TILT.to_radians());
        let see = |v: Point| {
            let [x, y, z] = [right, behind, up].map(|axis| dot(v, axis));
            let depth = y * cos_turn - x * sin_turn;
            [
                x * cos_turn + y * sin_turn,
                z * cos_tilt + depth * sin_tilt,
                z * sin_tilt - depth * cos_tilt,
            ]
        };
        let vectors = rows.map(see);
        let mut balls: Vec<Ball> = Vec::new();
        for (atom_idx, (frac, radius)) in atoms.iter().enumerate() {
            for image in boundary_images(*frac, tolerance) {
                balls.push(Ball { at: combine(&vectors, image), radius: *radius, atom_idx });
            }
        }
        // Sorting is stable: of atoms at one place the later is in front.
        balls.sort_by(|a, b| a.at[2].total_cmp(&b.at[2]));
        Self { edges: edges(&vectors), balls }
    }

    /// Least and greatest place to the right and upwards of edges and atoms: `[left, right, bottom, top]`, Å.
    pub(crate) fn extent(&self) -> [f64; 4] {
        let corners = self.edges.iter().flat_map(|e| e.ends).map(|p| (p, 0.0));
        let all = corners.chain(self.balls.iter().map(|b| (b.at, b.radius)));
        let none = [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY];
        all.fold(none, |[left, right, bottom, top], ([x, y, _], r)| {
            [left.min(x - r), right.max(x + r), bottom.min(y - r), top.max(y + r)]
        })
    }
}

/// The places of an atom in the closed cell: one inside, two on a face, four on an edge, eight at a corner. Coordinates
/// within `tolerance` of a face lie on it.
pub(crate) fn boundary_images(frac: Point, tolerance: f64) -> Vec<Point> {
    let choices = frac.map(|f| {
        let inside = f - libm::floor(f);
        if inside > 1.0 - tolerance {
            vec![inside - 1.0, inside]
        } else if inside < tolerance {
            vec![inside, inside + 1.0]
        } else {
            vec![inside]
        }
    });
    let [xs, ys, zs] = &choices;
    let pairs = xs.iter().flat_map(|x| ys.iter().map(move |y| (*x, *y)));
    pairs.flat_map(|(x, y)| zs.iter().map(move |z| [x, y, *z])).collect()
}

/// Sum of the vectors times these factors.
pub(crate) fn combine(vectors: &[Point; 3], factors: Point) -> Point {
    [0, 1, 2].map(|k| (0..3).map(|i| factors[i] * vectors[i][k]).sum())
}

pub(crate) fn dot(u: Point, v: Point) -> f64 {
    u[0] * v[0] + u[1] * v[1] + u[2] * v[2]
}

pub(crate) fn cross(u: Point, v: Point) -> Point {
    [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
}

fn unit(v: Point) -> Point {
    let length = dot(v, v).sqrt();
    v.map(|x| x / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_images(frac: Point, expected: &[Point]) {
        let found = boundary_images(frac, 0.02);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for e in expected {
            let near = |f: &Point| (0..3).all(|k| (f[k] - e[k]).abs() < 1e-12);
            assert!(found.iter().any(near), "{e:?} is missing in {found:?}");
        }
    }

    #[test]
    fn atoms_on_the_boundary_have_images() {
        check_images([0.5, 0.25, 0.75], &[[0.5, 0.25, 0.75]]);
        check_images([-0.5, 1.25, 0.75], &[[0.5, 0.25, 0.75]]);
        check_images([0.0, 0.5, 0.5], &[[0.0, 0.5, 0.5], [1.0, 0.5, 0.5]]);
        // Beyond the tolerance an atom is inside, within it just outside and just inside.
        check_images([0.97, 0.5, 0.5], &[[0.97, 0.5, 0.5]]);
        check_images([0.99, 0.5, 0.5], &[[-0.01, 0.5, 0.5], [0.99, 0.5, 0.5]]);
        assert_eq!(boundary_images([0.0, 1.0, 0.3], 0.02).len(), 4);
        assert_eq!(boundary_images([0.0, 1.0, -1e-17], 0.02).len(), 8);
    }

    #[test]
    fn a_is_to_the_right_b_behind_and_c_up() {
        // A monoclinic cell, turned somehow: rows times a rotation.
        let rows = [[5.0, 0.0, 0.0], [0.0, 3.0, 0.0], [-2.0, 0.0, 6.0]];
        let turned = rows.map(|[x, y, z]: Point| [y, z, x]);
        for rows in [rows, turned] {
            let view = View::new(&rows, &[], 0.02);
            // The first edge of each axis begins at the origin.
            let vector = |axis: usize| {
                let edge = view.edges.iter().find(|e| e.axis == axis).unwrap();
                [0, 1, 2].map(|k| edge.ends[1][k] - edge.ends[0][k])
            };
            let [a, b, c] = [0, 1, 2].map(vector);
            assert!(a[0] > 0.0 && a[0].abs() > 4.0 * a[1].abs());
            assert!(b[2] < 0.0 && b[0] > 0.0 && b[1] > 0.0);
            assert!(c[1] > 0.0 && c[0] < 0.0 && c[1] > c[0].abs());
            // Lengths and angles stay: the view is a rotation.
            assert!((dot(a, a) - 25.0).abs() < 1e-12 && (dot(a, c) + 10.0).abs() < 1e-12);
            assert!(dot(b, c).abs() < 1e-12 && dot(cross(a, b), c) > 0.0);
        }
    }

    #[test]
    fn nearer_atoms_come_later() {
        let rows = [[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]];
        let view = View::new(&rows, &[([0.5, 0.1, 0.5], 0.3), ([0.5, 0.9, 0.5], 0.3)], 0.02);
        assert_eq!(view.balls.iter().map(|b| b.atom_idx).collect::<Vec<_>>(), [1, 0]);
    }
}
