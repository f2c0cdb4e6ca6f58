//! What only newer versions have, between our client and our server on networks that lose and
//! double: profiles, queue mode, and a server that starts again from its journal.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "test code"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use coap_core::{Code, Message};
use lwm2m_core::client::{self, Client, ServerAccount};
use lwm2m_core::format::ItemContent;
use lwm2m_core::server::{
    self, Event, Operation, OperationKind, PendingState, RegistrationId, Server,
};
use lwm2m_core::{Path, Value, Version, object};
use m2m_base::{
    BufferTooSmall, Disposition, Duration, Engine, Instant, PeerId, Transmit, UnixTime,
};
use m2m_sim::{Checked, Link, Node, Rules, World, each_seed};

const SSID: u16 = 101;
const SECONDS: fn(u64) -> Duration = Duration::from_secs;
const TEMPERATURE: Path = Path::resource(3303, 0, 5700);
static OBJECTS: [&lwm2m_core::ObjectDefinition<'static>; 1] = [&object::TEMPERATURE];

type Store = Rc<RefCell<BTreeMap<u64, Vec<u8>>>>;

/// A server whose records are kept in front of each datagram, as a driver does it.
struct Durable {
    server: Server,
    store: Store,
}

impl Durable {
    fn new(boot: &m2m_sim::Boot, store: Store) -> Durable {
        let limits = server::Limits::SMALL;
        let config = server::Config { limits, journal: true, ..server::Config::default() };
        let mut server = Server::new(&config, &boot.seed).unwrap();
        server.set_wall_clock(boot.now, UnixTime::from_secs(1_700_000_000));
        for (key, value) in store.borrow().iter() {
            server.restore(boot.now, *key, value).unwrap();
        }
        server.finish_restore(boot.now);
        Durable { server, store }
    }
}

impl Engine for Durable {
    type Event = Event;

    fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
        self.server.handle_datagram(now, peer, datagram)
    }

    fn forget_peer(&mut self, now: Instant, peer: PeerId) {
        self.server.forget_peer(now, peer);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.server.handle_timeout(now);
    }

    fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall> {
        while let Some(record) = self.server.poll_journal() {
            match record.value {
                Some(value) => self.store.borrow_mut().insert(record.key, value),
                None => self.store.borrow_mut().remove(&record.key),
            };
        }
        self.server.poll_transmit(now, buf)
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.server.poll_event()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.server.poll_timeout()
    }
}

/// What the application at the server has seen: answers in their order, and the last value that
/// was observed.
#[derive(Default)]
struct Seen {
    answers: Vec<(OperationKind, Code)>,
    failures: usize,
    observed: Option<f64>,
}

struct Scene {
    world: World,
    server: Node<Durable>,
    peer: PeerId,
    seen: Rc<RefCell<Seen>>,
}

impl Scene {
    fn new(seed: u64) -> Scene {
        let mut world = World::new(seed);
        let rules = Rules::new(1152, |b| Message::parse(b).is_ok());
        let store = Store::default();
        let server = world.add("server", rules, move |boot| Durable::new(boot, store.clone()));
        let peer = world.peer(server);
        let seen = Rc::new(RefCell::new(Seen::default()));
        let shared = seen.clone();
        world.on_event(server, move |e: &mut Checked<Durable>, now, event| {
            let mut seen = shared.borrow_mut();
            let float = |content: Option<server::Content<'_>>| {
                let item = content?.items().ok()?.find_map(Result::ok)?;
                match item.content {
                    ItemContent::Value(Value::Float(value)) => Some(value),
                    _ => None,
                }
            };
            let server = &e.engine().server;
            match *event {
                Event::Response { id, code, .. } => {
                    let kind = server.operation(id).unwrap().kind();
                    seen.answers.push((kind, code));
                    if kind == OperationKind::Observe {
                        seen.observed = float(server.response(id)).or(seen.observed);
                    }
                    e.command(now, move |d, _| d.server.release(id));
                }
                Event::Failed { .. } => seen.failures += 1,
                Event::Notified { id, .. } => {
                    seen.observed = float(server.notification(id)).or(seen.observed);
                    e.command(now, move |d, _| d.server.release_notification(id));
                }
                _ => {}
            }
        });
        Scene { world, server, peer, seen }
    }

    fn client(
        &mut self,
        name: &'static str,
        profile: &'static str,
        queue_mode: Option<Duration>,
    ) -> Node<Client> {
        let peer = self.peer;
        let rules = Rules::new(1152, |b| Message::parse(b).is_ok());
        let client = self.world.add(name, rules, move |boot| {
            let new = client::Config::new(name);
            let config = client::Config { objects: &OBJECTS, profile, queue_mode, ..new };
            let mut client = Client::new(&config, &boot.seed).unwrap();
            let account = ServerAccount {
                lifetime: 300,
                version: Version::V1_2,
                ..ServerAccount::new(SSID, peer, "coap://server.example.com")
            };
            client.add_server(boot.now, &account).unwrap();
            client.add_instance(boot.now, Path::instance(3303, 0)).unwrap();
            client.set(boot.now, TEMPERATURE, Value::Float(20.0)).unwrap();
            client.set(boot.now, Path::resource(3, 0, 0), Value::string("Maker")).unwrap();
            client.start(boot.now);
            client
        });
        self.world.on_event(client, |e: &mut Checked<Client>, now, event| {
            if let client::Event::Executed { id, .. } = *event {
                e.command(now, move |c, now| c.answer_execute(now, id, Ok(()))).unwrap();
            }
        });
        client
    }

    fn engine(&self) -> &Server {
        &self.world.engine(self.server).server
    }

    fn id(&self, name: &str) -> RegistrationId {
        self.engine().find(name).unwrap()
    }

    fn command(
        &mut self,
        run: impl Fn(&mut Server, Instant) -> Result<server::OperationId, server::UsageError> + 'static,
    ) -> server::OperationId {
        self.world.command(self.server, move |d, now| run(&mut d.server, now)).unwrap()
    }

    fn links(&self, name: &str) -> Vec<Path> {
        let registration = self.engine().registration(self.id(name)).unwrap();
        registration.links().map(|l| l.path).collect()
    }
}

/// One list for all of a profile: the first client is asked for it, the others are not.
#[test]
fn core_6_2_1_1_clients_of_one_profile() {
    each_seed(10, |seed| {
        let mut scene = Scene::new(seed);
        scene.client("first", "6:27354b9a", None);
        scene.world.set_links(Link::LOSSY);
        scene.world.run_for(SECONDS(600));
        assert_eq!(scene.engine().profiles().count(), 1);
        let list = scene.links("first");
        assert!(list.contains(&Path::instance(3303, 0)), "{list:?}");
        let conflicts = scene.engine().counters().refused;
        for name in ["second", "third"] {
            scene.client(name, "6:27354b9a", None);
        }
        scene.world.run_for(SECONDS(600));
        for name in ["second", "third"] {
            assert_eq!(scene.links(name), list, "{name}");
        }
        assert_eq!(scene.engine().counters().refused, conflicts, "nobody had to say it again");
    });
}

/// Requests for a client that sleeps go out one after the other when it wakes up, in their order,
/// and each has its answer; the server may start again meanwhile.
#[test]
fn core_6_5_queue_mode_over_bad_links_and_restarts() {
    each_seed(20, |seed| {
        let mut scene = Scene::new(seed);
        scene.client("a", "", Some(SECONDS(20)));
        scene.world.run_for(SECONDS(100));
        assert!(scene.engine().registration(scene.id("a")).unwrap().queue_mode());
        scene.world.set_links(Link::LOSSY);
        let id = scene.id("a");
        scene.command(move |s, now| s.read(now, id, Path::resource(3, 0, 0)));
        scene.command(move |s, now| s.write_attributes(now, id, TEMPERATURE, "pmin=1"));
        scene.command(move |s, now| s.observe(now, id, TEMPERATURE));
        scene.command(move |s, now| {
            let discover = Operation::Discover { path: Path::object(3303), depth: None };
            s.request(now, id, &discover, None)
        });
        scene.command(move |s, now| s.read_composite(now, id, &[TEMPERATURE, Path::object(3)]));
        if seed % 2 == 1 {
            scene.world.run_for(SECONDS(3));
            scene.world.reboot(scene.server);
            let id = scene.id("a");
            let waiting = scene.engine().operations(id);
            let waiting = waiting.filter(|p| p.state() == PendingState::Held).count();
            assert_eq!(waiting + scene.seen.borrow().answers.len(), 5);
        }
        scene.world.run_for(SECONDS(1200));
        let seen = scene.seen.borrow();
        let kinds = [
            OperationKind::Read,
            OperationKind::WriteAttributes,
            OperationKind::Observe,
            OperationKind::Discover,
            OperationKind::ReadComposite,
        ];
        let codes = [Code::CONTENT, Code::CHANGED, Code::CONTENT, Code::CONTENT, Code::CONTENT];
        let expected: Vec<_> = kinds.into_iter().zip(codes).collect();
        assert_eq!(seen.answers, expected);
        assert_eq!(seen.failures, 0);
    });
}

/// The server dies ever again: nobody registers anew for it, and what is observed goes on.
#[test]
fn a_server_that_starts_again_is_not_noticed() {
    each_seed(10, |seed| {
        let mut scene = Scene::new(seed);
        let client = scene.client("a", "", None);
        scene.world.run_for(SECONDS(10));
        let id = scene.id("a");
        scene.command(move |s, now| s.observe(now, id, TEMPERATURE));
        scene.world.run_for(SECONDS(10));
        let location = scene.engine().registration(id).unwrap().location();
        for round in 0..8u8 {
            scene.world.reboot(scene.server);
            if round == 4 {
                scene.world.rebind(client);
            }
            let value = f64::from(round) + 0.5;
            scene
                .world
                .command(client, move |c, now| c.set(now, TEMPERATURE, Value::Float(value)))
                .unwrap();
            // A client at a new address is followed with its next Update.
            scene.world.run_for(SECONDS(if round == 4 { 400 } else { 40 }));
            assert_eq!(scene.seen.borrow().observed, Some(value), "round {round}");
        }
        scene.world.run_for(SECONDS(1000));
        let registration = scene.engine().registration(scene.id("a")).unwrap();
        assert_eq!(registration.location(), location, "the same registration");
        let registered = scene.world.events(client);
        let registered =
            registered.iter().filter(|(_, e)| matches!(e, client::Event::Registered { .. }));
        assert_eq!(registered.count(), 1);
    });
}
