//! Vectors in scaled variables u = x / scale, in which the methods work that are not StructSnap's own.

use crate::{Iterate, Objective};

/// a . b, in the order of the components.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Largest magnitude of a component.
pub(crate) fn largest(a: &[f64]) -> f64 {
    a.iter().map(|x| x.abs()).fold(0.0, f64::max)
}

/// a times a number.
pub(crate) fn times(a: &[f64], factor: f64) -> Vec<f64> {
    a.iter().map(|x| factor * x).collect()
}

/// a += factor b.
pub(crate) fn add(a: &mut [f64], factor: f64, b: &[f64]) {
    for (x, y) in a.iter_mut().zip(b) {
        *x += factor * y;
    }
}

/// Shortens a so that no component exceeds `longest`; its direction stays.
pub(crate) fn shorten(a: &mut [f64], longest: f64) {
    let length = largest(a);
    if length > longest {
        let factor = longest / length;
        for x in a {
            *x *= factor;
        }
    }
}

/// The gradient along the constraint in scaled variables.
pub(crate) fn gradient(f: &dyn Objective, at: &Iterate) -> Vec<f64> {
    let mut g = at.gradient_along(f);
    to_gradient(f, &mut g);
    g
}

/// A gradient in x as one in u.
pub(crate) fn to_gradient(f: &dyn Objective, g: &mut [f64]) {
    for (g, c) in g.iter_mut().zip(f.components()) {
        *g *= c.scale;
    }
}

/// A step in u as one in x.
pub(crate) fn to_step(f: &dyn Objective, u: &[f64]) -> Vec<f64> {
    u.iter().zip(f.components()).map(|(u, c)| u * c.scale).collect()
}

/// The point x + factor * step, the step in u.
pub(crate) fn moved(f: &dyn Objective, x: &[f64], factor: f64, step: &[f64]) -> Vec<f64> {
    let scales = f.components().iter().map(|c| c.scale);
    x.iter().zip(step).zip(scales).map(|((x, s), scale)| x + factor * s * scale).collect()
}

/// (to - from) in u.
pub(crate) fn difference(f: &dyn Objective, to: &[f64], from: &[f64]) -> Vec<f64> {
    let scales = f.components().iter().map(|c| c.scale);
    to.iter().zip(from).zip(scales).map(|((t, x), scale)| (t - x) / scale).collect()
}

/// An orthonormal basis, in u, of the directions along the constraint at x; the unit vectors if it is not in force or binds
/// nothing.
pub(crate) fn tangent(f: &dyn Objective, x: &[f64], in_force: bool) -> Vec<Vec<f64>> {
    let n = x.len();
    let units: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect()).collect();
    if !in_force {
        return units;
    }
    let mut images = units.clone();
    for image in &mut images {
        f.project_gradient(x, image);
    }
    let moved = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).any(|(a, b)| (a - b).abs() > 0.0);
    if !images.iter().zip(&units).any(moved) {
        return units;
    }
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for mut v in images {
        for (v, c) in v.iter_mut().zip(f.components()) {
            *v /= c.scale;
        }
        let before = dot(&v, &v).sqrt();
        // Twice, because once leaves what rounding puts in.
        for _ in 0..2 {
            for b in &basis {
                let along = dot(&v, b);
                add(&mut v, -along, b);
            }
        }
        let norm = dot(&v, &v).sqrt();
        if norm > 1e-10 * before {
            basis.push(times(&v, 1.0 / norm));
        }
    }
    if basis.len() == n { units } else { basis }
}

/// sum_k a_k b_k over the vectors of a basis.
pub(crate) fn combination(basis: &[Vec<f64>], a: &[f64], n: usize) -> Vec<f64> {
    let mut sum = vec![0.0; n];
    for (b, a) in basis.iter().zip(a) {
        add(&mut sum, *a, b);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Component, EvalError};

    /// x_0 = x_1 and x_2 = 0; x_3 is free.
    struct Bound([Component; 4]);

    impl Objective for Bound {
        fn components(&self) -> &[Component] {
            &self.0
        }

        fn value_and_gradient(&self, _: &[f64], _: &mut [f64]) -> Result<f64, EvalError> {
            Err(EvalError::NonFinite)
        }

        fn project_gradient(&self, _: &[f64], g: &mut [f64]) {
            let mean = 0.5 * (g[0] + g[1]);
            g[..3].copy_from_slice(&[mean, mean, 0.0]);
        }
    }

    #[test]
    fn the_tangent_is_an_orthonormal_basis_of_what_is_free() {
        let [one, ten] = [1.0, 10.0].map(|scale| Component::absolute(scale, 1.0, 1.0));
        let f = Bound([ten, ten, one, ten]);
        let half = 0.5_f64.sqrt();
        let basis = tangent(&f, &[0.0; 4], true);
        let expected = [[half, half, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]];
        assert_eq!(basis.len(), 2);
        for (b, e) in basis.iter().zip(expected) {
            assert!(b.iter().zip(e).all(|(b, e)| (b - e).abs() < 1e-15), "{b:?}");
        }
        // Not in force: every direction.
        assert_eq!(
            tangent(&f, &[0.0; 4], false).concat().iter().sum::<f64>().to_bits(),
            4.0_f64.to_bits()
        );
    }
}
