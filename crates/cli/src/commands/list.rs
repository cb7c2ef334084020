//! `braggscape list`.

use crate::args::{ListArgs, Listed, OutputFormat, Shared};
use crate::failure::Failure;
use crate::output::{choose, print, print_json, print_json_lines};
use braggscape_plugin::{Family, Registry};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;

pub(crate) fn run(
    args: &ListArgs,
    shared: &Shared,
    registry: &Registry,
) -> Result<ExitCode, Failure> {
    let formats = [OutputFormat::Text, OutputFormat::Json, OutputFormat::Jsonl];
    let format = choose(shared, "list", &formats)?;
    let mut rows = Vec::new();
    let wants = |l: Listed| args.what.is_none_or(|w| w == l);
    let mut add = |l: Listed, found: Vec<Value>| {
        if wants(l) {
            rows.extend(found);
        }
    };
    add(Listed::Losses, family(registry.losses()));
    add(Listed::Optimizers, family(registry.optimizers()));
    add(Listed::Projectors, family(registry.projectors()));
    add(Listed::Noise, family(registry.noise()));
    add(Listed::Forward, family(registry.forward()));
    add(Listed::Strategies, family(registry.strategies()));
    add(Listed::Potentials, family(registry.potentials()));
    add(Listed::Metrics, family(registry.metrics()));
    match format {
        OutputFormat::Json => print_json(&Value::Array(rows))?,
        OutputFormat::Jsonl => print_json_lines(&rows)?,
        _ => print(&rows.iter().map(text).collect::<String>())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn family<T>(family: &Family<T>) -> Vec<Value> {
    family
        .entries()
        .map(|(name, entry)| {
            json!({
                "kind": family.seam(), "name": name, "summary": entry.summary(),
                "options": entry.options(), "example": entry.example(),
            })
        })
        .collect()
}

fn text(row: &Value) -> String {
    let word = |v: &Value| v.as_str().unwrap_or("").to_owned();
    let (kind, name) = (word(&row["kind"]), word(&row["name"]));
    let mut text = format!("{kind} {name}\n");
    let summary = word(&row["summary"]);
    if !summary.is_empty() {
        let _ = writeln!(text, "  {summary}");
    }
    for option in row["options"].as_array().into_iter().flatten() {
        let _ = writeln!(
            text,
            "  {:<18} {:<8} default {}",
            word(&option["name"]),
            word(&option["type"]),
            option["default"]
        );
    }
    let _ = writeln!(text, "  example: {kind} = {}", inline(&name, &word(&row["example"])));
    text
}

/// A component as it is written in one line of a configuration: `"name"` or `{ kind = "name", ... }`.
fn inline(name: &str, example: &str) -> String {
    let mut table = toml::Table::new();
    table.insert("kind".to_owned(), toml::Value::from(name));
    // Every example parses; the registry's tests see to that.
    table.extend(example.parse::<toml::Table>().unwrap_or_default());
    if table.len() == 1 { format!("\"{name}\"") } else { toml::Value::Table(table).to_string() }
}
