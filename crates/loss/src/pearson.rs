//! Pearson's linear correlation.

use crate::decimated::check_nodes;
use crate::least_squares::{check_rows, gram_matrix, products_with, unit_norm};
use crate::seam::{check_axes, check_buffers, intensity_norm};
use crate::{DecimatedLoss, LeastSquares, LeastSquaresOnNodes, Loss, LossError};
use braggscape_pattern::{DecimatedTarget, Pattern, sum};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

/// Negative linear correlation coefficient, L = -r = -F.G / (|F| |G|).
///
/// F and G are f and g less their means over the points: the cosine of both patterns after a constant background has been taken
/// from each.
///
/// # Units and shapes
/// Dimensionless, in [-1, 1]; -1 where g = a f + b with a > 0.
///
/// # Conventions
/// Neither the scale of a pattern nor a constant added to it matters. Symmetric in f and g.
///
/// # Differentiability
/// Smooth where g is not constant: dL/dg = -(F/|F| + L G/|G|)/|G|.
///
/// # Errors
/// [`LossError::NoIntensity`] if either pattern is zero everywhere, [`LossError::Constant`] if it is constant otherwise (to 1e-13 of its
/// norm), as any pattern of one point is.
///
/// # Examples
/// ```
/// use braggscape_loss::{Loss, Pearson};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 3)?;
/// let f = Pattern::new(axis.clone(), vec![1.0, 2.0, 3.0])?;
/// let g = Pattern::new(axis, vec![1.0, 3.0, 2.0])?;
/// // (-1, 0, 1).(-1, 1, 0) / 2
/// assert!((Pearson::default().value(&f, &g)? + 0.5).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// K. Pearson, Proc. R. Soc. Lond. 58, 240 (1895), doi:10.1098/rspl.1895.0041.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pearson {}

/// A pattern deviates from its mean by more than its rounding if |G| is above this times |g|.
const VARIES: f64 = 1e-13;

/// Mean of a pattern, and the norm of its deviations from it.
fn deviation(pattern: &Pattern, which: &'static str) -> Result<(f64, f64), LossError> {
    let norm = intensity_norm(pattern, which)?;
    let y = pattern.y();
    let mean = sum::total(y) / y.len() as f64;
    let deviation = sum::zip_with(y, y, |y, _| (y - mean) * (y - mean)).sqrt();
    if deviation > VARIES * norm {
        Ok((mean, deviation))
    } else {
        Err(LossError::Constant { which })
    }
}

impl Loss for Pearson {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        let (mean_f, f) = deviation(obs, "observed")?;
        let (mean_g, g) = deviation(calc, "calculated")?;
        Ok(-sum::zip_with(obs.y(), calc.y(), |x, y| (x - mean_f) * (y - mean_g)) / (f * g))
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        let (mean_f, f) = deviation(obs, "observed")?;
        let (mean_g, g) = deviation(calc, "calculated")?;
        let along = sum::zip_with(obs.y(), calc.y(), |x, y| (x - mean_f) * (y - mean_g));
        let value = -along / (f * g);
        let (by_f, by_g) = (-1.0 / (f * g), -value / (g * g));
        for ((d, x), y) in grad.iter_mut().zip(obs.y()).zip(calc.y()) {
            *d = by_f * (x - mean_f) + by_g * (y - mean_g);
        }
        Ok(value)
    }

    fn decimated(&self) -> Option<&dyn DecimatedLoss> {
        Some(self)
    }

    fn least_squares(&self) -> Option<&dyn LeastSquares> {
        Some(self)
    }
}

/// L = |r|^2/2 - 1 with r = G/|G| - F/|F|, where F and G are the deviations from the means.
impl LeastSquares for Pearson {
    fn gauss_newton(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        jacobian: &DMatrix<f64>,
        hessian: &mut DMatrix<f64>,
    ) -> Result<(), LossError> {
        check_axes(obs, calc)?;
        check_rows(jacobian, calc.n_points())?;
        let (mean, divisor) = deviation(calc, "calculated")?;
        let columns = jacobian.as_slice().chunks_exact(calc.n_points());
        let means: Vec<f64> = columns.map(|c| sum::total(c) / c.len() as f64).collect();
        let along = products_with(jacobian, None, calc.y());
        gram_matrix(jacobian, None, hessian);
        centre(calc.n_points(), mean, &means, along, divisor, hessian);
        Ok(())
    }
}

/// Turns J^T J and J^T g into the Gauss-Newton matrix of the deviations from the means of the `n` points.
fn centre(
    n: usize,
    mean: f64,
    means: &[f64],
    mut along: Vec<f64>,
    divisor: f64,
    hessian: &mut DMatrix<f64>,
) {
    let n = n as f64;
    for (i, m) in means.iter().enumerate() {
        along[i] -= n * mean * m;
        for (j, other) in means.iter().enumerate() {
            hessian[(i, j)] -= n * m * other;
        }
    }
    unit_norm(along, divisor).apply(1.0, hessian);
}

impl LeastSquaresOnNodes for Pearson {
    fn gauss_newton_on_nodes(
        &self,
        obs: &DecimatedTarget,
        calc: &[f64],
        jacobian: &DMatrix<f64>,
        hessian: &mut DMatrix<f64>,
    ) -> Result<(), LossError> {
        let nodes = obs.decimation();
        check_nodes(nodes, calc, calc)?;
        check_rows(jacobian, calc.len())?;
        let Deviations { g, mean_g, .. } = Deviations::new(obs, calc)?;
        let n = nodes.n_points();
        let totals = products_with(jacobian, None, nodes.sum_weights());
        let means: Vec<f64> = totals.iter().map(|total| total / n as f64).collect();
        let along = products_with(jacobian, Some(nodes.weights()), calc);
        gram_matrix(jacobian, Some(nodes.weights()), hessian);
        centre(n, mean_g, &means, along, g, hessian);
        Ok(())
    }
}

/// The products of deviations on nodes, F.G, |F| and |G|, and the means.
struct Deviations {
    along: f64,
    f: f64,
    g: f64,
    mean_f: f64,
    mean_g: f64,
}

/// A sum over nodes is good to about 1e-7, so smaller variances than this share of |g|^2 are not told from 0.
const VARIES_ON_NODES: f64 = 1e-6;

impl Deviations {
    fn new(obs: &DecimatedTarget, calc: &[f64]) -> Result<Self, LossError> {
        let nodes = obs.decimation();
        let n = nodes.n_points() as f64;
        let square = sum::dot_weighted(nodes.weights(), calc, calc);
        let (mean_f, mean_g) = (obs.total() / n, sum::dot(nodes.sum_weights(), calc) / n);
        let root = |square: f64, mean: f64, which| {
            if square.is_nan() || square <= 0.0 {
                return Err(LossError::NoIntensity { which });
            }
            let variance = square - n * mean * mean;
            if variance > VARIES_ON_NODES * square {
                Ok(variance.sqrt())
            } else {
                Err(LossError::Constant { which })
            }
        };
        let f = root(obs.norm() * obs.norm(), mean_f, "observed")?;
        let g = root(square, mean_g, "calculated")?;
        let along = sum::dot(obs.projected(), calc) - n * mean_f * mean_g;
        Ok(Self { along, f, g, mean_f, mean_g })
    }
}

impl DecimatedLoss for Pearson {
    fn value_on_nodes(&self, obs: &DecimatedTarget, calc: &[f64]) -> Result<f64, LossError> {
        check_nodes(obs.decimation(), calc, calc)?;
        let Deviations { along, f, g, .. } = Deviations::new(obs, calc)?;
        Ok(-along / (f * g))
    }

    fn value_and_gradient_on_nodes(
        &self,
        obs: &DecimatedTarget,
        calc: &[f64],
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        let nodes = obs.decimation();
        check_nodes(nodes, calc, grad)?;
        let Deviations { along, f, g, mean_f, mean_g } = Deviations::new(obs, calc)?;
        let value = -along / (f * g);
        let (by_f, by_g) = (-1.0 / (f * g), -value / (g * g));
        // The derivative of a mean is the weight of a node in the sum over all points, over their number.
        let by_mean = by_f * mean_f + by_g * mean_g;
        let columns =
            obs.projected().iter().zip(calc).zip(nodes.weights()).zip(nodes.sum_weights());
        for (d, (((b, y), w), s)) in grad.iter_mut().zip(columns) {
            *d = by_f * b + by_g * w * y - by_mean * s;
        }
        Ok(value)
    }
    fn least_squares_on_nodes(&self) -> Option<&dyn LeastSquaresOnNodes> {
        Some(self)
    }
}
