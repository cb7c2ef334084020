//! Sites of one kind on the orbits of one setting.

use super::evidence::{SIGMAS, Terms};
use super::setting::{Position, Setting};
use crate::Assignment;
use nalgebra::Vector3;

/// Most sites of one kind.
pub(super) const MAX_SITES: usize = 128;

/// Choices of Wyckoff positions that are kept of each kind of sites, for each standard deviation.
const KEPT: usize = 10;

/// Exchanges of sites that a fit makes at most.
const ROUNDS: usize = 10;

/// How many orbits of which Wyckoff positions: (index of the position, number of orbits).
pub(super) type Choice = Vec<(usize, usize)>;

/// An orbit and the sites that stand on it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    /// Index of the Wyckoff position.
    pub(super) position: usize,
    /// Free coordinates; those that the position does not have are 0.
    pub(super) u: Vector3<f64>,
    /// The site of each member, an index among the sites of the kind.
    pub(super) sites: Vec<usize>,
}

/// x - y to the nearest image.
fn nearest(x: &Vector3<f64>, y: &Vector3<f64>) -> Vector3<f64> {
    (x - y).map(|d| d - d.round())
}

/// One orbit laid through the sites that are still free.
struct Laid {
    u: Vector3<f64>,
    square: f64,
    taken: u128,
}

/// Lays an orbit through site `through` (none if nothing is free), each member on the nearest free site, its free coordinates then
/// those of least squares.
fn lay(position: &Position, x: &[Vector3<f64>], through: Option<usize>, free: u128) -> Laid {
    let mut u = Vector3::zeros();
    if let Some(site) = through {
        let mut best = f64::INFINITY;
        for member in &position.members {
            let (foot, square) = member.nearest(&x[site]);
            if square < best {
                (u, best) = (foot, square);
            }
            if position.n_free == 3 {
                break;
            }
        }
    }
    let (mut taken, mut square, mut slope) = (0_u128, 0.0, Vector3::zeros());
    for member in &position.members {
        let y = member.at(&u);
        let (mut best, mut at, mut step) = (f64::INFINITY, 0, Vector3::zeros());
        for (site, x) in x.iter().enumerate() {
            if free & !taken & (1 << site) == 0 {
                continue;
            }
            let d = nearest(x, &y);
            let distance = d.norm_squared();
            if distance < best {
                (best, at, step) = (distance, site, d);
            }
        }
        taken |= 1 << at;
        square += best;
        slope += member.directions.transpose() * step;
    }
    let change = position.inverse * slope;
    square -= slope.dot(&change);
    Laid { u: u + change, square: square.max(0.0), taken }
}

/// The orbit of least displacement through any free site.
fn lay_best(position: &Position, x: &[Vector3<f64>], free: u128) -> Laid {
    if position.n_free == 0 {
        return lay(position, x, None, free);
    }
    let seeds = (0..x.len()).filter(|site| free & (1 << site) != 0);
    let laid = seeds.map(|site| lay(position, x, Some(site), free));
    laid.min_by(|a, b| a.square.total_cmp(&b.square)).unwrap_or(Laid {
        u: Vector3::zeros(),
        square: f64::INFINITY,
        taken: 0,
    })
}

fn all(n: usize) -> u128 {
    if n >= 128 { u128::MAX } else { (1 << n) - 1 }
}

/// Estimated squared displacement of 1, 2, ... orbits of a Wyckoff position, as if there were no others.
fn estimates(position: &Position, x: &[Vector3<f64>]) -> Vec<f64> {
    let (n, m) = (x.len(), position.multiplicity());
    if m > n {
        return Vec::new();
    }
    if position.n_free == 0 {
        return vec![lay(position, x, None, all(n)).square];
    }
    let mut seeds: Vec<Laid> = (0..n).map(|i| lay(position, x, Some(i), all(n))).collect();
    seeds.sort_by(|a, b| a.square.total_cmp(&b.square));
    let (mut free, mut sum, mut sums) = (all(n), 0.0, Vec::new());
    for seed in &seeds {
        if seed.taken & !free == 0 {
            free &= !seed.taken;
            sum += seed.square;
            sums.push(sum);
        }
    }
    while sums.len() < n / m {
        let first = free.trailing_zeros() as usize;
        let laid = lay(position, x, Some(first), free);
        free &= !laid.taken;
        sum += laid.square;
        sums.push(sum);
    }
    sums
}

/// A choice with its estimated terms.
#[derive(Debug, Clone)]
pub(super) struct Estimate {
    pub(super) choice: Choice,
    pub(super) terms: Terms,
}

/// A partial choice in a list that shares its beginnings.
#[derive(Clone, Copy)]
struct Link {
    before: usize,
    position: usize,
    n_orbits: usize,
}

/// The choices of Wyckoff positions for all sites of a kind that explain the sites best, by estimated displacements: the best ones at
/// each standard deviation.
pub(super) fn estimate(setting: &Setting, x: &[Vector3<f64>]) -> Vec<Estimate> {
    let n = x.len();
    let sums: Vec<Vec<f64>> = setting.positions.iter().map(|p| estimates(p, x)).collect();
    let mut found: Vec<Estimate> = Vec::new();
    for sigma in SIGMAS {
        // The best partial choices for every number of sites.
        let mut links: Vec<Link> = vec![Link { before: 0, position: 0, n_orbits: 0 }];
        let mut best: Vec<Vec<(f64, Terms, usize)>> = vec![Vec::new(); n + 1];
        best[0].push((0.0, Terms::default(), 0));
        for (index, position) in setting.positions.iter().enumerate() {
            let m = position.multiplicity();
            if m > n {
                continue;
            }
            for filled in (m..=n).rev() {
                let mut more = Vec::new();
                for (q, square) in (1..).zip(&sums[index]) {
                    if q * m > filled {
                        break;
                    }
                    let added = Terms {
                        square: *square,
                        n_free: q * position.n_free,
                        log_det: q as f64 * position.log_det,
                    };
                    let value = added.at(sigma);
                    for (before, terms, link) in &best[filled - q * m] {
                        more.push((before + value, terms.plus(&added), *link, q));
                    }
                }
                for (value, terms, before, n_orbits) in more {
                    let list = &mut best[filled];
                    let at = list.partition_point(|e| e.0 >= value);
                    if at < KEPT {
                        list.insert(at, (value, terms, links.len()));
                        list.truncate(KEPT);
                        links.push(Link { before, position: index, n_orbits });
                    }
                }
            }
        }
        for (_, terms, mut link) in best.swap_remove(n) {
            let mut choice = Choice::new();
            while link > 0 {
                choice.push((links[link].position, links[link].n_orbits));
                link = links[link].before;
            }
            choice.reverse();
            if !found.iter().any(|e| e.choice == choice) {
                found.push(Estimate { choice, terms });
            }
        }
    }
    found
}

/// The sites of a kind on the orbits of a choice, with the sum of the squared displacements.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    pub(super) orbits: Vec<Placed>,
    pub(super) square: f64,
}

/// Fits the orbits of a choice to sites: laid one after the other, the most special ones first, then sites and free coordinates in turn
/// until no site changes its place.
pub(super) fn fit(
    setting: &Setting,
    choice: &Choice,
    x: &[Vector3<f64>],
    solver: &mut Assignment,
) -> Fit {
    let n = x.len();
    let mut order: Vec<usize> = choice
        .iter()
        .flat_map(|(index, n_orbits)| std::iter::repeat_n(*index, *n_orbits))
        .collect();
    let rank = |index: &usize| {
        let p = &setting.positions[*index];
        (p.n_free, usize::MAX - p.multiplicity(), *index)
    };
    order.sort_by_key(rank);
    let mut free = all(n);
    let mut orbits: Vec<Placed> = order
        .into_iter()
        .map(|position| {
            let laid = lay_best(&setting.positions[position], x, free);
            free &= !laid.taken;
            Placed { position, u: laid.u, sites: Vec::new() }
        })
        .collect();
    let mut cost = vec![0.0; n * n];
    let mut places: Vec<usize> = Vec::new();
    for _ in 0..ROUNDS {
        let slots = orbits.iter().flat_map(|o| {
            setting.positions[o.position].members.iter().map(|member| member.at(&o.u))
        });
        for (slot, y) in slots.enumerate() {
            for (site, x) in x.iter().enumerate() {
                cost[slot * n + site] = nearest(x, &y).norm_squared();
            }
        }
        let Some(found) = solver.solve(n, &cost) else { break };
        if found == places {
            break;
        }
        places = found.to_vec();
        let mut slot = 0;
        for orbit in &mut orbits {
            let position = &setting.positions[orbit.position];
            let sites = &places[slot..slot + position.multiplicity()];
            slot += position.multiplicity();
            let slope = position.members.iter().zip(sites).fold(Vector3::zeros(), |sum, (m, s)| {
                sum + m.directions.transpose() * nearest(&x[*s], &m.at(&orbit.u))
            });
            orbit.u += position.inverse * slope;
            orbit.sites = sites.to_vec();
        }
    }
    let square = orbits
        .iter()
        .flat_map(|o| {
            let members = &setting.positions[o.position].members;
            members.iter().zip(&o.sites).map(|(m, s)| nearest(&x[*s], &m.at(&o.u)).norm_squared())
        })
        .sum();
    Fit { orbits, square }
}
