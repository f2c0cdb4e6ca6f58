//! `m2m lwm2m client` under OSCORE, with our server: the context of a file, its sequence numbers over
//! kills, and what cannot go together.
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

use common::lwm2m::Server;
use common::{Running, run, text};
use serde_json::json;
use std::path::PathBuf;

const SECRET: &str = "0102030405060708090a0b0c0d0e0f10";
const SALT: &str = "9e7ca92223786340";

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("m2m-cosc-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).into_os_string().into_string().unwrap()
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }

    /// A device's context.
    fn context(&self, name: &str, secret: &str, more: &str) -> String {
        let text = format!(
            r#"{{"master_secret":"{secret}","master_salt":"{SALT}","sender_id":"02","recipient_id":"01"{more}}}"#
        );
        self.write(name, &text)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that knows the context of an endpoint.
fn server(endpoint: &str) -> Server {
    let server = Server::start("memory", &[]);
    let oscore = json!({"master_secret": SECRET, "master_salt": SALT,
        "sender_id": "01", "recipient_id": "02"});
    let body = json!({"oscore": oscore, "endpoint": endpoint});
    assert_eq!(server.ask("PUT", "/api/credentials/k1", &body).0, 201);
    server
}

fn client(options: &[&str]) -> Running {
    Running::start(&[&["lwm2m", "client", "--json", "--endpoint", "garden"], options].concat())
}

/// The server reads something, and what it said of the client.
fn managed(server: &Server) {
    let read = server.must(&["read", "garden", "/3/0/0"]);
    assert_eq!(read["values"][0]["value"], "m2m", "{read}");
    assert_eq!(server.must(&["clients", "garden"])["secure"], true);
}

#[test]
fn transport_5_5_the_context_of_a_file_over_kills() {
    let folder = Folder::new("file");
    let server = server("garden");
    let uri = server.uri("coap");
    let file = folder.context("garden.json", SECRET, "");
    let state = folder.path("state.json");
    let mut numbers = Vec::new();
    for options in [
        &[][..],
        &[],
        &["--state", state.as_str()],
        &["--state", state.as_str()],
        &[],
        &["--state", state.as_str()],
    ] {
        let all = [&["--server", uri.as_str(), "--oscore", file.as_str()], options].concat();
        let device = client(&all);
        loop {
            let event = device.next();
            // A number that was used already would be refused.
            assert_ne!(text(&event, "event"), "registration_failed", "{event}");
            if matches!(text(&event, "event"), "registered" | "updated") {
                break;
            }
        }
        managed(&server);
        numbers.push(std::fs::read_to_string(format!("{file}.state")).unwrap());
        // Nobody else may use it meanwhile.
        let other = run(&[&["lwm2m", "client", "--endpoint", "garden"], &all[..4]].concat());
        let words = String::from_utf8(other.stderr).unwrap();
        assert!(words.contains("another program uses this security context"), "{words}");
        device.signal("KILL");
    }
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    server.stop();
}

#[test]
fn transport_5_5_a_context_in_a_configuration() {
    let folder = Folder::new("config");
    let secured = server("garden");
    folder.context("garden.oscore", SECRET, "");
    let text_of = format!(
        "[[servers]]\nuri = \"{}\"\nid = 5\noscore = \"garden.oscore\"\n",
        secured.uri("coap")
    );
    let config = folder.write("device.toml", &text_of);
    let device = client(&["--config", &config]);
    device.until("registered");
    managed(&secured);
    let links = secured.must(&["clients", "garden"])["links"].to_string();
    assert!(!links.contains("/21"), "{links}");
    device.signal("TERM");
    let (rest, code, errors) = device.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(rest.iter().all(|line| !line.to_string().contains(SECRET)));
    secured.stop();
}

#[test]
fn another_key_and_none_are_refused() {
    let folder = Folder::new("wrong");
    let server = server("garden");
    let uri = server.uri("coap");
    let other = folder.context("other.json", "ff02030405060708090a0b0c0d0e0f10", "");
    for options in [&["--oscore", other.as_str()][..], &[]] {
        let device = client(&[&["--server", uri.as_str()], options].concat());
        let event = loop {
            let event = device.next();
            if matches!(text(&event, "event"), "registration_failed" | "no_answer") {
                break event;
            }
            assert_ne!(text(&event, "event"), "registered");
        };
        assert!(!event.to_string().contains(SECRET), "{event}");
        device.signal("KILL");
    }
    server.stop();
}

#[test]
fn what_cannot_go_together_is_told() {
    let folder = Folder::new("usage");
    let file = folder.context("a.json", SECRET, "");
    let renewed = folder.context("b.json", SECRET, r#","renew":true"#);
    let state = folder.path("state.json");
    let broken = folder.write("c.json", "{}");
    let uri = ["--server", "coap://127.0.0.1:9"];
    for (options, code, words) in [
        (vec!["--oscore", &file, "--server", "coap://127.0.0.1:10"], 2, "for one server"),
        (vec!["--oscore", &file, "--count", "2"], 2, "not for --count"),
        (vec!["--oscore", &renewed, "--state", &state], 2, "does not go with --state"),
        (vec!["--oscore", &broken], 1, "master_secret is missing"),
        (vec!["--oscore", "/nowhere"], 1, "cannot read /nowhere"),
    ] {
        let all = [&["lwm2m", "client", "--endpoint", "x"], &uri[..], &options].concat();
        let output = run(&all);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(words) && !errors.contains(SECRET), "{options:?}: {errors}");
        assert_eq!(output.status.code(), Some(code), "{options:?}");
    }
    let boot = ["lwm2m", "client", "--endpoint", "x", "--bootstrap", "coap://127.0.0.1:9"];
    let output = run(&[&boot[..], &["--oscore", &file]].concat());
    assert!(String::from_utf8(output.stderr).unwrap().contains("takes --state"));
}
