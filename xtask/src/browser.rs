//! The page of `braggscape report` in a real browser: small studies are run, reported, and their pages opened and checked by
//! `tests/browser/report.mjs` in a headless Chromium.

use crate::{Outcome, configs, process};
use anyhow::{Context as _, bail};
use std::env;
use std::fs;
use std::path::PathBuf;

/// Names under which a Chromium is found on the PATH.
const CHROMIUMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Runs the studies, makes the pages and checks them.
///
/// # Errors
/// If a program fails, a page is not as it should be, or there is no browser where one must be installed.
pub(crate) fn run() -> anyhow::Result<Outcome> {
    let tools = match tools()? {
        Ok(tools) => tools,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let folder = process::target_dir().join("browser");
    if folder.is_dir() {
        fs::remove_dir_all(&folder).context("cannot remove target/browser")?;
    }
    let screenshots = folder.join("screenshots");
    fs::create_dir_all(&screenshots).context("cannot create target/browser/screenshots")?;
    let program = configs::program()?;
    let of = |name: &str| folder.join(name);
    let inputs =
        [("run", "strain"), ("run", "coordinates"), ("landscape", "landscape"), ("run", "case")];
    for (command, name) in inputs {
        let config = format!("tests/browser/{name}.toml");
        let mut made = process::command(&program);
        process::run(made.args([command, &config, "--quiet", "--out"]).arg(of(name)))?;
    }
    // One study, and everything together.
    let pages =
        [("one", vec![of("strain")]), ("all", inputs.iter().map(|(_, name)| of(name)).collect())];
    let mut check = process::command(&tools.node);
    check.arg("tests/browser/report.mjs").arg(&tools.chromium).arg(&screenshots);
    for (i, (name, folders)) in pages.iter().enumerate() {
        let page = of(&format!("{name}.html"));
        process::run(
            process::command(&program).arg("report").args(folders).arg("--out").arg(&page),
        )?;
        if i > 0 {
            check.arg("--");
        }
        check.arg(&page).args(folders);
    }
    process::run(&mut check)?;
    let n = pages.len();
    Ok(Outcome::Passed(format!(
        "browser: {n} pages are drawn as their files say; see target/browser"
    )))
}

/// The programs that the check needs.
#[derive(Debug, PartialEq)]
struct Tools {
    chromium: PathBuf,
    node: PathBuf,
}

/// Finds the programs, or installs them; the reason if neither can be done and neither must be.
fn tools() -> anyhow::Result<Result<Tools, String>> {
    let named = env::var_os("BRAGGSCAPE_CHROMIUM").map(PathBuf::from);
    if let Some(path) = named.as_ref().filter(|path| !path.is_file()) {
        bail!("BRAGGSCAPE_CHROMIUM is {}, which is no file", path.display());
    }
    let find = || {
        let chromium = named.clone().or_else(|| CHROMIUMS.iter().find_map(|name| on_path(name)));
        (chromium, on_path("node"))
    };
    let (chromium, node) = match find() {
        (Some(chromium), Some(node)) => return Ok(Ok(Tools { chromium, node })),
        found => found,
    };
    let missing: Vec<&str> = [(chromium.is_none(), "chromium"), (node.is_none(), "nodejs")]
        .into_iter()
        .filter_map(|(is_missing, package)| is_missing.then_some(package))
        .collect();
    if !(is_root() && on_path("apt-get").is_some()) {
        return Ok(Err(format!(
            "{} not found, and apt-get cannot install it here",
            missing.join(", ")
        )));
    }
    let installed = install(&missing);
    match (find(), installed) {
        ((Some(chromium), Some(node)), _) => Ok(Ok(Tools { chromium, node })),
        (_, Err(error)) if !must_run() => {
            Ok(Err(format!("{} cannot be installed: {error:#}", missing.join(", "))))
        }
        (_, Err(error)) => Err(error),
        _ => bail!("{} was installed and is not on the PATH", missing.join(", ")),
    }
}

/// On a machine of CI a step that could have installed what it needs must not be skipped.
fn must_run() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    let apt = || {
        let mut command = process::command("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::run(apt().args(["update", "--quiet"]))?;
    process::run(
        apt().args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages),
    )
}

fn is_root() -> bool {
    process::read(process::command("id").arg("-u")).is_ok_and(|out| out.trim_ascii() == b"0")
}

/// A program on the PATH.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_on_the_path() {
        assert!(on_path("sh").is_some_and(|path| path.is_file()));
        assert_eq!(on_path("no-such-program-here"), None);
    }
}
