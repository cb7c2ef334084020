//! Where trials start.

use super::contacts::Contacts;
use braggscape_crystal::Structure;
use braggscape_crystal::symmetry::{Hypothesis, HypothesisOrbit};
use nalgebra::Vector3;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Least standard deviation of a start's displacements, fractions of the cell.
const LEAST: f64 = 0.01;

/// Standard deviation of a small move of all sites.
const SHAKE: f64 = 0.02;

/// Starts that are drawn for one that is taken: that with the longest shortest distance.
const DRAWN: usize = 3;

/// Places that are drawn for one that an orbit moves to: that farthest from other sites.
const PLACES: usize = 8;

/// Starts of the trials of hypotheses, and changes of their best ends.
#[derive(Debug)]
pub(super) struct Starts {
    given: Vec<Vector3<f64>>,
    contacts: Contacts,
    rng: ChaCha12Rng,
}

impl Starts {
    pub(super) fn new(start: &Structure, seed: u64) -> Self {
        Self {
            given: start.frac_coords(),
            contacts: Contacts::new(start.lattice()),
            rng: ChaCha12Rng::seed_from_u64(seed),
        }
    }

    /// The nearest structure of the symmetry to the given coordinates displaced once more, by as much as the symmetry says that they
    /// are.
    pub(super) fn start(&mut self, hypothesis: &Hypothesis) -> Vec<Vector3<f64>> {
        let coords = hypothesis.structure().frac_coords();
        let square: f64 = coords.iter().zip(&self.given).map(|(y, x)| (y - x).norm_squared()).sum();
        let n_bound = (3 * coords.len()).saturating_sub(hypothesis.n_free()).max(1);
        let sigma = (square / n_bound as f64).sqrt().max(LEAST);
        let given = self.given.clone();
        let mut best = (f64::NEG_INFINITY, coords);
        for _ in 0..DRAWN {
            let shaken: Vec<_> = given.iter().map(|x| x + self.normals(sigma)).collect();
            let drawn = hypothesis.nearest(&shaken);
            let shortest = self.contacts.shortest(&drawn);
            if shortest > best.0 {
                best = (shortest, drawn);
            }
        }
        best.1
    }

    /// The best end so far, changed in one place: an orbit stands elsewhere, two orbits of different kinds change places, or all sites
    /// move a little.
    pub(super) fn hop(
        &mut self,
        hypothesis: &Hypothesis,
        end: &[Vector3<f64>],
    ) -> Vec<Vector3<f64>> {
        let orbits = hypothesis.orbits();
        let mut coords = end.to_vec();
        match self.rng.random_range(0..10) {
            0..2 if self.change_places(&orbits, &mut coords) => coords,
            0..4 => {
                let shaken: Vec<_> = coords.iter().map(|x| x + self.normals(SHAKE)).collect();
                hypothesis.nearest(&shaken)
            }
            4..6 => {
                let fresh = self.start(hypothesis);
                if let Some(orbit) = self.movable(&orbits) {
                    for site in &orbit.sites {
                        coords[*site] = fresh[*site];
                    }
                }
                coords
            }
            _ => {
                self.relocate(hypothesis, &orbits, &mut coords);
                coords
            }
        }
    }

    /// Exchanges two orbits of different kinds on the same Wyckoff position, if there are such.
    fn change_places(&mut self, orbits: &[HypothesisOrbit], coords: &mut [Vector3<f64>]) -> bool {
        let pairs: Vec<(usize, usize)> = (0..orbits.len())
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .filter(|(i, j)| orbits[*i].may_change_with(&orbits[*j]))
            .collect();
        if pairs.is_empty() {
            return false;
        }
        let (i, j) = pairs[self.rng.random_range(0..pairs.len())];
        for (a, b) in orbits[i].sites.iter().zip(&orbits[j].sites) {
            coords.swap(*a, *b);
        }
        true
    }

    fn movable<'a>(&mut self, orbits: &'a [HypothesisOrbit]) -> Option<&'a HypothesisOrbit> {
        let movable: Vec<_> = orbits.iter().filter(|o| o.n_free > 0).collect();
        (!movable.is_empty()).then(|| movable[self.rng.random_range(0..movable.len())])
    }

    /// Moves an orbit, half the time that in closest contact with others, to where there is room.
    fn relocate(
        &mut self,
        hypothesis: &Hypothesis,
        orbits: &[HypothesisOrbit],
        coords: &mut Vec<Vector3<f64>>,
    ) {
        let Some(mut orbit) = self.movable(orbits) else { return };
        if self.rng.random::<bool>() {
            let movable = orbits.iter().filter(|o| o.n_free > 0);
            let crowded = movable.map(|o| (self.contacts.nearest(&o.sites, coords), o));
            if let Some((_, closest)) = crowded.min_by(|a, b| a.0.total_cmp(&b.0)) {
                orbit = closest;
            }
        }
        let mut best = (f64::NEG_INFINITY, coords.clone());
        for _ in 0..PLACES {
            let x = Vector3::from_fn(|_, _| self.rng.random::<f64>());
            let mut moved = coords.clone();
            hypothesis.place(orbit, &x, &mut moved);
            let room = self.contacts.nearest(&orbit.sites, &moved);
            if room > best.0 {
                best = (room, moved);
            }
        }
        *coords = best.1;
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
