//! Single and double precision, and the few functions that the network needs of them.

use pulp::Simd;
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// A floating-point number that the network computes with.
///
/// All operations round as IEEE 754 says, products and sums are fused everywhere, and sums have one order: results do not depend
/// on the registers of the machine.
pub trait Real:
    Copy
    + Debug
    + Default
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// Lengths, Å, and cosines that differ less are taken for the same. Forces then err by it times the stiffness of bonds at most, which is
    /// about what rounding does.
    #[doc(hidden)]
    const ALIKE: f64;
    /// A register of such numbers.
    #[doc(hidden)]
    type Lanes<S: Simd>: Copy;
    /// Numbers as registers; as many as fill them.
    #[doc(hidden)]
    fn lanes<S: Simd>(numbers: &[Self]) -> &[Self::Lanes<S>];
    /// The same, to be written.
    #[doc(hidden)]
    fn lanes_mut<S: Simd>(numbers: &mut [Self]) -> &mut [Self::Lanes<S>];
    /// A register full of one number.
    #[doc(hidden)]
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Lanes<S>;
    /// a - b.
    #[doc(hidden)]
    fn minus<S: Simd>(simd: S, a: Self::Lanes<S>, b: Self::Lanes<S>) -> Self::Lanes<S>;
    /// a b.
    #[doc(hidden)]
    fn times<S: Simd>(simd: S, a: Self::Lanes<S>, b: Self::Lanes<S>) -> Self::Lanes<S>;
    /// a b + c, rounded once.
    #[doc(hidden)]
    fn fused<S: Simd>(
        simd: S,
        a: Self::Lanes<S>,
        b: Self::Lanes<S>,
        c: Self::Lanes<S>,
    ) -> Self::Lanes<S>;
    /// The nearest such number.
    fn narrow(x: f64) -> Self;
    /// The number in double precision.
    fn wide(self) -> f64;
    /// 1 / (1 + e^-x) of numbers in registers, step by step for all of them: a processor does not look far enough ahead to do one while
    /// another waits. Two registers next to each other share a division: their numbers must be neighbours on every machine.
    #[doc(hidden)]
    fn sigmoids<S: Simd, const N: usize>(simd: S, x: [Self::Lanes<S>; N]) -> [Self::Lanes<S>; N];
    /// 1 / (1 + e^-x).
    #[must_use]
    fn sigmoid(self) -> Self;
    /// The square root.
    #[must_use]
    fn sqrt(self) -> Self;
    /// `self` a + b, rounded once.
    #[must_use]
    fn fma(self, a: Self, b: Self) -> Self;
}

/// Forwards what both precisions share.
macro_rules! real {
    ($lanes:ident, $split:ident, $split_mut:ident, $splat:ident, $fused:ident, $minus:ident, $times:ident) => {
        type Lanes<S: Simd> = S::$lanes;

        #[inline(always)]
        fn lanes<S: Simd>(numbers: &[Self]) -> &[S::$lanes] {
            S::$split(numbers).0
        }

        #[inline(always)]
        fn lanes_mut<S: Simd>(numbers: &mut [Self]) -> &mut [S::$lanes] {
            S::$split_mut(numbers).0
        }

        #[inline(always)]
        fn splat<S: Simd>(simd: S, x: Self) -> S::$lanes {
            simd.$splat(x)
        }

        #[inline(always)]
        fn minus<S: Simd>(simd: S, a: S::$lanes, b: S::$lanes) -> S::$lanes {
            simd.$minus(a, b)
        }

        #[inline(always)]
        fn times<S: Simd>(simd: S, a: S::$lanes, b: S::$lanes) -> S::$lanes {
            simd.$times(a, b)
        }

        #[inline(always)]
        fn sigmoid(self) -> Self {
            Self::sigmoids(pulp::Scalar, [self])[0]
        }

        #[inline(always)]
        fn fused<S: Simd>(simd: S, a: S::$lanes, b: S::$lanes, c: S::$lanes) -> S::$lanes {
            simd.$fused(a, b, c)
        }

        #[inline(always)]
        fn sqrt(self) -> Self {
            self.sqrt()
        }

        #[inline(always)]
        fn fma(self, a: Self, b: Self) -> Self {
            self.mul_add(a, b)
        }
    };
}

impl Real for f32 {
    const ALIKE: f64 = 1e-7;
    real!(f32s, as_simd_f32s, as_mut_simd_f32s, splat_f32s, mul_add_f32s, sub_f32s, mul_f32s);

    #[inline(always)]
    fn narrow(x: f64) -> Self {
        x as Self
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }

    /// To 3e-7 of the value, and never below 9e-14: gates of trained networks are closed so firmly that products of their true
    /// values would be subnormal numbers, with which processors are ten times slower. One division for two of them.
    #[inline(always)]
    fn sigmoids<S: Simd, const N: usize>(simd: S, x: [S::f32s; N]) -> [S::f32s; N] {
        let one = simd.splat_f32s(1.0);
        let below = one_and_exp(simd, x);
        let other = each(below, |i, _| if i ^ 1 < N { below[i ^ 1] } else { one });
        let mut both = below;
        for i in (0..N).step_by(2) {
            both[i] = simd.div_f32s(one, simd.mul_f32s(below[i], other[i]));
        }
        each(other, |i, other| simd.mul_f32s(other, both[i & !1]))
    }
}

/// 1 + e^-x of numbers, x first brought within -30 and 30; e^-x to 2e-7 of the value: 2^n times a polynomial in r, -x = n ln 2 + r, of
/// the least error for |r| <= ln 2 / 2 (Remez). Without branches.
#[inline(always)]
fn one_and_exp<S: Simd, const N: usize>(simd: S, x: [S::f32s; N]) -> [S::f32s; N] {
    // Added to a number below 2^22, it leaves the nearest integer in the last bits.
    let shift = simd.splat_f32s(12_582_912.0);
    let (low, high) = (simd.splat_f32s(-30.0), simd.splat_f32s(30.0));
    let log2 = simd.splat_f32s(-std::f32::consts::LOG2_E);
    let ln2 = simd.splat_f32s(std::f32::consts::LN_2);
    let one = simd.splat_f32s(1.0);
    let x = each(x, |_, x| simd.max_f32s(simd.min_f32s(x, high), low));
    let n = each(x, |_, x| simd.mul_add_f32s(x, log2, shift));
    let r = each(x, |i, x| simd.mul_add_f32s(simd.sub_f32s(n[i], shift), ln2, x));
    let (first, second) = (simd.splat_f32s(-0.008_297_619), simd.splat_f32s(0.041_915_63));
    let mut p = each(r, |_, r| simd.mul_add_f32s(r, first, second));
    for c in [-0.166_675_76, 0.499_988_9, -0.999_999_7, 1.0] {
        let c = simd.splat_f32s(c);
        p = each(p, |i, p| simd.mul_add_f32s(p, r[i], c));
    }
    // 2 to the integers.
    let (place, bias) = (simd.splat_u32s(23), simd.splat_u32s(1.0_f32.to_bits()));
    let power = each(n, |_, n| {
        let bits = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(n), place);
        simd.transmute_f32s_u32s(simd.add_u32s(bits, bias))
    });
    each(p, |i, p| simd.mul_add_f32s(p, power[i], one))
}

/// A function of each register and its place.
#[inline(always)]
pub(super) fn each<L: Copy, const N: usize>(mut x: [L; N], f: impl Fn(usize, L) -> L) -> [L; N] {
    for (i, x) in x.iter_mut().enumerate() {
        *x = f(i, *x);
    }
    x
}

impl Real for f64 {
    const ALIKE: f64 = 1e-13;
    real!(f64s, as_simd_f64s, as_mut_simd_f64s, splat_f64s, mul_add_f64s, sub_f64s, mul_f64s);

    #[inline(always)]
    fn narrow(x: f64) -> Self {
        x
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }

    #[inline(always)]
    fn sigmoids<S: Simd, const N: usize>(_: S, mut x: [S::f64s; N]) -> [S::f64s; N] {
        for x in pulp::bytemuck::cast_slice_mut::<S::f64s, Self>(&mut x) {
            *x = 1.0 / (1.0 + libm::exp(-*x));
        }
        x
    }
}

/// sin x and cos x to about 2e-16, |x| up to 1e5: reduced by multiples of pi/2, then their series. Without branches.
#[inline(always)]
pub(super) fn sin_cos(x: f64) -> (f64, f64) {
    // Added to a number below 2^51, it leaves the nearest integer in the last bits.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    // pi/2 in three parts.
    const HIGH: f64 = std::f64::consts::FRAC_PI_2;
    const LOW: f64 = 6.123_233_995_736_766e-17;
    let shifted = x.mul_add(std::f64::consts::FRAC_2_PI, SHIFT);
    let n = shifted - SHIFT;
    let r = n.mul_add(-LOW, n.mul_add(-HIGH, x));
    let r2 = r * r;
    let s = r2.mul_add(1.0 / 355_687_428_096_000.0, -1.0 / 1_307_674_368_000.0);
    let s = s.mul_add(r2, 1.0 / 6_227_020_800.0).mul_add(r2, -1.0 / 39_916_800.0);
    let s = s.mul_add(r2, 1.0 / 362_880.0).mul_add(r2, -1.0 / 5040.0);
    let s = s.mul_add(r2, 1.0 / 120.0).mul_add(r2, -1.0 / 6.0);
    let sin = (s * r2).mul_add(r, r);
    let c = r2.mul_add(1.0 / 20_922_789_888_000.0, -1.0 / 87_178_291_200.0);
    let c = c.mul_add(r2, 1.0 / 479_001_600.0).mul_add(r2, -1.0 / 3_628_800.0);
    let c = c.mul_add(r2, 1.0 / 40_320.0).mul_add(r2, -1.0 / 720.0);
    let c = c.mul_add(r2, 1.0 / 24.0).mul_add(r2, -0.5);
    let cos = c.mul_add(r2, 1.0);
    let quarter = shifted.to_bits();
    let (a, b) = if quarter & 1 == 0 { (sin, cos) } else { (cos, sin) };
    let sign = |bit: u64| f64::from_bits(1.0_f64.to_bits() | (bit << 63));
    (a * sign(quarter >> 1 & 1), b * sign((quarter.wrapping_add(1)) >> 1 & 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoids_have_six_digits() {
        for i in -290..=290 {
            let (x, y) = (i as f32 * 0.1, (i * 17 % 290) as f32 * 0.1);
            let x = [x, y, -x, x + y];
            let found = f32::sigmoids(pulp::Scalar, x);
            let expected = f64::sigmoids(pulp::Scalar, x.map(f64::from));
            for (found, expected) in found.into_iter().zip(expected) {
                let error = (f64::from(found) - expected).abs() / expected;
                assert!(error < 5e-7 || expected < 1e-13, "{x:?}: {found} {expected}");
            }
        }
        for x in [31.0_f32, 1e4, f32::INFINITY] {
            let [low, high] = f32::sigmoids(pulp::Scalar, [-x, x]);
            assert!((low - 9.3576e-14).abs() < 1e-17 && (high - 1.0).abs() < 1e-6, "{low} {high}");
        }
    }

    #[test]
    fn sines_and_cosines_have_all_digits() {
        for i in -40_000..=40_000 {
            let x = f64::from(i) * 0.011;
            let (sin, cos) = sin_cos(x);
            assert!((sin - libm::sin(x)).abs() < 4e-16, "{x}: {sin}");
            assert!((cos - libm::cos(x)).abs() < 4e-16, "{x}: {cos}");
        }
    }
}
