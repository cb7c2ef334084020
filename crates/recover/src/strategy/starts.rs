//! Where a strategy begins again.

use crate::{FreeParameters, RecoverError};
use braggscape_crystal::{Lattice, Structure};
use braggscape_noise::{Displacement, NoiseModel, Strain};
use rand_chacha::rand_core::Rng;

/// Starting points of a search: the given structure, and others around it.
///
/// Start 0 is the structure as it is given. Of every other one the lattice is S^-1 A for the given lattice A and a strain S drawn as the
/// noise model `strain` draws it, and each fractional coordinate is moved by a normal deviate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Starts {
    /// Number of starts, 1 or more.
    pub count: u64,
    /// Level of the strains S, 0 to below 0.5.
    pub strain: f64,
    /// Standard deviation of the moves of fractional coordinates, 0 or more.
    pub displacement: f64,
}

impl Starts {
    /// The structure as it is given, and nothing else.
    pub const ONE: Self = Self { count: 1, strain: 0.0, displacement: 0.0 };

    /// # Errors
    /// [`RecoverError::OptionRange`].
    pub(crate) fn check(&self) -> Result<(), RecoverError> {
        let fail = |name, value, expected| Err(RecoverError::OptionRange { name, value, expected });
        if self.count == 0 {
            return fail("starts", 0.0, "1 or more");
        }
        if Strain::new(self.strain).is_err() {
            return fail("spread", self.strain, "0 to below 0.5, a relative strain");
        }
        if Displacement::new(self.displacement).is_err() {
            return fail("displacement", self.displacement, "0 or more, a fraction of the cell");
        }
        Ok(())
    }

    /// Start `k` of what is free, all draws from the same stream in the order of k; `None` where a draw is no crystal.
    pub(crate) fn draw(
        &self,
        k: u64,
        start: &Structure,
        free: FreeParameters,
        rng: &mut dyn Rng,
    ) -> Option<Structure> {
        if k == 0 {
            return Some(start.clone());
        }
        let mut moved = start.clone();
        if free.lattice() {
            let strain = Strain::new(self.strain).ok()?.draw(rng);
            let columns = strain.try_inverse()? * start.lattice().columns();
            moved = moved.with_lattice(Lattice::from_columns(columns).ok()?);
        }
        if free.coordinates() && self.displacement > 0.0 {
            moved = Displacement::new(self.displacement).ok()?.distort(&moved, rng).ok()?;
        }
        Some(moved)
    }
}
