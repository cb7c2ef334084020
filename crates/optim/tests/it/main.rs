//! Descent rules on functions whose minima are known.
#![expect(clippy::unwrap_used, reason = "tests")]

mod conformance;
mod methods;
mod runs;

use braggscape_optim::{
    Adam, AdamOptions, AnyOptimizer, Component, EvalError, GradientDescent, GradientDescentOptions,
    Iterate, Limits, Objective, Observer, OptimError, Optimizer, Progress, Termination, minimize,
};
use std::ops::ControlFlow;

/// f = sum w_i (x_i - m_i)^2, infeasible where x_0 > 5, with an optional constraint x_0 = x_1.
struct Bowl {
    components: Vec<Component>,
    tied: bool,
}

impl Bowl {
    fn new(tied: bool) -> Self {
        Self { components: vec![Component::absolute(1.0, 0.5, 0.05); 2], tied }
    }
}

impl Objective for Bowl {
    fn components(&self) -> &[Component] {
        &self.components
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        if x[0] > 5.0 {
            return Err(EvalError::Infeasible { reason: "x_0 above 5".to_owned() });
        }
        gradient[0] = 2.0 * (x[0] - 1.0);
        gradient[1] = 6.0 * (x[1] - 2.0);
        Ok((x[0] - 1.0).powi(2) + 3.0 * (x[1] - 2.0).powi(2))
    }

    fn project(&self, x: &mut [f64]) -> Result<(), EvalError> {
        if self.tied {
            let mean = 0.5 * (x[0] + x[1]);
            x.fill(mean);
        }
        Ok(())
    }

    fn project_gradient(&self, _: &[f64], gradient: &mut [f64]) {
        self.project(gradient).unwrap_or(());
    }
}

/// Ends a run after three steps.
struct Third(Vec<f64>);
impl Observer for Third {
    fn observe(&mut self, at: &Iterate, _: u64) -> ControlFlow<Termination> {
        self.0.push(at.value);
        if at.iteration < 3 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(Termination::Stopped)
        }
    }
}

fn descent(options: GradientDescentOptions) -> GradientDescent {
    GradientDescent::new(options).unwrap()
}

fn methods() -> [AnyOptimizer; 2] {
    let adam = AdamOptions { tolerance: 1e-12, learning_rate: 0.02, ..Default::default() };
    let descent = descent(GradientDescentOptions { tolerance: 1e-12, ..Default::default() });
    [descent.into(), Adam::new(adam).unwrap().into()]
}

#[test]
fn both_methods_find_the_minimum_and_that_on_a_constraint() {
    for mut method in methods() {
        let free =
            minimize(&mut method, &Bowl::new(false), &[3.0, -1.0], Limits::default(), &mut ())
                .unwrap();
        assert!((free.x[0] - 1.0).abs() < 1e-3 && (free.x[1] - 2.0).abs() < 1e-3, "{:?}", free.x);
        assert_eq!(free.termination, Termination::Converged);
        let tied =
            minimize(&mut method, &Bowl::new(true), &[3.0, -1.0], Limits::default(), &mut ())
                .unwrap();
        // On x_0 = x_1 = t: (t - 1)^2 + 3 (t - 2)^2 is least at t = 7/4.
        assert!(tied.x.iter().all(|x| (x - 1.75).abs() < 1e-3), "{:?}", tied.x);
        assert!((tied.start_value - 3.0).abs() < 1e-12, "the start is projected");
    }
}

#[test]
fn the_plateau_rule_waits_for_the_patience() {
    let mut flat = descent(GradientDescentOptions { tolerance: 1e9, ..Default::default() });
    let m =
        minimize(&mut flat, &Bowl::new(false), &[3.0, -1.0], Limits::default(), &mut ()).unwrap();
    assert_eq!((m.iterations, m.termination), (1000, Termination::Converged));
    assert_eq!(m.evaluations, 1001);
    let mut short = descent(GradientDescentOptions { max_iterations: 7, ..Default::default() });
    let m =
        minimize(&mut short, &Bowl::new(false), &[3.0, -1.0], Limits::default(), &mut ()).unwrap();
    assert_eq!((m.iterations, m.termination), (7, Termination::MaxIterations));
}

#[test]
fn the_driver_holds_the_budget_and_listens() {
    let limits = Limits { max_evaluations: 5 };
    for mut method in methods() {
        let m = minimize(&mut method, &Bowl::new(false), &[3.0, -1.0], limits, &mut ()).unwrap();
        assert_eq!((m.evaluations, m.termination), (5, Termination::Budget));
    }
    let mut seen = Third(Vec::new());
    let m = minimize(
        &mut GradientDescent::default(),
        &Bowl::new(false),
        &[3.0, -1.0],
        Limits::default(),
        &mut seen,
    )
    .unwrap();
    assert_eq!((seen.0.len(), m.termination), (4, Termination::Stopped));
}

/// NaN where x < 0, and a minimum behind a wall at 1 that no step of length 1 passes without being halved.
struct Walled;
const LINE: [Component; 1] = [Component::absolute(1.0, 1e9, 1.0)];

impl Objective for Walled {
    fn components(&self) -> &[Component] {
        &LINE
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        if x[0] > 1.0 {
            return Err(EvalError::Infeasible { reason: "x above 1".to_owned() });
        }
        gradient[0] = -1.0;
        Ok(if x[0] < 0.0 { f64::NAN } else { -x[0] })
    }
}

#[test]
fn halved_steps_do_not_exceed_the_budget() {
    for max_evaluations in 0..40 {
        let mut method =
            descent(GradientDescentOptions { learning_rate: 0.7, ..Default::default() });
        let m =
            minimize(&mut method, &Walled, &[0.1], Limits { max_evaluations }, &mut ()).unwrap();
        assert_eq!((m.evaluations, m.termination), (max_evaluations.max(1), Termination::Budget));
        assert!((0.1..=1.0).contains(&m.x[0]), "{:?}", m.x);
    }
}

/// Asks for one value at each start, as a method without derivatives does.
struct Prober;

impl Optimizer for Prober {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        Iterate::at_value(f, x0)
    }

    fn step(&mut self, _: &dyn Objective, _: &mut Iterate) -> Result<Progress, OptimError> {
        Ok(Progress::Done(Termination::Converged))
    }

    fn fresh(&self) -> AnyOptimizer {
        AnyOptimizer::external(Self)
    }
}

#[test]
fn no_method_sees_a_nan() {
    let at = |x: f64| minimize(&mut Prober, &Walled, &[x], Limits::default(), &mut ());
    assert!((at(0.5).unwrap().value + 0.5).abs() < 1e-15);
    assert!(matches!(at(-0.5), Err(OptimError::Start { source: EvalError::NonFinite })));
}

#[test]
fn the_best_point_is_returned_even_if_the_last_is_worse() {
    // A step of 2 overshoots and diverges from the second step on.
    let mut wild = descent(GradientDescentOptions {
        learning_rate: 0.4,
        max_iterations: 50,
        ..Default::default()
    });
    let bowl = Bowl { components: vec![Component::absolute(1.0, 1e9, 1.0); 2], tied: false };
    let m = minimize(&mut wild, &bowl, &[1.5, 2.1], Limits::default(), &mut ()).unwrap();
    assert!(m.value <= m.start_value);
    let mut g = vec![0.0; 2];
    let again = bowl.value_and_gradient(&m.x, &mut g).unwrap();
    assert!((again - m.value).abs() < 1e-15);
}

#[test]
fn infeasible_steps_are_halved_and_infeasible_starts_refused() {
    let bowl = Bowl::new(false);
    let mut at = Iterate::at(&bowl, &[4.9, 2.0]).unwrap();
    assert!(at.advance(&bowl, &[0.8, 0.0]).unwrap());
    assert!((at.x[0] - 5.0).abs() < 1e-12, "{}", at.x[0]);
    let e = Iterate::at(&bowl, &[6.0, 0.0]).unwrap_err();
    assert!(e.to_string().contains("cannot be evaluated"));
    let e = Iterate::at(&bowl, &[1.0]).unwrap_err();
    assert!(e.to_string().contains("1 components"));
}

#[test]
fn options_out_of_range_are_named() {
    let check = |made: Result<AnyOptimizer, OptimError>, name: &str| {
        let e = made.err().unwrap();
        assert!(e.to_string().contains(name), "{e}");
    };
    let descent = |o| GradientDescent::new(o).map(AnyOptimizer::from);
    let base = GradientDescentOptions::default;
    check(descent(GradientDescentOptions { learning_rate: -1.0, ..base() }), "learning_rate");
    check(descent(GradientDescentOptions { patience: 0, ..base() }), "patience");
    check(descent(GradientDescentOptions { tolerance: f64::NAN, ..base() }), "tolerance");
    let adam = |o| Adam::new(o).map(AnyOptimizer::from);
    check(adam(AdamOptions { beta1: 1.0, ..Default::default() }), "beta1");
    check(adam(AdamOptions { epsilon: 0.0, ..Default::default() }), "epsilon");
}
