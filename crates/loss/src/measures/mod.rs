//! The measures between probability densities that Cha collected and Hernandez-Rivera, Coleman and Tschopp compared on powder
//! patterns.
#![expect(
    clippy::inline_always,
    reason = "terms must be inlined into the loops compiled for each vector width"
)]

mod chi2;
mod combination;
mod fidelity;
mod inner;
mod intersection;
mod kernel;
mod kind;
mod l1;
mod lp;
mod normalise;
mod options;
mod shannon;
mod shapes;
mod table;
mod vicissitude;

pub use kind::{MeasureClass, MeasureFamily};
pub use options::{MeasureOptions, Zeros};
pub use table::MeasureKind;

use crate::seam::{check_axes, check_buffers};
use crate::{Loss, LossError, Normalisation};
use braggscape_pattern::Pattern;

/// One of the measures of Cha's survey as a loss between patterns.
///
/// P = f/N(f) is the observed and Q = g/N(g) the calculated pattern after normalisation, by default by their sums: probability
/// densities. [`MeasureKind`] has the formula of each measure.
///
/// # Units and shapes
/// Dimensionless (unless `normalisation = "none"`). [`MeasureKind::bounds`] gives the range.
///
/// # Conventions
/// - A distance is the loss itself, 0 where the patterns agree. A similarity s enters as L = -s, as cosine does.
/// - Scales do not matter, unless `normalisation = "none"`.
/// - Negative intensities count as 0, before normalisation, in measures that take roots, logarithms, minima or quotients. Those
///   of differences and products alone take them as they are ([`MeasureKind::takes_negatives`]).
/// - Empty bins: terms take their limit where they have one (0 log 0 = 0, 0/0 = 0). Where a term is infinite or has no limit
///   ([`MeasureKind::has_open_terms`]), the option [`zeros`](MeasureOptions::zeros) decides: intensities below `epsilon` count as
///   `epsilon` (the default), or the bin is left out.
/// - Sums below `epsilon` that something is divided by, or whose logarithm is taken, count as `epsilon`.
///
/// # Differentiability
/// The gradient is exact through the normalisation, wherever there is one. Where there is none: |P - Q| has slope 0 at P = Q, min
/// and max have slope 1/2 at a tie, roots of distances have slope 0 at 0, the first of several largest points counts, empty bins
/// have the slope to the right, and slopes that are infinite at an empty bin (square roots, logarithms) are those at Q = `epsilon`.
/// Bins with g < 0, where these count as 0, and bins that the rule for empty bins has changed have slope 0.
///
/// # Errors
/// [`LossError::NoIntensity`] if a pattern has nothing to be divided by, or no intensity at all.
///
/// # Examples
/// ```
/// use braggscape_loss::{Loss, Measure, MeasureKind};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 2)?;
/// let f = Pattern::new(axis.clone(), vec![1.0, 2.0])?;
/// let g = Pattern::new(axis, vec![5.0, 5.0])?;
/// // P = (2, 4)/6, Q = (3, 3)/6: |P - Q| = (1, 1)/6, min = (2, 3)/6, max = (3, 4)/6, P + Q = (5, 7)/6.
/// let check = |kind, expected: f64| {
///     let value = Measure::from(kind).value(&f, &g).unwrap();
///     assert!((value - expected).abs() < 1e-15, "{kind}: {value}");
/// };
/// check(MeasureKind::CityBlock, 1.0 / 3.0); // Lp
/// check(MeasureKind::Soergel, 2.0 / 7.0); // L1
/// check(MeasureKind::Ruzicka, -5.0 / 7.0); // intersection
/// check(MeasureKind::Dice, 1.0 / 19.0); // inner product: (1 + 1)/(4 + 16 + 9 + 9)
/// check(MeasureKind::Fidelity, -(6f64.sqrt() + 12f64.sqrt()) / 6.0); // fidelity
/// check(MeasureKind::PearsonChi2, 1.0 / 9.0); // chi^2: 2 (1/36)/(1/2)
/// check(MeasureKind::KullbackLeibler, 5.0 / 3.0 * 2f64.ln() - 3f64.ln()); // Shannon: ln(2/3)/3 + 2 ln(4/3)/3
/// check(MeasureKind::AvgL1Linf, 0.25); // combination: (1/3 + 1/6)/2
/// check(MeasureKind::VicisWaveHedges, 5.0 / 6.0); // vicissitude: 1/2 + 1/3
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// S.-H. Cha, Int. J. Math. Models Methods Appl. Sci. 1, 300 (2007); E. Hernandez-Rivera, S. P. Coleman, M. A. Tschopp, ACS Comb.
/// Sci. 19, 25 (2017), doi:10.1021/acscombsci.6b00142.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    kind: MeasureKind,
    options: MeasureOptions,
}

impl Measure {
    /// A measure with its options.
    ///
    /// # Errors
    /// [`LossError::OptionRange`]; [`LossError::ForeignOption`] for `p` of another measure than minkowski;
    /// [`LossError::UnsuitedNormalisation`] where a pattern would not agree best with itself.
    pub fn new(kind: MeasureKind, options: MeasureOptions) -> Result<Self, LossError> {
        options.check()?;
        if options.p.is_some() && kind != MeasureKind::Minkowski {
            return Err(LossError::ForeignOption {
                option: "p",
                of: MeasureKind::Minkowski.name(),
            });
        }
        match kind.required_normalisation() {
            Some(required) if required != options.normalisation => {
                Err(LossError::UnsuitedNormalisation {
                    given: options::name(options.normalisation),
                    required: options::name(required),
                })
            }
            _ => Ok(Self { kind, options }),
        }
    }

    /// The kind.
    pub fn kind(&self) -> MeasureKind {
        self.kind
    }

    /// The options.
    pub fn options(&self) -> &MeasureOptions {
        &self.options
    }
}

impl MeasureKind {
    /// The default options of this kind: those of [`MeasureOptions`], but `normalisation = "l2"` for inner-product and `p = 3` for
    /// minkowski.
    pub fn defaults(self) -> MeasureOptions {
        let normalisation = self.required_normalisation().unwrap_or(Normalisation::Sum);
        let p = (self == Self::Minkowski).then_some(table::MINKOWSKI_P);
        MeasureOptions { normalisation, p, ..MeasureOptions::default() }
    }
}

impl From<MeasureKind> for Measure {
    /// The measure with its default options.
    fn from(kind: MeasureKind) -> Self {
        Self { kind, options: kind.defaults() }
    }
}

impl Loss for Measure {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        self.kind.evaluate(&self.options, obs.y(), calc.y(), None)
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        self.kind.evaluate(&self.options, obs.y(), calc.y(), Some(grad))
    }
}
