//! Whether two programs computed the same, so that their times may be compared.

use super::data::{DenseRow, Evaluation, Gradient};

/// How far results may differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tolerance {
    /// Of the loss, absolute.
    pub loss: f64,
    /// Of the gradient in the cell and of that in the coordinates, each relative to its norm.
    pub gradient: f64,
}

impl Tolerance {
    /// Where the other side errs as well.
    pub(super) fn and(self, other: Self) -> Self {
        Self { loss: self.loss + other.loss, gradient: self.gradient + other.gradient }
    }
}

/// Single precision: phases of 2 pi h x with indices to 20 lose two digits of seven, and gradients, small differences of large
/// sums over 8,500 points, two more.
pub(super) const SINGLE: Tolerance = Tolerance { loss: 1e-5, gradient: 1e-3 };

/// How far an evaluation is from a peer's.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Difference {
    pub loss: f64,
    pub gradient: f64,
}

/// The differences; parts that our kernel does not give are not compared.
///
/// # Errors
/// One line that says what is too far off, or of another shape.
pub(super) fn compare(
    ours: &Evaluation,
    peer: &DenseRow,
    tolerance: Tolerance,
) -> Result<Difference, String> {
    let what = format!("{} of {} against {}", ours.kernel, ours.crystal, peer.precision);
    let mut found = Difference::default();
    if let Some(loss) = ours.loss {
        found.loss = (loss - peer.loss).abs();
        if found.loss.is_nan() || found.loss > tolerance.loss {
            return Err(format!(
                "{what}: loss {loss} and {}, off by {:.1e}, more than {:.0e}",
                peer.loss, found.loss, tolerance.loss
            ));
        }
    }
    if let Some(gradient) = &ours.gradient {
        for (part, own, theirs) in parts(gradient, &peer.gradient) {
            let Some(distance) = distance(&own, &theirs) else {
                let (own, theirs) = (own.len(), theirs.len());
                return Err(format!("{what}: {own} and {theirs} components in the {part}"));
            };
            if distance.is_nan() || distance > tolerance.gradient {
                return Err(format!(
                    "{what}: gradient in the {part} off by {distance:.1e} of its norm, more than {:.0e}",
                    tolerance.gradient
                ));
            }
            found.gradient = found.gradient.max(distance);
        }
    }
    Ok(found)
}

/// The parts that we give, flat: (name, ours, theirs).
fn parts(ours: &Gradient, peer: &Gradient) -> Vec<(&'static str, Vec<f64>, Vec<f64>)> {
    let flat = |g: &Gradient| g.coords.clone().map(|sites| sites.concat());
    let mut parts = Vec::new();
    if let Some(cell) = &ours.cell {
        parts.push(("cell", cell.clone(), peer.cell.clone().unwrap_or_default()));
    }
    if let Some(coords) = flat(ours) {
        parts.push(("coordinates", coords, flat(peer).unwrap_or_default()));
    }
    parts
}

/// |a - b| / |b|; nothing if they have different lengths.
fn distance(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let difference = norm(&mut a.iter().zip(b).map(|(x, y)| x - y));
    Some(difference / norm(&mut b.iter().copied()))
}

/// Peaks closer than this are compared together, degrees: programs may merge equivalent reflections differently.
const CLUSTER: f64 = 1e-3;

/// Largest intensity by which peak lists may differ at one angle. Peaks of up to 0.001 (the strongest has 100) are left out, so
/// that two of them may be in one list and not in the other.
pub(super) const PEAK_TOLERANCE: f64 = 2e-3;

/// The largest difference of intensity between two lists at one angle, of 100 for the strongest angle of each: a list is scaled to its
/// strongest peak, which holds more or fewer of the reflections at one angle.
pub(super) fn peak_difference(ours: &[(f64, f64)], theirs: &[(f64, f64)]) -> f64 {
    let own = ours.iter().map(|(angle, intensity)| (*angle, [*intensity, 0.0]));
    let other = theirs.iter().map(|(angle, intensity)| (*angle, [0.0, *intensity]));
    let mut all = own.chain(other).collect::<Vec<_>>();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let sums = all
        .chunk_by(|a, b| b.0 - a.0 < CLUSTER)
        .map(|cluster| [0, 1].map(|side| cluster.iter().map(|(_, pair)| pair[side]).sum::<f64>()))
        .collect::<Vec<_>>();
    let strongest = [0, 1].map(|side| sums.iter().map(|pair| pair[side]).fold(0.0, f64::max));
    let differences =
        sums.iter().map(|pair| (100.0 * (pair[0] / strongest[0] - pair[1] / strongest[1])).abs());
    // Not `f64::max`, which would pass over what is no number.
    differences.fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: Tolerance = Tolerance { loss: 1e-9, gradient: 1e-8 };

    fn ours() -> Evaluation {
        Evaluation {
            kernel: "full-grid".to_owned(),
            crystal: "U2Ti".to_owned(),
            seconds: 1e-4,
            seconds_min: 1e-4,
            loss: Some(-0.9),
            gradient: Some(Gradient {
                cell: Some(vec![3.0, 4.0]),
                coords: Some(vec![[0.0, 0.0, 2.0]]),
            }),
        }
    }

    fn peer(loss: f64, cell: &[f64], coords: &[[f64; 3]]) -> DenseRow {
        DenseRow {
            crystal: "U2Ti".to_owned(),
            precision: "float64".to_owned(),
            seconds: 0.3,
            seconds_min: 0.3,
            wall_seconds: 0.3,
            loss,
            gradient: Gradient { cell: Some(cell.to_vec()), coords: Some(coords.to_vec()) },
        }
    }

    #[track_caller]
    fn check_refused(row: &DenseRow, words: &[&str]) {
        let message = compare(&ours(), row, EXACT).unwrap_err();
        for word in words {
            assert!(message.contains(word), "`{message}` does not say `{word}`");
        }
    }

    #[test]
    fn equal_results_agree_and_their_difference_is_told() {
        let found =
            compare(&ours(), &peer(-0.9, &[3.0, 4.0 + 5e-9], &[[0.0, 0.0, 2.0]]), EXACT).unwrap();
        assert!(found.loss.abs() < 1e-15 && (found.gradient - 1e-9).abs() < 1e-11, "{found:?}");
    }

    #[test]
    fn other_results_are_refused() {
        let coords = [[0.0, 0.0, 2.0]];
        check_refused(&peer(-0.900001, &[3.0, 4.0], &coords), &["full-grid of U2Ti", "loss -0.9"]);
        check_refused(&peer(f64::NAN, &[3.0, 4.0], &coords), &["loss -0.9 and NaN"]);
        check_refused(&peer(-0.9, &[3.0, 4.1], &coords), &["gradient in the cell off by 2.0e-2"]);
        check_refused(&peer(-0.9, &[3.0, 4.0], &[[0.0, 0.0, -2.0]]), &["coordinates off by 2.0e0"]);
        check_refused(&peer(-0.9, &[3.0, 4.0], &[]), &["3 and 0 components in the coordinates"]);
    }

    #[test]
    fn what_a_kernel_does_not_give_is_not_compared() {
        let mut partial = ours();
        partial.gradient.as_mut().unwrap().coords = None;
        assert!(compare(&partial, &peer(-0.9, &[3.0, 4.0], &[[9.0; 3]]), EXACT).is_ok());
        partial.gradient = None;
        partial.loss = None;
        assert!(compare(&partial, &peer(0.0, &[], &[]), EXACT).is_ok());
    }

    #[test]
    fn peaks_are_compared_by_angle() {
        let list = [(20.0, 100.0), (30.0, 50.0)];
        assert!(peak_difference(&list, &list) < 1e-15);
        // One peak in two bins.
        let split = [(20.0, 60.0), (20.0001, 40.0), (30.0, 50.0)];
        assert!(peak_difference(&list, &split) < 1e-12);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        close(peak_difference(&list, &list[..1]), 50.0);
        close(peak_difference(&list[1..], &list), 100.0);
        // Scaled to a part of the strongest.
        close(peak_difference(&list, &[(20.0, 100.0), (20.0001, 100.0), (30.0, 100.0)]), 0.0);
        close(peak_difference(&list, &[(20.0, 100.0), (20.0001, 100.0), (30.0, 90.0)]), 5.0);
        close(peak_difference(&list, &[(20.0, 100.0), (30.002, 50.0)]), 50.0);
        assert!(peak_difference(&list, &[(20.0, f64::NAN), (30.0, 50.0)]).is_nan());
    }
}
