//! Lattice translations, shorter ones first.
#![expect(
    clippy::inline_always,
    reason = "the kernel must be inlined into the functions compiled for each vector width"
)]

use super::registers::{Kernel, Registers, run};
use super::shells::Shells;
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
    /// Length of the shortest of these and of all later ones, Å.
    pub(super) nearest: f64,
}

/// No translation at all.
const FAR: Block = Block {
    x: [f64::INFINITY; LANES],
    y: [f64::INFINITY; LANES],
    z: [f64::INFINITY; LANES],
    nearest: f64::INFINITY,
};

impl Block {
    /// Puts a translation at a place, and keeps the smallest square of a length in `nearest`.
    fn put(&mut self, place: usize, t: [f64; 3], t2: f64) {
        [self.x[place], self.y[place], self.z[place]] = t;
        self.nearest = self.nearest.min(t2);
    }
}

/// All translations of a lattice up to a length, shorter ones first by and large; the zero translation is the very first.
#[derive(Debug, Default)]
pub(super) struct Translations {
    blocks: Vec<Block>,
    /// One of each pair of opposite ones, and squares of their lengths, before they are put in order.
    vectors: Vec<[f64; 3]>,
    squares: Vec<f64>,
    order: Vec<u32>,
    shells: Shells,
    /// Length up to which the list is complete, Å.
    reach: f64,
}

impl Translations {
    /// Forgets the lattice.
    pub(super) fn clear(&mut self) {
        self.reach = -1.0;
    }

    /// Length up to which the list is complete, Å.
    pub(super) fn reach(&self) -> f64 {
        self.reach
    }

    /// Lists the translations up to a length.
    pub(super) fn list(&mut self, basis: &Basis, reach: f64) -> Result<(), MetricError> {
        run(List { translations: self, basis, reach })
    }

    #[inline(always)]
    fn fill(&mut self, basis: &Basis, reach: f64) -> Result<(), MetricError> {
        // A hair more, so that rounding leaves nothing out.
        let r2 = reach * reach * (1.0 + 1e-9);
        self.find(basis, reach, r2)?;
        let Self { blocks, vectors, squares, order, shells, .. } = self;
        shells.order(squares, r2, squares.len() + 1, order);
        blocks.clear();
        blocks.resize((2 * order.len() + 1).div_ceil(LANES), FAR);
        blocks[0].put(0, [0.0; 3], 0.0);
        for (i, pair) in order.iter().enumerate() {
            let (t, t2) = (vectors[*pair as usize], squares[*pair as usize]);
            for (place, t) in [(2 * i + 1, t), (2 * i + 2, [-t[0], -t[1], -t[2]])] {
                blocks[place / LANES].put(place % LANES, t, t2);
            }
        }
        let mut nearest = f64::INFINITY;
        for block in blocks.iter_mut().rev() {
            nearest = nearest.min(block.nearest);
            block.nearest = nearest.sqrt();
        }
        self.reach = reach;
        Ok(())
    }

    /// Fills `vectors` and `squares`.
    #[inline(always)]
    fn find(&mut self, basis: &Basis, reach: f64, r2: f64) -> Result<(), MetricError> {
        let too_many = MetricError::TooLarge { what: "lattice translations", limit: LIMIT as u64 };
        let top = basis.reciprocal_lengths().map(|x| reach * x * (1.0 + 1e-9));
        if !(top[0] * top[1] <= LIMIT as f64 && top.iter().all(|n| *n <= LIMIT as f64)) {
            return Err(too_many);
        }
        let [ti, tj, tk] = top.map(|n| n as i32);
        let [a, b, c] = basis.0;
        let dot = |u: [f64; 3], v: [f64; 3]| u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
        let inverse = 1.0 / dot(c, c);
        self.vectors.clear();
        self.squares.clear();
        for i in 0..=ti {
            for j in if i == 0 { 0..=tj } else { -tj..=tj } {
                let (fi, fj) = (f64::from(i), f64::from(j));
                let base: [f64; 3] = std::array::from_fn(|k| fi * a[k] + fj * b[k]);
                // Along c, the translations inside form an interval around the foot of the perpendicular.
                let along = -dot(base, c);
                let foot = along * inverse;
                let rest = dot(base, base) - foot * along;
                if rest > r2 * (1.0 + 1e-6) {
                    continue;
                }
                let half = ((r2 - rest).max(0.0) * inverse).sqrt();
                // Rounded towards zero, and then a step outwards.
                let low = ((foot - half) as i32 - 1).max(if (i, j) == (0, 0) { 1 } else { -tk });
                let high = ((foot + half) as i32 + 1).min(tk);
                for k in low..=high {
                    let fk = f64::from(k);
                    let t: [f64; 3] = std::array::from_fn(|m| base[m] + fk * c[m]);
                    let t2 = dot(t, t);
                    if t2 <= r2 {
                        self.vectors.push(t);
                        self.squares.push(t2);
                    }
                }
                if 2 * self.vectors.len() > LIMIT {
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

/// Makes a list.
struct List<'a> {
    translations: &'a mut Translations,
    basis: &'a Basis,
    reach: f64,
}

impl Kernel for List<'_> {
    type Output = Result<(), MetricError>;

    #[inline(always)]
    fn run(self, _: impl Registers) -> Self::Output {
        self.translations.fill(self.basis, self.reach)
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
        list.list(&basis, 3.0).unwrap();
        let all =
            (-3..=3).flat_map(|i| (-3..=3).flat_map(move |j| (-3..=3).map(move |k| (i, j, k))));
        let inside = all.filter(|(i, j, k)| i * i + j * j + k * k <= 9).count();
        assert_eq!(2 * list.vectors.len() + 1, inside);
        let blocks = list.blocks();
        let listed = blocks.iter().flat_map(|block| block.x).filter(|x| x.is_finite()).count();
        assert_eq!(listed, inside);
        assert!(list.blocks[0].nearest.abs() < 1e-15);
        assert!(blocks.windows(2).all(|w| w[0].nearest <= w[1].nearest));
    }

    #[test]
    fn a_sphere_of_too_many_is_refused() {
        let basis = Basis([[1e-3, 0.0, 0.0], [0.0, 1e-3, 0.0], [0.0, 0.0, 1e-3]]);
        let mut list = Translations::default();
        list.clear();
        let e = list.list(&basis, 10.0).unwrap_err();
        assert!(matches!(e, MetricError::TooLarge { .. }), "{e}");
    }
}
