//! Natural logarithms of whole patterns, the same on every machine.

/// ln 2 in two parts, the first with trailing zeros.
const LN_2: [f64; 2] = [6.93147180369123816490e-01, 1.90821492927058770002e-10];

/// (ln(1 + s) - ln(1 - s))/s - 2 as a polynomial in s^2, s = f/(2 + f).
const SERIES: [f64; 7] = [
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
];

/// sqrt(1/2), its upper half, where mantissas are cut.
const CUT: u64 = 0x3fe6_a09e_0000_0000;

/// 1.
const ONE: u64 = 0x3ff0_0000_0000_0000;

/// ln x of a normal number x > 0, to the bit that of `libm::log`; of smaller numbers some large negative number.
///
/// x = 2^k (1 + f) with 1 + f from sqrt(1/2) to sqrt(2), and ln(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f/(2 + f). The steps and the
/// coefficients are those of `e_log.c` of fdlibm (Sun Microsystems 1993), in its order, without its branches for special values:
/// eight logarithms fit side by side into a vector register.
///
/// # Examples
/// ```
/// assert_eq!(braggscape_pattern::log::ln(1.0), 0.0);
/// assert!((braggscape_pattern::log::ln(20.0) - 2.995_732_273_553_991).abs() < 1e-15);
/// ```
#[expect(clippy::inline_always, reason = "it is compiled into loops of every vector width")]
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    let (k, f) = split(x);
    assemble(k, f, f / (2.0 + f))
}

/// ln x and ln y, each as [`ln`] to an ulp or two, and exactly 0 for 1: both by one division, which takes as long as all else.
///
/// # Examples
/// ```
/// let [a, b] = braggscape_pattern::log::ln_pair(20.0, 1.0);
/// assert!((a - 2.995_732_273_553_991).abs() < 2e-15);
/// assert_eq!(b, 0.0);
/// ```
#[expect(clippy::inline_always, reason = "it is compiled into loops of every vector width")]
#[inline(always)]
pub fn ln_pair(x: f64, y: f64) -> [f64; 2] {
    let ((k, f), (l, g)) = (split(x), split(y));
    let (a, b) = (2.0 + f, 2.0 + g);
    let inverse = 1.0 / (a * b);
    [assemble(k, f, f * (b * inverse)), assemble(l, g, g * (a * inverse))]
}

/// k and f of x = 2^k (1 + f).
#[expect(clippy::inline_always, reason = "it is compiled into loops of every vector width")]
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    let x = if x > f64::MIN_POSITIVE { x } else { f64::MIN_POSITIVE };
    let shifted = x.to_bits() + (ONE - CUT);
    let exponent = shifted >> 52;
    let f = f64::from_bits((shifted & ((1 << 52) - 1)) + CUT) - 1.0;
    // 2^52 + exponent, whose last digits are the exponent, less 2^52 and the bias.
    (f64::from_bits(0x4330_0000_0000_0000 | exponent) - 4_503_599_627_371_519.0, f)
}

/// ln(2^k (1 + f)) from s = f/(2 + f).
#[expect(clippy::inline_always, reason = "it is compiled into loops of every vector width")]
#[inline(always)]
fn assemble(k: f64, f: f64, s: f64) -> f64 {
    let [a, b, c, d, e, g, h] = SERIES;
    let half = 0.5 * f * f;
    let z = s * s;
    let w = z * z;
    let even = w * (b + w * (d + w * g));
    let odd = z * (a + w * (c + w * (e + w * h)));
    s * (half + (odd + even)) + k * LN_2[1] - half + f + k * LN_2[0]
}

/// ln(1 + x) for x >= 0, to an ulp or two.
#[expect(clippy::inline_always, reason = "it is compiled into loops of every vector width")]
#[inline(always)]
pub fn ln_1p(x: f64) -> f64 {
    let u = 1.0 + x;
    // What rounding took from 1 + x, to first order.
    ln(u) + (x - (u - 1.0)) / u
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

    #[test]
    fn logarithms_are_those_of_libm_to_the_bit() {
        let mut n = 0;
        for i in 0..2_000_000u64 {
            // Bit patterns of all normal numbers above 0, evenly.
            let bits = (1 << 52) + i * (((2046 << 52) - 1) / 2_000_000);
            let x = f64::from_bits(bits);
            assert_eq!(ln(x).to_bits(), libm::log(x).to_bits(), "{x:e}");
            n += usize::from((0.5..2.0).contains(&x));
        }
        assert!(n > 1000);
        let at_the_cut = [CUT - 1, CUT, CUT + 1].map(f64::from_bits);
        for x in [1.0, 0.5, 2.0, f64::MIN_POSITIVE, f64::MAX].into_iter().chain(at_the_cut) {
            assert_eq!(ln(x).to_bits(), libm::log(x).to_bits(), "{x:e}");
        }
        for i in 0..100_000 {
            let x = 0.7 + f64::from(i) * 1e-5;
            assert_eq!(ln(x).to_bits(), libm::log(x).to_bits(), "{x:e}");
        }
        assert!(ln(0.0) < -700.0 && ln(1e-310) < -700.0 && ln(f64::NAN) < -700.0);
    }

    #[test]
    fn pairs_are_single_logarithms_to_two_ulps() {
        for i in 0..200_000u64 {
            let at = |i: u64| f64::from_bits((1 << 52) + i * (((2046 << 52) - 1) / 200_000));
            let near_one = 0.7 + i as f64 * 4e-6;
            for (x, y) in [(at(i), at(i * 77 % 200_000)), (near_one, at(i)), (at(i), near_one)] {
                for (found, x) in ln_pair(x, y).into_iter().zip([x, y]) {
                    let expected = libm::log(x);
                    let error = (found - expected).abs();
                    assert!(error <= 2.0 * f64::EPSILON * expected.abs(), "{x:e}: {error:e}");
                }
            }
        }
        assert!(ln_pair(1.0, 3.0)[0].abs() < f64::MIN_POSITIVE);
        assert!(ln_pair(0.0, 1.0)[0] < -700.0 && ln_pair(1.0, 0.0)[1] < -700.0);
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

    #[test]
    fn logarithms_near_one_keep_their_digits() {
        for i in 0..4000 {
            let x = libm::exp10(f64::from(i) * 0.01 - 38.0);
            let (found, expected) = (ln_1p(x), libm::log1p(x));
            assert!((found - expected).abs() <= 4.0 * f64::EPSILON * expected, "{x:e}: {found:e}");
        }
        assert!(ln_1p(0.0).abs() < f64::MIN_POSITIVE);
    }
}
