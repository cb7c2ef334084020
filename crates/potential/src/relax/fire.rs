//! FIRE with the parameters of ASE.

use nalgebra::Vector3;

/// First time step.
const DT: f64 = 0.1;
/// Longest time step.
const DT_MAX: f64 = 1.0;
/// Steps downhill before the time step grows.
const DELAY: u64 = 5;
/// Factor by which it grows.
const GROW: f64 = 1.1;
/// Factor by which it shrinks.
const SHRINK: f64 = 0.5;
/// Fraction of the velocity that is turned into the direction of the force.
const ALPHA: f64 = 0.1;
/// Factor by which that fraction falls.
const ALPHA_DECAY: f64 = 0.99;
/// Longest move of all variables together, Å.
const MAX_STEP: f64 = 0.2;

/// State of FIRE: a motion that is stopped whenever it goes uphill. One norm over all variables.
#[derive(Debug)]
pub(super) struct Fire {
    /// Empty before the first step.
    velocity: Vec<Vector3<f64>>,
    dt: f64,
    alpha: f64,
    downhill: u64,
}

impl Default for Fire {
    fn default() -> Self {
        Self { velocity: Vec::new(), dt: DT, alpha: ALPHA, downhill: 0 }
    }
}

/// Sum of the products of two lists.
pub(super) fn dot(a: &[Vector3<f64>], b: &[Vector3<f64>]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.dot(b)).sum()
}

impl Fire {
    /// Moves the variables.
    pub(super) fn step(&mut self, forces: &[Vector3<f64>], variables: &mut [Vector3<f64>]) {
        if self.velocity.is_empty() {
            self.velocity.resize(forces.len(), Vector3::zeros());
        } else if dot(forces, &self.velocity) > 0.0 {
            let speed = dot(&self.velocity, &self.velocity).sqrt();
            let turn = self.alpha * speed / dot(forces, forces).sqrt();
            for (v, f) in self.velocity.iter_mut().zip(forces) {
                *v = *v * (1.0 - self.alpha) + f * turn;
            }
            if self.downhill > DELAY {
                self.dt = (self.dt * GROW).min(DT_MAX);
                self.alpha *= ALPHA_DECAY;
            }
            self.downhill += 1;
        } else {
            self.velocity.fill(Vector3::zeros());
            self.alpha = ALPHA;
            self.dt *= SHRINK;
            self.downhill = 0;
        }
        for (v, f) in self.velocity.iter_mut().zip(forces) {
            *v += f * self.dt;
        }
        let length = dot(&self.velocity, &self.velocity).sqrt() * self.dt;
        let scale = if length > MAX_STEP { self.dt * MAX_STEP / length } else { self.dt };
        for (x, v) in variables.iter_mut().zip(&self.velocity) {
            *x += v * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// f = -x, four steps from (1, 0, 0) by hand.
    #[test]
    fn the_first_steps_are_those_of_the_formulae() {
        let mut fire = Fire::default();
        let mut x = [Vector3::new(1.0, 0.0, 0.0)];
        let mut go = |x: &mut [Vector3<f64>; 1]| fire.step(&[-x[0]], x);
        go(&mut x);
        // v = -0.1, x = 1 - 0.01.
        assert!((x[0].x - 0.99).abs() < 1e-15);
        go(&mut x);
        // Velocity and force are parallel, so that turning changes nothing: v = -0.1 - 0.099.
        assert!((x[0].x - (0.99 - 0.0199)).abs() < 1e-15);
    }
}
