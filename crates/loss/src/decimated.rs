//! Losses that depend on inner products alone, on every k-th point.

use crate::{LeastSquaresOnNodes, LossError};
use braggscape_pattern::{DecimatedTarget, Decimation, Pattern, sum};

/// A loss that needs no more of two patterns f and g than f.g, g.g, |f|, their sums and their largest values.
///
/// Such a loss is the same on the nodes of a [`Decimation`] as on all points, to about 1e-7, and takes a fraction of the time.
/// Called once an evaluation.
pub trait DecimatedLoss: Send + Sync {
    /// The loss; `grad`, of as many entries as there are nodes, is overwritten with dL/d(value) of each node.
    ///
    /// # Errors
    /// [`LossError`]: the buffers do not fit the decimation, or one of the patterns cannot be normalised.
    fn value_and_gradient_on_nodes(
        &self,
        obs: &DecimatedTarget,
        calc: &[f64],
        grad: &mut [f64],
    ) -> Result<f64, LossError>;

    /// The loss alone.
    ///
    /// # Errors
    /// As [`value_and_gradient_on_nodes`](Self::value_and_gradient_on_nodes).
    fn value_on_nodes(&self, obs: &DecimatedTarget, calc: &[f64]) -> Result<f64, LossError>;

    /// What the loss needs of an observed pattern, to be passed to its other methods: `plain` is made of the pattern, and is all that
    /// most losses need.
    ///
    /// # Errors
    /// [`LossError::ForeignTarget`]: the loss cannot be had on these nodes.
    fn target_on_nodes(
        &self,
        plain: DecimatedTarget,
        _obs: &Pattern,
    ) -> Result<DecimatedTarget, LossError> {
        Ok(plain)
    }

    /// The same loss for Gauss-Newton methods, if it is a sum of squares.
    fn least_squares_on_nodes(&self) -> Option<&dyn LeastSquaresOnNodes> {
        None
    }
}

/// Checks that values on nodes, and their gradient, have the length of a decimation.
pub(crate) fn check_nodes(
    decimation: &Decimation,
    calc: &[f64],
    grad: &[f64],
) -> Result<(), LossError> {
    let expected = decimation.n_nodes();
    for found in [calc.len(), grad.len()] {
        if found != expected {
            return Err(LossError::BufferLength { found, expected });
        }
    }
    Ok(())
}

/// f.g and |g|.
///
/// # Errors
/// [`LossError::NoIntensity`] where |f| or |g| is 0.
pub(crate) fn products(obs: &DecimatedTarget, calc: &[f64]) -> Result<(f64, f64), LossError> {
    if obs.norm() <= 0.0 {
        return Err(LossError::NoIntensity { which: "observed" });
    }
    // Weights may be slightly negative beyond the ends, rounding may be all there is.
    let square = sum::dot_weighted(obs.decimation().weights(), calc, calc);
    if square.is_nan() || square <= 0.0 {
        return Err(LossError::NoIntensity { which: "calculated" });
    }
    Ok((sum::dot(obs.projected(), calc), square.sqrt()))
}
