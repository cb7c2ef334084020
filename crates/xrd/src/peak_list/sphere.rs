//! Half of the reciprocal-lattice points in a spherical shell.

use crate::ForwardError;
use braggscape_crystal::Lattice;

/// Most Friedel pairs, and most rows of them, that are listed.
const MAX_PAIRS: f64 = 2e7;

/// Of each Friedel pair in a shell the member whose first index that is not 0 is positive; descending in h, then k, then l.
#[derive(Debug, Clone, Default)]
pub(super) struct HalfSphere {
    pub(super) hkl: Vec<[i32; 3]>,
    /// |g| of each, 1/Å.
    pub(super) g: Vec<f64>,
    /// Reflections that differ in l alone, in steps of -1, one after the other.
    pub(super) runs: Vec<Run>,
    /// Largest |h|, |k|, |l|.
    pub(super) limits: [i32; 3],
}

/// Reflections h k l, h k l-1, ..
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// Indices of the first.
    pub(super) hkl: [i32; 3],
    /// Place of the first in the list.
    pub(super) start: usize,
    /// Number of reflections.
    pub(super) len: usize,
}

/// How much farther than its radius a sphere reaches, 1/Å: points on the surface to rounding are in.
const EDGE: f64 = 1e-12;

impl HalfSphere {
    /// Lists the points with `g_min` <= g <= `g_max` (to rounding) and g < `g_limit`.
    ///
    /// In the frame e1 along c*, e3 along a, the vector g of hkl has the components r11 l + r12 k + r13 h, r22 k + r23 h and
    /// r33 h, which bounds h, then k, then l exactly, however skewed the cell.
    pub(super) fn list(
        &mut self,
        lattice: &Lattice,
        g_min: f64,
        g_max: f64,
        g_limit: f64,
    ) -> Result<(), ForwardError> {
        self.hkl.clear();
        self.g.clear();
        self.runs.clear();
        self.limits = [0; 3];
        let reciprocal = lattice.reciprocal();
        let [a, b, c]: [_; 3] = std::array::from_fn(|i| reciprocal.column(i).into_owned());
        let e1 = c.normalize();
        let e3 = lattice.vector(0).normalize();
        let e2 = e3.cross(&e1);
        let (r11, r12, r13) = (c.dot(&e1), b.dot(&e1), a.dot(&e1));
        let (r22, r23, r33) = (b.dot(&e2), a.dot(&e2), a.dot(&e3));
        let reach = g_max + EDGE;
        let reach2 = reach * reach;
        // Pairs in the half ball, rows in the half disc, the largest index.
        let rows = std::f64::consts::FRAC_PI_2 * reach2 / (r22 * r33).abs();
        let pairs = 2.0 / 3.0 * std::f64::consts::PI * reach2 * reach * lattice.volume();
        let longest = lattice.lengths().into_iter().fold(0.0, f64::max);
        let most = pairs.max(rows).max(reach * longest);
        if most > MAX_PAIRS || !most.is_finite() {
            return Err(ForwardError::TooManyReflections { count: most, limit: MAX_PAIRS });
        }
        let (per_k, per_l) = (1.0 / r22, 1.0 / r11);
        self.hkl.reserve(pairs as usize + 16);
        self.g.reserve(pairs as usize + 16);
        for h in (0..=(reach / r33.abs()) as i32).rev() {
            let x = f64::from(h);
            let g3 = r33 * x;
            let left = (reach2 - g3 * g3).max(0.0);
            let (first, last) = integers(per_k, r23 * x, left.sqrt());
            let first = if h == 0 { 0 } else { first };
            for k in (first..=last).rev() {
                let y = f64::from(k);
                let g2 = r22 * y + r23 * x;
                let across = g2 * g2 + g3 * g3;
                let offset = r12 * y + r13 * x;
                let (first, last) = integers(per_l, offset, (reach2 - across).max(0.0).sqrt());
                let first = if h == 0 && k == 0 { 1 } else { first };
                let mut run = Run { hkl: [h, k, last], start: self.g.len(), len: 0 };
                for l in (first..=last).rev() {
                    let g1 = r11 * f64::from(l) + offset;
                    let g = (g1 * g1 + across).sqrt();
                    if g >= g_min && g < g_limit - EDGE {
                        self.hkl.push([h, k, l]);
                        self.g.push(g);
                        run.len += 1;
                    } else {
                        self.push(run);
                        run = Run { hkl: [h, k, l - 1], start: self.g.len(), len: 0 };
                    }
                }
                self.push(run);
            }
        }
        Ok(())
    }

    fn push(&mut self, run: Run) {
        if run.len == 0 {
            return;
        }
        self.runs.push(run);
        let [h, k, l] = run.hkl;
        let lowest = l - run.len as i32 + 1;
        let [hs, ks, ls] = self.limits;
        self.limits = [hs.max(h), ks.max(k.abs()), ls.max(l.abs()).max(lowest.abs())];
    }
}

/// The smallest and the largest integer n with |n + offset per| <= reach |per|, to rounding, which is far below [`EDGE`].
fn integers(per: f64, offset: f64, reach: f64) -> (i32, i32) {
    let (centre, half) = (-offset * per, reach * per.abs());
    let (lo, hi) = (centre - half, centre + half);
    // Casts cut towards 0. This is ceil and floor without a call where the instruction set lacks them.
    let (first, last) = (lo as i32, hi as i32);
    (first + i32::from(f64::from(first) < lo), last - i32::from(f64::from(last) > hi))
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::CellParameters;

    #[test]
    fn the_half_sphere_is_what_a_search_of_a_large_box_finds() {
        let mut found = HalfSphere::default();
        for p in [
            [4.0, 5.0, 6.0, 80.0, 95.0, 110.0],
            [3.0, 3.0, 3.0, 60.0, 60.0, 60.0],
            [2.5, 9.0, 4.0, 35.0, 90.0, 61.0],
        ] {
            let lattice = Lattice::from_parameters(&CellParameters::from_array(p)).unwrap();
            found.list(&lattice, 0.4, 1.1, 2.0).unwrap();
            let inverse = lattice.inverse();
            let mut expected = Vec::new();
            for h in (0..=20).rev() {
                for k in (-20..=20).rev() {
                    for l in (-20..=20).rev() {
                        let v = nalgebra::RowVector3::new(h, k, l).map(f64::from) * inverse;
                        if [h, k, l] > [0; 3] && v.norm() >= 0.4 && v.norm() <= 1.1 {
                            expected.push(([h, k, l], v.norm()));
                        }
                    }
                }
            }
            assert_eq!(found.hkl, expected.iter().map(|e| e.0).collect::<Vec<_>>());
            let in_runs = found.runs.iter().flat_map(|run| {
                let [h, k, l] = run.hkl;
                (l - run.len as i32 + 1..=l).rev().map(move |l| [h, k, l])
            });
            assert_eq!(in_runs.collect::<Vec<_>>(), found.hkl);
            assert!(found.runs.iter().all(|run| found.hkl[run.start] == run.hkl));
            for (g, (_, norm)) in found.g.iter().zip(&expected) {
                assert!((g - norm).abs() < 1e-13);
            }
        }
    }

    #[test]
    fn an_endless_list_is_refused() {
        let p = CellParameters::new(4000.0, 4000.0, 4000.0, 90.0, 90.0, 90.0);
        let lattice = Lattice::from_parameters(&p).unwrap();
        let e = HalfSphere::default().list(&lattice, 0.0, 1.0, 2.0).unwrap_err();
        assert!(matches!(e, ForwardError::TooManyReflections { .. }), "{e}");
    }
}
