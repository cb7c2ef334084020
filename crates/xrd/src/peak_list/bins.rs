//! Reflections to peaks, by pymatgen's rules.

use super::sphere::HalfSphere;
use crate::ForwardError;
use braggscape_crystal::Lattice;
use braggscape_pattern::{HklFamily, Peak};
use std::ops::Range;

/// Reflections whose 2theta round to the same multiple of this, degrees, are one peak.
const BIN: f64 = 1e-5;

/// Peaks at or below this percentage of the strongest are left out.
const LEAST_PERCENT: f64 = 1e-3;

/// Whether families of a lattice are named by four indices.
pub(super) fn looks_hexagonal(lattice: &Lattice) -> bool {
    let (lengths, angles) = (lattice.lengths(), lattice.angles());
    let near = |x: f64, to: f64| (x - to).abs() <= 5.0;
    let right: Vec<usize> = (0..3).filter(|&i| near(angles[i], 90.0)).collect();
    let n_hexagonal = angles.iter().filter(|&&x| near(x, 60.0) || near(x, 120.0)).count();
    match right[..] {
        [i, j] => n_hexagonal == 1 && (lengths[i] - lengths[j]).abs() <= 0.01,
        _ => false,
    }
}

/// 1.5 * 2^52: adding it rounds to the nearest integer, ties to even.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// The reflections of one peak, a range of the list in order.
#[derive(Debug)]
struct Bin {
    number: f64,
    two_theta: f64,
    intensity: f64,
    members: Range<usize>,
}

/// Peaks above the threshold, ascending in 2theta, from |F|^2 of the reflections of a half sphere; both members of each Friedel
/// pair are counted.
pub(super) fn merge(
    sphere: &HalfSphere,
    squares: &[f64],
    wavelength: f64,
    four_index: bool,
) -> Result<Vec<Peak>, ForwardError> {
    // The order (g, -h, -k, -l): positive numbers are ordered as their bits are, and the list descends in h, k, l.
    let mut order: Vec<(u64, u32)> = Vec::with_capacity(sphere.g.len());
    order.extend(sphere.g.iter().zip(0..).map(|(g, i)| (g.to_bits(), i)));
    order.sort_unstable();
    let mut bins: Vec<Bin> = Vec::with_capacity(order.len());
    let (mut last_g, mut two_theta, mut number) = (0, 0.0, 0.0);
    for (place, &(bits, i)) in order.iter().enumerate() {
        let sine = 0.5 * wavelength * f64::from_bits(bits);
        if bits != last_g {
            last_g = bits;
            two_theta = (2.0 * libm::asin(sine)).to_degrees();
            number = (two_theta / BIN + ROUND) - ROUND;
        }
        let intensity = 2.0 * squares[i as usize] * lorentz_polarization(sine);
        match bins.last_mut() {
            Some(bin) if number <= bin.number => {
                bin.intensity += intensity;
                bin.members.end = place + 1;
            }
            _ => bins.push(Bin { number, two_theta, intensity, members: place..place + 1 }),
        }
    }
    if bins.iter().any(|b| !b.intensity.is_finite()) {
        return Err(ForwardError::NonFinite);
    }
    let strongest = bins.iter().fold(0.0, |m: f64, b| m.max(b.intensity));
    let mut families = Families { four_index, keys: Vec::new(), found: Vec::new() };
    let kept = bins.iter().filter(|b| b.intensity / strongest * 100.0 > LEAST_PERCENT);
    let peak = |bin: &Bin| {
        let members = &order[bin.members.clone()];
        for &(_, i) in members {
            families.add(sphere.hkl[i as usize]);
        }
        Peak {
            two_theta: bin.two_theta,
            intensity: bin.intensity,
            d_spacing: 1.0 / f64::from_bits(members[0].0),
            hkls: families.take(),
        }
    };
    Ok(kept.map(peak).collect())
}

/// LP = (1 + cos^2 2theta)/(sin^2 theta cos theta).
fn lorentz_polarization(sine: f64) -> f64 {
    let square = sine * sine;
    let cos_2theta = 1.0 - 2.0 * square;
    (1.0 + cos_2theta * cos_2theta) / (square * ((1.0 - sine) * (1.0 + sine)).sqrt())
}

/// The families of one peak as they are found.
struct Families {
    four_index: bool,
    /// Absolute indices in ascending order (the first 0 if there are three).
    keys: Vec<[u32; 4]>,
    found: Vec<HklFamily>,
}

impl Families {
    /// Adds a Friedel pair, given by its larger member.
    fn add(&mut self, hkl: [i32; 3]) {
        let [h, k, l] = hkl.map(i32::unsigned_abs);
        let i = if self.four_index { (hkl[0] + hkl[1]).unsigned_abs() } else { 0 };
        let mut key = [h, k, l, i];
        key.sort_unstable();
        if let Some(n) = self.keys.iter().position(|other| *other == key) {
            let family = &mut self.found[n];
            family.multiplicity += 2;
            family.hkl = family.hkl.max(hkl);
        } else {
            self.keys.push(key);
            self.found.push(HklFamily { hkl, multiplicity: 2, four_index: self.four_index });
        }
    }

    fn take(&mut self) -> Vec<HklFamily> {
        self.keys.clear();
        let found = self.found.clone();
        self.found.clear();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::CellParameters;

    fn sphere(list: &[([i32; 3], f64)]) -> HalfSphere {
        let (hkl, g) = list.iter().copied().unzip();
        HalfSphere { hkl, g, ..HalfSphere::default() }
    }

    #[test]
    fn reflections_of_a_bin_are_one_peak_with_the_first_ones_angle() {
        let list = sphere(&[
            ([1, 1, 0], 0.8),
            ([1, 0, 0], 0.5),
            ([0, 1, 0], 0.5),
            ([0, 0, 1], 0.5 + 1e-9),
            ([0, 0, 0], 0.9),
        ]);
        let peaks = merge(&list, &[1.0, 1.0, 1.0, 1.0, 1e-6], 1.0, false).unwrap();
        assert_eq!(peaks.len(), 2);
        assert!((peaks[0].two_theta - 2.0 * libm::asin(0.25).to_degrees()).abs() < 1e-12);
        assert!((peaks[0].d_spacing - 2.0).abs() < 1e-15);
        let theta = libm::asin(0.25);
        let lp = (1.0 + libm::cos(2.0 * theta).powi(2)) / (0.0625 * libm::cos(theta));
        assert!((peaks[0].intensity / (6.0 * lp) - 1.0).abs() < 1e-8);
        let family = |hkl, multiplicity| HklFamily { hkl, multiplicity, four_index: false };
        assert_eq!(peaks[0].hkls, [family([1, 0, 0], 6)]);
        assert_eq!(peaks[1].hkls, [family([1, 1, 0], 2)]);
    }

    #[test]
    fn four_indices_make_other_families_than_three() {
        // (1 1 -2 0) and (2 -1 -1 0) are one family of hexagonal cells, (1 1 0) and (2 -1 0) are two families of others.
        let pair = sphere(&[([2, -1, 0], 0.5), ([1, 1, 0], 0.5)]);
        let families =
            |four_index| merge(&pair, &[1.0; 2], 1.0, four_index).unwrap()[0].hkls.clone();
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
