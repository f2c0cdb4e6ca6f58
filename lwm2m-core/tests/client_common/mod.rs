//! A client under test inside the checking wrapper, and the hand that plays its servers: datagrams
//! made and read with CoAP's codec, no server engine.
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
use lwm2m_core::client::{Client, Config, Event, Limits, ServerAccount};
use lwm2m_core::{Path, Value, Version, object};
use m2m_base::{Duration, Engine, Instant, PeerId, Seed};
use m2m_sim::{Checked, Rules};

pub const PEER: PeerId = PeerId(0x0a00_0001_1633);
pub const OTHER: PeerId = PeerId(0x0a00_0002_1633);
pub const SSID: u16 = 101;
pub const SECOND: u16 = 102;

pub static OBJECTS: [&lwm2m_core::ObjectDefinition<'static>; 2] =
    [&object::TEMPERATURE, &object::BINARY_APP_DATA_CONTAINER];

pub fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

pub fn config() -> Config<'static> {
    Config { objects: &OBJECTS, limits: Limits::DEVICE, ..Config::new("urn:dev:os:32473-1") }
}

/// Account 101 with a lifetime of five minutes, a thermometer, a Device with a name.
pub fn new_client(config: &Config<'_>) -> Client {
    client_speaking(config, Version::V1_1)
}

/// The same with another version of LwM2M.
pub fn client_speaking(config: &Config<'_>, version: Version) -> Client {
    let mut client = Client::new(config, &Seed([7; 32])).unwrap();
    let now = Instant::ZERO;
    let uri = "coap://server.example.com";
    let account = ServerAccount { lifetime: 300, version, ..ServerAccount::new(SSID, PEER, uri) };
    client.add_server(now, &account).unwrap();
    client.add_instance(now, path("/3303/0")).unwrap();
    for (at, value) in [
        ("/3/0/0", Value::string("Example Devices")),
        ("/3303/0/5700", Value::Float(20.0)),
        ("/3303/0/5701", Value::string("Cel")),
    ] {
        client.set(now, path(at), value).unwrap();
    }
    client
}

pub fn add_second(client: &mut Client, now: Instant) {
    let uri = "coap://other.example.com";
    let account = ServerAccount { lifetime: 600, ..ServerAccount::new(SECOND, OTHER, uri) };
    client.add_server(now, &account).unwrap();
}

pub fn rules() -> Rules<Client> {
    Rules::new(1152, |b| Message::parse(b).is_ok())
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

    /// `/rd?ep=x&lt=60`
    pub fn uri(&self) -> String {
        let path = self.all(OptionNumber::URI_PATH).join("/");
        let query = self.all(OptionNumber::URI_QUERY).join("&");
        if query.is_empty() { format!("/{path}") } else { format!("/{path}?{query}") }
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

    pub fn text(&self) -> String {
        String::from_utf8(self.payload.clone()).unwrap()
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

/// A request as a server sends it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ask<'a> {
    pub method: Code,
    pub uri: &'a str,
    pub accept: Option<ContentFormat>,
    pub format: Option<ContentFormat>,
    pub observe: Option<u32>,
    pub block2: Option<u32>,
    pub token: &'a [u8],
    pub payload: &'a [u8],
}

impl<'a> Ask<'a> {
    pub fn new(method: Code, uri: &'a str) -> Ask<'a> {
        Ask {
            method,
            uri,
            accept: None,
            format: None,
            observe: None,
            block2: None,
            token: &[0xc0],
            payload: b"",
        }
    }

    pub fn read(uri: &'a str, accept: ContentFormat) -> Ask<'a> {
        Ask { accept: Some(accept), ..Ask::new(Code::GET, uri) }
    }

    pub fn discover(uri: &'a str) -> Ask<'a> {
        Ask::read(uri, ContentFormat::LINK_FORMAT)
    }

    pub fn observe(uri: &'a str, token: &'a [u8]) -> Ask<'a> {
        Ask { observe: Some(0), token, ..Ask::read(uri, ContentFormat::TEXT) }
    }

    pub fn write(uri: &'a str, text: &'a str) -> Ask<'a> {
        Ask::send(Code::PUT, uri, ContentFormat::TEXT, text.as_bytes())
    }

    pub fn send(method: Code, uri: &'a str, format: ContentFormat, payload: &'a [u8]) -> Ask<'a> {
        Ask { format: Some(format), payload, ..Ask::new(method, uri) }
    }

    pub fn execute(uri: &'a str) -> Ask<'a> {
        Ask::new(Code::POST, uri)
    }

    pub fn datagram(&self, id: u16) -> Vec<u8> {
        let (path, query) = self.uri.split_once('?').unwrap_or((self.uri, ""));
        let uints = [
            (OptionNumber::CONTENT_FORMAT, self.format.map(|f| f.0.into())),
            (OptionNumber::ACCEPT, self.accept.map(|f| f.0.into())),
            (OptionNumber::OBSERVE, self.observe),
            (OptionNumber::BLOCK2, self.block2),
        ];
        let uints: Vec<_> =
            uints.iter().filter_map(|(n, v)| v.map(|v: u32| (*n, Uint::new(v)))).collect();
        let mut options: Vec<(OptionNumber, &[u8])> = Vec::new();
        for segment in path.strip_prefix('/').unwrap().split('/').filter(|s| !s.is_empty()) {
            options.push((OptionNumber::URI_PATH, segment.as_bytes()));
        }
        for part in query.split('&').filter(|p| !p.is_empty()) {
            options.push((OptionNumber::URI_QUERY, part.as_bytes()));
        }
        options.extend(uints.iter().map(|(n, v)| (*n, v.as_bytes())));
        message(MessageType::Confirmable, self.method, id, self.token, &options, self.payload)
    }
}

/// The client and the clock.
pub struct Bench {
    pub client: Checked<Client>,
    pub now: Instant,
    next_id: u16,
    /// What the client sent and nobody looked at yet.
    pub sent: Vec<(PeerId, Owned)>,
    events: Vec<Event>,
}

impl Bench {
    pub fn new() -> Bench {
        Bench::with(new_client(&config()))
    }

    pub fn with(client: Client) -> Bench {
        Bench {
            client: Checked::new(client, rules()),
            now: Instant::from_millis(1_000_000),
            next_id: 1,
            sent: Vec::new(),
            events: Vec::new(),
        }
    }

    /// A client that is registered with server 101 at `/rd/5a3f`.
    pub fn registered() -> Bench {
        Bench::speaking(Version::V1_1)
    }

    /// The same with another version of LwM2M.
    pub fn speaking(version: Version) -> Bench {
        let mut bench = Bench::with(client_speaking(&config(), version));
        bench.start();
        bench.accept_registration(PEER, "5a3f");
        assert_eq!(bench.events(), [Event::Registered { server: SSID }]);
        bench
    }

    pub fn engine(&self) -> &Client {
        self.client.engine()
    }

    pub fn start(&mut self) {
        self.client.command(self.now, |c, now| c.start(now));
        self.settle();
    }

    pub fn set(&mut self, at: &'static str, value: Value<'static>) {
        let done = self.client.command(self.now, move |c, now| c.set(now, path(at), value));
        assert_eq!(done, Ok(()), "{at}");
        self.settle();
    }

    pub fn settle(&mut self) {
        let settled = self.client.settle(self.now);
        self.sent.extend(settled.datagrams.into_iter().map(|(peer, b)| (peer, Owned::parse(&b))));
        self.events.extend(settled.events);
    }

    /// What happened since it was asked last.
    pub fn events(&mut self) -> Vec<Event> {
        self.settle();
        std::mem::take(&mut self.events)
    }

    pub fn datagram(&mut self, peer: PeerId, bytes: &[u8]) {
        self.client.handle_datagram(self.now, peer, bytes);
        self.settle();
    }

    /// A server asks; the client's answer in the acknowledgement.
    pub fn ask(&mut self, ask: Ask<'_>) -> Owned {
        self.ask_as(PEER, ask)
    }

    pub fn ask_as(&mut self, peer: PeerId, ask: Ask<'_>) -> Owned {
        let id = self.send(peer, ask);
        self.answer_to(peer, id).expect("an answer")
    }

    /// A server asks; the message ID.
    pub fn send(&mut self, peer: PeerId, ask: Ask<'_>) -> u16 {
        let id = self.fresh_id();
        self.datagram(peer, &ask.datagram(id));
        id
    }

    /// A message ID that no server has used.
    pub fn fresh_id(&mut self) -> u16 {
        self.next_id += 1;
        self.next_id
    }

    pub fn answer_to(&mut self, peer: PeerId, id: u16) -> Option<Owned> {
        let is_answer = |(to, m): &(PeerId, Owned)| {
            *to == peer && m.id == id && m.message_type == MessageType::Acknowledgement
        };
        let at = self.sent.iter().position(is_answer)?;
        Some(self.sent.remove(at).1)
    }

    /// The only thing that the client sent.
    pub fn only(&mut self, peer: PeerId) -> Owned {
        self.settle();
        assert_eq!(self.sent.len(), 1, "{:?}", self.sent);
        let (to, message) = self.sent.remove(0);
        assert_eq!(to, peer);
        message
    }

    /// True if nothing waits to be looked at.
    pub fn is_silent(&mut self) -> bool {
        self.settle();
        self.sent.is_empty()
    }

    /// A server answers a request of the client.
    pub fn answer(
        &mut self,
        peer: PeerId,
        request: &Owned,
        code: Code,
        options: &[(OptionNumber, &[u8])],
    ) {
        let ack = MessageType::Acknowledgement;
        self.datagram(peer, &message(ack, code, request.id, &request.token, options, b""));
    }

    /// The client's Register is accepted.
    pub fn accept_registration(&mut self, peer: PeerId, location: &str) -> Owned {
        let at = self
            .sent
            .iter()
            .position(|(to, m)| *to == peer && m.code == Code::POST)
            .expect("a Register");
        let request = self.sent.remove(at).1;
        assert!(request.uri().starts_with("/rd?"), "{}", request.uri());
        let place = OptionNumber::LOCATION_PATH;
        let options = [(place, &b"rd"[..]), (place, location.as_bytes())];
        self.answer(peer, &request, Code::CREATED, &options);
        request
    }

    /// The server acknowledges a message.
    pub fn acknowledge(&mut self, peer: PeerId, to: &Owned) {
        let ack = MessageType::Acknowledgement;
        self.datagram(peer, &message(ack, Code::EMPTY, to.id, b"", &[], b""));
    }

    /// The server rejects a message.
    pub fn reset(&mut self, peer: PeerId, to: &Owned) {
        self.datagram(peer, &message(MessageType::Reset, Code::EMPTY, to.id, b"", &[], b""));
    }

    /// Lets time pass up to each deadline on the way.
    pub fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        self.settle();
        while let Some(at) = self.client.poll_timeout().filter(|at| *at <= end) {
            self.now = at;
            self.client.handle_timeout(at);
            self.settle();
        }
        self.now = end;
        self.client.handle_timeout(end);
        self.settle();
    }

    pub fn pass_secs(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    /// Lets seconds pass until the client sends something; how many.
    pub fn seconds_until_sent(&mut self, most: u64) -> u64 {
        for second in 0..most {
            if !self.is_silent() {
                return second;
            }
            self.pass_secs(1);
        }
        assert!(!self.is_silent(), "nothing within {most} s");
        most
    }
}
