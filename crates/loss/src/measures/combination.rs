//! Combinations of several families.

use super::kernel::{Finished, Open, Point, Term, Whole};
use super::l1::distance;
use super::shapes::{one, total};
use braggscape_pattern::log::ln;

#[derive(Clone, Copy)]
pub(super) struct Taneja;

impl Term<1> for Taneja {
    const OPEN: Open = Open::Either;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let mean = 0.5 * (p + q);
        let log = ln(mean / (p * q).sqrt());
        one(mean * log, 0.5 * log + 0.25 * (q - p) / q)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct KumarJohnson;

impl Term<1> for KumarJohnson {
    const OPEN: Open = Open::Either;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let (product, difference) = (p * q, q * q - p * p);
        let by = 0.5 / (product * product.sqrt());
        let value = difference * difference * by;
        one(value, 4.0 * q * difference * by - 1.5 * value / q)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct AvgL1Linf;

impl Term<1> for AvgL1Linf {
    const SIGNED: bool = true;
    const LARGEST: bool = true;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let (value, slope) = distance(p, q);
        one(value, slope)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        let value = 0.5 * (whole.sums[0] + whole.largest);
        Finished { value, by: [0.5], by_largest: 0.5 }
    }
}
