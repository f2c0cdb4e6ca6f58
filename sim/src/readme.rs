//! Holds a crate's README to the tests it names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Checks that every test a README names exists: in each row of a table whose last column is
/// headed `test` (or `tests`), what stands between backticks there is the name of a test in a
/// source file below `src` or `tests` of the crate, or behind the words `fuzz target` that of a
/// target with a corpus. Returns how many names there are.
///
/// For a test of the crate itself, with `env!("CARGO_MANIFEST_DIR")`.
///
/// # Panics
/// If the README or the sources cannot be read, a row names no test, or a test does not exist.
#[must_use]
pub fn named_tests(manifest_dir: &str) -> usize {
    let root = Path::new(manifest_dir);
    let readme = fs::read_to_string(root.join("README.md")).expect("a README");
    let mut functions = BTreeSet::new();
    for folder in ["src", "tests"] {
        gather(&root.join(folder), &mut functions);
    }
    let mut names = 0;
    let mut in_table = false;
    for line in readme.lines() {
        let Some(cells) = line.strip_prefix('|').and_then(|row| row.trim_end().strip_suffix('|'))
        else {
            in_table = false;
            continue;
        };
        let last = cells.rsplit('|').next().unwrap_or_default().trim();
        if matches!(last, "test" | "tests") {
            in_table = true;
        } else if in_table && !last.starts_with("---") {
            let parts: Vec<&str> = last.split('`').collect();
            let tests: Vec<(&str, &str)> =
                parts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            assert!(!tests.is_empty(), "no test in the row {line}");
            for (before, test) in tests {
                let exists = if before.trim_end().ends_with("fuzz target") {
                    root.join("../fuzz/corpus").join(test).is_dir()
                } else {
                    functions.contains(test)
                };
                assert!(exists, "no test {test} of the row {line}");
                names += 1;
            }
        }
    }
    names
}

/// The names of all tests in the Rust files of a folder.
fn gather(folder: &Path, functions: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a file").path();
        if path.is_dir() {
            gather(&path, functions);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            let mut marked = false;
            for line in text.lines().map(str::trim) {
                if line == "#[test]" {
                    marked = true;
                } else if let Some(rest) = line.strip_prefix("fn ")
                    && std::mem::take(&mut marked)
                {
                    let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
                    functions.insert(rest[..end.unwrap_or(rest.len())].to_owned());
                }
            }
        }
    }
}
