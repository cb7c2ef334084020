//! Reading a TOML table with every problem reported at its line.

use crate::Problem;
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// The line of each key of a file, by path such as `arm[1].loss.kind`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    by_path: BTreeMap<String, usize>,
}

impl Lines {
    /// Parses a file and notes where its keys stand.
    pub(crate) fn parse(text: &str) -> Result<(Table, Self), Problem> {
        let line_at = |offset: usize| 1 + text[..offset.min(text.len())].matches('\n').count();
        let syntax = |e: &toml::de::Error| Problem {
            line: e.span().map(|s| line_at(s.start)),
            key: String::new(),
            message: e.message().to_owned(),
        };
        let spanned = DeTable::parse(text).map_err(|e| syntax(&e))?;
        let table: Table = text.parse().map_err(|e| syntax(&e))?;
        let mut lines = Self::default();
        lines.note(spanned.get_ref(), "", &line_at);
        Ok((table, lines))
    }

    fn note(&mut self, table: &DeTable<'_>, prefix: &str, line_at: &impl Fn(usize) -> usize) {
        for (key, value) in table {
            let path = join(prefix, key.get_ref());
            self.by_path.insert(path.clone(), line_at(key.span().start));
            self.note_value(value, &path, line_at);
        }
    }

    fn note_value(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        path: &str,
        line_at: &impl Fn(usize) -> usize,
    ) {
        match value.get_ref() {
            DeValue::Table(table) => self.note(table, path, line_at),
            DeValue::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    let path = format!("{path}[{i}]");
                    self.by_path.insert(path.clone(), line_at(item.span().start));
                    self.note_value(item, &path, line_at);
                }
            }
            _ => {}
        }
    }

    /// Whether a key stands in the file.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    /// The line of a key, or of the nearest table around it that is in the file.
    pub(crate) fn of(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(line) = self.by_path.get(path) {
                return Some(*line);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

/// `prefix.key`.
pub(crate) fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// The top table of a configuration: typed access, known keys, problems.
pub(crate) struct Reader<'a> {
    table: &'a Table,
    lines: &'a Lines,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(table: &'a Table, lines: &'a Lines) -> Self {
        Self { table, lines, known: Vec::new(), problems: Vec::new() }
    }

    /// Notes a problem at a path.
    pub(crate) fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem {
            line: self.lines.of(path),
            key: path.to_owned(),
            message: message.into(),
        });
    }

    /// Whether a problem at this path has been noted.
    pub(crate) fn has_problem(&self, path: &str) -> bool {
        self.problems.iter().any(|p| p.key == path)
    }

    /// The value of a key, which is known from now on.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.table.get(key)
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        convert: impl Fn(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let converted = convert(value);
        if converted.is_none() {
            self.problem(key, format!("expected {expected}, found {}", describe(value)));
        }
        converted
    }

    pub(crate) fn string(&mut self, key: &'static str) -> Option<String> {
        self.typed(key, "a string", |v| v.as_str().map(str::to_owned))
    }

    pub(crate) fn strings(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.typed(key, "a list of strings", |v| {
            v.as_array()?.iter().map(|s| s.as_str().map(str::to_owned)).collect()
        })
    }

    pub(crate) fn integer(&mut self, key: &'static str, low: i64, high: i64) -> Option<i64> {
        let expected = if high == i64::MAX {
            format!("an integer of at least {low}")
        } else {
            format!("an integer from {low} to {high}")
        };
        self.typed(key, &expected, |v| v.as_integer().filter(|n| (low..=high).contains(n)))
    }

    /// Every problem, unknown keys included.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        let mut known = self.known.clone();
        known.sort_unstable();
        known.dedup();
        for key in self.table.keys() {
            if !known.contains(&key.as_str()) {
                let message = format!("unknown key; known: {}", known.join(", "));
                self.problem(key, message);
            }
        }
        self.problems
    }
}

/// A value in words.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Table(_) => "a table".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => other.to_string(),
    }
}
