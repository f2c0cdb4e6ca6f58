//! What is installed is found: by pkg-config and by CMake, as a shared and as a static library.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{WARNINGS, cc, everything, library, package, repository, run, scratch};

/// True if all these programs are there; an error if they have to be.
fn have(programs: &[&str]) -> bool {
    let missing: Vec<_> = programs
        .iter()
        .filter(|p| !Command::new(p).arg("--version").output().is_ok_and(|o| o.status.success()))
        .collect();
    assert!(missing.is_empty() || !everything(), "not installed: {missing:?}");
    if !missing.is_empty() {
        println!("skipped: not installed: {missing:?}");
    }
    missing.is_empty()
}

/// Installs the libraries of this build.
fn install(name: &str) -> PathBuf {
    let prefix = scratch(name).join("usr");
    let built = library("libm2m.a");
    let mut make = Command::new("make");
    make.arg("-C").arg(package()).arg("install").arg(format!("PREFIX={}", prefix.display()));
    run(make.arg(format!("BUILT={}", built.parent().unwrap().display())));
    assert!(prefix.join("include/m2m.hpp").exists());
    prefix
}

fn source() -> PathBuf {
    repository().join("examples/c/posix_client.c")
}

/// Without arguments it says how it is used: it was linked, and its library was found.
fn runs(program: &Path, libraries: &Path) {
    let output = Command::new(program).env("LD_LIBRARY_PATH", libraries).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("usage"), "{output:?}");
}

#[test]
fn pkg_config_finds_it() {
    if !have(&["make", "pkg-config"]) {
        return;
    }
    let prefix = install("install-pkg-config");
    let ask = |flags: &[&str]| {
        let mut pkg_config = Command::new("pkg-config");
        pkg_config.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).args(flags).arg("m2m");
        String::from_utf8(run(&mut pkg_config).stdout).unwrap()
    };
    assert_eq!(ask(&["--modversion"]).trim(), env!("CARGO_PKG_VERSION"));
    for (name, flags) in
        [("shared", &["--cflags", "--libs"][..]), ("static", &["--static", "--cflags", "--libs"])]
    {
        if name == "static" {
            // What the linker takes when the shared library is not there.
            fs::remove_file(prefix.join("lib/libm2m.so")).unwrap();
        }
        let program = prefix.join(name);
        let mut command = Command::new(cc());
        command.arg("-std=c99").args(WARNINGS).arg("-o").arg(&program).arg(source());
        run(command.args(ask(flags).split_whitespace()));
        runs(&program, &prefix.join("lib"));
    }
}

#[test]
fn cmake_finds_it() {
    if !have(&["make", "cmake"]) {
        return;
    }
    let prefix = install("install-cmake");
    let project = scratch("install-cmake-project");
    let list = format!(
        "cmake_minimum_required(VERSION 3.10)\n\
         project(station C)\n\
         find_package(m2m {version} REQUIRED CONFIG)\n\
         foreach(kind m2m static)\n\
           add_executable(station_${{kind}} \"{source}\")\n\
           target_link_libraries(station_${{kind}} m2m::${{kind}})\n\
         endforeach()\n",
        version = env!("CARGO_PKG_VERSION"),
        source = source().display(),
    );
    fs::write(project.join("CMakeLists.txt"), &list).unwrap();
    let configure = |build: &str| {
        let mut cmake = Command::new("cmake");
        cmake.arg("-S").arg(&project).arg("-B").arg(project.join(build));
        cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()));
        cmake
    };
    run(&mut configure("build"));
    run(Command::new("cmake").arg("--build").arg(project.join("build")));
    for kind in ["m2m", "static"] {
        runs(&project.join(format!("build/station_{kind}")), &prefix.join("lib"));
    }

    // Another version is another interface.
    for other in ["0.0", "0.99", "1.0"] {
        let list = list.replace(env!("CARGO_PKG_VERSION"), other);
        fs::write(project.join("CMakeLists.txt"), list).unwrap();
        let output = configure(&format!("build-{other}")).output().unwrap();
        assert!(!output.status.success(), "{other}");
    }
}
