//! What losses are in terms of one another, and for patterns that are shifted, scaled or lifted.

use crate::all::{blurred, de_gelder, gpwdf, xcorr};
use braggscape_loss::{
    BlurAxis, Cosine, Cumulative, Entropy, JensenShannon, Loss, MaxShift, Pearson, Rp, Rwp, Scale,
    Wasserstein1, Wasserstein2, Weights,
};
use braggscape_pattern::{Axis, AxisKind, DecimatedTarget, Decimation, Pattern};
use braggscape_testkit::strategies::{pattern_pairs, patterns, positive_pattern_pairs};
use proptest::prelude::*;
use std::f64::consts::LN_2;

fn value(loss: &dyn Loss, f: &Pattern, g: &Pattern) -> f64 {
    loss.value(f, g).unwrap()
}

fn gradient(loss: &dyn Loss, f: &Pattern, g: &Pattern) -> Vec<f64> {
    let mut grad = vec![f64::NAN; g.n_points()];
    loss.value_and_gradient(f, g, &mut grad).unwrap();
    grad
}

/// Shannon entropy of a distribution, nats.
fn shannon(p: impl Iterator<Item = f64>) -> f64 {
    -p.map(|p| if p > 0.0 { p * p.ln() } else { 0.0 }).sum::<f64>()
}

fn shares(p: &Pattern) -> Vec<f64> {
    let total: f64 = p.y().iter().sum();
    p.y().iter().map(|y| y / total).collect()
}

/// The same intensities further along an axis with room for them: `by` steps from the middle third.
fn moved(p: &Pattern, by: isize) -> Pattern {
    let n = p.n_points();
    let (start, step) = p.axis().uniform_step().unwrap();
    let axis = Axis::uniform(AxisKind::TwoTheta, start, step, 3 * n).unwrap();
    let mut y = vec![0.0; 3 * n];
    let at = n.checked_add_signed(by).unwrap();
    y[at..at + n].copy_from_slice(p.y());
    Pattern::new(axis, y).unwrap()
}

proptest! {
    /// The published form of the entropy similarity, and its relation to the Jensen-Shannon divergence.
    #[test]
    fn entropy_similarity_is_one_less_the_divergence_in_bits((f, g) in pattern_pairs(1..40)) {
        let (p, q) = (shares(&f), shares(&g));
        let m = shannon(p.iter().zip(&q).map(|(p, q)| 0.5 * (p + q)));
        let (s_p, s_q) = (shannon(p.into_iter()), shannon(q.into_iter()));
        let published = 1.0 - (2.0 * m - s_p - s_q) / 4f64.ln();
        let entropy = value(&Entropy::default(), &f, &g);
        prop_assert!((entropy + published).abs() < 1e-13, "{entropy} {published}");
        let divergence = value(&JensenShannon::default(), &f, &g);
        prop_assert!((entropy + 1.0 - divergence / LN_2).abs() < 1e-14);
        let distance = value(&JensenShannon { distance: true }, &f, &g);
        prop_assert!((distance * distance - divergence).abs() < 1e-14);
    }

    /// Lists of more than 40 points that differ by less than a factor of 4 have an entropy above 3.
    #[test]
    fn broad_patterns_are_not_weighted((f, g) in pattern_pairs(60..90)) {
        let lifted = |p: &Pattern| {
            let y = p.y().iter().map(|y| y + 0.5 * p.max()).collect();
            Pattern::new(p.axis().clone(), y).unwrap()
        };
        let (f, g) = (lifted(&f), lifted(&g));
        let (plain, weighted) = (Entropy { weighted: false }, Entropy { weighted: true });
        prop_assert_eq!(value(&plain, &f, &g).to_bits(), value(&weighted, &f, &g).to_bits());
    }

    #[test]
    fn r_wp_of_equal_weights_is_the_sine_of_the_angle((f, g) in pattern_pairs(1..40)) {
        let r_wp = value(&Rwp { scale: Scale::Fit, weights: Weights::Unit }, &f, &g);
        let cosine = value(&Cosine::default(), &f, &g);
        prop_assert!((r_wp * r_wp + cosine * cosine - 1.0).abs() < 1e-14);
    }

    /// R factors of a pattern against k times itself: nothing is left, or all but k.
    #[test]
    fn r_factors_see_a_scale_unless_they_fit_it(f in patterns(1..40), k in 0.0..3.0f64) {
        for weights in [Weights::Sigma, Weights::Counting, Weights::Unit] {
            let (fit, none) = (Scale::Fit, Scale::None);
            let g = f.scaled(k);
            for loss in [&Rp { scale: none, weights } as &dyn Loss, &Rwp { scale: none, weights }] {
                prop_assert!((value(loss, &f, &g) - (k - 1.0).abs()).abs() < 1e-14);
            }
            let g = f.scaled(k + 0.1);
            for loss in [&Rp { scale: fit, weights } as &dyn Loss, &Rwp { scale: fit, weights }] {
                prop_assert!(value(loss, &f, &g) < 1e-14);
            }
        }
    }

    /// A weight common to all points does not matter, points of unknown weight do not count.
    #[test]
    fn r_factors_depend_on_relative_weights(
        (f, g) in positive_pattern_pairs(2..24),
        factor in 1e-3..1e3f64,
    ) {
        let sigma: Vec<f64> = f.sigma().unwrap().to_vec();
        let with = |sigma: Vec<f64>| f.clone().with_sigma(sigma).unwrap();
        let scaled = with(sigma.iter().map(|s| s * factor).collect());
        for loss in [&Rp::default() as &dyn Loss, &Rwp::default()] {
            let difference = value(loss, &scaled, &g) - value(loss, &f, &g);
            prop_assert!(difference.abs() < 1e-13);
        }
        let mut one_left_out = sigma;
        one_left_out[0] = 0.0;
        let unknown = with(one_left_out);
        let mut elsewhere = g.clone();
        elsewhere.y_mut()[0] *= 7.0;
        let difference = value(&Rwp::default(), &unknown, &g)
            - value(&Rwp::default(), &unknown, &elsewhere);
        prop_assert!(difference.abs() < 1e-14);
        prop_assert!(gradient(&Rwp::default(), &unknown, &g)[0].abs() <= 0.0);
    }

    #[test]
    fn a_background_does_not_correlate((f, g) in positive_pattern_pairs(3..24), level in 0.0..5.0f64) {
        let lifted: Vec<f64> = g.y().iter().map(|y| y + level).collect();
        let lifted = Pattern::new(g.axis().clone(), lifted).unwrap();
        let r = value(&Pearson::default(), &f, &g);
        prop_assert!((value(&Pearson::default(), &f, &lifted) - r).abs() < 1e-11);
        let total: f64 = gradient(&Pearson::default(), &f, &g).iter().sum();
        let largest = gradient(&Pearson::default(), &f, &g).iter().fold(0.0, |a: f64, d| a.max(d.abs()));
        prop_assert!(total.abs() < 1e-12 * (1.0 + largest));
    }

    /// Narrow weights see points on one another alone.
    #[test]
    fn weights_narrower_than_a_step_leave_the_cosine((f, g) in pattern_pairs(1..40)) {
        let cosine = value(&Cosine::default(), &f, &g);
        let narrow = 1e-4;
        prop_assert!((value(&de_gelder(narrow), &f, &g) - cosine).abs() < 1e-14);
        prop_assert!((value(&gpwdf(narrow), &f, &g) - 1.0 - cosine).abs() < 1e-13);
        for axis in [BlurAxis::TwoTheta, BlurAxis::Q, BlurAxis::LnQ] {
            prop_assert!((value(&blurred(axis, 1e-6), &f, &g) - cosine).abs() < 1e-13, "{axis:?}");
        }
    }

    #[test]
    fn wide_weights_see_nothing((f, g) in pattern_pairs(1..40)) {
        let wide = 1e8;
        prop_assert!((value(&de_gelder(wide), &f, &g) + 1.0).abs() < 1e-6);
        prop_assert!(value(&gpwdf(wide), &f, &g).abs() < 1e-13);
        for axis in [BlurAxis::TwoTheta, BlurAxis::Q, BlurAxis::LnQ] {
            prop_assert!((value(&blurred(axis, wide), &f, &g) + 1.0).abs() < 1e-13, "{axis:?}");
        }
    }

    /// gpwdf is the blurred overlap in the coordinate of the axis, with s = alpha/(2 sqrt(pi)).
    #[test]
    fn gpwdf_is_a_blurred_overlap((f, g) in pattern_pairs(1..40), s in 0.01..3.0f64) {
        let alpha = 2.0 * std::f64::consts::PI.sqrt() * s;
        let overlap = value(&blurred(BlurAxis::TwoTheta, s), &f, &g);
        prop_assert!((value(&gpwdf(alpha), &f, &g) - 1.0 - overlap).abs() < 1e-14);
    }

    /// A pattern that moves as a whole.
    #[test]
    fn a_shift_is_found_and_measured(f in patterns(1..40), by in -30..30_isize) {
        let by = by.clamp(-(f.n_points() as isize), f.n_points() as isize);
        let (here, there) = (moved(&f, 0), moved(&f, by));
        let all = xcorr(MaxShift::All);
        prop_assert!((value(&all, &here, &there) + 1.0).abs() < 1e-14);
        prop_assert_eq!(all.shift(&here, &there).unwrap(), -by);
        let distance = by.unsigned_abs() as f64 * f.axis().uniform_step().unwrap().1;
        let close = |x: f64, y: f64| (x - y).abs() < 1e-6 * (1e-6 + y);
        prop_assert!(close(value(&Wasserstein1::default(), &here, &there), distance));
        prop_assert!(close(value(&Wasserstein2::default(), &here, &there), distance));
    }

    /// Longer shifts can only correlate more, and no shift is the cosine.
    #[test]
    fn longer_shifts_correlate_more((f, g) in pattern_pairs(1..40)) {
        let mut last = value(&Cosine::default(), &f, &g);
        prop_assert!((value(&xcorr(MaxShift::Steps(0)), &f, &g) - last).abs() < 1e-15);
        for n in [1, 2, 5, 12, 30, u32::MAX] {
            let here = value(&xcorr(MaxShift::Steps(n)), &f, &g);
            prop_assert!(here <= last + 1e-15, "{here} {last}");
            last = here;
        }
        prop_assert_eq!(last.to_bits(), value(&xcorr(MaxShift::All), &f, &g).to_bits());
    }

    /// W_1 <= W_2 <= sqrt(length W_1), and both in the unit of the axis or over its length.
    #[test]
    fn wasserstein_distances_bound_each_other((f, g) in pattern_pairs(2..40)) {
        let length = f.axis().last() - f.axis().first();
        let one = value(&Wasserstein1::default(), &f, &g);
        let two = value(&Wasserstein2::default(), &f, &g);
        prop_assert!(one <= two + 1e-13 && two * two <= length * one + 1e-13);
        let relative = value(&Wasserstein1 { relative: true }, &f, &g);
        // The mean square of F - G is not below the square of the mean, nor above the mean, since |F - G| <= 1.
        let squares = value(&Cumulative {}, &f, &g);
        prop_assert!(relative * relative <= squares + 1e-14 && squares <= relative + 1e-14);
        prop_assert!((relative * length - one).abs() < 1e-14 * (1.0 + length));
        let square = value(&Wasserstein2 { relative: true, squared: true }, &f, &g);
        prop_assert!((square * length * length - two * two).abs() < 1e-13 * (1.0 + length * length));
    }

    /// Where the patterns agree the gradients of these are 0: a minimum, or a kink of which 0 is a slope.
    #[test]
    fn gradients_vanish_where_patterns_agree((f, _) in positive_pattern_pairs(2..40)) {
        let g = f.scaled(2.0);
        let losses: [&dyn Loss; 7] = [
            &Cumulative {},
            &Wasserstein1::default(),
            &Wasserstein2::default(),
            &Wasserstein2 { relative: false, squared: true },
            &xcorr(MaxShift::All),
            &gpwdf(0.1),
            &de_gelder(0.1),
        ];
        for (i, loss) in losses.iter().enumerate() {
            let largest = gradient(*loss, &f, &g).iter().fold(0.0, |a: f64, d| a.max(d.abs()));
            let scale = g.y().iter().sum::<f64>();
            prop_assert!(largest * scale < 1e-10, "{i}: {largest} of {scale}");
        }
    }
}

/// Intensities below 0 count as none for distributions, and have no slope.
#[test]
fn distributions_leave_out_what_is_below_zero() {
    let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 4).unwrap();
    let pattern = |y: [f64; 4]| Pattern::new(axis.clone(), y.to_vec()).unwrap();
    let (f, g) = (pattern([1.0, 2.0, 0.5, 1.0]), pattern([2.0, -3.0, 1.0, 1.0]));
    let clipped = pattern([2.0, 0.0, 1.0, 1.0]);
    let losses: [&dyn Loss; 6] = [
        &Cumulative {},
        &Entropy::default(),
        &Entropy { weighted: true },
        &JensenShannon::default(),
        &Wasserstein1::default(),
        &Wasserstein2::default(),
    ];
    for loss in losses {
        assert_eq!(value(loss, &f, &g).to_bits(), value(loss, &f, &clipped).to_bits());
        assert_eq!(value(loss, &g, &f).to_bits(), value(loss, &clipped, &f).to_bits());
        assert!(gradient(loss, &f, &g)[1].abs() <= 0.0);
        assert!(gradient(loss, &f, &g)[2].abs() > 0.0);
    }
}

/// An empty bin that should not be empty pulls with a large but finite force.
#[test]
fn empty_bins_have_the_documented_slope() {
    let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 2).unwrap();
    let pattern = |y: [f64; 2]| Pattern::new(axis.clone(), y.to_vec()).unwrap();
    let (f, g) = (pattern([1.0, 1.0]), pattern([1.0, 0.0]));
    // m = (3/4, 1/4): dL/dq = (ln(4/3), ln 2^-1022)/ln 4, less the first for the sum.
    let entropy = gradient(&Entropy::default(), &f, &g);
    let expected = -511.0 - (4.0f64 / 3.0).ln() / 4f64.ln();
    assert!(entropy[0].abs() < 1e-13 && (entropy[1] - expected).abs() < 1e-11, "{entropy:?}");
    let divergence = gradient(&JensenShannon::default(), &f, &g);
    assert!((divergence[1] - expected * LN_2).abs() < 1e-11, "{divergence:?}");
    // Neither has intensity: ln 2 for each empty bin.
    let divergence = gradient(&JensenShannon::default(), &g, &g);
    assert!((divergence[1] - 0.5 * LN_2).abs() < 1e-15, "{divergence:?}");
}

/// Intensities fall geometrically, so that the entropy of the distribution goes through 3 with the ratio.
#[test]
fn the_weighted_entropy_is_continuous_where_weights_begin() {
    let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 400).unwrap();
    let geometric = |ratio: f64| {
        let y = (0..400).map(|n| ratio.powi(n)).collect();
        Pattern::new(axis.clone(), y).unwrap()
    };
    let entropy = |ratio: f64| shannon(shares(&geometric(ratio)).into_iter());
    let (mut low, mut high) = (0.5, 0.99);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if entropy(middle) < 3.0 { low = middle } else { high = middle }
    }
    let loss = Entropy { weighted: true };
    let f = geometric(0.9);
    let (below, above) = (geometric(low - 1e-9), geometric(high + 1e-9));
    assert!((value(&loss, &f, &below) - value(&loss, &f, &above)).abs() < 1e-6);
    let slope = |g: &Pattern| gradient(&loss, &f, g)[0];
    let jump = (slope(&below) - slope(&above)).abs();
    assert!(jump > 1e-3 * slope(&above).abs(), "{jump}");
}

/// Listed points in even steps are as good as a uniform axis.
#[test]
fn listed_points_in_even_steps_give_the_same_losses() {
    let y = |seed: f64| (0..60).map(|i| (seed + 1.3 * f64::from(i * i)).sin().abs()).collect();
    let uniform = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.25, 60).unwrap();
    let listed = Axis::listed(AxisKind::TwoTheta, uniform.to_vec()).unwrap();
    let pair = |axis: &Axis| {
        let pattern = |seed| Pattern::new(axis.clone(), y(seed)).unwrap();
        (pattern(0.1), pattern(0.2))
    };
    let ((f, g), (a, b)) = (pair(&uniform), pair(&listed));
    let losses: [&dyn Loss; 6] = [
        &xcorr(MaxShift::All),
        &de_gelder(0.6),
        &gpwdf(0.7),
        &blurred(BlurAxis::LnQ, 0.02),
        &blurred(BlurAxis::Q, 0.05),
        &blurred(BlurAxis::TwoTheta, 0.3),
    ];
    for loss in losses {
        assert!((value(loss, &f, &g) - value(loss, &a, &b)).abs() < 1e-13);
    }
}

/// Pearson's correlation on nodes, as on all points.
#[test]
fn pearson_on_nodes_is_pearson_on_all_points() {
    let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.01, 3000).unwrap();
    let sigma = 0.3;
    let d = std::sync::Arc::new(Decimation::new(&axis, sigma, 0.3..=0.39).unwrap());
    let peaks = |shift: f64, x: f64| -> f64 {
        let heights = [(9.0, 1.0), (14.2, 0.4), (21.0, 2.0), (33.0, 1.1)];
        heights.iter().map(|(c, h)| h * (-0.5 * ((x - c - shift) / sigma).powi(2)).exp()).sum()
    };
    let on = |x: Vec<f64>, shift| x.into_iter().map(|x| peaks(shift, x)).collect::<Vec<f64>>();
    let f = Pattern::new(axis.clone(), on(axis.to_vec(), 0.0)).unwrap();
    let g = Pattern::new(axis.clone(), on(axis.to_vec(), 0.2)).unwrap();
    let target = DecimatedTarget::new(std::sync::Arc::clone(&d), &f).unwrap();
    let calc = on((0..d.n_nodes()).map(|m| d.node(m)).collect(), 0.2);
    let pearson = Pearson::default();
    let loss = pearson.decimated().unwrap();
    let all = value(&pearson, &f, &g);
    let nodes = loss.value_on_nodes(&target, &calc).unwrap();
    assert!((all - nodes).abs() < 1e-7, "{all} {nodes}");
    let mut grad = vec![f64::NAN; calc.len()];
    let again = loss.value_and_gradient_on_nodes(&target, &calc, &mut grad).unwrap();
    assert_eq!(again.to_bits(), nodes.to_bits());
    for m in (0..calc.len()).step_by(7) {
        let at = |t: f64| {
            let mut moved = calc.clone();
            moved[m] += t;
            loss.value_on_nodes(&target, &moved).unwrap()
        };
        let slope = braggscape_testkit::differences::slope(at, 1e-2);
        assert!((grad[m] - slope.value).abs() < 1e-8, "{m}: {} {}", grad[m], slope.value);
    }
    let flat = vec![0.0; calc.len()];
    let e = loss.value_on_nodes(&target, &flat).unwrap_err().to_string();
    assert!(e.contains("calculated pattern has no intensity"), "{e}");
}
