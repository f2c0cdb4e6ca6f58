//! The bootstrap server over TCP (RFC 8323) and behind OSCORE (RFC 8613): what a connection's end
//! means, who a client is, and that no key goes out unprotected.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use coap_core::oscore::{Aead, SecurityParameters};
use coap_core::stream::Transport;
use coap_core::{
    Code, Endpoint, History, Message, OptionNumber, OptionWriter, Request, Response, SecurityId,
    Streams,
};
use lwm2m_core::bootstrap_server::{
    BootstrapServer, Config, Configuration, Event, Failure, Limits, Outcome, Rule, Step, UsageError,
};
use lwm2m_core::format::Item;
use lwm2m_core::{Path, Value};
use m2m_base::{Instant, PeerId, Seed};

const SERVER: PeerId = PeerId(1);
const CLIENT: PeerId = PeerId(2);

/// A bootstrap server that gives `a` one value, and a client that says yes to everything.
struct Pair {
    server: BootstrapServer,
    client: Endpoint,
    stream: bool,
    now: Instant,
    context: Option<SecurityId>,
    events: Vec<Event>,
    /// What the client was asked for: method, and if it was protected.
    asked: Vec<(Code, bool)>,
    /// Codes of what the server sent without protection.
    plain: Vec<Code>,
    silent: bool,
}

fn parameters(server: bool) -> SecurityParameters<'static> {
    let (sender_id, recipient_id): (&[u8], &[u8]) =
        if server { (b"s", b"c") } else { (b"c", b"s") };
    SecurityParameters {
        aead: Aead::AesCcm16_64_128,
        master_secret: &[7; 16],
        master_salt: &[],
        sender_id,
        recipient_id,
        id_context: None,
    }
}

impl Pair {
    fn new(stream: bool) -> Pair {
        let coap = coap_core::Limits { security_contexts: 4, ..Limits::SMALL.coap };
        let config = Config { limits: Limits { coap, ..Limits::SMALL }, ..Config::default() };
        let streams = Streams::default();
        let own = coap_core::Config { limits: coap, parameters: coap_core::Parameters::default() };
        let mut server = BootstrapServer::with_streams(&config, &streams, &Seed([1; 32])).unwrap();
        let mut client = Endpoint::with_streams(&own, &streams, &Seed([2; 32])).unwrap();
        let items = [Item::value(Path::resource(3, 0, 14), Value::string("+01:00"))];
        let steps = [Step::write(Path::resource(3, 0, 14), &items)];
        let configuration = Configuration {
            identified: !stream,
            place_accounts: false,
            ..Configuration::new(&steps)
        };
        server.set_configuration(Rule::Endpoint("a"), &configuration).unwrap();
        let now = Instant::from_millis(1000);
        let mut context = None;
        if stream {
            server.connected(now, CLIENT, Transport::Tcp).unwrap();
            client.connected(now, SERVER, Transport::Tcp).unwrap();
        } else {
            server.add_security_context("a", &parameters(true), History::New).unwrap();
            context = Some(client.add_security_context(&parameters(false), History::New).unwrap());
        }
        let (events, asked, plain) = (Vec::new(), Vec::new(), Vec::new());
        Pair { server, client, stream, now, context, events, asked, plain, silent: false }
    }

    fn run(&mut self) {
        let mut buf = vec![0; 16_384];
        loop {
            let mut quiet = true;
            while let Some(event) = self.server.poll_event() {
                self.events.push(event);
                quiet = false;
            }
            while let Some(event) = self.client.poll_event() {
                quiet = false;
                let coap_core::Event::Request { id, .. } = event else { continue };
                let asked = self.client.incoming(id).unwrap();
                self.asked.push((asked.code, asked.security.is_some()));
                if !self.silent {
                    self.client.respond(self.now, id, &Response::new(Code::CHANGED)).unwrap();
                }
            }
            while let Some(sent) = self.server.poll_transmit(self.now, &mut buf).unwrap() {
                let bytes = &buf[..sent.len];
                if self.stream {
                    assert_eq!(self.client.handle_stream(self.now, SERVER, bytes), sent.len);
                } else {
                    let m = Message::parse(bytes).unwrap();
                    if m.code != Code::EMPTY && m.options.first(OptionNumber::OSCORE).is_none() {
                        self.plain.push(m.code);
                    }
                    self.client.handle_datagram(self.now, SERVER, bytes);
                }
                quiet = false;
            }
            while let Some(sent) = self.client.poll_transmit(self.now, &mut buf).unwrap() {
                let bytes = &buf[..sent.len];
                if self.stream {
                    assert_eq!(self.server.handle_stream(self.now, CLIENT, bytes), sent.len);
                } else {
                    self.server.handle_datagram(self.now, CLIENT, bytes);
                }
                quiet = false;
            }
            if quiet {
                return;
            }
        }
    }

    /// Asks for a bootstrap.
    fn ask(&mut self, query: &str, context: Option<SecurityId>) -> Code {
        let mut room = [0; 64];
        let mut options = OptionWriter::new(&mut room);
        options.path("/bs").unwrap();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            options.query(part).unwrap();
        }
        let request = Request { options: options.options(), ..Request::new(Code::POST) };
        let asked = match context {
            Some(context) => self.client.request_under(self.now, SERVER, context, &request),
            None => self.client.request(self.now, SERVER, &request),
        };
        let id = asked.unwrap();
        self.run();
        let code = self.client.response(id).unwrap().code;
        self.client.release(id);
        code
    }

    fn outcome(&self) -> Option<Outcome> {
        self.events.iter().find_map(|event| match event {
            Event::Ended { outcome, .. } => Some(*outcome),
            _ => None,
        })
    }
}

#[test]
fn rfc_8323_a_bootstrap_over_a_connection() {
    let mut pair = Pair::new(true);
    assert_eq!(pair.ask("ep=a", None), Code::CHANGED);
    assert_eq!(pair.asked, [(Code::PUT, false), (Code::POST, false)]);
    assert_eq!(pair.outcome(), Some(Outcome::Finished));
}

#[test]
fn a_session_ends_with_its_connection() {
    let mut pair = Pair::new(true);
    pair.silent = true;
    assert_eq!(pair.ask("ep=a", None), Code::CHANGED);
    assert_eq!((pair.asked.len(), pair.outcome()), (1, None));
    pair.server.disconnected(pair.now, CLIENT);
    pair.client.disconnected(pair.now, SERVER);
    pair.run();
    let Some(Outcome::Failed { reason: Failure::PeerDown, .. }) = pair.outcome() else {
        panic!("{:?}", pair.events)
    };
    assert_eq!(pair.server.sessions().count(), 0);
    // Bytes that come behind the end are nobody's.
    assert_eq!(pair.server.handle_stream(pair.now, CLIENT, &[0; 4]), 4);
}

#[test]
fn transport_5_5_a_bootstrap_under_oscore() {
    for query in ["", "ep=a"] {
        let mut pair = Pair::new(false);
        assert_eq!(pair.ask(query, pair.context), Code::CHANGED);
        assert_eq!(pair.asked, [(Code::PUT, true), (Code::POST, true)]);
        assert_eq!(pair.outcome(), Some(Outcome::Finished));
        assert_eq!(pair.plain, []);
        // A record came before anything was sent.
        assert!(matches!(pair.events.first(), Some(Event::SequenceReserved { .. })));
    }
}

#[test]
fn an_endpoint_with_a_context_has_to_prove_it() {
    let mut pair = Pair::new(false);
    assert_eq!(pair.ask("ep=a", None), Code::UNAUTHORIZED);
    // Nor is it another one.
    assert_eq!(pair.ask("ep=b", pair.context), Code::BAD_REQUEST);
    assert_eq!((pair.asked.len(), pair.plain.len()), (0, 1));
    let again = pair.server.add_security_context("a", &parameters(true), History::New);
    assert_eq!(again, Err(UsageError::Syntax));
}

#[test]
fn a_context_that_is_taken_away_ends_its_session() {
    let mut pair = Pair::new(false);
    let Some(Event::SequenceReserved { id, .. }) = ({
        pair.run();
        pair.events.first().copied()
    }) else {
        panic!("{:?}", pair.events)
    };
    pair.silent = true;
    assert_eq!(pair.ask("", pair.context), Code::CHANGED);
    pair.server.remove_security_context(pair.now, id);
    pair.run();
    assert!(matches!(pair.outcome(), Some(Outcome::Failed { .. })), "{:?}", pair.events);
    // The name is free for whoever asks, but what is for the known only stays so.
    assert_eq!(pair.ask("ep=a", None), Code::BAD_REQUEST);
}
