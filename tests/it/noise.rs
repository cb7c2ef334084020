//! The noise of patterns against SciPy and NumPy.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use braggscape_noise::{Background, Counts, NoiseModel, ZeroShift};
use braggscape_pattern::{Axis, AxisKind, Pattern};
use braggscape_tests::fixture;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    draws: usize,
    counts: Vec<Bins>,
    x0: f64,
    step: f64,
    backgrounds: Vec<Polynomial>,
    profile: Vec<f64>,
    shifts: Vec<Shift>,
    kolmogorov_high: f64,
    kolmogorov_draws: usize,
}

/// Exact probabilities of counts up to each edge, and those of rounded normal numbers.
#[derive(Deserialize)]
struct Bins {
    mean: f64,
    edges: Vec<f64>,
    probabilities: Vec<f64>,
    rounded_normal: Vec<f64>,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Polynomial {
    coefficients: Vec<f64>,
    values: Vec<f64>,
}

#[derive(Deserialize)]
struct Shift {
    shift: f64,
    values: Vec<f64>,
}

/// Counts of this mean, drawn through a pattern: points of the height that expects as many.
fn draw(mean: f64, n: usize, seed: u64) -> Vec<f64> {
    let peak = mean.max(1.0);
    let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.001, n + 1).unwrap();
    let mut y = vec![mean / peak; n + 1];
    // One point that sets the scale, not among the draws.
    y[n] = 1.0;
    let mut pattern = Pattern::new(axis, y).unwrap();
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    Counts::new(peak).unwrap().corrupt(&mut pattern, &mut rng).unwrap();
    pattern.y()[..n].iter().map(|y| (y * peak).round()).collect()
}

/// Pearson's sum of (found - expected)^2 / expected over the bins.
fn chi_squared(counts: &[f64], edges: &[f64], probabilities: &[f64]) -> f64 {
    let mut found = vec![0.0; probabilities.len()];
    for k in counts {
        found[edges.partition_point(|edge| edge < k)] += 1.0;
    }
    let expected = probabilities.iter().map(|p| p * counts.len() as f64);
    found.iter().zip(expected).map(|(f, e)| (f - e) * (f - e) / e).sum()
}

#[test]
fn counts_follow_the_poisson_distribution_and_not_the_rounded_normal_one() {
    let f: Fixture = fixture("noise");
    assert!(f.counts.len() > 10);
    for (i, bins) in f.counts.iter().enumerate() {
        let counts = draw(bins.mean, f.draws, 100 + i as u64);
        let statistic = chi_squared(&counts, &bins.edges, &bins.probabilities);
        let range = bins.low..bins.high;
        assert!(range.contains(&statistic), "mean {}: {statistic} not in {range:?}", bins.mean);
        let wrong = chi_squared(&counts, &bins.edges, &bins.rounded_normal);
        if bins.mean < 100.0 {
            assert!(wrong > bins.high, "mean {}: {wrong} does not tell the two apart", bins.mean);
        }
    }
}

#[test]
fn backgrounds_are_chebyshev_sums() {
    let f: Fixture = fixture("noise");
    for Polynomial { coefficients, values } in &f.backgrounds {
        let axis = Axis::uniform(AxisKind::TwoTheta, f.x0, f.step, values.len()).unwrap();
        let mut y = vec![0.0; values.len()];
        y[7] = 2.0;
        let mut pattern = Pattern::new(axis, y).unwrap();
        let mut rng = ChaCha12Rng::seed_from_u64(0);
        let model = Background::new(0.5, coefficients.clone()).unwrap();
        model.corrupt(&mut pattern, &mut rng).unwrap();
        for (i, (y, b)) in pattern.y().iter().zip(values).enumerate() {
            let peak = if i == 7 { 2.0 } else { 0.0 };
            assert!((y - peak - b).abs() < 1e-13, "{coefficients:?}: {y} {b}");
        }
    }
}

/// The spline and our cubic each err by at most 0.0703 (h/w)^4 of a peak, h/w = 1/8 and 1/6; near the ends the spline has no
/// neighbours on one side, and beyond them the two go on differently.
#[test]
fn shifted_profiles_agree_with_splines() {
    let f: Fixture = fixture("noise");
    let n = f.profile.len();
    let axis = Axis::uniform(AxisKind::TwoTheta, f.x0, f.step, n).unwrap();
    let bound = 2.0 * 0.0703 * (0.125_f64.powi(4) + 0.4 * (1.0_f64 / 6.0).powi(4));
    let mut moved: f64 = 0.0;
    for Shift { shift, values } in &f.shifts {
        let mut pattern = Pattern::new(axis.clone(), f.profile.clone()).unwrap();
        let mut rng = ChaCha12Rng::seed_from_u64(0);
        ZeroShift::new(*shift, 0.0).unwrap().corrupt(&mut pattern, &mut rng).unwrap();
        let points = pattern.y().iter().zip(values).zip(&f.profile).enumerate();
        for (i, ((y, spline), before)) in points.skip(6).take(n - 12) {
            let error = (y - spline).abs();
            assert!(error < bound, "shift {shift}, point {i}: {error}");
            moved = moved.max((y - before).abs());
        }
    }
    assert!(moved > 100.0 * bound, "the shifts are too small to tell: {moved}");
}

/// Kolmogorov's distance of drawn shifts from the normal distribution.
#[test]
fn zero_shifts_are_normal() {
    let f: Fixture = fixture("noise");
    let axis = Axis::uniform(AxisKind::TwoTheta, 0.0, 1.0, 41).unwrap();
    let line = Pattern::new(axis.clone(), axis.to_vec()).unwrap();
    let model = ZeroShift::new(0.0, 1.5).unwrap();
    let mut rng = ChaCha12Rng::seed_from_u64(9);
    let n = f.kolmogorov_draws;
    let mut z: Vec<f64> = (0..n)
        .map(|_| {
            let mut pattern = line.clone();
            model.corrupt(&mut pattern, &mut rng).unwrap();
            (20.0 - pattern.y()[20]) / 1.5
        })
        .collect();
    z.sort_by(f64::total_cmp);
    let distance = |cdf: &dyn Fn(f64) -> f64| {
        let gaps = z.iter().enumerate().map(|(i, z)| {
            let (below, above) = (i as f64 / n as f64, (i + 1) as f64 / n as f64);
            (cdf(*z) - below).abs().max((above - cdf(*z)).abs())
        });
        gaps.fold(0.0, f64::max)
    };
    let normal = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
    assert!(distance(&normal) < f.kolmogorov_high, "{}", distance(&normal));
    // Normal numbers a fifth too wide are told apart.
    assert!(distance(&|z| normal(1.2 * z)) > f.kolmogorov_high);
}
