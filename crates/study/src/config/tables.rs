//! The tables of a configuration: components, arms, options.

use super::reader::{Reader, describe, join};
use super::{Arm, Refine, kind_of};
use crate::TargetPeaks;
use braggscape_plugin::{Context, Entry, Family, PluginError, Registry};
use braggscape_recover::Variables;
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// The metrics of a study that names none.
const REPORT_METRICS: [&str; 2] = ["amd-linf", "pdd-emd"];
/// Keys of an arm.
const ARM_KEYS: [&str; 6] = ["loss", "name", "optimizer", "projector", "strategy", "variables"];

/// `variables`, wherever it stands: what is given, `None` for what suits the optimizer.
pub(crate) fn variables(reader: &mut Reader<'_>, path: &str, value: &Value) -> Option<Variables> {
    match value.as_str() {
        Some("auto") => None,
        Some("cell") => Some(Variables::Cell),
        Some("strain") => Some(Variables::Strain),
        Some("reduced") => Some(Variables::Reduced),
        _ => {
            let found = describe(value);
            reader.problem(path, format!("expected auto, cell, strain or reduced, found {found}"));
            None
        }
    }
}

/// StructSnap's descent has learning rates per Å and per degree; other methods move the lattice by strains.
pub(crate) fn suiting(optimizer: &Table) -> Variables {
    if kind_of(optimizer) == "gradient-descent" { Variables::Cell } else { Variables::Strain }
}

/// The same for an arm, whose strategy may have methods of its own.
fn suiting_arm(arm: &Arm) -> Variables {
    if kind_of(&arm.strategy) == "descend" { suiting(&arm.optimizer) } else { Variables::Strain }
}

/// Resolves a component; a problem stands at the key it is about.
pub(crate) fn resolve<T>(
    reader: &mut Reader<'_>,
    path: &str,
    value: &Value,
    family: &Family<T>,
    context: &Context,
) -> Table {
    family.resolve(value, context).unwrap_or_else(|e| {
        let at = match &e {
            PluginError::UnknownOption { key, .. } => join(path, key),
            PluginError::UnknownKind { .. } if value.is_table() => join(path, "kind"),
            _ => path.to_owned(),
        };
        reader.problem(&at, e.to_string());
        Table::new()
    })
}

/// The component of a top-level key, or the default one.
pub(super) fn component<T>(
    reader: &mut Reader<'_>,
    key: &'static str,
    default: &str,
    family: &Family<T>,
    context: &Context,
) -> Table {
    let value = reader.value(key).cloned().unwrap_or_else(|| Value::from(default));
    resolve(reader, key, &value, family, context)
}

/// `[noise]`: the model without its level, and `levels`.
pub(super) fn noise(reader: &mut Reader<'_>, registry: &Registry) -> (Table, Vec<f64>) {
    let Some(value) = reader.value("noise") else {
        let known = registry.noise().known();
        reader.problem(
            "noise",
            format!("expected a table with `kind` (known: {known}) and `levels`"),
        );
        return (Table::new(), Vec::new());
    };
    let mut value = value.clone();
    let mut levels = Vec::new();
    match value.as_table_mut().and_then(|t| t.remove("levels")) {
        Some(Value::Array(items)) => {
            for (i, item) in items.iter().enumerate() {
                let number = item.as_float().or_else(|| item.as_integer().map(|n| n as f64));
                let number = number.filter(|n| n.is_finite());
                // A bad one keeps its place, so that the levels after it keep their lines.
                levels.push(number.unwrap_or(f64::NAN));
                if number.is_none() {
                    reader.problem(
                        &format!("noise.levels[{i}]"),
                        format!("expected a number, found {}", describe(item)),
                    );
                }
            }
        }
        _ => reader.problem("noise.levels", "expected a list of noise levels, such as [0.05, 0.1]"),
    }
    let entry = value.get("kind").and_then(Value::as_str).and_then(|k| registry.noise().entry(k));
    let level = entry.and_then(Entry::level);
    if let Some(key) = level.filter(|key| value.get(key).is_some()) {
        reader.problem(&join("noise", key), "the level of a study stands in `levels`");
    }
    let mut resolved = resolve(reader, "noise", &value, registry.noise(), &Context::default());
    level.map(|key| resolved.remove(key));
    (resolved, levels)
}

/// `[pattern_noise]`, if there is any.
pub(super) fn pattern_noise(
    reader: &mut Reader<'_>,
    registry: &Registry,
    context: &Context,
) -> Option<Table> {
    let value = reader.value("pattern_noise")?.clone();
    Some(resolve(reader, "pattern_noise", &value, registry.noise(), context))
}

/// `[target_forward]`, if there is any.
pub(super) fn target_forward(
    reader: &mut Reader<'_>,
    registry: &Registry,
    context: &Context,
) -> Option<Table> {
    let value = reader.value("target_forward")?.clone();
    Some(resolve(reader, "target_forward", &value, registry.forward(), context))
}

/// `[target_peaks]`, if there is any.
pub(super) fn target_peaks(reader: &mut Reader<'_>) -> Option<TargetPeaks> {
    reader.value("target_peaks")?;
    Some(options(reader, "target_peaks", TargetPeaks::default()))
}

/// `refine`: what the noise distorts, unless it is given.
pub(super) fn refine(reader: &mut Reader<'_>, noise_kind: &str) -> Refine {
    let given = reader.string("refine").unwrap_or_else(|| "auto".to_owned());
    match (given.as_str(), noise_kind) {
        ("lattice", _) | ("auto", "strain") => Refine::Lattice,
        ("coordinates", _) | ("auto", "coordinates") => Refine::Coordinates,
        ("both", _) => Refine::Both,
        ("auto", _) => {
            if !noise_kind.is_empty() {
                reader.problem(
                    "refine",
                    format!(
                        "noise `{noise_kind}` does not say what to refine; give lattice, coordinates or both"
                    ),
                );
            }
            Refine::Lattice
        }
        (other, _) => {
            reader.problem(
                "refine",
                format!("expected auto, lattice, coordinates or both, found {other}"),
            );
            Refine::Lattice
        }
    }
}

/// `[[arm]]`: the combinations; one of the defaults alone if there are none.
pub(super) fn arms(reader: &mut Reader<'_>, registry: &Registry, context: &Context) -> Vec<Arm> {
    let base = Arm {
        name: String::new(),
        variables: Variables::default(),
        loss: component(reader, "loss", "cosine", registry.losses(), context),
        projector: component(reader, "projector", "none", registry.projectors(), context),
        optimizer: component(
            reader,
            "optimizer",
            "gradient-descent",
            registry.optimizers(),
            context,
        ),
        strategy: component(reader, "strategy", "descend", registry.strategies(), context),
    };
    let common = reader.value("variables").and_then(|value| variables(reader, "variables", value));
    let tables: Vec<Table> = match reader.value("arm") {
        None => vec![Table::new()],
        Some(Value::Array(items)) if !items.is_empty() && items.iter().all(Value::is_table) => {
            items.iter().filter_map(|v| v.as_table().cloned()).collect()
        }
        Some(other) => {
            let found = describe(other);
            reader.problem("arm", format!("expected tables [[arm]], found {found}"));
            Vec::new()
        }
    };
    let mut arms: Vec<Arm> = Vec::new();
    for (i, table) in tables.iter().enumerate() {
        let path = format!("arm[{i}]");
        for key in table.keys() {
            if !ARM_KEYS.contains(&key.as_str()) {
                reader.problem(
                    &join(&path, key),
                    format!("unknown key; known: {}", ARM_KEYS.join(", ")),
                );
            }
        }
        let mut arm = base.clone();
        if let Some(v) = table.get("loss") {
            arm.loss = resolve(reader, &join(&path, "loss"), v, registry.losses(), context);
        }
        if let Some(v) = table.get("projector") {
            let path = join(&path, "projector");
            arm.projector = resolve(reader, &path, v, registry.projectors(), context);
        }
        if let Some(v) = table.get("optimizer") {
            let path = join(&path, "optimizer");
            arm.optimizer = resolve(reader, &path, v, registry.optimizers(), context);
        }
        if let Some(v) = table.get("strategy") {
            let path = join(&path, "strategy");
            arm.strategy = resolve(reader, &path, v, registry.strategies(), context);
        }
        let own = table.get("variables");
        let given = own.map_or(common, |value| variables(reader, &join(&path, "variables"), value));
        arm.variables = given.unwrap_or_else(|| suiting_arm(&arm));
        arm.name = match table.get("name") {
            Some(Value::String(name)) if !name.is_empty() => name.clone(),
            None => default_name(&arm),
            Some(other) => {
                let found = describe(other);
                reader.problem(&join(&path, "name"), format!("expected a name, found {found}"));
                String::new()
            }
        };
        if !arm.name.is_empty() && arms.iter().any(|a| a.name == arm.name) {
            reader.problem(
                &join(&path, "name"),
                format!("two arms are called `{}`; give each its own name", arm.name),
            );
        }
        arms.push(arm);
    }
    arms
}

fn default_name(arm: &Arm) -> String {
    match kind_of(&arm.projector) {
        "none" => kind_of(&arm.loss).to_owned(),
        projector => format!("{} + {projector}", kind_of(&arm.loss)),
    }
}

/// `report_losses`, or those of the arms.
pub(super) fn report_losses(
    reader: &mut Reader<'_>,
    registry: &Registry,
    context: &Context,
    arms: &[Arm],
) -> Vec<Table> {
    let Some(value) = reader.value("report_losses") else {
        let mut losses: Vec<Table> = Vec::new();
        for arm in arms {
            if !losses.iter().any(|l| kind_of(l) == kind_of(&arm.loss)) {
                losses.push(arm.loss.clone());
            }
        }
        return losses;
    };
    list(reader, "report_losses", "loss", value, registry.losses(), context)
}

/// `report_metrics`, or the distances between atoms' surroundings that the paper scores with.
pub(super) fn report_metrics(
    reader: &mut Reader<'_>,
    registry: &Registry,
    context: &Context,
) -> Vec<Table> {
    let default = Value::from(REPORT_METRICS.map(Value::from).to_vec());
    let value = reader.value("report_metrics").unwrap_or(&default);
    list(reader, "report_metrics", "metric", value, registry.metrics(), context)
}

/// A list of components, each kind once.
fn list<T>(
    reader: &mut Reader<'_>,
    key: &'static str,
    noun: &str,
    value: &Value,
    family: &Family<T>,
    context: &Context,
) -> Vec<Table> {
    let Some(items) = value.as_array() else {
        reader.problem(key, format!("expected a list, found {}", describe(value)));
        return Vec::new();
    };
    let mut tables: Vec<Table> = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let path = format!("{key}[{i}]");
        let table = resolve(reader, &path, item, family, context);
        if tables.iter().any(|t| kind_of(t) == kind_of(&table)) {
            reader.problem(&path, format!("{noun} `{}` is reported twice", kind_of(&table)));
        }
        tables.push(table);
    }
    tables
}

/// A table of plain options over their defaults.
pub(super) fn options<T: Serialize + DeserializeOwned>(
    reader: &mut Reader<'_>,
    key: &'static str,
    defaults: T,
) -> T {
    let Some(value) = reader.value(key) else { return defaults };
    let Some(given) = value.as_table() else {
        reader.problem(key, format!("expected a table, found {}", describe(value)));
        return defaults;
    };
    let Ok(mut table) = Table::try_from(&defaults) else { return defaults };
    let known: Vec<String> = table.keys().cloned().collect();
    for (name, option) in given {
        let path = join(key, name);
        if !known.contains(name) {
            reader.problem(&path, format!("unknown key; known: {}", known.join(", ")));
            continue;
        }
        let before = table.insert(name.clone(), option.clone());
        if let (Err(e), Some(before)) = (table.clone().try_into::<T>(), before) {
            reader.problem(&path, e.message().trim().to_owned());
            table.insert(name.clone(), before);
        }
    }
    table.try_into().unwrap_or(defaults)
}
