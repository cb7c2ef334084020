//! Gauss-Newton matrices against residuals that are differentiated numerically.

use braggscape_loss::{Cosine, Cumulative, Loss, Mse, Normalisation};
use braggscape_pattern::{Axis, AxisKind, Pattern};
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
