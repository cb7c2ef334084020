//! Pairs of atoms within a radius, over all periodic images.

use crate::PotentialError;
use braggscape_crystal::Structure;
use nalgebra::{Matrix3, Vector3};

/// Most pairs of a site and an image that a search looks at: seconds.
const MAX_PAIRS: f64 = 5e8;

/// Atoms closer than this are at one place, Å.
pub(crate) const MIN_DISTANCE: f64 = 1e-3;

/// Two atoms within the radius, listed once: site `first` in the cell and an image of site `second`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pair {
    /// Site in the cell.
    pub(crate) first: usize,
    /// Site whose image is near, not below `first`.
    pub(crate) second: usize,
    /// From the image of `second` to `first`, Å.
    pub(crate) vector: Vector3<f64>,
    /// Length of the vector, Å.
    pub(crate) distance: f64,
}

/// All pairs within `cutoff`, in a fixed order: by `first`, by `second`, by image. Of a site and its own images each image but not
/// its opposite is listed.
///
/// # Errors
/// [`PotentialError::TooClose`] or [`PotentialError::TooManyPairs`].
pub(crate) fn pairs(
    structure: &Structure,
    cutoff: f64,
    out: &mut Vec<Pair>,
) -> Result<(), PotentialError> {
    out.clear();
    let columns = structure.lattice().columns();
    // Numbers of planes of lattice points that a sphere of this radius reaches.
    let reach = reaches(&structure.lattice().inverse(), cutoff);
    let n = structure.n_sites() as f64;
    let estimate = 0.5 * n * n * reach.iter().map(|r| 2.0 * r + 1.0).product::<f64>();
    if estimate > MAX_PAIRS {
        return Err(PotentialError::TooManyPairs { estimate, cutoff, limit: MAX_PAIRS });
    }
    let sites = structure.sites();
    for (first, a) in sites.iter().enumerate() {
        for (second, b) in sites.iter().enumerate().skip(first) {
            let apart = b.frac - a.frac;
            search(columns, &apart, &reach, cutoff, first == second, |vector, distance| {
                if distance < MIN_DISTANCE {
                    return Err(PotentialError::TooClose {
                        first,
                        second,
                        distance,
                        minimum: MIN_DISTANCE,
                    });
                }
                out.push(Pair { first, second, vector, distance });
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Largest fractional coordinates of points within a radius of the origin.
fn reaches(inverse: &Matrix3<f64>, cutoff: f64) -> [f64; 3] {
    std::array::from_fn(|k| inverse.row(k).norm() * cutoff)
}

/// Visits the images of a point `apart` (fractional) from the origin that lie within the radius; `own` if it is the origin itself.
fn search(
    columns: &Matrix3<f64>,
    apart: &Vector3<f64>,
    reach: &[f64; 3],
    cutoff: f64,
    own: bool,
    mut visit: impl FnMut(Vector3<f64>, f64) -> Result<(), PotentialError>,
) -> Result<(), PotentialError> {
    let range = |k: usize| {
        let (low, high) = ((-reach[k] - apart[k]).ceil(), (reach[k] - apart[k]).floor());
        // Of opposite images of the origin one is enough.
        let low = if own && k == 0 { 0.0 } else { low };
        (low as i64)..=(high as i64)
    };
    let [ranges_x, ranges_y, ranges_z] = [range(0), range(1), range(2)];
    let r2 = cutoff * cutoff;
    for x in ranges_x {
        let ax = columns.column(0) * (apart[0] + x as f64);
        for y in ranges_y.clone() {
            let axy = ax + columns.column(1) * (apart[1] + y as f64);
            for z in ranges_z.clone() {
                if own && (x, y, z) <= (0, 0, 0) {
                    continue;
                }
                let vector = -(axy + columns.column(2) * (apart[2] + z as f64));
                let d2 = vector.norm_squared();
                if d2 < r2 {
                    visit(vector, d2.sqrt())?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::{Element, Lattice, Site};

    fn count(structure: &Structure, cutoff: f64) -> usize {
        let mut found = Vec::new();
        pairs(structure, cutoff, &mut found).unwrap();
        found.len()
    }

    fn cubic(a: f64, sites: &[[f64; 3]]) -> Structure {
        let lattice = Lattice::from_rows([[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]]).unwrap();
        let po = Element::from_symbol("Po").unwrap();
        let sites = sites.iter().map(|f| Site::new(po, Vector3::from(*f))).collect();
        Structure::new(lattice, sites).unwrap()
    }

    #[test]
    fn shells_of_cubic_lattices_have_their_known_sizes() {
        // Half of 6, 6 + 12 and 6 + 12 + 8 neighbours.
        let simple = cubic(3.0, &[[0.0; 3]]);
        assert_eq!([3.1, 4.3, 5.2].map(|r| count(&simple, r)), [3, 9, 13]);
        // Body-centred: 8 and 6 neighbours of each of two atoms; coordinates far outside the cell do not matter.
        for far in [0.5, 7.5, -12.5] {
            let body = cubic(3.0, &[[0.0; 3], [0.5, far, 0.5]]);
            assert_eq!([2.7, 3.1].map(|r| count(&body, r)), [8, 14]);
        }
    }

    #[test]
    fn vectors_point_from_the_image_to_the_first_site() {
        let s = cubic(10.0, &[[0.0; 3], [0.2, 0.0, 0.0]]);
        let mut found = Vec::new();
        pairs(&s, 3.0, &mut found).unwrap();
        assert_eq!(found.len(), 1);
        assert!((found[0].vector - Vector3::new(-2.0, 0.0, 0.0)).norm() < 1e-15);
    }

    #[test]
    fn atoms_at_one_place_and_endless_searches_are_refused() {
        let mut found = Vec::new();
        let twice = cubic(4.0, &[[0.1; 3], [1.1, 0.1, 0.1]]);
        let e = pairs(&twice, 5.0, &mut found).unwrap_err();
        assert!(matches!(e, PotentialError::TooClose { first: 0, second: 1, .. }), "{e}");
        let flat =
            Lattice::from_rows([[2e7, 0.0, 0.0], [0.0, 1e-4, 0.0], [0.0, 0.0, 1e-4]]).unwrap();
        let e = pairs(&twice.with_lattice(flat), 6.0, &mut found).unwrap_err();
        assert!(matches!(e, PotentialError::TooManyPairs { .. }), "{e}");
    }
}
