//! What goes wrong is one sentence on standard error and an exit code, never a panic.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests of a program run on real sockets"
)]

mod common;

use common::{m2m, run};
use std::fs::OpenOptions;
use std::net::UdpSocket;

/// The sentence of a command that fails with this code.
fn sentence(arguments: &[&str], code: i32) -> String {
    let output = run(arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    assert!(errors.starts_with("m2m: ") && errors.ends_with('\n'), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    for jargon in ["panicked", "Err(", "Some(", "Os {", "os error", "RUST_BACKTRACE"] {
        assert!(!errors.contains(jargon), "{errors}");
    }
    errors
}

#[test]
fn command_lines_that_make_no_sense() {
    for (arguments, words) in [
        (&["dmo"][..], "dmo"),
        (&["demo", "--fast"], "--fast"),
        (&["demo", "more"], "more"),
        (&["demo", "--seed", "x"], "--seed"),
        (&["lwm2m", "server"], "--coap"),
        (&["lwm2m", "server", "--coap", "5683"], "127.0.0.1:5683"),
        (&["lwm2m", "server", "--coap", "127.0.0.1:99999"], "127.0.0.1:5683"),
        (&["lwm2m", "server", "--coap", "example:5683"], "127.0.0.1:5683"),
        (&["lwm2m", "client", "--endpoint", "a"], "--server"),
        (&["lwm2m", "client", "--server", "coap://127.0.0.1"], "--endpoint"),
        (&["lwm2m", "client", "--server", "127.0.0.1:5683", "--endpoint", "a"], "coap://"),
        (&["lwm2m", "client", "--server", "coaps://127.0.0.1", "--endpoint", "a"], "--psk"),
        (&["lwm2m", "client", "--server", "coap+ws://127.0.0.1", "--endpoint", "a"], "coap+tcp"),
        (&["lwm2m", "client", "--server", "coap://a/b", "--endpoint", "a"], "coap://"),
        (&["lwm2m", "client", "--bootstrap", "http://a", "--endpoint", "a"], "coap://"),
        (
            &[
                "lwm2m",
                "client",
                "--server",
                "coap://a",
                "--bootstrap",
                "coap://b",
                "--endpoint",
                "a",
            ],
            "--bootstrap",
        ),
        (
            &["lwm2m", "client", "--server", "coap://a", "--endpoint", "a", "--count", "0"],
            "1..=1000",
        ),
        (&["lwm2m", "client", "--server", "coap://a", "--endpoint", "a", "--psk", "x"], "a colon"),
        (
            &["lwm2m", "client", "--server", "coap://a", "--endpoint", "a", "--psk", "x:zz"],
            "hexadecimal",
        ),
        (&["lwm2m", "client", "--server", "coap://a", "--endpoint", "a", "--lwm2m", "1.3"], "1.0"),
        (&["lwm2m", "client", "--server", "coap://a", "--endpoint", "a", "--queue-mode=0"], "1"),
        (
            &[
                "lwm2m",
                "client",
                "--server",
                "coap://127.0.0.1",
                "--endpoint",
                "a",
                "--count",
                "2",
                "--state",
                "x",
            ],
            "--state is for one",
        ),
        (&["lwm2m", "client", "--server", "coap://a:b", "--endpoint", "a"], "coap://"),
        (&["lwm2m", "client", "--server", "coap://a", "--endpoint", ""], "--endpoint"),
        (&["lwm2m", "client", "--server", "coap://a", "--endpoint", "a", "--lifetime", "0"], "1"),
        (&["lwm2m", "client", "--server", "coap://a", "--endpoint", "a", "--lifetime", "1d"], "1d"),
    ] {
        let told = sentence(arguments, 2);
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn no_command_shows_the_help() {
    for arguments in [&[][..], &["lwm2m"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("Usage: m2m"));
    }
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().contains("demo"));
}

#[test]
fn what_cannot_be_done() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let told = sentence(&["lwm2m", "server", "--coap", &address], 1);
    assert!(told.contains(&address) && told.contains("already uses this port"), "{told}");
    // An address that is nobody's (RFC 5737).
    let told = sentence(&["lwm2m", "server", "--coap", "192.0.2.1:5683"], 1);
    assert!(told.contains("192.0.2.1") && told.contains("does not have that address"), "{told}");
    // A name that nobody has (RFC 6761).
    let uri = "coap://nobody.invalid";
    let told = sentence(&["lwm2m", "client", "--server", uri, "--endpoint", "a"], 1);
    assert!(told.contains("nobody.invalid"), "{told}");
    let uri = "coap://255.255.255.255";
    let told = sentence(&["lwm2m", "client", "--server", uri, "--endpoint", "a"], 1);
    assert!(told.contains("255.255.255.255"), "{told}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = m2m(&["demo", "--json"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("cannot write the output: no space left"), "{errors}");
}

#[test]
fn command_lines_of_onem2m_that_make_no_sense() {
    let cse = |more: &[&'static str]| [&["onem2m", "cse", "--store", "memory"], more].concat();
    let get = |more: &[&'static str]| [&["onem2m", "get", "cse-in"], more].concat();
    let create =
        |more: &[&'static str]| [&["onem2m", "create", "cse-in", "--type", "cnt"], more].concat();
    for (arguments, words) in [
        (cse(&[]), "--http"),
        (cse(&["--http", "8080"]), "127.0.0.1:8080"),
        (cse(&["--coaps", "127.0.0.1:0"]), "--psk ID:HEXKEY"),
        (cse(&["--coaps", "127.0.0.1:0", "--psk", "C1"]), "hexadecimal"),
        (cse(&["--http", "127.0.0.1:0", "--mqtt-ca", "x"]), "mqtts://"),
        (cse(&["--mqtt", "http://127.0.0.1"]), "mqtt://"),
        (get(&["--cse", "ftp://a"]), "ftp"),
        (get(&["--cse", "coaps://127.0.0.1"]), "--psk ID:HEXKEY"),
        (get(&["--rcn", "99"]), "0 to 12"),
        (vec!["onem2m", "get", "http://127.0.0.1:1"], "a path such as /cse-in"),
        (vec!["onem2m", "get", "cse-in//x"], "empty segment"),
        (vec!["onem2m", "update", "cse-in/x"], "--attr"),
        (vec!["onem2m", "discover", "cse-in", "--limit", "all"], "a whole number"),
        (vec!["onem2m", "discover", "cse-in", "-f", "cra=now"], "timestamp"),
        (vec!["onem2m", "subscribe", "cse-in", "--event", "0"], "1 to 10"),
        (vec!["onem2m", "create", "cse-in", "--type", "x"], "resource type"),
        (create(&["-a", "mni"]), "mni=10"),
        (create(&["-a", "mni=many"]), "a whole number"),
        (create(&["-c", "{"]), "not well-formed"),
    ] {
        let sentence = sentence(&arguments, 2);
        assert!(sentence.contains(words), "{arguments:?}: {sentence}");
    }
    let missing = ["onem2m", "get", "cse-in", "--cse", "mqtts://127.0.0.1:1", "--ca", "/nowhere"];
    assert!(sentence(&missing, 1).contains("cannot read /nowhere"));
}
