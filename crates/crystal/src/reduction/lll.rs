//! Lenstra-Lenstra-Lovász reduction.

use super::basis::dot;
use super::{Basis, ReductionError};

/// Lovász parameter δ.
const DELTA: f64 = 0.75;

/// Steps after which a basis counts as degenerate; ordinary cells take fewer than twenty.
const MAX_STEPS: usize = 10_000;

/// A basis of short, nearly orthogonal vectors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lll {
    /// The reduced basis.
    pub basis: Basis,
    /// Integer matrix M with reduced = M original (rows).
    pub mapping: [[f64; 3]; 3],
}

impl Lll {
    /// M^-1, so that fractional coordinates in the reduced basis are f M^-1. Integers, as M is unimodular.
    pub fn inverse_mapping(&self) -> [[f64; 3]; 3] {
        Basis(self.mapping).inverse().map(|row| row.map(f64::round))
    }
}

/// State of the reduction: vectors, their Gram-Schmidt partners, coefficients and squared norms.
struct State {
    a: [[f64; 3]; 3],
    b: [[f64; 3]; 3],
    u: [[f64; 3]; 3],
    m: [f64; 3],
    mapping: [[f64; 3]; 3],
}

impl State {
    fn new(basis: &Basis) -> Self {
        let mut state = Self {
            a: basis.0,
            b: [[0.0; 3]; 3],
            u: [[0.0; 3]; 3],
            m: [0.0; 3],
            mapping: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        };
        for i in 0..3 {
            state.orthogonalize(i);
        }
        state
    }

    /// Recomputes row `i` of the Gram-Schmidt data.
    fn orthogonalize(&mut self, i: usize) {
        for j in 0..i {
            self.u[i][j] = dot(self.a[i], self.b[j]) / self.m[j];
        }
        self.b[i] = std::array::from_fn(|k| {
            let along: f64 = (0..i).map(|j| self.b[j][k] * self.u[i][j]).sum();
            self.a[i][k] - along
        });
        self.m[i] = dot(self.b[i], self.b[i]);
    }

    /// Subtracts the rounded share of vector `j` from vector `i`.
    fn size_reduce(&mut self, i: usize, j: usize) {
        let q = self.u[i][j].round_ties_even();
        if q.abs() < 0.5 {
            return;
        }
        for k in 0..3 {
            self.a[i][k] -= q * self.a[j][k];
            self.mapping[i][k] -= q * self.mapping[j][k];
        }
        for k in 0..j {
            self.u[i][k] -= q * self.u[j][k];
        }
        self.u[i][j] -= q;
    }
}

/// Lenstra-Lenstra-Lovász reduction with δ = 0.75, coefficients rounded half to even.
///
/// # Errors
/// [`ReductionError::Degenerate`].
///
/// # References
/// Lenstra, Lenstra & Lovász, Math. Ann. 261, 515 (1982), doi:10.1007/BF01457454.
pub fn lll(basis: &Basis) -> Result<Lll, ReductionError> {
    basis.check()?;
    let mut s = State::new(basis);
    let mut k = 1;
    for _ in 0..MAX_STEPS {
        if k > 2 {
            return Ok(Lll { basis: Basis(s.a), mapping: s.mapping });
        }
        for j in (0..k).rev() {
            s.size_reduce(k, j);
        }
        let u = s.u[k][k - 1].abs();
        if dot(s.b[k], s.b[k]) >= (DELTA - u * u) * dot(s.b[k - 1], s.b[k - 1]) {
            k += 1;
            continue;
        }
        s.a.swap(k, k - 1);
        s.mapping.swap(k, k - 1);
        s.orthogonalize(k - 1);
        s.orthogonalize(k);
        if k == 1 {
            for j in 0..2 {
                s.u[2][j] = dot(s.a[2], s.b[j]) / s.m[j];
            }
        } else {
            k -= 1;
        }
    }
    Err(ReductionError::Degenerate { volume: basis.volume() })
}

#[cfg(test)]
mod tests {
    use super::super::basis::product;
    use super::*;

    #[test]
    fn skewed_cubic_cell_comes_back() {
        let skewed = Basis([[4.0, 0.0, 0.0], [20.0, 4.0, 0.0], [-12.0, 28.0, 4.0]]);
        let r = lll(&skewed).unwrap();
        for len in r.basis.lengths() {
            assert!((len - 4.0).abs() < 1e-12);
        }
        let rebuilt = product(&r.mapping, &skewed.0);
        for (x, y) in rebuilt.iter().flatten().zip(r.basis.0.iter().flatten()) {
            assert!((x - y).abs() < 1e-12);
        }
        let unit = product(&r.inverse_mapping(), &r.mapping);
        for (i, x) in unit.iter().flatten().enumerate() {
            assert!((x - f64::from(u8::from(i % 4 == 0))).abs() < 1e-12);
        }
    }
}
