//! The Lp Minkowski family.

use super::kernel::{Finished, Point, Term, Whole, sign};
use super::shapes::{one, root, total};

#[derive(Clone, Copy)]
pub(super) struct Euclidean;

impl Term<1> for Euclidean {
    const SIGNED: bool = true;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let d = q - p;
        one(d * d, 2.0 * d)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        root(whole, 1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct CityBlock;

impl Term<1> for CityBlock {
    const SIGNED: bool = true;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let d = q - p;
        one(d.abs(), sign(d))
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

/// With its exponent.
#[derive(Clone, Copy)]
pub(super) struct Minkowski(pub f64);

impl Term<1> for Minkowski {
    const SIGNED: bool = true;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let d = q - p;
        let power = libm::pow(d.abs(), self.0 - 1.0);
        one(power * d.abs(), self.0 * power * sign(d))
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        let [sum] = whole.sums;
        let value = libm::pow(sum, 1.0 / self.0);
        let by = if sum > 0.0 { value / (self.0 * sum) } else { 0.0 };
        Finished::new(value, [by])
    }
}

#[derive(Clone, Copy)]
pub(super) struct Chebyshev;

impl Term<0> for Chebyshev {
    const SIGNED: bool = true;
    const LARGEST: bool = true;

    #[inline(always)]
    fn point(&self, _: f64, _: f64, _: f64) -> Point<0> {
        Point { value: [], slope: [] }
    }

    fn finish(&self, whole: &Whole<0>) -> Finished<0> {
        Finished { value: whole.largest, by: [], by_largest: 1.0 }
    }
}
