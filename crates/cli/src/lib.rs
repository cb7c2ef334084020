//! The `braggscape` program as a library: [`main_with`] gives an outside crate the whole program with its plugins in it.

mod args;
mod commands;
mod failure;
mod input;
mod output;
mod pairs;
mod preset;

use args::{Cli, Command};
use braggscape_plugin::Registry;
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

/// Runs the program on the process's arguments with the components of `registry`.
///
/// Exit code 0: everything succeeded; 1: some work failed; 2: bad usage, or input that cannot be read at all.
#[expect(clippy::needless_pass_by_value, reason = "a caller builds it in place")]
pub fn main_with(registry: Registry) -> ExitCode {
    let cli = Cli::parse();
    match dispatch(&cli, &registry) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn dispatch(cli: &Cli, registry: &Registry) -> Result<ExitCode, Failure> {
    registry.check().map_err(|e| Failure::bad_input(&e))?;
    let shared = &cli.shared;
    if let Some(jobs) = shared.jobs {
        // Only the first pool of a process counts, and this is the first.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global();
    }
    match &cli.command {
        Command::Run(a) => commands::run::run(a, shared, registry),
        Command::Check(a) => commands::check::run(a, shared, registry),
        Command::Structures(a) => commands::structures::run(a, shared),
        Command::Simulate(a) => commands::simulate::run(a, shared),
        Command::Evaluate(a) => commands::evaluate::run(a, shared, registry),
        Command::Compare(a) => commands::compare::run(a, shared, registry),
        Command::Match(a) => commands::matching::run(a, shared),
        Command::Perturb(a) => commands::perturb::run(a, shared),
        Command::Info(a) => commands::info::run(a, shared),
        Command::List(a) => commands::list::run(a, shared, registry),
        Command::Report(a) => commands::report::run(a, shared),
        Command::Refine(a) => commands::refine::run(a, shared, registry),
        Command::Amd(a) => commands::amd::run(a, shared),
        Command::Energy(a) => commands::energy::run(a, shared, registry),
        Command::Assets(a) => commands::assets::run(a, shared),
        Command::Landscape(a) => commands::landscape::run(a, shared, registry),
    }
}
