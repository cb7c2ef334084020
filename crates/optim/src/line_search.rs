//! A line search for the strong Wolfe conditions on a constraint.

use crate::iterate::feasible;
use crate::{Iterate, Objective, OptimError, scaled};

/// Sufficient decrease: value <= value(0) + 1e-4 alpha slope(0).
const DECREASE: f64 = 1e-4;
/// Curvature: |slope| <= 0.9 |slope(0)|, the usual value for quasi-Newton directions.
const CURVATURE: f64 = 0.9;
/// Most evaluations of one search.
const TRIALS: u32 = 20;
/// Evaluations while a constraint is coming into force.
const TRIALS_UNSETTLED: u32 = 4;

/// A point along the line.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    alpha: f64,
    pub(crate) value: f64,
    /// Derivative of the value by alpha.
    slope: f64,
    pub(crate) x: Vec<f64>,
    /// Gradient in x.
    pub(crate) gradient: Vec<f64>,
}

/// What a search has found.
pub(crate) enum Found {
    /// A point that is low enough, or the lowest that was tried while the constraint is coming into force.
    Point(Trial),
    /// No smaller value.
    NoDecrease,
    /// No point that can be evaluated.
    Infeasible,
}

/// Searches from `at` along a direction, given in scaled variables, in which the function falls: alpha from `first` to at most
/// `longest`. Every trial point is moved to the constraint before it is evaluated.
///
/// # References
/// Nocedal & Wright, Numerical Optimization (2nd ed., 2006), algorithms 3.5 and 3.6, with points that cannot be evaluated as
/// ends of the bracket.
pub(crate) fn search(
    f: &dyn Objective,
    at: &Iterate,
    direction: &[f64],
    slope: f64,
    (first, longest): (f64, f64),
) -> Result<Found, OptimError> {
    if !at.settled {
        return lowest(f, at, direction, first);
    }
    let start = Trial { alpha: 0.0, value: at.value, slope, x: Vec::new(), gradient: Vec::new() };
    let mut low = start.clone();
    // The other end of the bracket: alpha and, where it could be evaluated, value and slope.
    let mut high: Option<(f64, Option<(f64, f64)>)> = None;
    let mut alpha = first.min(longest);
    let mut evaluated = false;
    for _ in 0..TRIALS {
        match trial(f, at, direction, alpha)? {
            None => high = Some((alpha, None)),
            Some(t) => {
                evaluated = true;
                let enough = start.value + DECREASE * t.alpha * start.slope;
                if t.value > enough || t.value >= low.value {
                    high = Some((alpha, Some((t.value, t.slope))));
                } else {
                    if t.slope.abs() <= -CURVATURE * start.slope {
                        return Ok(Found::Point(t));
                    }
                    let towards = high.map_or(1.0, |(h, _)| h - t.alpha);
                    if t.slope * towards >= 0.0 {
                        high = Some((low.alpha, Some((low.value, low.slope))));
                    }
                    low = t;
                }
            }
        }
        alpha = match high {
            Some((end, known)) => between(&low, end, known),
            None if low.alpha >= longest => break,
            None => (4.0 * low.alpha).min(longest),
        };
        if (alpha - low.alpha).abs() <= 1e-14 * alpha {
            break;
        }
    }
    Ok(if low.alpha > 0.0 {
        Found::Point(low)
    } else if evaluated {
        Found::NoDecrease
    } else {
        Found::Infeasible
    })
}

/// Where between the two ends of a bracket the next trial lies: the minimum of the cubic through both, kept off the ends.
fn between(low: &Trial, end: f64, known: Option<(f64, f64)>) -> f64 {
    let width = end - low.alpha;
    let Some((value, slope)) = known else { return low.alpha + 0.5 * width };
    let bend = low.slope + slope - 3.0 * (value - low.value) / width;
    let root = (bend * bend - low.slope * slope).max(0.0).sqrt().copysign(width);
    let t = end - width * (slope + root - bend) / (slope - low.slope + 2.0 * root);
    let (a, b) = (low.alpha + 0.1 * width, low.alpha + 0.9 * width);
    if t.is_finite() { t.clamp(a.min(b), a.max(b)) } else { low.alpha + 0.5 * width }
}

/// The first point below the current one, or the lowest of a few: while a constraint is coming into force it may raise the
/// value, and the run goes on all the same.
fn lowest(
    f: &dyn Objective,
    at: &Iterate,
    direction: &[f64],
    mut alpha: f64,
) -> Result<Found, OptimError> {
    let mut best: Option<Trial> = None;
    for trials in 0..TRIALS {
        if best.is_some() && trials >= TRIALS_UNSETTLED {
            break;
        }
        if let Some(t) = trial(f, at, direction, alpha)? {
            let done = t.value < at.value;
            if best.as_ref().is_none_or(|b| t.value < b.value) {
                best = Some(t);
            }
            if done {
                break;
            }
        }
        alpha *= 0.25;
    }
    Ok(best.map_or(Found::Infeasible, Found::Point))
}

fn trial(
    f: &dyn Objective,
    at: &Iterate,
    direction: &[f64],
    alpha: f64,
) -> Result<Option<Trial>, OptimError> {
    let mut x = scaled::moved(f, &at.x, alpha, direction);
    let mut gradient = vec![0.0; x.len()];
    let evaluated = at.approach(f, &mut x).and_then(|()| f.value_and_gradient(&x, &mut gradient));
    let Some(value) = feasible(evaluated)? else { return Ok(None) };
    let mut along = gradient.clone();
    scaled::to_gradient(f, &mut along);
    let slope = scaled::dot(&along, direction);
    Ok(Some(Trial { alpha, value, slope, x, gradient }))
}
