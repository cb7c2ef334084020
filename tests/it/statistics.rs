//! Correlations and bootstrap intervals against SciPy, mutual information against scikit-learn.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use braggscape_metrics::{
    BootstrapOptions, MetricError, MutualInformation, MutualInformationOptions, TieRule,
    bootstrap_interval, pearson, spearman,
};
use braggscape_tests::fixture;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Sample {
    name: String,
    x: Vec<f64>,
    y: Vec<f64>,
    pearson: Option<[f64; 2]>,
    spearman: Option<[f64; 2]>,
    information: BTreeMap<String, f64>,
    /// Mean, standard deviation, least and largest over many random states.
    draws: Option<[f64; 4]>,
    exact: Option<BTreeMap<String, f64>>,
    bootstrap: Option<BTreeMap<String, [[f64; 2]; 2]>>,
}

#[derive(Deserialize)]
struct Fixture {
    samples: Vec<Sample>,
}

fn samples() -> Vec<Sample> {
    let f: Fixture = fixture("statistics");
    assert!(f.samples.len() > 50);
    f.samples
}

/// Whether no two distances between points are equal: x and y are drawn from continuous distributions, and no line.
fn is_generic(s: &Sample) -> bool {
    ["independent", "correlated", "curved"].iter().any(|kind| s.name.starts_with(kind))
}

fn estimator(k: &str, ties: TieRule) -> MutualInformation {
    MutualInformation::new(MutualInformationOptions { k: k.parse().unwrap(), ties }).unwrap()
}

#[test]
fn correlations_agree_with_scipy() {
    let (mut worst, mut worst_p) = (0.0_f64, 0.0_f64);
    for s in samples() {
        let ours = [pearson(&s.x, &s.y), spearman(&s.x, &s.y)];
        for (ours, theirs) in ours.into_iter().zip([s.pearson, s.spearman]) {
            let Some([coefficient, p_value]) = theirs else {
                assert!(matches!(ours.unwrap_err(), MetricError::ConstantSample), "{}", s.name);
                continue;
            };
            let ours = ours.unwrap();
            let off = (ours.coefficient - coefficient).abs();
            assert!(off < 1e-12, "{}: {} and {coefficient}", s.name, ours.coefficient);
            // Of a perfect correlation, rounding of the coefficient decides how nearly 0 the probability is.
            let perfect = 1.0 - coefficient.abs() < 1e-12;
            let off_p = if perfect {
                ours.p_value.max(p_value)
            } else {
                // Probabilities below the smallest number are 0 on both sides.
                (ours.p_value - p_value).abs() / p_value.max(f64::MIN_POSITIVE)
            };
            let allowed = if perfect { 1e-6 } else { 1e-9 };
            assert!(off_p < allowed, "{}: {} and {p_value}", s.name, ours.p_value);
            worst = worst.max(off);
            worst_p = if perfect { worst_p } else { worst_p.max(off_p) };
        }
    }
    println!("coefficients agree to {worst:.1e}, probabilities to {worst_p:.1e} of them");
}

#[test]
fn mutual_information_without_ties_is_that_of_scikit_learn() {
    let (mut n, mut worst) = (0, 0.0_f64);
    for s in samples().iter().filter(|s| is_generic(s)) {
        for (k, expected) in &s.information {
            for ties in [TieRule::Noise(0), TieRule::Noise(1), TieRule::Exact] {
                let ours = estimator(k, ties).estimate(&s.x, &s.y).unwrap();
                let off = (ours - expected).abs();
                assert!(off < 1e-12, "{}, k {k}, {ties:?}: {ours} and {expected}", s.name);
                worst = worst.max(off);
                n += 1;
            }
        }
    }
    println!("{n} estimates agree to {worst:.1e}");
    assert!(n > 100);
}

#[test]
fn mutual_information_of_exact_ties_is_that_of_scikit_learn_without_its_noise() {
    let mut n = 0;
    for s in samples() {
        for (k, expected) in s.exact.iter().flatten() {
            let ours = estimator(k, TieRule::Exact).estimate(&s.x, &s.y).unwrap();
            assert!((ours - expected).abs() < 1e-12, "{}, k {k}: {ours} and {expected}", s.name);
            n += usize::from(!is_generic(&s));
        }
    }
    assert!(n >= 12, "{n}");
}

#[test]
fn noise_breaks_ties_as_scikit_learn_does_on_average() {
    let mut n = 0;
    for s in samples() {
        let Some([mean, deviation, least, largest]) = s.draws else { continue };
        let ours: Vec<f64> = (0..200)
            .map(|seed| estimator("3", TieRule::Noise(seed)).estimate(&s.x, &s.y).unwrap())
            .collect();
        let our_mean = ours.iter().sum::<f64>() / 200.0;
        // Five standard errors of the difference of two means of 200.
        let allowed = 5.0 * deviation * (2.0_f64 / 200.0).sqrt() + 1e-12;
        assert!((our_mean - mean).abs() < allowed, "{}: {our_mean} and {mean}", s.name);
        let spread = largest - least;
        for value in ours {
            let inside = value > least - spread - 1e-12 && value < largest + spread + 1e-12;
            assert!(inside, "{}: {value} far from {least} to {largest}", s.name);
        }
        n += 1;
    }
    assert!(n >= 15, "{n}");
}

#[test]
fn constants_carry_no_information() {
    for s in samples().iter().filter(|s| s.name.starts_with("constant")) {
        assert!(estimator("3", TieRule::Noise(0)).estimate(&s.x, &s.y).unwrap() <= 0.0);
    }
}

#[test]
fn bootstrap_intervals_agree_with_scipy_in_distribution() {
    let mut n = 0;
    for s in samples() {
        for (what, ends) in s.bootstrap.iter().flatten() {
            let (name, level) = what.split_once(' ').unwrap();
            let statistic = |indices: &[usize]| {
                let x: Vec<f64> = indices.iter().map(|i| s.x[*i]).collect();
                match name {
                    "mean" => Ok(x.iter().sum::<f64>() / x.len() as f64),
                    "median" => {
                        let mut x = x;
                        x.sort_by(f64::total_cmp);
                        Ok(f64::midpoint(x[(x.len() - 1) / 2], x[x.len() / 2]))
                    }
                    _ => {
                        let y: Vec<f64> = indices.iter().map(|i| s.y[*i]).collect();
                        pearson(&x, &y).map(|r| r.coefficient)
                    }
                }
            };
            let seeds = 20;
            let mut sums = [0.0; 2];
            for seed in 0..seeds {
                let level = level.parse().unwrap();
                let options = BootstrapOptions { n_resamples: 2000, level, seed };
                let (low, high) = bootstrap_interval(s.x.len(), statistic, &options).unwrap();
                sums = [sums[0] + low, sums[1] + high];
            }
            for (sum, [mean, deviation]) in sums.into_iter().zip(ends) {
                let ours = sum / seeds as f64;
                // Five standard errors of the difference of means of 20 and 60.
                let allowed = 5.0 * deviation * (1.0_f64 / 20.0 + 1.0 / 60.0).sqrt() + 1e-12;
                assert!((ours - mean).abs() < allowed, "{}, {what}: {ours} and {mean}", s.name);
            }
            n += 1;
        }
    }
    assert_eq!(n, 24);
}
