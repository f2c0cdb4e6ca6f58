//! Carriers that are no Internet: SMS (binding `S`) and what a network without IP takes (`N`), with few
//! bytes in a datagram, long delays and loss; and a sleeping client that is woken by SMS.
#![cfg(all(feature = "client-all", feature = "formats", feature = "server"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use coap_core::{Code, Message, Parameters};
use lwm2m_core::client::{self, Client, ServerAccount};
use lwm2m_core::format::{Item, ItemContent};
use lwm2m_core::server::{self, Event, RegistrationId, Server};
use lwm2m_core::sms::Trigger;
use lwm2m_core::{Path, Value, object};
use m2m_base::{Cause, Disposition, Duration, Instant};
use m2m_sim::{Chance, Checked, Link, Node, Rules, World, each_seed};
use std::cell::RefCell;
use std::rc::Rc;

const SSID: u16 = 101;
const NAME: &str = "urn:imei:490154203237518";
const NUMBER: &str = "34600123456";
const TEXT: Path = Path::resource(3303, 0, 5750);
const TEMPERATURE: Path = Path::resource(3303, 0, 5700);
const TRIGGER: Path = Path::resource(1, 0, 21);
const SECONDS: fn(u64) -> Duration = Duration::from_secs;
static OBJECTS: [&lwm2m_core::ObjectDefinition<'static>; 1] = [&object::TEMPERATURE];

/// A short message: 140 bytes, some seconds in a store, sometimes lost.
const SMS: Link = Link {
    latency: (Duration::from_secs(2), Duration::from_secs(9)),
    loss: Chance::percent(5),
    mtu: Some(140),
    ..Link::PERFECT
};
/// Non-IP data delivery over a narrow radio: less than its 1358 bytes, since a driver may cut there.
const NIDD: Link = Link {
    latency: (Duration::from_millis(300), Duration::from_secs(4)),
    loss: Chance::percent(15),
    duplicate: Chance::percent(5),
    mtu: Some(200),
    bytes_per_second: Some(250),
    ..Link::PERFECT
};

/// How both ends are set up for a carrier.
#[derive(Clone, Copy)]
struct Carrier {
    binding: &'static str,
    message_size: u16,
    queue_mode: Option<Duration>,
    link: Link,
}

/// What the application at the server has seen.
#[derive(Default)]
struct Seen {
    registered: Vec<RegistrationId>,
    updated: usize,
    /// Codes of answers, and values of text that came.
    answers: Vec<(Code, Option<String>)>,
    notified: Vec<f64>,
    failed: usize,
}

struct Pair {
    world: World,
    client: Node<Client>,
    server: Node<Server>,
    seen: Rc<RefCell<Seen>>,
}

fn handle(seen: &Rc<RefCell<Seen>>, e: &mut Checked<Server>, now: Instant, event: &Event) {
    let mut seen = seen.borrow_mut();
    match *event {
        Event::Registered { id } => seen.registered.push(id),
        Event::Updated { .. } => seen.updated += 1,
        Event::Response { id, code, .. } => {
            let items = e.engine().response(id).and_then(|content| {
                let mut items = content.items().ok()?;
                match items.next()?.ok()?.content {
                    ItemContent::Value(Value::String(text)) => Some(text.to_string()),
                    _ => None,
                }
            });
            seen.answers.push((code, items));
            e.command(now, move |s, _| s.release(id));
        }
        Event::Notified { id, .. } => {
            if let Some(content) = e.engine().notification(id) {
                for item in content.items().into_iter().flatten().flatten() {
                    if let ItemContent::Value(Value::Float(value)) = item.content {
                        seen.notified.push(value);
                    }
                }
            }
            e.command(now, move |s, _| s.release_notification(id));
        }
        Event::Failed { .. } => seen.failed += 1,
        _ => {}
    }
}

fn set_up(seed: u64, carrier: Carrier) -> Pair {
    let mut world = World::new(seed);
    // The network takes its time, and so does a repetition.
    let parameters = Parameters { ack_timeout: SECONDS(20), ..Parameters::default() };
    let size = carrier.message_size;
    let rules = move || usize::from(size);
    let server =
        world.add("server", Rules::new(rules(), |b| Message::parse(b).is_ok()), move |boot| {
            let small = server::Limits::SMALL;
            let coap = coap_core::Limits { message_size: size, ..small.coap };
            let limits = server::Limits { coap, ..small };
            let config = server::Config { limits, parameters, ..server::Config::default() };
            Server::new(&config, &boot.seed).unwrap()
        });
    let peer = world.peer(server);
    let client =
        world.add("client", Rules::new(rules(), |b| Message::parse(b).is_ok()), move |boot| {
            let device = client::Limits::DEVICE;
            let coap = coap_core::Limits {
                message_size: size,
                body_size: 2048,
                pool: 8192,
                ..device.coap
            };
            let config = client::Config {
                limits: client::Limits { coap, ..device },
                parameters,
                objects: &OBJECTS,
                queue_mode: carrier.queue_mode,
                sms_number: NUMBER,
                ..client::Config::new(NAME)
            };
            let mut client = Client::new(&config, &boot.seed).unwrap();
            let account = ServerAccount {
                binding: carrier.binding,
                ..ServerAccount::new(SSID, peer, "coap://server.example.com")
            };
            client.add_server(boot.now, &account).unwrap();
            client.add_instance(boot.now, Path::instance(3303, 0)).unwrap();
            client.set(boot.now, TEMPERATURE, Value::Float(0.0)).unwrap();
            client.set(boot.now, TRIGGER, Value::Boolean(true)).unwrap();
            client.start(boot.now);
            client
        });
    world.set_links(carrier.link);
    let seen = Rc::new(RefCell::new(Seen::default()));
    let shared = seen.clone();
    world.on_event(server, move |e: &mut Checked<Server>, now, event| {
        handle(&shared, e, now, event);
    });
    Pair { world, client, server, seen }
}

impl Pair {
    /// Runs until the server has seen that, within some hours.
    fn until(&mut self, what: &str, seen: impl Fn(&Seen) -> bool) {
        let shared = self.seen.clone();
        let done = self.world.try_until(SECONDS(6 * 3600), |_| seen(&shared.borrow()));
        assert!(done, "{what}: {}", self.world.trace());
    }

    fn id(&mut self) -> RegistrationId {
        self.until("registered", |seen| !seen.registered.is_empty());
        *self.seen.borrow().registered.last().unwrap()
    }

    /// Asks again, as an application does when nobody answered, until the answer is there.
    fn ask(
        &mut self,
        what: &str,
        ask: impl Fn(&mut Server, Instant) + 'static,
    ) -> (Code, Option<String>) {
        let ask = Rc::new(ask);
        for _ in 0..8 {
            let before = self.seen.borrow().failed;
            let ask = ask.clone();
            self.world.command(self.server, move |s: &mut Server, now| ask(s, now));
            self.until(what, |seen| !seen.answers.is_empty() || seen.failed > before);
            if let Some(answer) = self.seen.borrow_mut().answers.pop() {
                return answer;
            }
        }
        panic!("{what}: nobody answers: {}", self.world.trace());
    }

    fn set(&mut self, value: f64) {
        let set = move |c: &mut Client, now| c.set(now, TEMPERATURE, Value::Float(value));
        self.world.command(self.client, set).unwrap();
    }

    /// Registers, is written and read in blocks, observed.
    fn live(&mut self, carrier: Carrier) {
        let id = self.id();
        let server = self.world.engine(self.server);
        let registration = server.registration(id).unwrap();
        let letters: String = registration.binding().letters().collect();
        assert_eq!(letters, carrier.binding);
        assert!(registration.parameters().any(|p| p == ("sms", Some(NUMBER))));

        let long = "roof ".repeat(60);
        let text = long.clone();
        let (code, _) = self.ask("write", move |s, now| {
            s.write(now, id, TEXT, &[Item::value(TEXT, Value::string(&text))]).unwrap();
        });
        assert_eq!(code, Code::CHANGED);
        let (code, text) = self.ask("read", move |s, now| {
            s.read(now, id, TEXT).unwrap();
        });
        assert_eq!((code, text), (Code::CONTENT, Some(long)));
        let (code, _) = self.ask("observe", move |s, now| {
            s.observe(now, id, TEMPERATURE).unwrap();
        });
        assert_eq!(code, Code::CONTENT);
        for value in [1.5, 2.5] {
            self.set(value);
            self.until("notified", |seen| seen.notified.last() == Some(&value));
        }
        // No datagram was too long for the carrier.
        let longest = self.world.packets().iter().map(|p| p.bytes.len()).max().unwrap();
        assert!(longest <= carrier.link.mtu.unwrap(), "{longest}");
    }
}

#[test]
fn transport_a_life_over_sms() {
    let carrier = Carrier { binding: "S", message_size: 140, queue_mode: None, link: SMS };
    each_seed(6, |seed| set_up(seed, carrier).live(carrier));
}

#[test]
fn transport_a_life_over_a_carrier_without_ip() {
    let carrier = Carrier { binding: "UN", message_size: 200, queue_mode: None, link: NIDD };
    each_seed(10, |seed| set_up(seed, carrier).live(carrier));
}

/// Binding US in queue mode: what the server has to ask waits for the client, which listens when an SMS has
/// come. SMS get lost, come twice and late, and some are from elsewhere.
#[test]
fn core_l_a_sleeping_client_is_woken_by_sms() {
    let carrier = Carrier {
        binding: "US",
        message_size: 256,
        queue_mode: Some(SECONDS(10)),
        link: Link { mtu: None, ..Link::LOSSY },
    };
    each_seed(6, |seed| {
        let mut pair = set_up(seed, carrier);
        let id = pair.id();
        pair.world.run_for(SECONDS(600));
        let asleep = |pair: &Pair| !pair.world.engine(pair.client).is_awake();
        assert!(asleep(&pair));
        pair.world
            .command(pair.server, move |s: &mut Server, now| s.read(now, id, TEMPERATURE))
            .unwrap();
        pair.world.run_for(SECONDS(600));
        assert!(asleep(&pair) && pair.seen.borrow().answers.is_empty(), "it waits");

        let mut sms = [0; 64];
        let deliver = |pair: &mut Pair, sms: &[u8]| {
            let sms = sms.to_vec();
            pair.world.command(pair.client, move |c: &mut Client, now| c.handle_sms(now, &sms))
        };
        let mut wake = |pair: &mut Pair, trigger: Trigger| {
            let len = trigger.write(7, b"tok", &mut sms).unwrap();
            deliver(pair, &sms[..len])
        };
        // Of another server, and what nobody has accounts for; all in silence.
        let sent = pair.world.packets().len();
        let ignored = Disposition::Ignored(Cause::Unexpected);
        assert_eq!(wake(&mut pair, Trigger { server: 5, bootstrap: false }), ignored);
        assert_eq!(wake(&mut pair, Trigger { server: 0, bootstrap: true }), ignored);
        let malformed = Disposition::Ignored(Cause::Malformed);
        assert_eq!(deliver(&mut pair, b"win a prize"), malformed);
        pair.world.run_for(SECONDS(5));
        assert_eq!(pair.world.packets().len(), sent);

        let before = pair.seen.borrow().updated;
        for _ in 0..2 {
            let update = Trigger { server: 0, bootstrap: false };
            assert_eq!(wake(&mut pair, update), Disposition::Accepted);
        }
        pair.until("updated", |seen| seen.updated > before);
        pair.until("read", |seen| !seen.answers.is_empty());
        assert_eq!(pair.seen.borrow().answers[0].0, Code::CONTENT);
        pair.world.run_for(SECONDS(600));
        assert!(asleep(&pair));

        // A client that does not take them is not woken.
        let off = |c: &mut Client, now| c.set(now, TRIGGER, Value::Boolean(false));
        pair.world.command(pair.client, off).unwrap();
        assert_eq!(wake(&mut pair, Trigger { server: 0, bootstrap: false }), ignored);
    });
}
