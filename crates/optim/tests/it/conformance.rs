//! Every built-in keeps the laws of optimizers.

use braggscape_optim::{
    Adam, AdamOptions, AnyOptimizer, BasinHopping, BasinHoppingOptions, CmaEs, CmaEsOptions,
    DifferentialEvolution, DifferentialEvolutionOptions, Fire, FireOptions, GradientDescent,
    GradientDescentOptions, Lbfgs, LbfgsOptions, LevenbergMarquardt, LevenbergMarquardtOptions,
    Momentum, MomentumOptions, Nesterov, NesterovOptions, Optimizer,
};
use braggscape_testkit::conformance::{self, OptimizerClaims, Reach};
use braggscape_testkit::functions::TestFunction;

fn reach(function: TestFunction, start: &[f64], within: f64, evaluations: u64) -> Reach {
    Reach { function, start: start.to_vec(), within, evaluations }
}

#[track_caller]
fn check(method: &dyn Optimizer, reaches: Vec<Reach>) {
    check_all(method, reaches, false);
}

#[track_caller]
fn check_all(method: &dyn Optimizer, reaches: Vec<Reach>, random: bool) {
    let held = conformance::optimizer(method, &OptimizerClaims { reaches, random });
    assert!(held.has("a run goes on from any step"), "every method of ours has checkpoints");
}

#[test]
fn gradient_descent() {
    // Each of 400 steps on the sphere shrinks x by 1 - 2 * 0.04.
    check(
        &GradientDescent::default(),
        vec![
            reach(TestFunction::Sphere, &[1.0, -1.5, 2.0], 1e-12, 400),
            reach(TestFunction::Booth, &[0.0, 0.0], 1e-12, 400),
        ],
    );
    let options =
        GradientDescentOptions { learning_rate: 1e-3, tolerance: 1e-9, ..Default::default() };
    let slow = GradientDescent::new(options).unwrap();
    check(&slow, vec![reach(TestFunction::Rosenbrock, &[-1.2, 1.0], 1e-3, 20_000)]);
    check(&AnyOptimizer::external(slow), Vec::new());
}

#[test]
fn momentum() {
    let options =
        MomentumOptions { learning_rate: 1e-3, momentum: 0.9, max_step: 1.0, ..Default::default() };
    let method = Momentum::new(options).unwrap();
    check(
        &method,
        vec![
            reach(TestFunction::Sphere, &[1.0, -1.5, 2.0], 1e-6, 2000),
            reach(TestFunction::Rosenbrock, &[-1.2, 1.0], 1e-5, 10_000),
            reach(TestFunction::Himmelblau, &[0.0, 0.0], 1e-10, 2000),
            reach(TestFunction::Beale, &[1.0, 1.0], 1e-6, 10_000),
        ],
    );
    check(&Momentum::default(), Vec::new());
}

#[test]
fn nesterov() {
    let options = NesterovOptions { learning_rate: 1e-3, max_step: 1.0, ..Default::default() };
    let method = Nesterov::new(options).unwrap();
    check(
        &method,
        vec![
            reach(TestFunction::Sphere, &[1.0, -1.5, 2.0], 1e-6, 2000),
            reach(TestFunction::Rosenbrock, &[-1.2, 1.0], 1e-5, 10_000),
            reach(TestFunction::Himmelblau, &[0.0, 0.0], 1e-10, 2000),
            reach(TestFunction::Beale, &[1.0, 1.0], 1e-6, 10_000),
        ],
    );
    check(&Nesterov::default(), Vec::new());
}

#[test]
fn fire() {
    let options = FireOptions { dt: 0.02, dt_max: 0.2, max_step: 1.0, ..Default::default() };
    check(
        &Fire::new(options).unwrap(),
        vec![
            reach(TestFunction::Sphere, &[1.0, -1.5, 2.0], 1e-12, 1000),
            reach(TestFunction::Ellipsoid, &[1.0, 1.0, 1.0], 1e-6, 5000),
            reach(TestFunction::Rosenbrock, &[-1.2, 1.0], 1e-6, 5000),
            reach(TestFunction::Himmelblau, &[0.0, 0.0], 1e-10, 1000),
            reach(TestFunction::Beale, &[1.0, 1.0], 1e-6, 5000),
        ],
    );
    check(&Fire::default(), Vec::new());
}

#[test]
fn lbfgs() {
    check(
        &Lbfgs::default(),
        vec![
            reach(TestFunction::Sphere, &[1.0, -1.5, 2.0], 1e-14, 30),
            reach(TestFunction::Ellipsoid, &[1.0; 10], 1e-12, 200),
            reach(TestFunction::Rosenbrock, &[-1.2, 1.0], 1e-12, 100),
            reach(TestFunction::Rosenbrock, &[-1.2; 4], 1e-12, 200),
            reach(TestFunction::Himmelblau, &[0.0, 0.0], 1e-12, 50),
            reach(TestFunction::Beale, &[1.0, 1.0], 1e-12, 100),
            reach(TestFunction::Booth, &[0.0, 0.0], 1e-12, 50),
            reach(TestFunction::PowellSingular, &[3.0, -1.0, 0.0, 1.0], 1e-9, 200),
        ],
    );
    let options = LbfgsOptions { memory: 1, max_step: 1e3, first_step: 10.0, ..Default::default() };
    check(&Lbfgs::new(options).unwrap(), Vec::new());
}

#[test]
fn levenberg_marquardt() {
    check(
        &LevenbergMarquardt::default(),
        vec![
            reach(TestFunction::Sphere, &[1.0, -1.5, 2.0], 1e-14, 20),
            reach(TestFunction::Ellipsoid, &[1.0; 10], 1e-12, 50),
            reach(TestFunction::Rosenbrock, &[-1.2, 1.0], 1e-14, 60),
            reach(TestFunction::Himmelblau, &[0.0, 0.0], 1e-14, 50),
            reach(TestFunction::Beale, &[1.0, 1.0], 1e-14, 50),
            reach(TestFunction::Booth, &[0.0, 0.0], 1e-14, 20),
            // The Hessian is singular at the minimum.
            reach(TestFunction::PowellSingular, &[3.0, -1.0, 0.0, 1.0], 1e-12, 100),
        ],
    );
    let options = LevenbergMarquardtOptions { damping: 1e6, max_step: 1e3, ..Default::default() };
    check(&LevenbergMarquardt::new(options).unwrap(), Vec::new());
}

#[test]
fn differential_evolution() {
    let options = DifferentialEvolutionOptions { sigma0: 1.0, ..Default::default() };
    check_all(
        &DifferentialEvolution::new(options.clone()).unwrap(),
        vec![
            reach(TestFunction::Sphere, &[1.0, -1.5, 2.0], 1e-8, 4000),
            reach(TestFunction::Rosenbrock, &[-1.2, 1.0], 1e-8, 6000),
            reach(TestFunction::Himmelblau, &[0.0, 0.0], 1e-8, 4000),
            reach(TestFunction::Beale, &[1.0, 1.0], 1e-8, 4000),
        ],
        true,
    );
    // Many minima, and the lowest elsewhere.
    let options = DifferentialEvolutionOptions { sigma0: 3.0, ..options };
    check_all(
        &DifferentialEvolution::new(options).unwrap(),
        vec![reach(TestFunction::Rastrigin, &[2.2, -3.1, 1.7], 1e-8, 20_000)],
        true,
    );
}

#[test]
fn cma_es() {
    let options = CmaEsOptions { sigma0: 0.5, ..Default::default() };
    check_all(
        &CmaEs::new(options).unwrap(),
        vec![
            reach(TestFunction::Sphere, &[1.0, -1.5, 2.0], 1e-12, 1000),
            reach(TestFunction::Ellipsoid, &[1.0; 5], 1e-12, 3000),
            reach(TestFunction::Rosenbrock, &[-1.2, 1.0], 1e-12, 2000),
            reach(TestFunction::Himmelblau, &[0.0, 0.0], 1e-12, 1000),
            reach(TestFunction::PowellSingular, &[3.0, -1.0, 0.0, 1.0], 1e-9, 3000),
        ],
        true,
    );
    // Many minima: restarts with growing populations find the lowest.
    let options = CmaEsOptions { sigma0: 2.0, restarts: 6, ..Default::default() };
    check_all(
        &CmaEs::new(options).unwrap(),
        vec![reach(TestFunction::Rastrigin, &[2.2, -3.1, 1.7, 3.3], 1e-9, 50_000)],
        true,
    );
}

#[test]
fn basin_hopping() {
    let options =
        BasinHoppingOptions { hop: 1.0, temperature: 1.0, hops: 300, ..Default::default() };
    check_all(
        &BasinHopping::new(options.clone()).unwrap(),
        vec![reach(TestFunction::Rastrigin, &[2.2, -3.1], 1e-9, 10_000)],
        true,
    );
    // The barriers between minima are 2.6 wide.
    let options = BasinHoppingOptions { hop: 3.0, ..options };
    check_all(
        &BasinHopping::new(options).unwrap(),
        vec![reach(TestFunction::StyblinskiTang, &[2.7, 2.7, 2.7], 1e-9, 10_000)],
        true,
    );
    let options = BasinHoppingOptions {
        hops: 5,
        patience: 2,
        interval: 1,
        temperature: 0.0,
        ..Default::default()
    };
    check_all(&BasinHopping::new(options).unwrap(), Vec::new(), true);
}

#[test]
fn adam() {
    // Steps of at most 0.01: 2 units take 200 steps and more.
    check(&Adam::default(), vec![reach(TestFunction::Sphere, &[1.0, -1.5, 2.0], 1e-6, 1000)]);
    let options = AdamOptions { learning_rate: 0.02, tolerance: 1e-12, ..Default::default() };
    let patient = Adam::new(options).unwrap();
    check(
        &patient,
        vec![
            reach(TestFunction::Rosenbrock, &[-1.2, 1.0], 1e-6, 20_000),
            reach(TestFunction::Himmelblau, &[0.0, 0.0], 1e-9, 5000),
        ],
    );
}

/// Runs that end by their own rules, so that what a rule remembers of earlier runs would show.
#[test]
fn short_patience() {
    let patience = 10;
    for max_iterations in [25, 10_000] {
        let options = GradientDescentOptions { patience, max_iterations, ..Default::default() };
        check(&GradientDescent::new(options).unwrap(), Vec::new());
        let options = AdamOptions { patience, max_iterations, ..Default::default() };
        check(&Adam::new(options).unwrap(), Vec::new());
        let options = MomentumOptions { patience, max_iterations, ..Default::default() };
        check(&Momentum::new(options).unwrap(), Vec::new());
        let options = NesterovOptions { patience, max_iterations, ..Default::default() };
        check(&Nesterov::new(options).unwrap(), Vec::new());
        let options = FireOptions { patience, max_iterations, ..Default::default() };
        check(&Fire::new(options).unwrap(), Vec::new());
    }
}

/// Learning rates that diverge on most of the functions: points leave the range of numbers, and no law is lost.
#[test]
fn wild_steps() {
    let options = GradientDescentOptions { learning_rate: 10.0, ..Default::default() };
    check(&GradientDescent::new(options).unwrap(), Vec::new());
    let options = AdamOptions { learning_rate: 100.0, ..Default::default() };
    check(&Adam::new(options).unwrap(), Vec::new());
    let (learning_rate, max_step) = (10.0, 1e9);
    let options = MomentumOptions { learning_rate, max_step, ..Default::default() };
    check(&Momentum::new(options).unwrap(), Vec::new());
    let options = NesterovOptions { learning_rate, max_step, ..Default::default() };
    check(&Nesterov::new(options).unwrap(), Vec::new());
    let options = FireOptions { dt: 10.0, dt_max: 100.0, max_step, ..Default::default() };
    check(&Fire::new(options).unwrap(), Vec::new());
    let options = CmaEsOptions { sigma0: 1e3, ..Default::default() };
    check_all(&CmaEs::new(options).unwrap(), Vec::new(), true);
}
