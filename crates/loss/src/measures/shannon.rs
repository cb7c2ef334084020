//! Shannon's entropy family. Logarithms are natural.

use super::kernel::{Finished, Open, Point, Term, Whole, larger};
use super::shapes::{one, total};
use braggscape_pattern::log::ln;

#[derive(Clone, Copy)]
pub(super) struct KullbackLeibler;

impl Term<1> for KullbackLeibler {
    const OPEN: Open = Open::Calculated;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let ratio = p / q;
        one(p * ln(ratio), -ratio)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Jeffreys;

impl Term<1> for Jeffreys {
    const OPEN: Open = Open::Either;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let ratio = p / q;
        let log = ln(ratio);
        one((p - q) * log, 1.0 - ratio - log)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

/// x ln(2 x/(x + y)). For x = 0, 0 times the finite number that `ln` has for 0 and for 0/0.
#[inline(always)]
fn to_mean(x: f64, y: f64) -> f64 {
    x * ln(2.0 * x / (x + y))
}

#[derive(Clone, Copy)]
pub(super) struct KDivergence;

impl Term<1> for KDivergence {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        one(to_mean(p, q), if p > 0.0 { -p / (p + q) } else { 0.0 })
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

/// p ln(2p/(p + q)) + q ln(2q/(p + q)) times a factor: 1 for Topsøe's distance, 1/2 for the Jensen difference.
#[derive(Clone, Copy)]
pub(super) struct Topsoe(pub f64);

impl Term<1> for Topsoe {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, epsilon: f64) -> Point<1> {
        let safe = larger(q, epsilon);
        one(to_mean(p, q) + to_mean(q, p), ln(2.0 * safe / (p + safe)))
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, self.0)
    }
}
