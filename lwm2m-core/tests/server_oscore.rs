//! Clients behind OSCORE (RFC 8613): who they are, and that nothing goes to them unprotected.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use coap_core::oscore::SecurityParameters;
use coap_core::{
    Code, ContentFormat, Endpoint, History, Message, OptionNumber, OptionWriter, Request, Response,
    SecurityId,
};
use lwm2m_core::Path;
use lwm2m_core::server::{Config, Event, Limits, RegistrationId, Server, UsageError};
use m2m_base::{Instant, PeerId, Seed};

const SERVER: PeerId = PeerId(1);
const CLIENT: PeerId = PeerId(2);

fn limits() -> coap_core::Limits {
    coap_core::Limits { security_contexts: 4, ..Limits::SMALL.coap }
}

fn parameters(server: bool) -> SecurityParameters<'static> {
    let (sender_id, recipient_id): (&[u8], &[u8]) =
        if server { (b"s", b"c") } else { (b"c", b"s") };
    SecurityParameters {
        aead: coap_core::oscore::Aead::AesCcm16_64_128,
        master_secret: &[7; 16],
        master_salt: &[],
        sender_id,
        recipient_id,
        id_context: None,
    }
}

struct Secured {
    server: Server,
    client: Endpoint,
    now: Instant,
    ours: SecurityId,
    theirs: SecurityId,
    events: Vec<Event>,
    heard: Vec<coap_core::Event>,
    /// What the server sent that was not protected.
    plain: Vec<Code>,
}

impl Secured {
    fn new() -> Secured {
        let limits = Limits { coap: limits(), ..Limits::SMALL };
        let config = Config { limits, ..Config::default() };
        let coap =
            coap_core::Config { limits: limits.coap, parameters: coap_core::Parameters::default() };
        let mut server = Server::new(&config, &Seed([1; 32])).unwrap();
        let mut client = Endpoint::new(&coap, &Seed([2; 32])).unwrap();
        let ours = server.add_security_context("a", &parameters(true), History::New).unwrap();
        let theirs = client.add_security_context(&parameters(false), History::New).unwrap();
        let now = Instant::from_millis(1000);
        let (events, heard, plain) = (Vec::new(), Vec::new(), Vec::new());
        Secured { server, client, now, ours, theirs, events, heard, plain }
    }

    fn run(&mut self) {
        let mut buf = [0; 2048];
        loop {
            let mut quiet = true;
            while let Some(event) = self.server.poll_event() {
                self.events.push(event);
                quiet = false;
            }
            while let Some(event) = self.client.poll_event() {
                self.heard.push(event);
                quiet = false;
            }
            while let Some(sent) = self.server.poll_transmit(self.now, &mut buf).unwrap() {
                let m = Message::parse(&buf[..sent.len]).unwrap();
                if m.code != Code::EMPTY && m.options.first(OptionNumber::OSCORE).is_none() {
                    self.plain.push(m.code);
                }
                self.client.handle_datagram(self.now, SERVER, &buf[..sent.len]);
                quiet = false;
            }
            while let Some(sent) = self.client.poll_transmit(self.now, &mut buf).unwrap() {
                self.server.handle_datagram(self.now, CLIENT, &buf[..sent.len]);
                quiet = false;
            }
            if quiet {
                break;
            }
        }
    }

    fn post(&mut self, uri: &str, payload: &[u8], protected: bool) -> (Code, String) {
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
        let id = if protected {
            self.client.request_under(self.now, SERVER, self.theirs, &request).unwrap()
        } else {
            self.client.request(self.now, SERVER, &request).unwrap()
        };
        self.run();
        let answer = self.client.response(id).unwrap();
        let location = answer.options.all(OptionNumber::LOCATION_PATH);
        let location: Vec<_> = location.map(|s| std::str::from_utf8(s).unwrap()).collect();
        let result = (answer.code, format!("/{}", location.join("/")));
        self.client.release(id);
        self.heard.retain(|e| matches!(e, coap_core::Event::Request { .. }));
        result
    }

    fn registered(&mut self) -> (RegistrationId, String) {
        let (code, location) = self.post("/rd?lt=600&lwm2m=1.2", b"</3/0>", true);
        assert_eq!(code, Code::CREATED);
        (self.server.find("a").unwrap(), location)
    }
}

#[test]
fn a_security_context_says_who_a_client_is() {
    let mut s = Secured::new();
    // Without the context nobody is `a`, and with it nobody is anybody else.
    assert_eq!(s.post("/rd?ep=a&lt=600&lwm2m=1.2", b"</3/0>", false).0, Code::UNAUTHORIZED);
    assert_eq!(s.post("/rd?ep=b&lt=600&lwm2m=1.2", b"</3/0>", true).0, Code::BAD_REQUEST);
    let (id, location) = s.registered();
    s.plain.clear();
    assert_eq!(s.post(&location, b"", true).0, Code::CHANGED);
    assert!(s.plain.is_empty());
    // Its location is of no use to who does not have the context.
    assert_eq!(s.post(&location, b"", false).0, Code::NOT_FOUND);
    assert!(s.server.registration(id).is_some());
    let other = s.server.add_security_context("a", &parameters(true), History::New);
    assert_eq!(other, Err(UsageError::Syntax));
}

#[test]
fn requests_go_under_the_context_or_not_at_all() {
    let mut s = Secured::new();
    let (id, _) = s.registered();
    s.plain.clear();
    s.server.read(s.now, id, Path::resource(3, 0, 9)).unwrap();
    s.run();
    let Some(coap_core::Event::Request { id: incoming, .. }) = s.heard.pop() else { panic!() };
    assert!(s.client.incoming(incoming).unwrap().security.is_some());
    s.client.respond(s.now, incoming, &Response::new(Code::CONTENT)).unwrap();
    s.run();
    assert!(s.events.iter().any(|e| matches!(e, Event::Response { code: Code::CONTENT, .. })));
    // The context goes; nothing is sent in the clear.
    s.server.remove_security_context(s.now, s.ours);
    s.server.read(s.now, id, Path::resource(3, 0, 9)).unwrap();
    s.run();
    assert!(s.plain.is_empty() && s.heard.is_empty());
    s.ours = s
        .server
        .add_security_context("a", &parameters(true), History::Stored { next: 1000 })
        .unwrap();
    s.run();
    assert_eq!(s.server.operations(id).count(), 1);
    // It goes out as soon as the client is heard.
    s.theirs = {
        s.client.remove_security_context(s.now, s.theirs);
        s.client.add_security_context(&parameters(false), History::Stored { next: 1000 }).unwrap()
    };
    s.run();
    let location = s.server.registration(id).unwrap().location();
    assert_eq!(s.post(location.as_str(), b"", true).0, Code::CHANGED);
    assert!(matches!(s.heard.pop(), Some(coap_core::Event::Request { .. })));
}

/// Sequence numbers are kept before they are used.
#[test]
fn rfc8613_b_1_1_nothing_is_sent_before_its_numbers_are_kept() {
    let limits = Limits { coap: limits(), ..Limits::SMALL };
    let config = Config { limits, ..Config::default() };
    let mut server = Server::new(&config, &Seed([1; 32])).unwrap();
    let id = server.add_security_context("a", &parameters(true), History::New).unwrap();
    let mut buf = [0; 256];
    // An unprotected ping would be answered.
    server.handle_datagram(Instant::ZERO, CLIENT, b"\x40\x00\x12\x34");
    assert!(server.poll_transmit(Instant::ZERO, &mut buf).unwrap().is_none());
    let Some(Event::SequenceReserved { id: of, up_to }) = server.poll_event() else { panic!() };
    assert!(of == id && up_to > 0);
    assert!(server.poll_transmit(Instant::ZERO, &mut buf).unwrap().is_some());
}

#[test]
fn a_context_is_replaced_or_stays() {
    let mut s = Secured::new();
    let (id, location) = s.registered();
    let now = s.now;
    for (endpoint, history, error) in [
        ("a", History::Stored { next: 1 << 40 }, UsageError::Syntax),
        ("", History::New, UsageError::Syntax),
    ] {
        let old = s.ours;
        let refused =
            s.server.replace_security_context(now, old, endpoint, &parameters(true), history);
        assert_eq!(refused, Err(error));
        assert_eq!(s.post(&location, b"", true).0, Code::CHANGED);
    }
    let old = s.ours;
    let next = History::Stored { next: 1000 };
    s.ours = s.server.replace_security_context(now, old, "a", &parameters(true), next).unwrap();
    let gone = s.server.replace_security_context(now, old, "a", &parameters(true), next);
    assert_eq!(gone, Err(UsageError::Syntax));
    let gone = s.server.replace_security_context(now, old, "b", &parameters(true), next);
    assert_eq!(gone, Err(UsageError::UnknownId));
    // The registration goes on under it.
    s.theirs = {
        s.client.remove_security_context(now, s.theirs);
        s.client.add_security_context(&parameters(false), History::Stored { next: 1000 }).unwrap()
    };
    s.run();
    assert_eq!(s.post(&location, b"", true).0, Code::CHANGED);
    assert!(s.server.registration(id).is_some());
}
