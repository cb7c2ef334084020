//! Laws of forward models.

use super::suite::{Conformance, Suite, Verdict, failed, on_another_thread, same_bits};
use crate::differences::{Slope, relative_error, slope};
use crate::strategies::{rotations, structures, supercells, unimodular};
use crate::transform::{determinant, inverted, reordered, rotated, shifted, split, supercell};
use braggscape_crystal::{CellParameters, CrystalError, Lattice, Structure};
use braggscape_pattern::Pattern;
use braggscape_xrd::{ForwardModel, Scratch, StructureGradient};
use nalgebra::Vector3;
use proptest::prelude::*;

/// What a forward model claims beyond the laws that all keep. Nothing is claimed by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ForwardClaims {
    /// The list of reflections does not depend on the choice of basis, so neither does the pattern.
    pub complete: bool,
    /// An inverted crystal has the same pattern (scattering factors are real: Friedel's law).
    pub friedel: bool,
    /// n cells described as one cell have the pattern of one times n^p, with this p; checked if `complete` is claimed.
    ///
    /// A reflection of the small lattice is one of the large, and F sums n equal cells: F' = n F, and F' = 0 for all others. So
    /// I' = n^2 I for |F|^2 (p = 2), n I for |F|^2/V (p = 1), I for |F|^2/V^2 (p = 0).
    pub supercell_exponent: Option<i32>,
}

/// Deviation of two patterns of one crystal over the largest intensity: rounding of 1e-16 in a metric tensor moves a peak by
/// about 1e-13 of its width, and cut tails may flip by 1e-10 of a peak.
const SAME: f64 = 1e-9;

/// Error of a gradient over the largest component of its block.
const GRADIENT: f64 = 1e-6;

/// Reflections with sin(theta) above this are left out of differences: near 180° the Lorentz factor and the width diverge.
const LARGEST_SINE: f64 = 0.96;

/// Longest steps of differences in lengths (Å), angles (degrees) and coordinates: a fraction of what moves a peak by its width
/// or a phase by a radian.
const STEPS: [f64; 3] = [5e-3, 0.1, 2e-3];

/// Checks a forward model. The laws:
///
/// - patterns are finite and not negative, and nothing of what the buffers held is left;
/// - the same structure gives the same bits: with any scratch space, after other structures and on another thread;
/// - turning or mirroring the whole crystal, shifting the origin, moving sites by lattice vectors, listing sites in another
///   order and writing one site as two shares leave the pattern as it is;
/// - the pullback agrees with differences, to 1e-6 of the largest component among lengths, angles and coordinates, with the list
///   of reflections held; it is linear in dL/dy;
/// - peaks ascend in 2theta, are above 0, and obey Bragg's law with the model's wavelength and the indices they name;
/// - patterns and dL/dy of the wrong length, and a pullback of a structure that was not simulated, give errors;
/// - what is claimed: invariance under changes of basis, Friedel's law, the scaling of supercells.
///
/// Structures have 1 to 4 sites in cells of 2.5 to 9 Å; a model of a few thousand points takes seconds.
///
/// # Panics
/// If a law does not hold.
#[track_caller]
pub fn forward_model(model: &dyn ForwardModel, claims: ForwardClaims) -> Conformance {
    let mut suite = Suite::new("forward model");
    let crystals = structures(1..5);
    let same = |a: &Structure, b: Result<Structure, CrystalError>| {
        compare(model, a, &b.map_err(failed)?, 1.0)
    };
    suite.law("finite and not negative", 32, &crystals, |s| {
        let y = simulate(model, &s)?;
        let largest = y.iter().copied().fold(0.0, f64::max);
        prop_assert!(y.iter().all(|v| v.is_finite() && *v >= -1e-12 * largest));
        Ok(())
    });
    suite.law("the same structure gives the same bits", 16, &(&crystals, &crystals), |(a, b)| {
        deterministic(model, &a, &b)
    });
    let operations = (rotations(), any::<bool>());
    suite.law(
        "invariant under rotations and mirrors",
        16,
        &(&crystals, operations),
        |(s, (r, mirror))| same(&s, rotated(&s, &if mirror { -r } else { r })),
    );
    let vectors = [-2.0..2.0f64, -2.0..2.0f64, -2.0..2.0f64].prop_map(Vector3::from);
    suite.law("invariant under shifts of the origin", 16, &(&crystals, vectors), |(s, t)| {
        same(&s, shifted(&s, &t))
    });
    suite.law("invariant under lattice translations of sites", 16, &crystals, |s| {
        let moved = |j: usize, f: Vector3<f64>| f + Vector3::new(1.0, -2.0, j as f64);
        let coords: Vec<_> =
            s.frac_coords().into_iter().enumerate().map(|(j, f)| moved(j, f)).collect();
        same(&s, s.with_frac_coords(&coords))
    });
    let ordered = crystals.prop_flat_map(|s| {
        let order: Vec<usize> = (0..s.n_sites()).collect();
        (Just(s), Just(order).prop_shuffle())
    });
    suite.law("invariant under the order of sites", 16, &ordered, |(s, order)| {
        same(&s, reordered(&s, &order))
    });
    let crystals = structures(1..5);
    suite.law("linear in occupancy", 16, &(&crystals, 0.1..0.9f64), |(s, share)| {
        same(&s, split(&s, 0, share))
    });
    suite.law("the pullback agrees with differences", 12, &crystals, |s| pullback(model, &s));
    suite.law("the pullback is linear", 12, &(&crystals, -2.0..2.0f64), |(s, a)| {
        linear(model, &s, a)
    });
    suite.law("peaks obey Bragg's law", 24, &crystals, |s| bragg(model, &s));
    suite.law("wrong buffers and pullbacks give errors", 4, &(&crystals, &crystals), |(a, b)| {
        errors(model, &a, &b)
    });
    if claims.friedel {
        suite.law("invariant under inversion", 16, &crystals, |s| same(&s, inverted(&s)));
    }
    if claims.complete {
        suite.law("invariant under changes of basis", 16, &(&crystals, unimodular()), |(s, m)| {
            same(&s, supercell(&s, &m))
        });
        if let Some(exponent) = claims.supercell_exponent {
            suite.law("supercells scale", 12, &(structures(1..3), supercells(4)), |(s, m)| {
                let factor = f64::from(determinant(&m).abs()).powi(exponent);
                compare(model, &s, &supercell(&s, &m).map_err(failed)?, factor)
            });
        }
    }
    suite.finish()
}

/// The intensities of a structure, with scratch space of their own.
fn simulate(model: &dyn ForwardModel, s: &Structure) -> Result<Vec<f64>, TestCaseError> {
    simulate_with(model, s, &mut Scratch::default())
}

fn simulate_with(
    model: &dyn ForwardModel,
    s: &Structure,
    scratch: &mut Scratch,
) -> Result<Vec<f64>, TestCaseError> {
    let mut out = Pattern::zeros(model.axis().clone());
    model.simulate(s, scratch, &mut out).map_err(failed)?;
    Ok(out.y().to_vec())
}

/// The pattern of b is that of a times the factor.
fn compare(model: &dyn ForwardModel, a: &Structure, b: &Structure, factor: f64) -> Verdict {
    let expected: Vec<f64> = simulate(model, a)?.iter().map(|v| v * factor).collect();
    let deviation = relative_error(&simulate(model, b)?, &expected, 0.0);
    prop_assert!(deviation <= SAME, "the patterns differ by {deviation:e} of the maximum");
    Ok(())
}

fn deterministic(model: &dyn ForwardModel, a: &Structure, b: &Structure) -> Verdict {
    let first = simulate(model, a)?;
    let mut used = Scratch::default();
    simulate_with(model, b, &mut used)?;
    let mut dirty = Pattern::zeros(model.axis().clone());
    dirty.y_mut().fill(f64::NAN);
    model.simulate(a, &mut used, &mut dirty).map_err(failed)?;
    same_bits("with a used scratch space and buffer", &first, dirty.y())?;
    let elsewhere = on_another_thread(|| simulate(model, a))??;
    same_bits("on another thread", &first, &elsewhere)?;

    let weights = weights(model.axis().n_points());
    let mut gradient = StructureGradient::default();
    let mut stale = StructureGradient {
        lengths: [f64::NAN; 3],
        angles: [f64::NAN; 3],
        frac_coords: vec![Vector3::repeat(f64::NAN); 9],
        caglioti: [f64::NAN; 3],
        b_iso: f64::NAN,
        zero_shift: f64::NAN,
        scale: f64::NAN,
    };
    for out in [&mut gradient, &mut stale] {
        model.pullback(a, &weights, &mut used, out).map_err(failed)?;
    }
    prop_assert_eq!(gradient.frac_coords.len(), a.n_sites(), "one vector a site");
    same_bits("the gradient in a used buffer", &flat(&gradient), &flat(&stale))
}

/// Weights w_n of L = sum w_n y_n that are neither smooth nor symmetric.
fn weights(n: usize) -> Vec<f64> {
    (0..n).map(|i| libm::sin(0.011 * i as f64) + 0.3 * libm::cos(1.7 * i as f64)).collect()
}

fn flat(g: &StructureGradient) -> Vec<f64> {
    let coords = g.frac_coords.iter().flat_map(|f| [f.x, f.y, f.z]);
    g.lengths
        .into_iter()
        .chain(g.angles)
        .chain(coords)
        .chain(g.caglioti)
        .chain([g.zero_shift])
        .chain([g.b_iso, g.scale])
        .collect()
}

fn pullback(model: &dyn ForwardModel, s: &Structure) -> Verdict {
    // Standard orientation, in which cell parameters say everything.
    let cell = s.cell();
    let s = s.with_lattice(Lattice::from_parameters(&cell).map_err(failed)?);
    let weights = weights(model.axis().n_points());
    let mut scratch = Scratch::default();
    simulate_with(model, &s, &mut scratch)?;
    let mut list = scratch.reflections();
    let reciprocal = s.lattice().reciprocal();
    list.retain(|hkl| {
        0.5 * model.wavelength() * (reciprocal * Vector3::from(hkl.map(f64::from))).norm()
            < LARGEST_SINE
    });
    scratch.hold(&list);
    let y = simulate_with(model, &s, &mut scratch)?;
    let mut gradient = StructureGradient::default();
    model.pullback(&s, &weights, &mut scratch, &mut gradient).map_err(failed)?;

    let total: f64 = y.iter().zip(&weights).map(|(y, w)| (y * w).abs()).sum();
    let value = |s: Result<Structure, CrystalError>, scratch: &mut Scratch| -> f64 {
        let y = s.ok().and_then(|s| simulate_with(model, &s, scratch).ok());
        y.map_or(f64::NAN, |y| y.iter().zip(&weights).map(|(y, w)| y * w).sum())
    };
    let cell_slopes: Vec<Slope> = (0..6)
        .map(|i| {
            let at = |t: f64| {
                let mut p = cell.to_array();
                p[i] += t;
                let lattice = Lattice::from_parameters(&CellParameters::from_array(p));
                value(lattice.map(|l| s.with_lattice(l)), &mut scratch)
            };
            slope(at, STEPS[i / 3])
        })
        .collect();
    let coords = s.frac_coords();
    let coord_slopes: Vec<Slope> = (0..3 * coords.len())
        .map(|i| {
            let at = |t: f64| {
                let mut moved = coords.clone();
                moved[i / 3][i % 3] += t;
                value(s.with_frac_coords(&moved), &mut scratch)
            };
            slope(at, STEPS[2])
        })
        .collect();
    let coords: Vec<f64> = gradient.frac_coords.iter().flat_map(|f| [f.x, f.y, f.z]).collect();
    block("lengths", &gradient.lengths, &cell_slopes[..3], total / STEPS[0])?;
    block("angles", &gradient.angles, &cell_slopes[3..], total / STEPS[1])?;
    block("coordinates", &coords, &coord_slopes, total / STEPS[2])
}

/// A block of the gradient against differences; `size` is what 1 in L becomes in a difference.
fn block(name: &str, found: &[f64], slopes: &[Slope], size: f64) -> Verdict {
    prop_assert_eq!(found.len(), slopes.len(), "the number of {} in the gradient", name);
    let scale = slopes.iter().map(|d| d.value.abs()).fold(0.0, f64::max);
    // At special positions derivatives vanish, and the rounding of the differences is left: 1e-16 size, with a margin.
    let allowed = GRADIENT * scale + 1e-12 * size;
    let settled = |d: &Slope| d.error <= 0.3 * allowed;
    let n_unsettled = slopes.iter().filter(|d| !settled(d)).count();
    prop_assert!(
        n_unsettled <= slopes.len() / 10,
        "{name}: {n_unsettled} of {} differences do not settle: {slopes:?}",
        slopes.len()
    );
    for (i, (g, d)) in found.iter().zip(slopes).enumerate().filter(|(_, (_, d))| settled(d)) {
        prop_assert!(
            (g - d.value).abs() <= allowed,
            "{name}: component {i} is {g}, differences give {} (largest {scale})",
            d.value
        );
    }
    Ok(())
}

fn linear(model: &dyn ForwardModel, s: &Structure, a: f64) -> Verdict {
    let mut scratch = Scratch::default();
    let y = simulate_with(model, s, &mut scratch)?;
    let first = weights(y.len());
    let second: Vec<f64> = first.iter().rev().copied().collect();
    let sum: Vec<f64> = first.iter().zip(&second).map(|(v, w)| v + a * w).collect();
    let mut gradients = Vec::new();
    for d_y in [&first, &second, &sum] {
        let mut out = StructureGradient::default();
        model.pullback(s, d_y, &mut scratch, &mut out).map_err(failed)?;
        gradients.push(flat(&out));
    }
    let expected: Vec<f64> =
        gradients[0].iter().zip(&gradients[1]).map(|(v, w)| v + a * w).collect();
    let scale = gradients.iter().flatten().map(|v| v.abs()).fold(0.0, f64::max);
    let error = relative_error(&gradients[2], &expected, scale);
    prop_assert!(error <= SAME, "P(u + {a} v) differs from P(u) + {a} P(v) by {error:e}");
    Ok(())
}

fn bragg(model: &dyn ForwardModel, s: &Structure) -> Verdict {
    let peaks = model.peaks(s).map_err(failed)?;
    let ascending = peaks.windows(2).all(|w| w[0].two_theta < w[1].two_theta);
    prop_assert!(ascending, "the peaks do not ascend");
    let reciprocal = s.lattice().reciprocal();
    for p in &peaks {
        prop_assert!(p.intensity > 0.0 && p.intensity.is_finite(), "{p:?}");
        let sine = libm::sin((0.5 * p.two_theta).to_radians());
        let wavelength = 2.0 * p.d_spacing * sine;
        prop_assert!(
            (wavelength / model.wavelength() - 1.0).abs() < 1e-9,
            "2 d sin(theta) of {p:?}"
        );
        prop_assert!(!p.hkls.is_empty(), "a peak without indices at {}", p.two_theta);
        for family in &p.hkls {
            prop_assert!(family.multiplicity > 0);
            let d = 1.0 / (reciprocal * Vector3::from(family.hkl.map(f64::from))).norm();
            // Reflections within 1e-5 degrees are one peak.
            prop_assert!((d / p.d_spacing - 1.0).abs() < 1e-5, "{family:?} has d = {d}, {p:?}");
        }
    }
    Ok(())
}

fn errors(model: &dyn ForwardModel, a: &Structure, b: &Structure) -> Verdict {
    let n = model.axis().n_points();
    let mut scratch = Scratch::default();
    let mut out = StructureGradient::default();
    let unsimulated = model.pullback(a, &vec![0.0; n], &mut scratch, &mut out);
    prop_assert!(unsimulated.is_err(), "a pullback before any simulation was accepted");
    for n in [1, n + 1] {
        let axis = braggscape_pattern::Axis::uniform(model.axis().kind(), 10.0, 0.1, n);
        let mut pattern = Pattern::zeros(axis.map_err(failed)?);
        let accepted = model.simulate(a, &mut scratch, &mut pattern).is_ok();
        prop_assert!(!accepted, "a pattern of {n} points was accepted");
    }
    simulate_with(model, a, &mut scratch)?;
    for n in [0, n - 1, n + 1] {
        let accepted = model.pullback(a, &vec![0.0; n], &mut scratch, &mut out).is_ok();
        prop_assert!(!accepted, "dL/dy of {n} entries was accepted");
    }
    if a != b {
        let other = model.pullback(b, &vec![0.0; n], &mut scratch, &mut out);
        prop_assert!(other.is_err(), "a pullback of another structure was accepted");
    }
    Ok(())
}
