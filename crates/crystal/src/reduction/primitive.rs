//! The search for a smaller cell of a crystal whose sites are only approximately periodic.

use super::basis::{product, row_times};
use super::cell::fraction;
use super::hnf::{Hermite, for_each_period_lattice, is_near_integers};
use super::{Basis, LabelledCell, ReductionError, SiteKind};

/// Usual site tolerance of the search, Å.
pub const PRIMITIVE_SITE_TOLERANCE: f64 = 0.25;

/// Most comparisons of one search (a few seconds).
const MAX_STEPS: u64 = 1_000_000_000;

/// Sites of one kind, in the order of the cell.
struct Group {
    kind: SiteKind,
    species: Vec<SiteKind>,
    frac: Vec<[f64; 3]>,
}

fn groups(cell: &LabelledCell) -> Vec<Group> {
    let mut order: Vec<usize> = (0..cell.n_sites()).collect();
    order.sort_by_key(|i| cell.kinds[*i].group);
    let mut groups: Vec<Group> = Vec::new();
    for i in order {
        let kind = cell.kinds[i];
        match groups.last_mut().filter(|g| g.kind.group == kind.group) {
            Some(g) => {
                g.species.push(kind);
                g.frac.push(cell.frac[i]);
            }
            None => {
                groups.push(Group { kind, species: vec![kind], frac: vec![cell.frac[i]] });
            }
        }
    }
    groups
}

fn difference(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Vectors between sites of the rarest group that carry every site near a site of its group.
fn approximate_periods(
    groups: &[Group],
    tolerance: [f64; 3],
    steps: &mut u64,
) -> Option<Vec<[f64; 3]>> {
    let rarest = groups.iter().min_by_key(|g| g.frac.len())?;
    let mut by_size: Vec<&Group> = groups.iter().collect();
    by_size.sort_by_key(|g| g.frac.len());
    let mut periods = Vec::new();
    for f in &rarest.frac {
        let v = difference(*f, rarest.frac[0]);
        let carries = by_size.iter().all(|g| {
            g.frac.iter().all(|from| {
                *steps += g.frac.len() as u64;
                g.frac
                    .iter()
                    .any(|to| is_near_integers(difference(v, difference(*to, *from)), tolerance))
            })
        });
        if *steps > MAX_STEPS {
            return None;
        }
        if carries {
            periods.push(v);
        }
    }
    Some(periods)
}

/// Sets of sites of `group` that fall together in the smaller cell, as averaged sites of that cell; `None` if some set has
/// another size than the determinant or is not mutually close.
fn merged(
    group: &Group,
    lattice: &Hermite,
    tolerance: [f64; 3],
    neighbour: [f64; 3],
) -> Option<Vec<(SiteKind, [f64; 3])>> {
    let n = group.frac.len();
    let size = lattice.determinant();
    let matrix = lattice.matrix();
    let frac: Vec<[f64; 3]> = group.frac.iter().map(|f| row_times(*f, &matrix)).collect();
    // Sites that are neighbours in the large cell must not merge.
    let joins = |i: usize, j: usize| {
        is_near_integers(difference(frac[j], frac[i]), tolerance)
            && (i == j || {
                let d = difference(group.frac[j], group.frac[i])
                    .map(|x| (x - x.round_ties_even()).abs());
                (0..3).any(|k| d[k] > neighbour[k])
            })
    };
    let mut sets: Vec<Vec<usize>> = Vec::with_capacity(n);
    for i in 0..n {
        let set: Vec<usize> = (0..n).filter(|j| joins(i, *j)).collect();
        if set.len() != size {
            return None;
        }
        sets.push(set);
    }
    if sets.iter().any(|set| set.iter().any(|j| sets[*j] != *set)) {
        return None;
    }
    let mut added = vec![false; n];
    let mut sites = Vec::with_capacity(n / size);
    for i in 0..n {
        if added[i] {
            continue;
        }
        let mut mean = frac[i].map(fraction);
        for (count, j) in sets[i].iter().enumerate() {
            added[*j] = true;
            if count > 0 {
                let offset = difference(frac[*j].map(fraction), mean);
                for k in 0..3 {
                    mean[k] += (offset[k] - offset[k].round_ties_even()) / (count + 1) as f64;
                }
            }
        }
        sites.push((group.species[i], mean));
    }
    Some(sites)
}

impl LabelledCell {
    /// A primitive cell, Niggli-reduced, with sites averaged over the periods that were found; the cell itself if there is
    /// no smaller one.
    ///
    /// Follows pymatgen's `get_primitive_structure` step by step: candidate periods join sites of the rarest group and must
    /// carry each site to within twice `tolerance` (Å, along each basis vector) of one of its kind; superlattices in Hermite
    /// normal form are tried by ascending size, rows within `tolerance` of such periods; the first in which the sites of each
    /// group fall into mutually close sets of the right size is taken; sites are averaged; the search starts again from there.
    ///
    /// # Errors
    /// As [`super::niggli`], or [`ReductionError::PrimitiveTooLarge`] after 10^9 comparisons.
    pub fn primitive(&self, tolerance: f64) -> Result<Self, ReductionError> {
        let groups = groups(self);
        let form_units = groups.iter().map(|g| g.frac.len()).fold(0, greatest_common_divisor);
        if form_units <= 1 {
            return Ok(self.clone());
        }
        let too_large =
            ReductionError::PrimitiveTooLarge { n_sites: self.n_sites(), limit: MAX_STEPS };
        let fractional = self.basis.lengths().map(|l| tolerance / l);
        let twice = fractional.map(|t| t * 2.0);
        let mut steps = 0;
        let Some(periods) = approximate_periods(&groups, twice, &mut steps) else {
            return Err(too_large);
        };
        let mut smaller = None;
        let finished =
            for_each_period_lattice(form_units, &periods, fractional, &mut steps, MAX_STEPS, |m| {
                let basis = Basis(product(&m.inverse(), &self.basis.0));
                let near = basis.lengths().map(|l| tolerance / l);
                let mut cell = Self { basis, kinds: Vec::new(), frac: Vec::new() };
                for group in &groups {
                    let Some(sites) = merged(group, &m, near, twice) else {
                        return false;
                    };
                    cell.kinds.extend(sites.iter().map(|s| s.0));
                    cell.frac.extend(sites.iter().map(|s| s.1));
                }
                smaller = Some(cell);
                true
            });
        match smaller {
            Some(cell) => cell.primitive(tolerance)?.niggli_reduced(),
            None if finished => Ok(self.clone()),
            None => Err(too_large),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(basis: [[f64; 3]; 3], sites: &[(u32, [f64; 3])]) -> LabelledCell {
        LabelledCell {
            basis: Basis(basis),
            kinds: sites.iter().map(|s| SiteKind { group: s.0, species: s.0 }).collect(),
            frac: sites.iter().map(|s| s.1).collect(),
        }
    }

    #[test]
    fn rock_salt_becomes_two_sites_and_a_displaced_atom_forbids_it() {
        let a = 5.64;
        let basis = [[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]];
        let mut sites = Vec::new();
        for f in [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]] {
            sites.push((0, f));
            sites.push((1, [f[0] + 0.5, f[1], f[2]]));
        }
        let p = cell(basis, &sites).primitive(0.25).unwrap();
        assert_eq!(p.n_sites(), 2);
        assert!((p.basis.volume() - a * a * a / 4.0).abs() < 1e-9);
        sites[1].1[0] += 0.4 / a;
        assert_eq!(cell(basis, &sites).primitive(0.25).unwrap().n_sites(), 8);
        // A small displacement is averaged away.
        sites[1].1[0] -= 0.36 / a;
        assert_eq!(cell(basis, &sites).primitive(0.25).unwrap().n_sites(), 2);
    }
}
