//! Against libcoap: its client asks our endpoint, our endpoint asks its example server.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

mod common;
use coap_core::link::Links;
use coap_core::{Cancel, Code, ContentFormat};
use common::{Scene, together};
use m2m_interop::app::{Report, body};
use m2m_interop::peers::{libcoap, libcoap_server};
use m2m_interop::process::Scratch;
use m2m_interop::relay::Rules;
use m2m_interop::requests::Asker;
use std::time::{Duration, Instant};

/// Longest run of libcoap's client, in seconds.
const LONG: u64 = 120;

/// What libcoap's client printed: the body, then its log.
fn run(scene: &Scene, path: &str, arguments: &[&str]) -> (String, String) {
    let out = libcoap(LONG, arguments, scene.target(), path);
    (String::from_utf8_lossy(&out.stdout).trim_end().to_owned(), out.stderr)
}

fn assert_logged(log: &str, text: &str) {
    assert!(log.contains(text), "{text:?} is not in {log:?}");
}

// ---- its client, our server --------------------------------------------------------------------

fn store(scene: &Scene) {
    let (_, log) = run(scene, "/store", &["-m", "get"]);
    assert_logged(&log, "4.04");
    let (_, log) = run(scene, "/store", &["-m", "put", "-e", "first", "-t", "0"]);
    assert!(log.is_empty(), "{log}");
    assert_eq!(run(scene, "/store", &["-m", "get"]).0, "first");
    assert_eq!(run(scene, "/store", &["-m", "post", "-e", "second"]).0, "firstsecond");
    let (_, log) = run(scene, "/store", &["-m", "delete"]);
    assert!(log.is_empty(), "{log}");
    let (_, log) = run(scene, "/store", &["-m", "get"]);
    assert_logged(&log, "4.04");
    let (_, log) = run(scene, "/time", &["-m", "delete"]);
    assert_logged(&log, "4.05");
    let (_, log) = run(scene, "/nothing", &["-m", "get"]);
    assert_logged(&log, "4.04");
    let (links, _) = run(scene, "/.well-known/core", &["-m", "get"]);
    assert_eq!(links, "</store>,</large>,</separate>,</time>;obs");
}

/// A body of 10 kB out, in blocks of whatever size the client asks for.
fn large_get(scene: &Scene, sizes: &[&str]) {
    let scratch = Scratch::new();
    let file = scratch.file("got");
    for size in sizes {
        let _ = run(scene, "/large", &["-m", "get", "-b", size, "-o", &file]);
        assert_eq!(std::fs::read(&file).unwrap(), body(10_000, 0), "blocks of {size}");
    }
}

/// A body of 10 kB in; what arrived is looked at on the direct way.
fn large_put(scene: &Scene, sizes: &[&str]) {
    let scratch = Scratch::new();
    let (out, back) = (scratch.file("out"), scratch.file("back"));
    for (salt, size) in (1..).zip(sizes) {
        std::fs::write(&out, body(10_000, salt)).unwrap();
        let (_, log) = run(scene, "/large", &["-m", "put", "-f", &out, "-b", size]);
        assert!(log.is_empty(), "{log}");
        let _ = libcoap(LONG, &["-m", "get", "-o", &back], scene.direct(), "/large");
        assert_eq!(std::fs::read(&back).unwrap(), body(10_000, salt), "blocks of {size}");
    }
}

/// An empty acknowledgement, and three seconds later the response in a message of its own.
fn separate(scene: &Scene) {
    let begin = Instant::now();
    assert_eq!(run(scene, "/separate", &["-m", "get"]).0, "separate");
    assert!(begin.elapsed() > Duration::from_secs(3));
}

/// A subscription for some seconds, ended with Observe 1.
fn observe(scene: &Scene, seconds: u64, at_least: usize) {
    let (values, _) = run(scene, "/time", &["-m", "get", "-w", "-s", &seconds.to_string()]);
    let mut values: Vec<u32> = values.lines().map(|v| v.parse().unwrap()).collect();
    assert!(values.is_sorted(), "{values:?}");
    values.dedup();
    assert!(values.len() >= at_least, "{values:?}");
}

#[test]
fn libcoap_client_asks_our_server() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::of_app(None);
    store(&scene);
    non_confirmable(&scene);
    large_get(&scene, &["16", "64", "512", "1024"]);
    large_put(&scene, &["64", "1024"]);
    together(&[&|| separate(&scene), &|| observe(&scene, 6, 5)]);
    let (captured, reports) = scene.end_app();
    assert_eq!(reports.iter().filter(|r| **r == Report::Observer(false)).count(), 1);
    // /separate was acknowledged first and answered later, in a confirmable message of its own.
    assert_eq!(captured.count("coap.type == 0 && coap.code == 69 && !coap.opt.observe"), 1);
}

#[test]
fn libcoap_client_asks_our_server_and_every_third_datagram_is_lost() {
    if m2m_interop::skipped() {
        return;
    }
    together(&[
        &|| Scene::app_behind(Rules::THIRD_LOST, store),
        &|| Scene::app_behind(Rules::THIRD_LOST, |s| large_get(s, &["1024"])),
        &|| Scene::app_behind(Rules::THIRD_LOST, |s| large_put(s, &["1024"])),
        &|| Scene::app_behind(Rules::THIRD_LOST, separate),
        &|| Scene::app_behind(Rules::THIRD_LOST, |s| observe(s, 12, 4)),
        &|| Scene::app_behind(Rules::DISORDER, store),
        &|| Scene::app_behind(Rules::DISORDER, |s| large_put(s, &["256"])),
    ]);
}

/// Not for a way that loses datagrams: nobody sends these again.
fn non_confirmable(scene: &Scene) {
    let (_, log) = run(scene, "/store", &["-m", "put", "-N", "-e", "non"]);
    assert!(log.is_empty(), "{log}");
    assert_eq!(run(scene, "/store", &["-m", "get", "-N"]).0, "non");
    let scratch = Scratch::new();
    let file = scratch.file("got");
    let _ = run(scene, "/large", &["-m", "get", "-N", "-o", &file]);
    assert_eq!(std::fs::read(&file).unwrap(), body(10_000, 0));
}

// ---- our client, its server --------------------------------------------------------------------

/// PUT makes what is not there, GET reads it, DELETE removes it.
fn dynamic(asker: &mut Asker) {
    assert_eq!(asker.ask(Code::GET, "/new", b"").code, Code::NOT_FOUND);
    assert_eq!(asker.ask(Code::PUT, "/new", b"one").code, Code::CREATED);
    assert_eq!(asker.ask(Code::PUT, "/new", b"two").code, Code::CHANGED);
    let got = asker.ask(Code::GET, "/new", b"");
    assert_eq!((got.code, &got.payload[..]), (Code::CONTENT, &b"two"[..]));
    assert_eq!(got.format, Some(ContentFormat::OCTET_STREAM));
    assert_eq!(asker.ask(Code::POST, "/new", b"three").code, Code::CHANGED);
    assert_eq!(asker.ask(Code::GET, "/new", b"").payload, b"three");
    assert_eq!(asker.ask(Code::DELETE, "/new", b"").code, Code::DELETED);
    assert_eq!(asker.ask(Code::GET, "/new", b"").code, Code::NOT_FOUND);
    let core = asker.ask(Code::GET, "/.well-known/core", b"");
    assert_eq!(core.format, Some(ContentFormat::LINK_FORMAT));
    let targets: Vec<_> =
        Links::new(&core.payload).map(|l| l.unwrap().target().to_owned()).collect();
    assert!(targets.contains(&"/time".to_owned()), "{targets:?}");
}

/// Not for a way that loses datagrams.
fn non(asker: &mut Asker) {
    assert_eq!(asker.ask_non(Code::PUT, "/non", b"n").code, Code::CREATED);
    assert_eq!(asker.ask_non(Code::GET, "/non", b"").payload, b"n");
    assert_eq!(asker.ask_non(Code::PUT, "/non", &body(10_000, 3)).code, Code::CHANGED);
    assert_eq!(asker.ask_non(Code::GET, "/non", b"").payload, body(10_000, 3));
}

/// 10 kB there by Block1 and back by Block2.
fn large(asker: &mut Asker) {
    assert_eq!(asker.ask(Code::PUT, "/big", &body(10_000, 9)).code, Code::CREATED);
    let got = asker.ask(Code::GET, "/big", b"");
    assert_eq!((got.code, got.payload), (Code::CONTENT, body(10_000, 9)));
}

fn deferred(asker: &mut Asker) {
    let begin = Instant::now();
    let got = asker.ask(Code::GET, "/async?3", b"");
    assert_eq!((got.code, &got.payload[..]), (Code::CONTENT, &b"done"[..]));
    assert!(begin.elapsed() > Duration::from_millis(2900));
}

fn observation(asker: &mut Asker, how: Cancel) {
    let id = asker.start(Code::GET, "/time", b"", true, true);
    let states: Vec<_> = (0..4).map(|_| asker.notification(id)).collect();
    assert!(states.iter().all(|s| s.code == Code::CONTENT && s.observe.is_some()));
    assert!(states.windows(2).all(|w| w[0].payload != w[1].payload), "{states:?}");
    asker.cancel(id, how);
    // Long enough for one more notification, to be rejected if we only forgot.
    assert_eq!(asker.rest(Duration::from_secs(2)), []);
}

#[test]
fn our_client_asks_libcoap_server() {
    if m2m_interop::skipped() {
        return;
    }
    let server = libcoap_server(&[]);
    let scene = Scene::of(server.address, None);
    together(&[
        &|| dynamic(&mut scene.asker()),
        &|| non(&mut scene.asker()),
        &|| large(&mut scene.asker()),
        &|| deferred(&mut scene.asker()),
        &|| observation(&mut scene.asker(), Cancel::Deregister),
        &|| observation(&mut scene.asker(), Cancel::Forget),
    ]);
    let captured = scene.end();
    // One observation was forgotten: exactly one RST. The other was ended with Observe 1.
    assert_eq!(captured.count("coap.type == 3"), 1);
    assert_eq!(captured.count("coap.code == 1 && coap.opt.observe == 1"), 1);
}

#[test]
fn our_client_observes_by_non_confirmable_notifications() {
    if m2m_interop::skipped() {
        return;
    }
    let server = libcoap_server(&["-N"]);
    let scene = Scene::of(server.address, None);
    together(&[&|| observation(&mut scene.asker(), Cancel::Deregister), &|| {
        observation(&mut scene.asker(), Cancel::Forget)
    }]);
    let captured = scene.end();
    assert!(captured.count("coap.type == 1 && coap.code == 69") >= 6);
    assert_eq!(captured.count("coap.type == 3"), 1);
}

#[test]
fn our_client_asks_libcoap_server_and_every_third_datagram_is_lost() {
    if m2m_interop::skipped() {
        return;
    }
    let server = libcoap_server(&[]);
    let behind = |rules, part: &dyn Fn(&mut Asker)| {
        let scene = Scene::of(server.address, Some(rules));
        part(&mut scene.asker());
        scene.end();
    };
    together(&[
        &|| behind(Rules::THIRD_LOST, &dynamic),
        &|| behind(Rules::THIRD_LOST, &large),
        &|| behind(Rules::THIRD_LOST, &deferred),
        &|| behind(Rules::THIRD_LOST, &|a| observation(a, Cancel::Deregister)),
        &|| behind(Rules::THIRD_LOST, &|a| observation(a, Cancel::Forget)),
    ]);
    together(&[&|| behind(Rules::DISORDER, &dynamic), &|| {
        behind(Rules::DISORDER, &|a| observation(a, Cancel::Forget))
    }]);
}
