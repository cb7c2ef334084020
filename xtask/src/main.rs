//! Developer automation: everything CI runs, and the makers of committed fixtures and figures.
//!
//! One module per command. The checks (`graph`, `tidy`, `licences`) are pure functions over data that a thin loader
//! reads, so that their tests can show each of them failing on a synthetic workspace.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

mod advisories;
mod assets;
mod bench_peers;
mod browser;
mod ci;
mod configs;
mod figures;
mod graph;
mod licences;
mod metadata;
mod new_plugin;
mod oracles;
mod parquet;
mod process;
mod python;
mod reference;
mod requirements;
mod spdx;
mod tidy;

use anyhow::{Context as _, bail};
use pico_args::Arguments;
use std::process::ExitCode;

const HELP: &str = "\
Developer automation of Braggscape.

Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  ci [--skip STEP,...] [--only STEP,...]   everything CI runs, with a table of wall times at the end
                                           steps: fmt, graph, tidy, licences, advisories, clippy, tests, doc, configs,
                                           browser, reference, parquet, plugins
  graph                                    direction of the dependencies between our crates
  tidy                                     file docs, file lengths, unfinished work, stray prints, white space, fixtures
  licences                                 licences, sources and duplicate versions of every dependency (deny.toml)
  advisories                               security advisories, where their database can be reached
  assets                                   install all model weights (`braggscape assets fetch`; needs the network)
  configs                                  `braggscape check` on every configs/*.toml
  browser                                  pages of `braggscape report` in a headless Chromium (installs it on Debian as root)
  new-plugin SEAM NAME [--path DIR]        scaffold a crate that adds a component, in plugins/ unless --path says where;
                                           SEAM: loss, optimizer, projector, noise; NAME with a dot: acme.huber-q
  oracles [NAME...] [--check] [--shared DIR]
                                           write tests/fixtures from tests/oracles/NAME/script.py (needs python3);
                                           --check compares with the committed files and writes nothing
  parquet                                  records of a small study, read by polars and DuckDB (needs python3)
  reference [--check]                      write docs/src/reference.md from what `braggscape list` prints
  bench-peers [--quick] [--only PART,...]  our times beside those of other people's programs, one thread each; parts are
                                           kernels (PyTorch, pymatgen, XRD-Rust), amd, matcher, chgnet
                                           (needs python3, and the network once: PyTorch is a large download)
  figures [NAME...]                        draw docs/figures/NAME.svg and .png: quickstart, cost-growth, landscape; and
                                           study, the whole study in runs/ (an hour; goes on with what is there)

Exit code: 0 all is well, 1 a check failed, 2 wrong usage.
Example: cargo xtask ci --only fmt,graph,tidy
";

/// What a check or step that did not fail has to say.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It ran and found nothing wrong; the text tells how much was looked at.
    Passed(String),
    /// It could not run, which is not a failure; the text tells why.
    Skipped(String),
}

fn main() -> ExitCode {
    let mut args = Arguments::from_env();
    if args.contains(["-h", "--help"]) {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let command = match parse(args) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error:#}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match run(&command) {
        Ok(Outcome::Passed(note)) => println!("{note}"),
        Ok(Outcome::Skipped(reason)) => println!("skipped: {reason}"),
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// A parsed command line.
#[derive(Debug, PartialEq)]
enum Command {
    Ci(ci::Selection),
    Graph,
    Tidy,
    Licences,
    Advisories,
    Assets,
    Configs,
    Browser,
    Parquet,
    Reference { check: bool },
    NewPlugin(new_plugin::Options),
    Oracles(oracles::Options),
    BenchPeers(bench_peers::Options),
    Figures(Vec<String>),
}

/// Reads the command line; whatever is left over is an error.
fn parse(mut args: Arguments) -> anyhow::Result<Command> {
    let name = args.subcommand()?.context("no command given")?;
    let command = match name.as_str() {
        "ci" => {
            let skip: Option<String> = args.opt_value_from_str("--skip")?;
            let only: Option<String> = args.opt_value_from_str("--only")?;
            Command::Ci(ci::Selection::new(skip.as_deref(), only.as_deref())?)
        }
        "graph" => Command::Graph,
        "tidy" => Command::Tidy,
        "licences" => Command::Licences,
        "advisories" => Command::Advisories,
        "assets" => Command::Assets,
        "configs" => Command::Configs,
        "browser" => Command::Browser,
        "parquet" => Command::Parquet,
        "reference" => Command::Reference { check: args.contains("--check") },
        "new-plugin" => {
            let path: Option<std::path::PathBuf> = args.opt_value_from_str("--path")?;
            let mut words = words(&mut args)?.into_iter();
            let (Some(seam), Some(kind), None) = (words.next(), words.next(), words.next()) else {
                bail!("`new-plugin` takes a seam and a name, such as `loss acme.huber-q`");
            };
            Command::NewPlugin(new_plugin::Options { seam, kind, path })
        }
        "oracles" => {
            let check = args.contains("--check");
            let shared: Option<std::path::PathBuf> = args.opt_value_from_str("--shared")?;
            Command::Oracles(oracles::Options { names: words(&mut args)?, check, shared })
        }
        "bench-peers" => {
            let only: Option<String> = args.opt_value_from_str("--only")?;
            let quick = args.contains("--quick");
            Command::BenchPeers(bench_peers::Options::new(quick, only.as_deref())?)
        }
        "figures" => Command::Figures(words(&mut args)?),
        other => bail!("unknown command `{other}`"),
    };
    let rest = args.finish();
    if !rest.is_empty() {
        bail!("`{name}` does not take {rest:?}");
    }
    Ok(command)
}

/// The words that follow, up to an option.
fn words(args: &mut Arguments) -> anyhow::Result<Vec<String>> {
    let mut words = Vec::new();
    while let Some(word) = args.subcommand()? {
        words.push(word);
    }
    Ok(words)
}

fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Ci(selection) => ci::run(selection),
        Command::Graph => graph::run(),
        Command::Tidy => tidy::run(),
        Command::Licences => licences::run(),
        Command::Advisories => advisories::run(),
        Command::Assets => assets::run(),
        Command::Configs => configs::run(),
        Command::Browser => browser::run(),
        Command::Parquet => parquet::run(),
        Command::Reference { check } => reference::run(*check),
        Command::NewPlugin(options) => new_plugin::run(options),
        Command::Oracles(options) => oracles::run(options),
        Command::BenchPeers(options) => bench_peers::run(options),
        Command::Figures(names) => figures::run(names),
    }
}

/// Turns a list of problems into one error that shows them all.
pub(crate) fn no_problems(problems: &[String], passed: String) -> anyhow::Result<Outcome> {
    if problems.is_empty() {
        return Ok(Outcome::Passed(passed));
    }
    let plural = if problems.len() == 1 { "problem" } else { "problems" };
    bail!("{} {plural}:\n  {}", problems.len(), problems.join("\n  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> anyhow::Result<Command> {
        parse(Arguments::from_vec(words.iter().map(Into::into).collect()))
    }

    #[test]
    fn commands_parse() {
        assert_eq!(parse_words(&["tidy"]).unwrap(), Command::Tidy);
        let Command::Oracles(options) = parse_words(&["oracles", "a", "--check", "b"]).unwrap()
        else {
            panic!("not the oracles command");
        };
        assert_eq!((options.names, options.check), (vec!["a".to_owned(), "b".to_owned()], true));
        let quick = bench_peers::Options::new(true, None).unwrap();
        assert_eq!(parse_words(&["bench-peers", "--quick"]).unwrap(), Command::BenchPeers(quick));
        let figures = parse_words(&["figures", "quickstart"]).unwrap();
        assert_eq!(figures, Command::Figures(vec!["quickstart".to_owned()]));
    }

    #[test]
    fn wrong_usage_is_refused() {
        for (words, expected) in [
            (&[][..], "no command"),
            (&["tidyy"], "tidyy"),
            (&["tidy", "--fast"], "--fast"),
            (&["ci", "--only", "fmt,tst"], "tst"),
            (&["ci", "--skip"], "--skip"),
            (&["new-plugin", "loss"], "a seam and a name"),
        ] {
            let error = format!("{:#}", parse_words(words).unwrap_err());
            assert!(error.contains(expected), "{words:?} gave `{error}`");
        }
    }
}
