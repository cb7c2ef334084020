//! Pointwise distance distributions.

use super::{AmdScratch, PddOptions};
use crate::MetricError;
use braggscape_crystal::{Element, Structure};

/// Pointwise distance distribution PDD(S; k) of a crystal: a list of weighted rows of distances.
///
/// A row belongs to a point i of the cell and holds its distances d_i1 <= ... <= d_ik to its k nearest neighbours; its weight is
/// 1/m for m points. Rows that agree within `collapse_tol` in every distance are one row, their mean, with the sum of their
/// weights: points are taken in the order of the sites, each joins the first row whose first point it agrees with, and
/// otherwise begins one. Rows are sorted by their distances. The weighted mean of the rows is the [`crate::amd`] vector, which
/// collapsing does not change.
///
/// # Units and shapes
/// Å; `n_rows` rows of `k` distances; weights add up to 1.
///
/// # Conventions
/// Positions are those of the cell as given; partly occupied sites that share a position are one point. By element
/// ([`PddOptions::by_element`], our own definition) a row also holds the element of its points, and rows of different elements never
/// collapse; distances still go to neighbours of all elements.
///
/// # Examples
/// ```
/// use braggscape_crystal::{Element, Lattice, Site, Structure};
/// use braggscape_metrics::{Pdd, PddOptions};
/// use nalgebra::Vector3;
///
/// // A chain of pairs: every point has a neighbour at 1 Å and one at 2 Å.
/// let lattice = Lattice::from_rows([[3.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 9.0]])?;
/// let hydrogen = Element::from_symbol("H")?;
/// let site = |x: f64| Site::new(hydrogen, Vector3::new(x, 0.0, 0.0));
/// let s = Structure::new(lattice, vec![site(0.0), site(1.0 / 3.0)])?;
/// let pdd = Pdd::new(&s, &PddOptions { k: 2, ..PddOptions::default() })?;
/// assert_eq!((pdd.n_rows(), pdd.weight(0)), (1, 1.0));
/// assert!((pdd.row(0)[0] - 1.0).abs() < 1e-12 && (pdd.row(0)[1] - 2.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// D. Widdowson & V. Kurlin, Advances in Neural Information Processing Systems 35, 24625 (2022).
#[derive(Debug, Clone, PartialEq)]
pub struct Pdd {
    k: usize,
    /// Row by row.
    distances: Vec<f64>,
    /// Points of each row.
    counts: Vec<u64>,
    /// Elements of the rows, if they count.
    elements: Option<Vec<Element>>,
}

impl Pdd {
    /// The distribution of a crystal.
    ///
    /// # Errors
    /// [`MetricError::OptionRange`]; [`MetricError::Reduction`] for a degenerate cell.
    pub fn new(structure: &Structure, options: &PddOptions) -> Result<Self, MetricError> {
        Self::with(structure, options, &mut AmdScratch::default())
    }

    /// [`Pdd::new`] with scratch space of the caller's.
    ///
    /// # Errors
    /// As [`Pdd::new`].
    pub fn with(
        structure: &Structure,
        options: &PddOptions,
        scratch: &mut AmdScratch,
    ) -> Result<Self, MetricError> {
        options.check()?;
        let (k, tolerance) = (options.k, options.collapse_tol);
        let AmdScratch { neighbours, row } = scratch;
        neighbours.fill(structure)?;
        row.clear();
        row.resize(k, 0.0);
        let mut groups: Vec<Group> = Vec::new();
        let (mut leaders, mut sums) = (Vec::new(), Vec::new());
        for point in 0..neighbours.n_points() {
            // Points of one class have one row; they join where the first of them does.
            let size = neighbours.class_size(point) as u64;
            if size == 0 {
                continue;
            }
            neighbours.distances(point, row)?;
            let element = options.by_element.then(|| neighbours.elements()[point]);
            let agrees = |(n, group): (usize, &Group)| {
                let leader: &[f64] = &leaders[n * k..(n + 1) * k];
                group.element == element
                    && leader.iter().zip(&*row).all(|(x, y)| (x - y).abs() <= tolerance)
            };
            if let Some(n) = groups.iter().enumerate().position(agrees) {
                groups[n].count += size;
                for (sum, d) in sums[n * k..(n + 1) * k].iter_mut().zip(&*row) {
                    *sum += size as f64 * d;
                }
            } else {
                groups.push(Group { count: size, element });
                leaders.extend_from_slice(row);
                sums.extend(row.iter().map(|d| size as f64 * d));
            }
        }
        for (row, group) in sums.chunks_exact_mut(k).zip(&groups) {
            for sum in row {
                *sum /= group.count as f64;
            }
        }
        Ok(Self::sorted(k, &sums, &groups))
    }

    /// Rows in ascending order of their distances, and of their elements where these are equal.
    fn sorted(k: usize, means: &[f64], groups: &[Group]) -> Self {
        let row = |n: usize| &means[n * k..(n + 1) * k];
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by(|&a, &b| {
            let pairs = row(a).iter().zip(row(b));
            let first = pairs.map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne());
            first.unwrap_or(groups[a].element.cmp(&groups[b].element))
        });
        Self {
            k,
            distances: order.iter().flat_map(|&n| row(n)).copied().collect(),
            counts: order.iter().map(|&n| groups[n].count).collect(),
            elements: order.iter().map(|&n| groups[n].element).collect(),
        }
    }

    /// Number of neighbours.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.counts.len()
    }

    /// The distances of row `i`, Å, in ascending order.
    ///
    /// # Panics
    /// If there is no row `i`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.distances[i * self.k..(i + 1) * self.k]
    }

    /// The number of points of each row.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The weight of row `i`: the part of all points that belongs to it.
    ///
    /// # Panics
    /// If there is no row `i`.
    pub fn weight(&self, i: usize) -> f64 {
        self.counts[i] as f64 / self.n_points() as f64
    }

    /// Number of points in the cell.
    pub fn n_points(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The element of each row, if elements count.
    pub fn elements(&self) -> Option<&[Element]> {
        self.elements.as_deref()
    }

    /// The weighted mean of the rows: the [`crate::amd`] vector, Å.
    pub fn amd(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.k];
        for (row, count) in self.distances.chunks_exact(self.k).zip(&self.counts) {
            for (sum, d) in out.iter_mut().zip(row) {
                *sum += *count as f64 * d;
            }
        }
        let n = self.n_points() as f64;
        for sum in &mut out {
            *sum /= n;
        }
        out
    }
}

/// Points with one row.
struct Group {
    count: u64,
    element: Option<Element>,
}
