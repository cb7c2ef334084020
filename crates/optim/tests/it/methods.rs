//! What the methods say of themselves: why they end, what they refuse, what they need.

use braggscape_optim::{
    Adam, AnyOptimizer, BasinHopping, BasinHoppingOptions, CmaEs, CmaEsOptions, Component,
    DifferentialEvolution, DifferentialEvolutionOptions, EvalError, Fire, FireOptions,
    GradientDescent, Lbfgs, LbfgsOptions, LeastSquaresObjective, LevenbergMarquardt,
    LevenbergMarquardtOptions, Limits, Momentum, MomentumOptions, Needs, Nesterov, NesterovOptions,
    Objective, OptimError, Optimizer, Termination, minimize,
};
use braggscape_testkit::functions::{FunctionObjective, TestFunction};
use nalgebra::DMatrix;

#[track_caller]
fn ends(
    method: impl Into<AnyOptimizer>,
    function: TestFunction,
    x0: &[f64],
    reasons: &[Termination],
) {
    let f = FunctionObjective::new(function, x0.len());
    let limits = Limits { max_evaluations: 100_000 };
    let found = minimize(&mut method.into(), &f, x0, limits, &mut ()).unwrap();
    assert!(reasons.contains(&found.termination), "{function}: {}", found.termination);
    let above = found.value - function.minimum(x0.len());
    assert!(above < 1e-3, "{function}: {above} after {} evaluations", found.evaluations);
}

#[test]
fn every_method_ends_by_itself_at_a_minimum() {
    use Termination::{Converged, GradientTolerance, StepTolerance, ValueTolerance};
    let (x0, rosenbrock) = ([-1.2, 1.0], TestFunction::Rosenbrock);
    let quadratic = TestFunction::Booth;
    let slow = MomentumOptions { learning_rate: 1e-3, patience: 1000, ..Default::default() };
    ends(Momentum::new(slow.clone()).unwrap(), rosenbrock, &x0, &[Converged, GradientTolerance]);
    ends(Momentum::new(slow).unwrap(), quadratic, &x0, &[Converged, GradientTolerance]);
    let slow = NesterovOptions { learning_rate: 1e-3, patience: 1000, ..Default::default() };
    ends(Nesterov::new(slow.clone()).unwrap(), rosenbrock, &x0, &[Converged, GradientTolerance]);
    ends(Nesterov::new(slow).unwrap(), quadratic, &x0, &[Converged, GradientTolerance]);
    ends(Fire::default(), rosenbrock, &x0, &[Converged, GradientTolerance]);
    ends(Fire::default(), quadratic, &x0, &[Converged, GradientTolerance]);
    ends(Lbfgs::default(), rosenbrock, &x0, &[GradientTolerance, ValueTolerance]);
    ends(Lbfgs::default(), quadratic, &x0, &[GradientTolerance, ValueTolerance]);
    let lm = LevenbergMarquardt::default;
    ends(lm(), rosenbrock, &x0, &[GradientTolerance, ValueTolerance, StepTolerance]);
    ends(lm(), quadratic, &x0, &[GradientTolerance, ValueTolerance, StepTolerance]);
    ends(CmaEs::default(), rosenbrock, &x0, &[ValueTolerance, StepTolerance]);
    ends(CmaEs::default(), quadratic, &x0, &[ValueTolerance, StepTolerance]);
    ends(DifferentialEvolution::default(), quadratic, &x0, &[ValueTolerance]);
    let few = BasinHoppingOptions { hops: 3, ..Default::default() };
    ends(BasinHopping::new(few).unwrap(), quadratic, &x0, &[Termination::MaxIterations]);
    let patient = BasinHoppingOptions { patience: 2, ..Default::default() };
    ends(BasinHopping::new(patient).unwrap(), quadratic, &x0, &[Converged]);
    ends(Adam::default(), quadratic, &[1.1, 2.9], &[Converged]);
    ends(GradientDescent::default(), quadratic, &x0, &[Converged]);
}

/// At the minimum itself there is nothing left to do.
#[test]
fn runs_that_start_at_a_minimum_end_at_once() {
    let gradient = [Termination::GradientTolerance];
    let x0 = [1.0, 1.0];
    ends(Momentum::default(), TestFunction::Rosenbrock, &x0, &gradient);
    ends(Nesterov::default(), TestFunction::Rosenbrock, &x0, &gradient);
    ends(Fire::default(), TestFunction::Rosenbrock, &x0, &gradient);
    ends(Lbfgs::default(), TestFunction::Rosenbrock, &x0, &gradient);
    ends(LevenbergMarquardt::default(), TestFunction::Rosenbrock, &x0, &gradient);
}

#[test]
fn methods_say_their_names_and_needs() {
    let methods: [(AnyOptimizer, &str, Needs); 10] = [
        (Adam::default().into(), "adam", Needs::Gradient),
        (BasinHopping::default().into(), "basin-hopping", Needs::Gradient),
        (CmaEs::default().into(), "cma-es", Needs::Values),
        (DifferentialEvolution::default().into(), "differential-evolution", Needs::Values),
        (Fire::default().into(), "fire", Needs::Gradient),
        (GradientDescent::default().into(), "gradient-descent", Needs::Gradient),
        (Lbfgs::default().into(), "lbfgs", Needs::Gradient),
        (LevenbergMarquardt::default().into(), "levenberg-marquardt", Needs::LeastSquares),
        (Momentum::default().into(), "momentum", Needs::Gradient),
        (Nesterov::default().into(), "nesterov", Needs::Gradient),
    ];
    for (method, name, needs) in methods {
        assert_eq!((method.name(), method.needs()), (name, needs));
        let boxed = AnyOptimizer::external(method);
        assert_eq!((boxed.name(), boxed.needs()), (name, needs), "through a box");
        assert!(boxed.save().is_ok());
    }
}

/// (x0 + x1 - 1)^2, whose Hessian has rank one everywhere, and a flat direction; with `dead`, x1 does nothing at all.
struct Flat {
    dead: bool,
}

const PLANE: [Component; 2] = [Component::absolute(1.0, 1e9, 1.0); 2];

impl Objective for Flat {
    fn components(&self) -> &[Component] {
        &PLANE
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        self.gauss_newton(x, gradient, &mut DMatrix::zeros(2, 2))
    }

    fn least_squares(&self) -> Option<&dyn LeastSquaresObjective> {
        Some(self)
    }
}

impl LeastSquaresObjective for Flat {
    fn gauss_newton(
        &self,
        x: &[f64],
        gradient: &mut [f64],
        hessian: &mut DMatrix<f64>,
    ) -> Result<f64, EvalError> {
        let other = if self.dead { 0.0 } else { 1.0 };
        let r = x[0] + other * x[1] - 1.0;
        gradient.copy_from_slice(&[2.0 * r, 2.0 * other * r]);
        hessian.copy_from_slice(&[2.0, 2.0 * other, 2.0 * other, 2.0 * other]);
        Ok(r * r)
    }
}

#[test]
fn a_singular_hessian_is_no_obstacle() {
    for dead in [false, true] {
        let f = Flat { dead };
        let mut lm = LevenbergMarquardt::default();
        let found = minimize(&mut lm, &f, &[3.0, 2.0], Limits::default(), &mut ()).unwrap();
        assert!(found.value < 1e-15 && found.evaluations < 20, "{found:?}");
        // The damped step has no component along the flat direction.
        let across = if dead { found.x[1] - 2.0 } else { found.x[0] - found.x[1] - 1.0 };
        assert!(across.abs() < 1e-12, "{:?}", found.x);
        let mut lbfgs = Lbfgs::default();
        let found = minimize(&mut lbfgs, &f, &[3.0, 2.0], Limits::default(), &mut ()).unwrap();
        assert!(found.value < 1e-12, "{found:?}");
    }
}

/// On an affine constraint the methods that have it in their basis take the steps they take in the free parameters alone.
#[test]
fn a_tied_sphere_is_a_sphere_in_one_dimension() {
    let tied = FunctionObjective::new(TestFunction::Sphere, 4).tied();
    for mut method in [AnyOptimizer::from(Lbfgs::default()), LevenbergMarquardt::default().into()] {
        let found = minimize(&mut method, &tied, &[1.0, 2.0, 3.0, 2.0], Limits::default(), &mut ())
            .unwrap();
        assert!(found.value < 1e-14 && found.evaluations < 12, "{}: {found:?}", method.name());
    }
    // One free direction: four points in a generation.
    let options = CmaEsOptions { max_iterations: 5, ..Default::default() };
    let mut cma = CmaEs::new(options).unwrap();
    let found =
        minimize(&mut cma, &tied, &[1.0, 2.0, 3.0, 2.0], Limits::default(), &mut ()).unwrap();
    assert_eq!(found.evaluations, 1 + 5 * 4);
}

/// Scaled variables: a function stretched by 10^3 with components that say so gives the same run.
#[test]
fn scales_take_out_the_units() {
    struct Stretched {
        inner: FunctionObjective,
        components: [Component; 2],
    }
    impl Stretched {
        fn shrunk(&self, x: &[f64]) -> Vec<f64> {
            x.iter().zip(&self.components).map(|(x, c)| x / c.scale).collect()
        }
    }
    impl Objective for Stretched {
        fn components(&self) -> &[Component] {
            &self.components
        }
        fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
            let value = self.inner.value_and_gradient(&self.shrunk(x), gradient)?;
            gradient.iter_mut().zip(&self.components).for_each(|(g, c)| *g /= c.scale);
            Ok(value)
        }
        fn least_squares(&self) -> Option<&dyn LeastSquaresObjective> {
            Some(self)
        }
    }
    impl LeastSquaresObjective for Stretched {
        fn gauss_newton(
            &self,
            x: &[f64],
            gradient: &mut [f64],
            hessian: &mut DMatrix<f64>,
        ) -> Result<f64, EvalError> {
            let value = self.inner.gauss_newton(&self.shrunk(x), gradient, hessian)?;
            for i in 0..2 {
                gradient[i] /= self.components[i].scale;
                for j in 0..2 {
                    hessian[(i, j)] /= self.components[i].scale * self.components[j].scale;
                }
            }
            Ok(value)
        }
    }
    let inner = FunctionObjective::new(TestFunction::Rosenbrock, 2);
    // Powers of two: not even rounding differs.
    let components = [Component::absolute(1024.0, 1e9, 1.0), Component::absolute(0.125, 1e9, 1.0)];
    let stretched = Stretched { inner: inner.clone(), components };
    let limits = Limits { max_evaluations: 300 };
    let methods: [AnyOptimizer; 9] = [
        Adam::default().into(),
        Momentum::default().into(),
        Nesterov::default().into(),
        Fire::default().into(),
        Lbfgs::default().into(),
        LevenbergMarquardt::default().into(),
        CmaEs::default().into(),
        DifferentialEvolution::default().into(),
        BasinHopping::default().into(),
    ];
    for mut method in methods {
        let plain = minimize(&mut method, &inner, &[-1.2, 1.0], limits, &mut ()).unwrap();
        let x0 = [-1.2 * 1024.0, 0.125];
        let other = minimize(&mut method, &stretched, &x0, limits, &mut ()).unwrap();
        assert_eq!(plain.value.to_bits(), other.value.to_bits(), "{}", method.name());
        assert_eq!(plain.evaluations, other.evaluations, "{}", method.name());
    }
}

#[test]
fn options_out_of_range_are_named() {
    #[track_caller]
    fn check<T>(made: Result<T, OptimError>, name: &str) {
        match made.err() {
            Some(OptimError::OptionRange { name: found, .. }) => assert_eq!(found, name),
            other => panic!("{name}: {other:?}"),
        }
    }
    let m = MomentumOptions::default;
    check(Momentum::new(MomentumOptions { learning_rate: 0.0, ..m() }), "learning_rate");
    check(Momentum::new(MomentumOptions { momentum: 1.0, ..m() }), "momentum");
    check(Momentum::new(MomentumOptions { max_step: f64::NAN, ..m() }), "max_step");
    check(Momentum::new(MomentumOptions { tolerance: -1.0, ..m() }), "tolerance");
    check(Momentum::new(MomentumOptions { patience: 0, ..m() }), "patience");
    let n = NesterovOptions::default;
    check(Nesterov::new(NesterovOptions { momentum: -0.1, ..n() }), "momentum");
    check(Nesterov::new(NesterovOptions { gradient_tolerance: -1.0, ..n() }), "gradient_tolerance");
    let f = FireOptions::default;
    check(Fire::new(FireOptions { dt: 0.0, ..f() }), "dt");
    check(Fire::new(FireOptions { dt_max: 1e-3, ..f() }), "dt_max");
    check(Fire::new(FireOptions { dt_min: 1.0, ..f() }), "dt_min");
    check(Fire::new(FireOptions { grow: 1.0, ..f() }), "grow");
    check(Fire::new(FireOptions { shrink: 1.0, ..f() }), "shrink");
    check(Fire::new(FireOptions { alpha: 1.0, ..f() }), "alpha");
    check(Fire::new(FireOptions { alpha_decay: 0.0, ..f() }), "alpha_decay");
    check(Fire::new(FireOptions { max_uphill: 0, ..f() }), "max_uphill");
    let l = LbfgsOptions::default;
    check(Lbfgs::new(LbfgsOptions { memory: 0, ..l() }), "memory");
    check(Lbfgs::new(LbfgsOptions { first_step: 0.0, ..l() }), "first_step");
    check(Lbfgs::new(LbfgsOptions { value_tolerance: -1.0, ..l() }), "value_tolerance");
    check(Lbfgs::new(LbfgsOptions { max_iterations: 0, ..l() }), "max_iterations");
    let lm = LevenbergMarquardtOptions::default;
    check(LevenbergMarquardt::new(LevenbergMarquardtOptions { damping: 0.0, ..lm() }), "damping");
    check(
        LevenbergMarquardt::new(LevenbergMarquardtOptions { step_tolerance: -1.0, ..lm() }),
        "step_tolerance",
    );
    let c = CmaEsOptions::default;
    check(CmaEs::new(CmaEsOptions { sigma0: 0.0, ..c() }), "sigma0");
    check(CmaEs::new(CmaEsOptions { population: 1, ..c() }), "population");
    check(CmaEs::new(CmaEsOptions { restarts: 10, ..c() }), "restarts");
    let d = DifferentialEvolutionOptions::default;
    let made = DifferentialEvolution::new;
    check(made(DifferentialEvolutionOptions { sigma0: 0.0, ..d() }), "sigma0");
    check(made(DifferentialEvolutionOptions { population: 3, ..d() }), "population");
    check(made(DifferentialEvolutionOptions { mutation: [0.9, 0.5], ..d() }), "mutation");
    check(made(DifferentialEvolutionOptions { crossover: 1.5, ..d() }), "crossover");
    let b = BasinHoppingOptions::default;
    check(BasinHopping::new(BasinHoppingOptions { hops: 0, ..b() }), "hops");
    check(BasinHopping::new(BasinHoppingOptions { hop: -1.0, ..b() }), "hop");
    check(BasinHopping::new(BasinHoppingOptions { temperature: -1.0, ..b() }), "temperature");
    check(BasinHopping::new(BasinHoppingOptions { target: 1.0, ..b() }), "target");
    check(BasinHopping::new(BasinHoppingOptions { factor: 0.0, ..b() }), "factor");
    let local = LbfgsOptions { memory: 0, ..l() };
    check(BasinHopping::new(BasinHoppingOptions { local, ..b() }), "memory");
}
