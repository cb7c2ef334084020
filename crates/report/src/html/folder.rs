//! Folders of studies, landscapes and figures, as a report reads them.
//!
//! Only what a report needs is read, and fields that it does not know are passed over, so that it also takes folders of later
//! versions.

use super::fault::FolderFault;
use super::image::Figure;
use crate::ReportError;
use braggscape_record::{Record, list_parts, read_dir};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A CSV file.
#[derive(Debug, Clone)]
pub(super) struct CsvTable {
    /// Name of the file without its ending.
    pub(super) stem: String,
    /// The first row.
    pub(super) headings: Vec<String>,
    /// The others.
    pub(super) rows: Vec<Vec<String>>,
}

/// What a folder is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A study: its records by task index, without structures, and its number of tasks.
    Study { records: Vec<Record>, n_tasks: u64 },
    /// A landscape: its summary.
    Landscape { summary: Value },
    /// Figures and tables that were made from others.
    Figures,
}

/// A folder that was read.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    /// Where it is.
    pub(super) dir: PathBuf,
    /// Its own name, which alone appears in the page.
    pub(super) name: String,
    /// `manifest.json`; empty if there is none.
    pub(super) manifest: Map<String, Value>,
    /// `config.toml`, if there is one.
    pub(super) config: Option<String>,
    /// `figures/*.svg`, by name.
    pub(super) figures: Vec<Figure>,
    /// `tables/*.csv`, by name. Wall times are left out, so that two runs of one study give one page.
    pub(super) tables: Vec<CsvTable>,
    /// What it is.
    pub(super) kind: Kind,
}

impl Folder {
    /// Reads a folder.
    ///
    /// # Errors
    /// [`ReportError::Folder`] or [`ReportError::Record`], naming the file.
    pub(super) fn read(dir: &Path) -> Result<Self, ReportError> {
        if !dir.is_dir() {
            return Err(fault(dir, FolderFault::NotAFolder));
        }
        let manifest_path = dir.join("manifest.json");
        let has_manifest = manifest_path.is_file();
        let manifest = if has_manifest { object(&manifest_path)? } else { Map::new() };
        let config_path = dir.join("config.toml");
        let config = if config_path.is_file() { Some(text(&config_path)?) } else { None };
        let figures = figures(&dir.join("figures"))?;
        let tables = tables(&dir.join("tables"))?;
        let kind = match manifest.get("kind").and_then(Value::as_str) {
            Some("landscape") => {
                Kind::Landscape { summary: Value::Object(object(&dir.join("summary.json"))?) }
            }
            _ if manifest.contains_key("n_tasks") => study(dir, &manifest_path, &manifest)?,
            _ if !has_manifest && !list_parts(dir)?.is_empty() => {
                return Err(fault(dir, FolderFault::NoManifest));
            }
            _ if !has_manifest && dir.join("grid.csv").is_file() => {
                return Err(fault(dir, FolderFault::UnfinishedLandscape));
            }
            _ if figures.is_empty() && tables.is_empty() => {
                return Err(fault(dir, FolderFault::Nothing));
            }
            _ => Kind::Figures,
        };
        let name = own_name(dir);
        Ok(Self { dir: dir.to_path_buf(), name, manifest, config, figures, tables, kind })
    }

    /// Its title: that of the manifest or of the configuration, else the name of the folder.
    pub(super) fn title(&self) -> String {
        let of_config = || {
            let table = self.config.as_ref()?.parse::<toml::Table>().ok()?;
            Some(table.get("title")?.as_str()?.to_owned())
        };
        let of_manifest = self.entry("title").map(str::to_owned);
        let title = of_manifest.or_else(of_config).filter(|t| !t.trim().is_empty());
        title.unwrap_or_else(|| self.name.clone())
    }

    /// A text of the manifest.
    pub(super) fn entry(&self, name: &str) -> Option<&str> {
        self.manifest.get(name)?.as_str()
    }
}

/// The last name of a path; `.` and the like are looked up.
fn own_name(dir: &Path) -> String {
    let full = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    full.file_name().map_or_else(|| "folder".to_owned(), |n| n.to_string_lossy().into_owned())
}

fn study(dir: &Path, path: &Path, manifest: &Map<String, Value>) -> Result<Kind, ReportError> {
    let Some(n_tasks) = manifest.get("n_tasks").and_then(Value::as_u64) else {
        return Err(fault(path, FolderFault::Field { field: "n_tasks", expected: "a count" }));
    };
    if !manifest.get("config_hash").is_some_and(Value::is_string) {
        let field = FolderFault::Field { field: "config_hash", expected: "a text" };
        return Err(fault(path, field));
    }
    let (_, mut records) = read_dir(dir)?;
    for r in &mut records {
        if r.task_index >= n_tasks {
            let task_index = r.task_index;
            return Err(fault(dir, FolderFault::ForeignTask { task_index, n_tasks }));
        }
        // The report shows none, and they are most of a record.
        (r.initial_structure, r.final_structure) = (None, None);
    }
    Ok(Kind::Study { records, n_tasks })
}

fn fault(path: &Path, fault: FolderFault) -> ReportError {
    ReportError::Folder { path: path.to_path_buf(), fault: Box::new(fault) }
}

fn text(path: &Path) -> Result<String, ReportError> {
    let bytes = std::fs::read(path).map_err(|e| fault(path, e.into()))?;
    String::from_utf8(bytes).map_err(|_| fault(path, FolderFault::NotText))
}

fn object(path: &Path) -> Result<Map<String, Value>, ReportError> {
    let value = serde_json::from_str(&text(path)?).map_err(|e| fault(path, e.into()))?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(fault(path, FolderFault::NotAnObject)),
    }
}

/// The files of a folder with this ending, by name; none if there is no such folder.
fn files(folder: &Path, ending: &str) -> Result<Vec<(String, PathBuf)>, ReportError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| fault(folder, e.into()))? {
        let path = entry.map_err(|e| fault(folder, e.into()))?.path();
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        // Hidden files are temporary ones.
        if path.extension().is_some_and(|e| e == ending) && !stem.starts_with('.') {
            found.push((stem, path));
        }
    }
    found.sort();
    Ok(found)
}

fn figures(folder: &Path) -> Result<Vec<Figure>, ReportError> {
    let read = |(stem, path): (String, PathBuf)| {
        Figure::new(&stem, text(&path)?).map_err(|e| fault(&path, e.into()))
    };
    files(folder, "svg")?.into_iter().map(read).collect()
}

fn tables(folder: &Path) -> Result<Vec<CsvTable>, ReportError> {
    let mut tables = Vec::new();
    for (stem, path) in files(folder, "csv")?.into_iter().filter(|(stem, _)| stem != "timings") {
        let bytes = text(&path)?;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_bytes());
        let rows: Result<Vec<Vec<String>>, csv::Error> =
            reader.records().map(|row| Ok(row?.iter().map(str::to_owned).collect())).collect();
        let mut rows = rows.map_err(|e| fault(&path, e.into()))?.into_iter();
        let headings = rows.next().unwrap_or_default();
        tables.push(CsvTable { stem, headings, rows: rows.collect() });
    }
    Ok(tables)
}
