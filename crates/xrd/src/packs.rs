//! Packs of numbers in vector registers: eight in double, sixteen in single precision, whatever the registers' width.
//!
//! For loops that a compiler does not turn into whole vectors by itself. Sums run lane by lane, so they do not depend on the
//! width of the registers either.

use crate::real::Real;
use pulp::Simd;

/// A number that is computed with in packs.
pub(crate) trait Packed<S: Simd>: Real {
    /// [`Real::PACK`] numbers side by side: as many registers as that takes, and unused ones, since their number depends on
    /// their width.
    type Pack: Copy;

    fn splat(simd: S, x: Self) -> Self::Pack;
    /// The first numbers of a slice.
    fn load(simd: S, x: &[Self]) -> Self::Pack;
    /// Overwrites the first numbers of a slice.
    fn store(pack: Self::Pack, x: &mut [Self]);
    fn plus(simd: S, a: Self::Pack, b: Self::Pack) -> Self::Pack;
    fn times(simd: S, a: Self::Pack, b: Self::Pack) -> Self::Pack;
    /// max(a - b, 0).
    fn excess(simd: S, a: Self::Pack, b: Self::Pack) -> Self::Pack;
    /// The same in double precision; a in single precision, where the floors of tails are as small as rounding.
    fn above_floor(simd: S, a: Self::Pack, floor: Self::Pack) -> Self::Pack;
    /// All lanes added up; in double precision pairwise, in the same order whatever the width of the registers.
    fn total(simd: S, pack: Self::Pack) -> Self;
}

macro_rules! packed {
    ($number:ty, $lanes:literal, $registers:ident, $width:ident, $splat:ident, $plus:ident, $times:ident, $minus:ident, $max:ident, $as:ident, $as_mut:ident, $total:ident, $has_floor:literal) => {
        impl<S: Simd> Packed<S> for $number {
            type Pack = [S::$registers; $lanes];

            #[inline(always)]
            fn splat(simd: S, x: Self) -> Self::Pack {
                [simd.$splat(x); $lanes]
            }

            #[inline(always)]
            fn load(simd: S, x: &[Self]) -> Self::Pack {
                let mut pack = <Self as Packed<S>>::splat(simd, 0.0);
                for (p, x) in pack.iter_mut().zip(S::$as(&x[..$lanes]).0) {
                    *p = *x;
                }
                pack
            }

            #[inline(always)]
            fn store(pack: Self::Pack, x: &mut [Self]) {
                for (x, p) in S::$as_mut(&mut x[..$lanes]).0.iter_mut().zip(pack) {
                    *x = p;
                }
            }

            #[inline(always)]
            fn plus(simd: S, a: Self::Pack, b: Self::Pack) -> Self::Pack {
                let mut out = a;
                for i in 0..$lanes / S::$width {
                    out[i] = simd.$plus(a[i], b[i]);
                }
                out
            }

            #[inline(always)]
            fn times(simd: S, a: Self::Pack, b: Self::Pack) -> Self::Pack {
                let mut out = a;
                for i in 0..$lanes / S::$width {
                    out[i] = simd.$times(a[i], b[i]);
                }
                out
            }

            #[inline(always)]
            fn excess(simd: S, a: Self::Pack, b: Self::Pack) -> Self::Pack {
                let mut out = a;
                for i in 0..$lanes / S::$width {
                    out[i] = simd.$max(simd.$minus(a[i], b[i]), simd.$splat(0.0));
                }
                out
            }

            #[inline(always)]
            fn above_floor(simd: S, a: Self::Pack, floor: Self::Pack) -> Self::Pack {
                if $has_floor { <Self as Packed<S>>::excess(simd, a, floor) } else { a }
            }

            #[inline(always)]
            fn total(simd: S, pack: Self::Pack) -> Self {
                $total(simd, pack)
            }
        }
    };
}

#[inline(always)]
fn total_of_eight<S: Simd>(_: S, pack: [S::f64s; 8]) -> f64 {
    let mut lanes = [0.0; 8];
    <f64 as Packed<S>>::store(pack, &mut lanes);
    crate::lanes::reduce(lanes)
}

#[inline(always)]
fn total_of_sixteen<S: Simd>(simd: S, pack: [S::f32s; 16]) -> f32 {
    let mut sum = pack[0];
    for p in &pack[1..16 / S::F32_LANES] {
        sum = simd.add_f32s(sum, *p);
    }
    simd.reduce_sum_f32s(sum)
}

packed!(
    f64,
    8,
    f64s,
    F64_LANES,
    splat_f64s,
    add_f64s,
    mul_f64s,
    sub_f64s,
    max_f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    total_of_eight,
    true
);
packed!(
    f32,
    16,
    f32s,
    F32_LANES,
    splat_f32s,
    add_f32s,
    mul_f32s,
    sub_f32s,
    max_f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    total_of_sixteen,
    false
);

#[cfg(test)]
mod tests {
    use super::*;

    fn check<S: Simd, T: Packed<S>>(simd: S) {
        let x: Vec<T> = (0..16).map(|i| T::of(f64::from(i))).collect();
        let pack = T::load(simd, &x);
        let twice = T::plus(simd, pack, T::times(simd, pack, T::splat(simd, T::of(2.0))));
        let mut y = x.clone();
        T::store(twice, &mut y);
        for (i, (x, y)) in x.iter().zip(&y).enumerate() {
            let factor = if i < T::PACK { 3.0 } else { 1.0 };
            assert!((y.to_f64() - factor * x.to_f64()).abs() < 1e-12);
        }
        let n = T::PACK as f64;
        assert!((T::total(simd, pack).to_f64() - 0.5 * n * (n - 1.0)).abs() < 1e-12);
    }

    struct Check;

    impl pulp::WithSimd for Check {
        type Output = ();
        fn with_simd<S: Simd>(self, simd: S) {
            check::<S, f64>(simd);
            check::<S, f32>(simd);
        }
    }

    #[test]
    fn packs_are_numbers_side_by_side() {
        pulp::Arch::new().dispatch(Check);
        check::<_, f64>(pulp::Scalar);
        check::<_, f32>(pulp::Scalar);
    }
}
