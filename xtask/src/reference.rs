//! The reference page of all components, written from what the program itself lists.

use crate::{Outcome, configs, process};
use anyhow::{Context as _, bail};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;

/// The page, from the root.
const PAGE: &str = "docs/src/reference.md";

/// Seams in the order of the page: what the program calls them, and a heading.
const SEAMS: &[(&str, &str)] = &[
    ("loss", "Losses"),
    ("optimizer", "Optimizers"),
    ("projector", "Projectors"),
    ("noise", "Noise models"),
    ("forward", "Forward models"),
    ("strategy", "Strategies"),
    ("potential", "Potentials"),
    ("metric", "Metrics"),
];

/// Writes the page, or compares it with what it should be.
///
/// # Errors
/// If the program cannot be built or run, or the page differs (`check`).
pub(crate) fn run(check: bool) -> anyhow::Result<Outcome> {
    let mut list = process::command(configs::program()?);
    let listed = process::read(list.args(["list", "--format", "json"]))?;
    let rows: Vec<Value> =
        serde_json::from_slice(&listed).context("`braggscape list` printed no JSON")?;
    let text = page(&rows);
    let path = process::root().join(PAGE);
    let n = rows.len();
    if !check {
        let partial = path.with_extension("md.tmp");
        fs::write(&partial, text).with_context(|| format!("cannot write {}", partial.display()))?;
        fs::rename(&partial, &path).with_context(|| format!("cannot write {PAGE}"))?;
        return Ok(Outcome::Passed(format!("{PAGE}: {n} components")));
    }
    let found = fs::read_to_string(&path).with_context(|| format!("cannot read {PAGE}"))?;
    match first_difference(&found, &text) {
        None => Ok(Outcome::Passed(format!("reference: {n} components, up to date"))),
        Some(line) => {
            bail!("{PAGE}:{line} is not what `braggscape list` says; run `cargo xtask reference`")
        }
    }
}

/// The first line, from 1, in which two texts differ.
fn first_difference(a: &str, b: &str) -> Option<usize> {
    if a == b {
        return None;
    }
    let same = a.lines().zip(b.lines()).take_while(|(x, y)| x == y).count();
    Some(same + 1)
}

fn page(rows: &[Value]) -> String {
    let mut out = String::from(
        "# Components\n\n\
         Every name that a study or a command can give, with its options and their defaults: what `braggscape list` prints. Written by\n\
         `cargo xtask reference`. Formulae, ranges, gradients and sources are in the documentation of the types (`cargo doc --open`).\n",
    );
    for (kind, heading) in SEAMS {
        let own: Vec<&Value> = rows.iter().filter(|row| row["kind"] == *kind).collect();
        if own.is_empty() {
            continue;
        }
        let _ = write!(
            out,
            "\n## {heading}\n\n| name | what it is | options and defaults |\n|---|---|---|\n"
        );
        for row in own {
            let text = |key: &str| cell(row[key].as_str().unwrap_or(""));
            let options = row["options"].as_array().into_iter().flatten();
            let options: Vec<String> = options
                .map(|o| {
                    format!(
                        "`{} = {}`",
                        o["name"].as_str().unwrap_or(""),
                        cell(&o["default"].to_string())
                    )
                })
                .collect();
            let _ = writeln!(
                out,
                "| `{}` | {} | {} |",
                text("name"),
                text("summary"),
                options.join(", ")
            );
        }
    }
    out
}

/// Text that does not end the cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_component_is_a_row_of_its_seam() {
        let rows = [
            json!({"kind": "noise", "name": "strain", "summary": "s", "options": [{"name": "sigma", "default": 0.05}]}),
            json!({"kind": "loss", "name": "cosine", "summary": "-f.g/(|f| |g|)", "options": []}),
        ];
        let text = page(&rows);
        assert!(text.contains("| `cosine` | -f.g/(\\|f\\| \\|g\\|) |  |\n"), "{text}");
        assert!(text.contains("| `strain` | s | `sigma = 0.05` |\n"), "{text}");
        assert!(text.find("## Losses") < text.find("## Noise models"), "{text}");
        assert!(!text.contains("## Metrics"));
    }

    #[test]
    fn a_page_that_is_behind_is_told_by_its_line() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
    }
}
