//! Points that see the same crystal: those that a translation or an inversion exchanges.
#![expect(
    clippy::inline_always,
    reason = "the kernel must be inlined into the functions compiled for each vector width"
)]

use super::motif::Motif;
use super::registers::{Kernel, Registers, run};
use super::translations::LANES;

/// Difference of fractional coordinates up to which an image falls on a point: rounding alone, so that rows differ by no more.
const SAME: f64 = 1e-13;

/// Images that are sought for each point of the cell, at most. A bound on the time, beyond which symmetry is left unused.
const IMAGES: usize = 12;

/// Half as much again as 2^52: neighbouring numbers are 1 apart.
const UNITS: f64 = 6_755_399_441_055_744.0;

/// For each point the first one that has the same distances to its neighbours, by symmetry.
///
/// A translation x -> x + v or an inversion x -> v - x that takes every point of the crystal to one of the same element maps the
/// neighbours of a point to those of its image. What is not found is searched for neighbours like any other point.
#[derive(Debug, Default)]
pub(super) struct Twins {
    /// The first point of the class of each.
    first: Vec<u32>,
    /// Points of the class of which each is the first; 0 for others.
    sizes: Vec<u32>,
    image: Vec<u32>,
    is_image: Vec<bool>,
    /// Fractional coordinates of eight points each, axis by axis; behind the last they are no numbers.
    coords: Vec<[[f64; LANES]; 3]>,
}

impl Twins {
    /// Turns to another crystal.
    pub(super) fn find(&mut self, motif: &Motif) {
        self.first.clear();
        self.first.extend(0..motif.len() as u32);
        self.coords.clear();
        self.coords.resize(motif.len().div_ceil(LANES), [[f64::NAN; LANES]; 3]);
        for (axis, list) in motif.frac.iter().enumerate() {
            for (coords, eight) in self.coords.iter_mut().zip(list.chunks(LANES)) {
                coords[axis][..eight.len()].copy_from_slice(eight);
            }
        }
        run(Join { twins: self, motif });
        self.sizes.clear();
        self.sizes.resize(motif.len(), 0);
        for first in &self.first {
            self.sizes[*first as usize] += 1;
        }
    }

    /// Joins classes by what symmetries it finds.
    #[inline(always)]
    fn join(&mut self, motif: &Motif) {
        let n = motif.len();
        let Some(origin) = rarest(motif) else { return };
        let mut left = IMAGES * n;
        let mut inverted = false;
        let here = motif.point(origin);
        for other in 0..n {
            let known = self.first[other] == self.first[origin];
            if motif.elements[other] != motif.elements[origin] || known && other != origin {
                continue;
            }
            let there = motif.point(other);
            if !inverted {
                let v = std::array::from_fn(|k| there[k] + here[k]);
                inverted = self.image(motif, -1.0, v, &mut left);
                if inverted {
                    self.merge();
                }
            }
            if other != origin && self.first[other] != self.first[origin] {
                let v = std::array::from_fn(|k| there[k] - here[k]);
                if self.image(motif, 1.0, v, &mut left) {
                    self.merge();
                }
            }
        }
    }

    /// The number of points whose distances are those of this one, which is the first of them; 0 if it is not.
    pub(super) fn size(&self, point: usize) -> usize {
        self.sizes[point] as usize
    }

    /// Finds the image of every point under x -> sign x + v; false if one has none, or `left` images were sought.
    #[inline(always)]
    fn image(&mut self, motif: &Motif, sign: f64, v: [f64; 3], left: &mut usize) -> bool {
        let n = motif.len();
        self.image.clear();
        self.is_image.clear();
        self.is_image.resize(n, false);
        for i in 0..n {
            if *left == 0 {
                return false;
            }
            *left -= 1;
            let f = motif.point(i);
            let f = std::array::from_fn(|k| sign * f[k] + v[k]);
            let Some(j) = find(&self.coords, f) else { return false };
            // Where points coincide, two may have one image; their number counts.
            if motif.elements[j] != motif.elements[i] || self.is_image[j] {
                return false;
            }
            self.is_image[j] = true;
            self.image.push(j as u32);
        }
        true
    }

    /// Joins the classes of points and their images.
    fn merge(&mut self) {
        for (i, &j) in self.image.iter().enumerate() {
            let (a, b) = (self.first[i], self.first[j as usize]);
            if a != b {
                let (low, high) = (a.min(b), a.max(b));
                self.first.iter_mut().filter(|f| **f == high).for_each(|f| *f = low);
            }
        }
    }
}

/// The first point of the element of which there are fewest: it has the fewest possible images.
fn rarest(motif: &Motif) -> Option<usize> {
    let count = |i: &usize| motif.elements.iter().filter(|e| **e == motif.elements[*i]).count();
    (0..motif.len()).min_by_key(count)
}

/// The point at these fractional coordinates.
#[inline(always)]
fn find(coords: &[[[f64; LANES]; 3]], f: [f64; 3]) -> Option<usize> {
    // Adding and taking away a number of units of 1 rounds to the nearest whole number.
    let off = |d: f64| (d - ((d + UNITS) - UNITS)).abs();
    for (n, [x, y, z]) in coords.iter().enumerate() {
        let mut here = 0_u8;
        for i in 0..LANES {
            let is_here = (off(x[i] - f[0]) <= SAME)
                & (off(y[i] - f[1]) <= SAME)
                & (off(z[i] - f[2]) <= SAME);
            here |= u8::from(is_here) << i;
        }
        if here != 0 {
            return Some(n * LANES + here.trailing_zeros() as usize);
        }
    }
    None
}

/// Looks for symmetries.
struct Join<'a> {
    twins: &'a mut Twins,
    motif: &'a Motif,
}

impl Kernel for Join<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, _: impl Registers) {
        self.twins.join(self.motif);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::{Element, Lattice, Site, Structure};
    use nalgebra::Vector3;

    /// Sizes of the classes of a crystal in a triclinic cell.
    fn sizes(sites: &[(&str, [f64; 3])]) -> Vec<usize> {
        let lattice = Lattice::from_rows([[4.0, 0.1, 0.2], [0.3, 5.0, -0.2], [-0.5, 0.4, 6.0]]);
        let sites = sites
            .iter()
            .map(|(s, f)| Site::new(Element::from_symbol(s).unwrap(), Vector3::from(*f)));
        let crystal = Structure::new(lattice.unwrap(), sites.collect()).unwrap();
        let mut motif = Motif::default();
        motif.fill(&crystal).unwrap();
        let mut twins = Twins::default();
        twins.find(&motif);
        (0..motif.len()).map(|i| twins.size(i)).collect()
    }

    #[test]
    fn inversions_and_translations_join_points() {
        // An inversion at (0.15, 0.15, 0.15), and one at the first point.
        assert_eq!(
            sizes(&[("C", [0.1; 3]), ("C", [0.2; 3]), ("O", [0.4; 3]), ("O", [0.9; 3])]),
            [2, 0, 2, 0]
        );
        assert_eq!(sizes(&[("C", [0.1; 3]), ("O", [0.3; 3]), ("O", [0.9; 3])]), [1, 2, 0]);
        // A translation along (1/2, 1/2, 0) of what has no inversion.
        let half = |f: [f64; 3]| [f[0] + 0.5, f[1] - 0.5, f[2]];
        let (a, b, c) = ([0.1, 0.2, 0.3], [0.25, 0.4, 0.1], [0.7, 0.35, 0.85]);
        let three = [("C", a), ("N", b), ("O", c)];
        assert_eq!(sizes(&three), [1, 1, 1]);
        let six = [("C", a), ("C", half(a)), ("N", b), ("O", half(c)), ("N", half(b)), ("O", c)];
        assert_eq!(sizes(&six), [2, 0, 2, 2, 0, 0]);
        // Of a lattice in a cell of eight, all points are one.
        let eight: Vec<_> = (0..8)
            .map(|i| ("C", [i & 1, i >> 1 & 1, i >> 2].map(|x| 0.1 + 0.5 * f64::from(x))))
            .collect();
        assert_eq!(sizes(&eight), [8, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_is_not_exact_is_no_symmetry() {
        let near = 0.2 + 1e-9;
        assert_eq!(
            sizes(&[
                ("C", [0.1; 3]),
                ("C", [0.2; 3]),
                ("O", [0.4; 3]),
                ("O", [0.9, 0.9, near + 0.7])
            ]),
            [1; 4]
        );
        // Elements differ.
        assert_eq!(
            sizes(&[("C", [0.1; 3]), ("C", [0.2; 3]), ("O", [0.4; 3]), ("N", [0.9; 3])]),
            [1; 4]
        );
        // Two points at one position are not one: the inversion would exchange it with a single one.
        assert_eq!(sizes(&[("C", [0.1; 3]), ("C", [0.1; 3]), ("C", [0.4; 3])]), [1; 3]);
    }
}
