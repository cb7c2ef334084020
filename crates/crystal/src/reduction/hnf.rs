//! Superlattices in Hermite normal form, and the test whether they are periods of a crystal.

use super::basis::Basis;

/// Distance of two fractional coordinates to the nearest whole number.
pub(crate) fn off_integer(x: f64) -> f64 {
    (x - x.round_ties_even()).abs()
}

/// Whether every component of `v` is within `tolerance` of a whole number.
pub(crate) fn is_near_integers(v: [f64; 3], tolerance: [f64; 3]) -> bool {
    (0..3).all(|k| off_integer(v[k]) < tolerance[k])
}

/// Divisors in ascending order.
fn divisors(n: usize) -> impl Iterator<Item = usize> {
    (1..=n).filter(move |d| n.is_multiple_of(*d))
}

/// A cell M smaller than the given one by its determinant: given = M small, M = [[a, b, c], [0, e, f], [0, 0, g]].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hermite {
    a: usize,
    b: usize,
    c: usize,
    e: usize,
    f: usize,
    g: usize,
}

impl Hermite {
    /// a e g.
    pub(crate) fn determinant(&self) -> usize {
        self.a * self.e * self.g
    }

    /// M.
    pub(crate) fn matrix(&self) -> [[f64; 3]; 3] {
        let [a, b, c, e, f, g] = [self.a, self.b, self.c, self.e, self.f, self.g].map(|x| x as f64);
        [[a, b, c], [0.0, e, f], [0.0, 0.0, g]]
    }

    /// M^-1: the small cell in the basis of the given one.
    pub(crate) fn inverse(&self) -> [[f64; 3]; 3] {
        Basis(self.matrix()).inverse()
    }
}

/// Every Hermite normal form whose determinant divides `form_units` (1 excluded) and whose inverse has all three rows among
/// the approximate `periods`, in the order determinant, a, e, b, c, f.
///
/// `visit` returns `true` to stop. `steps` counts the comparisons made and stops the search at its limit with `false`.
pub(crate) fn for_each_period_lattice(
    form_units: usize,
    periods: &[[f64; 3]],
    tolerance: [f64; 3],
    steps: &mut u64,
    limit: u64,
    mut visit: impl FnMut(Hermite) -> bool,
) -> bool {
    let mut is_period = |row: [f64; 3]| {
        *steps += periods.len() as u64;
        let near = |p: &[f64; 3]| {
            is_near_integers([row[0] - p[0], row[1] - p[1], row[2] - p[2]], tolerance)
        };
        (periods.iter().any(near), *steps <= limit)
    };
    for det in divisors(form_units).skip(1) {
        for a in divisors(det) {
            for e in divisors(det / a) {
                let g = det / a / e;
                let (last, go_on) = is_period([0.0, 0.0, 1.0 / g as f64]);
                if !go_on {
                    return false;
                }
                if !last {
                    continue;
                }
                let mut second = Vec::with_capacity(e);
                for f in 0..e {
                    let (ok, go_on) =
                        is_period([0.0, 1.0 / e as f64, -(f as f64) / (e * g) as f64]);
                    if !go_on {
                        return false;
                    }
                    if ok {
                        second.push(f);
                    }
                }
                for b in 0..a {
                    for c in 0..a {
                        for f in &second {
                            let m = Hermite { a, b, c, e, f: *f, g };
                            let (first, go_on) = is_period(m.inverse()[0]);
                            if !go_on {
                                return false;
                            }
                            if first && visit(m) {
                                return true;
                            }
                        }
                    }
                }
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sublattices_of_index_two_and_four_are_visited() {
        // With every vector a period, the count is the number of sublattices: 7 of index 2, 35 of index 4.
        let mut count = 0;
        let all = for_each_period_lattice(4, &[[0.0; 3]], [1.0; 3], &mut 0, u64::MAX, |m| {
            assert!(m.determinant() > 1);
            count += 1;
            false
        });
        assert!(all);
        assert_eq!(count, 7 + 35);
        assert!(!for_each_period_lattice(4, &[[0.0; 3]], [1.0; 3], &mut 0, 5, |_| false));
    }
}
