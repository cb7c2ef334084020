//! How much the agreement of patterns tells about the agreement of structures, by group of records.

use crate::Record;
use braggscape_metrics::{
    Correlation, MutualInformation, MutualInformationOptions, pearson, spearman,
};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// Losses that are minus a similarity.
const NEGATED_SIMILARITIES: [&str; 6] =
    ["blurred-overlap", "cosine", "de-gelder", "entropy", "pearson", "xcorr"];

/// What a value of a loss is shown as: the similarity where the loss is minus one, the loss itself elsewhere.
///
/// The losses that are known as minus a similarity are cosine, entropy, xcorr, pearson, de-gelder and blurred-overlap.
///
/// # Examples
/// ```
/// use braggscape_record::Agreement;
///
/// assert_eq!(Agreement::of("cosine"), Agreement::Similarity);
/// assert_eq!(Agreement::of("cosine").value(-0.25), 0.25);
/// assert_eq!(Agreement::of("mse").value(0.01), 0.01);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// Large where the patterns agree: minus the loss.
    Similarity,
    /// Small where the patterns agree: the loss.
    Loss,
}

impl Agreement {
    /// What a loss of this kind is shown as.
    pub fn of(loss: &str) -> Self {
        if NEGATED_SIMILARITIES.contains(&loss) { Self::Similarity } else { Self::Loss }
    }

    /// The number that is shown for a value of the loss.
    pub fn value(self, loss: f64) -> f64 {
        match self {
            // Not a plain minus, so that 0 has no sign.
            Self::Similarity => 0.0 - loss,
            Self::Loss => loss,
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Similarity => "similarity",
            Self::Loss => "loss",
        }
    }
}

/// Statistics of the final agreement of the patterns and one metric of the final structures, of the tasks that share a noise and
/// an arm, over all structures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CorrelationRow {
    /// Kind of the noise model.
    pub noise_kind: String,
    /// Level of the noise.
    pub noise_level: f64,
    /// Label of the combination.
    pub arm: String,
    /// Kind of the loss that was minimised.
    pub loss: String,
    /// Kind of the projector.
    pub projector: String,
    /// What the value of the loss is taken as.
    pub agreement: Agreement,
    /// Kind of the metric.
    pub metric: String,
    /// Number of tasks that have both numbers.
    pub n: u64,
    /// Mutual information, nats, as scikit-learn's `mutual_info_regression` estimates it with 3 neighbours; nothing of fewer
    /// than 4 tasks.
    pub mutual_information: Option<f64>,
    /// Pearson's coefficient of correlation; nothing where one of the variables is constant.
    pub pearson: Option<f64>,
    /// Two-sided probability of such a coefficient without a correlation.
    pub pearson_p: Option<f64>,
    /// Spearman's coefficient of rank correlation; nothing where one of the variables is constant.
    pub spearman: Option<f64>,
    /// Two-sided probability of such a coefficient without a correlation.
    pub spearman_p: Option<f64>,
}

/// The statistics by noise kind, noise level, arm and metric: groups in order of first appearance by task index, metrics by
/// name.
///
/// Tasks that failed, or whose metric is infinite, have no pair of numbers and are left out; `n` counts the pairs.
///
/// # Examples
/// ```
/// use braggscape_record::{Record, correlations};
///
/// let row = |task_index: u64, loss: f64, distance: f64| Record {
///     task_index,
///     loss: "cosine".into(),
///     loss_final: Some(loss),
///     final_metrics: [("pdd-emd".to_owned(), distance)].into(),
///     ..Record::default()
/// };
/// let found = correlations(&[row(0, -1.0, 0.0), row(1, -0.5, 0.2), row(2, -0.25, 0.3)]);
/// // The larger the similarity, the smaller the distance.
/// assert!((found[0].pearson.unwrap() + 1.0).abs() < 1e-12);
/// assert_eq!((found[0].n, found[0].mutual_information), (3, None));
/// ```
///
/// # References
/// Segal et al., Digital Discovery (2026), doi:10.1039/d6dd00017g, Table 1.
pub fn correlations(records: &[Record]) -> Vec<CorrelationRow> {
    let mut sorted: Vec<&Record> = records.iter().collect();
    sorted.sort_by_key(|r| r.task_index);
    let mut place = HashMap::new();
    let mut groups: Vec<Vec<&Record>> = Vec::new();
    for r in sorted {
        let key = (&r.noise_kind, r.noise_level.to_bits(), &r.arm, &r.loss, &r.projector);
        let idx = *place.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[idx].push(r);
    }
    groups.iter().flat_map(|g| rows(g)).collect()
}

fn rows(group: &[&Record]) -> Vec<CorrelationRow> {
    let Some(first) = group.first() else { return Vec::new() };
    let metrics: BTreeSet<&String> = group.iter().flat_map(|r| r.final_metrics.keys()).collect();
    let agreement = Agreement::of(&first.loss);
    let row = |metric: &String| {
        let (x, y): (Vec<f64>, Vec<f64>) = group
            .iter()
            .filter_map(|r| Some((agreement.value(r.loss_final?), *r.final_metrics.get(metric)?)))
            .unzip();
        let information = MutualInformation::new(MutualInformationOptions::default());
        let both = |c: Result<Correlation, _>| {
            c.ok().map_or((None, None), |c| (Some(c.coefficient), Some(c.p_value)))
        };
        let (linear, linear_p) = both(pearson(&x, &y));
        let (rank, rank_p) = both(spearman(&x, &y));
        CorrelationRow {
            noise_kind: first.noise_kind.clone(),
            noise_level: first.noise_level,
            arm: first.arm.clone(),
            loss: first.loss.clone(),
            projector: first.projector.clone(),
            agreement,
            metric: metric.clone(),
            n: x.len() as u64,
            mutual_information: information.and_then(|i| i.estimate(&x, &y)).ok(),
            pearson: linear,
            pearson_p: linear_p,
            spearman: rank,
            spearman_p: rank_p,
        }
    };
    metrics.into_iter().map(row).collect()
}
