//! From the gradient in the reciprocal metric tensor to that in the cell parameters.

use nalgebra::Matrix3;

/// Gradient in (a, b, c) per Å and (alpha, beta, gamma) per degree, from W_ij = dL/dG*_ij (symmetric, all nine elements
/// counted: dL = sum_ij W_ij dG*_ij), for a lattice with the metric tensor G = (G*)^-1.
///
/// dL/dG = -G* W G*; then G_ij = a_i a_j cos(angle_ij) is differentiated.
pub(crate) fn cell_gradient(
    metric: &Matrix3<f64>,
    reciprocal_metric: &Matrix3<f64>,
    w: &Matrix3<f64>,
) -> ([f64; 3], [f64; 3]) {
    let m = -(reciprocal_metric * w * reciprocal_metric);
    let len = [0, 1, 2].map(|i| metric[(i, i)].sqrt());
    // The angle between vectors i and j is number k, and so on.
    let cosines = [(1, 2), (2, 0), (0, 1)].map(|(j, k)| metric[(j, k)] / (len[j] * len[k]));
    let mut lengths = [0.0; 3];
    let mut angles = [0.0; 3];
    for i in 0..3 {
        let (j, k) = ((i + 1) % 3, (i + 2) % 3);
        lengths[i] = 2.0
            * (len[i] * m[(i, i)]
                + len[j] * cosines[k] * m[(i, j)]
                + len[k] * cosines[j] * m[(i, k)]);
        let sine = (1.0 - cosines[i] * cosines[i]).sqrt();
        angles[i] = -2.0 * len[j] * len[k] * sine * m[(j, k)] * 1f64.to_radians();
    }
    (lengths, angles)
}
