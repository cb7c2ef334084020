//! The page of a report holds what the folders hold, whatever their texts say.

use crate::html_sample::{
    Study, data_of, folder_of_figures, landscape, page, strip_scripts, studies, task, values,
};
use braggscape_report::{HtmlReport, html_report};
use roxmltree::Document;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A text that tries to become a part of the page.
const HOSTILE: &str =
    "</script></title><script>alert(1)</script><img src=x onerror=\"alert('2')\">&amp;\u{202e}";

#[test]
fn texts_of_others_stay_texts() {
    let dir = tempfile::tempdir().unwrap();
    let mut study = Study::new("hostile", 8);
    study.title = HOSTILE.to_owned();
    study.config = format!("title = '''{HOSTILE}'''\n# {HOSTILE}\n");
    for r in &mut study.records {
        r.structure = format!("{HOSTILE} {}", r.replicate % 2);
        r.arm = format!("{} {HOSTILE}", r.arm);
        r.failure = (r.task_index % 4 == 3).then(|| format!("because {HOSTILE}"));
    }
    let path = study.write(dir.path());
    fs::create_dir_all(path.join("figures")).unwrap();
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><title>&lt;b&gt;</title><script>alert(3)</script></svg>";
    fs::write(path.join("figures/other.svg"), svg).unwrap();
    fs::write(path.join("tables/other.csv"), format!("a\n\"{}\"\n", HOSTILE.replace('"', "\"\"")))
        .unwrap();
    let html = page(&[&path]);
    for piece in ["<script>alert", "<img src=x", "alert(3)</script>", "\u{202e}"] {
        assert!(!html.contains(piece), "`{piece}` is in the page");
    }
    // Everything else is well-formed, so no text has closed an element.
    let text = strip_scripts(&html);
    let document = Document::parse(&text).unwrap();
    let shown = HOSTILE.replace('\u{202e}', "\u{fffd}");
    let of =
        |tag: &str| document.descendants().find(|n| n.has_tag_name(tag)).and_then(|n| n.text());
    assert_eq!(of("h1"), Some(shown.as_str()));
    assert_eq!(of("title"), Some(shown.as_str()));
    assert!(
        document
            .descendants()
            .any(|n| n.has_tag_name("td") && n.text() == Some(&format!("because {shown}")))
    );
    // Data are those of the records.
    let arm = &data_of(&html)[0]["views"][0]["arms"][0]["name"];
    assert_eq!(*arm, Value::from(format!("free {HOSTILE}")));
    assert_eq!(document.descendants().filter(|n| n.has_tag_name("svg")).count(), 0);
}

#[test]
fn rates_are_those_of_the_records() {
    let dir = tempfile::tempdir().unwrap();
    // Eight replicates at two levels in two arms; "free" matches replicates 0 to 5 at level 0.05 and 0 to 2 at 0.1.
    let mut study = Study::new("rates", 8);
    for r in &mut study.records {
        let matched = if r.noise_level < 0.07 { r.replicate < 6 } else { r.replicate < 3 };
        r.matched = Some(matched || r.arm == "family");
        r.noop_matched = Some(r.replicate < 2);
        r.strict = Some(r.replicate < 1);
        r.failure = None;
    }
    let html = page(&[&study.write(dir.path())]);
    let view = &data_of(&html)[0]["views"][0];
    assert_eq!(view["groups"], serde_json::json!(["0.05", "0.1"]));
    assert_eq!(view["noop"], serde_json::json!([0.25, 0.25]));
    assert_eq!(view["arms"][0]["rate"], serde_json::json!([0.75, 0.375]));
    assert_eq!(view["arms"][1]["rate"], serde_json::json!([1, 1]));
    // The 2.5 % quantile of Beta(6.5, 2.5), from Simpson integration of its density; a whisker does not leave out the rate itself.
    assert_eq!(view["arms"][0]["low"][0], serde_json::json!(0.408376));
    assert_eq!(view["arms"][1]["high"], serde_json::json!([1, 1]));
    assert_eq!(values(&html, "tables/pooled.csv", "match_rate"), ["0.75", "1", "0.375", "1"]);
    assert_eq!(values(&html, "tables/pooled.csv", "noop_rate"), ["0.25"; 4]);
    assert_eq!(values(&html, "tables/pooled.csv", "strict_rate"), ["0.125"; 4]);
    assert_eq!(values(&html, "tables/pooled.csv", "n"), ["8"; 4]);
    assert_eq!(values(&html, "tables/summary.csv", "structure").len(), 8);
    // Nothing is said about a rate without that of doing nothing.
    let headings: Vec<usize> = ["no-op rate", "match rate", "no-op strict", "strict rate"]
        .iter()
        .map(|h| html.find(&format!(">{h}</th>")).unwrap())
        .collect();
    assert!(headings.is_sorted(), "{headings:?}");
}

#[test]
fn correlations_stand_as_in_the_paper() {
    let dir = tempfile::tempdir().unwrap();
    let mut study = Study::new("told", 8);
    for r in &mut study.records {
        // The similarity is 0.5 + replicate / 100: with "free" the distance falls with it, with "family" it has nothing to tell.
        let distance = if r.arm == "free" { 1.0 - 0.1 * f64::from(r.replicate) } else { 0.25 };
        r.final_metrics = [("pdd-emd".to_owned(), distance)].into();
        r.final_losses = [("mse".to_owned(), 0.125)].into();
    }
    let html = page(&[&study.write(dir.path())]);
    let text = strip_scripts(&html);
    let document = Document::parse(&text).unwrap();
    let cell = |key: &str| {
        let found = document.descendants().find(|n| n.attribute("data-key") == Some(key));
        found.unwrap_or_else(|| panic!("no cell {key}")).text().unwrap().to_owned()
    };
    for level in ["0.05", "0.1"] {
        for statistic in ["pearson", "spearman"] {
            assert_eq!(cell(&format!("strain|{level}|free|pdd-emd|{statistic}")), "\u{2212}1.00");
            assert_eq!(cell(&format!("strain|{level}|family|pdd-emd|{statistic}")), "\u{2013}");
        }
    }
    let captions: Vec<&str> = document
        .descendants()
        .filter(|n| n.has_tag_name("caption"))
        .filter_map(|n| n.text())
        .filter(|c| c.ends_with(", n = 8"))
        .collect();
    assert_eq!(captions.len(), 3, "{captions:?}");
    // Similarities are minus the loss where it is one, and points have a distance each.
    let data = &data_of(&html)[1];
    assert_eq!(data["similarities"]["cosine similarity"][7], serde_json::json!(0.57));
    assert_eq!(data["similarities"]["mse loss"][7], serde_json::json!(0.125));
    assert_eq!(data["distances"]["PDD earth mover's distance (Å)"][7], serde_json::json!(0.3));
}

#[test]
fn what_is_missing_and_what_failed_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut study = Study::new("half", 4);
    study.records.truncate(10);
    study.records[3].failure = Some("the objective is not finite".to_owned());
    study.records[5].failure = Some("the objective is not finite".to_owned());
    let path = study.write(dir.path());
    let report = html_report(&[&path]).unwrap();
    assert_eq!((report.recorded, report.missing, report.failed), (10, 6, 2));
    assert!(report.html.contains("6 of 16 tasks are missing"), "not said");
    assert!(
        report.html.contains("1 study · 10 tasks · 2 of them failed · 6 tasks are not done yet")
    );
    assert_eq!(values(&report.html, "", "failure"), ["the objective is not finite"]);
    assert_eq!(values(&report.html, "", "tasks"), ["2"]);
    assert_eq!(values(&report.html, "", "task_index"), ["3", "5"]);
    // A study that has just begun has a page, too.
    fs::remove_dir_all(path.join("records")).unwrap();
    let begun = html_report(&[&path]).unwrap();
    assert_eq!((begun.recorded, begun.missing), (0, 16));
    assert!(begun.html.contains("16 of 16 tasks are missing"));
}

#[test]
fn equal_folders_give_equal_bytes_wherever_they_lie() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let paths = [&one, &two].map(|dir| Study::new("same", 4).write(dir.path()));
    fs::write(paths[1].join("tables/timings.csv"), "noise,total_seconds\nstrain,1.25\n").unwrap();
    fs::write(paths[1].join("journal.log"), "left over").unwrap();
    assert_eq!(page(&[&paths[0]]), page(&[&paths[1]]));
    let place = one.path().to_str().unwrap();
    assert!(!page(&[&paths[0]]).contains(place), "the page names where its folder lies");
}

#[test]
fn the_page_loads_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let html = page(&[&Study::new("alone", 2).write(dir.path()), &landscape(dir.path(), "map")]);
    let text = strip_scripts(&html);
    for name in ["src", "href", "data", "action", "srcset", "poster"] {
        for value in text.split(&format!(" {name}=\"")).skip(1) {
            let local = value.starts_with('#') || value.starts_with("data:image/svg+xml;base64,");
            assert!(local, "{name}=\"{}", &value[..value.len().min(60)]);
        }
    }
    assert!(!text.contains("<link") && !text.contains("<iframe") && !text.contains("@import"));
    let policy = text.split("Content-Security-Policy\" content=\"").nth(1).unwrap();
    assert!(
        policy.starts_with("default-src &#39;none&#39;; script-src")
            || policy.starts_with("default-src 'none'; script-src")
    );
}

#[test]
fn landscapes_and_figures_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    let paths = [landscape(dir.path(), "map"), folder_of_figures(dir.path(), "derived")];
    let report = html_report(&paths).unwrap();
    assert_eq!((report.studies, report.landscapes, report.figures), (0, 1, 1));
    assert_eq!(values(&report.html, "minima.csv", "value"), ["-1", "-0.875"]);
    assert_eq!(values(&report.html, "paths.csv", "name"), ["free", "stuck"]);
    assert_eq!(values(&report.html, "tables/rates.csv", "rate"), ["0.25", "0.123456789"]);
    for text in [
        "failed: no reflection",
        "the structure&#39;s own",
        "alt=\"A map\"",
        "alt=\"copy\"",
        "minima per Å²",
        "<h2 id=\"section-3\">Derived</h2>",
    ] {
        assert!(report.html.contains(text), "`{text}` is missing");
    }
    // Nothing to draw, so no library.
    assert!(report.html.len() < 100_000, "{} bytes", report.html.len());
}

#[test]
fn several_studies_are_pooled_where_they_are_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let [first, second] = studies(dir.path());
    let html = page(&[&first, &second]);
    let data = data_of(&html);
    // The first chart is that of all: eight replicates of each study.
    let arms = |i: usize| -> Vec<(String, Value)> {
        let arms = data[i]["views"][0]["arms"].as_array().unwrap();
        arms.iter().map(|a| (a["name"].as_str().unwrap().to_owned(), a["n"].clone())).collect()
    };
    let n = |k: u64| serde_json::json!([k, k]);
    assert_eq!(arms(0), [("free".to_owned(), n(16)), ("family".to_owned(), n(16))]);
    assert_eq!(arms(1), [("free".to_owned(), n(8)), ("family".to_owned(), n(8))]);
    assert!(html.contains(">All studies together</h2>"));
    // Another optimizer in one arm: it stays apart.
    let mut changed = Study::new("second", 8);
    changed.config = changed.config.replace("rate = 0.04", "rate = 0.01");
    let html = page(&[&first, &changed.write(dir.path())]);
    let names: Vec<Value> = data_of(&html)[0]["views"][0]["arms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["name"].clone())
        .collect();
    assert_eq!(names, ["free (Study first)", "family", "free (Study second)"]);
}

#[test]
fn what_cannot_be_merged_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let [first, second] = studies(dir.path());
    let refuse = |folders: &[&PathBuf], says: &[&str]| {
        let message = html_report(folders).unwrap_err().to_string();
        for text in says {
            assert!(message.contains(text), "`{text}` is not in: {message}");
        }
    };
    refuse(&[&first, &first], &["first", "count twice"]);
    refuse(&[&first, &second, &second.join("../first")], &["../first", "count twice"]);
    let copy = Study { name: "copy".to_owned(), ..Study::new("first", 8) }.write(dir.path());
    refuse(&[&first, &copy], &["copy", "holds the same as", "first"]);
    let manifest = fs::read_to_string(second.join("manifest.json")).unwrap();
    fs::write(second.join("manifest.json"), manifest.replace("portable", "wide-8")).unwrap();
    refuse(&[&first, &second], &["second", "`wide-8`", "first by `portable`"]);
    let none: [&Path; 0] = [];
    assert!(html_report(&none).is_err());
}

#[test]
fn damaged_folders_are_named_with_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let refuse = |change: &dyn Fn(&Path), says: &[&str]| {
        let path = Study::new("study", 4).write(dir.path());
        change(&path);
        let message = html_report(&[&path]).unwrap_err().to_string();
        for text in says {
            assert!(message.contains(text), "`{text}` is not in: {message}");
        }
        fs::remove_dir_all(&path).unwrap();
    };
    let write = |name: &'static str, text: &'static str| {
        move |path: &Path| {
            fs::create_dir_all(path.join(name).parent().unwrap()).unwrap();
            fs::write(path.join(name), text).unwrap();
        }
    };
    let remove = |names: &'static [&str]| {
        move |path: &Path| {
            for name in names {
                let path = path.join(name);
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
                    .unwrap();
            }
        }
    };
    refuse(&remove(&["records", "manifest.json", "tables"]), &["study: holds no study"]);
    refuse(&remove(&["manifest.json"]), &["study: holds records without a manifest.json"]);
    refuse(&write("manifest.json", "{\"n_tasks\": "), &["manifest.json: is not JSON"]);
    refuse(&write("manifest.json", "[]"), &["manifest.json", "expected an object"]);
    let count = "{\"n_tasks\": -1, \"config_hash\": \"a\"}";
    refuse(&write("manifest.json", count), &["manifest.json: has no `n_tasks` that is a count"]);
    let hash = "{\"n_tasks\": 99}";
    refuse(&write("manifest.json", hash), &["manifest.json: has no `config_hash` that is a text"]);
    let few = "{\"n_tasks\": 3, \"config_hash\": \"a\"}";
    refuse(
        &write("manifest.json", few),
        &["study: holds a record of task 3 in a study of 3 tasks"],
    );
    let landscape = "{\"kind\": \"landscape\"}";
    refuse(&write("manifest.json", landscape), &["summary.json: cannot be read"]);
    refuse(&write("figures/a.svg", "<svg"), &["a.svg: not an SVG picture"]);
    refuse(&write("figures/a.svg", "<html/>"), &["a.svg", "`html`"]);
    refuse(&write("tables/a.csv", "a,b\n1\n"), &["a.csv: is not a table"]);
    refuse(&write("records/part-00000.parquet", "PAR1"), &["part-00000.parquet", "cut short"]);
    refuse(
        &|path: &Path| fs::write(path.join("config.toml"), [0xff]).unwrap(),
        &["config.toml: is not UTF-8"],
    );
    for missing in ["nowhere", "study/manifest.json"] {
        Study::new("study", 2).write(dir.path());
        let message = html_report(&[dir.path().join(missing)]).unwrap_err().to_string();
        assert!(message.contains(&format!("{missing}: not a folder")), "{message}");
    }
    let unfinished = dir.path().join("map");
    fs::create_dir_all(&unfinished).unwrap();
    fs::write(unfinished.join("grid.csv"), "a,c,cosine\n").unwrap();
    let message = html_report(&[unfinished]).unwrap_err().to_string();
    assert!(message.contains("a landscape that was not finished"), "{message}");
}

#[test]
fn the_largest_study_makes_a_page_of_some_megabytes() {
    let dir = tempfile::tempdir().unwrap();
    // Ten structures, fifty replicates, five levels, nine arms, with two losses and numbers of all digits.
    let mut study = Study::new("large", 0);
    study.records = (0..22_500).map(task).collect();
    let html = page(&[&study.write(dir.path())]);
    assert!(html.len() < 8_000_000, "{} bytes", html.len());
    let data = data_of(&html);
    assert_eq!(data[1]["level"].as_array().map(Vec::len), Some(22_500));
    let sum = |name: &str| {
        data[1][name].as_array().unwrap().iter().filter_map(Value::as_u64).sum::<u64>()
    };
    let expected = study.records.iter().filter(|r| r.matched == Some(true)).count() as u64;
    assert_eq!(sum("matched"), expected);
}

#[test]
fn a_report_is_told_from_other_pages() {
    let dir = tempfile::tempdir().unwrap();
    let html = page(&[&Study::new("one", 2).write(dir.path())]);
    assert!(HtmlReport::is_report(html.as_bytes()));
    for other in ["", "<!DOCTYPE html><html></html>", "thesis.tex: braggscape "] {
        assert!(!HtmlReport::is_report(other.as_bytes()));
    }
}
