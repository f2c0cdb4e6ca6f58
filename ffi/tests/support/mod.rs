//! What the tests of this package share: the compiler, the libraries under test, the header.

#![allow(dead_code, reason = "each test uses a part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Warnings with which everything in C has to compile.
pub(crate) const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// The package's folder.
pub(crate) fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The repository.
pub(crate) fn repository() -> &'static Path {
    package().parent().unwrap()
}

/// The committed header.
pub(crate) fn header() -> PathBuf {
    repository().join("include/m2m.h")
}

/// A fresh folder for one test's files.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_dir_all(&dir).or_else(|e| if dir.exists() { Err(e) } else { Ok(()) }).unwrap();
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// A library that cargo built with this test: it lies beside the test's own program.
pub(crate) fn library(name: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let path = program.parent().unwrap().join(name);
    assert!(path.exists(), "{} was not built", path.display());
    path
}

/// True where a tool that is missing is an error, not a reason to skip.
pub(crate) fn everything() -> bool {
    std::env::var_os("M2M_CI").is_some_and(|v| !v.is_empty() && v != "0")
}

/// The C compiler.
pub(crate) fn cc() -> String {
    std::env::var("CC").unwrap_or_else(|_| "cc".into())
}

/// Runs a command, and fails with its output if it fails.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    output
}

/// Compiles one C file against the static library.
pub(crate) fn build(source: &Path, program: &Path, flags: &[&str]) {
    build_with(&library("libm2m.a"), source, program, flags);
}

/// Compiles one C file against a library.
pub(crate) fn build_with(library: &Path, source: &Path, program: &Path, flags: &[&str]) {
    let mut cc = Command::new(cc());
    cc.arg("-std=c99").args(WARNINGS).args(flags).arg("-I").arg(repository().join("include"));
    cc.arg("-o").arg(program).arg(source).arg(library);
    run(cc.args(LIBRARIES));
}

/// What the static library needs from the system.
const LIBRARIES: [&str; 3] = ["-lpthread", "-ldl", "-lm"];
