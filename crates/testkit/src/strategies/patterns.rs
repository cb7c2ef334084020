//! Axes and patterns.

use braggscape_pattern::{Axis, AxisKind, Pattern};
use proptest::collection::vec;
use proptest::prelude::*;
use std::ops::Range;

/// Uniform 2theta axes with this many points, from 5° to 30° in steps of 0.01° to 0.1°.
pub fn axes(n_points: Range<usize>) -> impl Strategy<Value = Axis> {
    (5.0..30.0f64, 0.01..0.1f64, n_points).prop_filter_map("no axis", |(start, step, n)| {
        Axis::uniform(AxisKind::TwoTheta, start, step, n).ok()
    })
}

/// Intensities that are not negative, of any scale from 1e-3 to 1e6, with empty bins, at least one of them above 0.
fn intensities(n: usize) -> impl Strategy<Value = Vec<f64>> {
    let bin = prop_oneof![1 => Just(0.0), 3 => 0.001..1.0f64];
    (vec(bin, n), 0..n, 0.1..1.0f64, -3..6i32).prop_map(|(mut y, at, peak, exponent)| {
        y[at] = peak;
        let scale = 10f64.powi(exponent);
        y.into_iter().map(|v| v * scale).collect()
    })
}

/// Patterns on this axis, not negative, with empty bins, at least one point above 0; half of them with uncertainties
/// above 0.
pub fn patterns_on(axis: Axis) -> impl Strategy<Value = Pattern> {
    (intensities(axis.n_points()), any::<bool>()).prop_filter_map(
        "no pattern",
        move |(y, with_sigma)| {
            let sigma = sigma_of(&y);
            let pattern = Pattern::new(axis.clone(), y).ok()?;
            if with_sigma { pattern.with_sigma(sigma).ok() } else { Some(pattern) }
        },
    )
}

/// Uncertainties that grow as the root of the intensity, and stay above 0.
fn sigma_of(y: &[f64]) -> Vec<f64> {
    let max = y.iter().copied().fold(0.0, f64::max);
    y.iter().map(|v| (v * max).sqrt() * 0.1 + 0.01 * max).collect()
}

/// Patterns on uniform 2theta axes of this many points; see [`patterns_on`].
pub fn patterns(n_points: Range<usize>) -> impl Strategy<Value = Pattern> {
    axes(n_points).prop_flat_map(patterns_on)
}

/// Two patterns on one axis of this many points; see [`patterns_on`].
pub fn pattern_pairs(n_points: Range<usize>) -> impl Strategy<Value = (Pattern, Pattern)> {
    axes(n_points).prop_flat_map(|axis| (patterns_on(axis.clone()), patterns_on(axis)))
}

/// Two patterns on one axis of this many points, both above 0 everywhere, with uncertainties, each with a scale of its
/// own from 0.1 to 10: where losses are to be smooth.
pub fn positive_pattern_pairs(n_points: Range<usize>) -> impl Strategy<Value = (Pattern, Pattern)> {
    axes(n_points).prop_flat_map(|axis| {
        let n = axis.n_points();
        let scale = || (-1.0..1.0f64).prop_map(libm::exp10);
        let one = move || (vec(0.05..1.0f64, n), scale());
        (one(), one()).prop_filter_map("no pattern", move |(f, g)| {
            let pattern = |(y, scale): (Vec<f64>, f64)| {
                let y: Vec<f64> = y.into_iter().map(|v| v * scale).collect();
                let sigma = sigma_of(&y);
                Pattern::new(axis.clone(), y).and_then(|p| p.with_sigma(sigma)).ok()
            };
            Some((pattern(f)?, pattern(g)?))
        })
    })
}
