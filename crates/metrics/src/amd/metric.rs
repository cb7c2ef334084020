//! AMD and PDD as metrics of a study.

use super::{
    AmdByElement, AmdScratch, EmdScratch, Pdd, PddOptions, amd_linf, amd_with, pdd_emd_with,
};
use crate::{Direction, Metric, MetricError};
use braggscape_crystal::Structure;

/// `amd-linf`: largest difference of the average minimum distances of reference and candidate, Å ([`amd_linf`]).
///
/// By element ([`PddOptions::by_element`]) the largest over all pairs of elements, infinite where the elements differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AmdLinf {
    options: PddOptions,
}

impl AmdLinf {
    /// The metric with these options, of which `collapse_tol` does not matter.
    ///
    /// # Errors
    /// [`MetricError::OptionRange`].
    pub fn new(options: PddOptions) -> Result<Self, MetricError> {
        options.check()?;
        Ok(Self { options })
    }
}

impl Metric for AmdLinf {
    fn direction(&self) -> Direction {
        Direction::SmallerIsBetter
    }

    fn evaluate(&self, reference: &Structure, candidate: &Structure) -> Result<f64, MetricError> {
        let (k, scratch) = (self.options.k, &mut AmdScratch::default());
        if self.options.by_element {
            let reference = AmdByElement::with(reference, k, scratch)?;
            return reference.linf(&AmdByElement::with(candidate, k, scratch)?);
        }
        let (mut a, mut b) = (vec![0.0; k], vec![0.0; k]);
        amd_with(reference, &mut a, scratch)?;
        amd_with(candidate, &mut b, scratch)?;
        amd_linf(&a, &b)
    }
}

/// `pdd-emd`: earth mover's distance between the pointwise distance distributions of reference and candidate, Å
/// ([`crate::pdd_emd`]).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PddEmd {
    options: PddOptions,
}

impl PddEmd {
    /// The metric with these options.
    ///
    /// # Errors
    /// [`MetricError::OptionRange`].
    pub fn new(options: PddOptions) -> Result<Self, MetricError> {
        options.check()?;
        Ok(Self { options })
    }
}

impl Metric for PddEmd {
    fn direction(&self) -> Direction {
        Direction::SmallerIsBetter
    }

    fn evaluate(&self, reference: &Structure, candidate: &Structure) -> Result<f64, MetricError> {
        let scratch = &mut AmdScratch::default();
        let reference = Pdd::with(reference, &self.options, scratch)?;
        let candidate = Pdd::with(candidate, &self.options, scratch)?;
        pdd_emd_with(&reference, &candidate, &mut EmdScratch::default())
    }
}
