//! Changes of description of one crystal, which leave the crystal as it is.
//!
//! Cartesian x = L f with the lattice vectors as the columns of L and fractional coordinates f as a column.

use braggscape_crystal::{CrystalError, Lattice, Site, Structure};
use nalgebra::{Matrix3, Vector3};

/// The structure turned rigidly: L' = R L, f' = f.
///
/// # Errors
/// [`CrystalError`] if R makes the lattice flat or holds a NaN; a rotation does not.
pub fn rotated(structure: &Structure, r: &Matrix3<f64>) -> Result<Structure, CrystalError> {
    Ok(structure.with_lattice(Lattice::from_columns(r * structure.lattice().columns())?))
}

/// The structure seen from another origin: L' = L, f' = f + t.
///
/// # Errors
/// [`CrystalError::NonFiniteCoordinate`].
pub fn shifted(structure: &Structure, t: &Vector3<f64>) -> Result<Structure, CrystalError> {
    let coords: Vec<_> = structure.frac_coords().iter().map(|f| f + t).collect();
    structure.with_frac_coords(&coords)
}

/// The structure inverted through the origin: L' = L, f' = -f.
///
/// # Errors
/// None for a valid structure.
pub fn inverted(structure: &Structure) -> Result<Structure, CrystalError> {
    let coords: Vec<_> = structure.frac_coords().iter().map(|f| -f).collect();
    structure.with_frac_coords(&coords)
}

/// The structure with its sites in another order: site i of the result is site `order[i]`.
///
/// # Errors
/// [`CrystalError::NoSites`] for an empty order.
///
/// # Panics
/// If `order` names a site that does not exist.
pub fn reordered(structure: &Structure, order: &[usize]) -> Result<Structure, CrystalError> {
    let sites = order.iter().map(|i| structure.sites()[*i]).collect();
    Structure::new(*structure.lattice(), sites)
}

/// The structure with one position held by two sites of shares `share` and 1 - `share` of its occupancy.
///
/// # Errors
/// [`CrystalError::OccupancyRange`] unless 0 < share < 1.
///
/// # Panics
/// If the structure has no site `site_idx`.
pub fn split(
    structure: &Structure,
    site_idx: usize,
    share: f64,
) -> Result<Structure, CrystalError> {
    let mut sites = structure.sites().to_vec();
    let whole = sites[site_idx].occupancy;
    sites[site_idx].occupancy = whole * share;
    sites.push(Site { occupancy: whole * (1.0 - share), ..sites[site_idx] });
    Structure::new(*structure.lattice(), sites)
}

/// The structure on the lattice vectors L' = L M, M of integers with det M = ±n: its n cells as one, all their sites listed.
/// With n = 1 only the basis changes, f' = M^-1 f.
///
/// Site j of cell t has f' = M^-1 (f_j + t), where t runs over the integer vectors with M^-1 t in [0, 1)^3. Sites of one
/// original site are neighbours.
///
/// # Errors
/// [`CrystalError::DegenerateLattice`] if M is singular.
///
/// # Examples
/// ```
/// use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure};
/// use braggscape_testkit::transform::supercell;
/// use nalgebra::{Matrix3, Vector3};
/// let lattice = Lattice::from_parameters(&CellParameters::new(3.0, 3.0, 3.0, 90.0, 90.0, 90.0))?;
/// let po = Structure::new(lattice, vec![Site::new(Element::from_symbol("Po")?, Vector3::zeros())])?;
/// let four = supercell(&po, &Matrix3::new(2, 1, 0, 0, 2, 0, 0, 0, 1))?;
/// assert_eq!(four.n_sites(), 4);
/// assert!((four.lattice().volume() - 4.0 * 27.0).abs() < 1e-10);
/// # Ok::<(), braggscape_crystal::CrystalError>(())
/// ```
pub fn supercell(structure: &Structure, m: &Matrix3<i32>) -> Result<Structure, CrystalError> {
    let determinant = determinant(m);
    let lattice = Lattice::from_columns(structure.lattice().columns() * m.map(f64::from))?;
    let adjugate = adjugate(m);
    let inverse = adjugate.map(f64::from) / f64::from(determinant);
    let cells = representatives(m, &adjugate, determinant);
    let mut sites = Vec::with_capacity(structure.n_sites() * cells.len());
    for site in structure.sites() {
        for t in &cells {
            sites.push(Site { frac: inverse * (site.frac + t.map(f64::from)), ..*site });
        }
    }
    Structure::new(lattice, sites)
}

/// Integer vectors t with M^-1 t in [0, 1)^3; there are |det M| of them.
fn representatives(m: &Matrix3<i32>, adjugate: &Matrix3<i32>, det: i32) -> Vec<Vector3<i32>> {
    // t = M f with f in [0, 1)^3 lies between the sums of the negative and of the positive entries of a row.
    let low = |i: usize| m.row(i).iter().map(|v| (*v).min(0)).sum::<i32>();
    let high = |i: usize| m.row(i).iter().map(|v| (*v).max(0)).sum::<i32>();
    let mut found = Vec::new();
    for x in low(0)..=high(0) {
        for y in low(1)..=high(1) {
            for z in low(2)..=high(2) {
                let t = Vector3::new(x, y, z);
                let scaled = (adjugate * t) * det.signum();
                if scaled.iter().all(|v| (0..det.abs()).contains(v)) {
                    found.push(t);
                }
            }
        }
    }
    found
}

/// det M of integers, exact.
pub fn determinant(m: &Matrix3<i32>) -> i32 {
    let column = |j: usize| m.column(j).into_owned();
    column(0).dot(&column(1).cross(&column(2)))
}

/// adj M = det(M) M^-1 of integers, exact.
fn adjugate(m: &Matrix3<i32>) -> Matrix3<i32> {
    let [a, b, c] = [0, 1, 2].map(|j| m.column(j).into_owned());
    Matrix3::from_rows(&[b.cross(&c).transpose(), c.cross(&a).transpose(), a.cross(&b).transpose()])
}
