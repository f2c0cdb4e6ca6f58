//! What peers may do to `m2m lwm2m server` that no device does: each is bounded, answered, counted
//! and seen in `/metrics`, and others are served meanwhile.
#![cfg(unix)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests of a program run on real sockets"
)]

mod common;

use coap_core::oscore::{Aead, SecurityParameters};
use coap_core::{Code, Message, MessageType, MessageWriter, OptionNumber};
use common::LONG;
use common::cse::Http;
use common::device::Device;
use common::lwm2m::Server;
use common::peer::Peer;
use common::run;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// What the server may grow by under a flood, in bytes.
const GROWTH: u64 = 200 << 20;

struct Raw {
    socket: UdpSocket,
    id: u16,
}

/// Block1: number, more, and 1024 bytes.
fn block(number: u32, more: bool) -> u32 {
    number << 4 | u32::from(more) << 3 | 6
}

impl Raw {
    fn new(server: SocketAddr) -> Raw {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(server).unwrap();
        socket.set_read_timeout(Some(LONG)).unwrap();
        Raw { socket, id: 0 }
    }

    fn register(&mut self, query: &[&str], block1: Option<u32>, links: &[u8]) -> Vec<u8> {
        self.id = self.id.wrapping_add(1);
        let mut room = vec![0; 65_000];
        let token = self.id.to_be_bytes();
        let kind = MessageType::Confirmable;
        let mut writer =
            MessageWriter::in_buffer(&mut room, kind, Code::POST, self.id, &token).unwrap();
        writer.option(OptionNumber::URI_PATH, b"rd").unwrap();
        writer.option_uint(OptionNumber::CONTENT_FORMAT, 40).unwrap();
        for part in query {
            writer.option(OptionNumber::URI_QUERY, part.as_bytes()).unwrap();
        }
        if let Some(block1) = block1 {
            writer.option_uint(OptionNumber::BLOCK1, block1).unwrap();
        }
        writer.finish(links).unwrap().written().to_vec()
    }

    /// Sends; the code of the answer.
    fn ask(&mut self, datagram: &[u8]) -> Option<Code> {
        self.socket.send(datagram).unwrap();
        let mut buf = [0; 2048];
        let len = self.socket.recv(&mut buf).ok()?;
        Some(Message::parse(&buf[..len]).unwrap().code)
    }
}

/// Somebody who behaves is served.
fn serves(server: &Server, name: &str) {
    let mut device = Device::new(server.at("coap"));
    device.register(name, &[]).unwrap();
}

#[test]
fn registrations_that_lie() {
    let server = Server::start("memory", &["--tcp", "127.0.0.1:0"]);
    let mut raw = Raw::new(server.at("coap"));
    let long = format!("ep={}", "x".repeat(256));
    let huge = format!("ep={}", "x".repeat(60_000));
    let usual = ["lt=60", "lwm2m=1.1"];
    for (query, links, code) in [
        (vec![], &b"</3/0>"[..], Code::BAD_REQUEST),
        (vec!["ep="], b"</3/0>", Code::BAD_REQUEST),
        (vec!["ep"], b"</3/0>", Code::BAD_REQUEST),
        (vec!["ep=a", "ep=b"], b"</3/0>", Code::BAD_REQUEST),
        (vec![&long], b"</3/0>", Code::BAD_OPTION),
        (vec!["ep=a"], b"</3/0", Code::BAD_REQUEST),
        (vec!["ep=a"], b"\xff\xfe", Code::BAD_REQUEST),
        // A link, but to no object: it is left out.
        (vec!["ep=odd"], b"</99999/0>", Code::CREATED),
    ] {
        let datagram = raw.register(&[&query[..], &usual].concat(), None, links);
        assert_eq!(raw.ask(&datagram), Some(code), "{query:?}");
    }
    // A query of more than 255 bytes is no option of CoAP already.
    assert_eq!(server.counted("m2m_lwm2m_refused_total"), 6);
    // A name of 64 kB: no option is as long (RFC 7252 section 5.10), so this is no request.
    let datagram = raw.register(&[&huge, "lt=60", "lwm2m=1.1"], None, b"</3/0>");
    let code = raw.ask(&datagram).unwrap();
    assert!(!code.is_success(), "{code}");
    // The same over TCP.
    let target = format!("{}/rd?{huge}&lt=60&lwm2m=1.1", server.uri("coap+tcp"));
    let output = run(&["coap", "post", &target, "</3/0>", "--timeout", "60"]);
    assert_ne!(output.status.code(), Some(0));
    // A million links in blocks: refused before they are all there.
    let links: Vec<u8> =
        (0..1_000_000).flat_map(|n| format!("</{}/{n}>,", n % 1000).into_bytes()).collect();
    let blocks = links.len() / 1024;
    let mut last = None;
    for (number, piece) in links.chunks(1024).enumerate() {
        let more = number < blocks;
        let at = u32::try_from(number).unwrap();
        let query = ["ep=links", "lt=60", "lwm2m=1.1"];
        let datagram = raw.register(&query, Some(block(at, more)), piece);
        last = raw.ask(&datagram);
        if last != Some(Code::CONTINUE) {
            assert!(number < 2048, "{number}");
            break;
        }
    }
    assert_eq!(last, Some(Code::REQUEST_ENTITY_TOO_LARGE));
    assert_eq!(server.must(&["clients", "odd"])["objects"], json!([]));
    assert_eq!(server.counted("m2m_lwm2m_registrations"), 1);
    serves(&server, "honest");
    server.stop();
}

#[test]
fn locations_that_are_forged_or_of_somebody_else() {
    let server = Server::start("memory", &[]);
    let secret: Vec<u8> = (1..=16).collect();
    let context = json!({"oscore": {"master_secret": "0102030405060708090a0b0c0d0e0f10",
        "sender_id": "01", "recipient_id": "02"}});
    assert_eq!(server.ask("PUT", "/api/credentials/mine", &context).0, 201);
    let parameters = SecurityParameters {
        aead: Aead::AesCcm16_64_128,
        master_secret: &secret,
        master_salt: &[],
        sender_id: &[2],
        recipient_id: &[1],
        id_context: None,
    };
    let mut owner = Peer::new(server.at("coap"), Some(&parameters));
    let (code, location) = owner.post("/rd?lt=600&lwm2m=1.1", "</3/0>", true);
    assert_eq!(code, Code::CREATED);
    let before = server.counted("m2m_lwm2m_refused_total");
    let mut other = Device::new(server.at("coap"));
    let own = other.register("other", &[]).unwrap();
    // Its own with one letter changed, others that never were.
    let mut forged = own.clone();
    let end = forged.pop().unwrap();
    forged.push(if end == 'a' { 'b' } else { 'a' });
    for path in [forged.as_str(), "/rd/0", "/rd/../../etc", "/rd/zzzzzzzzzzzzzzzzzzzzzzz"] {
        assert_eq!(other.ask(Code::POST, path, &["lt=1"], "").unwrap().code, Code::NOT_FOUND);
        assert_eq!(other.ask(Code::DELETE, path, &[], "").unwrap().code, Code::NOT_FOUND);
    }
    // Somebody else's: neither changed nor ended, and no name is taken from its owner.
    for (code, path, query) in [
        (Code::POST, location.as_str(), &["lt=1"][..]),
        (Code::DELETE, &location, &[]),
        (Code::POST, "/rd", &["ep=mine", "lt=1", "lwm2m=1.1"]),
    ] {
        let links = if path == "/rd" { "</3/0>" } else { "" };
        let answer = other.ask(code, path, query, links).unwrap().code;
        assert!(answer.class() == 4, "{path}: {answer}");
    }
    assert_eq!(server.counted("m2m_lwm2m_refused_total"), before + 11);
    assert_eq!(server.must(&["clients", "mine"])["lifetime"], 600);
    assert_eq!(owner.post(&location, "", true).0, Code::CHANGED);
    server.stop();
}

#[test]
fn floods_notifications_nobody_asked_for_and_half_transfers() {
    let server = Server::start("memory", &[]);
    let coap = server.at("coap");
    serves(&server, "first");
    let before = server.process.memory();
    // Noise.
    let noise = UdpSocket::bind("127.0.0.1:0").unwrap();
    noise.connect(coap).unwrap();
    for n in 0..20_000u32 {
        let mut datagram = n.wrapping_mul(2_654_435_761).to_be_bytes().repeat(1 + n as usize % 40);
        // Another version of CoAP, or a token that is too long.
        datagram[0] = if n % 2 == 0 { 0x80 } else { 0x4f };
        let _ = noise.send(&datagram);
    }
    // Notifications, with all sorts of tokens, to be acknowledged and not.
    let mut raw = Raw::new(coap);
    for n in 0..5000u16 {
        let [high, low] = n.to_be_bytes();
        let first = if n % 2 == 0 { 0x44 } else { 0x54 };
        let datagram = [first, 0x45, high, low, 1, 2, high, low, 0x61, low, 0xff, b'7'];
        let _ = raw.socket.send(&datagram);
    }
    // Registrations that nobody waits for.
    for n in 0..3000u16 {
        let name = format!("ep=flood-{n}");
        let datagram = raw.register(&[&name, "lt=60", "lwm2m=1.1"], None, b"</3/0>");
        let _ = raw.socket.send(&datagram);
    }
    // The first halves of transfers, each from somewhere else, as fast as they are answered.
    let mut half = Vec::new();
    for n in 0..1500 {
        let mut raw = Raw::new(coap);
        raw.socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let name = format!("ep=half-{n}");
        let piece = [b'x'; 1024];
        let query = [name.as_str(), "lt=60", "lwm2m=1.1"];
        let datagram = raw.register(&query, Some(block(0, true)), &piece);
        half.push(raw.ask(&datagram));
    }
    let codes: BTreeSet<String> = half.iter().flatten().map(Code::to_string).collect();
    assert!(codes.contains("2.31"), "{codes:?}");
    assert!(codes.iter().all(|code| code == "2.31" || !code.starts_with('2')), "{codes:?}");
    serves(&server, "meanwhile");
    // The API, too: heads that never end, and more than it takes.
    let slow: Vec<Http> = (0..100)
        .map(|_| {
            let mut http = server.http();
            http.send(b"GET /api/clients HTTP/1.1\r\nHost: localhost\r\nX: ").unwrap();
            http
        })
        .collect();
    let mut http = server.http();
    http.send(
        b"PUT /api/credentials/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n",
    )
    .unwrap();
    assert_eq!(http.receive().unwrap().0, 413);
    let (status, clients) = server.ask("GET", "/api/clients?limit=1", &Value::Null);
    assert_eq!(status, 200, "{clients}");
    drop(slow);
    for (name, least) in [
        ("m2m_lwm2m_coap_malformed_total", 1000),
        ("m2m_lwm2m_coap_unexpected_total", 1000),
        ("m2m_lwm2m_registrations_total", 100),
        ("m2m_lwm2m_messages_received_total", 5000),
    ] {
        let counted = server.counted(name);
        assert!(counted >= least, "{name} {counted}");
    }
    let after = server.process.memory();
    assert!(after < before + GROWTH, "{before} {after}");
    assert_eq!(server.must(&["clients", "first"])["endpoint"], "first");
    server.stop();
}
