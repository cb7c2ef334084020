//! Projection of cell and sites onto the symmetry of a space group.

use crate::cell_constraint::{Angle, CellConstraint, first_non_finite};
use crate::columns::Columns;
use crate::{ProjectError, Projector, Reduced};
use braggscape_crystal::CellParameters;
use braggscape_crystal::symmetry::{FixedSubspace, Orbit, SymmetryAssignment};
use nalgebra::{DMatrix, DVector, Vector3};
use std::sync::Arc;

/// Projection onto the structures that keep a space group, with the site symmetries of a reference: only the free coordinates of its
/// Wyckoff positions remain, and the cell has the metric of the group.
///
/// Coordinates. On the constraint the first site of an orbit is at y_1 = c + N u, with c and N what its site symmetry fixes and leaves
/// free, and every other one at y_j = W_j y_1 + w_j with the operation that carries the first site there. For an orbit of k sites this
/// is an affine subspace of 3k coordinates. The projection is the orthogonal one in the Euclidean norm of fractional coordinates,
///
/// u = (sum_j N_j^T N_j)^-1 sum_j N_j^T (x_j + m_j - W_j c - w_j), N_j = W_j N.
///
/// Lattice translations m_j. Coordinates may come wrapped into [0, 1), so that the image of a site that belongs to the orbit must be
/// found again. For the first site it is the one nearest to c + N u (of equally near ones, which differ along N, that with the smallest
/// |m_1|, then the first in the order of m_x, m_y, m_z); for the others the one nearest to the image W_j p + w_j of the projection p of the
/// first site alone. Projected coordinates are y_j - m_j: not wrapped, near the coordinates given, continuous while an optimizer
/// moves them.
///
/// Cell. Where the metric tensors that the group keeps are exactly the cells with certain equal lengths, equal angles and fixed angles (all
/// conventional cells, and primitive ones of cubic lattices), the projection is that onto these, by means, as in
/// [`CrystalFamilyProjector`](crate::CrystalFamilyProjector). Elsewhere (such as primitive cells of body-centred tetragonal lattices) the
/// metric tensor becomes its mean over the group, G' = mean of W^T G W, which is non-expansive in the norm of the metric tensor only;
/// gradients in the cell then stay as they are, and there is no reduced form.
///
/// # Conventions
/// The mean over the group of a structure's images is another projection onto the same constraint; it is orthogonal in the norm of
/// Cartesian displacements. Both agree where the rotations W are orthogonal matrices (axes at right angles, rhombohedral axes). On
/// hexagonal axes they differ, and the one taken here is the right one for what optimizers and studies do in fractional
/// coordinates: steps against a gradient never go uphill after the projection, g.P'g = |P'g|² >= 0; independent equal errors of the
/// coordinates are removed as far as possible; and it is non-expansive in the norm of every other projector.
///
/// # Differentiability
/// Affine near every structure whose translations m_j are not in doubt; it jumps where the nearest image changes, half a cell away. In
/// the reduced form the free parameters are those of the cell and, of every orbit, the free coordinates of its first site: "z(S1)".
///
/// # Errors
/// [`ProjectError::SiteCount`] for another number of sites than the reference has, [`ProjectError::NonFinite`], and, for metric
/// means only, [`ProjectError::Cell`].
///
/// # Examples
/// ```
/// use braggscape_crystal::{study_crystal, symmetry::SymmetryAssignment};
/// use braggscape_projector::{Projector, SpaceGroupProjector};
/// let nas = study_crystal("NaS").expect("a study crystal").structure();
/// let projector = SpaceGroupProjector::new(SymmetryAssignment::of(&nas, 0.01)?.into());
/// let (mut cell, mut sites) = (nas.cell(), nas.frac_coords());
/// for (i, site) in sites.iter_mut().enumerate() {
///     site.x += 0.01 * i as f64;
/// }
/// projector.project(&mut cell, &mut sites)?;
/// // No site of NaS may move along x.
/// assert!(sites.iter().zip(&nas.frac_coords()).all(|(a, b)| (a - b).amax() < 1e-8));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// International Tables for Crystallography A (2016), sections 1.4.4 and 2.1.3.11; R. W. Grosse-Kunstleve & P. D. Adams, Acta Cryst. A58, 60
/// (2002), doi:10.1107/S0108767301016658 (site symmetry as a linear operator).
#[derive(Debug, Clone)]
pub struct SpaceGroupProjector {
    symmetry: Arc<SymmetryAssignment>,
    orbits: Vec<Tangent>,
    cell: Option<CellConstraint>,
}

/// An orbit's directions.
#[derive(Debug, Clone)]
struct Tangent {
    /// N_j of each site.
    directions: Vec<Vec<Vector3<f64>>>,
    /// W_j c + w_j of each site.
    origins: Vec<Vector3<f64>>,
    /// (sum_j N_j^T N_j)^-1.
    inverse: DMatrix<f64>,
    /// The projection onto the fixed subspace of the first site alone: (N^T N)^-1.
    inverse_first: DMatrix<f64>,
}

impl SpaceGroupProjector {
    /// The projector onto the structures of this symmetry.
    pub fn new(symmetry: Arc<SymmetryAssignment>) -> Self {
        let orbits = symmetry.orbits().iter().map(Tangent::of).collect();
        let cell = cell_constraint(&symmetry);
        Self { symmetry, orbits, cell }
    }

    /// The symmetry.
    pub fn symmetry(&self) -> &SymmetryAssignment {
        &self.symmetry
    }

    /// Number of free coordinates.
    pub fn n_free_coordinates(&self) -> usize {
        self.symmetry.orbits().iter().map(|o| o.fixed.n_free()).sum()
    }

    /// The lattice translations m_j of an orbit's sites.
    fn translations(&self, orbit: usize, frac_coords: &[Vector3<f64>]) -> Vec<Vector3<f64>> {
        let (sites, tangent) = (&self.symmetry.orbits()[orbit], &self.orbits[orbit]);
        let first = &frac_coords[sites.sites[0].site];
        let (m, nearest) = nearest_image(&sites.fixed, &tangent.inverse_first, first);
        let others = sites.sites[1..].iter().map(|s| {
            let expected = s.rotation.cast::<f64>() * nearest + s.translation;
            (expected - frac_coords[s.site]).map(f64::round)
        });
        std::iter::once(m).chain(others).collect()
    }
}

impl Tangent {
    fn of(orbit: &Orbit) -> Self {
        let n = orbit.fixed.n_free();
        let (mut directions, mut origins) = (Vec::new(), Vec::new());
        for s in &orbit.sites {
            let w = s.rotation.cast::<f64>();
            directions.push(orbit.fixed.directions.iter().map(|d| w * d).collect::<Vec<_>>());
            origins.push(w * orbit.fixed.origin + s.translation);
        }
        let gram = |sites: &[Vec<Vector3<f64>>]| {
            DMatrix::from_fn(n, n, |i, j| sites.iter().map(|d| d[i].dot(&d[j])).sum::<f64>())
        };
        Self {
            inverse: inverse(gram(&directions)),
            inverse_first: inverse(gram(&directions[..1])),
            directions,
            origins,
        }
    }

    /// (sum_j N_j^T N_j)^-1 sum_j N_j^T v_j.
    fn along(&self, v: impl Iterator<Item = Vector3<f64>>) -> DVector<f64> {
        let mut sum = DVector::zeros(self.inverse.nrows());
        for (v, directions) in v.zip(&self.directions) {
            for (sum, direction) in sum.iter_mut().zip(directions) {
                *sum += direction.dot(&v);
            }
        }
        &self.inverse * sum
    }
}

/// The inverse of the Gram matrix of independent directions, 3 x 3 at most.
fn inverse(gram: DMatrix<f64>) -> DMatrix<f64> {
    if gram.is_empty() {
        return gram;
    }
    let n = gram.nrows();
    // Directions in echelon form are independent.
    gram.try_inverse().unwrap_or_else(|| DMatrix::zeros(n, n))
}

/// The lattice translation that brings x nearest to a fixed subspace, and the nearest point of it.
fn nearest_image(
    fixed: &FixedSubspace,
    inverse: &DMatrix<f64>,
    x: &Vector3<f64>,
) -> (Vector3<f64>, Vector3<f64>) {
    let closest = |x: &Vector3<f64>| {
        let rest = x - fixed.origin;
        let slopes =
            DVector::from_iterator(fixed.n_free(), fixed.directions.iter().map(|d| d.dot(&rest)));
        fixed.point((inverse * slopes).as_slice())
    };
    let start = (closest(x) - x).map(f64::round);
    let mut candidates = Vec::with_capacity(27);
    for i in -1..=1_i32 {
        for j in -1..=1_i32 {
            for k in -1..=1_i32 {
                candidates.push(start + Vector3::new(i, j, k).cast::<f64>());
            }
        }
    }
    // Short translations first: of equally near ones the first is taken. The sort keeps the order of equals.
    candidates.sort_by(|a, b| a.norm_squared().total_cmp(&b.norm_squared()));
    let mut best = (f64::INFINITY, start, closest(&(x + start)));
    for m in candidates {
        let image = x + m;
        let point = closest(&image);
        let distance = (image - point).norm_squared();
        if distance < best.0 - TIE {
            best = (distance, m, point);
        }
    }
    (best.1, best.2)
}

/// Squared distances, in fractions of the cell, that differ by less are equal.
const TIE: f64 = 1e-9;

impl Projector for SpaceGroupProjector {
    fn project(
        &self,
        cell: &mut CellParameters,
        frac_coords: &mut [Vector3<f64>],
    ) -> Result<(), ProjectError> {
        let (expected, found) = (self.symmetry.n_sites(), frac_coords.len());
        if expected != found {
            return Err(ProjectError::SiteCount { expected, found });
        }
        if let Some(index) = first_non_finite(cell, frac_coords) {
            return Err(ProjectError::NonFinite { index });
        }
        *cell = if let Some(constraint) = &self.cell {
            constraint.project(cell)
        } else {
            let metric = self.symmetry.symmetrised_metric(&cell.metric_tensor());
            CellParameters::from_metric_tensor(&metric)
                .map_err(|source| ProjectError::Cell { source })?
        };
        for (i, (orbit, tangent)) in self.symmetry.orbits().iter().zip(&self.orbits).enumerate() {
            let shifts = self.translations(i, frac_coords);
            let rests = orbit.sites.iter().zip(&shifts).zip(&tangent.origins);
            let u = tangent.along(rests.map(|((s, m), origin)| frac_coords[s.site] + m - origin));
            let first = orbit.fixed.point(u.as_slice());
            for (s, m) in orbit.sites.iter().zip(&shifts) {
                frac_coords[s.site] = s.rotation.cast::<f64>() * first + s.translation - m;
            }
        }
        Ok(())
    }

    fn project_gradient(&self, cell_gradient: &mut [f64; 6], frac_gradient: &mut [Vector3<f64>]) {
        if let Some(constraint) = &self.cell {
            constraint.project_gradient(cell_gradient);
        }
        if frac_gradient.len() != self.symmetry.n_sites() {
            return;
        }
        for (orbit, tangent) in self.symmetry.orbits().iter().zip(&self.orbits) {
            let u = tangent.along(orbit.sites.iter().map(|s| frac_gradient[s.site]));
            for (s, directions) in orbit.sites.iter().zip(&tangent.directions) {
                let steps = directions.iter().zip(u.iter()).map(|(d, u)| d * *u);
                frac_gradient[s.site] = steps.fold(Vector3::zeros(), |sum, step| sum + step);
            }
        }
    }

    fn reduced(&self, _: &CellParameters, frac_coords: &[Vector3<f64>]) -> Option<Reduced> {
        let constraint = self.cell.as_ref()?;
        if frac_coords.len() != self.symmetry.n_sites() || !all_finite(frac_coords) {
            return None;
        }
        let mut columns = Columns::new(frac_coords.len());
        constraint.reduce(&mut columns);
        for (i, (orbit, tangent)) in self.symmetry.orbits().iter().zip(&self.orbits).enumerate() {
            let shifts = self.translations(i, frac_coords);
            for ((s, origin), m) in orbit.sites.iter().zip(&tangent.origins).zip(&shifts) {
                for (axis, x) in (origin - m).iter().enumerate() {
                    columns.set_origin(6 + 3 * s.site + axis, *x);
                }
            }
            for (k, axis) in orbit.fixed.axes.iter().enumerate() {
                let mut entries = Vec::with_capacity(3 * orbit.sites.len());
                for (s, directions) in orbit.sites.iter().zip(&tangent.directions) {
                    let rows = directions[k].iter().enumerate();
                    entries.extend(rows.map(|(axis, d)| (6 + 3 * s.site + axis, *d)));
                }
                columns.push(format!("{}({})", ["x", "y", "z"][*axis], orbit.label), &entries);
            }
        }
        Some(columns.finish())
    }
}

fn all_finite(frac_coords: &[Vector3<f64>]) -> bool {
    frac_coords.iter().all(|f| f.iter().all(|x| x.is_finite()))
}

/// Cells in general position, whose symmetrised metrics tell what symmetry makes equal and what it fixes.
const SAMPLES: [[f64; 6]; 3] = [
    [5.0, 6.1, 7.3, 81.0, 97.0, 104.0],
    [9.2, 4.3, 6.4, 103.0, 86.0, 71.0],
    [4.7, 8.9, 5.2, 94.0, 112.0, 83.0],
];

/// The metrics that the rotations keep as a constraint that is affine in cell parameters, if they are such.
///
/// Lengths and angles that are equal, and angles that are the same, in all samples make a constraint that every invariant metric keeps. It
/// is the constraint if it leaves as many parameters free as the invariant metrics have.
fn cell_constraint(symmetry: &SymmetryAssignment) -> Option<CellConstraint> {
    let of = |p: [f64; 6]| {
        let metric = CellParameters::from_array(p).metric_tensor();
        CellParameters::from_metric_tensor(&symmetry.symmetrised_metric(&metric)).ok()
    };
    let samples: Vec<[f64; 6]> =
        SAMPLES.into_iter().map(|p| of(p).map(CellParameters::to_array)).collect::<Option<_>>()?;
    let equal = |i: usize, j: usize| samples.iter().all(|p| (p[i] - p[j]).abs() < 1e-9);
    let first_equal =
        |i: usize, offset: usize| (0..i).find(|j| equal(offset + j, offset + i)).unwrap_or(i);
    let angle = |i: usize| {
        let degrees = samples[0][3 + i];
        if samples.iter().all(|p| (p[3 + i] - degrees).abs() < 1e-9) {
            let exact = [60.0, 90.0, 120.0].into_iter().find(|a| (a - degrees).abs() < 1e-9);
            Angle::Fixed(exact.unwrap_or(degrees))
        } else {
            Angle::Free(first_equal(i, 3))
        }
    };
    let constraint = CellConstraint {
        lengths: std::array::from_fn(|i| first_equal(i, 0)),
        angles: std::array::from_fn(angle),
    };
    (constraint.n_free() == symmetry.n_free_metric()).then_some(constraint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::{Element, Lattice, Site, Structure, study_crystals};
    use nalgebra::Matrix3;

    /// Polonium on this lattice.
    fn constraint(columns: Matrix3<f64>) -> Option<CellConstraint> {
        let lattice = Lattice::from_columns(columns).unwrap();
        let site = Site::new(Element::from_symbol("Po").unwrap(), Vector3::new(0.1, 0.2, 0.3));
        let crystal = Structure::new(lattice, vec![site]).unwrap();
        cell_constraint(&SymmetryAssignment::of(&crystal, 1e-4).unwrap())
    }

    #[test]
    fn conventional_cells_have_the_shape_of_their_family() {
        for crystal in study_crystals() {
            let structure = crystal.structure();
            let symmetry = SymmetryAssignment::of(&structure, 0.01).unwrap();
            let shape = crate::CellShape::of(crystal.crystal_family, &structure.cell());
            assert_eq!(cell_constraint(&symmetry), Some(shape.constraint()), "{}", crystal.name);
        }
    }

    #[test]
    fn primitive_cells_have_a_constraint_where_it_is_affine() {
        let face_centred = Matrix3::new(0.0, 2.0, 2.0, 2.0, 0.0, 2.0, 2.0, 2.0, 0.0);
        let found = constraint(face_centred).unwrap();
        let sixty = Angle::Fixed(60.0);
        assert_eq!(found, CellConstraint { lengths: [0; 3], angles: [sixty; 3] });
        let body_centred = Matrix3::new(-2.0, 2.0, 2.0, 2.0, -2.0, 2.0, 2.0, 2.0, -2.0);
        let Some(CellConstraint { lengths: [0, 0, 0], angles: [Angle::Fixed(a), ..] }) =
            constraint(body_centred)
        else {
            panic!("a cell of equal lengths and fixed angles");
        };
        assert!((a - 109.471_220_634_490_69).abs() < 1e-12, "arccos(-1/3) in degrees, not {a}");
        // Body-centred tetragonal: 2 cos(alpha) + cos(gamma) = -1.
        let stretched = Matrix3::new(-2.0, 2.0, 2.0, 2.0, -2.0, 2.0, 2.5, 2.5, -2.5);
        assert_eq!(constraint(stretched), None);
    }
}
