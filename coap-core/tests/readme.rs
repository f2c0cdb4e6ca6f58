//! The tests that the README names exist.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it reads the sources"
)]

use std::collections::BTreeSet;
use std::path::Path;

/// Names of the functions with `#[test]`, or in `proptest!`, below a folder.
fn functions(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, names);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut marked = false;
        for line in text.lines().map(str::trim) {
            if line == "#[test]" {
                marked = true;
            } else if let Some(rest) = line.strip_prefix("fn ") {
                let name: String =
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if core::mem::take(&mut marked) {
                    names.insert(name);
                }
            }
        }
    }
}

#[test]
fn every_test_that_the_readme_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    functions(&root.join("src"), &mut names);
    functions(&root.join("tests"), &mut names);
    let readme = include_str!("../README.md");
    let (mut named, mut missing) = (0, Vec::new());
    for row in readme.lines().filter(|line| line.starts_with('|')) {
        let mut cells = row.trim_matches('|').split('|');
        let (Some(last), true) = (cells.next_back(), cells.count() >= 2) else { continue };
        for name in last.split('`').skip(1).step_by(2) {
            named += 1;
            if !names.contains(name) {
                missing.push(name);
            }
        }
    }
    assert_eq!(missing, Vec::<&str>::new());
    assert!(named > 80, "{named}");
}
