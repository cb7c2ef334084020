//! Models with another instrument.

use crate::sample;
use braggscape_crystal::Structure;
use braggscape_pattern::Pattern;
use braggscape_xrd::{
    AdjustableModel, ForwardError, ForwardModel, Instrument, Scratch, Structsnap, StructsnapOptions,
};

fn pattern(model: &impl ForwardModel, structure: &Structure) -> Pattern {
    let mut out = Pattern::zeros(model.axis().clone());
    model.simulate(structure, &mut Scratch::default(), &mut out).unwrap();
    out
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = a.iter().chain(b).fold(0.0, |m: f64, y| m.max(y.abs()));
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest
}

const OTHER: Instrument = Instrument { zero_shift: 0.3, u: 0.4, v: -0.1, w: 0.8, b_iso: 0.7 };

#[test]
fn an_exchanged_instrument_is_that_of_a_model_made_with_it() {
    let plain = Structsnap::new(StructsnapOptions::default()).unwrap();
    let Instrument { zero_shift, u, v, w, b_iso } = OTHER;
    let options = StructsnapOptions { zero_shift, u, v, w, b_iso, ..Default::default() };
    let made = Structsnap::new(options).unwrap();
    assert_eq!(made.instrument(), OTHER);
    for s in [sample::u2ti(), sample::au2s()] {
        let exchanged = pattern(&plain.with_instrument(&OTHER, 1).unwrap(), &s);
        let expected = pattern(&made, &s);
        assert!(largest_difference(exchanged.y(), expected.y()) < 1e-12);
        assert!(largest_difference(exchanged.y(), pattern(&plain, &s).y()) > 0.1);
        // Back again it is the model as it was.
        let back = plain.with_instrument(&plain.instrument(), 1).unwrap();
        assert!(largest_difference(pattern(&back, &s).y(), pattern(&plain, &s).y()) < 1e-9);
    }
}

#[test]
fn every_so_manieth_point_is_that_point() {
    let plain = Structsnap::new(StructsnapOptions::default()).unwrap();
    let s = sample::au2s();
    let all = pattern(&plain.with_instrument(&OTHER, 1).unwrap(), &s);
    for every in [2, 7, 26] {
        let some = pattern(&plain.with_instrument(&OTHER, every).unwrap(), &s);
        assert!(some.axis().is_same(&all.axis().every(every)));
        assert!(largest_difference(some.y(), all.every(every).y()) < 1e-9);
    }
}

/// A shift by whole points moves the pattern by them, but where peaks beyond an end come in.
#[test]
fn a_zero_shift_moves_the_pattern_and_its_peaks() {
    let plain = Structsnap::new(StructsnapOptions::default()).unwrap();
    let (_, step) = plain.axis().uniform_step().unwrap();
    for (points, w) in [(25, 1.5), (-40, 1.5), (25, 0.1)] {
        let options = StructsnapOptions { w, ..Default::default() };
        let shifted = StructsnapOptions { zero_shift: f64::from(points) * step, ..options.clone() };
        let (plain, shifted) =
            (Structsnap::new(options).unwrap(), Structsnap::new(shifted).unwrap());
        for s in [sample::u2ti(), sample::au2s()] {
            let (a, b) = (pattern(&plain, &s), pattern(&shifted, &s));
            let inner = 1000..7000;
            let moved = |i: usize| (i as i32 + points) as usize;
            let there = &b.y()[moved(inner.start)..moved(inner.end)];
            assert!(largest_difference(&a.y()[inner], there) < 1e-7);
            let (peaks, moved) = (plain.peaks(&s).unwrap(), shifted.peaks(&s).unwrap());
            let first = |peaks: &[braggscape_pattern::Peak]| {
                peaks.iter().find(|p| p.two_theta > 20.0).map(|p| p.two_theta).unwrap()
            };
            let by = first(&moved) - first(&peaks);
            assert!((by - f64::from(points) * step).abs() < 1e-9, "{by}");
            // On the nodes, where there are any, the pattern moves as well.
            if let (Some(plain), Some(shifted)) = (plain.decimated(), shifted.decimated()) {
                let mut scratch = Scratch::default();
                let a = plain.simulate_nodes(&s, &mut scratch).unwrap().to_vec();
                let b = shifted.simulate_nodes(&s, &mut scratch).unwrap();
                assert!(largest_difference(&a, b) > 0.01);
            }
        }
    }
}

#[test]
fn impossible_instruments_are_refused() {
    let plain = Structsnap::new(StructsnapOptions::default()).unwrap();
    for (wrong, key) in [
        (Instrument { zero_shift: 6.0, ..OTHER }, "zero_shift"),
        (Instrument { w: 0.0, ..OTHER }, "w"),
        (Instrument { u: f64::NAN, ..OTHER }, "u"),
        (Instrument { b_iso: 51.0, ..OTHER }, "b_iso"),
    ] {
        match plain.with_instrument(&wrong, 1).map(drop) {
            Err(ForwardError::OptionRange { name, .. }) => assert_eq!(name, key),
            other => panic!("{key}: {other:?}"),
        }
    }
    // A fit may pass through a displacement factor below 0, an option of the model may not be one.
    assert!(plain.with_instrument(&Instrument { b_iso: -0.5, ..OTHER }, 1).is_ok());
    assert!(Structsnap::new(StructsnapOptions { b_iso: -0.5, ..Default::default() }).is_err());
    let shifted = StructsnapOptions { zero_shift: -5.5, ..Default::default() };
    assert!(Structsnap::new(shifted).is_err());
}
