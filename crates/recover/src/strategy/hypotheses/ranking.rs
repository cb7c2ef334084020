//! Which hypothesis is tried next.

/// Trials shared out by rank: of two hypotheses the one of rank r is tried about twice as often as that of rank 2 r.
///
/// The next one is that with the smallest (rank + 1)(trials + 1). Where nothing is free one trial is all.
#[derive(Debug)]
pub(super) struct Ranking {
    /// Trials so far and most trials, by rank.
    tried: Vec<(usize, usize)>,
}

/// Most trials of a hypothesis with something free.
const MAX_TRIALS: usize = 200;

impl Ranking {
    /// Hypotheses of so many free parameters, the likeliest first.
    pub(super) fn new(n_free: impl Iterator<Item = usize>) -> Self {
        Self { tried: n_free.map(|n| (0, if n == 0 { 1 } else { MAX_TRIALS })).collect() }
    }

    /// Rank and number of earlier trials of the next one; `None` when all have been tried out.
    pub(super) fn next(&mut self) -> Option<(usize, usize)> {
        let open = self.tried.iter().enumerate().filter(|(_, (n, most))| n < most);
        let (rank, (n, _)) = open.min_by_key(|(rank, (n, _))| (rank + 1) * (n + 1))?;
        let n = *n;
        self.tried[rank].0 += 1;
        Some((rank, n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_ones_are_tried_more_often() {
        let mut ranking = Ranking::new([0, 3, 2, 5].into_iter());
        let order: Vec<_> = (0..6).map_while(|_| ranking.next()).collect();
        // (rank + 1)(trials + 1): 1; 2, 3, 4, 4 (rank 1 again), 6 ...
        assert_eq!(order, [(0, 0), (1, 0), (2, 0), (1, 1), (3, 0), (1, 2)]);
    }

    #[test]
    fn what_has_nothing_free_is_tried_once() {
        let mut ranking = Ranking::new([0, 0].into_iter());
        assert_eq!(
            [ranking.next(), ranking.next(), ranking.next()],
            [Some((0, 0)), Some((1, 0)), None]
        );
    }
}
