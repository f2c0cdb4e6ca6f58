//! An LwM2M server as a process of its own, and the simplest way to ask it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "helpers of tests, each test file uses some of them"
)]

use super::cse::Http;
use super::{Running, run, text};
use serde_json::Value;
use std::net::SocketAddr;

/// A running server. It is killed with the test.
pub(crate) struct Server {
    pub(crate) process: Running,
    /// Its addresses, by scheme.
    pub(crate) uris: Vec<String>,
    /// Clients that it had when it was ready.
    pub(crate) registrations: u64,
}

impl Server {
    /// Starts one over CoAP and HTTP.
    pub(crate) fn start(store: &str, more: &[&str]) -> Server {
        let any = "127.0.0.1:0";
        let usual = ["server", "--store", store, "--coap", any, "--http", any];
        Server::run(&[&usual[..], more].concat())
    }

    /// Starts a server of any kind: `server` or `bootstrap-server`, and its options.
    pub(crate) fn run(arguments: &[&str]) -> Server {
        let process = Running::start(&[&["lwm2m"], arguments, &["--json"]].concat());
        let mut uris = Vec::new();
        loop {
            let event = process.next();
            match text(&event, "event") {
                "listening" => uris.push(text(&event, "uri").to_owned()),
                "ready" => {
                    let registrations = event["registrations"].as_u64().unwrap_or(0);
                    return Server { process, uris, registrations };
                }
                _ => {}
            }
        }
    }

    /// Its URI with that scheme.
    pub(crate) fn uri(&self, scheme: &str) -> String {
        let start = format!("{scheme}://");
        self.uris.iter().find(|uri| uri.starts_with(&start)).unwrap().clone()
    }

    /// Its address for that scheme.
    pub(crate) fn at(&self, scheme: &str) -> SocketAddr {
        self.uri(scheme).split_once("://").unwrap().1.parse().unwrap()
    }

    /// Asks its API over a connection of its own.
    pub(crate) fn ask(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        ask(&mut self.http(), method, target, &body)
    }

    /// What it counts.
    pub(crate) fn metrics(&self) -> String {
        let mut http = self.http();
        send(&mut http, "GET", "/metrics", "", "");
        let (status, _, body) = http.receive().unwrap();
        assert_eq!(status, 200);
        String::from_utf8(body).unwrap()
    }

    /// The number behind a name in what it counts.
    pub(crate) fn counted(&self, name: &str) -> u64 {
        let all = self.metrics();
        let found = all.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("{name} in {all}")).parse().unwrap()
    }

    /// A connection to its API.
    pub(crate) fn http(&self) -> Http {
        Http::connect(self.at("http"))
    }

    /// Runs `m2m lwm2m VERB` at it with `--json`; gives the exit code, the lines and the errors.
    pub(crate) fn verb(&self, arguments: &[&str]) -> (i32, Vec<Value>, String) {
        let api = self.uri("http");
        let mut all = vec!["lwm2m"];
        all.extend(arguments);
        all.extend(["--api", &api, "--json"]);
        let output = run(&all);
        let errors = String::from_utf8(output.stderr).unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        let lines = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let code = output.status.code().unwrap();
        assert_eq!(errors.is_empty(), code == 0, "{all:?}: {errors}");
        (code, lines, errors)
    }

    /// The same for what has to succeed with one line, or none.
    pub(crate) fn must(&self, arguments: &[&str]) -> Value {
        let (code, lines, errors) = self.verb(arguments);
        assert_eq!(code, 0, "{arguments:?}: {errors}");
        lines.into_iter().next().unwrap_or(Value::Null)
    }

    /// Asks it to stop, and checks that it does so properly.
    pub(crate) fn stop(self) {
        self.process.signal("TERM");
        let (rest, code, errors) = self.process.end();
        assert_eq!((code, errors.as_str()), (Some(0), ""));
        assert_eq!(rest.last().unwrap()["event"], "stopped");
    }
}

/// Sends a request; the answer is read with [`answer`].
pub(crate) fn send(http: &mut Http, method: &str, target: &str, more: &str, body: &str) {
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         {more}Content-Length: {length}\r\n\r\n{body}"
    );
    http.send(request.as_bytes()).unwrap();
}

/// Reads an answer: its status and its body.
pub(crate) fn answer(http: &mut Http) -> std::io::Result<(u16, Value)> {
    let (status, head, body) = http.receive()?;
    if body.is_empty() {
        return Ok((status, Value::Null));
    }
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let problem = head.contains("content-type: application/problem+json");
    assert_eq!(problem, status >= 400, "{status}: {head}");
    if problem {
        assert_eq!(json["status"], status, "{json}");
        assert!(json["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{json}");
    }
    Ok((status, json))
}

/// Asks and reads the answer.
pub(crate) fn ask(http: &mut Http, method: &str, target: &str, body: &str) -> (u16, Value) {
    send(http, method, target, "", body);
    answer(http).unwrap()
}
