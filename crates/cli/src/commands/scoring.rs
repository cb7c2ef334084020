//! `braggscape match --reference R --candidates C`: generated structures against the structures they should be.

use super::matching::{Compared, Comparison};
use crate::args::{MatchArgs, OutputFormat, Shared};
use crate::failure::{Failure, say};
use crate::input::{self, Structures};
use crate::output::{choose, in_order, print, print_json, stdout};
use braggscape_crystal::Structure;
use braggscape_crystal::io::RawEntry;
use braggscape_metrics::{EndRule, Prepared, jeffreys_interval};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// What the candidates of one reference came to.
#[derive(Default)]
struct Tally {
    candidates: u64,
    /// The first candidate had an rms.
    first_matched: bool,
    rms: Option<f64>,
    fit: bool,
    distance: Option<f64>,
}

/// References in their order, found by id.
#[derive(Default)]
struct References {
    all: Vec<(Structure, Prepared)>,
    index: HashMap<String, usize>,
    failed: u64,
}

pub(super) fn run(
    reference: &Path,
    candidates: &Path,
    comparison: &Comparison,
    args: &MatchArgs,
    shared: &Shared,
) -> Result<ExitCode, Failure> {
    let formats = [OutputFormat::Text, OutputFormat::Json, OutputFormat::Jsonl];
    let format = choose(shared, "match --reference --candidates", &formats)?;
    let references = references(reference, comparison)?;
    let counts = score(candidates, comparison, &references, format == OutputFormat::Jsonl)?;
    let failed = counts.failed + counts.unknown + references.failed > 0;
    let score = Score::new(&counts, references.failed, args.stol)?;
    match format {
        OutputFormat::Text => print(&score.text(args))?,
        OutputFormat::Json => print_json(&Value::Object(score.fields(args.distance)))?,
        _ => {}
    }
    Ok(ExitCode::from(u8::from(failed)))
}

/// The entries of a list, or a file of one structure as a list of one.
fn entries(path: &Path) -> Result<Box<dyn Iterator<Item = Result<RawEntry, Failure>>>, Failure> {
    match input::structures(path)? {
        Structures::Many(entries) => Ok(entries),
        Structures::One(_) => Err(Failure::usage(format!(
            "{}: expected a list with an id for each structure (.csv or .jsonl)",
            input::name_of(path)
        ))),
    }
}

fn references(path: &Path, comparison: &Comparison) -> Result<References, Failure> {
    let mut references = References::default();
    let mut duplicate = None;
    let prepare = |entry: RawEntry, (): &mut ()| {
        let place = input::place_of(path, &entry);
        let named = input::parse(&entry)?;
        let id = named.id.ok_or_else(|| Failure::usage(format!("{place}: has no id")))?;
        let prepared = comparison.matcher.prepare(&named.structure);
        let prepared = prepared.map_err(|e| Failure::work(&e).at(&place))?;
        Ok((id, named.structure, prepared, place))
    };
    in_order(entries(path)?, prepare, |result| {
        match result {
            Some(Ok((id, structure, prepared, place))) => match references.index.entry(id) {
                Entry::Vacant(slot) => {
                    slot.insert(references.all.len());
                    references.all.push((structure, prepared));
                }
                Entry::Occupied(slot) => {
                    let message = || format!("{place}: a second reference `{}`", slot.key());
                    duplicate.get_or_insert_with(message);
                }
            },
            Some(Err(failure)) => {
                references.failed += 1;
                say(&format!("error: {}", failure.into_message()));
            }
            None => {}
        }
        Ok(())
    })?;
    match duplicate {
        Some(message) => Err(Failure::usage(message)),
        None => Ok(references),
    }
}

/// What became of the candidates.
struct Counts {
    /// One for each reference, in their order.
    tallies: Vec<Tally>,
    candidates: u64,
    failed: u64,
    unknown: u64,
}

/// A candidate on its way back: where it belongs and what it came to.
struct Candidate {
    id: Option<String>,
    reference: Option<usize>,
    result: Result<Compared, String>,
}

fn score(
    path: &Path,
    comparison: &Comparison,
    references: &References,
    print_lines: bool,
) -> Result<Counts, Failure> {
    let tallies = references.all.iter().map(|_| Tally::default()).collect();
    let mut counts = Counts { tallies, candidates: 0, failed: 0, unknown: 0 };
    let compare = |entry: RawEntry, (): &mut ()| {
        let place = input::place_of(path, &entry);
        let parsed = input::parse(&entry);
        let id = parsed.as_ref().ok().and_then(|named| named.id.clone()).or_else(|| entry.id());
        let reference = id.as_ref().and_then(|id| references.index.get(id).copied());
        let result = parsed.and_then(|named| match (&id, reference) {
            (_, Some(n)) => {
                let (structure, prepared) = &references.all[n];
                let compared = comparison.compare_prepared(&named.structure, structure, prepared);
                compared.map_err(|e| e.at(&place))
            }
            (Some(id), None) => Err(Failure::usage(format!("{place}: no reference `{id}`"))),
            (None, None) => Err(Failure::usage(format!("{place}: has no id"))),
        });
        Ok(Candidate { id, reference, result: result.map_err(Failure::into_message) })
    };
    let mut out = stdout();
    in_order(entries(path)?, compare, |result| {
        let candidate = match result {
            Some(Ok(candidate)) => candidate,
            Some(Err(failure)) => {
                Candidate { id: None, reference: None, result: Err(failure.into_message()) }
            }
            None => return if print_lines { out.flush() } else { Ok(()) },
        };
        counts.candidates += 1;
        let known = candidate.reference.map(|n| &mut counts.tallies[n]);
        match (&candidate.result, &known) {
            (Err(_), None) if candidate.id.is_some() => counts.unknown += 1,
            (Err(_), _) => counts.failed += 1,
            (Ok(_), _) => {}
        }
        if let Some(tally) = known {
            tally.add(candidate.result.as_ref().ok());
        }
        if print_lines {
            writeln!(out, "{}", candidate.line(comparison))?;
        } else if let Err(message) = &candidate.result {
            say(&format!("error: {message}"));
        }
        Ok(())
    })?;
    out.flush()?;
    Ok(counts)
}

impl Candidate {
    fn line(&self, comparison: &Comparison) -> Value {
        let mut fields = Map::new();
        fields.insert("id".to_owned(), json!(self.id));
        match &self.result {
            Ok(compared) => fields.extend(comparison.fields(compared)),
            Err(message) => {
                fields.insert("error".to_owned(), json!(message));
            }
        }
        Value::Object(fields)
    }
}

impl Tally {
    /// Counts a candidate, one that failed too.
    fn add(&mut self, compared: Option<&Compared>) {
        let least = |x: Option<f64>, y: Option<f64>| match (x, y) {
            (Some(x), Some(y)) => Some(x.min(y)),
            (x, y) => x.or(y),
        };
        let rms = compared.and_then(|c| c.outcome.rms);
        self.first_matched |= self.candidates == 0 && rms.is_some();
        self.candidates += 1;
        self.rms = least(self.rms, rms);
        self.fit |= compared.is_some_and(|c| c.outcome.matched);
        let distance = compared.and_then(|c| c.distance).map(|d| d.distance);
        self.distance = least(self.distance, distance);
    }
}

/// The figures of a set of candidates.
struct Score {
    n_references: u64,
    n_references_failed: u64,
    n_candidates: u64,
    max_candidates: u64,
    n_missing: u64,
    n_failed: u64,
    n_unknown: u64,
    n_matched: u64,
    n_matched_first: u64,
    n_fit: u64,
    interval: (f64, f64),
    mean_rms: Option<f64>,
    mean_rms_with_failures: Option<f64>,
    n_distances: u64,
    mean_distance: Option<f64>,
}

fn mean(sum: f64, n: u64) -> Option<f64> {
    (n > 0).then(|| sum / n as f64)
}

impl Score {
    fn new(counts: &Counts, n_references_failed: u64, stol: f64) -> Result<Self, Failure> {
        let all = &counts.tallies;
        let count = |f: &dyn Fn(&Tally) -> bool| all.iter().filter(|r| f(r)).count() as u64;
        // In the order of the references, so that sums are the same for any number of threads.
        let sum = |f: &dyn Fn(&Tally) -> Option<f64>| all.iter().filter_map(f).sum::<f64>();
        let n_references = all.len() as u64 + n_references_failed;
        let n_matched = count(&|r| r.rms.is_some());
        let n_distances = count(&|r| r.distance.is_some());
        let rms = sum(&|r| r.rms);
        let interval = jeffreys_interval(n_matched, n_references, 0.95, EndRule::Plain);
        Ok(Self {
            n_references,
            n_references_failed,
            n_candidates: counts.candidates,
            max_candidates: all.iter().map(|r| r.candidates).max().unwrap_or(0),
            n_missing: count(&|r| r.candidates == 0),
            n_failed: counts.failed,
            n_unknown: counts.unknown,
            n_matched,
            n_matched_first: count(&|r| r.first_matched),
            n_fit: count(&|r| r.fit),
            interval: interval.map_err(|e| Failure::work(&e))?,
            mean_rms: mean(rms, n_matched),
            mean_rms_with_failures: mean(
                rms + (n_references - n_matched) as f64 * stol,
                n_references,
            ),
            n_distances,
            mean_distance: mean(sum(&|r| r.distance), n_distances),
        })
    }

    fn rate(&self, n: u64) -> Option<f64> {
        mean(n as f64, self.n_references)
    }

    fn fields(&self, with_distance: bool) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        put("n_references", json!(self.n_references));
        put("n_references_failed", json!(self.n_references_failed));
        put("n_candidates", json!(self.n_candidates));
        put("max_candidates_per_reference", json!(self.max_candidates));
        put("n_missing", json!(self.n_missing));
        put("n_failed", json!(self.n_failed));
        put("n_unknown_id", json!(self.n_unknown));
        put("n_matched", json!(self.n_matched));
        put("match_rate", json!(self.rate(self.n_matched)));
        put("match_rate_interval", json!([self.interval.0, self.interval.1]));
        put("n_matched_first", json!(self.n_matched_first));
        put("match_rate_first", json!(self.rate(self.n_matched_first)));
        put("n_fit", json!(self.n_fit));
        put("fit_rate", json!(self.rate(self.n_fit)));
        put("mean_rms", json!(self.mean_rms));
        put("mean_rms_with_failures", json!(self.mean_rms_with_failures));
        if with_distance {
            put("n_distances", json!(self.n_distances));
            put("mean_distance", json!(self.mean_distance));
        }
        fields
    }

    fn text(&self, args: &MatchArgs) -> String {
        let percent = |x: Option<f64>| x.map_or("-".to_owned(), |x| format!("{:.2} %", 100.0 * x));
        let number = |x: Option<f64>| x.map_or("-".to_owned(), |x| format!("{x:.6}"));
        let k = self.max_candidates;
        let mut rows: Vec<(String, String)> = Vec::new();
        let mut row = |name: &str, value: String| rows.push((name.to_owned(), value));
        row("references", format!("{}", self.n_references));
        row("  that could not be read", format!("{}", self.n_references_failed));
        row("  without a candidate", format!("{}", self.n_missing));
        row("candidates", format!("{} (at most {k} a reference)", self.n_candidates));
        row("  that failed", format!("{}", self.n_failed));
        row("  with an unknown id", format!("{}", self.n_unknown));
        row("references matched (an rms)", format!("{}", self.n_matched));
        let interval = format!(
            "{} (95 % interval {} to {})",
            percent(self.rate(self.n_matched)),
            percent(Some(self.interval.0)),
            percent(Some(self.interval.1))
        );
        row(&format!("match rate, any of {k}"), interval);
        row("match rate, first candidate", percent(self.rate(self.n_matched_first)));
        row("fit rate (largest distance too)", percent(self.rate(self.n_fit)));
        row("mean rms of the matched", number(self.mean_rms));
        let stol = args.stol;
        row(&format!("mean rms, others as {stol}"), number(self.mean_rms_with_failures));
        if args.distance {
            let value = format!("{} ({} references)", number(self.mean_distance), self.n_distances);
            row("mean distance, no tolerance", value);
        }
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in &mut rows {
            *name = format!("{name:<width$}  {value}");
        }
        rows.push((
            format!(
                "rests on: lengths within {}, angles within {}°, sites within {stol}; failures and missing candidates count as not matched",
                args.ltol, args.angle_tol
            ),
            String::new(),
        ));
        let mut text = rows.into_iter().map(|(line, _)| line).collect::<Vec<_>>().join("\n");
        text.push('\n');
        text
    }
}
