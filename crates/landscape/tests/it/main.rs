//! Landscapes whose answers are known.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod adaptive;
mod functions;
mod holes;
mod paths;
mod properties;

use braggscape_landscape::{Evaluator, Grid, Link, Section, SectionAxis, plain_grid};
use braggscape_optim::{Component, EvalError, Objective};
use braggscape_testkit::functions::{FunctionObjective, TestFunction};

/// Places or vectors that are equal up to rounding.
#[track_caller]
fn equal(found: [f64; 2], expected: [f64; 2]) {
    let far = (0..2).any(|k| (found[k] - expected[k]).abs() > 1e-12);
    assert!(!far, "{found:?} is not {expected:?}");
}

/// A square section of a function of two variables.
fn square(ends: [f64; 2], n_points: usize) -> Section {
    let axis = |name, i| SectionAxis::new(name, "", ends, n_points, vec![Link::plain(i)]).unwrap();
    Section::new([axis("x", 0), axis("y", 1)], vec![0.0; 2]).unwrap()
}

/// A test function of two variables.
fn evaluator(function: TestFunction) -> Evaluator<'static> {
    Evaluator::new(move || FunctionObjective::new(function, 2))
}

fn grid(function: TestFunction, ends: [f64; 2], n_points: usize) -> Grid {
    plain_grid(&square(ends, n_points), &evaluator(function), &|_, _| ()).unwrap()
}

const COMPONENTS: [Component; 2] = [Component::absolute(1.0, f64::INFINITY, 1.0); 2];

/// A function of two variables by its value.
#[derive(Clone, Copy)]
struct ByValue<F>(F);

impl<F: Fn(f64, f64) -> Result<f64, EvalError> + Sync> Objective for ByValue<F> {
    fn components(&self) -> &[Component] {
        &COMPONENTS
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvalError> {
        (self.0)(x[0], x[1])
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        gradient.fill(0.0);
        self.value(x)
    }
}
