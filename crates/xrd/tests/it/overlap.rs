//! The blurred overlap against direct double sums over pairs of peaks, and its gradient against differences.

use crate::sample;
use braggscape_crystal::{CellParameters, Lattice, Structure};
use braggscape_testkit::differences::slope;
use braggscape_testkit::strategies::structures;
use braggscape_xrd::{
    BlurredOverlap, BlurredOverlapOptions, Coordinate, EuAm, FormFactor, Scratch, StructureGradient,
};
use nalgebra::{Matrix3, Vector3};
use proptest::prelude::*;
use std::f64::consts::{PI, TAU};

/// (position, tapered intensity) of every reflection of the range, Friedel mates included.
fn sticks(s: &Structure, o: &BlurredOverlapOptions) -> Vec<(f64, f64)> {
    let reciprocal = s.lattice().reciprocal();
    let coordinate = |q: f64| match o.coordinate {
        Coordinate::TwoTheta => 2.0 * (q * o.wavelength / (4.0 * PI)).asin().to_degrees(),
        Coordinate::Q => q,
        Coordinate::LnQ => q.ln(),
    };
    let (lo, hi) = (coordinate(o.q_min), coordinate(o.q_max));
    let mut out = Vec::new();
    for h in -20..=20 {
        for k in -20..=20 {
            for l in -20..=20 {
                let hkl = Vector3::new(h, k, l).map(f64::from);
                let g = (reciprocal * hkl).norm();
                let q = TAU * g;
                if q <= o.q_min || q >= o.q_max {
                    continue;
                }
                let s2 = 0.25 * g * g;
                let (mut re, mut im) = (0.0, 0.0);
                for site in s.sites() {
                    let f = FormFactor::of(site.element, EuAm::Structsnap).unwrap().f0(s2)
                        * site.occupancy
                        * (-o.b_iso * s2).exp();
                    let phase = TAU * hkl.dot(&site.frac);
                    re += f * phase.cos();
                    im += f * phase.sin();
                }
                let theta = (0.5 * g * o.wavelength).asin();
                let lp = (1.0 + (2.0 * theta).cos().powi(2)) / (theta.sin().powi(2) * theta.cos());
                let x = coordinate(q);
                let depth = (x - lo).min(hi - x);
                let taper =
                    if depth < o.taper { (0.5 * PI * depth / o.taper).sin().powi(2) } else { 1.0 };
                out.push((x, taper * lp * (re * re + im * im)));
            }
        }
    }
    out
}

fn overlap(a: &[(f64, f64)], b: &[(f64, f64)], s: f64) -> f64 {
    a.iter()
        .flat_map(|(x, i)| {
            b.iter().map(move |(y, j)| i * j * (-((x - y) / (2.0 * s)).powi(2)).exp())
        })
        .sum()
}

fn options() -> impl Strategy<Value = BlurredOverlapOptions> {
    let blur = prop_oneof![
        (Just(Coordinate::TwoTheta), 0.3..4.0f64, prop_oneof![Just(0.0), Just(8.0)]),
        (Just(Coordinate::Q), 0.02..0.3f64, prop_oneof![Just(0.0), Just(0.5)]),
        (Just(Coordinate::LnQ), 0.005..0.1f64, prop_oneof![Just(0.0), Just(0.3)]),
    ];
    (blur, prop_oneof![Just(0.0), 0.2..2.0f64]).prop_map(|((coordinate, sigma, taper), b_iso)| {
        BlurredOverlapOptions { coordinate, sigma, taper, b_iso, ..Default::default() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn values_are_those_of_double_sums(a in structures(1..4), b in structures(1..4), o in options()) {
        let blurred = BlurredOverlap::new(o.clone()).unwrap();
        let mut scratch = Scratch::default();
        let target = blurred.target(&a, &mut scratch).unwrap();
        let value = blurred.value(&target, &b, &mut scratch).unwrap();
        let (f, g) = (sticks(&a, &o), sticks(&b, &o));
        let norms = overlap(&f, &f, o.sigma) * overlap(&g, &g, o.sigma);
        let expected = -overlap(&f, &g, o.sigma) / norms.sqrt();
        prop_assert!((value - expected).abs() < 1e-7, "{value} {expected}");
        let whole = sticks(&a, &BlurredOverlapOptions { taper: 0.0, ..o.clone() });
        let listed = blurred.target_of_sticks(&whole).unwrap();
        // Positions differ by rounding, and windows may begin eight nodes apart.
        prop_assert!((listed.cosine(&target) - 1.0).abs() < 1e-9, "{}", listed.cosine(&target) - 1.0);
    }

    #[test]
    fn gradients_agree_with_differences(a in structures(1..4), b in structures(1..6), o in options()) {
        let blurred = BlurredOverlap::new(o.clone()).unwrap();
        let mut scratch = Scratch::default();
        let target = blurred.target(&a, &mut scratch).unwrap();
        check(&blurred, &target, &b, &mut scratch)?;
    }
}

fn check(
    blurred: &BlurredOverlap,
    target: &braggscape_xrd::BlurredTarget,
    s: &Structure,
    scratch: &mut Scratch,
) -> Result<(), TestCaseError> {
    let s = s.with_lattice(Lattice::from_parameters(&s.cell()).unwrap());
    let mut g = StructureGradient::default();
    let value = blurred.value_and_gradient(target, &s, scratch, &mut g).unwrap();
    scratch.hold(&scratch.reflections());
    let mut at = |s: Structure| blurred.value(target, &s, scratch).unwrap();
    prop_assert!((at(s.clone()) - value).abs() < 1e-13);
    let cell = s.cell().to_array();
    let mut pairs = Vec::new();
    for (i, own) in g.lengths.into_iter().chain(g.angles).enumerate() {
        let d = slope(
            |t| {
                let mut p = cell;
                p[i] += t;
                at(s.with_lattice(
                    Lattice::from_parameters(&CellParameters::from_array(p)).unwrap(),
                ))
            },
            if i < 3 { 1e-3 } else { 2e-2 },
        );
        pairs.push((own, d.value));
    }
    let coords = s.frac_coords();
    for (j, own) in g.frac_coords.iter().enumerate() {
        for x in 0..3 {
            let d = slope(
                |t| {
                    let mut moved = coords.clone();
                    moved[j][x] += t;
                    at(s.with_frac_coords(&moved).unwrap())
                },
                1e-3,
            );
            pairs.push((own[x], d.value));
        }
    }
    scratch.release();
    for (name, block) in
        [("lengths", &pairs[..3]), ("angles", &pairs[3..6]), ("coordinates", &pairs[6..])]
    {
        let scale = block.iter().map(|(_, d)| d.abs()).fold(0.0, f64::max);
        // Windows that move by a node with the peak leave 1e-8 of a height.
        let allowed = 2e-6 * scale + 1e-6;
        for (own, d) in block {
            prop_assert!((own - d).abs() < allowed, "{name}: {own} {d} (largest {scale})");
        }
    }
    Ok(())
}

#[test]
fn a_blur_in_ln_q_does_not_depend_on_the_basis_or_the_wavelength_of_positions() {
    let blurred = BlurredOverlap::new(BlurredOverlapOptions::default()).unwrap();
    let mut scratch = Scratch::default();
    let s = sample::u2ti();
    let target = blurred.target(&s, &mut scratch).unwrap();
    let other =
        braggscape_testkit::transform::supercell(&s, &Matrix3::new(1, 1, 0, 0, 1, 0, 0, -1, 1));
    let value = blurred.value(&target, &other.unwrap(), &mut scratch).unwrap();
    assert!((value + 1.0).abs() < 1e-12, "{value}");
}

#[test]
fn what_cannot_be_compared_is_a_typed_error() {
    let new = |o: BlurredOverlapOptions| BlurredOverlap::new(o).unwrap_err().to_string();
    let base = BlurredOverlapOptions::default;
    for (o, expected) in [
        (BlurredOverlapOptions { sigma: 0.0, ..base() }, "sigma"),
        (BlurredOverlapOptions { sigma: f64::NAN, ..base() }, "sigma"),
        (BlurredOverlapOptions { sigma: 1e-9, ..base() }, "sigma"),
        (BlurredOverlapOptions { taper: 3.0, ..base() }, "taper"),
        (BlurredOverlapOptions { q_min: 0.0, ..base() }, "q_min"),
        (BlurredOverlapOptions { q_max: 9.0, ..base() }, "q_max"),
        (BlurredOverlapOptions { wavelength: -1.0, ..base() }, "wavelength"),
        (BlurredOverlapOptions { b_iso: f64::NAN, ..base() }, "b_iso"),
    ] {
        let message = new(o);
        assert!(message.contains(expected), "{message}");
    }
    let narrow = BlurredOverlapOptions { q_min: 0.36, q_max: 0.37, sigma: 0.01, ..base() };
    let narrow = BlurredOverlap::new(narrow).unwrap();
    let e = narrow.target(&sample::au2s(), &mut Scratch::default()).unwrap_err();
    assert!(e.to_string().contains("no reflection"), "{e}");
    let wide = BlurredOverlap::new(base()).unwrap();
    let target = wide.target(&sample::au2s(), &mut Scratch::default()).unwrap();
    let fine = BlurredOverlap::new(BlurredOverlapOptions { sigma: 0.01, ..base() }).unwrap();
    let e = fine.value(&target, &sample::au2s(), &mut Scratch::default()).unwrap_err();
    assert!(e.to_string().contains("other options"), "{e}");
    // As many nodes, at other places.
    let shifted = BlurredOverlap::new(BlurredOverlapOptions { q_min: 0.356, ..base() }).unwrap();
    let e = shifted.value(&target, &sample::au2s(), &mut Scratch::default()).unwrap_err();
    assert!(e.to_string().contains("other options"), "{e}");
    // A short wavelength does not make a list longer than its range of q.
    let short = BlurredOverlapOptions { wavelength: 0.3, ..base() };
    let large = sample::structure([30.0, 30.0, 30.0, 90.0, 90.0, 90.0], &[("Fe", [0.0; 3], 1.0)]);
    let short = BlurredOverlap::new(short).unwrap();
    assert!(short.target(&large, &mut Scratch::default()).is_ok());
}
