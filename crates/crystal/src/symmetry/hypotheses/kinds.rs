//! Sites that may take each other's place.

use crate::Structure;
use nalgebra::Vector3;

/// Occupancies that agree within this are equal.
const EQUAL_OCCUPANCY: f64 = 1e-4;

/// The sites of each element and occupancy, by the first of them.
pub(super) fn kinds(structure: &Structure) -> Vec<Vec<usize>> {
    let sites = structure.sites();
    let mut kinds: Vec<Vec<usize>> = Vec::new();
    for (index, site) in sites.iter().enumerate() {
        let same = |kind: &&mut Vec<usize>| {
            let first = &sites[kind[0]];
            first.element == site.element
                && (first.occupancy - site.occupancy).abs() <= EQUAL_OCCUPANCY
        };
        match kinds.iter_mut().find(same) {
            Some(kind) => kind.push(index),
            None => kinds.push(vec![index]),
        }
    }
    kinds
}

/// The coordinates of one kind.
pub(super) fn of_kind(kind: &[usize], frac_coords: &[Vector3<f64>]) -> Vec<Vector3<f64>> {
    kind.iter().map(|site| frac_coords[*site]).collect()
}
