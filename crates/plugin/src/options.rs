//! The options of a component.

use crate::PluginError;
use serde::de::DeserializeOwned;
use toml::Table;

/// The table of a component without its `kind`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    table: Table,
}

impl Options {
    /// Options from a table without `kind`.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The options as a type, which should deny unknown fields.
    ///
    /// # Errors
    /// [`PluginError::BadOptions`].
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, PluginError> {
        self.table.clone().try_into().map_err(|e: toml::de::Error| PluginError::BadOptions {
            reason: e.message().to_owned(),
        })
    }
}
