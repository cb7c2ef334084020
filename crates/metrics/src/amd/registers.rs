//! The two inner steps of the search for neighbours: what every machine can do, and what 512-bit registers do at once.
//!
//! Both give the same numbers.
#![expect(
    clippy::inline_always,
    reason = "the steps must be inlined into the functions compiled for each vector width"
)]

use super::translations::{Block, LANES};

/// Number of distances that registers sort.
pub(super) const SORTED: usize = 16 * LANES;

/// What a machine does in one step.
pub(super) trait Registers: Copy {
    /// Writes those squares of |x + t| that are at most `r2` to `out`, in the order of the translations t, and gives their number;
    /// what lies behind them in `out` is nothing. The first translation may be left out.
    fn within(
        self,
        block: &Block,
        x: [f64; 3],
        r2: f64,
        but_first: bool,
        out: &mut [f64; LANES],
    ) -> usize;

    /// Sorts distances in ascending order; false if this machine leaves that to others.
    fn sort(self, d2: &mut [f64; SORTED]) -> bool;
}

/// Work that is compiled once for each kind of machine.
pub(super) trait Kernel {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run(self, registers: impl Registers) -> Self::Output;
}

/// Does work with the best that this machine has.
pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(v4) = pulp::x86::V4::try_new() {
        return pulp::Simd::vectorize(v4, On { kernel, registers: Wide(v4) });
    }
    pulp::Arch::new().dispatch(On { kernel, registers: Portable })
}

/// Work and what it is done with.
struct On<K, R> {
    kernel: K,
    registers: R,
}

impl<K: Kernel, R: Registers> pulp::WithSimd for On<K, R> {
    type Output = K::Output;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> K::Output {
        self.kernel.run(self.registers)
    }
}

/// Any machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portable;

impl Registers for Portable {
    #[inline(always)]
    fn within(
        self,
        block: &Block,
        x: [f64; 3],
        r2: f64,
        but_first: bool,
        out: &mut [f64; LANES],
    ) -> usize {
        let mut d2 = [0.0; LANES];
        for (i, d2) in d2.iter_mut().enumerate() {
            let (x, y, z) = (x[0] + block.x[i], x[1] + block.y[i], x[2] + block.z[i]);
            *d2 = x * x + y * y + z * z;
        }
        if but_first {
            d2[0] = f64::INFINITY;
        }
        let mut taken = 0;
        for d2 in d2 {
            out[taken.min(LANES - 1)] = d2;
            taken += usize::from(d2 <= r2);
        }
        taken
    }

    #[inline(always)]
    fn sort(self, _: &mut [f64; SORTED]) -> bool {
        false
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use wide::Wide;

#[cfg(target_arch = "x86_64")]
mod wide {
    use super::{Block, LANES, Registers, SORTED};
    use pulp::x86::V4;
    use pulp::{Simd as _, cast, f64x8};
    use std::arch::x86_64::__m512d;

    /// A machine with AVX-512.
    #[derive(Debug, Clone, Copy)]
    pub(in super::super) struct Wide(pub(in super::super) V4);

    impl Registers for Wide {
        #[inline(always)]
        fn within(
            self,
            block: &Block,
            x: [f64; 3],
            r2: f64,
            but_first: bool,
            out: &mut [f64; LANES],
        ) -> usize {
            let simd = self.0;
            let dx = simd.add_f64s(simd.splat_f64s(x[0]), cast(block.x));
            let dy = simd.add_f64s(simd.splat_f64s(x[1]), cast(block.y));
            let dz = simd.add_f64s(simd.splat_f64s(x[2]), cast(block.z));
            // Products are added as the portable step does, not fused.
            let xy = simd.add_f64s(simd.mul_f64s(dx, dx), simd.mul_f64s(dy, dy));
            let d2: __m512d = cast(simd.add_f64s(xy, simd.mul_f64s(dz, dz)));
            let inside = simd.avx512f._mm512_cmple_pd_mask(d2, cast(simd.splat_f64s(r2)));
            let inside = inside & !u8::from(but_first);
            *out = cast(simd.avx512f._mm512_maskz_compress_pd(inside, d2));
            inside.count_ones() as usize
        }

        #[inline(always)]
        fn sort(self, d2: &mut [f64; SORTED]) -> bool {
            // Number n of the network is in register n mod 16, at place n / 16.
            let (chunks, _) = d2.as_chunks_mut::<LANES>();
            let mut r = [self.0.splat_f64s(0.0); 16];
            for (r, chunk) in r.iter_mut().zip(&*chunks) {
                *r = cast(*chunk);
            }
            self.columns::<1>(&mut r);
            self.columns::<2>(&mut r);
            self.columns::<4>(&mut r);
            self.columns::<8>(&mut r);
            // Two columns, then four, then eight become one list.
            self.mirrored(&mut r, 0b1010_1010, |v| self.swap_1(v));
            self.halves::<8>(&mut r);
            self.mirrored(&mut r, 0b1100_1100, |v| self.turn_4(v));
            self.across(&mut r, 0b1010_1010, |v| self.swap_1(v));
            self.halves::<8>(&mut r);
            self.mirrored(&mut r, 0b1111_0000, |v| self.turn_8(v));
            self.across(&mut r, 0b1100_1100, |v| self.swap_2(v));
            self.across(&mut r, 0b1010_1010, |v| self.swap_1(v));
            self.halves::<8>(&mut r);
            self.transpose(&r[..8], chunks, 0);
            self.transpose(&r[8..], chunks, 1);
            true
        }
    }

    /// Steps of a bitonic network (K. E. Batcher, AFIPS Conf. Proc. 32, 307, 1968) in which every comparison puts the smaller number first.
    impl Wide {
        #[inline(always)]
        fn pair(self, r: &mut [f64x8; 16], i: usize, j: usize) {
            let (a, b) = (r[i], r[j]);
            r[i] = self.0.min_f64s(a, b);
            r[j] = self.0.max_f64s(a, b);
        }

        /// Sorts lists of 2 N registers, of which either half is sorted.
        #[inline(always)]
        fn columns<const N: usize>(self, r: &mut [f64x8; 16]) {
            for i in 0..8 {
                let start = i / N * 2 * N;
                self.pair(r, start + i % N, start + 2 * N - 1 - i % N);
            }
            match N {
                8 => self.halves::<4>(r),
                4 => self.halves::<2>(r),
                2 => self.halves::<1>(r),
                _ => {}
            }
        }

        /// Compares registers N apart, then those N / 2 apart, and so on.
        #[inline(always)]
        fn halves<const N: usize>(self, r: &mut [f64x8; 16]) {
            for i in 0..8 {
                let low = i / N * 2 * N + i % N;
                self.pair(r, low, low + N);
            }
            match N {
                8 => self.halves::<4>(r),
                4 => self.halves::<2>(r),
                2 => self.halves::<1>(r),
                _ => {}
            }
        }

        /// Smaller numbers, and at the places of `high` the larger ones.
        #[inline(always)]
        fn part(self, a: f64x8, b: f64x8, high: u8) -> f64x8 {
            let low: __m512d = cast(self.0.min_f64s(a, b));
            cast(self.0.avx512f._mm512_mask_max_pd(low, high, cast(a), cast(b)))
        }

        /// Compares each register with the opposite one, turned about.
        #[inline(always)]
        fn mirrored(self, r: &mut [f64x8; 16], high: u8, turned: impl Fn(f64x8) -> f64x8) {
            for i in 0..8 {
                let (a, b) = (r[i], r[15 - i]);
                r[i] = self.part(a, turned(b), high);
                r[15 - i] = self.part(b, turned(a), high);
            }
        }

        /// Compares places of one register.
        #[inline(always)]
        fn across(self, r: &mut [f64x8; 16], high: u8, swapped: impl Fn(f64x8) -> f64x8) {
            for v in r {
                *v = self.part(*v, swapped(*v), high);
            }
        }

        /// Exchanges neighbouring places.
        #[inline(always)]
        fn swap_1(self, v: f64x8) -> f64x8 {
            cast(self.0.avx512f._mm512_permute_pd::<0b0101_0101>(cast(v)))
        }

        /// Exchanges places two apart.
        #[inline(always)]
        fn swap_2(self, v: f64x8) -> f64x8 {
            cast(self.0.avx512f._mm512_permutex_pd::<0b0100_1110>(cast(v)))
        }

        /// Turns about either half.
        #[inline(always)]
        fn turn_4(self, v: f64x8) -> f64x8 {
            cast(self.0.avx512f._mm512_permutex_pd::<0b0001_1011>(cast(v)))
        }

        /// Turns about the whole.
        #[inline(always)]
        fn turn_8(self, v: f64x8) -> f64x8 {
            let halves: __m512d = cast(self.turn_4(v));
            cast(self.0.avx512f._mm512_shuffle_f64x2::<0b0100_1110>(halves, halves))
        }

        /// Writes the columns of eight registers to every second chunk.
        #[inline(always)]
        fn transpose(self, r: &[f64x8], out: &mut [[f64; LANES]], first: usize) {
            let f = self.0.avx512f;
            for odd in [0, 1] {
                // Places 2 n + odd of two registers each, side by side.
                let (mut a, mut b, mut c, mut d): (__m512d, __m512d, __m512d, __m512d);
                if odd == 0 {
                    a = f._mm512_unpacklo_pd(cast(r[0]), cast(r[1]));
                    b = f._mm512_unpacklo_pd(cast(r[2]), cast(r[3]));
                    c = f._mm512_unpacklo_pd(cast(r[4]), cast(r[5]));
                    d = f._mm512_unpacklo_pd(cast(r[6]), cast(r[7]));
                } else {
                    a = f._mm512_unpackhi_pd(cast(r[0]), cast(r[1]));
                    b = f._mm512_unpackhi_pd(cast(r[2]), cast(r[3]));
                    c = f._mm512_unpackhi_pd(cast(r[4]), cast(r[5]));
                    d = f._mm512_unpackhi_pd(cast(r[6]), cast(r[7]));
                }
                // Of these the even and the odd n, and again.
                (a, b) =
                    (f._mm512_shuffle_f64x2::<0x88>(a, b), f._mm512_shuffle_f64x2::<0xdd>(a, b));
                (c, d) =
                    (f._mm512_shuffle_f64x2::<0x88>(c, d), f._mm512_shuffle_f64x2::<0xdd>(c, d));
                out[first + 2 * odd] = cast(f._mm512_shuffle_f64x2::<0x88>(a, c));
                out[first + 2 * odd + 4] = cast(f._mm512_shuffle_f64x2::<0x88>(b, d));
                out[first + 2 * odd + 8] = cast(f._mm512_shuffle_f64x2::<0xdd>(a, c));
                out[first + 2 * odd + 12] = cast(f._mm512_shuffle_f64x2::<0xdd>(b, d));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorts, if this machine does.
    struct Sort<'a>(&'a mut [f64; SORTED]);

    impl Kernel for Sort<'_> {
        type Output = bool;

        #[inline(always)]
        fn run(self, registers: impl Registers) -> bool {
            registers.sort(self.0)
        }
    }

    struct Within<'a>(&'a Block, [f64; 3], f64, bool);

    impl Kernel for Within<'_> {
        type Output = Vec<f64>;

        #[inline(always)]
        fn run(self, registers: impl Registers) -> Vec<f64> {
            let mut out = [f64::NAN; LANES];
            let n = registers.within(self.0, self.1, self.2, self.3, &mut out);
            out[..n].to_vec()
        }
    }

    fn bits(v: &[f64]) -> Vec<u64> {
        v.iter().map(|x| x.to_bits()).collect()
    }

    /// Numbers in [0, 1) of which `values` differ.
    fn numbers(seed: u64, values: u64) -> impl FnMut() -> f64 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 33) % values) as f64 / values as f64
        }
    }

    #[test]
    fn registers_sort_whatever_the_order() {
        let mut lists: Vec<[f64; SORTED]> = Vec::new();
        lists.push(std::array::from_fn(|i| i as f64));
        lists.push(std::array::from_fn(|i| -(i as f64)));
        for seed in 0..40 {
            for values in [2, 7, 1 << 30] {
                let mut next = numbers(seed, values);
                lists.push(std::array::from_fn(|_| next()));
            }
        }
        // One that is out of place, at every place; and infinities behind the others, as the search for neighbours has them.
        for i in 0..SORTED {
            let mut list = std::array::from_fn(|j| j as f64);
            list[i] = 63.5;
            lists.push(list);
            let mut next = numbers(i as u64, 1000);
            lists.push(std::array::from_fn(|j| if j < i { next() } else { f64::INFINITY }));
        }
        for list in lists {
            let mut sorted = list;
            let mut expected = list;
            expected.sort_by(f64::total_cmp);
            // Machines that leave it to others leave the list as it is.
            let done = run(Sort(&mut sorted));
            assert_eq!(bits(&sorted), bits(if done { &expected } else { &list }));
        }
    }

    #[test]
    fn every_machine_takes_the_same() {
        let mut next = numbers(3, 1 << 30);
        for _ in 0..200 {
            let mut axis = || std::array::from_fn(|_| next() - 0.5);
            let mut block = Block { x: axis(), y: axis(), z: axis(), nearest: 0.0 };
            // As the last block has them.
            block.x[7] = f64::INFINITY;
            let x = [next() - 0.5, next() - 0.5, next() - 0.5];
            for but_first in [false, true] {
                let r2 = next();
                let squares = (usize::from(but_first)..LANES).map(|i| {
                    let d = [block.x[i] + x[0], block.y[i] + x[1], block.z[i] + x[2]];
                    d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
                });
                let expected: Vec<f64> = squares.filter(|d2| *d2 <= r2).collect();
                let found = run(Within(&block, x, r2, but_first));
                assert_eq!(bits(&found), bits(&expected));
                let mut out = [f64::NAN; LANES];
                let n = Portable.within(&block, x, r2, but_first, &mut out);
                assert_eq!(bits(&out[..n]), bits(&expected));
            }
        }
    }
}
