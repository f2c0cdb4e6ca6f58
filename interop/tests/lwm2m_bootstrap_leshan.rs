//! Our bootstrap server and a Leshan client, which then registers with our server: the cases of the
//! enabler test specification for the bootstrap interface, by their numbers.
#![allow(
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use coap_core::{Code, ContentFormat};
use lwm2m_core::bootstrap_server::{
    Account, BootstrapServer, Config, Configuration, Event, Failure, Limits, Operation,
    OperationKind, Outcome, Rule, Security, SessionId, Step,
};
use lwm2m_core::format::{Item, ItemContent};
use lwm2m_core::server::{Body, Operation as Ask};
use lwm2m_core::{Path, Value};
use m2m_base::Seed;
use m2m_interop::background::Background;
use m2m_interop::capture::Capture;
use m2m_interop::device::path;
use m2m_interop::leshan::LeshanClient;
use m2m_interop::loopback;
use m2m_interop::relay::{Relay, Rules};
use m2m_interop::station::{self, Station};
use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};

/// An event, and what a Discover or Read gave.
#[derive(Clone, Debug)]
struct Note {
    event: Event,
    endpoint: String,
    account: Option<u16>,
    links: Vec<String>,
    values: BTreeMap<String, String>,
}

type Boots = Background<BootstrapServer, Note>;

fn note(server: &BootstrapServer, event: Event) -> Note {
    let mut note = Note {
        event,
        endpoint: String::new(),
        account: None,
        links: Vec::new(),
        values: BTreeMap::new(),
    };
    let (Event::Requested { id }
    | Event::Started { id }
    | Event::Answered { id, .. }
    | Event::Ended { id, .. }) = event
    else {
        return note;
    };
    // The driver polls all events before this sees the first, so that what ended may be gone.
    let Some(session) = server.session(id) else { return note };
    session.endpoint().clone_into(&mut note.endpoint);
    note.account = session.account();
    if let Event::Answered { step, operation, .. } = event
        && let Some(answer) = server.answer(id, step)
    {
        if operation == OperationKind::Discover {
            let link = |l: lwm2m_core::links::LinkEntry<'_>| {
                let ssid = l.uint("ssid").map_or(String::new(), |n| format!(";ssid={n}"));
                format!("{}{ssid}", l.link.target())
            };
            note.links = answer.links().map(|l| link(l.expect("well-formed links"))).collect();
        } else {
            for item in answer.items().expect("a format that we know") {
                let item = item.expect("well-formed");
                if let ItemContent::Value(value) = item.content {
                    note.values.insert(item.path.to_string(), station::plain(&value));
                }
            }
        }
    }
    note
}

/// A bootstrap server and a server.
struct Scene {
    boots: Boots,
    station: Station,
    capture: Capture,
    relay: Option<Relay>,
}

impl Scene {
    fn new(config: Config, rules: Option<Rules>) -> Scene {
        let sockets = [(); 2].map(|()| UdpSocket::bind(loopback(0)).unwrap());
        let [one, two] = sockets;
        let ports = [one.local_addr().unwrap(), two.local_addr().unwrap()];
        let relay = rules.map(|rules| Relay::start(ports[0], rules));
        let target = relay.as_ref().map_or(ports[0], Relay::address);
        let capture = Capture::start(&[ports[0].port(), ports[1].port(), target.port()]);
        let config = Config { limits: Limits::SMALL, ..config };
        let server = BootstrapServer::new(&config, &Seed([6; 32])).unwrap();
        let boots = Background::start_on(one, server, |server, _, event| note(server, event));
        Scene { boots, station: station::start(two), capture, relay }
    }

    fn address(&self) -> SocketAddr {
        self.relay.as_ref().map_or(self.boots.address, Relay::address)
    }

    /// Everybody is sent to the station, for so many seconds.
    fn configure(&self, lifetime: u32, change: impl FnOnce(&mut Vec<Step<'static>>)) {
        let steps = steps(self.station.address, lifetime, change);
        let set = self.boots.call(move |server, _| {
            server.set_configuration(Rule::Pattern("*"), &Configuration::new(steps))
        });
        set.unwrap();
    }

    /// The next end of a session.
    fn outcome(&self) -> Outcome {
        self.boots.wait("an end", |note| match note.event {
            Event::Ended { outcome, .. } => Some(outcome),
            _ => None,
        })
    }

    fn answered(&self, wanted: OperationKind) -> (SessionId, Note) {
        self.boots.wait("an answer", |note| match note.event {
            Event::Answered { id, operation, .. } if operation == wanted => {
                Some((id, note.clone()))
            }
            _ => None,
        })
    }

    fn end(self, mut peer: LeshanClient) {
        peer.process.send_line("abort");
        let _ = self.capture.check();
        self.boots.stop();
        self.station.stop();
    }
}

/// An account at a server, as instances 0, in place of all others.
fn steps(
    server: SocketAddr,
    lifetime: u32,
    change: impl FnOnce(&mut Vec<Step<'static>>),
) -> &'static [Step<'static>] {
    let uri = &*String::leak(format!("coap://{server}"));
    let account = Account { lifetime, ..Account::new(uri, Security::NONE, 101) };
    let mut steps = vec![
        Step::delete(path("/0")),
        Step::delete(path("/1")),
        Step::write(path("/0/0"), Vec::leak(account.security(0))),
        Step::write(path("/1/0"), Vec::leak(account.server(0))),
    ];
    change(&mut steps);
    Vec::leak(steps)
}

#[test]
fn oma_int_0_and_4_client_initiated_bootstrap_with_delete() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new(Config::default(), None);
    scene.configure(75, |_| ());
    let peer = LeshanClient::bootstrap(scene.address(), "leshan-boots");
    let (_, discovered) = scene.answered(OperationKind::Discover);
    assert_eq!((discovered.endpoint.as_str(), discovered.account), ("leshan-boots", Some(0)));
    assert!(discovered.links.contains(&"/0/0".to_owned()), "{:?}", discovered.links);
    assert_eq!(scene.outcome(), Outcome::Finished);
    let (_, client) = station::registered(&scene.station, "leshan-boots");
    assert_eq!(client.lifetime, 75);
    assert!(client.links.contains(&"/1/0".to_owned()), "{:?}", client.links);
    scene.end(peer);
}

#[test]
fn oma_int_5_bootstrap_that_the_server_asks_for() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new(Config::default(), None);
    scene.configure(60, |_| ());
    let peer = LeshanClient::bootstrap(scene.address(), "leshan-again");
    assert_eq!(scene.outcome(), Outcome::Finished);
    let (id, client) = station::registered(&scene.station, "leshan-again");
    assert_eq!(client.lifetime, 60);
    // Another configuration, and the server sends the client to fetch it.
    scene.configure(90, |_| ());
    let (answer, _) = station::ask(&scene.station, move |server, now| {
        server.request(now, id, &Ask::Execute { path: path("/1/0/9"), arguments: "" }, None)
    });
    assert_eq!(answer.code, Code::CHANGED);
    // Now the client has its account there, and keeps it.
    let (_, discovered) = scene.answered(OperationKind::Discover);
    assert_eq!(discovered.account, Some(0));
    assert!(discovered.links.iter().any(|l| l == "/0/1;ssid=101"), "{:?}", discovered.links);
    assert_eq!(scene.outcome(), Outcome::Finished);
    let (_, client) = station::registered(&scene.station, "leshan-again");
    assert_eq!(client.lifetime, 90);
    scene.end(peer);
}

#[test]
fn oma_int_8_bootstrap_read_and_steps_by_the_application() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new(Config { ask: true, ..Config::default() }, None);
    let peer = LeshanClient::bootstrap(scene.address(), "leshan-read");
    let id = scene.boots.wait("a request", |note| match note.event {
        Event::Requested { id } if note.endpoint == "leshan-read" => Some(id),
        _ => None,
    });
    let steps = steps(scene.station.address, 80, |_| ());
    let open = Configuration { finish: false, ..Configuration::new(steps) };
    scene.boots.call(move |server, now| server.accept(now, id, &open)).unwrap();
    for format in [ContentFormat::LWM2M_TLV, ContentFormat::SENML_JSON, ContentFormat::SENML_CBOR] {
        let read = Step::new(Operation::Read { path: path("/1/0"), format: Some(format) });
        scene.boots.call(move |server, now| server.push(now, id, &read)).unwrap();
        let (_, read) = scene.answered(OperationKind::Read);
        for (at, value) in
            [("/1/0/0", "Integer 101"), ("/1/0/1", "Integer 80"), ("/1/0/7", "String U")]
        {
            assert_eq!(read.values.get(at).map(String::as_str), Some(value), "{format}: {read:?}");
        }
    }
    let finish = Step::new(Operation::Finish);
    scene.boots.call(move |server, now| server.push(now, id, &finish)).unwrap();
    assert_eq!(scene.outcome(), Outcome::Finished);
    let (_, client) = station::registered(&scene.station, "leshan-read");
    assert_eq!(client.lifetime, 80);
    scene.end(peer);
}

#[test]
fn oma_int_9_an_inconsistent_configuration() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new(Config::default(), None);
    // The account has no Server object.
    scene.configure(60, |steps| {
        steps.pop();
    });
    let peer = LeshanClient::bootstrap(scene.address(), "leshan-lacks");
    let outcome = scene.outcome();
    let Outcome::Failed { operation: OperationKind::Finish, reason, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(reason, Failure::Refused(Code::NOT_ACCEPTABLE));
    scene.end(peer);
}

/// The same in each format, an object at a time too.
#[test]
fn configurations_are_written_in_every_format() {
    if m2m_interop::skipped() {
        return;
    }
    for (n, format) in (0u32..).zip([
        ContentFormat::LWM2M_TLV,
        ContentFormat::SENML_JSON,
        ContentFormat::SENML_CBOR,
    ]) {
        let scene = Scene::new(Config::default(), None);
        let uri = &*String::leak(format!("coap://{}", scene.station.address));
        let account = Account { lifetime: 100 + n, ..Account::new(uri, Security::NONE, 7) };
        let write = |at: &str, items: Vec<Item<'static>>| {
            let body = Body::Items { format: Some(format), items: Vec::leak(items) };
            Step::new(Operation::Write { path: path(at), body })
        };
        let steps = &*Vec::leak(vec![
            Step::delete(Path::ROOT),
            write("/0", account.security(4)),
            write("/1", account.server(3)),
            write("/1/3/2", vec![Item::value(path("/1/3/2"), Value::Integer(1))]),
        ]);
        let set = scene.boots.call(move |server, _| {
            server.set_configuration(Rule::Pattern("*"), &Configuration::new(steps))
        });
        set.unwrap();
        let peer = LeshanClient::bootstrap(scene.address(), "leshan-formats");
        assert_eq!(scene.outcome(), Outcome::Finished, "{format}");
        let (_, client) = station::registered(&scene.station, "leshan-formats");
        assert_eq!(client.lifetime, 100 + n);
        assert!(client.links.contains(&"/1/3".to_owned()), "{:?}", client.links);
        scene.end(peer);
    }
}

#[test]
fn bootstrap_over_a_bad_link() {
    if m2m_interop::skipped() {
        return;
    }
    for rules in [Rules::THIRD_LOST, Rules::DISORDER, Rules::LATE] {
        let scene = Scene::new(Config::default(), Some(rules));
        scene.configure(65, |_| ());
        let peer = LeshanClient::bootstrap(scene.address(), "leshan-lossy");
        assert_eq!(scene.outcome(), Outcome::Finished, "{rules:?}");
        let (_, client) = station::registered(&scene.station, "leshan-lossy");
        assert_eq!(client.lifetime, 65);
        scene.end(peer);
    }
}

/// A client that nobody knows is refused, and one that vanishes in the middle shows.
#[test]
fn strangers_and_clients_that_vanish() {
    if m2m_interop::skipped() {
        return;
    }
    let config = Config { step_timeout: m2m_base::Duration::from_secs(3), ..Config::default() };
    let scene = Scene::new(Config { ask: true, ..config }, None);
    let mut peer = LeshanClient::bootstrap(scene.address(), "leshan-stranger");
    let id = scene.boots.wait("a request", |note| match note.event {
        Event::Requested { id } => Some(id),
        _ => None,
    });
    scene.boots.call(move |server, now| server.refuse(now, id, Code::BAD_REQUEST)).unwrap();
    assert_eq!(scene.outcome(), Outcome::Denied);
    peer.process.send_line("abort");
    drop(peer);
    let mut peer = LeshanClient::bootstrap(scene.address(), "leshan-vanishes");
    let id = scene.boots.wait("a request", |note| match note.event {
        Event::Requested { id } if note.endpoint == "leshan-vanishes" => Some(id),
        _ => None,
    });
    peer.process.send_line("abort");
    drop(peer);
    let steps = steps(scene.station.address, 80, |_| ());
    scene
        .boots
        .call(move |server, now| {
            let plain = Configuration { place_accounts: false, ..Configuration::new(steps) };
            server.accept(now, id, &plain)
        })
        .unwrap();
    let outcome = scene.outcome();
    let Outcome::Failed { step: 0, operation: OperationKind::Delete, reason, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(reason, Failure::TimedOut);
    scene.boots.stop();
}
