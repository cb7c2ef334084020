//! The seam.

use crate::structures::{rock_salt, rutile, strained};
use braggscape_crystal::Structure;
use braggscape_metrics::{
    AnyMetric, CrystalDistanceMetric, Direction, Match, Metric, MetricError, Rms,
    StrictRecoveryMetric, StructureMatcher, StructureMatcherOptions,
};
use nalgebra::Matrix3;

struct Volume;

impl Metric for Volume {
    fn direction(&self) -> Direction {
        Direction::SmallerIsBetter
    }

    fn evaluate(&self, reference: &Structure, candidate: &Structure) -> Result<f64, MetricError> {
        Ok((candidate.lattice().volume() - reference.lattice().volume()).abs())
    }
}

#[test]
fn built_in_and_outside_metrics_answer() {
    let matcher = StructureMatcher::new(StructureMatcherOptions::study()).unwrap();
    let (a, b) = (rutile(), strained(&rutile(), Matrix3::identity() * 1.02));
    let value = |m: &AnyMetric, c: &Structure| m.evaluate(&a, c).unwrap();
    let same = AnyMetric::from(Match { matcher: matcher.clone() });
    assert_eq!(same.direction(), Direction::LargerIsBetter);
    assert!((value(&same, &b) - 1.0).abs() < 1e-15);
    assert!(value(&same, &rock_salt()).abs() < 1e-15);
    let rms = AnyMetric::from(Rms { matcher });
    assert_eq!(rms.direction(), Direction::SmallerIsBetter);
    assert!(value(&rms, &b) < 1e-8);
    assert!(value(&rms, &rock_salt()).is_infinite());
    let strict = AnyMetric::from(StrictRecoveryMetric::default());
    assert!(value(&strict, &b).abs() < 1e-15);
    let far = AnyMetric::from(CrystalDistanceMetric::default());
    assert_eq!(far.direction(), Direction::SmallerIsBetter);
    assert!(value(&far, &b) < 1e-8 && value(&far, &rock_salt()).is_infinite());
    let outside = AnyMetric::external(Volume);
    assert_eq!(outside.direction(), Direction::SmallerIsBetter);
    assert!(value(&outside, &a).abs() < 1e-15 && value(&outside, &b) > 1.0);
}
