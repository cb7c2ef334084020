//! Negative cosine similarity.

use crate::decimated::{check_nodes, products};
use crate::least_squares::{check_rows, gram_matrix, products_with, unit_norm};
use crate::seam::{check_axes, check_buffers, intensity_norm};
use crate::{DecimatedLoss, LeastSquares, LeastSquaresOnNodes, Loss, LossError};
use braggscape_pattern::{DecimatedTarget, Pattern, sum};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

/// Negative cosine similarity, L = -f.g / (|f| |g|).
///
/// # Units and shapes
/// Dimensionless, in [-1, 0] for patterns that are not negative, -1 where g is a multiple of f.
///
/// # Conventions
/// The scale of either pattern does not matter. Symmetric in f and g.
///
/// # Differentiability
/// Smooth for g != 0: dL/dg = -(f/|f| + L g/|g|)/|g|.
///
/// # Errors
/// [`LossError::NoIntensity`] if either pattern is zero everywhere.
///
/// # Examples
/// ```
/// use braggscape_loss::{Cosine, Loss};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 2)?;
/// let f = Pattern::new(axis.clone(), vec![3.0, 4.0])?;
/// let g = Pattern::new(axis, vec![4.0, 3.0])?;
/// // 24 / (5 * 5)
/// assert!((Cosine::default().value(&f, &g)? + 0.96).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// Segal et al., Digital Discovery (2026), doi:10.1039/d6dd00017g.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cosine {}

impl Loss for Cosine {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        let norms = intensity_norm(obs, "observed")? * intensity_norm(calc, "calculated")?;
        Ok(-sum::dot(obs.y(), calc.y()) / norms)
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        let (f, g) = (intensity_norm(obs, "observed")?, intensity_norm(calc, "calculated")?);
        let value = -sum::dot(obs.y(), calc.y()) / (f * g);
        let (by_f, by_g) = (-1.0 / (f * g), -value / (g * g));
        sum::combine(grad, by_f, obs.y(), by_g, calc.y());
        Ok(value)
    }

    fn decimated(&self) -> Option<&dyn DecimatedLoss> {
        Some(self)
    }

    fn least_squares(&self) -> Option<&dyn LeastSquares> {
        Some(self)
    }
}

/// L = |r|^2/2 - 1 with r = g/|g| - f/|f|.
impl LeastSquares for Cosine {
    fn gauss_newton(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        jacobian: &DMatrix<f64>,
        hessian: &mut DMatrix<f64>,
    ) -> Result<(), LossError> {
        check_axes(obs, calc)?;
        check_rows(jacobian, calc.n_points())?;
        let divisor = intensity_norm(calc, "calculated")?;
        let along = products_with(jacobian, None, calc.y());
        gram_matrix(jacobian, None, hessian);
        unit_norm(along, divisor).apply(1.0, hessian);
        Ok(())
    }
}

impl LeastSquaresOnNodes for Cosine {
    fn gauss_newton_on_nodes(
        &self,
        obs: &DecimatedTarget,
        calc: &[f64],
        jacobian: &DMatrix<f64>,
        hessian: &mut DMatrix<f64>,
    ) -> Result<(), LossError> {
        check_nodes(obs.decimation(), calc, calc)?;
        check_rows(jacobian, calc.len())?;
        let (_, divisor) = products(obs, calc)?;
        let weights = Some(obs.decimation().weights());
        let along = products_with(jacobian, weights, calc);
        gram_matrix(jacobian, weights, hessian);
        unit_norm(along, divisor).apply(1.0, hessian);
        Ok(())
    }
}

impl DecimatedLoss for Cosine {
    fn value_on_nodes(&self, obs: &DecimatedTarget, calc: &[f64]) -> Result<f64, LossError> {
        check_nodes(obs.decimation(), calc, calc)?;
        let (along, g) = products(obs, calc)?;
        Ok(-along / (obs.norm() * g))
    }

    fn value_and_gradient_on_nodes(
        &self,
        obs: &DecimatedTarget,
        calc: &[f64],
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_nodes(obs.decimation(), calc, grad)?;
        let (along, g) = products(obs, calc)?;
        let value = -along / (obs.norm() * g);
        let (by_f, by_g) = (-1.0 / (obs.norm() * g), -value / (g * g));
        let columns = obs.projected().iter().zip(calc).zip(obs.decimation().weights());
        for (d, ((b, y), w)) in grad.iter_mut().zip(columns) {
            *d = by_f * b + by_g * w * y;
        }
        Ok(value)
    }

    fn least_squares_on_nodes(&self) -> Option<&dyn LeastSquaresOnNodes> {
        Some(self)
    }
}
