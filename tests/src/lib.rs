//! Readers of the oracle fixtures, shared by the cross-crate tests.
