//! Many reflections, many atoms, and what cannot be simulated at all.

use crate::sample::{structure, u2ti};
use braggscape_crystal::Structure;
use braggscape_pattern::Pattern;
use braggscape_xrd::{
    EuAm, FormFactor, ForwardError, ForwardModel, IndexBounds, Scratch, Structsnap,
    StructsnapOptions, StructureGradient,
};
use std::f64::consts::TAU;

fn simulate(model: &Structsnap, s: &Structure) -> (Pattern, Scratch) {
    let (mut out, mut scratch) = (Pattern::zeros(model.axis().clone()), Scratch::default());
    model.simulate(s, &mut scratch, &mut out).unwrap();
    (out, scratch)
}

/// The pattern at some points, summed over the reflections of a list one by one.
fn direct(s: &Structure, o: &StructsnapOptions, hkl: &[[i32; 3]], points: &[f64]) -> Vec<f64> {
    let reciprocal = s.lattice().reciprocal();
    let sigma = o.w.sqrt() / 2.354_820_045_030_949_3;
    let mut out = vec![0.0; points.len()];
    for hkl in hkl {
        let hkl = nalgebra::Vector3::from(hkl.map(f64::from));
        let g = (reciprocal * hkl).norm();
        let theta = (0.5 * g * o.wavelength).asin();
        let near = |x: &&f64| (*x - 2.0 * theta.to_degrees()).abs() < 9.0 * sigma;
        if !points.iter().any(|x| near(&x)) {
            continue;
        }
        let (mut re, mut im) = (0.0, 0.0);
        for site in s.sites() {
            let f = FormFactor::of(site.element, EuAm::Structsnap).unwrap().f0(0.25 * g * g);
            let (sin, cos) = (TAU * hkl.dot(&site.frac)).sin_cos();
            re += f * site.occupancy * cos;
            im += f * site.occupancy * sin;
        }
        let lp = (1.0 + (2.0 * theta).cos().powi(2)) / (theta.sin().powi(2) * theta.cos());
        for (y, x) in out.iter_mut().zip(points) {
            let t = (x - 2.0 * theta.to_degrees()) / sigma;
            *y += 2.0 * lp * (re * re + im * im) * (-0.5 * t * t).exp() / (sigma * TAU.sqrt());
        }
    }
    out
}

/// Sites spread irregularly over a cell.
fn crowd(cell: [f64; 6], n: usize) -> Structure {
    let fraction = |i: usize, c: f64| (c * (i + 1) as f64).fract();
    let sites: Vec<_> = (0..n)
        .map(|i| {
            let frac = [0.618_033_988, 0.414_213_562, 0.732_050_807].map(|c| fraction(i, c));
            (["O", "Si", "Fe"][i % 3], frac, if i % 7 == 0 { 0.5 } else { 1.0 })
        })
        .collect();
    structure(cell, &sites)
}

#[track_caller]
fn check(s: &Structure, options: StructsnapOptions, least: usize) {
    let model = Structsnap::new(options).unwrap();
    let (pattern, scratch) = simulate(&model, s);
    let list = scratch.reflections();
    assert!(list.n_pairs() > least, "{} reflections", list.n_pairs());
    let points: Vec<usize> = (1..5).map(|i| i * pattern.n_points() / 5).collect();
    let x: Vec<f64> = points.iter().map(|n| pattern.axis().x(*n)).collect();
    let largest = pattern.max();
    for (n, expected) in points.iter().zip(direct(s, model.options(), list.hkl(), &x)) {
        let error = (pattern.y()[*n] - expected).abs() / largest;
        assert!(error < 1e-9, "point {n}: {error:e}");
    }
}

#[test]
fn short_wavelengths_and_large_cells() {
    let complete =
        StructsnapOptions { index_bounds: IndexBounds::Complete, w: 0.04, ..Default::default() };
    let cell = [16.0, 17.0, 18.5, 84.0, 95.0, 101.0];
    for wavelength in [0.710_73, 0.560_87] {
        let options = StructsnapOptions { wavelength, ..complete.clone() };
        check(&crowd(cell, 12), options.with_window(5.0, 120.0, 0.02).unwrap(), 40_000);
    }
    check(&crowd([27.0, 28.0, 26.0, 90.0, 93.0, 90.0], 2000), StructsnapOptions::default(), 20_000);
}

#[test]
fn without_a_reflection_there_is_no_pattern() {
    let long = StructsnapOptions { wavelength: 30.0, ..Default::default() };
    let model = Structsnap::new(long.with_window(5.0, 80.0, 0.01).unwrap()).unwrap();
    let mut out = Pattern::zeros(model.axis().clone());
    let e = model.simulate(&u2ti(), &mut Scratch::default(), &mut out).unwrap_err();
    assert!(matches!(e, ForwardError::NoReflections { .. }), "{e}");
    let narrow = StructsnapOptions { w: 1e-3, ..Default::default() };
    let model = Structsnap::new(narrow.with_window(1.0, 2.0, 0.001).unwrap()).unwrap();
    let e = model.reflections(&u2ti()).unwrap_err();
    assert!(e.to_string().contains("no reflection"), "{e}");
    let huge = structure([3000.0, 3000.0, 3000.0, 90.0, 90.0, 90.0], &[("Fe", [0.0; 3], 1.0)]);
    let model = Structsnap::new(StructsnapOptions::default()).unwrap();
    let e = model.reflections(&huge).unwrap_err();
    assert!(matches!(e, ForwardError::TooManyReflections { .. }), "{e}");
    let md = structure([3.0, 3.0, 3.0, 90.0, 90.0, 90.0], &[("Md", [0.0; 3], 1.0)]);
    let mut out = Pattern::zeros(model.axis().clone());
    let mut scratch = Scratch::default();
    let e = model.simulate(&md, &mut scratch, &mut out).unwrap_err();
    assert!(e.to_string().contains("Md"), "{e}");
    // A failed simulation leaves nothing to pull back, and spoils nothing.
    let d_y = vec![1.0; out.n_points()];
    let mut g = StructureGradient::default();
    assert!(model.pullback(&md, &d_y, &mut scratch, &mut g).is_err());
    model.simulate(&u2ti(), &mut scratch, &mut out).unwrap();
    let fresh = simulate(&model, &u2ti()).0;
    assert!(out.y().iter().zip(fresh.y()).all(|(a, b)| a.to_bits() == b.to_bits()));
}

#[test]
fn options_without_sense_are_named() {
    let base = StructsnapOptions::default;
    for (options, name) in [
        (StructsnapOptions { n_points: 0, ..base() }, "n_points"),
        (StructsnapOptions { n_points: 1, ..base() }, "n_points"),
        (StructsnapOptions { wavelength: f64::NAN, ..base() }, "wavelength"),
        (StructsnapOptions { wavelength: 3.0, ..base() }, "q_max"),
        (StructsnapOptions { q_min: f64::NAN, ..base() }, "q_min"),
        (StructsnapOptions { q_max: 0.1, ..base() }, "q_max"),
        (StructsnapOptions { w: -1.0, ..base() }, "w"),
        (StructsnapOptions { u: f64::INFINITY, ..base() }, "u"),
        (StructsnapOptions { b_iso: -0.1, ..base() }, "b_iso"),
        (StructsnapOptions { tails: f64::NAN, ..base() }, "tails"),
    ] {
        match Structsnap::new(options) {
            Err(ForwardError::OptionRange { name: found, .. }) => assert_eq!(found, name),
            other => panic!("{name}: {:?}", other.map(|_| ())),
        }
    }
}
