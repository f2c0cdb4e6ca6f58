//! What the shared library exports is what the header declares: nothing is missing, and nothing
//! else gets into the way of the program it is loaded by.
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

use support::{header, library, package, run};

/// Names of functions in text where each declaration or definition has `name(` in it, and of
/// constants.
fn functions(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut comment = false;
    for line in text.lines() {
        comment |= line.trim_start().starts_with("/*");
        let (was_comment, line) = (comment, line.trim_start());
        comment &= !line.ends_with("*/");
        if was_comment || line.starts_with("//") {
            continue;
        }
        // The library's constants.
        if let Some(constant) = line.strip_prefix("extern const struct m2m_standard_object ") {
            names.insert(constant.trim_end_matches(';').to_owned());
            continue;
        }
        // What else is extern, the application defines.
        if line.starts_with("extern ") {
            continue;
        }
        let Some((before, _)) = line.split_once('(') else { continue };
        let name: String = before
            .chars()
            .rev()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        if name.starts_with("m2m_") {
            names.insert(name);
        }
    }
    names
}

/// The library is built with the test hooks: those of the source are exported, and only those.
fn hooks() -> BTreeSet<String> {
    let source = fs::read_to_string(package().join("src/test_hooks.rs")).unwrap();
    let definitions: String = source.lines().filter(|l| l.contains("extern \"C\" fn m2m_")).fold(
        String::new(),
        |a, l| {
            let (_, name) = l.split_once("fn ").unwrap();
            a + name + "\n"
        },
    );
    functions(&definitions)
}

#[test]
fn exported_is_exactly_what_the_header_declares() {
    let output = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library("libm2m.so")));
    let exported: BTreeSet<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split_whitespace().last().map(str::to_owned))
        .collect();
    let declared = functions(&fs::read_to_string(header()).unwrap());
    let hooks = hooks();
    assert!(declared.len() > 40, "{declared:?}");
    assert_eq!(hooks.len(), 2, "{hooks:?}");
    assert!(declared.is_disjoint(&hooks), "a test hook is in the header");
    assert_eq!(exported, declared.union(&hooks).cloned().collect());
}
