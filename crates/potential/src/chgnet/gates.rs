//! What happens to numbers of the gated perceptron between its products, register by register.

use super::gated::{BOTH, Factor, Gated, WIDTH};
use super::norms::{centred_back, inverse_deviation, sum};
use super::real::{Real, each};
use super::rows::Pick;
use pulp::{Simd, WithSimd};

/// s of first layers, which become s' of them.
pub(super) struct Silu<'a, T> {
    pub(super) pre: &'a mut [T],
    pub(super) out: &'a mut [T],
}

impl<T: Real> WithSimd for Silu<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let one = T::splat(simd, T::narrow(1.0));
        let rows = self.pre.as_chunks_mut::<BOTH>().0.iter_mut();
        for (pre, out) in rows.zip(self.out.as_chunks_mut::<BOTH>().0) {
            for (pre, out) in pairs_mut::<T, S>(pre).zip(pairs_mut::<T, S>(out)) {
                let x = [*pre[0], *pre[1], *pre[2], *pre[3]];
                let s = T::sigmoids(simd, x);
                let slope = each(s, |i, s| T::fused(simd, x[i], T::minus(simd, one, s), one));
                for i in 0..4 {
                    *out[i] = T::times(simd, x[i], s[i]);
                    *pre[i] = T::times(simd, s[i], slope[i]);
                }
            }
        }
    }
}

/// Four registers.
type Four<T, S> = [<T as Real>::Lanes<S>; 4];

/// Registers of core and gate: two of each at a time. Sigmoids share divisions in pairs: they are those of core and gate on every machine.
#[inline(always)]
fn pairs<T: Real, S: Simd>(row: &[T]) -> impl Iterator<Item = Four<T, S>> {
    let (core, gate) = row.split_at(WIDTH);
    let core = T::lanes::<S>(core).as_chunks::<2>().0;
    let gate = T::lanes::<S>(gate).as_chunks::<2>().0;
    core.iter().zip(gate).map(|(c, g)| [c[0], g[0], c[1], g[1]])
}

/// The same, to be written.
#[inline(always)]
fn pairs_mut<T: Real, S: Simd>(row: &mut [T]) -> impl Iterator<Item = [&mut T::Lanes<S>; 4]> {
    let (core, gate) = row.split_at_mut(WIDTH);
    let core = T::lanes_mut::<S>(core).as_chunks_mut::<2>().0;
    let gate = T::lanes_mut::<S>(gate).as_chunks_mut::<2>().0;
    core.iter_mut().zip(gate).map(|([c, d], [g, h])| [c, g, d, h])
}

/// Registers of a row of 64, two at a time.
#[inline(always)]
fn twos<T: Real, S: Simd>(row: &[T; WIDTH]) -> impl Iterator<Item = &[T::Lanes<S>; 2]> {
    T::lanes::<S>(row).as_chunks::<2>().0.iter()
}

/// Normalised core and gate, and their sigmoids.
#[inline(always)]
fn normalised<T: Real, S: Simd>(
    simd: S,
    last: Four<T, S>,
    rstd: [T::Lanes<S>; 2],
    [gain, offset]: [Four<T, S>; 2],
) -> (Four<T, S>, Four<T, S>) {
    let x = each(last, |i, x| T::times(simd, x, rstd[i % 2]));
    let x = each(x, |i, x| T::fused(simd, x, gain[i], offset[i]));
    (x, T::sigmoids(simd, x))
}

/// Weights where there are none.
fn alone<T: Real>() -> [T; WIDTH] {
    [T::narrow(1.0); WIDTH]
}

/// Last layers, normalised, to what the gate lets through.
pub(super) struct Close<'a, T> {
    pub(super) gated: &'a Gated<T>,
    pub(super) last: &'a [T],
    pub(super) rstd: &'a mut [T],
    pub(super) out: &'a mut [T],
    pub(super) factor: Option<Factor<'a, T>>,
}

impl<T: Real> WithSimd for Close<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
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
        let alone = alone();
        let rows = rows.iter().zip(&*rstds).zip(self.out.as_chunks_mut::<WIDTH>().0);
        for (r, ((row, rstd), out)) in rows.enumerate() {
            let (weight, times) = self.factor.map_or((&alone, T::narrow(1.0)), |f| f.row(r));
            let times = T::splat(simd, times);
            let rstd = [T::splat(simd, rstd[0]), T::splat(simd, rstd[1])];
            let scales = pairs::<T, S>(&self.gated.gain).zip(pairs::<T, S>(&self.gated.offset));
            let out = T::lanes_mut::<S>(out).as_chunks_mut::<2>().0;
            let all = pairs::<T, S>(row).zip(scales).zip(twos::<T, S>(weight)).zip(out);
            for (((last, (gain, offset)), weight), out) in all {
                let (x, s) = normalised::<T, S>(simd, last, rstd, [gain, offset]);
                let weight = each(*weight, |_, w| T::times(simd, w, times));
                let open = each(weight, |i, _| T::times(simd, s[2 * i], s[2 * i + 1]));
                let open = each(open, |i, open| T::times(simd, open, x[2 * i]));
                *out = each(open, |i, open| T::times(simd, open, weight[i]));
            }
        }
    }
}

impl<'a, T: Real> Factor<'a, T> {
    #[inline(always)]
    fn row(&self, r: usize) -> (&'a [T; WIDTH], T) {
        (self.weights.row(r), T::narrow(f64::from(self.times[r])))
    }
}

/// From dE/d(what the gate let through) to dE/d(last layers), and to dE/d(weights) in `message`.
pub(super) struct Open<'a, T> {
    pub(super) gated: &'a Gated<T>,
    pub(super) last: &'a [T],
    pub(super) rstd: &'a [T],
    pub(super) slope: &'a mut [T],
    pub(super) from: Pick<'a, T>,
    pub(super) message: &'a mut [T],
    pub(super) factor: Option<Factor<'a, T>>,
}

impl<T: Real> WithSimd for Open<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let one = T::splat(simd, T::narrow(1.0));
        let alone = alone();
        let rows = self.last.as_chunks::<BOTH>().0.iter().zip(self.rstd.as_chunks::<2>().0);
        let slopes = self.slope.as_chunks_mut::<BOTH>().0;
        let messages = self.message.as_chunks_mut::<WIDTH>().0;
        let all = rows.clone().zip(&mut *slopes).zip(messages);
        for (r, (((row, rstd), slope), message)) in all.enumerate() {
            let (weight, times) = self.factor.map_or((&alone, T::narrow(1.0)), |f| f.row(r));
            let times = T::splat(simd, times);
            let rstd = [T::splat(simd, rstd[0]), T::splat(simd, rstd[1])];
            let scales = pairs::<T, S>(&self.gated.gain).zip(pairs::<T, S>(&self.gated.offset));
            let behind = twos::<T, S>(self.from.row(r)).zip(twos::<T, S>(weight));
            let message = T::lanes_mut::<S>(message).as_chunks_mut::<2>().0;
            let to = pairs_mut::<T, S>(slope).zip(message);
            for (((last, (gain, offset)), (from, weight)), (slope, message)) in
                pairs::<T, S>(row).zip(scales).zip(behind).zip(to)
            {
                let (x, s) = normalised::<T, S>(simd, last, rstd, [gain, offset]);
                let open = each(*from, |_, from| T::times(simd, from, times));
                let open = each(open, |i, open| {
                    T::times(simd, open, T::times(simd, s[2 * i], s[2 * i + 1]))
                });
                *message = each(open, |i, open| T::times(simd, open, x[2 * i]));
                let through = each(open, |i, open| T::times(simd, open, weight[i]));
                let shut = each(s, |_, s| T::minus(simd, one, s));
                // Of the core 1 + c (1 - s), of the gate c (1 - s).
                let bend = each(shut, |i, shut| match i % 2 {
                    0 => T::fused(simd, x[i], shut, one),
                    _ => T::times(simd, x[i - 1], shut),
                });
                let bend = each(bend, |i, bend| T::times(simd, bend, gain[i]));
                let bend = each(bend, |i, bend| T::times(simd, bend, through[i / 2]));
                for (slope, bend) in slope.into_iter().zip(bend) {
                    *slope = bend;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between -4 and 4 that repeat late.
    fn numbers<T: Real>(n: usize, offset: usize) -> Vec<T> {
        (0..n).map(|i| T::narrow(((i + offset) * 37 % 101) as f64 * 0.08 - 4.0)).collect()
    }

    /// All passes over some rows, in these registers.
    struct Passes<T>(std::marker::PhantomData<T>);

    impl<T: Real> WithSimd for Passes<T> {
        type Output = Vec<Vec<T>>;

        fn with_simd<S: Simd>(self, simd: S) -> Vec<Vec<T>> {
            const ROWS: usize = 5;
            let gated = Gated { hidden: None, gain: numbers(BOTH, 3), offset: numbers(BOTH, 11) };
            let mut pre = numbers::<T>(ROWS * BOTH, 0);
            let mut silu = pre.clone();
            simd.vectorize(Silu { pre: &mut pre, out: &mut silu });
            let (last, table) = (numbers::<T>(ROWS * BOTH, 5), numbers::<T>(3 * WIDTH, 7));
            let pick = |index| Pick { table: &table, index };
            let factor = Factor { weights: pick(&[0, 2, 1, 1, 0]), times: &[1, 2, 1, 6, 3] };
            let mut found = vec![pre, silu];
            for factor in [None, Some(factor)] {
                let mut rstd = vec![T::default(); 2 * ROWS];
                let mut out = vec![T::default(); ROWS * WIDTH];
                let (gated, last) = (&gated, &last[..]);
                simd.vectorize(Close { gated, last, rstd: &mut rstd, out: &mut out, factor });
                let mut slope = vec![T::default(); ROWS * BOTH];
                let mut message = out.clone();
                let from = pick(&[2, 0, 0, 1, 2]);
                let (rstds, slopes, messages) = (&rstd[..], &mut slope[..], &mut message[..]);
                let open = Open {
                    gated,
                    last,
                    rstd: rstds,
                    slope: slopes,
                    from,
                    message: messages,
                    factor,
                };
                simd.vectorize(open);
                found.extend([rstd, out, slope, message]);
            }
            found
        }
    }

    fn check<T: Real>() {
        let best = pulp::Arch::new().dispatch(Passes::<T>(std::marker::PhantomData));
        let plain = Passes::<T>(std::marker::PhantomData).with_simd(pulp::Scalar);
        let bits = |all: &[T]| -> Vec<u64> { all.iter().map(|x| x.wide().to_bits()).collect() };
        assert!(plain.iter().flatten().all(|x| x.wide().is_finite()));
        for (k, (best, plain)) in best.iter().zip(&plain).enumerate() {
            let differ = bits(best).iter().zip(bits(plain)).filter(|(a, b)| *a != b).count();
            assert_eq!(differ, 0, "of the numbers of result {k}");
        }
        // Weights and counts are factors of what goes through.
        assert!(plain.len() == 10 && bits(&plain[3]) != bits(&plain[7]));
    }

    #[test]
    fn gates_are_the_same_on_every_machine() {
        check::<f32>();
        check::<f64>();
    }
}
