//! `braggscape check`.

use super::figure;
use super::landscape::{self, text_of};
use crate::args::{CheckArgs, OutputFormat, Shared};
use crate::failure::Failure;
use crate::input::name_of;
use crate::output::{choose, print};
use braggscape_plugin::Registry;
use braggscape_study::{Plan, is_figure, is_landscape};
use std::path::Path;
use std::process::ExitCode;

/// The plan of a study's text.
pub(crate) fn study(
    path: &Path,
    text: &str,
    fraction: Option<f64>,
    registry: &Registry,
) -> Result<Plan, Failure> {
    let name = name_of(path);
    let base = path.parent().unwrap_or(Path::new("."));
    Plan::from_toml(text, &name, fraction.unwrap_or(1.0), registry, base)
        .map_err(|e| Failure::bad_input(&e))
}

/// What a plan comes to, in words.
pub(crate) fn describe(plan: &Plan) -> String {
    let c = plan.config();
    let arms: Vec<_> = c.arms.iter().map(|a| a.name.as_str()).collect();
    let names: Vec<_> = plan.structures().iter().map(|s| s.name.as_str()).collect();
    format!(
        "{}\n  {} tasks = {} structures x {} noise levels x {} replicates x {} arms\n  structures: {}\n  noise: {} at {:?}{}\n  arms: {}\n",
        c.title,
        plan.n_tasks(),
        names.len(),
        c.levels.len(),
        c.replicates,
        arms.len(),
        names.join(", "),
        c.noise.get("kind").and_then(|k| k.as_str()).unwrap_or(""),
        c.levels,
        c.pattern_noise
            .as_ref()
            .map_or_else(String::new, |noise| format!("\n  noise of the pattern: {noise}")),
        arms.join(", "),
    )
}

pub(crate) fn run(
    args: &CheckArgs,
    shared: &Shared,
    registry: &Registry,
) -> Result<ExitCode, Failure> {
    let format = choose(shared, "check", &[OutputFormat::Text, OutputFormat::Json])?;
    let text = text_of(&args.config)?;
    let (value, words) = if is_figure(&text) {
        let plan = figure::plan(&args.config, &text, None, registry)?;
        let studies: Vec<&str> = plan.studies().map(|(name, _)| name).collect();
        let value =
            serde_json::json!({ "ok": true, "studies": studies, "config_hash": plan.hash() });
        (value, figure::describe(&plan))
    } else if is_landscape(&text) {
        let plan = landscape::plan(&args.config, &text, registry)?;
        let n_points = plan.section().n_points();
        let value =
            serde_json::json!({ "ok": true, "points": n_points, "config_hash": plan.hash() });
        (value, landscape::describe(&plan))
    } else {
        let plan = study(&args.config, &text, None, registry)?;
        let value =
            serde_json::json!({ "ok": true, "tasks": plan.n_tasks(), "config_hash": plan.hash() });
        (value, describe(&plan))
    };
    if format == OutputFormat::Json {
        crate::output::print_json(&value)?;
    } else {
        print(&format!("{}: ok\n{words}", name_of(&args.config)))?;
    }
    Ok(ExitCode::SUCCESS)
}
