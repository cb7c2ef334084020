//! Our times beside those of other people's programs, on this machine, one after the other, one thread each.
//!
//! Our side is the program `peer-timings` of the package `benches`, the others are the scripts of `tests/peers`. A ratio is
//! printed only of results that agree. Our times are those of the clock, the others' processor time: a busy machine makes the
//! ratios smaller, not larger.

mod agreement;
mod amd;
mod chgnet;
mod data;
mod matcher;
mod show;
mod table;

use crate::{Outcome, process, python};
use anyhow::{Context as _, bail};
use data::{Dense, Ours, PeerLists};
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;
use std::process::Command;

/// How to measure.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// Fewer repetitions.
    pub quick: bool,
    /// What is measured.
    pub parts: Vec<Part>,
}

/// A table of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Losses with gradients and peak lists, beside PyTorch, pymatgen and XRD-Rust.
    Kernels,
    /// AMD and the earth mover's distance, beside average-minimum-distance.
    Amd,
    /// The structure matcher, beside pymatgen's.
    Matcher,
    /// CHGNet, beside the Python package.
    Chgnet,
}

impl Part {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Kernels, Self::Amd, Self::Matcher, Self::Chgnet];

    const fn name(self) -> &'static str {
        match self {
            Self::Kernels => "kernels",
            Self::Amd => "amd",
            Self::Matcher => "matcher",
            Self::Chgnet => "chgnet",
        }
    }
}

impl Options {
    /// From the list of `--only`; all parts if there is none.
    ///
    /// # Errors
    /// If a name is none of a part.
    pub(crate) fn new(quick: bool, only: Option<&str>) -> anyhow::Result<Self> {
        let Some(only) = only else { return Ok(Self { quick, parts: Part::ALL.to_vec() }) };
        let wanted: Vec<&str> = only.split(',').map(str::trim).collect();
        if let Some(word) = wanted.iter().find(|word| Part::ALL.iter().all(|p| p.name() != **word))
        {
            bail!(
                "`{word}` is no part of bench-peers, expected {}",
                Part::ALL.map(Part::name).join(", ")
            );
        }
        let parts = Part::ALL.into_iter().filter(|part| wanted.contains(&part.name()));
        Ok(Self { quick, parts: parts.collect() })
    }
}

/// Measures both sides, checks that they agree, prints the tables and writes them to `target/bench-peers*.json`.
///
/// # Errors
/// If a side cannot be built, installed or run, or the results of the two disagree.
pub(crate) fn run(options: &Options) -> anyhow::Result<Outcome> {
    let root = process::root();
    let peers = root.join("tests/peers");
    let folder = process::target_dir().join("bench-peers");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for part in &options.parts {
        match part {
            Part::Kernels => println!("\n{}", kernels(&peers, &folder, options.quick)?),
            Part::Amd => println!("\n{}", amd::run(&peers, &folder, options.quick)?),
            Part::Chgnet => println!("\n{}", chgnet::run(&peers, &folder, options.quick)?),
            Part::Matcher => println!("\n{}", matcher::run(&peers, &folder, options.quick)?),
        }
    }
    let json = process::target_dir();
    Ok(Outcome::Passed(format!(
        "bench-peers: results agree; the tables are in {} too",
        json.strip_prefix(&root).unwrap_or(&json).join("bench-peers*.json").display()
    )))
}

/// Losses with their gradients, and peak lists.
fn kernels(peers: &Path, folder: &Path, quick: bool) -> anyhow::Result<table::Report> {
    // Everything is installed and built before anything is timed.
    let torch = python::environment(&peers.join("structsnap/requirements.txt"))?;
    let pymatgen = python::environment(&peers.join("peak_lists/requirements.txt"))?;
    let package = ["--release", "--locked", "--package", "braggscape-benches"];
    process::run(process::cargo().arg("build").args(package))?;

    let cases = folder.join("cases.json");
    let mut ours = process::cargo();
    ours.args(["run", "--quiet"]).args(package).args(["--bin", "peer-timings", "--"]);
    ours.arg("--cases").arg(&cases).args(quick.then_some("--quick"));
    println!("$ {}", process::shown(&ours));
    let ours: Ours = serde_json::from_slice(&process::read(&mut ours)?)
        .context("cannot understand the output of peer-timings")?;

    let runs = ["--runs", if quick { "3" } else { "11" }];
    let dense = |name: &str, settings: &[(&str, &str)]| -> anyhow::Result<Dense> {
        let out = folder.join(name);
        let mut script = script(&torch, &peers.join("structsnap/script.py"));
        script.envs(settings.iter().copied()).arg("--cases").arg(&cases).arg("--out").arg(&out);
        process::run(script.args(runs))?;
        read(&out)
    };
    let plain = dense("structsnap.json", &[])?;
    println!("the same with an allocator that keeps its memory");
    let kept = dense("structsnap-kept.json", KEEP_MEMORY)?;

    let out = folder.join("peak_lists.json");
    let fixture = process::root().join("tests/fixtures/peaks.json.gz");
    let mut script = self::script(&pymatgen, &peers.join("peak_lists/script.py"));
    script.arg("--fixture").arg(&fixture).arg("--out").arg(&out);
    process::run(script.args(runs))?;
    let lists: PeerLists = read(&out)?;

    let report = table::Report::new(&ours, [&plain, &kept], &lists, machine(), quick)?;
    let json = process::target_dir().join("bench-peers.json");
    fs::write(&json, serde_json::to_string_pretty(&report)? + "\n")
        .with_context(|| format!("cannot write {}", json.display()))?;
    Ok(report)
}

/// Has the C library of Linux keep the memory that a program frees, and not return it to the system. PyTorch takes fresh memory for every
/// large tensor, and spends more than half of its time on having it cleared; who knows this sets these. Elsewhere nothing reads them.
const KEEP_MEMORY: &[(&str, &str)] =
    &[("MALLOC_MMAP_MAX_", "0"), ("MALLOC_TRIM_THRESHOLD_", "17179869184")];

/// A script on one thread, with the kernels that its libraries choose by themselves: some machines force those of an older
/// processor on OpenBLAS.
fn script(python: &Path, script: &Path) -> Command {
    let mut command = process::command(python);
    command.arg(script);
    for threads in
        ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"]
    {
        command.env(threads, "1");
    }
    command.env_remove("OPENBLAS_CORETYPE").env_remove("OPENBLAS_L2_SIZE");
    command
}

fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("cannot understand {}", path.display()))
}

/// The processor, as far as the system tells.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    model_name(&info).unwrap_or("unknown processor").to_owned()
}

fn model_name(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named() {
        let info = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nmodel name\t: Other\n";
        assert_eq!(model_name(info), Some("Some CPU @ 2 GHz"));
        assert_eq!(model_name(""), None);
    }

    #[test]
    fn parts_are_chosen_by_name() {
        let parts = |only| Options::new(true, only).map(|options| options.parts);
        assert_eq!(parts(None).unwrap(), Part::ALL);
        assert_eq!(parts(Some("matcher, amd")).unwrap(), [Part::Amd, Part::Matcher]);
        let e = parts(Some("amd,kernel")).unwrap_err().to_string();
        assert!(
            e.contains("`kernel` is no part") && e.contains("kernels, amd, matcher, chgnet"),
            "{e}"
        );
    }

    #[test]
    fn scripts_get_one_thread() {
        let command = script(Path::new("python"), Path::new("script.py"));
        let threads = command.get_envs().filter(|(_, value)| *value == Some("1".as_ref()));
        assert_eq!(threads.count(), 4);
    }
}
