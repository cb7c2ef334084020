//! The transportation problem: moving whole units from rows to columns at the least total cost.

use crate::MetricError;

const NONE: usize = usize::MAX;

/// Matrix elements that a search looks at before it is given up: some seconds of work.
const MAX_STEPS: u64 = 10_000_000_000;

/// Buffers of the solver, kept between calls.
#[derive(Debug, Default)]
pub(super) struct Transport {
    row_dual: Vec<f64>,
    column_dual: Vec<f64>,
    /// Units moved, row by row.
    flow: Vec<u64>,
    /// Cost of the cheapest path from the source to each column, and the row before it.
    path_cost: Vec<f64>,
    path: Vec<usize>,
    /// The column through which each row was reached, and at what cost.
    came_by: Vec<usize>,
    row_cost: Vec<f64>,
    /// Columns that are not settled.
    open: Vec<usize>,
    settled: Vec<usize>,
    reached: Vec<usize>,
    steps: u64,
}

impl Transport {
    /// The least total of units times costs that moves all of `supply` to `demand`, two lists of one sum; both are used up.
    ///
    /// Dual potentials start from the cheapest elements of columns and rows, and what can be moved at reduced cost 0 is.
    /// The rest goes along shortest augmenting paths, found on reduced costs (Dijkstra's search). Every path moves at least
    /// one whole unit, so their number is bounded by the sum of the supply, whatever the rounding of costs.
    ///
    /// # References
    /// J. Edmonds & R. M. Karp, J. ACM 19, 248 (1972), doi:10.1145/321694.321699; R. Jonker & A. Volgenant, Computing 38, 325
    /// (1987), doi:10.1007/BF02278710.
    pub(super) fn solve(
        &mut self,
        supply: &mut [u64],
        demand: &mut [u64],
        costs: &[f64],
    ) -> Result<f64, MetricError> {
        let (n_rows, n_columns) = (supply.len(), demand.len());
        debug_assert_eq!(costs.len(), n_rows * n_columns);
        self.steps = 0;
        self.start(supply, demand, costs);
        for row in 0..n_rows {
            while supply[row] > 0 {
                let Some(sink) = self.search(row, demand, costs)? else {
                    debug_assert!(false, "the sums of supply and demand are equal");
                    return Ok(f64::INFINITY);
                };
                self.augment(row, sink, supply, demand);
            }
        }
        let mut total = 0.0;
        for (units, cost) in self.flow.iter().zip(costs) {
            if *units > 0 {
                total += *units as f64 * cost;
            }
        }
        Ok(total)
    }

    /// Potentials of the cheapest elements, and what they allow to move.
    fn start(&mut self, supply: &mut [u64], demand: &mut [u64], costs: &[f64]) {
        let (n_rows, n_columns) = (supply.len(), demand.len());
        for list in [&mut self.path_cost, &mut self.column_dual] {
            list.clear();
            list.resize(n_columns, f64::INFINITY);
        }
        self.path.clear();
        self.path.resize(n_columns, NONE);
        for list in [&mut self.row_dual, &mut self.row_cost] {
            list.clear();
            list.resize(n_rows, f64::INFINITY);
        }
        self.came_by.clear();
        self.came_by.resize(n_rows, NONE);
        self.flow.clear();
        self.flow.resize(costs.len(), 0);
        for costs in costs.chunks_exact(n_columns.max(1)) {
            for (dual, cost) in self.column_dual.iter_mut().zip(costs) {
                *dual = dual.min(*cost);
            }
        }
        for (row, costs) in costs.chunks_exact(n_columns.max(1)).enumerate() {
            let reduced = costs.iter().zip(&self.column_dual).map(|(cost, dual)| cost - dual);
            let lowest = reduced.clone().fold(f64::INFINITY, f64::min);
            self.row_dual[row] = lowest;
            for (column, reduced) in reduced.enumerate() {
                if reduced <= lowest {
                    let units = supply[row].min(demand[column]);
                    self.flow[row * n_columns + column] = units;
                    supply[row] -= units;
                    demand[column] -= units;
                }
            }
        }
    }

    /// The nearest column with a demand, seen from a row with a supply; potentials are those of the search.
    fn search(
        &mut self,
        source: usize,
        demand: &[u64],
        costs: &[f64],
    ) -> Result<Option<usize>, MetricError> {
        let (n_columns, n_rows) = (demand.len(), self.row_dual.len());
        self.open.clear();
        self.open.extend(0..n_columns);
        self.settled.clear();
        self.path_cost.fill(f64::INFINITY);
        self.came_by.fill(NONE);
        self.row_cost.fill(f64::INFINITY);
        self.reached.clear();
        self.reached.push(source);
        self.row_cost[source] = 0.0;
        let mut next = 0;
        loop {
            // Rows reached since the last column was settled.
            while let Some(&row) = self.reached.get(next) {
                next += 1;
                let base = self.row_cost[row] - self.row_dual[row];
                let costs = &costs[row * n_columns..(row + 1) * n_columns];
                for &column in &self.open {
                    let cost = base + costs[column] - self.column_dual[column];
                    if cost < self.path_cost[column] {
                        self.path_cost[column] = cost;
                        self.path[column] = row;
                    }
                }
                self.steps += self.open.len() as u64;
            }
            if self.steps > MAX_STEPS {
                return Err(MetricError::TooLarge {
                    what: "steps of the earth mover's distance",
                    limit: MAX_STEPS,
                });
            }
            let (mut lowest, mut at) = (f64::INFINITY, NONE);
            for (index, &column) in self.open.iter().enumerate() {
                let cost = self.path_cost[column];
                // Of equally near columns, one that ends the search.
                if cost < lowest || (cost <= lowest && demand[column] > 0) {
                    (lowest, at) = (cost, index);
                }
            }
            if at == NONE {
                return Ok(None);
            }
            let column = self.open.swap_remove(at);
            if demand[column] > 0 {
                self.raise(lowest);
                return Ok(Some(column));
            }
            self.settled.push(column);
            // What was moved to it can be taken back, at reduced cost 0.
            for row in 0..n_rows {
                if self.flow[row * n_columns + column] > 0 && self.row_cost[row].is_infinite() {
                    self.row_cost[row] = lowest;
                    self.came_by[row] = column;
                    self.reached.push(row);
                }
            }
            self.steps += n_rows as u64;
        }
    }

    /// Makes the reduced costs along the cheapest paths 0.
    fn raise(&mut self, nearest: f64) {
        for &row in &self.reached {
            self.row_dual[row] += nearest - self.row_cost[row];
        }
        for &column in &self.settled {
            self.column_dual[column] -= nearest - self.path_cost[column];
        }
    }

    /// Moves as much as the path allows.
    fn augment(&mut self, source: usize, sink: usize, supply: &mut [u64], demand: &mut [u64]) {
        let n_columns = demand.len();
        let mut units = supply[source].min(demand[sink]);
        let mut row = self.path[sink];
        while row != source {
            let column = self.came_by[row];
            units = units.min(self.flow[row * n_columns + column]);
            row = self.path[column];
        }
        let mut column = sink;
        loop {
            let row = self.path[column];
            self.flow[row * n_columns + column] += units;
            if row == source {
                break;
            }
            column = self.came_by[row];
            self.flow[row * n_columns + column] -= units;
        }
        supply[source] -= units;
        demand[sink] -= units;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A linear congruential generator: literal seed, whole numbers below `n`.
    fn generator() -> impl FnMut(u64) -> u64 {
        let mut state = 2024_u64;
        move |n| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % n
        }
    }

    /// The least total by trying every way to serve the columns, unit by unit.
    fn brute(supply: &mut Vec<u64>, demand: &[u64], costs: &[f64], column: usize) -> f64 {
        let Some(&wanted) = demand.get(column) else { return 0.0 };
        let mut left = demand.to_vec();
        let next = if wanted == 1 { column + 1 } else { column };
        left[column] -= 1;
        let mut best = f64::INFINITY;
        for row in 0..supply.len() {
            if supply[row] > 0 {
                supply[row] -= 1;
                let here = costs[row * demand.len() + column];
                best = best.min(here + brute(supply, &left, costs, next));
                supply[row] += 1;
            }
        }
        best
    }

    #[test]
    fn agrees_with_trying_everything() {
        let mut next = generator();
        let mut solver = Transport::default();
        for _ in 0..300 {
            let (rows, columns) = (1 + next(4) as usize, 1 + next(4) as usize);
            // Few values, so that ties and degenerate steps abound.
            let costs: Vec<f64> = (0..rows * columns).map(|_| next(4) as f64).collect();
            let mut supply = vec![0; rows];
            let mut demand = vec![0; columns];
            for _ in 0..7.max(columns) {
                supply[next(rows as u64) as usize] += 1;
            }
            demand.fill(1);
            for _ in 0..7_usize.saturating_sub(columns) {
                demand[next(columns as u64) as usize] += 1;
            }
            let expected = brute(&mut supply.clone(), &demand, &costs, 0);
            let total = solver.solve(&mut supply, &mut demand, &costs).unwrap();
            assert!((total - expected).abs() < 1e-12, "{costs:?}: {total}, expected {expected}");
            assert!(supply.iter().chain(&demand).all(|left| *left == 0));
        }
    }

    #[test]
    fn flows_serve_both_sides_and_potentials_prove_the_minimum() {
        let mut next = generator();
        let mut solver = Transport::default();
        for _ in 0..20 {
            let (rows, columns) = (1 + next(40) as usize, 1 + next(40) as usize);
            let (of_rows, of_columns) = (rows as u64, columns as u64);
            let costs: Vec<f64> = (0..rows * columns).map(|_| next(1000) as f64 / 1000.0).collect();
            let (supply, demand) = (vec![of_columns; rows], vec![of_rows; columns]);
            let total = solver.solve(&mut supply.clone(), &mut demand.clone(), &costs).unwrap();
            for row in 0..rows {
                let sent: u64 = solver.flow[row * columns..(row + 1) * columns].iter().sum();
                assert_eq!(sent, of_columns);
            }
            for column in 0..columns {
                let got: u64 = (0..rows).map(|row| solver.flow[row * columns + column]).sum();
                assert_eq!(got, of_rows);
            }
            // Weak duality: no flow is cheaper than a feasible pair of potentials.
            for row in 0..rows {
                for column in 0..columns {
                    let reduced = costs[row * columns + column]
                        - solver.row_dual[row]
                        - solver.column_dual[column];
                    assert!(reduced > -1e-12, "{reduced}");
                }
            }
            let dual = solver.row_dual.iter().sum::<f64>() * of_columns as f64
                + solver.column_dual.iter().sum::<f64>() * of_rows as f64;
            assert!((total - dual).abs() < 1e-9, "{total} and {dual}");
        }
    }
}
