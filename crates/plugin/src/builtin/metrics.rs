//! The built-in metrics.

use super::energy_above::energy_above;
use super::entry;
use crate::family::Family;
use braggscape_metrics::{
    AmdLinf, AnyMetric, CrystalDistance, CrystalDistanceMetric, CrystalDistanceOptions, Match,
    MetricError, PddEmd, PddOptions, Rms, StrictRecovery, StrictRecoveryMetric,
    StrictRecoveryOptions, StructureMatcher, StructureMatcherOptions,
};

pub(crate) fn metrics() -> Family<AnyMetric> {
    let matcher = "ltol = 0.1\nstol = 0.2\nangle_tol = 5.0";
    Family::new(
        "metric",
        vec![
            (
                "amd-linf",
                entry(
                    "largest difference of average minimum distances, Å",
                    "k = 100",
                    |o: PddOptions| AmdLinf::new(o).map(AnyMetric::from),
                ),
            ),
            (
                "crystal-distance",
                entry(
                    "least strain and displacement over all ways to lay one crystal on the other, without tolerances",
                    "scale = true",
                    |o: CrystalDistanceOptions| {
                        let measure = CrystalDistance::new(o);
                        Ok::<_, MetricError>(CrystalDistanceMetric { measure }.into())
                    },
                ),
            ),
            ("energy-above", energy_above()),
            (
                "match",
                entry(
                    "1 where pymatgen's StructureMatcher.fit says yes, 0 elsewhere",
                    matcher,
                    |o: StructureMatcherOptions| {
                        StructureMatcher::new(o).map(|matcher| Match { matcher }.into())
                    },
                ),
            ),
            (
                "pdd-emd",
                entry(
                    "earth mover's distance between pointwise distance distributions, Å",
                    "k = 100\ncollapse_tol = 1e-4",
                    |o: PddOptions| PddEmd::new(o).map(AnyMetric::from),
                ),
            ),
            (
                "rms",
                entry(
                    "root mean square distance of matched sites, normalised as pymatgen does",
                    matcher,
                    |o: StructureMatcherOptions| {
                        StructureMatcher::new(o).map(|matcher| Rms { matcher }.into())
                    },
                ),
            ),
            (
                "strict-recovery",
                entry(
                    "1 where lattice (0.5 %, 0.5 degrees) and sites (0.1 Å) are the true ones",
                    "site_tol = 0.1",
                    |o: StrictRecoveryOptions| {
                        StrictRecovery::new(o).map(|test| StrictRecoveryMetric { test }.into())
                    },
                ),
            ),
        ],
    )
}
