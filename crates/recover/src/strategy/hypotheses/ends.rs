//! The best ends of all trials.

use super::contacts::Contacts;
use super::fit::Trial;
use braggscape_crystal::Structure;

/// Ends that are kept.
const KEPT: usize = 12;

/// Ends fit equally well if their criteria differ by less than this.
const EQUALLY: f64 = 10.0;

/// Ends above this and above so many times the misfit of the first are no alternatives to it.
const NEARLY: (f64, f64) = (1e-5, 30.0);

/// Structures whose sorted distances all agree within this, Å, are one.
const SAME: f64 = 0.03;

/// The end of a trial of a hypothesis.
#[derive(Debug, Clone)]
pub(super) struct End {
    /// Rank of the hypothesis.
    pub(super) rank: usize,
    pub(super) n_free: usize,
    pub(super) trial: Trial,
    distances: Vec<f64>,
}

/// The best ends of all trials, each structure once.
#[derive(Debug)]
pub(super) struct Ends {
    contacts: Contacts,
    /// Independent numbers that the target holds.
    n_data: f64,
    best: Vec<End>,
}

/// Bayes' information criterion of a fit.
pub(super) fn criterion(n_data: f64, n_free: usize, misfit: f64) -> f64 {
    n_data * libm::log(misfit.max(1e-12)) + n_free as f64 * libm::log(n_data)
}

impl Ends {
    pub(super) fn new(start: &Structure, n_data: f64) -> Self {
        Self { contacts: Contacts::new(start.lattice()), n_data, best: Vec::new() }
    }

    /// Takes an end, if it is among the best.
    pub(super) fn report(&mut self, rank: usize, n_free: usize, trial: &Trial) {
        if self.best.len() == KEPT && self.best.iter().all(|e| e.trial.misfit <= trial.misfit) {
            return;
        }
        let distances = self.contacts.sorted(&trial.structure);
        let end = End { rank, n_free, trial: trial.clone(), distances };
        let same = |other: &&mut End| {
            other.distances.len() == end.distances.len()
                && other.distances.iter().zip(&end.distances).all(|(a, b)| (a - b).abs() < SAME)
        };
        match self.best.iter_mut().find(same) {
            Some(known) => {
                let better = criterion(self.n_data, end.n_free, end.trial.misfit)
                    < criterion(self.n_data, known.n_free, known.trial.misfit);
                if better {
                    *known = end;
                }
            }
            None => self.best.push(end),
        }
        self.best.sort_by(|a, b| a.trial.misfit.total_cmp(&b.trial.misfit));
        self.best.truncate(KEPT);
    }

    /// The ends, the best first: by Bayes' information criterion, and of those that fit equally well the one with the longest shortest
    /// distance. Behind the first only those that fit nearly as well.
    pub(super) fn ranked(mut self) -> Vec<End> {
        let n_data = self.n_data;
        let value = |e: &End| criterion(n_data, e.n_free, e.trial.misfit);
        self.best.sort_by(|a, b| value(a).total_cmp(&value(b)));
        let Some(first) = self.best.first().map(value) else { return Vec::new() };
        let equal = self.best.partition_point(|e| value(e) < first + EQUALLY);
        let shortest = |e: &End| self.contacts.shortest(&e.trial.structure.frac_coords());
        self.best[..equal].sort_by(|a, b| shortest(b).total_cmp(&shortest(a)));
        let (least, times) = NEARLY;
        let bar = (times * self.best[0].trial.misfit).max(least);
        let mut number = 0;
        self.best.retain(|e| {
            number += 1;
            number == 1 || e.trial.misfit <= bar
        });
        self.best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::study_crystal;

    fn trial(z: f64, misfit: f64) -> Trial {
        let nas = study_crystal("NaS").unwrap().structure();
        let mut coords = nas.frac_coords();
        coords[0].z += z;
        Trial { structure: nas.with_frac_coords(&coords).unwrap(), misfit }
    }

    #[test]
    fn one_structure_is_one_end_with_the_fewest_parameters() {
        let start = study_crystal("NaS").unwrap().structure();
        let mut ends = Ends::new(&start, 70.0);
        ends.report(3, 8, &trial(0.0, 1e-10));
        ends.report(5, 1, &trial(0.0, 1e-10));
        ends.report(1, 2, &trial(0.2, 1e-3));
        ends.report(2, 2, &trial(0.1, 2e-10));
        let ranked = ends.ranked();
        assert_eq!(ranked.iter().map(|e| e.rank).collect::<Vec<_>>(), [5, 2]);
    }
}
