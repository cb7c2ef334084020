//! Test functions: value, gradient and Hessian against each other, and minima.

use braggscape_testkit::differences::{gradient, relative_error};
use braggscape_testkit::functions::TestFunction;
use proptest::prelude::*;

/// A function, and a point of its domain.
fn points() -> impl Strategy<Value = (TestFunction, Vec<f64>)> {
    prop::sample::select(TestFunction::ALL.to_vec()).prop_flat_map(|f| {
        let dims: Vec<usize> = (1..6).filter(|n| f.accepts(*n)).collect();
        let x =
            prop::sample::select(dims).prop_flat_map(|n| prop::collection::vec(-2.0..2.0f64, n));
        (Just(f), x)
    })
}

fn analytic(f: TestFunction, x: &[f64]) -> Vec<f64> {
    let mut g = vec![f64::NAN; x.len()];
    f.gradient(x, &mut g);
    g
}

proptest! {
    #[test]
    fn gradients_and_hessians_agree_with_differences((f, x) in points()) {
        let slopes: Vec<f64> = gradient(|x| f.value(x), &x, 0.01).iter().map(|d| d.value).collect();
        let error = relative_error(&analytic(f, &x), &slopes, 1e-3);
        prop_assert!(error < 1e-8, "{f}: gradient {error:e}");
        let h = f.hessian(&x);
        for i in 0..x.len() {
            let row = gradient(|x| analytic(f, x)[i], &x, 0.01);
            let row: Vec<f64> = row.iter().map(|d| d.value).collect();
            let found: Vec<f64> = h.row(i).iter().copied().collect();
            let error = relative_error(&found, &row, 1e-3);
            prop_assert!(error < 1e-8, "{f}: row {i} of the Hessian {error:e}");
        }
    }

    #[test]
    fn residuals_agree_with_value_gradient_and_differences((f, x) in points()) {
        let Some((r, jacobian)) = f.residuals(&x) else {
            prop_assert!(!f.is_sum_of_squares());
            return Ok(());
        };
        prop_assert!(f.is_sum_of_squares());
        let sum: f64 = r.iter().map(|r| r * r).sum();
        prop_assert!((sum - f.value(&x)).abs() <= 1e-12 * (1.0 + sum), "{f}: {sum}");
        let slopes = jacobian.tr_mul(&nalgebra::DVector::from_vec(r.clone())) * 2.0;
        let error = relative_error(slopes.as_slice(), &analytic(f, &x), 1e-3);
        prop_assert!(error < 1e-12, "{f}: gradient {error:e}");
        for k in 0..r.len() {
            let row = gradient(|x| f.residuals(x).unwrap().0[k], &x, 0.01);
            let row: Vec<f64> = row.iter().map(|d| d.value).collect();
            let found: Vec<f64> = jacobian.row(k).iter().copied().collect();
            let error = relative_error(&found, &row, 1e-3);
            prop_assert!(error < 1e-8, "{f}: row {k} of the Jacobian {error:e}");
        }
    }

    #[test]
    fn no_point_is_below_the_minimum((f, x) in points()) {
        prop_assert!(f.value(&x) >= f.minimum(x.len()) - 1e-12);
    }
}

#[test]
fn minima_are_stationary_and_have_the_minimal_value() {
    for f in TestFunction::ALL {
        for n in (1..6).filter(|n| f.accepts(*n)) {
            for x in f.minima(n) {
                assert!(
                    (f.value(&x) - f.minimum(n)).abs() < 1e-12 * (1.0 + f.minimum(n).abs()),
                    "{f}"
                );
                assert!(
                    analytic(f, &x).iter().all(|g| g.abs() < 1e-10),
                    "{f}: {:?}",
                    analytic(f, &x)
                );
                // Not a saddle: no negative curvature.
                let eigenvalues = f.hessian(&x).symmetric_eigenvalues();
                assert!(eigenvalues.iter().all(|e| *e > -1e-9), "{f}: {eigenvalues}");
            }
        }
    }
    assert_eq!(TestFunction::Himmelblau.minima(2).len(), 4);
}

/// Values that can be checked by hand.
#[test]
fn values_by_hand() {
    let check = |f: TestFunction, x: &[f64], expected: f64| {
        assert!((f.value(x) - expected).abs() < 1e-12, "{f}: {}", f.value(x));
    };
    check(TestFunction::Sphere, &[1.0, 2.0, 2.0], 9.0);
    check(TestFunction::Ellipsoid, &[1.0, 1.0], 1001.0);
    check(TestFunction::Rosenbrock, &[-1.0, 2.0], 104.0);
    check(TestFunction::Rastrigin, &[1.0, 0.5], 21.25);
    check(TestFunction::StyblinskiTang, &[1.0, -1.0], -15.0);
    check(TestFunction::Booth, &[0.0, 0.0], 74.0);
    check(TestFunction::Beale, &[0.0, 5.0], 14.203125);
    check(TestFunction::Himmelblau, &[0.0, 0.0], 170.0);
    check(TestFunction::PowellSingular, &[3.0, -1.0, 0.0, 1.0], 215.0);
}
