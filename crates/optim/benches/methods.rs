//! Evaluations and time of every method on Rosenbrock's valley in ten dimensions, until the value is below 1e-6.
//!
//! The number of evaluations stands in the name of the case; a method that does not get there within 100,000 says so there.

use braggscape_optim::{
    Adam, AdamOptions, AnyOptimizer, BasinHopping, CmaEs, CmaEsOptions, Fire, FireOptions,
    GradientDescent, GradientDescentOptions, Lbfgs, LevenbergMarquardt, Limits, Momentum,
    MomentumOptions, Nesterov, NesterovOptions, Optimizer, Target, Termination, minimize,
};
use braggscape_testkit::functions::{FunctionObjective, TestFunction};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

/// Every method with a step length that suits the function, and without a plateau rule that ends it early.
fn all() -> Vec<AnyOptimizer> {
    let (max_iterations, patience, max_step) = (u64::MAX, 100_000, 1.0);
    let descent = GradientDescentOptions {
        learning_rate: 1e-3,
        patience,
        max_iterations,
        ..Default::default()
    };
    let adam = AdamOptions { patience, max_iterations, ..Default::default() };
    let (learning_rate, momentum) = (3e-4, 0.97);
    let heavy = MomentumOptions {
        learning_rate,
        momentum,
        patience,
        max_step,
        max_iterations,
        ..Default::default()
    };
    let nesterov =
        NesterovOptions { learning_rate, patience, max_step, max_iterations, ..Default::default() };
    let fire = FireOptions { patience, max_step, max_iterations, ..Default::default() };
    let cma = CmaEsOptions { sigma0: 0.5, ..Default::default() };
    vec![
        Adam::new(adam).expect("in range").into(),
        BasinHopping::default().into(),
        CmaEs::new(cma).expect("in range").into(),
        Fire::new(fire).expect("in range").into(),
        GradientDescent::new(descent).expect("in range").into(),
        Lbfgs::default().into(),
        LevenbergMarquardt::default().into(),
        Momentum::new(heavy).expect("in range").into(),
        Nesterov::new(nesterov).expect("in range").into(),
    ]
}

fn methods(c: &mut Criterion) {
    let f = FunctionObjective::new(TestFunction::Rosenbrock, 10);
    let x0 = [-1.2, 1.0].repeat(5);
    let limits = Limits { max_evaluations: 100_000 };
    for mut method in all() {
        let mut run = || {
            minimize(&mut method, &f, black_box(&x0), limits, &mut Target(1e-6))
                .map(|m| (m, method.name()))
        };
        let Ok((found, name)) = run() else { continue };
        let reached =
            if found.termination == Termination::TargetReached { "" } else { "-not-reached" };
        let name = format!("methods/rosenbrock-10/{name}-{}{reached}", found.evaluations);
        c.bench_function(&name, |b| b.iter(&mut run));
    }
}

criterion_group!(benches, methods);
criterion_main!(benches);
