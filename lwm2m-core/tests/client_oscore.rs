//! Accounts that talk under OSCORE (RFC 8613; /0/x/17, object 21), with our server and our bootstrap
//! server.
#![cfg(all(feature = "client-all", feature = "oscore", feature = "bootstrap-server"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::collections::{BTreeMap, BTreeSet};

use coap_core::oscore::{Aead, OscoreOption, SecurityParameters};
use coap_core::{Code, History, Message, OptionNumber};
use lwm2m_core::bootstrap_server::{self, BootstrapServer, Configuration, Rule, Step};
use lwm2m_core::client::{BootstrapAccount, Client, Config, Event, Limits, ServerAccount};
use lwm2m_core::format::Item;
use lwm2m_core::server::{self, OperationId, RegistrationId, Server};
use lwm2m_core::{ObjectDefinition, ObjectLink, Path, Value, object};
use m2m_base::{Instant, PeerId, Seed};

const SSID: u16 = 101;
const NAME: &str = "urn:dev:os:32473-1";
const SERVER: PeerId = PeerId(1);
const BOOTSTRAP: PeerId = PeerId(2);
const CLIENT: PeerId = PeerId(9);
static OBJECTS: [&ObjectDefinition<'static>; 2] = [&object::OSCORE, &object::TEMPERATURE];
const VALUE: Path = Path::resource(3303, 0, 5700);

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

fn ours<'a>(secret: &'a [u8], context: Option<&'a [u8]>) -> SecurityParameters<'a> {
    SecurityParameters {
        aead: Aead::AesCcm16_64_128,
        master_secret: secret,
        master_salt: b"salt",
        sender_id: b"s",
        recipient_id: b"c",
        id_context: context,
    }
}

/// Object 21 as the client has it.
fn keys(instance: u16, secret: &'static [u8]) -> [Item<'static>; 6] {
    let item = |id, value| Item::value(Path::resource(21, instance, id), value);
    [
        item(0, Value::opaque(secret)),
        item(1, Value::opaque(b"c")),
        item(2, Value::opaque(b"s")),
        item(3, Value::Integer(10)),
        item(4, Value::Integer(-10)),
        item(5, Value::opaque(b"salt")),
    ]
}

fn config(records: u8) -> Config<'static> {
    let mut limits = Limits { records, ..Limits::DEVICE };
    limits.coap.security_contexts = 2;
    Config { limits, objects: &OBJECTS, ..Config::new(NAME) }
}

/// A client without accounts.
fn blank(records: u8, seed: u8) -> Client {
    Client::new(&config(records), &Seed([seed; 32])).unwrap()
}

fn own_instances(c: &mut Client, now: Instant) {
    c.add_instance(now, Path::instance(3303, 0)).unwrap();
    c.set(now, VALUE, Value::Float(20.0)).unwrap();
}

/// With an account that points to object 21.
fn with_account(c: &mut Client, now: Instant, secret: &'static [u8]) {
    let account = ServerAccount::new(SSID, SERVER, "coap://server.example.com");
    c.add_server(now, &account).unwrap();
    c.add_instance(now, Path::instance(21, 0)).unwrap();
    for item in keys(0, secret) {
        let lwm2m_core::format::ItemContent::Value(value) = item.content else { panic!() };
        c.set(now, item.path, value).unwrap();
    }
    let link = Value::ObjectLink(ObjectLink { object: 21, instance: 0 });
    c.set(now, Path::resource(0, 0, 17), link).unwrap();
}

/// A client, its server and its bootstrap server, on a network that loses nothing.
struct Bench {
    client: Client,
    server: Server,
    bootstrap: Option<BootstrapServer>,
    now: Instant,
    events: Vec<Event>,
    heard: Vec<server::Event>,
    store: BTreeMap<u64, Vec<u8>>,
    /// Codes of what the client sent as it is.
    plain: Vec<Code>,
    /// ID context and Partial IV of what the client sent under its keys.
    used: BTreeSet<(Vec<u8>, Vec<u8>)>,
}

impl Bench {
    fn new(client: Client, history: History) -> Bench {
        let mut limits = server::Limits::SMALL;
        limits.coap.security_contexts = 4;
        let config = server::Config { limits, ..server::Config::default() };
        let mut server = Server::new(&config, &Seed([1; 32])).unwrap();
        server.add_security_context(NAME, &ours(b"secret", None), history).unwrap();
        let (events, heard, store) = (Vec::new(), Vec::new(), BTreeMap::new());
        let (plain, used, bootstrap, now) = (Vec::new(), BTreeSet::new(), None, at(1000));
        Bench { client, server, bootstrap, now, events, heard, store, plain, used }
    }

    /// What the client sends is looked at.
    fn look(&mut self, bytes: &[u8]) {
        let m = Message::parse(bytes).unwrap();
        if m.code == Code::EMPTY {
            return;
        }
        let Some(option) = m.options.first(OptionNumber::OSCORE) else {
            return self.plain.push(m.code);
        };
        let option = OscoreOption::parse(option).unwrap();
        if let Some(piv) = option.piv {
            let context = option.kid_context.unwrap_or_default().to_vec();
            // Sent again it is the same message.
            let known = self.used.insert((context, format!("{piv:?}").into()));
            assert!(known, "a nonce was used twice");
        }
    }

    fn run(&mut self) {
        let mut buf = [0; 2048];
        loop {
            let mut quiet = true;
            while let Some(record) = self.client.poll_journal(&mut buf).unwrap() {
                match record.len {
                    Some(len) => self.store.insert(record.key, buf[..len].to_vec()),
                    None => self.store.remove(&record.key),
                };
            }
            while let Some(event) = self.client.poll_event() {
                if let Event::Connect { server, .. } = event {
                    let peer = match server {
                        0 => BOOTSTRAP,
                        SSID => SERVER,
                        other => PeerId(other.into()),
                    };
                    self.client.set_peer(self.now, server, peer).unwrap();
                }
                self.events.push(event);
                quiet = false;
            }
            while let Some(event) = self.server.poll_event() {
                self.heard.push(event);
                quiet = false;
            }
            while let Some(sent) = self.client.poll_transmit(self.now, &mut buf).unwrap() {
                self.look(&buf[..sent.len]);
                match &mut self.bootstrap {
                    Some(b) if sent.peer == BOOTSTRAP => {
                        b.handle_datagram(self.now, CLIENT, &buf[..sent.len]);
                    }
                    _ => {
                        self.server.handle_datagram(self.now, CLIENT, &buf[..sent.len]);
                    }
                }
                quiet = false;
            }
            while let Some(sent) = self.server.poll_transmit(self.now, &mut buf).unwrap() {
                self.client.handle_datagram(self.now, SERVER, &buf[..sent.len]);
                quiet = false;
            }
            if let Some(b) = &mut self.bootstrap {
                while b.poll_event().is_some() {}
                while let Some(sent) = b.poll_transmit(self.now, &mut buf).unwrap() {
                    self.client.handle_datagram(self.now, BOOTSTRAP, &buf[..sent.len]);
                    quiet = false;
                }
            }
            if quiet {
                break;
            }
        }
    }

    fn pass(&mut self, seconds: u64) {
        let end = at(self.now.as_millis() + seconds * 1000);
        loop {
            self.run();
            let next = [self.client.poll_timeout(), self.server.poll_timeout()];
            let next = next.into_iter().flatten().min().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            self.client.handle_timeout(self.now);
            self.server.handle_timeout(self.now);
        }
        self.now = end;
        self.client.handle_timeout(end);
        self.server.handle_timeout(end);
        self.run();
    }

    fn id(&self) -> RegistrationId {
        self.server.find(NAME).expect("registered")
    }

    fn answer(&mut self, operation: OperationId) -> Option<Code> {
        self.run();
        let code = self.heard.iter().find_map(|event| match event {
            server::Event::Response { id, code, .. } if *id == operation => Some(*code),
            _ => None,
        });
        self.server.release(operation);
        code
    }

    fn read(&mut self) -> Option<Code> {
        let operation = self.server.read(self.now, self.id(), VALUE).unwrap();
        self.answer(operation)
    }

    /// The device restarts with what it stored.
    fn reboot(&mut self, seed: u8) {
        self.client = blank(24, seed);
        for (key, record) in self.store.clone() {
            self.client.restore(self.now, key, &record).unwrap();
        }
        own_instances(&mut self.client, self.now);
        self.client.start(self.now);
        self.run();
    }

    fn notified(&self) -> usize {
        self.heard.iter().filter(|e| matches!(e, server::Event::Notified { .. })).count()
    }
}

fn registered() -> Bench {
    let mut c = blank(24, 3);
    own_instances(&mut c, at(1000));
    with_account(&mut c, at(1000), b"secret");
    let mut b = Bench::new(c, History::New);
    b.client.start(b.now);
    b.run();
    assert!(b.events.contains(&Event::Registered { server: SSID }), "{:?}", b.events);
    b
}

#[test]
fn object_21_everything_goes_under_the_context() {
    let mut b = registered();
    assert_eq!(b.read(), Some(Code::CONTENT));
    let operation = b.server.observe(b.now, b.id(), VALUE).unwrap();
    assert_eq!(b.answer(operation), Some(Code::CONTENT));
    b.client.set(b.now, VALUE, Value::Float(21.0)).unwrap();
    b.run();
    assert_eq!(b.notified(), 1);
    b.client.update(b.now, SSID).unwrap();
    b.run();
    assert!(b.events.contains(&Event::Updated { server: SSID }));
    b.client.deregister(b.now, SSID).unwrap();
    b.run();
    assert_eq!((b.plain.as_slice(), b.server.registration_count()), (&[][..], 0));
}

#[test]
fn what_comes_unprotected_is_refused() {
    let mut b = registered();
    // GET /3303/0/5700 and GET /3, confirmable, as they are.
    for (id, path) in
        [(7, &b"\xb4\x33\x33\x30\x33\x01\x30\x04\x35\x37\x30\x30"[..]), (8, b"\xb1\x33")]
    {
        let request = [&[0x40, 1, 0, id][..], path].concat();
        b.client.handle_datagram(b.now, SERVER, &request);
        let mut buf = [0; 256];
        let sent = b.client.poll_transmit(b.now, &mut buf).unwrap().unwrap();
        let answer = Message::parse(&buf[..sent.len]).unwrap();
        assert_eq!((answer.code, answer.id), (Code::UNAUTHORIZED, u16::from(id)));
        assert!(answer.payload.is_empty());
    }
}

/// Without a context nothing goes out: incomplete keys, no room, an algorithm that is not there.
#[test]
fn without_its_context_an_account_is_silent() {
    let mut no_room = config(24);
    no_room.limits.coap.security_contexts = 0;
    let now = at(1000);
    for (config, path, value) in [
        (no_room, Path::resource(21, 0, 3), Value::Integer(10)),
        (config(24), Path::resource(21, 0, 3), Value::Integer(-300)),
        (config(24), Path::resource(21, 0, 4), Value::Integer(6)),
        (config(24), Path::resource(21, 0, 1), Value::opaque(&[7; 9])),
        (config(24), Path::resource(21, 0, 1), Value::opaque(b"s")),
        (
            config(24),
            Path::resource(0, 0, 17),
            Value::ObjectLink(ObjectLink { object: 21, instance: 4 }),
        ),
    ] {
        let mut c = Client::new(&config, &Seed([3; 32])).unwrap();
        with_account(&mut c, now, b"secret");
        c.set(now, path, value).unwrap();
        let mut b = Bench::new(c, History::New);
        b.client.start(b.now);
        b.pass(1000);
        let failed = |e: &Event| matches!(e, Event::RegistrationFailed { .. });
        assert!(b.events.iter().any(failed), "{path}");
        assert_eq!((b.plain.len(), b.used.len()), (0, 0), "{path}");
    }
}

/// One instance of object 21 is one account's: with two the same nonces would be used.
#[test]
fn keys_are_not_shared_by_two_accounts() {
    let now = at(1000);
    let mut c = blank(24, 3);
    with_account(&mut c, now, b"secret");
    c.add_server(now, &ServerAccount::new(102, PeerId(5), "coap://other.example.com")).unwrap();
    let link = Value::ObjectLink(ObjectLink { object: 21, instance: 0 });
    c.set(now, Path::resource(0, 1, 17), link).unwrap();
    let mut b = Bench::new(c, History::New);
    b.client.start(b.now);
    b.run();
    assert!(b.events.contains(&Event::Registered { server: SSID }));
    assert_eq!((b.used.len(), b.plain.len()), (1, 0));
}

/// After a restart the sequence numbers go on where they may not have been used, and the registration
/// goes on with an Update.
#[test]
fn rfc8613_b_1_no_number_is_used_twice_over_restarts() {
    let mut b = registered();
    for n in 0..6 {
        assert_eq!(b.read(), Some(Code::CONTENT), "{n}");
        for _ in 0..n * 40 {
            b.client.update(b.now, SSID).unwrap();
            b.run();
        }
        b.events.clear();
        b.reboot(10 + n);
        assert!(b.events.contains(&Event::Updated { server: SSID }), "{n} {:?}", b.events);
    }
    assert_eq!(b.read(), Some(Code::CONTENT));
    assert!(b.used.len() > 600 && b.plain.is_empty(), "{} {:?}", b.used.len(), b.plain);
}

/// Without a journal each start makes new keys with the server.
#[test]
fn rfc8613_b_2_without_a_journal_keys_are_made_anew() {
    let client = |seed| {
        let mut c = blank(0, seed);
        own_instances(&mut c, at(1000));
        with_account(&mut c, at(1000), b"secret");
        c
    };
    let mut b = Bench::new(client(3), History::Renewed);
    for seed in 4..8 {
        b.client.start(b.now);
        b.pass(5);
        assert!(b.events.contains(&Event::Registered { server: SSID }), "{:?}", b.events);
        assert_eq!(b.read(), Some(Code::CONTENT));
        b.events.clear();
        b.client = client(seed);
    }
    assert!(b.plain.is_empty());
}

/// The bootstrap server itself is reached under OSCORE, and writes the keys of the server.
#[test]
fn core_6_1_a_bootstrap_brings_keys() {
    let mut c = blank(32, 3);
    let now = at(1000);
    own_instances(&mut c, now);
    let account = BootstrapAccount::new(BOOTSTRAP, "coap://bootstrap.example.com");
    c.add_bootstrap_server(now, &account).unwrap();
    let mut b = Bench::new(c, History::New);
    let config = bootstrap_server::Config::default();
    let mut bootstrap = BootstrapServer::new(&config, &Seed([5; 32])).unwrap();
    let security = [
        Item::value(Path::resource(0, 1, 0), Value::string("coap://server.example.com")),
        Item::value(Path::resource(0, 1, 1), Value::Boolean(false)),
        Item::value(Path::resource(0, 1, 2), Value::Integer(3)),
        Item::value(Path::resource(0, 1, 10), Value::Integer(SSID.into())),
        Item::value(
            Path::resource(0, 1, 17),
            Value::ObjectLink(ObjectLink { object: 21, instance: 3 }),
        ),
    ];
    let account = [
        Item::value(Path::resource(1, 0, 0), Value::Integer(SSID.into())),
        Item::value(Path::resource(1, 0, 1), Value::Integer(600)),
        Item::value(Path::resource(1, 0, 6), Value::Boolean(true)),
        Item::value(Path::resource(1, 0, 7), Value::string("U")),
    ];
    let secret = keys(3, b"secret");
    let steps = [
        Step::write(Path::instance(21, 3), &secret),
        Step::write(Path::instance(0, 1), &security),
        Step::write(Path::instance(1, 0), &account),
    ];
    bootstrap.set_configuration(Rule::Endpoint(NAME), &Configuration::new(&steps)).unwrap();
    b.bootstrap = Some(bootstrap);
    b.client.start(b.now);
    b.pass(5);
    assert!(b.events.contains(&Event::Registered { server: SSID }), "{:?}", b.events);
    assert_eq!(b.read(), Some(Code::CONTENT));
    b.reboot(7);
    assert_eq!(b.read(), Some(Code::CONTENT));
}
