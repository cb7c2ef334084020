//! Placeholder, replaced with the capability it tests.
