//! Gauss-Newton matrices against residuals that are differentiated numerically.

use braggscape_loss::{
    BlurAxis, BlurredOverlap, BlurredOverlapOptions, Cosine, Cumulative, Loss, Mse, Normalisation,
    Pearson,
};
use braggscape_pattern::{Axis, AxisKind, DecimatedTarget, Decimation, Pattern};
use braggscape_testkit::strategies::positive_pattern_pairs;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

/// What f and g are divided by, written down anew.
fn divisor(normalisation: Normalisation, y: &DVector<f64>) -> f64 {
    match normalisation {
        Normalisation::Max => y.max(),
        Normalisation::Sum => y.sum(),
        Normalisation::L2 => y.norm(),
        Normalisation::None => 1.0,
    }
}

/// L = c |r|^2 + const with r = g/N(g) - f/N(f).
fn cases(n_points: usize) -> Vec<(Box<dyn Loss>, Normalisation, f64)> {
    let mut cases: Vec<(Box<dyn Loss>, Normalisation, f64)> =
        vec![(Box::new(Cosine::default()), Normalisation::L2, 0.5)];
    for normalisation in
        [Normalisation::Max, Normalisation::Sum, Normalisation::L2, Normalisation::None]
    {
        cases.push((Box::new(Mse { normalisation }), normalisation, 1.0 / n_points as f64));
    }
    cases
}

proptest! {
    /// Along g + J p; the maximum stays where it is.
    #[test]
    fn the_matrix_is_that_of_the_residuals(
        (f, g) in positive_pattern_pairs(4..24),
        entries in prop::collection::vec(-1.0..1.0f64, 3 * 24),
    ) {
        let n = g.n_points();
        let y = DVector::from_column_slice(g.y());
        let jacobian = DMatrix::from_fn(n, 3, |i, k| entries[3 * i + k] * y[i]);
        let f = Pattern::new(f.axis().clone(), f.y().to_vec()).unwrap();
        let at = |p: &DVector<f64>| &y + &jacobian * p;
        let mut sorted = y.as_slice().to_vec();
        sorted.sort_by(f64::total_cmp);
        prop_assume!(sorted[n - 2] < 0.99 * sorted[n - 1]);
        for (loss, normalisation, factor) in cases(n) {
            let h = 1e-5;
            let residuals = |p: &DVector<f64>| {
                let y = at(p);
                let divisor = divisor(normalisation, &y);
                y / divisor
            };
            let columns: Vec<DVector<f64>> = (0..3)
                .map(|k| {
                    let mut step = DVector::zeros(3);
                    step[k] = h;
                    (residuals(&step) - residuals(&-step)) / (2.0 * h)
                })
                .collect();
            let r = DMatrix::from_columns(&columns);
            let expected = r.transpose() * &r * (2.0 * factor);
            let mut found = DMatrix::zeros(0, 0);
            let least_squares = loss.least_squares().unwrap();
            least_squares.gauss_newton(&f, &g, &jacobian, &mut found).unwrap();
            prop_assert!(
                (&found - &expected).amax() <= 1e-7 * (2.0 * factor * r.norm_squared()),
                "{normalisation:?}: {found} {expected}"
            );
        }
    }
}

proptest! {
    /// Residuals of `cumulative`, sqrt(w) (G - F), along g + J p on points that are not evenly spaced.
    #[test]
    fn the_matrix_of_cumulative_patterns_is_that_of_the_residuals(
        (f, g) in positive_pattern_pairs(2..24),
        entries in prop::collection::vec(-1.0..1.0f64, 3 * 24),
        steps in prop::collection::vec(0.1..2.0f64, 24),
        below in any::<bool>(),
    ) {
        let n = g.n_points();
        let x: Vec<f64> = (0..n).map(|i| 10.0 + steps[..i].iter().sum::<f64>()).collect();
        let length = x[n - 1] - x[0];
        let axis = Axis::listed(AxisKind::TwoTheta, x.clone()).unwrap();
        let mut y = DVector::from_column_slice(g.y());
        if below && n > 2 {
            y[1] = -y[1];
        }
        let jacobian = DMatrix::from_fn(n, 3, |i, k| entries[3 * i + k] * y[i]);
        let residuals = |p: &DVector<f64>| {
            let y = (&y + &jacobian * p).map(|y| y.max(0.0));
            let total = y.sum();
            DVector::from_fn(n - 1, |i, _| {
                let weight = ((x[i + 1] - x[i]) / length).sqrt();
                weight * y.rows(0, i + 1).sum() / total
            })
        };
        let h = 1e-5;
        let columns: Vec<DVector<f64>> = (0..3)
            .map(|k| {
                let mut step = DVector::zeros(3);
                step[k] = h;
                (residuals(&step) - residuals(&-step)) / (2.0 * h)
            })
            .collect();
        let r = DMatrix::from_columns(&columns);
        let expected = r.transpose() * &r * 2.0;
        let f = Pattern::new(axis.clone(), f.y().to_vec()).unwrap();
        let g = Pattern::new(axis, y.as_slice().to_vec()).unwrap();
        let mut found = DMatrix::zeros(0, 0);
        Cumulative {}.least_squares().unwrap().gauss_newton(&f, &g, &jacobian, &mut found).unwrap();
        prop_assert!((&found - &expected).amax() <= 1e-7 * (2.0 * r.norm_squared()) + 1e-14);
    }
}

#[test]
fn a_jacobian_of_another_length_is_refused() {
    let axis = braggscape_pattern::Axis::uniform(braggscape_pattern::AxisKind::Q, 1.0, 1.0, 2);
    let f = Pattern::new(axis.unwrap(), vec![1.0, 2.0]).unwrap();
    let mut losses: Vec<Box<dyn Loss>> = cases(2).into_iter().map(|(loss, ..)| loss).collect();
    losses.push(Box::new(Cumulative {}));
    for loss in losses {
        let least_squares = loss.least_squares().unwrap();
        let (jacobian, mut hessian) = (DMatrix::zeros(3, 2), DMatrix::zeros(0, 0));
        let e = least_squares.gauss_newton(&f, &f, &jacobian, &mut hessian).unwrap_err();
        assert!(e.to_string().contains("3 entries"), "{e}");
    }
}

/// Central differences of the unit residuals of a negative correlation L = |r|^2/2 - 1, from its values alone:
/// |r(p) - r(-p)|^2 = 2 (1 + L(g+, g-)).
fn correlation_matrix(loss: &dyn Loss, at: impl Fn(&[f64; 2]) -> Pattern, h: f64) -> DMatrix<f64> {
    let half = |p: [f64; 2]| {
        let (a, b) = (at(&p), at(&[-p[0], -p[1]]));
        2.0 * (1.0 + loss.value(&a, &b).unwrap()) / (4.0 * h * h)
    };
    let (x, y, both) = (half([h, 0.0]), half([0.0, h]), half([h, h]));
    let across = 0.5 * (both - x - y);
    DMatrix::from_row_slice(2, 2, &[x, across, across, y])
}

/// Two peaks, and their derivatives in the position of the first and the height of the second.
fn peaks(x: &[f64], p: &[f64; 2]) -> Vec<f64> {
    let gauss = |x: f64, c: f64| (-0.5 * ((x - c) / SIGMA).powi(2)).exp();
    x.iter().map(|x| gauss(*x, 14.0 + p[0]) + (0.6 + p[1]) * gauss(*x, 19.0)).collect()
}

fn slopes(x: &[f64]) -> DMatrix<f64> {
    let gauss = |x: f64, c: f64| (-0.5 * ((x - c) / SIGMA).powi(2)).exp();
    DMatrix::from_fn(x.len(), 2, |i, k| match k {
        0 => gauss(x[i], 14.0) * (x[i] - 14.0) / (SIGMA * SIGMA),
        _ => gauss(x[i], 19.0),
    })
}

const SIGMA: f64 = 0.3;

fn without_background(blur: f64, background: usize) -> Box<dyn Loss> {
    let options = BlurredOverlapOptions { blur, background, taper: 0.1, ..Default::default() };
    Box::new(BlurredOverlap::new(options).unwrap())
}

#[test]
fn a_background_that_is_taken_out_does_not_count() {
    let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.01, 3000).unwrap();
    let x = axis.to_vec();
    let at = |p: [f64; 2], terms: [f64; 3]| {
        let t = |x: f64| (x - 20.0) / 15.0;
        let lift = |x: f64| terms[0] + terms[1] * t(x) + terms[2] * t(x) * t(x);
        let y = x.iter().zip(peaks(&x, &p)).map(|(x, y)| y + lift(*x)).collect();
        Pattern::new(axis.clone(), y).unwrap()
    };
    let (f, g) = (at([0.3, 0.1], [0.0; 3]), at([0.0; 2], [0.0; 3]));
    for (terms, lift) in [(1, [0.2, 0.0, 0.0]), (2, [0.2, -0.1, 0.0]), (3, [0.1, 0.1, 0.3])] {
        let loss = without_background(0.05, terms);
        let lifted = at([0.3, 0.1], lift);
        let (plain, same) = (loss.value(&f, &g).unwrap(), loss.value(&lifted, &g).unwrap());
        assert!((plain - same).abs() < 1e-8, "{terms}: {plain} {same}");
        let blind = without_background(0.05, 0);
        let other = blind.value(&lifted, &g).unwrap() - blind.value(&f, &g).unwrap();
        assert!(other.abs() > 1e-3, "a background that nothing sees: {other}");
    }
}

fn correlations() -> Vec<Box<dyn Loss>> {
    let blurred = |axis, blur, taper| {
        let options = BlurredOverlapOptions { axis, blur, taper, ..Default::default() };
        Box::new(BlurredOverlap::new(options).unwrap()) as Box<dyn Loss>
    };
    vec![
        Box::new(Pearson::default()),
        blurred(BlurAxis::LnQ, 0.1, 0.0),
        blurred(BlurAxis::LnQ, 0.02, 0.1),
        blurred(BlurAxis::Q, 0.05, 0.0),
        blurred(BlurAxis::TwoTheta, 0.4, 2.0),
        without_background(0.1, 1),
        without_background(0.03, 3),
        // Narrower than the peaks.
        blurred(BlurAxis::LnQ, 0.005, 0.0),
    ]
}

#[test]
fn correlations_give_the_matrix_of_their_residuals_on_all_points_and_on_nodes() {
    let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.01, 3000).unwrap();
    let x = axis.to_vec();
    let pattern = |p: &[f64; 2]| Pattern::new(axis.clone(), peaks(&x, p)).unwrap();
    let (f, g) = (pattern(&[0.4, -0.2]), pattern(&[0.0, 0.0]));
    let decimation = std::sync::Arc::new(Decimation::new(&axis, SIGMA, 0.3..=0.39).unwrap());
    let nodes: Vec<f64> = (0..decimation.n_nodes()).map(|m| decimation.node(m)).collect();
    for (i, loss) in correlations().iter().enumerate() {
        let expected = correlation_matrix(loss.as_ref(), pattern, 1e-3);
        let mut found = DMatrix::zeros(0, 0);
        loss.least_squares().unwrap().gauss_newton(&f, &g, &slopes(&x), &mut found).unwrap();
        let scale = expected.amax();
        assert!((&found - &expected).amax() < 1e-4 * scale, "{i}: {found} {expected}");

        let on_nodes = loss.decimated().unwrap();
        let plain = DecimatedTarget::new(std::sync::Arc::clone(&decimation), &f).unwrap();
        let target = on_nodes.target_on_nodes(plain, &f).unwrap();
        let calc = peaks(&nodes, &[0.0, 0.0]);
        let (all, few) =
            (loss.value(&f, &g).unwrap(), on_nodes.value_on_nodes(&target, &calc).unwrap());
        assert!((all - few).abs() < 1e-7, "{i}: {all} {few}");
        let mut grad = vec![f64::NAN; calc.len()];
        let again = on_nodes.value_and_gradient_on_nodes(&target, &calc, &mut grad).unwrap();
        assert_eq!(again.to_bits(), few.to_bits());
        let along: Vec<f64> = slopes(&nodes)
            .column_iter()
            .map(|column| column.iter().zip(&grad).map(|(c, d)| c * d).sum())
            .collect();
        for k in 0..2 {
            let at = |t: f64| {
                let mut p = [0.0; 2];
                p[k] = t;
                on_nodes.value_on_nodes(&target, &peaks(&nodes, &p)).unwrap()
            };
            let slope = braggscape_testkit::differences::slope(at, 1e-3);
            assert!((along[k] - slope.value).abs() < 1e-7, "{i} {k}: {along:?} {}", slope.value);
        }
        let mut matrix = DMatrix::zeros(0, 0);
        let squares = on_nodes.least_squares_on_nodes().unwrap();
        squares.gauss_newton_on_nodes(&target, &calc, &slopes(&nodes), &mut matrix).unwrap();
        assert!((&matrix - &found).amax() < 1e-6 * scale, "{i}: {matrix} {found}");
    }
}

#[test]
fn a_target_on_nodes_of_another_loss_is_refused() {
    let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.01, 3000).unwrap();
    let f = Pattern::new(axis.clone(), peaks(&axis.to_vec(), &[0.0; 2])).unwrap();
    let decimation = std::sync::Arc::new(Decimation::new(&axis, SIGMA, 0.3..=0.39).unwrap());
    let calc = vec![1.0; decimation.n_nodes()];
    let plain = DecimatedTarget::new(decimation, &f).unwrap();
    let loss = BlurredOverlap::new(BlurredOverlapOptions::default()).unwrap();
    let e = loss.decimated().unwrap().value_on_nodes(&plain, &calc).unwrap_err().to_string();
    assert!(e.contains("not prepared"), "{e}");
    let e = BlurredOverlap::new(BlurredOverlapOptions { taper: -1.0, ..Default::default() });
    assert!(e.unwrap_err().to_string().contains("taper"));
}
