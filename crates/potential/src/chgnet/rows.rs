//! Rows of tables, picked and summed by index.

use super::real::Real;
use pulp::{Simd, WithSimd};

/// A table of rows of W numbers, and which row of it is meant by each row of a block.
#[derive(Clone, Copy)]
pub(super) struct Pick<'a, T> {
    pub(super) table: &'a [T],
    pub(super) index: &'a [u32],
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
            let first = &self.picks[0];
            *out = first.table.as_chunks::<W>().0[first.index[r] as usize];
            for pick in &self.picks[1..] {
                let row = &pick.table.as_chunks::<W>().0[pick.index[r] as usize];
                for (out, x) in out.iter_mut().zip(row) {
                    *out += *x;
                }
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

/// row_r *= table[index_r], rows of 64 numbers.
#[inline(always)]
pub(super) fn scale<T: Real, S: Simd>(simd: S, rows: &mut [T], pick: Pick<'_, T>) {
    simd.vectorize(Scale { rows, pick });
}

struct Scale<'a, T> {
    rows: &'a mut [T],
    pick: Pick<'a, T>,
}

impl<T: Real> WithSimd for Scale<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let table = self.pick.table.as_chunks::<64>().0;
        for (row, at) in self.rows.as_chunks_mut::<64>().0.iter_mut().zip(self.pick.index) {
            for (x, w) in row.iter_mut().zip(&table[*at as usize]) {
                *x = *x * *w;
            }
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
