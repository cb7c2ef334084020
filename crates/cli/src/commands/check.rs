//! `braggscape check`.

use crate::args::{CheckArgs, OutputFormat, Shared};
use crate::failure::Failure;
use crate::input::{name_of, read_bytes};
use crate::output::{choose, print};
use braggscape_plugin::Registry;
use braggscape_study::Plan;
use std::path::Path;
use std::process::ExitCode;

/// Parses and checks a configuration.
pub(crate) fn plan(
    path: &Path,
    fraction: Option<f64>,
    registry: &Registry,
) -> Result<Plan, Failure> {
    let name = name_of(path);
    let text = String::from_utf8(read_bytes(path)?)
        .map_err(|_| Failure::usage(format!("{name}: is not UTF-8 text")))?;
    let base = path.parent().unwrap_or(Path::new("."));
    Plan::from_toml(&text, &name, fraction.unwrap_or(1.0), registry, base)
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
    let plan = plan(&args.config, None, registry)?;
    if format == OutputFormat::Json {
        let value =
            serde_json::json!({ "ok": true, "tasks": plan.n_tasks(), "config_hash": plan.hash() });
        crate::output::print_json(&value)?;
    } else {
        print(&format!("{}: ok\n{}", name_of(&args.config), describe(&plan)))?;
    }
    Ok(ExitCode::SUCCESS)
}
