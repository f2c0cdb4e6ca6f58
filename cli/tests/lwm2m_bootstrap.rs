//! `m2m lwm2m bootstrap-server`: what it is told by a file and by its API, and what it tells.
#![cfg(unix)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests of a program run on real sockets"
)]

mod common;

use common::cse::Folder;
use common::lwm2m::Server;
use common::{run, text};
use serde_json::{Value, json};
use std::net::UdpSocket;
use std::time::Duration;

const KEY: &str = "000102030405060708090a0b0c0d0e0f";
const SECRET: &str = "5555555555555555aaaaaaaaaaaaaaaa";

fn start(options: &[&str]) -> Server {
    Server::run(&[&["bootstrap-server"], options].concat())
}

fn write(folder: &Folder, name: &str, text: &str) -> String {
    let file = folder.file(name);
    std::fs::write(&file, text).unwrap();
    file
}

/// Sends a request without security; the code of the answer.
fn ask(server: &Server, query: &str) -> u8 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server.at("coap")).unwrap();
    socket.set_read_timeout(Some(common::LONG)).unwrap();
    let mut datagram = b"\x40\x02\x00\x01\xb2bs".to_vec();
    datagram.push(0x40 | u8::try_from(query.len()).unwrap());
    datagram.extend(query.as_bytes());
    socket.send(&datagram).unwrap();
    let mut buf = [0; 1500];
    let len = socket.recv(&mut buf).unwrap();
    assert!(len >= 4);
    buf[1]
}

#[test]
fn configurations_come_by_the_api_and_stay() {
    let folder = Folder::new("stay");
    let store = folder.file("store.redb");
    let options = ["--coap", "127.0.0.1:0", "--http", "127.0.0.1:0", "--store", store.as_str()];
    let server = start(&options);
    // Nobody is configured.
    assert_eq!(ask(&server, "ep=a"), 0x80);
    let refused = server.process.until("refused");
    assert_eq!(text(&refused, "endpoint"), "a");
    let given = json!({"servers": [{"uri": "coap://192.0.2.1", "id": 101, "lifetime": 300}]});
    let (status, body) = server.ask("PUT", "/api/configurations/a", &given);
    assert_eq!((status, &body["servers"][0]["lifetime"]), (201, &json!(300)), "{body}");
    assert_eq!(server.ask("PUT", "/api/configurations/a", &given).0, 200);
    let secret = json!({"servers": [{
        "uri": "coaps://192.0.2.1", "id": 1, "psk": {"identity": "i", "key": SECRET}
    }], "write": {"/0/0/5": "QUJDREVGR0g="}});
    let (status, body) = server.ask("PUT", "/api/patterns/s-*", &secret);
    assert_eq!((status, &body["secure"]), (201, &json!(true)), "{body}");
    let key = json!({"key": KEY, "endpoint": "s-1"});
    let (status, body) = server.ask("PUT", "/api/credentials/id-1", &key);
    assert_eq!(
        (status, body),
        (201, json!({"identity": "id-1", "endpoint": "s-1", "kind": "psk"}))
    );
    // One is served, one has to come by DTLS.
    assert_eq!(ask(&server, "ep=a"), 0x44);
    assert_eq!(ask(&server, "ep=s-1"), 0x80);
    // It is told what is missing: not the configuration.
    let refused = server.process.until("refused");
    assert_eq!(text(&refused, "endpoint"), "s-1");
    assert!(text(&refused, "reason").contains("show who they are"), "{refused}");
    assert_eq!(server.counted("m2m_bootstrap_not_configured_total"), 2);
    let (_, sessions) = server.ask("GET", "/api/sessions", &Value::Null);
    assert_eq!(sessions["sessions"][0]["endpoint"], "a", "{sessions}");
    assert_eq!(server.ask("DELETE", "/api/sessions/a", &Value::Null).0, 204);
    assert_eq!(server.ask("DELETE", "/api/sessions/a", &Value::Null).0, 404);
    let ended = server.process.until("ended");
    assert_eq!(text(&ended, "reason"), "it was given up here");
    let (_, body) = server.ask("GET", "/api/configurations/a", &Value::Null);
    assert_eq!(body["last"]["outcome"], "failed", "{body}");
    server.process.signal("TERM");
    let (_, code, errors) = server.process.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));

    // All is there after a restart, and no answer has a key in it.
    let server = start(&options);
    let (_, all) = server.ask("GET", "/api/configurations", &Value::Null);
    assert_eq!(all["configurations"].as_array().unwrap().len(), 2);
    let (_, keys) = server.ask("GET", "/api/credentials", &Value::Null);
    assert_eq!(keys["credentials"][0]["identity"], "id-1");
    let metrics = server.metrics();
    assert!(metrics.contains("m2m_bootstrap_configurations 2\n"), "{metrics}");
    let (_, document) = server.ask("GET", "/openapi.json", &Value::Null);
    assert!(document["paths"]["/api/configurations/{endpoint}"]["put"].is_object());
    for body in [all.to_string(), keys.to_string(), metrics, document.to_string()] {
        assert!(![KEY, SECRET, "QUJD"].iter().any(|key| body.contains(key)), "{body}");
    }
    assert_eq!(server.ask("DELETE", "/api/patterns/s-*", &Value::Null).0, 204);
    assert_eq!(server.ask("DELETE", "/api/patterns/s-*", &Value::Null).0, 404);
    assert_eq!(server.ask("DELETE", "/api/credentials/id-1", &Value::Null).0, 204);
    assert_eq!(server.ask("GET", "/api/patterns/s-*", &Value::Null).0, 404);
}

#[test]
fn what_is_wrong_is_told_in_one_sentence() {
    let folder = Folder::new("wrong");
    let bad_key = write(&folder, "key.toml", "[[credentials]]\nidentity = \"a\"\nkey = \"00zz\"\n");
    let bad_name = write(&folder, "name.toml", "\n[[configurations]]\nservrs = []\n");
    let nobody = write(&folder, "nobody.toml", "[[configurations]]\nservers = []\n");
    let twice = "[[configurations]]\nendpoint = \"a\"\ndelete = [\"x\"]\n";
    let twice = write(&folder, "path.toml", twice);
    let coap = ["--coap", "127.0.0.1:0"];
    for (arguments, code, words) in [
        (&["--http", "127.0.0.1:0"][..], 2, "--coap"),
        (&[coap[0], coap[1], "--http", "0.0.0.0:0"], 2, "--token"),
        (&[coap[0], coap[1], "--token", "x"], 2, "--http"),
        (&["--coap", "5683"], 2, "127.0.0.1:5683"),
        (&[coap[0], coap[1], "--config", "/nowhere/at/all"], 1, "cannot read /nowhere/at/all"),
        (&[coap[0], coap[1], "--config", &bad_key], 2, "hexadecimal"),
        (&[coap[0], coap[1], "--config", &bad_name], 2, "servrs"),
        (&[coap[0], coap[1], "--config", &nobody], 2, "needs an endpoint or a pattern"),
        (&[coap[0], coap[1], "--config", &twice], 2, "\"x\" is no path"),
    ] {
        let mut all = vec!["lwm2m", "bootstrap-server"];
        all.extend(arguments);
        let output = run(&all);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(words), "{arguments:?}: {errors}");
        assert!(errors.starts_with("m2m: ") && errors.lines().count() == 1, "{errors}");
        assert!(!errors.contains("00zz"), "{errors}");
    }
    let options = ["--coap", "127.0.0.1:0", "--http", "127.0.0.1:0", "--store", "memory"];
    let server = start(&options);
    for (method, target, body, status, words) in [
        ("PUT", "/api/configurations/a", json!({"servers": 7}), 400, "no configuration"),
        ("PUT", "/api/configurations/a", json!({"delete": ["x"]}), 400, "no path"),
        ("PUT", "/api/configurations/a", json!({"endpoint": "a"}), 400, "the path says"),
        ("PUT", "/api/configurations/a", json!({"write": {"/3/0/14": 1}}), 400, "string"),
        ("PUT", "/api/credentials/a", json!({"key": "77zz"}), 400, "hexadecimal"),
        ("PUT", "/api/credentials/a", json!("77zz"), 400, "no credential"),
        ("POST", "/api/sessions", json!({"endpoint": "a"}), 400, "address"),
        ("POST", "/api/sessions", json!({"endpoint": "a", "address": "127.0.0.1:9"}), 404, "\"a\""),
        ("GET", "/api/configurations/a", Value::Null, 404, "no such"),
        ("POST", "/api/configurations/a", Value::Null, 405, "GET, PUT, DELETE"),
    ] {
        let (got, answer) = server.ask(method, target, &body);
        assert_eq!(got, status, "{method} {target}: {answer}");
        let detail = text(&answer, "detail");
        assert!(detail.contains(words) && !detail.contains("77zz"), "{method} {target}: {detail}");
    }
}

#[test]
fn a_bootstrap_server_is_managed_by_commands() {
    let folder = Folder::new("boot-verbs");
    let any = "127.0.0.1:0";
    let server = start(&["--coap", any, "--http", any, "--store", "memory"]);
    let toml = write(&folder, "a.toml", "servers = [{ uri = \"coap://192.0.2.1\", id = 101 }]\n");
    let json = write(&folder, "b.json", "{\"servers\": [], \"write\": {\"/3/0/14\": \"+01:00\"}}");
    let shown = server.must(&["configurations", "set", "a", &toml]);
    assert_eq!((&shown["endpoint"], &shown["servers"][0]["id"]), (&json!("a"), &json!(101)));
    assert_eq!(server.must(&["configurations", "set", "s-*", &json])["pattern"], "s-*");
    let all = server.must(&["configurations"]);
    assert_eq!(all["configurations"].as_array().unwrap().len(), 2);
    assert_eq!(server.must(&["configurations", "show", "s-*"])["write"]["/3/0/14"], "+01:00");
    let device = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = device.local_addr().unwrap().to_string();
    assert_eq!(server.must(&["sessions", "start", "a", &address])["endpoint"], "a");
    assert_eq!(server.must(&["sessions"])["sessions"][0]["endpoint"], "a");
    let mut buf = [0; 64];
    device.set_read_timeout(Some(common::LONG)).unwrap();
    // Discover.
    assert_eq!(buf[device.recv(&mut buf).unwrap().min(1)], 1);
    server.must(&["sessions", "abort", "a"]);
    assert_eq!(server.process.until("ended")["outcome"], "failed");
    let mut http = server.http();
    http.send(b"GET /api/events?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut seen = Vec::new();
    while seen.last().is_none_or(|name| name != "ended") {
        seen.extend(http.line().unwrap().strip_prefix("event: ").map(str::to_owned));
    }
    assert!(seen.contains(&"started".to_owned()), "{seen:?}");
    server.must(&["configurations", "remove", "s-*"]);
    let secret =
        write(&folder, "c.toml", "servers = [{ uri = \"a\", id = 1, psk = \"77aa77aa\" }]\n");
    let half = write(&folder, "d.json", "{\"servers\": \"77aa77aa\"");
    for (arguments, code, words) in [
        (&["configurations", "show", "s-*"][..], 4, "no such configuration"),
        (&["configurations", "set", "x", &secret], 4, "no configuration"),
        (&["configurations", "set", "x", &half], 2, "line 1 column"),
        (&["configurations", "set", "x", "/nowhere"], 1, "cannot read /nowhere"),
        (&["sessions", "abort", "a"], 4, "no session"),
        (&["sessions", "start", "a", "here"], 2, "ADDR:PORT"),
    ] {
        let (got, _, errors) = server.verb(arguments);
        assert_eq!(got, code, "{arguments:?}: {errors}");
        assert!(errors.contains(words) && !errors.contains("77aa"), "{arguments:?}: {errors}");
    }
    server.stop();
}

/// Anybody can ask for what nobody configured: all are counted, and few are told.
#[test]
fn a_flood_of_strangers_does_not_flood_the_output() {
    let any = "127.0.0.1:0";
    let began = std::time::Instant::now();
    let server = start(&["--coap", any, "--http", any, "--store", "memory"]);
    let socket = UdpSocket::bind(any).unwrap();
    socket.connect(server.at("coap")).unwrap();
    for n in 0..2000u16 {
        let name = format!("ep=x{n:04}");
        let [high, low] = n.to_be_bytes();
        let mut datagram = vec![0x50, 2, high, low, 0xb2, b'b', b's', 0x48];
        datagram.extend(name.as_bytes().iter().take(8));
        socket.send(&datagram).unwrap();
        if n % 50 == 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    let until = std::time::Instant::now() + common::LONG;
    while server.counted("m2m_bootstrap_not_configured_total") < 500 {
        assert!(std::time::Instant::now() < until);
        std::thread::sleep(Duration::from_millis(50));
    }
    server.process.signal("TERM");
    let (lines, code, _) = server.process.end();
    let told = lines.iter().filter(|line| line["event"] == "refused").count();
    let most = 20 * usize::try_from(began.elapsed().as_secs() + 2).unwrap();
    assert!(code == Some(0) && (1..=most).contains(&told), "{told} of {most}");
}
