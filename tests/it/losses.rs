//! Losses against other programs, and against the blurred overlap of peak lists.
//!
//! `tests/oracles/losses` says who computed what.
#![expect(clippy::unwrap_used, reason = "tests")]

use braggscape::loss::{
    AnyLoss, BlurAxis, BlurredOverlap, BlurredOverlapOptions, Cosine, Cumulative, DeGelder,
    DeGelderOptions, Entropy, Gpwdf, GpwdfOptions, JensenShannon, Loss, MaxShift, Mse,
    Normalisation, Pearson, Rp, Rwp, Scale, Wasserstein1, Wasserstein2, Weights, Xcorr,
    XcorrOptions,
};
use braggscape::pattern::{Axis, AxisKind, Pattern};
use braggscape::xrd::{self, Coordinate};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    kind: String,
    start: f64,
    step: f64,
    f: Vec<f64>,
    g: Vec<f64>,
    sigma: Option<Vec<f64>>,
    values: BTreeMap<String, f64>,
}

impl Case {
    fn patterns(&self) -> (Pattern, Pattern) {
        let kind = if self.kind == "q" { AxisKind::Q } else { AxisKind::TwoTheta };
        let axis = Axis::uniform(kind, self.start, self.step, self.f.len()).unwrap();
        let f = Pattern::new(axis.clone(), self.f.clone()).unwrap();
        let f = match &self.sigma {
            Some(sigma) => f.with_sigma(sigma.clone()).unwrap(),
            None => f,
        };
        (f, Pattern::new(axis, self.g.clone()).unwrap())
    }
}

fn xcorr(max_shift: MaxShift) -> Xcorr {
    Xcorr::new(XcorrOptions { max_shift })
}

fn blurred(axis: BlurAxis, blur: f64) -> AnyLoss {
    let options = BlurredOverlapOptions { axis, blur, ..Default::default() };
    BlurredOverlap::new(options).unwrap().into()
}

/// The loss that a name of the oracle stands for, and how far the other program can be trusted.
fn loss(name: &str) -> (AnyLoss, f64) {
    let words: Vec<&str> = name.split(' ').collect();
    let number = || words.last().unwrap().parse::<f64>().unwrap();
    let weights = |word| match word {
        "sigma" => Weights::Sigma,
        "counting" => Weights::Counting,
        _ => Weights::Unit,
    };
    let entropy = |weighted| AnyLoss::from(Entropy { weighted });
    let mse = |normalisation| AnyLoss::from(Mse { normalisation });
    let made: AnyLoss = match words[..] {
        ["cosine"] => Cosine::default().into(),
        ["pearson"] => Pearson::default().into(),
        ["mse", "max"] => mse(Normalisation::Max),
        ["mse", "sum"] => mse(Normalisation::Sum),
        ["mse", "l2"] => mse(Normalisation::L2),
        ["jensen-shannon"] => JensenShannon::default().into(),
        ["jensen-shannon", "distance"] => JensenShannon { distance: true }.into(),
        ["entropy" | "ms-entropy"] => entropy(false),
        ["weighted-entropy" | "ms-weighted-entropy"] => entropy(true),
        ["r-p", "none"] => Rp { scale: Scale::None, weights: Weights::Sigma }.into(),
        ["r-p", word] => Rp { scale: Scale::Fit, weights: weights(word) }.into(),
        ["r-wp", word] => Rwp { scale: Scale::Fit, weights: weights(word) }.into(),
        ["cumulative"] => Cumulative {}.into(),
        ["wasserstein-1"] => Wasserstein1::default().into(),
        ["wasserstein-2"] => Wasserstein2::default().into(),
        ["xcorr"] => xcorr(MaxShift::All).into(),
        ["xcorr", "within", _] => xcorr(MaxShift::Steps(number() as u32)).into(),
        ["de-gelder", _] => DeGelder::new(DeGelderOptions { width: number() }).unwrap().into(),
        ["gpwdf", _] => Gpwdf::new(GpwdfOptions { alpha: number() }).unwrap().into(),
        ["blurred", "two-theta", _] => blurred(BlurAxis::TwoTheta, number()),
        ["blurred", "q", _] => blurred(BlurAxis::Q, number()),
        ["blurred", "ln-q", _] => blurred(BlurAxis::LnQ, number()),
        _ => panic!("the oracle has an unknown loss `{name}`"),
    };
    // ms_entropy computes in single precision.
    let tolerance = match words[0] {
        "ms-entropy" | "ms-weighted-entropy" => 1e-6,
        _ => 1e-12,
    };
    (made, tolerance)
}

#[test]
fn losses_are_those_of_other_programs() {
    let Fixture { cases } = braggscape_tests::fixture("losses");
    let mut seen = BTreeMap::new();
    for case in &cases {
        let (f, g) = case.patterns();
        let mut grad = vec![0.0; g.n_points()];
        for (name, expected) in &case.values {
            if name == "xcorr shift" {
                let found = xcorr(MaxShift::All).shift(&f, &g).unwrap();
                assert_eq!(found, *expected as isize, "{}", case.name);
                continue;
            }
            let (loss, tolerance) = loss(name);
            let found = loss.value(&f, &g).unwrap();
            let what = format!("{name} of {}: {found}, not {expected}", case.name);
            assert!((found - expected).abs() <= tolerance * (1.0 + expected.abs()), "{what}");
            let again = loss.value_and_gradient(&f, &g, &mut grad).unwrap();
            assert!((again - found).abs() < 1e-15 * (1.0 + found.abs()), "{what}: with a gradient");
            let kind = name.split(' ').next().unwrap().to_owned();
            *seen.entry(kind).or_insert(0) += 1;
        }
    }
    assert_eq!(cases.len(), 36);
    assert_eq!(seen.len(), 17, "{seen:?}");
    // Short peak lists are among the cases, or weights would not be tested.
    let weighted =
        |case: &&Case| (case.values["entropy"] - case.values["weighted-entropy"]).abs() > 1e-3;
    assert!(cases.iter().filter(weighted).count() > 5);
}

/// Positions and heights of sticks, by number of the pattern.
fn sticks(pattern: u32, n: u32) -> Vec<(f64, f64)> {
    let part = |i: u32, c: f64| (c * f64::from(7 * i + 31 * pattern + 1)).fract();
    (0..n).map(|i| (25.0 + 40.0 * part(i, 0.618_033_988), 0.1 + part(i, 0.414_213_562))).collect()
}

/// Sticks broadened by Gaussians, from far below the first to far above the last.
fn broadened(sticks: &[(f64, f64)], sigma: f64) -> Pattern {
    let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.05, 1601).unwrap();
    let at = |x: f64| {
        sticks.iter().map(|(c, h)| h * (-0.5 * ((x - c) / sigma).powi(2)).exp()).sum::<f64>()
    };
    let y = axis.to_vec().into_iter().map(at).collect();
    Pattern::new(axis, y).unwrap()
}

/// gpwdf is 1 - cos_s of the sticks that an instrument of width sigma has broadened, s^2 = sigma^2 + alpha^2/(4 pi), and the
/// blurred overlap -cos_s with s^2 = sigma^2 + blur^2.
#[test]
fn losses_of_profiles_are_blurred_overlaps_of_sticks() {
    let sigma = 0.3;
    // The sums over points are integrals as long as weight and peaks are wider than a step of 0.05.
    for alpha in [0.25, 0.5, 1.0, 3.0, 8.0] {
        let blur = alpha / (2.0 * std::f64::consts::PI.sqrt());
        let of_sticks = xrd::BlurredOverlap::new(xrd::BlurredOverlapOptions {
            coordinate: Coordinate::TwoTheta,
            sigma: (sigma * sigma + blur * blur).sqrt(),
            ..xrd::BlurredOverlapOptions::default()
        })
        .unwrap();
        for pattern in 0..6 {
            let (a, b) = (sticks(pattern, 3 + 4 * pattern), sticks(pattern + 10, 9));
            let target = |sticks: &[(f64, f64)]| of_sticks.target_of_sticks(sticks).unwrap();
            let cosine = target(&a).cosine(&target(&b));
            let (f, g) = (broadened(&a, sigma), broadened(&b, sigma));
            let gpwdf = Gpwdf::new(GpwdfOptions { alpha }).unwrap().value(&f, &g).unwrap();
            // Windows of the peak lists end at 1e-13 of a peak's height; profiles are 6 points a standard deviation.
            assert!((gpwdf - (1.0 - cosine)).abs() < 1e-11, "{alpha}: {gpwdf} {cosine}");
            let overlap = blurred(BlurAxis::TwoTheta, blur).value(&f, &g).unwrap();
            assert!((overlap + cosine).abs() < 1e-11, "{alpha}: {overlap} {cosine}");
        }
    }
}

/// Peaks of one width in ln q, on an axis of 2theta, whose points stand for intensity dq/d(2theta) times as large.
#[test]
fn the_blur_of_profiles_in_ln_q_is_that_of_sticks() {
    let (sigma, blur) = (0.01, 0.02);
    let of_sticks = xrd::BlurredOverlap::new(xrd::BlurredOverlapOptions {
        coordinate: Coordinate::LnQ,
        sigma: f64::hypot(sigma, blur),
        ..xrd::BlurredOverlapOptions::default()
    })
    .unwrap();
    let axis = Axis::uniform(AxisKind::TwoTheta, 12.0, 0.02, 3500).unwrap();
    let ln_q = |two_theta: f64| {
        (4.0 * std::f64::consts::PI / 1.5406 * (two_theta.to_radians() / 2.0).sin()).ln()
    };
    for pattern in 0..4 {
        let list = |pattern| -> Vec<(f64, f64)> {
            sticks(pattern, 12).into_iter().map(|(x, h)| (ln_q(x), h)).collect()
        };
        let profile = |sticks: &[(f64, f64)]| {
            let at = |x: f64| {
                let peak = |(c, h): &(f64, f64)| h * (-0.5 * ((ln_q(x) - c) / sigma).powi(2)).exp();
                // d(ln q)/d(2theta), up to a constant.
                sticks.iter().map(peak).sum::<f64>() / (x.to_radians() / 2.0).tan()
            };
            Pattern::new(axis.clone(), axis.to_vec().into_iter().map(at).collect()).unwrap()
        };
        let (a, b) = (list(pattern), list(pattern + 10));
        let target = |sticks: &[(f64, f64)]| of_sticks.target_of_sticks(sticks).unwrap();
        let cosine = target(&a).cosine(&target(&b));
        let overlap = blurred(BlurAxis::LnQ, blur).value(&profile(&a), &profile(&b)).unwrap();
        assert!((overlap + cosine).abs() < 1e-10, "{pattern}: {overlap} {cosine}");
    }
}
