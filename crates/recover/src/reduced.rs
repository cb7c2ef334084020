//! Structures in the free parameters of a constraint.

use crate::FreeParameters;
use braggscape_projector::Reduced;
use nalgebra::{DMatrix, DVector};

/// p = origin + basis u, for the part of p (cell parameters, then coordinates) that is refined.
#[derive(Debug, Clone)]
pub(crate) struct ReducedMap {
    origin: DVector<f64>,
    basis: DMatrix<f64>,
    /// (B^T B)^-1 B^T.
    inverse: DMatrix<f64>,
    names: Vec<String>,
}

impl ReducedMap {
    /// The part of a constraint's form that is refined; `None` where lattice and coordinates cannot be told apart, or nothing is
    /// free.
    pub(crate) fn new(reduced: &Reduced, free: FreeParameters) -> Option<Self> {
        let n = reduced.origin.len();
        let rows = match free {
            FreeParameters::Lattice => 0..6,
            FreeParameters::Coordinates => 6..n,
            FreeParameters::Both => 0..n,
        };
        let moves = |column: usize, inside: bool| {
            (0..n).any(|row| {
                rows.contains(&row) == inside && reduced.basis[(row, column)].abs() > 0.0
            })
        };
        let columns: Vec<usize> =
            (0..reduced.basis.ncols()).filter(|column| moves(*column, true)).collect();
        if columns.is_empty() || columns.iter().any(|column| moves(*column, false)) {
            return None;
        }
        let basis = DMatrix::from_fn(rows.len(), columns.len(), |i, j| {
            reduced.basis[(rows.start + i, columns[j])]
        });
        // Not by `*`, whose kernels round differently from machine to machine.
        let gram = DMatrix::from_fn(columns.len(), columns.len(), |i, j| {
            basis.column(i).iter().zip(basis.column(j).iter()).map(|(a, b)| a * b).sum()
        });
        let inverse = gram.cholesky()?.solve(&basis.transpose());
        let origin = DVector::from_column_slice(&reduced.origin[rows]);
        let names = columns.iter().filter_map(|j| reduced.names.get(*j).cloned()).collect();
        Some(Self { origin, basis, inverse, names })
    }

    /// Number of free parameters.
    pub(crate) fn n_free(&self) -> usize {
        self.basis.ncols()
    }

    /// Their names.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The first component of p that a free parameter moves.
    pub(crate) fn first_row(&self, column: usize) -> usize {
        (0..self.basis.nrows()).find(|row| self.basis[(*row, column)].abs() > 0.0).unwrap_or(0)
    }

    /// p of u.
    pub(crate) fn point(&self, u: &[f64]) -> DVector<f64> {
        &self.origin + &self.basis * DVector::from_column_slice(u)
    }

    /// u of the point of the constraint that is nearest to p.
    pub(crate) fn free(&self, p: &[f64], u: &mut [f64]) {
        let found = &self.inverse * (DVector::from_column_slice(p) - &self.origin);
        u.copy_from_slice(found.as_slice());
    }

    /// dp/du.
    pub(crate) fn basis(&self) -> &DMatrix<f64> {
        &self.basis
    }
}
