//! Laws of potentials.

use super::suite::{Conformance, Suite, Verdict, failed, on_another_thread, same_bits};
use crate::differences::slope;
use crate::strategies::{lattices, rotations, supercells, unimodular};
use crate::transform;
use braggscape_crystal::{Element, Lattice, Site, Structure};
use braggscape_potential::{EV_PER_CUBIC_ANGSTROM_IN_GPA, Evaluation, Potential};
use nalgebra::{Matrix3, Vector3};
use proptest::collection::vec;
use proptest::prelude::*;

/// What a potential is to be checked with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PotentialClaims {
    /// Largest atomic number that the potential knows. Default 94.
    pub largest_atomic_number: i64,
    /// Most sites of a crystal. Default 4.
    pub max_sites: usize,
    /// Inputs of each law. Default 32.
    pub cases: u32,
    /// Rounding of energies, forces (eV/Å) and stresses (eV/Å^3), relative to the largest of 1 and the numbers themselves. Default
    /// 1e-9, for double precision.
    pub rounding: f64,
    /// Error of forces and stress beside differences, relative in the same way; `None` where rounding does not allow differences.
    /// Default 1e-6.
    pub differences: Option<f64>,
}

impl Default for PotentialClaims {
    fn default() -> Self {
        Self {
            largest_atomic_number: 94,
            max_sites: 4,
            cases: 32,
            rounding: 1e-9,
            differences: Some(1e-6),
        }
    }
}

/// Sites at least this far apart, Å.
const APART: f64 = 1.5;

/// Checks a potential on crystals whose atoms are at least 1.5 Å apart. The laws:
///
/// - forces and stress agree with differences of the energy, in a random direction each;
/// - forces sum to zero, the stress is symmetric; all numbers are finite, one force a site, moments for all sites or for none;
/// - energy, forces and stress go along when the crystal is moved, turned, inverted, described by another basis, or its sites by
///   another order; a supercell has as many times the energy;
/// - the same crystal gives the same bits, after other calls, into a buffer that was used, and on another thread;
/// - a site shared by two elements gives an error.
///
/// # Panics
/// If a law does not hold.
#[track_caller]
pub fn potential(potential: &dyn Potential, claims: PotentialClaims) -> Conformance {
    let mut suite = Suite::new("potential");
    let law = Law { potential, claims };
    let crystals = crystals(claims);
    let (crystals, n) = (&crystals, claims.cases);
    if let Some(tolerance) = claims.differences {
        suite.law(
            "forces agree with differences",
            n,
            &(crystals, directions(claims)),
            |(s, along)| law.forces(&s, &along, tolerance),
        );
        suite.law("stress agrees with differences", n, &(crystals, strains()), |(s, strain)| {
            law.stress(&s, &strain, tolerance)
        });
    }
    suite.law("forces sum to zero", n, crystals, |s| {
        let e = law.evaluate(&s)?;
        prop_assert_eq!(e.forces.len(), s.n_sites());
        prop_assert!(e.magmoms.is_empty() || e.magmoms.len() == s.n_sites());
        let sum: Vector3<f64> = e.forces.iter().sum();
        prop_assert!(sum.norm() <= law.tolerance(&e), "{sum}");
        prop_assert!((e.stress - e.stress.transpose()).amax() <= law.tolerance(&e), "{}", e.stress);
        prop_assert!(e.check().is_ok() && e.magmoms.iter().all(|m| m.is_finite()), "{e:?}");
        Ok(())
    });
    let shift = [-1.5..1.5f64, -1.5..1.5, -1.5..1.5].prop_map(Vector3::from);
    suite.law("a crystal may be moved", n, &(crystals, shift), |(s, t)| {
        let moved = transform::shifted(&s, &t).map_err(failed)?;
        law.same(&s, &moved, 1.0, &Matrix3::identity(), |i| i)
    });
    suite.law("a crystal may be turned", n, &(crystals, rotations()), |(s, r)| {
        law.same(&s, &transform::rotated(&s, &r).map_err(failed)?, 1.0, &r, |i| i)
    });
    suite.law("a crystal may be inverted", n, crystals, |s| {
        let inverted = transform::inverted(&s).map_err(failed)?;
        law.same(&s, &inverted, 1.0, &-Matrix3::identity(), |i| i)
    });
    suite.law("the basis does not matter", n, &(crystals, unimodular()), |(s, m)| {
        let other = transform::supercell(&s, &m).map_err(failed)?;
        law.same(&s, &other, 1.0, &Matrix3::identity(), |i| i)
    });
    suite.law("the order of sites does not matter", n, crystals, |s| {
        let order: Vec<usize> = (0..s.n_sites()).rev().collect();
        let other = transform::reordered(&s, &order).map_err(failed)?;
        law.same(&s, &other, 1.0, &Matrix3::identity(), |i| order[i])
    });
    suite.law("a supercell has its cells' energies", n, &(crystals, supercells(3)), |(s, m)| {
        let larger = transform::supercell(&s, &m).map_err(failed)?;
        let cells = larger.n_sites() / s.n_sites();
        law.same(&s, &larger, cells as f64, &Matrix3::identity(), |i| i / cells)
    });
    suite.law("the same crystal gives the same bits", n, &(crystals, crystals), |(s, other)| {
        let first = law.evaluate(&s)?;
        let mut used = law.evaluate(&other)?;
        potential.evaluate(&s, &mut used).map_err(failed)?;
        let elsewhere = on_another_thread(|| law.evaluate(&s))??;
        for again in [used, elsewhere] {
            same_bits("the numbers", &flat(&first), &flat(&again))?;
        }
        Ok(())
    });
    suite.law("a mixed site is an error", n.min(8), crystals, |s| {
        let mixed = transform::split(&s, 0, 0.5).map_err(failed)?;
        prop_assert!(potential.evaluate(&mixed, &mut Evaluation::default()).is_err());
        Ok(())
    });
    suite.finish()
}

/// A potential and what it claims.
struct Law<'a> {
    potential: &'a dyn Potential,
    claims: PotentialClaims,
}

impl Law<'_> {
    fn evaluate(&self, structure: &Structure) -> Result<Evaluation, TestCaseError> {
        let mut out = Evaluation::default();
        self.potential.evaluate(structure, &mut out).map_err(failed)?;
        Ok(out)
    }

    /// Rounding beside these numbers.
    fn tolerance(&self, e: &Evaluation) -> f64 {
        self.claims.rounding * scale(e)
    }

    /// Differences of the energy along a displacement of the sites, Å.
    fn forces(&self, s: &Structure, along: &[Vector3<f64>], tolerance: f64) -> Verdict {
        let e = self.evaluate(s)?;
        let (cart, inverse) = (s.frac_coords(), s.lattice().inverse());
        let energy = |t: f64| {
            let coords: Vec<_> =
                cart.iter().zip(along).map(|(f, d)| f + inverse * (d * t)).collect();
            s.with_frac_coords(&coords)
                .ok()
                .and_then(|s| self.evaluate(&s).ok())
                .map_or(f64::NAN, |e| e.energy)
        };
        let expected = slope(energy, 0.02);
        prop_assume!(expected.error < 0.1 * tolerance * scale(&e));
        let found: f64 = -e.forces.iter().zip(along).map(|(f, d)| f.dot(d)).sum::<f64>();
        prop_assert!(
            (found - expected.value).abs() <= tolerance * scale(&e),
            "{found} and by differences {}",
            expected.value
        );
        Ok(())
    }

    /// Differences of the energy along a strain.
    fn stress(&self, s: &Structure, strain: &Matrix3<f64>, tolerance: f64) -> Verdict {
        let e = self.evaluate(s)?;
        let energy = |t: f64| {
            let columns = (Matrix3::identity() + strain * t) * s.lattice().columns();
            Lattice::from_columns(columns)
                .ok()
                .and_then(|lattice| self.evaluate(&s.with_lattice(lattice)).ok())
                .map_or(f64::NAN, |e| e.energy)
        };
        let expected = slope(energy, 0.01);
        prop_assume!(expected.error < 0.1 * tolerance * scale(&e));
        let virial = e.stress * (s.lattice().volume() / EV_PER_CUBIC_ANGSTROM_IN_GPA);
        let found = virial.dot(strain);
        prop_assert!(
            (found - expected.value).abs() <= tolerance * scale(&e),
            "{found} and by differences {}",
            expected.value
        );
        Ok(())
    }

    /// Whether `other` describes `s` turned by `r`, `cells` times; its site i is site `of(i)` of `s`.
    fn same(
        &self,
        s: &Structure,
        other: &Structure,
        cells: f64,
        r: &Matrix3<f64>,
        of: impl Fn(usize) -> usize,
    ) -> Verdict {
        let (a, b) = (self.evaluate(s)?, self.evaluate(other)?);
        let tolerance = self.tolerance(&a);
        let energy = b.energy / cells;
        prop_assert!((a.energy - energy).abs() <= tolerance, "energies {} {energy}", a.energy);
        for (i, force) in b.forces.iter().enumerate() {
            let expected = r * a.forces[of(i)];
            prop_assert!((force - expected).amax() <= tolerance, "force {i}: {force} {expected}");
        }
        for (i, moment) in b.magmoms.iter().enumerate() {
            prop_assert!((moment - a.magmoms[of(i)]).abs() <= tolerance, "moment {i}: {moment}");
        }
        let expected = r * a.stress * r.transpose();
        let apart = (b.stress - expected).amax() / EV_PER_CUBIC_ANGSTROM_IN_GPA;
        prop_assert!(apart <= tolerance, "stresses {} {expected}", b.stress);
        Ok(())
    }
}

/// The largest of 1 and all numbers, in eV and Å.
fn scale(e: &Evaluation) -> f64 {
    let forces = e.forces.iter().map(Vector3::amax).fold(0.0, f64::max);
    let stress = e.stress.amax() / EV_PER_CUBIC_ANGSTROM_IN_GPA;
    e.energy.abs().max(forces).max(stress).max(1.0)
}

fn flat(e: &Evaluation) -> Vec<f64> {
    let forces = e.forces.iter().flat_map(|f| f.iter().copied());
    let rest = e.stress.iter().copied().chain(e.magmoms.iter().copied());
    std::iter::once(e.energy).chain(forces).chain(rest).collect()
}

/// Crystals of whole atoms that keep their distance.
fn crystals(claims: PotentialClaims) -> impl Strategy<Value = Structure> {
    let element = (1..=claims.largest_atomic_number)
        .prop_filter_map("no element", |z| Element::from_atomic_number(z).ok());
    let site = (element, [0.0..1.0f64, 0.0..1.0, 0.0..1.0])
        .prop_map(|(element, frac)| Site::new(element, Vector3::from(frac)));
    (lattices(), vec(site, 1..=claims.max_sites)).prop_filter_map("atoms too near", |(l, sites)| {
        let lattice = l;
        let near = sites
            .iter()
            .enumerate()
            .any(|(i, a)| sites[..i].iter().any(|b| nearest(&lattice, &(a.frac - b.frac)) < APART));
        if near { None } else { Structure::new(lattice, sites).ok() }
    })
}

/// Distance to the nearest image, Å.
fn nearest(lattice: &Lattice, apart: &Vector3<f64>) -> f64 {
    let mut least = f64::INFINITY;
    for i in 0..27 {
        let t = Vector3::new(f64::from(i / 9 - 1), f64::from(i / 3 % 3 - 1), f64::from(i % 3 - 1));
        least = least.min(lattice.cart(&(apart.map(|x| x - x.round()) + t)).norm());
    }
    least
}

/// Displacements of sites by up to 1 Å.
fn directions(claims: PotentialClaims) -> impl Strategy<Value = Vec<Vector3<f64>>> {
    let one = [-1.0..1.0f64, -1.0..1.0, -1.0..1.0].prop_map(Vector3::from);
    vec(one, claims.max_sites)
}

/// Symmetric strains.
fn strains() -> impl Strategy<Value = Matrix3<f64>> {
    let number = || -1.0..1.0f64;
    [number(), number(), number(), number(), number(), number()]
        .prop_map(|[a, b, c, d, e, f]| Matrix3::new(a, d, e, d, b, f, e, f, c))
}
