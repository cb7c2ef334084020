//! Patterns after a Gaussian blur, on nodes: what inner products of blurred patterns are made of.
#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

use crate::LossError;
use braggscape_pattern::{Axis, sum};

/// Nodes that a point is spread over: at least 9 standard deviations to either side.
const TAPS: usize = 48;
/// Distance of nodes in standard deviations. The rectangle rule for products of two of the Gaussians is then exact to
/// exp(-(pi/0.45)^2) < 1e-21 (Poisson's sum formula).
const SPACING: f64 = 0.45;
/// Least distance of nodes that is accepted for the sake of whole numbers.
const CLOSEST: f64 = 0.4;
/// A Gaussian of a standard deviation below this times the distance of two points does not reach from one to the other:
/// exp(-13^2/4) < 1e-18.
const NARROWEST: f64 = 1.0 / 13.0;
/// Most nodes.
const MOST_NODES: f64 = 1e6;

/// The linear map from a pattern f to b_m = sum_n v_n f_n exp(-(u_n - z_m)^2/2s^2) on evenly spaced nodes z_m, where u_n is where
/// point n lies in some coordinate and v_n its share of it.
///
/// For two patterns, b_f . b_g = const sum_nk v_n f_n v_k g_k exp(-(u_n - u_k)^2/4s^2) to 1e-16 of the norms: the overlap of the
/// patterns blurred by Gaussians of standard deviation s.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Blur {
    /// The first node that each point is spread over.
    first: Vec<u32>,
    /// Of row n mod (number of rows): the values of point n on its nodes.
    rows: Vec<[f64; TAPS]>,
    n_nodes: usize,
}

/// The values of a point at an offset above a node, on the nodes around: TAPS/2 at or below the point and as many above.
fn row(offset: f64, spacing: f64, s: f64, share: f64) -> [f64; TAPS] {
    std::array::from_fn(|tap| {
        let z = (offset - (tap as f64 + 1.0 - (TAPS / 2) as f64) * spacing) / s;
        share * libm::exp(-0.5 * z * z)
    })
}

impl Blur {
    /// For `n` points spaced 1 apart.
    pub(crate) fn even(n: usize, s: f64) -> Result<Self, LossError> {
        // Where a whole number of points makes a good distance of nodes, points take turns in their place between two.
        let k = (SPACING * s).floor();
        if k < CLOSEST * s {
            let points: Vec<f64> = (0..n).map(|i| i as f64).collect();
            return Self::uneven(&points, &vec![1.0; n], s);
        }
        let phases = 0..(k as usize).min(n);
        let rows = phases.map(|phase| row(phase as f64, k, s, 1.0)).collect();
        Self::new((0..n).map(|i| (i / k as usize) as u32).collect(), rows)
    }

    /// For ascending positions, and the share of each point.
    pub(crate) fn uneven(u: &[f64], shares: &[f64], s: f64) -> Result<Self, LossError> {
        let least_gap = u.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
        let s = if least_gap.is_finite() { s.max(NARROWEST * least_gap) } else { s };
        let spacing = SPACING * s;
        let (start, length) = (u[0], u[u.len() - 1] - u[0]);
        check_nodes(length / spacing)?;
        let mut first = Vec::with_capacity(u.len());
        let mut rows = Vec::with_capacity(u.len());
        for (u, share) in u.iter().zip(shares) {
            let node = ((u - start) / spacing).floor();
            first.push(node as u32);
            rows.push(row(u - start - node * spacing, spacing, s, *share));
        }
        Self::new(first, rows)
    }

    fn new(first: Vec<u32>, rows: Vec<[f64; TAPS]>) -> Result<Self, LossError> {
        let n_nodes = first.last().map_or(0, |last| *last as usize) + TAPS;
        check_nodes(n_nodes as f64)?;
        Ok(Self { first, rows, n_nodes: n_nodes.next_multiple_of(sum::LANES) })
    }

    /// Overwrites `nodes` with the blurred pattern.
    pub(crate) fn spread(&self, y: &[f64], nodes: &mut Vec<f64>) {
        nodes.clear();
        nodes.resize(self.n_nodes, 0.0);
        pulp::Arch::new().dispatch(Spread { blur: self, y, nodes });
    }

    /// Overwrites `out` with the adjoint: for every point the sum over its nodes.
    pub(crate) fn gather(&self, nodes: &[f64], out: &mut [f64]) {
        pulp::Arch::new().dispatch(Gather { blur: self, nodes, out });
    }
}

/// # Errors
/// [`LossError::OptionRange`]: the nodes are too many.
fn check_nodes(n: f64) -> Result<(), LossError> {
    if n <= MOST_NODES {
        return Ok(());
    }
    let expected =
        "at most 1000000 nodes: the blur is too narrow for an axis as uneven as this one";
    Err(LossError::OptionRange { name: "nodes of the blur", value: n.ceil(), expected })
}

struct Spread<'a> {
    blur: &'a Blur,
    y: &'a [f64],
    nodes: &'a mut [f64],
}

impl pulp::WithSimd for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { blur, y, nodes } = self;
        let rows = blur.rows.iter().cycle();
        // Points with the same nodes are added up before the nodes are touched.
        let (mut held, mut at) = ([0.0; TAPS], 0);
        for ((first, y), row) in blur.first.iter().zip(y).zip(rows) {
            let first = *first as usize;
            if first != at {
                for (node, held) in nodes[at..at + TAPS].iter_mut().zip(&mut held) {
                    *node += *held;
                    *held = 0.0;
                }
                at = first;
            }
            for (held, w) in held.iter_mut().zip(row) {
                *held += y * w;
            }
        }
        for (node, held) in nodes[at..at + TAPS].iter_mut().zip(&held) {
            *node += *held;
        }
    }
}

struct Gather<'a> {
    blur: &'a Blur,
    nodes: &'a [f64],
    out: &'a mut [f64],
}

impl pulp::WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { blur, nodes, out } = self;
        let rows = blur.rows.iter().cycle();
        for ((first, out), row) in blur.first.iter().zip(out).zip(rows) {
            let first = *first as usize;
            let mut partial = [0.0; sum::LANES];
            let (nodes, _) = nodes[first..first + TAPS].as_chunks::<{ sum::LANES }>();
            for (node, w) in nodes.iter().zip(row.as_chunks::<{ sum::LANES }>().0) {
                for i in 0..sum::LANES {
                    partial[i] += node[i] * w[i];
                }
            }
            *out = sum::reduce(partial);
        }
    }
}

/// The share of each point in an integral over an axis, in a unit common to all: half of the distance of its neighbours, at the
/// ends the distance of the one. 1 on an even axis.
pub(crate) fn shares(axis: &Axis) -> Vec<f64> {
    let last = axis.n_points() - 1;
    if last == 0 {
        return vec![1.0];
    }
    let mean = (axis.last() - axis.first()) / last as f64;
    let gap = |n: usize| (axis.x(n + 1) - axis.x(n)) / mean;
    (0..=last).map(|n| 0.5 * (gap(n.max(1) - 1) + gap(n.min(last - 1)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(seed: f64, n: usize) -> Vec<f64> {
        (0..n).map(|i| libm::sin(seed + 1.7 * (i * i) as f64).abs()).collect()
    }

    /// Products of blurred patterns over those of the double sum, all over the norms.
    #[track_caller]
    fn check(blur: &Blur, u: &[f64], shares: &[f64], s: f64) {
        let (f, g) = (numbers(0.1, u.len()), numbers(0.4, u.len()));
        let overlap = |f: &[f64], g: &[f64]| -> f64 {
            let pairs = (0..u.len()).flat_map(|i| (0..u.len()).map(move |j| (i, j)));
            pairs
                .map(|(i, j)| {
                    let r = u[i] - u[j];
                    shares[i] * shares[j] * f[i] * g[j] * libm::exp(-r * r / (4.0 * s * s))
                })
                .sum()
        };
        let expected = overlap(&f, &g) / (overlap(&f, &f) * overlap(&g, &g)).sqrt();
        let (mut a, mut b) = (Vec::new(), Vec::new());
        blur.spread(&f, &mut a);
        blur.spread(&g, &mut b);
        let found = sum::dot(&a, &b) / (sum::norm(&a) * sum::norm(&b));
        // The double sum of 22,500 terms has a rounding of its own.
        assert!((found - expected).abs() < 1e-13, "{s}: {found} {expected}");
        // The adjoint: (B f) . b = f . (B^T b).
        let mut back = vec![f64::NAN; u.len()];
        blur.gather(&b, &mut back);
        let (left, right) = (sum::dot(&a, &b), sum::dot(&f, &back));
        assert!((left / right - 1.0).abs() < 1e-14, "{s}: {left} {right}");
    }

    #[test]
    fn nodes_give_the_double_sum() {
        for n in [1, 2, 7, 150] {
            let u: Vec<f64> = (0..n).map(f64::from).collect();
            let ones = vec![1.0; u.len()];
            for s in [1e-3, 0.06, 0.08, 0.5, 1.0, 2.2, 2.3, 10.0, 61.7, 1e4] {
                check(&Blur::even(u.len(), s).unwrap(), &u, &ones, s);
                check(&Blur::uneven(&u, &ones, s).unwrap(), &u, &ones, s);
            }
        }
        let axis: Vec<f64> = (0..80).map(|i| libm::log(1.0 + 0.1 * f64::from(i))).collect();
        let axis = Axis::listed(braggscape_pattern::AxisKind::Q, axis).unwrap();
        let weights = shares(&axis);
        assert!((sum::total(&weights) - 80.0).abs() < 1.0 && weights[0] > 2.0 * weights[79]);
        for s in [1e-3, 0.01, 0.1, 1.0] {
            let blur = Blur::uneven(&axis.to_vec(), &weights, s).unwrap();
            check(&blur, &axis.to_vec(), &weights, s);
        }
    }

    #[test]
    fn even_axes_have_equal_shares() {
        let listed: Vec<f64> = (0..9).map(|i| 10.0 + 0.25 * f64::from(i)).collect();
        let listed = Axis::listed(braggscape_pattern::AxisKind::Q, listed).unwrap();
        for share in shares(&listed) {
            assert!((share - 1.0).abs() < 1e-14);
        }
    }

    #[test]
    fn a_blur_of_too_many_nodes_is_refused() {
        let u = [0.0, 1e-9, 1.0];
        let e = Blur::uneven(&u, &[1.0; 3], 1e-9).unwrap_err().to_string();
        assert!(e.contains("at most 1000000 nodes"), "{e}");
    }
}
