//! The calculators of peak lists, with the default options of the `pymatgen` preset.

use braggscape_crystal::Structure;
use braggscape_pattern::Peak;
use braggscape_xrd::{ForwardError, PeakList, PeakListOptions, PeakListScratch};
use std::hint::black_box;

/// A calculator with what it keeps between structures.
pub trait ListPeaks {
    /// Makes the list of a structure in the form in which this calculator gives it. This is timed.
    ///
    /// # Errors
    /// Whatever the calculator says.
    fn list(&mut self, structure: &Structure) -> Result<(), ForwardError>;

    /// The same list as values.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    fn peaks(&mut self, structure: &Structure) -> Result<Vec<Peak>, ForwardError>;
}

/// A calculator of peak lists.
pub struct PeakKernel {
    /// Name in the table.
    pub name: &'static str,
    /// Makes the calculator, which then lists all structures.
    pub prepare: fn() -> Result<Box<dyn ListPeaks>, ForwardError>,
}

/// The calculators of peak lists, in the order of the table.
pub const PEAK_KERNELS: &[PeakKernel] = &[
    PeakKernel { name: "peak-list", prepare: InScratch::prepare },
    PeakKernel { name: "peak-list-simple", prepare: Simple::prepare },
];

/// [`PeakList::peaks_with`] and one scratch space: how lists of structures are processed.
struct InScratch {
    calculator: PeakList,
    scratch: PeakListScratch,
}

impl InScratch {
    fn prepare() -> Result<Box<dyn ListPeaks>, ForwardError> {
        let calculator = PeakList::new(PeakListOptions::default())?;
        Ok(Box::new(Self { calculator, scratch: PeakListScratch::default() }))
    }
}

impl ListPeaks for InScratch {
    fn list(&mut self, structure: &Structure) -> Result<(), ForwardError> {
        black_box(self.calculator.peaks_with(structure, &mut self.scratch)?);
        Ok(())
    }

    fn peaks(&mut self, structure: &Structure) -> Result<Vec<Peak>, ForwardError> {
        Ok(self.calculator.peaks_with(structure, &mut self.scratch)?.to_vec())
    }
}

/// [`PeakList::peaks`].
struct Simple(PeakList);

impl Simple {
    fn prepare() -> Result<Box<dyn ListPeaks>, ForwardError> {
        Ok(Box::new(Self(PeakList::new(PeakListOptions::default())?)))
    }
}

impl ListPeaks for Simple {
    fn list(&mut self, structure: &Structure) -> Result<(), ForwardError> {
        black_box(self.0.peaks(structure)?);
        Ok(())
    }

    fn peaks(&mut self, structure: &Structure) -> Result<Vec<Peak>, ForwardError> {
        self.0.peaks(structure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Case;

    #[test]
    fn the_calculators_agree() {
        let mut kernels = PEAK_KERNELS.iter().map(|k| (k.prepare)().unwrap()).collect::<Vec<_>>();
        for case in Case::all().unwrap() {
            let lists = kernels.iter_mut().map(|kernel| {
                kernel.list(case.start()).unwrap();
                kernel.peaks(&case.truth).unwrap()
            });
            let lists = lists.collect::<Vec<_>>();
            assert!(!lists[0].is_empty());
            assert!(lists.iter().all(|list| *list == lists[0]), "{}", case.name);
        }
    }
}
