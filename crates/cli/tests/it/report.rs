//! `report`: the page of folders that the program itself made, and folders that have none.

use crate::program::{contents, run, write};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const TINY: &str = r#"title = "tiny"
seed = 4
structures = ["U2Ti", "NaS"]
replicates = 3

[noise]
kind = "strain"
levels = [0.02, 0.05]

[optimizer]
kind = "gradient-descent"
max_iterations = 10

[[arm]]
name = "free"

[[arm]]
name = "family, held"
projector = "crystal-family"
"#;

/// A folder with a finished study in `runs/tiny`.
fn with_study() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "tiny.toml", TINY);
    run(dir.path(), &["run", "tiny.toml", "--quiet"]).ok();
    dir
}

fn page(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap()
}

/// The values of the cells of the first table from this file, a map by column for each row.
fn cells(html: &str, source: &str) -> Vec<BTreeMap<String, String>> {
    let table = html.split(&format!("<table data-source=\"{source}\">")).nth(1).unwrap();
    let body = table.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    let value = |cell: &str, name: &str| {
        let text = cell.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
        Some(
            text.replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&lt;", "<")
                .replace("&amp;", "&"),
        )
    };
    let row = |row: &str| {
        let cells = row.split("<t").skip(1);
        cells.filter_map(|c| Some((value(c, "data-column")?, value(c, "data-value")?))).collect()
    };
    body.split("<tr>").skip(1).map(row).collect()
}

/// The rows of a CSV file without quotes in its cells but around them.
fn csv(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let split = |line: &str| -> Vec<String> {
        let mut cells = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                c => cells.last_mut().unwrap().push(c),
            }
        }
        cells
    };
    let mut lines = text.lines();
    let names = split(lines.next().unwrap());
    lines.map(|line| names.iter().cloned().zip(split(line)).collect()).collect()
}

#[test]
fn the_page_of_a_study_has_the_numbers_of_its_tables() {
    let dir = with_study();
    let before = contents(&dir.path().join("runs/tiny"));
    let ran = run(dir.path(), &["report", "runs/tiny"]).ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("report: runs/tiny/report.html\n", ""));
    let html = page(dir.path(), "runs/tiny/report.html");
    for table in ["tables/pooled.csv", "tables/summary.csv"] {
        let (shown, expected) =
            (cells(&html, table), csv(&dir.path().join("runs/tiny").join(table)));
        assert_eq!(shown.len(), expected.len(), "{table}");
        for (shown, expected) in shown.iter().zip(&expected) {
            assert!(shown.len() >= 15, "{shown:?}");
            for (column, value) in shown {
                assert_eq!(Some(value), expected.get(column), "{table}, {column}");
            }
        }
    }
    let correlations = csv(&dir.path().join("runs/tiny/tables/correlations.csv"));
    assert!(!correlations.is_empty());
    for row in &correlations {
        for name in ["mutual_information", "pearson", "spearman"] {
            let key = format!(
                "{}|{}|{}|{}|{name}",
                row["noise"], row["level"], row["arm"], row["metric"]
            );
            let cell = html.split(&format!("data-key=\"{key}\"")).nth(1).unwrap();
            let value = cell.split(" data-value=\"").nth(1).unwrap().split('"').next();
            assert_eq!(value, Some(row[name].as_str()), "{key}");
        }
    }
    // Nothing else was touched, and the study still knows its folder.
    let mut after = contents(&dir.path().join("runs/tiny"));
    after.remove("report.html");
    assert_eq!(after, before);
    run(dir.path(), &["run", "tiny.toml"]).ok();
}

#[test]
fn equal_folders_give_equal_pages() {
    let dir = with_study();
    run(dir.path(), &["run", "tiny.toml", "--quiet", "--out", "again/tiny", "--jobs", "1"]).ok();
    for folder in ["runs/tiny", "again/tiny"] {
        run(dir.path(), &["report", folder]).ok();
        // A second time, over the first.
        run(dir.path(), &["report", folder]).ok();
    }
    assert_eq!(
        page(dir.path(), "runs/tiny/report.html"),
        page(dir.path(), "again/tiny/report.html")
    );
}

#[test]
fn an_unfinished_study_says_what_is_missing() {
    let dir = with_study();
    // 2 structures x 2 levels x 2 arms x 135 replicates: five parts, of which two are there.
    let many = TINY.replace("replicates = 3", "replicates = 135").replace("= 10", "= 1");
    write(dir.path(), "many.toml", &many);
    run(dir.path(), &["run", "many.toml", "--quiet", "--shard", "1/3"]).ok();
    let ran =
        run(dir.path(), &["report", "runs/many", "--format", "json", "--out", "many.html"]).ok();
    assert_eq!(ran.stderr, "note: 568 of 1080 tasks are not done yet\n");
    let value = ran.json();
    let counts = ["studies", "tasks", "missing", "failed"].map(|name| value[name].as_u64());
    assert_eq!(counts, [Some(1), Some(512), Some(568), Some(0)]);
    assert_eq!(value["out"], Value::from("many.html"));
    let html = page(dir.path(), "many.html");
    assert_eq!(value["bytes"].as_u64(), Some(html.len() as u64));
    assert!(html.contains("568 of 1080 tasks are missing"));
    let quiet = ["report", "runs/many", "--quiet", "--out", "many.html"];
    assert_eq!(run(dir.path(), &quiet).ok().stderr, "");
}

#[test]
fn several_folders_make_one_page() {
    let dir = with_study();
    write(
        dir.path(),
        "more.toml",
        &TINY.replace("seed = 4", "seed = 5").replace("\"tiny\"", "\"more\""),
    );
    run(dir.path(), &["run", "more.toml", "--quiet"]).ok();
    let landscape = "title = \"map\"\nstructure = \"U2Ti\"\n\n[[axis]]\nparameter = \"a\"\nrelative = 0.1\nn = 5\n\n\
                     [[axis]]\nparameter = \"c\"\nrelative = 0.1\nn = 5\n";
    write(dir.path(), "map.toml", landscape);
    run(dir.path(), &["landscape", "map.toml", "--quiet"]).ok();
    let args = ["report", "runs/tiny", "runs/more", "runs/map", "--format", "json"];
    let value = run(dir.path(), &args).ok().json();
    assert_eq!(value["out"], Value::from("runs/tiny/report.html"));
    let counts = ["studies", "landscapes", "tasks"].map(|name| value[name].as_u64());
    assert_eq!(counts, [Some(2), Some(1), Some(48)]);
    let html = page(dir.path(), "runs/tiny/report.html");
    // The table over both studies comes first, and is in no file.
    let merged = cells(&html, "");
    let of = |folder: &str| {
        cells(html.split(&format!("data-folder=\"{folder}\"")).nth(1).unwrap(), "tables/pooled.csv")
    };
    for ((all, tiny), more) in merged.iter().zip(of("tiny")).zip(of("more")) {
        let n = |row: &BTreeMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
        assert_eq!(all["n"], "12");
        assert_eq!(all["arm"], tiny["arm"]);
        let expected = f64::midpoint(n(&tiny, "match_rate"), n(&more, "match_rate"));
        assert!((n(all, "match_rate") - expected).abs() < 1e-12, "{all:?}");
    }
    assert_eq!(merged.len(), 4);
    assert!(html.contains("alt=\"map\""));
}

#[test]
fn what_has_no_page_is_refused_and_nothing_is_written() {
    let dir = with_study();
    let root = dir.path();
    fs::create_dir(root.join("empty")).unwrap();
    write(root, "thesis.html", "<html>mine</html>");
    fs::create_dir_all(root.join("damaged/records")).unwrap();
    fs::copy(root.join("runs/tiny/manifest.json"), root.join("damaged/manifest.json")).unwrap();
    let mut part = fs::read(root.join("runs/tiny/records/part-00000.parquet")).unwrap();
    let middle = part.len() / 2;
    part[middle] ^= 1;
    fs::write(root.join("damaged/records/part-00000.parquet"), part).unwrap();
    fs::create_dir(root.join("other")).unwrap();
    let manifest = page(root, "runs/tiny/manifest.json");
    let hash = serde_json::from_str::<Value>(&manifest).unwrap()["config_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = manifest.replace(&hash, "another").replace("\"portable\"", "\"wide\"");
    write(root, "other/manifest.json", &other);
    let before = contents(root);
    let cases: [(&[&str], &[&str]); 8] = [
        (&["nowhere"], &["nowhere", "not a folder"]),
        (&["tiny.toml"], &["tiny.toml", "not a folder"]),
        (&["empty"], &["empty", "holds no study"]),
        (&["runs"], &["runs", "holds no study"]),
        (&["damaged"], &["part-00000.parquet", "damaged: checksum"]),
        (&["runs/tiny", "runs/../runs/tiny"], &["count twice"]),
        (&["runs/tiny", "other"], &["other", "`wide`", "`portable`"]),
        (&["runs/tiny", "--out", "thesis.html"], &["thesis.html", "is no report"]),
    ];
    for (args, says) in cases {
        run(root, &[&["report"], args].concat()).refused(says);
    }
    run(root, &["report", "runs/tiny", "--out", "empty"]).refused(&["empty", "is a folder"]);
    run(root, &["report", "runs/tiny", "--format", "csv"]).refused(&["--format csv", "text, json"]);
    assert_eq!(contents(root), before);
}
