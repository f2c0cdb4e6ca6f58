//! Our client against our server over a network that loses, doubles, delays and reorders: what the
//! server believes is what the client is, the last value observed is the last value set, and every
//! operation ends once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use coap_core::{Code, ContentFormat, Message};
use lwm2m_core::client::{self, Client, ServerAccount};
use lwm2m_core::format::{Item, ItemContent};
use lwm2m_core::server::{self, Content, Event, OperationId, RegistrationId, Server};
use lwm2m_core::{Level, Path, Value, Version, object};
use m2m_base::{Duration, Instant};
use m2m_sim::{Chance, Checked, Faults, Incident, Link, Node, Rules, Script, World, each_seed};
use proptest::prelude::*;

const SSID: u16 = 101;
const NAME: &str = "urn:dev:os:32473-1";
const SECONDS: fn(u64) -> Duration = Duration::from_secs;
const TEMPERATURE: Path = Path::resource(3303, 0, 5700);
static OBJECTS: [&lwm2m_core::ObjectDefinition<'static>; 2] =
    [&object::TEMPERATURE, &object::BINARY_APP_DATA_CONTAINER];

/// What the application at the server has seen.
#[derive(Debug, Default)]
struct Seen {
    /// The last value of the observed resource.
    observed: Option<f64>,
    /// Codes of answers, by operation.
    answers: Vec<(OperationId, Code)>,
    failures: usize,
    /// What the client sent by itself.
    sent: Vec<Vec<String>>,
    /// What was told of a list of paths last.
    listed: Vec<String>,
}

struct Pair {
    world: World,
    client: Node<Client>,
    server: Node<Server>,
    seen: Rc<RefCell<Seen>>,
}

fn first_float(content: Option<Content<'_>>) -> Option<f64> {
    match content?.items().ok()?.next()?.ok()?.content {
        ItemContent::Value(Value::Float(value)) => Some(value),
        _ => None,
    }
}

/// The application: observes the temperature of whoever registers, and again when it lost it.
fn handle(seen: &Rc<RefCell<Seen>>, e: &mut Checked<Server>, now: Instant, event: &Event) {
    let mut observe = None;
    let mut seen = seen.borrow_mut();
    match *event {
        Event::Registered { id } => observe = Some(id),
        Event::Notified { id, observation, .. } => {
            let server = e.engine();
            if server.observation(observation).is_some_and(|o| o.composite) {
                seen.listed = server.notification(id).map(|c| text(&c)).unwrap_or_default();
            } else {
                seen.observed = first_float(server.notification(id)).or(seen.observed);
            }
            e.command(now, move |s, _| s.release_notification(id));
        }
        Event::Sent { id, .. } => {
            let content = e.engine().notification(id);
            seen.sent.push(content.map(|c| text(&c)).unwrap_or_default());
            e.command(now, move |s, _| s.release_notification(id));
        }
        Event::Response { id, code, observation, registration } => {
            let of = observation.and_then(|o| e.engine().observation(o));
            if of.is_some_and(|o| o.composite) {
                // Who asked reads it.
            } else if of.is_some() {
                seen.observed = first_float(e.engine().response(id)).or(seen.observed);
                e.command(now, move |s, _| s.release(id));
            } else {
                observe = Some(registration);
            }
            seen.answers.push((id, code));
        }
        Event::Failed { registration, .. } => {
            seen.failures += 1;
            observe = Some(registration);
        }
        Event::ObservationEnded { registration, .. } => observe = Some(registration),
        _ => {}
    }
    let missing = |id: &RegistrationId| e.engine().find_observation(*id, TEMPERATURE).is_none();
    if let Some(id) = observe.filter(missing) {
        // The registration may be over; then there is nothing to observe.
        let _ = e.command(now, move |s, now| s.observe(now, id, TEMPERATURE));
    }
}

impl Pair {
    fn new(seed: u64, version: Version, binding: &'static str) -> Pair {
        let mut world = World::new(seed);
        let rules =
            Rules::new(1152, |b| Message::parse(b).is_ok()).done(|event: &Event| match event {
                Event::Response { id, .. } | Event::Failed { id, .. } => Some(id.to_bits()),
                _ => None,
            });
        let server = world.add("server", rules, |boot| {
            let limits = server::Limits::SMALL;
            Server::new(&server::Config { limits, ..server::Config::default() }, &boot.seed)
                .unwrap()
        });
        let peer = world.peer(server);
        let rules = Rules::new(1152, |b| Message::parse(b).is_ok());
        let client = world.add("client", rules, move |boot| {
            let config = client::Config { objects: &OBJECTS, ..client::Config::new(NAME) };
            let mut client = Client::new(&config, &boot.seed).unwrap();
            let account = ServerAccount {
                lifetime: 300,
                version,
                binding,
                ..ServerAccount::new(SSID, peer, "coap://server.example.com")
            };
            client.add_server(boot.now, &account).unwrap();
            client.add_instance(boot.now, Path::instance(3303, 0)).unwrap();
            client.set(boot.now, TEMPERATURE, Value::Float(20.0)).unwrap();
            client.set(boot.now, Path::resource(3, 0, 0), Value::string("Maker")).unwrap();
            client.start(boot.now);
            client
        });
        let seen = Rc::new(RefCell::new(Seen::default()));
        let shared = seen.clone();
        world.on_event(server, move |e: &mut Checked<Server>, now, event| {
            handle(&shared, e, now, event);
        });
        // An execute is answered at once.
        world.on_event(client, |e: &mut Checked<Client>, now, event| {
            if let client::Event::Executed { id, .. } = *event {
                e.command(now, move |c, now| c.answer_execute(now, id, Ok(()))).unwrap();
            }
        });
        Pair { world, client, server, seen }
    }

    fn registration(&self) -> Option<RegistrationId> {
        self.world.engine(self.server).find(NAME)
    }

    fn registered(seed: u64, version: Version) -> (Pair, RegistrationId) {
        let mut pair = Pair::new(seed, version, "U");
        pair.world.run_for(SECONDS(5));
        let id = pair.registration().expect("registered");
        (pair, id)
    }

    /// A command to the server, and its answer.
    fn answered(
        &mut self,
        run: impl Fn(&mut Server, Instant) -> Result<OperationId, server::UsageError> + 'static,
    ) -> (OperationId, Code) {
        let id = self.world.command(self.server, run).unwrap();
        let seen = self.seen.clone();
        let answer = move || seen.borrow().answers.iter().copied().find(|(o, _)| *o == id);
        self.world.run_until(SECONDS(100), |_| answer().is_some());
        answer().unwrap()
    }

    fn set(&mut self, value: f64) {
        self.world
            .command(self.client, move |c, now| c.set(now, TEMPERATURE, Value::Float(value)))
            .unwrap();
    }

    /// What the client should have told the server of itself.
    fn clients_links(&self) -> BTreeSet<Path> {
        let client = self.world.engine(self.client);
        let all = client.paths(Path::ROOT).filter(|p| p.object_id() != Some(0));
        all.map(|p| p.truncate(Level::Instance)).filter(|p| p.level() == Level::Instance).collect()
    }

    /// The registry equals the client's view.
    fn check_registry(&self) {
        let client = self.world.engine(self.client);
        assert_eq!(client.registration(SSID), Some(client::Registration::Registered));
        let server = self.world.engine(self.server);
        assert_eq!(server.registration_count(), 1);
        let r = server.registration(self.registration().expect("registered")).unwrap();
        let links: BTreeSet<Path> =
            r.links().map(|l| l.path).filter(|p| p.level() == Level::Instance).collect();
        assert_eq!(links, self.clients_links());
        assert_eq!(r.peer(), self.world.peer(self.client));
        let Some(Value::Integer(lifetime)) = client.get(Path::resource(1, 0, 1)) else {
            panic!("no lifetime")
        };
        assert_eq!(i64::from(r.lifetime()), lifetime);
    }

    /// A client whose notification nobody acknowledged for 93 s has removed the observer
    /// (RFC 7641 section 4.5), and the server cannot know: who wants to be sure observes again.
    fn observe_again(&mut self) {
        let id = self.registration().unwrap();
        let observe = move |s: &mut Server, now| s.observe(now, id, TEMPERATURE);
        self.world.command(self.server, observe).unwrap();
        self.world.run_for(SECONDS(10));
    }

    fn check_observed(&self, value: f64) {
        let seen = self.seen.borrow();
        let id = self.registration().unwrap();
        let server = self.world.engine(self.server);
        let established = server.observations(id).filter(|o| o.established).count();
        assert_eq!((seen.observed, established), (Some(value), 1));
    }
}

fn text(content: &Content<'_>) -> Vec<String> {
    let shown = |item: Item<'_>| match item.content {
        ItemContent::Value(Value::String(t)) => {
            format!("{}={}", item.path, t.chars().collect::<String>())
        }
        ItemContent::Value(Value::Opaque(data)) => {
            format!("{}={:?}", item.path, data.bytes().collect::<Vec<_>>())
        }
        ItemContent::Value(value) => format!("{}={value:?}", item.path),
        ItemContent::Empty => format!("{} is empty", item.path),
    };
    content.items().unwrap().map(|item| shown(item.unwrap())).collect()
}

#[test]
fn every_operation_in_every_version() {
    for version in [Version::V1_0, Version::V1_1, Version::V1_2] {
        let (mut pair, id) = Pair::registered(1, version);
        pair.check_registry();
        pair.check_observed(20.0);
        let read = |pair: &mut Pair, path: Path| {
            let (operation, code) = pair.answered(move |s, now| s.read(now, id, path));
            assert_eq!(code, Code::CONTENT, "{version} {path}");
            let server = pair.world.engine(pair.server);
            let items = text(&server.response(operation).unwrap());
            pair.world.command(pair.server, move |s, _| s.release(operation));
            items
        };
        assert_eq!(read(&mut pair, Path::resource(3, 0, 0)), ["/3/0/0=Maker"]);
        assert!(read(&mut pair, Path::object(3303)).contains(&"/3303/0/5700=Float(20.0)".into()));
        // Write, and what follows from it.
        let lifetime = Path::resource(1, 0, 1);
        let item = Item::value(lifetime, Value::Integer(600));
        let (_, code) = pair.answered(move |s, now| s.write(now, id, lifetime, &[item]));
        assert_eq!(code, Code::CHANGED);
        pair.world.run_for(SECONDS(5));
        pair.check_registry();
        assert_eq!(pair.world.engine(pair.server).registration(id).unwrap().lifetime(), 600);
        let read_only = Path::resource(3, 0, 0);
        let item = Item::value(read_only, Value::string("x"));
        let (_, code) = pair.answered(move |s, now| s.write(now, id, read_only, &[item]));
        assert_eq!(code, Code::METHOD_NOT_ALLOWED);
        // Create and Delete are seen in the next Update.
        let data = Path::resource_instance(19, 3, 0, 1);
        let item = Item::value(data, Value::opaque(&[1, 2]));
        let (operation, code) = pair.answered(move |s, now| s.create(now, id, 19, &[item]));
        assert_eq!(code, Code::CREATED);
        let created = pair.world.engine(pair.server).response(operation).unwrap().created();
        assert_eq!(created.unwrap_or(Path::instance(19, 3)), Path::instance(19, 3));
        pair.world.run_for(SECONDS(5));
        pair.check_registry();
        assert_eq!(read(&mut pair, Path::resource(19, 3, 0)), ["/19/3/0/1=[1, 2]"]);
        let (_, code) = pair.answered(move |s, now| s.delete(now, id, Path::instance(19, 3)));
        assert_eq!(code, Code::DELETED);
        pair.world.run_for(SECONDS(5));
        pair.check_registry();
        // Attributes and Discover.
        let (_, code) =
            pair.answered(move |s, now| s.write_attributes(now, id, TEMPERATURE, "pmin=1&gt=30.5"));
        assert_eq!(code, Code::CHANGED);
        let (operation, code) =
            pair.answered(move |s, now| s.discover(now, id, Path::instance(3303, 0)));
        assert_eq!(code, Code::CONTENT);
        let content = pair.world.engine(pair.server).response(operation).unwrap();
        let links: Vec<_> = content.links().map(|l| l.unwrap()).collect();
        let found = links.iter().find(|l| l.target() == "/3303/0/5700").unwrap();
        assert!(found.get("gt").unwrap() == "30.5");
        // Execute.
        let (_, code) =
            pair.answered(move |s, now| s.execute(now, id, Path::resource(1, 0, 8), ""));
        assert_eq!(code, Code::CHANGED);
        // Cancel: by asking for it, and by forgetting.
        let observation = pair.world.engine(pair.server).find_observation(id, TEMPERATURE).unwrap();
        let (_, code) = pair.answered(move |s, now| s.cancel_observation(now, observation));
        assert_eq!(code, Code::CONTENT);
        pair.world.run_for(SECONDS(400));
        pair.check_registry();
        pair.world.check_replays();
    }
}

/// Read-Composite, Write-Composite, Observe-Composite, whose answers take several blocks at times.
#[test]
fn composite_operations() {
    for (seed, version, link) in [
        (10, Version::V1_1, Link::PERFECT),
        (11, Version::V1_2, Link::PERFECT),
        (12, Version::V1_1, Link::LOSSY),
        (13, Version::V1_2, Link::LOSSY),
    ] {
        let (mut pair, id) = Pair::registered(seed, version);
        pair.world.set_links(link);
        let maker = Path::resource(3, 0, 0);
        let listed = |pair: &mut Pair, paths: &'static [Path]| {
            let (operation, code) = pair.answered(move |s, now| s.read_composite(now, id, paths));
            let server = pair.world.engine(pair.server);
            let content = server.response(operation).filter(|_| code == Code::CONTENT);
            let items = content.map(|c| text(&c)).unwrap_or_default();
            pair.world.command(pair.server, move |s, _| s.release(operation));
            (code, items)
        };
        const ABSENT: [Path; 1] = [Path::object(9999)];
        const LONG_LIST: [Path; 2] = [Path::object(19), Path::resource(3, 0, 0)];
        const LIST: [Path; 3] = [Path::resource(3, 0, 0), TEMPERATURE, Path::object(9999)];
        assert_eq!(
            listed(&mut pair, &LIST),
            (Code::CONTENT, vec!["/3/0/0=Maker".into(), "/3303/0/5700=Float(20.0)".into()])
        );
        assert_eq!(listed(&mut pair, &ABSENT).0, Code::NOT_FOUND);
        // Write: all, or nothing.
        let lifetime = Item::value(Path::resource(1, 0, 1), Value::Integer(600));
        let zone = Item::value(Path::resource(3, 0, 14), Value::string("+02:00"));
        let both = [lifetime, zone];
        let (_, code) = pair.answered(move |s, now| s.write_composite(now, id, &both));
        assert_eq!(code, Code::CHANGED);
        let other = Item::value(maker, Value::string("Other"));
        let zone = Item::value(Path::resource(3, 0, 14), Value::string("+03:00"));
        let both = [zone, other];
        let (_, code) = pair.answered(move |s, now| s.write_composite(now, id, &both));
        assert_eq!(code, Code::METHOD_NOT_ALLOWED);
        let client = pair.world.engine(pair.client);
        assert_eq!(client.get(Path::resource(3, 0, 14)), Some(Value::string("+02:00")));
        // An answer of several blocks.
        static LONG: [u8; 2500] = [0x5a; 2500];
        let at = Path::resource_instance(19, 0, 0, 0);
        let add = move |c: &mut Client, now: Instant| {
            c.add_instance(now, Path::instance(19, 0))?;
            c.set(now, at, Value::opaque(&LONG))
        };
        pair.world.command(pair.client, add).unwrap();
        let (code, items) = listed(&mut pair, &LONG_LIST);
        assert_eq!((code, items.len()), (Code::CONTENT, 2));
        assert!(items[1].len() > 3 * LONG.len());
        // Observe: told of any part.
        let (_, code) = pair.answered(move |s, now| s.observe_composite(now, id, &LIST));
        assert_eq!(code, Code::CONTENT);
        pair.set(21.5);
        pair.world.run_for(SECONDS(200));
        let expected = ["/3/0/0=Maker", "/3303/0/5700=Float(21.5)"];
        assert_eq!(pair.seen.borrow().listed, expected);
        let observation = pair.world.engine(pair.server).find_composite(id, &LIST).unwrap();
        let (_, code) = pair.answered(move |s, now| s.cancel_observation(now, observation));
        assert_eq!(code, Code::CONTENT);
        pair.set(22.5);
        pair.world.run_for(SECONDS(200));
        assert_eq!(pair.seen.borrow().listed, expected);
        pair.check_registry();
        pair.world.check_replays();
    }
}

/// What the client sends by itself arrives, and in its order, over whatever link. One whose
/// acknowledgements all got lost comes again.
#[test]
fn sends_arrive_in_their_order() {
    each_seed(20, |seed| {
        let version = if seed.is_multiple_of(2) { Version::V1_1 } else { Version::V1_2 };
        let (mut pair, _) = Pair::registered(seed, version);
        let wanted = Value::Boolean(false);
        let mute = Path::resource(1, 0, 23);
        pair.world.command(pair.client, move |c, now| c.set(now, mute, wanted)).unwrap();
        pair.world.set_links(Link::LOSSY);
        let mut expected = Vec::new();
        for n in 0..12u8 {
            let celsius = f64::from(n);
            pair.set(celsius);
            let send = move |c: &mut Client, now: Instant| {
                c.send(now, SSID, ContentFormat::SENML_CBOR, &[TEMPERATURE])
            };
            // One in four is sent while nobody is there.
            let offline = n % 4 == 3;
            let online = move |on| move |c: &mut Client, now: Instant| c.set_online(now, SSID, on);
            pair.world.command(pair.client, online(!offline)).unwrap();
            pair.world.command(pair.client, send).unwrap();
            pair.world.run_for(SECONDS(40));
            pair.world.command(pair.client, online(true)).unwrap();
            expected.push(vec![format!("/3303/0/5700=Float({celsius:?})")]);
        }
        pair.world.run_for(SECONDS(600));
        let mut sent = pair.seen.borrow().sent.clone();
        sent.dedup();
        assert_eq!(sent, expected);
        pair.world.check_replays();
    });
}

/// RFC 7959 both ways: a value that takes several blocks.
#[test]
fn long_values_go_in_blocks() {
    for version in [Version::V1_0, Version::V1_1, Version::V1_2] {
        let (mut pair, id) = Pair::registered(6, version);
        pair.world.set_links(Link::LOSSY);
        let path = Path::resource_instance(19, 0, 0, 0);
        static LONG: [u8; 3000] = [0x5a; 3000];
        let item = Item::value(path, Value::opaque(&LONG));
        let (_, code) = pair.answered(move |s, now| s.create(now, id, 19, &[item]));
        assert_eq!(code, Code::CREATED);
        let (operation, code) =
            pair.answered(move |s, now| s.read(now, id, Path::resource(19, 0, 0)));
        assert_eq!(code, Code::CONTENT);
        let content = pair.world.engine(pair.server).response(operation).unwrap();
        let item = content.items().unwrap().next().unwrap().unwrap();
        let ItemContent::Value(Value::Opaque(data)) = item.content else { panic!("{item:?}") };
        assert_eq!((item.path, data.bytes().collect::<Vec<_>>()), (path, LONG.to_vec()));
        assert!(pair.world.packets().len() > 10);
        pair.world.check_replays();
    }
}

#[test]
fn the_lifetime_of_a_client_that_is_gone() {
    let (mut pair, id) = Pair::registered(2, Version::V1_1);
    pair.world.run_for(SECONDS(3600));
    assert_eq!(pair.registration(), Some(id), "it updates");
    pair.world.stop(pair.client);
    pair.world.run_for(SECONDS(311));
    assert_eq!(pair.registration(), None);
    let last = pair.world.events(pair.server).last().map(|(_, e)| *e);
    assert_eq!(last, Some(Event::Expired { id }));
    pair.world.start(pair.client);
    pair.world.run_for(SECONDS(3600));
    pair.check_registry();
    pair.set(7.5);
    pair.world.run_for(SECONDS(10));
    pair.check_observed(7.5);
    pair.world.check_replays();
}

#[test]
fn a_client_that_reboots_registers_anew() {
    let (mut pair, id) = Pair::registered(3, Version::V1_1);
    pair.set(31.0);
    pair.world.run_for(SECONDS(5));
    pair.check_observed(31.0);
    pair.world.reboot(pair.client);
    pair.world.run_for(SECONDS(30));
    assert_ne!(pair.registration(), Some(id));
    pair.check_registry();
    pair.check_observed(20.0);
    pair.world.check_replays();
}

#[test]
fn a_client_that_moves_is_followed() {
    let (mut pair, id) = Pair::registered(4, Version::V1_1);
    pair.world.rebind(pair.client);
    pair.set(25.5);
    pair.world.run_for(SECONDS(600));
    assert_eq!(pair.registration(), Some(id), "the same registration");
    pair.check_registry();
    pair.check_observed(25.5);
    pair.world.check_replays();
}

#[test]
fn a_client_in_queue_mode_gets_what_waited() {
    let mut pair = Pair::new(5, Version::V1_0, "UQ");
    pair.world.run_for(SECONDS(100));
    let id = pair.registration().unwrap();
    assert!(pair.world.engine(pair.server).registration(id).unwrap().queue_mode());
    let before = pair.world.packets().len();
    let waiting =
        pair.world.command(pair.server, move |s, now| s.read(now, id, Path::resource(3, 0, 0)));
    assert_eq!(pair.world.packets().len(), before, "it sleeps");
    pair.world.run_for(SECONDS(300));
    let answers = pair.seen.borrow().answers.clone();
    assert!(answers.contains(&(waiting.unwrap(), Code::CONTENT)), "{answers:?}");
    pair.world.check_replays();
}

#[test]
fn over_bad_links() {
    for link in [
        Link::LOSSY,
        Link {
            loss: Chance::percent(20),
            duplicate: Chance::percent(20),
            latency: (Duration::from_millis(50), SECONDS(3)),
            ..Link::PERFECT
        },
    ] {
        each_seed(20, |seed| {
            let mut pair = Pair::new(seed, Version::V1_1, "U");
            pair.world.set_links(link);
            let mut value = 0.0;
            for _ in 0..20 {
                pair.world.run_for(SECONDS(60));
                value += 1.5;
                pair.set(value);
                if let Some(id) = pair.registration() {
                    let path = Path::resource(3, 0, 0);
                    let _ = pair.world.command(pair.server, move |s, now| s.read(now, id, path));
                }
            }
            pair.world.set_links(Link::PERFECT);
            pair.world.run_for(SECONDS(1800));
            pair.check_registry();
            pair.observe_again();
            pair.set(-1.0);
            pair.world.run_for(SECONDS(60));
            pair.check_observed(-1.0);
            pair.world.check_replays();
        });
    }
}

/// Operations at fixed times while things go wrong, then quiet.
fn through(seed: u64, script: Script, version: Version) -> Pair {
    let mut pair = Pair::new(seed, version, "U");
    let reboot = Incident::Reboot(pair.server.id());
    let forgets = script.incidents.iter().any(|i| i.incident == reboot);
    pair.world.play(script);
    let mut asked = 0;
    for step in 0..12u32 {
        pair.world.run_for(SECONDS(7));
        pair.set(f64::from(step) + 0.25);
        let Some(id) = pair.registration() else { continue };
        let path = Path::resource(3303, 0, 5701);
        let item = Item::value(Path::resource(1, 0, 2), Value::Integer(0));
        let result = pair.world.command(pair.server, move |s, now| match step % 4 {
            0 => s.read(now, id, Path::object(3)),
            1 => s.write(now, id, item.path, &[item]),
            2 => s.execute(now, id, path, ""),
            _ => s.discover(now, id, Path::object(1)),
        });
        asked += usize::from(result.is_ok());
    }
    pair.world.run_for(SECONDS(2400));
    let ended = pair.seen.borrow().answers.len() + pair.seen.borrow().failures;
    // A server that starts anew knows nothing of what it asked before.
    if !forgets {
        let accepted = pair.world.engine(pair.server).counters().operations as usize;
        assert!(ended == accepted && ended >= asked, "each operation has one outcome");
    }
    pair
}

fn version() -> impl Strategy<Value = Version> {
    prop_oneof![Just(Version::V1_0), Just(Version::V1_1), Just(Version::V1_2)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn after_quiet_the_registry_is_the_clients_view(
        seed: u64,
        script in Faults { first: 40, most: 10, ..Faults::PAIR }.strategy(),
        version in version(),
    ) {
        let mut pair = through(seed, script, version);
        pair.check_registry();
        pair.check_observed(11.25);
        pair.world.check_replays();
    }

    #[test]
    fn after_moves_and_reboots_too(
        seed: u64,
        script in Faults { moves: true, incidents: 3, ..Faults::PAIR }.strategy(),
        version in version(),
    ) {
        let mut pair = through(seed, script, version);
        pair.world.run_for(SECONDS(7200));
        if pair.world.engine(pair.client).registration(SSID)
            == Some(client::Registration::Registered)
        {
            pair.check_registry();
            pair.observe_again();
            pair.set(99.5);
            pair.world.run_for(SECONDS(60));
            pair.check_observed(99.5);
        }
        pair.world.check_replays();
    }

    /// Bits that are wrong can change what is meant; nothing more is asked than that both stand
    /// and every operation ends.
    #[test]
    fn damaged_datagrams_harm_nobody(
        seed: u64,
        script in Faults { first: 40, damage: true, ..Faults::PAIR }.strategy(),
    ) {
        let mut pair = through(seed, script, Version::V1_1);
        pair.world.check_replays();
    }
}
