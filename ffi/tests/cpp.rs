//! The C++ header, plain and under the sanitizers of the compiler.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::process::Command;

use support::{WARNINGS, everything, library, package, repository, run, scratch};

const FILES: [&str; 3] = ["client", "engines", "messages"];

fn all_pass(name: &str, flags: &[&str]) {
    for file in FILES {
        passes(name, file, flags);
    }
}

fn passes(name: &str, file: &str, flags: &[&str]) {
    let cxx = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
    if !Command::new(&cxx).arg("--version").output().is_ok_and(|o| o.status.success()) {
        assert!(!everything(), "{cxx} is not installed");
        println!("skipped: {cxx} is not installed");
        return;
    }
    let program = scratch(&format!("{name}-{file}")).join(file);
    let mut build = Command::new(cxx);
    build.args(["-std=c++17", "-fno-exceptions", "-fno-rtti"]).args(WARNINGS).args(flags);
    build.arg("-I").arg(repository().join("include")).arg("-o").arg(&program);
    build.arg(package().join(format!("tests/cpp/{file}.cpp"))).arg(library("libm2m.a"));
    run(build.args(["-lpthread", "-ldl", "-lm"]));
    let output = run(&mut Command::new(program));
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("all of {file}.cpp passed\n"));
}

#[test]
fn plain() {
    all_pass("cpp-plain", &["-Wshadow", "-Wconversion", "-O2"]);
}

#[test]
fn under_address_and_undefined_behaviour_sanitizer() {
    all_pass("cpp-sanitized", &["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
}
