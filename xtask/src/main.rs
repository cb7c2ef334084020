//! Developer automation: everything CI runs.
fn main() {}
