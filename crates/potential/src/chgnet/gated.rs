//! The gated perceptron: two columns of layers, one of which opens and closes the other.

use super::dense::{Linear, Rows, Start, accumulate};
use super::gates::{Close, Open, Silu};
use super::real::Real;
use super::rows::{Pick, multiply};
use super::space::BlockSpace;
use pulp::Simd;
use std::ops::Range;

/// Width of features.
pub(super) const WIDTH: usize = 64;
/// Core and gate beside each other.
pub(super) const BOTH: usize = 2 * WIDTH;

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

/// What rows are multiplied by behind the gate: a row of weights, and how often they count.
#[derive(Clone, Copy)]
pub(super) struct Factor<'a, T> {
    pub(super) weights: Pick<'a, T>,
    pub(super) times: &'a [u32],
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
    /// `out` of 64 numbers a row, from first layers, times the factor.
    #[inline(always)]
    pub(super) fn forward<S: Simd>(
        &self,
        simd: S,
        block: &mut Block<'_, T>,
        scratch: &mut [T],
        out: &mut [T],
        factor: Option<Factor<'_, T>>,
    ) {
        if let Some(hidden) = &self.hidden {
            let scratch = &mut scratch[..block.pre.len()];
            simd.vectorize(Silu { pre: block.pre, out: scratch });
            let bias = Start::Row(&hidden.bias);
            let [core, gate] = [0, WIDTH].map(|at| Rows { data: &scratch[at..], stride: BOTH });
            accumulate(simd, &hidden.core.forward, core, bias, (&mut *block.last, BOTH, 0));
            accumulate(simd, &hidden.gate.forward, gate, bias, (&mut *block.last, BOTH, WIDTH));
        }
        simd.vectorize(Close { gated: self, last: block.last, rstd: block.rstd, out, factor });
    }

    /// Where [`backward`](Self::backward) leaves dE/d(first layers).
    pub(super) fn first<'a>(&self, space: &'a BlockSpace<T>, n_rows: usize) -> &'a [T] {
        let all = if self.hidden.is_some() { &space.hidden } else { &space.slope };
        &all[..n_rows * BOTH]
    }

    /// From dE/d(out factor) in `from` to dE/d(first layers), which is given back, and to dE/d(weights) in `message`.
    /// What was kept is only read: it is far from the processor, and would have to be written back.
    #[inline(always)]
    pub(super) fn backward<'a, S: Simd>(
        &self,
        simd: S,
        block: &Block<'_, T>,
        [scratch, slope]: [&'a mut [T]; 2],
        from: Pick<'_, T>,
        message: &mut [T],
        factor: Option<Factor<'_, T>>,
    ) -> &'a mut [T] {
        let slope = &mut slope[..block.last.len()];
        let (last, rstd) = (&*block.last, &*block.rstd);
        simd.vectorize(Open { gated: self, last, rstd, slope, from, message, factor });
        let Some(hidden) = &self.hidden else { return slope };
        let scratch = &mut scratch[..block.pre.len()];
        let [core, gate] = [0, WIDTH].map(|at| Rows { data: &slope[at..], stride: BOTH });
        accumulate(simd, &hidden.core.backward, core, Start::Zero, (&mut *scratch, BOTH, 0));
        accumulate(simd, &hidden.gate.backward, gate, Start::Zero, (&mut *scratch, BOTH, WIDTH));
        multiply(simd, scratch, block.pre);
        scratch
    }
}
