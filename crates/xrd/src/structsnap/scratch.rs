//! Working memory of a simulation.

use super::StructsnapOptions;
use crate::ReflectionList;
use crate::gaussian::{Footprint, PAD, StepTable};
use crate::nodes::{Nodes, WIDE};
use crate::peaks::Stick;
use crate::reflections::{Rows, Runs};
use crate::sticks::{GradientParts, Sticks};
use braggscape_crystal::{Lattice, Structure};
use nalgebra::Matrix3;

/// Where the peak of one Friedel pair lies on the grid.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spread {
    pub(super) at: Footprint,
    pub(super) table: usize,
    pub(super) sigma: f64,
    pub(super) height: f64,
}

/// Which simulation the memory holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Simulated {
    #[default]
    Nothing,
    /// The pattern on the grid.
    Grid,
    /// The pattern on the nodes.
    Nodes,
}

/// Working memory of a forward model, owned by its caller; nothing is allocated in an evaluation once it has grown.
///
/// One scratch space serves one thread. It remembers the last simulation for the pullback, and what may be used again in the
/// next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Keep the list of reflections of the last simulation (or of [`Scratch::hold`]) instead of making a new one.
    pub(super) held: bool,
    pub(super) list: Runs,
    pub(super) rows: Rows,
    pub(super) parts: GradientParts,
    pub(super) simulated: Simulated,
    /// Options of the model that simulated.
    pub(super) by: Option<StructsnapOptions>,
    pub(super) lattice: Option<Lattice>,
    pub(super) reciprocal: Matrix3<f64>,
    pub(super) sticks: Sticks<f64>,
    pub(super) peaks: Vec<Spread>,
    pub(super) tables: Vec<StepTable>,
    /// The profile, and the weights of a pullback, both with padding.
    pub(super) profile: Vec<f64>,
    pub(super) adjoint: Vec<f64>,
    pub(super) nodes: Nodes<f64, WIDE>,
    /// The nodes of a [`FineGrid`](crate::fine::FineGrid), and the weights of a pullback on them.
    pub(super) fine: Nodes<f64, { crate::fine::WINDOW }>,
    pub(super) fine_adjoint: Vec<f64>,
    pub(super) second_moments: Vec<f64>,
    /// Intensities after a taper.
    tapered: Vec<f64>,
}

impl Scratch {
    /// Uses this list of reflections in every simulation from now on. A held reflection that leaves the limiting sphere
    /// (d < lambda/2) adds nothing.
    pub fn hold(&mut self, list: &ReflectionList) {
        self.list.set(list.hkl());
        self.held = true;
    }

    /// Makes a new list of reflections at every simulation again.
    pub fn release(&mut self) {
        self.held = false;
    }

    /// The list of reflections of the last simulation.
    pub fn reflections(&self) -> ReflectionList {
        ReflectionList::from(&self.list)
    }

    /// Which derivatives pullbacks compute from now on; the others are given as 0. All by default.
    pub fn set_parts(&mut self, parts: GradientParts) {
        self.parts = parts;
    }

    /// Begins another simulation; gives the reciprocal metric tensor, 1/Å^2.
    #[inline(always)]
    pub(crate) fn begin(&mut self, structure: &Structure) -> Matrix3<f64> {
        self.simulated = Simulated::Nothing;
        let inverse = structure.lattice().inverse();
        self.reciprocal = inverse * inverse.transpose();
        self.lattice = Some(*structure.lattice());
        self.reciprocal
    }

    pub(crate) fn held(&self) -> bool {
        self.held
    }

    pub(crate) fn parts(&self) -> GradientParts {
        self.parts
    }

    pub(crate) fn list_mut(&mut self) -> (&mut Rows, &mut Runs) {
        (&mut self.rows, &mut self.list)
    }

    /// The list, its sticks, their values on nodes, and room for their tapered intensities.
    pub(crate) fn columns(
        &mut self,
    ) -> (&Runs, &mut Sticks<f64>, &mut Nodes<f64, WIDE>, &mut Vec<f64>) {
        (&self.list, &mut self.sticks, &mut self.nodes, &mut self.tapered)
    }

    pub(crate) fn node_values(&self) -> &[f64] {
        self.nodes.values()
    }

    /// Room for the weights of a pullback, to be [put back](Self::put_adjoint).
    pub(crate) fn take_adjoint(&mut self) -> Vec<f64> {
        std::mem::take(&mut self.adjoint)
    }

    pub(crate) fn put_adjoint(&mut self, adjoint: Vec<f64>) {
        self.adjoint = adjoint;
    }

    pub(super) fn holds(
        &self,
        structure: &Structure,
        what: Simulated,
        by: &StructsnapOptions,
    ) -> bool {
        self.simulated == what
            && self.by.as_ref() == Some(by)
            && self.lattice.as_ref() == Some(structure.lattice())
            && self.sticks.are_of(structure)
    }

    /// Derivative in a shift of all peaks that a pullback has left.
    pub(super) fn shift_derivative(&self) -> f64 {
        self.sticks.d_position[..self.sticks.len()].iter().sum()
    }

    pub(super) fn copy_profile(&self, y: &mut [f64]) {
        y.copy_from_slice(&self.profile[PAD..PAD + y.len()]);
    }

    pub(super) fn sticks(&self) -> impl Iterator<Item = Stick> + '_ {
        let s = &self.sticks;
        let columns = s.position.iter().zip(&s.s2).zip(&s.intensity);
        s.hkl().zip(columns).map(|(hkl, ((two_theta, s2), intensity))| Stick {
            hkl,
            two_theta: *two_theta,
            g: 2.0 * s2.sqrt(),
            intensity: *intensity,
        })
    }
}
