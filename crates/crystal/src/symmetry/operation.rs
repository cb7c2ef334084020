//! Symmetry operations and their `x,y,z` notation.

use nalgebra::{Matrix3, Vector3};
use std::fmt;
use thiserror::Error;

/// A symmetry operation on fractional coordinates: x' = W x + w, W integer.
///
/// # Examples
/// ```
/// use braggscape_crystal::symmetry::SymmetryOperation;
/// use nalgebra::Vector3;
/// let glide: SymmetryOperation = "x, 1/2-y, z+1/2".parse()?;
/// let image = glide.apply(&Vector3::new(0.1, 0.2, 0.3));
/// assert!((image - Vector3::new(0.1, 0.3, 0.8)).norm() < 1e-15);
/// assert_eq!(glide.to_string(), "x,-y+1/2,z+1/2");
/// # Ok::<(), braggscape_crystal::symmetry::OperationSyntax>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SymmetryOperation {
    /// Linear part W.
    pub rotation: Matrix3<i32>,
    /// Translation part w, in fractions of the cell.
    pub translation: Vector3<f64>,
}

/// A text that is no symmetry operation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not a symmetry operation; expected one such as `-x,y+1/2,-z`")]
pub struct OperationSyntax {
    /// The text as given.
    pub text: String,
}

impl SymmetryOperation {
    /// The identity.
    pub fn identity() -> Self {
        Self { rotation: Matrix3::identity(), translation: Vector3::zeros() }
    }

    /// Image W x + w of a fractional position, not wrapped into the cell.
    pub fn apply(&self, frac: &Vector3<f64>) -> Vector3<f64> {
        self.rotation.cast::<f64>() * frac + self.translation
    }

    /// Whether the operation is the identity up to lattice translations.
    pub fn is_translation(&self) -> bool {
        self.rotation == Matrix3::identity()
    }

    /// The product `self` after `first`: x -> W1 (W2 x + w2) + w1, its translation wrapped to [0, 1).
    #[must_use]
    pub fn after(&self, first: &Self) -> Self {
        Self {
            rotation: self.rotation * first.rotation,
            translation: self.apply(&first.translation).map(crate::wrap_unit),
        }
    }
}

impl std::str::FromStr for SymmetryOperation {
    type Err = OperationSyntax;

    /// Reads `x,y,z` notation: terms in any order, either letter case, fractions or decimals, spaces anywhere.
    ///
    /// Decimal translations within 0.001 of a multiple of 1/24 (`.333`) become that fraction.
    fn from_str(text: &str) -> Result<Self, OperationSyntax> {
        let bad = || OperationSyntax { text: text.trim().to_owned() };
        let mut rotation = Matrix3::zeros();
        let mut translation = Vector3::zeros();
        let parts: Vec<&str> = text.split(',').collect();
        if parts.len() != 3 {
            return Err(bad());
        }
        for (row, part) in parts.iter().enumerate() {
            let (coefficients, constant) = parse_component(part).ok_or_else(bad)?;
            for (column, c) in coefficients.iter().enumerate() {
                if (c - c.round()).abs() > 1e-9 || c.abs() > 8.0 {
                    return Err(bad());
                }
                rotation[(row, column)] = c.round() as i32;
            }
            translation[row] = constant;
        }
        if determinant(&rotation).abs() != 1 {
            return Err(bad());
        }
        Ok(Self { rotation, translation })
    }
}

/// Determinant of an integer matrix.
fn determinant(m: &Matrix3<i32>) -> i32 {
    m[(0, 0)] * (m[(1, 1)] * m[(2, 2)] - m[(1, 2)] * m[(2, 1)])
        - m[(0, 1)] * (m[(1, 0)] * m[(2, 2)] - m[(1, 2)] * m[(2, 0)])
        + m[(0, 2)] * (m[(1, 0)] * m[(2, 1)] - m[(1, 1)] * m[(2, 0)])
}

/// Coefficients of x, y, z and the constant of one component such as `-y+1/2`.
pub(super) fn parse_component(text: &str) -> Option<([f64; 3], f64)> {
    let mut chars = text.chars().filter(|c| !c.is_whitespace()).peekable();
    let mut coefficients = [0.0; 3];
    let mut constant = 0.0;
    let mut n_terms = 0;
    while chars.peek().is_some() {
        let sign = match chars.peek() {
            Some('-' | '\u{2212}') => {
                chars.next();
                -1.0
            }
            Some('+') => {
                chars.next();
                1.0
            }
            _ if n_terms == 0 => 1.0,
            _ => return None,
        };
        let number = |chars: &mut std::iter::Peekable<_>| -> Option<f64> {
            let digits: String = std::iter::from_fn(|| next_if_number(chars)).collect();
            if digits.is_empty() { None } else { digits.parse().ok() }
        };
        let starts_with_digit = chars.peek().is_some_and(|c| c.is_ascii_digit() || *c == '.');
        let mut value = 1.0;
        let mut exact = true;
        if starts_with_digit {
            value = number(&mut chars)?;
            exact = value.fract().abs() < f64::EPSILON;
            if chars.next_if_eq(&'/').is_some() {
                let denominator = number(&mut chars)?;
                if denominator.abs() < f64::EPSILON {
                    return None;
                }
                value /= denominator;
                exact = true;
            }
        }
        let star = chars.next_if_eq(&'*').is_some();
        let axis = chars.next_if(|c| matches!(c.to_ascii_lowercase(), 'x' | 'y' | 'z'));
        match axis {
            Some(c) => {
                coefficients[usize::from(c.to_ascii_lowercase() as u8 - b'x')] += sign * value;
            }
            None if starts_with_digit && !star => {
                constant += sign * if exact { value } else { nearest_twenty_fourth(value) };
            }
            None => return None,
        }
        n_terms += 1;
    }
    (n_terms > 0).then_some((coefficients, constant))
}

fn next_if_number<I: Iterator<Item = char>>(chars: &mut std::iter::Peekable<I>) -> Option<char> {
    chars.next_if(|c| c.is_ascii_digit() || *c == '.')
}

fn nearest_twenty_fourth(value: f64) -> f64 {
    let nearest = (value * 24.0).round() / 24.0;
    if (value - nearest).abs() < 1e-3 { nearest } else { value }
}

impl fmt::Display for SymmetryOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in 0..3 {
            if row > 0 {
                f.write_str(",")?;
            }
            let mut first = true;
            for (column, name) in ["x", "y", "z"].iter().enumerate() {
                let c = self.rotation[(row, column)];
                if c == 0 {
                    continue;
                }
                let sign = if c < 0 {
                    "-"
                } else if first {
                    ""
                } else {
                    "+"
                };
                match c.abs() {
                    1 => write!(f, "{sign}{name}")?,
                    n => write!(f, "{sign}{n}*{name}")?,
                }
                first = false;
            }
            write_translation(f, self.translation[row], first)?;
        }
        Ok(())
    }
}

/// Writes a translation as a fraction of 24 in lowest terms, or as a decimal where it is none.
fn write_translation(f: &mut fmt::Formatter<'_>, value: f64, alone: bool) -> fmt::Result {
    let n = (value * 24.0).round();
    if (value * 24.0 - n).abs() > 1e-6 {
        return if alone { write!(f, "{value}") } else { write!(f, "{value:+}") };
    }
    let n = n as i64;
    if n == 0 {
        return if alone { f.write_str("0") } else { Ok(()) };
    }
    let divisor = (1..=24).rev().find(|d| n % d == 0 && 24 % d == 0).unwrap_or(1);
    let (numerator, denominator) = (n / divisor, 24 / divisor);
    let plus = if numerator > 0 && !alone { "+" } else { "" };
    match denominator {
        1 => write!(f, "{plus}{numerator}"),
        _ => write!(f, "{plus}{numerator}/{denominator}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, written: &str) {
        let op: SymmetryOperation = text.parse().unwrap();
        assert_eq!(op.to_string(), written);
        assert_eq!(written.parse::<SymmetryOperation>().unwrap(), op);
    }

    #[test]
    fn notations_are_read() {
        check("x,y,z", "x,y,z");
        check(" -X + 1/2 , Y , -Z ", "-x+1/2,y,-z");
        check("1/2+x,1/2-y,-z", "x+1/2,-y+1/2,-z");
        check("x-y,x,z+.333", "x-y,x,z+1/3");
        check("-y,+x-y,z-1/6", "-y,x-y,z-1/6");
        check("1*x,y,0.75+z", "x,y,z+3/4");
        check("z,x,y", "z,x,y");
        check("3/4+x,5/4-y,z", "x+3/4,-y+5/4,z");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "", "x,y", "x,y,z,1", "x,y,q", "x,x,z", "2x,y,z", "x y z", "x,y,z+", "x,y,1/0",
            "x,y,z*",
        ] {
            assert!(text.parse::<SymmetryOperation>().is_err(), "{text}");
        }
    }
}
