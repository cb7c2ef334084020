//! One loop for all measures: sums of a term over the points, and the derivative of what becomes of the sums.

use super::normalise::Divisor;
use super::options::{MeasureOptions, Zeros};
use crate::LossError;
use braggscape_pattern::sum::{LANES, reduce};

/// The contributions of one point with normalised intensities p (observed) and q (calculated) to K sums.
pub(super) struct Point<const K: usize> {
    /// The contributions.
    pub value: [f64; K],
    /// Their derivatives with respect to q.
    pub slope: [f64; K],
}

/// What the loss is made of.
pub(super) struct Whole<const K: usize> {
    /// The sums.
    pub sums: [f64; K],
    /// Largest |p - q|, for terms that ask for it.
    pub largest: f64,
    /// Number of points.
    pub n: f64,
    /// Option `epsilon`.
    pub epsilon: f64,
}

/// The loss and its derivatives with respect to what it is made of.
pub(super) struct Finished<const K: usize> {
    /// The loss.
    pub value: f64,
    /// Derivatives with respect to the sums.
    pub by: [f64; K],
    /// Derivative with respect to the largest |p - q|.
    pub by_largest: f64,
}

impl<const K: usize> Finished<K> {
    /// A loss of sums alone.
    pub(super) fn new(value: f64, by: [f64; K]) -> Self {
        Self { value, by, by_largest: 0.0 }
    }
}

/// In which empty bins a term has no finite value or no limit, so that the rule for empty bins decides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    /// In none.
    Nowhere,
    /// Where p = 0.
    Observed,
    /// Where q = 0.
    Calculated,
    /// Where one of the two is 0.
    Either,
    /// Where both are 0.
    Both,
}

/// A measure: what a point contributes to K sums, and what becomes of the sums.
///
/// Adding a measure takes one of these and one row of `table.rs`.
pub(super) trait Term<const K: usize>: Copy {
    /// Where the rule for empty bins decides.
    const OPEN: Open = Open::Nowhere;
    /// Whether negative intensities are numbers like others; where not, they count as 0.
    const SIGNED: bool = false;
    /// Whether the largest |p - q| is needed.
    const LARGEST: bool = false;

    /// The contributions of a point. Slopes that are infinite where q = 0 are those at q = `epsilon`.
    fn point(&self, p: f64, q: f64, epsilon: f64) -> Point<K>;

    /// The loss.
    fn finish(&self, whole: &Whole<K>) -> Finished<K>;
}

/// Bins below epsilon count as epsilon; there the slope is 0.
#[derive(Clone, Copy)]
struct Floored<T>(T);

impl<const K: usize, T: Term<K>> Term<K> for Floored<T> {
    const SIGNED: bool = T::SIGNED;
    const LARGEST: bool = T::LARGEST;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, epsilon: f64) -> Point<K> {
        let mut point = self.0.point(larger(p, epsilon), larger(q, epsilon), epsilon);
        for slope in &mut point.slope {
            *slope = if q < epsilon { 0.0 } else { *slope };
        }
        point
    }

    #[inline(always)]
    fn finish(&self, whole: &Whole<K>) -> Finished<K> {
        self.0.finish(whole)
    }
}

/// Bins in which the term has no limit, nearer than epsilon, are left out.
#[derive(Clone, Copy)]
struct Skipped<T>(T);

impl<const K: usize, T: Term<K>> Term<K> for Skipped<T> {
    const SIGNED: bool = T::SIGNED;
    const LARGEST: bool = T::LARGEST;

    #[inline(always)]
    fn point(&self, p: f64, q: f64, epsilon: f64) -> Point<K> {
        let (no_p, no_q) = (p < epsilon, q < epsilon);
        let skipped = match T::OPEN {
            Open::Nowhere => false,
            Open::Observed => no_p,
            Open::Calculated => no_q,
            Open::Either => no_p || no_q,
            Open::Both => no_p && no_q,
        };
        if skipped {
            Point { value: [0.0; K], slope: [0.0; K] }
        } else {
            self.0.point(p, q, epsilon)
        }
    }

    #[inline(always)]
    fn finish(&self, whole: &Whole<K>) -> Finished<K> {
        self.0.finish(whole)
    }
}

/// The larger of two numbers, with one answer for zeros of either sign.
#[inline(always)]
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// The smaller of two numbers.
#[inline(always)]
pub(super) fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// The loss of the intensities `f` and `g`; `grad`, if any, is overwritten with dL/dg.
///
/// # Errors
/// [`LossError::NoIntensity`].
pub(super) fn evaluate<const K: usize, T: Term<K>>(
    term: T,
    options: &MeasureOptions,
    f: &[f64],
    g: &[f64],
    grad: Option<&mut [f64]>,
) -> Result<f64, LossError> {
    match (T::OPEN, options.zeros) {
        (Open::Nowhere, _) => run(term, options, f, g, grad),
        (_, Zeros::Epsilon) => run(Floored(term), options, f, g, grad),
        (_, Zeros::Skip) => run(Skipped(term), options, f, g, grad),
    }
}

fn run<const K: usize, T: Term<K>>(
    term: T,
    options: &MeasureOptions,
    f: &[f64],
    g: &[f64],
    grad: Option<&mut [f64]>,
) -> Result<f64, LossError> {
    let by_f = Divisor::new(options.normalisation, T::SIGNED, f, "observed")?;
    let by_g = Divisor::new(options.normalisation, T::SIGNED, g, "calculated")?;
    let pair =
        Pair { term, f, g, by_f: by_f.inverse, by_g: by_g.inverse, epsilon: options.epsilon };
    let (largest, at) = if T::LARGEST { pair.largest() } else { (0.0, 0) };
    let finished = term.finish(&pair.whole(pair.sums(), largest));
    if let Some(grad) = grad {
        pair.slopes(finished.by, grad);
        if T::LARGEST {
            let (p, q) = pair.normalised(f[at], g[at]);
            grad[at] += finished.by_largest * sign(q - p);
        }
        by_g.pull_back(g, grad);
    }
    Ok(finished.value)
}

/// 1, 0 or -1.
#[inline(always)]
pub(super) fn sign(x: f64) -> f64 {
    let above = if x > 0.0 { 1.0 } else { 0.0 };
    let below = if x < 0.0 { 1.0 } else { 0.0 };
    above - below
}

/// Two patterns and the measure between them.
struct Pair<'a, const K: usize, T> {
    term: T,
    f: &'a [f64],
    g: &'a [f64],
    by_f: f64,
    by_g: f64,
    epsilon: f64,
}

impl<const K: usize, T: Term<K>> Pair<'_, K, T> {
    fn whole(&self, sums: [f64; K], largest: f64) -> Whole<K> {
        Whole { sums, largest, n: self.f.len() as f64, epsilon: self.epsilon }
    }

    /// The normalised intensities of a point.
    #[inline(always)]
    fn normalised(&self, f: f64, g: f64) -> (f64, f64) {
        let of = |y: f64| if T::SIGNED || y > 0.0 { y } else { 0.0 };
        (of(f) * self.by_f, of(g) * self.by_g)
    }

    /// The largest |p - q| and the first point that has it.
    fn largest(&self) -> (f64, usize) {
        let mut found = (0.0, 0);
        for (i, (f, g)) in self.f.iter().zip(self.g).enumerate() {
            let (p, q) = self.normalised(*f, *g);
            if (p - q).abs() > found.0 {
                found = ((p - q).abs(), i);
            }
        }
        found
    }

    /// The sums.
    fn sums(&self) -> [f64; K] {
        pulp::Arch::new().dispatch(Sums { pair: self })
    }

    /// Overwrites `grad` with dL/dq, given the derivatives by the sums; with 0 where a negative intensity counts as 0.
    fn slopes(&self, by: [f64; K], grad: &mut [f64]) {
        pulp::Arch::new().dispatch(Slopes { pair: self, by, grad });
    }
}

/// The sums in the order of `braggscape_pattern::sum`, point i in partial sum i mod 8; compiled once for each vector width and
/// chosen at run time, which changes no bit.
struct Sums<'a, const K: usize, T> {
    pair: &'a Pair<'a, K, T>,
}

impl<const K: usize, T: Term<K>> Sums<'_, K, T> {
    /// Adds eight points, each to a partial sum of its own.
    #[inline(always)]
    fn add(&self, f: &[f64; LANES], g: &[f64; LANES], partial: &mut [[f64; LANES]; K]) {
        for i in 0..LANES {
            let (p, q) = self.pair.normalised(f[i], g[i]);
            let point = self.pair.term.point(p, q, self.pair.epsilon);
            for (sum, value) in partial.iter_mut().zip(point.value) {
                sum[i] += value;
            }
        }
    }
}

impl<const K: usize, T: Term<K>> pulp::WithSimd for Sums<'_, K, T> {
    type Output = [f64; K];

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> [f64; K] {
        let mut partial = [[0.0; LANES]; K];
        let (blocks_f, rest_f) = self.pair.f.as_chunks::<LANES>();
        let (blocks_g, rest_g) = self.pair.g.as_chunks::<LANES>();
        for (f, g) in blocks_f.iter().zip(blocks_g) {
            self.add(f, g, &mut partial);
        }
        // The last points as a block of eight, filled up with the first of them, which does not count there.
        if let (Some(f), Some(g)) = (rest_f.first(), rest_g.first()) {
            let (mut last_f, mut last_g) = ([*f; LANES], [*g; LANES]);
            last_f[..rest_f.len()].copy_from_slice(rest_f);
            last_g[..rest_g.len()].copy_from_slice(rest_g);
            let mut last = [[0.0; LANES]; K];
            self.add(&last_f, &last_g, &mut last);
            for (sum, own) in partial.iter_mut().zip(last) {
                for (sum, own) in sum.iter_mut().zip(own).take(rest_f.len()) {
                    *sum += own;
                }
            }
        }
        partial.map(reduce)
    }
}

/// The slopes, one point after the other.
struct Slopes<'a, const K: usize, T> {
    pair: &'a Pair<'a, K, T>,
    by: [f64; K],
    grad: &'a mut [f64],
}

impl<const K: usize, T: Term<K>> pulp::WithSimd for Slopes<'_, K, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { pair, by, grad } = self;
        for (d, (f, g)) in grad.iter_mut().zip(pair.f.iter().zip(pair.g)) {
            let (p, q) = pair.normalised(*f, *g);
            let point = pair.term.point(p, q, pair.epsilon);
            let mut slope = 0.0;
            for (by, own) in by.iter().zip(point.slope) {
                slope += by * own;
            }
            *d = if T::SIGNED || *g >= 0.0 { slope } else { 0.0 };
        }
    }
}
