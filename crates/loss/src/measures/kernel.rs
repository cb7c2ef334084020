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
/// Adding a measure takes one of these and one row of the table in `kind.rs`.
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
    let Some(grad) = grad else {
        let finished = term.finish(&pair.whole(pair.sums(), largest));
        return Ok(finished.value);
    };
    // One sum: its slopes are kept while the sum is taken. Several: slopes need the derivatives by the sums first.
    let (finished, along, by) = if K == 1 {
        let (sums, along) = pair.slopes([1.0; K], grad);
        let finished = term.finish(&pair.whole(sums, largest));
        let by = finished.by[0];
        (finished, along * by, by)
    } else {
        let finished = term.finish(&pair.whole(pair.sums(), largest));
        let (_, along) = pair.slopes(finished.by, grad);
        (finished, along, 1.0)
    };
    let mut along = along;
    let mut peak = 0.0;
    if T::LARGEST {
        let (p, q) = pair.normalised(f[at], g[at]);
        peak = finished.by_largest * sign(q - p);
        along += peak * q;
    }
    by_g.pull_back(g, by, along, grad);
    if T::LARGEST {
        grad[at] += peak * by_g.inverse;
    }
    Ok(finished.value)
}

/// 1, 0 or -1.
#[inline(always)]
pub(super) fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        0.0
    }
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
        let sweep = Sweep::<K, false, T> { pair: self, by: [0.0; K], grad: &mut [] };
        pulp::Arch::new().dispatch(sweep).0
    }

    /// The sums; `grad` is overwritten with dL/dq, given the derivatives by the sums. Its sum times q comes second.
    fn slopes(&self, by: [f64; K], grad: &mut [f64]) -> ([f64; K], f64) {
        pulp::Arch::new().dispatch(Sweep::<K, true, T> { pair: self, by, grad })
    }
}

/// A run over the points, compiled once for each vector width and chosen at run time. The numbers do not depend on the choice:
/// sums are taken in the order of `braggscape_pattern::sum`, point i in partial sum i mod 8.
struct Sweep<'a, const K: usize, const GRAD: bool, T> {
    pair: &'a Pair<'a, K, T>,
    by: [f64; K],
    grad: &'a mut [f64],
}

/// Partial sums, and those of the slopes times q.
type Partial<const K: usize> = ([[f64; LANES]; K], [f64; LANES]);

impl<const K: usize, const GRAD: bool, T: Term<K>> Sweep<'_, K, GRAD, T> {
    /// Adds one point to its partial sums and returns its slope.
    #[inline(always)]
    fn visit(&self, f: f64, g: f64, lane: usize, (sums, along): &mut Partial<K>) -> f64 {
        let (p, q) = self.pair.normalised(f, g);
        let point = self.pair.term.point(p, q, self.pair.epsilon);
        let mut slope = 0.0;
        for (sum, value) in sums.iter_mut().zip(point.value) {
            sum[lane] += value;
        }
        for (by, own) in self.by.iter().zip(point.slope) {
            slope += by * own;
        }
        if GRAD {
            along[lane] += slope * q;
        }
        slope
    }
}

impl<const K: usize, const GRAD: bool, T: Term<K>> pulp::WithSimd for Sweep<'_, K, GRAD, T> {
    type Output = ([f64; K], f64);

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) -> Self::Output {
        let mut partial = ([[0.0; LANES]; K], [0.0; LANES]);
        let (blocks_f, rest_f) = self.pair.f.as_chunks::<LANES>();
        let (blocks_g, rest_g) = self.pair.g.as_chunks::<LANES>();
        let blocks = blocks_f.iter().zip(blocks_g);
        let rest = rest_f.iter().zip(rest_g).enumerate();
        if GRAD {
            let grad = std::mem::take(&mut self.grad);
            let (blocks_d, rest_d) = grad.as_chunks_mut::<LANES>();
            for (d, (f, g)) in blocks_d.iter_mut().zip(blocks) {
                for i in 0..LANES {
                    d[i] = self.visit(f[i], g[i], i, &mut partial);
                }
            }
            for (d, (i, (f, g))) in rest_d.iter_mut().zip(rest) {
                *d = self.visit(*f, *g, i, &mut partial);
            }
        } else {
            for (f, g) in blocks {
                for i in 0..LANES {
                    self.visit(f[i], g[i], i, &mut partial);
                }
            }
            for (i, (f, g)) in rest {
                self.visit(*f, *g, i, &mut partial);
            }
        }
        (partial.0.map(reduce), reduce(partial.1))
    }
}
