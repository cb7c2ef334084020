//! The configuration of a landscape.

use crate::config::{Lines, Reader, SubTable, describe, kind_of, resolve, suiting, variables};
use crate::{Problem, StudyError};
use braggscape_landscape::AdaptiveOptions;
use braggscape_plugin::{Context, Registry};
use braggscape_recover::{FreeParameters, Variables};
use serde::{Serialize, Serializer};
use std::path::Path;
use toml::{Table, Value};

/// One axis, as a configuration writes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AxisConfig {
    /// The parameter, as `Parametrisation::names` calls it: "a", "gamma", "e_xy", "z2".
    pub parameter: String,
    /// Parameters that have the value of this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tie: Vec<String>,
    /// From where to where.
    #[serde(flatten)]
    pub ends: AxisEnds,
    /// Number of points.
    pub n: usize,
}

/// The ends of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AxisEnds {
    /// In the parameter's unit.
    Absolute {
        /// Low end.
        low: f64,
        /// High end.
        high: f64,
    },
    /// (1 - r) and (1 + r) times the value of the structure.
    Relative {
        /// The fraction r.
        relative: f64,
    },
}

/// What the optimizer of a path moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathRefine {
    /// The two variables of the section.
    Section,
    /// The cell parameters.
    Lattice,
    /// The fractional coordinates.
    Coordinates,
    /// Both.
    Both,
}

impl PathRefine {
    /// What is free in the structure, unless the path stays on the section.
    pub(crate) fn free(self) -> Option<FreeParameters> {
        match self {
            Self::Section => None,
            Self::Lattice => Some(FreeParameters::Lattice),
            Self::Coordinates => Some(FreeParameters::Coordinates),
            Self::Both => Some(FreeParameters::Both),
        }
    }
}

/// When the projector of a path acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Project {
    /// At the start and after every step.
    Always,
    /// At the start alone: the descent is free.
    Start,
}

/// One descent, as a configuration writes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathConfig {
    /// Label, unique in the landscape.
    pub name: String,
    /// What the optimizer moves.
    pub refine: PathRefine,
    /// In which variables; means nothing on the section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<Variables>,
    /// When the projector acts.
    pub project: Project,
    /// Most evaluations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_evaluations: Option<u64>,
    /// The start: values of parameters in their units, the others from the structure; or `strain` and `seed`.
    pub start: Table,
    /// Projector, with every option.
    pub projector: Table,
    /// Optimizer, with every option.
    pub optimizer: Table,
}

/// By what minima are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rank {
    /// The deepest first.
    Depth,
    /// The most prominent first; the deepest of all has no bounds.
    Prominence,
}

/// A resolved configuration of a landscape: every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LandscapeConfig {
    /// Title, over the figure.
    pub title: String,
    /// Study crystal or structure file.
    pub structure: String,
    /// Pattern file; the structure's own pattern if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Minima that are listed and drawn.
    pub minima: usize,
    /// By what they are ranked.
    pub rank: Rank,
    /// Minima less prominent are left out.
    pub min_prominence: f64,
    /// Patterns of so many minima beside home are written.
    pub patterns: usize,
    /// About so many contour lines.
    pub contours: usize,
    /// Options of the adaptive grid; the plain grid if there are none.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "adaptive_table")]
    pub adaptive: Option<AdaptiveOptions>,
    /// Loss, with every option; empty beside a potential.
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub loss: Table,
    /// Potential, with every option: the landscape is that of its energy per atom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub potential: Option<Table>,
    /// Forward model, with every option.
    pub forward: Table,
    /// The two axes.
    #[serde(rename = "axis")]
    pub axes: Vec<AxisConfig>,
    /// The descents.
    #[serde(rename = "path", skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PathConfig>,
    /// Where keys stand in the file.
    #[serde(skip)]
    pub(crate) lines: Lines,
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn adaptive_table<S: Serializer>(
    options: &Option<AdaptiveOptions>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut table = Table::new();
    if let Some(options) = options {
        table.insert("tolerance".to_owned(), Value::Float(options.tolerance));
        table.insert("coarse".to_owned(), Value::Integer(options.coarse as i64));
        if let Ok(most) = i64::try_from(options.max_evaluations) {
            table.insert("max_evaluations".to_owned(), Value::Integer(most));
        }
    }
    table.serialize(serializer)
}

/// Whether a configuration is that of a landscape: it has `[[axis]]` tables.
///
/// # Examples
/// ```
/// use braggscape_study::is_landscape;
/// assert!(is_landscape("[[axis]]\nparameter = \"a\"\n"));
/// assert!(!is_landscape("structures = [\"U2Ti\"]\n"));
/// ```
pub fn is_landscape(text: &str) -> bool {
    text.parse::<Table>().is_ok_and(|table| table.contains_key("axis"))
}

impl LandscapeConfig {
    /// Reads a configuration; `source_name` is what messages call the file.
    ///
    /// # Errors
    /// [`StudyError::Config`] with every problem found, each with its line.
    pub fn parse(text: &str, source_name: &str, registry: &Registry) -> Result<Self, StudyError> {
        match Self::draft(text, source_name, registry) {
            Ok((config, problems)) if problems.is_empty() => Ok(config),
            Ok((_, problems)) => Err(StudyError::config(source_name, problems)),
            Err(problem) => Err(StudyError::config(source_name, vec![problem])),
        }
    }

    /// Reads what can be read, and the faults.
    pub(crate) fn draft(
        text: &str,
        source_name: &str,
        registry: &Registry,
    ) -> Result<(Self, Vec<Problem>), Problem> {
        let (table, lines) = Lines::parse(text)?;
        let mut reader = Reader::new(&table, &lines);
        let stem = || Path::new(source_name).file_stem().map(|s| s.to_string_lossy().into_owned());
        let title = reader.string("title").or_else(stem).unwrap_or_else(|| source_name.to_owned());
        if !table.contains_key("structure") {
            reader.problem(
                "structure",
                "expected a study crystal (such as \"U2Ti\") or a structure file",
            );
        }
        let structure = reader.string("structure").unwrap_or_default();
        let target = reader.string("target");
        let minima = reader.integer("minima", 1, 10_000).unwrap_or(10) as usize;
        let rank = match reader.string("rank").as_deref() {
            None | Some("depth") => Rank::Depth,
            Some("prominence") => Rank::Prominence,
            Some(other) => {
                reader.problem("rank", format!("expected depth or prominence, found {other}"));
                Rank::Depth
            }
        };
        let min_prominence = min_prominence(&mut reader);
        let patterns = reader.integer("patterns", 0, 100).unwrap_or(0) as usize;
        let contours = reader.integer("contours", 0, 50).unwrap_or(0) as usize;
        let adaptive = adaptive(&mut reader);
        let context = Context::default();
        let loss = component(&mut reader, "loss", "cosine", |r, v| {
            resolve(r, "loss", v, registry.losses(), &context)
        });
        let potential = reader.value("potential").cloned();
        if potential.is_some() && table.contains_key("loss") {
            reader
                .problem("potential", "a landscape is that of a loss or of a potential; give one");
        }
        let potential = potential
            .map(|v| resolve(&mut reader, "potential", &v, registry.potentials(), &context));
        let loss = if potential.is_some() { Table::new() } else { loss };
        let forward = component(&mut reader, "forward", "structsnap", |r, v| {
            resolve(r, "forward", v, registry.forward(), &context)
        });
        let axes = tables(&mut reader, "axis");
        if axes.len() != 2 && !reader.has_problem("axis") {
            let found = axes.len();
            reader.problem("axis", format!("expected two tables [[axis]], found {found}"));
        }
        let axes: Vec<AxisConfig> =
            axes.iter().enumerate().filter_map(|(i, t)| axis(&mut reader, i, t)).collect();
        let common = component(&mut reader, "optimizer", "gradient-descent", |_, v| v.clone());
        let path_tables = tables(&mut reader, "path");
        let mut paths: Vec<PathConfig> = Vec::new();
        for (i, table) in path_tables.iter().enumerate() {
            let path = path(&mut reader, registry, &axes, &common, i, table);
            if paths.iter().any(|p| p.name == path.name) {
                reader.problem(
                    &format!("path[{i}].name"),
                    format!("two paths are called `{}`; give each its own name", path.name),
                );
            }
            paths.push(path);
        }
        let problems = reader.finish();
        let config = Self {
            title,
            structure,
            target,
            minima,
            rank,
            min_prominence,
            patterns,
            contours,
            adaptive,
            loss,
            potential,
            forward,
            axes,
            paths,
            lines,
        };
        Ok((config, problems))
    }

    /// The resolved configuration as TOML that reads back to the same configuration.
    pub fn to_toml(&self) -> String {
        // A table of finite numbers, strings and tables always serializes; by way of a table, so that plain values come first.
        let table = Table::try_from(self).unwrap_or_default();
        toml::to_string(&table).unwrap_or_default()
    }
}

/// A component's value, or the default's name, through a function that resolves it.
fn component<T>(
    reader: &mut Reader<'_>,
    key: &'static str,
    default: &str,
    resolve: impl FnOnce(&mut Reader<'_>, &Value) -> T,
) -> T {
    let value = reader.value(key).cloned().unwrap_or_else(|| Value::from(default));
    resolve(reader, &value)
}

fn min_prominence(reader: &mut Reader<'_>) -> f64 {
    let default = 1e-3;
    let Some(value) = reader.value("min_prominence") else { return default };
    match crate::config::number_of(value) {
        Some(v) if v >= 0.0 => v,
        _ => {
            let found = describe(value);
            reader.problem(
                "min_prominence",
                format!("expected a number of at least 0, found {found}"),
            );
            default
        }
    }
}

/// The tables of a key such as `[[axis]]`; none if it is not there.
fn tables(reader: &mut Reader<'_>, key: &'static str) -> Vec<Table> {
    match reader.value(key) {
        None => Vec::new(),
        Some(Value::Array(items)) if items.iter().all(Value::is_table) => {
            items.iter().filter_map(|v| v.as_table().cloned()).collect()
        }
        Some(other) => {
            let found = describe(other);
            reader.problem(key, format!("expected tables [[{key}]], found {found}"));
            Vec::new()
        }
    }
}

fn adaptive(reader: &mut Reader<'_>) -> Option<AdaptiveOptions> {
    let defaults = AdaptiveOptions::default();
    let table = match reader.value("adaptive")? {
        Value::Boolean(on) => return on.then_some(defaults),
        Value::Table(table) => table.clone(),
        other => {
            let found = describe(other);
            reader.problem("adaptive", format!("expected true, false or a table, found {found}"));
            return None;
        }
    };
    let mut sub = SubTable::new(reader, "adaptive".to_owned(), &table);
    let options = AdaptiveOptions {
        tolerance: sub.number_from("tolerance", 0.0).unwrap_or(defaults.tolerance),
        coarse: sub.integer("coarse", 1, 1024).map_or(defaults.coarse, |n| n as usize),
        max_evaluations: sub
            .integer("max_evaluations", 1, i64::MAX)
            .map_or(defaults.max_evaluations, |n| n as u64),
    };
    sub.finish();
    Some(options)
}

fn axis(reader: &mut Reader<'_>, i: usize, table: &Table) -> Option<AxisConfig> {
    let mut sub = SubTable::new(reader, format!("axis[{i}]"), table);
    let parameter = sub.string("parameter");
    if parameter.is_none() && !table.contains_key("parameter") {
        sub.problem(
            "parameter",
            "expected a parameter such as \"a\", \"gamma\", \"e_xy\" or \"x1\"",
        );
    }
    let tie = sub.strings("tie").unwrap_or_default();
    let n = sub.integer("n", 2, 10_001).map_or(101, |n| n as usize);
    let [low, high] = ["low", "high"].map(|key| sub.number(key));
    let relative = sub.number_from("relative", f64::MIN_POSITIVE);
    let given = ["low", "high", "relative"].map(|key| table.contains_key(key));
    let ends = match (low, high, relative) {
        (Some(low), Some(high), None) => Some(AxisEnds::Absolute { low, high }),
        (None, None, Some(relative)) => Some(AxisEnds::Relative { relative }),
        // What is there and no number has been told.
        _ if given == [true, true, false] || given == [false, false, true] => None,
        _ => {
            sub.problem("", "expected either `low` and `high`, or `relative`");
            None
        }
    };
    sub.finish();
    Some(AxisConfig { parameter: parameter?, tie, ends: ends?, n })
}

/// What a path moves unless it says: what the axes set.
fn suiting_refine(axes: &[AxisConfig]) -> PathRefine {
    let coordinate = |name: &String| {
        name.starts_with(['x', 'y', 'z']) && name[1..].chars().all(|c| c.is_ascii_digit())
    };
    let names = || axes.iter().flat_map(|a| a.tie.iter().chain([&a.parameter]));
    match (names().any(coordinate), names().any(|name| !coordinate(name))) {
        (true, true) => PathRefine::Both,
        (true, false) => PathRefine::Coordinates,
        _ => PathRefine::Lattice,
    }
}

fn path(
    reader: &mut Reader<'_>,
    registry: &Registry,
    axes: &[AxisConfig],
    common_optimizer: &Value,
    i: usize,
    table: &Table,
) -> PathConfig {
    let at = format!("path[{i}]");
    let mut sub = SubTable::new(reader, at.clone(), table);
    let name = sub.string("name").filter(|n| !n.is_empty());
    let refine = match sub.string("refine").as_deref() {
        None | Some("auto") => suiting_refine(axes),
        Some("section") => PathRefine::Section,
        Some("lattice") => PathRefine::Lattice,
        Some("coordinates") => PathRefine::Coordinates,
        Some("both") => PathRefine::Both,
        Some(other) => {
            let message =
                format!("expected auto, section, lattice, coordinates or both, found {other}");
            sub.problem("refine", &message);
            PathRefine::Lattice
        }
    };
    let project = match sub.string("project").as_deref() {
        None | Some("always") => Project::Always,
        Some("start") => Project::Start,
        Some(other) => {
            sub.problem("project", &format!("expected always or start, found {other}"));
            Project::Always
        }
    };
    let max_evaluations = sub.integer("max_evaluations", 1, i64::MAX).map(|n| n as u64);
    let start = match sub.value("start") {
        Some(Value::Table(start)) => start.clone(),
        Some(other) => {
            let found = describe(other);
            sub.problem("start", &format!("expected a table, found {found}"));
            Table::new()
        }
        None => {
            sub.problem(
                "start",
                "expected a table such as { a = 5.0, gamma = 95.0 } or { strain = 0.1, seed = 1 }",
            );
            Table::new()
        }
    };
    let projector = sub.value("projector").cloned().unwrap_or_else(|| Value::from("none"));
    let optimizer = sub.value("optimizer").cloned();
    let own_optimizer = optimizer.is_some();
    let given = sub.value("variables").cloned();
    sub.finish();
    let context =
        Context { free: refine.free().unwrap_or(FreeParameters::Lattice), ..Context::default() };
    let projector =
        resolve(reader, &format!("{at}.projector"), &projector, registry.projectors(), &context);
    let place = if own_optimizer { format!("{at}.optimizer") } else { "optimizer".to_owned() };
    let value = optimizer.as_ref().unwrap_or(common_optimizer);
    let optimizer = resolve(reader, &place, value, registry.optimizers(), &context);
    let given = given.and_then(|v| variables(reader, &format!("{at}.variables"), &v));
    let variables = refine.free().map(|_| given.unwrap_or_else(|| suiting(&optimizer)));
    let name = name.unwrap_or_else(|| match (kind_of(&projector), project) {
        ("none", _) => "free".to_owned(),
        (_, Project::Start) => "free from the projected start".to_owned(),
        (kind, Project::Always) => format!("projected ({kind})"),
    });
    PathConfig { name, refine, variables, project, max_evaluations, start, projector, optimizer }
}
