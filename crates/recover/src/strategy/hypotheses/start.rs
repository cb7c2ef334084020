//! Where trials start.

use braggscape_crystal::Structure;
use braggscape_crystal::symmetry::Hypothesis;
use nalgebra::Vector3;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Least standard deviation of a start's displacements, fractions of the cell.
const LEAST: f64 = 0.01;

/// Standard deviation of a small move of all sites.
const SHAKE: f64 = 0.02;

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

    /// The nearest structure of the symmetry to the given coordinates displaced once more.
    pub(super) fn start(&mut self, hypothesis: &Hypothesis) -> Vec<Vector3<f64>> {
        let coords = hypothesis.structure().frac_coords();
        let square: f64 = coords.iter().zip(&self.given).map(|(y, x)| (y - x).norm_squared()).sum();
        let n_bound = (3 * coords.len()).saturating_sub(hypothesis.n_free()).max(1);
        let sigma = (square / n_bound as f64).sqrt().max(LEAST);
        let given = self.given.clone();
        let shaken: Vec<_> = given.iter().map(|x| x + self.normals(sigma)).collect();
        hypothesis.nearest(&shaken)
    }

    /// The best end so far, changed in one place: an orbit stands where a new start has it, or two orbits of different kinds change
    /// places, or all move a little.
    pub(super) fn hop(
        &mut self,
        hypothesis: &Hypothesis,
        end: &[Vector3<f64>],
    ) -> Vec<Vector3<f64>> {
        let orbits = hypothesis.orbits();
        let mut coords = end.to_vec();
        match self.rng.random_range(0..4) {
            0 => {
                // Change places.
                let pairs: Vec<(usize, usize)> = (0..orbits.len())
                    .flat_map(|i| (0..i).map(move |j| (i, j)))
                    .filter(|(i, j)| orbits[*i].may_change_with(&orbits[*j]))
                    .collect();
                if !pairs.is_empty() {
                    let (i, j) = pairs[self.rng.random_range(0..pairs.len())];
                    for (a, b) in orbits[i].sites.iter().zip(&orbits[j].sites) {
                        coords.swap(*a, *b);
                    }
                    return coords;
                }
                let shaken: Vec<_> = coords.iter().map(|x| x + self.normals(SHAKE)).collect();
                hypothesis.nearest(&shaken)
            }
            1 => {
                let shaken: Vec<_> = coords.iter().map(|x| x + self.normals(SHAKE)).collect();
                hypothesis.nearest(&shaken)
            }
            _ => {
                let fresh = self.start(hypothesis);
                let movable: Vec<_> = orbits.iter().filter(|o| o.n_free > 0).collect();
                if !movable.is_empty() {
                    let orbit = movable[self.rng.random_range(0..movable.len())];
                    for site in &orbit.sites {
                        coords[*site] = fresh[*site];
                    }
                }
                coords
            }
        }
    }

    fn normals(&mut self, sigma: f64) -> Vector3<f64> {
        Vector3::from_fn(|_, _| sigma * self.normal())
    }

    /// Standard normal, by the method of Box & Muller with the functions of `libm`.
    fn normal(&mut self) -> f64 {
        // The first number lies in (0, 1].
        let radius = (-2.0 * libm::log(1.0 - self.rng.random::<f64>())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.rng.random::<f64>())
    }
}
