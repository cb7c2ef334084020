//! Shannon's entropy family. Logarithms are natural.

use super::kernel::{Finished, Open, Point, Term, Whole, larger};
use super::shapes::{one, total};

#[derive(Clone, Copy)]
pub(super) struct KullbackLeibler;

impl Term<1> for KullbackLeibler {
    const OPEN: Open = Open::Calculated;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, _: f64) -> Point<1> {
        let ratio = p / q;
        one(if p > 0.0 { p * libm::log(ratio) } else { 0.0 }, -ratio)
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
        let log = libm::log(ratio);
        one((p - q) * log, 1.0 - ratio - log)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}

/// x ln(2 x/(x + y)), 0 for x = 0.
#[inline(always)]
fn to_mean(x: f64, y: f64) -> f64 {
    if x > 0.0 { x * libm::log(2.0 * x / (x + y)) } else { 0.0 }
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
        let log = libm::log(2.0 * safe / (p + safe));
        let own = if q < epsilon { to_mean(q, p) } else { q * log };
        one(to_mean(p, q) + own, log)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, self.0)
    }
}
