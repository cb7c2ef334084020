//! Linear assignment: pairing rows with columns at the least total cost.

/// The solver of linear assignments, with its buffers, which are kept between calls.
///
/// # Examples
/// ```
/// use braggscape_crystal::Assignment;
/// let mut solver = Assignment::default();
/// // Row 0 would like column 0 best, but row 1 needs it more.
/// assert_eq!(solver.solve(2, &[1.0, 2.0, 1.0, 9.0]), Some([1, 0].as_slice()));
/// ```
#[derive(Debug, Default)]
pub struct Assignment {
    row_dual: Vec<f64>,
    column_dual: Vec<f64>,
    path_cost: Vec<f64>,
    path: Vec<usize>,
    row_of: Vec<usize>,
    column_of: Vec<usize>,
    open: Vec<usize>,
    rows_seen: Vec<bool>,
    columns_seen: Vec<bool>,
    steps: u64,
}

const NONE: usize = usize::MAX;

impl Assignment {
    /// Matrix elements looked at so far by the search for augmenting paths.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The column of each row in an assignment of least total cost, for a square `cost` matrix of order `n` (row by row);
    /// `None` if every assignment holds an infinite cost.
    ///
    /// Rows are added one by one along shortest augmenting paths with dual potentials; where several columns are equally
    /// near, a free one is taken, else the first met. This is the order of SciPy's `linear_sum_assignment`, so that exact ties
    /// end alike.
    ///
    /// # References
    /// Jonker & Volgenant, Computing 38, 325 (1987), doi:10.1007/BF02278710; Crouse, IEEE Trans. Aerosp. Electron. Syst. 52,
    /// 1679 (2016), doi:10.1109/TAES.2016.140952.
    pub fn solve(&mut self, n: usize, cost: &[f64]) -> Option<&[usize]> {
        debug_assert_eq!(cost.len(), n * n);
        for v in [&mut self.row_dual, &mut self.column_dual, &mut self.path_cost] {
            v.clear();
            v.resize(n, 0.0);
        }
        for v in [&mut self.path, &mut self.row_of, &mut self.column_of] {
            v.clear();
            v.resize(n, NONE);
        }
        if self.solve_by_row_minima(n, cost) {
            return Some(&self.column_of);
        }
        self.row_of.fill(NONE);
        self.column_of.fill(NONE);
        for row in 0..n {
            if !self.augment(n, cost, row) {
                return None;
            }
        }
        Some(&self.column_of)
    }

    /// Takes each row's cheapest column; `true` if these differ, in which case nothing can be cheaper.
    fn solve_by_row_minima(&mut self, n: usize, cost: &[f64]) -> bool {
        for row in 0..n {
            let costs = &cost[row * n..(row + 1) * n];
            let (mut best, mut at) = (f64::INFINITY, NONE);
            for (j, c) in costs.iter().enumerate() {
                if *c < best {
                    (best, at) = (*c, j);
                }
            }
            if at == NONE || self.row_of[at] != NONE {
                return false;
            }
            self.row_of[at] = row;
            self.column_of[row] = at;
        }
        true
    }

    /// Assigns one more row along a shortest augmenting path.
    fn augment(&mut self, n: usize, cost: &[f64], row: usize) -> bool {
        self.open.clear();
        self.open.extend((0..n).rev());
        self.path_cost.fill(f64::INFINITY);
        for seen in [&mut self.rows_seen, &mut self.columns_seen] {
            seen.clear();
            seen.resize(n, false);
        }
        let mut reached = 0.0;
        let mut i = row;
        let sink = loop {
            self.rows_seen[i] = true;
            self.steps += self.open.len() as u64;
            let (mut lowest, mut at) = (f64::INFINITY, NONE);
            for (index, j) in self.open.iter().copied().enumerate() {
                let r = reached + cost[i * n + j] - self.row_dual[i] - self.column_dual[j];
                if r < self.path_cost[j] {
                    self.path[j] = i;
                    self.path_cost[j] = r;
                }
                let here = self.path_cost[j];
                if here < lowest || (here <= lowest && here.is_finite() && self.row_of[j] == NONE) {
                    (lowest, at) = (here, index);
                }
            }
            if at == NONE {
                return false;
            }
            reached = lowest;
            let j = self.open.swap_remove(at);
            self.columns_seen[j] = true;
            if self.row_of[j] == NONE {
                break j;
            }
            i = self.row_of[j];
        };
        self.row_dual[row] += reached;
        for k in 0..n {
            if self.rows_seen[k] && k != row {
                self.row_dual[k] += reached - self.path_cost[self.column_of[k]];
            }
        }
        for j in 0..n {
            if self.columns_seen[j] {
                self.column_dual[j] -= reached - self.path_cost[j];
            }
        }
        let mut j = sink;
        loop {
            let i = self.path[j];
            self.row_of[j] = i;
            std::mem::swap(&mut self.column_of[i], &mut j);
            if i == row {
                return true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(n: usize, cost: &[f64]) -> Option<f64> {
        let mut solver = Assignment::default();
        let columns = solver.solve(n, cost)?;
        Some(columns.iter().enumerate().map(|(i, j)| cost[i * n + j]).sum())
    }

    fn brute(n: usize, cost: &[f64], row: usize, used: &mut Vec<bool>) -> f64 {
        if row == n {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for j in 0..n {
            if !used[j] {
                used[j] = true;
                best = best.min(cost[row * n + j] + brute(n, cost, row + 1, used));
                used[j] = false;
            }
        }
        best
    }

    #[test]
    fn agrees_with_trying_all_permutations() {
        // A small linear congruential generator: literal seed, whole-number costs so that ties occur.
        let mut state = 12345_u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            f64::from((state >> 33) as u32 % 10)
        };
        for n in 1..=6 {
            for _ in 0..50 {
                let cost: Vec<f64> = (0..n * n).map(|_| next()).collect();
                let expected = brute(n, &cost, 0, &mut vec![false; n]);
                assert!((total(n, &cost).unwrap() - expected).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn infinite_costs_are_avoided_or_refused() {
        let inf = f64::INFINITY;
        assert!((total(2, &[inf, 1.0, 2.0, 1.0]).unwrap() - 3.0).abs() < 1e-12);
        assert!(total(2, &[inf, 1.0, inf, 1.0]).is_none());
        assert!(
            (total(3, &[0.0, 0.1, inf, 0.0, 9.0, inf, 5.0, 5.0, 1.0]).unwrap() - 1.1).abs() < 1e-12
        );
    }
}
