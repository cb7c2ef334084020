//! What a measure is called, and what is true of it.

use super::kernel::{Open, Term};
use crate::Normalisation;
use std::fmt;

/// The families of Cha.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeasureFamily {
    /// Lp Minkowski: powers of |P - Q|.
    Minkowski,
    /// L1: |P - Q| over something.
    L1,
    /// Intersection: min(P, Q).
    Intersection,
    /// Inner product: P Q.
    InnerProduct,
    /// Fidelity, or squared chord: sqrt(P Q).
    Fidelity,
    /// Squared L2, or chi^2: (P - Q)^2 over something.
    SquaredL2,
    /// Shannon's entropy: P ln P.
    Shannon,
    /// Combinations of several families.
    Combination,
    /// Vicissitude: the denominators of L1 and chi^2 exchanged for min(P, Q) or max(P, Q).
    Vicissitude,
}

impl fmt::Display for MeasureFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minkowski => "Lp Minkowski",
            Self::L1 => "L1",
            Self::Intersection => "intersection",
            Self::InnerProduct => "inner product",
            Self::Fidelity => "fidelity (squared chord)",
            Self::SquaredL2 => "squared L2 (chi^2)",
            Self::Shannon => "Shannon's entropy",
            Self::Combination => "combination",
            Self::Vicissitude => "vicissitude",
        })
    }
}

/// What sort of comparison a measure is, with its default options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MeasureClass {
    /// A distance d, 0 where the patterns agree, that is symmetric and keeps the triangle inequality; L = d.
    Metric,
    /// A distance d, 0 where the patterns agree, that is symmetric; L = d.
    Distance,
    /// A distance d, 0 where the patterns agree, that depends on which pattern is the observed one; L = d.
    Directed,
    /// A similarity s, largest where the patterns agree, that is symmetric; L = -s, as for cosine.
    Similarity,
}

impl fmt::Display for MeasureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metric => "metric",
            Self::Distance => "distance",
            Self::Directed => "directed",
            Self::Similarity => "similarity",
        })
    }
}

/// What is true of a measure.
pub(super) struct Facts {
    pub name: &'static str,
    pub title: &'static str,
    pub family: MeasureFamily,
    pub class: MeasureClass,
    pub equation: &'static str,
    pub formula: &'static str,
    pub range: &'static str,
    pub bounds: fn(f64) -> (f64, f64),
    pub signed: bool,
    pub open: Open,
}

/// What a term says of itself.
pub(super) fn traits_of<const K: usize, T: Term<K>>(_: T) -> (bool, Open) {
    (T::SIGNED, T::OPEN)
}

/// Makes the enum of all kinds of its table. `$options` is the name by which terms refer to the options.
macro_rules! measures {
    ($options:ident; $(
        $(#[$note:meta])*
        $kind:ident $name:literal $title:literal
            $family:ident $class:ident $equation:literal $formula:literal
            $range:literal $bounds:expr, $term:expr;
    )*) => {
        /// The measures of Cha's survey, in its order; its cosine and Jensen-Shannon divergence are losses of their own.
        ///
        /// P_i and Q_i are the observed and the calculated intensities after normalisation, n is the number of points, and sums,
        /// minima and maxima without index run over the points. Ranges are those for patterns that are not negative, with the
        /// default options. Logarithms are natural. Gradients and the rule for empty bins: see
        /// [`Measure`](crate::Measure).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum MeasureKind {
            $(
                #[doc = concat!($title, ", L = ", $formula, ".")]
                ///
                $(#[$note])*
                #[doc = concat!("From ", $range, ". Cha, ", $equation, ". Name: `", $name, "`.")]
                $kind,
            )*
        }

        impl MeasureKind {
            /// All kinds, family by family.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            pub(super) fn facts(self) -> Facts {
                let $options = &MeasureOptions::default();
                match self {
                    $(Self::$kind => {
                        let (signed, open) = traits_of($term);
                        Facts {
                            name: $name,
                            title: $title,
                            family: MeasureFamily::$family,
                            class: MeasureClass::$class,
                            equation: $equation,
                            formula: $formula,
                            range: $range,
                            bounds: $bounds,
                            signed,
                            open,
                        }
                    })*
                }
            }

            /// The loss of the intensities `f` and `g`; `grad`, if any, is overwritten with dL/dg.
            pub(super) fn evaluate(
                self,
                $options: &MeasureOptions,
                f: &[f64],
                g: &[f64],
                grad: Option<&mut [f64]>,
            ) -> Result<f64, LossError> {
                match self {
                    $(Self::$kind => evaluate($term, $options, f, g, grad),)*
                }
            }
        }
    };
}
pub(super) use measures;

impl super::MeasureKind {
    /// The name in study files, such as `wave-hedges`.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The kind of this name.
    ///
    /// # Examples
    /// ```
    /// use braggscape_loss::MeasureKind;
    /// assert_eq!(MeasureKind::from_name("wave-hedges"), Some(MeasureKind::WaveHedges));
    /// assert_eq!(MeasureKind::from_name("cosine"), None, "a loss of its own");
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The name in words, such as "Wave Hedges distance".
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// The family.
    pub fn family(self) -> MeasureFamily {
        self.facts().family
    }

    /// Metric, distance, directed distance or similarity.
    pub fn class(self) -> MeasureClass {
        self.facts().class
    }

    /// Where Cha has it, such as "eq. 14".
    pub fn equation(self) -> &'static str {
        self.facts().equation
    }

    /// The loss as a formula in P (observed), Q (calculated) and n.
    pub fn formula(self) -> &'static str {
        self.facts().formula
    }

    /// The range in words, for patterns that are not negative and the default options.
    pub fn range(self) -> &'static str {
        self.facts().range
    }

    /// Least and largest value for patterns of `n_points` that are not negative, with the default options.
    ///
    /// The rule for empty bins changes normalised intensities by up to `epsilon`, and what is stated for sums of 1 by up to
    /// n `epsilon`.
    pub fn bounds(self, n_points: usize) -> (f64, f64) {
        (self.facts().bounds)(n_points as f64)
    }

    /// Whether L(f, g) = L(g, f).
    pub fn is_symmetric(self) -> bool {
        self.class() != MeasureClass::Directed
    }

    /// Whether negative intensities are numbers like others; where not, they count as 0.
    pub fn takes_negatives(self) -> bool {
        self.facts().signed
    }

    /// Whether the rule for empty bins ([`Zeros`](crate::Zeros)) decides in some of them, because a term has no limit there.
    pub fn has_open_terms(self) -> bool {
        self.facts().open != Open::Nowhere
    }

    /// The normalisation without which a pattern would not agree best with itself, if there is one.
    ///
    /// With sums of 1 the directed divergences are not negative (Gibbs), and fidelity and the harmonic mean at most 1; with other
    /// normalisations a pattern that is larger, or wider, than f would have a smaller loss than f itself. The inner product of
    /// patterns of sum 1 is largest for all intensity in the largest point of f; with Euclidean norms of 1 it is the cosine.
    pub fn required_normalisation(self) -> Option<Normalisation> {
        match self {
            Self::InnerProduct => Some(Normalisation::L2),
            Self::HarmonicMean
            | Self::Fidelity
            | Self::Bhattacharyya
            | Self::KullbackLeibler
            | Self::KDivergence => Some(Normalisation::Sum),
            _ => None,
        }
    }
}

impl fmt::Display for super::MeasureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
