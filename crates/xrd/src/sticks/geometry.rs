//! Positions and Lorentz-polarisation factors of reflections, with their derivatives.

use super::Physics;
use crate::real::Real;
use serde::{Deserialize, Serialize};

/// What the position of a peak is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coordinate {
    /// Scattering angle 2theta, degrees.
    #[default]
    TwoTheta,
    /// Momentum transfer q = 4 pi s, 1/Å.
    Q,
    /// ln(q Å): a strain moves every reflection by about as much, at any angle.
    LnQ,
}

/// tan(pi/8).
const TAN_EIGHTH: f64 = std::f64::consts::SQRT_2 - 1.0;

/// Fills the columns of position, d position/d s^2, LP and d ln LP/d s^2. Reflections beyond the limiting sphere get LP = 0.
///
/// With x = sin^2 theta = lambda^2 s^2: LP = (1 + (1 - 2x)^2)/(x sqrt(1 - x)), and 2theta = 4 atan(sin/(1 + cos)).
#[inline(always)]
pub(super) fn fill<T: Real>(
    physics: Physics,
    s2: &[T],
    position: &mut [T],
    slope: &mut [T],
    lp: &mut [T],
    d_ln_lp: &mut [T],
) {
    let square = T::of(physics.wavelength * physics.wavelength);
    let degrees = T::of(180.0 / std::f64::consts::PI);
    let (zero, half, one, two, four) =
        (T::default(), T::of(0.5), T::of(1.0), T::of(2.0), T::of(4.0));
    let (bound, eighth) = (T::of(TAN_EIGHTH), T::of(std::f64::consts::FRAC_PI_4));
    let columns = position.iter_mut().zip(slope.iter_mut()).zip(lp).zip(d_ln_lp);
    for (&s2, (((position, slope), lp), d_ln_lp)) in s2.iter().zip(columns) {
        let product = square * s2;
        let inside = product < one;
        let x = if inside { product } else { half };
        let sine = x.root();
        let cosine = (one - x).root();
        // theta/2 lies below pi/4; above pi/8 the argument is reduced.
        let over = one + cosine;
        let high = sine > bound * over;
        let above = if high { sine - over } else { sine };
        let below = if high { sine + over } else { over };
        let offset = if high { eighth } else { zero };
        let angle = (above / below).small_atan() + offset;
        let inverse = one / (x * cosine);
        let cos_two_theta = one - two * x;
        let polarisation = one + cos_two_theta * cos_two_theta;
        let secant = x * inverse;
        let d = half * secant * secant - cosine * inverse - four * cos_two_theta / polarisation;
        *lp = if inside { polarisation * inverse } else { zero };
        *d_ln_lp = if inside { square * d } else { zero };
        *position = four * degrees * angle;
        *slope = degrees * square * sine * inverse;
    }
    let tau = T::of(std::f64::consts::TAU);
    match physics.coordinate {
        Coordinate::TwoTheta => {}
        Coordinate::Q => {
            for ((position, slope), &s2) in position.iter_mut().zip(slope).zip(s2) {
                let s = s2.root();
                *position = two * tau * s;
                *slope = tau / s;
            }
        }
        Coordinate::LnQ => {
            let offset = T::of(libm::log(2.0 * std::f64::consts::TAU));
            for ((position, slope), &s2) in position.iter_mut().zip(slope).zip(s2) {
                *position = half * s2.logarithm() + offset;
                *slope = half / s2;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EuAm;

    fn columns(coordinate: Coordinate, s2: &[f64]) -> [Vec<f64>; 4] {
        let physics = Physics { wavelength: 1.5406, b_iso: 0.0, eu_am: EuAm::Pymatgen, coordinate };
        let mut c = [0, 1, 2, 3].map(|_| vec![0.0; s2.len()]);
        let [position, slope, lp, d_ln_lp] = &mut c;
        fill(physics, s2, position, slope, lp, d_ln_lp);
        c
    }

    #[test]
    fn angles_and_factors_are_those_of_the_formulae() {
        let s2: Vec<f64> = (1..200).map(|i| 0.0021 * f64::from(i)).collect();
        let [position, _, lp, _] = columns(Coordinate::TwoTheta, &s2);
        for (i, s2) in s2.iter().enumerate() {
            let sine = 1.5406 * s2.sqrt();
            let theta = libm::asin(sine);
            assert!((position[i] - 2.0 * theta.to_degrees()).abs() < 2e-13 / (1.0 - sine));
            let expected =
                (1.0 + libm::cos(2.0 * theta).powi(2)) / (sine * sine * libm::cos(theta));
            assert!((lp[i] / expected - 1.0).abs() < 1e-12);
        }
        assert!(columns(Coordinate::TwoTheta, &[0.43])[2][0].abs() < 1e-300);
    }

    #[test]
    fn slopes_agree_with_differences() {
        let h = 1e-6;
        for s2 in [0.002, 0.03, 0.1, 0.23, 0.4] {
            for coordinate in [Coordinate::TwoTheta, Coordinate::Q, Coordinate::LnQ] {
                let [position, slope, lp, d_ln_lp] = columns(coordinate, &[s2 - h, s2, s2 + h]);
                let d = (position[2] - position[0]) / (2.0 * h);
                assert!((slope[1] / d - 1.0).abs() < 1e-5, "{coordinate:?} {s2}");
                let d = (libm::log(lp[2]) - libm::log(lp[0])) / (2.0 * h);
                assert!((d_ln_lp[1] - d).abs() < 1e-5 * d.abs().max(1.0), "{s2}");
            }
        }
    }
}
