//! Our times beside those of other people's programs, on this machine, one after the other, one thread each.
//!
//! Our side is the program `peer-timings` of the package `benches`, the others are the scripts of `tests/peers`. A ratio is
//! printed only of results that agree. Our times are those of the clock, the others' processor time: a busy machine makes the
//! ratios smaller, not larger.

mod agreement;
mod amd;
mod data;
mod matcher;
mod show;
mod table;

use crate::{Outcome, process, python};
use anyhow::Context as _;
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
}

/// Measures both sides, checks that they agree, prints the table and writes `target/bench-peers.json`.
///
/// # Errors
/// If a side cannot be built, installed or run, or the results of the two disagree.
pub(crate) fn run(options: &Options) -> anyhow::Result<Outcome> {
    let root = process::root();
    let peers = root.join("tests/peers");
    let folder = process::target_dir().join("bench-peers");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // Everything is installed and built before anything is timed.
    let torch = python::environment(&peers.join("structsnap/requirements.txt"))?;
    let pymatgen = python::environment(&peers.join("peak_lists/requirements.txt"))?;
    let package = ["--release", "--locked", "--package", "braggscape-benches"];
    process::run(process::cargo().arg("build").args(package))?;

    let cases = folder.join("cases.json");
    let mut ours = process::cargo();
    ours.args(["run", "--quiet"]).args(package).args(["--bin", "peer-timings", "--"]);
    ours.arg("--cases").arg(&cases).args(options.quick.then_some("--quick"));
    println!("$ {}", process::shown(&ours));
    let ours: Ours = serde_json::from_slice(&process::read(&mut ours)?)
        .context("cannot understand the output of peer-timings")?;

    let runs = ["--runs", if options.quick { "3" } else { "11" }];
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
    let fixture = root.join("tests/fixtures/peaks.json.gz");
    let mut script = self::script(&pymatgen, &peers.join("peak_lists/script.py"));
    script.arg("--fixture").arg(&fixture).arg("--out").arg(&out);
    process::run(script.args(runs))?;
    let lists: PeerLists = read(&out)?;

    let report = table::Report::new(&ours, [&plain, &kept], &lists, machine(), options.quick)?;
    let json = process::target_dir().join("bench-peers.json");
    fs::write(&json, serde_json::to_string_pretty(&report)? + "\n")
        .with_context(|| format!("cannot write {}", json.display()))?;
    println!("\n{report}");
    println!("{}", amd::run(&peers, &folder, options.quick)?);
    println!("{}", matcher::run(&peers, &folder, options.quick)?);
    Ok(Outcome::Passed(format!(
        "bench-peers: results agree; the table is in {} too",
        json.strip_prefix(&root).unwrap_or(&json).display()
    )))
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
    fn scripts_get_one_thread() {
        let command = script(Path::new("python"), Path::new("script.py"));
        let threads = command.get_envs().filter(|(_, value)| *value == Some("1".as_ref()));
        assert_eq!(threads.count(), 4);
    }
}
