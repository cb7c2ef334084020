//! The operations of a space group made exact.
//!
//! A search finds translation parts as well as the coordinates are known. Products of such operations are in the group only to
//! the same accuracy, and a structure averaged over them is symmetric only to that. Here the translation parts are replaced by
//! the nearest ones whose products are exact.

use super::SymmetryOperation;
use crate::wrap_unit;
use nalgebra::{Matrix3, Vector3};

/// Translation parts that all lie this near to multiples of 1/24 become these: all settings of International Tables have such ones.
///
/// Coordinates of six digits and more are at such an origin to 1e-6; farther away an origin may be another one.
const NEAR_FRACTION: f64 = 1e-6;

/// Products of operations must agree with a third one within this, in fractions of the cell.
const LARGEST_DEFECT: f64 = 0.05;

/// The operations with exact translation parts in [0, 1), in the order given; `None` if they do not form a group.
///
/// Let T be the pure translations; |T| t is a lattice vector, which makes t exact. Let w_p be the translation part that stands for the
/// rotation W_p, and l(p, q) the vector of T and the lattice nearest to W_p w_q + w_p - w_pq: a 2-cocycle of the point group. Then
/// a_p = mean over q of l(p, q) has W_p a_q + a_p - a_pq = l(p, q) exactly, so that w_p - a_p is (I - W_p) o of some origin o up to the
/// error of the search, and o = mean over q of (w_q - a_q). The exact translation part is a_p + (I - W_p) o.
pub(super) fn exact_group(operations: &[SymmetryOperation]) -> Option<Vec<SymmetryOperation>> {
    let translations = exact_translations(operations);
    let mut points: Vec<SymmetryOperation> = Vec::new();
    for op in operations {
        if !points.iter().any(|p| p.rotation == op.rotation) {
            points.push(*op);
        }
    }
    if points.len() * translations.len() != operations.len() {
        return None;
    }
    let n = points.len() as f64;
    let mut parts = Vec::with_capacity(points.len());
    for p in &points {
        let mut sum = Vector3::zeros();
        for q in &points {
            let product = p.rotation * q.rotation;
            let pq = points.iter().find(|r| r.rotation == product)?;
            sum += nearest(&translations, &(p.apply(&q.translation) - pq.translation))?;
        }
        parts.push(sum / n);
    }
    let rests = points.iter().zip(&parts).map(|(p, a)| p.translation - a);
    let origin = rests.sum::<Vector3<f64>>() / n;
    for (p, a) in points.iter_mut().zip(&parts) {
        let turned = p.rotation.cast::<f64>() * origin;
        p.translation = a + origin - turned;
    }
    snap(&mut points);
    operations
        .iter()
        .map(|op| {
            let p = points.iter().find(|p| p.rotation == op.rotation)?;
            let by = nearest(&translations, &(op.translation - p.translation))?;
            let translation = (p.translation + by).map(wrap_unit);
            Some(SymmetryOperation { rotation: op.rotation, translation })
        })
        .collect()
}

/// The pure translations, exact.
fn exact_translations(operations: &[SymmetryOperation]) -> Vec<Vector3<f64>> {
    let pure = operations.iter().filter(|op| op.rotation == Matrix3::identity());
    let found: Vec<_> = pure.map(|op| op.translation).collect();
    let n = found.len() as f64;
    found.into_iter().map(|t| t.map(|x| (x * n).round() / n)).collect()
}

/// The sum of a translation and a lattice vector that is nearest to v.
fn nearest(translations: &[Vector3<f64>], v: &Vector3<f64>) -> Option<Vector3<f64>> {
    let candidates = translations.iter().map(|t| t + (v - t).map(f64::round));
    let best = candidates.min_by(|a, b| (a - v).amax().total_cmp(&(b - v).amax()))?;
    ((best - v).amax() < LARGEST_DEFECT).then_some(best)
}

/// Makes translation parts multiples of 1/24 if all of them are near such.
fn snap(points: &mut [SymmetryOperation]) {
    let snapped = |x: f64| (x * 24.0).round() / 24.0;
    let is_near = |p: &SymmetryOperation| {
        p.translation.iter().all(|x| (x - snapped(*x)).abs() < NEAR_FRACTION)
    };
    if points.iter().all(is_near) {
        for p in points {
            p.translation = p.translation.map(snapped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symmetry::SpaceGroup;

    /// Largest deviation of a product of two operations from an operation of the list, fractions of the cell.
    fn defect(operations: &[SymmetryOperation]) -> f64 {
        let mut largest: f64 = 0.0;
        for p in operations {
            for q in operations {
                let rotation = p.rotation * q.rotation;
                let w = p.apply(&q.translation);
                let errors = operations
                    .iter()
                    .filter(|r| r.rotation == rotation)
                    .map(|r| (w - r.translation).map(|x| (x - x.round()).abs()).max());
                largest = largest.max(errors.fold(f64::INFINITY, f64::min));
            }
        }
        largest
    }

    /// Operations of a setting seen from another origin, each translation part off by up to `by`.
    fn inexact(
        operations: &[SymmetryOperation],
        origin: Vector3<f64>,
        by: f64,
    ) -> Vec<SymmetryOperation> {
        let shake = |i: usize| {
            let noise = |k: usize| by * libm::sin((7 * i + 3 * k + 1) as f64);
            Vector3::new(noise(0), noise(1), noise(2))
        };
        let moved = operations.iter().enumerate().map(|(i, op)| {
            let turned = op.rotation.cast::<f64>() * origin;
            let translation = (op.translation + origin - turned + shake(i)).map(wrap_unit);
            SymmetryOperation { translation, ..*op }
        });
        moved.collect()
    }

    #[test]
    fn every_space_group_becomes_exact_at_any_origin() {
        for number in 1..=230 {
            let setting = &SpaceGroup::from_number(number)[0];
            let rough = inexact(&setting.operations(), Vector3::new(0.1234, 0.4321, 0.2718), 1e-4);
            if rough.len() > 1 {
                assert!(defect(&rough) > 1e-6, "{number}");
            }
            let exact = exact_group(&rough).unwrap();
            assert!(defect(&exact) < 1e-14, "{number}: {}", defect(&exact));
            for (a, b) in rough.iter().zip(&exact) {
                assert_eq!(a.rotation, b.rotation);
                let off = (a.translation - b.translation).map(|x| (x - x.round()).abs()).max();
                assert!(off < 1e-3, "{number}: moved by {off}");
            }
        }
    }

    #[test]
    fn usual_origins_are_found_again() {
        for number in [62, 141, 167, 194, 227] {
            let setting = &SpaceGroup::from_number(number)[0];
            let tabulated = setting.operations();
            let exact = exact_group(&inexact(&tabulated, Vector3::repeat(1e-7), 1e-7)).unwrap();
            for (a, b) in tabulated.iter().zip(&exact) {
                let off = (a.translation - b.translation).map(|x| (x - x.round()).abs()).max();
                assert!(off < 1e-15, "{number}: {a} {b}");
            }
        }
    }

    #[test]
    fn what_is_no_group_is_refused() {
        let setting = &SpaceGroup::from_number(194)[0];
        let all = setting.operations();
        assert!(exact_group(&all[..all.len() - 1]).is_none());
        let mut wrong = all.clone();
        wrong[3].translation.x += 0.2;
        assert!(exact_group(&wrong).is_none());
    }
}
