//! From a structure to the positions and intensities of its reflections, and the pullback.
//!
//! Every forward model broadens what is computed here, each in its own way. Columns hold one number a reflection (one member
//! of each Friedel pair), in blocks of eight. What did not change since the last structure is not computed again: the list,
//! the phases while only the lattice moves, the angles and scattering factors while only atoms move. The numbers do not
//! depend on what was there before.

mod frozen;
mod geometry;
mod sites;
mod table;

pub use geometry::Coordinate;

use crate::form_factor::EuAm;
use crate::packs::Packed;
use crate::real::Real;
use crate::reflections::Runs;
use crate::{ForwardError, StructureGradient};
use braggscape_crystal::Structure;
use frozen::FrozenSums;
use pulp::Simd;
use sites::Sites;
use table::HklTable;

/// What positions and intensities depend on besides the structure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Physics {
    /// Wavelength, Å.
    pub(crate) wavelength: f64,
    /// Isotropic displacement B of all atoms, Å^2.
    pub(crate) b_iso: f64,
    pub(crate) eu_am: EuAm,
    /// What positions are.
    pub(crate) coordinate: Coordinate,
}

/// Which derivatives a pullback computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GradientParts {
    /// Those in the cell parameters.
    pub lattice: bool,
    /// Those in the fractional coordinates.
    pub coordinates: bool,
}

impl Default for GradientParts {
    fn default() -> Self {
        Self { lattice: true, coordinates: true }
    }
}

/// Positions and intensities of a list of reflections.
#[derive(Debug, Default)]
pub(crate) struct Sticks<T> {
    physics: Option<Physics>,
    metric: [f64; 6],
    table: HklTable<T>,
    sites: Sites<T>,
    frozen: FrozenSums<T>,
    /// Sums of phase factors by species: real and imaginary parts.
    sums: [Vec<T>; 2],
    /// s^2, 1/Å^2.
    pub(crate) s2: Vec<T>,
    /// f T and its derivative in s^2, by species.
    f: Vec<T>,
    df: Vec<T>,
    /// Position, and its derivative in s^2.
    pub(crate) position: Vec<T>,
    slope: Vec<T>,
    /// LP, and d ln LP/d s^2.
    lp: Vec<T>,
    d_ln_lp: Vec<T>,
    /// F: real and imaginary parts.
    structure_factor: [Vec<T>; 2],
    /// |F|^2, and its derivative in s^2.
    f_squared: Vec<T>,
    d_f_squared: Vec<T>,
    /// |F|^2 LP of both members of the pair.
    pub(crate) intensity: Vec<T>,
    /// Derivatives of L, to be set before [`pull`](Self::pull): in the positions, in the intensities, and in s^2 by any other
    /// way. Zero beyond the last reflection.
    pub(crate) d_position: Vec<T>,
    pub(crate) d_intensity: Vec<T>,
    pub(crate) d_s2: Vec<T>,
    /// dL/d|F|^2.
    weight: Vec<T>,
}

/// One reflection, and its derivatives in s^2.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StickState<T> {
    pub(crate) s2: T,
    pub(crate) lp: T,
    pub(crate) position: T,
    pub(crate) d_position: T,
    pub(crate) intensity: T,
    pub(crate) d_intensity: T,
}

/// Derivatives in what all structures share.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pulled {
    /// In the components 11, 22, 33, 23, 13, 12 of the reciprocal metric tensor, each pair of equal ones taken as one.
    pub(crate) metric: [f64; 6],
    pub(crate) b_iso: f64,
    /// In a factor of all intensities.
    pub(crate) scale: f64,
}

impl<T: Real> Sticks<T> {
    /// Number of reflections.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn hkl(&self) -> impl Iterator<Item = [i32; 3]> + '_ {
        self.table.runs.hkl()
    }

    /// Whether these are the sticks of a structure's sites.
    pub(crate) fn are_of(&self, structure: &Structure) -> bool {
        self.physics.is_some() && self.sites.is(structure)
    }

    /// Positions and intensities of these reflections; `metric` holds the components of the reciprocal metric tensor.
    #[inline(always)]
    pub(crate) fn update<S: Simd>(
        &mut self,
        simd: S,
        physics: Physics,
        structure: &Structure,
        metric: &[f64; 6],
        list: &Runs,
    ) -> Result<(), ForwardError>
    where
        T: Packed<S>,
    {
        let before = self.physics.take();
        if before.is_none_or(|p| p.eu_am != physics.eu_am) {
            self.sites.clear();
        }
        let sites = self.sites.set(structure, physics.eu_am)?;
        let list = self.table.set(list);
        self.update_sums(sites.any, list);
        let same = self.metric.map(f64::to_bits) == metric.map(f64::to_bits);
        let moved = list || before != Some(physics) || !same;
        if moved {
            self.metric = *metric;
            self.update_s2();
            self.update_geometry(physics);
        }
        if moved || sites.elements {
            self.update_form_factors(physics.b_iso);
        }
        let total = self.update_intensities(simd);
        if !total.to_f64().is_finite() {
            return Err(ForwardError::NonFinite);
        }
        self.physics = Some(physics);
        Ok(())
    }

    #[inline(always)]
    fn update_sums(&mut self, sites: bool, list: bool) {
        let [re, im] = &mut self.sums;
        if sites {
            self.frozen.clear();
            self.sites.sums(&self.table, re, im);
        } else if list {
            // Only the lattice moves: sums do not depend on it.
            self.frozen.copy(&mut self.sites, &self.table, re, im);
        }
    }

    #[inline(always)]
    fn update_s2(&mut self) {
        self.s2.resize(self.table.stride, T::default());
        let quarter = self.metric.map(|m| T::of(0.25 * m));
        let [m11, m22, m33, m23, m13, m12] = quarter;
        let two = T::of(2.0);
        let [h, k, l] = &self.table.columns;
        for (((s2, &h), &k), &l) in self.s2.iter_mut().zip(h).zip(k).zip(l) {
            *s2 = h * h * m11
                + k * k * m22
                + l * l * m33
                + two * (k * l * m23 + h * l * m13 + h * k * m12);
        }
    }

    #[inline(always)]
    fn update_geometry(&mut self, physics: Physics) {
        for column in [&mut self.position, &mut self.slope, &mut self.lp, &mut self.d_ln_lp] {
            column.resize(self.table.stride, T::default());
        }
        geometry::fill(
            physics,
            &self.s2,
            &mut self.position,
            &mut self.slope,
            &mut self.lp,
            &mut self.d_ln_lp,
        );
    }

    #[inline(always)]
    fn update_form_factors(&mut self, b_iso: f64) {
        let stride = self.table.stride;
        for column in [&mut self.f, &mut self.df] {
            column.resize(stride * self.sites.species.len(), T::default());
        }
        for (e, species) in self.sites.species.iter().enumerate() {
            let range = e * stride..(e + 1) * stride;
            let (f, df) = (&mut self.f[range.clone()], &mut self.df[range]);
            species.form_factor.fill_both(b_iso, &self.s2, f, df);
        }
    }

    /// Gives a sum over all intensities, which is finite if they are.
    #[inline(always)]
    fn update_intensities<S: Simd>(&mut self, simd: S) -> T
    where
        T: Packed<S>,
    {
        let stride = self.table.stride;
        let [fr, fi] = &mut self.structure_factor;
        let rest = [&mut self.f_squared, &mut self.d_f_squared, &mut self.intensity];
        for column in [&mut *fr, &mut *fi].into_iter().chain(rest) {
            column.resize(stride, T::default());
        }
        let zero = T::splat(simd, T::default());
        let two = T::splat(simd, T::of(2.0));
        let mut total = zero;
        for at in (0..stride).step_by(T::PACK) {
            let (mut a, mut b, mut da, mut db) = (zero, zero, zero, zero);
            for first in (0..self.sites.species.len()).map(|e| e * stride + at) {
                let x = T::load(simd, &self.sums[0][first..]);
                let y = T::load(simd, &self.sums[1][first..]);
                let f = T::load(simd, &self.f[first..]);
                let df = T::load(simd, &self.df[first..]);
                a = T::plus(simd, a, T::times(simd, f, x));
                b = T::plus(simd, b, T::times(simd, f, y));
                da = T::plus(simd, da, T::times(simd, df, x));
                db = T::plus(simd, db, T::times(simd, df, y));
            }
            let square = T::plus(simd, T::times(simd, a, a), T::times(simd, b, b));
            let slope = T::plus(simd, T::times(simd, a, da), T::times(simd, b, db));
            let twice = T::times(simd, two, square);
            let intensity = T::times(simd, twice, T::load(simd, &self.lp[at..]));
            T::store(a, &mut fr[at..]);
            T::store(b, &mut fi[at..]);
            T::store(square, &mut self.f_squared[at..]);
            T::store(T::times(simd, two, slope), &mut self.d_f_squared[at..]);
            T::store(intensity, &mut self.intensity[at..]);
            total = T::plus(simd, total, intensity);
        }
        T::total(simd, total)
    }

    /// Reflection `i`.
    #[inline(always)]
    pub(crate) fn stick(&self, i: usize) -> StickState<T> {
        let lp = self.lp[i];
        let slope = self.f_squared[i] * self.d_ln_lp[i] + self.d_f_squared[i];
        StickState {
            s2: self.s2[i],
            lp,
            position: self.position[i],
            d_position: self.slope[i],
            intensity: self.intensity[i],
            d_intensity: T::of(2.0) * lp * slope,
        }
    }

    /// For each site, in the order of the structure, d(intensity)/d(h x + k y + l z) of every reflection.
    #[inline(always)]
    pub(crate) fn site_derivatives(&mut self) -> Vec<Vec<T>> {
        let [fr, fi] = &self.structure_factor;
        let mut derivatives = self.sites.derivatives(&self.table, [fr, fi], &self.f);
        for (d, &lp) in derivatives.iter_mut().flat_map(|d| d.iter_mut().zip(&self.lp)) {
            *d *= T::of(2.0) * lp;
        }
        derivatives
    }

    /// Makes room for the derivatives of L and sets them to 0.
    #[inline(always)]
    pub(crate) fn clear_derivatives(&mut self) {
        for column in [&mut self.d_position, &mut self.d_intensity, &mut self.d_s2] {
            column.clear();
            column.resize(self.table.stride, T::default());
        }
    }

    /// The chain from positions and intensities to the structure; coordinates are added to `out` if they are wanted, for which
    /// it must have a vector for each site.
    #[inline(always)]
    pub(crate) fn pull<S: Simd>(
        &mut self,
        simd: S,
        parts: GradientParts,
        out: &mut StructureGradient,
    ) -> Pulled
    where
        T: Packed<S>,
    {
        self.weight.resize(self.table.stride, T::default());
        let two = T::of(2.0);
        for ((weight, &lp), &d) in self.weight.iter_mut().zip(&self.lp).zip(&self.d_intensity) {
            *weight = two * lp * d;
        }
        if parts.lattice {
            self.pull_s2();
        } else {
            self.d_s2.fill(T::default());
        }
        let mut sums = [T::splat(simd, T::default()); 8];
        for at in (0..self.table.stride).step_by(T::PACK) {
            let [x, y, z] = &self.table.columns;
            let h = T::load(simd, &x[at..]);
            let k = T::load(simd, &y[at..]);
            let l = T::load(simd, &z[at..]);
            let d = T::load(simd, &self.d_s2[at..]);
            let dh = T::times(simd, d, h);
            let dk = T::times(simd, d, k);
            let dl = T::times(simd, d, l);
            // F is proportional to exp(-B s^2).
            let weight = T::load(simd, &self.weight[at..]);
            let power = T::times(simd, weight, T::load(simd, &self.f_squared[at..]));
            let damped = T::times(simd, power, T::load(simd, &self.s2[at..]));
            for (sum, (a, b)) in
                sums.iter_mut().zip([(dh, h), (dk, k), (dl, l), (dk, l), (dh, l), (dh, k)])
            {
                *sum = T::plus(simd, *sum, T::times(simd, a, b));
            }
            sums[6] = T::plus(simd, sums[6], damped);
            sums[7] = T::plus(simd, sums[7], power);
        }
        if parts.coordinates {
            let [fr, fi] = &self.structure_factor;
            self.sites.pull(&self.table, &self.weight, [fr, fi], &self.f, out);
        }
        let mut totals = [0.0; 8];
        for (total, sum) in totals.iter_mut().zip(sums) {
            *total = T::total(simd, sum).to_f64();
        }
        let [m11, m22, m33, m23, m13, m12, damped, power] = totals;
        // s^2 = h^T G* h / 4.
        let metric = [m11, m22, m33, m23, m13, m12].map(|m| 0.25 * m);
        Pulled { metric, b_iso: -2.0 * damped, scale: power }
    }

    /// Adds to dL/d s^2 what goes by way of positions, LP and scattering factors.
    #[inline(always)]
    fn pull_s2(&mut self) {
        let by_position = self.d_position.iter().zip(&self.slope);
        let by_intensity = self.f_squared.iter().zip(&self.d_ln_lp).zip(&self.d_f_squared);
        let columns = by_position.zip(by_intensity).zip(&self.weight).zip(&self.lp);
        for (d_s2, ((((&d, &slope), ((&f2, &d_ln_lp), &d_f2)), &weight), &lp)) in
            self.d_s2.iter_mut().zip(columns)
        {
            let sum = *d_s2 + d * slope + weight * (f2 * d_ln_lp + d_f2);
            // LP is 0 beyond the limiting sphere, where nothing counts.
            *d_s2 = if lp > T::default() { sum } else { T::default() };
        }
    }
}
