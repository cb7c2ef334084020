//! Reflections to peaks, by pymatgen's rules.

use super::PeakListOptions;
use super::order::Entry;
use super::sphere::HalfSphere;
use super::view::{Line, Peaks};
use crate::ForwardError;
use braggscape_crystal::Lattice;
use braggscape_pattern::HklFamily;

/// Reflections whose 2theta round to the same multiple of this, degrees, are one peak.
const BIN: f64 = 1e-5;

/// Peaks at or below this percentage of the strongest are left out.
const LEAST_PERCENT: f64 = 1e-3;

/// Whether families of a lattice are named by four indices.
pub(super) fn looks_hexagonal(lattice: &Lattice) -> bool {
    let (lengths, angles) = (lattice.lengths(), lattice.angles());
    let near = |x: f64, to: f64| (x - to).abs() <= 5.0;
    let mut right = (0..3).filter(|&i| near(angles[i], 90.0));
    let n_hexagonal = angles.iter().filter(|&&x| near(x, 60.0) || near(x, 120.0)).count();
    match (right.next(), right.next(), right.next()) {
        (Some(i), Some(j), None) => n_hexagonal == 1 && (lengths[i] - lengths[j]).abs() <= 0.01,
        _ => false,
    }
}

/// 1.5 * 2^52: adding it rounds to the nearest integer, ties to even.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// The reflections of one peak, from one place of the ordered list to the next bin's.
#[derive(Debug, Clone)]
struct Bin {
    two_theta: f64,
    intensity: f64,
    start: usize,
}

/// Reflections in order, binned.
#[derive(Debug, Clone, Default)]
pub(super) struct Bins {
    /// 2theta of the reflections in order, degrees.
    two_thetas: Vec<f64>,
    found: Vec<Bin>,
    /// Absolute indices of the families of one peak in ascending order (the first 0 if there are three).
    keys: Vec<[u32; 4]>,
    lines: Vec<Line>,
    families: Vec<HklFamily>,
}

impl Bins {
    /// Peaks above the threshold, ascending in 2theta, from the reflections in order of g and the intensities of the list.
    pub(super) fn merge(
        &mut self,
        order: &[Entry],
        sphere: &HalfSphere,
        intensities: &[f64],
        options: &PeakListOptions,
        four_index: bool,
    ) -> Result<Peaks<'_>, ForwardError> {
        self.fill(order, intensities, options.wavelength);
        self.lines.clear();
        self.families.clear();
        if self.found.iter().any(|b| !b.intensity.is_finite()) {
            return Err(ForwardError::NonFinite);
        }
        let strongest = self.found.iter().fold(0.0, |m: f64, b| m.max(b.intensity));
        let found = std::mem::take(&mut self.found);
        let ends = found.iter().skip(1).map(|b| b.start).chain([order.len()]);
        for (bin, end) in found.iter().zip(ends) {
            let percent = bin.intensity / strongest * 100.0;
            if percent > LEAST_PERCENT {
                let members = &order[bin.start..end];
                let first = self.families.len();
                self.add_families(members, sphere, four_index);
                self.lines.push(Line {
                    two_theta: bin.two_theta,
                    intensity: if options.scaled { percent } else { bin.intensity },
                    d_spacing: 1.0 / members[0].0,
                    families: first as u32..self.families.len() as u32,
                });
            }
        }
        self.found = found;
        Ok(Peaks { lines: &self.lines, families: &self.families })
    }

    /// The families of one peak.
    fn add_families(&mut self, members: &[Entry], sphere: &HalfSphere, four_index: bool) {
        let Self { keys, families, .. } = self;
        let hkl = |&(_, i): &Entry| sphere.hkl[i as usize];
        let family = |hkl| HklFamily { hkl, multiplicity: 2, four_index };
        if let [only] = members {
            families.push(family(hkl(only)));
            return;
        }
        let first = families.len();
        keys.clear();
        // The larger member of each Friedel pair names it.
        for hkl in members.iter().map(hkl) {
            let key = key(hkl, four_index);
            if let Some(n) = keys.iter().position(|other| *other == key) {
                let family = &mut families[first + n];
                family.multiplicity += 2;
                family.hkl = family.hkl.max(hkl);
            } else {
                keys.push(key);
                families.push(family(hkl));
            }
        }
    }

    fn fill(&mut self, order: &[Entry], intensities: &[f64], wavelength: f64) {
        // A pass of its own, in which the arcsines of several reflections overlap.
        let (mut last_g, mut last) = (0.0f64, 0.0);
        self.two_thetas.clear();
        self.two_thetas.extend(order.iter().map(|&(g, _)| {
            if g.to_bits() != last_g.to_bits() {
                last_g = g;
                last = (2.0 * libm::asin(0.5 * wavelength * g)).to_degrees();
            }
            last
        }));
        self.found.clear();
        let mut number = f64::NEG_INFINITY;
        for ((place, &(_, i)), &two_theta) in order.iter().enumerate().zip(&self.two_thetas) {
            let intensity = intensities[i as usize];
            let own = (two_theta / BIN + ROUND) - ROUND;
            match self.found.last_mut() {
                Some(bin) if own <= number => bin.intensity += intensity,
                _ => {
                    number = own;
                    self.found.push(Bin { two_theta, intensity, start: place });
                }
            }
        }
    }
}

/// What the reflections of a family agree in: absolute indices in ascending order.
fn key(hkl: [i32; 3], four_index: bool) -> [u32; 4] {
    let [h, k, l] = hkl.map(i32::unsigned_abs);
    let i = if four_index { (hkl[0] + hkl[1]).unsigned_abs() } else { 0 };
    let pair = |a: u32, b: u32| (a.min(b), a.max(b));
    let ((a, b), (c, d)) = (pair(h, k), pair(l, i));
    let ((a, c), (b, d)) = (pair(a, c), pair(b, d));
    let (b, c) = pair(b, c);
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::CellParameters;
    use braggscape_pattern::Peak;

    /// Peaks of reflections that are given in order of g; the wavelength is 1 Å.
    fn merge(list: &[([i32; 3], f64, f64)], four_index: bool) -> Vec<Peak> {
        let order: Vec<Entry> = list.iter().zip(0..).map(|(r, i)| (r.1, i)).collect();
        let sphere =
            HalfSphere { hkl: list.iter().map(|r| r.0).collect(), ..HalfSphere::default() };
        let intensities: Vec<f64> = list.iter().map(|r| r.2).collect();
        let options =
            PeakListOptions { wavelength: 1.0, scaled: false, ..PeakListOptions::default() };
        let mut bins = Bins::default();
        bins.merge(&order, &sphere, &intensities, &options, four_index).unwrap().to_vec()
    }

    #[test]
    fn reflections_of_a_bin_are_one_peak_with_the_first_ones_angle() {
        let peaks = merge(
            &[
                ([1, 0, 0], 0.5, 3.0),
                ([0, 1, 0], 0.5, 2.0),
                ([0, 0, 1], 0.5 + 1e-9, 1.0),
                ([1, 1, 0], 0.8, 1.0),
                ([2, 0, 0], 0.9, 5.9e-5),
            ],
            false,
        );
        assert_eq!(peaks.len(), 2);
        assert!((peaks[0].two_theta - 2.0 * libm::asin(0.25).to_degrees()).abs() < 1e-12);
        assert!((peaks[0].d_spacing - 2.0).abs() < 1e-15);
        assert!((peaks[0].intensity - 6.0).abs() < 1e-12);
        let family = |hkl, multiplicity| HklFamily { hkl, multiplicity, four_index: false };
        assert_eq!(peaks[0].hkls, [family([1, 0, 0], 6)]);
        assert_eq!(peaks[1].hkls, [family([1, 1, 0], 2)]);
    }

    #[test]
    fn four_indices_make_other_families_than_three() {
        // (1 1 -2 0) and (2 -1 -1 0) are one family of hexagonal cells, (1 1 0) and (2 -1 0) are two families of others.
        let pair = [([2, -1, 0], 0.5, 1.0), ([1, 1, 0], 0.5, 1.0)];
        let families = |four_index| merge(&pair, four_index)[0].hkls.clone();
        let four = families(true);
        assert_eq!(four.len(), 1);
        assert_eq!(four[0].indices(), [2, -1, -1, 0]);
        assert_eq!(families(false).len(), 2);
    }

    #[test]
    fn lattices_near_hexagonal_count_as_hexagonal() {
        let hexagonal = |p: [f64; 6]| {
            looks_hexagonal(&Lattice::from_parameters(&CellParameters::from_array(p)).unwrap())
        };
        assert!(hexagonal([3.0, 3.0, 5.0, 90.0, 90.0, 120.0]));
        assert!(hexagonal([3.0, 3.009, 5.0, 94.0, 87.0, 57.0]));
        assert!(hexagonal([5.0, 3.0, 3.0, 120.0, 90.0, 90.0]));
        assert!(!hexagonal([3.0, 3.02, 5.0, 90.0, 90.0, 120.0]));
        assert!(!hexagonal([3.0, 3.0, 5.0, 90.0, 96.0, 120.0]));
        assert!(!hexagonal([3.0, 3.0, 3.0, 90.0, 90.0, 90.0]));
        assert!(!hexagonal([3.0, 3.0, 3.0, 60.0, 60.0, 60.0]));
    }
}
