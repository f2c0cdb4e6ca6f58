//! ACME, the oneM2M CSE in Python, and mosquitto as its broker.

use crate::onem2m::{Http, Link};
use crate::peers::{file, installed};
use crate::process::{Process, Scratch};
use crate::{free_port, loopback, wait_for};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::Request;
use onem2m_core::{Operation, ReleaseVersion};
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What it is among other CSEs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// An IN-CSE at which nobody registers.
    Alone,
    /// An IN-CSE at which `/id-mn` may register.
    Registrar,
    /// The MN-CSE `/id-mn`, named `cse-mn`, which registers at `/id-in`, named `cse-in`, there.
    Registree(SocketAddr),
}

/// A running CSE, `/id-in` named `cse-in` if it is an IN-CSE, administered by `CAdmin`, with all
/// four bindings.
pub struct Acme {
    /// Where HTTP is.
    pub http: SocketAddr,
    /// Where CoAP is.
    pub coap: SocketAddr,
    /// Where WebSocket is.
    pub websocket: SocketAddr,
    /// The broker.
    pub broker: Broker,
    _process: Process,
    _folder: Scratch,
}

/// A broker. It runs as long as somebody has it.
#[derive(Clone)]
pub struct Broker {
    /// Where it is.
    pub address: SocketAddr,
    running: Arc<(Mutex<Option<Process>>, Scratch)>,
}

fn wait_until_it_listens(what: &str, address: SocketAddr) {
    wait_for(what, || TcpStream::connect(address).ok());
}

impl Broker {
    /// Starts mosquitto.
    ///
    /// # Panics
    /// If it is missing or does not come up.
    #[must_use]
    pub fn start() -> Broker {
        Broker::start_with("")
    }

    /// The same, with further lines of its configuration for the listener.
    ///
    /// # Panics
    /// If it is missing or does not come up.
    #[must_use]
    pub fn start_with(more: &str) -> Broker {
        Broker::start_as(&format!("{more}allow_anonymous true\n"))
    }

    /// The same for those whom a file of `mosquitto_passwd` names.
    ///
    /// # Panics
    /// If it is missing or does not come up.
    #[must_use]
    pub fn start_for(passwords: &str) -> Broker {
        Broker::start_as(&format!("allow_anonymous false\npassword_file {passwords}\n"))
    }

    fn start_as(lines: &str) -> Broker {
        let address = loopback(free_port());
        let folder = Scratch::new();
        let path = folder.file("mosquitto.conf");
        let port = address.port();
        // Who starts it as root gives it another user, who cannot read what is private here.
        let text = format!("user root\nlistener {port} 127.0.0.1\n{lines}persistence false\n");
        std::fs::write(&path, text).expect("written");
        let process = Broker::process(&folder, address);
        Broker { address, running: Arc::new((Mutex::new(Some(process)), folder)) }
    }

    fn process(folder: &Scratch, address: SocketAddr) -> Process {
        let program = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"]
            .into_iter()
            .find(|path| std::path::Path::new(path).exists())
            .unwrap_or("mosquitto");
        let process = Process::start(program, &["-c", &folder.file("mosquitto.conf")]);
        wait_until_it_listens("mosquitto", address);
        process
    }

    /// Kills it.
    pub fn stop(&self) {
        drop(self.running.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Starts it again where it was.
    pub fn again(&self) {
        let process = Broker::process(&self.running.1, self.address);
        *self.running.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
    }
}

impl Acme {
    /// Starts it, with a broker.
    ///
    /// # Panics
    /// If one of them is missing or does not come up.
    #[must_use]
    pub fn start() -> Acme {
        Acme::start_at(Place::Alone)
    }

    /// The same, for a place among other CSEs. It ends at once and without a word when one of its
    /// ports was taken meanwhile, and is started again then.
    ///
    /// # Panics
    /// If one of them is missing or does not come up.
    #[must_use]
    pub fn start_at(place: Place) -> Acme {
        let broker = Broker::start();
        (0..3).find_map(|_| Acme::try_start(place, &broker)).expect("ACME stays")
    }

    /// Nothing if it ended by itself.
    fn try_start(place: Place, broker: &Broker) -> Option<Acme> {
        let [http, coap, websocket] = [(); 3].map(|()| loopback(free_port()));
        let folder = Scratch::new();
        let (kind, id, name) = match place {
            Place::Registree(_) => ("MN", "id-mn", "cse-mn"),
            _ => ("IN", "id-in", "cse-in"),
        };
        let registrar = match place {
            Place::Registree(at) => [at.ip().to_string(), at.port().to_string()],
            _ => [(); 2].map(|()| String::new()),
        };
        let known = |text: &'static str| if registrar[1].is_empty() { "" } else { text };
        let others = if place == Place::Alone { "false" } else { "true" };
        let sections: [(&str, &[(&str, &str)]); 11] = [
            (
                "basic.config",
                &[
                    ("cseType", kind),
                    ("cseID", id),
                    ("cseName", name),
                    ("serviceProviderID", "//m2m.example"),
                    ("adminID", "CAdmin"),
                    ("networkInterface", "127.0.0.1"),
                    ("cseHost", "127.0.0.1"),
                    ("httpPort", &http.port().to_string()),
                    ("databaseType", "memory"),
                    ("logLevel", "off"),
                    ("registrarCseHost", &registrar[0]),
                    ("registrarCsePort", &registrar[1]),
                    ("registrarCseID", known("id-in")),
                    ("registrarCseName", known("cse-in")),
                ],
            ),
            ("cse", &[("enableRemoteCSE", others)]),
            (
                "cse.registration",
                &[("allowedCSROriginators", "/id-in,/id-mn"), ("checkInterval", "2")],
            ),
            ("http.wsgi", &[("enable", "true")]),
            ("coap", &[("enable", "true"), ("port", &coap.port().to_string())]),
            (
                "mqtt",
                &[
                    ("enable", "true"),
                    ("address", "127.0.0.1"),
                    ("port", &broker.address.port().to_string()),
                ],
            ),
            (
                "websocket",
                &[
                    ("enable", "true"),
                    ("listenIF", "127.0.0.1"),
                    ("port", &websocket.port().to_string()),
                ],
            ),
            ("console", &[("headless", "true")]),
            ("textui", &[("startWithTUI", "false")]),
            ("webui", &[("enable", "false")]),
            ("logging", &[("enableScreenLogging", "false"), ("enableFileLogging", "false")]),
        ];
        let mut text = String::new();
        for (section, keys) in sections {
            let _ = writeln!(text, "[{section}]");
            for (key, value) in keys {
                let _ = writeln!(text, "{key}={value}");
            }
        }
        std::fs::write(folder.file("acme.ini"), text).expect("written");
        let python = file(installed().join("acme/bin/python"));
        let mut process =
            Process::start(&python, &["-m", "acmecse", "-dir", folder.path(), "--headless"]);
        for (what, address) in [("ACME's HTTP", http), ("ACME's WebSocket", websocket)] {
            wait_for(what, || match process.ended() {
                Some(status) => Some(Err(status)),
                None => TcpStream::connect(address).ok().map(Ok),
            })
            .ok()?;
        }
        // It listens before it answers.
        let mut link = Http::new(http, Serialization::Json);
        let mut request = Request::new(Operation::Retrieve, name.into(), "ready".into());
        request.from = Some("CAdmin".into());
        request.release_version_indicator = Some(ReleaseVersion::R3);
        wait_for("ACME's answer", || link.ask(&request).status.is_success().then_some(()));
        let broker = broker.clone();
        Some(Acme { http, coap, websocket, broker, _process: process, _folder: folder })
    }
}
