//! Every built-in keeps the laws of optimizers.

use braggscape_optim::{
    Adam, AdamOptions, AnyOptimizer, GradientDescent, GradientDescentOptions, Optimizer,
};
use braggscape_testkit::conformance::{self, OptimizerClaims, Reach};
use braggscape_testkit::functions::TestFunction;

fn reach(function: TestFunction, start: &[f64], within: f64, evaluations: u64) -> Reach {
    Reach { function, start: start.to_vec(), within, evaluations }
}

#[track_caller]
fn check(method: &dyn Optimizer, reaches: Vec<Reach>) {
    conformance::optimizer(method, &OptimizerClaims { reaches });
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
    }
}

/// Learning rates that diverge on most of the functions: points leave the range of numbers, and no law is lost.
#[test]
fn wild_steps() {
    let options = GradientDescentOptions { learning_rate: 10.0, ..Default::default() };
    check(&GradientDescent::new(options).unwrap(), Vec::new());
    let options = AdamOptions { learning_rate: 100.0, ..Default::default() };
    check(&Adam::new(options).unwrap(), Vec::new());
}
