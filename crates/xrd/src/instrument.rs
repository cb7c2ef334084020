//! What a pattern depends on besides the structure.

use serde::{Deserialize, Serialize};

/// What a measured pattern depends on besides the structure: nuisance parameters of its refinement.
///
/// # References
/// Zero shift and widths: G. Caglioti, A. Paoletti & F. P. Ricci, Nucl. Instrum. 3, 223 (1958); R. A. Young (ed.), "The Rietveld
/// Method" (1993), ch. 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// By how much all peaks lie at a higher angle than Bragg's law says, degrees 2theta.
    pub zero_shift: f64,
    /// Caglioti U, degrees^2.
    pub u: f64,
    /// Caglioti V, degrees^2.
    pub v: f64,
    /// Caglioti W, degrees^2.
    pub w: f64,
    /// Overall isotropic displacement B = 8 pi^2 U_iso, Å^2. Below 0 where intensities fall off less than the model has it.
    pub b_iso: f64,
}
