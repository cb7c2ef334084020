//! What can be wrong with a crystal.

use thiserror::Error;

/// A crystal that cannot be, or a property that cannot be computed from one.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CrystalError {
    /// No element has this symbol.
    #[error("unknown element symbol `{symbol}`")]
    UnknownSymbol {
        /// The symbol as given.
        symbol: String,
    },
    /// No element has this atomic number.
    #[error("atomic number {number} is outside 1..=118")]
    UnknownAtomicNumber {
        /// The number as given.
        number: i64,
    },
    /// A lattice vector or cell parameter is NaN or infinite.
    #[error("the lattice holds a value that is not a finite number")]
    NonFiniteLattice,
    /// A cell length is not positive, or an angle is outside (0°, 180°).
    #[error("cell parameter {name} = {value} is outside its range ({expected})")]
    CellParameterRange {
        /// Which parameter: a, b, c, alpha, beta or gamma.
        name: &'static str,
        /// Its value, in ångström or degrees.
        value: f64,
        /// The admissible range.
        expected: &'static str,
    },
    /// Three angles that no parallelepiped has.
    #[error("no cell has the angles alpha = {alpha}, beta = {beta}, gamma = {gamma} degrees")]
    ImpossibleAngles {
        /// Angle between b and c, degrees.
        alpha: f64,
        /// Angle between a and c, degrees.
        beta: f64,
        /// Angle between a and b, degrees.
        gamma: f64,
    },
    /// The cell is flat.
    #[error("cell volume {volume:.3e} Å^3 is below the minimum {minimum} Å^3")]
    DegenerateLattice {
        /// Absolute volume, Å^3.
        volume: f64,
        /// Smallest accepted volume, Å^3.
        minimum: f64,
    },
    /// A structure without sites.
    #[error("the structure has no sites")]
    NoSites,
    /// A fractional coordinate is NaN or infinite.
    #[error("site {site_idx} ({element}) has a fractional coordinate that is not a finite number")]
    NonFiniteCoordinate {
        /// Index of the site, from 0.
        site_idx: usize,
        /// Element symbol of the site.
        element: &'static str,
    },
    /// An occupancy outside (0, 1].
    #[error("site {site_idx} ({element}) has occupancy {occupancy}, expected a value in (0, 1]")]
    OccupancyRange {
        /// Index of the site, from 0.
        site_idx: usize,
        /// Element symbol of the site.
        element: &'static str,
        /// The occupancy as given.
        occupancy: f64,
    },
}
