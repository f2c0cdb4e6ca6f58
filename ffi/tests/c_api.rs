//! The tests in C, as they are, under the sanitizers of the compiler, and under valgrind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use support::{build, cc, everything, header, package, run, scratch};

const FILES: &[&str] = &[
    "api",
    "server",
    "guard",
    "handles",
    "arena",
    "arena_size",
    "firmware",
    "senml",
    "senml_stream",
    "coap",
    "lwm2m",
    "bootstrap",
    "streams",
    "oscore",
    "oscore_messages",
    "coap_streams",
    "messages",
    "payload",
    "mqtt",
    "more",
    "onem2m",
    "cse",
    "bindings",
    "primitives",
    "onem2m_values",
];
const POSIX: &str = "-D_POSIX_C_SOURCE=200809L";
const SANITIZE: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

/// Builds one file of tests/c.
fn program(flavour: &str, file: &str, flags: &[&str]) -> PathBuf {
    let program = scratch(&format!("c-{flavour}-{file}")).join(file);
    let source = package().join("tests/c").join(format!("{file}.c"));
    build(&source, &program, &[&["-g", "-pthread", POSIX], flags].concat());
    program
}

fn passed(file: &str, command: &mut Command) {
    let output = run(command);
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("all of {file}.c passed\n"));
}

#[test]
fn every_file_is_run() {
    let mut found: Vec<_> = fs::read_dir(package().join("tests/c"))
        .unwrap()
        .filter_map(|e| Some(e.unwrap().file_name().to_str()?.strip_suffix(".c")?.to_owned()))
        .collect();
    found.sort();
    let mut listed = FILES.to_vec();
    listed.sort_unstable();
    assert_eq!(found, listed);
}

#[test]
fn plain() {
    for file in FILES {
        passed(file, &mut Command::new(program("plain", file, &[])));
    }
}

/// True if the compiler has the sanitizers and programs made with them run here.
fn sanitizers() -> bool {
    let dir = scratch("c-sanitizer-probe");
    let source = dir.join("probe.c");
    fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let mut command = Command::new(cc());
    command.args(SANITIZE).arg("-o").arg(dir.join("probe")).arg(&source);
    command.output().is_ok_and(|o| o.status.success())
        && Command::new(dir.join("probe")).output().is_ok_and(|o| o.status.success())
}

#[test]
fn under_address_and_undefined_behaviour_sanitizer() {
    if !sanitizers() && !everything() {
        println!("skipped: {} has no sanitizers", cc());
        return;
    }
    for file in FILES {
        let program = program("sanitized", file, &SANITIZE);
        // Without this, a compiler that ignores the flag would pass the test.
        let symbols = run(Command::new("nm").arg(&program)).stdout;
        let symbols = String::from_utf8_lossy(&symbols);
        assert!(symbols.contains("__asan_init"), "{file} is not instrumented");
        assert!(symbols.contains("__ubsan_handle"), "{file} is not instrumented");
        let mut command = Command::new(program);
        command.env("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1");
        passed(file, &mut command);
    }
}

#[test]
fn under_valgrind() {
    if !Command::new("valgrind").arg("--version").output().is_ok_and(|o| o.status.success()) {
        assert!(!everything(), "valgrind is not installed");
        println!("skipped: valgrind is not installed");
        return;
    }
    for file in FILES {
        let program = program("valgrind", file, &[]);
        let mut command = Command::new("valgrind");
        command.args(["--quiet", "--error-exitcode=99", "--leak-check=full"]);
        command.args(["--errors-for-leak-kinds=definite", "--show-leak-kinds=definite"]);
        passed(file, command.arg(program));
    }
}

/// Calls inside calls and bugs are tried with every function that takes a handle.
#[test]
fn every_function_of_a_handle_is_guarded() {
    let text = fs::read_to_string(header()).unwrap();
    let tried: String = ["guard", "handles"]
        .map(|file| fs::read_to_string(package().join(format!("tests/c/{file}.c"))).unwrap())
        .concat();
    // What tells no errors, and what makes or frees; the tests have these too, in their own way.
    let others =
        ["_new", "_new_with_streams", "_free", "_init", "_init_frame", "_tag", "_poll_timeout"];
    let kinds = [
        "m2m_lwm2m_client",
        "m2m_lwm2m_server",
        "m2m_lwm2m_bootstrap_server",
        "m2m_coap_endpoint",
        "m2m_onem2m_ae",
        "m2m_onem2m_cse",
        "m2m_coap_reader",
        "m2m_coap_writer",
        "m2m_oscore_context",
        "m2m_link_reader",
        "m2m_link_writer",
        "m2m_lwm2m_payload_reader",
        "m2m_senml_reader",
        "m2m_senml_writer",
        "m2m_senml_stream",
        "m2m_lwm2m_mqtt",
    ];
    let mut found = 0;
    for kind in kinds {
        for mutable in ["", "const "] {
            let handle = format!("({mutable}struct {kind} *");
            for (at, _) in text.match_indices(&handle) {
                let name = text[..at].rsplit([' ', '\n']).next().unwrap();
                if others.iter().any(|end| name.ends_with(end)) || !name.starts_with(kind) {
                    continue;
                }
                found += 1;
                assert!(tried.contains(&format!("{name}(")), "{name} is in no test of guards");
            }
        }
    }
    assert!(found > 180, "{found}");
}
