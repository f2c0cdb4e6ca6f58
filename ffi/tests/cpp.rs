//! The C++ header, plain and under the sanitizers of the compiler.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use support::{WARNINGS, everything, header, library, package, repository, run, scratch};

const FILES: [&str; 4] = ["client", "engines", "messages", "wrappers"];

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

/// Each function of m2m.h is called by m2m.hpp, under its own name or as one that all engines have.
#[test]
fn has_every_function() {
    // What gives a structure or a string and nothing else, arenas, handlers that are functions of C, and what
    // an application defines.
    const PLAIN: &[&str] = &[
        "m2m_number_",
        "m2m_path_from",
        "m2m_version",
        "m2m_onem2m_websocket_protocol",
        "m2m_lwm2m_client_dispatch",
        "m2m_lwm2m_client_arena_size",
        "m2m_coap_arena_size",
        "m2m_arena_used",
        "m2m_init",
        "m2m_malloc",
        "m2m_free",
    ];
    let wrapped: String = fs::read_dir(repository().join("include/m2m"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let words: BTreeSet<&str> =
        wrapped.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    // Those that the macros for all engines put together: M2M_CALLS(handle, ...) and handle##_free.
    let parts = |before: &str| -> Vec<&str> {
        let split = wrapped.split(before).skip(1);
        split.filter_map(|rest| rest.split([';', ',', ' ']).next()).collect()
    };
    let (all, datagrams) = (parts("M2M_CALLS("), parts("M2M_DATAGRAMS("));
    let ends = parts("handle##");
    let header = fs::read_to_string(header()).unwrap();
    let mut count = 0;
    for (at, _) in header.match_indices('(') {
        let before = header.get(..at).unwrap();
        let name = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap();
        let line = before.rsplit('\n').next().unwrap();
        let declared = line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains(' ');
        if !declared || !name.starts_with("m2m_") || PLAIN.iter().any(|p| name.starts_with(p)) {
            continue;
        }
        count += 1;
        let shared = |handles: &[&str]| {
            handles
                .iter()
                .any(|handle| name.strip_prefix(handle).is_some_and(|end| ends.contains(&end)))
        };
        assert!(
            words.contains(name) || shared(&all) || shared(&datagrams),
            "{name} has no wrapper"
        );
    }
    assert!(count > 380, "{count}");
}
