//! Which shift of one pattern along another gives the largest correlation.

use crate::coarse_shifts::CoarseShifts;
use crate::pool::Source;
use braggscape_pattern::sum;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Bound of the error of correlations by Fourier transform in single precision, for patterns of norm 1. An error of 6e-8 in each of
/// the log2(n) < 20 stages of three transforms makes 4e-6 at the very most; found are 1e-7.
pub(crate) const FFT_ERROR: f32 = 1e-5;

/// Numbers below this, in patterns of norm 1, are 0 to a transform in single precision.
pub(crate) const LEAST: f32 = 1e-15;

/// With no more shifts than these a transform is not worth its while.
const FEW: usize = 16;

/// Finds the largest correlation c(t) = sum_n f_(n+t) g_n with |t| up to a limit, the patterns being zero outside their points.
///
/// Where all shifts are asked for, [`CoarseShifts`] tell which of them smooth patterns can have. Else
/// a Fourier transform of padded patterns in single precision tells which shifts can have the largest; these are then computed in
/// double precision in the fixed order of [`sum`]. So the result does not depend on the instructions that the transform uses.
#[derive(Default)]
pub(crate) struct Shifts {
    transform: Option<Transform>,
    coarse: CoarseShifts,
    /// The observed pattern whose spectrum is kept.
    source: Source,
    spectrum_f: Vec<Complex<f32>>,
    spectrum_g: Vec<Complex<f32>>,
    padded: Vec<f32>,
    scratch: Vec<Complex<f32>>,
    candidates: Vec<isize>,
}

/// Real Fourier transforms of one length.
struct Transform {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl fmt::Debug for Shifts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shifts").field("source", &self.source).finish_non_exhaustive()
    }
}

/// The points n of g whose partner n + shift is a point of f.
pub(crate) fn overlap(shift: isize, n_points: usize) -> Range<usize> {
    let by = shift.unsigned_abs().min(n_points);
    if shift < 0 { by..n_points } else { 0..n_points - by }
}

/// The indices of f that belong to indices of g.
pub(crate) fn shifted(range: &Range<usize>, shift: isize) -> Range<usize> {
    range.start.saturating_add_signed(shift)..range.end.saturating_add_signed(shift)
}

/// From the first to the last point that is not 0.
pub(crate) fn support(y: &[f64]) -> Range<usize> {
    let is_some = |y: &f64| y.abs() > 0.0;
    let first = y.iter().position(is_some).unwrap_or(0);
    first..y.iter().rposition(is_some).map_or(first, |last| last + 1)
}

/// c(t) by a dot product over the points where neither pattern has ended.
pub(crate) fn correlation(
    (f, of_f): (&[f64], &Range<usize>),
    (g, of_g): (&[f64], &Range<usize>),
    shift: isize,
) -> f64 {
    let all = overlap(shift, g.len());
    let partners = shifted(&all, shift);
    let first =
        all.start.max(of_g.start).max((all.start + of_f.start).saturating_sub(partners.start));
    let end = all.end.min(of_g.end).min((all.start + of_f.end).saturating_sub(partners.start));
    if first >= end {
        return 0.0;
    }
    let range = first..end;
    sum::dot(&f[shifted(&range, shift)], &g[range])
}

/// The smallest even product of 2, 3 and 5 that is not below `n`: lengths that are transformed fast.
pub(crate) fn fast_length(n: usize) -> usize {
    let is_fast = |m: &usize| {
        let mut rest = *m;
        for p in [2, 3, 5] {
            while rest.is_multiple_of(p) {
                rest /= p;
            }
        }
        rest == 1
    };
    // A power of 2 lies between n and 2 n.
    (n.max(2)..=2 * n.max(2)).filter(|m| m.is_multiple_of(2)).find(is_fast).unwrap_or(2 * n)
}

impl Shifts {
    /// Whether something is kept that was made from a pattern at this place.
    pub(crate) fn is_likely_of(&self, f: &[f64]) -> bool {
        self.coarse.source.is_likely(f) || self.source.is_likely(f)
    }

    /// The shift of the largest correlation among those of at most `limit` points, and that correlation. Of equal ones the shortest
    /// counts, of two as short the negative one. `norms` are those of the patterns, above 0.
    pub(crate) fn best(
        &mut self,
        f: &[f64],
        g: &[f64],
        norms: (f64, f64),
        limit: usize,
    ) -> (isize, f64) {
        let limit = limit.min(g.len().saturating_sub(1));
        self.candidates.clear();
        if 2 * limit < FEW {
            let limit = limit as isize;
            self.candidates.extend(-limit..=limit);
        } else if limit + 1 < g.len() || !self.coarse.propose(f, g, norms, &mut self.candidates) {
            self.candidates.clear();
            self.propose(f, g, norms, limit);
        }
        self.candidates.sort_unstable_by_key(|shift| (shift.unsigned_abs(), *shift));
        let (of_f, of_g) = (support(f), support(g));
        let mut best = (0, f64::NEG_INFINITY);
        for shift in &self.candidates {
            let c = correlation((f, &of_f), (g, &of_g), *shift);
            if c > best.1 {
                best = (*shift, c);
            }
        }
        best
    }

    /// Fills `candidates` with all shifts whose correlation can be the largest.
    fn propose(&mut self, f: &[f64], g: &[f64], norms: (f64, f64), limit: usize) {
        // Correlations of shifts that differ by the length of the transform fall on one another; those beyond n - 1 are 0.
        let length = fast_length(f.len() + limit);
        if self.transform.as_ref().is_none_or(|t| t.forward.len() != length) {
            let mut planner = RealFftPlanner::new();
            let transform = Transform {
                forward: planner.plan_fft_forward(length),
                inverse: planner.plan_fft_inverse(length),
            };
            self.spectrum_f = transform.forward.make_output_vec();
            self.spectrum_g = transform.forward.make_output_vec();
            self.padded = transform.forward.make_input_vec();
            let scratch =
                transform.forward.get_scratch_len().max(transform.inverse.get_scratch_len());
            self.scratch = vec![Complex::default(); scratch];
            self.source = Source::default();
            self.transform = Some(transform);
        }
        let Self { transform, source, spectrum_f, spectrum_g, padded, scratch, candidates, .. } =
            self;
        let Some(Transform { forward, inverse }) = transform else { return };
        let mut spectrum = |y: &[f64], norm: f64, padded: &mut [f32], out: &mut [Complex<f32>]| {
            let (used, rest) = padded.split_at_mut(y.len());
            // Twice, for norms whose inverse overflows.
            let by = 1.0 / norm.sqrt();
            for (p, y) in used.iter_mut().zip(y) {
                let y = (y * by * by) as f32;
                // Smaller numbers only make a transform slow.
                *p = if y.abs() < LEAST { 0.0 } else { y };
            }
            rest.fill(0.0);
            forward.process_with_scratch(padded, out, scratch)
        };
        if !source.is(f) {
            let made = spectrum(f, norms.0, padded, spectrum_f);
            debug_assert!(made.is_ok(), "buffers fit");
            source.set(f);
        }
        let made = spectrum(g, norms.1, padded, spectrum_g);
        debug_assert!(made.is_ok(), "buffers fit");
        for (g, f) in spectrum_g.iter_mut().zip(spectrum_f.iter()) {
            *g = f * g.conj();
        }
        // Both ends are real; rounding may say otherwise.
        let last = spectrum_g.len() - 1;
        spectrum_g[0].im = 0.0;
        spectrum_g[last].im = 0.0;
        let made = inverse.process_with_scratch(spectrum_g, padded, scratch);
        debug_assert!(made.is_ok(), "buffers fit");
        let (ahead, behind) = (&padded[..=limit], &padded[length - limit..]);
        let largest = maximum(ahead).max(maximum(behind));
        let least = largest - 2.0 * FFT_ERROR * length as f32;
        collect(ahead, least, 0, candidates);
        collect(behind, least, -(limit as isize), candidates);
    }
}

/// The largest of some numbers.
pub(crate) fn maximum(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; 16];
    let (blocks, rest) = values.as_chunks::<16>();
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    for block in blocks {
        for (l, v) in lanes.iter_mut().zip(block) {
            *l = larger(*l, *v);
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |a, b| larger(a, *b))
}

/// Adds `base` + i for all numbers i that are not below `least`.
pub(crate) fn collect(values: &[f32], least: f32, base: isize, out: &mut Vec<isize>) {
    for (block, chunk) in values.chunks(64).enumerate() {
        if maximum(chunk) >= least {
            for (i, v) in chunk.iter().enumerate() {
                if *v >= least {
                    out.push(base + (64 * block + i) as isize);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(seed: f64, n: usize, power: i32) -> Vec<f64> {
        (0..n).map(|i| libm::sin(seed + 1.7 * (i * i) as f64).powi(power)).collect()
    }

    fn direct(f: &[f64], g: &[f64], shift: isize) -> f64 {
        let pairs = g
            .iter()
            .enumerate()
            .filter_map(|(n, g)| n.checked_add_signed(shift).and_then(|m| f.get(m)).map(|f| f * g));
        pairs.sum()
    }

    /// The first of the largest by brute force, in the order of preference.
    fn brute(f: &[f64], g: &[f64], limit: usize) -> (isize, f64) {
        let mut shifts: Vec<isize> = (-(limit as isize)..=limit as isize).collect();
        shifts.sort_by_key(|s| (s.unsigned_abs(), *s));
        let mut best = (0, f64::NEG_INFINITY);
        for s in shifts {
            let c = direct(f, g, s);
            if c > best.1 {
                best = (s, c);
            }
        }
        best
    }

    #[track_caller]
    fn check(f: &[f64], g: &[f64]) {
        let norms = (sum::norm(f), sum::norm(g));
        let mut shifts = Shifts::default();
        for limit in [0, 3, 9, 40, f.len(), 2 * f.len()] {
            let (expected, value) = brute(f, g, limit.min(f.len() - 1));
            let (found, c) = shifts.best(f, g, norms, limit);
            // A sum in another order may prefer another of two equals.
            let close = |x: f64| (x - value).abs() <= 1e-14 * norms.0 * norms.1;
            assert!(close(c) && close(direct(f, g, found)), "{c} {value}");
            assert!(found == expected || close(direct(f, g, expected)), "{found} {expected}");
        }
    }

    #[test]
    fn the_largest_is_that_of_brute_force() {
        for n in [1, 2, 9, 30, 200, 501] {
            for power in [1, 2, 40] {
                check(&numbers(0.3, n, power), &numbers(0.7, n, power));
            }
        }
        let zeros_around: Vec<f64> = (0..100).map(|i| f64::from(i32::from(i == 17))).collect();
        check(&zeros_around, &numbers(0.2, 100, 2));
        check(&numbers(0.2, 100, 1), &zeros_around);
        let negative: Vec<f64> = numbers(0.2, 50, 2).iter().map(|y| -y).collect();
        check(&negative, &numbers(0.4, 50, 2));
    }

    #[test]
    fn of_equals_the_shortest_and_then_the_negative_wins() {
        let (mut f, mut g) = (vec![0.0; 40], vec![0.0; 40]);
        (f[10], f[20]) = (1.0, 1.0);
        g[15] = 1.0;
        let mut shifts = Shifts::default();
        assert_eq!(shifts.best(&f, &g, (2f64.sqrt(), 1.0), 39), (-5, 1.0));
        g[15] = 0.0;
        g[16] = 1.0;
        assert_eq!(shifts.best(&f, &g, (2f64.sqrt(), 1.0), 39), (4, 1.0));
        // Anywhere on a plateau: no shift.
        let flat = vec![1.0; 40];
        assert_eq!(shifts.best(&flat, &g, (40f64.sqrt(), 1.0), 39), (0, 1.0));
    }

    #[test]
    fn transforms_are_far_better_than_the_bound() {
        for power in [1, 2, 60] {
            let (f, g) = (numbers(0.3, 8500, power), numbers(0.7, 8500, power));
            let norms = (sum::norm(&f), sum::norm(&g));
            let mut shifts = Shifts::default();
            shifts.propose(&f, &g, norms, 8499);
            let length = shifts.padded.len() as f64;
            for shift in (-8400..8500_isize).step_by(97) {
                let at = shift.rem_euclid(length as isize) as usize;
                let found = f64::from(shifts.padded[at]) / length;
                let error = found - direct(&f, &g, shift) / (norms.0 * norms.1);
                assert!(error.abs() < 0.1 * f64::from(FFT_ERROR), "{error}");
            }
        }
    }

    #[test]
    fn lengths_have_small_factors() {
        let lengths = [(1, 2), (3, 4), (16_999, 17_280), (11, 12), (121, 128)];
        for (n, expected) in lengths {
            assert_eq!(fast_length(n), expected);
        }
    }
}
