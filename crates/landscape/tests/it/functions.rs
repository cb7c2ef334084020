//! Test functions: their minima, barriers and basins.

use crate::{ByValue, equal, evaluator, grid, square};
use braggscape_landscape::{
    Evaluator, Grid, Link, Minima, PolishedMinimum, Roughness, Section, SectionAxis, plain_grid,
    polish,
};
use braggscape_optim::{Component, EvalError, Objective};
use braggscape_testkit::functions::TestFunction;
use std::f64::consts::TAU;

fn distance(a: [f64; 2], b: &[f64]) -> f64 {
    (a[0] - b[0]).abs().max((a[1] - b[1]).abs())
}

#[test]
fn himmelblau_has_its_four_minima_where_they_are() {
    let function = TestFunction::Himmelblau;
    let grid = grid(function, [-6.0, 6.0], 121);
    let minima = Minima::of(&grid, 0.0);
    assert_eq!(minima.found().len(), 4);
    let polished = polish(grid.section(), minima.found(), &evaluator(function)).unwrap();
    for known in function.minima(2) {
        let nearest = |m: &&PolishedMinimum| distance(m.place, &known) < 1e-5;
        let found: Vec<_> = polished.iter().filter(nearest).collect();
        assert_eq!(found.len(), 1, "{known:?} among {polished:?}");
        // Curvatures are below 100, so 1e-5 off is 1e-8 up at most.
        assert!(found[0].value.abs() < 1e-8 && !found[0].at_bound);
    }
    for (minimum, polished) in minima.found().iter().zip(&polished) {
        assert!(!minimum.on_edge && polished.value <= minimum.value);
    }
}

/// One variable of Rastrigin's function.
fn rastrigin(t: f64) -> f64 {
    t * t + 10.0 * (1.0 - libm::cos(TAU * t))
}

#[test]
fn rastrigin_has_a_minimum_at_every_integer_with_the_barrier_of_one_variable() {
    let n = 101;
    let grid = grid(TestFunction::Rastrigin, [-2.5, 2.5], n);
    let minima = Minima::of(&grid, 0.0);
    assert_eq!(minima.found().len(), 25);
    let axis = &grid.section().axes()[0];
    let along = |from: f64, to: f64| {
        (0..n).map(|i| axis.at(i)).filter(move |t| (from..=to).contains(t)).map(rastrigin)
    };
    // The way to a deeper minimum leads one integer nearer to 0, in the variable in which that is less high.
    let barrier = |k: f64| {
        let top = along(k - 1.0, k).fold(f64::NEG_INFINITY, f64::max);
        top - along(k - 0.5, k + 0.5).fold(f64::INFINITY, f64::min)
    };
    for (i, minimum) in minima.found().iter().enumerate() {
        let [x, y] = minimum.place.map(|t| t.abs().round());
        assert!(distance(minimum.place.map(f64::abs), &[x, y]) < 0.051);
        let expected = [x, y].into_iter().filter(|k| *k > 0.5).map(barrier).reduce(f64::min);
        match (minimum.prominence(), expected) {
            (None, None) => assert_eq!(i, 0),
            (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-12),
            (found, expected) => panic!("{found:?} is not {expected:?} at {x} {y}"),
        }
        if let Some(barrier) = minimum.barrier {
            let to = minima.found()[barrier.to].place;
            assert!(to[0].hypot(to[1]) < minimum.place[0].hypot(minimum.place[1]));
        }
    }
    let roughness = Roughness::of(&grid, &minima, Some([0.0, 0.0]));
    assert!((roughness.minima_per_area - 1.0).abs() < 1e-12);
    let barriers = roughness.barriers.unwrap();
    assert_eq!(barriers.n, 24);
    assert!((barriers.greatest - barrier(1.0)).abs() < 1e-12);
    // The basin at home is a square between the tops at 0.5025 of one variable, up to a step of 0.05 in all.
    let side = (25.0 * roughness.home_basin_share.unwrap()).sqrt();
    assert!((side - 1.005).abs() < 0.0501, "{side}");
    assert!(roughness.alignment.unwrap().mean < 0.5);
}

/// (x^2 - 1)^2 + t x + y^2 and its stationary points on y = 0: roots of 4 x^3 - 4 x + t.
const TILT: f64 = 0.3;

fn double_well(x: f64, y: f64) -> f64 {
    (x * x - 1.0) * (x * x - 1.0) + TILT * x + y * y
}

/// The root of 4 x^3 - 4 x + t near a guess, by Newton's method.
fn stationary(guess: f64) -> f64 {
    let step = |x: f64| x - (4.0 * x * x * x - 4.0 * x + TILT) / (12.0 * x * x - 4.0);
    (0..60).fold(guess, |x, _| step(x))
}

#[test]
fn a_tilted_double_well_has_its_analytic_barrier() {
    let n = 201;
    let evaluator = Evaluator::new(|| ByValue(|x, y| Ok(double_well(x, y))));
    let grid = plain_grid(&square([-2.0, 2.0], n), &evaluator, &|_, _| ()).unwrap();
    let minima = Minima::of(&grid, 0.0);
    assert_eq!(minima.found().len(), 2);
    let [deep, high, top] = [-1.0, 1.0, 0.1].map(stationary);
    let polished = polish(grid.section(), minima.found(), &evaluator).unwrap();
    for (found, known) in polished.iter().zip([deep, high]) {
        assert!(distance(found.place, &[known, 0.0]) < 1e-6, "{found:?} {known}");
    }
    // Each of the two heights is off by at most |f''| (h/2)^2 / 2 = 8 (h/2)^2 / 2, since a point is h/2 away at most.
    let bound = 2.0 * 4.0 * (0.5 * 4.0 / (n - 1) as f64).powi(2);
    let exact = double_well(top, 0.0) - double_well(high, 0.0);
    let found = minima.found()[1].prominence().unwrap();
    assert!((found - exact).abs() <= bound, "{found} {exact} {bound}");
    let pass = grid.section().place(minima.found()[1].barrier.unwrap().index);
    assert!(distance(pass, &[top, 0.0]) <= 0.5 * 4.0 / (n - 1) as f64 + 1e-12);
    // The watershed is the line x = top, up to a step.
    let share = (top + 2.0) / 4.0;
    assert!((minima.found()[0].basin_share - share).abs() < 1.0 / (n - 1) as f64);
    // Asked for no minimum as shallow as that, the basin falls to the other.
    let one = Minima::of(&grid, found + 1e-9);
    assert_eq!(one.found().len(), 1);
    assert!((one.found()[0].basin_share - 1.0).abs() < 1e-12);
}

#[test]
fn a_sphere_is_not_rough() {
    let grid = grid(TestFunction::Sphere, [-1.0, 1.5], 51);
    let minima = Minima::of(&grid, 0.0);
    let roughness = Roughness::of(&grid, &minima, Some([0.0, 0.0]));
    assert_eq!((roughness.n_minima, roughness.barriers), (1, None));
    let alignment = roughness.alignment.unwrap();
    assert!((alignment.mean - 1.0).abs() < 1e-12);
    assert!((alignment.positive_share - 1.0).abs() < 1e-15);
    assert_eq!(alignment.n, 49 * 49 - 1);
    assert!((roughness.home_basin_share.unwrap() - 1.0).abs() < 1e-12);
    assert!((roughness.minima_per_area - 1.0 / 6.25).abs() < 1e-12);
    // Seen from the corner c the cosine is negative where p (p - c) < 0: inside the circle around c/2 through 0 and c, of which the
    // section cuts two of the four segments beyond the square between 0 and c.
    let circle = std::f64::consts::PI * 1.125;
    let negative = (circle - (circle - 2.25) / 2.0) / 6.25;
    let corner = Roughness::of(&grid, &minima, Some([1.5, 1.5])).alignment.unwrap();
    assert!((corner.positive_share - (1.0 - negative)).abs() < 0.02, "{corner:?} {negative}");
    let outside = Roughness::of(&grid, &minima, Some([4.0, 0.0]));
    assert_eq!((outside.alignment, outside.home_basin_share), (None, None));
}

#[test]
fn refinement_changes_no_minimum() {
    for (function, ends, count) in [
        (TestFunction::Himmelblau, [-6.0, 6.0], 4),
        (TestFunction::Rastrigin, [-1.5, 1.5], 9),
        (TestFunction::StyblinskiTang, [-5.0, 5.0], 4),
    ] {
        let summary = |n| {
            let grid = grid(function, ends, n);
            let minima = Minima::of(&grid, 1e-3);
            assert_eq!(minima.found().len(), count, "{function} at {n}");
            let polished = polish(grid.section(), minima.found(), &evaluator(function)).unwrap();
            let home = function.minima(2)[0].clone();
            let roughness = Roughness::of(&grid, &minima, Some([home[0], home[1]]));
            (polished, roughness)
        };
        let ((coarse, rough), (fine, rougher)) = (summary(81), summary(161));
        for m in &coarse {
            let same = |other: &&PolishedMinimum| {
                distance(m.place, &other.place) < 1e-5 * (ends[1] - ends[0])
            };
            assert_eq!(fine.iter().filter(same).count(), 1, "{function} {m:?}");
        }
        let change =
            |a: f64, b: f64, most: f64| assert!((a - b).abs() < most, "{function} {a} {b}");
        let [a, b] = [rough, rougher];
        change(a.home_basin_share.unwrap(), b.home_basin_share.unwrap(), 0.03);
        change(a.alignment.unwrap().mean, b.alignment.unwrap().mean, 0.03);
        let [p, q] = [a.barriers.unwrap(), b.barriers.unwrap()];
        change(p.median / q.median, 1.0, 0.03);
        change(p.greatest / q.greatest, 1.0, 0.03);
    }
}

/// A function of two variables that does not know the third.
struct Cylinder(TestFunction);
impl Objective for Cylinder {
    fn components(&self) -> &[Component] {
        const FREE: [Component; 3] = [Component::absolute(1.0, 1.0, 1.0); 3];
        &FREE
    }
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        self.0.gradient(&x[..2], &mut gradient[..2]);
        gradient[2] = 0.0;
        Ok(self.0.value(&x[..2]))
    }
}

/// Himmelblau along its diagonal, where both variables are one axis, and along another variable that it does not know.
#[test]
fn an_axis_may_set_several_components() {
    let function = TestFunction::Himmelblau;
    let tied =
        SectionAxis::new("x = y", "", [-5.0, 5.0], 101, vec![Link::plain(0), Link::plain(1)]);
    let scale = Link { component: 2, offset: 1.0, factor: 2.0 };
    let free = SectionAxis::new("z", "", [0.0, 1.0], 2, vec![scale]);
    let section = Section::new([tied.unwrap(), free.unwrap()], vec![0.0; 3]).unwrap();
    assert_eq!(section.x_at([3.0, 0.5]), [3.0, 3.0, 2.0]);
    equal(section.project(&[2.0, 4.0, 2.0]), [3.0, 0.5]);
    let grid = plain_grid(&section, &Evaluator::new(|| Cylinder(function)), &|_, _| ()).unwrap();
    for k in 0..section.n_points() {
        let [u, _] = section.place(k);
        assert!((grid.value(k).unwrap() - function.value(&[u, u])).abs() < 1e-15);
    }
    // Both rows are the same, so each minimum is a plateau of two points.
    assert!(Minima::of(&grid, 0.0).found().iter().all(|m| m.plateau == 2 && m.on_edge));
}

#[test]
fn a_grid_does_not_depend_on_the_threads() {
    let with = |threads: usize| -> Grid {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| grid(TestFunction::Rastrigin, [-3.0, 2.0], 43))
    };
    assert_eq!(with(1), with(4));
}
