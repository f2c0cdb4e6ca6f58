//! An LwM2M server that is told lies and flooded: it refuses, goes on serving, and its metrics show
//! what comes.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests of a program run on real sockets"
)]

mod common;

use coap_core::Code;
use common::cse::Http;
use common::device::Device;
use common::lwm2m::{Server, ask};
use std::net::UdpSocket;

fn metric(http: &mut Http, name: &str) -> u64 {
    http.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let (status, _, body) = http.receive().unwrap();
    assert_eq!(status, 200);
    let text = String::from_utf8(body).unwrap();
    let start = format!("m2m_lwm2m_{name} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap().parse().unwrap()
}

#[test]
fn lies_and_floods_are_refused_and_counted() {
    let server = Server::start("memory", &[]);
    let mut http = server.http();
    let mut honest = Device::new(server.at("coap"));
    let location = honest.register("honest", &["b=U"]).unwrap();

    let links = "</1/0>,</3/0>";
    let mut liar = Device::new(server.at("coap"));
    let lies: [(Code, &str, &[&str], &str, Code); 10] = [
        (Code::POST, "/rd", &["lt=60", "lwm2m=1.1"], links, Code::BAD_REQUEST),
        (Code::POST, "/rd", &["ep=", "lt=60", "lwm2m=1.1"], links, Code::BAD_REQUEST),
        (Code::POST, "/rd", &["ep=x", "lt=-1", "lwm2m=1.1"], links, Code::BAD_REQUEST),
        (Code::POST, "/rd", &["ep=x", "lwm2m=1.1"], links, Code::BAD_REQUEST),
        (Code::POST, "/rd", &["ep=x", "lt=60", "lwm2m=7.0"], links, Code::PRECONDITION_FAILED),
        (Code::POST, "/rd", &["ep=x", "lt=60", "lwm2m=1.1"], "</1/0>,<", Code::BAD_REQUEST),
        (Code::POST, "/rd/000000000", &[], "", Code::NOT_FOUND),
        (Code::DELETE, "/rd/ffffffff0", &[], "", Code::NOT_FOUND),
        (Code::GET, "/rd", &[], "", Code::METHOD_NOT_ALLOWED),
        (Code::POST, "/elsewhere", &[], "", Code::NOT_FOUND),
    ];
    let count = u64::try_from(lies.len()).unwrap();
    for (method, path, query, payload, code) in lies {
        let answer = liar.ask(method, path, query, payload).unwrap();
        assert_eq!(answer.code, code, "{path} {query:?} {payload}");
    }
    assert_eq!(metric(&mut http, "refused_total"), count);
    assert_eq!(metric(&mut http, "registrations"), 1);

    // What is no message; a registration that is sent again and again; answers to nothing.
    let flood = UdpSocket::bind("127.0.0.1:0").unwrap();
    flood.connect(server.at("coap")).unwrap();
    let register = b"\x42\x02\x12\x34ab\xb2rd\x11\x28\x34ep=f\x05lt=60\x09lwm2m=1.1\xff</3/0>";
    for round in 0..100u8 {
        for n in 0..20u8 {
            let unasked = [0x54, 0x45, 0x80 | round, n, 1, 2, 3, n, 0xff, b'1'];
            flood.send(&[0x4f, 0x01, n, n]).unwrap();
            flood.send(register).unwrap();
            flood.send(&unasked).unwrap();
        }
        // Whoever behaves is served all the time.
        let answer = honest.ask(Code::POST, &location, &[], "").unwrap();
        assert_eq!(answer.code, Code::CHANGED, "{round}");
    }
    assert_eq!(ask(&mut http, "GET", "/api/clients/honest", "").0, 200);
    assert_eq!(metric(&mut http, "registrations"), 2);
    assert_eq!(metric(&mut http, "registrations_total"), 2);
    assert_eq!(metric(&mut http, "updates_total"), 100);
    // The system may have dropped some of it.
    for name in ["coap_malformed_total", "coap_duplicates_total", "coap_unexpected_total"] {
        assert!(metric(&mut http, name) > 200, "{name}: {}", metric(&mut http, name));
    }
    server.stop();
}
