//! Small linear algebra of lattices: Minkowski reduction, sublattices of one index, and the strain between two bases.

use braggscape_crystal::reduction::Basis;

/// Scalar product.
pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// a - q b.
fn less(a: [f64; 3], q: f64, b: [f64; 3]) -> [f64; 3] {
    [a[0] - q * b[0], a[1] - q * b[1], a[2] - q * b[2]]
}

/// Matrix product A B.
pub(super) fn product(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    a.map(|row| Basis(*b).cart(row))
}

/// A Aᵀ: scalar products of the rows.
pub(super) fn gram(a: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    std::array::from_fn(|i| std::array::from_fn(|j| dot(a[i], a[j])))
}

/// Rounds of a reduction; ordinary lattices take fewer than ten.
const MAX_ROUNDS: usize = 1000;

/// Relative gain below which a shorter vector counts as no shorter.
const GAIN: f64 = 1.0 - 1e-12;

/// A Minkowski-reduced basis R = U B (rows) and the integer matrix U.
///
/// The vector of least length in a class modulo such a lattice has fractional coordinates that differ from the centred ones by
/// -1, 0 or 1 (Nguyen & Stehlé, ACM Trans. Algorithms 5, 46 (2009), doi:10.1145/1597036.1597050).
pub(super) fn minkowski(rows: &[[f64; 3]; 3]) -> ([[f64; 3]; 3], [[f64; 3]; 3]) {
    let mut b: [([f64; 3], [f64; 3]); 3] =
        std::array::from_fn(|i| (rows[i], std::array::from_fn(|j| f64::from(u8::from(i == j)))));
    for _ in 0..MAX_ROUNDS {
        b.sort_by(|x, y| dot(x.0, x.0).total_cmp(&dot(y.0, y.0)));
        for _ in 0..MAX_ROUNDS {
            let q = (dot(b[1].0, b[0].0) / dot(b[0].0, b[0].0)).round_ties_even();
            b[1] = (less(b[1].0, q, b[0].0), less(b[1].1, q, b[0].1));
            if dot(b[1].0, b[1].0) >= GAIN * dot(b[0].0, b[0].0) {
                break;
            }
            b.swap(0, 1);
        }
        // The vector of the plane lattice that is nearest to the third.
        let (aa, ab, bb) = (dot(b[0].0, b[0].0), dot(b[0].0, b[1].0), dot(b[1].0, b[1].0));
        let (ac, bc) = (dot(b[0].0, b[2].0), dot(b[1].0, b[2].0));
        let det = aa * bb - ab * ab;
        let (x, y) = ((ac * bb - bc * ab) / det, (bc * aa - ac * ab) / det);
        let mut best = b[2];
        for dx in [-1.0, 0.0, 1.0] {
            for dy in [-1.0, 0.0, 1.0] {
                let (p, q) = (x.round_ties_even() + dx, y.round_ties_even() + dy);
                let v = less(less(b[2].0, p, b[0].0), q, b[1].0);
                if dot(v, v) < GAIN * dot(best.0, best.0) {
                    best = (v, less(less(b[2].1, p, b[0].1), q, b[1].1));
                }
            }
        }
        b[2] = best;
        if dot(b[2].0, b[2].0) >= GAIN * dot(b[1].0, b[1].0) {
            break;
        }
    }
    (b.map(|x| x.0), b.map(|x| x.1))
}

/// Every sublattice of this index, as M with rows M B, in Hermite normal form.
pub(super) fn sublattices(index: usize) -> Vec<[[i32; 3]; 3]> {
    let mut all = Vec::new();
    let divisors = |n: usize| (1..=n).filter(move |d| n.is_multiple_of(*d));
    for a in divisors(index) {
        for e in divisors(index / a) {
            let g = index / a / e;
            for b in 0..e {
                for c in 0..g {
                    for f in 0..g {
                        let [a, b, c, e, f, g] = [a, b, c, e, f, g].map(|x| x as i32);
                        all.push([[a, b, c], [0, e, f], [0, 0, g]]);
                    }
                }
            }
        }
    }
    all
}

/// Number of sublattices of this index, or `usize::MAX` where it is out of proportion.
pub(super) fn n_sublattices(index: usize) -> usize {
    if index > 10_000 {
        return usize::MAX;
    }
    let divisors = |n: usize| (1..=n).filter(move |d| n.is_multiple_of(*d));
    divisors(index).flat_map(|a| divisors(index / a).map(move |e| e * (index / a / e).pow(2))).sum()
}

/// Diagonal of the triangular matrix whose rows span the same lattice as the rows of an integer matrix.
fn triangular_diagonal(m: [[i64; 3]; 3]) -> [i64; 3] {
    let mut m = m;
    for k in 0..2 {
        for row in k + 1..3 {
            while m[row][k] != 0 {
                let q = m[k][k] / m[row][k];
                let other = m[row];
                m[row] = std::array::from_fn(|n| m[k][n] - q * other[n]);
                m[k] = other;
            }
        }
    }
    [m[0][0].abs(), m[1][1].abs(), m[2][2].abs()]
}

/// One point of each class of the lattice with basis B modulo the cell M B, as fractions of that cell; as many as its determinant.
pub(super) fn cosets(m: [[i32; 3]; 3]) -> Vec<[f64; 3]> {
    let inverse = Basis(Basis(m.map(|row| row.map(f64::from))).inverse());
    let [a, e, g] = triangular_diagonal(m.map(|row| row.map(i64::from))).map(|x| x as i32);
    let mut points = Vec::new();
    for i in 0..a {
        for j in 0..e {
            for k in 0..g {
                points.push(inverse.cart([f64::from(i), f64::from(j), f64::from(k)]));
            }
        }
    }
    points
}

/// Root mean square of the three logarithmic principal stretches that carry basis `a` into basis `b`, of either hand.
///
/// The stretches are the square roots of the eigenvalues of A^-1 (B Bᵀ) A^-ᵀ. The exchange of both inverts them.
pub(super) fn strain(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> f64 {
    let f = product(&Basis(*a).inverse(), b);
    let logs = eigenvalues(gram(&f)).map(|x| 0.5 * libm::log(x.max(f64::MIN_POSITIVE)));
    (dot(logs, logs) / 3.0).sqrt()
}

/// Eigenvalues of a symmetric matrix by Jacobi's rotations.
fn eigenvalues(mut m: [[f64; 3]; 3]) -> [f64; 3] {
    for _ in 0..30 {
        let off = m[0][1].abs() + m[0][2].abs() + m[1][2].abs();
        if off <= 1e-18 * (m[0][0].abs() + m[1][1].abs() + m[2][2].abs()) {
            break;
        }
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if m[p][q].abs() < f64::MIN_POSITIVE {
                continue;
            }
            let theta = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
            let t = 1.0_f64.copysign(theta) / (theta.abs() + (theta * theta + 1.0).sqrt());
            let c = 1.0 / (t * t + 1.0).sqrt();
            let s = t * c;
            for row in &mut m {
                let (x, y) = (row[p], row[q]);
                (row[p], row[q]) = (c * x - s * y, s * x + c * y);
            }
            let (x, y) = (m[p], m[q]);
            for k in 0..3 {
                (m[p][k], m[q][k]) = (c * x[k] - s * y[k], s * x[k] + c * y[k]);
            }
        }
    }
    [m[0][0], m[1][1], m[2][2]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strain_is_that_of_the_stretch_and_the_same_both_ways() {
        let a = [[3.0, 0.1, 0.0], [0.4, 4.0, -0.2], [0.0, 1.0, 5.0]];
        // x' = x F with F = diag(1.1, 1, 1/1.1): logarithms ±0.0953.
        let f = [[1.1, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0 / 1.1]];
        let b = product(&a, &f);
        let expected = libm::log(1.1) * (2.0_f64 / 3.0).sqrt();
        assert!((strain(&a, &b) - expected).abs() < 1e-14);
        assert!((strain(&b, &a) - expected).abs() < 1e-14);
        assert!(strain(&a, &a) < 1e-14);
    }

    #[test]
    fn sublattices_are_counted_and_their_cosets_fill_them() {
        for (index, count) in [(1, 1), (2, 7), (3, 13), (4, 35), (6, 91)] {
            let all = sublattices(index);
            assert_eq!((all.len(), n_sublattices(index)), (count, count));
            for m in all {
                let points = cosets(m);
                assert_eq!(points.len(), index);
                for (i, p) in points.iter().enumerate() {
                    for q in &points[..i] {
                        let d: [f64; 3] = std::array::from_fn(|k| p[k] - q[k]);
                        assert!(d.iter().any(|x| (x - x.round()).abs() > 1e-6));
                    }
                }
            }
        }
    }

    #[test]
    fn a_skewed_cube_becomes_a_cube() {
        let (r, u) = minkowski(&[[1.0, 0.0, 0.0], [7.0, 1.0, 0.0], [-3.0, 11.0, 1.0]]);
        assert!(r.iter().all(|v| (dot(*v, *v) - 1.0).abs() < 1e-12));
        assert!((Basis(u).determinant().abs() - 1.0).abs() < 1e-12);
    }
}
