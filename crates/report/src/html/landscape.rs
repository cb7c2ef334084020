//! A landscape: its map, minima, roughness and descents.

use super::folder::Folder;
use super::page::Page;
use super::table::{Cell, Heading, table};
use serde_json::Value;

/// Adds what a landscape came to.
pub(super) fn add(page: &mut Page, folder: &Folder, summary: &Value) {
    let text = |name: &str| summary[name].as_str().unwrap_or("");
    let axis = |i: usize| {
        let name = |of: &str| summary[of][i].as_str().unwrap_or("").to_owned();
        let unit = name("units");
        if unit.is_empty() { name("axes") } else { format!("{} ({unit})", name("axes")) }
    };
    let (loss, u, v) = (text("loss"), axis(0), axis(1));
    page.paragraph(&format!("{loss} loss of {} over {u} and {v}.", text("structure")));
    for figure in &folder.figures {
        page.push(&figure.html("wide"));
    }
    add_minima(page, &summary["minima"], loss, &u, &v);
    add_paths(page, &summary["paths"], loss, &u, &v);
    add_roughness(page, &summary["roughness"]);
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(row: &Value, name: &str) -> Cell {
    match (row[name].as_u64(), row[name].as_f64()) {
        (Some(count), _) => Cell::count(count),
        (_, value) => Cell::number(value),
    }
}

fn add_minima(page: &mut Page, minima: &Value, loss: &str, u: &str, v: &str) {
    let headings = [
        Heading::number("rank", "rank"),
        Heading::number(u, "u"),
        Heading::number(v, "v"),
        Heading::number(format!("{loss} loss"), "value"),
        Heading::number("prominence", "prominence"),
        Heading::number("share of basin", "basin_share"),
        Heading::new("remarks", "remarks"),
    ];
    let row = |m: &Value| {
        let flag = |name: &str, text: &'static str| (m[name] == Value::Bool(true)).then_some(text);
        let remarks = [flag("home", "the structure's own"), flag("on_edge", "at the edge")];
        let numbers =
            ["rank", "u", "v", "value", "prominence", "basin_share"].map(|n| number(m, n));
        let remarks = remarks.into_iter().flatten().collect::<Vec<_>>().join(", ");
        numbers.into_iter().chain([Cell::text(remarks)]).collect()
    };
    let rows: Vec<Vec<Cell>> = list(minima).iter().map(row).collect();
    if !rows.is_empty() {
        page.push(&table("Minima, by rank", "minima.csv", &headings, &rows));
    }
}

fn add_paths(page: &mut Page, paths: &Value, loss: &str, u: &str, v: &str) {
    let headings = [
        Heading::new("descent", "name"),
        Heading::number(format!("start {loss}"), "start_loss"),
        Heading::number(format!("final {loss}"), "loss"),
        Heading::number(format!("final {u}"), "u"),
        Heading::number(format!("final {v}"), "v"),
        Heading::number("evaluations", "evaluations"),
        Heading::new("ended because", "termination"),
    ];
    let row = |p: &Value| {
        let word = |name: &str| p[name].as_str().map(str::to_owned);
        let why = word("failure").map(|f| format!("failed: {f}")).or_else(|| word("termination"));
        let name = Cell::heading(word("name").unwrap_or_default());
        let numbers = ["start_loss", "loss", "u", "v", "evaluations"].map(|n| number(p, n));
        let why = Cell::text(why.unwrap_or_default());
        [name].into_iter().chain(numbers).chain([why]).collect()
    };
    let rows: Vec<Vec<Cell>> = list(paths).iter().map(row).collect();
    if !rows.is_empty() {
        page.push(&table("Descents", "paths.csv", &headings, &rows));
    }
}

fn add_roughness(page: &mut Page, roughness: &Value) {
    let unit = roughness["area_unit"].as_str().filter(|u| !u.is_empty()).unwrap_or("unit of area");
    let per = format!("minima per {unit}");
    let columns = [
        ("least prominence counted", "min_prominence"),
        ("minima", "n_minima"),
        (per.as_str(), "minima_per_area"),
        ("median barrier", "barrier_median"),
        ("greatest barrier", "barrier_greatest"),
        ("mean alignment", "alignment_mean"),
        ("share that starts home", "alignment_positive_share"),
        ("home basin, share", "home_basin_share"),
        ("holes, share", "hole_share"),
    ];
    if roughness.is_object() {
        let headings = columns.map(|(shown, name)| Heading::number(shown, name));
        let row: Vec<Cell> = columns.iter().map(|(_, name)| number(roughness, name)).collect();
        page.push(&table("Roughness of the section", "roughness.json", &headings, &[row]));
    }
}
