//! Observers, checkpoints and ramps.

use braggscape_optim::{
    Adam, AdamOptions, AnyOptimizer, Checkpoint, CmaEs, Component, EvalError, GradientDescent,
    GradientDescentOptions, Iterate, Lbfgs, Limits, Objective, Observer, OptimError, Optimizer,
    Progress, Run, Target, Termination, Trajectory, TrajectoryRow, minimize, resume,
};
use braggscape_testkit::functions::{FunctionObjective, TestFunction};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

fn rosenbrock() -> FunctionObjective {
    FunctionObjective::new(TestFunction::Rosenbrock, 2)
}

const START: [f64; 2] = [-1.2, 1.0];

fn rows(trajectory: &Trajectory) -> Vec<TrajectoryRow> {
    trajectory.rows().cloned().collect()
}

#[test]
fn a_trajectory_holds_every_nth_iterate_the_first_and_the_last() {
    let (mut all, mut some) = (Trajectory::every(0).with_points(), Trajectory::every(7));
    let mut both = (&mut all, &mut some);
    let found =
        minimize(&mut Lbfgs::default(), &rosenbrock(), &START, Limits::default(), &mut both)
            .unwrap();
    let (all, some) = (rows(&all), rows(&some));
    assert_eq!(all.len() as u64, found.iterations + 1);
    assert_eq!(all[0].evaluations, 1);
    assert_eq!(all[0].x.as_deref(), Some(&START[..]));
    let last = all.last().unwrap();
    assert_eq!((last.iteration, last.evaluations), (found.iterations, found.evaluations));
    assert_eq!(last.best_value.to_bits(), found.value.to_bits());
    let expected: Vec<&TrajectoryRow> = all
        .iter()
        .filter(|row| row.iteration % 7 == 0 || row.iteration == found.iterations)
        .collect();
    assert_eq!(some.len(), expected.len());
    for (row, whole) in some.iter().zip(expected) {
        assert_eq!((row.iteration, row.evaluations), (whole.iteration, whole.evaluations));
        assert_eq!(row.x, None);
    }
    for row in all.into_iter().chain(some) {
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(serde_json::from_str::<TrajectoryRow>(&text).unwrap(), row);
    }
}

#[test]
fn a_target_ends_a_run_with_its_own_reason() {
    let mut method = Lbfgs::default();
    let f = rosenbrock();
    let found = minimize(&mut method, &f, &START, Limits::default(), &mut Target(0.1)).unwrap();
    assert_eq!(found.termination, Termination::TargetReached);
    assert!(found.value <= 0.1 && found.value > 1e-6, "{}", found.value);
    let at_once = minimize(&mut method, &f, &START, Limits::default(), &mut Target(30.0)).unwrap();
    assert_eq!((at_once.evaluations, at_once.iterations), (1, 0));
}

/// Ends a run after some steps.
struct Until(u64);

impl Observer for Until {
    fn observe(&mut self, at: &Iterate, _: u64) -> ControlFlow<Termination> {
        if at.iteration < self.0 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(Termination::Stopped)
        }
    }
}

#[test]
fn observers_together_all_see_every_iterate_and_the_first_reason_counts() {
    let f = rosenbrock();
    let run = |observer: &mut dyn Observer| {
        minimize(&mut Lbfgs::default(), &f, &START, Limits::default(), observer).unwrap()
    };
    let mut seen = Trajectory::every(1);
    let found = run(&mut (Until(4), Target(f64::INFINITY), &mut seen));
    assert_eq!((found.termination, found.iterations), (Termination::TargetReached, 0));
    assert_eq!(rows(&seen).len(), 1);
    let found = run(&mut (Until(0), Target(f64::INFINITY)));
    assert_eq!(found.termination, Termination::Stopped);
    let mut slice = [Until(9), Until(3)];
    let found = run(&mut &mut slice[..]);
    assert_eq!((found.termination, found.iterations), (Termination::Stopped, 3));
    let mut nothing = ();
    let mut list: Vec<&mut dyn Observer> = vec![&mut nothing, &mut seen];
    run(&mut &mut list[..]);
    assert!(rows(&seen).len() > 2);
}

#[test]
fn a_resumed_run_is_observed_where_it_goes_on() {
    let f = rosenbrock();
    let mut whole = Trajectory::every(1).with_points();
    minimize(&mut Lbfgs::default(), &f, &START, Limits::default(), &mut whole).unwrap();
    let mut method = Lbfgs::default();
    let mut run = Run::start(&mut method, &f, &START, Limits::default()).unwrap();
    for _ in 0..6 {
        assert_eq!(run.step().unwrap(), Progress::Continue);
    }
    let checkpoint = run.checkpoint().unwrap();
    assert_eq!((checkpoint.method(), checkpoint.iteration()), ("lbfgs", 6));
    assert_eq!(checkpoint.evaluations(), run.evaluations());
    assert_eq!(checkpoint.best_x(), run.iterate().best_x);
    let mut rest = Trajectory::every(1).with_points();
    resume(&mut Lbfgs::default(), &f, &checkpoint, Limits::default(), &mut rest).unwrap();
    assert_eq!(rows(&whole)[7..], rows(&rest)[..]);
}

/// The budget counts from the start of the run, checkpoints or not.
#[test]
fn a_resumed_run_keeps_the_budget_of_the_whole() {
    let f = rosenbrock();
    let limits = Limits { max_evaluations: 20 };
    let mut method = CmaEs::default();
    let mut run = Run::start(&mut method, &f, &START, limits).unwrap();
    while run.step().unwrap() == Progress::Continue {}
    assert_eq!(run.evaluations(), 20);
    let checkpoint = run.checkpoint().unwrap();
    assert_eq!(checkpoint.evaluations(), 19, "the generation cut short does not count");
    let again = resume(&mut CmaEs::default(), &f, &checkpoint, limits, &mut ()).unwrap();
    assert_eq!((again.evaluations, again.termination), (20, Termination::Budget));
}

#[test]
fn checkpoints_that_do_not_fit_are_refused() {
    let f = rosenbrock();
    let mut method = Lbfgs::default();
    let checkpoint =
        Run::start(&mut method, &f, &START, Limits::default()).unwrap().checkpoint().unwrap();
    let with = |method: &mut dyn Optimizer, f: &dyn Objective| {
        resume(method, f, &checkpoint, Limits::default(), &mut ()).unwrap_err().to_string()
    };
    let e = with(&mut Adam::default(), &f);
    assert_eq!(e, "the checkpoint is one of the optimizer `lbfgs`, not of `adam`");
    let e = with(&mut Lbfgs::default(), &FunctionObjective::new(TestFunction::Rosenbrock, 3));
    assert_eq!(e, "the checkpoint has 2 components, the objective 3");
    // A state whose vectors have another length than the point.
    let mut text = serde_json::to_value(&checkpoint).unwrap();
    text["state"]["pairs"] =
        serde_json::json!([{ "step": [1.0, 2.0, 3.0], "change": [1.0, 2.0, 3.0] }]);
    let damaged: Checkpoint = serde_json::from_value(text).unwrap();
    let e = resume(&mut method, &f, &damaged, Limits::default(), &mut ()).unwrap_err();
    assert!(matches!(e, OptimError::CheckpointMisfit { dim: 2, .. }), "{e}");
}

#[test]
fn reasons_have_kebab_case_names_of_their_own() {
    let names: BTreeSet<&str> = Termination::ALL.iter().map(|t| t.name()).collect();
    assert_eq!(names.len(), Termination::ALL.len());
    for name in names {
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
    }
}

fn methods() -> [AnyOptimizer; 3] {
    let descent = GradientDescentOptions { patience: 20, tolerance: 1e9, ..Default::default() };
    let adam = AdamOptions { patience: 20, tolerance: 1e9, ..Default::default() };
    [
        GradientDescent::new(descent).unwrap().into(),
        Adam::new(adam).unwrap().into(),
        Lbfgs::default().into(),
    ]
}

/// Patience counts from the first point on which the constraint is in force.
#[test]
fn the_plateau_rule_begins_to_count_when_the_ramp_has_ended() {
    let f = FunctionObjective::new(TestFunction::Sphere, 3).tied().ramped(30);
    for mut method in methods().into_iter().take(2) {
        let found =
            minimize(&mut method, &f, &[1.0, -2.0, 3.0], Limits::default(), &mut ()).unwrap();
        assert_eq!((found.iterations, found.termination), (50, Termination::Converged));
    }
}

/// Halfway up a ramp of two steps a point is moved half the way.
#[test]
fn a_ramp_moves_points_by_its_weight() {
    /// A plane without slope: nothing but the ramp moves the point.
    struct Level(FunctionObjective);
    impl Objective for Level {
        fn components(&self) -> &[Component] {
            self.0.components()
        }
        fn value_and_gradient(&self, _: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
            gradient.fill(0.0);
            Ok(1.0)
        }
        fn project(&self, x: &mut [f64]) -> Result<(), EvalError> {
            self.0.project(x)
        }
        fn projection_weight(&self, iteration: u64) -> f64 {
            self.0.projection_weight(iteration)
        }
    }
    let f = Level(FunctionObjective::new(TestFunction::Sphere, 2).tied().ramped(2));
    for mut method in methods() {
        let mut seen = Trajectory::every(1).with_points();
        let mut watch = (&mut seen, Until(2));
        minimize(&mut method, &f, &[1.0, 3.0], Limits::default(), &mut watch).unwrap();
        let points: Vec<Vec<f64>> = rows(&seen).into_iter().filter_map(|row| row.x).collect();
        assert_eq!(points, [[1.0, 3.0], [1.5, 2.5], [2.0, 2.0]], "{}", method.name());
    }
}

/// The unconstrained minimum on the way to the constraint is no result.
#[test]
fn lower_points_of_the_ramp_are_forgotten() {
    let f = FunctionObjective::new(TestFunction::Booth, 2).tied().ramped(40);
    for mut method in methods() {
        let found = minimize(&mut method, &f, &[1.0, 3.0], Limits::default(), &mut ()).unwrap();
        assert!(found.start_value < 1e-12, "the start is the free minimum");
        // On x = y = t: (3 t - 7)^2 + (3 t - 5)^2 is least at t = 2, where it is 2.
        assert!((found.value - 2.0).abs() < 1e-6, "{}: {}", method.name(), found.value);
    }
}
