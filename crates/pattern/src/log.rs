//! The natural logarithm of whole patterns, the same on every machine.

/// ln 2 in two parts: the first has trailing zeros, so that its products with exponents are exact.
const LN_2: [f64; 2] = [6.931_471_803_691_238_2e-1, 1.908_214_929_270_587_7e-10];
/// 2/23, 2/21, ..., 2/3.
const SERIES: [f64; 11] = [
    2.0 / 23.0,
    2.0 / 21.0,
    2.0 / 19.0,
    2.0 / 17.0,
    2.0 / 15.0,
    2.0 / 13.0,
    2.0 / 11.0,
    2.0 / 9.0,
    2.0 / 7.0,
    2.0 / 5.0,
    2.0 / 3.0,
];
/// 2^52: the bits of a whole number below it, laid under its exponent, are that number.
const WHOLE: u64 = 0x4330_0000_0000_0000;
/// Bits of a mantissa.
const MANTISSA: u64 = 0x000F_FFFF_FFFF_FFFF;
/// sqrt(1/2) as bits.
const ROOT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;

/// ln x for x > 0, to 1.5 units in the last place; numbers below 2.2e-308, 0 among them, count as that.
///
/// x = 2^e m with m in [sqrt(1/2), sqrt 2); with s = (m - 1)/(m + 1), ln m = 2 (s + s^3/3 + s^5/5 + ...), |s| < 0.172.
///
/// # Examples
/// ```
/// assert!((braggscape_pattern::log::ln(20.0) - 20f64.ln()).abs() < 1e-15);
/// assert_eq!(braggscape_pattern::log::ln(1.0), 0.0);
/// ```
#[expect(clippy::inline_always, reason = "it is compiled into loops of every vector width")]
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    let x = if x > f64::MIN_POSITIVE { x } else { f64::MIN_POSITIVE };
    // The exponent is what lies above the bits of sqrt(1/2).
    let above = x.to_bits().wrapping_sub(ROOT_HALF);
    let biased = (above.wrapping_add(1023 << 52)) >> 52;
    let exponent = f64::from_bits(WHOLE | biased) - 4_503_599_627_370_496.0 - 1023.0;
    let m = f64::from_bits((above & MANTISSA).wrapping_add(ROOT_HALF));
    let t = m - 1.0;
    let s = t / (2.0 + t);
    let z = s * s;
    // 2/3 z + 2/5 z^2 + ..., to 1e-17 of ln m.
    let mut tail = 0.0;
    for coefficient in SERIES {
        tail = (tail + coefficient) * z;
    }
    // ln m = t - s (t - tail), exact where m is near 1.
    let ln_m = t - s * (t - tail);
    exponent * LN_2[0] + (ln_m + exponent * LN_2[1])
}

/// Overwrites `out` with the logarithms of `x` ([`ln`]).
///
/// # Panics
/// If the slices differ in length.
pub fn ln_into(x: &[f64], out: &mut [f64]) {
    assert_eq!(x.len(), out.len(), "one logarithm a number");
    pulp::Arch::new().dispatch(Logarithms { x, out });
}

/// The loop, compiled once for each vector width and chosen at run time. The numbers do not depend on the choice.
struct Logarithms<'a> {
    x: &'a [f64],
    out: &'a mut [f64],
}

impl pulp::WithSimd for Logarithms<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "it is compiled once for each vector width")]
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for (o, x) in self.out.iter_mut().zip(self.x) {
            *o = ln(*x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(x: f64) {
        let (found, expected) = (ln(x), libm::log(x));
        let ulp = f64::EPSILON * expected.abs();
        assert!((found - expected).abs() <= 1.5 * ulp, "{x:e}: {found:e} {expected:e}");
    }

    #[test]
    fn logarithms_agree_with_libm() {
        for e in -1000..1000 {
            for m in [1.0, 1.1, 1.3, std::f64::consts::SQRT_2, 1.5, 1.7, 1.999_999] {
                check(m * libm::exp2(f64::from(e)));
            }
        }
        for i in 1..10_000 {
            check(f64::from(i) * 1e-4);
            check(1.0 + f64::from(i) * 1e-12);
            check(1.0 - f64::from(i) * 1e-10);
            check(f64::from(i) * 0.37);
        }
        let root = f64::from_bits(ROOT_HALF);
        for x in [root, root.next_up(), root.next_down(), 1.0_f64.next_up(), 1.0_f64.next_down()] {
            check(x);
        }
        assert_eq!(ln(1.0).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn nothing_is_the_smallest_number() {
        for x in [0.0, -1.0, 5e-324, f64::NAN] {
            assert_eq!(ln(x).to_bits(), ln(f64::MIN_POSITIVE).to_bits());
        }
        check(f64::MIN_POSITIVE);
        check(f64::MAX);
    }

    #[test]
    fn vector_registers_do_not_change_a_bit() {
        let x: Vec<f64> = (0..1003).map(|i| libm::exp(0.1 * f64::from(i) - 80.0)).collect();
        let mut out = vec![f64::NAN; x.len()];
        ln_into(&x, &mut out);
        for (o, x) in out.iter().zip(&x) {
            assert_eq!(o.to_bits(), ln(*x).to_bits());
        }
    }
}
