//! Elementary functions without branches, so that a compiler can take eight of them at once.
#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

/// Bits of sqrt(1/2), rounded down to 20 bits of the mantissa: mantissas are brought into [sqrt(1/2), sqrt(2)).
const HALF_ROOT: u64 = 0x3fe6_a09e_0000_0000;
const ONE: u64 = 0x3ff0_0000_0000_0000;
const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
/// 2^52: a whole number below it, put into the mantissa, is the number itself above 2^52.
const TWO_52: u64 = 0x4330_0000_0000_0000;

const LN2_HI: f64 = 6.93147180369123816490e-01;
const LN2_LO: f64 = 1.90821492927058770002e-10;
/// Coefficients of log(1 + f) = f - s (f - R), s = f/(2 + f), in powers of s^2.
const COEFFICIENTS: [f64; 7] = [
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
];

/// ln x for a positive normal number, bit for bit `libm::log`; smaller numbers, 0 and NaN count as the smallest.
///
/// # References
/// FreeBSD msun, e_log.c (method and coefficients).
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    let shifted = x.max(f64::MIN_POSITIVE).to_bits().wrapping_add(ONE - HALF_ROOT);
    let exponent = f64::from_bits((shifted >> 52) | TWO_52) - (f64::from_bits(TWO_52) + 1023.0);
    let f = f64::from_bits((shifted & MANTISSA) + HALF_ROOT) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let [c1, c2, c3, c4, c5, c6, c7] = COEFFICIENTS;
    let even = w * (c2 + w * (c4 + w * c6));
    let odd = z * (c1 + w * (c3 + w * (c5 + w * c7)));
    let r = odd + even;
    s * (half_square + r) + exponent * LN2_LO - half_square + f + exponent * LN2_HI
}

/// -1, 0 or 1.
#[inline(always)]
pub(crate) fn sign(x: f64) -> f64 {
    f64::from(i8::from(x > 0.0) - i8::from(x < 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_logarithm_of_libm() {
        let mut x = f64::MIN_POSITIVE;
        while x < f64::MAX / 1.001 {
            for y in [x, x.next_up(), x * 1.000_37] {
                assert_eq!(ln(y).to_bits(), libm::log(y).to_bits(), "{y:e}");
            }
            x *= 1.000_9;
        }
        for n in 1..40_000 {
            let y = f64::from(n) / 20_000.0;
            assert_eq!(ln(y).to_bits(), libm::log(y).to_bits(), "{y:e}");
        }
        assert_eq!(ln(1.0).to_bits(), 0);
        for small in [0.0, 5e-324, f64::NAN] {
            assert_eq!(ln(small).to_bits(), libm::log(f64::MIN_POSITIVE).to_bits());
        }
    }
}
