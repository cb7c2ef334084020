//! The `structsnap` preset with another instrument.

use super::options::LARGEST_SHIFT;
use super::{FARTHEST, Sampling, Structsnap, StructsnapOptions, shell};
use crate::gaussian::Grid;
use crate::{AdjustableModel, AnyForwardModel, ForwardError, Instrument};

impl AdjustableModel for Structsnap {
    fn instrument(&self) -> Instrument {
        let StructsnapOptions { zero_shift, u, v, w, b_iso, .. } = self.options;
        Instrument { zero_shift, u, v, w, b_iso }
    }

    fn with_instrument(
        &self,
        instrument: &Instrument,
        every: usize,
    ) -> Result<AnyForwardModel, ForwardError> {
        let Instrument { zero_shift, u, v, w, b_iso } = *instrument;
        // A displacement factor below 0 is no physics, but what a fit may pass through or end at where intensities are wrong.
        let fail = |name, value, expected| Err(ForwardError::OptionRange { name, value, expected });
        if !(-LARGEST_B..=LARGEST_B).contains(&b_iso) {
            return fail("b_iso", b_iso, "-50 to 50 Å^2");
        }
        if !(-LARGEST_SHIFT..=LARGEST_SHIFT).contains(&zero_shift) {
            return fail("zero_shift", zero_shift, "-5 to 5 degrees");
        }
        let mut options = StructsnapOptions {
            zero_shift,
            u,
            v,
            w,
            b_iso: b_iso.max(0.0),
            sampling: Sampling::Full,
            ..self.options.clone()
        };
        options.check()?;
        options.b_iso = b_iso;
        let axis = self.axis.every(every);
        let (n, step) = (axis.n_points(), self.grid.step * every.max(1) as f64);
        let grid = Grid::new(axis.first() - zero_shift, step, n, options.tails);
        let shell = shell(&options, &grid, FARTHEST.min(options.tails));
        // A model for a few evaluations: no tables.
        Ok(Self { options, axis, grid, g_max: self.g_max, shell, nodes: None, fine: None }.into())
    }
}

/// No overall displacement is larger, Å^2.
const LARGEST_B: f64 = 50.0;
