//! Lattice translations in the order of their lengths.

use crate::MetricError;
use braggscape_crystal::reduction::Basis;

/// Translations side by side.
pub(super) const LANES: usize = 8;

/// Translations that a search accepts. The sphere of 10,000 neighbours of a lattice holds some 10,000.
const LIMIT: usize = 20_000_000;

/// Eight translations; those beyond the last are infinitely far away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) x: [f64; LANES],
    pub(super) y: [f64; LANES],
    pub(super) z: [f64; LANES],
    /// Length of the shortest, Å.
    pub(super) nearest: f64,
}

/// All translations of a lattice up to a length, shortest first; the zero translation is the first.
#[derive(Debug, Default)]
pub(super) struct Translations {
    blocks: Vec<Block>,
    /// Lengths squared and vectors, before they are put in order.
    found: Vec<(f64, [f64; 3])>,
    /// Length up to which the list is complete, Å.
    reach: f64,
}

impl Translations {
    /// Forgets the lattice.
    pub(super) fn clear(&mut self) {
        self.reach = -1.0;
    }

    /// Completes the list up to a length.
    pub(super) fn extend(&mut self, basis: &Basis, reach: f64) -> Result<(), MetricError> {
        if reach <= self.reach {
            return Ok(());
        }
        self.find(basis, reach)?;
        self.found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        self.blocks.clear();
        self.blocks.extend(self.found.chunks(LANES).map(|chunk| {
            let axis = |k: usize| {
                std::array::from_fn(|i| chunk.get(i).map_or(f64::INFINITY, |(_, t)| t[k]))
            };
            Block { x: axis(0), y: axis(1), z: axis(2), nearest: chunk[0].0.sqrt() }
        }));
        self.reach = reach;
        Ok(())
    }

    /// Fills `found`, in the order of the indices.
    fn find(&mut self, basis: &Basis, reach: f64) -> Result<(), MetricError> {
        let too_many = MetricError::TooLarge { what: "lattice translations", limit: LIMIT as u64 };
        // A hair more, so that rounding leaves nothing out.
        let r2 = reach * reach * (1.0 + 1e-9);
        let top = basis.reciprocal_lengths().map(|x| (reach * x * (1.0 + 1e-9)).floor());
        if !(top[0] * top[1] <= LIMIT as f64 && top[2] <= LIMIT as f64) {
            return Err(too_many);
        }
        let [a, b, c] = basis.0;
        let dot = |u: [f64; 3], v: [f64; 3]| u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
        let cc = dot(c, c);
        self.found.clear();
        let (ti, tj, tk) = (top[0] as i32, top[1] as i32, top[2] as i32);
        for i in -ti..=ti {
            for j in -tj..=tj {
                let (fi, fj) = (f64::from(i), f64::from(j));
                let base: [f64; 3] = std::array::from_fn(|k| fi * a[k] + fj * b[k]);
                // Along c, the translations inside form an interval around the foot of the perpendicular.
                let foot = -dot(base, c) / cc;
                let rest = dot(base, base) - foot * foot * cc;
                if rest > r2 + 1e-6 * r2 {
                    continue;
                }
                let half = ((r2 - rest).max(0.0) / cc).sqrt();
                let low = ((foot - half).floor() as i32).max(-tk - 1);
                let high = ((foot + half).ceil() as i32).min(tk + 1);
                for k in low..=high {
                    let fk = f64::from(k);
                    let t: [f64; 3] = std::array::from_fn(|m| base[m] + fk * c[m]);
                    let t2 = dot(t, t);
                    if t2 <= r2 {
                        self.found.push((t2, t));
                    }
                }
                if self.found.len() > LIMIT {
                    return Err(too_many);
                }
            }
        }
        Ok(())
    }

    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sphere_of_a_skewed_lattice_is_complete() {
        // A cubic lattice of edge 1, badly described; points up to distance 3 by trying all indices of the cube.
        let basis = Basis([[1.0, 0.0, 0.0], [2.0, 1.0, 0.0], [-1.0, 3.0, 1.0]]);
        let mut list = Translations::default();
        list.clear();
        list.extend(&basis, 3.0).unwrap();
        let all =
            (-3..=3).flat_map(|i| (-3..=3).flat_map(move |j| (-3..=3).map(move |k| (i, j, k))));
        let inside = all.filter(|(i, j, k)| i * i + j * j + k * k <= 9).count();
        assert_eq!(list.found.len(), inside);
        assert!(list.blocks[0].nearest.abs() < 1e-15);
        let blocks = list.blocks();
        assert!(blocks.windows(2).all(|w| w[0].nearest <= w[1].nearest));
    }

    #[test]
    fn a_sphere_of_too_many_is_refused() {
        let basis = Basis([[1e-3, 0.0, 0.0], [0.0, 1e-3, 0.0], [0.0, 0.0, 1e-3]]);
        let mut list = Translations::default();
        list.clear();
        let e = list.extend(&basis, 10.0).unwrap_err();
        assert!(matches!(e, MetricError::TooLarge { .. }), "{e}");
    }
}
