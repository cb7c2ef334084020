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

/// An orthonormal basis, in u, of the directions along the constraint at x; every direction if it is not in force.
pub(crate) fn tangent(f: &dyn Objective, x: &[f64], in_force: bool) -> Vec<Vec<f64>> {
    let n = x.len();
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for i in 0..n {
        let mut v = vec![0.0; n];
        v[i] = 1.0;
        if in_force {
            f.project_gradient(x, &mut v);
            for (v, c) in v.iter_mut().zip(f.components()) {
                *v /= c.scale;
            }
        }
        let before = dot(&v, &v).sqrt();
        if before <= 0.0 {
            continue;
        }
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
    basis
}

/// sum_k a_k b_k over the vectors of a basis.
pub(crate) fn combination(basis: &[Vec<f64>], a: &[f64], n: usize) -> Vec<f64> {
    let mut sum = vec![0.0; n];
    for (b, a) in basis.iter().zip(a) {
        add(&mut sum, *a, b);
    }
    sum
}
