//! The gated perceptron: two columns of layers, one of which opens and closes the other.

use super::dense::{Linear, Rows, Start, accumulate};
use super::norms::{centred_back, inverse_deviation, sum};
use super::real::Real;
use super::space::BlockSpace;
use pulp::{Simd, WithSimd};
use std::array::from_fn;
use std::ops::Range;

/// Width of features.
pub(super) const WIDTH: usize = 64;
/// Core and gate beside each other.
pub(super) const BOTH: usize = 2 * WIDTH;
/// A quarter of that: functions are formed of four numbers at a time.
const QUARTER: usize = BOTH / 4;

/// Second layers of core and gate.
#[derive(Debug, Clone)]
pub(super) struct Hidden<T> {
    pub(super) core: Linear<T>,
    pub(super) gate: Linear<T>,
    /// Of core and gate.
    pub(super) bias: Vec<T>,
}

/// From first layers to the product of core and gate: s(LN(core)) sigmoid(LN(gate)) with s(x) = x sigmoid(x).
///
/// Last layers of core and of gate have the mean 0, since their matrices and biases come with it (see `layers`): there is no mean to be
/// subtracted, neither of them nor of derivatives on the way back.
#[derive(Debug, Clone)]
pub(super) struct Gated<T> {
    /// Second layers behind s, if there are any.
    pub(super) hidden: Option<Hidden<T>>,
    /// Scales of the layer norms of core and gate.
    pub(super) gain: Vec<T>,
    /// Their offsets.
    pub(super) offset: Vec<T>,
}

/// What the way back needs of rows that went forward.
#[derive(Debug, Default)]
pub(super) struct Kept<T> {
    /// First layers, then s' of them; unused without second layers.
    pub(super) pre: Vec<T>,
    /// Last layers.
    pub(super) last: Vec<T>,
    /// 1 / standard deviation of core and gate.
    pub(super) rstd: Vec<T>,
}

/// Rows of a block.
pub(super) struct Block<'a, T> {
    pub(super) pre: &'a mut [T],
    pub(super) last: &'a mut [T],
    pub(super) rstd: &'a mut [T],
}

impl<T: Real> Kept<T> {
    /// Room for so many rows.
    pub(super) fn reserve(&mut self, n_rows: usize, hidden: bool) {
        super::rows::room(&mut self.pre, if hidden { n_rows * BOTH } else { 0 });
        super::rows::room(&mut self.last, n_rows * BOTH);
        super::rows::room(&mut self.rstd, n_rows * 2);
    }

    /// Some of the rows.
    pub(super) fn block(&mut self, rows: Range<usize>) -> Block<'_, T> {
        let n = rows.len().max(1);
        self.blocks(rows, n).next().unwrap_or(Block { pre: &mut [], last: &mut [], rstd: &mut [] })
    }

    /// Some of the rows, in blocks of `n`.
    pub(super) fn blocks(
        &mut self,
        rows: Range<usize>,
        n: usize,
    ) -> impl Iterator<Item = Block<'_, T>> {
        let both = rows.start * BOTH..rows.end * BOTH;
        let pre = if self.pre.is_empty() { &mut [][..] } else { &mut self.pre[both.clone()] };
        let pre = pre.chunks_mut(n * BOTH).map(Some).chain(std::iter::repeat_with(|| None));
        let last = self.last[both].chunks_mut(n * BOTH);
        let rstd = self.rstd[rows.start * 2..rows.end * 2].chunks_mut(n * 2);
        let all = last.zip(rstd).zip(pre);
        all.map(|((last, rstd), pre)| Block { pre: pre.unwrap_or_default(), last, rstd })
    }
}

impl<T: Real> Block<'_, T> {
    /// Where the first layers of core and gate are to be written.
    pub(super) fn first(&mut self, gated: &Gated<T>) -> &mut [T] {
        if gated.hidden.is_some() { self.pre } else { self.last }
    }
}

impl<T: Real> Gated<T> {
    /// `out` of 64 numbers a row, from first layers.
    #[inline(always)]
    pub(super) fn forward<S: Simd>(
        &self,
        simd: S,
        block: &mut Block<'_, T>,
        scratch: &mut [T],
        out: &mut [T],
    ) {
        if let Some(hidden) = &self.hidden {
            let scratch = &mut scratch[..block.pre.len()];
            simd.vectorize(Silu { pre: block.pre, out: scratch });
            let bias = Start::Row(&hidden.bias);
            let [core, gate] = [0, WIDTH].map(|at| Rows { data: &scratch[at..], stride: BOTH });
            accumulate(simd, &hidden.core.forward, core, bias, (&mut *block.last, BOTH, 0));
            accumulate(simd, &hidden.gate.forward, gate, bias, (&mut *block.last, BOTH, WIDTH));
        }
        simd.vectorize(Close { gated: self, last: block.last, rstd: block.rstd, out });
    }

    /// Where [`backward`](Self::backward) leaves dE/d(first layers).
    pub(super) fn first<'a>(&self, space: &'a BlockSpace<T>, n_rows: usize) -> &'a [T] {
        let all = if self.hidden.is_some() { &space.hidden } else { &space.slope };
        &all[..n_rows * BOTH]
    }

    /// From dE/d(out w) in `message` to dE/d(first layers), which is given back; `message` becomes dE/dw. Without `weight` w is 1.
    /// What was kept is only read: it is far from the processor, and would have to be written back.
    #[inline(always)]
    pub(super) fn backward<'a, S: Simd>(
        &self,
        simd: S,
        block: &Block<'_, T>,
        [scratch, slope]: [&'a mut [T]; 2],
        message: &mut [T],
        weight: Option<&[T]>,
    ) -> &'a mut [T] {
        let slope = &mut slope[..block.last.len()];
        let (last, rstd) = (&*block.last, &*block.rstd);
        simd.vectorize(Open { gated: self, last, rstd, slope, message, weight });
        let Some(hidden) = &self.hidden else { return slope };
        let scratch = &mut scratch[..block.pre.len()];
        let [core, gate] = [0, WIDTH].map(|at| Rows { data: &slope[at..], stride: BOTH });
        accumulate(simd, &hidden.core.backward, core, Start::Zero, (&mut *scratch, BOTH, 0));
        accumulate(simd, &hidden.gate.backward, gate, Start::Zero, (&mut *scratch, BOTH, WIDTH));
        simd.vectorize(Times { x: scratch, by: block.pre });
        scratch
    }
}

/// s of first layers, which become s' of them.
struct Silu<'a, T> {
    pre: &'a mut [T],
    out: &'a mut [T],
}

impl<T: Real> WithSimd for Silu<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let one = T::narrow(1.0);
        let rows = self.pre.as_chunks_mut::<BOTH>().0.iter_mut();
        for (x, y) in rows.zip(self.out.as_chunks_mut::<BOTH>().0) {
            for i in 0..QUARTER {
                let at: [usize; 4] = from_fn(|q| q * QUARTER + i);
                let s = T::sigmoids(at.map(|i| x[i]));
                for (s, i) in s.into_iter().zip(at) {
                    y[i] = x[i] * s;
                    x[i] = s * x[i].fma(one - s, one);
                }
            }
        }
    }
}

/// Numbers times numbers, in place.
struct Times<'a, T> {
    x: &'a mut [T],
    by: &'a [T],
}

impl<T: Real> WithSimd for Times<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (x, by) in self.x.iter_mut().zip(self.by) {
            *x = *x * *by;
        }
    }
}

/// Scales and offsets of the norms of a row, by the row's standard deviations.
struct Scales<'a, T> {
    gain: &'a [T; BOTH],
    offset: &'a [T; BOTH],
}

impl<'a, T: Real> Scales<'a, T> {
    fn of(gated: &'a Gated<T>) -> Self {
        Self {
            gain: gated.gain.first_chunk().expect("gains of core and gate"),
            offset: gated.offset.first_chunk().expect("offsets of core and gate"),
        }
    }

    /// Normalised core, gate, core, gate at the columns i and, half a feature on, i + 32; with their sigmoids.
    #[inline(always)]
    fn four(&self, row: &[T; BOTH], rstd: [T; 2], i: usize) -> ([usize; 4], [T; 4], [T; 4]) {
        let at = [i, WIDTH + i, QUARTER + i, WIDTH + QUARTER + i];
        let x = from_fn(|q| {
            let i = at[q];
            (row[i] * rstd[q % 2]).fma(self.gain[i], self.offset[i])
        });
        (at, x, T::sigmoids(x))
    }
}

/// Last layers, normalised, to what the gate lets through.
struct Close<'a, T> {
    gated: &'a Gated<T>,
    last: &'a [T],
    rstd: &'a mut [T],
    out: &'a mut [T],
}

impl<T: Real> WithSimd for Close<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let rows = self.last.as_chunks::<BOTH>().0;
        let rstds = self.rstd.as_chunks_mut::<2>().0;
        // All variances, then all roots: what follows one row does not wait for its root.
        for (row, variance) in rows.iter().zip(&mut *rstds) {
            let [core, gate] = halves(row);
            *variance = [sum(core, |x| x * x), sum(gate, |x| x * x)];
        }
        for x in rstds.as_flattened_mut() {
            *x = inverse_deviation(*x);
        }
        let scales = Scales::of(self.gated);
        let out = self.out.as_chunks_mut::<WIDTH>().0;
        for ((row, rstd), out) in rows.iter().zip(&*rstds).zip(out) {
            for i in 0..QUARTER {
                let (_, [c, _, d, _], [sc, sg, sd, sh]) = scales.four(row, *rstd, i);
                out[i] = c * sc * sg;
                out[QUARTER + i] = d * sd * sh;
            }
        }
    }
}

/// From dE/d(what the gate let through) to dE/d(last layers).
struct Open<'a, T> {
    gated: &'a Gated<T>,
    last: &'a [T],
    rstd: &'a [T],
    slope: &'a mut [T],
    message: &'a mut [T],
    weight: Option<&'a [T]>,
}

impl<T: Real> WithSimd for Open<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let one = T::narrow(1.0);
        let scales = Scales::of(self.gated);
        let gain = scales.gain;
        let rows = self.last.as_chunks::<BOTH>().0.iter().zip(self.rstd.as_chunks::<2>().0);
        let slopes = self.slope.as_chunks_mut::<BOTH>().0;
        let messages = self.message.as_chunks_mut::<WIDTH>().0;
        let ones = [one; WIDTH];
        for (r, (((row, rstd), slope), message)) in
            rows.clone().zip(&mut *slopes).zip(messages).enumerate()
        {
            let weight = self.weight.map_or(&ones, |w| &w.as_chunks::<WIDTH>().0[r]);
            for i in 0..QUARTER {
                let (at, x, s) = scales.four(row, *rstd, i);
                for [core, gate] in [[0, 1], [2, 3]] {
                    let i = at[core];
                    let (c, sc, sg) = (x[core], s[core], s[gate]);
                    let d = message[i] * weight[i];
                    message[i] = message[i] * (c * sc * sg);
                    let through = d * sc * sg;
                    slope[i] = through * c.fma(one - sc, one) * gain[i];
                    slope[at[gate]] = through * c * (one - sg) * gain[at[gate]];
                }
            }
        }
        for ((row, rstd), slope) in rows.zip(slopes) {
            let ([core, gate], [d_core, d_gate]) = (halves(row), halves_mut(slope));
            centred_back(core, rstd[0], d_core);
            centred_back(gate, rstd[1], d_gate);
        }
    }
}

/// Two halves of a row.
#[inline(always)]
fn halves<T>(row: &[T; BOTH]) -> [&[T; WIDTH]; 2] {
    let (core, gate) = row.split_at(WIDTH);
    [core, gate].map(|half| half.first_chunk().expect("half of a row"))
}

/// Two halves of a row, to be written.
#[inline(always)]
fn halves_mut<T>(row: &mut [T; BOTH]) -> [&mut [T; WIDTH]; 2] {
    let (core, gate) = row.split_at_mut(WIDTH);
    [core, gate].map(|half| half.first_chunk_mut().expect("half of a row"))
}
