//! The table of all measures.

use super::kernel::evaluate;
use super::kind::{Facts, MeasureClass, MeasureFamily, measures, traits_of};
use super::options::MeasureOptions;
use super::{chi2, combination, fidelity, inner, intersection, l1, lp, shannon, vicissitude};
use crate::LossError;
use std::f64::consts::{LN_2, SQRT_2};

/// 2^(1/3), the largest Minkowski distance of the default exponent.
const CUBE_ROOT_2: f64 = 1.259921049894873;

const INFINITY: f64 = f64::INFINITY;

measures! {
    options;

    /// The slope is 0 where the patterns agree.
    Euclidean "euclidean" "Euclidean distance"
        Minkowski Metric "eq. 1" "sqrt(sum (P - Q)^2)"
        "0 to sqrt(2)" |_| (0.0, SQRT_2), lp::Euclidean;
    /// Also called Manhattan distance.
    CityBlock "city-block" "City block distance"
        Minkowski Metric "eq. 2" "sum |P - Q|"
        "0 to 2" |_| (0.0, 2.0), lp::CityBlock;
    /// The exponent is the option `p`, 3 by default.
    Minkowski "minkowski" "Minkowski distance"
        Minkowski Metric "eq. 3" "(sum |P - Q|^p)^(1/p)"
        "0 to 2^(1/p)" |_| (0.0, CUBE_ROOT_2), lp::Minkowski(options.p.unwrap_or(MINKOWSKI_P));
    /// Where several points share the maximum, the first has the slope.
    Chebyshev "chebyshev" "Chebyshev distance"
        Minkowski Metric "eq. 4" "max |P - Q|"
        "0 to 1" |_| (0.0, 1.0), lp::Chebyshev;

    /// Also called Bray-Curtis distance; half of city-block for sums of 1.
    Sorensen "sorensen" "Sørensen distance"
        L1 Metric "eq. 5" "sum |P - Q| / sum (P + Q)"
        "0 to 1" |_| (0.0, 1.0), l1::Sorensen;
    /// In its form without ranges (eq. 7): the range R_i of eq. 6 would be that of bin i in a whole set of patterns.
    Gower "gower" "Gower distance"
        L1 Metric "eq. 7" "sum |P - Q| / n"
        "0 to 2/n" |n| (0.0, 2.0 / n), l1::Gower;
    /// Also called weighted Jaccard distance.
    Soergel "soergel" "Soergel distance"
        L1 Metric "eq. 8" "sum |P - Q| / sum max(P, Q)"
        "0 to 1" |_| (0.0, 1.0), l1::Soergel;
    /// A denominator below `epsilon` counts as `epsilon`.
    KulczynskiD "kulczynski-d" "Kulczynski distance"
        L1 Distance "eq. 9" "sum |P - Q| / sum min(P, Q)"
        "0 to infinity" |_| (0.0, INFINITY), l1::KulczynskiD;
    /// Every bin counts alike, however weak: the rule for empty bins decides what is weak.
    Canberra "canberra" "Canberra distance"
        L1 Metric "eq. 10" "sum |P - Q|/(P + Q)"
        "0 to n" |n| (0.0, n), l1::Canberra;
    /// Near city-block for patterns of many points, where all |P - Q| are small.
    Lorentzian "lorentzian" "Lorentzian distance"
        L1 Metric "eq. 11" "sum ln(1 + |P - Q|)"
        "0 to 2" |_| (0.0, 2.0), l1::Lorentzian;

    /// For sums of 1, -1 + half of city-block (eq. 13).
    Intersection "intersection" "Intersection"
        Intersection Similarity "eq. 12" "-sum min(P, Q)"
        "-1 to 0" |_| (-1.0, 0.0), intersection::Intersection;
    /// Every bin counts alike, however weak: the rule for empty bins decides what is weak.
    WaveHedges "wave-hedges" "Wave Hedges distance"
        Intersection Metric "eq. 15" "sum |P - Q|/max(P, Q)"
        "0 to n" |n| (0.0, n), intersection::WaveHedges;
    /// -1 + sorensen.
    Czekanowski "czekanowski" "Czekanowski coefficient"
        Intersection Similarity "eq. 16" "-2 sum min(P, Q) / sum (P + Q)"
        "-1 to 0" |_| (-1.0, 0.0), intersection::Shared(2.0);
    /// Half of czekanowski: equal patterns have -1/2.
    Motyka "motyka" "Motyka similarity"
        Intersection Similarity "eq. 18" "-sum min(P, Q) / sum (P + Q)"
        "-1/2 to 0" |_| (-0.5, 0.0), intersection::Shared(1.0);
    /// -1/kulczynski-d. A denominator below `epsilon` counts as `epsilon`: equal patterns have -1/`epsilon`.
    KulczynskiS "kulczynski-s" "Kulczynski similarity"
        Intersection Similarity "eq. 20" "-sum min(P, Q) / sum |P - Q|"
        "-infinity to 0" |_| (-INFINITY, 0.0), intersection::KulczynskiS;
    /// -1 + soergel.
    Ruzicka "ruzicka" "Ruzicka similarity"
        Intersection Similarity "eq. 21" "-sum min(P, Q) / sum max(P, Q)"
        "-1 to 0" |_| (-1.0, 0.0), intersection::Ruzicka;
    /// The same number as soergel.
    Tanimoto "tanimoto" "Tanimoto distance"
        Intersection Metric "eq. 23" "sum (max(P, Q) - min(P, Q)) / sum max(P, Q)"
        "0 to 1" |_| (0.0, 1.0), l1::Soergel;

    /// With the normalisation `l2`, the only one with which it is a loss; it then is the cosine.
    InnerProduct "inner-product" "Inner product"
        InnerProduct Similarity "eq. 24" "-sum P Q"
        "-1 to 0" |_| (-1.0, 0.0), inner::InnerProduct;
    /// For sums of 1, -1 + half of squared-chi2.
    HarmonicMean "harmonic-mean" "Harmonic mean"
        InnerProduct Similarity "eq. 25" "-2 sum P Q/(P + Q)"
        "-1 to 0" |_| (-1.0, 0.0), inner::HarmonicMean;
    /// Also called peak-to-correlation energy.
    KumarHassebrook "kumar-hassebrook" "Kumar-Hassebrook similarity"
        InnerProduct Similarity "eq. 27" "-sum P Q / (sum P^2 + sum Q^2 - sum P Q)"
        "-1 to 0" |_| (-1.0, 0.0), inner::KumarHassebrook;
    /// 1 + kumar-hassebrook.
    Jaccard "jaccard" "Jaccard distance"
        InnerProduct Distance "eq. 29" "sum (P - Q)^2 / (sum P^2 + sum Q^2 - sum P Q)"
        "0 to 1" |_| (0.0, 1.0), inner::Jaccard;
    /// With the normalisation `l2`, 1 minus the cosine.
    Dice "dice" "Dice distance"
        InnerProduct Distance "eq. 31" "sum (P - Q)^2 / (sum P^2 + sum Q^2)"
        "0 to 1" |_| (0.0, 1.0), inner::Dice;

    /// Also called Bhattacharyya coefficient. Slopes are infinite at empty bins of Q; see `Measure`.
    Fidelity "fidelity" "Fidelity"
        Fidelity Similarity "eq. 32" "-sum sqrt(P Q)"
        "-1 to 0" |_| (-1.0, 0.0), fidelity::Fidelity;
    /// A sum below `epsilon` counts as `epsilon`.
    Bhattacharyya "bhattacharyya" "Bhattacharyya distance"
        Fidelity Distance "eq. 33" "-ln sum sqrt(P Q)"
        "0 to infinity" |_| (0.0, INFINITY), fidelity::Bhattacharyya;
    /// Twice what others call the Hellinger distance. Cha's second form, 2 sqrt(1 - sum sqrt(P Q)) (eq. 35), holds for sums of 1
    /// alone.
    Hellinger "hellinger" "Hellinger distance"
        Fidelity Metric "eq. 34" "sqrt(2 sum (sqrt(P) - sqrt(Q))^2)"
        "0 to 2" |_| (0.0, 2.0), fidelity::Chord(2.0);
    /// hellinger over sqrt(2). Cha's second form, sqrt(2 - 2 sum sqrt(P Q)) (eq. 37), holds for sums of 1 alone.
    Matusita "matusita" "Matusita distance"
        Fidelity Metric "eq. 36" "sqrt(sum (sqrt(P) - sqrt(Q))^2)"
        "0 to sqrt(2)" |_| (0.0, SQRT_2), fidelity::Chord(1.0);
    /// The square of matusita.
    SquaredChord "squared-chord" "Squared-chord distance"
        Fidelity Distance "eq. 38" "sum (sqrt(P) - sqrt(Q))^2"
        "0 to 2" |_| (0.0, 2.0), fidelity::SquaredChord;

    /// The square of euclidean; mse times n.
    SquaredEuclidean "squared-euclidean" "Squared Euclidean distance"
        SquaredL2 Distance "eq. 40" "sum (P - Q)^2"
        "0 to 2" |_| (0.0, 2.0), chi2::SquaredEuclidean;
    /// Divides by the calculated pattern.
    PearsonChi2 "pearson-chi2" "Pearson chi^2"
        SquaredL2 Directed "eq. 41" "sum (P - Q)^2/Q"
        "0 to infinity" |_| (0.0, INFINITY), chi2::PearsonChi2;
    /// Divides by the observed pattern, as weights of counting statistics do.
    NeymanChi2 "neyman-chi2" "Neyman chi^2"
        SquaredL2 Directed "eq. 42" "sum (P - Q)^2/P"
        "0 to infinity" |_| (0.0, INFINITY), chi2::NeymanChi2;
    /// Also called triangular discrimination.
    SquaredChi2 "squared-chi2" "Squared chi^2"
        SquaredL2 Distance "eq. 43" "sum (P - Q)^2/(P + Q)"
        "0 to 2" |_| (0.0, 2.0), chi2::SquaredChi2(1.0);
    /// Twice squared-chi2.
    ProbabilisticSymmetricChi2 "probabilistic-symmetric-chi2" "Probabilistic symmetric chi^2"
        SquaredL2 Distance "eq. 44" "2 sum (P - Q)^2/(P + Q)"
        "0 to 4" |_| (0.0, 4.0), chi2::SquaredChi2(2.0);
    /// Every bin counts alike, however weak: the rule for empty bins decides what is weak.
    Divergence "divergence" "Divergence"
        SquaredL2 Distance "eq. 45" "2 sum (P - Q)^2/(P + Q)^2"
        "0 to 2n" |n| (0.0, 2.0 * n), chi2::Divergence;
    /// The root of half of divergence. Every bin counts alike, however weak: the rule for empty bins decides what is weak.
    Clark "clark" "Clark distance"
        SquaredL2 Metric "eq. 46" "sqrt(sum (|P - Q|/(P + Q))^2)"
        "0 to sqrt(n)" |n| (0.0, n.sqrt()), chi2::Clark;
    /// pearson-chi2 + neyman-chi2.
    AdditiveSymmetricChi2 "additive-symmetric-chi2" "Additive symmetric chi^2"
        SquaredL2 Distance "eq. 47" "sum (P - Q)^2 (P + Q)/(P Q)"
        "0 to infinity" |_| (0.0, INFINITY), chi2::AdditiveSymmetricChi2;

    /// Relative entropy of the observed pattern to the calculated one.
    KullbackLeibler "kullback-leibler" "Kullback-Leibler divergence"
        Shannon Directed "eq. 48" "sum P ln(P/Q)"
        "0 to infinity" |_| (0.0, INFINITY), shannon::KullbackLeibler;
    /// kullback-leibler in both directions.
    Jeffreys "jeffreys" "Jeffreys divergence"
        Shannon Distance "eq. 49" "sum (P - Q) ln(P/Q)"
        "0 to infinity" |_| (0.0, INFINITY), shannon::Jeffreys;
    /// kullback-leibler to the mean of both patterns.
    KDivergence "k-divergence" "K divergence"
        Shannon Directed "eq. 50" "sum P ln(2P/(P + Q))"
        "0 to ln(2)" |_| (0.0, LN_2), shannon::KDivergence;
    /// k-divergence in both directions, twice the Jensen-Shannon divergence (eq. 52).
    Topsoe "topsoe" "Topsøe distance"
        Shannon Distance "eq. 51" "sum (P ln(2P/(P + Q)) + Q ln(2Q/(P + Q)))"
        "0 to 2 ln(2)" |_| (0.0, 2.0 * LN_2), shannon::Topsoe(1.0);
    /// Term by term the same number as the Jensen-Shannon divergence (eq. 52), and computed as half of topsoe, because the
    /// terms of the printed form cancel.
    JensenDifference "jensen-difference" "Jensen difference"
        Shannon Distance "eq. 53" "sum ((P ln P + Q ln Q)/2 - (P + Q)/2 ln((P + Q)/2))"
        "0 to ln(2)" |_| (0.0, LN_2), shannon::Topsoe(0.5);

    /// Arithmetic against geometric mean.
    Taneja "taneja" "Taneja divergence"
        Combination Distance "eq. 54" "sum (P + Q)/2 ln((P + Q)/(2 sqrt(P Q)))"
        "0 to infinity" |_| (0.0, INFINITY), combination::Taneja;
    /// Chi^2 with arithmetic and geometric means.
    KumarJohnson "kumar-johnson" "Kumar-Johnson divergence"
        Combination Distance "eq. 55" "sum (P^2 - Q^2)^2/(2 (P Q)^(3/2))"
        "0 to infinity" |_| (0.0, INFINITY), combination::KumarJohnson;
    /// The mean of city-block and chebyshev.
    AvgL1Linf "avg-l1-linf" "Average of L1 and L-infinity"
        Combination Metric "eq. 56" "(sum |P - Q| + max |P - Q|)/2"
        "0 to 1.5" |_| (0.0, 1.5), combination::AvgL1Linf;

    /// wave-hedges with min in place of max.
    VicisWaveHedges "vicis-wave-hedges" "Vicis-Wave Hedges distance"
        Vicissitude Distance "table 9" "sum |P - Q|/min(P, Q)"
        "0 to infinity" |_| (0.0, INFINITY), vicissitude::VicisWaveHedges;
    /// The strictest of all about empty bins.
    VicisSymmetricChi2One "vicis-symmetric-chi2-1" "Vicis-symmetric chi^2, 1"
        Vicissitude Distance "table 9" "sum (P - Q)^2/min(P, Q)^2"
        "0 to infinity" |_| (0.0, INFINITY), vicissitude::VicisSymmetricChi2One;
    /// The larger of the terms of pearson-chi2 and neyman-chi2.
    VicisSymmetricChi2Two "vicis-symmetric-chi2-2" "Vicis-symmetric chi^2, 2"
        Vicissitude Distance "table 9" "sum (P - Q)^2/min(P, Q)"
        "0 to infinity" |_| (0.0, INFINITY), vicissitude::VicisSymmetricChi2Two;
    /// The smaller of the terms of pearson-chi2 and neyman-chi2.
    VicisSymmetricChi2Three "vicis-symmetric-chi2-3" "Vicis-symmetric chi^2, 3"
        Vicissitude Distance "table 9" "sum (P - Q)^2/max(P, Q)"
        "0 to 2" |_| (0.0, 2.0), vicissitude::VicisSymmetricChi2Three;
    /// The larger of pearson-chi2 and neyman-chi2, the former at a tie.
    MaxSymmetricChi2 "max-symmetric-chi2" "Max-symmetric chi^2"
        Vicissitude Distance "table 9" "max(sum (P - Q)^2/P, sum (P - Q)^2/Q)"
        "0 to infinity" |_| (0.0, INFINITY), vicissitude::MaxSymmetricChi2;
    /// The smaller of pearson-chi2 and neyman-chi2, the former at a tie.
    MinSymmetricChi2 "min-symmetric-chi2" "Min-symmetric chi^2"
        Vicissitude Distance "table 9" "min(sum (P - Q)^2/P, sum (P - Q)^2/Q)"
        "0 to infinity" |_| (0.0, INFINITY), vicissitude::MinSymmetricChi2;
}

/// The default exponent of minkowski.
pub(super) const MINKOWSKI_P: f64 = 3.0;
