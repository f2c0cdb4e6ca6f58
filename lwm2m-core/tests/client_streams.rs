//! Our client and our server over connections (RFC 8323; binding T): registration, operations,
//! observation, connections that end.
#![cfg(all(feature = "client", feature = "stream", feature = "server"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use coap_core::stream::Transport;
use coap_core::{Code, Streams};
use lwm2m_core::client::{self, Client, Failure, Registration, ServerAccount};
use lwm2m_core::server::{self, RegistrationId, Server};
use lwm2m_core::{Path, Value, Version, object};
use m2m_base::{Duration, Instant, PeerId, Seed};

const SSID: u16 = 101;
const NAME: &str = "urn:dev:os:32473-1";
const TEMPERATURE: Path = Path::resource(3303, 0, 5700);
static OBJECTS: [&lwm2m_core::ObjectDefinition<'static>; 1] = [&object::TEMPERATURE];

/// A client, a server, and the connection between them, whose bytes come in pieces.
struct Line {
    client: Client,
    server: Server,
    now: Instant,
    /// The number of the connection on either side; `None` while there is none.
    peer: Option<PeerId>,
    next: u64,
    events: Vec<client::Event>,
    told: Vec<server::Event>,
    /// Requests of the client, by their codes.
    requests: Vec<String>,
}

impl Line {
    fn new(version: Version, uri: &'static str) -> Line {
        let streams = Streams { connections: 2, message_size: 2048, ..Streams::default() };
        let config = client::Config { objects: &OBJECTS, version, ..client::Config::new(NAME) };
        let mut client = Client::with_streams(&config, &streams, &Seed([1; 32])).unwrap();
        let now = Instant::from_millis(1000);
        let peer = PeerId(1);
        let account = ServerAccount {
            version,
            binding: "T",
            lifetime: 300,
            ..ServerAccount::new(SSID, peer, uri)
        };
        client.connected(now, peer, Transport::Tcp).unwrap();
        client.add_server(now, &account).unwrap();
        client.add_instance(now, Path::instance(3303, 0)).unwrap();
        client.set(now, TEMPERATURE, Value::Float(20.0)).unwrap();
        let config = server::Config::default();
        let mut server = Server::with_streams(&config, &streams, &Seed([2; 32])).unwrap();
        server.connected(now, peer, Transport::Tcp).unwrap();
        client.start(now);
        let mut line = Line {
            client,
            server,
            now,
            peer: Some(peer),
            next: 2,
            events: Vec::new(),
            told: Vec::new(),
            requests: Vec::new(),
        };
        line.settle();
        line
    }

    fn settle(&mut self) {
        let mut buf = [0; 4096];
        for _ in 0..200 {
            let mut quiet = true;
            while let Some(t) = self.client.poll_transmit(self.now, &mut buf).unwrap() {
                quiet = false;
                let bytes = &buf[..t.len];
                if let Ok(text) = std::str::from_utf8(bytes).map(str::to_owned) {
                    self.requests.push(text);
                } else {
                    self.requests.push(String::from_utf8_lossy(bytes).into_owned());
                }
                for piece in bytes.chunks(7).filter(|_| self.peer == Some(t.peer)) {
                    assert_eq!(self.server.handle_stream(self.now, t.peer, piece), piece.len());
                }
            }
            while let Some(t) = self.server.poll_transmit(self.now, &mut buf).unwrap() {
                quiet = false;
                for piece in buf[..t.len].chunks(5).filter(|_| self.peer == Some(t.peer)) {
                    assert_eq!(self.client.handle_stream(self.now, t.peer, piece), piece.len());
                }
            }
            self.events.extend(std::iter::from_fn(|| self.client.poll_event()));
            self.told.extend(std::iter::from_fn(|| self.server.poll_event()));
            if quiet {
                return;
            }
        }
        panic!("no end");
    }

    fn pass_secs(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += Duration::from_secs(1);
            self.client.handle_timeout(self.now);
            self.server.handle_timeout(self.now);
            self.settle();
        }
    }

    /// The connection breaks, for both.
    fn cut(&mut self) {
        let peer = self.peer.take().unwrap();
        self.client.disconnected(self.now, peer);
        self.server.disconnected(self.now, peer);
        self.settle();
    }

    /// What the driver does when the client asks for a connection.
    fn connect(&mut self) {
        let peer = PeerId(self.next);
        self.next += 1;
        self.peer = Some(peer);
        self.server.connected(self.now, peer, Transport::Tcp).unwrap();
        self.client.connected(self.now, peer, Transport::Tcp).unwrap();
        self.client.set_peer(self.now, SSID, peer).unwrap();
        self.settle();
    }

    fn registration(&self) -> RegistrationId {
        self.server.find(NAME).expect("registered")
    }

    fn observe(&mut self) {
        let id = self.registration();
        self.server.observe(self.now, id, TEMPERATURE).unwrap();
        self.settle();
    }

    /// Notifications that the server got since it was asked last.
    fn notified(&mut self) -> usize {
        let told = std::mem::take(&mut self.told);
        let ids = told.into_iter().filter_map(|event| match event {
            server::Event::Notified { id, .. } => Some(id),
            _ => None,
        });
        let ids: Vec<_> = ids.collect();
        ids.iter().for_each(|id| self.server.release_notification(*id));
        ids.len()
    }
}

#[test]
fn transport_6_1_binding_t_registers_and_is_managed() {
    let mut line = Line::new(Version::V1_1, "coap+tcp://server.example.com");
    assert_eq!(line.events, [client::Event::Registered { server: SSID }]);
    let id = line.registration();
    assert_eq!(line.server.registration(id).unwrap().lifetime(), 300);
    assert!(line.requests.iter().any(|text| text.contains("b=T")), "{:?}", line.requests);
    // A Read, with an answer.
    let read = line.server.read(line.now, id, Path::instance(3, 0)).unwrap();
    line.settle();
    let answered = line.told.iter().any(|event| {
        matches!(event, server::Event::Response { id, code, .. }
            if *id == read && *code == Code::CONTENT)
    });
    assert!(answered, "{:?}", line.told);
    // Notifications, and an Update in time.
    line.observe();
    line.client.set(line.now, TEMPERATURE, Value::Float(21.0)).unwrap();
    line.settle();
    assert_eq!(line.notified(), 1);
    line.pass_secs(250);
    assert!(line.events.contains(&client::Event::Updated { server: SSID }));
    assert_eq!(line.client.registration(SSID), Some(Registration::Registered));
}

#[test]
fn a_connection_that_is_lost_is_made_again_and_the_registration_goes_on() {
    let mut line = Line::new(Version::V1_1, "coap+tcp://server.example.com");
    line.observe();
    let id = line.registration();
    for round in 1..4u8 {
        line.events.clear();
        line.cut();
        assert_eq!(line.events, [client::Event::Connect { server: SSID, security: 0 }]);
        line.pass_secs(10);
        line.requests.clear();
        line.connect();
        assert!(!line.requests.iter().any(|text| text.contains("lwm2m=")), "an Update");
        assert_eq!(line.events.last(), Some(&client::Event::Updated { server: SSID }));
        assert_eq!(line.registration(), id);
        // The server observes again.
        line.notified();
        let value = Value::Float(30.0 + f64::from(round));
        line.client.set(line.now, TEMPERATURE, value).unwrap();
        line.settle();
        assert_eq!(line.notified(), 1);
    }
    // What changed without a connection is told with the Update.
    line.cut();
    line.client.add_instance(line.now, Path::instance(3303, 1)).unwrap();
    line.connect();
    let registration = line.server.registration(id).unwrap();
    assert!(registration.links().any(|link| link.path == Path::instance(3303, 1)));
}

#[test]
fn over_tls_before_1_2_another_session_is_another_registration() {
    for (version, registers) in [(Version::V1_1, true), (Version::V1_2, false)] {
        let mut line = Line::new(version, "coaps+tcp://server.example.com");
        line.client.set(line.now, Path::resource(0, 0, 2), Value::Integer(0)).unwrap();
        // Other credentials: another connection, and another registration for that alone.
        line.settle();
        line.connect();
        line.settle();
        line.cut();
        line.requests.clear();
        line.connect();
        let registered = line.requests.iter().any(|text| text.contains("lwm2m="));
        assert_eq!(registered, registers, "{version:?}");
        assert_eq!(line.client.registration(SSID), Some(Registration::Registered));
    }
}

#[test]
fn a_connection_that_ends_early_is_a_failed_attempt() {
    let mut line = Line::new(Version::V1_1, "coap+tcp://server.example.com");
    line.client.register(line.now, SSID).unwrap();
    let peer = line.peer.take().unwrap();
    line.client.disconnected(line.now, peer);
    line.server.disconnected(line.now, peer);
    line.settle();
    let again = Some(line.now + Duration::from_secs(60));
    let reason = Failure::Connection;
    let failed = client::Event::RegistrationFailed { server: SSID, reason, again };
    assert_eq!(line.events.last(), Some(&failed));
    line.pass_secs(60);
    assert_eq!(line.events.last(), Some(&client::Event::Connect { server: SSID, security: 0 }));
    line.connect();
    assert_eq!(line.events.last(), Some(&client::Event::Registered { server: SSID }));
}

#[test]
fn a_peer_that_breaks_the_rules_is_to_be_disconnected() {
    let mut line = Line::new(Version::V1_1, "coap+tcp://server.example.com");
    let peer = line.peer.unwrap();
    // A token length that there is not.
    let garbage = [0xff; 40];
    assert_eq!(line.client.handle_stream(line.now, peer, &garbage), 40);
    line.settle();
    let close = line
        .events
        .iter()
        .filter(|e| matches!(e, client::Event::Close { peer: p, .. } if *p == peer));
    assert_eq!(close.count(), 1, "{:?}", line.events);
    line.cut();
    assert!(line.events.contains(&client::Event::Connect { server: SSID, security: 0 }));
    line.connect();
    assert_eq!(line.client.registration(SSID), Some(Registration::Registered));
}

#[test]
fn a_cut_at_every_byte_of_a_registration() {
    let mut buf = [0; 4096];
    for cut in (0..200).step_by(7) {
        let mut line = Line::new(Version::V1_1, "coap+tcp://server.example.com");
        line.client.register(line.now, SSID).unwrap();
        let peer = line.peer.unwrap();
        let mut left = cut;
        while let Some(t) = line.client.poll_transmit(line.now, &mut buf).unwrap() {
            let n = t.len.min(left);
            left -= n;
            assert_eq!(line.server.handle_stream(line.now, peer, &buf[..n]), n);
        }
        line.cut();
        line.pass_secs(60);
        line.connect();
        assert_eq!(line.client.registration(SSID), Some(Registration::Registered), "{cut}");
        assert_eq!(line.server.registration_count(), 1);
    }
}
