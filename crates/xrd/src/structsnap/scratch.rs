//! Working memory of a simulation.

use crate::ReflectionList;
use crate::form_factor::FormFactor;
use crate::gaussian::{Footprint, PAD, StepTable};
use crate::lanes::Lanes;
use crate::peaks::Stick;
use crate::phases::PhaseTables;
use braggscape_crystal::{CellParameters, Structure};
use nalgebra::{Matrix3, Vector3};

/// Sites of one element, neighbours in the sorted order.
#[derive(Debug, Clone)]
pub(super) struct Species {
    pub(super) form_factor: FormFactor,
    /// Range in the sorted order of sites.
    pub(super) first: usize,
    pub(super) end: usize,
}

/// What is known of one Friedel pair after the forward pass.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PeakState {
    pub(super) at: Footprint,
    pub(super) table: usize,
    pub(super) two_theta: f64,
    pub(super) sine: f64,
    pub(super) cosine: f64,
    pub(super) sigma: f64,
    /// LP factor.
    pub(super) lp: f64,
    /// F, summed over species.
    pub(super) f: [f64; 2],
    /// |F|^2 LP, both Friedel mates.
    pub(super) intensity: f64,
    pub(super) height: f64,
}

/// Working memory of a forward model, owned by its caller; nothing is allocated in an evaluation once it has grown.
///
/// One scratch space serves one thread. It remembers the last simulation for the pullback.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Keep the list of reflections of the last simulation (or of [`Scratch::hold`]) instead of making a new one.
    pub(super) held: bool,
    pub(super) list: ReflectionList,
    pub(super) structure: Option<Structure>,
    pub(super) cell: Option<CellParameters>,
    pub(super) reciprocal: Matrix3<f64>,
    pub(super) species: Vec<Species>,
    /// Sorted position to site index.
    pub(super) order: Vec<usize>,
    pub(super) coords: Vec<Vector3<f64>>,
    /// Occupancies in sorted order, in blocks of eight padded with 0.
    pub(super) occupancy: Vec<Lanes>,
    pub(super) phases: PhaseTables,
    pub(super) re: Vec<Lanes>,
    pub(super) im: Vec<Lanes>,
    pub(super) weight: Vec<Lanes>,
    pub(super) site_gradient: [Vec<Lanes>; 3],
    /// s^2 of the reflections, in blocks of eight.
    pub(super) s2: Vec<Lanes>,
    /// f T and its derivative in s^2 by species, `[species][block]`.
    pub(super) f: Vec<Lanes>,
    pub(super) df: Vec<Lanes>,
    pub(super) peaks: Vec<PeakState>,
    pub(super) tables: Vec<StepTable>,
    /// The profile with padding, then the weights of the pullback.
    pub(super) profile: Vec<f64>,
    pub(super) adjoint: Vec<f64>,
}

impl Scratch {
    /// Uses this list of reflections in every simulation from now on. A held reflection that leaves the limiting sphere
    /// (d < lambda/2) adds nothing.
    pub fn hold(&mut self, list: ReflectionList) {
        self.list = list;
        self.held = true;
    }

    /// Makes a new list of reflections at every simulation again.
    pub fn release(&mut self) {
        self.held = false;
    }

    /// The list of reflections of the last simulation.
    pub fn reflections(&self) -> &ReflectionList {
        &self.list
    }

    pub(super) fn holds(&self, structure: &Structure) -> bool {
        self.structure.as_ref() == Some(structure)
    }

    pub(super) fn copy_profile(&self, y: &mut [f64]) {
        y.copy_from_slice(&self.profile[PAD..PAD + y.len()]);
    }

    pub(super) fn sticks(&self) -> impl Iterator<Item = Stick> + '_ {
        self.list.hkl.iter().zip(&self.peaks).zip(self.s2.iter().flatten()).map(
            |((hkl, peak), s2)| Stick {
                hkl: *hkl,
                two_theta: peak.two_theta,
                g: 2.0 * s2.sqrt(),
                intensity: peak.intensity,
            },
        )
    }
}
