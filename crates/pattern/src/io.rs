//! Pattern files: `.xy`, `.xye`, `.csv` of two or three columns.
//!
//! Columns are 2theta in degrees (or q), intensity and, optionally, its standard uncertainty, separated by blanks, tabs,
//! commas or semicolons. Text behind `#` is a comment; one heading line that holds no number is passed over.

use crate::{Axis, AxisKind, Pattern, PatternError};
use std::fmt::Write as _;
use std::io::BufRead;
use std::path::Path;

/// Whether the name of a file says that it holds a pattern (`.xy`, `.xye`, `.csv`, `.dat`, `.txt`).
pub fn is_pattern_path(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    ["xy", "xye", "dat", "txt", "csv"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Reads a pattern; `source_name` is what messages call the file.
///
/// # Errors
/// [`PatternError::BadLine`] for a line that is not two or three finite numbers, [`PatternError::NotAscending`],
/// [`PatternError::Empty`] or [`PatternError::Unreadable`].
pub fn read(
    reader: impl BufRead,
    kind: AxisKind,
    source_name: &str,
) -> Result<Pattern, PatternError> {
    let (mut x, mut y, mut sigma) = (Vec::new(), Vec::new(), Vec::new());
    let mut columns = 0;
    let mut heading_allowed = true;
    for (index, line) in reader.lines().enumerate() {
        let line = line.map_err(|e| PatternError::Unreadable {
            source_name: source_name.to_owned(),
            reason: e.to_string(),
        })?;
        let text = line.split('#').next().unwrap_or("").trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        let bad = |expected: &'static str| PatternError::BadLine {
            source_name: source_name.to_owned(),
            line: index + 1,
            expected,
            found: text.chars().take(60).collect(),
        };
        let fields: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
            .filter(|f| !f.is_empty())
            .collect();
        let numbers: Option<Vec<f64>> = fields.iter().map(|f| f.parse().ok()).collect();
        let Some(numbers) = numbers else {
            let is_heading = fields.iter().all(|f| f.parse::<f64>().is_err());
            if heading_allowed && is_heading {
                heading_allowed = false;
                continue;
            }
            return Err(bad("numbers"));
        };
        heading_allowed = false;
        if numbers.iter().any(|v| !v.is_finite()) {
            return Err(bad("finite numbers"));
        }
        if columns == 0 {
            columns = numbers.len();
        }
        match (columns, numbers.as_slice()) {
            (2, [a, b]) => {
                x.push(*a);
                y.push(*b);
            }
            (3, [a, b, s]) => {
                if *s < 0.0 {
                    return Err(bad("an uncertainty that is not negative"));
                }
                x.push(*a);
                y.push(*b);
                sigma.push(*s);
            }
            (2 | 3, _) => return Err(bad("as many columns as in the lines before")),
            _ => return Err(bad("two or three columns (x, intensity[, sigma])")),
        }
        if x.len() > 1 && x[x.len() - 1] <= x[x.len() - 2] {
            return Err(bad("an x above that of the line before"));
        }
    }
    if x.is_empty() {
        return Err(PatternError::Empty { source_name: source_name.to_owned() });
    }
    let pattern = Pattern::new(Axis::listed(kind, x)?, y)?;
    if columns == 3 { pattern.with_sigma(sigma) } else { Ok(pattern) }
}

/// The pattern as text of two columns (three with uncertainties), separated by `separator`, with full precision.
pub fn write_columns(pattern: &Pattern, separator: char) -> String {
    let mut text = String::new();
    for i in 0..pattern.n_points() {
        let (x, y) = (pattern.axis().x(i), pattern.y()[i]);
        let _ = match pattern.sigma() {
            Some(sigma) => writeln!(text, "{x}{separator}{y}{separator}{}", sigma[i]),
            None => writeln!(text, "{x}{separator}{y}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Pattern, PatternError> {
        read(text.as_bytes(), AxisKind::TwoTheta, "p.xy")
    }

    #[test]
    fn columns_headings_comments_and_separators() {
        let p =
            parse("# made by hand\n2theta,intensity\n10.0,1\n10.5, 2 # peak\n\n11;3\n").unwrap();
        assert_eq!(p.y(), &[1.0, 2.0, 3.0]);
        assert_eq!(p.axis().to_vec(), [10.0, 10.5, 11.0]);
        let e = parse("10 1 0.5\n11 2 0.7\n").unwrap();
        assert_eq!(e.sigma().unwrap(), &[0.5, 0.7]);
    }

    #[test]
    fn bad_lines_are_named() {
        let check = |text: &str, part: &str| {
            let e = parse(text).unwrap_err().to_string();
            assert!(e.contains(part), "{e}");
        };
        check("", "no points");
        check("10 1\n11 x\n", "p.xy:2: expected numbers");
        check("10 1\n11 NaN\n", "p.xy:2: expected finite");
        check("10 1\n9 1\n", "p.xy:2: expected an x above");
        check("10\n", "p.xy:1: expected two or three columns");
        check("10 1\n11 1 2\n", "p.xy:2: expected as many columns");
        check("10 1 -2\n", "not negative");
    }

    #[test]
    fn written_patterns_read_back_exactly() {
        let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.1, 50).unwrap();
        let y = (0..50).map(|i| 1.0 / f64::from(i + 3)).collect();
        let p = Pattern::new(axis, y).unwrap();
        let q = parse(&write_columns(&p, ' ')).unwrap();
        assert!(q.axis().is_same(p.axis()));
        assert_eq!(p.y(), q.y());
    }
}
