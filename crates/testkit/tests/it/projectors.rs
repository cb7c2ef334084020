//! Broken projectors are rejected.

use crate::rejected;
use braggscape_crystal::CellParameters;
use braggscape_projector::{ProjectError, Projector, Reduced};
use braggscape_testkit::conformance::{self, ProjectorClaims};
use nalgebra::{DMatrix, Vector3};

/// Projection onto a = b and z = 0 of all sites, with one fault.
struct Tetragonal(Fault);

#[derive(PartialEq)]
enum Fault {
    None,
    HalfWay,
    Expands,
    Doubles,
    GradientUntouched,
    GradientAsOneParameter,
    ViolationOfLengthsOnly,
    FailsHalfWay,
    WeightFalls,
    WeightStopsShort,
    ReducedWithoutOrigin,
    ReducedDependent,
    ReducedTooSmall,
}

impl Projector for Tetragonal {
    fn project(
        &self,
        cell: &mut CellParameters,
        coords: &mut [Vector3<f64>],
    ) -> Result<(), ProjectError> {
        let index = cell.to_array().iter().position(|v| !v.is_finite());
        if let Some(index) = index {
            if self.0 == Fault::FailsHalfWay {
                cell.b = cell.a;
            }
            return Err(ProjectError::NonFinite { index });
        }
        let mean = 0.5 * (cell.a + cell.b);
        match self.0 {
            Fault::HalfWay => {
                cell.a = 0.5 * (cell.a + mean);
                cell.b = 0.5 * (cell.b + mean);
            }
            // The length of a alone decides: idempotent, but twice as far as it should go.
            Fault::Expands => cell.b = cell.a,
            Fault::Doubles => (cell.a, cell.b) = (2.0 * mean, 2.0 * mean),
            _ => (cell.a, cell.b) = (mean, mean),
        }
        for f in coords {
            f.z = 0.0;
        }
        Ok(())
    }

    fn project_gradient(&self, cell: &mut [f64; 6], coords: &mut [Vector3<f64>]) {
        let sum = cell[0] + cell[1];
        match self.0 {
            Fault::GradientUntouched => return,
            // The derivative in the free parameter, not spread back over the lengths.
            Fault::GradientAsOneParameter => (cell[0], cell[1]) = (sum, sum),
            _ => (cell[0], cell[1]) = (0.5 * sum, 0.5 * sum),
        }
        for f in coords {
            f.z = 0.0;
        }
    }

    fn weight_at(&self, iteration: u64) -> f64 {
        let t = (iteration as f64 / 100.0).min(1.0);
        match self.0 {
            Fault::WeightFalls => 1.0 - t * (1.0 - t),
            Fault::WeightStopsShort => 0.9 * t,
            _ => t,
        }
    }

    /// a = b, c, alpha, beta, gamma, x and y of every site; in one direction twice as long, which is allowed.
    fn reduced(&self, _: &CellParameters, coords: &[Vector3<f64>]) -> Option<Reduced> {
        let rows = 6 + 3 * coords.len();
        let mut columns = vec![vec![(0, 2.0), (1, 2.0)]];
        columns.extend(
            (2..rows).filter(|row| *row < 6 || (row - 6) % 3 != 2).map(|row| vec![(row, 1.0)]),
        );
        match self.0 {
            Fault::ReducedDependent => columns.push(vec![(2, 1.0)]),
            Fault::ReducedTooSmall => drop(columns.pop()),
            _ => {}
        }
        let mut basis = DMatrix::zeros(rows, columns.len());
        for (j, column) in columns.iter().enumerate() {
            for (i, value) in column {
                basis[(*i, j)] = *value;
            }
        }
        let mut origin = vec![0.0; rows];
        if self.0 == Fault::ReducedWithoutOrigin {
            origin[rows - 1] = 0.1;
        }
        let names = (0..columns.len()).map(|j| format!("u{j}")).collect();
        Some(Reduced { origin, basis, names })
    }

    fn violation(&self, cell: &CellParameters, coords: &[Vector3<f64>]) -> f64 {
        let lengths = 0.5 * (cell.a - cell.b).abs();
        if self.0 == Fault::ViolationOfLengthsOnly {
            return lengths;
        }
        coords.iter().map(|f| f.z.abs()).fold(lengths, f64::max)
    }
}

fn suite(fault: Fault) -> conformance::Conformance {
    conformance::projector(&Tetragonal(fault), ProjectorClaims { n_sites: 2, near: None })
}

#[test]
fn a_sound_projector_passes() {
    assert_eq!(suite(Fault::None).checks().len(), 8);
}

#[test]
fn broken_projectors_are_rejected() {
    let check = |fault, law| rejected(|| suite(fault), law);
    check(Fault::HalfWay, "idempotent");
    check(Fault::Doubles, "idempotent");
    check(Fault::Expands, "non-expansive");
    check(Fault::GradientUntouched, "projected gradients are tangent");
    check(Fault::GradientAsOneParameter, "projected gradients are tangent");
    check(Fault::ViolationOfLengthsOnly, "the violation is the largest change");
    check(Fault::FailsHalfWay, "a failure leaves the point");
    check(Fault::WeightFalls, "the weight rises to 1");
    check(Fault::WeightStopsShort, "the weight rises to 1");
    check(Fault::ReducedWithoutOrigin, "the reduced form is the constraint");
    check(Fault::ReducedDependent, "the reduced form is the constraint");
    check(Fault::ReducedTooSmall, "the reduced form is the constraint");
}
