//! Distributions, accuracy and limits of the noise of patterns, at fixed seeds.

use braggscape_noise::{
    Background, Counts, IntensityError, NoiseError, NoiseModel, Sequence, ZeroShift,
};
use braggscape_pattern::{Axis, AxisKind, Pattern};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

fn rng(seed: u64) -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(seed)
}

fn flat(height: f64, n: usize) -> Pattern {
    let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.01, n).unwrap();
    Pattern::new(axis, vec![height; n]).unwrap()
}

/// Gaussians of this standard deviation, moved by `shift`.
fn peaks(width: f64, shift: f64) -> Pattern {
    let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.01, 3000).unwrap();
    let at = |x: f64| {
        let near = |centre: f64| libm::exp(-0.5 * ((x - shift - centre) / width).powi(2));
        near(9.003) + 0.3 * near(9.4) + 0.8 * near(20.0)
    };
    let y = axis.to_vec().into_iter().map(at).collect();
    Pattern::new(axis, y).unwrap()
}

fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    (mean, values.map(|v| (v - mean).powi(2)).sum::<f64>() / n)
}

/// Mean m and variance m of the counts; their standard errors are sqrt(m/n) and about sqrt((2 m^2 + m)/n).
#[test]
fn counts_have_the_mean_and_variance_of_their_expectation() {
    for (seed, peak) in [1.0, 4.0, 9.5, 10.5, 100.0, 12_345.0, 1e6, 1e9].into_iter().enumerate() {
        let mut pattern = flat(7.0, 40_000);
        Counts::new(peak).unwrap().corrupt(&mut pattern, &mut rng(seed as u64)).unwrap();
        let counts = pattern.y().iter().map(|y| y * peak / 7.0);
        let (mean, variance) = moments(counts);
        let n: f64 = 40_000.0;
        assert!((mean - peak).abs() < 5.0 * (peak / n).sqrt(), "{peak}: mean {mean}");
        let error = ((2.0 * peak * peak + peak) / n).sqrt();
        assert!((variance - peak).abs() < 5.0 * error, "{peak}: variance {variance}");
    }
}

/// Counts are whole numbers, sigma is the root of the count or of 1, and the scale of the pattern stays.
#[test]
fn counts_keep_the_scale_and_know_their_uncertainty() {
    let clean = peaks(0.3, 0.0);
    for (scale, peak) in [(1.0, 50.0), (1e-3, 1e3), (2e5, 1e4)] {
        let mut pattern = clean.scaled(scale);
        let unit = pattern.max() / peak;
        Counts::new(peak).unwrap().corrupt(&mut pattern, &mut rng(1)).unwrap();
        let (mut empty, mut above) = (0, 0);
        for (y, sigma) in pattern.y().iter().zip(pattern.sigma().unwrap()) {
            let n = y / unit;
            assert!((n - n.round()).abs() < 1e-9 * n.max(1.0), "{n}");
            let expected = n.round().max(1.0).sqrt() * unit;
            assert!((sigma / expected - 1.0).abs() < 1e-12);
            empty += usize::from(n < 0.5);
            above += usize::from(n > 0.5);
        }
        assert!(empty > 100 && above > 100, "{empty} {above}");
        // All counts together: their sum is Poisson, too.
        let (total, expected) =
            (pattern.y().iter().sum::<f64>() / unit, clean.y().iter().sum::<f64>() * scale / unit);
        assert!((total - expected).abs() < 5.0 * expected.sqrt(), "{total} {expected}");
    }
}

#[test]
fn the_counts_of_a_pattern_do_not_depend_on_its_scale() {
    let counts = |scale: f64| {
        let mut pattern = peaks(0.3, 0.0).scaled(scale);
        let unit = pattern.max() / 500.0;
        Counts::new(500.0).unwrap().corrupt(&mut pattern, &mut rng(3)).unwrap();
        pattern.y().iter().map(|y| (y / unit).round()).collect::<Vec<_>>()
    };
    // A power of two, so that no rounding differs.
    assert_eq!(counts(1.0), counts(1024.0));
}

#[test]
fn points_below_zero_expect_no_count_and_empty_patterns_are_refused() {
    let mut pattern = flat(1.0, 100);
    pattern.y_mut()[3] = -5.0;
    Counts::new(1e3).unwrap().corrupt(&mut pattern, &mut rng(1)).unwrap();
    assert!(pattern.y()[3].abs() < 1e-300);
    for height in [0.0, -1.0] {
        let mut empty = flat(height, 10);
        let e = Counts::new(1e3).unwrap().corrupt(&mut empty, &mut rng(1)).unwrap_err();
        assert!(matches!(e, NoiseError::NoIntensity), "{e}");
        assert!(empty.sigma().is_none());
    }
}

/// A constant background lifts all points by a fraction of the highest, and stays where that is 0.
#[test]
fn backgrounds_are_relative_to_the_highest_point() {
    let clean = peaks(0.3, 0.0).scaled(40.0);
    let mut pattern = clean.clone();
    Background::new(0.25, vec![1.0]).unwrap().corrupt(&mut pattern, &mut rng(1)).unwrap();
    for (y, before) in pattern.y().iter().zip(clean.y()) {
        assert!((y - before - 0.25 * clean.max()).abs() < 1e-12 * clean.max());
    }
    let mut one = flat(8.0, 1);
    Background::new(0.5, vec![1.0, 9.0]).unwrap().corrupt(&mut one, &mut rng(1)).unwrap();
    assert!((one.y()[0] - 12.0).abs() < 1e-12, "the middle of an axis of one point");
}

/// The error of the cubic: at most 0.0703 (h/w)^4 of the highest peak, and near that at its worst.
#[test]
fn shifted_peaks_are_accurate_to_the_bound() {
    let mut worst: f64 = 0.0;
    for (width, shift) in
        [(0.52, 0.1234), (0.1, -0.345), (0.0425, 0.005), (0.0425, -0.0175), (0.0425, 0.0301)]
    {
        let mut pattern = peaks(width, 0.0);
        ZeroShift::new(shift, 0.0).unwrap().corrupt(&mut pattern, &mut rng(1)).unwrap();
        // Peaks 0.4 apart add up where they are wide.
        let bound = 0.0703 * (0.01_f64 / width).powi(4) * 1.3;
        let expected = peaks(width, shift);
        let errors = pattern.y().iter().zip(expected.y()).map(|(a, b)| (a - b).abs());
        let error = errors.fold(0.0, f64::max);
        assert!(error <= bound + 1e-12, "width {width}, shift {shift}: {error} above {bound}");
        worst = worst.max(error / bound);
        assert!(pattern.y().iter().all(|y| *y >= 0.0));
    }
    assert!(worst > 0.5, "the bound is no bound: {worst} of it reached");
}

#[test]
fn shifts_by_whole_steps_move_points() {
    for (shift, by) in [(0.03, 3_i64), (-0.5, -50)] {
        let clean = peaks(0.1, 0.0);
        let mut pattern = clean.clone().with_sigma(clean.y().to_vec()).unwrap();
        ZeroShift::new(shift, 0.0).unwrap().corrupt(&mut pattern, &mut rng(1)).unwrap();
        let last = clean.n_points() as i64 - 1;
        for i in 0..clean.n_points() {
            let from = (i as i64 - by).clamp(0, last) as usize;
            assert!((pattern.y()[i] - clean.y()[from]).abs() < 1e-12, "{i}");
            assert!((pattern.sigma().unwrap()[i] - clean.y()[from]).abs() < 1e-11, "{i}");
        }
    }
}

/// A straight line tells its shift: normal with the mean and deviation asked for.
#[test]
fn shifts_are_normal_about_the_fixed_one() {
    let axis = Axis::uniform(AxisKind::TwoTheta, 0.0, 1.0, 100).unwrap();
    let line = Pattern::new(axis.clone(), axis.to_vec()).unwrap();
    let model = ZeroShift::new(0.2, 0.05).unwrap();
    let mut rng = rng(5);
    let shifts: Vec<f64> = (0..20_000)
        .map(|_| {
            let mut pattern = line.clone();
            model.corrupt(&mut pattern, &mut rng).unwrap();
            50.0 - pattern.y()[50]
        })
        .collect();
    let (mean, variance) = moments(shifts.iter().copied());
    // Standard errors 3.5e-4 and 1 % of the variance.
    assert!((mean - 0.2).abs() < 5.0 * 3.5e-4, "{mean}");
    assert!((variance / 0.0025 - 1.0).abs() < 0.05, "{variance}");
}

#[test]
fn patterns_in_q_have_no_zero_shift() {
    let axis = Axis::uniform(AxisKind::Q, 1.0, 0.01, 10).unwrap();
    let mut pattern = Pattern::new(axis, vec![1.0; 10]).unwrap();
    let e = ZeroShift::new(0.1, 0.0).unwrap().corrupt(&mut pattern, &mut rng(1)).unwrap_err();
    assert!(e.to_string().contains("1/Å"), "{e}");
}

/// The order of a sequence is the order of the experiment: counts taken last are whole, a background added to counts is not.
#[test]
fn sequences_keep_their_order_and_share_one_generator() {
    let background = Background::new(0.5, vec![1.0]).unwrap();
    let counts = Counts::new(100.0).unwrap();
    let clean = peaks(0.3, 0.0);
    let whole = |pattern: &Pattern| {
        let unit = 1.5 * clean.max() / 100.0;
        pattern.y().iter().all(|y| (y / unit - (y / unit).round()).abs() < 1e-9)
    };
    let mut before = clean.clone();
    Sequence::new(vec![background.clone().into(), counts.into()])
        .corrupt(&mut before, &mut rng(1))
        .unwrap();
    assert!(whole(&before));
    let mut after = clean.clone();
    Sequence::new(vec![counts.into(), background.clone().into()])
        .corrupt(&mut after, &mut rng(1))
        .unwrap();
    assert!(!whole(&after));
    let mut by_hand = clean.clone();
    let mut shared = rng(1);
    background.corrupt(&mut by_hand, &mut shared).unwrap();
    counts.corrupt(&mut by_hand, &mut shared).unwrap();
    assert_eq!(by_hand.y(), before.y());
    assert_eq!(by_hand.sigma(), before.sigma());
}

#[test]
fn options_out_of_range_are_named() {
    let check = |e: NoiseError, start: &str| assert!(e.to_string().starts_with(start), "{e}");
    check(Counts::new(0.5).unwrap_err(), "peak = 0.5 ");
    check(Counts::new(1e10).unwrap_err(), "peak = 10000000000 ");
    check(Counts::new(f64::NAN).unwrap_err(), "peak = NaN ");
    check(Background::new(-1.0, vec![]).unwrap_err(), "level = -1 ");
    check(Background::new(0.1, vec![1.0, f64::INFINITY]).unwrap_err(), "coefficients = inf ");
    check(ZeroShift::new(11.0, 0.0).unwrap_err(), "shift = 11 ");
    check(ZeroShift::new(0.0, -0.1).unwrap_err(), "sigma = -0.1 ");
}

/// The logarithms of the factors are normal with variance sigma^2 at every point, the same at neighbours, and independent beyond some lengths.
#[test]
fn intensity_errors_have_their_size_and_their_length() {
    let (sigma, length, n) = (0.1, 0.5, 400);
    let model = IntensityError::new(sigma, length).unwrap();
    let logs: Vec<Vec<f64>> = (0..2000)
        .map(|seed| {
            let mut pattern = flat(3.0, n);
            model.corrupt(&mut pattern, &mut rng(seed)).unwrap();
            pattern.y().iter().map(|y| libm::log(y / 3.0) / sigma).collect()
        })
        .collect();
    let mean_of =
        |f: &dyn Fn(&[f64]) -> f64| logs.iter().map(|l| f(l)).sum::<f64>() / logs.len() as f64;
    // Standard errors of 2,000 draws: 0.022 of a mean or a correlation, 0.032 of a variance.
    for i in [0, 1, 57, 211, n - 1] {
        assert!(mean_of(&|l| l[i]).abs() < 0.11, "mean at {i}");
        assert!((mean_of(&|l| l[i] * l[i]) - 1.0).abs() < 0.16, "variance at {i}");
    }
    // 0.01 between points: a tenth of a length, one, and six apart.
    assert!(mean_of(&|l| l[100] * l[105]) > 0.95);
    let one = mean_of(&|l| l[100] * l[150]);
    assert!(one > 0.5 && one < 0.95, "{one}");
    assert!(mean_of(&|l| l[50] * l[350]).abs() < 0.11);
}

#[test]
fn intensity_errors_scale_uncertainties_and_check_their_options() {
    let mut pattern = flat(2.0, 50);
    pattern.set_sigma(vec![0.5; 50]).unwrap();
    IntensityError::new(0.3, 0.1).unwrap().corrupt(&mut pattern, &mut rng(5)).unwrap();
    for (y, sigma) in pattern.y().iter().zip(pattern.sigma().unwrap()) {
        assert!((sigma / y - 0.25).abs() < 1e-12);
    }
    for (sigma, length) in [(-0.1, 1.0), (2.1, 1.0), (f64::NAN, 1.0), (0.1, 0.0), (0.1, f64::NAN)] {
        let failed = IntensityError::new(sigma, length);
        assert!(matches!(failed, Err(NoiseError::OptionRange { .. })), "{sigma} {length}");
    }
    let fine = IntensityError::new(0.1, 1e-9).unwrap();
    assert!(matches!(
        fine.corrupt(&mut flat(1.0, 10), &mut rng(0)),
        Err(NoiseError::OptionRange { name: "length", .. })
    ));
}
