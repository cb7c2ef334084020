//! The `braggscape` program.
fn main() {}
