//! The named components of one seam.

use crate::{Context, Options, PluginError};
use serde::Serialize;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// One option of a component.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OptionDoc {
    /// Key in the component's table.
    pub name: String,
    /// TOML type: float, integer, string, boolean, array or table.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Default value.
    pub default: Value,
}

type Constructor<T> = Box<dyn Fn(&Options, &Context) -> Result<T, PluginError> + Send + Sync>;
type Resolver = Box<dyn Fn(&Context) -> Table + Send + Sync>;
type Settler = Box<dyn Fn(&mut Table, &Context) + Send + Sync>;

/// The option that is the level of outside noise models.
const OUTSIDE_LEVEL: &str = "sigma";

/// One named component.
pub struct Entry<T> {
    summary: String,
    example: String,
    options: Vec<OptionDoc>,
    /// Options that the example does not tell all of.
    open: bool,
    construct: Constructor<T>,
    defaults: Resolver,
    /// Fills in the defaults of components among the options.
    settle: Option<Settler>,
    level: Option<String>,
}

impl<T> Entry<T> {
    /// A component of ours, whose options have defaults.
    pub(crate) fn builtin<O: Serialize>(
        summary: &str,
        example: &str,
        defaults: impl Fn(&Context) -> O + Send + Sync + 'static,
        construct: impl Fn(&Options, &Context) -> Result<T, PluginError> + Send + Sync + 'static,
    ) -> Self {
        let table = move |context: &Context| {
            Table::try_from(defaults(context)).unwrap_or_else(|_| Table::new())
        };
        let options = docs(&table(&Context::default()));
        Self {
            summary: summary.to_owned(),
            example: example.to_owned(),
            options,
            open: false,
            construct: Box::new(construct),
            defaults: Box::new(table),
            settle: None,
            level: None,
        }
    }

    /// The same component, some of whose options are components themselves: `settle` resolves those that it can.
    pub(crate) fn nesting(
        mut self,
        settle: impl Fn(&mut Table, &Context) + Send + Sync + 'static,
    ) -> Self {
        self.settle = Some(Box::new(settle));
        self
    }

    fn outside(
        example: &str,
        construct: impl Fn(&Options, &Context) -> Result<T, PluginError> + Send + Sync + 'static,
    ) -> Self {
        let options = docs(&example.parse::<Table>().unwrap_or_default());
        Self {
            summary: comment(example),
            example: example.to_owned(),
            options,
            open: true,
            construct: Box::new(construct),
            defaults: Box::new(|_| Table::new()),
            settle: None,
            level: Some(OUTSIDE_LEVEL.to_owned()),
        }
    }

    /// The same noise model, whose level is this option.
    pub(crate) fn with_level(mut self, option: &str) -> Self {
        self.level = Some(option.to_owned());
        self
    }

    /// The option of a noise model that the levels of a study stand for: `sigma` of strain and of every outside model, `peak` of
    /// counting noise. `None` where there is no such option.
    pub fn level(&self) -> Option<&str> {
        self.level.as_deref()
    }

    /// What the component is, in one line; of an outside component the comment that its example begins with.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// An example of the component's options, TOML without `kind`.
    pub fn example(&self) -> &str {
        &self.example
    }

    /// The options with their defaults; of an outside component those of its example.
    pub fn options(&self) -> &[OptionDoc] {
        &self.options
    }
}

/// The comment at the beginning of an example, as one line.
fn comment(example: &str) -> String {
    let lines = example.lines().map(str::trim_start).map_while(|line| line.strip_prefix('#'));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

fn docs(table: &Table) -> Vec<OptionDoc> {
    let kind = |v: &Value| match v {
        Value::String(_) => "string",
        Value::Integer(_) => "integer",
        Value::Float(_) => "float",
        Value::Boolean(_) => "boolean",
        Value::Datetime(_) => "datetime",
        Value::Array(_) => "array",
        Value::Table(_) => "table",
    };
    table
        .iter()
        .map(|(name, v)| OptionDoc { name: name.clone(), kind: kind(v), default: v.clone() })
        .collect()
}

/// The named components of one seam, sorted by name.
pub struct Family<T> {
    seam: &'static str,
    entries: BTreeMap<String, Entry<T>>,
}

impl<T> Family<T> {
    pub(crate) fn new(seam: &'static str, entries: Vec<(&str, Entry<T>)>) -> Self {
        let entries = entries.into_iter().map(|(name, e)| (name.to_owned(), e)).collect();
        Self { seam, entries }
    }

    pub(crate) fn add(
        &mut self,
        name: &str,
        example: &str,
        construct: impl Fn(&Options, &Context) -> Result<T, PluginError> + Send + Sync + 'static,
    ) -> Result<(), PluginError> {
        let (seam, owned) = (self.seam, name.to_owned());
        if !name.contains('.') {
            return Err(PluginError::UndottedName { seam, name: owned });
        }
        if self.entries.contains_key(name) {
            return Err(PluginError::DuplicateName { seam, name: owned });
        }
        self.entries.insert(owned, Entry::outside(example, construct));
        Ok(())
    }

    /// The seam, in the singular: "loss", "optimizer" and so on.
    pub fn seam(&self) -> &'static str {
        self.seam
    }

    /// All components, sorted by name.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry<T>)> {
        self.entries.iter().map(|(name, e)| (name.as_str(), e))
    }

    /// The component of this name.
    pub fn entry(&self, name: &str) -> Option<&Entry<T>> {
        self.entries.get(name)
    }

    /// The names, as messages list them.
    pub fn known(&self) -> String {
        self.entries.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Splits `"name"` or `{ kind = "name", ... }` into name and options, and checks both against the registered ones.
    ///
    /// # Errors
    /// [`PluginError`] for an unknown or missing kind or an unknown option.
    pub fn select(&self, value: &Value) -> Result<(String, Options), PluginError> {
        let (name, table) = match value {
            Value::String(name) => (name.clone(), Table::new()),
            Value::Table(table) => {
                let mut table = table.clone();
                match table.remove("kind") {
                    Some(Value::String(name)) => (name, table),
                    _ => {
                        return Err(PluginError::MissingKind {
                            seam: self.seam,
                            known: self.known(),
                        });
                    }
                }
            }
            other => {
                return Err(PluginError::NotAComponent {
                    seam: self.seam,
                    found: other.type_str(),
                });
            }
        };
        let entry = self.entry_or_error(&name)?;
        if !entry.open {
            for key in table.keys() {
                if !entry.options.iter().any(|o| o.name == *key) {
                    let names: Vec<_> = entry.options.iter().map(|o| o.name.as_str()).collect();
                    let known = if names.is_empty() {
                        "it has no options".to_owned()
                    } else {
                        format!("known: {}", names.join(", "))
                    };
                    let key = key.clone();
                    return Err(PluginError::UnknownOption { seam: self.seam, name, key, known });
                }
            }
        }
        Ok((name, Options::new(table)))
    }

    fn entry_or_error(&self, name: &str) -> Result<&Entry<T>, PluginError> {
        self.entry(name).ok_or_else(|| PluginError::UnknownKind {
            seam: self.seam,
            name: name.to_owned(),
            known: self.known(),
        })
    }

    /// The options with every default filled in, those of components among them too, and `kind` first.
    ///
    /// # Errors
    /// As [`select`](Self::select).
    pub fn resolve(&self, value: &Value, context: &Context) -> Result<Table, PluginError> {
        let (name, given) = self.select(value)?;
        let entry = self.entry_or_error(&name)?;
        let mut resolved = Table::new();
        resolved.insert("kind".to_owned(), Value::String(name.clone()));
        resolved.extend((entry.defaults)(context));
        resolved.extend(given.table().clone());
        if let Some(settle) = &entry.settle {
            settle(&mut resolved, context);
        }
        Ok(resolved)
    }

    /// The option that alone, beside defaults, keeps a component from being built: the one a message should point at.
    ///
    /// `None` if the component can be built, or if only several options together are at fault.
    pub fn culprit(&self, value: &Value, context: &Context) -> Option<String> {
        let table = value.as_table()?;
        let kind = table.get("kind")?;
        let alone = |key: &String, option: &Value| {
            let pair = [("kind".to_owned(), kind.clone()), (key.clone(), option.clone())];
            Value::Table(pair.into_iter().collect())
        };
        self.build(value, context).err()?;
        table
            .iter()
            .filter(|(key, _)| *key != "kind")
            .find(|(key, option)| self.build(&alone(key, option), context).is_err())
            .map(|(key, _)| key.clone())
    }

    /// Builds the component that `"name"` or `{ kind = "name", ... }` stands for.
    ///
    /// # Errors
    /// [`PluginError`], with the component's own reason where it rejects its options.
    pub fn build(&self, value: &Value, context: &Context) -> Result<T, PluginError> {
        let mut table = self.resolve(value, context)?;
        let name = match table.remove("kind") {
            Some(Value::String(name)) => name,
            _ => String::new(),
        };
        let entry = self.entry_or_error(&name)?;
        (entry.construct)(&Options::new(table), context).map_err(|e| match e {
            PluginError::BadOptions { reason } => {
                PluginError::Rejected { seam: self.seam, name, reason }
            }
            other => other,
        })
    }
}
