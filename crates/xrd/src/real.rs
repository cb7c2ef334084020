//! The functions that kernels need of a floating-point number, in double and in single precision.
//!
//! All are plain arithmetic without branches: a long loop over them becomes vector instructions, and no operation is
//! reordered or contracted by that, so the numbers are the same on every machine.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

/// A floating-point number that kernels compute with.
pub(crate) trait Real:
    Copy
    + Default
    + Debug
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + MulAssign
    + 'static
{
    /// Numbers of a pack of vector registers: 64 bytes.
    const PACK: usize;
    /// The nearest number.
    fn of(x: f64) -> Self;
    /// The same number in double precision.
    fn to_f64(self) -> f64;
    /// Square root.
    fn root(self) -> Self;
    /// exp of a number at or below the logarithm of the largest; 0 where the result would be subnormal.
    fn exponential(self) -> Self;
    /// atan of a number between 1 - sqrt 2 and sqrt 2 - 1.
    fn small_atan(self) -> Self;
    /// Natural logarithm of a normal positive number.
    fn logarithm(self) -> Self;
    /// The largest integer at or below.
    fn integer_below(self) -> Self;
    /// A whole number from 0 to 2^22 as an integer. (A plain conversion, which saturates, is no vector instruction.)
    fn index(self) -> u32;
}

/// ln 2 split so that k times the first part is exact for |k| < 2^11.
const LN2: [f64; 2] = [6.931_471_803_691_238_16e-1, 1.908_214_929_270_587_70e-10];
/// 1.5 * 2^52: adding it rounds to the nearest integer, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// exp of anything below is taken as 0.
const LOWEST: f64 = -708.0;

/// 1/n! for n = 12 down to 0.
const TAYLOR: [f64; 13] = [
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// Coefficients of atan(x) = x - x^3 (c_0 + c_1 x^2 + ..), highest first, to 1e-17 for |x| < 7/16: the minimax polynomial
/// of fdlibm (Sun Microsystems, 1993).
const ATAN: [f64; 11] = [
    1.628_582_011_536_578_236_23e-2,
    -3.653_157_274_421_691_552_70e-2,
    4.976_877_994_615_932_360_17e-2,
    -5.833_570_133_790_573_486_45e-2,
    6.661_073_137_387_531_206_69e-2,
    -7.691_876_205_044_829_994_95e-2,
    9.090_887_133_436_506_561_96e-2,
    -1.111_111_040_546_235_578_80e-1,
    1.428_571_427_250_346_637_11e-1,
    -1.999_999_999_987_648_324_76e-1,
    3.333_333_333_333_293_180_27e-1,
];

impl Real for f64 {
    const PACK: usize = 8;

    #[inline(always)]
    fn of(x: f64) -> Self {
        x
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }

    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }

    /// Within 2 units in the last place: exp(x) = 2^k exp(r), k = round(x / ln 2), |r| <= ln(2)/2, and a Taylor polynomial of
    /// degree 12 (truncation 2e-16) for exp(r).
    #[inline(always)]
    fn exponential(self) -> Self {
        let clamped = self.max(LOWEST);
        let shifted = clamped * std::f64::consts::LOG2_E + ROUND;
        let k = shifted - ROUND;
        let r = (clamped - k * LN2[0]) - k * LN2[1];
        let mut p = TAYLOR[0];
        for c in &TAYLOR[1..] {
            p = p * r + c;
        }
        let scale = Self::from_bits((shifted.to_bits().wrapping_add(1023)) << 52);
        if self < LOWEST { 0.0 } else { p * scale }
    }

    #[inline(always)]
    fn small_atan(self) -> Self {
        let square = self * self;
        let mut p = ATAN[0];
        for c in &ATAN[1..] {
            p = p * square + c;
        }
        self - self * square * p
    }

    /// Within 2 units in the last place of 1: ln(2^k m) = k ln 2 + 2 atanh((m - 1)/(m + 1)), m between sqrt(1/2) and sqrt 2.
    #[inline(always)]
    fn logarithm(self) -> Self {
        let bits = self.to_bits();
        let biased = bits.wrapping_sub(SQRT_HALF.to_bits()).wrapping_add(1023 << 52) >> 52;
        let k = Self::from_bits(INTEGER.to_bits() | biased) - (INTEGER + 1023.0);
        let m = Self::from_bits(bits.wrapping_sub(biased.wrapping_sub(1023) << 52));
        let f = (m - 1.0) / (m + 1.0);
        let square = f * f;
        let mut p = 1.0 / 23.0;
        for c in ATANH {
            p = p * square + c;
        }
        k * LN2[0] + (k * LN2[1] + 2.0 * f * p)
    }

    #[inline(always)]
    fn integer_below(self) -> Self {
        self.floor()
    }

    #[inline(always)]
    fn index(self) -> u32 {
        (self + INTEGER).to_bits() as u32
    }
}

const SQRT_HALF: f64 = std::f64::consts::FRAC_1_SQRT_2;
/// 2^52: an integer below it stands in the low bits of the sum.
const INTEGER: f64 = 4_503_599_627_370_496.0;
/// 1/(2n + 1) for n = 10 down to 0; the next term is below 1e-18.
const ATANH: [f64; 11] = [
    1.0 / 21.0,
    1.0 / 19.0,
    1.0 / 17.0,
    1.0 / 15.0,
    1.0 / 13.0,
    1.0 / 11.0,
    1.0 / 9.0,
    1.0 / 7.0,
    1.0 / 5.0,
    1.0 / 3.0,
    1.0,
];

/// ln 2 split so that k times the first part is exact.
const LN2_SINGLE: [f32; 2] = [0.693_359_375, -2.121_944_4e-4];
/// 1.5 * 2^23.
const ROUND_SINGLE: f32 = 12_582_912.0;
const LOWEST_SINGLE: f32 = -87.0;
/// exp(r) = 1 + r + r^2 (c_0 r^5 + ..), the polynomial of the Cephes library (S. L. Moshier, 1989).
const EXP_SINGLE: [f32; 6] =
    [1.987_569_2e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5.000_000_1e-1];
/// atan(x) = x + x^3 (c_0 x^6 + ..), likewise.
const ATAN_SINGLE: [f32; 4] = [8.053_744_5e-2, -1.387_768_6e-1, 1.997_771_1e-1, -3.333_294_9e-1];

impl Real for f32 {
    const PACK: usize = 16;

    #[inline(always)]
    fn of(x: f64) -> Self {
        x as Self
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    fn exponential(self) -> Self {
        let clamped = self.max(LOWEST_SINGLE);
        let shifted = clamped * std::f32::consts::LOG2_E + ROUND_SINGLE;
        let k = shifted - ROUND_SINGLE;
        let r = (clamped - k * LN2_SINGLE[0]) - k * LN2_SINGLE[1];
        let mut p = EXP_SINGLE[0];
        for c in &EXP_SINGLE[1..] {
            p = p * r + c;
        }
        let p = p * r * r + r + 1.0;
        let scale = Self::from_bits((shifted.to_bits().wrapping_add(127)) << 23);
        if self < LOWEST_SINGLE { 0.0 } else { p * scale }
    }

    #[inline(always)]
    fn small_atan(self) -> Self {
        let square = self * self;
        let mut p = ATAN_SINGLE[0];
        for c in &ATAN_SINGLE[1..] {
            p = p * square + c;
        }
        self + self * square * p
    }

    #[inline(always)]
    fn logarithm(self) -> Self {
        f64::from(self).logarithm() as Self
    }

    #[inline(always)]
    fn integer_below(self) -> Self {
        self.floor()
    }

    #[inline(always)]
    fn index(self) -> u32 {
        (self + INTEGER_SINGLE).to_bits() & 0x007f_ffff
    }
}

/// 2^23.
const INTEGER_SINGLE: f32 = 8_388_608.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_agree_with_the_library() {
        for j in 0..160_000 {
            let x = (-700.0 + 0.0091 * f64::from(j)).min(699.0);
            let error = x.exponential() / libm::exp(x) - 1.0;
            assert!(error.abs() < 5e-16, "{x} {error:e}");
        }
        for j in 0..20_000 {
            let x = (-86.0 + 0.0091 * f64::from(j)) as f32;
            let x = x.min(87.0);
            let error = f64::from(x.exponential()) / libm::exp(f64::from(x)) - 1.0;
            assert!(error.abs() < 3e-7, "{x} {error:e}");
        }
        let low = [-709.0, -1e300, f64::NEG_INFINITY].map(f64::exponential);
        assert!(low.iter().all(|x| x.abs() < f64::MIN_POSITIVE));
        assert!(f32::exponential(-88.0).abs() < f32::MIN_POSITIVE);
    }

    #[test]
    fn whole_numbers_become_integers() {
        for n in [0, 1, 7, 8, 4095, 1_000_000, 4_194_304] {
            assert_eq!((f64::from(n).index(), (n as f32).index()), (n, n));
        }
        assert!(
            (f64::integer_below(3.9) - 3.0).abs() + (f64::integer_below(-0.1) + 1.0).abs() < 1e-15
        );
    }

    #[test]
    fn logarithms_agree_with_the_library() {
        for j in 1..20_000 {
            let x = 1e-4 * f64::from(j) * f64::from(j);
            assert!(
                (x.logarithm() - libm::log(x)).abs() <= 4e-16 * libm::log(x).abs().max(1.0),
                "{x}"
            );
        }
    }

    #[test]
    fn arc_tangents_agree_with_the_library() {
        let end = std::f64::consts::SQRT_2 - 1.0;
        for j in -1000..=1000 {
            let x = end * f64::from(j) / 1000.0;
            assert!((x.small_atan() - libm::atan(x)).abs() < 1e-16, "{x}");
            let single = (x as f32).small_atan();
            assert!((f64::from(single) - libm::atan(x)).abs() < 1e-7, "{x}");
        }
    }
}
