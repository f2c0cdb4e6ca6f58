//! CoAP over TCP and WebSocket (RFC 8323) against libcoap and aiocoap, in both roles.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

mod common;
use coap_core::stream::Transport;
use coap_core::{Cancel, CloseReason, Code, Config, Endpoint, Event, Options, Parameters, Streams};
use common::{sha256, together};
use m2m_base::{PeerId, Seed};
use m2m_interop::PATIENCE;
use m2m_interop::app::{App, LIMITS, Report, body};
use m2m_interop::driver::Drive;
use m2m_interop::peers::{aiocoap_over, aiocoap_server_over, libcoap_over, libcoap_server};
use m2m_interop::process::Scratch;
use m2m_interop::requests::Asker;
use m2m_interop::streams::{StreamDriver, StreamServer};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Longest run of a client, in seconds.
const LONG: u64 = 120;

fn endpoint(seed: u8, message_size: u32) -> Endpoint {
    let config = Config { limits: LIMITS, parameters: Parameters::default() };
    let streams = Streams { message_size, ..Streams::default() };
    Endpoint::with_streams(&config, &streams, &Seed([seed; 32])).unwrap()
}

fn server(transport: Transport, message_size: u32) -> StreamServer<App> {
    StreamServer::start(App::new(endpoint(1, message_size)), transport)
}

type Client = Asker<StreamDriver<Endpoint>>;

fn client(transport: Transport, server: SocketAddr, message_size: u32) -> (Client, PeerId) {
    let mut driver = StreamDriver::new(endpoint(2, message_size), transport);
    let peer = driver.connect(server);
    (Asker::over(driver, peer), peer)
}

/// Sizes of our messages: that of a datagram, without BERT, and a larger one.
const SIZES: [u32; 2] = [1152, 8 * 1024 + 256];

// ---- libcoap's client, our server --------------------------------------------------------------

fn libcoap(arguments: &[&str], server: SocketAddr, path: &str) -> (String, String) {
    let out = libcoap_over("coap+tcp", LONG, arguments, server, path);
    (String::from_utf8_lossy(&out.stdout).trim_end().to_owned(), out.stderr)
}

fn libcoap_asks(address: SocketAddr) {
    let scratch = Scratch::new();
    let (out, back) = (scratch.file("out"), scratch.file("back"));
    assert!(libcoap(&["-m", "get"], address, "/store").1.contains("4.04"));
    assert_eq!(libcoap(&["-m", "put", "-e", "first", "-t", "0"], address, "/store").1, "");
    assert_eq!(libcoap(&["-m", "get"], address, "/store").0, "first");
    assert_eq!(libcoap(&["-m", "post", "-e", "second"], address, "/store").0, "firstsecond");
    assert_eq!(libcoap(&["-m", "delete"], address, "/store").1, "");
    assert!(libcoap(&["-m", "delete"], address, "/time").1.contains("4.05"));
    let links = libcoap(&["-m", "get"], address, "/.well-known/core").0;
    assert_eq!(links, "</store>,</large>,</separate>,</time>;obs");
    for (salt, size) in [(0, ""), (1, "64"), (2, "1024")] {
        let blocks: &[&str] = if size.is_empty() { &[] } else { &["-b", size] };
        std::fs::write(&out, body(10_000, salt)).unwrap();
        let put = [&["-m", "put", "-f", &out], blocks].concat();
        assert_eq!(libcoap(&put, address, "/large").1, "", "blocks of {size:?}");
        let get = [&["-m", "get", "-o", &back], blocks].concat();
        let _ = libcoap(&get, address, "/large");
        assert_eq!(std::fs::read(&back).unwrap(), body(10_000, salt), "blocks of {size:?}");
    }
    let begin = Instant::now();
    assert_eq!(libcoap(&["-m", "get"], address, "/separate").0, "separate");
    assert!(begin.elapsed() > Duration::from_secs(3));
    let values = libcoap(&["-m", "get", "-w", "-s", "6"], address, "/time").0;
    let mut values: Vec<u32> = values.lines().map(|v| v.parse().unwrap()).collect();
    assert!(values.is_sorted(), "{values:?}");
    values.dedup();
    assert!(values.len() >= 5, "{values:?}");
}

#[test]
fn libcoap_client_asks_our_server_over_tcp() {
    if m2m_interop::skipped() {
        return;
    }
    for size in SIZES {
        let server = server(Transport::Tcp, size);
        libcoap_asks(server.address);
        let reports = server.stop();
        assert_eq!(reports.iter().filter(|r| **r == Report::Observer(false)).count(), 1);
        let faults = reports.iter().filter(|r| matches!(r, Report::Close(..)));
        assert_eq!(faults.count(), 0);
    }
}

// ---- aiocoap's client, our server --------------------------------------------------------------

fn aiocoap_asks(scheme: &str, address: SocketAddr) {
    let ask = |method: &str, path: &str, more: &[&str]| -> Value {
        aiocoap_over(scheme, LONG, method, address, path, more).remove(0)
    };
    let scratch = Scratch::new();
    let file = scratch.file("payload");
    std::fs::write(&file, "first").unwrap();
    assert_eq!(ask("get", "/store", &[])["code"], "4.04");
    let put = ask("put", "/store", &["--payload", &file, "--content-format", "0"]);
    assert_eq!(put["code"], "2.01");
    let got = ask("get", "/store", &[]);
    assert_eq!((&got["code"], &got["content_format"]), (&json!("2.05"), &json!(0)));
    assert_eq!(got["payload_hex"], "6669727374");
    assert_eq!(ask("delete", "/store", &[])["code"], "2.02");
    assert_eq!(ask("fetch", "/time", &[])["code"], "4.05");
    for salt in [0, 1] {
        std::fs::write(&file, body(10_000, salt)).unwrap();
        assert_eq!(ask("put", "/large", &["--payload", &file])["code"], "2.04");
        let got = ask("get", "/large", &[]);
        assert_eq!((&got["code"], &got["len"]), (&json!("2.05"), &json!(10_000)));
        assert_eq!(got["sha256"], sha256(&file));
    }
    let begin = Instant::now();
    assert_eq!(ask("get", "/separate", &[])["payload_hex"], "7365706172617465");
    assert!(begin.elapsed() > Duration::from_secs(3));
    let lines = aiocoap_over(scheme, LONG, "get", address, "/time", &["--observe", "4"]);
    assert_eq!(lines.len(), 5);
    assert!(lines.iter().all(|l| l["code"] == "2.05"));
}

#[test]
fn aiocoap_client_asks_our_server_over_tcp_and_websocket() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = |scheme: &str, transport, size| {
        let server = server(transport, size);
        aiocoap_asks(scheme, server.address);
        let reports = server.stop();
        // The observation ended, with Observe 1 or with its connection.
        assert_eq!(reports.iter().filter(|r| **r == Report::Observer(false)).count(), 1);
    };
    together(&[
        &|| scene("coap+tcp", Transport::Tcp, SIZES[0]),
        &|| scene("coap+tcp", Transport::Tcp, SIZES[1]),
        &|| scene("coap+ws", Transport::WebSocket, SIZES[0]),
        &|| scene("coap+ws", Transport::WebSocket, SIZES[1]),
    ]);
}

// ---- our client, their servers -----------------------------------------------------------------

fn pings(asker: &mut Client, peer: PeerId) {
    for custody in [false, true] {
        let now = asker.driver.now();
        asker.driver.engine().ping(now, peer, custody).unwrap();
        asker.driver.wait("a pong", |_, event| match event {
            Event::Pong { peer: p, .. } if *p == peer => Some(()),
            _ => None,
        });
    }
}

/// The peer closes what we release.
fn releases(mut asker: Client, peer: PeerId) {
    let now = asker.driver.now();
    asker.driver.engine().release_connection(now, peer, Options::EMPTY, "done").unwrap();
    let end = Instant::now() + PATIENCE;
    while asker.driver.is_connected(peer) {
        assert!(Instant::now() < end, "the peer does not close");
        assert_eq!(asker.driver.rest(Duration::from_millis(20)), []);
    }
}

fn observes(asker: &mut Client, path: &str, count: usize) {
    for how in [Cancel::Deregister, Cancel::Forget] {
        let id = asker.start(Code::GET, path, b"", true, true);
        let states: Vec<_> = (0..=count).map(|_| asker.notification(id)).collect();
        assert!(states.iter().all(|s| s.code == Code::CONTENT), "{states:?}");
        assert!(states.windows(2).all(|w| w[0].payload != w[1].payload), "{states:?}");
        asker.cancel(id, how);
        // Nothing more comes.
        let unexpected = asker.driver.engine().counters().unexpected;
        assert_eq!(asker.rest(Duration::from_millis(1500)), []);
        assert_eq!(asker.driver.engine().counters().unexpected, unexpected);
    }
}

#[test]
fn our_client_asks_libcoap_server_over_tcp() {
    if m2m_interop::skipped() {
        return;
    }
    let server = libcoap_server(&[]);
    for size in SIZES {
        let (mut asker, peer) = client(Transport::Tcp, server.address, size);
        pings(&mut asker, peer);
        assert_eq!(asker.ask(Code::GET, "/nothing", b"").code, Code::NOT_FOUND);
        let core = asker.ask(Code::GET, "/.well-known/core", b"");
        assert_eq!(core.code, Code::CONTENT);
        assert!(String::from_utf8(core.payload).unwrap().contains("</time>"));
        let long = body(10_000, 3);
        let path = format!("/made-{size}");
        assert_eq!(asker.ask(Code::PUT, &path, &long).code, Code::CREATED);
        let got = asker.ask(Code::GET, &path, b"");
        assert_eq!((got.code, got.payload.len()), (Code::CONTENT, 10_000));
        assert_eq!(got.payload, long);
        assert_eq!(asker.ask(Code::PUT, &path, b"short").code, Code::CHANGED);
        assert_eq!(asker.ask(Code::GET, &path, b"").payload, b"short");
        assert_eq!(asker.ask(Code::DELETE, &path, b"").code, Code::DELETED);
        let begin = Instant::now();
        assert_eq!(asker.ask(Code::GET, "/async?2", b"").code, Code::CONTENT);
        assert!(begin.elapsed() > Duration::from_millis(1500));
        observes(&mut asker, "/time", 3);
        releases(asker, peer);
    }
}

#[test]
fn our_client_asks_aiocoap_server_over_tcp_and_websocket() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = |name: &str, transport, size| {
        let server = aiocoap_server_over(name);
        let (mut asker, peer) = client(transport, server.address, size);
        pings(&mut asker, peer);
        assert_eq!(asker.ask(Code::GET, "/store", b"").code, Code::NOT_FOUND);
        assert_eq!(asker.ask(Code::PUT, "/store", b"one").code, Code::CREATED);
        assert_eq!(asker.ask(Code::GET, "/store", b"").payload, b"one");
        assert_eq!(asker.ask(Code::FETCH, "/store", b"x").code, Code::METHOD_NOT_ALLOWED);
        assert_eq!(asker.ask(Code::PUT, "/large", &body(10_000, 9)).code, Code::CHANGED);
        assert_eq!(asker.ask(Code::GET, "/large", b"").payload, body(10_000, 9));
        assert_eq!(asker.ask(Code::GET, "/separate", b"").payload, b"separate");
        observes(&mut asker, "/time", 4);
        releases(asker, peer);
    };
    together(&[
        &|| scene("tcpserver", Transport::Tcp, SIZES[0]),
        &|| scene("tcpserver", Transport::Tcp, SIZES[1]),
        &|| scene("ws", Transport::WebSocket, SIZES[0]),
        &|| scene("ws", Transport::WebSocket, SIZES[1]),
    ]);
}

/// Told of an Abort, a server closes.
#[test]
fn an_abort_reaches_the_peer() {
    if m2m_interop::skipped() {
        return;
    }
    let server = aiocoap_server_over("tcpserver");
    let (mut asker, peer) = client(Transport::Tcp, server.address, SIZES[1]);
    assert_eq!(asker.ask(Code::GET, "/store", b"").code, Code::NOT_FOUND);
    let now = asker.driver.now();
    asker.driver.engine().abort(now, peer, "enough").unwrap();
    asker.driver.wait("the end", |_, event| match event {
        Event::Close { peer: p, reason } => {
            assert_eq!((*p, *reason), (peer, CloseReason::Command));
            Some(())
        }
        _ => None,
    });
}
