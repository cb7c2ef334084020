//! How well a constraint explains displaced sites.

/// ln sqrt(2 pi).
const LN_SQRT_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// Standard deviations that are averaged over, fractions of the cell: a logarithmic scale from what a refinement leaves to where
/// sites are lost.
pub(super) const SIGMAS: [f64; 5] = [0.005, 0.015, 0.04, 0.08, 0.12];

/// What the evidence of a constraint is made of; that of several kinds of sites is their sum.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Terms {
    /// Sum of squared displacements, in fractions of the cell.
    pub(super) square: f64,
    /// Number of free coordinates.
    pub(super) n_free: usize,
    /// ln det of the Gram matrix of the directions.
    pub(super) log_det: f64,
}

impl Terms {
    pub(super) fn plus(&self, other: &Self) -> Self {
        Self {
            square: self.square + other.square,
            n_free: self.n_free + other.n_free,
            log_det: self.log_det + other.log_det,
        }
    }

    /// ln of the probability density of the displaced sites at one standard deviation, but for the part (2 pi sigma^2)^(-3n/2)
    /// that all constraints share.
    pub(super) fn at(&self, sigma: f64) -> f64 {
        let width = libm::log(sigma) + LN_SQRT_TWO_PI;
        -0.5 * self.square / (sigma * sigma) + self.n_free as f64 * width - 0.5 * self.log_det
    }

    /// ln of the evidence: the density with every standard deviation of [`SIGMAS`] equally likely.
    pub(super) fn evidence(&self, n_sites: usize) -> f64 {
        let terms = SIGMAS.map(|sigma| {
            let width = libm::log(sigma) + LN_SQRT_TWO_PI;
            self.at(sigma) - 3.0 * n_sites as f64 * width
        });
        log_mean(&terms)
    }
}

/// ln of the mean of exponentials.
fn log_mean(terms: &[f64]) -> f64 {
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = terms.iter().map(|t| libm::exp(t - largest)).sum();
    largest + libm::log(sum / terms.len() as f64)
}

/// Standard deviations of strains that are averaged over.
const STRAINS: [f64; 4] = [0.003, 0.01, 0.03, 0.1];

/// ln of the evidence of a lattice for the metric of a group, from the sum of the squared strains that it takes and the number of
/// strains that the group forbids.
pub(super) fn lattice_evidence(square: f64, n_bound: usize) -> f64 {
    let terms = STRAINS.map(|sigma| {
        let width = libm::log(sigma) + LN_SQRT_TWO_PI;
        -0.5 * square / (sigma * sigma) - n_bound as f64 * width
    });
    log_mean(&terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_parameters_win_where_displacements_are_alike_and_lose_where_they_are_not() {
        // Four sites, all coordinates free: nothing to explain.
        let free = Terms { square: 0.0, n_free: 12, log_det: 0.0 };
        // One free parameter, displacements of 0.02 in the eleven others.
        let bound = Terms { square: 11.0 * 0.02 * 0.02, n_free: 1, log_det: 0.0 };
        assert!(bound.evidence(4) > free.evidence(4));
        // Displacements of half a cell are not explained by any of the standard deviations.
        let wrong = Terms { square: 11.0 * 0.5 * 0.5, ..bound };
        assert!(wrong.evidence(4) < free.evidence(4));
    }

    #[test]
    fn the_evidence_is_the_mean_of_gaussians() {
        // One coordinate bound, two free, square 0.01: the mean over sigma of exp(-0.005/s^2)/(s sqrt(2 pi)).
        let terms = Terms { square: 0.01, n_free: 2, log_det: 0.0 };
        let normal = |s: f64| libm::exp(-0.005 / (s * s)) / (s * std::f64::consts::TAU.sqrt());
        let mean = SIGMAS.iter().map(|s| normal(*s)).sum::<f64>() / SIGMAS.len() as f64;
        assert!((terms.evidence(1) - libm::log(mean)).abs() < 1e-12);
    }
}
