//! The least mean square displacement of sites over all translations and pairings, in one correspondence of two lattices.
//!
//! For a translation t let W²(t) be the least mean square of the paired distances. Each pairing, with each choice of periodic
//! images, contributes |t|² plus a function linear in t, and W² is the least of them; so W²(t) - |t - c|² is concave for any
//! c, and over a box with centre c it is least at a corner. W² in the box is therefore at least the least
//! W²(v) - |v - c|² of its corners v. Boxes are halved until this exceeds what has been found; the minimum is exact up to
//! [`GAP`].

use super::reduce::{dot, gram, minkowski, product};
use braggscape_crystal::Assignment;
use braggscape_crystal::reduction::Basis;
use std::collections::HashMap;

/// How much below the result the true minimum of the mean square may lie.
pub(super) const GAP: f64 = 1e-6;

/// Longest edge of the first boxes, in units of (V/N)^(1/3).
const EDGE: f64 = 0.35;

/// Halvings of the first boxes, after which the bound is within [`GAP`] whatever the pairing.
const MAX_LEVEL: u32 = 10;

/// Rounds of pairing and removing the mean shift; each makes the sum smaller.
const MAX_ROUNDS: usize = 50;

/// Most translations that put one site on another and are looked at first, and those of them that are followed to a minimum.
const MAX_ANCHORS: usize = 128;
const N_STARTS: usize = 4;

/// Translations that a guess rests on.
const N_GLANCES: usize = 4;

/// Most sites of the rarest kind for which boxes are first tested by these alone.
const MAX_ANCHORED: usize = 32;

fn centred(x: f64) -> f64 {
    x - x.round_ties_even()
}

/// Two sets of sites in the averaged cell of a correspondence.
pub(super) struct SiteSearch<'a> {
    /// Sites as fractions of `basis`.
    source: Vec<[f64; 3]>,
    target: Vec<[f64; 3]>,
    /// Ranges of sites of one kind, the same on both sides.
    blocks: &'a [(usize, usize)],
    copies: usize,
    /// Minkowski-reduced basis of the averaged cell.
    basis: Basis,
    /// One of each pair ±w of the 26 lattice vectors around the origin, and |w|².
    around: [([f64; 3], f64); 13],
    /// A vector of at most this squared length is the shortest of its class.
    safe: f64,
    /// Periods of the source as fractions of `basis`, and their cartesian vectors, both reduced.
    periods: Basis,
    period_vectors: [[f64; 3]; 3],
    buffers: &'a mut Buffers,
    /// Balls of translations in which the mean square is known to be no less than at their centres.
    balls: Vec<([f64; 3], f64)>,
}

/// Buffers that outlive one search, and the count of work.
#[derive(Default)]
pub(super) struct Buffers {
    assignment: Assignment,
    cost: Vec<f64>,
    columns: Vec<f64>,
    pairs: Vec<(usize, usize)>,
    steps: u64,
}

impl Buffers {
    /// Distances and matrix elements looked at so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps + self.assignment.steps()
    }
}

/// A correspondence: cells A and B of the two lattices, and the sites of both crystals as fractions of these.
pub(super) struct Correspondence {
    pub(super) a: [[f64; 3]; 3],
    pub(super) b: [[f64; 3]; 3],
    pub(super) source: Vec<[f64; 3]>,
    pub(super) target: Vec<[f64; 3]>,
    /// Rows: primitive translations of the source as fractions of A.
    pub(super) periods: [[f64; 3]; 3],
    /// Sites of the source that follow each other and differ by its periods.
    pub(super) copies: usize,
}

/// Lower triangular X with X Xᵀ = G.
fn cholesky(g: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let a = g[0][0].sqrt();
    let (b, c) = (g[1][0] / a, g[2][0] / a);
    let d = (g[1][1] - b * b).sqrt();
    let e = (g[2][1] - b * c) / d;
    let f = (g[2][2] - c * c - e * e).sqrt();
    [[a, 0.0, 0.0], [b, d, 0.0], [c, e, f]]
}

/// A corner of boxes: a lower bound of the mean square there, and whether it is exact.
#[derive(Clone, Copy)]
struct Corner {
    value: f64,
    exact: bool,
}

impl<'a> SiteSearch<'a> {
    /// Sites of both sides in the cell whose metric is the mean of those of A and B.
    pub(super) fn new(
        c: &Correspondence,
        blocks: &'a [(usize, usize)],
        buffers: &'a mut Buffers,
    ) -> Self {
        let (ga, gb) = (gram(&c.a), gram(&c.b));
        let mean =
            std::array::from_fn(|i| std::array::from_fn(|j| f64::midpoint(ga[i][j], gb[i][j])));
        let vectors = cholesky(mean);
        let (reduced, u) = minkowski(&vectors);
        let basis = Basis(reduced);
        // Fractions of A and of the reduced cell: x' = x U^-1, in whole numbers.
        let change = Basis(Basis(u).inverse().map(|row| row.map(f64::round)));
        let mut around = [([0.0; 3], 0.0); 13];
        for (n, slot) in around.iter_mut().enumerate() {
            let code = n + 14;
            let w = basis.cart([code / 9, code / 3 % 3, code % 3].map(|d| d as f64 - 1.0));
            *slot = (w, dot(w, w));
        }
        let shortest = around.iter().map(|w| w.1).fold(f64::INFINITY, f64::min);
        let (period_vectors, up) = minkowski(&product(&c.periods, &vectors));
        let periods = Basis(product(&product(&up, &c.periods), &change.0));
        Self {
            source: c.source.iter().map(|f| change.cart(*f)).collect(),
            target: c.target.iter().map(|f| change.cart(*f)).collect(),
            blocks,
            copies: c.copies,
            basis,
            around,
            safe: 0.2499 * shortest,
            periods,
            period_vectors,
            buffers,
            balls: Vec::new(),
        }
    }

    /// Shortest vector from a target site to a source site that is moved by `t`, and its squared length.
    fn shortest(&self, source: [f64; 3], target: [f64; 3], t: [f64; 3]) -> ([f64; 3], f64) {
        let raw = std::array::from_fn(|k| centred(source[k] + t[k] - target[k]));
        let v = self.basis.cart(raw);
        let d2 = dot(v, v);
        if d2 <= self.safe {
            return (v, d2);
        }
        let (mut best, mut at) = (d2, None);
        for (n, (w, w2)) in self.around.iter().enumerate() {
            let along = dot(v, *w);
            let e2 = d2 + w2 - 2.0 * along.abs();
            if e2 < best {
                (best, at) = (e2, Some((n, along)));
            }
        }
        let Some((n, along)) = at else { return (v, d2) };
        let w = self.around[n].0;
        let sign = 1.0_f64.copysign(along);
        let v = std::array::from_fn(|k| v[k] - sign * w[k]);
        (v, dot(v, v))
    }

    /// A lower bound of W² at `t`: every site goes to its nearest, or takes its nearest, whichever costs more.
    fn relaxed(&mut self, t: [f64; 3]) -> f64 {
        let (mut rows, mut columns) = (0.0, 0.0);
        for &(from, to) in self.blocks {
            let mut nearest = std::mem::take(&mut self.buffers.columns);
            nearest.clear();
            nearest.resize(to - from, f64::INFINITY);
            for target in &self.target[from..to] {
                let mut row = f64::INFINITY;
                for (source, column) in self.source[from..to].iter().zip(&mut nearest) {
                    let d2 = self.shortest(*source, *target, t).1;
                    row = row.min(d2);
                    *column = column.min(d2);
                }
                rows += row;
            }
            columns += nearest.iter().sum::<f64>();
            self.buffers.steps += ((to - from) * (to - from)) as u64;
            self.buffers.columns = nearest;
        }
        f64::max(rows, columns) / self.target.len() as f64
    }

    /// W² at `t`; leaves the pairs in the buffer.
    fn paired(&mut self, t: [f64; 3]) -> f64 {
        let mut sum = 0.0;
        self.buffers.pairs.clear();
        for &(from, to) in self.blocks {
            let n = to - from;
            let mut cost = std::mem::take(&mut self.buffers.cost);
            cost.clear();
            for target in &self.target[from..to] {
                cost.extend(self.source[from..to].iter().map(|s| self.shortest(*s, *target, t).1));
            }
            self.buffers.steps += (n * n) as u64;
            // All costs are finite, so there is an assignment.
            if let Some(columns) = self.buffers.assignment.solve(n, &cost) {
                for (row, column) in columns.iter().enumerate() {
                    sum += cost[row * n + column];
                    self.buffers.pairs.push((from + row, from + column));
                }
            }
            self.buffers.cost = cost;
        }
        sum / self.target.len() as f64
    }

    /// Mean of the displacements of the pairs at `t`, and their mean square about it.
    fn mean(&self, t: [f64; 3]) -> ([f64; 3], f64) {
        let n = self.target.len() as f64;
        let displacements: Vec<[f64; 3]> = self
            .buffers
            .pairs
            .iter()
            .map(|(row, column)| self.shortest(self.source[*column], self.target[*row], t).0)
            .collect();
        let mean = std::array::from_fn(|k| displacements.iter().map(|v| v[k]).sum::<f64>() / n);
        let square = |v: &[f64; 3]| {
            let d: [f64; 3] = std::array::from_fn(|k| v[k] - mean[k]);
            dot(d, d)
        };
        (mean, displacements.iter().map(square).sum::<f64>() / n)
    }

    /// Descends from `t`, where pairs are known, to a minimum: the translation there and the mean square.
    fn descend(&mut self, mut t: [f64; 3]) -> ([f64; 3], f64) {
        let inverse = Basis(self.basis.inverse());
        let mut best = f64::INFINITY;
        for _ in 0..MAX_ROUNDS {
            let (mean, square) = self.mean(t);
            let shift = inverse.cart(mean);
            t = [t[0] - shift[0], t[1] - shift[1], t[2] - shift[2]];
            if square >= best * (1.0 - 1e-12) {
                break;
            }
            best = square;
            if self.paired(t) >= best * (1.0 - 1e-12) {
                break;
            }
        }
        (t, best)
    }

    /// Radius around `t` within which no site changes its nearest partner, if the nearest partners are a pairing.
    fn radius(&self, t: [f64; 3]) -> Option<f64> {
        let mut radius = f64::INFINITY;
        for &(from, to) in self.blocks {
            let mut taken = vec![false; to - from];
            for target in &self.target[from..to] {
                let (mut first, mut second, mut at) = (f64::INFINITY, f64::INFINITY, 0);
                for (n, source) in self.source[from..to].iter().enumerate() {
                    let (v, d2) = self.shortest(*source, *target, t);
                    // The next image of the same site competes as well.
                    let image = self
                        .around
                        .iter()
                        .map(|(w, w2)| d2 + w2 - 2.0 * dot(v, *w).abs())
                        .fold(f64::INFINITY, f64::min);
                    if d2 < first {
                        (second, first, at) = (second.min(first).min(image), d2, n);
                    } else {
                        second = second.min(d2).min(image);
                    }
                }
                if std::mem::replace(&mut taken[at], true) {
                    return None;
                }
                radius = radius.min(0.5 * (second.sqrt() - first.sqrt()));
            }
        }
        (radius > 0.0).then_some(radius)
    }

    /// Looks for a minimum from `t`, whose pairs are known, and keeps it if it is better.
    fn improve(&mut self, t: [f64; 3], best: &mut f64) {
        if self.mean(t).1 > *best + GAP {
            return;
        }
        let (at, square) = self.descend(t);
        if square < *best {
            *best = square;
        }
        let known = |(centre, radius): &([f64; 3], f64)| {
            let d = self.basis.cart(self.image(at, *centre));
            dot(d, d) < radius * radius
        };
        if square <= *best + GAP
            && !self.balls.iter().any(known)
            && let Some(radius) = self.radius(at)
        {
            self.balls.push((at, radius));
        }
    }

    /// x - y, less a period of the source that makes it short.
    fn image(&self, x: [f64; 3], y: [f64; 3]) -> [f64; 3] {
        let d = [x[0] - y[0], x[1] - y[1], x[2] - y[2]];
        let in_periods = Basis(self.periods.inverse()).cart(d).map(centred);
        self.periods.cart(in_periods)
    }

    /// The smallest block.
    fn rarest(&self) -> (usize, usize) {
        self.blocks.iter().copied().min_by_key(|b| b.1 - b.0).unwrap_or((0, 0))
    }

    /// Lower bounds of W² at some of the translations that put a site of the rarest kind on another, in ascending order.
    fn anchored(&mut self, count: usize) -> Vec<(f64, [f64; 3])> {
        let (from, to) = self.rarest();
        let all = (from..to).step_by(self.copies).flat_map(|i| (from..to).map(move |j| (i, j)));
        let n = (to - from).div_ceil(self.copies) * (to - from);
        let some: Vec<_> = all.step_by(n.div_ceil(count).max(1)).collect();
        let mut order: Vec<(f64, [f64; 3])> = Vec::with_capacity(some.len());
        for (i, j) in some {
            let t = std::array::from_fn(|k| self.target[j][k] - self.source[i][k]);
            order.push((self.relaxed(t), t));
        }
        order.sort_by(|x, y| x.0.total_cmp(&y.0));
        order
    }

    /// A guess of the least W², to order correspondences by.
    pub(super) fn glance(&mut self) -> f64 {
        self.anchored(N_GLANCES).first().map_or(f64::INFINITY, |x| x.0)
    }

    /// Follows the best translations that put a site of the rarest kind on another.
    fn start(&mut self, best: &mut f64) {
        for (_, t) in self.anchored(MAX_ANCHORS).into_iter().take(N_STARTS) {
            self.paired(t);
            let (_, square) = self.descend(t);
            *best = best.min(square);
            self.paired(t);
            self.improve(t, best);
        }
    }

    /// Whether a mean square below `best` is possible within `radius` of `t`: then some site of the rarest kind is within
    /// sqrt(n best / n_kind) of its partner.
    fn is_near_an_anchor(&mut self, t: [f64; 3], radius: f64, best: f64) -> bool {
        let (from, to) = self.rarest();
        let n = self.target.len() as f64 / (to - from) as f64;
        let reach = (n * best).sqrt() + radius;
        self.buffers.steps += ((to - from) * (to - from)) as u64;
        (from..to).any(|j| {
            (from..to).any(|i| self.shortest(self.source[i], self.target[j], t).1 <= reach * reach)
        })
    }

    /// The least W² where that is below `budget`, up to [`GAP`], and `true`; or, once `limit` steps are done, what was found, and
    /// `false`. Unless it is to `certify`, it only looks for minima near translations that put one site on another.
    pub(super) fn least(&mut self, budget: f64, certify: bool, limit: u64) -> (Option<f64>, bool) {
        let lengths = self.period_vectors.map(|v| dot(v, v).sqrt());
        let first = lengths.map(|l| (l / EDGE).ceil().max(2.0) as i64);
        let mut best = budget;
        self.start(&mut best);
        if !certify || best <= GAP {
            return ((best < budget).then_some(best), true);
        }
        let mut corners: HashMap<[i64; 3], Corner> = HashMap::new();
        let mut boxes: Vec<[i64; 3]> = Vec::new();
        for i in 0..first[0] {
            for j in 0..first[1] {
                for k in 0..first[2] {
                    boxes.push([i, j, k]);
                }
            }
        }
        // Corners are counted in halves of the finest boxes, modulo the periods.
        let scale = i64::from(2_u32 << MAX_LEVEL);
        let key = |c: [i64; 3]| -> [i64; 3] {
            std::array::from_fn(|k| c[k].rem_euclid(first[k] * scale))
        };
        let place = |s: &Self, c: [i64; 3]| -> [f64; 3] {
            s.periods.cart(std::array::from_fn(|k| c[k] as f64 / (first[k] * scale) as f64))
        };
        let (from, to) = self.rarest();
        let few = to - from <= MAX_ANCHORED;
        boxes.retain(|b| {
            if !few || self.buffers.steps() > limit {
                return true;
            }
            let centre = place(self, b.map(|x| x * scale + scale / 2));
            let edges = first.map(|n| n as f64);
            let radius: f64 = (0..3).map(|k| 0.5 * lengths[k] / edges[k]).sum();
            self.is_near_an_anchor(centre, radius, best)
        });
        for level in 0..=MAX_LEVEL {
            let size = scale >> level;
            let edges: [[f64; 3]; 3] = std::array::from_fn(|k| {
                self.period_vectors[k].map(|x| x * size as f64 / (first[k] * scale) as f64)
            });
            let half = |c: [usize; 3]| -> f64 {
                let v: [f64; 3] = std::array::from_fn(|m| {
                    (0..3).map(|k| edges[k][m] * (c[k] as f64 - 0.5)).sum()
                });
                dot(v, v)
            };
            let mut next = Vec::new();
            for b in &boxes {
                if self.buffers.steps() > limit {
                    return ((best < budget).then_some(best), false);
                }
                if self.survives(*b, size, &mut best, &mut corners, &key, &place, &half) {
                    for n in 0..8 {
                        next.push([2 * b[0] + n / 4, 2 * b[1] + n / 2 % 2, 2 * b[2] + n % 2]);
                    }
                }
            }
            boxes = next;
            if boxes.is_empty() {
                break;
            }
        }
        ((best < budget).then_some(best), true)
    }

    /// Whether a box may hold something better than `best`, which it updates.
    #[expect(clippy::too_many_arguments, reason = "the state of one search, in pieces that borrow")]
    fn survives(
        &mut self,
        b: [i64; 3],
        size: i64,
        best: &mut f64,
        corners: &mut HashMap<[i64; 3], Corner>,
        key: &impl Fn([i64; 3]) -> [i64; 3],
        place: &impl Fn(&Self, [i64; 3]) -> [f64; 3],
        half: &impl Fn([usize; 3]) -> f64,
    ) -> bool {
        let corner = |n: usize| [n / 4, n / 2 % 2, n % 2];
        let at = |n: usize| -> [i64; 3] {
            let c = corner(n);
            std::array::from_fn(|k| (b[k] + c[k] as i64) * size)
        };
        for wants_exact in [false, true] {
            let mut open = false;
            for n in 0..8 {
                let c = at(n);
                let threshold = *best - GAP + half(corner(n));
                let mut known = corners.get(&key(c)).copied();
                if known.is_none() {
                    let value = self.relaxed(place(self, c));
                    known = Some(*corners.entry(key(c)).or_insert(Corner { value, exact: false }));
                }
                if wants_exact
                    && let Some(k) = known
                    && !k.exact
                    && k.value < threshold
                {
                    let t = place(self, c);
                    let value = self.paired(t);
                    corners.insert(key(c), Corner { value, exact: true });
                    known = Some(Corner { value, exact: true });
                    self.improve(t, best);
                }
                open |= known.is_some_and(|k| k.value < *best - GAP + half(corner(n)));
            }
            if !open {
                return false;
            }
        }
        let centre = place(self, std::array::from_fn(|k| 2 * b[k] + 1).map(|x: i64| x * size / 2));
        let inside = |(middle, radius): &([f64; 3], f64)| {
            let d = self.image(centre, *middle);
            (0..8).all(|n| {
                let c = place(self, at(n));
                let v = self.basis.cart(std::array::from_fn(|k| d[k] + c[k] - centre[k]));
                dot(v, v) <= radius * radius
            })
        };
        !self.balls.iter().any(inside)
    }
}
