//! Products of rows with small fixed matrices.

use super::real::Real;
use pulp::{Simd, WithSimd};
use rayon::iter::{ParallelBridge, ParallelIterator};
use std::array::from_fn;

/// Columns of a panel: registers of any machine divide it.
const PANEL: usize = 32;

/// A matrix of k rows and n columns, kept in panels of 32 columns, each row by row.
#[derive(Debug, Clone)]
pub(super) struct Matrix<T> {
    k: usize,
    n: usize,
    panels: Vec<T>,
}

impl<T: Real> Matrix<T> {
    /// The matrix of these entries; k is 32, 64 or 128, n a multiple of 32.
    pub(super) fn new(k: usize, n: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        debug_assert!(matches!(k, 32 | 64 | 128) && n.is_multiple_of(PANEL));
        let mut panels = Vec::with_capacity(k * n);
        for panel in 0..n / PANEL {
            for row in 0..k {
                panels.extend((0..PANEL).map(|c| T::narrow(entry(row, panel * PANEL + c))));
            }
        }
        Self { k, n, panels }
    }
}

/// A linear layer: a matrix for the way forward and its transpose for the way back.
#[derive(Debug, Clone)]
pub(super) struct Linear<T> {
    pub(super) forward: Matrix<T>,
    pub(super) backward: Matrix<T>,
}

impl<T: Real> Linear<T> {
    /// y = x W with W of k rows and n columns.
    pub(super) fn new(k: usize, n: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        let backward = Matrix::new(n, k, |i, j| entry(j, i));
        Self { forward: Matrix::new(k, n, entry), backward }
    }
}

/// Rows at a distance from each other, of which a product reads the first k numbers.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, T> {
    pub(super) data: &'a [T],
    pub(super) stride: usize,
}

/// What products are added to.
#[derive(Clone, Copy)]
pub(super) enum Start<'a, T> {
    /// What is there.
    Present,
    /// Nothing.
    Zero,
    /// The same row for all of them, as wide as the rows of the result.
    Row(&'a [T]),
}

/// out = start + x W for rows of `out` at distance `stride`, from column `first` on; as many rows as `out` has.
#[inline(always)]
pub(super) fn accumulate<T: Real, S: Simd>(
    simd: S,
    matrix: &Matrix<T>,
    x: Rows<'_, T>,
    start: Start<'_, T>,
    (out, stride, first): (&mut [T], usize, usize),
) {
    match matrix.k {
        32 => simd.vectorize(Accumulate::<T, 32> { matrix, x, start, out, stride, first }),
        64 => simd.vectorize(Accumulate::<T, 64> { matrix, x, start, out, stride, first }),
        _ => simd.vectorize(Accumulate::<T, 128> { matrix, x, start, out, stride, first }),
    }
}

/// out = x W, rows next to each other.
#[inline(always)]
pub(super) fn product<T: Real, S: Simd>(simd: S, matrix: &Matrix<T>, x: &[T], out: &mut [T]) {
    shared(simd, matrix, x, Start::Zero, out);
}

/// out += x W, rows next to each other.
#[inline(always)]
pub(super) fn add_product<T: Real, S: Simd>(simd: S, matrix: &Matrix<T>, x: &[T], out: &mut [T]) {
    shared(simd, matrix, x, Start::Present, out);
}

/// With fewer rows than these, threads cost more than they save.
const FEWEST: usize = 96;

/// Rows next to each other, shared out to the threads where there are many.
#[inline(always)]
fn shared<T: Real, S: Simd>(
    simd: S,
    matrix: &Matrix<T>,
    x: &[T],
    start: Start<'_, T>,
    out: &mut [T],
) {
    let n_rows = out.len() / matrix.n;
    let n_threads = rayon::current_num_threads();
    let part = if n_threads == 1 || n_rows < FEWEST { n_rows } else { n_rows.div_ceil(n_threads) };
    let parts = out.chunks_mut(part.max(1) * matrix.n).zip(x.chunks(part.max(1) * matrix.k));
    let one = |(out, x): (&mut [T], &[T])| {
        let x = Rows { data: x, stride: matrix.k };
        accumulate(simd, matrix, x, start, (out, matrix.n, 0));
    };
    if part == n_rows {
        parts.for_each(one);
    } else {
        parts.par_bridge().for_each(one);
    }
}

struct Accumulate<'a, T, const K: usize> {
    matrix: &'a Matrix<T>,
    x: Rows<'a, T>,
    start: Start<'a, T>,
    out: &'a mut [T],
    stride: usize,
    first: usize,
}

impl<T: Real, const K: usize> WithSimd for Accumulate<'_, T, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // Registers of a panel row, those of them at a time, and rows at a time: as many accumulators as the machine has registers, but for
        // what holds the factors.
        match PANEL * size_of::<T>() / size_of::<T::Lanes<S>>() {
            2 => self.blocks::<S, 2, 2, 12>(simd),
            4 if size_of::<T::Lanes<S>>() == 64 => self.blocks::<S, 4, 4, 6>(simd),
            4 => self.blocks::<S, 4, 2, 6>(simd),
            8 => self.blocks::<S, 8, 2, 6>(simd),
            16 => self.blocks::<S, 16, 16, 1>(simd),
            _ => self.blocks::<S, 32, 32, 1>(simd),
        }
    }
}

impl<T: Real, const K: usize> Accumulate<'_, T, K> {
    #[inline(always)]
    fn blocks<S: Simd, const C: usize, const D: usize, const R: usize>(self, simd: S) {
        let Self { matrix, x, start, out, stride, first } = self;
        let n_rows = out.len() / stride;
        let width = PANEL * D / C;
        for (panel, w) in matrix.panels.chunks_exact(K * PANEL).enumerate() {
            let (w, _) = T::lanes::<S>(w).as_chunks::<C>();
            let Some(w) = w.first_chunk::<K>() else { return };
            for part in 0..C / D {
                let column = first + panel * PANEL + part * width;
                let start = match start {
                    Start::Row(row) => Start::Row(&row[column..]),
                    other => other,
                };
                let mut row = 0;
                while row + R <= n_rows {
                    let out = &mut out[row * stride + column..];
                    let x = (&x.data[row * x.stride..], x.stride);
                    tile::<T, S, K, C, D, R>(simd, x, (w, part * D), start, (out, stride));
                    row += R;
                }
                while row + 3 <= n_rows {
                    let out = &mut out[row * stride + column..];
                    let x = (&x.data[row * x.stride..], x.stride);
                    tile::<T, S, K, C, D, 3>(simd, x, (w, part * D), start, (out, stride));
                    row += 3;
                }
                while row < n_rows {
                    let out = &mut out[row * stride + column..];
                    let x = (&x.data[row * x.stride..], x.stride);
                    tile::<T, S, K, C, D, 1>(simd, x, (w, part * D), start, (out, stride));
                    row += 1;
                }
            }
        }
    }
}

/// R rows of D registers of one panel, from register `from` on. Every sum runs over k in ascending order.
#[inline(always)]
fn tile<T: Real, S: Simd, const K: usize, const C: usize, const D: usize, const R: usize>(
    simd: S,
    (x, x_stride): (&[T], usize),
    (w, from): (&[[T::Lanes<S>; C]; K], usize),
    start: Start<'_, T>,
    (out, stride): (&mut [T], usize),
) {
    let width = PANEL * D / C;
    let x: [&[T; K]; R] =
        from_fn(|r| x[r * x_stride..].first_chunk().expect("rows of the matrix's height"));
    let part = |row: &[T]| -> [T::Lanes<S>; D] {
        *T::lanes::<S>(&row[..width]).first_chunk().expect("a part of a panel is D registers")
    };
    let mut sums: [[T::Lanes<S>; D]; R] = match start {
        Start::Present => from_fn(|r| part(&out[r * stride..])),
        Start::Zero => [[T::splat(simd, T::default()); D]; R],
        Start::Row(row) => [part(row); R],
    };
    for (k, w) in w.iter().enumerate() {
        let w: &[T::Lanes<S>; D] = w[from..].first_chunk().expect("a part of a panel");
        for r in 0..R {
            let x = T::splat(simd, x[r][k]);
            for c in 0..D {
                sums[r][c] = T::fused(simd, x, w[c], sums[r][c]);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        T::lanes_mut::<S>(&mut out[r * stride..][..width]).copy_from_slice(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls the product with the best registers of this machine, or without any.
    struct Call<'a, T>(&'a Matrix<T>, &'a [T], &'a mut [T]);

    impl<T: Real> WithSimd for Call<'_, T> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            add_product(simd, self.0, self.1, self.2);
        }
    }

    fn check<T: Real>(tolerance: f64) {
        for (k, n) in [(32, 64), (64, 64), (64, 128), (128, 64), (128, 32)] {
            let entry = |i: usize, j: usize| ((i * 7 + j * 3) % 11) as f64 - 5.0;
            let linear = Linear::<T>::new(k, n, entry);
            for n_rows in [0, 1, 2, 5, 12, 31] {
                let x: Vec<T> = (0..n_rows * k).map(|i| T::narrow(0.1 * (i % 13) as f64)).collect();
                let mut best = vec![T::narrow(1.0); n_rows * n];
                let mut plain = best.clone();
                pulp::Arch::new().dispatch(Call(&linear.forward, &x, &mut best));
                Call(&linear.forward, &x, &mut plain).with_simd(pulp::Scalar);
                for (at, (best, plain)) in best.iter().zip(&plain).enumerate() {
                    let (row, column) = (at / n, at % n);
                    let sum: f64 = (0..k).map(|i| x[row * k + i].wide() * entry(i, column)).sum();
                    assert!((best.wide() - 1.0 - sum).abs() < tolerance, "{best:?} {sum}");
                    assert_eq!(best.wide().to_bits(), plain.wide().to_bits(), "{best:?}");
                }
            }
        }
    }

    #[test]
    fn products_are_right_and_the_same_on_every_machine() {
        check::<f32>(1e-3);
        check::<f64>(1e-11);
    }
}
