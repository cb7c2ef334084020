//! Distances from a point of a crystal to its nearest neighbours.
#![expect(
    clippy::inline_always,
    reason = "the kernel must be inlined into the functions compiled for each vector width"
)]

use super::MARGIN;
use super::motif::Motif;
use super::offsets::{Offset, Offsets};
use super::registers::{Kernel, Registers, SORTED, run};
use super::shells::Shells;
use super::translations::{Block, LANES, Translations};
use super::twins::Twins;
use crate::MetricError;
use braggscape_crystal::{Element, Structure};

/// Fewer distances than these are not worth a network for [`SORTED`].
const FEW: usize = 32;

/// Searches for neighbours; keeps its memory from one structure to the next.
///
/// The neighbours of point i are sought in a sphere of radius R about it. For a second point j, a translation t belongs to a
/// neighbour only if |t| <= R + |x_j - x_i|: translations are sorted by their lengths, so that these come first. A
/// radius that holds fewer than k neighbours is enlarged, so that its first guess is a matter of speed alone.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    motif: Motif,
    twins: Twins,
    translations: Translations,
    /// Squares of distances within the sphere.
    found: Vec<f64>,
    shells: Shells,
    /// Radius that was enough for the last point, Å; 0 if there is none.
    last: f64,
    /// Points of the element that neighbours are sought of.
    offsets: Offsets,
}

impl Neighbours {
    /// Turns to another structure.
    pub(super) fn fill(&mut self, structure: &Structure) -> Result<(), MetricError> {
        self.motif.fill(structure)?;
        self.twins.find(&self.motif);
        self.translations.clear();
        self.last = 0.0;
        self.choose(None);
        Ok(())
    }

    /// Says of which element neighbours are sought; of all if none is named.
    pub(super) fn choose(&mut self, element: Option<Element>) {
        self.offsets.choose(&self.motif, element);
        self.last = 0.0;
    }

    /// Number of points.
    pub(super) fn n_points(&self) -> usize {
        self.motif.len()
    }

    /// The number of points whose distances are those of this one by symmetry, all of one element, if it is the first of them; 0 if
    /// it is another.
    pub(super) fn class_size(&self, point: usize) -> usize {
        self.twins.size(point)
    }

    /// The element of each point.
    pub(super) fn elements(&self) -> &[Element] {
        &self.motif.elements
    }

    /// The distances of a point to its nearest neighbours among the chosen points, Å, in ascending order: as many as `out`
    /// has places.
    ///
    /// At least one point must be chosen.
    pub(super) fn distances(&mut self, point: usize, out: &mut [f64]) -> Result<(), MetricError> {
        let k = out.len();
        let mut radius = if self.last > 0.0 { self.last } else { self.first_radius(k) };
        loop {
            self.extend(radius)?;
            let n = run(Sphere {
                motif: &self.motif,
                offsets: &mut self.offsets,
                blocks: self.translations.blocks(),
                point,
                radius,
                found: &mut self.found,
            });
            if n >= k {
                run(Sorted {
                    found: &mut self.found,
                    n,
                    r2: radius * radius,
                    shells: &mut self.shells,
                    out,
                });
                self.last = out[k - 1] * GUESS;
                return Ok(());
            }
            radius *= GROWTH;
        }
    }

    /// A radius that holds about k neighbours: that of the mean density, or one that certainly holds as many, if that is
    /// smaller.
    fn first_radius(&self, k: usize) -> f64 {
        let expected = k as f64 + 4.0 + libm::sqrt(k as f64);
        let volume = expected * self.motif.volume / self.offsets.len() as f64;
        let by_density = libm::cbrt(volume * (3.0 / (4.0 * std::f64::consts::PI)));
        // A point has an image within half the sum of the edges; from there on translations along one, two or three edges.
        let mut edges = self.motif.basis.lengths();
        edges.sort_by(f64::total_cmp);
        let half = 0.5 * (edges[0] + edges[1] + edges[2]);
        let steps = |n: i32| {
            let side = libm::ceil((nth_root(k as f64 + 1.0, n) - 1.0) / 2.0) + 1.0;
            side * edges.iter().take(n as usize).sum::<f64>()
        };
        let certain = (1..=3).map(steps).fold(f64::INFINITY, f64::min) + half;
        by_density.min(certain)
    }

    /// Completes the list of translations for a radius, with some to spare for the next points.
    fn extend(&mut self, radius: f64) -> Result<(), MetricError> {
        if self.farthest(radius) <= self.translations.reach() {
            return Ok(());
        }
        let reach = self.farthest(radius * RESERVE);
        self.translations.list(&self.motif.basis, reach)
    }

    /// Length of the longest translation that may belong to a neighbour within `radius`.
    fn farthest(&self, radius: f64) -> f64 {
        // Wrapped differences lie within half an edge of each axis, and those that are looked at at all within the radius of
        // each face: in a box about the origin, whose corner is the farthest.
        let edge = |k: usize| {
            let half = (radius / self.motif.spacings[k] * (1.0 + MARGIN)).min(0.5);
            self.motif.basis.0[k].map(|x| x * half)
        };
        let [a, b, c] = [edge(0), edge(1), edge(2)];
        let corner = |s: f64, t: f64| {
            let v: [f64; 3] = std::array::from_fn(|i| a[i] + s * b[i] + t * c[i]);
            v[0] * v[0] + v[1] * v[1] + v[2] * v[2]
        };
        let corners = [corner(1.0, 1.0), corner(1.0, -1.0), corner(-1.0, 1.0), corner(-1.0, -1.0)];
        let farthest = corners.into_iter().fold(0.0, f64::max).sqrt();
        (radius + farthest) * (1.0 + MARGIN)
    }
}

fn nth_root(x: f64, n: i32) -> f64 {
    match n {
        1 => x,
        2 => x.sqrt(),
        _ => libm::cbrt(x),
    }
}

/// The radius sought for a point, over the distance of the last neighbour of the one before it.
const GUESS: f64 = 1.04;

/// How much longer than needed the first list of translations is.
const RESERVE: f64 = 1.06;

/// How much a radius that was too small grows.
const GROWTH: f64 = 1.08;

/// Collects squared distances within a sphere; gives their number.
struct Sphere<'a> {
    motif: &'a Motif,
    offsets: &'a mut Offsets,
    blocks: &'a [Block],
    point: usize,
    radius: f64,
    found: &'a mut Vec<f64>,
}

impl Kernel for Sphere<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self, registers: impl Registers) -> usize {
        let Self { motif, offsets, blocks, point, radius, found } = self;
        offsets.look(motif, point, radius);
        let r2 = radius * radius;
        let mut n = 0;
        for Offset { point: other, cart, reach } in offsets.iter() {
            // The very first is the point itself.
            let mut but_first = other == point;
            for block in blocks {
                if block.nearest > reach {
                    break;
                }
                if found.len() < n + LANES {
                    found.resize(2 * n + SORTED, 0.0);
                }
                let (free, _) = found[n..].as_chunks_mut::<LANES>();
                n += registers.within(block, cart, r2, but_first, &mut free[0]);
                but_first = false;
            }
        }
        n
    }
}

/// Sorts squares of distances and takes the roots of the first.
struct Sorted<'a> {
    found: &'a mut Vec<f64>,
    n: usize,
    r2: f64,
    shells: &'a mut Shells,
    out: &'a mut [f64],
}

impl Kernel for Sorted<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, registers: impl Registers) {
        let Self { found, n, r2, shells, out } = self;
        if !(FEW..=2 * SORTED).contains(&n) {
            return shells.smallest_roots(&found[..n], r2, out);
        }
        found.resize(found.len().max(2 * SORTED), 0.0);
        found[n..2 * SORTED].fill(f64::INFINITY);
        let (lists, _) = found.as_chunks_mut::<SORTED>();
        if n <= SORTED && registers.sort(&mut lists[0]) {
            out.copy_from_slice(&lists[0][..out.len()]);
        } else if n > SORTED && registers.sort(&mut lists[0]) && registers.sort(&mut lists[1]) {
            merge(&lists[0], &lists[1], out);
        } else {
            return shells.smallest_roots(&found[..n], r2, out);
        }
        for d2 in out {
            *d2 = d2.sqrt();
        }
    }
}

/// The smallest of two sorted lists.
#[inline(always)]
fn merge(one: &[f64; SORTED], two: &[f64; SORTED], out: &mut [f64]) {
    let (mut i, mut j) = (0, 0);
    for out in out {
        let of = |list: &[f64; SORTED], at: usize| list.get(at).copied().unwrap_or(f64::INFINITY);
        let (x, y) = (of(one, i), of(two, j));
        let first = x <= y;
        *out = if first { x } else { y };
        i += usize::from(first);
        j += usize::from(!first);
    }
}

/// Adds a row some times.
struct Add<'a> {
    row: &'a [f64],
    times: f64,
    sums: &'a mut [f64],
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, _: impl Registers) {
        for (sum, d) in self.sums.iter_mut().zip(self.row) {
            *sum += self.times * d;
        }
    }
}

/// Adds a row to `sums`, `times` times.
pub(super) fn add(row: &[f64], times: usize, sums: &mut [f64]) {
    run(Add { row, times: times as f64, sums });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_there_are_roots_come_out_in_order() {
        let mut shells = Shells::default();
        let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        for n in [1_usize, 31, 32, 100, 127, 128, 129, 200, 255, 256, 257, 400] {
            // In no order, some twice.
            let d2: Vec<f64> = (0..n).map(|i| ((i * 7919) % (n + n / 3)) as f64 / 600.0).collect();
            let mut expected: Vec<f64> = d2.iter().map(|x| x.sqrt()).collect();
            expected.sort_by(f64::total_cmp);
            for k in [1, n.div_ceil(2), n] {
                // What an earlier point left behind is nobody's neighbour.
                let mut found = d2.clone();
                found.extend([0.0; LANES]);
                let mut out = vec![f64::NAN; k];
                run(Sorted { found: &mut found, n, r2: 2.25, shells: &mut shells, out: &mut out });
                assert_eq!(bits(&out), bits(&expected[..k]), "{k} of {n}");
            }
        }
    }
}
