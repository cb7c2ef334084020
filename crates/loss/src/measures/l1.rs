//! The L1 family.

use super::kernel::{Finished, Open, Point, Term, Whole, larger, sign, smaller};
use super::shapes::{one, quotient, total, two};
use braggscape_pattern::log::ln_1p;

/// |p - q| with its slope.
#[inline(always)]
pub(super) fn distance(p: f64, q: f64) -> (f64, f64) {
    ((q - p).abs(), sign(q - p))
}

/// min(p, q) with its slope, 1/2 at a tie.
#[inline(always)]
pub(super) fn least(p: f64, q: f64) -> (f64, f64) {
    (smaller(p, q), 0.5 - 0.5 * sign(q - p))
}

/// max(p, q) with its slope, 1/2 at a tie.
#[inline(always)]
pub(super) fn most(p: f64, q: f64) -> (f64, f64) {
    (larger(p, q), 0.5 + 0.5 * sign(q - p))
}

#[derive(Clone, Copy)]
pub(super) struct Sorensen;

impl Term<2> for Sorensen {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<2> {
        two(distance(p, q), (p + q, 1.0))
    }

    fn finish(&self, whole: &Whole<2>) -> Finished<2> {
        quotient(whole, 1.0, 0.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Gower;

impl Term<1> for Gower {
    const SIGNED: bool = true;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let (value, slope) = distance(p, q);
        one(value, slope)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0 / whole.n)
    }
}

/// Also Tanimoto's: max - min = |p - q|.
#[derive(Clone, Copy)]
pub(super) struct Soergel;

impl Term<2> for Soergel {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<2> {
        two(distance(p, q), most(p, q))
    }

    fn finish(&self, whole: &Whole<2>) -> Finished<2> {
        quotient(whole, 1.0, 0.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct KulczynskiD;

impl Term<2> for KulczynskiD {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<2> {
        two(distance(p, q), least(p, q))
    }

    fn finish(&self, whole: &Whole<2>) -> Finished<2> {
        quotient(whole, 1.0, whole.epsilon)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Canberra;

impl Term<1> for Canberra {
    const OPEN: Open = Open::Both;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let s = p + q;
        one((q - p).abs() / s, 2.0 * p * sign(q - p) / (s * s))
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Lorentzian;

impl Term<1> for Lorentzian {
    const SIGNED: bool = true;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let (a, slope) = distance(p, q);
        one(ln_1p(a), slope / (1.0 + a))
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}
