//! The `m2m` command and Leshan over DTLS with pre-shared keys: the cases of the enabler test
//! specification for security, by their numbers.
#![allow(
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::leshan;
use m2m_interop::peers::m2m;
use m2m_interop::process::{Process, Scratch};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

const KEY: &str = "00112233445566778899aabbccddeeff";
const WRONG: &str = "ffeeddccbbaa99887766554433221100";

/// The next JSON line with this event.
fn until(command: &mut Process, event: &str) -> Value {
    command.wait_line(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        (value["event"] == event).then_some(value)
    })
}

/// Where a command listens with this scheme.
fn listens(command: &mut Process, scheme: &str) -> String {
    let prefix = format!("{scheme}://");
    command.wait_line(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        value["uri"].as_str().filter(|uri| uri.starts_with(&prefix)).map(str::to_owned)
    })
}

/// ETS 401: our device, Leshan's server; with the key and without.
#[test]
fn oma_int_401_psk_our_client() {
    if m2m_interop::skipped() {
        return;
    }
    let mut server = leshan::secure(&["server", "garden", "id-1", KEY]);
    let uri = format!("coaps://127.0.0.1:{}", server.wait_start("READY"));
    let client = |key: &str| {
        let psk = format!("id-1:{key}");
        let arguments =
            ["lwm2m", "client", "--server", &uri, "--psk", &psk, "--endpoint", "garden"];
        Process::start(m2m(), &[&arguments[..], &["--json"]].concat())
    };
    let mut stranger = client(WRONG);
    until(&mut stranger, "no_answer");
    drop(stranger);
    let mut station = client(KEY);
    assert_eq!(server.wait_start("REGISTERED"), "garden Identity [psk=id-1]");
    assert_eq!(server.wait_start("READ"), "m2m");
    until(&mut station, "registered");
    station.interrupt();
    assert_eq!(server.wait_start("GONE"), "garden");
    assert_eq!(station.wait_end().code(), Some(0));
}

/// ETS 401: Leshan's client, our server, which is given the key by its API.
#[test]
fn oma_int_401_psk_our_server() {
    if m2m_interop::skipped() {
        return;
    }
    let options =
        ["--coaps", "127.0.0.1:0", "--http", "127.0.0.1:0", "--store", "memory", "--watch"];
    let mut server =
        Process::start(m2m(), &[&["lwm2m", "server", "--json"][..], &options].concat());
    let uri = listens(&mut server, "coaps");
    let http = listens(&mut server, "http");
    let http = http.strip_prefix("http://").unwrap();
    let body = json!({"key": KEY, "endpoint": "java"}).to_string();
    let mut stream = TcpStream::connect(http).unwrap();
    write!(
        stream,
        "PUT /api/credentials/id-2 HTTP/1.1\r\nhost: {http}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    // It has the key, and is somebody else.
    let mut other = leshan::secure(&["client", &uri, "javelin", "id-2", KEY]);
    other.wait_start("FAILED");
    drop(other);
    let mut client = leshan::secure(&["client", &uri, "java", "id-2", KEY]);
    client.wait_start("REGISTERED");
    assert_eq!(until(&mut server, "registered")["endpoint"], "java");
    server.interrupt();
    assert_eq!(server.wait_end().code(), Some(0));
}

/// ETS 1: a bootstrap by DTLS, then registration.
#[test]
fn oma_int_1_psk_bootstrap_by_our_bootstrap_server() {
    if m2m_interop::skipped() {
        return;
    }
    let mut server = Process::start(m2m(), &["lwm2m", "server", "--coap", "127.0.0.1:0", "--json"]);
    let uri = listens(&mut server, "coap");
    let scratch = Scratch::new();
    let file = scratch.file("bootstrap.toml");
    let text = format!(
        "[[credentials]]\nidentity = \"id-3\"\nkey = \"{KEY}\"\nendpoint = \"java\"\n\
         [[configurations]]\npattern = \"*\"\nsecure = true\n\
         servers = [{{ uri = \"{uri}\", id = 101, lifetime = 44 }}]\n"
    );
    std::fs::write(&file, text).unwrap();
    let arguments = ["lwm2m", "bootstrap-server", "--coaps", "127.0.0.1:0", "--config", &file];
    let mut boots = Process::start(m2m(), &[&arguments[..], &["--json"]].concat());
    let secure = listens(&mut boots, "coaps");
    let mut other = leshan::secure(&["client", &secure, "javelin", "id-3", KEY, "bootstrap"]);
    other.wait_start("FAILED");
    drop(other);
    let mut client = leshan::secure(&["client", &secure, "java", "id-3", KEY, "bootstrap"]);
    client.wait_start("BOOTSTRAPPED");
    client.wait_start("REGISTERED");
    assert_eq!(until(&mut boots, "started")["secure"], true);
    assert_eq!(until(&mut boots, "ended")["outcome"], "finished");
    let registered = until(&mut server, "registered");
    assert_eq!((&registered["endpoint"], &registered["lifetime"]), (&"java".into(), &44.into()));
}
