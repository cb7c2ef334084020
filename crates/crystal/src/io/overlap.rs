//! Atoms on top of each other.

use super::Problem;
use crate::{Structure, wrap_unit};

/// Sites closer than this, in ångström, lie on top of each other: a seventh of the shortest bond (H2, 0.74 Å).
///
/// Sites this close are accepted where their occupancies sum to one at most, as those of a mixed position do.
pub const MIN_DISTANCE: f64 = 0.1;

/// By how much a sum of rounded occupancies may exceed 1.
pub const OCCUPANCY_TOLERANCE: f64 = 1e-3;

/// Finds sites closer than [`MIN_DISTANCE`] whose occupancies sum to more than one.
///
/// Sites are swept in order of their first fractional coordinate; rounding the coordinate differences finds the nearest
/// image exactly wherever the lattice planes are more than twice [`MIN_DISTANCE`] apart, and the sweep is skipped for thinner
/// cells.
pub(super) fn check(structure: &Structure, name: impl Fn(usize) -> String) -> Result<(), Problem> {
    let lattice = structure.lattice();
    let inverse = lattice.inverse();
    let sites = structure.sites();
    // |delta f_i| <= distance * |a*_i|
    let reach: [f64; 3] = std::array::from_fn(|i| MIN_DISTANCE * inverse.row(i).norm());
    if reach.iter().any(|r| *r >= 0.5) {
        return Ok(());
    }
    let mut order: Vec<(f64, usize)> =
        sites.iter().enumerate().map(|(i, s)| (wrap_unit(s.frac[0]), i)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let n = order.len();
    for (rank, &(x, i)) in order.iter().enumerate() {
        let mut sum = sites[i].occupancy;
        let mut worst: Option<(f64, usize)> = None;
        let mut visit = |j: usize| {
            let d = (sites[j].frac - sites[i].frac).map(|d| d - d.round());
            let distance = lattice.cart(&d).norm();
            if distance < MIN_DISTANCE {
                sum += sites[j].occupancy;
                if worst.is_none_or(|(w, _)| distance < w) {
                    worst = Some((distance, j));
                }
            }
        };
        for step in 1..n {
            let at = rank + step;
            let (y, j) = order[at % n];
            let gap = if at < n { y - x } else { y + 1.0 - x };
            if gap > reach[0] {
                break;
            }
            visit(j);
        }
        for step in 1..n {
            let (y, j) = order[(rank + n - step) % n];
            let gap = if step <= rank { x - y } else { x + 1.0 - y };
            if gap > reach[0] {
                break;
            }
            visit(j);
        }
        if let Some((distance, j)) = worst
            && sum > 1.0 + OCCUPANCY_TOLERANCE
        {
            return Err(Problem::Overlap {
                first: name(i.min(j)),
                second: name(i.max(j)),
                distance,
                occupancy: sum,
                minimum: MIN_DISTANCE,
            });
        }
    }
    Ok(())
}
