//! Test functions as objectives.

use super::TestFunction;
use braggscape_optim::{Component, EvalError, LeastSquaresObjective, Objective};
use nalgebra::DMatrix;

/// A test function in n dimensions as an [`Objective`], without step caps, and optionally with a wall or a constraint; as
/// least squares where the function is a sum of squares ([`TestFunction::residuals`]).
///
/// # Examples
/// ```
/// use braggscape_optim::Objective;
/// use braggscape_testkit::functions::{FunctionObjective, TestFunction};
/// let f = FunctionObjective::new(TestFunction::Sphere, 2);
/// let mut gradient = [0.0; 2];
/// assert!((f.value_and_gradient(&[1.0, 2.0], &mut gradient)? - 5.0).abs() < 1e-15);
/// assert!((gradient[1] - 4.0).abs() < 1e-15);
/// assert!(f.clone().with_wall(1.5).value(&[1.0, 2.0]).is_err());
/// # Ok::<(), braggscape_optim::EvalError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FunctionObjective {
    function: TestFunction,
    components: Vec<Component>,
    wall: f64,
    tied: bool,
    ramp: u64,
}

impl FunctionObjective {
    /// The function in n dimensions; every component has scale 1 and no cap.
    ///
    /// # Panics
    /// If the function is not defined in n dimensions.
    pub fn new(function: TestFunction, n: usize) -> Self {
        assert!(function.accepts(n), "{function} is not defined in {n} dimensions");
        let free = Component::absolute(1.0, f64::INFINITY, 1.0);
        Self { function, components: vec![free; n], wall: f64::INFINITY, tied: false, ramp: 0 }
    }

    /// The same objective, infeasible where any component exceeds `limit`.
    #[must_use]
    pub fn with_wall(self, limit: f64) -> Self {
        Self { wall: limit, ..self }
    }

    /// The same objective on the line where all components are equal; points are moved there by their mean.
    #[must_use]
    pub fn tied(self) -> Self {
        Self { tied: true, ..self }
    }

    /// The same objective, its constraint coming into force over this many steps: the weight of step n is n / `over`, at most
    /// 1.
    #[must_use]
    pub fn ramped(self, over: u64) -> Self {
        Self { ramp: over, ..self }
    }

    /// The same objective, every component with this scale.
    #[must_use]
    pub fn scaled(mut self, scale: f64) -> Self {
        for c in &mut self.components {
            c.scale = scale;
        }
        self
    }

    /// The function.
    pub fn function(&self) -> TestFunction {
        self.function
    }
}

fn average(x: &mut [f64]) {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    x.fill(mean);
}

impl Objective for FunctionObjective {
    fn components(&self) -> &[Component] {
        &self.components
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        let value = self.value(x)?;
        self.function.gradient(x, gradient);
        Ok(value)
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvalError> {
        if x.iter().any(|t| *t > self.wall) {
            return Err(EvalError::Infeasible {
                reason: format!("a component lies above {}", self.wall),
            });
        }
        let value = self.function.value(x);
        if value.is_finite() { Ok(value) } else { Err(EvalError::NonFinite) }
    }

    fn project(&self, x: &mut [f64]) -> Result<(), EvalError> {
        if self.tied {
            average(x);
        }
        Ok(())
    }

    fn project_gradient(&self, _: &[f64], gradient: &mut [f64]) {
        if self.tied {
            average(gradient);
        }
    }

    fn projection_weight(&self, iteration: u64) -> f64 {
        if iteration >= self.ramp { 1.0 } else { iteration as f64 / self.ramp as f64 }
    }

    fn least_squares(&self) -> Option<&dyn LeastSquaresObjective> {
        self.function.is_sum_of_squares().then_some(self)
    }
}

impl LeastSquaresObjective for FunctionObjective {
    fn gauss_newton(
        &self,
        x: &[f64],
        gradient: &mut [f64],
        hessian: &mut DMatrix<f64>,
    ) -> Result<f64, EvalError> {
        let value = self.value_and_gradient(x, gradient)?;
        let Some((_, jacobian)) = self.function.residuals(x) else {
            return Err(EvalError::NonFinite);
        };
        hessian.copy_from(&(jacobian.transpose() * &jacobian * 2.0));
        Ok(value)
    }
}
