//! Radial and angular functions and their derivatives.
//!
//! Radial: B_n(d) = env(d/r) sqrt(2/r) sin(f_n d/r)/d with the envelope env(x) = 1 - 45 x^8 + 80 x^9 - 36 x^10. Angular:
//! 1/sqrt(2 pi), sin(w_k theta)/sqrt(pi), cos(w_k theta)/sqrt(pi) with theta = arccos((1 - 1e-6) n . n'). Rows have 32 numbers, the
//! last one 0. Everything here is in double precision; rows are rounded at the end.

use super::graph::Graph;
use super::layers::BASIS;
use super::quotient::Partition;
use super::real::{Real, sin_cos};
use super::rows::room;
use nalgebra::{Matrix3, Vector3};
use pulp::{Simd, WithSimd};
use std::f64::consts::PI;

/// Keeps the arc cosine away from straight angles, where its slope is infinite.
const INSIDE: f64 = 1.0 - 1e-6;

/// Frequencies of sines and cosines of an angle.
const WAVES: usize = 15;

/// Frequencies of the functions.
#[derive(Debug, Clone)]
pub(super) struct Frequencies {
    radial: [f64; BASIS],
    cutoff: f64,
}

impl Frequencies {
    pub(super) fn new(radial: &[f64], cutoff: f64) -> Self {
        // A frequency of 0 makes the last function 0.
        Self { radial: std::array::from_fn(|n| radial.get(n).copied().unwrap_or(0.0)), cutoff }
    }
}

/// Radial functions of distances, and their slopes.
#[inline(always)]
pub(super) fn radial<T: Real, S: Simd>(
    simd: S,
    frequencies: &Frequencies,
    distances: &[f64],
    values: &mut Vec<T>,
    slopes: &mut Vec<T>,
) {
    room(values, distances.len() * BASIS);
    room(slopes, distances.len() * BASIS);
    let rows = values.as_chunks_mut().0.iter_mut().zip(slopes.as_chunks_mut().0);
    for (d, (values, slopes)) in distances.iter().zip(rows) {
        simd.vectorize(Radial { frequencies, d: *d, values, slopes });
    }
}

struct Radial<'a, T> {
    frequencies: &'a Frequencies,
    d: f64,
    values: &'a mut [T; BASIS],
    slopes: &'a mut [T; BASIS],
}

impl<T: Real> WithSimd for Radial<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (d, r) = (self.d, self.frequencies.cutoff);
        let x = d / r;
        let x2 = x * x;
        let x7 = x2 * x2 * x2 * x;
        let norm = (2.0 / r).sqrt();
        // The envelope over d, and its slope.
        let env = (1.0 + x7 * x * ((80.0 - 36.0 * x) * x - 45.0)) * norm / d;
        let env_slope = x7 * ((720.0 - 360.0 * x) * x - 360.0) / r * norm / d - env / d;
        for n in 0..BASIS {
            let f = self.frequencies.radial[n] / r;
            let (sin, cos) = sin_cos(f * d);
            self.values[n] = T::narrow(env * sin);
            self.slopes[n] = T::narrow(env_slope * sin + env * f * cos);
        }
    }
}

/// Angular functions of angles of these cosines.
#[inline(always)]
pub(super) fn angular<T: Real, S: Simd>(
    simd: S,
    frequencies: &[f64],
    cosines: &[f64],
    values: &mut Vec<T>,
) {
    room(values, cosines.len() * BASIS);
    let mut waves = [0.0; WAVES];
    waves.copy_from_slice(&frequencies[..WAVES]);
    for (cosine, values) in cosines.iter().zip(values.as_chunks_mut().0) {
        let theta = libm::acos(cosine * INSIDE);
        simd.vectorize(Angular { waves: &waves, theta, values });
    }
}

struct Angular<'a, T> {
    waves: &'a [f64; WAVES],
    theta: f64,
    values: &'a mut [T; BASIS],
}

impl<T: Real> WithSimd for Angular<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let norm = 1.0 / PI.sqrt();
        self.values[0] = T::narrow(norm * std::f64::consts::FRAC_1_SQRT_2);
        self.values[BASIS - 1] = T::default();
        let mut both = [(0.0, 0.0); WAVES];
        for (both, wave) in both.iter_mut().zip(self.waves) {
            *both = sin_cos(wave * self.theta);
        }
        for (k, (sin, cos)) in both.into_iter().enumerate() {
            self.values[1 + k] = T::narrow(norm * sin);
            self.values[1 + WAVES + k] = T::narrow(norm * cos);
        }
    }
}

/// Forces on atoms and the virial, summed up from derivatives in bond vectors.
#[derive(Debug, Default)]
pub(super) struct Pull {
    /// dE/dv of each bond.
    bonds: Vec<Vector3<f64>>,
    /// Derivatives in one length or angle of each class.
    slopes: Vec<f64>,
}

impl Pull {
    /// Begins with this many bonds.
    pub(super) fn begin(&mut self, n_bonds: usize) {
        self.bonds.clear();
        self.bonds.resize(n_bonds, Vector3::zeros());
    }

    /// Adds derivatives in radial functions of the first classes of bonds.
    pub(super) fn radial<T: Real>(
        &mut self,
        graph: &Graph,
        bonds: &Partition,
        slopes: &[T],
        adjoint: &[T],
    ) {
        let rows = slopes.as_chunks::<BASIS>().0.iter().zip(adjoint.as_chunks::<BASIS>().0);
        self.slopes.clear();
        self.slopes.extend(bonds.classes.iter().zip(rows).map(|(class, (slopes, adjoint))| {
            let mut lanes = [0.0; 8];
            for (s, a) in slopes.as_chunks::<8>().0.iter().zip(adjoint.as_chunks::<8>().0) {
                for i in 0..8 {
                    lanes[i] += s[i].wide() * a[i].wide();
                }
            }
            lanes.iter().sum::<f64>() / f64::from(class.members)
        }));
        for ((bond, pull), class) in graph.bonds.iter().zip(&mut self.bonds).zip(&bonds.of) {
            if let Some(slope) = self.slopes.get(*class as usize) {
                *pull += bond.vector * (slope / bond.distance);
            }
        }
    }

    /// Adds derivatives in angular functions of all classes of pairs.
    pub(super) fn angular<T: Real>(
        &mut self,
        frequencies: &[f64],
        graph: &Graph,
        pairs: &Partition,
        values: &[T],
        adjoint: &[T],
    ) {
        let rows = values.as_chunks::<BASIS>().0.iter().zip(adjoint.as_chunks::<BASIS>().0);
        self.slopes.clear();
        self.slopes.extend(pairs.classes.iter().zip(rows).map(|(class, (values, adjoint))| {
            let mut slope = 0.0;
            for (k, w) in frequencies[..WAVES].iter().enumerate() {
                let (sin, cos) = (1 + k, 1 + WAVES + k);
                let along = adjoint[sin].wide() * values[cos].wide()
                    - adjoint[cos].wide() * values[sin].wide();
                slope += w * along;
            }
            slope / f64::from(class.members)
        }));
        for ((pair, c0), class) in graph.angles.iter().zip(&graph.cosines).zip(&pairs.of) {
            let c = c0 * INSIDE;
            let d = -self.slopes[*class as usize] * INSIDE / (1.0 - c * c).sqrt();
            let ((a, da), (b, db)) = (graph.vector(pair.first), graph.vector(pair.second));
            let (a, b) = (a / da, b / db);
            self.edge(pair.first, (b - a * *c0) * (d / da));
            self.edge(pair.second, (a - b * *c0) * (d / db));
        }
    }

    fn edge(&mut self, edge: u32, g: Vector3<f64>) {
        let pull = &mut self.bonds[edge as usize / 2];
        if edge.is_multiple_of(2) {
            *pull += g;
        } else {
            *pull -= g;
        }
    }

    /// Forces, and dE/d(strain), eV.
    pub(super) fn finish(&self, graph: &Graph, forces: &mut [Vector3<f64>]) -> Matrix3<f64> {
        let mut virial = Matrix3::zeros();
        for (bond, g) in graph.bonds.iter().zip(&self.bonds) {
            forces[bond.first] -= g;
            forces[bond.second] += g;
            virial += bond.vector * g.transpose();
        }
        virial
    }
}
