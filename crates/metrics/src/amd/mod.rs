//! Average minimum distances and pointwise distance distributions: crystals compared by the distances between their atoms.
//!
//! Both are invariants of a periodic set of points: they do not see the cell, its origin or orientation, the order of the sites or
//! the size of a supercell, and they change continuously when the points move.

mod by_element;
mod emd;
mod metric;
mod motif;
mod neighbours;
mod offsets;
mod options;
mod pdd;
mod registers;
mod shells;
mod translations;
mod twins;

pub use by_element::{AmdByElement, amd_by_element};
pub use emd::{EmdScratch, pdd_emd, pdd_emd_with};
pub use metric::{AmdLinf, PddEmd};
pub use options::{MAX_NEIGHBOURS, PddOptions};
pub use pdd::Pdd;

use crate::MetricError;
use braggscape_crystal::Structure;
use neighbours::Neighbours;

/// A margin for rounding in bounds of distances, relative.
const MARGIN: f64 = 1e-9;

/// Scratch space of AMD and PDD; kept between structures, it saves allocations. It never changes a result.
#[derive(Debug, Default)]
pub struct AmdScratch {
    neighbours: Neighbours,
    row: Vec<f64>,
}

/// Average minimum distances of a crystal: AMD_k for k = 1 to `k`.
///
/// AMD_k = (1/m) sum_i d_ik, where d_ik is the distance from the i-th of the m positions of a cell to its k-th nearest neighbour
/// among all positions of the crystal.
///
/// # Units and shapes
/// Å; `k` numbers in ascending order.
///
/// # Conventions
/// Positions are those of the cell as given, whatever their elements; partly occupied sites that share a position are one point.
/// Hydrogen counts like any other atom.
///
/// # Differentiability
/// Continuous in the structure; smooth where no two distances of one row are equal.
///
/// # Errors
/// [`MetricError::OptionRange`] if `k` is 0 or above [`MAX_NEIGHBOURS`]; [`MetricError::Reduction`] for a degenerate cell.
///
/// # Examples
/// ```
/// use braggscape_crystal::{Element, Lattice, Site, Structure};
/// use braggscape_metrics::amd;
/// use nalgebra::Vector3;
///
/// // A simple cubic lattice of edge 2 Å: six neighbours at 2 Å, twelve at 2 sqrt(2) Å.
/// let lattice = Lattice::from_rows([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])?;
/// let polonium = Structure::new(lattice, vec![Site::new(Element::from_symbol("Po")?, Vector3::zeros())])?;
/// let distances = amd(&polonium, 7)?;
/// assert!((distances[5] - 2.0).abs() < 1e-12);
/// assert!((distances[6] - 2.0 * 2.0_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// D. Widdowson, M. M. Mosca, A. Pulido, A. I. Cooper & V. Kurlin, MATCH Commun. Math. Comput. Chem. 87, 529 (2022),
/// doi:10.46793/match.87-3.529W.
pub fn amd(structure: &Structure, k: usize) -> Result<Vec<f64>, MetricError> {
    let mut out = vec![0.0; k.min(MAX_NEIGHBOURS + 1)];
    amd_with(structure, &mut out, &mut AmdScratch::default())?;
    Ok(out)
}

/// [`amd`] with scratch space and a result of the caller's: k is the length of `out`.
///
/// # Errors
/// As [`amd`].
pub fn amd_with(
    structure: &Structure,
    out: &mut [f64],
    scratch: &mut AmdScratch,
) -> Result<(), MetricError> {
    options::check_neighbours(out.len())?;
    let AmdScratch { neighbours, row } = scratch;
    neighbours.fill(structure)?;
    row.clear();
    row.resize(out.len(), 0.0);
    mean_of_rows(neighbours, 0..neighbours.n_points(), row, out)
}

/// The mean of the rows of all points, or of those of an element.
fn mean_of_rows(
    neighbours: &mut Neighbours,
    points: impl ExactSizeIterator<Item = usize>,
    row: &mut [f64],
    out: &mut [f64],
) -> Result<(), MetricError> {
    let n = points.len() as f64;
    out.fill(0.0);
    for point in points {
        let size = neighbours.class_size(point);
        if size == 0 {
            continue;
        }
        neighbours.distances(point, row)?;
        neighbours::add(row, size, out);
    }
    for sum in out.iter_mut() {
        *sum /= n;
    }
    Ok(())
}

/// Largest difference between two AMD vectors of one k, Å.
///
/// max_k |AMD_k - AMD'_k|: 0 for the same crystal, symmetric, and it obeys the triangle inequality. If every atom moves by
/// at most ε while the lattice stands still, it is at most 2 ε. Some different crystals have it 0; [`pdd_emd`] is never smaller.
///
/// # Errors
/// [`MetricError::LengthMismatch`] if the vectors differ in length.
///
/// # Examples
/// ```
/// assert!((braggscape_metrics::amd_linf(&[1.0, 2.0], &[1.5, 1.75])? - 0.5).abs() < 1e-15);
/// # Ok::<(), braggscape_metrics::MetricError>(())
/// ```
///
/// # References
/// As [`amd`].
pub fn amd_linf(a: &[f64], b: &[f64]) -> Result<f64, MetricError> {
    if a.len() != b.len() {
        return Err(MetricError::LengthMismatch { first: a.len(), second: b.len() });
    }
    Ok(a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max))
}
