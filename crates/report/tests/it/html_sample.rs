//! Folders for reports, and ways to read pages.

use braggscape_record::{Record, Schema, write_part};
use braggscape_report::html_report;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A study that can be written.
pub(crate) struct Study {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) hash: String,
    pub(crate) config: String,
    pub(crate) n_tasks: u64,
    pub(crate) records: Vec<Record>,
}

impl Study {
    /// Two levels, two arms and so many replicates, of two structures by turns.
    pub(crate) fn new(name: &str, replicates: u32) -> Self {
        let mut records = Vec::new();
        for level in [0.05, 0.1] {
            for arm in ["free", "family"] {
                for replicate in 0..replicates {
                    records.push(Record {
                        task_index: records.len() as u64,
                        structure: ["U2Ti", "NaS"][(replicate % 2) as usize].to_owned(),
                        noise_kind: "strain".to_owned(),
                        noise_level: level,
                        replicate,
                        arm: arm.to_owned(),
                        loss: "cosine".to_owned(),
                        loss_final: Some(-0.5 - 0.01 * f64::from(replicate)),
                        matched: Some(replicate % 3 == 0),
                        rms: (replicate % 3 == 0).then_some(0.0123456789),
                        evaluations: 100,
                        ..Record::default()
                    });
                }
            }
        }
        Self {
            name: name.to_owned(),
            title: format!("Study {name}"),
            hash: format!("hash of {name}"),
            config: format!(
                "title = \"Study {name}\"\nseed = 1\n\n[[arm]]\nname = \"free\"\noptimizer = {{ rate = 0.04 }}\n\n[[arm]]\nname = \"family\"\n"
            ),
            n_tasks: records.len() as u64,
            records,
        }
    }

    /// Writes the folder, and returns where it is.
    pub(crate) fn write(&self, dir: &Path) -> PathBuf {
        let path = dir.join(&self.name);
        fs::create_dir_all(path.join("tables")).unwrap();
        let names = |f: fn(&Record) -> &BTreeMap<String, f64>| -> BTreeSet<String> {
            self.records.iter().flat_map(|r| f(r).keys().cloned()).collect()
        };
        let schema = Schema::new(names(|r| &r.final_losses), names(|r| &r.final_metrics)).unwrap();
        for part in self.records.chunk_by(|a, b| a.task_index / 256 == b.task_index / 256) {
            write_part(&path, part[0].task_index / 256, &schema, part).unwrap();
        }
        let n_tasks = self.n_tasks.max(self.records.len() as u64);
        let manifest = serde_json::json!({
            "version": "0.1.0", "config_hash": self.hash, "title": self.title, "seed": 1, "n_tasks": n_tasks,
            "kernel": "portable", "generator": "ChaCha12", "host": "linux x86_64",
        });
        fs::write(path.join("manifest.json"), manifest.to_string()).unwrap();
        fs::write(path.join("config.toml"), &self.config).unwrap();
        path
    }
}

/// Two studies that differ in title and seed alone.
pub(crate) fn studies(dir: &Path) -> [PathBuf; 2] {
    ["first", "second"].map(|name| Study::new(name, 8).write(dir))
}

/// A task of a large study: ten structures, five levels, nine arms, fifty replicates.
pub(crate) fn task(task_index: u64) -> Record {
    let mixed = |k: u64| (task_index * 7919 + k * 104_729) % 99_991;
    let number = |k: u64| mixed(k) as f64 / 99_991.0;
    let matched = mixed(1) % 3 == 0;
    Record {
        task_index,
        structure: format!("structure {}", task_index % 10),
        noise_kind: "strain".to_owned(),
        noise_level: [0.01, 0.05, 0.1, 0.15, 0.2][(task_index / 10 % 5) as usize],
        arm: format!("arm {}", task_index / 50 % 9),
        replicate: (task_index / 450) as u32,
        loss: "cosine".to_owned(),
        loss_final: Some(-number(2)),
        matched: Some(matched),
        rms: matched.then_some(number(3) / 10.0),
        final_losses: [("cosine", 2), ("mse", 4), ("entropy", 5), ("xcorr", 6)]
            .map(|(name, k)| (name.to_owned(), -number(k)))
            .into(),
        final_metrics: [("amd-linf", 7), ("pdd-emd", 8)]
            .map(|(name, k)| (name.to_owned(), number(k)))
            .into(),
        ..Record::default()
    }
}

/// A finished landscape.
pub(crate) fn landscape(dir: &Path, name: &str) -> PathBuf {
    let path = dir.join(name);
    fs::create_dir_all(path.join("figures")).unwrap();
    let manifest = serde_json::json!({
        "version": "0.1.0", "kind": "landscape", "config_hash": "map", "title": "A map", "kernel": "portable", "later": 1,
    });
    fs::write(path.join("manifest.json"), manifest.to_string()).unwrap();
    let minimum = |rank: u64, value: f64, home: bool| {
        serde_json::json!({ "rank": rank, "u": 4.8, "v": 2.8, "value": value, "prominence": null, "basin_share": 0.5,
            "on_edge": false, "home": home })
    };
    let summary = serde_json::json!({
        "title": "A map", "structure": "U2Ti", "loss": "cosine", "axes": ["a", "c"], "units": ["Å", "Å"], "n_points": [3, 3],
        "minima": [minimum(1, -1.0, true), minimum(2, -0.875, false)],
        "roughness": { "n_minima": 2, "minima_per_area": 0.5, "area_unit": "Å²", "barrier_median": 0.25 },
        "paths": [
            { "name": "free", "u": 4.8, "v": 2.8, "start_loss": -0.25, "loss": -1.0, "evaluations": 30, "termination": "converged" },
            { "name": "stuck", "failure": "no reflection" },
        ],
    });
    fs::write(path.join("summary.json"), summary.to_string()).unwrap();
    let svg =
        "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'><title>A map</title></svg>";
    fs::write(path.join("figures/landscape.svg"), svg).unwrap();
    path
}

/// A folder of derived figures and tables.
pub(crate) fn folder_of_figures(dir: &Path, name: &str) -> PathBuf {
    let path = dir.join(name);
    fs::create_dir_all(path.join("figures")).unwrap();
    fs::create_dir_all(path.join("tables")).unwrap();
    fs::write(path.join("config.toml"), "title = \"Derived\"\n\n[figure]\nkind = \"fig1\"\n")
        .unwrap();
    fs::write(path.join("figures/copy.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    fs::write(path.join("tables/rates.csv"), "level,rate\n0.05,0.25\n0.1,0.123456789\n").unwrap();
    path
}

/// The page of these folders.
pub(crate) fn page(folders: &[&PathBuf]) -> String {
    html_report(folders).unwrap().html
}

/// The data of the charts, in order.
pub(crate) fn data_of(html: &str) -> Vec<Value> {
    let blocks = html.split("<script type=\"application/json\"").skip(1);
    let json = |block: &str| {
        block.split_once('>').unwrap().1.split_once("</script>").unwrap().0.to_owned()
    };
    blocks.map(|block| serde_json::from_str(&json(block)).unwrap()).collect()
}

/// The page without what stands in `script` and `style` elements, and without its first line: XML then.
pub(crate) fn strip_scripts(html: &str) -> String {
    let mut text = html.strip_prefix("<!DOCTYPE html>").unwrap().to_owned();
    for name in ["script", "style"] {
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once(&format!("<{name}")) {
            let (attributes, content) = after.split_once('>').unwrap();
            let (_, behind) = content.split_once(&format!("</{name}>")).unwrap();
            out.extend([before, "<", name, attributes, "></", name, ">"]);
            rest = behind;
        }
        out.push_str(rest);
        text = out;
    }
    text
}

/// All values of a column of the tables from this file, as the files have them.
pub(crate) fn values(html: &str, source: &str, column: &str) -> Vec<String> {
    let text = strip_scripts(html);
    let document = roxmltree::Document::parse(&text).unwrap();
    let tables = document
        .descendants()
        .filter(|n| n.attribute("data-source") == Some(source) && n.has_tag_name("table"));
    let cells =
        tables.flat_map(|t| t.descendants()).filter(|n| n.attribute("data-column") == Some(column));
    cells.map(|n| n.attribute("data-value").unwrap().to_owned()).collect()
}
