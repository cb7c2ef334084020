//! Where the numbers of a folder come from.

use super::escape::html;
use super::folder::{Folder, Kind};
use super::page::Page;
use super::table::{Cell, Heading, details, table};
use serde_json::Value;

/// What the fields of a manifest are called.
const NAMES: [(&str, &str); 9] = [
    ("title", "title"),
    ("kind", "kind"),
    ("version", "version of braggscape"),
    ("config_hash", "hash of the configuration (SHA-256)"),
    ("seed", "seed"),
    ("n_tasks", "tasks"),
    ("kernel", "kernel"),
    ("generator", "generator of random numbers"),
    ("host", "host"),
];

/// Adds the provenance of a folder: its manifest and its resolved configuration.
pub(super) fn add(page: &mut Page, folder: &Folder) {
    let kind = match &folder.kind {
        Kind::Study { .. } => "study",
        Kind::Landscape { .. } => "landscape",
        Kind::Figures => "figures and tables",
    };
    let mut rows = vec![
        vec![Cell::heading("folder"), Cell::word(&folder.name)],
        vec![Cell::heading("holds"), Cell::word(kind)],
    ];
    let known =
        NAMES.iter().filter_map(|(name, shown)| Some((*shown, folder.manifest.get(*name)?)));
    let others = folder.manifest.iter().filter(|(name, _)| NAMES.iter().all(|(n, _)| n != name));
    for (shown, value) in known.chain(others.map(|(name, value)| (name.as_str(), value))) {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(items) if items.iter().all(Value::is_string) => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        rows.push(vec![Cell::heading(shown), Cell::word(text)]);
    }
    if folder.manifest.is_empty() {
        rows.push(vec![Cell::heading("manifest.json"), Cell::text("not there")]);
    }
    let headings = [Heading::new("what", "field"), Heading::new("value", "value")];
    page.push(&table("Where the numbers come from", "manifest.json", &headings, &rows));
    match &folder.config {
        Some(config) => {
            let content = format!("<pre><code>{}</code></pre>\n", html(config));
            page.push(&details("Resolved configuration (config.toml)", &content));
        }
        None => page.paragraph("The folder has no config.toml."),
    }
}
