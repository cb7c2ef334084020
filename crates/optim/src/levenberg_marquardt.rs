//! Levenberg-Marquardt.

use crate::iterate::{begin, feasible};
use crate::{
    AnyOptimizer, Iterate, LeastSquaresObjective, Needs, Objective, OptimError, Optimizer,
    Progress, Termination, checkpoint, options, scaled,
};
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most dampings tried in one step: enough to shrink a step beyond the last digit.
const TRIALS: u32 = 60;
/// Trials while a constraint is coming into force.
const TRIALS_UNSETTLED: u32 = 4;

/// The method of Levenberg and Marquardt with Nielsen's damping, for objectives that are sums of squares.
///
/// In an orthonormal basis of the directions along the constraint, in scaled variables u = x / scale: (H + mu 1) p = -g, H the
/// Gauss-Newton matrix, and u <- P(u + p) if the value falls. With the gain rho = (f(u) - f(u + p)) / (model(0) - model(p)):
/// if rho > 0, mu <- mu max(1/3, 1 - (2 rho - 1)^3) and nu <- 2, else mu <- mu nu and nu <- 2 nu. mu starts as `damping` times
/// the largest diagonal element of H. A singular H does no harm: mu is never 0. No component moves by more than `max_step`.
///
/// One evaluation a trial, derivatives included. Starts on objectives without [`Objective::least_squares`] are refused.
///
/// # Examples
/// ```
/// use braggscape_testkit::functions::{FunctionObjective, TestFunction};
/// use braggscape_optim::{LevenbergMarquardt, LevenbergMarquardtOptions, Limits, minimize};
///
/// let f = FunctionObjective::new(TestFunction::Sphere, 1);
/// let options = LevenbergMarquardtOptions { damping: 1.0, max_iterations: 2, ..Default::default() };
/// let found = minimize(&mut LevenbergMarquardt::new(options)?, &f, &[1.0], Limits::default(), &mut ())?;
/// // H = 2, so mu = 2 and x = 1 - 2 / (2 + 2) = 0.5; the gain is 1, so mu = 2/3 and x = 0.5 - 1 / (2 + 2/3).
/// assert!((found.x[0] - 0.125).abs() < 1e-15);
/// # Ok::<(), braggscape_optim::OptimError>(())
/// ```
///
/// # References
/// Levenberg, Q. Appl. Math. 2, 164 (1944), doi:10.1090/qam/10666; Marquardt, J. Soc. Ind. Appl. Math. 11, 431 (1963),
/// doi:10.1137/0111030; Madsen, Nielsen & Tingleff, Methods for Non-Linear Least Squares Problems (2nd ed., 2004), algorithm 3.16.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LevenbergMarquardt {
    options: LevenbergMarquardtOptions,
    state: State,
}

/// Options of [`LevenbergMarquardt`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LevenbergMarquardtOptions {
    /// First damping, in units of the largest diagonal element of H. Default 1e-3.
    pub damping: f64,
    /// Longest step of a component in scaled variables (scale: 1 Å, 10 degrees, 0.1 of a cell edge). Default 0.5.
    pub max_step: f64,
    /// Ends the run when no component of the scaled gradient along the constraint exceeds it. Default 1e-10.
    pub gradient_tolerance: f64,
    /// Ends the run when no component of a step exceeds it, in scaled variables. Default 1e-12.
    pub step_tolerance: f64,
    /// Ends the run when a step lowers the value, and was to lower it, by no more than this times max(|f|, 1). Default 1e-15.
    pub value_tolerance: f64,
    /// Most iterations. Default 1000.
    pub max_iterations: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// Gauss-Newton matrix at the current point, in x, column by column.
    hessian: Vec<f64>,
    /// 0 before the first step.
    damping: f64,
    growth: f64,
}

impl Default for LevenbergMarquardtOptions {
    fn default() -> Self {
        Self {
            damping: 1e-3,
            max_step: 0.5,
            gradient_tolerance: 1e-10,
            step_tolerance: 1e-12,
            value_tolerance: 1e-15,
            max_iterations: 1000,
        }
    }
}

impl LevenbergMarquardtOptions {
    fn check(&self) -> Result<(), OptimError> {
        options::positive("damping", self.damping)?;
        options::positive("max_step", self.max_step)?;
        options::not_negative("gradient_tolerance", self.gradient_tolerance)?;
        options::not_negative("step_tolerance", self.step_tolerance)?;
        options::not_negative("value_tolerance", self.value_tolerance)?;
        options::count("max_iterations", self.max_iterations)
    }
}

impl LevenbergMarquardt {
    /// The method with these options.
    ///
    /// # Errors
    /// [`OptimError::OptionRange`].
    pub fn new(options: LevenbergMarquardtOptions) -> Result<Self, OptimError> {
        options.check()?;
        Ok(Self { options, ..Self::default() })
    }

    /// The options of the method.
    pub fn options(&self) -> &LevenbergMarquardtOptions {
        &self.options
    }

    fn refuse(&self) -> OptimError {
        OptimError::NeedsLeastSquares { method: self.name().to_owned() }
    }
}

/// The model of the function around a point, along the constraint.
struct Model {
    basis: Vec<Vec<f64>>,
    gradient: DVector<f64>,
    hessian: DMatrix<f64>,
}

impl Model {
    fn new(f: &dyn Objective, at: &Iterate, hessian: &[f64]) -> Self {
        let n = at.x.len();
        let basis = scaled::tangent(f, &at.x, f.projection_weight(at.iteration + 1) >= 1.0);
        let mut g = at.gradient.clone();
        scaled::to_gradient(f, &mut g);
        if basis.len() == n {
            // Nothing is bound, and the basis is that of the components.
            let scale = |i: usize| f.components()[i].scale;
            let element = |i: usize, j: usize| 0.5 * (hessian[j * n + i] + hessian[i * n + j]);
            let hessian = DMatrix::from_fn(n, n, |i, j| element(i, j) * scale(i) * scale(j));
            return Self { basis, gradient: g.into(), hessian };
        }
        let gradient =
            DVector::from_iterator(basis.len(), basis.iter().map(|b| scaled::dot(b, &g)));
        // H b for each b, in scaled variables.
        let images: Vec<Vec<f64>> = basis
            .iter()
            .map(|b| {
                let step = scaled::to_step(f, b);
                let mut image: Vec<f64> =
                    hessian.chunks_exact(n).map(|column| scaled::dot(column, &step)).collect();
                scaled::to_gradient(f, &mut image);
                image
            })
            .collect();
        let hessian = DMatrix::from_fn(basis.len(), basis.len(), |i, j| {
            0.5 * (scaled::dot(&basis[i], &images[j]) + scaled::dot(&basis[j], &images[i]))
        });
        Self { basis, gradient, hessian }
    }

    /// The step of this damping in scaled variables, no component above `longest`, and by how much it should lower the value;
    /// `None` if the damped matrix is not positive definite.
    fn step(&self, damping: f64, longest: f64, n: usize) -> Option<(Vec<f64>, f64)> {
        let mut damped = self.hessian.clone();
        (0..damped.nrows()).for_each(|i| damped[(i, i)] += damping);
        let cholesky: Cholesky<f64, Dyn> = Cholesky::new(damped)?;
        let mut p = cholesky.solve(&-&self.gradient);
        let size = scaled::largest(&scaled::combination(&self.basis, p.as_slice(), n));
        if size > longest {
            p *= longest / size;
        }
        let bend: f64 = (0..p.len())
            .map(|i| p[i] * scaled::dot(self.hessian.column(i).as_slice(), p.as_slice()))
            .sum();
        let lowers = -scaled::dot(self.gradient.as_slice(), p.as_slice()) - 0.5 * bend;
        let step = scaled::combination(&self.basis, p.as_slice(), n);
        step.iter().all(|s| s.is_finite()).then_some((step, lowers))
    }
}

/// A point with its derivatives.
struct Trial {
    x: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    hessian: DMatrix<f64>,
    step: Vec<f64>,
    lowers: f64,
}

impl State {
    /// Damps less after a good step, by its gain.
    fn relax(&mut self, gain: f64) {
        let cube = 2.0 * gain - 1.0;
        self.damping = (self.damping * (1.0 - cube * cube * cube).max(1.0 / 3.0)).max(1e-100);
        self.growth = 2.0;
    }

    /// Damps more after a bad step.
    fn stiffen(&mut self) {
        self.damping *= self.growth;
        self.growth *= 2.0;
    }

    /// Tries dampings until a value is smaller; while a constraint is coming into force, the lowest value of a few. `true` with
    /// no trial: points could be evaluated, but none was smaller.
    fn trial(
        &mut self,
        o: &LevenbergMarquardtOptions,
        (f, squares): (&dyn Objective, &dyn LeastSquaresObjective),
        at: &Iterate,
        model: &Model,
    ) -> Result<(Option<Trial>, bool), OptimError> {
        let n = at.x.len();
        let (mut best, mut evaluated): (Option<Trial>, u32) = (None, 0);
        for _ in 0..TRIALS {
            if let Some((step, lowers)) = model.step(self.damping, o.max_step, n) {
                if at.settled && scaled::largest(&step) <= o.step_tolerance {
                    return Ok((None, true));
                }
                let mut x = scaled::moved(f, &at.x, 1.0, &step);
                let (mut gradient, mut hessian) = (vec![0.0; n], DMatrix::zeros(n, n));
                let value = at
                    .approach(f, &mut x)
                    .and_then(|()| squares.gauss_newton(&x, &mut gradient, &mut hessian));
                if let Some(value) = feasible(value)? {
                    evaluated += 1;
                    let smaller = value < at.value;
                    if smaller || (!at.settled && best.as_ref().is_none_or(|b| value < b.value)) {
                        best = Some(Trial { x, value, gradient, hessian, step, lowers });
                    }
                    if smaller || (!at.settled && evaluated >= TRIALS_UNSETTLED) {
                        break;
                    }
                }
            }
            self.stiffen();
        }
        Ok((best, evaluated > 0))
    }
}

impl checkpoint::State for State {
    fn fits(&self, n: usize) -> bool {
        self.hessian.len() == n * n
    }
}

impl Optimizer for LevenbergMarquardt {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        let squares = f.least_squares().ok_or_else(|| self.refuse())?;
        let n = x0.len();
        let (mut gradient, mut hessian) = (vec![0.0; n], DMatrix::zeros(n, n));
        let (x, value) = begin(f, x0, |x| squares.gauss_newton(x, &mut gradient, &mut hessian))?;
        self.state = State { hessian: hessian.as_slice().to_vec(), damping: 0.0, growth: 2.0 };
        Ok(Iterate::first(f, x, value, gradient))
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        let squares = f.least_squares().ok_or_else(|| self.refuse())?;
        let o = &self.options;
        let model = Model::new(f, at, &self.state.hessian);
        if at.settled && scaled::largest(model.gradient.as_slice()) <= o.gradient_tolerance {
            return Ok(Progress::Done(Termination::GradientTolerance));
        }
        let mut next = State { hessian: Vec::new(), ..self.state.clone() };
        if next.damping <= 0.0 {
            let largest = model.hessian.diagonal().iter().copied().fold(0.0, f64::max);
            next.damping = (o.damping * largest).max(1e-100);
        }
        let (trial, evaluated) = next.trial(o, (f, squares), at, &model)?;
        let Some(trial) = trial else {
            let reason =
                if evaluated { Termination::StepTolerance } else { Termination::NoFeasibleStep };
            return Ok(Progress::Done(reason));
        };
        let (lowered, settled) = (at.value - trial.value, at.settled);
        let gain = if trial.lowers > 0.0 { lowered / trial.lowers } else { 1.0 };
        if lowered > 0.0 {
            next.relax(gain);
        }
        next.hessian = trial.hessian.as_slice().to_vec();
        at.accept(f, trial.x, trial.value, trial.gradient);
        self.state = next;
        let little = o.value_tolerance * at.value.abs().max(1.0);
        Ok(if settled && scaled::largest(&trial.step) <= o.step_tolerance {
            Progress::Done(Termination::StepTolerance)
        } else if settled && lowered <= little && trial.lowers <= little {
            Progress::Done(Termination::ValueTolerance)
        } else if at.iteration >= o.max_iterations {
            Progress::Done(Termination::MaxIterations)
        } else {
            Progress::Continue
        })
    }

    fn fresh(&self) -> AnyOptimizer {
        Self { options: self.options.clone(), ..Self::default() }.into()
    }

    fn name(&self) -> &'static str {
        "levenberg-marquardt"
    }

    fn needs(&self) -> Needs {
        Needs::LeastSquares
    }

    fn save(&self) -> Result<Value, OptimError> {
        checkpoint::save(&self.state)
    }

    fn load(&mut self, state: &Value, dim: usize) -> Result<(), OptimError> {
        self.state = checkpoint::load(self, state, dim)?;
        Ok(())
    }
}
