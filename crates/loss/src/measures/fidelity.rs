//! The fidelity or squared-chord family.

use super::kernel::{Finished, Point, Term, Whole, larger};
use super::shapes::{one, root, total};

/// sqrt(p q) with its slope.
#[inline(always)]
fn geometric(p: f64, q: f64, epsilon: f64) -> Point<1> {
    one((p * q).sqrt(), 0.5 * (p / larger(q, epsilon)).sqrt())
}

#[derive(Clone, Copy)]
pub(super) struct Fidelity;

impl Term<1> for Fidelity {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, epsilon: f64) -> Point<1> {
        geometric(p, q, epsilon)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, -1.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Bhattacharyya;

impl Term<1> for Bhattacharyya {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, epsilon: f64) -> Point<1> {
        geometric(p, q, epsilon)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        let [sum] = whole.sums;
        if sum < whole.epsilon {
            Finished::new(-libm::log(whole.epsilon), [0.0])
        } else {
            Finished::new(-libm::log(sum), [-1.0 / sum])
        }
    }
}

/// (sqrt p - sqrt q)^2 with its slope.
#[inline(always)]
fn chord(p: f64, q: f64, epsilon: f64) -> Point<1> {
    let d = q.sqrt() - p.sqrt();
    one(d * d, 1.0 - (p / larger(q, epsilon)).sqrt())
}

/// The root of the squared chord times a factor: 2 for Hellinger, 1 for Matusita.
#[derive(Clone, Copy)]
pub(super) struct Chord(pub f64);

impl Term<1> for Chord {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, epsilon: f64) -> Point<1> {
        chord(p, q, epsilon)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        root(whole, self.0)
    }
}

#[derive(Clone, Copy)]
pub(super) struct SquaredChord;

impl Term<1> for SquaredChord {
    #[inline(always)]
    fn point(&self, p: f64, q: f64, epsilon: f64) -> Point<1> {
        chord(p, q, epsilon)
    }

    fn finish(&self, whole: &Whole<1>) -> Finished<1> {
        total(whole, 1.0)
    }
}
