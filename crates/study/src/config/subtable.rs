//! Reading a table inside a configuration.

use super::reader::{Reader, describe, join};
use toml::{Table, Value};

/// A finite number; integers count.
pub(crate) fn number_of(value: &Value) -> Option<f64> {
    let number = value.as_float().or_else(|| value.as_integer().map(|n| n as f64));
    number.filter(|v| v.is_finite())
}

/// Typed access to a table at a path of the configuration; problems go to the reader of the whole.
pub(crate) struct SubTable<'r, 'a, 't> {
    reader: &'r mut Reader<'a>,
    path: String,
    table: &'t Table,
    known: Vec<&'static str>,
}

impl<'r, 'a, 't> SubTable<'r, 'a, 't> {
    pub(crate) fn new(reader: &'r mut Reader<'a>, path: String, table: &'t Table) -> Self {
        Self { reader, path, table, known: Vec::new() }
    }

    /// Notes a problem at a key; without a key at the table itself.
    pub(crate) fn problem(&mut self, key: &str, message: &str) {
        let path = if key.is_empty() { self.path.clone() } else { join(&self.path, key) };
        self.reader.problem(&path, message);
    }

    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'t Value> {
        self.known.push(key);
        self.table.get(key)
    }

    /// Whether a key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        convert: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let converted = convert(value);
        if converted.is_none() {
            self.problem(key, &format!("expected {expected}, found {}", describe(value)));
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

    pub(crate) fn number(&mut self, key: &'static str) -> Option<f64> {
        self.typed(key, "a number", number_of)
    }

    pub(crate) fn number_from(&mut self, key: &'static str, least: f64) -> Option<f64> {
        let expected = if least > 0.0 { "a number above 0" } else { "a number of at least 0" };
        self.typed(key, expected, |v| number_of(v).filter(|v| *v >= least))
    }

    pub(crate) fn integer(&mut self, key: &'static str, low: i64, high: i64) -> Option<i64> {
        let expected = if high == i64::MAX {
            format!("an integer of at least {low}")
        } else {
            format!("an integer from {low} to {high}")
        };
        self.typed(key, &expected, |v| v.as_integer().filter(|n| (low..=high).contains(n)))
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(mut self) {
        let mut known = std::mem::take(&mut self.known);
        known.sort_unstable();
        known.dedup();
        let unknown: Vec<String> =
            self.table.keys().filter(|key| !known.contains(&key.as_str())).cloned().collect();
        for key in unknown {
            self.problem(&key, &format!("unknown key; known: {}", known.join(", ")));
        }
    }
}
