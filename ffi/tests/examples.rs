//! The examples in C, built as a reader would build them, and run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::PathBuf;
use std::process::Command;

use support::{build, repository, run, scratch};

/// Builds one file of examples/c.
fn example(name: &str) -> PathBuf {
    let program = scratch(&format!("example-{name}")).join(name);
    let source = repository().join("examples/c").join(format!("{name}.c"));
    build(&source, &program, &["-g"]);
    program
}

#[test]
fn senml_on_a_device() {
    let program = example("senml_device");
    let cbor = String::from_utf8(run(&mut Command::new(&program)).stdout).unwrap();
    let json = String::from_utf8(run(Command::new(&program).arg("json")).stdout).unwrap();
    let (bytes, cbor) = cbor.split_once('\n').unwrap();
    assert!(bytes.strip_suffix(" bytes").unwrap().parse::<u32>().unwrap() < 250, "{bytes}");
    assert_eq!(cbor.lines().count(), 10, "{cbor}");
    assert_eq!(
        cbor.lines().last(),
        Some("urn:dev:mac:0024befffe804ff1:temperature at 1700000540: 20.1 Cel")
    );
    let (_, json) = json.split_once('\n').unwrap();
    let (pack, json) = json.split_once('\n').unwrap();
    assert!(pack.starts_with("[{\"bn\":\"urn:dev:mac"), "{pack}");
    assert!(pack.ends_with("{\"t\":540,\"v\":20.1}]"), "{pack}");
    assert_eq!(cbor, json);
}
