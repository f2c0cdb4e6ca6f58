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
        let any = "127.0.0.1:0";
        let mut process = Process::start(
            m2m(),
            &[
                "onem2m", "cse", "--json", "--store", "memory", "--http", any, "--coap", any,
                "--ws", any, "--mqtt", &mqtt,
            ],
        );
        let mut listens = |scheme: &str| {
            process.wait_line(20, |line| {
                let line: Value = serde_json::from_str(line).ok()?;
                let uri = line.get("uri")?.as_str()?;
                uri.strip_prefix(scheme)?.strip_prefix("://")?.parse::<SocketAddr>().ok()
            })
        };
        let (http, coap, websocket) = (listens("http"), listens("coap"), listens("ws"));
        process.wait_line(20, |line| line.contains("\"connected\":true").then_some(()));
        Cse { http, coap, websocket, broker, _process: process }
    }
}
