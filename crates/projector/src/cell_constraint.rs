//! Constraints that are affine in the six cell parameters.

use crate::columns::Columns;
use braggscape_crystal::CellParameters;

/// What holds an angle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Angle {
    /// Always this many degrees.
    Fixed(f64),
    /// Free, equal to all angles with the same number: the index of the first of them.
    Free(usize),
}

/// Lengths and angles that must be equal, and angles that are fixed.
///
/// The projection replaces equal parameters by their mean and fixed angles by their values: it is the orthogonal one in
/// (a, b, c) in Å and (alpha, beta, gamma) in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CellConstraint {
    /// Which lengths are equal: for each of a, b, c the index of the first of its group.
    pub(crate) lengths: [usize; 3],
    /// The same of the angles.
    pub(crate) angles: [Angle; 3],
}

/// Names of the parameters, in their order.
pub(crate) const CELL_NAMES: [&str; 6] = ["a", "b", "c", "alpha", "beta", "gamma"];

impl CellConstraint {
    /// No constraint.
    pub(crate) const NONE: Self =
        Self { lengths: [0, 1, 2], angles: [Angle::Free(0), Angle::Free(1), Angle::Free(2)] };

    /// Number of free cell parameters.
    pub(crate) fn n_free(&self) -> usize {
        let lengths = (0..3).filter(|i| self.lengths[*i] == *i).count();
        lengths + (0..3).filter(|i| self.angles[*i] == Angle::Free(*i)).count()
    }

    /// The nearest cell that keeps the constraint.
    pub(crate) fn project(&self, cell: &CellParameters) -> CellParameters {
        let mut p = cell.to_array();
        average(&mut p[..3], self.lengths.map(Some));
        average(&mut p[3..], self.angle_groups());
        for (angle, rule) in p[3..].iter_mut().zip(self.angles) {
            if let Angle::Fixed(degrees) = rule {
                *angle = degrees;
            }
        }
        CellParameters::from_array(p)
    }

    /// The part of a gradient along the constraint.
    pub(crate) fn project_gradient(&self, gradient: &mut [f64; 6]) {
        average(&mut gradient[..3], self.lengths.map(Some));
        average(&mut gradient[3..], self.angle_groups());
        for (angle, rule) in gradient[3..].iter_mut().zip(self.angles) {
            if let Angle::Fixed(_) = rule {
                *angle = 0.0;
            }
        }
    }

    /// Writes the constraint into the first six rows of a reduced form.
    pub(crate) fn reduce(&self, columns: &mut Columns) {
        for (i, rule) in self.angles.iter().enumerate() {
            if let Angle::Fixed(degrees) = rule {
                columns.set_origin(3 + i, *degrees);
            }
        }
        let members = |groups: [Option<usize>; 3], first: usize, offset: usize| {
            (0..3)
                .filter(|j| groups[*j] == Some(first))
                .map(|j| (offset + j, 1.0))
                .collect::<Vec<_>>()
        };
        for (offset, groups) in [(0, self.lengths.map(Some)), (3, self.angle_groups())] {
            for first in (0..3).filter(|i| groups[*i] == Some(*i)) {
                columns.push(CELL_NAMES[offset + first], &members(groups, first, offset));
            }
        }
    }

    fn angle_groups(&self) -> [Option<usize>; 3] {
        self.angles.map(|rule| match rule {
            Angle::Fixed(_) => None,
            Angle::Free(group) => Some(group),
        })
    }
}

/// Replaces the values of each group by their mean; those without a group stay.
fn average(values: &mut [f64], groups: [Option<usize>; 3]) {
    let means: [f64; 3] = std::array::from_fn(|i| {
        let members = (0..3).filter(|j| groups[i].is_some() && groups[*j] == groups[i]);
        let count = members.clone().count();
        if count < 2 { values[i] } else { members.map(|j| values[j]).sum::<f64>() / count as f64 }
    });
    values.copy_from_slice(&means);
}

/// The first parameter or coordinate that is not a finite number, counted through a, b, c, alpha, beta, gamma, then all
/// coordinates.
pub(crate) fn first_non_finite(
    cell: &CellParameters,
    frac_coords: &[nalgebra::Vector3<f64>],
) -> Option<usize> {
    let sites = frac_coords.iter().flat_map(|f| f.iter().copied());
    cell.to_array().into_iter().chain(sites).position(|v| !v.is_finite())
}
