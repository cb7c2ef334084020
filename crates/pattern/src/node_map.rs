//! Linear maps from the nodes of a decimation to fewer values, such as those of a blurred pattern.
#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

use crate::sum;

/// Columns that are mapped side by side.
const SIDE_BY_SIDE: usize = 4;

/// A banded linear map C from the values on the nodes of a [`Decimation`](crate::Decimation) to others.
///
/// A loss that takes inner products of patterns after a linear map, such as a blur, takes those of C g on nodes. The number of rows
/// is a multiple of eight; those added to make it one are 0.
///
/// # Examples
/// ```
/// use braggscape_pattern::NodeMap;
/// // Two rows on 16 nodes: the sum of the first two nodes, and the last node.
/// let map = NodeMap::new(16, [(0, vec![1.0, 1.0]), (15, vec![1.0])]);
/// let nodes: Vec<f64> = (0..16).map(f64::from).collect();
/// let mut values = Vec::new();
/// map.apply(&nodes, &mut values);
/// assert_eq!(values, [1.0, 15.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
/// let mut back = vec![f64::NAN; 16];
/// map.adjoint(&values, &mut back);
/// assert_eq!((back[0], back[1], back[2], back[15]), (1.0, 1.0, 0.0, 15.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NodeMap {
    n_nodes: usize,
    rows: Vec<Row>,
    /// Coefficients of all rows, one after the other.
    values: Vec<f64>,
    /// Orthonormal directions of the values that are taken out.
    without: Vec<Vec<f64>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    /// First node, a multiple of eight.
    first: usize,
    /// Where its coefficients begin, and how many they are: a multiple of eight.
    start: usize,
    len: usize,
}

impl NodeMap {
    /// From the rows: the first node each one begins at, and its coefficients.
    ///
    /// # Panics
    /// If `n_nodes` is not a multiple of eight, or a row reaches beyond the nodes.
    pub fn new(n_nodes: usize, rows: impl IntoIterator<Item = (usize, Vec<f64>)>) -> Self {
        assert_eq!(n_nodes % sum::LANES, 0, "nodes come in eights");
        let mut made = Self { n_nodes, rows: Vec::new(), values: Vec::new(), without: Vec::new() };
        for (first, row) in rows {
            assert!(first + row.len() <= n_nodes, "rows lie on the nodes");
            let aligned = first / sum::LANES * sum::LANES;
            let start = made.values.len();
            made.values.resize(start + first - aligned, 0.0);
            made.values.extend(row);
            // Rows begin and end at multiples of eight; so do the nodes, and no row reaches beyond them.
            made.values.resize(made.values.len().next_multiple_of(sum::LANES), 0.0);
            made.rows.push(Row { first: aligned, start, len: made.values.len() - start });
        }
        let n_rows = made.rows.len().next_multiple_of(sum::LANES);
        made.rows.resize(n_rows, Row { first: 0, start: 0, len: 0 });
        made
    }

    /// The same map followed by the projection that takes these directions of the values out; they need not be orthogonal, and one that
    /// depends on those before it is left out.
    ///
    /// # Panics
    /// If a direction has another length than there are rows.
    #[must_use]
    pub fn without(mut self, directions: impl IntoIterator<Item = Vec<f64>>) -> Self {
        for mut direction in directions {
            assert_eq!(direction.len(), self.n_rows(), "one value a row");
            let before = sum::norm(&direction);
            self.take_out(&mut direction);
            let norm = sum::norm(&direction);
            if norm > 1e-10 * before {
                for d in &mut direction {
                    *d /= norm;
                }
                self.without.push(direction);
            }
        }
        self
    }

    /// Takes the directions of [`without`](Self::without) out of the values of all rows.
    pub fn take_out(&self, values: &mut [f64]) {
        for direction in &self.without {
            let along = sum::dot(direction, values);
            for (v, d) in values.iter_mut().zip(direction) {
                *v -= along * d;
            }
        }
    }

    /// Number of nodes.
    pub fn n_nodes(&self) -> usize {
        self.n_nodes
    }

    /// Number of rows, a multiple of eight.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// Overwrites `out` with C times each column of nodes, one after the other.
    ///
    /// # Panics
    /// If `columns` is not a whole number of columns.
    pub fn apply(&self, columns: &[f64], out: &mut Vec<f64>) {
        assert_eq!(columns.len() % self.n_nodes, 0, "whole columns are mapped");
        let n_columns = columns.len() / self.n_nodes;
        out.resize(n_columns * self.n_rows(), 0.0);
        pulp::Arch::new().dispatch(Apply { map: self, columns, out });
        for values in out.chunks_exact_mut(self.n_rows()) {
            self.take_out(values);
        }
    }

    /// Overwrites `out` with C^T times one value a row.
    ///
    /// # Panics
    /// If `values` or `out` have another length than there are rows or nodes.
    pub fn adjoint(&self, values: &[f64], out: &mut [f64]) {
        assert_eq!(values.len(), self.n_rows(), "one value a row");
        assert_eq!(out.len(), self.n_nodes, "one value a node");
        let mut kept = values.to_vec();
        self.take_out(&mut kept);
        pulp::Arch::new().dispatch(Adjoint { map: self, values: &kept, out });
    }
}

struct Apply<'a> {
    map: &'a NodeMap,
    columns: &'a [f64],
    out: &'a mut [f64],
}

impl pulp::WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) {
        let Self { map, columns, out } = self;
        let (n_nodes, n_rows) = (map.n_nodes, map.n_rows());
        let groups = columns.chunks(SIDE_BY_SIDE * n_nodes);
        for (columns, out) in groups.zip(out.chunks_mut(SIDE_BY_SIDE * n_rows)) {
            if columns.len() == SIDE_BY_SIDE * n_nodes {
                group::<S, SIDE_BY_SIDE>(simd, map, columns, out);
            } else {
                for (column, out) in columns.chunks(n_nodes).zip(out.chunks_mut(n_rows)) {
                    group::<S, 1>(simd, map, column, out);
                }
            }
        }
    }
}

/// C times `N` columns. The order of additions is that of [`sum::dot`], whatever N and the width of the registers.
#[inline(always)]
fn group<S: pulp::Simd, const N: usize>(simd: S, map: &NodeMap, columns: &[f64], out: &mut [f64]) {
    let (n_nodes, n_rows) = (map.n_nodes, map.n_rows());
    let width = sum::LANES / S::F64_LANES;
    for (r, row) in map.rows.iter().enumerate() {
        let coefficients = S::as_simd_f64s(&map.values[row.start..row.start + row.len]).0;
        let mut sums = [[simd.splat_f64s(0.0); sum::LANES]; N];
        let bands: [&[S::f64s]; N] = std::array::from_fn(|j| {
            let at = j * n_nodes + row.first;
            S::as_simd_f64s(&columns[at..at + row.len]).0
        });
        for (b, c) in coefficients.chunks_exact(width).enumerate() {
            for j in 0..N {
                let values = &bands[j][b * width..(b + 1) * width];
                for i in 0..width {
                    sums[j][i] = simd.add_f64s(sums[j][i], simd.mul_f64s(c[i], values[i]));
                }
            }
        }
        for (j, sums) in sums.iter().enumerate() {
            let mut p = [0.0; sum::LANES];
            for (p, sum) in S::as_mut_simd_f64s(&mut p).0.iter_mut().zip(sums) {
                *p = *sum;
            }
            out[j * n_rows + r] = sum::reduce(p);
        }
    }
}

struct Adjoint<'a> {
    map: &'a NodeMap,
    values: &'a [f64],
    out: &'a mut [f64],
}

impl pulp::WithSimd for Adjoint<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { map, values, out } = self;
        out.fill(0.0);
        for (row, value) in map.rows.iter().zip(values) {
            let place = &mut out[row.first..row.first + row.len];
            let coefficients = &map.values[row.start..row.start + row.len];
            for (o, c) in place.iter_mut().zip(coefficients) {
                *o += value * c;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_columns_gives_the_plain_sums() {
        let number = |i: usize| libm::sin(1.0 + 1.7 * (i * i) as f64);
        let n_nodes = 40;
        let rows: Vec<(usize, Vec<f64>)> = (0..11)
            .map(|r| {
                let first = (7 * r) % 31;
                (
                    first,
                    (first..n_nodes.min(first + 3 + 2 * r)).map(|m| number(m + 100 * r)).collect(),
                )
            })
            .collect();
        let map = NodeMap::new(n_nodes, rows.clone());
        assert_eq!(map.n_rows(), 16);
        let columns: Vec<f64> = (0..7 * n_nodes).map(|i| number(i + 5000)).collect();
        let mut out = Vec::new();
        map.apply(&columns, &mut out);
        let plain = |row: &(usize, Vec<f64>), column: &[f64]| -> f64 {
            row.1.iter().zip(&column[row.0..]).map(|(c, g)| c * g).sum()
        };
        for (column, out) in columns.chunks(n_nodes).zip(out.chunks(16)) {
            for (row, found) in rows.iter().zip(out) {
                assert!((found - plain(row, column)).abs() < 1e-14);
            }
            assert!(out[11..].iter().all(|v| v.abs() < 1e-300));
            let mut one = Vec::new();
            map.apply(column, &mut one);
            assert_eq!(one, out);
            // Without two directions, the map is C less its parts along them.
            let directions: Vec<Vec<f64>> =
                (0..2).map(|k| (0..16).map(|r| number(70 * k + r)).collect()).collect();
            let less = map.clone().without(directions.clone());
            let mut rest = Vec::new();
            less.apply(column, &mut rest);
            for direction in &directions {
                assert!(sum::dot(direction, &rest).abs() < 1e-13);
            }
            let mut again = out.to_vec();
            less.take_out(&mut again);
            assert_eq!(again, rest);
            let mut back = vec![f64::NAN; n_nodes];
            less.adjoint(out, &mut back);
            assert!((sum::dot(&back, column) - sum::dot(&rest, &rest)).abs() < 1e-13);
            // (C g) . v = g . (C^T v).
            let values: Vec<f64> = (0..16).map(|r| number(r + 900)).collect();
            let mut back = vec![f64::NAN; n_nodes];
            map.adjoint(&values, &mut back);
            let (left, right) = (sum::dot(&values, out), sum::dot(&back, column));
            assert!((left - right).abs() < 1e-13, "{left} {right}");
        }
    }
}
