//! The methods against those of SciPy, ASE and pycma: the same minima from the same starts, with evaluations of the same order.
//!
//! What is asserted: the minimum reached, and a number of evaluations that is at most twice the other program's, or, for
//! methods that draw random numbers, a median over seeds that is at most twice and at least half of the other's median.
#![expect(clippy::unwrap_used, reason = "tests")]

use braggscape::optim::{
    AnyOptimizer, BasinHopping, BasinHoppingOptions, CmaEs, CmaEsOptions, Fire, FireOptions, Lbfgs,
    LbfgsOptions, LevenbergMarquardt, LevenbergMarquardtOptions, Limits, Minimum, Optimizer,
    Target, Termination, minimize,
};
use braggscape_testkit::functions::{FunctionObjective, TestFunction};
use braggscape_tests::fixture;
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    method: String,
    function: String,
    start: Vec<f64>,
    evaluations: u64,
    x: Vec<f64>,
    value: f64,
    target: Option<f64>,
    step: Option<f64>,
    temperature: Option<f64>,
}

impl Case {
    fn function(&self) -> TestFunction {
        match self.function.as_str() {
            "ellipsoid" => TestFunction::Ellipsoid,
            "rosenbrock" => TestFunction::Rosenbrock,
            "beale" => TestFunction::Beale,
            "himmelblau" => TestFunction::Himmelblau,
            "powell-singular" => TestFunction::PowellSingular,
            "rastrigin" => TestFunction::Rastrigin,
            "styblinski-tang" => TestFunction::StyblinskiTang,
            other => panic!("no test function `{other}`"),
        }
    }

    fn run(&self, mut method: AnyOptimizer, target: f64) -> Minimum {
        let f = FunctionObjective::new(self.function(), self.start.len());
        let limits = Limits { max_evaluations: 1_000_000 };
        minimize(&mut method, &f, &self.start, limits, &mut Target(target)).unwrap()
    }

    /// Evaluations until the target is reached, the median over seeds; runs that end elsewhere do not count.
    fn median(&self, method: &AnyOptimizer, seeds: u64, least: usize) -> u64 {
        let mut counts: Vec<u64> = (0..seeds)
            .filter_map(|seed| {
                let mut method = method.fresh();
                method.reseed(seed);
                let found = self.run(method, self.target.unwrap());
                let reached = found.termination == Termination::TargetReached;
                reached.then_some(found.evaluations)
            })
            .collect();
        assert!(counts.len() >= least, "{}: {} runs of {seeds}", self.function, counts.len());
        counts.sort_unstable();
        counts[counts.len() / 2]
    }

    fn told(&self, evaluations: u64) -> String {
        let Self { method, function, start, evaluations: theirs, .. } = self;
        format!("{method} on {function} in {} dimensions: {evaluations} and {theirs}", start.len())
    }
}

fn cases(method: &str) -> Vec<Case> {
    let all = fixture::<Fixture>("optimizers").cases;
    let cases: Vec<Case> = all.into_iter().filter(|case| case.method == method).collect();
    assert!(cases.len() > 1, "{method}");
    cases
}

#[track_caller]
fn same_minimum(case: &Case, found: &Minimum) {
    let minimum = case.function().minimum(case.start.len());
    // Both programs stop at gradients of 1e-8; Powell's function is so flat that its minimum is told to 1e-9 only.
    assert!(case.value - minimum < 1e-9, "the other program did not reach the minimum");
    assert!(found.value - minimum < 1e-9, "{}: {}", case.function, found.value);
    if case.function != "powell-singular" {
        for (ours, theirs) in found.x.iter().zip(&case.x) {
            assert!((ours - theirs).abs() < 1e-5, "{:?} and {:?}", found.x, case.x);
        }
    }
}

#[test]
fn lbfgs_needs_at_most_twice_the_evaluations_of_scipy() {
    let options = LbfgsOptions { first_step: 0.1, max_step: 10.0, ..Default::default() };
    for case in cases("lbfgs") {
        let found = case.run(Lbfgs::new(options.clone()).unwrap().into(), f64::NEG_INFINITY);
        let what = case.told(found.evaluations);
        println!("{what}");
        same_minimum(&case, &found);
        assert!(found.evaluations <= 2 * case.evaluations, "{what}");
    }
}

#[test]
fn levenberg_marquardt_needs_at_most_twice_the_evaluations_of_minpack() {
    let options = LevenbergMarquardtOptions { max_step: 10.0, ..Default::default() };
    for case in cases("levenberg-marquardt") {
        let method = LevenbergMarquardt::new(options.clone()).unwrap();
        let found = case.run(method.into(), f64::NEG_INFINITY);
        let what = case.told(found.evaluations);
        println!("{what}");
        same_minimum(&case, &found);
        assert!(found.evaluations <= 2 * case.evaluations, "{what}");
    }
}

#[test]
fn fire_needs_about_as_many_steps_as_in_ase() {
    let (dt, dt_max, dt_min, max_step) = (0.02, 0.2, 4e-4, 1.0);
    let options = FireOptions { dt, dt_max, dt_min, max_step, ..Default::default() };
    for case in cases("fire") {
        let found = case.run(Fire::new(options.clone()).unwrap().into(), case.target.unwrap());
        let what = case.told(found.evaluations);
        println!("{what}");
        assert_eq!(found.termination, Termination::TargetReached, "{what}");
        assert!(2 * found.evaluations >= case.evaluations, "{what}");
        assert!(found.evaluations <= 2 * case.evaluations, "{what}");
    }
}

#[test]
fn basin_hopping_finds_the_lowest_minima_as_often_as_scipy() {
    for case in cases("basin-hopping") {
        let options = BasinHoppingOptions {
            hops: 500,
            hop: case.step.unwrap(),
            temperature: case.temperature.unwrap(),
            local: LbfgsOptions { first_step: 0.1, max_step: 10.0, ..Default::default() },
            ..Default::default()
        };
        let method = BasinHopping::new(options).unwrap().into();
        let median = case.median(&method, 21, 19);
        let what = case.told(median);
        println!("{what}");
        assert!(median <= 2 * case.evaluations, "{what}");
    }
}

#[test]
fn cma_es_needs_about_as_many_evaluations_as_pycma() {
    let options = CmaEsOptions {
        sigma0: 0.5,
        value_tolerance: 0.0,
        step_tolerance: 0.0,
        ..Default::default()
    };
    let method = CmaEs::new(options).unwrap().into();
    for case in cases("cma-es") {
        let median = case.median(&method, 21, 15);
        let what = case.told(median);
        println!("{what}");
        assert!(2 * median >= case.evaluations && median <= 2 * case.evaluations, "{what}");
    }
}
