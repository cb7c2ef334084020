//! A loss that minds large differences less than mse does.

use braggscape_plugin::loss::{Loss, LossError, check_buffers, intensity_norm};
use braggscape_plugin::pattern::{Pattern, sum};
use serde::Deserialize;

/// Huber loss of patterns normalised to unit Euclidean norm: the mean over n of r^2/2 where |r| <= delta and of
/// delta (|r| - delta/2) elsewhere, r = f_n/|f| - g_n/|g|.
///
/// # References
/// P. J. Huber, Ann. Math. Stat. 35, 73 (1964), doi:10.1214/aoms/1177703732.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Huber {
    /// Where the loss turns from a square to a line; dimensionless.
    pub delta: f64,
}

impl Loss for Huber {
    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        let (f, g) = (intensity_norm(obs, "observed")?, intensity_norm(calc, "calculated")?);
        let residual = |x: f64, y: f64| x / f - y / g;
        let value = sum::zip_with(obs.y(), calc.y(), |x, y| {
            let r = residual(x, y).abs();
            if r <= self.delta { 0.5 * r * r } else { self.delta * (r - 0.5 * self.delta) }
        });
        // dL/d(y/|g|), then through the norm: d(y/|g|) = dy/|g| - y (y . dy)/|g|^3.
        for ((d, x), y) in grad.iter_mut().zip(obs.y()).zip(calc.y()) {
            *d = -residual(*x, *y).clamp(-self.delta, self.delta);
        }
        let along = sum::dot(grad, calc.y()) / (g * g);
        let n = calc.n_points() as f64;
        for (d, y) in grad.iter_mut().zip(calc.y()) {
            *d = (*d - along * y) / (g * n);
        }
        Ok(value / n)
    }
}
