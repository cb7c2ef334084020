//! Lists of reflections.

use crate::ForwardError;
use nalgebra::Matrix3;
use serde::{Deserialize, Serialize};

/// How far the indices of a reflection list run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexBounds {
    /// |h| <= round(g_max/|a*|) and likewise k, l (half to even), g_max = q_max/2pi, as StructSnap does. Beyond the grid's
    /// end only the corners of this box are kept and, in skewed cells, a few reflections inside the grid are lost. The list
    /// changes in steps with the lattice.
    #[default]
    Structsnap,
    /// Every reflection of the limiting sphere whose profile reaches the grid.
    Complete,
}

/// Half of the reflections of a cell: of each Friedel pair hkl, -h-k-l the one whose first index that is not 0 is positive.
///
/// Ordered by h, then k, then l.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReflectionList {
    pub(crate) hkl: Vec<[i32; 3]>,
}

impl ReflectionList {
    /// The reflections h k l; 000 is not among them.
    pub fn hkl(&self) -> &[[i32; 3]] {
        &self.hkl
    }

    /// Keeps the reflections for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut([i32; 3]) -> bool) {
        self.hkl.retain(|hkl| keep(*hkl));
    }

    /// Number of Friedel pairs.
    pub fn n_pairs(&self) -> usize {
        self.hkl.len()
    }
}

impl From<&Runs> for ReflectionList {
    fn from(runs: &Runs) -> Self {
        Self { hkl: runs.hkl().collect() }
    }
}

/// Most candidate indices that are looked at.
const MAX_CANDIDATES: f64 = 2e7;

/// g^2 = h^T G* h of a reflection, 1/Å^2, with the six components of the reciprocal metric tensor.
#[inline(always)]
pub(crate) fn g_squared(m: &[f64; 6], hkl: [i32; 3]) -> f64 {
    let [h, k, l] = hkl.map(f64::from);
    h * h * m[0] + k * k * m[1] + l * l * m[2] + 2.0 * (k * l * m[3] + h * l * m[4] + h * k * m[5])
}

/// Components 11, 22, 33, 23, 13, 12 of a symmetric matrix.
pub(crate) fn six(m: &Matrix3<f64>) -> [f64; 6] {
    [m[(0, 0)], m[(1, 1)], m[(2, 2)], m[(1, 2)], m[(0, 2)], m[(0, 1)]]
}

/// Scattering angle of q (1/Å), degrees.
pub(crate) fn two_theta(q: f64, wavelength: f64) -> f64 {
    2.0 * libm::asin(q * wavelength / (2.0 * std::f64::consts::TAU)).to_degrees()
}

/// Largest index along each axis: `g_max` is what StructSnap bounds indices by, `farthest` the largest g of any reflection, 1/Å.
#[inline(always)]
pub(crate) fn index_limits(
    bounds: IndexBounds,
    metric: &Matrix3<f64>,
    reciprocal_metric: &Matrix3<f64>,
    g_max: f64,
    farthest: f64,
) -> Result<[i32; 3], ForwardError> {
    let limits: [f64; 3] = std::array::from_fn(|i| match bounds {
        IndexBounds::Structsnap => (g_max / reciprocal_metric[(i, i)].sqrt()).round_ties_even(),
        // |h| = |g . a| <= |g| |a|.
        IndexBounds::Complete => (farthest * metric[(i, i)].sqrt()).floor(),
    });
    let count = limits.iter().map(|n| 2.0 * n + 1.0).product::<f64>() / 2.0;
    if count > MAX_CANDIDATES || !count.is_finite() {
        return Err(ForwardError::TooManyReflections { count, limit: MAX_CANDIDATES });
    }
    Ok(limits.map(|n| n as i32))
}

/// Reflections that follow each other in l.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// Indices of the first.
    pub(crate) hkl: [i32; 3],
    /// Place of the first in the list.
    pub(crate) start: usize,
    /// Number of reflections.
    pub(crate) len: usize,
}

/// A list of reflections as runs along l.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Runs {
    runs: Vec<Run>,
    len: usize,
}

impl Runs {
    pub(crate) fn clear(&mut self) {
        self.runs.clear();
        self.len = 0;
    }

    /// Adds `len` reflections from hkl on.
    #[inline(always)]
    pub(crate) fn push(&mut self, hkl: [i32; 3], len: usize) {
        self.runs.push(Run { hkl, start: self.len, len });
        self.len += len;
    }

    /// Takes over other runs, without allocating where there is room.
    #[inline(always)]
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.runs.clone_from(&other.runs);
        self.len = other.len;
    }

    /// Takes over a list in any order.
    pub(crate) fn set(&mut self, hkl: &[[i32; 3]]) {
        self.clear();
        let mut next = None;
        for &[h, k, l] in hkl {
            match self.runs.last_mut() {
                Some(run) if next == Some([h, k, l]) => {
                    run.len += 1;
                    self.len += 1;
                }
                _ => self.push([h, k, l], 1),
            }
            next = Some([h, k, l + 1]);
        }
    }

    /// Number of reflections.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Run> {
        self.runs.iter()
    }

    /// The reflections one by one.
    pub(crate) fn hkl(&self) -> impl Iterator<Item = [i32; 3]> + '_ {
        self.runs.iter().flat_map(|run| {
            let [h, k, l] = run.hkl;
            (l..l + run.len as i32).map(move |l| [h, k, l])
        })
    }
}

/// Overwrites `out` with the half sphere of indices within `limits` for which `keep` holds of g^2.
pub(crate) fn fill(
    out: &mut Runs,
    limits: [i32; 3],
    metric: &[f64; 6],
    mut keep: impl FnMut(f64) -> Result<bool, ForwardError>,
) -> Result<(), ForwardError> {
    out.clear();
    let [nh, nk, nl] = limits;
    for h in 0..=nh {
        for k in if h == 0 { 0 } else { -nk }..=nk {
            let mut below = None;
            for l in if h == 0 && k == 0 { 1 } else { -nl }..=nl {
                let hkl = [h, k, l];
                if !keep(g_squared(metric, hkl))? {
                    continue;
                }
                match out.runs.last_mut() {
                    Some(run) if below == Some(l) => {
                        run.len += 1;
                        out.len += 1;
                    }
                    _ => out.push(hkl, 1),
                }
                below = Some(l + 1);
            }
        }
    }
    Ok(())
}

/// The shell of g^2 that [`Rows::fill_shell`] lists: above the first, below the second, 1/Å^2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shell {
    pub(crate) above: f64,
    pub(crate) below: f64,
}

/// The rows (h, k) of a box of indices, side by side.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    limits: [i32; 3],
    h: Vec<f64>,
    k: Vec<f64>,
    /// First and last l in the shell, and the least g^2 of the row.
    first: Vec<f64>,
    last: Vec<f64>,
    closest: Vec<f64>,
}

impl Rows {
    #[inline(always)]
    fn set(&mut self, limits: [i32; 3]) {
        if self.limits == limits && !self.h.is_empty() {
            return;
        }
        self.limits = limits;
        let [nh, nk, _] = limits;
        self.h.clear();
        self.k.clear();
        for h in 0..=nh {
            for k in if h == 0 { 0 } else { -nk }..=nk {
                self.h.push(f64::from(h));
                self.k.push(f64::from(k));
            }
        }
        for column in [&mut self.first, &mut self.last, &mut self.closest] {
            column.resize(self.h.len(), 0.0);
        }
    }

    /// Overwrites `out` with the half sphere of indices within `limits` that lie in a shell: as [`fill`], but each row of l is
    /// bounded by the roots of g^2(l), so that what is far outside costs nothing.
    #[inline(always)]
    pub(crate) fn fill_shell(
        &mut self,
        out: &mut Runs,
        limits: [i32; 3],
        metric: &[f64; 6],
        shell: Shell,
    ) {
        self.set(limits);
        let [m11, m22, m33, m23, m13, m12] = *metric;
        let inverse = 1.0 / m33;
        let limit = f64::from(limits[2]);
        let columns = self.first.iter_mut().zip(&mut self.last).zip(&mut self.closest);
        for ((&h, &k), ((first, last), closest)) in self.h.iter().zip(&self.k).zip(columns) {
            let half = k * m23 + h * m13;
            let across = h * h * m11 + k * k * m22 + 2.0 * h * k * m12;
            let discriminant = half * half - m33 * (across - shell.below);
            let middle = -half * inverse;
            let reach = discriminant.max(0.0).sqrt() * inverse;
            // The roots are rounded: g^2 itself decides, as `g_squared` computes it.
            let square = |l: f64| {
                let cross = 2.0 * (k * l * m23 + h * l * m13 + h * k * m12);
                h * h * m11 + k * k * m22 + l * l * m33 + cross
            };
            let low = (middle - reach).ceil();
            let low = if square(low) >= shell.below { low + 1.0 } else { low };
            let low = if square(low - 1.0) < shell.below { low - 1.0 } else { low };
            let high = (middle + reach).floor();
            let high = if square(high) >= shell.below { high - 1.0 } else { high };
            let high = if square(high + 1.0) < shell.below { high + 1.0 } else { high };
            let empty = discriminant < 0.0;
            *first = if empty { 1.0 } else { low.max(-limit) };
            *last = if empty { 0.0 } else { high.min(limit) };
            *closest = across - half * half * inverse;
        }
        out.clear();
        let columns = self.first.iter().zip(&self.last).zip(&self.closest);
        for ((&h, &k), ((&first, &last), &closest)) in self.h.iter().zip(&self.k).zip(columns) {
            // 000 and the Friedel mates of row (0, 0) are left out.
            let first = if h + k.abs() > 0.0 { first } else { first.max(1.0) };
            if first > last {
                continue;
            }
            let hkl = [h as i32, k as i32, first as i32];
            let len = (last - first) as usize + 1;
            if closest > shell.above {
                out.push(hkl, len);
            } else {
                push_above(out, hkl, len, metric, shell.above);
            }
        }
    }
}

/// Adds those of `len` reflections from hkl on that lie above a g^2.
fn push_above(out: &mut Runs, [h, k, l]: [i32; 3], len: usize, metric: &[f64; 6], above: f64) {
    let mut rest = l..l + len as i32;
    let inside = |l: &i32| g_squared(metric, [h, k, *l]) > above;
    while let Some(first) = rest.find(inside) {
        let mut end = first + 1;
        while rest.start < rest.end && inside(&rest.start) {
            rest.start += 1;
            end += 1;
        }
        out.push([h, k, first], (end - first) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::{CellParameters, Lattice};

    #[test]
    fn rows_between_roots_are_what_a_search_of_the_box_finds() {
        let mut rows = Rows::default();
        for (i, p) in [
            [4.0, 5.0, 6.0, 80.0, 95.0, 110.0],
            [3.0, 3.0, 3.0, 60.0, 60.0, 60.0],
            [2.5, 19.0, 4.0, 35.0, 90.0, 61.0],
            [9.0, 2.2, 14.0, 90.0, 118.0, 90.0],
        ]
        .into_iter()
        .enumerate()
        {
            let lattice = Lattice::from_parameters(&CellParameters::from_array(p)).unwrap();
            let inverse = lattice.inverse();
            let metric = six(&(inverse * inverse.transpose()));
            for shell in [
                Shell { above: 0.0, below: 0.9 },
                Shell { above: 0.11, below: 0.9 },
                Shell { above: 0.3, below: 0.4 + 0.1 * i as f64 },
            ] {
                let (mut quick, mut slow) = (Runs::default(), Runs::default());
                rows.fill_shell(&mut quick, [4, 5, 6], &metric, shell);
                fill(&mut slow, [4, 5, 6], &metric, |g2| Ok(g2 > shell.above && g2 < shell.below))
                    .unwrap();
                assert!(slow.len() > 3, "{p:?}");
                assert_eq!(quick, slow, "{p:?}");
                assert_eq!(slow.hkl().count(), slow.len());
            }
        }
    }

    #[test]
    fn runs_follow_l_and_break_at_gaps() {
        let mut runs = Runs::default();
        let list = [[0, 0, 1], [0, 0, 2], [0, 1, -1], [0, 1, 1], [0, 1, 2], [3, -4, 2]];
        runs.set(&list);
        let found: Vec<_> = runs.iter().map(|r| (r.hkl, r.start, r.len)).collect();
        let expected =
            [([0, 0, 1], 0, 2), ([0, 1, -1], 2, 1), ([0, 1, 1], 3, 2), ([3, -4, 2], 5, 1)];
        assert_eq!(found, expected);
        assert_eq!(runs.hkl().collect::<Vec<_>>(), list);
    }
}
