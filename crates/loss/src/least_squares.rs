//! Losses that are sums of squares, for Gauss-Newton methods.

use crate::LossError;
use braggscape_pattern::{DecimatedTarget, Pattern, sum};
use nalgebra::DMatrix;

/// A loss that is a sum of squares of residuals r up to a constant and a factor c, L = c r.r + const.
pub trait LeastSquares: Send + Sync {
    /// Overwrites `hessian`, dim x dim, with 2 c R^T R, where R = (dr/dg) J: the second derivatives of the loss without those of the
    /// residuals. `jacobian` is J = dg/dp, a row a point, a column a parameter.
    ///
    /// Called once an evaluation, after the loss itself, with the same patterns.
    ///
    /// # Errors
    /// As the loss itself.
    fn gauss_newton(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        jacobian: &DMatrix<f64>,
        hessian: &mut DMatrix<f64>,
    ) -> Result<(), LossError>;
}

/// The same on the nodes of a decimation.
pub trait LeastSquaresOnNodes: Send + Sync {
    /// As [`LeastSquares::gauss_newton`]; `jacobian` has a row a node.
    ///
    /// # Errors
    /// As the loss itself.
    fn gauss_newton_on_nodes(
        &self,
        obs: &DecimatedTarget,
        calc: &[f64],
        jacobian: &DMatrix<f64>,
        hessian: &mut DMatrix<f64>,
    ) -> Result<(), LossError>;
}

/// What the Gauss-Newton matrix of r = g/N(g) - f/N(f) depends on beside J^T J.
pub(crate) struct Normalised {
    /// J^T g.
    pub(crate) along: Vec<f64>,
    /// J^T dN/dg; empty for a divisor that does not change.
    pub(crate) by_divisor: Vec<f64>,
    /// g.g.
    pub(crate) square: f64,
    /// N(g).
    pub(crate) divisor: f64,
}

impl Normalised {
    /// Turns J^T J into `factor` R^T R. With v = J dp, dr = v/N - g (dN.v)/N^2, so
    /// R^T R = J^T J/N^2 - (a b^T + b a^T)/N^3 + (g.g) b b^T/N^4, a = J^T g, b = J^T dN/dg.
    pub(crate) fn apply(&self, factor: f64, hessian: &mut DMatrix<f64>) {
        let n = self.divisor;
        for i in 0..hessian.nrows() {
            for j in 0..=i {
                let mut value = hessian[(i, j)];
                if let (Some(b), Some(c)) = (self.by_divisor.get(i), self.by_divisor.get(j)) {
                    value -= (self.along[i] * c + b * self.along[j]) / n;
                    value += self.square * b * c / (n * n);
                }
                value *= factor / (n * n);
                hessian[(i, j)] = value;
                hessian[(j, i)] = value;
            }
        }
    }
}

/// Division by N = |g|: dN/dg = g/|g|.
pub(crate) fn unit_norm(along: Vec<f64>, divisor: f64) -> Normalised {
    let by_divisor = along.iter().map(|a| a / divisor).collect();
    Normalised { along, by_divisor, square: divisor * divisor, divisor }
}

/// Overwrites `gram` with J^T W J, W the diagonal matrix of the weights (1 without).
pub(crate) fn gram_matrix(
    jacobian: &DMatrix<f64>,
    weights: Option<&[f64]>,
    gram: &mut DMatrix<f64>,
) {
    let n = jacobian.ncols();
    gram.resize_mut(n, n, 0.0);
    let column = |i: usize| &jacobian.as_slice()[i * jacobian.nrows()..(i + 1) * jacobian.nrows()];
    for i in 0..n {
        for j in 0..=i {
            let product = match weights {
                Some(w) => sum::dot_weighted(w, column(i), column(j)),
                None => sum::dot(column(i), column(j)),
            };
            gram[(i, j)] = product;
            gram[(j, i)] = product;
        }
    }
}

/// J^T (w y), w = 1 without weights.
pub(crate) fn products_with(
    jacobian: &DMatrix<f64>,
    weights: Option<&[f64]>,
    y: &[f64],
) -> Vec<f64> {
    let columns = jacobian.as_slice().chunks_exact(jacobian.nrows().max(1));
    columns
        .map(|column| match weights {
            Some(w) => sum::dot_weighted(w, column, y),
            None => sum::dot(column, y),
        })
        .collect()
}

/// Checks that a Jacobian has a row a value.
pub(crate) fn check_rows(jacobian: &DMatrix<f64>, expected: usize) -> Result<(), LossError> {
    if jacobian.nrows() == expected {
        Ok(())
    } else {
        Err(LossError::BufferLength { found: jacobian.nrows(), expected })
    }
}
