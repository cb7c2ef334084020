//! Mutual information, Pearson and Spearman coefficients, in the layout of the paper.
use super::page::Page;
use braggscape_record::Record;
pub(super) fn add(_p: &mut Page, _r: &[Record], _m: bool) {}
