//! Which folders may stand in one report, and the records of several studies as those of one.

use super::fault::FolderFault;
use super::folder::{Folder, Kind};
use crate::ReportError;
use braggscape_record::Record;
use std::collections::{BTreeMap, BTreeSet};

/// Keys of a configuration that do not change what an arm is, so that studies which differ in them alone are pooled.
const NOT_THE_ARM: [&str; 6] =
    ["title", "seed", "structures", "replicates", "report_losses", "report_metrics"];

/// Checks that no study stands twice in a report, and that one kernel level computed all.
///
/// # Errors
/// [`ReportError::Folder`], naming both folders.
pub(super) fn check(folders: &[Folder]) -> Result<(), ReportError> {
    for (i, folder) in folders.iter().enumerate() {
        let fault =
            |fault| ReportError::Folder { path: folder.dir.clone(), fault: Box::new(fault) };
        for other in &folders[..i] {
            let same_place = match (folder.dir.canonicalize(), other.dir.canonicalize()) {
                (Ok(a), Ok(b)) => a == b,
                _ => folder.dir == other.dir,
            };
            let hash = |f: &Folder| f.entry("config_hash").map(str::to_owned);
            if same_place || (hash(folder).is_some() && hash(folder) == hash(other)) {
                return Err(fault(FolderFault::Twice { other: other.dir.clone() }));
            }
            if let (Some(kernel), Some(other_kernel)) =
                (folder.entry("kernel"), other.entry("kernel"))
                && kernel != other_kernel
            {
                return Err(fault(FolderFault::MixedKernels {
                    kernel: kernel.to_owned(),
                    other: other.dir.clone(),
                    other_kernel: other_kernel.to_owned(),
                }));
            }
        }
    }
    Ok(())
}

/// One name a study: titles, with the name of the folder where titles are equal, and a number where that is not enough.
pub(super) fn labels(folders: &[Folder]) -> Vec<String> {
    let titles: Vec<String> = folders.iter().map(Folder::title).collect();
    let unique = |names: &[String], name: &str| names.iter().filter(|n| *n == name).count() == 1;
    let named: Vec<String> = folders
        .iter()
        .zip(&titles)
        .map(|(f, t)| if unique(&titles, t) { t.clone() } else { format!("{t} [{}]", f.name) })
        .collect();
    let numbered = named.iter().enumerate();
    numbered
        .map(|(i, n)| if unique(&named, n) { n.clone() } else { format!("{n} {}", i + 1) })
        .collect()
}

/// The records of all studies, numbered one after the other.
///
/// Arms of one name that are set up differently in two studies with the same noise (another optimizer, budget, forward model,
/// tolerance of the matcher) get the label of their study, so that nothing is pooled which differs in more than structures,
/// levels, replicates and seed.
pub(super) fn records(folders: &[Folder], labels: &[String]) -> Vec<Record> {
    let mut setups: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    let studies = || {
        folders.iter().zip(labels).filter_map(|(f, label)| match &f.kind {
            Kind::Study { records, .. } => Some((f, label, records)),
            _ => None,
        })
    };
    for (folder, _, records) in studies() {
        let config = folder.config.as_ref().and_then(|c| c.parse::<toml::Table>().ok());
        let mut known: BTreeMap<(&str, &str), String> = BTreeMap::new();
        for r in records {
            let key = (r.noise_kind.as_str(), r.arm.as_str());
            known.entry(key).or_insert_with(|| setup(config.as_ref(), r));
        }
        for (key, setup) in &known {
            setups.entry(*key).or_default().insert(setup.clone());
        }
    }
    let mut merged: Vec<Record> = Vec::new();
    for (_, label, records) in studies() {
        let first = merged.len() as u64;
        for (i, r) in records.iter().enumerate() {
            let ambiguous = setups
                .get(&(r.noise_kind.as_str(), r.arm.as_str()))
                .is_some_and(|different| different.len() > 1);
            let arm = if ambiguous { format!("{} ({label})", r.arm) } else { r.arm.clone() };
            merged.push(Record { task_index: first + i as u64, arm, ..r.clone() });
        }
    }
    merged
}

/// Everything that makes an arm what it is, as text.
fn setup(config: Option<&toml::Table>, record: &Record) -> String {
    let kinds = [&record.loss, &record.projector, &record.optimizer, &record.strategy];
    let mut text = kinds.map(String::as_str).join("\n");
    let Some(config) = config else { return text };
    let mut config = config.clone();
    for key in NOT_THE_ARM {
        config.remove(key);
    }
    if let Some(noise) = config.get_mut("noise").and_then(toml::Value::as_table_mut) {
        noise.remove("levels");
    }
    let arms = config.remove("arm");
    let arms = arms.as_ref().and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = |a: &&toml::Value| a.get("name").and_then(toml::Value::as_str) == Some(&record.arm);
    for part in [Some(&toml::Value::Table(config)), arms.iter().find(named)].into_iter().flatten() {
        text.push('\n');
        text.push_str(&part.to_string());
    }
    text
}
