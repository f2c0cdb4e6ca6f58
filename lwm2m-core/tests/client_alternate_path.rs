//! A client behind an alternate path (Core 6.4.1; 1.2, 7.4): on the wire, and with our server.
#![cfg(all(feature = "client-all", feature = "server", feature = "formats"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "test code"
)]

mod client_common;

use client_common::*;
use coap_core::{Code, ContentFormat as F, Message, OptionNumber};
use lwm2m_core::client::{
    BootstrapAccount, Client, Config, ConfigError, DeviceBehind, Limits, ServerAccount,
};
use lwm2m_core::format::{Item, ItemContent};
use lwm2m_core::server::{self, Content, Event, OperationId, Server, WriteMode};
use lwm2m_core::{ObjectDefinition, Path, Value, Version, object};
use m2m_base::{Duration, Instant, Seed};
use m2m_sim::{Checked, Link, Rules, World, each_seed};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

static OBJECTS: [&ObjectDefinition<'static>; 2] = [&object::TEMPERATURE, &object::GATEWAY];
const VALUE: Path = Path::resource(3303, 0, 5700);
const KIND: Path = Path::resource(3303, 0, 5750);
const MAKER: Path = Path::resource(3, 0, 0);

fn behind(version: Version) -> Config<'static> {
    Config { alternate_path: "/lwm2m", objects: &OBJECTS, version, ..config() }
}

fn bench(version: Version) -> Bench {
    let client = client_speaking(&behind(version), version);
    let mut b = Bench::with(client);
    b.start();
    b
}

#[test]
fn core_6_2_1_the_list_names_the_root_and_everything_behind_it() {
    for (version, expected) in [
        (Version::V1_0, r#"</lwm2m>;rt="oma.lwm2m",</lwm2m/1/0>,"#),
        (Version::V1_1, r#"</lwm2m>;rt="oma.lwm2m";ct="#),
        (Version::V1_2, r#"</lwm2m>;rt="oma.lwm2m";ct="#),
    ] {
        let mut b = bench(version);
        let register = b.accept_registration(PEER, "5a3f");
        let list = register.text();
        assert!(list.starts_with(expected), "{list}");
        assert!(list.contains("</lwm2m/3303/0>") && !list.contains("</3"), "{list}");
        // The server's own places are not behind it.
        assert!(register.uri().starts_with("/rd?"));
        // What is changed is told in the same way.
        b.ask(Ask::execute("/lwm2m/1/0/8"));
        assert_eq!(b.only(PEER).uri(), "/rd/5a3f");
    }
}

#[test]
fn core_6_4_1_each_request_is_behind_it() {
    let mut b = bench(Version::V1_1);
    b.accept_registration(PEER, "5a3f");
    assert_eq!(b.ask(Ask::read("/lwm2m/3303/0/5700", F::TEXT)).text(), "20");
    for uri in ["/3303/0/5700", "/lwm2n/3303/0/5700", "/lwm2m/lwm2m/3303/0/5700", "/lwm2m/0"] {
        let code = b.ask(Ask::read(uri, F::TEXT)).code;
        assert!(!code.is_success(), "{uri}: {code}");
    }
    let read = b.ask(Ask::read("/lwm2m/3303/0/5700", F::SENML_JSON)).text();
    assert_eq!(read, r#"[{"n":"/lwm2m/3303/0/5700","v":20}]"#.replace(r#""n""#, r#""bn""#));
    let links = b.ask(Ask::discover("/lwm2m/3303/0")).text();
    assert!(links.starts_with("</lwm2m/3303/0>,</lwm2m/3303/0/"), "{links}");
    // Names in what is written are behind it as well.
    let write = |name: &str| format!(r#"[{{"n":"{name}","vs":"roof"}}]"#);
    for (name, code) in [("/lwm2m/3303/0/5750", Code::CHANGED), ("/3303/0/5750", Code::BAD_REQUEST)]
    {
        let text = write(name);
        let ask = Ask::send(Code::PUT, "/lwm2m/3303/0/5750", F::SENML_JSON, text.as_bytes());
        assert_eq!(b.ask(ask).code, code, "{name}");
    }
    assert_eq!(b.engine().get(KIND), Some(Value::string("roof")));
    let created = b.ask(Ask::send(Code::POST, "/lwm2m/3303", F::LWM2M_TLV, &[]));
    assert_eq!(created.code, Code::CREATED);
    assert_eq!(created.all(OptionNumber::LOCATION_PATH), ["lwm2m", "3303", "1"]);
    assert_eq!(b.ask(Ask::new(Code::DELETE, "/lwm2m/3303/1")).code, Code::DELETED);
    assert_eq!(b.ask(Ask::new(Code::PUT, "/lwm2m/3303?pmin=3")).code, Code::CHANGED);
    // Composite operations are about the root alone.
    let list = br#"[{"n":"/lwm2m/3303/0/5700"},{"n":"/lwm2m/3/0/0"}]"#;
    let fetch = |uri| Ask {
        accept: Some(F::SENML_JSON),
        ..Ask::send(Code::FETCH, uri, F::SENML_ETCH_JSON, list)
    };
    let answer = b.ask(fetch("/lwm2m"));
    assert_eq!(answer.code, Code::CONTENT);
    let text = answer.text();
    let expected =
        r#"[{"bn":"/lwm2m/","n":"3/0/0","vs":"Example Devices"},{"n":"3303/0/5700","v":20}]"#;
    assert_eq!(text, expected);
    assert!(!b.ask(fetch("/")).code.is_success());
    assert!(!b.ask(fetch("/lwm2m/3303")).code.is_success());
}

#[test]
fn core_6_1_bootstrap_servers_do_not_know_it() {
    const BS: m2m_base::PeerId = m2m_base::PeerId(0x0a00_0003_1633);
    let mut client = Client::new(&behind(Version::V1_1), &Seed([5; 32])).unwrap();
    let bs = BootstrapAccount::new(BS, "coap://bs.example.com");
    client.add_bootstrap_server(Instant::ZERO, &bs).unwrap();
    let mut b = Bench::with(client);
    b.start();
    let request = b.only(BS);
    assert!(request.uri().starts_with("/bs?"), "{}", request.uri());
    b.answer(BS, &request, Code::CHANGED, &[]);
    assert_eq!(b.ask_as(BS, Ask::write("/1/0/0", "55")).code, Code::CHANGED);
    let pack = br#"[{"bn":"/1/0/","n":"1","v":300}]"#;
    let write = Ask::send(Code::PUT, "/1/0", F::SENML_JSON, pack);
    assert_eq!(b.ask_as(BS, write).code, Code::CHANGED);
    let read = b.ask_as(BS, Ask::read("/1", F::SENML_JSON)).text();
    assert!(read.contains(r#""/1/"#) && !read.contains("lwm2m"), "{read}");
    let links = b.ask_as(BS, Ask::discover("/")).text();
    assert!(links.contains("</1/0>") && !links.contains("</lwm2m"), "{links}");
}

#[test]
fn what_is_no_alternate_path() {
    let long = format!("/{}", "a".repeat(40));
    for wrong in ["lwm2m", "/", "/1", "/a/1", "/a//b", "/lwm2m/", "/with space", &long] {
        let config = Config { alternate_path: wrong, ..config() };
        let made = Client::new(&config, &Seed([5; 32]));
        assert_eq!(made.err(), Some(ConfigError::AlternatePath), "{wrong}");
    }
    for right in ["", "/lwm2m", "/a/b", "/building-7/floor.2/room_12", &long[..40]] {
        let config = Config { alternate_path: right, ..config() };
        assert!(Client::new(&config, &Seed([5; 32])).is_ok(), "{right}");
    }
}

#[test]
fn core_6_4_1_a_path_of_several_segments() {
    let config = Config { alternate_path: "/house/cellar", ..behind(Version::V1_1) };
    let mut b = Bench::with(client_speaking(&config, Version::V1_1));
    b.start();
    let list = b.accept_registration(PEER, "5a3f").text();
    assert!(list.starts_with(r#"</house/cellar>;rt="oma.lwm2m";ct="#), "{list}");
    assert!(list.contains("</house/cellar/3303/0>") && !list.contains("</3"), "{list}");
    assert_eq!(b.ask(Ask::read("/house/cellar/3303/0/5700", F::TEXT)).text(), "20");
    for uri in ["/3303/0/5700", "/house/3303/0/5700", "/cellar/3303/0/5700", "/house"] {
        assert_eq!(b.ask(Ask::read(uri, F::TEXT)).code, Code::NOT_FOUND, "{uri}");
    }
    let read = b.ask(Ask::read("/house/cellar/3303/0/5700", F::SENML_JSON)).text();
    assert_eq!(read, r#"[{"bn":"/house/cellar/3303/0/5700","v":20}]"#);
    let created = b.ask(Ask::send(Code::POST, "/house/cellar/3303", F::LWM2M_TLV, &[]));
    assert_eq!(created.all(OptionNumber::LOCATION_PATH), ["house", "cellar", "3303", "1"]);
    let list = br#"[{"n":"/house/cellar/3303/0/5700"}]"#;
    let fetch = |uri| Ask {
        accept: Some(F::SENML_JSON),
        ..Ask::send(Code::FETCH, uri, F::SENML_ETCH_JSON, list)
    };
    let fetched = b.ask(fetch("/house/cellar")).text();
    assert_eq!(fetched, r#"[{"bn":"/house/cellar/","n":"3303/0/5700","v":20}]"#);
    assert_eq!(b.ask(fetch("/house")).code, Code::NOT_FOUND);
}

/// Gateway 1.1: the prefix of a device comes behind the alternate path.
#[test]
fn gateway_devices_are_behind_it_too() {
    let limits = Limits { devices: 1, device_objects: 1, ..Limits::DEVICE };
    let config = Config { limits, ..behind(Version::V1_1) };
    let mut client = client_speaking(&config, Version::V1_1);
    let device = DeviceBehind { id: "urn:dev:1", prefix: "d01", objects: &[&object::TEMPERATURE] };
    let gateway = client.add_device(Instant::ZERO, &device).unwrap();
    let here = client.path_behind(gateway, VALUE).unwrap();
    client.add_instance(Instant::ZERO, here.truncate(lwm2m_core::Level::Instance)).unwrap();
    client.set(Instant::ZERO, here, Value::Float(1.5)).unwrap();
    let mut b = Bench::with(client);
    b.start();
    b.accept_registration(PEER, "5a3f");
    assert_eq!(b.ask(Ask::read("/lwm2m/25/0/3", F::TEXT)).text(), "</3303/0>");
    for (uri, text) in [("/lwm2m/3303/0/5700", "20"), ("/lwm2m/d01/3303/0/5700", "1.5")] {
        assert_eq!(b.ask(Ask::read(uri, F::TEXT)).text(), text, "{uri}");
    }
    for uri in ["/d01/3303/0/5700", "/d01/lwm2m/3303/0/5700", "/lwm2m/d02/3303/0/5700"] {
        assert_eq!(b.ask(Ask::read(uri, F::TEXT)).code, Code::NOT_FOUND, "{uri}");
    }
    let at = "/lwm2m/d01/3303/0/5700";
    let read = b.ask(Ask::read(at, F::SENML_JSON)).text();
    assert_eq!(read, r#"[{"bn":"/lwm2m/d01/3303/0/5700","v":1.5}]"#);
    let created = b.ask(Ask::send(Code::POST, "/lwm2m/d01/3303", F::LWM2M_TLV, &[]));
    assert_eq!(created.all(OptionNumber::LOCATION_PATH), ["lwm2m", "d01", "3303", "1"]);
    let list = br#"[{"n":"/lwm2m/d01/3303/0/5700"}]"#;
    let fetch = |uri| Ask {
        accept: Some(F::SENML_JSON),
        ..Ask::send(Code::FETCH, uri, F::SENML_ETCH_JSON, list)
    };
    let fetched = b.ask(fetch("/lwm2m/d01")).text();
    assert_eq!(fetched, r#"[{"bn":"/lwm2m/d01/","n":"3303/0/5700","v":1.5}]"#);
    // Its names are not those of the gateway.
    assert_eq!(b.ask(fetch("/lwm2m")).code, Code::BAD_REQUEST);
    let write = br#"[{"n":"/lwm2m/d01/3303/0/5750","vs":"roof"}]"#;
    let write = Ask::send(Code::IPATCH, "/lwm2m/d01", F::SENML_ETCH_JSON, write);
    assert_eq!(b.ask(write).code, Code::CHANGED);
    assert_eq!(b.ask(Ask::read("/lwm2m/d01/3303/0/5750", F::TEXT)).text(), "roof");
}

type Told = BTreeMap<String, String>;

fn told(content: Option<Content<'_>>) -> Told {
    let items = content.into_iter().filter_map(|content| {
        let all = content.items().ok()?.map(|item| item.unwrap());
        Some(all.map(|item| (item.path.to_string(), shown(&item))).collect::<Vec<_>>())
    });
    items.flatten().collect()
}

fn shown(item: &Item<'_>) -> String {
    match &item.content {
        ItemContent::Value(Value::String(text)) => text.chars().collect(),
        ItemContent::Value(Value::Float(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

#[derive(Debug, Default)]
struct Seen {
    answers: Vec<(OperationId, Code, Told)>,
    notified: Vec<Told>,
}

/// Every operation of our server on our client, over good and bad links, in every version.
#[test]
fn core_6_4_1_our_server_and_our_client_behind_an_alternate_path() {
    each_seed(12, |seed| {
        let version = [Version::V1_0, Version::V1_1, Version::V1_2][seed as usize % 3];
        let mut world = World::new(seed);
        let rules = Rules::new(1152, |b| Message::parse(b).is_ok());
        let server = world.add("server", rules, |boot| {
            let limits = server::Limits::SMALL;
            let config = server::Config { limits, ..server::Config::default() };
            Server::new(&config, &boot.seed).unwrap()
        });
        let peer = world.peer(server);
        let rules = Rules::new(1152, |b| Message::parse(b).is_ok());
        let client = world.add("client", rules, move |boot| {
            let new = Config::new("alternate");
            let config = Config { alternate_path: "/lwm2m", objects: &OBJECTS, ..new };
            let mut client = Client::new(&config, &boot.seed).unwrap();
            let account = ServerAccount {
                version,
                ..ServerAccount::new(101, peer, "coap://server.example.com")
            };
            client.add_server(boot.now, &account).unwrap();
            client.set(boot.now, path("/1/0/23"), Value::Boolean(false)).unwrap();
            client.add_instance(boot.now, path("/3303/0")).unwrap();
            client.set(boot.now, VALUE, Value::Float(20.0)).unwrap();
            client.set(boot.now, MAKER, Value::string("m2m")).unwrap();
            client.start(boot.now);
            client
        });
        world.on_event(client, |e: &mut Checked<Client>, now, event| {
            if let lwm2m_core::client::Event::Executed { id, .. } = *event {
                e.command(now, move |c, now| c.answer_execute(now, id, Ok(()))).unwrap();
            }
        });
        let seen = Rc::new(RefCell::new(Seen::default()));
        let shared = seen.clone();
        world.on_event(server, move |e: &mut Checked<Server>, now, event| match *event {
            Event::Response { id, code, .. } => {
                let all = told(e.engine().response(id));
                shared.borrow_mut().answers.push((id, code, all));
                e.command(now, move |s, _| s.release(id));
            }
            Event::Notified { id, .. } | Event::Sent { id, .. } => {
                let all = told(e.engine().notification(id));
                shared.borrow_mut().notified.push(all);
                e.command(now, move |s, _| s.release_notification(id));
            }
            _ => {}
        });
        world.run_for(Duration::from_secs(10));
        let id = world.engine(server).find("alternate").expect("registered");
        let registration = world.engine(server).registration(id).unwrap();
        assert_eq!(registration.alternate_path(), "/lwm2m");
        assert!(registration.links().any(|link| link.path == Path::instance(3303, 0)));
        if seed > 2 {
            world.set_links(Link::LOSSY);
        }
        type Ask = Box<dyn Fn(&mut Server, Instant) -> Result<OperationId, server::UsageError>>;
        let ask = |world: &mut World, ask: Ask| {
            let operation = world.command(server, ask).unwrap();
            let seen = seen.clone();
            let find = move || {
                let seen = seen.borrow();
                seen.answers.iter().find(|(o, ..)| *o == operation).cloned()
            };
            world.run_until(Duration::from_secs(100), |_| find().is_some());
            let (_, code, all) = find().unwrap();
            (code, all)
        };
        let one = |path: Path, value: &str| Told::from([(path.to_string(), value.to_owned())]);
        let (code, all) = ask(&mut world, Box::new(move |s, now| s.read(now, id, VALUE)));
        assert_eq!((code, all), (Code::CONTENT, one(VALUE, "20")));
        let kind = [Item::value(KIND, Value::string("roof"))];
        let write = Box::new(move |s: &mut Server, now| s.write(now, id, KIND, &kind));
        assert_eq!(ask(&mut world, write).0, Code::CHANGED);
        let instance = Path::instance(3303, 0);
        let update = Box::new(move |s: &mut Server, now| {
            let body = server::Body::items(&kind);
            let write = server::Operation::Write { path: instance, mode: WriteMode::Update, body };
            s.request(now, id, &write, None)
        });
        assert_eq!(ask(&mut world, update).0, Code::CHANGED);
        let discover = Box::new(move |s: &mut Server, now| s.discover(now, id, instance));
        assert_eq!(ask(&mut world, discover).0, Code::CONTENT);
        let attributes =
            Box::new(move |s: &mut Server, now| s.write_attributes(now, id, VALUE, "pmin=1"));
        assert_eq!(ask(&mut world, attributes).0, Code::CHANGED);
        let execute = path("/3303/0/5605");
        world.command(client, move |c, now| c.add_resource(now, execute)).unwrap();
        let execute = Box::new(move |s: &mut Server, now| s.execute(now, id, execute, ""));
        assert_eq!(ask(&mut world, execute).0, Code::CHANGED);
        let value = [Item::value(Path::resource(3303, 1, 5700), Value::Float(1.0))];
        let create = Box::new(move |s: &mut Server, now| s.create(now, id, 3303, &value));
        assert_eq!(ask(&mut world, create).0, Code::CREATED);
        let made = Path::instance(3303, 1);
        assert!(world.engine(client).contains(made));
        let delete = Box::new(move |s: &mut Server, now| s.delete(now, id, made));
        assert_eq!(ask(&mut world, delete).0, Code::DELETED);
        let observe = Box::new(move |s: &mut Server, now| s.observe(now, id, VALUE));
        assert_eq!(ask(&mut world, observe), (Code::CONTENT, one(VALUE, "20")));
        world.command(client, |c, now| c.set(now, VALUE, Value::Float(21.0))).unwrap();
        let notified = seen.clone();
        world.run_until(Duration::from_secs(200), |_| !notified.borrow().notified.is_empty());
        assert_eq!(seen.borrow().notified.last(), Some(&one(VALUE, "21")));
        if version == Version::V1_0 {
            return;
        }
        let list = Box::new(move |s: &mut Server, now| s.read_composite(now, id, &[VALUE, MAKER]));
        let (code, all) = ask(&mut world, list);
        assert_eq!((code, all.len()), (Code::CONTENT, 2), "{all:?}");
        assert_eq!(all.get("/3/0/0").map(String::as_str), Some("m2m"));
        let all = [Item::value(KIND, Value::string("cellar"))];
        let write = Box::new(move |s: &mut Server, now| s.write_composite(now, id, &all));
        assert_eq!(ask(&mut world, write).0, Code::CHANGED);
        assert_eq!(world.engine(client).get(KIND), Some(Value::string("cellar")));
        let list = Box::new(move |s: &mut Server, now| s.observe_composite(now, id, &[KIND]));
        assert_eq!(ask(&mut world, list).1, one(KIND, "cellar"));
        world.command(client, |c, now| c.set(now, KIND, Value::string("attic"))).unwrap();
        let notified = seen.clone();
        let attic = one(KIND, "attic");
        world.run_until(Duration::from_secs(200), |_| notified.borrow().notified.contains(&attic));
        assert!(seen.borrow().notified.contains(&attic), "{:?}", seen.borrow().notified);
        world
            .command(client, |c, now| c.send(now, 101, F::SENML_CBOR, &[MAKER]).map(|_| ()))
            .unwrap();
        let sent = one(MAKER, "m2m");
        let notified = seen.clone();
        world.run_until(Duration::from_secs(200), |_| notified.borrow().notified.contains(&sent));
        assert!(seen.borrow().notified.contains(&sent), "{:?}", seen.borrow().notified);
    });
}
