//! The vicissitude family: min and max exchanged for one another.

use super::chi2::{over_calculated, over_observed};
use super::kernel::{Finished, Open, Point, Term, Whole};
use super::shapes::{one, total, two};

#[derive(Clone, Copy)]
pub(super) struct VicisWaveHedges;

impl Term<1> for VicisWaveHedges {
    const OPEN: Open = Open::Either;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        if q > p {
            one((q - p) / p, 1.0 / p)
        } else if q < p {
            one((p - q) / q, -p / (q * q))
        } else {
            one(0.0, 0.0)
        }
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct VicisSymmetricChi2One;

impl Term<1> for VicisSymmetricChi2One {
    const OPEN: Open = Open::Either;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        if q > p {
            let r = (q - p) / p;
            one(r * r, 2.0 * r / p)
        } else {
            let r = (p - q) / q;
            one(r * r, -2.0 * r * p / (q * q))
        }
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct VicisSymmetricChi2Two;

impl Term<1> for VicisSymmetricChi2Two {
    const OPEN: Open = Open::Either;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let (value, slope) = if q > p { over_observed(p, q) } else { over_calculated(p, q) };
        one(value, slope)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct VicisSymmetricChi2Three;

impl Term<1> for VicisSymmetricChi2Three {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let (value, slope) = if q > p {
            over_calculated(p, q)
        } else if p > 0.0 {
            over_observed(p, q)
        } else {
            // Both are 0: the slope to the right.
            (0.0, 1.0)
        };
        one(value, slope)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

/// Pearson's and Neyman's chi^2.
#[inline(always)]
fn both(p: f64, q: f64) -> Point<2> {
    two(over_calculated(p, q), over_observed(p, q))
}

/// One of two sums.
fn only(sums: [f64; 2], first: bool) -> Finished<2> {
    if first { Finished::new(sums[0], [1.0, 0.0]) } else { Finished::new(sums[1], [0.0, 1.0]) }
}

#[derive(Clone, Copy)]
pub(super) struct MaxSymmetricChi2;

impl Term<2> for MaxSymmetricChi2 {
    const OPEN: Open = Open::Either;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<2> {
        both(p, q)
    }

    fn finish(&self, whole: &Whole<2>) -> Finished<2> {
        only(whole.sums, whole.sums[0] >= whole.sums[1])
    }
}

#[derive(Clone, Copy)]
pub(super) struct MinSymmetricChi2;

impl Term<2> for MinSymmetricChi2 {
    const OPEN: Open = Open::Either;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<2> {
        both(p, q)
    }

    fn finish(&self, whole: &Whole<2>) -> Finished<2> {
        only(whole.sums, whole.sums[0] <= whole.sums[1])
    }
}
