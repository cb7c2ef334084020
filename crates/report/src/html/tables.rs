//! CSV files of a folder as tables.

use super::folder::{CsvTable, Folder};
use super::page::Page;
use super::table::{Cell, Heading, details, table};
use std::fmt::Write;

/// Rows up to which a table stands open.
const OPEN_ROWS: usize = 30;
/// Most rows of a table in the page.
const MOST_ROWS: usize = 500;

/// Adds the tables of a folder but those named in `known`.
pub(super) fn add(page: &mut Page, folder: &Folder, known: &[&str]) {
    for csv in folder.tables.iter().filter(|t| !known.contains(&t.stem.as_str())) {
        page.push(&html(csv));
    }
}

fn html(csv: &CsvTable) -> String {
    let file = format!("tables/{}.csv", csv.stem);
    let is_number = |i: usize| {
        let mut cells = csv.rows.iter().filter_map(|row| row.get(i)).filter(|c| !c.is_empty());
        cells.next().is_some_and(|c| c.parse::<f64>().is_ok())
    };
    let heading = |(i, name): (usize, &String)| {
        let shown = name.replace('_', " ");
        if is_number(i) { Heading::number(shown, name) } else { Heading::new(shown, name) }
    };
    let headings: Vec<Heading> = csv.headings.iter().enumerate().map(heading).collect();
    let rows: Vec<Vec<Cell>> = csv
        .rows
        .iter()
        .take(MOST_ROWS)
        .map(|row| row.iter().map(|c| Cell::csv(c)).collect())
        .collect();
    let mut content = table(&csv.stem.replace(['_', '-'], " "), &file, &headings, &rows);
    if csv.rows.len() > MOST_ROWS {
        let _ = writeln!(
            content,
            "<p>These are {MOST_ROWS} of {} rows; all of them are in the file.</p>",
            csv.rows.len()
        );
    }
    if csv.rows.len() > OPEN_ROWS {
        details(&format!("{file} ({} rows)", csv.rows.len()), &content)
    } else {
        content
    }
}
