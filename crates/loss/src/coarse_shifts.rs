//! Which shifts of smooth patterns can have the largest correlation, from every fourth point.
//!
//! Patterns have norm 1 here, and are zero outside their points. Let c(t) = sum_n f_(n+t) g_n, and f' a sum of hats (triangles
//! that are 0 four points from their middle) through every fourth point of f. At shifts t = 4 m the correlation of f' with g is one
//! of a quarter of the length: that of the heights of the hats with g as it is weighted by hats. Two bounds tell what that leaves
//! open; D is the difference of neighbours, |.| the Euclidean norm:
//!
//! - f - f' = D h for some h that is 0 outside, so that summation by parts gives |c(t) - c'(t)| <= |h| |D g|;
//! - likewise the second difference of c is at most k = |D f| |D g|. So c falls by 3 k at most from its maximum to the nearest
//!   multiple of 4, and rises above a chord of four steps by at most k (t - a) (b - t)/2.
//!
//! Both hold for any patterns. They are of use where patterns are much wider than a step; elsewhere nothing is proposed.

#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

use crate::pool::Source;
use crate::shifts::{FFT_ERROR, LEAST, collect, correlation, fast_length, maximum, support};
use braggscape_pattern::sum;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Points from one hat to the next.
const EVERY: usize = 4;

/// Correlations that are left open by more than this leave too many shifts.
const WIDEST: f64 = 0.02;

/// More shifts than these are too many to try.
const MOST: usize = 40;

/// Correlations in double precision are exact to this by far.
const ROUNDING: f64 = 1e-12;

/// What is known of the observed pattern, and room for transforms.
#[derive(Default)]
pub(crate) struct CoarseShifts {
    transform: Option<Transform>,
    /// The observed pattern whose spectrum is kept.
    pub(crate) source: Source,
    /// |h|, |D f|, and the norm of the heights.
    of_f: [f64; 3],
    spectrum_f: Vec<Complex<f32>>,
    spectrum_g: Vec<Complex<f32>>,
    padded: Vec<f32>,
    scratch: Vec<Complex<f32>>,
    /// Multiples of four with their correlations, exact ones of shifts that can be near the best.
    near: Vec<(isize, f64)>,
}

/// Real Fourier transforms of one length.
struct Transform {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl Transform {
    fn new(length: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        Self {
            forward: planner.plan_fft_forward(length),
            inverse: planner.plan_fft_inverse(length),
        }
    }
}

/// Heights of the hats of a pattern times `by` twice, and |h| of what they leave. The first and the last height are such that h
/// has the mean 0 and ends at 0: with those of the pattern, h would keep along all of it what they are wrong by where a peak is
/// cut off.
fn hats(f: &[f64], by: f64) -> (Vec<f64>, f64) {
    let at = |n: isize| usize::try_from(n).ok().and_then(|n| f.get(n)).map_or(0.0, |f| f * by * by);
    let n_hats = f.len().saturating_sub(1).div_ceil(EVERY) + 1;
    let mut heights: Vec<f64> = (0..n_hats).map(|k| at((EVERY * k) as isize)).collect();
    let every = EVERY as isize;
    // The sum of h, its last value and the sum of its squares.
    let left = |heights: &[f64]| {
        let height =
            |k: isize| usize::try_from(k).ok().and_then(|k| heights.get(k)).unwrap_or(&0.0);
        let (mut h, mut sum, mut square) = (0.0, 0.0, 0.0);
        for n in 1 - every..every * n_hats as isize {
            let (cell, part) = (n.div_euclid(every), n.rem_euclid(every) as f64 / EVERY as f64);
            h += at(n) - (height(cell) * (1.0 - part) + height(cell + 1) * part);
            sum += h;
            square += h * h;
        }
        (sum, h, square)
    };
    let (sum, _, _) = left(&heights);
    heights[0] += sum / (EVERY * EVERY * n_hats) as f64;
    let (_, end, _) = left(&heights);
    heights[n_hats - 1] += end / EVERY as f64;
    let (_, _, square) = left(&heights);
    (heights, square.sqrt())
}

/// |D y| of a pattern that is zero outside its points.
fn roughness(y: &[f64]) -> f64 {
    let (Some(first), Some(last)) = (y.first(), y.last()) else { return 0.0 };
    let inner = sum::zip_with(&y[1..], &y[..y.len() - 1], |b, a| (b - a) * (b - a));
    (first * first + inner + last * last).sqrt()
}

/// Overwrites `out` with the sums of a pattern times `by` twice under the hats; zeros fill it up.
fn under_hats(g: &[f64], by: f64, out: &mut [f32]) {
    pulp::Arch::new().dispatch(UnderHats { g, by, out });
}

/// The loop, compiled once for each vector width and chosen at run time. The numbers do not depend on the choice.
struct UnderHats<'a> {
    g: &'a [f64],
    by: f64,
    out: &'a mut [f32],
}

impl pulp::WithSimd for UnderHats<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { g, by, out } = self;
        let (cells, rest) = g.as_chunks::<EVERY>();
        let nothing = [0.0; EVERY];
        let mut last = nothing;
        last[..rest.len()].copy_from_slice(rest);
        // The cell before the middle of a hat, and the one that begins there.
        let under = |[_, x, y, z]: [f64; EVERY], [a, b, c, d]: [f64; EVERY]| {
            let sum = (0.25 * x + 0.5 * y + 0.75 * z) + (a + 0.75 * b + 0.5 * c + 0.25 * d);
            small_is_nothing(sum * by * by)
        };
        out.fill(0.0);
        let inner = cells.iter().zip(cells.iter().skip(1));
        for (out, (before, after)) in out.iter_mut().skip(1).zip(inner) {
            *out = under(*before, *after);
        }
        out[0] = under(nothing, *cells.first().unwrap_or(&last));
        out[cells.len()] = under(*cells.last().unwrap_or(&nothing), last);
        out[cells.len() + 1] = under(last, nothing);
    }
}

/// In single precision; numbers that only make a transform slow are 0.
#[inline(always)]
fn small_is_nothing(y: f64) -> f32 {
    let y = y as f32;
    if y.abs() < LEAST { 0.0 } else { y }
}

impl CoarseShifts {
    /// Fills `candidates` with all shifts whose correlation can be the largest, unless these are too many: then false.
    pub(crate) fn propose(
        &mut self,
        f: &[f64],
        g: &[f64],
        norms: (f64, f64),
        candidates: &mut Vec<isize>,
    ) -> bool {
        // Squares of numbers much smaller or larger than these may vanish or overflow.
        let range = 1e-100..1e100;
        if !(range.contains(&norms.0) && range.contains(&norms.1)) {
            return false;
        }
        let of_g = roughness(g) / norms.1;
        if !self.source.is(f) {
            self.observe(f, norms.0);
        }
        let [of_h, of_f, heights] = self.of_f;
        let bend = of_f * of_g;
        // Sums under hats have a norm of 2 at most: 4 is the sum of a hat, 1 that of all hats at a point.
        let error = of_h * of_g * (1.0 + 1e-6) + 2.0 * heights * f64::from(FFT_ERROR);
        let open = 2.0 * error + 3.0 * bend;
        if open.is_nan() || open > WIDEST {
            return false;
        }
        let Some(largest) = self.correlate(g, norms.1) else { return false };
        let length = self.padded.len();
        let reach = (f.len() / EVERY + 1) as isize;
        let scale = 1.0 / length as f64;
        let at = |m: isize| f64::from(self.padded[m.rem_euclid(length as isize) as usize]) * scale;
        let (largest, least) = (largest * scale, largest * scale - open);
        // All correlations may be negative but those of shifts beyond the ends.
        if largest - error <= 0.0 {
            return false;
        }
        let (support_f, support_g) = (support(f), support(g));
        let by = [1.0 / norms.0, 1.0 / norms.1];
        let exact = |t: isize| correlation((f, &support_f), (g, &support_g), t) * by[0] * by[1];
        self.near.clear();
        let bar = ((least - 1e-6) * length as f64) as f32;
        candidates.clear();
        collect(&self.padded[..=reach as usize], bar, 0, candidates);
        collect(&self.padded[length - reach as usize..], bar, -reach, candidates);
        if candidates.len() > MOST {
            return false;
        }
        self.near.extend(candidates.drain(..).map(|m| (m, 0.0)));
        self.near.sort_unstable_by_key(|(m, _)| *m);
        let mut best = f64::NEG_INFINITY;
        for (m, c) in &mut self.near {
            *c = exact(*m * EVERY as isize);
            best = best.max(*c);
        }
        let least = best - ROUNDING;
        let above = |m: isize| match self.near.binary_search_by_key(&m, |(m, _)| *m) {
            Ok(i) => self.near[i].1,
            Err(_) => at(m) + error,
        };
        for (i, (m, c)) in self.near.iter().enumerate() {
            let four = EVERY as isize;
            if *c >= least {
                candidates.push(m * four);
            }
            // The steps before it, unless the last one did them, and those after it.
            let done = i > 0 && self.near[i - 1].0 == m - 1;
            for cell in if done { *m..=*m } else { m - 1..=*m } {
                let (a, b) = (above(cell), above(cell + 1));
                for step in 1..four {
                    let (x, y) = (step as f64, (four - step) as f64);
                    if (a * y + b * x) / EVERY as f64 + 0.5 * bend * x * y >= least {
                        candidates.push(cell * four + step);
                    }
                }
            }
        }
        candidates.retain(|t| t.unsigned_abs() < f.len());
        true
    }

    /// Makes everything that depends on the observed pattern alone.
    fn observe(&mut self, f: &[f64], norm: f64) {
        let (heights, of_h) = hats(f, 1.0 / norm.sqrt());
        self.of_f = [of_h, roughness(f) / norm, sum::norm(&heights)];
        let length = fast_length(2 * heights.len() + 3);
        if self.transform.as_ref().is_none_or(|t| t.forward.len() != length) {
            let transform = Transform::new(length);
            self.spectrum_f = transform.forward.make_output_vec();
            self.spectrum_g = transform.forward.make_output_vec();
            self.padded = transform.forward.make_input_vec();
            let scratch =
                transform.forward.get_scratch_len().max(transform.inverse.get_scratch_len());
            self.scratch = vec![Complex::default(); scratch];
            self.transform = Some(transform);
        }
        let Self { transform: Some(Transform { forward, .. }), padded, .. } = self else { return };
        padded.fill(0.0);
        for (p, height) in padded.iter_mut().zip(heights) {
            *p = small_is_nothing(height);
        }
        let made = forward.process_with_scratch(padded, &mut self.spectrum_f, &mut self.scratch);
        debug_assert!(made.is_ok(), "buffers fit");
        self.source.set(f);
    }

    /// Overwrites `padded` with the coarse correlations times its length, those of negative shifts at its end; the largest.
    fn correlate(&mut self, g: &[f64], norm: f64) -> Option<f64> {
        let Self { transform, spectrum_f, spectrum_g, padded, scratch, .. } = self;
        let Transform { forward, inverse } = transform.as_ref()?;
        under_hats(g, 1.0 / norm.sqrt(), padded);
        forward.process_with_scratch(padded, spectrum_g, scratch).ok()?;
        for (g, f) in spectrum_g.iter_mut().zip(spectrum_f.iter()) {
            *g = f * g.conj();
        }
        // Both ends are real; rounding may say otherwise.
        let last = spectrum_g.len() - 1;
        spectrum_g[0].im = 0.0;
        spectrum_g[last].im = 0.0;
        inverse.process_with_scratch(spectrum_g, padded, scratch).ok()?;
        Some(f64::from(maximum(padded)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    /// Peaks of a width in points, none near an end.
    fn peaks(seed: f64, n: usize, sigma: f64, n_peaks: Range<u32>) -> Vec<f64> {
        let place =
            |i: u32| (0.15 + 0.7 * (seed + 0.618_033_988 * f64::from(i)).fract()) * n as f64;
        let height = |i: u32| 0.2 + (seed + 0.414_213_562 * f64::from(i)).fract();
        let gauss = |x: f64| libm::exp(-0.5 * x * x);
        (0..n)
            .map(|x| {
                n_peaks.clone().map(|i| height(i) * gauss((x as f64 - place(i)) / sigma)).sum()
            })
            .collect()
    }

    #[test]
    fn sums_under_hats_are_those_of_triangles() {
        use pulp::WithSimd as _;
        for n in [1, 3, 4, 5, 8, 31, 64, 203] {
            let g: Vec<f64> = (0..n).map(|i| libm::sin(1.0 + f64::from(i * i))).collect();
            let mut out = vec![f32::NAN; n as usize / EVERY + 5];
            let mut plain = out.clone();
            under_hats(&g, 0.5, &mut out);
            UnderHats { g: &g, by: 0.5, out: &mut plain }.with_simd(pulp::Scalar);
            for (j, (o, p)) in out.iter().zip(&plain).enumerate() {
                assert_eq!(o.to_bits(), p.to_bits());
                let hat = |i: usize| (1.0 - 0.25 * (i as f64 - 4.0 * j as f64).abs()).max(0.0);
                let sum: f64 = g.iter().enumerate().map(|(i, g)| 0.25 * hat(i) * g).sum();
                assert!((f64::from(*o) - sum).abs() < 1e-6, "{n} {j}");
            }
        }
    }

    fn direct(f: &[f64], g: &[f64], shift: isize) -> f64 {
        let partner = |n: usize| n.checked_add_signed(shift).and_then(|m| f.get(m));
        g.iter().enumerate().filter_map(|(n, g)| partner(n).map(|f| f * g)).sum()
    }

    /// Whether shifts are proposed; if so, checks that all of the largest correlation are among them.
    #[track_caller]
    fn check(f: &[f64], g: &[f64]) -> bool {
        let norms = (sum::norm(f), sum::norm(g));
        let (mut coarse, mut candidates) = (CoarseShifts::default(), Vec::new());
        // Twice, with a spectrum of another pattern in between.
        for (f, g) in [(g, f), (f, g)] {
            candidates.clear();
            if !coarse.propose(f, g, (sum::norm(f), sum::norm(g)), &mut candidates) {
                return false;
            }
        }
        let limit = f.len() as isize - 1;
        let all: Vec<(isize, f64)> = (-limit..=limit).map(|t| (t, direct(f, g, t))).collect();
        let largest = all.iter().map(|(_, c)| *c).fold(f64::NEG_INFINITY, f64::max);
        for (t, c) in all {
            if c >= largest - 1e-14 * norms.0 * norms.1 {
                assert!(candidates.contains(&t), "{t} {candidates:?}");
            }
        }
        assert!(candidates.len() < 30, "{candidates:?}");
        true
    }

    #[test]
    fn the_largest_of_brute_force_is_among_those_proposed() {
        for n in [599, 600, 601, 602, 1203] {
            for (i, n_peaks) in [1, 3, 12].into_iter().enumerate() {
                for j in 0..4 {
                    let seed = 0.1 + 0.23 * f64::from(j) + 0.07 * i as f64;
                    let f = peaks(seed, n, 30.0, 0..n_peaks);
                    let g = peaks(seed + 0.031, n, 30.0, 0..n_peaks + 1);
                    assert!(check(&f, &g), "{n} {n_peaks} {seed}");
                }
            }
        }
    }

    #[test]
    fn patterns_may_end_in_a_peak() {
        let peaks = |shift: f64| -> Vec<f64> {
            let gauss = |x: f64| libm::exp(-0.5 * (x / 52.0).powi(2));
            let at = |x: f64| gauss(x - 900.0 - shift) + gauss(x - 420.0) + gauss(x + 90.0);
            (0..900).map(|x| at(f64::from(x))).collect()
        };
        assert!(check(&peaks(150.0), &peaks(146.5)));
        // Half a peak is a jump of its height, which leaves too much open.
        check(&peaks(3.0), &peaks(0.0));
    }

    #[test]
    fn whole_shifts_and_equal_maxima_are_found() {
        let f = peaks(0.3, 900, 25.0, 0..2);
        for by in 0..9 {
            let mut g = f.clone();
            g.rotate_right(by);
            assert!(check(&f, &g));
        }
        // One peak against two: two shifts of the same correlation.
        let at = |x: f64, c: f64| libm::exp(-0.5 * ((x - c) / 20.0).powi(2));
        let one: Vec<f64> = (0..800).map(|x| at(f64::from(x), 400.0)).collect();
        let two: Vec<f64> =
            (0..800).map(|x| at(f64::from(x), 250.0) + at(f64::from(x), 550.0)).collect();
        assert!(check(&one, &two) && check(&two, &one));
    }

    #[test]
    fn rough_and_negative_patterns_are_left_to_others() {
        let noise = |c: f64| (0..600).map(|i| libm::sin(c * f64::from(i * i))).collect();
        let (rough, other): (Vec<f64>, Vec<f64>) = (noise(1.7), noise(1.3));
        assert!(!check(&rough, &other));
        let smooth = peaks(0.2, 600, 30.0, 0..5);
        let negative: Vec<f64> = smooth.iter().map(|y| -y).collect();
        assert!(!check(&smooth, &negative));
    }

    #[test]
    fn coarse_correlations_keep_within_their_bound() {
        for seed in 0..5 {
            let f = peaks(0.11 * f64::from(seed), 601, 20.0, 0..6);
            let g = peaks(0.17 * f64::from(seed) + 0.4, 601, 20.0, 0..6);
            let norms = (sum::norm(&f), sum::norm(&g));
            let mut coarse = CoarseShifts::default();
            coarse.observe(&f, norms.0);
            coarse.correlate(&g, norms.1).unwrap();
            let length = coarse.padded.len() as isize;
            let bound = coarse.of_f[0] * roughness(&g) / norms.1 + f64::from(FFT_ERROR);
            assert!(bound < 0.01, "{bound}");
            for m in -150..=150_isize {
                let found = coarse.padded[m.rem_euclid(length) as usize] / length as f32;
                let expected = direct(&f, &g, 4 * m) / (norms.0 * norms.1);
                assert!((f64::from(found) - expected).abs() <= bound, "{m} {found} {expected}");
            }
        }
    }
}
