//! Broken projectors are rejected.

use crate::rejected;
use braggscape_crystal::CellParameters;
use braggscape_projector::{ProjectError, Projector};
use braggscape_testkit::conformance::{self, ProjectorClaims};
use nalgebra::Vector3;

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

    fn violation(&self, cell: &CellParameters, coords: &[Vector3<f64>]) -> f64 {
        let lengths = 0.5 * (cell.a - cell.b).abs();
        if self.0 == Fault::ViolationOfLengthsOnly {
            return lengths;
        }
        coords.iter().map(|f| f.z.abs()).fold(lengths, f64::max)
    }
}

fn suite(fault: Fault) -> conformance::Conformance {
    conformance::projector(&Tetragonal(fault), ProjectorClaims { n_sites: 2 })
}

#[test]
fn a_sound_projector_passes() {
    assert_eq!(suite(Fault::None).checks().len(), 6);
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
}
