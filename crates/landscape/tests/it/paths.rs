//! Runs as paths on a section.

use crate::{equal, square};
use braggscape_landscape::{Link, OnSection, PathRecorder, Section, SectionAxis};
use braggscape_optim::{GradientDescent, GradientDescentOptions, Limits, Objective, minimize};
use braggscape_testkit::functions::{FunctionObjective, TestFunction};

#[test]
fn a_path_begins_at_the_start_and_ends_where_the_run_does() {
    let objective = FunctionObjective::new(TestFunction::Himmelblau, 2);
    let section = square([-6.0, 6.0], 13);
    let options = GradientDescentOptions {
        learning_rate: 0.01,
        max_iterations: 200,
        ..GradientDescentOptions::default()
    };
    let run = |min_step: f64| {
        let mut recorder = PathRecorder::new(&section, min_step, <[f64]>::to_vec);
        let mut descent = GradientDescent::new(options.clone()).unwrap();
        let limits = Limits::default();
        let found = minimize(&mut descent, &objective, &[-1.0, 4.0], limits, &mut recorder);
        (found.unwrap(), recorder.finish())
    };
    let (found, all) = run(0.0);
    equal(all[0].place, [-1.0, 4.0]);
    // Whether an observer sees the step that ends the run is the driver's affair.
    let last = all.last().unwrap().iteration;
    assert_eq!(all[0].iteration, 0);
    assert!((found.iterations - 1..=found.iterations).contains(&last), "{last}");
    for point in &all {
        assert!((objective.value(&point.x).unwrap() - point.value).abs() < 1e-12);
    }
    let (_, thin) = run(0.02);
    assert!(thin.len() < all.len() / 2 && thin.len() > 3);
    assert_eq!((&thin[0], thin.last()), (&all[0], all.last()));
    for pair in thin[..thin.len() - 1].windows(2) {
        let far = (0..2).any(|k| (pair[0].place[k] - pair[1].place[k]).abs() > 0.02 * 12.0);
        assert!(far, "{pair:?}");
    }
}

#[test]
fn a_run_in_other_variables_is_mapped() {
    let objective = FunctionObjective::new(TestFunction::Sphere, 1);
    let section = square([-6.0, 6.0], 13);
    let mut recorder = PathRecorder::new(&section, 0.0, |t| vec![2.0 * t[0], 1.0]);
    let options = GradientDescentOptions { max_iterations: 5, ..GradientDescentOptions::default() };
    let mut descent = GradientDescent::new(options).unwrap();
    minimize(&mut descent, &objective, &[1.5], Limits::default(), &mut recorder).unwrap();
    equal(recorder.finish()[0].place, [3.0, 1.0]);
}

/// Himmelblau on a section of three variables, the first two of which are tied with factors.
#[test]
fn an_objective_on_a_section_has_the_gradient_along_it() {
    let objective = FunctionObjective::new(TestFunction::Rosenbrock, 3);
    let links = vec![
        Link { component: 0, offset: 0.2, factor: 1.5 },
        Link { component: 2, offset: -0.1, factor: -0.5 },
    ];
    let u = SectionAxis::new("u", "", [-2.0, 2.0], 5, links).unwrap();
    let v = SectionAxis::new("v", "", [-2.0, 2.0], 5, vec![Link::plain(1)]).unwrap();
    let section = Section::new([u, v], vec![0.0; 3]).unwrap();
    let on = OnSection::new(&section, &objective);
    let at = [0.7, -0.4];
    let mut gradient = [0.0; 2];
    let value = on.value_and_gradient(&at, &mut gradient).unwrap();
    assert!((value - objective.value(&section.x_at(at)).unwrap()).abs() < 1e-12);
    let h = 1e-5;
    for k in 0..2 {
        let moved = |step: f64| {
            let mut at = at;
            at[k] += step;
            on.value(&at).unwrap()
        };
        let slope = (moved(h) - moved(-h)) / (2.0 * h);
        // Third derivatives are below 1e4, so differences err by 1e4 h^2 / 6 at most.
        assert!((gradient[k] - slope).abs() < 1e-6, "{k}: {} {slope}", gradient[k]);
    }
}

#[test]
fn a_constraint_between_both_axes_holds_on_the_section() {
    let objective = FunctionObjective::new(TestFunction::Himmelblau, 2).tied();
    let section = square([-6.0, 6.0], 13);
    let on = OnSection::new(&section, &objective);
    let mut at = [1.0, 4.0];
    on.project(&mut at).unwrap();
    equal(at, [2.5, 2.5]);
    let mut gradient = [3.0, 1.0];
    on.project_gradient(&at, &mut gradient);
    equal(gradient, [2.0, 2.0]);
    let options =
        GradientDescentOptions { learning_rate: 0.005, ..GradientDescentOptions::default() };
    let mut descent = GradientDescent::new(options).unwrap();
    let mut recorder = PathRecorder::new(&section, 0.0, <[f64]>::to_vec);
    minimize(&mut descent, &on, &[-3.0, -5.0], Limits::default(), &mut recorder).unwrap();
    let path = recorder.finish();
    assert!(path.iter().all(|p| (p.place[0] - p.place[1]).abs() < 1e-12));
    assert!(path.last().unwrap().value < path[0].value);
}
