//! The `braggscape` program.

use braggscape_plugin::Registry;
use std::process::ExitCode;

fn main() -> ExitCode {
    braggscape_cli::main_with(Registry::builtin())
}
