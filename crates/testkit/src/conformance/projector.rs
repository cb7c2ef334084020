//! Laws of projectors.

use super::suite::{Conformance, Suite, Verdict, failed, on_another_thread, same_bits};
use crate::strategies::cell_parameters;
use braggscape_crystal::CellParameters;
use braggscape_projector::{Projector, Reduced};
use nalgebra::{DVector, Vector3};
use proptest::collection::vec;
use proptest::prelude::*;

/// What a projector is to be checked with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProjectorClaims {
    /// Number of sites of the structures that the projector takes. Default 0.
    pub n_sites: usize,
    /// A constraint on coordinates that repeats with the lattice is affine near one of its points only, such as the coordinates
    /// given here: laws of affine constraints are checked within 0.05 of them, the others everywhere. Default: all laws are
    /// checked everywhere.
    pub near: Option<Vec<Vector3<f64>>>,
}

/// Coordinates are drawn as far as this from those of [`ProjectorClaims::near`].
const SPREAD: f64 = 0.05;

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
/// - the weight lies between 0 and 1, never falls, and is 1 in the end;
/// - a reduced form, if there is one, has full column rank, gives every projected point and no others, and its gradient
///   B (B^T B)^-1 B^T g is P'(g);
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
    let centre: Option<Flat> =
        claims.near.map(|sites| sites.iter().flat_map(|f| [f.x, f.y, f.z]).collect());
    let near = point().prop_map(move |mut x| {
        for (x, c) in x[6..].iter_mut().zip(centre.iter().flatten()) {
            *x = c + SPREAD * (2.0 * *x - 1.0);
        }
        x
    });
    let direction = vec(-1.0..1.0f64, 6 + 3 * n).boxed();

    suite.law("idempotent", 128, &point(), |x| {
        let once = project(projector, &x)?;
        let twice = project(projector, &once)?;
        prop_assert!(distance(&once, &twice) <= ROUNDING, "P(P(x)) = {twice:?}, P(x) = {once:?}");
        Ok(())
    });
    affine(projector, &mut suite, &near.boxed(), &direction, n);
    suite.law("the violation is the largest change", 128, &point(), |x| {
        let px = project(projector, &x)?;
        let largest = px.iter().zip(&x).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let (before, after) = (violation(projector, &x), violation(projector, &px));
        prop_assert!((before - largest).abs() <= ROUNDING, "{before}, but the change is {largest}");
        prop_assert!(after.abs() <= ROUNDING, "{after} after the projection");
        Ok(())
    });
    let iteration = || prop_oneof![0..100u64, 0..10_000u64];
    suite.law("the weight rises to 1", 64, &(iteration(), iteration()), |(a, b)| {
        let (early, late) = (projector.weight_at(a.min(b)), projector.weight_at(a.max(b)));
        prop_assert!((0.0..=late).contains(&early) && late <= 1.0, "{early} and then {late}");
        let last = projector.weight_at(u64::MAX);
        prop_assert!((last - 1.0).abs() < f64::EPSILON, "{last} in the end");
        Ok(())
    });
    suite.law(
        "the same point gives the same bits",
        32,
        &(point(), point(), direction),
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

/// Laws of affine constraints.
fn affine(
    projector: &dyn Projector,
    suite: &mut Suite,
    near: &BoxedStrategy<Flat>,
    direction: &BoxedStrategy<Flat>,
    n_sites: usize,
) {
    suite.law("non-expansive", 128, &(near.clone(), near.clone()), |(x, y)| {
        let (px, py) = (project(projector, &x)?, project(projector, &y)?);
        let (after, before) = (distance(&px, &py), distance(&x, &y));
        prop_assert!(after <= before + ROUNDING, "a distance of {before} became {after}");
        Ok(())
    });
    suite.law(
        "projected gradients are tangent",
        128,
        &(near.clone(), near.clone(), direction.clone()),
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
    let any = parts(&vec![0.5; 6 + 3 * n_sites]);
    if projector.reduced(&CellParameters::from_array(any.0), &any.1).is_some() {
        suite.law(
            "the reduced form is the constraint",
            64,
            &(near.clone(), direction.clone(), direction.clone()),
            |(x, u, g)| reduced_form(projector, &x, &u, &g),
        );
    }
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

/// The reduced form at the projection of x: full column rank; P(x) is a point of it; u, as far as there are parameters, is a
/// point of the constraint; g is projected as P' does.
fn reduced_form(projector: &dyn Projector, x: &[f64], u: &[f64], g: &[f64]) -> Verdict {
    let px = project(projector, x)?;
    let (cell, coords) = parts(&px);
    let form = projector.reduced(&CellParameters::from_array(cell), &coords);
    let form = form.ok_or_else(|| TestCaseError::fail("a reduced form at some points only"))?;
    let Reduced { origin, basis, names } = &form;
    prop_assert_eq!((origin.len(), basis.nrows()), (x.len(), x.len()), "rows");
    prop_assert_eq!(basis.ncols(), names.len(), "a name a column");
    prop_assert!(names.iter().enumerate().all(|(i, n)| !names[..i].contains(n)), "{names:?}");
    let column = |v: &[f64]| DVector::from_column_slice(v);
    let gram = basis.transpose() * basis;
    let inverse = if gram.is_empty() { Some(gram.clone()) } else { gram.try_inverse() };
    let inverse = inverse.ok_or_else(|| TestCaseError::fail("columns depend on each other"))?;
    let along = |v: &DVector<f64>| basis * (&inverse * (basis.transpose() * v));
    let rest = column(&px) - column(origin);
    let missed = (&rest - along(&rest)).amax();
    prop_assert!(missed <= ROUNDING, "P(x) is {missed} away from every origin + basis u");
    let other = column(origin) + basis * column(&u[..names.len()]);
    let violation = violation(projector, other.as_slice());
    prop_assert!(violation <= ROUNDING, "origin + basis u leaves the constraint by {violation}");
    let (slope, expected) = (along(&column(g)), column(&project_gradient(projector, g)));
    let error = (&slope - &expected).amax();
    prop_assert!(error <= ROUNDING, "B (B^T B)^-1 B^T g = {slope}, P'(g) = {expected}");
    Ok(())
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

fn distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}
