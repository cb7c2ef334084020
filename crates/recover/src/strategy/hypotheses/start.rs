//! Where trials start.

use braggscape_crystal::Structure;
use braggscape_crystal::symmetry::Hypothesis;
use nalgebra::Vector3;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Least standard deviation of a start's displacements, fractions of the cell.
const LEAST: f64 = 0.01;

/// Starts of the trials of hypotheses: the first from the nearest structure of the symmetry, the others from that nearest to the given
/// coordinates displaced once more, by as much as the symmetry says that they are.
#[derive(Debug)]
pub(super) struct Starts {
    given: Vec<Vector3<f64>>,
    rng: ChaCha12Rng,
}

impl Starts {
    pub(super) fn new(start: &Structure, seed: u64) -> Self {
        Self { given: start.frac_coords(), rng: ChaCha12Rng::seed_from_u64(seed) }
    }

    /// The coordinates at which trial `n` starts.
    pub(super) fn start(&mut self, hypothesis: &Hypothesis, n: usize) -> Vec<Vector3<f64>> {
        let coords = hypothesis.structure().frac_coords();
        if n == 0 {
            return coords;
        }
        let square: f64 = coords.iter().zip(&self.given).map(|(y, x)| (y - x).norm_squared()).sum();
        let n_bound = (3 * coords.len()).saturating_sub(hypothesis.n_free()).max(1);
        let sigma = (square / n_bound as f64).sqrt().max(LEAST);
        let shaken: Vec<_> = self
            .given
            .clone()
            .iter()
            .map(|x| x + Vector3::from_fn(|_, _| sigma * self.normal()))
            .collect();
        hypothesis.nearest(&shaken)
    }

    /// Standard normal, by the method of Box & Muller with the functions of `libm`.
    fn normal(&mut self) -> f64 {
        // The first number lies in (0, 1].
        let radius = (-2.0 * libm::log(1.0 - self.rng.random::<f64>())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.rng.random::<f64>())
    }
}
