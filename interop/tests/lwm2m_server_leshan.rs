//! Our server and a Leshan client: registration, every operation, every format, observation.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use coap_core::{Code, ContentFormat};
use lwm2m_core::format::Item;
use lwm2m_core::server::{
    Body, EndReason, Event, ObservationId, Operation, RegistrationId, WriteMode,
};
use lwm2m_core::{ObjectLink, Path, Value};
use m2m_interop::capture::{Capture, Captured};
use m2m_interop::device::path;
use m2m_interop::leshan::LeshanClient;
use m2m_interop::relay::{Relay, Rules};
use m2m_interop::station::{self, Answer, Client, Note, Station};
use m2m_interop::{loopback, wait_for};
use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

/// A server, a Leshan client that is registered with it, and a capture of the two.
struct Scene {
    station: Station,
    peer: LeshanClient,
    id: RegistrationId,
    client: Client,
    capture: Capture,
    relay: Option<Relay>,
}

impl Scene {
    fn new(endpoint: &str, lifetime: u32, rules: Option<Rules>) -> Scene {
        let socket = UdpSocket::bind(loopback(0)).unwrap();
        let address = socket.local_addr().unwrap();
        let relay = rules.map(|rules| Relay::start(address, rules));
        let target = relay.as_ref().map_or(address, Relay::address);
        let capture = Capture::start(&[address.port(), target.port()]);
        let station = station::start(socket);
        let mut peer = LeshanClient::start(target, endpoint, lifetime);
        let (id, client) = station::registered(&station, endpoint);
        // From now on it would de-register.
        peer.process.wait_start("REGISTERED");
        Scene { station, peer, id, client, capture, relay }
    }

    fn request(&self, operation: Operation<'static>) -> (Answer, Option<ObservationId>) {
        let id = self.id;
        station::ask(&self.station, move |server, now| server.request(now, id, &operation, None))
    }

    fn code(&self, operation: Operation<'static>) -> Code {
        self.request(operation).0.code
    }

    fn read(&self, at: &str, format: Option<ContentFormat>) -> Answer {
        self.request(Operation::Read { path: path(at), format }).0
    }

    fn value(&self, at: &str) -> String {
        self.read(at, None).values[at].clone()
    }

    fn write(
        &self,
        at: &str,
        mode: WriteMode,
        format: Option<ContentFormat>,
        items: Values,
    ) -> Code {
        let (id, at) = (self.id, path(at));
        let command = move |server: &mut lwm2m_core::server::Server, now| {
            let items: Vec<_> = items.iter().map(|(p, v)| Item::value(path(p), *v)).collect();
            let body = Body::Items { format, items: &items };
            server.request(now, id, &Operation::Write { path: at, mode, body }, None)
        };
        station::ask(&self.station, command).0.code
    }

    /// The next notification.
    fn notified(&self, what: &str) -> Answer {
        self.station.wait(what, |note| match note.event {
            Event::Notified { .. } => note.answer.clone(),
            _ => None,
        })
    }

    fn notifications(&self) -> usize {
        let notified = |note: &&Note| matches!(note.event, Event::Notified { .. });
        self.station.notes().iter().filter(notified).count()
    }

    fn end(mut self) -> Captured {
        self.peer.process.send_line("quit");
        self.station.wait("De-register", |note| match note.event {
            Event::Deregistered { reason: EndReason::Client, .. } => Some(()),
            _ => None,
        });
        let captured = self.capture.check();
        self.station.stop();
        captured
    }
}

/// The formats that hold a tree.
const TREES: [ContentFormat; 3] =
    [ContentFormat::LWM2M_TLV, ContentFormat::SENML_JSON, ContentFormat::SENML_CBOR];

// ---- registration ------------------------------------------------------------------------------

#[test]
fn registration_update_and_deregistration() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("leshan-registers", 77, None);
    let client = scene.client.clone();
    assert_eq!(
        (client.lifetime, client.version.as_str(), client.binding.as_str()),
        (77, "1.1", "U")
    );
    for link in ["/1/0", "/3/0", "/3303;ver=1.1", "/3303/0", "/3442/0"] {
        assert!(client.links.contains(&link.to_owned()), "{link}: {:?}", client.links);
    }
    for format in TREES.iter().chain(&[ContentFormat::CBOR]) {
        assert!(client.formats.contains(format), "{format}");
    }
    // By the client's console.
    scene.peer.command("update");
    station::updated(&scene.station);
    // ETS 107: the lifetime is written.
    let seconds: Values = &[("/1/0/1", Value::Integer(120))];
    assert_eq!(scene.write("/1/0/1", WriteMode::Replace, None, seconds), Code::CHANGED);
    assert_eq!(station::updated(&scene.station).lifetime, 120);
    // ETS 104: the trigger is executed.
    let trigger = Operation::Execute { path: path("/1/0/8"), arguments: "" };
    assert_eq!(scene.code(trigger), Code::CHANGED);
    station::updated(&scene.station);
    let captured = scene.end();
    assert_eq!(captured.count("coap.code == 4"), 1);
}

#[test]
fn a_client_that_vanishes_expires_and_one_that_comes_again_replaces_itself() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("leshan-vanishes", 3, None);
    scene.peer.process.send_line("abort");
    let gone = Instant::now();
    // Lifetime and grace: the client said nothing of its end.
    scene.station.wait("Expired", |note| match note.event {
        Event::Expired { id } if id == scene.id => Some(()),
        _ => None,
    });
    assert!(gone.elapsed() > Duration::from_secs(2));

    let address = scene.station.address;
    let mut first = LeshanClient::start(address, "leshan-twice", 60);
    let (one, _) = station::registered(&scene.station, "leshan-twice");
    first.process.send_line("abort");
    let mut second = LeshanClient::start(address, "leshan-twice", 60);
    scene.station.wait("Replaced", |note| match note.event {
        Event::Deregistered { id, reason: EndReason::Replaced } if id == one => Some(()),
        _ => None,
    });
    let (two, _) = station::registered(&scene.station, "leshan-twice");
    assert_ne!(one, two);
    second.process.wait_start("REGISTERED");
    second.process.send_line("quit");
    scene.station.wait("De-register", |note| match note.event {
        Event::Deregistered { id, reason: EndReason::Client } if id == two => Some(()),
        _ => None,
    });
    scene.capture.check();
}

#[test]
fn registration_and_reads_through_loss() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("leshan-lossy", 60, Some(Rules::THIRD_LOST));
    for _ in 0..3 {
        assert_eq!(scene.value("/3303/0/5700"), "Float 20.0");
    }
    assert!(scene.relay.as_ref().unwrap().counts().dropped >= 2);
    // No De-register: Leshan's client gives it one second, too short for a retransmission.
    drop(scene.peer);
    scene.capture.check();
    scene.station.stop();
}

// ---- read and write ----------------------------------------------------------------------------

/// Something to write.
type Values = &'static [(&'static str, Value<'static>)];

/// A value of every type.
fn all() -> Values {
    let device = ObjectLink { object: 3, instance: 0 };
    Vec::leak(vec![
        ("/3442/0/110", Value::string("Zürich, \"quoted\"")),
        ("/3442/0/120", Value::Integer(-5_000_000_000)),
        // Leshan writes numbers from 2^63 on as negative ones in TLV.
        ("/3442/0/125", Value::Unsigned(9_223_372_036_854_775_807)),
        ("/3442/0/130", Value::Float(-0.125)),
        ("/3442/0/140", Value::Boolean(true)),
        ("/3442/0/150", Value::opaque(&[0x00, 0xff, 0x01, 0x80, 0x7f])),
        ("/3442/0/160", Value::Time(1_700_000_001)),
        ("/3442/0/170", Value::ObjectLink(device)),
        ("/3442/0/180", Value::core_link("</3>;ver=1.1,</3/0>")),
        ("/3442/0/1110/0", Value::string("zero")),
        ("/3442/0/1110/7", Value::string("seven")),
        ("/3442/0/1120/1", Value::Integer(1)),
        ("/3442/0/1120/300", Value::Integer(-129)),
        ("/3442/0/1130/0", Value::Float(1.5)),
        ("/3442/0/1140/0", Value::Boolean(false)),
        ("/3442/0/1160/0", Value::Time(-1)),
        ("/3442/0/1170/2", Value::ObjectLink(device)),
    ])
}

fn plain(items: &[(&str, Value<'_>)]) -> BTreeMap<String, String> {
    items.iter().map(|(p, v)| ((*p).to_owned(), station::plain(v))).collect()
}

#[test]
fn instances_are_written_and_read_in_every_format() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("leshan-trees", 60, None);
    let all = all();
    for format in TREES {
        // Something else, to be replaced.
        let other: Values = &[("/3442/0/120", Value::Integer(7))];
        let code = scene.write("/3442/0", WriteMode::Update, None, other);
        assert_eq!(code, Code::CHANGED);
        let code = scene.write("/3442/0", WriteMode::Replace, Some(format), all);
        assert_eq!(code, Code::CHANGED, "{format}");
        for read in TREES {
            let answer = scene.read("/3442/0", Some(read));
            assert_eq!((answer.code, answer.format), (Code::CONTENT, Some(read)));
            let got: BTreeMap<_, _> =
                answer.values.into_iter().filter(|(p, _)| plain(all).contains_key(p)).collect();
            assert_eq!(got, plain(all), "written as {format}, read as {read}");
        }
        // Partial: the rest stays.
        let part: Values = Vec::leak(vec![("/3442/0/110", Value::string("part"))]);
        let code = scene.write("/3442/0", WriteMode::Update, Some(format), part);
        assert_eq!(code, Code::CHANGED, "{format}");
        assert_eq!(scene.value("/3442/0/110"), "String part", "{format}");
        assert_eq!(scene.value("/3442/0/130"), "Float -0.125", "{format}");
    }
    for read in TREES {
        let object = scene.read("/3303", Some(read));
        assert_eq!(object.values["/3303/0/5700"], "Float 20.0", "{read}");
        assert_eq!(object.values["/3303/0/5701"], "String Cel", "{read}");
        let device = scene.read("/3/0", Some(read));
        assert_eq!(device.values["/3/0/0"], "String m2m", "{read}");
    }
    scene.end();
}

#[test]
fn resources_are_written_and_read_in_every_format() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("leshan-resources", 60, None);
    for one in all().chunks(1) {
        let (at, value) = one[0];
        let text = station::plain(&value);
        let is_single = path(at).ids().len() == 3;
        let mut formats = TREES.to_vec();
        if is_single {
            formats.extend([ContentFormat::TEXT, ContentFormat::CBOR]);
        }
        if matches!(value, Value::Opaque(_)) {
            formats.push(ContentFormat::OCTET_STREAM);
        }
        let resource = Path::resource(3442, 0, path(at).ids()[2]).to_string();
        for format in formats {
            let code = scene.write(&resource, WriteMode::Replace, Some(format), one);
            assert_eq!(code, Code::CHANGED, "{at} {format}");
            let answer = scene.read(&resource, Some(format));
            assert_eq!(answer.format, Some(format), "{at}");
            assert_eq!(answer.values, BTreeMap::from([(at.to_owned(), text.clone())]), "{format}");
        }
    }
    // ETS 225: an instance of a resource.
    let one = scene.read("/3442/0/1170/2", Some(ContentFormat::SENML_CBOR));
    assert_eq!(one.values["/3442/0/1170/2"], "ObjectLink 3:0");
    scene.end();
}

#[test]
fn errors_of_the_client_come_as_they_are() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("leshan-errors", 60, None);
    assert_eq!(scene.read("/99", None).code, Code::NOT_FOUND);
    assert_eq!(scene.read("/3/0/99", None).code, Code::NOT_FOUND);
    let read_only: Values = &[("/3303/0/5700", Value::Float(1.0))];
    let code = scene.write("/3303/0/5700", WriteMode::Replace, None, read_only);
    assert_eq!(code, Code::METHOD_NOT_ALLOWED);
    assert_eq!(scene.code(Operation::Delete { path: path("/3/0") }), Code::METHOD_NOT_ALLOWED);
    assert_eq!(scene.code(Operation::Delete { path: path("/3442/9") }), Code::NOT_FOUND);
    let execute = Operation::Execute { path: path("/3303/0/5700"), arguments: "" };
    assert_eq!(scene.code(execute), Code::METHOD_NOT_ALLOWED);
    scene.end();
}

// ---- execute, create, delete, discover ---------------------------------------------------------

#[test]
fn execute_create_and_delete() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("leshan-executes", 60, None);
    for arguments in ["", "0='a',1", "5"] {
        let reset = Operation::Execute { path: path("/3303/0/5605"), arguments };
        assert_eq!(scene.code(reset), Code::CHANGED, "{arguments}");
        let heard = scene.peer.process.wait_start("EXECUTE /3303/0/5605");
        // "null" is how the client's library writes that there are none.
        assert_eq!(heard, if arguments.is_empty() { "null" } else { arguments });
    }
    for (instance, format) in (10..).zip(TREES) {
        let id = scene.id;
        let (answer, _) = station::ask(&scene.station, move |server, now| {
            let at = Path::resource(3442, instance, 120);
            let items = [Item::value(at, Value::Integer(i64::from(instance)))];
            let body = Body::Items { format: Some(format), items: &items };
            server.request(now, id, &Operation::Create { object: 3442, body }, None)
        });
        assert_eq!(answer.code, Code::CREATED, "{format}");
        let links = station::updated(&scene.station).links;
        assert!(links.contains(&format!("/3442/{instance}")), "{format}: {links:?}");
        let at = format!("/3442/{instance}/120");
        assert_eq!(scene.value(&at), format!("Integer {instance}"), "{format}");
    }
    // The client chooses. Only in TLV: in SenML Leshan's client wants the ID.
    let id = scene.id;
    let (answer, _) = station::ask(&scene.station, move |server, now| {
        let at = Path::resource(3442, Path::UNASSIGNED, 120);
        let items = [Item::value(at, Value::Integer(77))];
        let body = Body::Items { format: Some(ContentFormat::LWM2M_TLV), items: &items };
        server.request(now, id, &Operation::Create { object: 3442, body }, None)
    });
    assert_eq!(answer.code, Code::CREATED);
    let at = answer.created.expect("a location");
    station::updated(&scene.station);
    assert_eq!(scene.value(&format!("{at}/120")), "Integer 77");
    assert_eq!(scene.code(Operation::Delete { path: path("/3442/10") }), Code::DELETED);
    let links = station::updated(&scene.station).links;
    assert!(!links.contains(&"/3442/10".to_owned()), "{links:?}");
    assert_eq!(scene.code(Operation::Delete { path: path("/3442/10") }), Code::NOT_FOUND);
    scene.end();
}

#[test]
fn discover_and_attributes() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("leshan-discovers", 60, None);
    let discover =
        |at: &str| scene.request(Operation::Discover { path: path(at), depth: None }).0.links;
    let object = discover("/3303");
    for link in ["/3303;ver=1.1", "/3303/0", "/3303/0/5700", "/3303/0/5605"] {
        assert!(object.contains(&link.to_owned()), "{link}: {object:?}");
    }
    let put = |at: &str, attributes: &'static str| {
        scene.code(Operation::WriteAttributes { path: path(at), attributes })
    };
    assert_eq!(put("/3303/0/5700", "pmin=1&pmax=30&gt=25.5&lt=-2&st=0.5"), Code::CHANGED);
    let mut with: Vec<String> = discover("/3303/0/5700")[0].split(';').map(str::to_owned).collect();
    with[1..].sort();
    assert_eq!(with, ["/3303/0/5700", "gt=25.5", "lt=-2", "pmax=30", "pmin=1", "st=0.5"]);
    assert_eq!(put("/3303/0/5700", "gt&lt&st"), Code::CHANGED);
    let mut with: Vec<String> = discover("/3303/0/5700")[0].split(';').map(str::to_owned).collect();
    with[1..].sort();
    assert_eq!(with, ["/3303/0/5700", "pmax=30", "pmin=1"]);
    scene.end();
}

// ---- observe -----------------------------------------------------------------------------------

#[test]
fn observation_with_pmin_and_pmax_ends_with_observe_1() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("leshan-observes", 60, None);
    let at = path("/3303/0/5700");
    let attributes = Operation::WriteAttributes { path: at, attributes: "pmin=3&pmax=6" };
    assert_eq!(scene.code(attributes), Code::CHANGED);
    let (first, observation) =
        scene.request(Operation::Observe { path: at, format: None, attributes: "" });
    assert_eq!(first.values["/3303/0/5700"], "Float 20.0");
    let observation = observation.expect("granted");
    // No change: pmax.
    assert_eq!(scene.notified("after pmax").values["/3303/0/5700"], "Float 20.0");
    // Two changes within pmin: the latest, after it.
    scene.peer.command("set /3303/0/5700 21");
    scene.peer.command("set /3303/0/5700 22.5");
    assert_eq!(scene.notified("after pmin").values["/3303/0/5700"], "Float 22.5");
    // The active way to end it.
    let (last, _) = scene.request(Operation::CancelObservation { observation });
    assert_eq!(last.code, Code::CONTENT);
    let before = scene.notifications();
    scene.peer.command("set /3303/0/5700 23");
    std::thread::sleep(Duration::from_secs(7));
    assert_eq!(scene.notifications(), before, "cancelled");
    let captured = scene.end();
    assert_eq!(captured.count("coap.type == 3"), 0);
    assert_eq!(captured.count("coap.code == 1 && coap.opt.observe == 1"), 1);
    // The answer to the request, and the notifications as the client sent them.
    let told = captured.times("coap.code == 69 && coap.opt.observe");
    let (pmax, pmin) = ((told[1] - told[0]).as_millis(), (told[2] - told[1]).as_millis());
    assert!((5500..10_000).contains(&pmax), "pmax: {pmax} ms");
    assert!((2500..5500).contains(&pmin), "pmin: {pmin} ms");
}

#[test]
fn observations_of_all_levels_and_formats_end_with_a_reset() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("leshan-forgets", 60, None);
    let observed = [
        ("/3303/0/5700", Some(ContentFormat::LWM2M_TLV)),
        ("/3303/0/5700", Some(ContentFormat::TEXT)),
        ("/3303/0/5700", Some(ContentFormat::CBOR)),
        ("/3303/0", Some(ContentFormat::SENML_JSON)),
        ("/3303", Some(ContentFormat::SENML_CBOR)),
        ("/3303/0", None),
    ];
    for (number, (at, format)) in (30..).zip(observed) {
        let number: u32 = number;
        let observe = Operation::Observe { path: path(at), format, attributes: "" };
        let (first, observation) = scene.request(observe);
        assert_eq!(first.code, Code::CONTENT, "{at} {format:?}");
        let observation = observation.expect("granted");
        scene.peer.command(&format!("set /3303/0/5700 {number}.5"));
        let answer = scene.notified(at);
        assert_eq!(answer.values["/3303/0/5700"], format!("Float {number}.5"), "{format:?}");
        if format.is_some() {
            assert_eq!(answer.format, format, "{at}");
        }
        // The passive way to end it: the next notification is rejected, no event comes of it.
        scene.station.call(move |server, now| server.forget_observation(now, observation)).unwrap();
        let before = scene.notifications();
        let unexpected = || scene.station.call(|server, _| server.coap_counters().unexpected);
        let rejected = unexpected();
        scene.peer.command(&format!("set /3303/0/5700 {number}.75"));
        wait_for("a notification to reject", || (unexpected() > rejected).then_some(()));
        // The client hears of that.
        std::thread::sleep(Duration::from_millis(600));
        scene.peer.command(&format!("set /3303/0/5700 {number}.25"));
        std::thread::sleep(Duration::from_millis(400));
        assert_eq!(scene.notifications(), before, "{at} {format:?}");
    }
    let captured = scene.end();
    assert_eq!(captured.count("coap.type == 3"), observed.len());
}

#[test]
fn oma_int_306_what_the_client_sends_by_itself() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("leshan-sends", 60, None);
    for format in ["SENML_CBOR", "SENML_JSON"] {
        scene.peer.process.send_line(&format!("send {format} /3303/0/5700"));
        let said = scene.peer.process.wait_line(|line| {
            line.strip_prefix("OK").or(line.strip_prefix("ERR")).map(str::to_owned)
        });
        assert_eq!(said.trim(), "CHANGED(204)", "{format}");
        let sent = scene.station.wait("Send", |note| match note.event {
            Event::Sent { .. } => note.answer.clone(),
            _ => None,
        });
        assert_eq!(sent.values["/3303/0/5700"], "Float 20.0", "{format}");
    }
    assert_eq!(scene.value("/3303/0/5700"), "Float 20.0");
    scene.end();
}

#[test]
fn three_kilobytes_go_by_blocks_both_ways() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("leshan-large", 60, None);
    let text: &'static str = String::leak("x".repeat(3000));
    let items: Values = Vec::leak(vec![("/3442/0/110", Value::string(text))]);
    for format in [ContentFormat::TEXT, ContentFormat::LWM2M_TLV, ContentFormat::SENML_CBOR] {
        let code = scene.write("/3442/0/110", WriteMode::Replace, Some(format), items);
        assert_eq!(code, Code::CHANGED, "{format}");
        let got = scene.read("/3442/0/110", Some(format));
        assert_eq!(got.values["/3442/0/110"], format!("String {text}"), "{format}");
    }
    let captured = scene.end();
    assert!(captured.count("coap.opt.block_number > 0") >= 12);
}
