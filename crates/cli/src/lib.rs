//! The braggscape program.
