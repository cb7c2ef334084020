//! Atomic scattering factors in the Mott-Bethe form.
//!
//! f(s) = Z - 41.78214 s^2 sum_{i=1..4} a_i exp(-b_i s^2), s = sin(theta)/lambda in 1/Å, f in electrons (De Graef & McHenry,
//! "Structure of Materials", 2007, ch. 12). It is the form that pymatgen and StructSnap use.

mod table;

use crate::ForwardError;
use crate::real::Real;
use braggscape_crystal::Element;
use serde::{Deserialize, Serialize};

/// Mott-Bethe constant, 1/Å^2 to electrons.
const MOTT_BETHE: f64 = 41.78214;

/// Whose rows are used for europium and americium, where the two programs differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EuAm {
    /// StructSnap's rows.
    #[default]
    Structsnap,
    /// pymatgen's rows.
    Pymatgen,
}

const EU_STRUCTSNAP: [[f64; 2]; 4] = [[5.267, 28.016], [4.113, 5.037], [1.743, 0.577], [0.0, 0.0]];
const AM_STRUCTSNAP: [[f64; 2]; 4] = [[6.462, 28.396], [5.469, 4.970], [2.471, 0.554], [0.0, 0.0]];

/// The scattering factor of one element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FormFactor {
    z: f64,
    coefficients: [[f64; 2]; 4],
}

impl FormFactor {
    /// The scattering factor of an element.
    ///
    /// # Errors
    /// [`ForwardError::NoScatteringFactor`] beyond californium (Z = 98).
    pub fn of(element: Element, eu_am: EuAm) -> Result<Self, ForwardError> {
        let z = element.atomic_number();
        let coefficients = match (element.symbol(), eu_am) {
            ("Eu", EuAm::Structsnap) => EU_STRUCTSNAP,
            ("Am", EuAm::Structsnap) => AM_STRUCTSNAP,
            _ => *table::COEFFICIENTS
                .get(usize::from(z) - 1)
                .ok_or(ForwardError::NoScatteringFactor { element: element.symbol() })?,
        };
        Ok(Self { z: f64::from(z), coefficients })
    }

    /// f in electrons at s^2 = (sin(theta)/lambda)^2, 1/Å^2.
    pub fn f0(&self, s2: f64) -> f64 {
        let sum: f64 = self.coefficients.iter().map(|[a, b]| a * libm::exp(-b * s2)).sum();
        self.z - MOTT_BETHE * s2 * sum
    }

    /// f exp(-B s^2) of many values of s^2, B in Å^2.
    #[inline(always)]
    pub(crate) fn fill(&self, b_iso: f64, s2: &[f64], f: &mut [f64]) {
        let [c0, c1, c2, c3] = self.coefficients;
        let term = |[a, b]: [f64; 2], s2: f64| a * (-b * s2).exponential();
        for (f, &s2) in f.iter_mut().zip(s2) {
            let sum = (term(c0, s2) + term(c1, s2)) + (term(c2, s2) + term(c3, s2));
            *f = self.z - MOTT_BETHE * s2 * sum;
        }
        if b_iso.abs() > 0.0 {
            for (f, &s2) in f.iter_mut().zip(s2) {
                *f *= (-b_iso * s2).exponential();
            }
        }
    }

    /// f exp(-B s^2) of many values of s^2 and its derivative in s^2, B in Å^2.
    #[inline(always)]
    pub(crate) fn fill_both<T: Real>(&self, b_iso: f64, s2: &[T], f: &mut [T], df: &mut [T]) {
        let [c0, c1, c2, c3] = self.coefficients.map(|c| c.map(T::of));
        let (z, mott_bethe, one) = (T::of(self.z), T::of(MOTT_BETHE), T::of(1.0));
        let term = |[a, b]: [T; 2], s2: T| {
            let e = a * (-b * s2).exponential();
            (e, e * (one - b * s2))
        };
        for ((f, df), &s2) in f.iter_mut().zip(df.iter_mut()).zip(s2) {
            let (t0, t1, t2, t3) = (term(c0, s2), term(c1, s2), term(c2, s2), term(c3, s2));
            *f = z - mott_bethe * s2 * ((t0.0 + t1.0) + (t2.0 + t3.0));
            *df = -mott_bethe * ((t0.1 + t1.1) + (t2.1 + t3.1));
        }
        if b_iso.abs() > 0.0 {
            let b = T::of(b_iso);
            for ((f, df), &s2) in f.iter_mut().zip(df).zip(s2) {
                let t = (-b * s2).exponential();
                *df = t * (*df - b * *f);
                *f = t * *f;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_scattering_is_the_atomic_number() {
        for z in 1..=98 {
            let e = Element::from_atomic_number(z).unwrap();
            let f = FormFactor::of(e, EuAm::Pymatgen).unwrap();
            assert!((f.f0(0.0) - z as f64).abs() < 1e-12);
        }
        let md = Element::from_symbol("Md").unwrap();
        let e = FormFactor::of(md, EuAm::Pymatgen).unwrap_err();
        assert!(e.to_string().contains("Md"));
    }

    #[test]
    fn europium_rows_differ_between_the_programs() {
        let eu = Element::from_symbol("Eu").unwrap();
        let value = |v| FormFactor::of(eu, v).unwrap().f0(0.04);
        assert!((value(EuAm::Structsnap) - value(EuAm::Pymatgen)).abs() > 0.1);
    }

    #[test]
    fn many_at_once_agree_with_one_and_with_differences() {
        let f = FormFactor::of(Element::from_symbol("U").unwrap(), EuAm::Structsnap).unwrap();
        let s2: [f64; 8] = std::array::from_fn(|i| 0.003 + 0.05 * i as f64);
        let (mut v, mut d) = ([0.0; 8], [0.0; 8]);
        f.fill_both(0.0, &s2, &mut v, &mut d);
        let mut many = [0.0; 8];
        f.fill(0.7, &s2, &mut many);
        for i in 0..8 {
            assert!((many[i] - f.f0(s2[i]) * libm::exp(-0.7 * s2[i])).abs() < 1e-12);
            assert!((v[i] - f.f0(s2[i])).abs() < 1e-12);
            let h = 1e-6;
            let slope = (f.f0(s2[i] + h) - f.f0(s2[i] - h)) / (2.0 * h);
            assert!((d[i] - slope).abs() < 1e-6 * slope.abs());
        }
    }
}
