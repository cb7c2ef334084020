//! The built-in forward models.

use super::entry;
use crate::family::Family;
use braggscape_xrd::{AnyForwardModel, Structsnap, StructsnapOptions};

pub(crate) fn forward_models() -> Family<AnyForwardModel> {
    Family::new(
        "forward",
        vec![(
            "structsnap",
            entry(
                "the study's differentiable pattern: Gaussians of Caglioti widths",
                "wavelength = 1.5406\nw = 1.5",
                |o: StructsnapOptions| Structsnap::new(o).map(Into::into),
            ),
        )],
    )
}
