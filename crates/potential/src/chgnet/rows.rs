//! Rows of tables, picked and summed by index.

use super::real::Real;
use pulp::{Simd, WithSimd};

/// A table of rows of W numbers, and which row of it is meant by each row of a block.
#[derive(Clone, Copy)]
pub(super) struct Pick<'a, T> {
    pub(super) table: &'a [T],
    pub(super) index: &'a [u32],
}

impl<'a, T: Real> Pick<'a, T> {
    /// What row r of the block means.
    #[inline(always)]
    pub(super) fn row<const W: usize>(&self, r: usize) -> &'a [T; W] {
        &self.table.as_chunks().0[self.index[r] as usize]
    }
}

/// out_r = sum over tables of table[index_r], rows of W numbers.
#[inline(always)]
pub(super) fn gather<T: Real, S: Simd, const W: usize, const N: usize>(
    simd: S,
    picks: [Pick<'_, T>; N],
    out: &mut [T],
) {
    simd.vectorize(Gather::<T, W, N> { picks, out });
}

struct Gather<'a, T, const W: usize, const N: usize> {
    picks: [Pick<'a, T>; N],
    out: &'a mut [T],
}

impl<T: Real, const W: usize, const N: usize> WithSimd for Gather<'_, T, W, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (out, _) = self.out.as_chunks_mut::<W>();
        for (r, out) in out.iter_mut().enumerate() {
            let rows: [&[T; W]; N] = std::array::from_fn(|n| self.picks[n].row(r));
            for (i, out) in out.iter_mut().enumerate() {
                let mut sum = rows[0][i];
                for row in &rows[1..] {
                    sum += row[i];
                }
                *out = sum;
            }
        }
    }
}

/// table[index_r] += row_r, rows of W numbers, in the order of the rows.
#[inline(always)]
pub(super) fn scatter<T: Real, S: Simd, const W: usize>(
    simd: S,
    rows: &[T],
    index: &[u32],
    table: &mut [T],
) {
    simd.vectorize(Scatter::<T, W> { rows, index, table });
}

struct Scatter<'a, T, const W: usize> {
    rows: &'a [T],
    index: &'a [u32],
    table: &'a mut [T],
}

impl<T: Real, const W: usize> WithSimd for Scatter<'_, T, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (table, _) = self.table.as_chunks_mut::<W>();
        for (row, at) in self.rows.as_chunks::<W>().0.iter().zip(self.index) {
            for (sum, x) in table[*at as usize].iter_mut().zip(row) {
                *sum += *x;
            }
        }
    }
}

/// x *= by, number by number.
#[inline(always)]
pub(super) fn multiply<T: Real, S: Simd>(simd: S, x: &mut [T], by: &[T]) {
    simd.vectorize(Multiply { x, by });
}

struct Multiply<'a, T> {
    x: &'a mut [T],
    by: &'a [T],
}

impl<T: Real> WithSimd for Multiply<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (x, by) in self.x.iter_mut().zip(self.by) {
            *x = *x * *by;
        }
    }
}

/// sum += a b, number by number.
#[inline(always)]
pub(super) fn add_products<T: Real, S: Simd>(simd: S, a: &[T], b: &[T], sum: &mut [T]) {
    simd.vectorize(AddProducts { a, b, sum });
}

struct AddProducts<'a, T> {
    a: &'a [T],
    b: &'a [T],
    sum: &'a mut [T],
}

impl<T: Real> WithSimd for AddProducts<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for ((sum, a), b) in self.sum.iter_mut().zip(self.a).zip(self.b) {
            *sum = a.fma(*b, *sum);
        }
    }
}

/// Every row of a table set to the same numbers.
pub(super) fn fill_rows<T: Real>(table: &mut [T], row: &[T]) {
    for out in table.chunks_exact_mut(row.len()) {
        out.copy_from_slice(row);
    }
}

/// sum += x, number by number.
#[inline(always)]
pub(super) fn add<T: Real, S: Simd>(simd: S, x: &[T], sum: &mut [T]) {
    simd.vectorize(Add { x, sum });
}

struct Add<'a, T> {
    x: &'a [T],
    sum: &'a mut [T],
}

impl<T: Real> WithSimd for Add<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (sum, x) in self.sum.iter_mut().zip(self.x) {
            *sum += *x;
        }
    }
}

/// Room for this many numbers; what they are is not said.
pub(super) fn room<T: Real>(buffer: &mut Vec<T>, len: usize) {
    buffer.resize(len, T::default());
}

/// This many zeros.
pub(super) fn zeros<T: Real>(buffer: &mut Vec<T>, len: usize) {
    buffer.clear();
    buffer.resize(len, T::default());
}
