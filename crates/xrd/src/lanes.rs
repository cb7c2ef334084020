//! Eight numbers side by side, and the exponential on them.
//!
//! Loops over [`Lanes`] are plain Rust that a compiler turns into vector instructions of whatever width the machine has.
//! No operation is reordered or contracted by that, so the numbers are the same on every machine.

/// Eight numbers side by side.
pub(crate) type Lanes = [f64; 8];

const LOG2_E: f64 = std::f64::consts::LOG2_E;
/// ln 2 split so that k * `LN2_HI` is exact for |k| < 2^11.
const LN2_HI: f64 = 6.931_471_803_691_238_16e-1;
const LN2_LO: f64 = 1.908_214_929_270_587_70e-10;
/// 1.5 * 2^52: adding it rounds to the nearest integer, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// exp of anything below is taken as 0.
const LOWEST: f64 = -708.0;

/// 1/n! for n = 13 down to 0.
const TAYLOR: [f64; 14] = [
    1.0 / 6_227_020_800.0,
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

/// exp of a number at or below 700; within 2 units in the last place, 0 below -708.
///
/// exp(x) = 2^k exp(r), k = round(x / ln 2), |r| <= ln(2)/2, and a Taylor polynomial of degree 13 (truncation 4e-18) for
/// exp(r). There is no branch: a long loop over it becomes vector instructions.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    let clamped = x.max(LOWEST);
    let shifted = clamped * LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (clamped - k * LN2_HI) - k * LN2_LO;
    let mut p = TAYLOR[0];
    for c in &TAYLOR[1..] {
        p = p * r + c;
    }
    let scale = f64::from_bits((shifted.to_bits().wrapping_add(1023)) << 52);
    if x < LOWEST { 0.0 } else { p * scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_agrees_with_the_library() {
        for j in 0..20_000 {
            let start = -700.0 + 0.07 * f64::from(j);
            let mut x: Lanes = std::array::from_fn(|i| (start + 0.0091 * i as f64).min(699.0));
            let expected = x.map(libm::exp);
            x = x.map(exp);
            for i in 0..8 {
                assert!((x[i] / expected[i] - 1.0).abs() < 5e-16, "{} {}", x[i], expected[i]);
            }
        }
        let mut low = [-709.0, -1e300, f64::NEG_INFINITY, 0.0, 1.0, -1.0, 2.0, -2.0];
        low = low.map(exp);
        assert_eq!(low[..3], [0.0; 3]);
    }
}
