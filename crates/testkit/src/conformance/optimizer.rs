//! Laws of optimizers.

use super::restart;
use super::suite::{Conformance, Suite, Verdict, failed, on_another_thread, same_bits};
use crate::functions::{FunctionObjective, TestFunction};
use braggscape_optim::{
    Component, EvalError, Iterate, LeastSquaresObjective, Limits, Minimum, Needs, Objective,
    Observer, OptimError, Optimizer, Progress, Termination, minimize,
};
use nalgebra::DMatrix;
use proptest::collection::vec;
use proptest::prelude::*;
use std::ops::ControlFlow;
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
    /// The method draws random numbers: other seeds give other runs. Otherwise a seed must change nothing.
    pub random: bool,
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
/// - while a constraint comes into force the best point follows the current one, and the run does not come to its end; then
///   the iterates keep the constraint and the best is kept;
/// - a run that is interrupted between any two steps, or cut short by its budget, and goes on from its checkpoint, written and
///   read as JSON, gives the same bits as one without interruption (unless the method has no checkpoints);
/// - a method that needs least squares refuses an objective that is none, and is tried on those that are;
/// - what is claimed: minima are reached, seeds make a difference or none.
///
/// # Panics
/// If a law does not hold.
#[track_caller]
pub fn optimizer(method: &dyn Optimizer, claims: &OptimizerClaims) -> Conformance {
    let mut suite = Suite::new("optimizer");
    let problems = problems(method.needs());
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
    special_laws(&mut suite, method, claims, &problems, &feasible);
    for reach in &claims.reaches {
        suite.case("a minimum is reached", || reached(method, reach));
    }
    suite.finish()
}

/// The laws of ramps, checkpoints, seeds and least squares.
#[track_caller]
fn special_laws<P: Strategy<Value = (Problem, Vec<f64>)>>(
    suite: &mut Suite,
    method: &dyn Optimizer,
    claims: &OptimizerClaims,
    problems: &P,
    feasible: &impl Strategy<Value = (Problem, Vec<f64>)>,
) {
    suite.law("a ramp is heeded", 48, &(feasible, 1..12u64), |((mut p, x0), over)| {
        p.tied = true;
        ramp(method, &p.objective().ramped(over), &x0)
    });
    if restart::supported(method) {
        suite.law(
            "a run goes on from any step",
            24,
            &(problems, 20..50u64),
            |((p, x0), budget)| restart::from_every_step(method, &p.objective(), &x0, budget),
        );
        suite.law(
            "a step cut short is taken again",
            32,
            &(problems, 1..60u64, 60..90u64),
            |((p, x0), cut, budget)| {
                restart::after_the_budget(method, &p.objective(), &x0, cut, budget)
            },
        );
        suite.law("checkpoints of others are refused", 8, feasible, |(p, x0)| {
            restart::refusals(method, &p.objective(), &x0)
        });
    }
    suite.law("seeds do what is claimed", 16, &(feasible, any::<u64>()), |((p, x0), seed)| {
        seeds(method, &p.objective(), &x0, seed, claims.random)
    });
    if method.needs() == Needs::LeastSquares {
        suite.case("what is no sum of squares is refused", || {
            let f = FunctionObjective::new(TestFunction::Rastrigin, 2);
            match run(&mut method.fresh(), &f, &[0.1, 0.2], 10) {
                Err(OptimError::NeedsLeastSquares { .. }) => Ok(()),
                _ => Err(TestCaseError::fail("the run was not refused")),
            }
        });
    }
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

/// Problems that a method can work on, and starting points before their walls; the four-dimensional function is among them.
fn problems(needs: Needs) -> impl Strategy<Value = (Problem, Vec<f64>)> + Clone {
    let squares = |f: &TestFunction| needs != Needs::LeastSquares || f.is_sum_of_squares();
    let function =
        prop::sample::select(TestFunction::ALL.into_iter().filter(squares).collect::<Vec<_>>());
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
    fn observe(&mut self, at: &Iterate, _: u64) -> ControlFlow<Termination> {
        self.values.push(at.value);
        self.points.push(at.x.clone());
        ControlFlow::Continue(())
    }
}

/// All iterates of a run.
#[derive(Default)]
struct Iterates(Vec<Iterate>);

impl Observer for Iterates {
    fn observe(&mut self, at: &Iterate, _: u64) -> ControlFlow<Termination> {
        self.0.push(at.clone());
        ControlFlow::Continue(())
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
        self.inner.least_squares().map(|_| self as &dyn LeastSquaresObjective)
    }
}

impl LeastSquaresObjective for Watched {
    fn gauss_newton(
        &self,
        x: &[f64],
        gradient: &mut [f64],
        hessian: &mut DMatrix<f64>,
    ) -> Result<f64, EvalError> {
        self.count()?;
        self.inner.gauss_newton(x, gradient, hessian)
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

fn ramp(method: &dyn Optimizer, f: &FunctionObjective, x0: &[f64]) -> Verdict {
    let mut all = Iterates::default();
    let limits = Limits { max_evaluations: 300 };
    let found = minimize(&mut method.fresh(), f, x0, limits, &mut all).map_err(failed)?;
    same_bits("the start of the ramp", x0, &all.0[0].x)?;
    let mut least = f64::INFINITY;
    for at in &all.0 {
        let in_force = f.projection_weight(at.iteration) >= 1.0;
        prop_assert_eq!(at.settled, in_force, "settled at step {}", at.iteration);
        consistent(f, at)?;
        if !in_force {
            same_bits("the best point of the ramp", &at.x, &at.best_x)?;
            continue;
        }
        least = least.min(at.value);
        same_bits("the best value after the ramp", &[least], &[at.best_value])?;
        for x in [&at.x, &at.best_x] {
            let apart = x.iter().map(|t| (t - x[0]).abs()).fold(0.0, f64::max);
            prop_assert!(apart <= 1e-12 * (1.0 + x[0].abs()), "{x:?} is off the constraint");
        }
    }
    let cut_short = [Termination::Budget, Termination::MaxIterations, Termination::NoFeasibleStep];
    prop_assert!(
        least < f64::INFINITY || cut_short.contains(&found.termination),
        "the run came to its end on the ramp: {}",
        found.termination
    );
    Ok(())
}

fn seeds(
    method: &dyn Optimizer,
    f: &FunctionObjective,
    x0: &[f64],
    seed: u64,
    random: bool,
) -> Verdict {
    let seeded = |seed: u64| {
        let mut method = method.fresh();
        method.reseed(seed);
        run(&mut method, f, x0, 150).map(|(_, trace)| trace.points.concat()).map_err(failed)
    };
    let first = seeded(seed)?;
    same_bits("the points of one seed", &first, &seeded(seed)?)?;
    let other = seeded(seed ^ 1)?;
    let same = same_bits("the points of another seed", &first, &other);
    if random {
        prop_assert!(same.is_err(), "another seed gives the same points");
        return Ok(());
    }
    same
}
