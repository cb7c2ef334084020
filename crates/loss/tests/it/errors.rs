//! Bad input gives errors that say what is wrong.

use crate::all::{all, blurred, de_gelder, gpwdf, xcorr};
use braggscape_loss::{
    BlurAxis, BlurredOverlap, BlurredOverlapOptions, DeGelder, DeGelderOptions, Gpwdf,
    GpwdfOptions, Loss, LossError, MaxShift, Mse, Normalisation, Pearson, Rp, Rwp, Scale, Weights,
};
use braggscape_pattern::{Axis, AxisKind, Pattern};

fn pattern(start: f64, y: &[f64]) -> Pattern {
    let axis = Axis::uniform(AxisKind::TwoTheta, start, 0.5, y.len()).unwrap();
    Pattern::new(axis, y.to_vec()).unwrap()
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
    for loss in all().iter().map(|entry| &entry.loss) {
        check(loss, &f, &pattern(10.0, &[1.0]), "2 points from 10 to 10.5 degrees 2theta");
        check(loss, &f, &pattern(11.0, &[1.0, 2.0]), "against 2 points from 11 to 11.5");
    }
}

#[test]
fn buffers_are_counted() {
    let f = pattern(10.0, &[1.0, 2.0]);
    for loss in all().iter().map(|entry| &entry.loss) {
        let e = loss.value_and_gradient(&f, &f, &mut [0.0; 3]).unwrap_err();
        assert_eq!(e.to_string(), "the gradient has 3 entries, but the patterns 2 points");
    }
}

#[test]
fn the_pattern_without_intensity_is_named() {
    let (f, zero) = (pattern(10.0, &[1.0, 2.0]), pattern(10.0, &[0.0, 0.0]));
    for entry in all().iter().filter(|entry| entry.claims.scale_invariant) {
        check(&entry.loss, &f, &zero, "calculated pattern has no intensity");
        check(&entry.loss, &zero, &f, "observed pattern has no intensity");
    }
    // Without a normalisation zeros are numbers like others: (1 + 4)/2.
    let plain = Mse { normalisation: Normalisation::None };
    assert!((plain.value(&f, &zero).unwrap() - 2.5).abs() < 1e-15);
    // An R factor without a scale has something to divide by: all of f is missing.
    let (scale, weights) = (Scale::None, Weights::Unit);
    for loss in [&Rp { scale, weights } as &dyn Loss, &Rwp { scale, weights }] {
        assert!((loss.value(&f, &zero).unwrap() - 1.0).abs() < 1e-15);
        check(loss, &zero, &f, "observed pattern has no intensity");
    }
}

#[test]
fn a_negative_background_has_no_sum_to_normalise_by() {
    let (f, below) = (pattern(10.0, &[1.0, 2.0]), pattern(10.0, &[-3.0, 1.0]));
    let sum = Mse { normalisation: Normalisation::Sum };
    check(&sum, &f, &below, "calculated pattern has no intensity");
}

#[test]
fn a_constant_pattern_correlates_with_nothing() {
    let (f, flat) = (pattern(10.0, &[1.0, 2.0, 3.0]), pattern(10.0, &[0.1, 0.1, 0.1]));
    let pearson = Pearson::default();
    check(&pearson, &f, &flat, "the calculated pattern is constant");
    check(&pearson, &flat, &f, "the observed pattern is constant");
    let one = pattern(10.0, &[1.0]);
    check(&pearson, &one, &one, "the observed pattern is constant");
}

#[test]
fn counts_below_zero_have_no_weights() {
    let (f, below) = (pattern(10.0, &[1.0, 2.0]), pattern(10.0, &[-3.0, -1.0]));
    let loss = Rwp { weights: Weights::Counting, ..Rwp::default() };
    check(&loss, &below, &f, "observed pattern has no intensity");
    let unknown = f.clone().with_sigma(vec![0.0, 0.0]).unwrap();
    check(&Rwp::default(), &unknown, &f, "observed pattern has no intensity");
}

#[test]
fn uneven_axes_are_refused_where_steps_are_counted() {
    let axis = Axis::listed(AxisKind::Q, vec![1.0, 1.1, 1.3]).unwrap();
    let f = Pattern::new(axis, vec![1.0, 2.0, 3.0]).unwrap();
    for loss in [&xcorr(MaxShift::All) as &dyn Loss, &de_gelder(0.2)] {
        check(loss, &f, &f, "needs an axis of equal steps, but 3 points from 1 to 1.3 1/Å");
    }
    // The others take it: the double sum with the shares 2/3, 1 and 4/3 of the mean step.
    let other = Pattern::new(f.axis().clone(), vec![3.0, 0.0, 0.0]).unwrap();
    let w = |r: f64| (-std::f64::consts::PI * r * r / 0.16).exp();
    let a = [2.0 / 3.0, 2.0, 4.0];
    let x = [1.0, 1.1, 1.3];
    let pairs = (0..3).flat_map(|i| (0..3).map(move |j| (i, j)));
    let square: f64 = pairs.map(|(i, j)| a[i] * a[j] * w(x[i] - x[j])).sum();
    let along: f64 = (0..3).map(|i| a[i] * w(x[i] - x[0])).sum();
    let found = gpwdf(0.4).value(&f, &other).unwrap();
    assert!((found - (1.0 - along / square.sqrt())).abs() < 1e-13, "{found}");
}

#[test]
fn coordinates_end_where_they_are_not_defined() {
    let on = |kind, start: f64| {
        let axis = Axis::uniform(kind, start, 0.5, 2).unwrap();
        Pattern::new(axis, vec![1.0, 2.0]).unwrap()
    };
    let zero = on(AxisKind::TwoTheta, 0.0);
    check(&blurred(BlurAxis::LnQ, 0.1), &zero, &zero, "ln q is not defined at 0 degrees 2theta");
    assert!(blurred(BlurAxis::Q, 0.1).value(&zero, &zero).is_ok());
    let wide = on(AxisKind::TwoTheta, 179.75);
    check(&blurred(BlurAxis::Q, 0.1), &wide, &wide, "q is not defined at 180.25 degrees 2theta");
    let far = on(AxisKind::Q, 8.0);
    check(&blurred(BlurAxis::TwoTheta, 0.1), &far, &far, "2theta is not defined at 8.5 1/Å");
    assert!(blurred(BlurAxis::LnQ, 0.1).value(&far, &far).is_ok());
}

#[test]
fn options_out_of_range_are_named() {
    #[track_caller]
    fn check<T>(made: Result<T, LossError>, words: &str) {
        let message = made.err().unwrap().to_string();
        assert!(message.contains(words), "`{words}` is not in `{message}`");
    }
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        check(DeGelder::new(DeGelderOptions { width: bad }), &format!("width = {bad} is outside"));
        check(Gpwdf::new(GpwdfOptions { alpha: bad }), &format!("alpha = {bad} is outside"));
        let options = BlurredOverlapOptions::default();
        let blur = BlurredOverlapOptions { blur: bad, ..options };
        check(BlurredOverlap::new(blur), &format!("blur = {bad} is outside"));
        let wavelength = BlurredOverlapOptions { wavelength: bad, ..options };
        check(BlurredOverlap::new(wavelength), &format!("wavelength = {bad} is outside"));
    }
}
