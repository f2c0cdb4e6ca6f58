//! Against aiocoap: its client asks our endpoint, our endpoint asks its server.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

mod common;
use coap_core::{Cancel, Code, ContentFormat};
use common::{Scene, together};
use m2m_interop::app::{Report, body};
use m2m_interop::peers::{aiocoap, aiocoap_server};
use m2m_interop::process::Scratch;
use m2m_interop::relay::Rules;
use m2m_interop::requests::Asker;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longest run of the client, in seconds.
const LONG: u64 = 120;

fn ask(scene: &Scene, method: &str, path: &str, arguments: &[&str]) -> Value {
    aiocoap(LONG, method, scene.target(), path, arguments).remove(0)
}

fn text(line: &Value) -> String {
    let hex = line["payload_hex"].as_str().unwrap();
    let bytes = (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap());
    String::from_utf8(bytes.collect()).unwrap()
}

// ---- its client, our server --------------------------------------------------------------------

fn store(scene: &Scene, more: &[&str]) {
    let scratch = Scratch::new();
    let with = |method: &str, payload: &str| {
        let file = scratch.file("payload");
        std::fs::write(&file, payload).unwrap();
        let mut arguments = vec!["--payload", &file, "--content-format", "0"];
        arguments.extend(more);
        ask(scene, method, "/store", &arguments)
    };
    let get = || ask(scene, "get", "/store", more);
    assert_eq!(get()["code"], "4.04");
    assert_eq!(with("put", "first")["code"], "2.01");
    let got = get();
    assert_eq!((&got["code"], &got["content_format"]), (&json!("2.05"), &json!(0)));
    assert_eq!(text(&got), "first");
    assert_eq!(text(&with("post", "second")), "firstsecond");
    assert_eq!(ask(scene, "delete", "/store", more)["code"], "2.02");
    assert_eq!(get()["code"], "4.04");
    assert_eq!(ask(scene, "fetch", "/time", more)["code"], "4.05");
    let core = ask(scene, "get", "/.well-known/core", more);
    assert_eq!(core["content_format"], 40);
    assert_eq!(text(&core), "</store>,</large>,</separate>,</time>;obs");
}

/// 10 kB out, in blocks of 2^(szx + 4) bytes.
fn large_get(scene: &Scene, sizes: &[&str]) {
    let scratch = Scratch::new();
    let file = scratch.file("body");
    std::fs::write(&file, body(10_000, 0)).unwrap();
    for szx in sizes {
        let got = ask(scene, "get", "/large", &["--block", szx]);
        assert_eq!((&got["code"], &got["len"]), (&json!("2.05"), &json!(10_000)));
        assert_eq!(got["sha256"], common::sha256(&file), "size exponent {szx}");
    }
}

/// 10 kB in; what arrived is looked at on the direct way.
fn large_put(scene: &Scene, sizes: &[&str]) {
    let scratch = Scratch::new();
    let file = scratch.file("body");
    for (salt, szx) in (1..).zip(sizes) {
        std::fs::write(&file, body(10_000, salt)).unwrap();
        let put = ask(scene, "put", "/large", &["--payload", &file, "--block", szx]);
        assert_eq!(put["code"], "2.04");
        let got = aiocoap(LONG, "get", scene.direct(), "/large", &[]).remove(0);
        assert_eq!(got["sha256"], common::sha256(&file), "size exponent {szx}");
    }
}

fn separate(scene: &Scene, more: &[&str]) {
    let begin = Instant::now();
    let got = ask(scene, "get", "/separate", more);
    assert_eq!(text(&got), "separate");
    assert!(begin.elapsed() > Duration::from_secs(3));
}

/// Four notifications, then forgotten: the next one is rejected.
fn observe(scene: &Scene) {
    let lines = aiocoap(LONG, "get", scene.target(), "/time", &["--observe", "4", "--linger", "4"]);
    assert_eq!(lines.len(), 5);
    assert!(lines.iter().all(|l| l["code"] == "2.05" && l["content_format"] == 0));
    let values: Vec<u32> = lines.iter().map(|l| text(l).parse().unwrap()).collect();
    assert!(values.is_sorted(), "{values:?}");
    assert!(values[4] >= values[0] + 4, "{values:?}");
}

#[test]
fn aiocoap_client_asks_our_server() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::of_app(None);
    store(&scene, &[]);
    store(&scene, &["--non"]);
    large_get(&scene, &["0", "2", "6"]);
    together(&[
        &|| large_put(&scene, &["0", "2", "6"]),
        &|| separate(&scene, &[]),
        &|| separate(&scene, &["--non"]),
        &|| observe(&scene),
    ]);
    let (captured, reports) = scene.end_app();
    assert_eq!(reports.iter().filter(|r| **r == Report::Observer(false)).count(), 1);
    // The end of the observation.
    assert_eq!(captured.count("coap.type == 3"), 1);
    // /separate, once confirmable and once not.
    assert_eq!(captured.count("coap.type == 0 && coap.code == 69 && !coap.opt.observe"), 1);
}

#[test]
fn aiocoap_client_asks_our_server_and_every_third_datagram_is_lost() {
    if m2m_interop::skipped() {
        return;
    }
    together(&[
        &|| Scene::app_behind(Rules::THIRD_LOST, |s| store(s, &[])),
        &|| Scene::app_behind(Rules::THIRD_LOST, |s| large_get(s, &["6"])),
        &|| Scene::app_behind(Rules::THIRD_LOST, |s| large_put(s, &["6"])),
        &|| Scene::app_behind(Rules::THIRD_LOST, |s| separate(s, &[])),
        &|| Scene::app_behind(Rules::THIRD_LOST, observe),
        &|| Scene::app_behind(Rules::DISORDER, |s| store(s, &[])),
        &|| Scene::app_behind(Rules::DISORDER, |s| large_get(s, &["4"])),
        &|| Scene::app_behind(Rules::DISORDER, |s| large_put(s, &["4"])),
    ]);
}

// ---- our client, its server --------------------------------------------------------------------

fn stored(asker: &mut Asker) {
    assert_eq!(asker.ask(Code::GET, "/store", b"").code, Code::NOT_FOUND);
    assert_eq!(asker.ask(Code::PUT, "/store", b"one").code, Code::CREATED);
    assert_eq!(asker.ask(Code::PUT, "/store", b"two").code, Code::CHANGED);
    let got = asker.ask(Code::GET, "/store", b"");
    assert_eq!((got.code, &got.payload[..]), (Code::CONTENT, &b"two"[..]));
    assert_eq!(got.format, Some(ContentFormat::OCTET_STREAM));
    let posted = asker.ask(Code::POST, "/store", b"three");
    assert_eq!((posted.code, &posted.payload[..]), (Code::CHANGED, &b"twothree"[..]));
    assert_eq!(asker.ask(Code::DELETE, "/store", b"").code, Code::DELETED);
    assert_eq!(asker.ask(Code::GET, "/store", b"").code, Code::NOT_FOUND);
    assert_eq!(asker.ask(Code::FETCH, "/store", b"x").code, Code::METHOD_NOT_ALLOWED);
    assert_eq!(asker.ask(Code::GET, "/nothing", b"").code, Code::NOT_FOUND);
    let core = asker.ask(Code::GET, "/.well-known/core", b"");
    let links = coap_core::link::Links::new(&core.payload);
    let time = links.map(Result::unwrap).find(|l| l.target() == "/time");
    assert!(time.unwrap().param("obs").is_some());
}

/// Not for a way that loses datagrams.
fn non(asker: &mut Asker) {
    assert_eq!(asker.ask_non(Code::GET, "/large", b"").payload.len(), 10_240);
    assert_eq!(asker.ask_non(Code::GET, "/separate", b"").payload, b"separate");
}

fn blocks(asker: &mut Asker) {
    assert_eq!(asker.ask(Code::PUT, "/large", &body(10_000, 9)).code, Code::CHANGED);
    let got = asker.ask(Code::GET, "/large", b"");
    assert_eq!((got.code, got.payload), (Code::CONTENT, body(10_000, 9)));
}

fn deferred(asker: &mut Asker) {
    let begin = Instant::now();
    let got = asker.ask(Code::GET, "/separate", b"");
    assert_eq!((got.code, &got.payload[..]), (Code::CONTENT, &b"separate"[..]));
    assert!(begin.elapsed() > Duration::from_millis(2900));
}

fn observation(asker: &mut Asker, how: Cancel, notifications: usize) {
    let id = asker.start(Code::GET, "/time", b"", true, true);
    let states: Vec<_> = (0..=notifications).map(|_| asker.notification(id)).collect();
    assert!(states.iter().all(|s| s.code == Code::CONTENT && s.observe.is_some()));
    assert!(states.windows(2).all(|w| w[0].payload != w[1].payload), "{states:?}");
    asker.cancel(id, how);
    // Long enough for one more notification, to be rejected if we only forgot.
    assert_eq!(asker.rest(Duration::from_secs(2)), []);
}

#[test]
fn our_client_asks_aiocoap_server() {
    if m2m_interop::skipped() {
        return;
    }
    let server = aiocoap_server();
    let scene = Scene::of(server.address, None);
    non(&mut scene.asker());
    together(&[
        &|| stored(&mut scene.asker()),
        &|| blocks(&mut scene.asker()),
        &|| deferred(&mut scene.asker()),
        &|| observation(&mut scene.asker(), Cancel::Deregister, 4),
        &|| observation(&mut scene.asker(), Cancel::Forget, 4),
    ]);
    let captured = scene.end();
    assert_eq!(captured.count("coap.type == 3"), 1);
    assert_eq!(captured.count("coap.code == 1 && coap.opt.observe == 1"), 1);
}

#[test]
fn our_client_asks_aiocoap_server_and_every_third_datagram_is_lost() {
    if m2m_interop::skipped() {
        return;
    }
    let server = aiocoap_server();
    let behind = |rules, part: &dyn Fn(&mut Asker)| {
        let scene = Scene::of(server.address, Some(rules));
        part(&mut scene.asker());
        scene.end();
    };
    together(&[
        &|| behind(Rules::THIRD_LOST, &stored),
        &|| behind(Rules::THIRD_LOST, &blocks),
        &|| behind(Rules::THIRD_LOST, &deferred),
        // Few: aiocoap sends every state there was, one after the other, each acknowledged.
        &|| behind(Rules::THIRD_LOST, &|a| observation(a, Cancel::Deregister, 3)),
        &|| behind(Rules::THIRD_LOST, &|a| observation(a, Cancel::Forget, 3)),
    ]);
    together(&[
        &|| behind(Rules::DISORDER, &stored),
        &|| behind(Rules::DISORDER, &blocks),
        &|| behind(Rules::DISORDER, &|a| observation(a, Cancel::Forget, 4)),
    ]);
}
