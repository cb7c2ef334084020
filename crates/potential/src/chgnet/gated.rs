//! The gated perceptron: two columns of layers, one of which opens and closes the other.

use super::dense::{Linear, Rows, Start, accumulate};
use super::real::Real;
use super::space::BlockSpace;
use pulp::{Simd, WithSimd};
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
    /// Normalised last layers.
    pub(super) hat: Vec<T>,
    /// 1 / standard deviation of core and gate.
    pub(super) rstd: Vec<T>,
}

/// Rows of a block.
pub(super) struct Block<'a, T> {
    pub(super) pre: &'a mut [T],
    pub(super) hat: &'a mut [T],
    pub(super) rstd: &'a mut [T],
}

impl<T: Real> Kept<T> {
    /// Room for so many rows.
    pub(super) fn reserve(&mut self, n_rows: usize, hidden: bool) {
        super::rows::room(&mut self.pre, if hidden { n_rows * BOTH } else { 0 });
        super::rows::room(&mut self.hat, n_rows * BOTH);
        super::rows::room(&mut self.rstd, n_rows * 2);
    }

    /// Some of the rows.
    pub(super) fn block(&mut self, rows: Range<usize>) -> Block<'_, T> {
        let n = rows.len().max(1);
        self.blocks(rows, n).next().unwrap_or(Block { pre: &mut [], hat: &mut [], rstd: &mut [] })
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
        let hat = self.hat[both].chunks_mut(n * BOTH);
        let rstd = self.rstd[rows.start * 2..rows.end * 2].chunks_mut(n * 2);
        let all = hat.zip(rstd).zip(pre);
        all.map(|((hat, rstd), pre)| Block { pre: pre.unwrap_or_default(), hat, rstd })
    }
}

impl<T: Real> Block<'_, T> {
    /// Where the first layers of core and gate are to be written.
    pub(super) fn first(&mut self, gated: &Gated<T>) -> &mut [T] {
        if gated.hidden.is_some() { self.pre } else { self.hat }
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
            accumulate(simd, &hidden.core.forward, core, bias, (&mut *block.hat, BOTH, 0));
            accumulate(simd, &hidden.gate.forward, gate, bias, (&mut *block.hat, BOTH, WIDTH));
        }
        simd.vectorize(Close { gated: self, hat: block.hat, rstd: block.rstd, out });
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
        let slope = &mut slope[..block.hat.len()];
        let (hat, rstd) = (&*block.hat, &*block.rstd);
        simd.vectorize(Open { gated: self, hat, rstd, slope, message, weight });
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
        for (pre, out) in rows.zip(self.out.as_chunks_mut::<BOTH>().0) {
            let ((x, z), (y, w)) = (halves(pre), halves(out));
            for i in 0..WIDTH {
                let (core, gate) = T::sigmoids(x[i], z[i]);
                (y[i], w[i]) = (x[i] * core, z[i] * gate);
                x[i] = core * x[i].fma(one - core, one);
                z[i] = gate * z[i].fma(one - gate, one);
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

/// Sum of 64 numbers, in a fixed order.
#[inline(always)]
fn sum<T: Real>(x: &[T; WIDTH], term: impl Fn(T) -> T) -> T {
    let mut lanes = [T::default(); 16];
    for chunk in x.as_chunks::<16>().0 {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += term(*x);
        }
    }
    tree(lanes)
}

#[inline(always)]
fn tree<T: Real>(mut lanes: [T; 16]) -> T {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
    }
    lanes[0]
}

/// Numbers less their mean over their standard deviation; gives 1 / standard deviation.
#[inline(always)]
pub(super) fn normalise<T: Real>(x: &mut [T; WIDTH]) -> T {
    let share = T::narrow(1.0 / WIDTH as f64);
    let mean = sum(x, |x| x) * share;
    for x in x.iter_mut() {
        *x = *x - mean;
    }
    let variance = sum(x, |x| x * x) * share;
    let rstd = T::narrow(1.0) / (variance + T::narrow(1e-5)).sqrt();
    for x in x.iter_mut() {
        *x = *x * rstd;
    }
    rstd
}

/// From dE/d(normalised) in `d` to dE/dx, in place.
#[inline(always)]
pub(super) fn normalise_back<T: Real>(hat: &[T; WIDTH], rstd: T, d: &mut [T; WIDTH]) {
    let share = T::narrow(1.0 / WIDTH as f64);
    let mean = sum(d, |d| d) * share;
    let mut lanes = [T::default(); 16];
    for (d, hat) in d.as_chunks::<16>().0.iter().zip(hat.as_chunks::<16>().0) {
        for i in 0..16 {
            lanes[i] = d[i].fma(hat[i], lanes[i]);
        }
    }
    let along = tree(lanes) * share;
    for (d, hat) in d.iter_mut().zip(hat) {
        *d = rstd * ((*d - mean) - *hat * along);
    }
}

/// Two halves of a row.
#[inline(always)]
fn halves<T>(row: &mut [T; BOTH]) -> (&mut [T; WIDTH], &mut [T; WIDTH]) {
    let (core, gate) = row.split_at_mut(WIDTH);
    (core.first_chunk_mut().expect("half of a row"), gate.first_chunk_mut().expect("half of a row"))
}

struct Close<'a, T> {
    gated: &'a Gated<T>,
    hat: &'a mut [T],
    rstd: &'a mut [T],
    out: &'a mut [T],
}

impl<T: Real> WithSimd for Close<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let gain = self.gated.gain.first_chunk::<BOTH>().expect("gains of core and gate");
        let offset = self.gated.offset.first_chunk::<BOTH>().expect("offsets of core and gate");
        let rows = self.hat.as_chunks_mut::<BOTH>().0.iter_mut();
        let rstds = self.rstd.as_chunks_mut::<2>().0;
        for ((row, rstd), out) in rows.zip(rstds).zip(self.out.as_chunks_mut::<WIDTH>().0) {
            let (core, gate) = halves(row);
            *rstd = [normalise(core), normalise(gate)];
            for i in 0..WIDTH {
                let c = core[i].fma(gain[i], offset[i]);
                let g = gate[i].fma(gain[WIDTH + i], offset[WIDTH + i]);
                let (sc, sg) = T::sigmoids(c, g);
                out[i] = c * sc * sg;
            }
        }
    }
}

struct Open<'a, T> {
    gated: &'a Gated<T>,
    hat: &'a [T],
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
        let gain = self.gated.gain.first_chunk::<BOTH>().expect("gains of core and gate");
        let offset = self.gated.offset.first_chunk::<BOTH>().expect("offsets of core and gate");
        let rows = self.hat.as_chunks::<BOTH>().0.iter().zip(self.rstd.as_chunks::<2>().0);
        let slopes = self.slope.as_chunks_mut::<BOTH>().0.iter_mut();
        let messages = self.message.as_chunks_mut::<WIDTH>().0;
        let ones = [one; WIDTH];
        for (r, (((row, rstd), slope), message)) in rows.zip(slopes).zip(messages).enumerate() {
            let weight = self.weight.map_or(&ones, |w| &w.as_chunks::<WIDTH>().0[r]);
            let (core, gate) = row.split_at(WIDTH);
            let core = core.first_chunk::<WIDTH>().expect("half of a row");
            let gate = gate.first_chunk::<WIDTH>().expect("half of a row");
            let (d_core, d_gate) = halves(slope);
            for i in 0..WIDTH {
                let c = core[i].fma(gain[i], offset[i]);
                let g = gate[i].fma(gain[WIDTH + i], offset[WIDTH + i]);
                let (sc, sg) = T::sigmoids(c, g);
                let d = message[i] * weight[i];
                message[i] = message[i] * (c * sc * sg);
                d_core[i] = d * sg * sc * c.fma(one - sc, one) * gain[i];
                d_gate[i] = d * c * sc * sg * (one - sg) * gain[WIDTH + i];
            }
            normalise_back(core, rstd[0], d_core);
            normalise_back(gate, rstd[1], d_gate);
        }
    }
}
