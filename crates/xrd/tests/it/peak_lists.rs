//! Laws of peak lists that need no other program.

use crate::sample::{au2s, structure, u2ti};
use braggscape_crystal::{Element, Structure};
use braggscape_pattern::{Peak, Radiation};
use braggscape_xrd::{EuAm, FormFactor, ForwardError, PeakList, PeakListOptions, PeakListScratch};

fn options() -> PeakListOptions {
    PeakListOptions { scaled: false, ..PeakListOptions::default() }
}

fn peaks(options: PeakListOptions, s: &Structure) -> Vec<Peak> {
    PeakList::new(options).unwrap().peaks(s).unwrap()
}

#[test]
fn a_doubled_cell_has_the_same_peaks_four_times_as_high() {
    let cell = [4.1, 5.2, 6.3, 83.0, 97.0, 104.0];
    let sites = [("Na", [0.1, 0.2, 0.3], 1.0), ("Cl", [0.55, 0.7, 0.9], 0.5)];
    let small = structure(cell, &sites);
    let halves = sites
        .iter()
        .flat_map(|&(e, [x, y, z], o)| [0.0, 0.5].map(|shift| (e, [x, y, z / 2.0 + shift], o)));
    let [a, b, c, alpha, beta, gamma] = cell;
    let large = structure([a, b, 2.0 * c, alpha, beta, gamma], &halves.collect::<Vec<_>>());
    for two_theta_range in [Some((0.0, 90.0)), Some((25.0, 70.0)), None] {
        let options = PeakListOptions { two_theta_range, ..options() };
        let (one, two) = (peaks(options.clone(), &small), peaks(options, &large));
        assert!(one.len() > 20);
        assert_eq!(one.len(), two.len());
        for (p, q) in one.iter().zip(&two) {
            assert!((p.two_theta - q.two_theta).abs() < 1e-9);
            assert!((q.intensity / p.intensity / 4.0 - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn a_factor_of_an_element_damps_that_element() {
    let po = structure([3.36, 3.36, 3.36, 90.0, 90.0, 90.0], &[("Po", [0.0; 3], 1.0)]);
    let b = 1.7;
    let element = Element::from_symbol("Po").unwrap();
    let other = Element::from_symbol("Au").unwrap();
    let damped =
        PeakListOptions { debye_waller_factors: vec![(other, 9.0), (element, b)], ..options() };
    let (still, moving) = (peaks(options(), &po), peaks(damped, &po));
    assert_eq!(still.len(), moving.len());
    for (p, q) in still.iter().zip(&moving) {
        let s = 0.5 / p.d_spacing;
        assert!((q.intensity / p.intensity / (-2.0 * b * s * s).exp() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn the_strongest_peak_is_scaled_to_100_and_all_in_proportion() {
    let (absolute, scaled) =
        (peaks(options(), &au2s()), peaks(PeakListOptions::default(), &au2s()));
    let strongest = scaled.iter().map(|p| p.intensity).fold(0.0, f64::max);
    assert!((strongest - 100.0).abs() < 1e-12);
    let factor = absolute[0].intensity / scaled[0].intensity;
    for (p, q) in absolute.iter().zip(&scaled) {
        assert!((p.intensity / q.intensity / factor - 1.0).abs() < 1e-12);
    }
}

#[test]
fn only_hexagonal_cells_have_four_indices() {
    let four =
        |s: &Structure| peaks(options(), s).iter().flat_map(|p| &p.hkls).all(|f| f.four_index);
    assert!(four(&u2ti()));
    assert!(peaks(options(), &au2s()).iter().flat_map(|p| &p.hkls).all(|f| f.indices().len() == 3));
}

/// Sites at the points of a golden-ratio sequence, three elements in turn.
fn scattered(n_sites: u32) -> Vec<(&'static str, [f64; 3], f64)> {
    let at = |i: u32, ratio: f64| (ratio * f64::from(i)).fract();
    let frac = |i| [at(i, 0.819_172_5), at(i, 0.671_043_6), at(i, 0.549_700_5)];
    (0..n_sites).map(|i| (["Cs", "Ti", "O"][i as usize % 3], frac(i), 1.0)).collect()
}

/// Intensity of a peak by the definition, over the members of its families that lie at its angle.
fn direct_intensity(s: &Structure, peak: &Peak, wavelength: f64) -> f64 {
    let reciprocal = s.lattice().inverse();
    let within = |i: i32| peak.hkls.iter().flat_map(|f| f.hkl).any(|j| i.abs() == j.abs());
    let most = peak.hkls.iter().flat_map(|f| f.hkl).map(i32::abs).max().unwrap();
    let indices: Vec<i32> = (-most..=most).filter(|i| within(*i)).collect();
    let mut sum = 0.0;
    for h in &indices {
        for k in &indices {
            for l in &indices {
                let hkl = nalgebra::RowVector3::new(*h, *k, *l).map(f64::from);
                let g = (hkl * reciprocal).norm();
                if (g * peak.d_spacing - 1.0).abs() > 1e-12 {
                    continue;
                }
                let s2 = 0.25 * g * g;
                let (mut re, mut im) = (0.0, 0.0);
                for site in s.sites() {
                    let f = FormFactor::of(site.element, EuAm::Pymatgen).unwrap().f0(s2);
                    let phase = std::f64::consts::TAU * (hkl * site.frac)[0];
                    (re, im) = (
                        re + site.occupancy * f * phase.cos(),
                        im + site.occupancy * f * phase.sin(),
                    );
                }
                let theta = (0.5 * wavelength * g).asin();
                let lp = (1.0 + (2.0 * theta).cos().powi(2)) / (theta.sin().powi(2) * theta.cos());
                sum += (re * re + im * im) * lp;
            }
        }
    }
    sum
}

/// Every so many peaks of a list against the direct sum.
#[track_caller]
fn check_some(s: &Structure, options: PeakListOptions, least_reflections: u32, n_checked: usize) {
    let wavelength = options.wavelength;
    let list = peaks(options, s);
    let members = |p: &Peak| p.hkls.iter().map(|f| f.multiplicity).sum::<u32>();
    let n_reflections: u32 = list.iter().map(members).sum();
    assert!(n_reflections >= least_reflections, "{n_reflections} reflections");
    assert!(list.windows(2).all(|w| w[0].two_theta < w[1].two_theta));
    // Peaks of one Friedel pair: more may have met in a bin by chance.
    let single: Vec<&Peak> = list.iter().filter(|p| members(p) == 2).collect();
    assert!(single.len() >= n_checked);
    for p in single.iter().step_by(single.len() / n_checked) {
        let direct = direct_intensity(s, p, wavelength);
        let error = (p.intensity / direct - 1.0).abs();
        assert!(error < 1e-8, "{:?} at {}°: off by {error:e}", p.hkls, p.two_theta);
    }
}

#[test]
fn short_wavelengths_over_the_whole_sphere_agree_with_a_direct_sum() {
    let triclinic = structure([11.1, 12.2, 13.3, 83.0, 97.0, 104.0], &scattered(12));
    for name in ["MoKa", "AgKa"] {
        let options = PeakListOptions {
            wavelength: name.parse::<Radiation>().unwrap().wavelength(),
            two_theta_range: None,
            ..options()
        };
        check_some(&triclinic, options, 100_000, 12);
    }
}

#[test]
fn two_thousand_atoms_agree_with_a_direct_sum() {
    let large = structure([30.0, 31.0, 32.0, 88.0, 92.0, 95.0], &scattered(2000));
    let options = PeakListOptions { two_theta_range: Some((20.0, 40.0)), ..options() };
    check_some(&large, options, 2_000, 8);
}

#[test]
fn a_used_scratch_space_gives_the_same_peaks() {
    let large = structure(
        [9.1, 5.2, 14.3, 83.0, 97.0, 104.0],
        &[("Na", [0.1, 0.2, 0.3], 1.0), ("Cl", [0.55, 0.7, 0.9], 0.5), ("O", [0.3, 0.3, 0.6], 1.0)],
    );
    let md = structure([3.0, 3.0, 3.0, 90.0, 90.0, 90.0], &[("Md", [0.0; 3], 1.0)]);
    let list = PeakList::new(PeakListOptions::default()).unwrap();
    let damped = PeakListOptions {
        debye_waller_factors: vec![(Element::from_symbol("Au").unwrap(), 1.0)],
        ..options()
    };
    let damped = PeakList::new(damped).unwrap();
    let mut scratch = PeakListScratch::default();
    for s in [&u2ti(), &large, &au2s(), &u2ti(), &md, &au2s()] {
        for list in [&list, &damped, &list] {
            let used = list.peaks_with(s, &mut scratch);
            let Ok(fresh) = list.peaks(s) else {
                assert!(used.is_err());
                continue;
            };
            let used = used.unwrap();
            assert_eq!((used.len(), used.is_empty()), (fresh.len(), false));
            assert_eq!(used.to_vec(), fresh);
            for (p, q) in used.iter().zip(&fresh) {
                assert_eq!(p.to_peak(), *q);
            }
        }
    }
}

#[test]
fn what_cannot_be_listed_is_a_typed_error() {
    let list = |options| PeakList::new(options);
    let range = Some((1.0, 2.0));
    let e = list(PeakListOptions { two_theta_range: range, ..options() }).unwrap().peaks(&au2s());
    assert!(matches!(e, Err(ForwardError::NoReflections { .. })), "{e:?}");
    let e = list(PeakListOptions { wavelength: 30.0, ..options() }).unwrap().peaks(&au2s());
    assert!(matches!(e, Err(ForwardError::NoReflections { .. })), "{e:?}");
    let md = structure([3.0, 3.0, 3.0, 90.0, 90.0, 90.0], &[("Md", [0.0; 3], 1.0)]);
    let e = list(options()).unwrap().peaks(&md).unwrap_err();
    assert!(e.to_string().contains("Md"), "{e}");
    for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
        let e = list(PeakListOptions { wavelength: bad, ..options() }).unwrap_err();
        assert!(e.to_string().contains("wavelength"), "{e}");
    }
    for window in [(f64::NAN, 90.0), (10.0, f64::NAN), (50.0, 50.0), (-1.0, 20.0), (0.0, 181.0)] {
        let e = list(PeakListOptions { two_theta_range: Some(window), ..options() }).unwrap_err();
        assert!(e.to_string().contains("2theta"), "{e}");
    }
    let po = Element::from_symbol("Po").unwrap();
    for bad in [-0.1, f64::NAN] {
        let factors = vec![(po, bad)];
        let e = list(PeakListOptions { debye_waller_factors: factors, ..options() }).unwrap_err();
        assert!(e.to_string().contains("Debye-Waller"), "{e}");
    }
}
