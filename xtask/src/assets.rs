//! Model weights for the tests and timings that need them: runs `braggscape assets fetch`.

use crate::{Outcome, configs, process};

/// All weights.
const NAMES: [&str; 2] = ["chgnet-0.3.0", "chgnet-r2scan"];

/// Installs all model weights in the user's data folder, or the one that `BRAGGSCAPE_DATA` names.
///
/// # Errors
/// If the program cannot be built, or weights cannot be downloaded or are not those that were published.
pub(crate) fn run() -> anyhow::Result<Outcome> {
    let program = configs::program()?;
    process::run(process::command(program).args(["assets", "fetch"]).args(NAMES))?;
    Ok(Outcome::Passed(format!("assets: {} are installed", NAMES.join(", "))))
}
