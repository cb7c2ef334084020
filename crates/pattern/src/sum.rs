//! Sums over patterns in a fixed order of additions.
//!
//! Eight partial sums run side by side (element i goes to partial sum i mod 8) and are added pairwise at the end. The order
//! does not depend on the machine, and a compiler can keep the partial sums in vector registers.
#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

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
    assert_eq!(a.len(), b.len(), "sums run over patterns of one length");
    pulp::Arch::new().dispatch(Dot { w: None, a, b })
}

/// Sum of w_i a_i b_i.
///
/// # Panics
/// If the slices differ in length.
///
/// # Examples
/// ```
/// assert_eq!(braggscape_pattern::sum::dot_weighted(&[2.0, 1.0], &[1.0, 2.0], &[3.0, 4.0]), 14.0);
/// ```
pub fn dot_weighted(w: &[f64], a: &[f64], b: &[f64]) -> f64 {
    assert!(w.len() == a.len() && a.len() == b.len(), "sums run over patterns of one length");
    pulp::Arch::new().dispatch(Dot { w: Some(w), a, b })
}

/// Overwrites `out` with p a_i + q b_i.
///
/// # Panics
/// If the slices differ in length.
///
/// # Examples
/// ```
/// let mut out = [0.0; 2];
/// braggscape_pattern::sum::combine(&mut out, 2.0, &[1.0, 2.0], -1.0, &[3.0, 4.0]);
/// assert_eq!(out, [-1.0, 0.0]);
/// ```
pub fn combine(out: &mut [f64], p: f64, a: &[f64], q: f64, b: &[f64]) {
    assert!(out.len() == a.len() && a.len() == b.len(), "patterns of one length are combined");
    pulp::Arch::new().dispatch(Combine { out, p, a, q, b });
}

/// A dot product, compiled once for each vector width and chosen at run time. The number does not depend on the choice.
struct Dot<'a> {
    w: Option<&'a [f64]>,
    a: &'a [f64],
    b: &'a [f64],
}

impl pulp::WithSimd for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> f64 {
        let Self { w, a, b } = self;
        let whole = a.len() - a.len() % LANES;
        let zero = [simd.splat_f64s(0.0); LANES];
        let mut sums = zero;
        let width = LANES / S::F64_LANES;
        let (x, y) = (S::as_simd_f64s(&a[..whole]).0, S::as_simd_f64s(&b[..whole]).0);
        let blocks = x.chunks_exact(width).zip(y.chunks_exact(width));
        if let Some(w) = w {
            let w = S::as_simd_f64s(&w[..whole]).0.chunks_exact(width);
            for (w, (x, y)) in w.zip(blocks) {
                for i in 0..width {
                    let product = simd.mul_f64s(simd.mul_f64s(w[i], x[i]), y[i]);
                    sums[i] = simd.add_f64s(sums[i], product);
                }
            }
        } else {
            for (x, y) in blocks {
                for i in 0..width {
                    sums[i] = simd.add_f64s(sums[i], simd.mul_f64s(x[i], y[i]));
                }
            }
        }
        let mut p = [0.0; LANES];
        for (p, sum) in S::as_mut_simd_f64s(&mut p).0.iter_mut().zip(sums) {
            *p = sum;
        }
        for (i, n) in (whole..a.len()).enumerate() {
            p[i] += w.map_or(a[n], |w| w[n] * a[n]) * b[n];
        }
        reduce(p)
    }
}

struct Combine<'a> {
    out: &'a mut [f64],
    p: f64,
    a: &'a [f64],
    q: f64,
    b: &'a [f64],
}

impl pulp::WithSimd for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { out, p, a, q, b } = self;
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            *out = p * a + q * b;
        }
    }
}

/// Sum of a pattern.
pub fn total(a: &[f64]) -> f64 {
    zip_with(a, a, |x, _| x)
}

/// Euclidean norm of a pattern.
pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vector_registers_do_not_change_a_bit() {
        let numbers = |seed: f64, n: usize| -> Vec<f64> {
            (0..n).map(|i| libm::sin(seed + 1.7 * (i * i) as f64)).collect()
        };
        for n in [0, 1, 7, 8, 9, 63, 1000, 1003] {
            let (w, a, b) = (numbers(0.1, n), numbers(0.2, n), numbers(0.3, n));
            let plain = zip_with(&a, &b, |x, y| x * y);
            assert_eq!(dot(&a, &b).to_bits(), plain.to_bits(), "{n}");
            let weighted: Vec<f64> = w.iter().zip(&a).map(|(w, a)| w * a).collect();
            let plain = zip_with(&weighted, &b, |x, y| x * y);
            assert_eq!(dot_weighted(&w, &a, &b).to_bits(), plain.to_bits(), "{n}");
            let mut out = vec![f64::NAN; n];
            combine(&mut out, 1.3, &a, -0.7, &b);
            for ((o, a), b) in out.iter().zip(&a).zip(&b) {
                assert_eq!(o.to_bits(), (1.3 * a + -0.7 * b).to_bits());
            }
        }
    }
}
