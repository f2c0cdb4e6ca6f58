//! A library whose memory comes from functions of the application's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::Path;
use std::process::Command;

use support::{build_with, package, run, scratch};

#[test]
fn memory_comes_from_the_application_and_every_refusal_is_an_error() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hooks-library");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(package()).arg("rustc").args(["--quiet", "--lib", "--features", "hooks"]);
    cargo.args(["--crate-type", "staticlib", "--target-dir"]).arg(&target);
    run(&mut cargo);
    let program = scratch("hooks").join("hooks");
    let source = package().join("tests/hooks/hooks.c");
    build_with(&target.join("debug/libm2m.a"), &source, &program, &["-g"]);
    let output = run(&mut Command::new(program));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hooks are called\n");
}
