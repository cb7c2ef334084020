//! Limited-memory BFGS without line searches.

use super::fire::dot;
use nalgebra::Vector3;
use std::collections::VecDeque;

/// Pairs of moves and changes of forces that are remembered.
const MEMORY: usize = 100;
/// Curvature that is assumed before anything is known, eV/Å^2; that of ASE, which never learns a better one.
const CURVATURE: f64 = 70.0;
/// Longest move of a variable, Å.
const MAX_STEP: f64 = 0.2;

type List = Vec<Vector3<f64>>;

/// State of L-BFGS.
#[derive(Debug, Default)]
pub(super) struct Lbfgs {
    /// Move, change of the gradient, and 1 over their product.
    pairs: VecDeque<(List, List, f64)>,
    /// Variables and forces of the last step.
    last: Option<(List, List)>,
}

impl Lbfgs {
    /// Moves the variables.
    pub(super) fn step(&mut self, forces: &[Vector3<f64>], variables: &mut [Vector3<f64>]) {
        if let Some((before, old)) = &self.last {
            let moved: List = variables.iter().zip(before).map(|(x, b)| x - b).collect();
            let change: List = old.iter().zip(forces).map(|(o, f)| o - f).collect();
            let along = dot(&moved, &change);
            // Where the energy curves down, the pair would turn moves uphill.
            if along > 1e-12 * dot(&moved, &moved) {
                if self.pairs.len() == MEMORY {
                    self.pairs.pop_front();
                }
                self.pairs.push_back((moved, change, 1.0 / along));
            } else {
                self.pairs.clear();
            }
        }
        self.last = Some((variables.to_vec(), forces.to_vec()));
        let mut q = forces.to_vec();
        let mut weights = Vec::with_capacity(self.pairs.len());
        for (moved, change, rho) in self.pairs.iter().rev() {
            let a = rho * dot(moved, &q);
            for (q, c) in q.iter_mut().zip(change) {
                *q -= c * a;
            }
            weights.push(a);
        }
        // Where no pair says otherwise, the energy curves as it did along the last one (Liu and Nocedal, eq. 3.5).
        let last = self.pairs.back();
        let curvature = last.map_or(CURVATURE, |(_, change, rho)| dot(change, change) * rho);
        for q in &mut q {
            *q /= curvature;
        }
        for ((moved, change, rho), a) in self.pairs.iter().zip(weights.into_iter().rev()) {
            let b = a - rho * dot(change, &q);
            for (q, m) in q.iter_mut().zip(moved) {
                *q += m * b;
            }
        }
        let longest = q.iter().map(Vector3::norm).fold(0.0, f64::max);
        let scale = if longest > MAX_STEP { MAX_STEP / longest } else { 1.0 };
        for (x, q) in variables.iter_mut().zip(&q) {
            *x += q * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_of_the_curvature_is_found() {
        // Much softer than what is assumed at first, and along several directions at once.
        let curvatures: List =
            (0..4).map(|i| Vector3::new(0.5, 0.7, 0.9) * (1.0 + 0.2 * f64::from(i))).collect();
        let mut x = vec![Vector3::new(0.09, -0.11, 0.1); 4];
        let mut lbfgs = Lbfgs::default();
        let mut steps = 0;
        while x.iter().map(Vector3::norm).fold(0.0, f64::max) > 1e-3 {
            let forces: List =
                x.iter().zip(&curvatures).map(|(x, c)| -x.component_mul(c)).collect();
            lbfgs.step(&forces, &mut x);
            steps += 1;
            assert!(steps < 10, "{x:?}");
        }
    }

    #[test]
    fn a_quadratic_is_minimized_in_a_few_steps() {
        let curvatures = Vector3::new(5.0, 40.0, 90.0);
        let mut x = [Vector3::new(0.3, -0.2, 0.1)];
        let mut lbfgs = Lbfgs::default();
        for _ in 0..12 {
            let force = -x[0].component_mul(&curvatures);
            lbfgs.step(&[force], &mut x);
        }
        assert!(x[0].norm() < 1e-6, "{}", x[0]);
    }
}
