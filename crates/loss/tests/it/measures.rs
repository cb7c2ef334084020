//! The measures of Cha's survey.

mod edges;
mod laws;
mod numbers;
mod page;

use braggscape_loss::{Loss, Measure, MeasureClass, MeasureKind};
use braggscape_pattern::{Axis, AxisKind, Pattern};

fn axis(n: usize) -> Axis {
    Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, n).unwrap()
}

fn pattern(y: &[f64]) -> Pattern {
    Pattern::new(axis(y.len()), y.to_vec()).unwrap()
}

fn value(kind: MeasureKind, f: &[f64], g: &[f64]) -> f64 {
    Measure::from(kind).value(&pattern(f), &pattern(g)).unwrap()
}

fn gradient(measure: &Measure, f: &[f64], g: &[f64]) -> Vec<f64> {
    let mut grad = vec![f64::NAN; g.len()];
    measure.value_and_gradient(&pattern(f), &pattern(g), &mut grad).unwrap();
    grad
}

fn is_similarity(kind: MeasureKind) -> bool {
    kind.class() == MeasureClass::Similarity
}
