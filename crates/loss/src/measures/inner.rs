//! The inner product family.

use super::kernel::{Finished, Point, Term, Whole};
use super::shapes::{one, quotient, total, two};

#[derive(Clone, Copy)]
pub(super) struct InnerProduct;

impl Term<1> for InnerProduct {
    const SIGNED: bool = true;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        one(p * q, p)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, -1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct HarmonicMean;

impl Term<1> for HarmonicMean {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let s = p + q;
        let share = if s > 0.0 { p / s } else { 0.0 };
        one(share * q, share * share)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, -2.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct KumarHassebrook;

impl Term<2> for KumarHassebrook {
    const SIGNED: bool = true;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<2> {
        two((p * q, p), (p * p + q * q - p * q, 2.0 * q - p))
    }

    fn finish(&self, whole: &Whole<2>) -> Finished<2> {
        quotient(whole, -1.0, 0.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Jaccard;

impl Term<2> for Jaccard {
    const SIGNED: bool = true;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<2> {
        let d = q - p;
        two((d * d, 2.0 * d), (p * p + q * q - p * q, 2.0 * q - p))
    }

    fn finish(&self, whole: &Whole<2>) -> Finished<2> {
        quotient(whole, 1.0, 0.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Dice;

impl Term<2> for Dice {
    const SIGNED: bool = true;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<2> {
        let d = q - p;
        two((d * d, 2.0 * d), (p * p + q * q, 2.0 * q))
    }

    fn finish(&self, whole: &Whole<2>) -> Finished<2> {
        quotient(whole, 1.0, 0.0)
    }
}
