//! Sums over patterns in a fixed order of additions.
//!
//! Eight partial sums run side by side (element i goes to partial sum i mod 8) and are added pairwise at the end. The order
//! does not depend on the machine, and a compiler can keep the partial sums in vector registers.

/// Number of partial sums.
pub const LANES: usize = 8;

/// The eight partial sums added pairwise.
#[inline]
pub fn reduce(p: [f64; LANES]) -> f64 {
    ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]))
}

/// Sum of f(a_i, b_i).
///
/// # Panics
/// If the slices differ in length.
#[inline]
pub fn zip_with(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    assert_eq!(a.len(), b.len(), "sums run over patterns of one length");
    let mut p = [0.0; LANES];
    let (chunks_a, rest_a) = a.as_chunks::<LANES>();
    let (chunks_b, rest_b) = b.as_chunks::<LANES>();
    for (ca, cb) in chunks_a.iter().zip(chunks_b) {
        for i in 0..LANES {
            p[i] += f(ca[i], cb[i]);
        }
    }
    for (i, (x, y)) in rest_a.iter().zip(rest_b).enumerate() {
        p[i] += f(*x, *y);
    }
    reduce(p)
}

/// Dot product of two patterns.
///
/// # Panics
/// If the slices differ in length.
///
/// # Examples
/// ```
/// assert_eq!(braggscape_pattern::sum::dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
/// ```
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    zip_with(a, b, |x, y| x * y)
}

/// Sum of w_i a_i b_i.
///
/// # Panics
/// If the slices differ in length.
pub fn dot_weighted(w: &[f64], a: &[f64], b: &[f64]) -> f64 {
    assert!(w.len() == a.len() && a.len() == b.len(), "sums run over patterns of one length");
    let mut p = [0.0; LANES];
    let chunks = w.as_chunks::<LANES>().0.iter().zip(a.as_chunks::<LANES>().0);
    for ((w, a), b) in chunks.zip(b.as_chunks::<LANES>().0) {
        for i in 0..LANES {
            p[i] += w[i] * a[i] * b[i];
        }
    }
    let rest = w.len() - w.len() % LANES;
    for (i, ((w, a), b)) in w[rest..].iter().zip(&a[rest..]).zip(&b[rest..]).enumerate() {
        p[i] += w * a * b;
    }
    reduce(p)
}

/// Sum of a pattern.
pub fn total(a: &[f64]) -> f64 {
    zip_with(a, a, |x, _| x)
}

/// Euclidean norm of a pattern.
pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
