//! Test functions that are sums of squares, as residuals.

use super::{BEALE, TestFunction, beale_residual, powell_terms, weight};
use nalgebra::DMatrix;

impl TestFunction {
    /// Whether the function is a sum of squares of residuals.
    pub fn is_sum_of_squares(self) -> bool {
        !matches!(self, Self::Rastrigin | Self::StyblinskiTang)
    }

    /// The residuals r with f = sum r_k^2, and their Jacobian dr_k/dx_i (a row a residual); `None` for functions that are no
    /// sum of squares.
    ///
    /// # Panics
    /// If the function is not defined in as many dimensions as x has.
    pub fn residuals(self, x: &[f64]) -> Option<(Vec<f64>, DMatrix<f64>)> {
        self.check(x);
        let n = x.len();
        let rows = |residuals: Vec<f64>, entries: &[f64]| {
            let jacobian = DMatrix::from_row_slice(residuals.len(), n, entries);
            Some((residuals, jacobian))
        };
        match self {
            Self::Sphere => Some((x.to_vec(), DMatrix::identity(n, n))),
            Self::Ellipsoid => {
                let roots: Vec<f64> = (0..n).map(|i| weight(i, n).sqrt()).collect();
                let residuals = x.iter().zip(&roots).map(|(t, w)| w * t).collect();
                Some((residuals, DMatrix::from_diagonal(&roots.into())))
            }
            Self::Rosenbrock => {
                let mut residuals = Vec::new();
                let mut jacobian = DMatrix::zeros(2 * (n - 1), n);
                for i in 0..n - 1 {
                    residuals.extend([10.0 * (x[i + 1] - x[i] * x[i]), 1.0 - x[i]]);
                    jacobian[(2 * i, i)] = -20.0 * x[i];
                    jacobian[(2 * i, i + 1)] = 10.0;
                    jacobian[(2 * i + 1, i)] = -1.0;
                }
                Some((residuals, jacobian))
            }
            Self::Booth => {
                let residuals = vec![x[0] + 2.0 * x[1] - 7.0, 2.0 * x[0] + x[1] - 5.0];
                rows(residuals, &[1.0, 2.0, 2.0, 1.0])
            }
            Self::Beale => {
                let terms: Vec<_> = (0..BEALE.len()).map(|k| beale_residual(x, k)).collect();
                let entries: Vec<f64> = terms.iter().flat_map(|t| [t.1, t.2]).collect();
                rows(terms.iter().map(|t| t.0).collect(), &entries)
            }
            Self::Himmelblau => {
                let residuals = vec![x[0] * x[0] + x[1] - 11.0, x[0] + x[1] * x[1] - 7.0];
                rows(residuals, &[2.0 * x[0], 1.0, 1.0, 2.0 * x[1]])
            }
            Self::PowellSingular => {
                let [a, b, c, d] = powell_terms(x);
                let (five, ten) = (5.0_f64.sqrt(), 10.0_f64.sqrt());
                let (dc, dd) = (2.0 * c, 2.0 * ten * d);
                #[rustfmt::skip]
                let entries = [
                    1.0, 10.0, 0.0, 0.0,
                    0.0, 0.0, five, -five,
                    0.0, dc, -2.0 * dc, 0.0,
                    dd, 0.0, 0.0, -dd,
                ];
                rows(vec![a, five * b, c * c, ten * d * d], &entries)
            }
            Self::Rastrigin | Self::StyblinskiTang => None,
        }
    }
}
