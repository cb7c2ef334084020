//! Points that cannot be evaluated, and what is refused.

use crate::{ByValue, equal, evaluator, square};
use braggscape_landscape::{
    AdaptiveOptions, Evaluator, Grid, LandscapeError, Link, Minima, Roughness, Section,
    SectionAxis, adaptive_grid, plain_grid, polish,
};
use braggscape_optim::EvalError;
use braggscape_testkit::functions::{FunctionObjective, TestFunction};

#[test]
fn points_without_a_value_are_holes() {
    let walled = || FunctionObjective::new(TestFunction::Sphere, 2).with_wall(0.25);
    let section = square([-1.0, 1.0], 9);
    let evaluator = Evaluator::new(walled);
    let grid = plain_grid(&section, &evaluator, &|_, _| ()).unwrap();
    // Of nine points along each axis, those from -1 to 0.25 are there.
    assert_eq!(grid.n_holes(), 81 - 36);
    for k in 0..81 {
        let hole = section.place(k).iter().any(|t| *t > 0.25);
        assert_eq!(grid.value(k).is_none(), hole);
    }
    let minima = Minima::of(&grid, 0.0);
    assert_eq!(minima.found().len(), 1);
    equal(minima.found()[0].place, [0.0, 0.0]);
    assert!(!minima.found()[0].on_edge);
    for (k, basin) in minima.basins().iter().enumerate() {
        assert_eq!(*basin, grid.value(k).map(|_| 0));
    }
    let roughness = Roughness::of(&grid, &minima, Some([0.0, 0.0]));
    assert!((roughness.home_basin_share.unwrap() - 1.0).abs() < 1e-12);
    // The shares of five whole meshes and half of one at the edge along each axis.
    assert!((roughness.hole_share - (1.0 - (5.5_f64 / 8.0).powi(2))).abs() < 1e-12);
    assert_eq!(roughness.alignment.unwrap().n, 4 * 4 - 1);
    let adaptive = adaptive_grid(&section, AdaptiveOptions::default(), &evaluator, &|_, _| ());
    let adaptive = adaptive.unwrap();
    for k in 0..81 {
        assert!(!adaptive.is_computed(k) || adaptive.value(k) == grid.value(k));
    }
    let found = polish(&section, minima.found(), &evaluator).unwrap();
    assert!(found[0].value <= 1e-12);
}

#[test]
fn a_minimum_beside_a_hole_or_at_the_edge_is_flagged() {
    let evaluator = Evaluator::new(|| {
        ByValue(
            |x: f64, y: f64| {
                if x > 0.3 { Err(EvalError::NonFinite) } else { Ok(-x + 0.1 * y * y) }
            },
        )
    });
    let grid = plain_grid(&square([-1.0, 1.0], 11), &evaluator, &|_, _| ()).unwrap();
    let minima = Minima::of(&grid, 0.0);
    assert_eq!(minima.found().len(), 1);
    assert!(minima.found()[0].on_edge);
    assert!((minima.found()[0].place[0] - 0.2).abs() < 1e-12);
    let found = polish(grid.section(), minima.found(), &evaluator).unwrap()[0];
    assert!(found.place[0] > 0.2 && found.place[0] <= 0.3, "{found:?}");
}

#[test]
fn parts_without_a_way_between_them_have_no_barrier() {
    let section = square([0.0, 4.0], 5);
    let value = |k: usize| {
        let [x, _] = section.place(k);
        (!(1.5..=2.5).contains(&x)).then_some(x)
    };
    let values = (0..25).map(value).collect();
    let minima = Minima::of(&Grid::from_values(section.clone(), values).unwrap(), 0.0);
    let found: Vec<_> = minima.found().iter().map(|m| (m.value, m.plateau, m.barrier)).collect();
    assert_eq!(found, [(0.0, 5, None), (3.0, 5, None)]);
}

#[test]
fn a_grid_of_holes_has_nothing() {
    let section = square([0.0, 1.0], 3);
    let grid = Grid::from_values(section, vec![None; 9]).unwrap();
    let minima = Minima::of(&grid, 0.0);
    assert!(minima.found().is_empty() && grid.range().is_none());
    let roughness = Roughness::of(&grid, &minima, Some([0.5, 0.5]));
    assert_eq!((roughness.alignment, roughness.home_basin_share), (None, None));
    assert!(roughness.minima_per_area.abs() < 1e-300);
}

#[test]
fn an_evaluation_that_fails_for_good_is_told_with_its_place() {
    #[derive(Debug, thiserror::Error)]
    #[error("out of paper")]
    struct OutOfPaper;
    let evaluator = Evaluator::new(|| {
        ByValue(
            |x: f64, y: f64| {
                if x + y > 0.9 { Err(EvalError::failed(OutOfPaper)) } else { Ok(0.0) }
            },
        )
    });
    let error = plain_grid(&square([0.0, 1.0], 3), &evaluator, &|_, _| ()).unwrap_err();
    // Of all that fail the first in the order of the grid.
    assert_eq!(error.to_string(), "the landscape cannot be evaluated at (1, 0)");
    assert!(braggscape_optim::with_causes(&error).ends_with("out of paper"));
}

#[test]
fn sections_that_cannot_be_are_refused() {
    let axis = |ends, n, links| SectionAxis::new("a", "Å", ends, n, links);
    let plain = vec![Link::plain(0)];
    let message = |result: Result<SectionAxis, LandscapeError>| result.unwrap_err().to_string();
    let backwards = message(axis([2.0, 1.0], 3, plain.clone()));
    assert_eq!(backwards, "axis `a` runs from 2 to 1, expected finite ends with low < high");
    assert!(axis([1.0, f64::NAN], 3, plain.clone()).is_err());
    assert_eq!(
        message(axis([1.0, 2.0], 1, plain.clone())),
        "axis `a` has 1 points, expected 2 to 10001"
    );
    assert!(axis([1.0, 2.0], 3, vec![]).is_err());
    let still = Link { component: 4, offset: 0.0, factor: 0.0 };
    assert_eq!(
        message(axis([1.0, 2.0], 3, vec![still])),
        "axis `a` moves nothing along component 4"
    );
    assert!(axis([1.0, 2.0], 3, vec![Link::plain(1), Link::plain(1)]).is_err());
    let good = || axis([1.0, 2.0], 3, plain.clone()).unwrap();
    let twice = Section::new([good(), good()], vec![0.0]).unwrap_err();
    assert_eq!(twice.to_string(), "component 0 of x is set twice, at last by axis `a`");
    let other = axis([1.0, 2.0], 3, vec![Link::plain(1)]).unwrap();
    let beyond = Section::new([good(), other], vec![0.0]).unwrap_err();
    assert_eq!(beyond.to_string(), "axis `a` sets component 1 of x, which has 1");
    let section = square([0.0, 1.0], 2);
    let few = Grid::from_values(section.clone(), vec![Some(0.0)]).unwrap_err();
    assert_eq!(few.to_string(), "1 values for 4 points");
    assert!(Grid::from_values(section.clone(), vec![Some(f64::NAN); 4]).is_err());
    let negative = AdaptiveOptions { tolerance: -1.0, ..AdaptiveOptions::default() };
    assert!(
        adaptive_grid(&section, negative, &evaluator(TestFunction::Sphere), &|_, _| ()).is_err()
    );
}
