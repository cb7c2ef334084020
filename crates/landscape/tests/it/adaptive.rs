//! The adaptive grid against the plain one.

use crate::{ByValue, evaluator, grid, square};
use braggscape_landscape::{
    AdaptiveOptions, Evaluator, Grid, LandscapeError, Minima, adaptive_grid,
};
use braggscape_testkit::functions::TestFunction;
use std::sync::atomic::{AtomicU64, Ordering};

fn adaptive(function: TestFunction, ends: [f64; 2], n: usize, options: AdaptiveOptions) -> Grid {
    adaptive_grid(&square(ends, n), options, &evaluator(function), &|_, _| ()).unwrap()
}

#[test]
fn it_agrees_with_the_plain_grid_within_the_tolerance_for_fewer_evaluations() {
    for (function, ends, most) in [
        (TestFunction::Sphere, [-1.0, 1.5], 0.1),
        (TestFunction::Himmelblau, [-6.0, 6.0], 0.3),
        (TestFunction::Rastrigin, [-2.5, 2.5], 0.5),
    ] {
        // One part in a hundred of the range.
        let [low, high] = grid(function, ends, 321).range().unwrap();
        let tolerance = 0.01 * (high - low);
        let options = AdaptiveOptions { tolerance, ..AdaptiveOptions::default() };
        // 321 and 260 points: a whole number of coarse steps, and none.
        for n in [321, 260] {
            let (plain, found) = (grid(function, ends, n), adaptive(function, ends, n, options));
            let share = found.n_computed() as f64 / (n * n) as f64;
            assert!(share < most, "{function}: {share}");
            for k in 0..n * n {
                let [a, b] = [&plain, &found].map(|grid| grid.value(k).unwrap());
                if found.is_computed(k) {
                    assert_eq!(a.to_bits(), b.to_bits());
                } else {
                    assert!((a - b).abs() <= tolerance, "{function}: {a} {b}");
                }
            }
            let [a, b] = [plain, found].map(|grid| Minima::of(&grid, tolerance));
            assert_eq!(a.found().len(), b.found().len(), "{function}");
        }
    }
}

#[test]
fn what_is_linear_needs_no_more_than_one_look_at_each_cell() {
    let evaluator = Evaluator::new(|| ByValue(|x: f64, y: f64| Ok(2.0 * x - y)));
    let section = square([0.0, 64.0], 65);
    let options = AdaptiveOptions { tolerance: 1e-9, ..AdaptiveOptions::default() };
    let grid = adaptive_grid(&section, options, &evaluator, &|_, _| ()).unwrap();
    assert_eq!((grid.n_computed(), evaluator.evaluations()), (17 * 17, 17 * 17));
    for k in 0..section.n_points() {
        let [x, y] = section.place(k);
        assert!((grid.value(k).unwrap() - (2.0 * x - y)).abs() < 1e-12);
    }
}

#[test]
fn a_tolerance_of_zero_is_the_plain_grid() {
    let options = AdaptiveOptions { tolerance: 0.0, ..AdaptiveOptions::default() };
    let found = adaptive(TestFunction::Himmelblau, [-6.0, 5.0], 41, options);
    assert_eq!(found, grid(TestFunction::Himmelblau, [-6.0, 5.0], 41));
    // A coarse grid of single steps is the plain one, too.
    let options = AdaptiveOptions { coarse: 1, ..AdaptiveOptions::default() };
    let found = adaptive(TestFunction::Himmelblau, [-6.0, 5.0], 20, options);
    assert_eq!(found, grid(TestFunction::Himmelblau, [-6.0, 5.0], 20));
}

#[test]
fn the_budget_is_kept_and_spent_where_the_error_is_greatest() {
    let function = TestFunction::Rastrigin;
    let whole = AdaptiveOptions { tolerance: 0.1, ..AdaptiveOptions::default() };
    let n_all = adaptive(function, [-2.5, 2.5], 161, whole).n_computed() as u64;
    for max_evaluations in [441, 500, 2000, n_all - 1, n_all] {
        let options = AdaptiveOptions { max_evaluations, ..whole };
        let evaluator = evaluator(function);
        let progress = AtomicU64::new(0);
        let section = square([-2.5, 2.5], 161);
        let grid = adaptive_grid(&section, options, &evaluator, &|done, most| {
            assert!(done <= most && most <= max_evaluations);
            progress.fetch_max(done, Ordering::Relaxed);
        })
        .unwrap();
        assert_eq!(evaluator.evaluations(), grid.n_computed() as u64);
        assert_eq!(evaluator.evaluations(), progress.into_inner());
        assert!(evaluator.evaluations() <= max_evaluations && grid.n_holes() == 0);
        // A cell takes at most five evaluations, so no more than four are left over.
        assert!(max_evaluations == n_all || evaluator.evaluations() + 5 > max_evaluations);
    }
    let options = AdaptiveOptions { max_evaluations: 440, ..whole };
    let refused =
        adaptive_grid(&square([-2.5, 2.5], 161), options, &evaluator(function), &|_, _| ());
    let Err(LandscapeError::Budget { needed: 441, .. }) = refused else {
        panic!("{refused:?}");
    };
}

#[test]
fn it_does_not_depend_on_the_threads() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let options = AdaptiveOptions { max_evaluations: 3000, ..AdaptiveOptions::default() };
        pool.install(|| adaptive(TestFunction::Himmelblau, [-6.0, 6.0], 161, options))
    };
    assert_eq!(with(1), with(3));
}
