//! A server under test inside the checking wrapper, and the hand that plays its clients: datagrams
//! made and read with CoAP's codec, no client engine.
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

use coap_core::{Code, ContentFormat, Message, MessageType, MessageWriter, OptionNumber, Uint};
use lwm2m_core::server::{Config, Event, Limits, OperationId, Server};
use m2m_base::{Duration, Engine, Instant, PeerId, Seed};
use m2m_sim::{Checked, Rules};

/// A peer and the address that it stands for.
pub const PEER: PeerId = PeerId(0x0a00_0001_1633);
pub const OTHER: PeerId = PeerId(0x0a00_0002_1633);

pub fn config() -> Config {
    Config { limits: Limits::SMALL, ..Config::default() }
}

pub fn new_server(config: &Config) -> Server {
    Server::new(config, &Seed([7; 32])).unwrap()
}

pub fn rules() -> Rules<Server> {
    Rules::new(1152, |b| Message::parse(b).is_ok()).done(|event| match event {
        Event::Response { id, .. } | Event::Failed { id, .. } => Some(id.to_bits()),
        _ => None,
    })
}

/// A message, free of the datagram it came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Owned {
    pub message_type: MessageType,
    pub code: Code,
    pub id: u16,
    pub token: Vec<u8>,
    pub options: Vec<(OptionNumber, Vec<u8>)>,
    pub payload: Vec<u8>,
}

impl Owned {
    pub fn parse(bytes: &[u8]) -> Owned {
        let m = Message::parse(bytes).unwrap();
        Owned {
            message_type: m.message_type,
            code: m.code,
            id: m.id,
            token: m.token.to_vec(),
            options: m.options.iter().map(|o| (o.number, o.value.to_vec())).collect(),
            payload: m.payload.to_vec(),
        }
    }

    pub fn all(&self, number: OptionNumber) -> Vec<String> {
        let of = self.options.iter().filter(|(n, _)| *n == number);
        of.map(|(_, v)| String::from_utf8(v.clone()).unwrap()).collect()
    }

    pub fn uint(&self, number: OptionNumber) -> Option<u32> {
        let (_, value) = self.options.iter().find(|(n, _)| *n == number)?;
        coap_core::decode_uint(value)
    }

    pub fn path(&self) -> String {
        format!("/{}", self.all(OptionNumber::URI_PATH).join("/"))
    }

    pub fn query(&self) -> String {
        self.all(OptionNumber::URI_QUERY).join("&")
    }

    pub fn location(&self) -> String {
        format!("/{}", self.all(OptionNumber::LOCATION_PATH).join("/"))
    }

    pub fn observe(&self) -> Option<u32> {
        self.uint(OptionNumber::OBSERVE)
    }

    pub fn format(&self) -> Option<ContentFormat> {
        Some(ContentFormat(self.uint(OptionNumber::CONTENT_FORMAT)?.try_into().unwrap()))
    }

    pub fn accept(&self) -> Option<ContentFormat> {
        Some(ContentFormat(self.uint(OptionNumber::ACCEPT)?.try_into().unwrap()))
    }
}

/// A datagram.
pub fn message(
    message_type: MessageType,
    code: Code,
    id: u16,
    token: &[u8],
    options: &[(OptionNumber, &[u8])],
    payload: &[u8],
) -> Vec<u8> {
    let mut w = MessageWriter::new(Vec::new(), message_type, code, id, token).unwrap();
    let mut options = options.to_vec();
    options.sort_by_key(|(number, _)| number.0);
    for (number, value) in options {
        w.option(number, value).unwrap();
    }
    w.finish(payload).unwrap()
}

/// A request as a client sends it: `/rd?ep=a&lt=60`.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    pub method: Code,
    pub uri: &'a str,
    pub format: Option<ContentFormat>,
    pub payload: &'a [u8],
}

impl<'a> Ask<'a> {
    pub fn post(uri: &'a str, links: &'a str) -> Ask<'a> {
        let format = (!links.is_empty()).then_some(ContentFormat::LINK_FORMAT);
        Ask { method: Code::POST, uri, format, payload: links.as_bytes() }
    }

    pub fn delete(uri: &'a str) -> Ask<'a> {
        Ask { method: Code::DELETE, uri, format: None, payload: b"" }
    }

    pub fn datagram(&self, id: u16, token: &[u8]) -> Vec<u8> {
        let (path, query) = self.uri.split_once('?').unwrap_or((self.uri, ""));
        let format = self.format.map(|f| Uint::new(f.0.into()));
        let mut options: Vec<(OptionNumber, &[u8])> = Vec::new();
        for segment in path.strip_prefix('/').unwrap().split('/') {
            options.push((OptionNumber::URI_PATH, segment.as_bytes()));
        }
        for part in query.split('&').filter(|p| !p.is_empty()) {
            options.push((OptionNumber::URI_QUERY, part.as_bytes()));
        }
        if let Some(format) = &format {
            options.push((OptionNumber::CONTENT_FORMAT, format.as_bytes()));
        }
        message(MessageType::Confirmable, self.method, id, token, &options, self.payload)
    }
}

/// The server and the clock.
pub struct Bench {
    pub server: Checked<Server>,
    pub now: Instant,
    pub config: Config,
    next_id: u16,
    /// What the server sent and nobody looked at yet.
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

    pub fn engine(&self) -> &Server {
        self.server.engine()
    }

    pub fn settle(&mut self) {
        let settled = self.server.settle(self.now);
        self.sent.extend(settled.datagrams.into_iter().map(|(peer, b)| (peer, Owned::parse(&b))));
        self.events.extend(settled.events);
    }

    /// What happened since it was asked last.
    pub fn events(&mut self) -> Vec<Event> {
        self.settle();
        std::mem::take(&mut self.events)
    }

    pub fn datagram(&mut self, peer: PeerId, bytes: &[u8]) {
        self.server.handle_datagram(self.now, peer, bytes);
        self.settle();
    }

    /// A client asks; the server's answer.
    pub fn ask(&mut self, peer: PeerId, ask: Ask<'_>) -> Owned {
        self.next_id += 1;
        let id = self.next_id;
        self.datagram(peer, &ask.datagram(id, &[0xc0]));
        let is_answer = |(to, m): &(PeerId, Owned)| {
            *to == peer && m.id == id && m.message_type == MessageType::Acknowledgement
        };
        let at = self.sent.iter().position(is_answer).expect("an answer");
        let answer = self.sent.remove(at).1;
        assert_eq!(answer.token, [0xc0]);
        answer
    }

    /// A client registers; its location.
    pub fn register(&mut self, peer: PeerId, uri: &str, links: &str) -> String {
        let answer = self.ask(peer, Ask::post(uri, links));
        assert_eq!(answer.code, Code::CREATED, "{uri}");
        answer.location()
    }

    /// The request that the server sent to a client; there has to be exactly one.
    pub fn request(&mut self, peer: PeerId) -> Owned {
        self.settle();
        let at: Vec<usize> = (0..self.sent.len())
            .filter(|i| self.sent[*i].0 == peer && self.sent[*i].1.code.is_request())
            .collect();
        assert_eq!(at.len(), 1, "{:?}", self.sent);
        self.sent.remove(at[0]).1
    }

    /// True if nothing waits to be looked at.
    pub fn is_silent(&mut self) -> bool {
        self.settle();
        self.sent.is_empty()
    }

    /// A client answers, in the acknowledgement.
    pub fn answer(
        &mut self,
        peer: PeerId,
        request: &Owned,
        code: Code,
        options: &[(OptionNumber, &[u8])],
        payload: &[u8],
    ) {
        let ack = MessageType::Acknowledgement;
        self.datagram(peer, &message(ack, code, request.id, &request.token, options, payload));
    }

    /// A client answers with content in a format.
    pub fn content(&mut self, peer: PeerId, request: &Owned, format: ContentFormat, body: &[u8]) {
        let format = Uint::new(format.0.into());
        let options = [(OptionNumber::CONTENT_FORMAT, format.as_bytes())];
        self.answer(peer, request, Code::CONTENT, &options, body);
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

    /// A command to the server.
    pub fn command<R: core::fmt::Debug + 'static>(
        &mut self,
        run: impl Fn(&mut Server, Instant) -> R + 'static,
    ) -> R {
        let result = self.server.command(self.now, run);
        self.settle();
        result
    }

    /// The only outcome there is.
    pub fn outcome(&mut self) -> Event {
        let mut outcomes = self.events();
        outcomes.retain(|e| matches!(e, Event::Response { .. } | Event::Failed { .. }));
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
        outcomes[0]
    }

    /// The code and operation of the only outcome there is, which has to be an answer.
    pub fn response(&mut self) -> (OperationId, Code) {
        match self.outcome() {
            Event::Response { id, code, .. } => (id, code),
            other => panic!("{other:?}"),
        }
    }

    pub fn finish(self) {
        self.server.check_replay(new_server(&self.config));
    }
}
