//! One copy from distortion to result: cells and patterns of truth, start, free result and projected result.

use super::config::{CaseCopy, FigureKind, Pick};
use super::plan::{FigurePlan, Source};
use crate::tables::csv_text;
use braggscape_crystal::Structure;
use braggscape_optim::with_causes;
use braggscape_pattern::Pattern;
use braggscape_pattern::Peak;
use braggscape_record::{Agreement, Record, StructureRecord};
use braggscape_xrd::{ForwardModel, Scratch};

/// A structure of a case.
#[derive(Debug, Clone)]
pub struct CasePanel {
    /// What it is: "truth", "distorted start", or the label of an arm.
    pub label: String,
    /// The structure.
    pub structure: Structure,
    /// Its pattern.
    pub pattern: Pattern,
    /// Its peaks.
    pub peaks: Vec<Peak>,
    /// Similarity of its pattern to the truth's, or the loss where it is no similarity; nothing for the truth itself.
    pub agreement: Option<f64>,
    /// Whether it matches the truth; nothing for the truth itself.
    pub matched: Option<bool>,
    /// The metrics that the study reported, by name.
    pub metrics: Vec<(String, f64)>,
}

/// A case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Name of the structure.
    pub structure: String,
    /// Kind of the noise.
    pub noise_kind: String,
    /// Level of the noise.
    pub noise_level: f64,
    /// Replicate.
    pub replicate: u32,
    /// Copies among which it was picked: those of which the free run fails and the projected one matches.
    pub candidates: usize,
    /// Kind of the loss whose similarity is shown.
    pub loss: String,
    /// What its values are shown as.
    pub agreement: Agreement,
    /// Truth, start, free result, projected result.
    pub panels: Vec<CasePanel>,
}

/// The results of one copy in both arms.
struct Pair<'a> {
    free: &'a Record,
    projected: &'a Record,
}

/// The case of a plan, or what was looked for and not found.
pub(super) fn case(plan: &FigurePlan, records: &[Vec<Record>]) -> Result<Case, String> {
    let FigureKind::Case { structure, level, free, projected, copy, similarity } =
        &plan.config.figure
    else {
        return Err("it is no case".to_owned());
    };
    let agreement = Agreement::of(similarity);
    for (source, records) in plan.sources.iter().zip(records) {
        let of = |arm: &str| -> Vec<&Record> {
            records
                .iter()
                .filter(|r| r.structure == *structure && r.arm == arm && !r.failed())
                .filter(|r| r.noise_level.total_cmp(level).is_eq())
                .collect()
        };
        let others = of(projected);
        let pairs: Vec<Pair<'_>> = of(free)
            .into_iter()
            .filter_map(|free| {
                let projected = others.iter().find(|r| r.replicate == free.replicate)?;
                Some(Pair { free, projected })
            })
            .collect();
        let telling: Vec<&Pair<'_>> = pairs
            .iter()
            .filter(|p| p.free.matched == Some(false) && p.projected.matched == Some(true))
            .collect();
        let value = |r: &Record| {
            let loss = r.final_losses.get(similarity).copied()?;
            // As a similarity: larger is better in either case.
            Some(if agreement == Agreement::Similarity { agreement.value(loss) } else { -loss })
        };
        // The first of the best.
        let best = |pick: Pick| {
            let rank = |p: &&Pair<'_>| match pick {
                Pick::Misleading => Some(value(p.free)? - value(p.projected)?),
                Pick::DeceptiveFree => value(p.free),
                Pick::DissimilarProjected => value(p.projected).map(|v| -v),
            };
            let ranked = telling.iter().filter_map(|p| Some((rank(p)?, *p)));
            ranked.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, p)| p)
        };
        let chosen = match copy {
            CaseCopy::Replicate(n) => pairs.iter().find(|p| p.free.replicate == *n),
            CaseCopy::Pick(pick) => best(*pick),
        };
        if let Some(pair) = chosen {
            let panels = panels(source, pair, similarity, agreement)?;
            return Ok(Case {
                structure: structure.clone(),
                noise_kind: pair.free.noise_kind.clone(),
                noise_level: *level,
                replicate: pair.free.replicate,
                candidates: telling.len(),
                loss: similarity.clone(),
                agreement,
                panels,
            });
        }
    }
    Err(match copy {
        CaseCopy::Replicate(n) => format!(
            "no study has results of replicate {n} of {structure} at level {level} in both arms"
        ),
        CaseCopy::Pick(_) => format!(
            "no copy of {structure} at level {level} fails in arm `{free}` and matches in arm `{projected}`"
        ),
    })
}

fn panels(
    source: &Source,
    pair: &Pair<'_>,
    similarity: &str,
    agreement: Agreement,
) -> Result<Vec<CasePanel>, String> {
    let plan = &source.plan;
    let truth = plan
        .structures
        .iter()
        .find(|s| s.name == pair.free.structure)
        .ok_or_else(|| format!("the study has no structure {}", pair.free.structure))?;
    let panel = |label: &str, structure: Structure| -> Result<CasePanel, String> {
        let mut pattern = Pattern::zeros(plan.forward.axis().clone());
        plan.forward
            .simulate(&structure, &mut Scratch::default(), &mut pattern)
            .map_err(|e| with_causes(&e))?;
        let peaks = plan.forward.peaks(&structure).map_err(|e| with_causes(&e))?;
        let label = label.to_owned();
        let (agreement, matched, metrics) = (None, None, Vec::new());
        Ok(CasePanel { label, structure, pattern, peaks, agreement, matched, metrics })
    };
    let recorded = |structure: &Option<StructureRecord>| -> Result<Structure, String> {
        let record = structure.as_ref().ok_or("a record has no structure")?;
        Structure::try_from(record).map_err(|e| with_causes(&e))
    };
    let sorted = |m: &std::collections::BTreeMap<String, f64>| {
        m.iter().map(|(k, v)| (k.clone(), *v)).collect::<Vec<_>>()
    };
    let free = pair.free;
    let mut panels = vec![panel("truth", truth.structure.clone())?];
    panels.push(CasePanel {
        agreement: free.initial_losses.get(similarity).map(|l| agreement.value(*l)),
        matched: free.noop_matched,
        metrics: sorted(&free.initial_metrics),
        ..panel("distorted start", recorded(&free.initial_structure)?)?
    });
    for r in [free, pair.projected] {
        panels.push(CasePanel {
            agreement: r.final_losses.get(similarity).map(|l| agreement.value(*l)),
            matched: r.matched,
            metrics: sorted(&r.final_metrics),
            ..panel(&r.arm, recorded(&r.final_structure)?)?
        });
    }
    Ok(panels)
}

/// a, b, c, Å; alpha, beta, gamma, degrees; volume, Å³.
pub(super) fn parameters(structure: &Structure) -> [f64; 7] {
    let lattice = structure.lattice();
    let [a, b, c] = lattice.lengths();
    let [alpha, beta, gamma] = lattice.angles();
    [a, b, c, alpha, beta, gamma, lattice.volume()]
}

impl Case {
    /// The case as CSV, one row a structure.
    pub fn csv(&self) -> String {
        let mut heading: Vec<String> = [
            "structure",
            "noise",
            "level",
            "replicate",
            "panel",
            "loss",
            "against",
            "agreement",
            "matched",
            "a",
            "b",
            "c",
            "alpha",
            "beta",
            "gamma",
            "volume",
        ]
        .map(str::to_owned)
        .to_vec();
        let metrics: Vec<String> = self
            .panels
            .get(1)
            .map(|p| p.metrics.iter().map(|m| m.0.clone()).collect())
            .unwrap_or_default();
        heading.extend(metrics.iter().cloned());
        let mut rows = vec![heading];
        for panel in &self.panels {
            let mut row = vec![
                self.structure.clone(),
                self.noise_kind.clone(),
                self.noise_level.to_string(),
                self.replicate.to_string(),
                panel.label.clone(),
                self.loss.clone(),
                self.agreement.name().to_owned(),
                panel.agreement.map_or_else(String::new, |x| x.to_string()),
                panel.matched.map_or_else(String::new, |x| x.to_string()),
            ];
            row.extend(parameters(&panel.structure).map(|x| x.to_string()));
            row.extend(metrics.iter().map(|name| {
                let found = panel.metrics.iter().find(|m| m.0 == *name);
                found.map_or_else(String::new, |m| m.1.to_string())
            }));
            rows.push(row);
        }
        csv_text(rows)
    }
}
