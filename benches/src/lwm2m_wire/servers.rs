//! The servers under load, each a process of its own.

use super::lanes::Deed;
use crate::serve::m2m;
use m2m_interop::http;
use m2m_interop::peers::leshan_class_path;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Ticks of /proc/PID/stat in a second: what Linux has told programs for decades.
const TICKS: f64 = 100.0;

/// Which one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// `m2m lwm2m server` with a store in a file.
    Store,
    /// The same in memory.
    Memory,
    Leshan,
    /// A program that sends each datagram back.
    Echo,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::Store => "m2m, store",
            Kind::Memory => "m2m, memory",
            Kind::Leshan => "Leshan, memory",
            Kind::Echo => "echo",
        }
    }
}

/// A server. It ends with its owner.
pub(super) struct Server {
    kind: Kind,
    process: Child,
    /// Its output has a reader as long as it runs.
    _output: BufReader<ChildStdout>,
    pub(super) coap: SocketAddr,
    http: Option<SocketAddr>,
    /// Clients that it had when it was ready.
    pub(super) registered: u64,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Options of the Java machine: room for what it keeps, and all its compilers.
const JAVA: [&str; 4] = ["-Xms1g", "-Xmx4g", "-server", "-cp"];

impl Server {
    /// Starts one and waits until it listens.
    pub(super) fn start(kind: Kind, store: &str) -> Server {
        let mut command = match kind {
            Kind::Store | Kind::Memory => Command::new(m2m()),
            Kind::Leshan => Command::new("java"),
            Kind::Echo => Command::new(std::env::current_exe().expect("this program")),
        };
        match kind {
            Kind::Store | Kind::Memory => {
                let store = if kind == Kind::Store { store } else { "memory" };
                command.args(["lwm2m", "server", "--coap", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
                command.args(["--json", "--store", store]);
            }
            Kind::Leshan => {
                command.args(JAVA).arg(leshan_class_path()).arg("PeerServer");
                command.stderr(Stdio::null());
            }
            Kind::Echo => {
                command.arg("echo");
            }
        }
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", kind.name()));
        let mut output = BufReader::new(process.stdout.take().expect("piped"));
        let (coap, http, registered) = listening(kind, &mut output);
        Server { kind, process, _output: output, coap, http, registered }
    }

    /// User and system time of the process so far, in seconds.
    pub(super) fn cpu(&self) -> f64 {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()));
        let text = text.expect("a running server, on Linux");
        // Behind the name, which may hold anything: state is the first field, utime the twelfth.
        let (_, fields) = text.rsplit_once(')').expect("a name in parentheses");
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
        (ticks(11) + ticks(12)) / TICKS
    }

    /// Resident memory in MiB.
    pub(super) fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("a running server, on Linux");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.expect("VmRSS").trim().trim_end_matches(" kB").parse::<f64>();
        kib.expect("a number") / 1024.0
    }

    /// Has the server observe `/3303/0/5700` of an endpoint. False if Leshan has no answer.
    pub(super) fn observe(http: SocketAddr, kind: Kind, endpoint: &str) -> bool {
        let below = "3303/0/5700";
        let (method, target) = match kind {
            Kind::Leshan => {
                ("POST", format!("/api/clients/{endpoint}/{below}/observe?format=TEXT"))
            }
            _ => ("PUT", format!("/api/clients/{endpoint}/{below}/observation?format=text")),
        };
        let (status, body) = http::request(http, method, &target, "application/json", "");
        let done = status < 300;
        assert!(done || kind == Kind::Leshan, "{method} {target}: {status} {body}");
        done
    }

    /// Where its API is, if it has one.
    pub(super) fn api(&self) -> Option<(SocketAddr, Kind)> {
        self.http.map(|http| (http, self.kind))
    }

    /// How often something happened, by the server's own count.
    pub(super) fn count(&self, deed: Deed) -> Option<u64> {
        let name = match deed {
            Deed::Register => "registrations",
            Deed::Update => "updates",
            Deed::Notify => "notifications",
        };
        let http = self.http?;
        if self.kind == Kind::Leshan {
            let (_, body) = http::request(http, "GET", "/api/counts", "", "");
            return serde_json::from_str::<Value>(&body).expect("JSON")[name].as_u64();
        }
        let (_, body) = http::request(http, "GET", "/metrics", "", "");
        let wanted = format!("m2m_lwm2m_{name}_total ");
        body.lines().find_map(|line| line.strip_prefix(&wanted)?.trim().parse().ok())
    }
}

/// Reads where a server listens, and how many are registered.
fn listening(kind: Kind, output: &mut impl BufRead) -> (SocketAddr, Option<SocketAddr>, u64) {
    let mut line = || {
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        line.trim().to_owned()
    };
    match kind {
        Kind::Echo => (local(line().parse().expect("a port")), None, 0),
        Kind::Leshan => {
            let ready = line();
            let port = |name: &str| {
                let word = ready.split(' ').find_map(|word| word.strip_prefix(name));
                local(word.and_then(|port| port.parse().ok()).expect("a port"))
            };
            (port("coap="), Some(port("http=")), 0)
        }
        Kind::Store | Kind::Memory => {
            let (mut coap, mut http) = (None, None);
            loop {
                let line: Value = serde_json::from_str(&line()).expect("JSON");
                let uri = line["uri"].as_str().unwrap_or_default();
                if let Some(address) = uri.strip_prefix("coap://") {
                    coap = address.parse().ok();
                }
                if let Some(address) = uri.strip_prefix("http://") {
                    http = address.parse().ok();
                }
                if line["event"] == "ready" {
                    let registered = line["registrations"].as_u64().unwrap_or(0);
                    return (coap.expect("an address"), http, registered);
                }
            }
        }
    }
}
