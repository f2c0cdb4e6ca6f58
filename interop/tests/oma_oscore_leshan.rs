//! Leshan's client under OSCORE (RFC 8613, Transport 1.2 section 5.5) at the server and the
//! bootstrap server of the `m2m` command.
#![allow(
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::http::{self, Events};
use m2m_interop::leshan;
use m2m_interop::peers::m2m;
use m2m_interop::process::{Process, Scratch};
use serde_json::{Value, json};
use std::net::SocketAddr;

const SECRET: &str = "11223344556677889900aabbccddeeff";
const OTHER: &str = "ffeeddccbbaa99887766554433221100";

/// Where a command listens with this scheme.
fn listens(command: &mut Process, scheme: &str) -> String {
    let prefix = format!("{scheme}://");
    command.wait_line(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        value["uri"].as_str().filter(|uri| uri.starts_with(&prefix)).map(str::to_owned)
    })
}

fn address(uri: &str) -> SocketAddr {
    uri.split_once("://").unwrap().1.parse().unwrap()
}

/// A context as the server sees it.
fn context(secret: &str) -> Value {
    json!({"master_secret": secret, "sender_id": "5e", "recipient_id": "c1"})
}

fn ask(http: SocketAddr, method: &str, target: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, answer) = http::request(http, method, target, "application/json", &body);
    (status, serde_json::from_str(&answer).unwrap_or(Value::Null))
}

/// ETS 11 from the server's side: registers, is read, written and observed, updates, leaves; all of
/// it protected.
#[test]
fn oscore_our_server_leshan_client() {
    if m2m_interop::skipped() {
        return;
    }
    let options = ["--coap", "127.0.0.1:0", "--http", "127.0.0.1:0", "--store", "memory"];
    let mut server =
        Process::start(m2m(), &[&["lwm2m", "server", "--json"][..], &options].concat());
    let uri = listens(&mut server, "coap");
    let http = address(&listens(&mut server, "http"));
    let credential = json!({"oscore": context(SECRET), "endpoint": "java"});
    assert_eq!(ask(http, "PUT", "/api/credentials/k1", &credential).0, 201);
    let mut events = Events::open(http, "/api/events");

    // Another secret does not get in, nor another name under a right one.
    let other = json!({"master_secret": OTHER, "sender_id": "5e", "recipient_id": "c2"});
    let credential = json!({"oscore": other, "endpoint": "somebody"});
    assert_eq!(ask(http, "PUT", "/api/credentials/k2", &credential).0, 201);
    for (name, id) in [("java", "c1"), ("javelin", "c2")] {
        let mut stranger = leshan::oscore(&[&uri, name, id, "5e", OTHER]);
        stranger.wait_start("FAILED");
    }
    let mut client = leshan::oscore(&[&uri, "java", "c1", "5e", SECRET]);
    client.wait_start("REGISTERED");
    let registered = events.wait("registered").data;
    assert_eq!(
        (&registered["endpoint"], &registered["client"]["lifetime"]),
        (&"java".into(), &60.into())
    );

    let (status, read) = ask(http, "GET", "/api/clients/java/3/0/0", &Value::Null);
    assert_eq!((status, &read["values"][0]["value"]), (200, &"m2m".into()), "{read}");
    let written = json!({"value": 120});
    let (status, answer) = ask(http, "PUT", "/api/clients/java/1/0/1", &written);
    assert_eq!(status, 200, "{answer}");
    client.wait_start("UPDATED");
    assert_eq!(events.wait("updated").data["client"]["lifetime"], 120);

    let (status, answer) =
        ask(http, "PUT", "/api/clients/java/3303/0/5700/observation", &Value::Null);
    assert!(status < 300, "{status} {answer}");
    for value in [21.5, -40.25] {
        client.send_line(&format!("set {value}"));
        let told = events.wait("notification").data;
        assert_eq!(told["values"][0]["value"], value, "{told}");
    }
    client.send_line("update");
    client.wait_start("UPDATED");
    client.send_line("quit");
    client.wait_start("GONE");
    assert_eq!(events.wait("deregistered").data["reason"], "client");
    // This client keeps no sequence numbers: when it starts anew under the same keys, what it sends
    // is what was sent before (RFC 8613 section 7.4).
    let mut again = leshan::oscore(&[&uri, "java", "c1", "5e", SECRET]);
    assert_eq!(again.wait_start("FAILED"), "UNAUTHORIZED(401) Replay detected");
    server.interrupt();
    assert_eq!(server.wait_end().code(), Some(0));
}

/// ETS 11: a bootstrap under OSCORE, then registration at a server.
#[test]
fn oscore_our_bootstrap_server_leshan_client() {
    if m2m_interop::skipped() {
        return;
    }
    let mut server = Process::start(m2m(), &["lwm2m", "server", "--coap", "127.0.0.1:0", "--json"]);
    let uri = listens(&mut server, "coap");
    let scratch = Scratch::new();
    let file = scratch.file("bootstrap.toml");
    let text = format!(
        "[[credentials]]\nidentity = \"k1\"\nendpoint = \"java\"\n\
         oscore = {{ master_secret = \"{SECRET}\", sender_id = \"5e\", recipient_id = \"c1\" }}\n\
         [[configurations]]\npattern = \"*\"\n\
         servers = [{{ uri = \"{uri}\", id = 101, lifetime = 44 }}]\n"
    );
    std::fs::write(&file, text).unwrap();
    let arguments = ["lwm2m", "bootstrap-server", "--coap", "127.0.0.1:0", "--config", &file];
    let mut boots = Process::start(m2m(), &[&arguments[..], &["--json"]].concat());
    let boot = listens(&mut boots, "coap");
    let mut client = leshan::oscore(&[&boot, "java", "c1", "5e", SECRET, "bootstrap"]);
    client.wait_start("BOOTSTRAPPED");
    client.wait_start("REGISTERED");
}
