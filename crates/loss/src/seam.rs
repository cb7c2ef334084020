//! The loss seam.

use crate::{
    BlurredOverlap, Cosine, Cumulative, DeGelder, DecimatedLoss, Entropy, Gpwdf, JensenShannon,
    LeastSquares, LossError, Measure, Mse, Pearson, Rp, Rwp, Wasserstein1, Wasserstein2, Xcorr,
};
use braggscape_pattern::Pattern;
use enum_dispatch::enum_dispatch;

/// A loss between an observed and a calculated pattern.
///
/// Called once an evaluation with whole patterns on one axis. Implementations return finite values, and are smaller where the
/// patterns agree better. They may keep buffers between calls, and what they worked out for a target, but nothing that changes a
/// result by a bit.
///
/// # Examples
/// A complete loss:
/// ```
/// use braggscape_loss::{Loss, LossError, check_buffers};
/// use braggscape_pattern::Pattern;
///
/// /// Half the sum of squared differences.
/// struct SquaredDifference;
///
/// impl Loss for SquaredDifference {
///     fn value_and_gradient(&self, obs: &Pattern, calc: &Pattern, grad: &mut [f64]) -> Result<f64, LossError> {
///         check_buffers(obs, calc, grad)?;
///         for ((g, f), c) in grad.iter_mut().zip(obs.y()).zip(calc.y()) {
///             *g = c - f;
///         }
///         Ok(0.5 * braggscape_pattern::sum::dot(grad, grad))
///     }
/// }
/// # let axis = braggscape_pattern::Axis::uniform(braggscape_pattern::AxisKind::Q, 1.0, 1.0, 2)?;
/// # let p = Pattern::new(axis, vec![1.0, 2.0])?;
/// # assert!(SquaredDifference.value(&p, &p)?.abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[enum_dispatch]
pub trait Loss: Send + Sync {
    /// The loss; `grad`, of as many entries as the patterns have points, is overwritten with dL/d(calc).
    ///
    /// # Errors
    /// [`LossError`]: the patterns lie on different axes, or one of them cannot be normalised.
    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError>;

    /// The loss alone.
    ///
    /// # Errors
    /// As [`value_and_gradient`](Self::value_and_gradient).
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        let mut grad = vec![0.0; calc.n_points()];
        self.value_and_gradient(obs, calc, &mut grad)
    }

    /// The same loss on every k-th point, if it depends on inner products alone.
    fn decimated(&self) -> Option<&dyn DecimatedLoss> {
        None
    }

    /// The same loss for Gauss-Newton methods, if it is a sum of squares.
    fn least_squares(&self) -> Option<&dyn LeastSquares> {
        None
    }
}

#[deny(clippy::missing_trait_methods)]
impl Loss for Box<dyn Loss> {
    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        (**self).value_and_gradient(obs, calc, grad)
    }

    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        (**self).value(obs, calc)
    }

    fn decimated(&self) -> Option<&dyn DecimatedLoss> {
        (**self).decimated()
    }

    fn least_squares(&self) -> Option<&dyn LeastSquares> {
        (**self).least_squares()
    }
}

/// The built-in losses, and one place for others.
#[enum_dispatch(Loss)]
pub enum AnyLoss {
    /// Negative cosine after a further blur.
    BlurredOverlap(BlurredOverlap),
    /// Negative cosine similarity.
    Cosine(Cosine),
    /// Mean squared difference of cumulative patterns.
    Cumulative(Cumulative),
    /// One of the measures of Cha's survey.
    Measure(Measure),
    /// Negative similarity of neighbouring points.
    DeGelder(DeGelder),
    /// Negative spectral entropy similarity.
    Entropy(Entropy),
    /// Gaussian powder difference.
    Gpwdf(Gpwdf),
    /// Jensen-Shannon divergence.
    JensenShannon(JensenShannon),
    /// Mean squared difference.
    Mse(Mse),
    /// Negative linear correlation.
    Pearson(Pearson),
    /// Profile R factor.
    Rp(Rp),
    /// Weighted profile R factor.
    Rwp(Rwp),
    /// First Wasserstein distance.
    Wasserstein1(Wasserstein1),
    /// Second Wasserstein distance.
    Wasserstein2(Wasserstein2),
    /// Negative maximum of the cross-correlation.
    Xcorr(Xcorr),
    /// A loss of another crate.
    External(Box<dyn Loss>),
}

impl AnyLoss {
    /// Wraps a loss of another crate.
    pub fn external(loss: impl Loss + 'static) -> Self {
        Self::External(Box::new(loss))
    }
}

/// Checks that two patterns lie on one axis.
///
/// # Errors
/// [`LossError::AxisMismatch`].
pub fn check_axes(obs: &Pattern, calc: &Pattern) -> Result<(), LossError> {
    if obs.axis().is_same(calc.axis()) {
        Ok(())
    } else {
        Err(LossError::AxisMismatch {
            observed: obs.axis().to_string(),
            calculated: calc.axis().to_string(),
        })
    }
}

/// Checks that two patterns lie on one axis and that the gradient has its length.
///
/// # Errors
/// [`LossError::AxisMismatch`] or [`LossError::BufferLength`].
pub fn check_buffers(obs: &Pattern, calc: &Pattern, grad: &[f64]) -> Result<(), LossError> {
    check_axes(obs, calc)?;
    if grad.len() == calc.n_points() {
        Ok(())
    } else {
        Err(LossError::BufferLength { found: grad.len(), expected: calc.n_points() })
    }
}

/// Euclidean norm of a pattern; `which` is "observed" or "calculated".
///
/// # Errors
/// [`LossError::NoIntensity`] if the pattern is zero everywhere.
pub fn intensity_norm(pattern: &Pattern, which: &'static str) -> Result<f64, LossError> {
    let norm = braggscape_pattern::sum::norm(pattern.y());
    if norm > 0.0 { Ok(norm) } else { Err(LossError::NoIntensity { which }) }
}
