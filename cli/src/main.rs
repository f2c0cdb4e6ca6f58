//! The `m2m` command.
fn main() {}
