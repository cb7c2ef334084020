//! The tables of kernels that are timed.
//!
//! To time a further kernel, write its [`Evaluate`] in a file of its own and add a row; `cargo xtask bench-peers` shows every
//! row it is given. A target for it is a row of `TARGETS` in `xtask/src/bench_peers/table.rs`.

use crate::blurred::Blurred;
use crate::full_grid::FullGrid;
use crate::resampled::Resampled;
use crate::single::Single;
use crate::{Case, setup};
use braggscape_xrd::{GradientParts, StructureGradient};
use serde::Serialize;

/// A kernel prepared for one refinement, with all its buffers.
pub trait Evaluate {
    /// Evaluates at the start of this number, modulo their count. Everything that depends on the iterate is done here,
    /// nothing that does not.
    ///
    /// # Errors
    /// Whatever the kernel says; a timing ends there.
    fn evaluate(&mut self, start_idx: usize) -> anyhow::Result<()>;

    /// What the last evaluation gave.
    fn outcome(&self) -> Outcome;
}

/// What an evaluation gave, as far as the kernel gives it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// The cosine loss.
    pub loss: Option<f64>,
    /// Its gradient.
    pub gradient: Option<Gradient>,
}

/// Gradient of the loss in what is free.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gradient {
    /// In a, b, c (per Å), alpha, beta, gamma (per degree), if they are free.
    pub cell: Option<[f64; 6]>,
    /// In the fractional coordinates of each site, if they are free.
    pub coords: Option<Vec<[f64; 3]>>,
}

impl Gradient {
    /// The parts of a gradient that are free.
    pub(crate) fn of(whole: &StructureGradient, parts: GradientParts) -> Self {
        let ([a, b, c], [alpha, beta, gamma]) = (whole.lengths, whole.angles);
        let coords = whole.frac_coords.iter().map(|f| (*f).into());
        Self {
            cell: parts.lattice.then_some([a, b, c, alpha, beta, gamma]),
            coords: parts.coordinates.then(|| coords.collect()),
        }
    }
}

/// What a kernel is prepared for.
pub enum Prepare {
    /// A refinement.
    Case(fn(&Case) -> anyhow::Result<Box<dyn Evaluate>>),
    /// All of them.
    Study(fn() -> Box<dyn Evaluate>),
}

/// A kernel of the refinement: loss and gradient at an iterate, or a part of what that needs.
pub struct Kernel {
    /// Name in the table.
    pub name: &'static str,
    /// Makes what is timed; not timed itself.
    pub prepare: Prepare,
}

/// The kernels, in the order of the table.
pub const KERNELS: &[Kernel] = &[
    Kernel { name: "full-grid", prepare: Prepare::Case(FullGrid::prepare) },
    Kernel { name: "resampled", prepare: Prepare::Case(Resampled::prepare) },
    Kernel { name: "lattice-only", prepare: Prepare::Case(Resampled::prepare_lattice) },
    Kernel { name: "float32", prepare: Prepare::Case(Single::prepare_lattice) },
    Kernel { name: "float32-all", prepare: Prepare::Case(Single::prepare) },
    Kernel { name: "blurred-overlap", prepare: Prepare::Case(Blurred::prepare) },
    Kernel { name: "model", prepare: Prepare::Study(setup::prepare_model) },
    Kernel { name: "setup", prepare: Prepare::Case(setup::prepare_target) },
    Kernel { name: "setup-blurred", prepare: Prepare::Case(setup::prepare_blurred_target) },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_evaluates_every_case() {
        for case in Case::all().unwrap() {
            for kernel in KERNELS {
                let prepared = match kernel.prepare {
                    Prepare::Case(prepare) => prepare(&case),
                    Prepare::Study(prepare) => Ok(prepare()),
                };
                let mut prepared = prepared.unwrap();
                prepared.evaluate(0).unwrap();
                let first = prepared.outcome();
                for i in 1..case.starts.len() {
                    prepared.evaluate(i).unwrap();
                    let what = format!("{} of {}", kernel.name, case.name);
                    assert!(first.loss.is_none() || prepared.outcome() != first, "{what}");
                }
                prepared.evaluate(case.starts.len()).unwrap();
                assert_eq!(prepared.outcome(), first, "{} of {}", kernel.name, case.name);
            }
        }
    }
}
