//! The normal distribution of CMA-ES and its adaptation.

use crate::random::Stream;
use crate::{Iterate, Objective, scaled};
use nalgebra::{DMatrix, SymmetricEigen};
use serde::{Deserialize, Serialize};

/// Largest condition number of a covariance.
const CONDITION: f64 = 1e14;

/// N(mean, sigma^2 C) in k free directions, with the paths that adapt it. Vectors have k components unless said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Distribution {
    /// The mean, n components in x.
    mean: Vec<f64>,
    /// The free directions: k vectors of n components in scaled variables.
    basis: Vec<Vec<f64>>,
    sigma: f64,
    generation: u64,
    path_sigma: Vec<f64>,
    path_c: Vec<f64>,
    /// C, row by row.
    covariance: Vec<Vec<f64>>,
    /// The columns of B.
    axes: Vec<Vec<f64>>,
    /// D, the standard deviations along the axes.
    lengths: Vec<f64>,
    /// Generation in which B and D were taken from C.
    decomposed: u64,
}

/// A drawn point: z, and y = B D z.
pub(super) struct Draw {
    z: Vec<f64>,
    y: Vec<f64>,
}

impl Draw {
    /// |z|^2.
    pub(super) fn distance(&self) -> f64 {
        scaled::dot(&self.z, &self.z)
    }
}

/// The constants of the adaptation, for `lambda` points in k directions.
struct Rates {
    weights: Vec<f64>,
    mu_eff: f64,
    c_sigma: f64,
    d_sigma: f64,
    c_c: f64,
    c_1: f64,
    c_mu: f64,
    /// Expected length of a normal vector.
    chi: f64,
}

impl Rates {
    fn new(lambda: usize, k: usize) -> Self {
        let half = 0.5 * (lambda as f64 + 1.0);
        let raw: Vec<f64> =
            (1..=lambda / 2).map(|i| libm::log(half) - libm::log(i as f64)).collect();
        let total: f64 = raw.iter().sum();
        let weights = scaled::times(&raw, 1.0 / total);
        let mu_eff = 1.0 / scaled::dot(&weights, &weights);
        let n = k as f64;
        let c_sigma = (mu_eff + 2.0) / (n + mu_eff + 5.0);
        let c_1 = 2.0 / ((n + 1.3) * (n + 1.3) + mu_eff);
        let c_mu = 2.0 * (0.25 + mu_eff + 1.0 / mu_eff - 2.0) / ((n + 2.0) * (n + 2.0) + mu_eff);
        Self {
            weights,
            mu_eff,
            c_sigma,
            d_sigma: 1.0 + 2.0 * (((mu_eff - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + c_sigma,
            c_c: (4.0 + mu_eff / n) / (n + 4.0 + 2.0 * mu_eff / n),
            c_1,
            c_mu: c_mu.min(1.0 - c_1),
            chi: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
        }
    }
}

impl Distribution {
    /// A round distribution.
    pub(super) fn new(mean: Vec<f64>, basis: Vec<Vec<f64>>, sigma: f64) -> Self {
        let k = basis.len();
        let unit = |i: usize| (0..k).map(|j| if i == j { 1.0 } else { 0.0 }).collect();
        let identity: Vec<Vec<f64>> = (0..k).map(unit).collect();
        Self {
            mean,
            basis,
            sigma,
            generation: 0,
            path_sigma: vec![0.0; k],
            path_c: vec![0.0; k],
            covariance: identity.clone(),
            axes: identity,
            lengths: vec![1.0; k],
            decomposed: 0,
        }
    }

    /// Number of free directions.
    pub(super) fn dim(&self) -> usize {
        self.basis.len()
    }

    pub(super) fn sigma(&self) -> f64 {
        self.sigma
    }

    pub(super) fn halve(&mut self) {
        self.sigma *= 0.5;
    }

    pub(super) fn draw(&self, stream: &mut Stream) -> Draw {
        let z: Vec<f64> = (0..self.dim()).map(|_| stream.normal()).collect();
        let stretched: Vec<f64> = z.iter().zip(&self.lengths).map(|(z, d)| z * d).collect();
        let y = scaled::combination(&self.axes, &stretched, self.dim());
        Draw { z, y }
    }

    /// The point of a draw in x.
    pub(super) fn point(&self, f: &dyn Objective, draw: &Draw) -> Vec<f64> {
        let step = scaled::combination(&self.basis, &draw.y, self.mean.len());
        scaled::moved(f, &self.mean, self.sigma, &step)
    }

    /// Moves and adapts the distribution; draws come best first.
    pub(super) fn adapt(&mut self, f: &dyn Objective, draws: &[&Draw]) {
        let k = self.dim();
        let r = Rates::new(draws.len(), k);
        let mean = |of: fn(&Draw) -> &[f64]| {
            let mut sum = vec![0.0; k];
            for (draw, w) in draws.iter().zip(&r.weights) {
                scaled::add(&mut sum, *w, of(draw));
            }
            sum
        };
        let (y, z) = (mean(|d| &d.y), mean(|d| &d.z));
        let step = scaled::combination(&self.basis, &y, self.mean.len());
        self.mean = scaled::moved(f, &self.mean, self.sigma, &step);

        self.generation += 1;
        let push = (r.c_sigma * (2.0 - r.c_sigma) * r.mu_eff).sqrt();
        self.path_sigma.iter_mut().for_each(|p| *p *= 1.0 - r.c_sigma);
        // C^(-1/2) y = B z.
        scaled::add(&mut self.path_sigma, push, &scaled::combination(&self.axes, &z, k));
        let length = scaled::dot(&self.path_sigma, &self.path_sigma).sqrt();
        let started = 1.0 - libm::pow(1.0 - r.c_sigma, 2.0 * self.generation as f64);
        let steady = length / started.sqrt() < (1.4 + 2.0 / (k as f64 + 1.0)) * r.chi;

        self.path_c.iter_mut().for_each(|p| *p *= 1.0 - r.c_c);
        if steady {
            scaled::add(&mut self.path_c, (r.c_c * (2.0 - r.c_c) * r.mu_eff).sqrt(), &y);
        }
        let stalled = if steady { 0.0 } else { r.c_1 * r.c_c * (2.0 - r.c_c) };
        let keep = 1.0 - r.c_1 - r.c_mu + stalled;
        for i in 0..k {
            for j in 0..=i {
                let mut rank_mu = 0.0;
                for (draw, w) in draws.iter().zip(&r.weights) {
                    rank_mu += w * draw.y[i] * draw.y[j];
                }
                let rank_one = self.path_c[i] * self.path_c[j];
                let c = keep * self.covariance[i][j] + r.c_1 * rank_one + r.c_mu * rank_mu;
                self.covariance[i][j] = c;
                self.covariance[j][i] = c;
            }
        }
        let change = r.c_sigma / r.d_sigma * (length / r.chi - 1.0);
        self.sigma *= libm::exp(change.min(1.0));
        // As often as keeps the cost of it below that of the update.
        let pause = 1.0 / ((r.c_1 + r.c_mu) * k as f64 * 10.0);
        if (self.generation - self.decomposed) as f64 > pause {
            self.decompose();
        }
    }

    fn decompose(&mut self) {
        let k = self.dim();
        let c = DMatrix::from_fn(k, k, |i, j| self.covariance[i][j]);
        let Some(eigen) = SymmetricEigen::try_new(c, f64::EPSILON, 100 * k + 100) else { return };
        self.lengths = eigen.eigenvalues.iter().map(|v| v.max(0.0).sqrt()).collect();
        self.axes = eigen.eigenvectors.column_iter().map(|a| a.iter().copied().collect()).collect();
        self.decomposed = self.generation;
    }

    /// Takes out of the mean what curvature of the constraint or rounding has put there.
    pub(super) fn keep_to_constraint(&mut self, f: &dyn Objective, at: &Iterate) {
        let mut mean = self.mean.clone();
        if at.approach(f, &mut mean).is_ok() {
            self.mean = mean;
        }
    }

    /// The largest standard deviation of a direction, in scaled variables.
    pub(super) fn spread(&self) -> f64 {
        let deviations = (0..self.dim()).map(|i| self.covariance[i][i].sqrt());
        let largest = deviations.zip(&self.path_c).map(|(d, p)| d.max(p.abs())).fold(0.0, f64::max);
        self.sigma * largest
    }

    /// Whether the numbers have lost their meaning: a covariance that is too long and thin, or steps that vanish in the
    /// rounding of the mean.
    pub(super) fn is_degenerate(&self, f: &dyn Objective) -> bool {
        let longest = scaled::largest(&self.lengths);
        let shortest = self.lengths.iter().copied().fold(f64::INFINITY, f64::min);
        let sound = longest * longest <= CONDITION * shortest * shortest;
        if !sound || !self.sigma.is_finite() {
            return true;
        }
        self.axes.iter().zip(&self.lengths).any(|(axis, length)| {
            let step = scaled::combination(&self.basis, axis, self.mean.len());
            let moved = scaled::moved(f, &self.mean, 0.1 * self.sigma * length, &step);
            moved.iter().zip(&self.mean).all(|(a, b)| a.to_bits() == b.to_bits())
        })
    }

    pub(super) fn fits(&self, n: usize) -> bool {
        let k = self.dim();
        let vectors = [&self.path_sigma, &self.path_c, &self.lengths];
        let square = |m: &[Vec<f64>]| m.len() == k && m.iter().all(|row| row.len() == k);
        self.mean.len() == n
            && self.basis.iter().all(|b| b.len() == n)
            && vectors.iter().all(|v| v.len() == k)
            && square(&self.covariance)
            && square(&self.axes)
    }
}
