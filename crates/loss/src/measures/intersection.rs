//! The intersection family.

use super::kernel::{Finished, Open, Point, Term, Whole};
use super::l1::{distance, least, most};
use super::shapes::{one, quotient, total, two};

#[derive(Clone, Copy)]
pub(super) struct Intersection;

impl Term<1> for Intersection {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let (value, slope) = least(p, q);
        one(value, slope)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, -1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct WaveHedges;

impl Term<1> for WaveHedges {
    const OPEN: Open = Open::Both;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let (a, slope) = distance(p, q);
        let (m, by) = most(p, q);
        one(a / m, (slope * m - a * by) / (m * m))
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

/// min over p + q, times a factor: 2 for Czekanowski, 1 for Motyka.
#[derive(Clone, Copy)]
pub(super) struct Shared(pub f64);

impl Term<2> for Shared {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<2> {
        two(least(p, q), (p + q, 1.0))
    }

    fn finish(&self, whole: &Whole<2>) -> Finished<2> {
        quotient(whole, -self.0, 0.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct KulczynskiS;

impl Term<2> for KulczynskiS {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<2> {
        two(least(p, q), distance(p, q))
    }

    fn finish(&self, whole: &Whole<2>) -> Finished<2> {
        quotient(whole, -1.0, whole.epsilon)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Ruzicka;

impl Term<2> for Ruzicka {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<2> {
        two(least(p, q), most(p, q))
    }

    fn finish(&self, whole: &Whole<2>) -> Finished<2> {
        quotient(whole, -1.0, 0.0)
    }
}
