//! The squared L2 or chi^2 family.

use super::kernel::{Finished, Open, Point, Term, Whole, larger};
use super::shapes::{one, root, total};

#[derive(Clone, Copy)]
pub(super) struct SquaredEuclidean;

impl Term<1> for SquaredEuclidean {
    const SIGNED: bool = true;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let d = q - p;
        one(d * d, 2.0 * d)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

/// (p - q)^2/q with its slope.
#[inline(always)]
pub(super) fn over_calculated(p: f64, q: f64) -> (f64, f64) {
    let r = (q - p) / q;
    ((q - p) * r, r * (1.0 + p / q))
}

/// (p - q)^2/p with its slope.
#[inline(always)]
pub(super) fn over_observed(p: f64, q: f64) -> (f64, f64) {
    let r = (q - p) / p;
    ((q - p) * r, 2.0 * r)
}

#[derive(Clone, Copy)]
pub(super) struct PearsonChi2;

impl Term<1> for PearsonChi2 {
    const OPEN: Open = Open::Calculated;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let (value, slope) = over_calculated(p, q);
        one(value, slope)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct NeymanChi2;

impl Term<1> for NeymanChi2 {
    const OPEN: Open = Open::Observed;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let (value, slope) = over_observed(p, q);
        one(value, slope)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

/// (p - q)^2/(p + q) times a factor: 1 for squared chi^2, 2 for the probabilistic symmetric one.
#[derive(Clone, Copy)]
pub(super) struct SquaredChi2(pub f64);

impl Term<1> for SquaredChi2 {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let s = p + q;
        let safe = larger(s, f64::MIN_POSITIVE);
        let r = (q - p) / safe;
        // Where both are 0 the slope is that to the right, 1.
        one((q - p) * r, if s > 0.0 { r * (1.0 + 2.0 * (p / safe)) } else { 1.0 })
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, self.0)
    }
}

/// ((p - q)/(p + q))^2 with its slope.
#[inline(always)]
fn contrast(p: f64, q: f64) -> Point<1> {
    let s = p + q;
    let r = (q - p) / s;
    one(r * r, 4.0 * r * p / (s * s))
}

#[derive(Clone, Copy)]
pub(super) struct Divergence;

impl Term<1> for Divergence {
    const OPEN: Open = Open::Both;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        contrast(p, q)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 2.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Clark;

impl Term<1> for Clark {
    const OPEN: Open = Open::Both;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        contrast(p, q)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        root(whole, 1.0)
    }
}

/// (p - q)^2 (p + q)/(p q) = (p - q)^2/p + (p - q)^2/q.
#[derive(Clone, Copy)]
pub(super) struct AdditiveSymmetricChi2;

impl Term<1> for AdditiveSymmetricChi2 {
    const OPEN: Open = Open::Either;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let (a, b) = (over_calculated(p, q), over_observed(p, q));
        one(a.0 + b.0, a.1 + b.1)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}
