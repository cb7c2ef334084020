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

/// Largest index along each axis.
#[inline(always)]
pub(crate) fn index_limits(
    bounds: IndexBounds,
    metric: &Matrix3<f64>,
    reciprocal_metric: &Matrix3<f64>,
    g_max: f64,
    wavelength: f64,
) -> Result<[i32; 3], ForwardError> {
    let limits: [f64; 3] = std::array::from_fn(|i| match bounds {
        IndexBounds::Structsnap => (g_max / reciprocal_metric[(i, i)].sqrt()).round_ties_even(),
        // |h| = |g . a| <= |g| |a|, and |g| < 2/lambda.
        IndexBounds::Complete => (2.0 / wavelength * metric[(i, i)].sqrt()).floor(),
    });
    let count = limits.iter().map(|n| 2.0 * n + 1.0).product::<f64>() / 2.0;
    if count > MAX_CANDIDATES || !count.is_finite() {
        return Err(ForwardError::TooManyReflections { count, limit: MAX_CANDIDATES });
    }
    Ok(limits.map(|n| n as i32))
}

/// Fills `list` with the half sphere of indices within `limits` for which `keep` holds of (hkl, g^2).
pub(crate) fn fill(
    list: &mut ReflectionList,
    limits: [i32; 3],
    metric: &[f64; 6],
    mut keep: impl FnMut([i32; 3], f64) -> Result<bool, ForwardError>,
) -> Result<(), ForwardError> {
    list.hkl.clear();
    let [nh, nk, nl] = limits;
    for h in 0..=nh {
        for k in if h == 0 { 0 } else { -nk }..=nk {
            for l in if h == 0 && k == 0 { 1 } else { -nl }..=nl {
                let hkl = [h, k, l];
                if keep(hkl, g_squared(metric, hkl))? {
                    list.hkl.push(hkl);
                }
            }
        }
    }
    Ok(())
}

/// The shell of g^2 that [`fill_shell`] lists: above the first, below the second, 1/Å^2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shell {
    pub(crate) above: f64,
    pub(crate) below: f64,
}

/// Fills `list` with the half sphere of indices within `limits` that lie in a shell: as [`fill`], but each row of l is bounded
/// by the roots of g^2(l), so that what is far outside costs nothing.
#[inline(always)]
pub(crate) fn fill_shell(
    list: &mut ReflectionList,
    limits: [i32; 3],
    metric: &[f64; 6],
    shell: Shell,
) {
    list.hkl.clear();
    let [nh, nk, nl] = limits;
    let inverse = 0.5 / metric[2];
    for h in 0..=nh {
        for k in if h == 0 { 0 } else { -nk }..=nk {
            let at = |l: i32| g_squared(metric, [h, k, l]);
            let (x, y) = (f64::from(h), f64::from(k));
            let half = y * metric[3] + x * metric[4];
            let across = x * x * metric[0] + y * y * metric[1] + 2.0 * x * y * metric[5];
            let discriminant = 4.0 * (half * half - metric[2] * (across - shell.below));
            if discriminant < 0.0 {
                continue;
            }
            let (middle, reach) = (-2.0 * half * inverse, discriminant.sqrt() * inverse);
            // The roots are rounded: look one index farther, and let g^2 itself decide.
            let mut first = (((middle - reach).ceil() - 1.0) as i32).max(-nl);
            let mut last = (((middle + reach).floor() + 1.0) as i32).min(nl);
            if h == 0 && k == 0 {
                first = first.max(1);
            }
            while first <= last && at(first) >= shell.below {
                first += 1;
            }
            while first <= last && at(last) >= shell.below {
                last -= 1;
            }
            let closest = across - half * half * 2.0 * inverse;
            if closest > shell.above {
                list.hkl.extend((first..=last).map(|l| [h, k, l]));
            } else {
                list.hkl.extend((first..=last).filter(|&l| at(l) > shell.above).map(|l| [h, k, l]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::{CellParameters, Lattice};

    #[test]
    fn rows_between_roots_are_what_a_search_of_the_box_finds() {
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
                let (mut quick, mut slow) = (ReflectionList::default(), ReflectionList::default());
                fill_shell(&mut quick, [4, 5, 6], &metric, shell);
                fill(&mut slow, [4, 5, 6], &metric, |_, g2| {
                    Ok(g2 > shell.above && g2 < shell.below)
                })
                .unwrap();
                assert!(slow.n_pairs() > 3, "{p:?}");
                assert_eq!(quick, slow, "{p:?}");
            }
        }
    }
}
