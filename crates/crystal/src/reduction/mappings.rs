//! Lattice points in a sphere, and every basis of a lattice that resembles another.

use super::basis::dot;
use super::{Basis, ReductionError};
use std::ops::ControlFlow;

/// Numerical margin of the search sphere (Å on coordinates, Å^2 on squared distances).
const MARGIN: f64 = 1e-8;

/// Margin on cosines within which an angle is computed before it is compared.
const COSINE_MARGIN: f64 = 1e-11;

/// A lattice vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatticePoint {
    /// Indices along the basis vectors.
    pub indices: [i32; 3],
    /// Cartesian vector, Å.
    pub cart: [f64; 3],
    /// Length, Å.
    pub length: f64,
}

/// All lattice points within `radius` (Å) of the origin, the origin included.
///
/// The order is that of a linked-cell search, because the order decides which of several equivalent bases a search finds
/// first: octants by the sign of x, then y, then z, negative first, and within one octant indices in descending order.
///
/// # Errors
/// [`ReductionError::TooManyPoints`] if more than `limit` points lie inside.
pub fn lattice_points(
    basis: &Basis,
    radius: f64,
    limit: usize,
) -> Result<Vec<LatticePoint>, ReductionError> {
    // Below 1 Å the cells of the search keep a side of 1 Å.
    let edge = if radius < 1.0 { 1.0 + MARGIN } else { radius };
    let reach = basis.reciprocal_lengths().map(|x| (radius + 1e-6) * x);
    let too_many = ReductionError::TooManyPoints { radius, limit };
    if !reach.iter().all(|x| *x < 1e4) || reach.iter().product::<f64>() > 4.0 * limit as f64 {
        return Err(too_many);
    }
    let top = reach.map(|x| x as i32 + 1);
    let [a, b, c] = basis.0;
    let r2 = radius * radius + MARGIN;
    // Cell of a coordinate in [-edge, edge], with the margins of the search: below, above and exactly on the far face.
    let cell = |x: f64| ((x + edge + 2.0 * MARGIN) / edge).floor() as usize;
    let expected = 4.2 * radius * radius * radius / basis.volume();
    let mut found: Vec<(u8, LatticePoint)> = Vec::with_capacity(expected as usize + 16);
    let mut counts = [0_usize; 27];
    // Along c the points of one row that lie inside form an interval around the foot of the perpendicular.
    let cc = dot(c, c);
    for i in (-top[0]..=top[0]).rev() {
        for j in (-top[1]..=top[1]).rev() {
            let (fi, fj) = (f64::from(i), f64::from(j));
            let base: [f64; 3] = std::array::from_fn(|k| fi * a[k] + fj * b[k]);
            let foot = -dot(base, c) / cc;
            let rest = dot(base, base) - foot * foot * cc;
            if rest > r2 + 1e-6 {
                continue;
            }
            let half = ((r2 + 1e-6 - rest).max(0.0) / cc).sqrt();
            let (low, high) = ((foot - half).ceil() as i32 - 1, (foot + half).floor() as i32 + 1);
            for k in (low..=high).rev() {
                let fk = f64::from(k);
                let cart: [f64; 3] = std::array::from_fn(|m| base[m] + fk * c[m]);
                let d2 = dot(cart, cart);
                if d2 >= r2 {
                    continue;
                }
                if found.len() >= limit {
                    return Err(too_many);
                }
                let [x, y, z] = cart.map(cell).map(|n| n.min(2));
                let point = LatticePoint { indices: [i, j, k], cart, length: d2.sqrt() };
                let at = 9 * x + 3 * y + z;
                counts[at] += 1;
                found.push((at as u8, point));
            }
        }
    }
    // Counting sort by cell, stable.
    let mut next = [0_usize; 27];
    for at in 1..27 {
        next[at] = next[at - 1] + counts[at - 1];
    }
    let origin = LatticePoint { indices: [0; 3], cart: [0.0; 3], length: 0.0 };
    let mut points = vec![origin; found.len()];
    for (at, point) in found {
        points[next[usize::from(at)]] = point;
        next[usize::from(at)] += 1;
    }
    Ok(points)
}

/// A basis of a lattice that resembles a target basis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatticeMapping {
    /// The new basis, in the orientation of the lattice it belongs to.
    pub basis: Basis,
    /// Integer matrix S with basis = S original (rows).
    pub indices: [[i32; 3]; 3],
}

impl LatticeMapping {
    /// Determinant of the integer matrix: the number of cells in the new cell, signed by hand.
    pub fn determinant(&self) -> i64 {
        let m = self.indices.map(|row| row.map(i64::from));
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    }
}

/// A test of one angle against a target within a tolerance, decided on cosines wherever rounding cannot matter.
#[derive(Debug, Clone, Copy)]
struct AngleTest {
    target: f64,
    tolerance: f64,
    /// Cosines of the widest and narrowest accepted angle.
    low: f64,
    high: f64,
}

impl AngleTest {
    fn new(target: f64, tolerance: f64) -> Self {
        let widest = target + tolerance;
        let narrowest = target - tolerance;
        Self {
            target,
            tolerance,
            low: if widest >= 180.0 { -2.0 } else { libm::cos(widest.to_radians()) },
            high: if narrowest <= 0.0 { 2.0 } else { libm::cos(narrowest.to_radians()) },
        }
    }

    fn accepts(&self, p: &LatticePoint, q: &LatticePoint) -> bool {
        let cosine = dot(p.cart, q.cart) / p.length / q.length;
        if cosine < self.low - COSINE_MARGIN || cosine > self.high + COSINE_MARGIN {
            return false;
        }
        if cosine > self.low + COSINE_MARGIN && cosine < self.high - COSINE_MARGIN {
            return true;
        }
        let angle = libm::acos(cosine.clamp(-1.0, 1.0)).to_degrees();
        (angle - self.target).abs() <= self.tolerance
    }
}

/// The search for all bases of a lattice, or of its sublattices, whose lengths and angles are close to a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MappingSearch {
    /// Fractional tolerance of lengths: l / l_target lies in (1 / (1 + ltol), 1 + ltol).
    pub ltol: f64,
    /// Tolerance of angles, degrees.
    pub angle_tol: f64,
    /// Largest number of lattice points within the longest admitted length.
    pub max_points: usize,
    /// Largest number of pairs of lattice points to test for their angle.
    pub max_steps: u64,
}

impl MappingSearch {
    /// Calls `visit` for each basis of the lattice of `from` that is close to `target`, until it breaks.
    ///
    /// The order is by the point that serves as a, then b, then c, each in the order of [`lattice_points`]; linearly
    /// dependent triples are left out.
    ///
    /// # Errors
    /// [`ReductionError::TooManyPoints`] or [`ReductionError::TooManyMappings`].
    pub fn for_each(
        &self,
        from: &Basis,
        target: &Basis,
        visit: impl FnMut(LatticeMapping) -> ControlFlow<()>,
    ) -> Result<(), ReductionError> {
        self.for_each_counted(from, target, &mut 0, visit)
    }

    /// As [`MappingSearch::for_each`], where several searches share one bound: `steps` counts on from one to the next.
    ///
    /// # Errors
    /// As [`MappingSearch::for_each`].
    pub fn for_each_counted(
        &self,
        from: &Basis,
        target: &Basis,
        steps: &mut u64,
        mut visit: impl FnMut(LatticeMapping) -> ControlFlow<()>,
    ) -> Result<(), ReductionError> {
        let (lengths, angles) = (target.lengths(), target.angles());
        let longest = lengths.iter().fold(0.0_f64, |m, l| m.max(*l));
        let points = lattice_points(from, longest * (1.0 + self.ltol), self.max_points)?;
        let (upper, lower) = (1.0 + self.ltol, 1.0 / (1.0 + self.ltol));
        let close = |target: f64| -> Vec<LatticePoint> {
            points
                .iter()
                .filter(|p| p.length / target < upper && p.length / target > lower)
                .copied()
                .collect()
        };
        let [for_a, for_b, for_c] = lengths.map(close);
        let [alpha, beta, gamma] = angles.map(|x| AngleTest::new(x, self.angle_tol));
        let mut b_list = Vec::with_capacity(for_b.len());
        let mut c_list = Vec::with_capacity(for_c.len());
        *steps += points.len() as u64;
        for a in &for_a {
            *steps += (for_b.len() + for_c.len()) as u64;
            b_list.clear();
            b_list.extend(for_b.iter().filter(|b| gamma.accepts(a, b)));
            if b_list.is_empty() {
                continue;
            }
            c_list.clear();
            c_list.extend(for_c.iter().filter(|c| beta.accepts(a, c)));
            for b in &b_list {
                *steps += c_list.len() as u64;
                if *steps > self.max_steps {
                    return Err(ReductionError::TooManyMappings { limit: self.max_steps });
                }
                for c in &c_list {
                    if !alpha.accepts(b, c) {
                        continue;
                    }
                    let mapping = LatticeMapping {
                        basis: Basis([a.cart, b.cart, c.cart]),
                        indices: [a.indices, b.indices, c.indices],
                    };
                    if mapping.determinant() != 0 && visit(mapping).is_break() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indices(basis: &Basis, radius: f64) -> Vec<[i32; 3]> {
        lattice_points(basis, radius, 1000).unwrap().iter().map(|p| p.indices).collect()
    }

    #[test]
    fn points_come_by_octant_and_then_descending() {
        let cubic = Basis([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]);
        assert_eq!(
            indices(&cubic, 2.2),
            [[-1, 0, 0], [0, -1, 0], [0, 0, -1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
        );
    }

    #[test]
    fn a_cubic_lattice_has_48_bases() {
        let cubic = Basis([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]]);
        let search =
            MappingSearch { ltol: 0.1, angle_tol: 5.0, max_points: 1000, max_steps: 10_000 };
        let mut n = (0, 0);
        search
            .for_each(&cubic, &cubic, |m| {
                if m.determinant() > 0 {
                    n.0 += 1;
                } else {
                    n.1 += 1;
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(n, (24, 24));
    }

    #[test]
    fn too_many_points_are_refused() {
        let thin = Basis([[0.01, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 5.0]]);
        assert!(lattice_points(&thin, 20.0, 1000).is_err());
    }
}
