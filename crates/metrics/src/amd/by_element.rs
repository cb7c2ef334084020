//! Average minimum distances between the elements of a crystal.

use super::{AmdScratch, mean_of_rows, options};
use crate::{MetricError, amd_linf};
use braggscape_crystal::{Element, Structure};

/// Average minimum distances for each ordered pair of elements.
#[derive(Debug, Clone, PartialEq)]
pub struct AmdByElement {
    /// (from, to) and the vector, in the order of atomic numbers.
    pairs: Vec<((Element, Element), Vec<f64>)>,
}

/// Average minimum distances of a crystal from the points of one element to those of another.
///
/// AMD_k(A, B) is the mean, over the points of element A in the cell, of the distance to the k-th nearest point of element B. It is
/// our own refinement of [`crate::amd`]: it tells apart crystals that share the positions of their atoms but not their elements, and
/// where there is one element it is the AMD vector itself.
///
/// # Units and shapes
/// Å; `k` numbers in ascending order for each of the n^2 ordered pairs of n elements.
///
/// # Errors
/// As [`crate::amd`].
///
/// # Examples
/// ```
/// use braggscape_crystal::{Element, Lattice, Site, Structure};
/// use braggscape_metrics::amd_by_element;
/// use nalgebra::Vector3;
///
/// // Caesium chloride of edge 4 Å.
/// let (cs, cl) = (Element::from_symbol("Cs")?, Element::from_symbol("Cl")?);
/// let lattice = Lattice::from_rows([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]])?;
/// let half = Vector3::new(0.5, 0.5, 0.5);
/// let s = Structure::new(lattice, vec![Site::new(cs, Vector3::zeros()), Site::new(cl, half)])?;
/// let amd = amd_by_element(&s, 1)?;
/// assert!((amd.between(cs, cl).unwrap()[0] - 12.0_f64.sqrt()).abs() < 1e-12);
/// assert!((amd.between(cs, cs).unwrap()[0] - 4.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn amd_by_element(structure: &Structure, k: usize) -> Result<AmdByElement, MetricError> {
    AmdByElement::with(structure, k, &mut AmdScratch::default())
}

impl AmdByElement {
    /// [`amd_by_element`] with scratch space of the caller's.
    ///
    /// # Errors
    /// As [`crate::amd`].
    pub fn with(
        structure: &Structure,
        k: usize,
        scratch: &mut AmdScratch,
    ) -> Result<Self, MetricError> {
        options::check_neighbours(k)?;
        let AmdScratch { neighbours, row } = scratch;
        neighbours.fill(structure)?;
        row.clear();
        row.resize(k, 0.0);
        let of_points = neighbours.elements().to_vec();
        let mut elements = of_points.clone();
        elements.sort_unstable();
        elements.dedup();
        let mut pairs = Vec::with_capacity(elements.len() * elements.len());
        for &from in &elements {
            let points: Vec<usize> =
                (0..of_points.len()).filter(|i| of_points[*i] == from).collect();
            for &to in &elements {
                neighbours.choose(Some(to));
                let mut out = vec![0.0; k];
                mean_of_rows(neighbours, points.iter().copied(), row, &mut out)?;
                pairs.push(((from, to), out));
            }
        }
        Ok(Self { pairs })
    }

    /// Each ordered pair of elements (from, to) with its vector, in the order of atomic numbers.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (Element, Element, &[f64])> {
        self.pairs.iter().map(|((from, to), vector)| (*from, *to, vector.as_slice()))
    }

    /// The vector from one element to another, Å.
    pub fn between(&self, from: Element, to: Element) -> Option<&[f64]> {
        self.pairs().find(|pair| (pair.0, pair.1) == (from, to)).map(|pair| pair.2)
    }

    /// The largest [`amd_linf`] of any pair of elements, Å; infinite if the crystals are not of the same elements.
    ///
    /// # Errors
    /// [`MetricError::LengthMismatch`] if k differs.
    pub fn linf(&self, other: &Self) -> Result<f64, MetricError> {
        if !self.pairs.iter().map(|p| p.0).eq(other.pairs.iter().map(|p| p.0)) {
            return Ok(f64::INFINITY);
        }
        let mut largest: f64 = 0.0;
        for (a, b) in self.pairs.iter().zip(&other.pairs) {
            largest = largest.max(amd_linf(&a.1, &b.1)?);
        }
        Ok(largest)
    }
}
