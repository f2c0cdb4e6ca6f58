//! Our client against a Leshan server: the cases of the OMA enabler tests (ETS INT 1.1) about
//! composite operations, Send, and observations whose attributes change.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use coap_core::ContentFormat;
use lwm2m_core::Value as Held;
use lwm2m_core::client::{Event, SendId};
use m2m_interop::capture::{Capture, Captured};
use m2m_interop::device::{self, Device, SERVER, path, set, show};
use m2m_interop::http::Events;
use m2m_interop::leshan::{LeshanServer, Reply, instance, multiple, single};
use m2m_interop::loopback;
use serde_json::{Value, json};
use std::net::UdpSocket;
use std::time::Duration;

/// A registered device, and the server it is registered with.
struct Scene {
    endpoint: &'static str,
    server: &'static LeshanServer,
    events: Events,
    device: Device,
    capture: Capture,
}

impl Scene {
    fn new(endpoint: &'static str) -> Scene {
        let server = LeshanServer::shared();
        let mut events = server.events(endpoint);
        let socket = UdpSocket::bind(loopback(0)).unwrap();
        let capture = Capture::start(&[socket.local_addr().unwrap().port()]);
        let device = device::start(socket, endpoint, server.coap, 120);
        events.wait("REGISTRATION");
        Scene { endpoint, server, events, device, capture }
    }

    fn ask(&self, method: &str, rest: &str, body: &Value) -> Reply {
        self.server.ask(method, &format!("/{}{rest}", self.endpoint), body)
    }

    fn code(&self, method: &str, rest: &str, body: &Value) -> u16 {
        self.ask(method, rest, body).code()
    }

    fn value(&self, rest: &str) -> Value {
        self.ask("GET", rest, &Value::Null).value().clone()
    }

    /// Read-Composite: what the server understood.
    fn composite(&self, paths: &str, formats: &str) -> Value {
        let rest = format!("/composite?paths={paths}{formats}");
        self.ask("GET", &rest, &Value::Null).content().clone()
    }

    fn hold(&self, at: &'static str, value: Held<'static>) {
        self.device.call(move |client, now| client.set(now, path(at), value)).unwrap();
    }

    fn send(&self, format: ContentFormat, paths: &'static [&'static str]) -> SendId {
        let paths: Vec<_> = paths.iter().map(|p| path(p)).collect();
        self.device.call(move |client, now| client.send(now, SERVER, format, &paths)).unwrap()
    }

    fn sent(&self, expected: SendId) {
        self.device.wait("Sent", |(e, _)| match e {
            Event::Sent { server: SERVER, id } if *id == expected => Some(()),
            Event::SendFailed { reason, .. } => panic!("{reason:?}"),
            _ => None,
        });
    }

    fn notified(&mut self) -> Value {
        self.events.wait("NOTIFICATION").data
    }

    /// No notification for a while.
    fn quiet(&mut self, milliseconds: u64) -> bool {
        let wait = Duration::from_millis(milliseconds);
        self.events.next_within(wait, |e| e.name == "NOTIFICATION").is_none()
    }

    /// The device goes, and all that was said was well-formed.
    fn end(mut self) -> Captured {
        self.device.call(|client, now| client.deregister(now, SERVER)).unwrap();
        self.events.wait("DEREGISTRATION");
        let captured = self.capture.check();
        self.device.stop();
        captured
    }
}

/// An instance of a resource.
fn element(id: u16, text: &str) -> Value {
    json!({"kind": "resourceInstance", "id": id, "type": "STRING", "value": text})
}

const FORMATS: [&str; 2] = [
    "&pathformat=SENML_JSON&nodeformat=SENML_JSON",
    "&pathformat=SENML_CBOR&nodeformat=SENML_CBOR",
];

#[test]
fn oma_int_229_read_composite_in_senml_json_and_cbor() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("oma229");
    for formats in FORMATS {
        let all = scene.composite("/3/0/16,/3/0/11/0,/1/0,/3303", formats);
        assert_eq!(all["/3/0/16"], single(16, "STRING", "U"), "{all}");
        assert_eq!(all["/3/0/11/0"]["value"], "0");
        let server: Vec<u64> = all["/1/0"]["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["id"].as_u64().unwrap())
            .collect();
        assert!([0, 1, 6, 7].iter().all(|id| server.contains(id)), "{all}");
        assert_eq!(all["/3303"]["instances"][0]["id"], 0);
    }
    let captured = scene.end();
    assert_eq!(captured.count("coap.code == 5"), 2);
}

#[test]
fn oma_int_230_and_257_write_composite() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("oma230");
    assert_eq!(
        scene.code("POST", "/16", &instance(0, &[multiple(0, "STRING", &json!({"0": "a"}))])),
        201
    );
    for (format, life, storing) in [("SENML_JSON", "60", false), ("SENML_CBOR", "85", true)] {
        let body = json!({
            "/1/0/1": single(1, "integer", life),
            "/1/0/6": single(6, "boolean", storing),
            "/16/0/0/0": element(0, format),
            "/16/0/0/3": element(3, "three"),
        });
        assert_eq!(scene.code("PUT", &format!("/composite?nodeformat={format}"), &body), 204);
        assert_eq!(scene.value("/1/0/1"), life);
        assert_eq!(scene.value("/1/0/6"), storing);
        assert_eq!(show(&scene.device, "/16/0/0/0"), format!("Some(String({format:?}))"));
        assert_eq!(show(&scene.device, "/16/0/0/3"), "Some(String(\"three\"))");
    }
    // 257: and what may not be written is not, nor is the rest.
    let body = json!({
        "/1/0/2": single(2, "integer", "101"),
        "/1/0/6": single(6, "boolean", false),
        "/3/0/13": single(13, "time", 1_000_000_000_000u64),
    });
    assert_eq!(scene.code("PUT", "/composite?nodeformat=SENML_CBOR", &body), 204);
    assert_eq!(scene.value("/1/0/2"), "101");
    assert_eq!(show(&scene.device, "/3/0/13"), "Some(Time(1000000000))");
    let body = json!({
        "/1/0/2": single(2, "integer", "7"),
        "/3/0/0": single(0, "string", "other"),
    });
    assert_eq!(scene.code("PUT", "/composite?nodeformat=SENML_CBOR", &body), 405);
    assert_eq!(scene.value("/1/0/2"), "101");
    scene.end();
}

#[test]
fn oma_int_236_280_281_what_is_not_there_is_left_out() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("oma236");
    for formats in FORMATS {
        let some = scene.composite("/1/0/7,/3339/0/5522,/3353/0/6030,/3/0/9", formats);
        assert_eq!(some["/1/0/7"]["value"], "U", "{some}");
        assert_eq!(some["/3/0/9"]["value"], "100");
        assert!(some["/3339/0/5522"].is_null() && some["/3353/0/6030"].is_null(), "{some}");
        // 280: all of it; 281: some of it; and none of it is an error.
        let all = scene.composite("/3/0/0,/3/0/1,/3303/0/5700", formats);
        assert_eq!(all.as_object().unwrap().values().filter(|v| !v.is_null()).count(), 3);
        let some = scene.composite("/3/0/0,/3/0/18,/3303/0/5700", formats);
        assert_eq!(some.as_object().unwrap().values().filter(|v| !v.is_null()).count(), 2);
        assert_eq!(
            scene.code("GET", &format!("/composite?paths=/3/0/18,/9{formats}"), &Value::Null),
            404
        );
    }
    scene.end();
}

#[test]
fn oma_int_304_observe_composite() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("oma304");
    // The cases say 30 and 45 seconds.
    assert_eq!(scene.code("PUT", "/1/0/1/attributes?pmin=2&pmax=4", &Value::Null), 204);
    let to = "/composite/observe?paths=/1/0/1,/3/0/11/0,/3/0/16";
    let first = scene.ask("POST", to, &Value::Null);
    let same = |all: &Value| {
        assert_eq!(all["/1/0/1"]["value"], "120", "{all}");
        assert_eq!(all["/3/0/11/0"]["value"], "0");
        assert_eq!(all["/3/0/16"]["value"], "U");
    };
    same(first.content());
    let periodic = scene.notified();
    same(&periodic["val"]);
    assert_eq!(periodic["paths"], json!(["/1/0/1", "/3/0/11/0", "/3/0/16"]));
    scene.hold("/3/0/11/0", Held::Integer(1));
    while scene.notified()["val"]["/3/0/11/0"]["value"] != "1" {}
    let told = scene.end().times("coap.code == 69 && coap.opt.observe");
    let pmax = (told[1] - told[0]).as_millis();
    assert!((3500..9000).contains(&pmax), "pmax: {pmax} ms");
}

#[test]
fn oma_int_305_cancel_observe_composite() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("oma305");
    let to = "/composite/observe?paths=/3303/0/5700,/3/0/9";
    assert_eq!(scene.code("POST", to, &Value::Null), 205);
    set(&scene.device, "/3303/0/5700", 21.0);
    let told = scene.notified();
    assert_eq!(told["val"]["/3303/0/5700"]["value"], "21.0");
    // Actively: FETCH with Observe 1.
    let last = scene.ask("DELETE", &format!("{to}&active"), &Value::Null);
    assert_eq!(last.content()["/3303/0/5700"]["value"], "21.0");
    set(&scene.device, "/3303/0/5700", 22.0);
    assert!(scene.quiet(1000), "cancelled");
    // Passively: the next notification is rejected.
    assert_eq!(scene.code("POST", to, &Value::Null), 205);
    assert_eq!(scene.ask("DELETE", to, &Value::Null).0["cancelled"], 1);
    set(&scene.device, "/3303/0/5700", 23.0);
    assert!(scene.quiet(500));
    set(&scene.device, "/3303/0/5700", 24.0);
    let captured = scene.end();
    assert_eq!(captured.count("coap.type == 3"), 1);
}

#[test]
fn oma_int_308_309_composite_observation_of_what_comes_and_goes() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("oma308");
    let portfolio = |id| instance(id, &[multiple(0, "STRING", &json!({"0": "Host Device ID #1"}))]);
    assert_eq!(scene.code("POST", "/16", &portfolio(0)), 201);
    let to = "/composite/observe?paths=/16/0,/16/1";
    let first = scene.ask("POST", to, &Value::Null);
    assert!(!first.content()["/16/0"].is_null() && first.content()["/16/1"].is_null());
    assert_eq!(scene.code("POST", "/16", &portfolio(1)), 201);
    let with = scene.notified();
    assert!(!with["val"]["/16/1"].is_null(), "{with}");
    assert_eq!(scene.code("DELETE", "/16/1", &Value::Null), 202);
    let without = scene.notified();
    assert!(without["val"]["/16/1"].is_null(), "{without}");
    assert!(!without["val"]["/16/0"].is_null());
    scene.end();
}

#[test]
fn oma_int_306_send() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("oma306");
    scene.hold("/1/0/23", Held::Boolean(false));
    for format in [ContentFormat::SENML_CBOR, ContentFormat::SENML_JSON] {
        let id = scene.send(format, &["/3303/0/5700", "/3/0/9", "/3/0/6"]);
        let event = scene.events.wait("SEND");
        let nodes = &event.data["val"][0]["nodes"];
        assert_eq!(nodes["/3303/0/5700"]["value"], "20.0", "{}", event.data);
        assert_eq!(nodes["/3/0/9"]["value"], "100");
        assert_eq!(nodes["/3/0/6/1"]["value"], "5");
        assert!(event.data["val"][0]["timestamp"].is_null());
        scene.sent(id);
    }
    let captured = scene.end();
    assert_eq!(captured.count("coap.code == 2 && coap.opt.uri_path == \"dp\""), 2);
}

#[test]
fn oma_int_311_send_of_recorded_values() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("oma311");
    scene.hold("/1/0/23", Held::Boolean(false));
    for celsius in [21.0, 22.0, 23.0] {
        set(&scene.device, "/3303/0/5700", celsius);
        scene
            .device
            .call(|client, now| client.record(now, SERVER, &[path("/3303/0/5700")]))
            .unwrap();
        std::thread::sleep(Duration::from_millis(1100));
    }
    let id = scene.send(ContentFormat::SENML_CBOR, &[]);
    let event = scene.events.wait("SEND");
    let mut values: Vec<(String, String)> = event.data["val"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let value = one["nodes"]["/3303/0/5700"]["value"].as_str().unwrap();
            (one["timestamp"].as_str().expect("a time").to_owned(), value.to_owned())
        })
        .collect();
    values.sort();
    let values: Vec<&str> = values.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["21.0", "22.0", "23.0"], "{}", event.data);
    scene.sent(id);
    scene.end();
}

#[test]
fn oma_int_307_mute_send() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("oma307");
    let mute = |on: bool| single(23, "boolean", on);
    let try_send = |scene: &Scene| {
        scene.device.call(|client, now| {
            client.send(now, SERVER, ContentFormat::SENML_CBOR, &[path("/3/0/9")])
        })
    };
    assert_eq!(scene.code("PUT", "/1/0/23?format=TEXT", &mute(true)), 204);
    assert!(try_send(&scene).is_err());
    assert_eq!(scene.code("PUT", "/1/0/23?format=TEXT", &mute(false)), 204);
    let id = try_send(&scene).unwrap();
    assert_eq!(scene.events.wait("SEND").data["val"][0]["nodes"]["/3/0/9"]["value"], "100");
    scene.sent(id);
    assert_eq!(scene.code("PUT", "/1/0/23?format=TEXT", &mute(true)), 204);
    assert!(try_send(&scene).is_err());
    scene.end();
}

#[test]
fn oma_int_310_attributes_change_during_an_observation() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("oma310");
    assert_eq!(scene.code("POST", "/3/0/9/observe", &Value::Null), 205);
    assert!(scene.quiet(1500));
    assert_eq!(scene.code("PUT", "/3/0/9/attributes?pmax=2", &Value::Null), 204);
    scene.notified();
    scene.notified();
    let told = scene.end().times("coap.code == 69 && coap.opt.observe");
    let pmax = (told[2] - told[1]).as_millis();
    assert!((1500..9000).contains(&pmax), "pmax: {pmax} ms");
}
