//! A bootstrap server under test inside the checking wrapper, and a client that is played by
//! datagrams.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code; each test crate uses its part of it"
)]

#[path = "../server_common/mod.rs"]
mod server_common;

use coap_core::{Code, ContentFormat, Message, MessageType, OptionNumber, Uint};
use lwm2m_core::bootstrap_server::{
    BootstrapServer, Config, Configuration, Event, Limits, Outcome, Rule, SessionId, Step,
};
use m2m_base::{Duration, Engine, Instant, PeerId, Seed};
use m2m_sim::{Checked, Rules};
pub use server_common::{Ask, Owned, PEER, message};

pub fn config() -> Config {
    Config { limits: Limits::SMALL, ..Config::default() }
}

pub fn new_server(config: &Config) -> BootstrapServer {
    BootstrapServer::new(config, &Seed([9; 32])).unwrap()
}

fn rules() -> Rules<BootstrapServer> {
    Rules::new(1152, |b| Message::parse(b).is_ok()).done(|event| match event {
        Event::Ended { id, .. } => Some(id.to_bits()),
        _ => None,
    })
}

/// The server and the clock.
pub struct Bench {
    pub server: Checked<BootstrapServer>,
    pub now: Instant,
    config: Config,
    next_id: u16,
    pub sent: Vec<(PeerId, Owned)>,
    events: Vec<Event>,
}

impl Bench {
    pub fn new() -> Bench {
        Bench::with(config())
    }

    pub fn with(config: Config) -> Bench {
        Bench {
            server: Checked::new(new_server(&config), rules()),
            now: Instant::from_millis(1_000_000),
            config,
            next_id: 1,
            sent: Vec::new(),
            events: Vec::new(),
        }
    }

    pub fn engine(&self) -> &BootstrapServer {
        self.server.engine()
    }

    pub fn settle(&mut self) {
        let settled = self.server.settle(self.now);
        self.sent.extend(settled.datagrams.into_iter().map(|(peer, b)| (peer, Owned::parse(&b))));
        self.events.extend(settled.events);
    }

    pub fn events(&mut self) -> Vec<Event> {
        self.settle();
        std::mem::take(&mut self.events)
    }

    /// The ends of sessions among the events since it was asked last.
    pub fn outcomes(&mut self) -> Vec<Outcome> {
        let ended = self.events().into_iter();
        ended
            .filter_map(|e| match e {
                Event::Ended { outcome, .. } => Some(outcome),
                _ => None,
            })
            .collect()
    }

    pub fn datagram(&mut self, peer: PeerId, bytes: &[u8]) {
        self.server.handle_datagram(self.now, peer, bytes);
        self.settle();
    }

    pub fn command<R: core::fmt::Debug + 'static>(
        &mut self,
        run: impl Fn(&mut BootstrapServer, Instant) -> R + 'static,
    ) -> R {
        let result = self.server.command(self.now, run);
        self.settle();
        result
    }

    /// Sets a configuration of steps that delete or write nothing but paths.
    pub fn set(&mut self, rule: Rule<'static>, steps: &'static [Step<'static>]) {
        self.command(move |s, _| s.set_configuration(rule, &Configuration::new(steps))).unwrap();
    }

    /// A client asks; the code of the server's answer.
    pub fn ask(&mut self, peer: PeerId, uri: &str) -> Code {
        self.answer_to(peer, Ask::post(uri, "")).code
    }

    /// A client asks; the server's answer.
    pub fn answer_to(&mut self, peer: PeerId, ask: Ask<'_>) -> Owned {
        self.next_id += 1;
        let id = self.next_id;
        self.datagram(peer, &ask.datagram(id, &[0xc0]));
        let is_answer = |(to, m): &(PeerId, Owned)| {
            *to == peer && m.id == id && m.message_type == MessageType::Acknowledgement
        };
        let at = self.sent.iter().position(is_answer).expect("an answer");
        self.sent.remove(at).1
    }

    /// The request that the server sent to a client; there has to be exactly one.
    pub fn request(&mut self, peer: PeerId) -> Owned {
        self.settle();
        let to_peer = |(to, m): &&(PeerId, Owned)| *to == peer && m.code.is_request();
        assert_eq!(self.sent.iter().filter(to_peer).count(), 1, "{:?}", self.sent);
        let at = self.sent.iter().position(|sent| to_peer(&sent)).unwrap();
        self.sent.remove(at).1
    }

    pub fn is_silent(&mut self) -> bool {
        self.settle();
        self.sent.is_empty()
    }

    /// A client answers, in the acknowledgement.
    pub fn answer(&mut self, peer: PeerId, request: &Owned, code: Code) {
        let ack = MessageType::Acknowledgement;
        self.datagram(peer, &message(ack, code, request.id, &request.token, &[], b""));
    }

    /// A client answers with content in a format.
    pub fn content(&mut self, peer: PeerId, request: &Owned, format: ContentFormat, body: &[u8]) {
        let format = Uint::new(format.0.into());
        let options = [(OptionNumber::CONTENT_FORMAT, format.as_bytes())];
        let ack = MessageType::Acknowledgement;
        let datagram = message(ack, Code::CONTENT, request.id, &request.token, &options, body);
        self.datagram(peer, &datagram);
    }

    /// What the server asks next is this, and the client answers it with a code.
    pub fn step(&mut self, peer: PeerId, asked: &str, code: Code) -> Owned {
        let request = self.request(peer);
        assert_eq!(format!("{:?} {}", request.code, request.path()), asked);
        self.answer(peer, &request, code);
        request
    }

    /// The server asks what there is, and the client tells.
    pub fn discovered(&mut self, peer: PeerId, links: &str) {
        let request = self.request(peer);
        assert_eq!((request.code, request.path().as_str()), (Code::GET, "/"));
        assert_eq!(request.accept(), Some(ContentFormat::LINK_FORMAT));
        self.content(peer, &request, ContentFormat::LINK_FORMAT, links.as_bytes());
    }

    /// Lets time pass up to each deadline on the way.
    pub fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        self.settle();
        while let Some(at) = self.server.poll_timeout().filter(|at| *at <= end) {
            self.now = at;
            self.server.handle_timeout(at);
            self.settle();
        }
        self.now = end;
        self.server.handle_timeout(end);
        self.settle();
    }

    /// A client asks for a pack.
    pub fn pack(&mut self, peer: PeerId, uri: &str, accept: Option<ContentFormat>) -> Owned {
        self.next_id += 1;
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let mut options = vec![(OptionNumber::URI_PATH, &path.as_bytes()[1..])];
        for part in query.split('&').filter(|p| !p.is_empty()) {
            options.push((OptionNumber::URI_QUERY, part.as_bytes()));
        }
        let accept = accept.map(|f| Uint::new(f.0.into()));
        options.extend(accept.as_ref().map(|f| (OptionNumber::ACCEPT, f.as_bytes())));
        let con = MessageType::Confirmable;
        self.datagram(peer, &message(con, Code::GET, self.next_id, &[0xc1], &options, b""));
        let id = self.next_id;
        let at = self.sent.iter().position(|(to, m)| *to == peer && m.id == id).expect("an answer");
        self.sent.remove(at).1
    }

    /// An endpoint asks that no rule is for; the answer is not waited for.
    pub fn next_asked(&mut self) {
        self.next_id += 1;
        let datagram = Ask::post("/bs?ep=stranger", "").datagram(self.next_id, &[2]);
        self.datagram(PEER, &datagram);
    }

    pub fn find(&self, endpoint: &str) -> SessionId {
        self.engine().find(endpoint).expect("a session")
    }

    pub fn finish(self) {
        self.server.check_replay(new_server(&self.config));
    }
}
