//! Bad input gives errors that say what is wrong.

use braggscape_loss::{Cosine, Loss, Mse, Normalisation};
use braggscape_pattern::{Axis, AxisKind, Pattern};

fn pattern(start: f64, y: &[f64]) -> Pattern {
    let axis = Axis::uniform(AxisKind::TwoTheta, start, 0.5, y.len()).unwrap();
    Pattern::new(axis, y.to_vec()).unwrap()
}

fn losses() -> Vec<Box<dyn Loss>> {
    let mse = |normalisation| Box::new(Mse { normalisation }) as Box<dyn Loss>;
    vec![
        mse(Normalisation::None),
        mse(Normalisation::Max),
        mse(Normalisation::Sum),
        mse(Normalisation::L2),
        Box::new(Cosine::default()),
    ]
}

/// Both ways of asking give an error with these words.
#[track_caller]
fn check(loss: &dyn Loss, obs: &Pattern, calc: &Pattern, words: &str) {
    let mut grad = vec![0.0; calc.n_points()];
    for e in [loss.value(obs, calc), loss.value_and_gradient(obs, calc, &mut grad)] {
        let message = e.unwrap_err().to_string();
        assert!(message.contains(words), "`{words}` is not in `{message}`");
    }
}

#[test]
fn axes_are_named() {
    let f = pattern(10.0, &[1.0, 2.0]);
    for loss in losses() {
        check(&loss, &f, &pattern(10.0, &[1.0]), "2 points from 10 to 10.5 degrees 2theta");
        check(&loss, &f, &pattern(11.0, &[1.0, 2.0]), "against 2 points from 11 to 11.5");
    }
}

#[test]
fn buffers_are_counted() {
    let f = pattern(10.0, &[1.0, 2.0]);
    for loss in losses() {
        let e = loss.value_and_gradient(&f, &f, &mut [0.0; 3]).unwrap_err();
        assert_eq!(e.to_string(), "the gradient has 3 entries, but the patterns 2 points");
    }
}

#[test]
fn the_pattern_without_intensity_is_named() {
    let (f, zero) = (pattern(10.0, &[1.0, 2.0]), pattern(10.0, &[0.0, 0.0]));
    for loss in &losses()[1..] {
        check(loss, &f, &zero, "calculated pattern has no intensity");
        check(loss, &zero, &f, "observed pattern has no intensity");
    }
    // Without a normalisation zeros are numbers like others: (1 + 4)/2.
    assert!((losses()[0].value(&f, &zero).unwrap() - 2.5).abs() < 1e-15);
}

#[test]
fn a_negative_background_has_no_sum_to_normalise_by() {
    let (f, below) = (pattern(10.0, &[1.0, 2.0]), pattern(10.0, &[-3.0, 1.0]));
    let sum = Mse { normalisation: Normalisation::Sum };
    check(&sum, &f, &below, "calculated pattern has no intensity");
}
