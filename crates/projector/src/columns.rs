//! Reduced forms, column by column.

use crate::Reduced;
use nalgebra::DMatrix;

/// A reduced form under construction.
#[derive(Debug)]
pub(crate) struct Columns {
    origin: Vec<f64>,
    names: Vec<String>,
    /// Entries (row, value) of each column.
    entries: Vec<Vec<(usize, f64)>>,
}

impl Columns {
    /// A constraint on a cell and this many sites without any free parameter yet, all of it at 0.
    pub(crate) fn new(n_sites: usize) -> Self {
        Self { origin: vec![0.0; 6 + 3 * n_sites], names: Vec::new(), entries: Vec::new() }
    }

    /// Sets a component of the point u = 0.
    pub(crate) fn set_origin(&mut self, row: usize, value: f64) {
        self.origin[row] = value;
    }

    /// Adds a free parameter with its entries (row, value).
    pub(crate) fn push(&mut self, name: impl Into<String>, entries: &[(usize, f64)]) {
        self.names.push(name.into());
        self.entries.push(entries.to_vec());
    }

    /// Adds all coordinates of this many sites: x1, y1, z1, x2 and so on.
    pub(crate) fn push_free_sites(&mut self, n_sites: usize) {
        for site in 0..n_sites {
            for (axis, letter) in ["x", "y", "z"].iter().enumerate() {
                self.push(format!("{letter}{}", site + 1), &[(6 + 3 * site + axis, 1.0)]);
            }
        }
    }

    pub(crate) fn finish(self) -> Reduced {
        let mut basis = DMatrix::zeros(self.origin.len(), self.names.len());
        for (j, column) in self.entries.iter().enumerate() {
            for (row, value) in column {
                basis[(*row, j)] = *value;
            }
        }
        Reduced { origin: self.origin, basis, names: self.names }
    }
}
