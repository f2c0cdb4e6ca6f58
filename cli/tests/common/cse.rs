//! A CSE as a process of its own, and the simplest way to ask it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "helpers of tests, each test file uses some of them"
)]

use super::{LONG, Running, run, text};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;

/// A running CSE. It is killed with the test.
pub(crate) struct Cse {
    pub(crate) process: Running,
    /// Its addresses, by scheme.
    pub(crate) uris: Vec<String>,
    /// Resources that it had when it was ready.
    pub(crate) resources: u64,
}

impl Cse {
    /// Starts one over HTTP, CoAP and WebSocket.
    pub(crate) fn start(store: &str, more: &[&str]) -> Cse {
        let any = "127.0.0.1:0";
        let mut arguments = vec!["onem2m", "cse", "--json", "--store", store];
        arguments.extend(["--http", any, "--coap", any, "--ws", any]);
        arguments.extend(more);
        Cse::await_ready(Running::start(&arguments))
    }

    /// The same over HTTP alone.
    pub(crate) fn start_http(store: &str) -> Cse {
        let arguments = ["onem2m", "cse", "--json", "--store", store, "--http", "127.0.0.1:0"];
        Cse::await_ready(Running::start(&arguments))
    }

    fn await_ready(process: Running) -> Cse {
        let mut uris = Vec::new();
        loop {
            let event = process.next();
            match text(&event, "event") {
                "listening" => uris.push(text(&event, "uri").to_owned()),
                "ready" => {
                    let resources = event["resources"].as_u64().unwrap();
                    return Cse { process, uris, resources };
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

    /// Its address for HTTP.
    pub(crate) fn http(&self) -> SocketAddr {
        self.uri("http").trim_start_matches("http://").parse().unwrap()
    }

    /// Asks it to stop, and checks that it does so properly.
    pub(crate) fn stop(self) {
        self.process.signal("TERM");
        let (rest, code, errors) = self.process.end();
        assert_eq!((code, errors.as_str()), (Some(0), ""));
        assert_eq!(rest.last().unwrap()["event"], "stopped");
    }
}

/// Runs `m2m onem2m VERB` at a CSE with `--json`; gives the exit code and the content.
pub(crate) fn ask(cse: &str, verb: &str, arguments: &[&str]) -> (i32, Value) {
    let mut all = vec!["onem2m", verb, "--json", "--cse", cse];
    all.extend(arguments);
    let output = run(&all);
    let code = output.status.code().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors.is_empty(), code == 0, "{all:?}: {errors}");
    (code, serde_json::from_str(&out).unwrap_or(Value::Null))
}

/// The same for what has to succeed.
pub(crate) fn must(cse: &str, verb: &str, arguments: &[&str]) -> Value {
    let (code, content) = ask(cse, verb, arguments);
    assert_eq!(code, 0, "{verb} {arguments:?} by {cse}");
    content
}

/// A connection for HTTP.
pub(crate) struct Http(BufReader<TcpStream>);

impl Http {
    pub(crate) fn connect(server: SocketAddr) -> Http {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.set_nodelay(true).unwrap();
        Http(BufReader::new(stream))
    }

    /// Sends bytes. The other side may have closed the connection.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Reads a response: status, headers in small letters, body.
    pub(crate) fn receive(&mut self) -> std::io::Result<(u16, String, Vec<u8>)> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let head = head.to_ascii_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(0, |length| length.trim().parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok((status, head, body))
    }

    /// Reads a line, without its end.
    pub(crate) fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }

    /// Sends a request of CAdmin and reads the response.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        target: &str,
        ty: Option<u32>,
        body: &str,
    ) -> std::io::Result<(u16, Vec<u8>)> {
        let media =
            ty.map_or(String::new(), |ty| format!("Content-Type: application/json;ty={ty}\r\n"));
        let length = body.len();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: cse\r\nX-M2M-Origin: CAdmin\r\nX-M2M-RI: 7\r\n\
             X-M2M-RVI: 3\r\n{media}Content-Length: {length}\r\n\r\n{body}"
        );
        self.send(request.as_bytes())?;
        let (status, _, body) = self.receive()?;
        Ok((status, body))
    }
}

/// A folder that goes with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("m2m-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
