//! The tables of kernels that are timed.
//!
//! To time a further kernel, write its [`Evaluate`] in a file of its own and add a row; `cargo xtask bench-peers` shows every
//! row it is given. A target for it is a row of `TARGETS` in `xtask/src/bench_peers/table.rs`.

use crate::Case;
use crate::full_grid::FullGrid;
use braggscape_crystal::Structure;
use braggscape_pattern::Peak;
use braggscape_xrd::{ForwardError, PeakList, PeakListOptions};
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

/// A kernel of the refinement: loss and gradient at an iterate, or a part of what that needs.
pub struct Kernel {
    /// Name in the table.
    pub name: &'static str,
    /// Makes what is timed; not timed itself.
    pub prepare: fn(&Case) -> anyhow::Result<Box<dyn Evaluate>>,
}

/// The kernels, in the order of the table.
pub const KERNELS: &[Kernel] = &[Kernel { name: "full-grid", prepare: FullGrid::prepare }];

/// A calculator of peak lists.
pub struct PeakKernel {
    /// Name in the table.
    pub name: &'static str,
    /// The peaks of a structure with the default options of the `pymatgen` preset.
    pub peaks: fn(&Structure) -> Result<Vec<Peak>, ForwardError>,
}

/// The calculators of peak lists, in the order of the table.
pub const PEAK_KERNELS: &[PeakKernel] = &[PeakKernel { name: "peak-list", peaks: peak_list }];

fn peak_list(structure: &Structure) -> Result<Vec<Peak>, ForwardError> {
    PeakList::new(PeakListOptions::default())?.peaks(structure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_evaluates_every_case() {
        for case in Case::all().unwrap() {
            for kernel in KERNELS {
                let mut prepared = (kernel.prepare)(&case).unwrap();
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
