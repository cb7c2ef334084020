//! What can go wrong in a forward model.

use thiserror::Error;

/// A pattern that cannot be simulated.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ForwardError {
    /// No scattering factor is tabulated.
    #[error("no scattering factor is tabulated for {element} (the table ends at Cf)")]
    NoScatteringFactor {
        /// Symbol of the element.
        element: &'static str,
    },
    /// An option outside its range.
    #[error("{name} = {value} is outside its range ({expected})")]
    OptionRange {
        /// The option.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The admissible range.
        expected: &'static str,
    },
    /// The Caglioti polynomial is not positive at a reflection.
    #[error(
        "the peak width is not positive at 2theta = {two_theta:.4}°: U tan²θ + V tanθ + W = {width_squared:.4e}"
    )]
    NonPositiveWidth {
        /// Where, degrees.
        two_theta: f64,
        /// Value of the polynomial, degrees^2.
        width_squared: f64,
    },
    /// A range in which the structure has no reflection.
    #[error(
        "no reflection lies between 2theta = {from}° and {to}° at the wavelength {wavelength} Å"
    )]
    NoReflections {
        /// Start of the range, degrees.
        from: f64,
        /// End of the range, degrees.
        to: f64,
        /// Wavelength, Å.
        wavelength: f64,
    },
    /// So many reflections that memory or patience would end first.
    #[error("the cell has about {count:.2e} reflections in range, more than the limit {limit:.0e}")]
    TooManyReflections {
        /// Estimated number.
        count: f64,
        /// The limit.
        limit: f64,
    },
    /// A buffer does not fit the model or the structure.
    #[error("{what} has {found} entries, but {expected} are needed")]
    BufferLength {
        /// Which buffer.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length needed.
        expected: usize,
    },
    /// A pattern does not lie on the model's axis.
    #[error("the pattern lies on {found}, the model on {expected}")]
    AxisMismatch {
        /// Axis of the pattern.
        found: String,
        /// Axis of the model.
        expected: String,
    },
    /// The pullback was called before a simulation of the same structure.
    #[error("the pullback must follow a simulation with the same scratch space")]
    PullbackWithoutSimulation,
    /// The pattern of this structure is not finite.
    #[error("the simulated pattern is not finite")]
    NonFinite,
    /// A model that cannot be evaluated on every k-th point.
    #[error(
        "the model has no nodes: peaks of one width (U = V = 0) with tails of 5 standard deviations or more are needed, on a \
         uniform axis that has many points a standard deviation (ten are enough) and spans some forty of them"
    )]
    NoNodes,
    /// A blurred target that was made with other options.
    #[error("the target was blurred with other options")]
    TargetMismatch,
    /// What was to be simulated is no crystal.
    #[error("the structure is not a crystal")]
    Crystal(#[from] braggscape_crystal::CrystalError),
    /// An outside model failed.
    #[error("forward model `{kind}` failed")]
    External {
        /// Registered kind.
        kind: String,
        /// Its own error.
        #[source]
        source: std::sync::Arc<dyn std::error::Error + Send + Sync>,
    },
}
