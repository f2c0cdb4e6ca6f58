//! Our client as a gateway and our server: the devices behind are registrations of their own, of
//! which several values are read, observed and written at once.
#![cfg(all(feature = "client-all", feature = "server"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use coap_core::{Code, Message};
use lwm2m_core::client::{self, Client, DeviceBehind, ServerAccount};
use lwm2m_core::format::{Item, ItemContent};
use lwm2m_core::server::{self, Content, Event, OperationId, RegistrationId, Server};
use lwm2m_core::{ObjectDefinition, Path, Value, object};
use m2m_base::{Duration, Instant};
use m2m_sim::{Checked, Link, Node, Rules, World, each_seed};

const VALUE: Path = Path::resource(3303, 0, 5700);
const KIND: Path = Path::resource(3303, 0, 5750);
const MAKER: Path = Path::resource(3, 0, 0);
static OBJECTS: [&ObjectDefinition<'static>; 2] = [&object::TEMPERATURE, &object::GATEWAY];
static BEHIND: [&ObjectDefinition<'static>; 2] = [&object::DEVICE, &object::TEMPERATURE];

type Told = BTreeMap<String, String>;

fn told(content: Option<Content<'_>>) -> Told {
    let items = content.into_iter().filter_map(|content| {
        let all = content.items().ok()?.map(|item| item.unwrap());
        Some(all.map(shown).collect::<Vec<_>>())
    });
    items.flatten().collect()
}

fn shown(item: Item<'_>) -> (String, String) {
    let value = match item.content {
        ItemContent::Value(Value::String(text)) => text.chars().collect(),
        ItemContent::Value(Value::Float(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    (item.path.to_string(), value)
}

#[derive(Debug, Default)]
struct Seen {
    answers: Vec<(OperationId, Code, Told)>,
    notified: Vec<(RegistrationId, Told)>,
}

fn handle(seen: &Rc<RefCell<Seen>>, e: &mut Checked<Server>, now: Instant, event: &Event) {
    match *event {
        Event::Response { id, code, .. } => {
            let all = told(e.engine().response(id));
            seen.borrow_mut().answers.push((id, code, all));
            e.command(now, move |s, _| s.release(id));
        }
        Event::Notified { id, registration, .. } => {
            let all = told(e.engine().notification(id));
            seen.borrow_mut().notified.push((registration, all));
            e.command(now, move |s, _| s.release_notification(id));
        }
        _ => {}
    }
}

struct Pair {
    world: World,
    client: Node<Client>,
    server: Node<Server>,
    seen: Rc<RefCell<Seen>>,
}

fn pair(seed: u64) -> Pair {
    let mut world = World::new(seed);
    let rules = || Rules::new(1152, |b| Message::parse(b).is_ok());
    let server = world.add("server", rules(), |boot| {
        let limits = server::Limits::SMALL;
        Server::new(&server::Config { limits, ..server::Config::default() }, &boot.seed).unwrap()
    });
    let peer = world.peer(server);
    let client =
        world.add("gateway", Rules::new(1152, |b| Message::parse(b).is_ok()), move |boot| {
            let limits = client::Limits { devices: 2, device_objects: 4, ..client::Limits::DEVICE };
            let config = client::Config {
                limits,
                objects: &OBJECTS,
                alternate_path: if seed.is_multiple_of(2) { "" } else { "/house/cellar" },
                ..client::Config::new("g")
            };
            let mut client = Client::new(&config, &boot.seed).unwrap();
            for (id, prefix, value) in [("urn:dev:1", "d01", 1.5), ("urn:dev:2", "d02", 2.5)] {
                let device = DeviceBehind { id, prefix, objects: &BEHIND };
                let instance = client.add_device(boot.now, &device).unwrap();
                let here = |c: &Client, path| c.path_behind(instance, path).unwrap();
                for path in [Path::instance(3, 0), Path::instance(3303, 0)] {
                    let path = here(&client, path);
                    client.add_instance(boot.now, path).unwrap();
                }
                let (at, maker) = (here(&client, VALUE), here(&client, MAKER));
                client.set(boot.now, at, Value::Float(value)).unwrap();
                client.set(boot.now, maker, Value::string(prefix)).unwrap();
            }
            let account = ServerAccount::new(101, peer, "coap://server.example.com");
            client.add_server(boot.now, &account).unwrap();
            client.start(boot.now);
            client
        });
    let seen = Rc::new(RefCell::new(Seen::default()));
    let shared = seen.clone();
    world.on_event(server, move |e: &mut Checked<Server>, now, event| {
        handle(&shared, e, now, event);
    });
    world.run_for(Duration::from_secs(10));
    Pair { world, client, server, seen }
}

impl Pair {
    fn answered(
        &mut self,
        ask: impl Fn(&mut Server, Instant) -> Result<OperationId, server::UsageError> + 'static,
    ) -> (Code, Told) {
        let id = self.world.command(self.server, ask).unwrap();
        let seen = self.seen.clone();
        let find = move || seen.borrow().answers.iter().find(|(o, ..)| *o == id).cloned();
        self.world.run_until(Duration::from_secs(100), |_| find().is_some());
        let (_, code, all) = find().unwrap();
        (code, all)
    }
}

#[test]
fn gateway_composite_operations_of_a_device_behind() {
    each_seed(10, |seed| {
        let mut pair = pair(seed);
        if seed > 0 {
            pair.world.set_links(Link::LOSSY);
        }
        let find = |pair: &Pair, name| pair.world.engine(pair.server).find(name).expect("found");
        let (one, two) = (find(&pair, "urn:dev:1"), find(&pair, "urn:dev:2"));
        for (id, value, maker) in [(one, "1.5", "d01"), (two, "2.5", "d02")] {
            let (code, all) =
                pair.answered(move |s, now| s.read_composite(now, id, &[VALUE, MAKER]));
            assert_eq!(code, Code::CONTENT);
            let expected = [(VALUE.to_string(), value), (MAKER.to_string(), maker)];
            assert_eq!(all, expected.map(|(path, value)| (path, value.to_owned())).into());
        }
        let write = [Item::value(KIND, Value::string("roof"))];
        let (code, _) = pair.answered(move |s, now| s.write_composite(now, two, &write));
        assert_eq!(code, Code::CHANGED);
        let (_, all) = pair.answered(move |s, now| s.read_composite(now, two, &[KIND]));
        assert_eq!(all, [(KIND.to_string(), "roof".to_owned())].into());
        let (_, all) = pair.answered(move |s, now| s.observe_composite(now, one, &[VALUE, MAKER]));
        assert_eq!(all.len(), 2);
        let gateway = pair.client;
        pair.world
            .command(gateway, |c, now| {
                let at = c.path_behind(Path::instance(25, 0), VALUE).unwrap();
                c.set(now, at, Value::Float(7.5))
            })
            .unwrap();
        let seen = pair.seen.clone();
        pair.world.run_until(Duration::from_secs(200), |_| !seen.borrow().notified.is_empty());
        let (of, all) = seen.borrow().notified.first().cloned().unwrap();
        assert_eq!((of, all.get(&VALUE.to_string()).map(String::as_str)), (one, Some("7.5")));
        pair.world.check_replays();
    });
}
