//! Clients that come over TCP (RFC 8323, Transport 1.2 section 6.4): what a connection's end means.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use coap_core::stream::Transport;
use coap_core::{
    Code, ContentFormat, Endpoint, OptionNumber, OptionWriter, Outcome, Request, RequestId,
    Response, Streams,
};
use lwm2m_core::Path;
use lwm2m_core::server::{Config, Event, Failure, Limits, RegistrationId, Server};
use m2m_base::{Duration, Instant, PeerId, Seed};

const SERVER: PeerId = PeerId(1);
const FIRST: PeerId = PeerId(0x1_0000_0001);
const SECOND: PeerId = PeerId(0x1_0000_0002);

/// A server and a client, joined by a connection or not.
struct Joined {
    server: Server,
    client: Endpoint,
    now: Instant,
    /// The connection as the server calls it.
    peer: Option<PeerId>,
    events: Vec<Event>,
    heard: Vec<coap_core::Event>,
}

impl Joined {
    fn new() -> Joined {
        let config = Config { limits: Limits::SMALL, ..Config::default() };
        let streams = Streams::default();
        let coap = coap_core::Config {
            limits: coap_core::Limits { observers: 8, ..Limits::SMALL.coap },
            parameters: coap_core::Parameters::default(),
        };
        Joined {
            server: Server::with_streams(&config, &streams, &Seed([1; 32])).unwrap(),
            client: Endpoint::with_streams(&coap, &streams, &Seed([2; 32])).unwrap(),
            now: Instant::from_millis(1000),
            peer: None,
            events: Vec::new(),
            heard: Vec::new(),
        }
    }

    fn connect(&mut self, peer: PeerId) {
        self.server.connected(self.now, peer, Transport::Tcp).unwrap();
        self.client.connected(self.now, SERVER, Transport::Tcp).unwrap();
        self.peer = Some(peer);
        self.run();
    }

    fn disconnect(&mut self) {
        self.server.disconnected(self.now, self.peer.take().unwrap());
        self.client.disconnected(self.now, SERVER);
        self.run();
    }

    /// Carries bytes, in pieces, until nobody has any.
    fn run(&mut self) {
        let mut buf = vec![0; 16_384];
        loop {
            let mut quiet = true;
            while let Some(sent) = self.server.poll_transmit(self.now, &mut buf).unwrap() {
                assert_eq!(Some(sent.peer), self.peer, "nothing goes to who is not there");
                for piece in buf[..sent.len].chunks(7) {
                    assert_eq!(self.client.handle_stream(self.now, SERVER, piece), piece.len());
                }
                quiet = false;
            }
            while let Some(sent) = self.client.poll_transmit(self.now, &mut buf).unwrap() {
                let peer = self.peer.unwrap();
                for piece in buf[..sent.len].chunks(5) {
                    assert_eq!(self.server.handle_stream(self.now, peer, piece), piece.len());
                }
                quiet = false;
            }
            while let Some(event) = self.server.poll_event() {
                self.events.push(event);
                quiet = false;
            }
            while let Some(event) = self.client.poll_event() {
                self.heard.push(event);
                quiet = false;
            }
            if quiet {
                break;
            }
        }
    }

    fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            let next = [self.server.poll_timeout(), self.client.poll_timeout()];
            let Some(at) = next.into_iter().flatten().min().filter(|at| *at <= end) else { break };
            self.now = self.now.max(at);
            self.server.handle_timeout(self.now);
            self.client.handle_timeout(self.now);
            self.run();
        }
        self.now = end;
    }

    /// The client posts; code and location.
    fn post(&mut self, uri: &str, payload: &[u8]) -> (Code, String) {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let mut buf = [0; 512];
        let mut options = OptionWriter::new(&mut buf);
        options.path(path).unwrap();
        for part in query.split('&').filter(|p| !p.is_empty()) {
            options.query(part).unwrap();
        }
        if !payload.is_empty() {
            options.content_format(ContentFormat::LINK_FORMAT).unwrap();
        }
        let options = options.options();
        let request = Request { options, payload, ..Request::new(Code::POST) };
        let id = self.client.request(self.now, SERVER, &request).unwrap();
        self.run();
        let answer = self.client.response(id).unwrap();
        let location = answer.options.all(OptionNumber::LOCATION_PATH);
        let location: Vec<_> = location.map(|s| std::str::from_utf8(s).unwrap()).collect();
        let result = (answer.code, format!("/{}", location.join("/")));
        self.client.release(id);
        self.heard.retain(|e| !is_done(e, id));
        result
    }

    fn established(&self, id: RegistrationId) -> Vec<bool> {
        self.server.observations(id).map(|o| o.established).collect()
    }

    /// The client answers what it is asked, and grants observations; what it was asked.
    fn answer(&mut self) -> Option<String> {
        let at = self.heard.iter().position(|e| matches!(e, coap_core::Event::Request { .. }))?;
        let coap_core::Event::Request { id, .. } = self.heard.remove(at) else { panic!() };
        let incoming = self.client.incoming(id).unwrap();
        let path: Vec<_> =
            incoming.options.path().map(|s| std::str::from_utf8(s).unwrap()).collect();
        let asked = format!("{} /{}", incoming.code, path.join("/"));
        let observe = incoming.observe == Some(true);
        let response = Response { payload: b"7", observe, ..Response::new(Code::CONTENT) };
        self.client.respond(self.now, id, &response).unwrap();
        self.run();
        Some(asked)
    }
}

fn is_done(event: &coap_core::Event, request: RequestId) -> bool {
    matches!(event, coap_core::Event::Done { id, outcome: Outcome::Response } if *id == request)
}

const URI: &str = "/rd?ep=a&lt=600&lwm2m=1.2&b=T";
const BATTERY: Path = Path::resource(3, 0, 9);

#[test]
fn rfc8323_a_client_registers_is_read_and_observed_over_tcp() {
    let mut j = Joined::new();
    j.connect(FIRST);
    let (code, location) = j.post(URI, b"</1/0>,</3/0>");
    assert_eq!(code, Code::CREATED);
    let id = j.server.find("a").unwrap();
    assert_eq!(j.server.registration(id).unwrap().peer(), FIRST);
    j.server.read(j.now, id, BATTERY).unwrap();
    j.run();
    assert_eq!(j.answer().unwrap(), "0.01 /3/0/9");
    assert!(matches!(j.events.pop(), Some(Event::Response { code: Code::CONTENT, .. })));
    j.server.observe(j.now, id, BATTERY).unwrap();
    j.run();
    j.answer().unwrap();
    assert_eq!(j.established(id), [true]);
    assert_eq!(j.post(&location, b"").0, Code::CHANGED);
}

/// The connection ends: what is under way fails, the registration stays, nothing is sent to
/// nobody, and when the client is back its observations are.
#[test]
fn a_registration_outlives_its_connection() {
    let mut j = Joined::new();
    j.connect(FIRST);
    let (_, location) = j.post(URI, b"</1/0>,</3/0>");
    let id = j.server.find("a").unwrap();
    j.server.observe(j.now, id, BATTERY).unwrap();
    j.run();
    j.answer().unwrap();
    let read = j.server.read(j.now, id, Path::object(3)).unwrap();
    j.run();
    j.events.clear();
    j.disconnect();
    let failed = Event::Failed { id: read, registration: id, reason: Failure::PeerDown };
    assert_eq!(j.events, [failed]);
    assert_eq!(j.established(id), [false]);
    // What is asked now waits until it cannot be.
    let waits = j.server.read(j.now, id, Path::object(1)).unwrap();
    j.pass(Duration::from_secs(200));
    let failed = Event::Failed { id: waits, registration: id, reason: Failure::Unsent };
    assert_eq!(j.events.pop(), Some(failed));
    let waits = j.server.read(j.now, id, Path::object(1)).unwrap();
    j.heard.clear();
    j.connect(SECOND);
    assert!(j.heard.is_empty(), "it did not say who it is yet");
    assert_eq!(j.post(&location, b"").0, Code::CHANGED);
    let mut asked = [j.answer().unwrap(), j.answer().unwrap()];
    asked.sort();
    assert_eq!(asked, ["0.01 /1", "0.01 /3/0/9"]);
    assert_eq!(j.established(id), [true]);
    assert!(j.events.iter().any(|e| matches!(e, Event::Response { id, .. } if *id == waits)));
    assert!(j.events.iter().any(|e| matches!(e, Event::Notified { .. })));
}

/// In queue mode nothing that can be asked again is lost with the connection.
#[test]
fn a_client_in_queue_mode_hangs_up_and_calls_again() {
    let mut j = Joined::new();
    j.connect(FIRST);
    let (_, location) = j.post(&format!("{URI}&Q"), b"</1/0>,</3/0>");
    let id = j.server.find("a").unwrap();
    let read = j.server.read(j.now, id, Path::object(3)).unwrap();
    j.run();
    j.heard.clear();
    j.disconnect();
    j.events.clear();
    j.pass(Duration::from_secs(300));
    assert!(j.events.is_empty(), "{:?}", j.events);
    j.connect(SECOND);
    assert_eq!(j.post(&location, b"").0, Code::CHANGED);
    assert_eq!(j.answer().unwrap(), "0.01 /3");
    assert!(j.events.iter().any(|e| matches!(e, Event::Response { id, .. } if *id == read)));
}

/// A peer that talks nonsense is told off, and the driver to close.
#[test]
fn rfc8323_nonsense_ends_the_connection() {
    let mut j = Joined::new();
    j.server.connected(j.now, FIRST, Transport::Tcp).unwrap();
    assert_eq!(j.server.handle_stream(j.now, FIRST, &[0xff; 40]), 40);
    let mut buf = [0; 4096];
    while j.server.poll_transmit(j.now, &mut buf).unwrap().is_some() {}
    let closes = std::iter::from_fn(|| j.server.poll_event())
        .filter(|e| matches!(e, Event::Close { peer: FIRST, .. }))
        .count();
    assert_eq!(closes, 1);
    j.server.disconnected(j.now, FIRST);
    assert_eq!(j.server.handle_stream(j.now, FIRST, b"x"), 1);
}
