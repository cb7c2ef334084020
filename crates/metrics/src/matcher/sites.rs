//! Sites of two crystals in one basis: coarse agreement, then distances after the best pairing.

use super::search::Side;
use braggscape_crystal::Assignment;
use braggscape_crystal::reduction::{Basis, LatticeMapping, Lll};

/// Difference of `x` to the nearest whole number, exact for |x| < 2^51.
fn centred(x: f64) -> f64 {
    // Adding and subtracting 1.5 * 2^52 rounds half to even without a call.
    const SHIFT: f64 = 6755399441055744.0;
    x - ((x + SHIFT) - SHIFT)
}

/// Steps that a pair of sites counts for, and those that a search among 27 images adds.
const PAIR_STEPS: u64 = 4;
const IMAGE_STEPS: u64 = 30;

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Which sites may pair with which, fixed over the search.
pub(super) struct Layout {
    /// Fractional coordinates of the side that is laid on the other, and of that other, in the order of `blocks`.
    source: Vec<[f64; 3]>,
    target: Vec<[f64; 3]>,
    /// Source cells in one target cell.
    form_units: usize,
    /// Whether the source is the first structure.
    source_is_first: bool,
    /// Ranges of sites of one class, the same on both sides.
    blocks: Vec<(usize, usize)>,
    /// Sites of the first structure onto which the chosen site of the second is moved.
    translations: Vec<usize>,
    /// The chosen site of the second structure: the first one of the class that is rarest in the first.
    anchor: usize,
}

/// Indices of the sites sorted by class, stable.
fn order_by_class(class: &[u32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..class.len()).collect();
    order.sort_by_key(|i| class[*i]);
    order
}

impl Layout {
    /// `None` if the numbers of sites of some class differ.
    pub(super) fn new(
        first: &Side,
        second: &Side,
        form_units: usize,
        expand_first: bool,
    ) -> Option<Self> {
        let (source, target) = if expand_first { (first, second) } else { (second, first) };
        if source.class.len() * form_units != target.class.len() {
            return None;
        }
        let (so, to) = (order_by_class(&source.class), order_by_class(&target.class));
        let expanded = |i: usize| source.class[so[i / form_units]];
        if (0..target.class.len()).any(|i| expanded(i) != target.class[to[i]]) {
            return None;
        }
        let n = target.class.len();
        let mut blocks: Vec<(usize, usize)> = Vec::new();
        for i in 0..n {
            match blocks.last_mut() {
                Some(b) if expanded(b.0) == expanded(i) => b.1 = i + 1,
                _ => blocks.push((i, i + 1)),
            }
        }
        // The first site of the second structure, in its own order, of the rarest class.
        let order_of_second = if expand_first { &to } else { &so };
        let position = |i: usize| {
            // Own index in the order of the structure, expanded sites counted after their original.
            if expand_first {
                order_of_second[i]
            } else {
                order_of_second[i / form_units] * form_units
            }
        };
        let smallest = blocks.iter().map(|b| b.1 - b.0).min()?;
        let block = *blocks
            .iter()
            .filter(|b| b.1 - b.0 == smallest)
            .min_by_key(|b| (b.0..b.1).map(position).min())?;
        let anchor = (block.0..block.1).min_by_key(|i| position(*i))?;
        let step = if expand_first { form_units } else { 1 };
        let translations = (block.0..block.1).step_by(step).collect();
        Some(Self {
            source: so.iter().map(|i| source.frac[*i]).collect(),
            target: to.iter().map(|i| target.frac[*i]).collect(),
            form_units,
            source_is_first: expand_first,
            blocks,
            translations,
            anchor,
        })
    }

    pub(super) fn n_sites(&self) -> usize {
        self.target.len()
    }

    pub(super) fn n_translations(&self) -> usize {
        self.translations.len()
    }
}

/// The metric of the averaged cell in its LLL basis.
#[derive(Debug, Clone, Copy)]
struct Metric {
    to_lll: [[f64; 3]; 3],
    basis: Basis,
    /// Below this squared length a vector is the shortest of its class modulo the lattice.
    safe: f64,
}

/// One placement of the second structure on the first, with buffers that live as long as the search.
pub(super) struct Placement<'a> {
    layout: &'a Layout,
    /// Source sites in the candidate basis.
    source: Vec<[f64; 3]>,
    /// Translation of the second structure.
    shift: [f64; 3],
    metric: Metric,
    first_lll: Vec<[f64; 3]>,
    second_lll: Vec<[f64; 3]>,
    cost: Vec<f64>,
    vectors: Vec<[f64; 3]>,
    chosen: Vec<[f64; 3]>,
    assignment: Assignment,
    steps: u64,
}

impl<'a> Placement<'a> {
    pub(super) fn new(layout: &'a Layout) -> Self {
        Self {
            layout,
            source: Vec::with_capacity(layout.n_sites()),
            shift: [0.0; 3],
            metric: Metric { to_lll: [[0.0; 3]; 3], basis: Basis([[0.0; 3]; 3]), safe: 0.0 },
            first_lll: Vec::new(),
            second_lll: Vec::new(),
            cost: Vec::new(),
            vectors: Vec::new(),
            chosen: Vec::with_capacity(layout.n_sites()),
            assignment: Assignment::default(),
            steps: 0,
        }
    }

    /// Steps done so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps + self.assignment.steps()
    }

    /// Expresses the source sites in a candidate basis, with all their copies inside it.
    pub(super) fn set_source(&mut self, mapping: &LatticeMapping) {
        let m = Basis(mapping.indices.map(|row| row.map(f64::from)));
        let inverse = Basis(m.inverse());
        self.source.clear();
        if self.layout.form_units == 1 {
            self.source.extend(self.layout.source.iter().map(|f| inverse.cart(*f)));
            return;
        }
        let copies = lattice_points_inside(mapping.indices, &inverse);
        for f in &self.layout.source {
            let f = inverse.cart(*f);
            self.source.extend(copies.iter().map(|c| [f[0] + c[0], f[1] + c[1], f[2] + c[2]]));
        }
    }

    /// Sites of the first and second structure.
    fn sides(&self) -> (&[[f64; 3]], &[[f64; 3]]) {
        let (s, t) = (self.source.as_slice(), self.layout.target.as_slice());
        if self.layout.source_is_first { (s, t) } else { (t, s) }
    }

    /// Moves the chosen site of the second structure onto a site of the first; `true` if then every site of the second is
    /// within `near` of one of its class, component by component.
    pub(super) fn translate(&mut self, at: usize, near: [f64; 3]) -> bool {
        let (first, second) = self.sides();
        let (p, q) = (first[self.layout.translations[at]], second[self.layout.anchor]);
        let shift = [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
        let mut steps = 0;
        let fits = self.layout.blocks.iter().all(|&(from, to)| {
            let candidates = &first[from..to];
            second[from..to].iter().all(|f| {
                let moved = [f[0] + shift[0], f[1] + shift[1], f[2] + shift[2]];
                let hit = candidates
                    .iter()
                    .position(|g| (0..3).all(|k| centred(moved[k] - g[k]).abs() <= near[k]));
                steps += hit.unwrap_or(candidates.len()) as u64 + 1;
                hit.is_some()
            })
        });
        self.steps += steps;
        self.shift = shift;
        fits
    }

    /// Sets the averaged cell in which distances are measured.
    pub(super) fn set_metric(&mut self, reduced: &Lll) {
        // No lattice vector is shorter than the shortest Gram-Schmidt vector of any basis.
        let rows = reduced.basis.0;
        let n0 = dot(rows[0], rows[0]);
        let u = dot(rows[1], rows[0]) / n0;
        let b1: [f64; 3] = std::array::from_fn(|k| rows[1][k] - u * rows[0][k]);
        let n1 = dot(b1, b1);
        let n2 = reduced.basis.volume().powi(2) / (n0 * n1);
        let shortest = n0.min(n1).min(n2);
        self.metric = Metric {
            to_lll: reduced.inverse_mapping(),
            basis: reduced.basis,
            safe: 0.249 * shortest,
        };
        let to_lll = Basis(self.metric.to_lll);
        let mut buffer = std::mem::take(&mut self.first_lll);
        buffer.clear();
        buffer.extend(self.sides().0.iter().map(|f| to_lll.cart(*f).map(|x| x - x.floor())));
        self.first_lll = buffer;
    }

    /// Shortest vector between two wrapped positions, and its squared length.
    fn shortest_vector(&self, from: [f64; 3], to: [f64; 3]) -> ([f64; 3], f64) {
        let raw = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
        let basis = &self.metric.basis;
        let v = basis.cart(raw.map(centred));
        let d2 = dot(v, v);
        if d2 <= self.metric.safe {
            return (v, d2);
        }
        // Wrapped positions are compared, image by image: exact ties end as in pymatgen wherever rounding allows.
        let (p, q) = (basis.cart(from), basis.cart(to));
        let pre = [q[0] - p[0], q[1] - p[1], q[2] - p[2]];
        let (mut best, mut best_d2) = (pre, f64::INFINITY);
        for i in [-1.0, 0.0, 1.0] {
            for j in [-1.0, 0.0, 1.0] {
                for k in [-1.0, 0.0, 1.0] {
                    let image = basis.cart([i, j, k]);
                    let w = [pre[0] + image[0], pre[1] + image[1], pre[2] + image[2]];
                    let d2 = dot(w, w);
                    if d2 < best_d2 {
                        (best, best_d2) = (w, d2);
                    }
                }
            }
        }
        (best, best_d2)
    }

    /// Root mean square and largest distance (Å) of the paired sites after the mean shift is removed; `None` if some site has
    /// no partner within `near`, component by component in the LLL basis.
    pub(super) fn distances(&mut self, near: [f64; 3]) -> Option<(f64, f64)> {
        let to_lll = Basis(self.metric.to_lll);
        let shift = self.shift;
        let mut buffer = std::mem::take(&mut self.second_lll);
        buffer.clear();
        buffer.extend(self.sides().1.iter().map(|f| {
            to_lll.cart([f[0] + shift[0], f[1] + shift[1], f[2] + shift[2]]).map(|x| x - x.floor())
        }));
        self.second_lll = buffer;
        self.chosen.clear();
        for &(from, to) in &self.layout.blocks {
            let n = to - from;
            self.cost.clear();
            self.vectors.clear();
            let mut far = 0_u64;
            for p in &self.second_lll[from..to] {
                for q in &self.first_lll[from..to] {
                    if (0..3).any(|k| centred(q[k] - p[k]).abs() > near[k]) {
                        self.cost.push(f64::INFINITY);
                        self.vectors.push([0.0; 3]);
                    } else {
                        let (v, d2) = self.shortest_vector(*p, *q);
                        far += u64::from(d2 > self.metric.safe);
                        self.cost.push(d2);
                        self.vectors.push(v);
                    }
                }
            }
            self.steps += PAIR_STEPS * (n * n) as u64 + IMAGE_STEPS * far;
            let columns = self.assignment.solve(n, &self.cost)?;
            self.chosen.extend(columns.iter().enumerate().map(|(i, j)| self.vectors[i * n + j]));
        }
        let n = self.chosen.len() as f64;
        let mean: [f64; 3] =
            std::array::from_fn(|k| self.chosen.iter().map(|v| v[k]).sum::<f64>() / n);
        let (mut sum, mut largest) = (0.0, 0.0_f64);
        for v in &self.chosen {
            let d = [v[0] - mean[0], v[1] - mean[1], v[2] - mean[2]];
            let d2 = dot(d, d);
            sum += d2;
            largest = largest.max(d2);
        }
        Some(((sum / n).sqrt(), largest.sqrt()))
    }
}

/// Points of the small lattice inside the large cell with rows `m`, as fractional coordinates of the large cell.
fn lattice_points_inside(m: [[i32; 3]; 3], inverse: &Basis) -> Vec<[f64; 3]> {
    let column = |k: usize| [m[0][k], m[1][k], m[2][k]];
    let low = |k: usize| column(k).iter().map(|x| (*x).min(0)).sum::<i32>();
    let high = |k: usize| column(k).iter().map(|x| (*x).max(0)).sum::<i32>();
    let mut points = Vec::new();
    for i in low(0)..=high(0) {
        for j in low(1)..=high(1) {
            for k in low(2)..=high(2) {
                let f = inverse.cart([f64::from(i), f64::from(j), f64::from(k)]);
                if f.iter().all(|x| (-1e-10..1.0 - 1e-10).contains(x)) {
                    points.push(f);
                }
            }
        }
    }
    points
}
