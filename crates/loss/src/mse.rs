//! Mean squared difference of normalised patterns.

use crate::decimated::{check_nodes, products};
use crate::least_squares::{Normalised, check_rows, gram_matrix, products_with};
use crate::seam::{check_axes, check_buffers};
use crate::{DecimatedLoss, LeastSquares, LeastSquaresOnNodes, Loss, LossError};
use braggscape_pattern::{DecimatedTarget, Pattern, sum};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

/// What a pattern is divided by before it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// Its largest value.
    #[default]
    Max,
    /// Its sum.
    Sum,
    /// Its Euclidean norm.
    L2,
    /// Nothing: scales matter.
    None,
}

impl Normalisation {
    /// The divisor, and the index of the maximum where that matters.
    fn divisor(self, pattern: &Pattern, which: &'static str) -> Result<(f64, usize), LossError> {
        let y = pattern.y();
        let (divisor, at) = match self {
            Self::Max => {
                let mut at = 0;
                for (i, v) in y.iter().enumerate() {
                    if *v > y[at] {
                        at = i;
                    }
                }
                (y[at], at)
            }
            Self::Sum => (sum::total(y), 0),
            Self::L2 => (sum::norm(y), 0),
            Self::None => (1.0, 0),
        };
        if divisor > 0.0 { Ok((divisor, at)) } else { Err(LossError::NoIntensity { which }) }
    }
}

/// Mean squared difference of normalised patterns, L = mean_n (f_n/N(f) - g_n/N(g))^2.
///
/// # Units and shapes
/// Dimensionless (unless `normalisation = "none"`), 0 where the normalised patterns agree; at most 1 with `max` and patterns
/// that are not negative.
///
/// # Conventions
/// N is the largest value by default; the scale of either pattern then does not matter. Symmetric in f and g.
///
/// # Differentiability
/// Smooth, with `max` except where two points share the maximum of g; there the first counts.
///
/// # Errors
/// [`LossError::NoIntensity`] if the divisor of either pattern is not positive.
///
/// # Examples
/// ```
/// use braggscape_loss::{Loss, Mse};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 2)?;
/// let f = Pattern::new(axis.clone(), vec![1.0, 2.0])?;
/// let g = Pattern::new(axis, vec![4.0, 4.0])?;
/// // ((0.5 - 1)^2 + 0) / 2
/// assert!((Mse::default().value(&f, &g)? - 0.125).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// Segal et al., Digital Discovery (2026), doi:10.1039/d6dd00017g.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mse {
    /// What the patterns are divided by. Default `max`.
    pub normalisation: Normalisation,
}

impl Loss for Mse {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        let (f, _) = self.normalisation.divisor(obs, "observed")?;
        let (g, _) = self.normalisation.divisor(calc, "calculated")?;
        let squares = sum::zip_with(obs.y(), calc.y(), |x, y| {
            let difference = x / f - y / g;
            difference * difference
        });
        Ok(squares / obs.n_points() as f64)
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        let (f, _) = self.normalisation.divisor(obs, "observed")?;
        let (g, at) = self.normalisation.divisor(calc, "calculated")?;
        let n = obs.n_points() as f64;
        sum::combine(grad, 1.0 / g, calc.y(), -1.0 / f, obs.y());
        let value = sum::dot(grad, grad) / n;
        // Change of the divisor: d(y/N) = dy/N - y dN/N^2.
        let along = sum::dot(grad, calc.y());
        let by = 2.0 / (n * g);
        let by_divisor = by * along / g;
        match self.normalisation {
            Normalisation::Max => {
                for d in grad.iter_mut() {
                    *d *= by;
                }
                grad[at] -= by_divisor;
            }
            Normalisation::Sum => {
                for d in grad.iter_mut() {
                    *d = by * *d - by_divisor;
                }
            }
            Normalisation::L2 => {
                for (d, y) in grad.iter_mut().zip(calc.y()) {
                    *d = by * *d - by_divisor * y / g;
                }
            }
            Normalisation::None => {
                for d in grad.iter_mut() {
                    *d *= by;
                }
            }
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

impl LeastSquares for Mse {
    fn gauss_newton(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        jacobian: &DMatrix<f64>,
        hessian: &mut DMatrix<f64>,
    ) -> Result<(), LossError> {
        check_axes(obs, calc)?;
        check_rows(jacobian, calc.n_points())?;
        let (divisor, at) = self.normalisation.divisor(calc, "calculated")?;
        let along = products_with(jacobian, None, calc.y());
        let by_divisor = match self.normalisation {
            Normalisation::Max => jacobian.row(at).iter().copied().collect(),
            Normalisation::Sum => {
                jacobian.column_iter().map(|c| sum::total(c.as_slice())).collect()
            }
            Normalisation::L2 => along.iter().map(|a| a / divisor).collect(),
            Normalisation::None => Vec::new(),
        };
        let square = sum::dot(calc.y(), calc.y());
        gram_matrix(jacobian, None, hessian);
        let parts = Normalised { along, by_divisor, square, divisor };
        parts.apply(2.0 / calc.n_points() as f64, hessian);
        Ok(())
    }
}

impl LeastSquaresOnNodes for Mse {
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
        let Divisors { g: divisor, at, .. } = self.divisors(obs, calc)?;
        let weights = Some(nodes.weights());
        let along = products_with(jacobian, weights, calc);
        let by_divisor = match self.normalisation {
            Normalisation::Max => {
                let (first, kernel) = nodes.kernel(at);
                let taps = first..first + kernel.len();
                let columns = jacobian.column_iter();
                columns.map(|c| sum::dot(kernel, &c.as_slice()[taps.clone()])).collect()
            }
            Normalisation::Sum => products_with(jacobian, None, nodes.sum_weights()),
            Normalisation::L2 => along.iter().map(|a| a / divisor).collect(),
            Normalisation::None => Vec::new(),
        };
        let square = sum::dot_weighted(nodes.weights(), calc, calc);
        gram_matrix(jacobian, weights, hessian);
        let parts = Normalised { along, by_divisor, square, divisor };
        parts.apply(2.0 / nodes.n_points() as f64, hessian);
        Ok(())
    }
}

/// What f and g are divided by on nodes, and what the divisor of g depends on.
struct Divisors {
    f: f64,
    g: f64,
    /// The point of the largest value.
    at: usize,
}

impl Mse {
    fn divisors(&self, obs: &DecimatedTarget, calc: &[f64]) -> Result<Divisors, LossError> {
        let nodes = obs.decimation();
        let (f, g, at) = match self.normalisation {
            Normalisation::Max => {
                let (at, largest) = nodes.largest(calc);
                (obs.max(), largest, at)
            }
            Normalisation::Sum => (obs.total(), sum::dot(nodes.sum_weights(), calc), 0),
            Normalisation::L2 => (obs.norm(), products(obs, calc)?.1, 0),
            Normalisation::None => (1.0, 1.0, 0),
        };
        for (which, divisor) in [("observed", f), ("calculated", g)] {
            if divisor.is_nan() || divisor <= 0.0 {
                return Err(LossError::NoIntensity { which });
            }
        }
        Ok(Divisors { f, g, at })
    }
}

/// L = (|f|^2/F^2 - 2 f.g/(F G) + |g|^2/G^2)/n for the divisors F and G.
fn on_nodes(obs: &DecimatedTarget, calc: &[f64], divisors: &Divisors) -> f64 {
    let Divisors { f, g, .. } = *divisors;
    let along = sum::dot(obs.projected(), calc);
    let square = sum::dot_weighted(obs.decimation().weights(), calc, calc);
    let norm = obs.norm() / f;
    let squares = norm * norm - 2.0 * along / (f * g) + square / (g * g);
    squares.max(0.0) / obs.decimation().n_points() as f64
}

impl DecimatedLoss for Mse {
    fn value_on_nodes(&self, obs: &DecimatedTarget, calc: &[f64]) -> Result<f64, LossError> {
        check_nodes(obs.decimation(), calc, calc)?;
        Ok(on_nodes(obs, calc, &self.divisors(obs, calc)?))
    }

    fn value_and_gradient_on_nodes(
        &self,
        obs: &DecimatedTarget,
        calc: &[f64],
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        let nodes = obs.decimation();
        check_nodes(nodes, calc, grad)?;
        let divisors = self.divisors(obs, calc)?;
        let value = on_nodes(obs, calc, &divisors);
        let Divisors { f, g, at } = divisors;
        let by = 2.0 / (nodes.n_points() as f64 * g);
        let columns = obs.projected().iter().zip(calc).zip(nodes.weights());
        for (d, ((b, y), w)) in grad.iter_mut().zip(columns) {
            *d = by * (w * y / g - b / f);
        }
        // Change of the divisor: d(y/N) = dy/N - y dN/N^2.
        let by_divisor = sum::dot(grad, calc) / g;
        match self.normalisation {
            Normalisation::Max => {
                let (first, kernel) = nodes.kernel(at);
                for (d, k) in grad[first..].iter_mut().zip(kernel) {
                    *d -= by_divisor * k;
                }
            }
            Normalisation::Sum => {
                for (d, s) in grad.iter_mut().zip(nodes.sum_weights()) {
                    *d -= by_divisor * s;
                }
            }
            Normalisation::L2 => {
                for ((d, y), w) in grad.iter_mut().zip(calc).zip(nodes.weights()) {
                    *d -= by_divisor * w * y / g;
                }
            }
            Normalisation::None => {}
        }
        Ok(value)
    }

    fn least_squares_on_nodes(&self) -> Option<&dyn LeastSquaresOnNodes> {
        Some(self)
    }
}
