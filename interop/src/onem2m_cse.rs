//! `m2m onem2m cse` as a peer of plain clients, with mosquitto as its broker.

use crate::acme::Broker;
use crate::peers::m2m;
use crate::process::Process;
use serde_json::Value;
use std::net::SocketAddr;

/// A running IN-CSE `/id-in` named `cse-in`, administered by `CAdmin`, with all four bindings.
pub struct Cse {
    /// Where HTTP is.
    pub http: SocketAddr,
    /// Where CoAP is.
    pub coap: SocketAddr,
    /// Where WebSocket is.
    pub websocket: SocketAddr,
    /// The broker.
    pub broker: Broker,
    _process: Process,
}

impl Cse {
    /// Starts it, with a broker.
    ///
    /// # Panics
    /// If one of them is missing or does not come up.
    #[must_use]
    pub fn start() -> Cse {
        let broker = Broker::start();
        let mqtt = format!("mqtt://{}", broker.address);
        Cse::start_by(broker, &["--mqtt", &mqtt])
    }

    /// The same, with the broker of another one.
    ///
    /// # Panics
    /// If it does not come up.
    #[must_use]
    pub fn start_beside(other: &Cse, more: &[&str]) -> Cse {
        let mqtt = format!("mqtt://{}", other.broker.address);
        Cse::start_by(other.broker.clone(), &[&["--mqtt", &mqtt], more].concat())
    }

    fn start_by(broker: Broker, more: &[&str]) -> Cse {
        let any = "127.0.0.1:0";
        let own = [
            "onem2m", "cse", "--json", "--store", "memory", "--http", any, "--coap", any, "--ws",
            any,
        ];
        let mut process = Process::start(m2m(), &[&own[..], more].concat());
        let mut listens = |scheme: &str| {
            process.wait_line(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                let uri = line.get("uri")?.as_str()?;
                uri.strip_prefix(scheme)?.strip_prefix("://")?.parse::<SocketAddr>().ok()
            })
        };
        let (http, coap, websocket) = (listens("http"), listens("coap"), listens("ws"));
        process.wait_line(|line| line.contains("\"connected\":true").then_some(()));
        Cse { http, coap, websocket, broker, _process: process }
    }
}

/// A running CSE over HTTP alone: ACME prefers CoAP where it can choose, and cannot notify over it.
pub struct HttpCse {
    /// Where it is.
    pub http: SocketAddr,
    _process: Process,
}

impl HttpCse {
    /// Starts it.
    ///
    /// # Panics
    /// If it does not come up.
    #[must_use]
    pub fn start(more: &[&str]) -> HttpCse {
        let own = ["onem2m", "cse", "--json", "--store", "memory", "--http", "127.0.0.1:0"];
        let mut process = Process::start(m2m(), &[&own[..], more].concat());
        let http = process.wait_line(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            line.get("uri")?.as_str()?.strip_prefix("http://")?.parse().ok()
        });
        HttpCse { http, _process: process }
    }
}
