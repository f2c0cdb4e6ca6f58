//! The registry equals what the clients did; whatever bytes come, the server stands and its
//! answers are well-formed; the same inputs give the same bytes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod server_common;

use std::collections::BTreeMap;

use coap_core::{Code, ContentFormat};
use lwm2m_core::Path;
use lwm2m_core::format::Item;
use lwm2m_core::server::{Config, Event, Limits, Operation, Server};
use m2m_base::{Duration, Engine, Instant, PeerId};
use m2m_sim::Checked;
use proptest::prelude::*;
use server_common::{Ask, Bench, Owned, config, new_server, rules};

#[derive(Clone, Debug)]
enum Step {
    Register {
        endpoint: u8,
        peer: u8,
        lifetime: u8,
        links: u8,
    },
    Update {
        endpoint: u8,
        peer: u8,
        lifetime: Option<u8>,
        links: Option<u8>,
    },
    /// By a location that was given out before, whoever has it now.
    Deregister {
        endpoint: u8,
        peer: u8,
    },
    OldLocation {
        which: u8,
    },
    Pass {
        seconds: u8,
    },
    Remove {
        endpoint: u8,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (e, p) = (0u8..5, 0u8..3);
    prop_oneof![
        3 => (e.clone(), p.clone(), 0u8..60, 0u8..8).prop_map(|(endpoint, peer, lifetime, links)| {
            Step::Register { endpoint, peer, lifetime, links }
        }),
        4 => (e.clone(), p.clone(), proptest::option::of(0u8..60), proptest::option::of(0u8..8))
            .prop_map(|(endpoint, peer, lifetime, links)| {
                Step::Update { endpoint, peer, lifetime, links }
            }),
        1 => (e.clone(), p).prop_map(|(endpoint, peer)| Step::Deregister { endpoint, peer }),
        1 => any::<u8>().prop_map(|which| Step::OldLocation { which }),
        3 => (0u8..40).prop_map(|seconds| Step::Pass { seconds }),
        1 => e.prop_map(|endpoint| Step::Remove { endpoint }),
    ]
}

/// Links 0 to 7: each bit an object.
fn link_list(links: u8) -> (String, Vec<Path>) {
    let mut text = "</1/0>".to_string();
    let mut paths = vec![Path::instance(1, 0)];
    for bit in (0..3).filter(|bit| links >> bit & 1 == 1) {
        text.push_str(&format!(",</{}>;ver=1.{bit}", 3300 + bit));
        paths.push(Path::object(3300 + bit));
    }
    (text, paths)
}

#[derive(Debug, PartialEq)]
struct Client {
    location: String,
    peer: PeerId,
    lifetime: u32,
    links: Vec<Path>,
    last_update: Instant,
}

impl Client {
    fn expires(&self) -> Option<Instant> {
        let lifetime = Duration::from_secs(self.lifetime.into());
        (self.lifetime != 0).then(|| self.last_update + lifetime)
    }
}

fn peer(n: u8) -> PeerId {
    PeerId(0x0a00_0001_1633 + u64::from(n))
}

/// The registry, read through the server's own eyes.
fn registry(server: &Server) -> BTreeMap<String, Client> {
    let all = server.registrations().map(|r| {
        let client = Client {
            location: r.location().to_string(),
            peer: r.peer(),
            lifetime: r.lifetime(),
            links: r.links().map(|l| l.path).collect(),
            last_update: r.last_update(),
        };
        assert_eq!(r.expires_at(), client.expires());
        assert_eq!(server.find(r.endpoint()), Some(r.id()));
        (r.endpoint().to_string(), client)
    });
    all.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_registry_equals_what_the_clients_did(
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let mut bench = Bench::with(Config { grace: Duration::ZERO, ..config() });
        let mut model: BTreeMap<String, Client> = BTreeMap::new();
        let mut old: Vec<String> = Vec::new();
        let (mut appeared, mut went) = (0, 0);
        for step in steps {
            match step {
                Step::Register { endpoint, peer: p, lifetime, links } => {
                    let name = format!("e{endpoint}");
                    let (text, links) = link_list(links);
                    let uri = format!("/rd?ep={name}&lt={lifetime}&lwm2m=1.1");
                    let location = bench.register(peer(p), &uri, &text);
                    let (lifetime, last_update) = (lifetime.into(), bench.now);
                    let client = Client { location, peer: peer(p), lifetime, links, last_update };
                    old.extend(model.insert(name, client).map(|c| c.location));
                }
                Step::Update { endpoint, peer: p, lifetime, links } => {
                    let Some(client) = model.get_mut(&format!("e{endpoint}")) else { continue };
                    let query = lifetime.map_or(String::new(), |lt| format!("?lt={lt}"));
                    let uri = format!("{}{query}", client.location);
                    let list = links.map(link_list);
                    let text = list.as_ref().map_or("", |(text, _)| text.as_str());
                    prop_assert_eq!(bench.ask(peer(p), Ask::post(&uri, text)).code, Code::CHANGED);
                    client.peer = peer(p);
                    client.last_update = bench.now;
                    client.lifetime = lifetime.map_or(client.lifetime, u32::from);
                    if let Some((_, links)) = list {
                        client.links = links;
                    }
                }
                Step::Deregister { endpoint, peer: p } => {
                    let Some(client) = model.remove(&format!("e{endpoint}")) else { continue };
                    let code = bench.ask(peer(p), Ask::delete(&client.location)).code;
                    prop_assert_eq!(code, Code::DELETED);
                    old.push(client.location);
                }
                Step::OldLocation { which } => {
                    let Some(location) = old.get(usize::from(which) % old.len().max(1)) else {
                        continue;
                    };
                    for ask in [Ask::post(location, ""), Ask::delete(location)] {
                        prop_assert_eq!(bench.ask(peer(0), ask).code, Code::NOT_FOUND);
                    }
                }
                Step::Pass { seconds } => {
                    bench.pass(Duration::from_secs(seconds.into()));
                    let now = bench.now;
                    model.retain(|_, client| {
                        let stays = client.expires().is_none_or(|at| at > now);
                        if !stays {
                            old.push(client.location.clone());
                        }
                        stays
                    });
                }
                Step::Remove { endpoint } => {
                    let name = format!("e{endpoint}");
                    let Some(client) = model.remove(&name) else { continue };
                    let id = bench.engine().find(&name).unwrap();
                    bench.command(move |s, now| s.remove(now, id)).unwrap();
                    old.push(client.location);
                }
            }
            prop_assert_eq!(&registry(bench.engine()), &model);
            prop_assert_eq!(bench.engine().registration_count() as usize, model.len());
            for event in bench.events() {
                match event {
                    Event::Registered { .. } => appeared += 1,
                    Event::Deregistered { .. } | Event::Expired { .. } => went += 1,
                    _ => {}
                }
            }
            prop_assert_eq!(appeared - went, model.len());
            for p in 0..3 {
                let found = bench.engine().find_peer(peer(p));
                prop_assert_eq!(found.is_some(), model.values().any(|c| c.peer == peer(p)));
            }
        }
        bench.finish();
    }
}

/// What happens to the server in a row, some of it nonsense.
#[derive(Clone, Debug)]
enum Input {
    /// One of the datagrams of a normal day, with some bytes changed.
    Datagram {
        which: usize,
        peer: u8,
        flips: Vec<(u16, u8)>,
        cut: Option<u16>,
    },
    Noise(Vec<u8>),
    Pass(u32),
    Command(u8, u8),
    /// The oldest request of the server, answered with these bytes as payload.
    Answer {
        code: u8,
        format: u16,
        payload: Vec<u8>,
        observe: bool,
    },
}

fn input() -> impl Strategy<Value = Input> {
    let flips = proptest::collection::vec((any::<u16>(), any::<u8>()), 0..4);
    let codes =
        prop_oneof![Just(0x45), Just(0x44), Just(0x41), Just(0x84), Just(0x86), any::<u8>()];
    let formats = prop_oneof![Just(0u16), Just(110), Just(112), Just(11542), Just(11544), Just(40)];
    prop_oneof![
        5 => (0usize..8, 0u8..3, flips, proptest::option::weighted(0.1, any::<u16>()))
            .prop_map(|(which, peer, flips, cut)| Input::Datagram { which, peer, flips, cut }),
        1 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Input::Noise),
        2 => (0u32..200_000).prop_map(Input::Pass),
        4 => (0u8..12, any::<u8>()).prop_map(|(what, which)| Input::Command(what, which)),
        4 => (codes, formats, proptest::collection::vec(any::<u8>(), 0..30), any::<bool>())
            .prop_map(|(code, format, payload, observe)| {
                Input::Answer { code, format, payload, observe }
            }),
    ]
}

fn normal_day(which: usize, id: u16, location: &str) -> Vec<u8> {
    let links = "</>;rt=\"oma.lwm2m\";ct=\"110 112 11542\",</1>;ver=1.1,</1/0>,</3/0>,</3303/0>";
    let update = format!("{location}?lt=90&b=UQ");
    let ask = match which {
        0 => Ask::post("/rd?ep=urn:imei:1&lt=60&lwm2m=1.1&b=U&sms=1", links),
        1 => Ask::post("/rd?ep=two&lt=90&lwm2m=1.0&b=UQ", "</1/0>,</3/0>"),
        2 => Ask::post("/rd?ep=three&lt=30&lwm2m=1.2&Q", "</l>;rt=\"oma.lwm2m\",</l/3/0>"),
        3 | 4 => Ask::post(location, ""),
        5 => Ask::post(&update, "</3/0>,</4/0>"),
        6 => Ask::delete(location),
        _ => Ask { method: Code::GET, ..Ask::post("/.well-known/core", "") },
    };
    ask.datagram(id, &[7; 4])
}

fn run_command(server: &mut Server, now: Instant, what: u8, which: u8) {
    let all: Vec<_> = server.registrations().map(|r| r.id()).collect();
    let Some(id) = all.get(usize::from(which) % all.len().max(1)).copied() else { return };
    let path = [Path::object(3), Path::instance(3, 0), Path::resource(3, 0, 1)]
        [usize::from(which / 8) % 3];
    let resource = Path::resource(3, 0, 1);
    let item = Item::value(resource, lwm2m_core::Value::Integer(300));
    let observed = server.observations(id).next().map(|o| o.id);
    // Refused commands are as welcome as others.
    let _ = match what {
        0 => server.write(now, id, resource, &[item]).map(|_| ()),
        1 => server.execute(now, id, resource, "0").map(|_| ()),
        2 => server.discover(now, id, path).map(|_| ()),
        3 | 4 => server.observe(now, id, path).map(|_| ()),
        5 => observed.map_or(Ok(()), |o| server.cancel_observation(now, o).map(|_| ())),
        6 => observed.map_or(Ok(()), |o| server.forget_observation(now, o)),
        7 => server.remove(now, id),
        8 => {
            server.forget_peer(now, peer(which % 3));
            Ok(())
        }
        9 => {
            let read = Operation::Read { path, format: None };
            server.request(now, id, &read, Some(Duration::from_secs(3))).map(|_| ())
        }
        _ => server.read(now, id, path).map(|_| ()),
    };
}

/// Reads all there is of an answer or notification and gives it back, as an application does.
fn look(server: &mut Server, event: &Event) {
    let read = |content: Option<lwm2m_core::server::Content<'_>>| {
        let content = content?;
        let items = content.items().map(|items| items.take(1000).count());
        Some((items.is_ok(), content.links().take(1000).count(), content.created()))
    };
    match *event {
        Event::Response { id, .. } => {
            assert!(read(server.response(id)).is_some());
            server.release(id);
        }
        Event::Notified { id, .. } => {
            read(server.notification(id));
            server.release_notification(id);
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_comes_the_server_stands(inputs in proptest::collection::vec(input(), 0..80)) {
        let limits = Limits {
            registrations: 4,
            operations: 12,
            observations: 6,
            notifications: 4,
            content_bytes: 300,
            events: 6,
            ..Limits::SMALL
        };
        let config = Config { limits, operation_timeout: Duration::from_secs(150), ..config() };
        let mut server = Checked::new(new_server(&config), rules());
        let mut now = Instant::from_millis(5);
        let mut requests: Vec<(PeerId, Owned)> = Vec::new();
        let mut location = "/rd/0".to_string();
        let (mut asked, mut ended) = (0, 0);
        let mut next_id = 0u16;
        for input in inputs {
            next_id += 1;
            match input {
                Input::Datagram { which, peer: p, flips, cut } => {
                    let mut bytes = normal_day(which, next_id, &location);
                    for (at, mask) in flips {
                        let at = usize::from(at) % bytes.len();
                        bytes[at] ^= mask;
                    }
                    bytes.truncate(cut.map_or(bytes.len(), |n| usize::from(n) % bytes.len()));
                    server.handle_datagram(now, peer(p), &bytes);
                }
                Input::Noise(bytes) => {
                    server.handle_datagram(now, peer(0), &bytes);
                }
                Input::Pass(ms) => {
                    let end = now + Duration::from_millis(ms.into());
                    while let Some(at) = server.engine().poll_timeout().filter(|at| *at <= end) {
                        now = now.max(at);
                        server.handle_timeout(now);
                        let settled = server.settle(now);
                        for event in settled.events {
                            server.command(now, move |s, _| look(s, &event));
                            ended += outcomes(&event);
                        }
                    }
                    now = end;
                }
                Input::Command(what, which) => {
                    server.command(now, move |s, now| run_command(s, now, what, which));
                }
                Input::Answer { code, format, payload, observe } => {
                    if requests.is_empty() {
                        continue;
                    }
                    let (to, request) = requests.remove(0);
                    let format = coap_core::Uint::new(format.into());
                    let observed = [next_id.to_be_bytes()[1]];
                    let mut options =
                        vec![(coap_core::OptionNumber::CONTENT_FORMAT, format.as_bytes())];
                    if observe {
                        options.push((coap_core::OptionNumber::OBSERVE, &observed));
                    }
                    let code = Code(code);
                    if code.is_response() {
                        let bytes = server_common::message(
                            coap_core::MessageType::Acknowledgement,
                            code,
                            request.id,
                            &request.token,
                            &options,
                            &payload,
                        );
                        server.handle_datagram(now, to, &bytes);
                    }
                    if observe {
                        let bytes = server_common::message(
                            coap_core::MessageType::NonConfirmable,
                            Code::CONTENT,
                            next_id ^ 0x8000,
                            &request.token,
                            &options,
                            &payload,
                        );
                        server.handle_datagram(now, to, &bytes);
                    }
                }
            }
            let settled = server.settle(now);
            for (to, bytes) in settled.datagrams {
                let m = Owned::parse(&bytes);
                if m.code == Code::CREATED {
                    location = m.location();
                }
                if m.code.is_request() {
                    requests.push((to, m));
                }
            }
            for event in settled.events {
                ended += outcomes(&event);
                server.command(now, move |s, _| look(s, &event));
            }
            asked = server.engine().counters().operations;
            prop_assert!(ended <= asked);
            prop_assert!(server.engine().registration_count() <= 4);
        }
        // In the end every operation has its outcome.
        for _ in 0..50 {
            now += Duration::from_secs(3600);
            server.handle_timeout(now);
            for event in server.settle(now).events {
                ended += outcomes(&event);
                server.command(now, move |s, _| look(s, &event));
            }
        }
        prop_assert_eq!(ended, asked);
        server.check_replay(new_server(&config));
    }
}

fn outcomes(event: &Event) -> u32 {
    u32::from(matches!(event, Event::Response { .. } | Event::Failed { .. }))
}

/// The formats that a 1.2 client prefers, by what it announces.
#[test]
fn announced_formats_choose_the_bodys_format() {
    use ContentFormat as F;
    for (announced, format) in [
        ("", F::SENML_CBOR),
        ("</>;ct=112,", F::SENML_CBOR),
        ("</>;ct=\"110 11542\",", F::SENML_JSON),
        ("</>;ct=11542,", F::LWM2M_TLV),
        ("</>;ct=\"60 0\",", F::SENML_CBOR),
    ] {
        let mut bench = Bench::new();
        let links = format!("{announced}</1/0>");
        bench.register(peer(0), "/rd?ep=a&lt=60&lwm2m=1.2", &links);
        let id = bench.engine().find("a").unwrap();
        let path = Path::resource(1, 0, 1);
        let item = Item::value(path, lwm2m_core::Value::Integer(60));
        bench.command(move |s, now| s.write(now, id, path, &[item])).unwrap();
        assert_eq!(bench.request(peer(0)).format(), Some(format), "{announced}");
        bench.finish();
    }
}
