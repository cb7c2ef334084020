//! Tables: cells with the number as a reader wants it and, in an attribute, with all its digits.

use super::escape::html;
use super::number::{short, signed};
use std::fmt::Write;

/// One cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    text: String,
    /// The same as a file of the study has it.
    exact: Option<String>,
    /// What the number is about, where its row and column do not say it.
    key: Option<String>,
    is_number: bool,
    is_heading: bool,
}

impl Cell {
    /// A word.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A word as it stands in a file of the study.
    pub(super) fn word(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { exact: Some(text.clone()), text, ..Self::default() }
    }

    /// A word that heads its row.
    pub(super) fn heading(text: impl Into<String>) -> Self {
        Self { is_heading: true, ..Self::word(text) }
    }

    /// A count.
    pub(super) fn count(value: u64) -> Self {
        Self { is_number: true, ..Self::word(value.to_string()) }
    }

    /// A number, rounded for the eye.
    pub(super) fn number(value: Option<f64>) -> Self {
        let exact = value.map_or_else(String::new, |v| v.to_string());
        let text = value.map_or_else(|| "\u{2013}".to_owned(), short);
        Self { text, exact: Some(exact), is_number: true, ..Self::default() }
    }

    /// A coefficient with two decimals; none is a dash.
    pub(super) fn coefficient(value: Option<f64>) -> Self {
        let number = Self::number(value);
        Self { text: value.map_or_else(|| number.text.clone(), signed), ..number }
    }

    /// The same cell with a name of its own for programs that read the page.
    pub(super) fn with_key(self, key: String) -> Self {
        Self { key: Some(key), ..self }
    }

    /// A rate with two decimals.
    pub(super) fn rate(value: f64) -> Self {
        Self { text: format!("{value:.2}"), ..Self::number(Some(value)) }
    }

    /// A cell of a CSV file: a number where it is one.
    pub(super) fn csv(text: &str) -> Self {
        match text.parse::<f64>() {
            Ok(value) => {
                let whole = text.chars().all(|c| c.is_ascii_digit());
                let shown = if whole { text.to_owned() } else { short(value) };
                Self { text: shown, is_number: true, ..Self::word(text) }
            }
            Err(_) => Self::word(text),
        }
    }

    fn write(&self, out: &mut String, column: &str) {
        let name = if self.is_heading { "th" } else { "td" };
        let _ = write!(out, "<{name}");
        if self.is_heading {
            out.push_str(" scope=\"row\"");
        }
        if self.is_number {
            out.push_str(" class=\"number\"");
        }
        if let Some(key) = &self.key {
            let _ = write!(out, " data-key=\"{}\"", html(key));
        }
        if let Some(exact) = &self.exact {
            let exact = html(exact);
            let _ = write!(out, " data-column=\"{}\" data-value=\"{exact}\"", html(column));
            if self.is_number && exact != self.text {
                let _ = write!(out, " title=\"{exact}\"");
            }
        }
        let _ = write!(out, ">{}</{name}>", html(&self.text));
    }
}

/// A heading of a column: what readers see, and the name of the column in the file of the study.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    shown: String,
    column: String,
    is_number: bool,
}

impl Heading {
    pub(super) fn new(shown: impl Into<String>, column: impl Into<String>) -> Self {
        Self { shown: shown.into(), column: column.into(), is_number: false }
    }

    /// The same over numbers.
    pub(super) fn number(shown: impl Into<String>, column: impl Into<String>) -> Self {
        Self { is_number: true, ..Self::new(shown, column) }
    }
}

/// A table as HTML; wide ones scroll inside their frame. `source` names the file that holds the same numbers.
pub(super) fn table(
    caption: &str,
    source: &str,
    headings: &[Heading],
    rows: &[Vec<Cell>],
) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table data-source=\"{1}\">\n<caption>{0}</caption>\n<thead><tr>",
        html(caption),
        html(source)
    );
    for h in headings {
        let class = if h.is_number { " class=\"number\"" } else { "" };
        let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", html(&h.shown));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (cell, heading) in row.iter().zip(headings) {
            cell.write(&mut out, &heading.column);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// Content behind a line that opens it.
pub(super) fn details(summary: &str, content: &str) -> String {
    format!("<details><summary>{}</summary>\n{content}</details>\n", html(summary))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_all_digits_of_rounded_numbers() {
        let headings = [Heading::new("name", "name"), Heading::number("loss", "median_loss")];
        let rows = [vec![Cell::heading("<b>"), Cell::number(Some(0.123456789))]];
        let html = table("T & T", "t.csv", &headings, &rows);
        assert!(
            html.contains("data-value=\"0.123456789\" title=\"0.123456789\">0.1235<"),
            "{html}"
        );
        assert!(html.contains("&lt;b&gt;") && html.contains("<caption>T &amp; T</caption>"));
        assert!(html.contains("data-source=\"t.csv\""));
    }

    #[test]
    fn cells_of_files_are_numbers_where_they_are() {
        assert!(Cell::csv("0.5").is_number && Cell::csv("-3").is_number);
        assert!(!Cell::csv("Au2S").is_number && !Cell::csv("").is_number);
        assert_eq!(
            (Cell::csv("1234567").text.as_str(), Cell::csv("").text.as_str()),
            ("1234567", "")
        );
    }
}
