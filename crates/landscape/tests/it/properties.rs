//! Laws of minima, basins and barriers on arbitrary grids, with plateaus and holes.

use braggscape_landscape::{Grid, Link, Minima, Section, SectionAxis};
use proptest::prelude::*;

fn section(n: usize, m: usize) -> Section {
    let axis = |name, n, i| {
        SectionAxis::new(name, "", [0.0, (n - 1) as f64], n, vec![Link::plain(i)]).unwrap()
    };
    Section::new([axis("u", n, 0), axis("v", m, 1)], vec![0.0; 2]).unwrap()
}

/// Small grids of few levels, so that plateaus are common; about one point in eight is a hole.
fn grids() -> impl Strategy<Value = Grid> {
    let point = prop_oneof![1 => Just(None), 7 => (0_u8..6).prop_map(|v| Some(f64::from(v)))];
    let shape = (2_usize..8, 2_usize..8);
    shape.prop_flat_map(move |(n, m)| {
        prop::collection::vec(point.clone(), n * m)
            .prop_map(move |values| Grid::from_values(section(n, m), values).unwrap())
    })
}

fn around(grid: &Grid, k: usize) -> Vec<usize> {
    let [n, m] = grid.section().shape();
    let [i, j] = grid.section().node(k);
    let near = |a: usize, b: usize| a.abs_diff(b) <= 1;
    let all = (0..n * m).filter(|q| *q != k && grid.value(*q).is_some());
    all.filter(|q| {
        let [p, r] = grid.section().node(*q);
        near(p, i) && near(r, j)
    })
    .collect()
}

/// The lowest height at which each point can be reached from one: repeated relaxation until nothing changes.
fn heights(grid: &Grid, from: usize) -> Vec<f64> {
    let n = grid.section().n_points();
    let mut best = vec![f64::INFINITY; n];
    best[from] = grid.value(from).unwrap();
    loop {
        let before = best.clone();
        for k in (0..n).filter(|k| grid.value(*k).is_some()) {
            for q in around(grid, k) {
                best[k] = best[k].min(best[q].max(grid.value(k).unwrap()));
            }
        }
        if best == before {
            return best;
        }
    }
}

proptest! {
    #[test]
    fn every_point_belongs_to_a_minimum_and_areas_sum_to_the_whole(
        grid in grids(),
        min_prominence in 0.0_f64..3.0,
    ) {
        let minima = Minima::of(&grid, min_prominence);
        for k in 0..grid.section().n_points() {
            prop_assert_eq!(minima.basin(k).is_none(), grid.value(k).is_none());
            if let (Some(basin), Some(value)) = (minima.basin(k), grid.value(k)) {
                prop_assert!(minima.found()[basin].value <= value);
            }
        }
        for (i, minimum) in minima.found().iter().enumerate() {
            prop_assert_eq!(minima.basin(minimum.index), Some(i));
            prop_assert!(minimum.basin_share > 0.0);
            let lower = |k: &usize| grid.value(*k).unwrap() < minimum.value;
            prop_assert!(!around(&grid, minimum.index).iter().any(lower));
            if let Some(prominence) = minimum.prominence() {
                prop_assert!(prominence >= min_prominence && prominence > 0.0);
                prop_assert!(minimum.barrier.unwrap().to < i);
            }
        }
        let sum: f64 = minima.found().iter().map(|m| m.basin_share).sum();
        prop_assert!((sum + grid.hole_share() - 1.0).abs() < 1e-12);
        let sorted = minima.found().windows(2).all(|pair| pair[0].value <= pair[1].value);
        prop_assert!(sorted);
    }

    #[test]
    fn barriers_are_the_lowest_passes_to_a_deeper_minimum(grid in grids()) {
        let minima = Minima::of(&grid, 0.0);
        for (i, minimum) in minima.found().iter().enumerate() {
            let heights = heights(&grid, minimum.index);
            // Deeper, or of this depth and earlier.
            let pass = minima.found()[..i].iter().map(|m| heights[m.index]);
            let pass = pass.reduce(f64::min).filter(|h| h.is_finite());
            prop_assert_eq!(minimum.barrier.map(|b| b.value), pass);
            if let Some(barrier) = minimum.barrier {
                prop_assert_eq!(grid.value(barrier.index), Some(barrier.value));
                prop_assert!(heights[barrier.index] <= barrier.value);
                prop_assert!(heights[minima.found()[barrier.to].index] <= barrier.value);
            }
        }
        // There are as many minima as plateaus without a lower neighbour.
        let n = grid.section().n_points();
        let plateau_is_minimum = |k: usize| {
            let level = grid.value(k).unwrap();
            let mut seen = vec![k];
            let mut at = 0;
            while at < seen.len() {
                for q in around(&grid, seen[at]) {
                    match grid.value(q).unwrap().total_cmp(&level) {
                        std::cmp::Ordering::Less => return None,
                        std::cmp::Ordering::Equal if !seen.contains(&q) => seen.push(q),
                        _ => {}
                    }
                }
                at += 1;
            }
            seen.into_iter().min()
        };
        let firsts = (0..n).filter(|k| grid.value(*k).is_some()).filter_map(plateau_is_minimum);
        let firsts: std::collections::BTreeSet<usize> = firsts.collect();
        prop_assert_eq!(firsts.len(), minima.found().len());
    }

    #[test]
    fn scaling_and_lifting_the_values_changes_no_basin(grid in grids(), lift in -3.0_f64..3.0) {
        let moved = grid.values().iter().map(|v| v.map(|v| 4.0 * v + lift.round())).collect();
        let moved = Grid::from_values(grid.section().clone(), moved).unwrap();
        let [a, b] = [&grid, &moved].map(|grid| Minima::of(grid, 0.0));
        prop_assert_eq!(a.basins(), b.basins());
        for (p, q) in a.found().iter().zip(b.found()) {
            prop_assert_eq!(p.prominence().map(|h| 4.0 * h), q.prominence());
        }
    }
}
