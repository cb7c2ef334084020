//! The function to be minimized.

use crate::EvalError;
use nalgebra::DMatrix;

/// When a step of one component is too long, and what it is replaced by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepCap {
    /// A step above `trigger` times the component's magnitude becomes `shift` times that magnitude.
    Relative {
        /// Fraction of |x| above which a step is too long.
        trigger: f64,
        /// Fraction of |x| that replaces it.
        shift: f64,
    },
    /// A step above `trigger` becomes `shift`, in the component's unit.
    Absolute {
        /// Longest step.
        trigger: f64,
        /// Its replacement.
        shift: f64,
    },
}

/// What an optimizer may know of one component of x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Component {
    /// A typical length in the component's unit, for methods that work in scaled variables.
    pub scale: f64,
    /// The step cap of StructSnap's descent.
    pub cap: StepCap,
}

impl Component {
    /// A component with a relative step cap.
    pub const fn relative(scale: f64, trigger: f64, shift: f64) -> Self {
        Self { scale, cap: StepCap::Relative { trigger, shift } }
    }

    /// A component with an absolute step cap.
    pub const fn absolute(scale: f64, trigger: f64, shift: f64) -> Self {
        Self { scale, cap: StepCap::Absolute { trigger, shift } }
    }

    /// The step after the cap, from the position x; the direction stays.
    pub fn capped(&self, x: f64, step: f64) -> f64 {
        let (trigger, shift) = match self.cap {
            StepCap::Relative { trigger, shift } => (trigger * x.abs(), shift * x.abs()),
            StepCap::Absolute { trigger, shift } => (trigger, shift),
        };
        if step.abs() > trigger { shift.copysign(step) } else { step }
    }
}

/// A function to be minimized, with the constraint it lives on.
///
/// One evaluation is one forward simulation at one x, with or without derivatives. Optimizers never see a NaN: a point that
/// has no finite value gives [`EvalError`].
pub trait Objective: Sync {
    /// One entry a component of x; its length is the dimension.
    fn components(&self) -> &[Component];

    /// The value at x; `gradient` is overwritten.
    ///
    /// # Errors
    /// [`EvalError::Infeasible`] and [`EvalError::NonFinite`] where the optimizer may step back, [`EvalError::Failed`]
    /// otherwise.
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError>;

    /// The value at x.
    ///
    /// # Errors
    /// As [`value_and_gradient`](Self::value_and_gradient).
    fn value(&self, x: &[f64]) -> Result<f64, EvalError> {
        let mut gradient = vec![0.0; self.dim()];
        self.value_and_gradient(x, &mut gradient)
    }

    /// Moves x onto the constraint; idempotent. No constraint by default.
    ///
    /// # Errors
    /// [`EvalError::Infeasible`] if x cannot be projected.
    fn project(&self, _x: &mut [f64]) -> Result<(), EvalError> {
        Ok(())
    }

    /// Turns a gradient at x into that along the constraint (the gradient in the free parameters, spread back over the
    /// components they drive). No constraint by default.
    ///
    /// Methods that scale components one by one need it: their steps across the constraint would otherwise cancel when
    /// projected. Methods with a metric of their own take it for the orthogonal projection onto the constraint's directions at x,
    /// which it is if components that one free parameter drives have one scale.
    fn project_gradient(&self, _x: &[f64], _gradient: &mut [f64]) {}

    /// How far a point is moved towards the constraint after step `iteration`: 1, all the way, unless the constraint comes into
    /// force gradually (a ramp). Between 0 and 1, never falling.
    ///
    /// [`Iterate::advance`](crate::Iterate::advance) heeds it; points that are not moved all the way are never the result of a
    /// run that goes on to where they are.
    fn projection_weight(&self, _iteration: u64) -> f64 {
        1.0
    }

    /// The same function with second derivatives as least squares give them, if it is (up to a constant) a sum of squares.
    fn least_squares(&self) -> Option<&dyn LeastSquaresObjective> {
        None
    }

    /// Number of components.
    fn dim(&self) -> usize {
        self.components().len()
    }
}

/// An objective that is a sum of squares up to a constant: what Gauss-Newton methods need of it.
pub trait LeastSquaresObjective: Sync {
    /// Value and gradient at x as the [`Objective`] gives them; `hessian`, dim x dim, symmetric and positive semidefinite, is
    /// overwritten with the second derivatives without those of the residuals. One evaluation.
    ///
    /// # Errors
    /// As [`Objective::value_and_gradient`].
    fn gauss_newton(
        &self,
        x: &[f64],
        gradient: &mut [f64],
        hessian: &mut DMatrix<f64>,
    ) -> Result<f64, EvalError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_replace_long_steps_and_keep_their_direction() {
        let length = Component::relative(1.0, 0.1, 0.01);
        assert!((length.capped(5.0, 0.4) - 0.4).abs() < 1e-15);
        assert!((length.capped(5.0, -0.6) + 0.05).abs() < 1e-15);
        let coordinate = Component::absolute(0.1, 0.1, 0.001);
        assert!((coordinate.capped(0.5, 0.2) - 0.001).abs() < 1e-15);
        assert!((coordinate.capped(0.5, -0.05) + 0.05).abs() < 1e-15);
    }
}
