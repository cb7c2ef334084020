//! Which hypothesis is tried next.

use super::ends::criterion;

/// Most trials of a hypothesis with something free.
const MAX_TRIALS: usize = 400;

/// Every so many trials one goes by what is known beforehand.
const BEFOREHAND: u64 = 3;

/// What a trial of a hypothesis begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The given coordinates: the trial of this number.
    Start(usize),
    /// The best end so far: the trial of this number.
    Hop(usize),
}

/// One hypothesis.
#[derive(Debug, Clone, Copy)]
struct Entry {
    n_free: usize,
    starts: usize,
    hops: usize,
    misfit: f64,
}

/// Trials shared out in turn by what is known beforehand and by what trials have shown.
///
/// Every third trial goes by the rank that a hypothesis has before any trial, the next one being that with the smallest
/// (rank + 1)(trials + 1): of two hypotheses the one of rank r is tried about twice as often as that of rank 2 r. The others go by the rank of
/// the best end so far, with the square of rank + 1: ends tell more. Where nothing is free one trial is all.
#[derive(Debug)]
pub(super) struct Ranking {
    entries: Vec<Entry>,
    n_data: f64,
    turn: u64,
}

impl Ranking {
    /// Hypotheses of so many free parameters, the likeliest first, for a target of so many independent numbers.
    pub(super) fn new(n_free: impl Iterator<Item = usize>, n_data: f64) -> Self {
        let entry = |n_free| Entry { n_free, starts: 0, hops: 0, misfit: f64::INFINITY };
        Self { entries: n_free.map(entry).collect(), n_data, turn: 0 }
    }

    /// A trial of this rank ended so far above a perfect fit.
    pub(super) fn report(&mut self, rank: usize, misfit: f64) {
        let best = &mut self.entries[rank].misfit;
        *best = best.min(misfit);
    }

    /// Rank and beginning of the next trial; `None` when all have been tried out.
    pub(super) fn next(&mut self) -> Option<(usize, Turn)> {
        self.turn += 1;
        if !self.turn.is_multiple_of(BEFOREHAND)
            && let Some(rank) = self.by_fit()
        {
            let entry = &mut self.entries[rank];
            entry.hops += 1;
            return Some((rank, Turn::Hop(entry.hops - 1)));
        }
        let most = |e: &Entry| if e.n_free == 0 { 1 } else { MAX_TRIALS };
        let open = self.entries.iter().enumerate().filter(|(_, e)| e.starts < most(e));
        let (rank, _) = open.min_by_key(|(rank, e)| (rank + 1) * (e.starts + 1))?;
        let entry = &mut self.entries[rank];
        entry.starts += 1;
        Some((rank, Turn::Start(entry.starts - 1)))
    }

    /// Number of trials handed out.
    pub(super) fn n_trials(&self) -> u64 {
        self.entries.iter().map(|e| (e.starts + e.hops) as u64).sum()
    }

    /// The next one by what trials have shown.
    fn by_fit(&self) -> Option<usize> {
        let tried = |(_, e): &(usize, &Entry)| e.n_free > 0 && e.misfit.is_finite();
        let mut order: Vec<(usize, &Entry)> =
            self.entries.iter().enumerate().filter(tried).collect();
        let value = |e: &Entry| criterion(self.n_data, e.n_free, e.misfit);
        order.sort_by(|a, b| value(a.1).total_cmp(&value(b.1)));
        let open = order.iter().enumerate().filter(|(_, (_, e))| e.hops < MAX_TRIALS);
        open.min_by_key(|(place, (_, e))| (place + 1).pow(2) * (e.hops + 1))
            .map(|(_, (rank, _))| *rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_ones_are_tried_more_often() {
        let mut ranking = Ranking::new([0, 3, 2, 5].into_iter(), 70.0);
        // Nothing is reported, so that only the first order counts.
        let order: Vec<_> = (0..6).map_while(|_| ranking.next()).map(|(rank, _)| rank).collect();
        // (rank + 1)(trials + 1): 1, 2, 3, 4 (rank 1 again), 4, 6.
        assert_eq!(order, [0, 1, 2, 1, 3, 1]);
    }

    #[test]
    fn two_of_three_trials_go_to_the_best_fits() {
        let mut ranking = Ranking::new([2, 2, 2].into_iter(), 70.0);
        // Before anything is reported: (rank + 1)(trials + 1) is 1, 2 (rank 0 again), 2.
        let order: Vec<_> = (0..3).map_while(|_| ranking.next()).map(|(rank, _)| rank).collect();
        assert_eq!(order, [0, 0, 1]);
        for (rank, misfit) in [(0, 0.5), (1, 0.1)] {
            ranking.report(rank, misfit);
        }
        let next: Vec<_> = (0..3).map_while(|_| ranking.next()).collect();
        assert_eq!(next, [(1, Turn::Hop(0)), (1, Turn::Hop(1)), (0, Turn::Start(2))]);
    }

    #[test]
    fn what_has_nothing_free_is_tried_once() {
        let mut ranking = Ranking::new([0, 0].into_iter(), 70.0);
        let found = [ranking.next(), ranking.next(), ranking.next()];
        assert_eq!(found, [Some((0, Turn::Start(0))), Some((1, Turn::Start(0))), None]);
    }
}
