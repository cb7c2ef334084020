//! Correspondences of two lattices, by ascending strain.

use super::reduce::{minkowski, n_sublattices, product, strain, sublattices};
use crate::MetricError;
use braggscape_crystal::reduction::{Basis, MappingSearch};
use std::ops::ControlFlow;

/// Bounds of one search of a lattice; beyond them a distance is no longer certified.
const MAX_POINTS: usize = 20_000;
const MAX_LATTICE_STEPS: u64 = 20_000_000;

/// Most correspondences of one step of the ladder.
const MAX_CORRESPONDENCES: usize = 100_000;

/// Most sublattices of the target, and most pairs of them to start from.
pub(super) const MAX_SUBLATTICES: usize = 2_000;

/// Cells A = P S and B of equal numbers of sites, where S is the primitive basis of the source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) strain: f64,
    /// Index into [`Lattices::targets`].
    pub(super) target: usize,
    /// P.
    pub(super) indices: [[i32; 3]; 3],
}

/// A cell of the target: B = Q T, where T is its primitive basis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) basis: [[f64; 3]; 3],
    /// Q.
    pub(super) indices: [[i32; 3]; 3],
}

/// Two lattices and the numbers of primitive cells in their common cells.
pub(super) struct Lattices {
    pub(super) source: Basis,
    pub(super) targets: Vec<Target>,
    cells_of_source: usize,
    /// Whether both have one volume per common cell.
    equal_volumes: bool,
}

fn integers(m: &[[f64; 3]; 3]) -> [[i32; 3]; 3] {
    m.map(|row| row.map(|x| x.round() as i32))
}

/// Reduced cells of all sublattices of one index.
fn cells(basis: &Basis, index: usize) -> Result<Vec<Target>, MetricError> {
    if n_sublattices(index) > MAX_SUBLATTICES {
        return Err(MetricError::TooLarge { what: "sublattices", limit: MAX_SUBLATTICES as u64 });
    }
    let reduced = |m: [[i32; 3]; 3]| {
        let m = m.map(|row| row.map(f64::from));
        let (rows, u) = minkowski(&product(&m, &basis.0));
        Target { basis: rows, indices: integers(&product(&u, &m)) }
    };
    Ok(sublattices(index).into_iter().map(reduced).collect())
}

/// The 48 matrices that permute three vectors and change their signs, without the common sign: 24.
fn signed_permutations() -> Vec<[[i32; 3]; 3]> {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut all = Vec::new();
    for order in orders {
        for signs in [[1, 1, 1], [1, 1, -1], [1, -1, 1], [1, -1, -1]] {
            for hand in [1, -1] {
                let mut m = [[0; 3]; 3];
                for k in 0..3 {
                    m[k][order[k]] = signs[k] * hand;
                }
                all.push(m);
            }
        }
    }
    all
}

impl Lattices {
    pub(super) fn new(
        source: Basis,
        target: &Basis,
        cells_of_source: usize,
        cells_of_target: usize,
        equal_volumes: bool,
    ) -> Result<Self, MetricError> {
        Ok(Self {
            source,
            targets: cells(target, cells_of_target)?,
            cells_of_source,
            equal_volumes,
        })
    }

    /// A = P S.
    pub(super) fn cell_of_source(&self, indices: [[i32; 3]; 3]) -> [[f64; 3]; 3] {
        product(&indices.map(|row| row.map(f64::from)), &self.source.0)
    }

    /// The `count` least strained correspondences that pair the vectors of reduced cells: a few to start from, of any strain;
    /// none if there are too many to look at.
    pub(super) fn reduced(&self, count: usize) -> Vec<Candidate> {
        let sources = match cells(&self.source, self.cells_of_source) {
            Ok(sources) if sources.len() * self.targets.len() <= MAX_SUBLATTICES => sources,
            _ => return Vec::new(),
        };
        let permutations = signed_permutations();
        let mut found = Vec::new();
        for (target, t) in self.targets.iter().enumerate() {
            for s in &sources {
                for p in &permutations {
                    let m = p.map(|row| row.map(f64::from));
                    found.push(Candidate {
                        strain: strain(&product(&m, &s.basis), &t.basis),
                        target,
                        indices: integers(&product(&m, &s.indices.map(|r| r.map(f64::from)))),
                    });
                }
            }
        }
        sort(&mut found);
        found.truncate(count);
        found
    }

    /// All correspondences with a strain above `above`, at most `limit` and below `best`, by ascending strain; `None` if the
    /// search passed its bounds.
    ///
    /// A strain e keeps ratios of lengths within exp(√2 e) if volumes are equal, else within exp(√3 e), and changes the angle
    /// of two vectors at most as much as a plane shear with principal stretches in the ratio κ = exp(√6 e) can: by
    /// 2 (arctan √κ - arctan 1/√κ).
    pub(super) fn strained(&self, above: f64, limit: f64, best: f64) -> Option<Vec<Candidate>> {
        let stretch = if self.equal_volumes { 2.0_f64.sqrt() } else { 3.0_f64.sqrt() };
        let ratio = libm::exp(6.0_f64.sqrt() * limit).sqrt();
        let angle = 2.0 * (libm::atan(ratio) - libm::atan(1.0 / ratio));
        let search = MappingSearch {
            ltol: (libm::exp(stretch * limit) - 1.0) * (1.0 + 1e-9) + 1e-9,
            angle_tol: (angle.to_degrees() + 1e-6).min(180.0),
            max_points: MAX_POINTS,
            max_steps: MAX_LATTICE_STEPS,
        };
        let index = self.cells_of_source as u64;
        let mut found = Vec::new();
        let mut too_many = false;
        for (target, t) in self.targets.iter().enumerate() {
            let done = search.for_each(&self.source, &Basis(t.basis), |mapping| {
                if mapping.determinant().unsigned_abs() != index {
                    return ControlFlow::Continue(());
                }
                let strain = strain(&mapping.basis.0, &t.basis);
                if strain > above && strain <= limit && strain < best {
                    found.push(Candidate { strain, target, indices: mapping.indices });
                    too_many = found.len() > MAX_CORRESPONDENCES;
                }
                if too_many { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            if done.is_err() || too_many {
                return None;
            }
        }
        sort(&mut found);
        Some(found)
    }
}

fn sort(found: &mut [Candidate]) {
    found.sort_by(|x, y| {
        x.strain.total_cmp(&y.strain).then(x.target.cmp(&y.target)).then(x.indices.cmp(&y.indices))
    });
}
