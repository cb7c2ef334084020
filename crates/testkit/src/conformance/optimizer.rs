//! Laws of optimizers.

use super::suite::{Conformance, Suite, Verdict, failed, on_another_thread, same_bits};
use crate::functions::{FunctionObjective, TestFunction};
use braggscape_optim::{
    Component, EvalError, Iterate, LeastSquaresObjective, Limits, Minimum, Objective, Observer,
    OptimError, Optimizer, Progress, minimize,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// A minimum that a method claims to reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// The function.
    pub function: TestFunction,
    /// Where the run starts.
    pub start: Vec<f64>,
    /// The value found lies at most this far above the minimum.
    pub within: f64,
    /// Budget of evaluations.
    pub evaluations: u64,
}

/// What an optimizer claims beyond the laws that every optimizer keeps. Nothing is claimed by default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OptimizerClaims {
    /// Minima that are reached.
    pub reaches: Vec<Reach>,
}

/// Checks an optimizer, with the options it has, on test functions with and without walls and constraints. The laws:
///
/// - the start has the value of the projected starting point; a starting point of the wrong dimension, or one that cannot be
///   evaluated, gives an error;
/// - after every step the values are those at their points, the best value has not grown, and no iterate is below it;
/// - a run returns the best of its iterates, which is no worse than its start, with the value at its point;
/// - the same run gives the same bits: again with the same method, with fresh copies of it, and on another thread;
/// - a run evaluates no more often than its budget allows, and tells how often it did;
/// - where points beyond a wall cannot be evaluated, the run ends without an error at a point before it;
/// - on a constraint every iterate keeps it;
/// - an evaluation that fails for good ends the run with an error, and the iterate stays valid;
/// - what is claimed: minima are reached.
///
/// # Panics
/// If a law does not hold.
#[track_caller]
pub fn optimizer(method: &dyn Optimizer, claims: &OptimizerClaims) -> Conformance {
    let mut suite = Suite::new("optimizer");
    let problems = problems();
    let feasible = problems.clone().prop_map(|(mut p, x0)| {
        p.wall = f64::INFINITY;
        (p, x0)
    });
    suite.law("the start is the projected starting point", 64, &feasible, |(p, x0)| {
        start(method, &p, &x0)
    });
    suite.law("starts that cannot be evaluated give an error", 32, &feasible, |(mut p, x0)| {
        let longer = [&x0[..], &[0.0]].concat();
        for wrong in [&x0[1..], &longer] {
            let accepted = method.fresh().start(&p.objective(), wrong).is_ok();
            prop_assert!(!accepted, "{} components were accepted", wrong.len());
        }
        p.wall = -100.0;
        prop_assert!(
            method.fresh().start(&p.objective(), &x0).is_err(),
            "infeasible, but accepted"
        );
        Ok(())
    });
    suite.law("the best point is the best of all steps", 48, &problems, |(p, x0)| {
        steps(method, &p, &x0)
    });
    suite.law("a run returns its best point", 48, &problems, |(p, x0)| {
        let (found, trace) = run(&mut method.fresh(), &p.objective(), &x0, 200).map_err(failed)?;
        let least = trace.values.iter().copied().fold(f64::INFINITY, f64::min);
        let Minimum { value, start_value, .. } = found;
        prop_assert!(value <= start_value, "{value} is worse than the start, {start_value}");
        prop_assert!(value <= least, "{value} is worse than an iterate, {least}");
        let at_x = p.objective().value(&found.x).map_err(failed)?;
        same_bits("the value", &[at_x], &[value])
    });
    suite.law(
        "the same run gives the same bits",
        24,
        &(&problems, &feasible),
        |((p, x0), (q, y0))| {
            let f = p.objective();
            let mut used = method.fresh();
            let first = run(&mut used, &f, &x0, 100).map_err(failed)?.0;
            run(&mut used, &q.objective(), &y0, 50).map_err(failed)?;
            let mut moved = method.fresh();
            let elsewhere = on_another_thread(|| run(&mut moved, &f, &x0, 100))?;
            for again in [
                elsewhere,
                run(&mut used.fresh(), &f, &x0, 100),
                run(&mut used, &f, &x0, 100),
                run(&mut method.fresh(), &f, &x0, 100),
            ] {
                let again = again.map_err(failed)?.0;
                same_bits("the point", &first.x, &again.x)?;
                prop_assert_eq!(first.evaluations, again.evaluations);
                prop_assert_eq!(first.termination, again.termination);
            }
            Ok(())
        },
    );
    suite.law("the budget is kept", 64, &(&problems, 10..80u64), |((p, x0), budget)| {
        let f =
            Watched { inner: p.objective(), evaluations: AtomicU64::new(0), fails_after: u64::MAX };
        let told = run(&mut method.fresh(), &f, &x0, budget).map_err(failed)?.0.evaluations;
        let counted = f.evaluations.load(Ordering::Relaxed);
        prop_assert!(counted <= budget, "{counted} evaluations of {budget}");
        prop_assert_eq!(told, counted, "told and counted evaluations");
        Ok(())
    });
    suite.law("runs stay before a wall", 48, &problems, |(mut p, x0)| {
        p.wall = x0.iter().copied().fold(f64::NEG_INFINITY, f64::max) + 0.01;
        let found = run(&mut method.fresh(), &p.objective(), &x0, 200).map_err(failed)?.0;
        prop_assert!(found.x.iter().all(|t| *t <= p.wall), "{:?} beyond {}", found.x, p.wall);
        Ok(())
    });
    suite.law("runs stay on a constraint", 48, &feasible, |(mut p, x0)| {
        p.tied = true;
        let (found, trace) = run(&mut method.fresh(), &p.objective(), &x0, 200).map_err(failed)?;
        for x in trace.points.iter().chain([&found.x]) {
            let apart = x.iter().map(|t| (t - x[0]).abs()).fold(0.0, f64::max);
            prop_assert!(apart <= 1e-12 * (1.0 + x[0].abs()), "{x:?} is off the constraint");
        }
        Ok(())
    });
    suite.law(
        "a failed evaluation ends the run",
        24,
        &(&feasible, 30..60u64),
        |((p, x0), after)| failure(method, &p, &x0, after),
    );
    for reach in &claims.reaches {
        suite.case("a minimum is reached", || reached(method, reach));
    }
    suite.finish()
}

/// A test function with its surroundings.
#[derive(Debug, Clone)]
struct Problem {
    function: TestFunction,
    n: usize,
    wall: f64,
    tied: bool,
}

impl Problem {
    fn objective(&self) -> FunctionObjective {
        let f = FunctionObjective::new(self.function, self.n).with_wall(self.wall);
        if self.tied { f.tied() } else { f }
    }
}

/// Problems and starting points before their walls; the four-dimensional function is among them.
fn problems() -> impl Strategy<Value = (Problem, Vec<f64>)> + Clone {
    let function = prop::sample::select(TestFunction::ALL.to_vec());
    let wall = prop_oneof![1 => Just(f64::INFINITY), 1 => Just(2.5)];
    (function, wall, any::<bool>(), vec(-2.0..2.0f64, 4)).prop_map(
        |(function, wall, tied, mut x)| {
            let n = if function.accepts(2) { 2 } else { 4 };
            x.truncate(n);
            (Problem { function, n, wall, tied }, x)
        },
    )
}

/// The iterates of a run.
#[derive(Default)]
struct Trace {
    values: Vec<f64>,
    points: Vec<Vec<f64>>,
}

impl Observer for Trace {
    fn observe(&mut self, at: &Iterate, _: u64) -> bool {
        self.values.push(at.value);
        self.points.push(at.x.clone());
        true
    }
}

fn run(
    method: &mut dyn Optimizer,
    f: &dyn Objective,
    x0: &[f64],
    max_evaluations: u64,
) -> Result<(Minimum, Trace), OptimError> {
    let mut trace = Trace::default();
    let found = minimize(method, f, x0, Limits { max_evaluations }, &mut trace)?;
    Ok((found, trace))
}

fn start(method: &dyn Optimizer, p: &Problem, x0: &[f64]) -> Verdict {
    let f = p.objective();
    let at = method.fresh().start(&f, x0).map_err(failed)?;
    let mut projected = x0.to_vec();
    f.project(&mut projected).map_err(failed)?;
    let expected = f.value(&projected).map_err(failed)?;
    same_bits("the value", &[expected], &[at.value])?;
    prop_assert_eq!(at.iteration, 0, "steps were counted before the first");
    consistent(&f, &at)
}

/// The values of an iterate are those at its points, and the best is the better.
fn consistent(f: &dyn Objective, at: &Iterate) -> Verdict {
    for (x, told) in [(&at.x, at.value), (&at.best_x, at.best_value)] {
        let value = f.value(x).map_err(failed)?;
        same_bits("the value at the point and the one told", &[value], &[told])?;
    }
    prop_assert!(at.best_value <= at.value, "{} is best, {} is now", at.best_value, at.value);
    Ok(())
}

fn steps(method: &dyn Optimizer, p: &Problem, x0: &[f64]) -> Verdict {
    let f = p.objective();
    let mut method = method.fresh();
    let mut at = method.start(&f, x0).map_err(failed)?;
    for _ in 0..60 {
        let (best, iteration) = (at.best_value, at.iteration);
        let progress = method.step(&f, &mut at).map_err(failed)?;
        prop_assert!(at.best_value <= best, "the best value grew from {best} to {}", at.best_value);
        prop_assert!(at.iteration >= iteration, "the count of steps went down");
        consistent(&f, &at)?;
        if progress != Progress::Continue {
            break;
        }
    }
    Ok(())
}

/// An objective that counts its evaluations and fails for good after some of them.
struct Watched {
    inner: FunctionObjective,
    evaluations: AtomicU64,
    fails_after: u64,
}

impl Watched {
    fn count(&self) -> Result<(), EvalError> {
        if self.evaluations.fetch_add(1, Ordering::Relaxed) < self.fails_after {
            Ok(())
        } else {
            Err(EvalError::failed(std::fmt::Error))
        }
    }
}

#[deny(clippy::missing_trait_methods)]
impl Objective for Watched {
    fn components(&self) -> &[Component] {
        self.inner.components()
    }

    fn dim(&self) -> usize {
        self.inner.dim()
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvalError> {
        self.count()?;
        self.inner.value(x)
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        self.count()?;
        self.inner.value_and_gradient(x, gradient)
    }

    fn project(&self, x: &mut [f64]) -> Result<(), EvalError> {
        self.inner.project(x)
    }

    fn project_gradient(&self, x: &[f64], gradient: &mut [f64]) {
        self.inner.project_gradient(x, gradient);
    }

    fn projection_weight(&self, iteration: u64) -> f64 {
        self.inner.projection_weight(iteration)
    }

    fn least_squares(&self) -> Option<&dyn LeastSquaresObjective> {
        None
    }
}

fn failure(method: &dyn Optimizer, p: &Problem, x0: &[f64], fails_after: u64) -> Verdict {
    let f = Watched { inner: p.objective(), evaluations: AtomicU64::new(0), fails_after };
    let mut method = method.fresh();
    let mut at = method.start(&f, x0).map_err(failed)?;
    for _ in 0..=fails_after {
        match method.step(&f, &mut at) {
            Ok(Progress::Continue) => {}
            // It came to its end before the failure.
            Ok(Progress::Done(_)) if f.evaluations.load(Ordering::Relaxed) <= fails_after => break,
            Ok(Progress::Done(reason)) => {
                return Err(TestCaseError::fail(format!("the run ended as `{reason}`")));
            }
            Err(_) => break,
        }
        let evaluations = f.evaluations.load(Ordering::Relaxed);
        prop_assert!(evaluations <= fails_after, "the run goes on after the failure");
    }
    consistent(&p.objective(), &at)
}

fn reached(method: &dyn Optimizer, reach: &Reach) -> Verdict {
    let Reach { function, start, within, evaluations } = reach;
    let f = FunctionObjective::new(*function, start.len());
    let found = run(&mut method.fresh(), &f, start, *evaluations).map_err(failed)?.0;
    let above = found.value - function.minimum(start.len());
    prop_assert!(
        above <= *within,
        "{function}: {above} above the minimum at {:?} after {} evaluations ({})",
        found.x,
        found.evaluations,
        found.termination
    );
    Ok(())
}
