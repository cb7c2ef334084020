//! Broken forward models are rejected.

use crate::rejected;
use braggscape_crystal::{Site, Structure};
use braggscape_pattern::{Axis, Pattern, Peak};
use braggscape_testkit::conformance::{self, ForwardClaims};
use braggscape_xrd::{
    ForwardError, ForwardModel, IndexBounds, Scratch, Structsnap, StructsnapOptions,
    StructureGradient,
};
use nalgebra::Vector3;
use std::sync::atomic::{AtomicU64, Ordering};

/// The built-in model with one fault.
struct Faulty(Structsnap, Fault, AtomicU64);

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Negative,
    Remembers,
    AddsToTheBuffer,
    SeesOrientation,
    SeesTheOrigin,
    SeesTheFirstSite,
    RoundsOccupancies,
    GradientOfLengths,
    GradientPerRadian,
    GradientOfCoordinates,
    GradientWithOffset,
    WrongSpacing,
    AcceptsAnyPullback,
    ScalesWithVolume,
}

impl ForwardModel for Faulty {
    fn axis(&self) -> &Axis {
        self.0.axis()
    }

    fn wavelength(&self) -> f64 {
        self.0.wavelength()
    }

    fn simulate(
        &self,
        s: &Structure,
        scratch: &mut Scratch,
        out: &mut Pattern,
    ) -> Result<(), ForwardError> {
        let before = out.y().to_vec();
        self.0.simulate(s, scratch, out)?;
        let by = match self.1 {
            Fault::Negative => -1.0,
            Fault::Remembers => 1.0 + 1e-15 * self.2.fetch_add(1, Ordering::Relaxed) as f64,
            Fault::SeesOrientation => 1.0 + 1e-6 * s.lattice().columns()[(0, 0)],
            Fault::SeesTheOrigin => 1.0 + 1e-6 * s.sites()[0].frac.x.fract(),
            Fault::SeesTheFirstSite => 1.0 + 1e-6 * f64::from(s.sites()[0].element.atomic_number()),
            Fault::ScalesWithVolume => 1.0 / s.lattice().volume(),
            Fault::RoundsOccupancies => {
                let sites = s.sites().iter().map(|x| Site { occupancy: 1.0, ..*x }).collect();
                let full = Structure::new(*s.lattice(), sites).unwrap();
                self.0.simulate(&full, &mut Scratch::default(), out)?;
                1.0
            }
            _ => 1.0,
        };
        for (y, before) in out.y_mut().iter_mut().zip(before) {
            *y *= by;
            if self.1 == Fault::AddsToTheBuffer {
                *y += before;
            }
        }
        Ok(())
    }

    fn pullback(
        &self,
        s: &Structure,
        d_y: &[f64],
        scratch: &mut Scratch,
        out: &mut StructureGradient,
    ) -> Result<(), ForwardError> {
        if self.1 == Fault::AcceptsAnyPullback && d_y.len() == self.0.axis().n_points() {
            let mut pattern = Pattern::zeros(self.0.axis().clone());
            self.0.simulate(s, scratch, &mut pattern)?;
        }
        self.0.pullback(s, d_y, scratch, out)?;
        match self.1 {
            Fault::GradientOfLengths => out.lengths[2] *= 1.0 + 1e-5,
            Fault::GradientPerRadian => out.angles = out.angles.map(f64::to_degrees),
            Fault::GradientOfCoordinates => out.frac_coords[0] = Vector3::zeros(),
            Fault::GradientWithOffset => out.caglioti[0] += 1.0,
            _ => {}
        }
        Ok(())
    }

    fn peaks(&self, s: &Structure) -> Result<Vec<Peak>, ForwardError> {
        let mut peaks = self.0.peaks(s)?;
        if self.1 == Fault::WrongSpacing {
            for p in &mut peaks {
                p.d_spacing *= 1.0001;
            }
        }
        Ok(peaks)
    }
}

fn suite(fault: Fault, index_bounds: IndexBounds) -> conformance::Conformance {
    let options = StructsnapOptions { n_points: 600, index_bounds, ..Default::default() };
    let options = options.with_window(10.0, 70.0, 0.1).unwrap();
    let model = Faulty(Structsnap::new(options).unwrap(), fault, AtomicU64::new(0));
    let claims = ForwardClaims { complete: true, friedel: true, supercell_exponent: Some(2) };
    conformance::forward_model(&model, claims)
}

#[test]
fn a_sound_model_passes() {
    let checked = suite(Fault::None, IndexBounds::Complete);
    assert!(checked.has("supercells scale") && checked.checks().len() == 14, "{checked}");
}

#[test]
fn broken_models_are_rejected() {
    let check = |fault, law| rejected(|| suite(fault, IndexBounds::Complete), law);
    check(Fault::Negative, "finite and not negative");
    check(Fault::Remembers, "the same structure gives the same bits");
    check(Fault::AddsToTheBuffer, "the same structure gives the same bits");
    check(Fault::SeesOrientation, "invariant under rotations and mirrors");
    check(Fault::SeesTheOrigin, "invariant under shifts of the origin");
    check(Fault::SeesTheFirstSite, "invariant under the order of sites");
    check(Fault::RoundsOccupancies, "linear in occupancy");
    check(Fault::GradientOfLengths, "the pullback agrees with differences");
    check(Fault::GradientPerRadian, "the pullback agrees with differences");
    check(Fault::GradientOfCoordinates, "the pullback agrees with differences");
    check(Fault::GradientWithOffset, "the pullback is linear");
    check(Fault::WrongSpacing, "peaks obey Bragg's law");
    check(Fault::AcceptsAnyPullback, "wrong buffers and pullbacks give errors");
}

/// StructSnap's box of indices depends on the basis.
#[test]
fn false_claims_are_rejected() {
    rejected(|| suite(Fault::None, IndexBounds::Structsnap), "invariant under changes of basis");
    // |F|^2 / V scales as n, not n^2, and its gradient is that of |F|^2 no more.
    rejected(|| suite(Fault::ScalesWithVolume, IndexBounds::Complete), "the pullback agrees");
    let model = Structsnap::new(StructsnapOptions {
        n_points: 400,
        index_bounds: IndexBounds::Complete,
        ..Default::default()
    });
    let claims = ForwardClaims { complete: true, friedel: true, supercell_exponent: Some(1) };
    rejected(|| conformance::forward_model(&model.unwrap(), claims), "supercells scale");
}
