//! Facade of the Braggscape library crates.
