//! Earth mover's distance between pointwise distance distributions.
#![expect(
    clippy::inline_always,
    reason = "the kernel must be inlined into the functions compiled for each vector width"
)]

mod transport;

use super::Pdd;
use crate::MetricError;
use braggscape_crystal::Element;
use transport::Transport;

/// Scratch space of the earth mover's distance; kept between pairs, it saves allocations. It never changes a result.
#[derive(Debug, Default)]
pub struct EmdScratch {
    costs: Vec<f64>,
    supply: Vec<u64>,
    demand: Vec<u64>,
    rows: [Vec<usize>; 2],
    transport: Transport,
}

/// Earth mover's distance between two pointwise distance distributions of one k, Å.
///
/// EMD = min sum_ij f_ij max_k |d_ik - d'_jk|, where f_ij >= 0 moves the weight of row i of the first to row j of the second:
/// sum_j f_ij = w_i, sum_i f_ij = w'_j. The minimum is exact: weights are whole numbers of one unit, moved along shortest
/// augmenting paths, each of which moves at least one unit, so that the search ends and degenerate cases are no special ones.
///
/// # Units and shapes
/// Å, at least 0. Between two distributions by element, weight moves within an element alone; where the fractions of the elements
/// differ, nothing can be moved and the distance is infinite.
///
/// # Conventions
/// A metric: symmetric, with the triangle inequality, and never smaller than [`crate::amd_linf`] of the same crystals. If every atom
/// moves by at most ε while the lattice stands still, it is at most 2 ε (and the collapsing of rows adds at most its tolerance for
/// each of the two). Between crystals in general position, 0 at large k means that they are the same up to an isometry.
///
/// # Errors
/// [`MetricError::LengthMismatch`] if k differs, [`MetricError::MixedKinds`] if one of the two is by element,
/// [`MetricError::TooLarge`] if the common unit of the weights or the number of steps is beyond bounds: minutes of work, for
/// distributions of several thousand rows.
///
/// # Examples
/// ```
/// use braggscape_crystal::{Element, Lattice, Site, Structure};
/// use braggscape_metrics::{Pdd, PddOptions, pdd_emd};
/// use nalgebra::Vector3;
///
/// let cubic = |a: f64| -> Result<Pdd, Box<dyn std::error::Error>> {
///     let lattice = Lattice::from_rows([[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]])?;
///     let s = Structure::new(lattice, vec![Site::new(Element::from_symbol("Po")?, Vector3::zeros())])?;
///     Ok(Pdd::new(&s, &PddOptions { k: 7, ..PddOptions::default() })?)
/// };
/// // The seventh neighbour is at sqrt(2) a.
/// assert!((pdd_emd(&cubic(2.0)?, &cubic(3.0)?)? - 2.0_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// D. Widdowson & V. Kurlin, Advances in Neural Information Processing Systems 35, 24625 (2022); Y. Rubner, C. Tomasi & L. J. Guibas,
/// Int. J. Comput. Vis. 40, 99 (2000), doi:10.1023/A:1026543900054.
pub fn pdd_emd(a: &Pdd, b: &Pdd) -> Result<f64, MetricError> {
    pdd_emd_with(a, b, &mut EmdScratch::default())
}

/// [`pdd_emd`] with scratch space of the caller's.
///
/// # Errors
/// As [`pdd_emd`].
pub fn pdd_emd_with(a: &Pdd, b: &Pdd, scratch: &mut EmdScratch) -> Result<f64, MetricError> {
    if a.k() != b.k() {
        return Err(MetricError::LengthMismatch { first: a.k(), second: b.k() });
    }
    let too_fine = MetricError::TooLarge { what: "units of weight", limit: MAX_UNITS };
    let (m, n) = (a.n_points(), b.n_points());
    let units = (m / gcd(m, n)).checked_mul(n).filter(|units| *units <= MAX_UNITS);
    let units = units.ok_or(too_fine)?;
    match (a.elements(), b.elements()) {
        (None, None) => {
            scratch.choose(0, a, None);
            scratch.choose(1, b, None);
            Ok(scratch.moved(a, b, units)?.unwrap_or(f64::INFINITY) / units as f64)
        }
        (Some(of_a), Some(of_b)) => {
            let mut total = 0.0;
            let mut elements = [of_a, of_b].concat();
            elements.sort_unstable();
            elements.dedup();
            for element in elements {
                scratch.choose(0, a, Some(element));
                scratch.choose(1, b, Some(element));
                let Some(moved) = scratch.moved(a, b, units)? else { return Ok(f64::INFINITY) };
                total += moved;
            }
            Ok(total / units as f64)
        }
        _ => Err(MetricError::MixedKinds),
    }
}

/// Most units of weight, far below where their products or sums could overflow.
const MAX_UNITS: u64 = 1 << 40;

impl EmdScratch {
    /// Chooses the rows of an element, or all.
    fn choose(&mut self, side: usize, pdd: &Pdd, element: Option<Element>) {
        let is_chosen = |i: &usize| element.is_none() || pdd.elements().map(|of| of[*i]) == element;
        self.rows[side].clear();
        self.rows[side].extend((0..pdd.n_rows()).filter(is_chosen));
    }

    /// The least sum of units times distances between the chosen rows; `None` if their weights differ.
    fn moved(&mut self, a: &Pdd, b: &Pdd, units: u64) -> Result<Option<f64>, MetricError> {
        let [rows, columns] = &self.rows;
        let (one, other) = (units / a.n_points(), units / b.n_points());
        self.supply.clear();
        self.supply.extend(rows.iter().map(|i| a.counts()[*i] * one));
        self.demand.clear();
        self.demand.extend(columns.iter().map(|j| b.counts()[*j] * other));
        if self.supply.iter().sum::<u64>() != self.demand.iter().sum::<u64>() {
            return Ok(None);
        }
        self.costs.clear();
        self.costs.resize(rows.len() * columns.len(), 0.0);
        pulp::Arch::new().dispatch(Costs { a, b, rows, columns, out: &mut self.costs });
        self.transport.solve(&mut self.supply, &mut self.demand, &self.costs).map(Some)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Largest differences of rows, row by row of the first.
struct Costs<'a> {
    a: &'a Pdd,
    b: &'a Pdd,
    rows: &'a [usize],
    columns: &'a [usize],
    out: &'a mut [f64],
}

impl pulp::WithSimd for Costs<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) {
        let Self { a, b, rows, columns, out } = self;
        for (out, &i) in out.chunks_exact_mut(columns.len().max(1)).zip(rows) {
            let (row, rest) = S::as_simd_f64s(a.row(i));
            for (out, &j) in out.iter_mut().zip(columns) {
                let (other, other_rest) = S::as_simd_f64s(b.row(j));
                let mut largest = [simd.splat_f64s(0.0); 2];
                let (pairs, last) = row.as_chunks::<2>();
                let (other_pairs, other_last) = other.as_chunks::<2>();
                for (x, y) in pairs.iter().zip(other_pairs) {
                    for i in 0..2 {
                        let d = simd.abs_f64s(simd.sub_f64s(x[i], y[i]));
                        largest[i] = simd.max_f64s(largest[i], d);
                    }
                }
                for (x, y) in last.iter().zip(other_last) {
                    let d = simd.abs_f64s(simd.sub_f64s(*x, *y));
                    largest[0] = simd.max_f64s(largest[0], d);
                }
                let mut all = simd.reduce_max_f64s(simd.max_f64s(largest[0], largest[1]));
                for (x, y) in rest.iter().zip(other_rest) {
                    all = all.max((x - y).abs());
                }
                *out = all;
            }
        }
    }
}
