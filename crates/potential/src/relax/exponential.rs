//! Exponentials of small matrices.

use nalgebra::{Matrix3, SMatrix};

/// exp A, to rounding: the series to the 16th power of A/2^s with a norm below 1/4, squared s times.
pub(super) fn exp<const N: usize>(a: &SMatrix<f64, N, N>) -> SMatrix<f64, N, N> {
    let mut scaled = *a;
    let mut squarings = 0;
    // Bounded: a matrix with numbers that are not finite is left as it is.
    while scaled.norm() > 0.25 && squarings < 100 {
        scaled *= 0.5;
        squarings += 1;
    }
    let mut sum = SMatrix::identity();
    for k in (1..=16).rev() {
        sum = SMatrix::identity() + scaled * sum / f64::from(k);
    }
    for _ in 0..squarings {
        sum *= sum;
    }
    sum
}

/// The derivative of exp at A in direction E: the upper right block of exp [[A, E], [0, A]].
pub(super) fn exp_derivative(a: &Matrix3<f64>, e: &Matrix3<f64>) -> Matrix3<f64> {
    let mut both = SMatrix::<f64, 6, 6>::zeros();
    both.fixed_view_mut::<3, 3>(0, 0).copy_from(a);
    both.fixed_view_mut::<3, 3>(3, 3).copy_from(a);
    both.fixed_view_mut::<3, 3>(0, 3).copy_from(e);
    exp(&both).fixed_view::<3, 3>(0, 3).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::matrix;

    #[test]
    fn exponentials_of_known_matrices() {
        let diagonal = exp(&Matrix3::from_diagonal(&nalgebra::vector![1.0, -2.0, 0.0]));
        for (i, x) in [1.0_f64, -2.0, 0.0].into_iter().enumerate() {
            assert!((diagonal[(i, i)] - libm::exp(x)).abs() < 1e-14);
        }
        // A turn by 1 about z, and a nilpotent matrix.
        let turn = exp(&matrix![0.0, -1.0, 0.0; 1.0, 0.0, 0.0; 0.0, 0.0, 0.0]);
        assert!((turn[(0, 0)] - libm::cos(1.0)).abs() < 1e-15);
        assert!((turn[(1, 0)] - libm::sin(1.0)).abs() < 1e-15);
        let nilpotent = exp(&matrix![0.0, 2.0, 0.0; 0.0, 0.0, 3.0; 0.0, 0.0, 0.0]);
        assert!((nilpotent - matrix![1.0, 2.0, 3.0; 0.0, 1.0, 3.0; 0.0, 0.0, 1.0]).amax() < 1e-15);
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let a = matrix![0.3, -0.2, 0.1; 0.5, 0.1, -0.7; 0.2, 0.4, -0.6];
        let e = matrix![0.1, 0.9, -0.3; -0.4, 0.2, 0.8; 0.6, -0.5, 0.7];
        let h = 1e-5;
        let differences = (exp(&(a + e * h)) - exp(&(a - e * h))) / (2.0 * h);
        assert!((exp_derivative(&a, &e) - differences).amax() < 1e-9);
    }
}
