//! Buffers of an evaluation, kept from one to the next.

use super::bases::Pull;
use super::gated::{BOTH, Kept, WIDTH};
use super::graph::Graph;
use super::quotient::Quotient;
use super::real::Real;
use super::rows::room;

/// Edges or angles that are worked on at a time: what they need stays near the processor.
pub(super) const ROWS: usize = 48;

/// Everything that an evaluation writes to.
#[derive(Debug, Default)]
pub(crate) struct Space<T: Real> {
    pub(super) graph: Graph,
    pub(super) quotient: Quotient,
    pub(super) bases: Bases<T>,
    pub(super) features: Features<T>,
    pub(super) adjoints: Adjoints<T>,
    pub(super) products: Products<T>,
    pub(super) kept: [Kept<T>; 9],
    pub(super) blocks: Vec<BlockSpace<T>>,
    pub(super) pull: Pull,
}

/// Functions of bonds and angles.
#[derive(Debug, Default)]
pub(super) struct Bases<T> {
    pub(super) radial: Vec<T>,
    pub(super) radial_slopes: Vec<T>,
    pub(super) short: Vec<T>,
    pub(super) short_slopes: Vec<T>,
    pub(super) angular: Vec<T>,
}

/// Features, rows of 64.
#[derive(Debug, Default)]
pub(super) struct Features<T> {
    pub(super) atoms: Vec<T>,
    /// Of short bonds.
    pub(super) bonds: Vec<T>,
    pub(super) angles: Vec<T>,
    pub(super) angle_pairs: Vec<T>,
    /// Weights of messages to atoms, one row a bond.
    pub(super) atom_weights: Vec<T>,
    /// Weights of messages along angles, one row a short bond.
    pub(super) bond_weights: Vec<T>,
    /// Sums of messages to each short bond, but for its own weight, in each layer.
    pub(super) bond_sums: [Vec<T>; 3],
}

/// Derivatives of the energy.
#[derive(Debug, Default)]
pub(super) struct Adjoints<T> {
    pub(super) atoms: Vec<T>,
    pub(super) bonds: Vec<T>,
    pub(super) angles: Vec<T>,
    pub(super) angle_pairs: Vec<T>,
    pub(super) atom_weights: Vec<T>,
    pub(super) bond_weights: Vec<T>,
    pub(super) radial: Vec<T>,
    pub(super) short: Vec<T>,
    pub(super) angular: Vec<T>,
}

/// Parts of first layers, rows of 128, or their derivatives; and sums of messages, rows of 64.
#[derive(Debug, Default)]
pub(super) struct Products<T> {
    pub(super) centre: Vec<T>,
    pub(super) neighbour: Vec<T>,
    pub(super) bond: Vec<T>,
    pub(super) first: Vec<T>,
    pub(super) second: Vec<T>,
    /// Of the first bond of an angle and of its corner: one row for each edge of a short bond.
    pub(super) edge: Vec<T>,
    pub(super) pair: Vec<T>,
    pub(super) sums: Vec<T>,
}

/// What a block of rows needs.
#[derive(Debug)]
pub(super) struct BlockSpace<T> {
    pub(super) hidden: Vec<T>,
    pub(super) slope: Vec<T>,
    pub(super) message: Vec<T>,
    pub(super) angles: Vec<T>,
}

impl<T: Real> Default for BlockSpace<T> {
    fn default() -> Self {
        let [hidden, slope, message, angles] = [BOTH, BOTH, WIDTH, WIDTH].map(|width| {
            let mut buffer = Vec::new();
            room(&mut buffer, ROWS * width);
            buffer
        });
        Self { hidden, slope, message, angles }
    }
}
