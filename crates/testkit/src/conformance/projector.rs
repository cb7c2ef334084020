//! Laws of projectors.

use super::suite::{Conformance, Suite, Verdict, failed, on_another_thread, same_bits};
use crate::strategies::cell_parameters;
use braggscape_crystal::CellParameters;
use braggscape_projector::Projector;
use nalgebra::Vector3;
use proptest::collection::vec;
use proptest::prelude::*;

/// What a projector is to be checked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProjectorClaims {
    /// Number of sites of the structures that the projector takes. Default 0.
    pub n_sites: usize,
}

/// Rounding of Å, degrees and coordinates: a few operations on numbers up to 360.
const ROUNDING: f64 = 1e-10;

/// A point or a direction in (a, b, c, alpha, beta, gamma, coordinates...).
type Flat = Vec<f64>;

/// Checks a projector onto an affine constraint (as its gradients know no position). With P the projection and P' that of
/// gradients, in the Euclidean norm of (a, b, c) in Å, (alpha, beta, gamma) in degrees and the coordinates:
///
/// - idempotent: P(P(x)) = P(x);
/// - non-expansive: |P(x) - P(y)| <= |x - y|;
/// - projected gradients are tangent: P'(g) . (P(x) - P(y)) = g . (P(x) - P(y)), and P(x) + P'(g) keeps the constraint; so P'
///   is the orthogonal projection of gradients;
/// - the violation is the largest change by the projection, and 0 after it;
/// - the same point gives the same bits, after other calls and on another thread;
/// - a projection that fails (numbers that are not finite) leaves cell and sites as they were, and none panics.
///
/// # Panics
/// If a law does not hold.
#[track_caller]
pub fn projector(projector: &dyn Projector, claims: ProjectorClaims) -> Conformance {
    let mut suite = Suite::new("projector");
    let n = claims.n_sites;
    let point = || (cell_parameters(), vec(0.0..1.0f64, 3 * n)).prop_map(|(c, f)| join(&c, &f));
    let direction = || vec(-1.0..1.0f64, 6 + 3 * n);

    suite.law("idempotent", 128, &point(), |x| {
        let once = project(projector, &x)?;
        let twice = project(projector, &once)?;
        prop_assert!(distance(&once, &twice) <= ROUNDING, "P(P(x)) = {twice:?}, P(x) = {once:?}");
        Ok(())
    });
    suite.law("non-expansive", 128, &(point(), point()), |(x, y)| {
        let (px, py) = (project(projector, &x)?, project(projector, &y)?);
        let (after, before) = (distance(&px, &py), distance(&x, &y));
        prop_assert!(after <= before + ROUNDING, "a distance of {before} became {after}");
        Ok(())
    });
    suite.law(
        "projected gradients are tangent",
        128,
        &(point(), point(), direction()),
        |(x, y, g)| {
            let (px, py) = (project(projector, &x)?, project(projector, &y)?);
            let tangent = project_gradient(projector, &g);
            let along: Flat = px.iter().zip(&py).map(|(a, b)| a - b).collect();
            let (before, after) = (dot(&g, &along), dot(&tangent, &along));
            prop_assert!(
                (before - after).abs() <= ROUNDING * (1.0 + before.abs()),
                "the slope along the constraint changed from {before} to {after}"
            );
            let moved: Flat = px.iter().zip(&tangent).map(|(a, b)| a + b).collect();
            let violation = violation(projector, &moved);
            prop_assert!(
                violation <= ROUNDING,
                "a step along P'(g) leaves the constraint by {violation}"
            );
            Ok(())
        },
    );
    suite.law("the violation is the largest change", 128, &point(), |x| {
        let px = project(projector, &x)?;
        let largest = px.iter().zip(&x).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let (before, after) = (violation(projector, &x), violation(projector, &px));
        prop_assert!((before - largest).abs() <= ROUNDING, "{before}, but the change is {largest}");
        prop_assert!(after.abs() <= ROUNDING, "{after} after the projection");
        Ok(())
    });
    suite.law(
        "the same point gives the same bits",
        32,
        &(point(), point(), direction()),
        |(x, y, g)| {
            let px = project(projector, &x)?;
            let pg = project_gradient(projector, &g);
            project(projector, &y)?;
            project_gradient(projector, &y);
            let elsewhere = on_another_thread(|| {
                project(projector, &x).map(|px| (px, project_gradient(projector, &g)))
            })??;
            let again = (project(projector, &x)?, project_gradient(projector, &g));
            for (qx, qg) in [again, elsewhere] {
                same_bits("P(x)", &px, &qx)?;
                same_bits("P'(g)", &pg, &qg)?;
            }
            Ok(())
        },
    );
    let poison = prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    suite.law(
        "a failure leaves the point",
        32,
        &(point(), 0..6 + 3 * n, poison),
        |(mut x, i, v)| {
            x[i] = v;
            untouched(projector, &x)
        },
    );
    suite.finish()
}

fn join(cell: &CellParameters, coords: &[f64]) -> Flat {
    cell.to_array().into_iter().chain(coords.iter().copied()).collect()
}

fn parts(x: &[f64]) -> ([f64; 6], Vec<Vector3<f64>>) {
    let cell = std::array::from_fn(|i| x[i]);
    (cell, x[6..].as_chunks::<3>().0.iter().map(|c| Vector3::from(*c)).collect())
}

fn flat(cell: &[f64; 6], coords: &[Vector3<f64>]) -> Flat {
    cell.iter().copied().chain(coords.iter().flat_map(|f| [f.x, f.y, f.z])).collect()
}

fn project(projector: &dyn Projector, x: &[f64]) -> Result<Flat, TestCaseError> {
    let (cell, mut coords) = parts(x);
    let mut cell = CellParameters::from_array(cell);
    projector.project(&mut cell, &mut coords).map_err(failed)?;
    let projected = flat(&cell.to_array(), &coords);
    prop_assert!(projected.iter().all(|v| v.is_finite()), "P(x) = {projected:?}");
    Ok(projected)
}

fn project_gradient(projector: &dyn Projector, g: &[f64]) -> Flat {
    let (mut cell, mut coords) = parts(g);
    projector.project_gradient(&mut cell, &mut coords);
    flat(&cell, &coords)
}

fn violation(projector: &dyn Projector, x: &[f64]) -> f64 {
    let (cell, coords) = parts(x);
    projector.violation(&CellParameters::from_array(cell), &coords)
}

fn untouched(projector: &dyn Projector, x: &[f64]) -> Verdict {
    let (cell, mut coords) = parts(x);
    let mut cell = CellParameters::from_array(cell);
    if projector.project(&mut cell, &mut coords).is_err() {
        let now = flat(&cell.to_array(), &coords);
        same_bits("the point", x, &now)?;
    }
    Ok(())
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

fn distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}
