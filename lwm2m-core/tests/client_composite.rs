//! Composite operations (Core 6.3.8, 6.3.9, 6.4.4): many paths in one request.
#![cfg(all(feature = "client-all", feature = "formats"))]
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
use coap_core::{Code, ContentFormat as F, MessageType, OptionNumber};
use lwm2m_core::client::{Config, Event, Limits};
use lwm2m_core::format::Reader;
use lwm2m_core::{Path, Value, Version};

fn list(paths: &[&str]) -> String {
    let names: Vec<String> = paths.iter().map(|p| format!(r#"{{"n":"{p}"}}"#)).collect();
    format!("[{}]", names.join(","))
}

fn fetch(format: F, body: &[u8]) -> Ask<'_> {
    Ask { accept: Some(F::SENML_JSON), ..Ask::send(Code::FETCH, "/", format, body) }
}

/// The paths that an answer has.
fn paths(answer: &Owned) -> Vec<String> {
    let format = answer.format().unwrap();
    let entries = Reader::new(format, Path::ROOT, &answer.payload).unwrap();
    entries.map(|e| e.unwrap().path.to_string()).collect()
}

#[test]
fn core_6_3_8_read_composite() {
    let mut b = Bench::registered();
    for (wanted, expected) in [
        (&["/3/0/0", "/3303/0/5700"][..], &["/3/0/0", "/3303/0/5700"][..]),
        (&["/3303/0", "/3/0/16"], &["/3/0/16", "/3303/0/5700", "/3303/0/5701"]),
        (&["/3/0/11/0"], &["/3/0/11/0"]),
        // Once, however often it is named.
        (&["/3303/0/5700", "/3303", "/3303/0/5700"], &["/3303/0/5700", "/3303/0/5701"]),
        // What is not there, or cannot be read, is left out.
        (&["/3/0/0", "/3/0/99", "/9999", "/3/0/4"], &["/3/0/0"]),
        (&["/0/0/0", "/3/0/0"], &["/3/0/0"]),
        (&["/19"], &[]),
    ] {
        let body = list(wanted);
        let answer = b.ask(fetch(F::SENML_JSON, body.as_bytes()));
        assert_eq!((answer.code, answer.format()), (Code::CONTENT, Some(F::SENML_JSON)));
        assert_eq!(paths(&answer), expected, "{wanted:?}");
    }
    // The whole tree, without Security.
    let all = b.ask(fetch(F::SENML_JSON, list(&["/"]).as_bytes()));
    let all = paths(&all);
    assert!(all.contains(&"/1/0/0".to_owned()) && all.contains(&"/3303/0/5700".to_owned()));
    assert!(!all.iter().any(|p| p.starts_with("/0/")), "{all:?}");
    b.client.check_replay(new_client(&config()));
}

#[test]
fn core_6_3_8_formats() {
    let mut b = Bench::speaking(Version::V1_2);
    let json = list(&["/3/0/0"]);
    let cbor = b"\x81\xa1\x00\x66/3/0/0";
    for (listed, body, accept, expected) in [
        (F::SENML_JSON, json.as_bytes(), None, F::SENML_JSON),
        (F::SENML_ETCH_JSON, json.as_bytes(), None, F::SENML_JSON),
        (F::SENML_CBOR, cbor, None, F::SENML_CBOR),
        (F::SENML_ETCH_CBOR, cbor, None, F::SENML_CBOR),
        (F::SENML_ETCH_CBOR, cbor, Some(F::SENML_JSON), F::SENML_JSON),
        (F::SENML_JSON, json.as_bytes(), Some(F::LWM2M_CBOR), F::LWM2M_CBOR),
    ] {
        let answer = b.ask(Ask { accept, ..fetch(listed, body) });
        assert_eq!((answer.code, answer.format()), (Code::CONTENT, Some(expected)));
        assert_eq!(paths(&answer), ["/3/0/0"]);
    }
}

#[test]
fn core_6_3_8_read_composite_refused() {
    let mut b = Bench::registered();
    let (one, json) = (list(&["/3/0/0"]), F::SENML_JSON);
    let many: Vec<String> = (0..70).map(|n| format!("/9999/{n}")).collect();
    let many = list(&many.iter().map(String::as_str).collect::<Vec<_>>());
    for (ask, code) in [
        (fetch(json, list(&["/3/0/99", "/9999"]).as_bytes()), Code::NOT_FOUND),
        (fetch(json, list(&["/3/0/99", "/3/0/4"]).as_bytes()), Code::METHOD_NOT_ALLOWED),
        (fetch(json, list(&["/3/0/4", "/0/0"]).as_bytes()), Code::UNAUTHORIZED),
        (fetch(json, list(&["/3/x"]).as_bytes()), Code::BAD_REQUEST),
        (fetch(json, list(&["/3/0/0/0/0"]).as_bytes()), Code::BAD_REQUEST),
        (fetch(json, b"[]"), Code::BAD_REQUEST),
        (fetch(json, b""), Code::BAD_REQUEST),
        (fetch(json, b"[{\"n\":\"/3/0/0\"}"), Code::BAD_REQUEST),
        (fetch(F::LWM2M_CBOR, b"\xa0"), Code::UNSUPPORTED_CONTENT_FORMAT),
        (fetch(F::TEXT, b"/3/0/0"), Code::UNSUPPORTED_CONTENT_FORMAT),
        (Ask { format: None, ..fetch(json, one.as_bytes()) }, Code::BAD_REQUEST),
        (Ask { accept: Some(F::LWM2M_TLV), ..fetch(json, one.as_bytes()) }, Code::NOT_ACCEPTABLE),
        (Ask { accept: Some(F::TEXT), ..fetch(json, one.as_bytes()) }, Code::NOT_ACCEPTABLE),
        (Ask { uri: "/?pmin=3", ..fetch(json, one.as_bytes()) }, Code::BAD_REQUEST),
        (Ask { uri: "/3", ..fetch(json, one.as_bytes()) }, Code::METHOD_NOT_ALLOWED),
        (fetch(json, many.as_bytes()), Code::INTERNAL_SERVER_ERROR),
    ] {
        assert_eq!(b.ask(ask).code, code, "{ask:?}");
    }
    let mut old = Bench::speaking(Version::V1_0);
    assert_eq!(old.ask(fetch(json, one.as_bytes())).code, Code::METHOD_NOT_ALLOWED);
}

#[test]
fn rfc7959_long_answers_come_in_blocks_with_and_without_the_list() {
    let mut b = Bench::registered();
    let body = list(&["/3", "/3303/0", "/1"]);
    let whole = b.ask(fetch(F::SENML_JSON, body.as_bytes())).payload;
    for repeats in [true, false] {
        let mut blocks = Vec::new();
        for number in 0.. {
            let block2 = Some(number << 4 | 1);
            let sent = if repeats || number == 0 { body.as_bytes() } else { b"" };
            let answer = b.ask(Ask { block2, ..fetch(F::SENML_JSON, sent) });
            assert_eq!(answer.code, Code::CONTENT);
            blocks.extend(answer.payload);
            if answer.options.iter().any(|(n, v)| *n == OptionNumber::BLOCK2 && v[0] & 8 == 0) {
                break;
            }
        }
        assert_eq!(blocks, whole);
    }
    // After another list, the first is not known any more; nor is it another server's.
    b.ask(fetch(F::SENML_JSON, b"["));
    let rest = b.ask(Ask { block2: Some(0x11), ..fetch(F::SENML_JSON, b"") });
    assert_eq!(rest.code, Code::BAD_REQUEST);
}

#[test]
fn core_6_3_9_write_composite() {
    let mut b = Bench::registered();
    b.client.command(b.now, |c, now| c.add_instance(now, path("/19/0"))).unwrap();
    b.set("/19/0/0/0", Value::opaque(b"a"));
    b.sent.clear();
    b.events();
    let body =
        br#"[{"n":"/1/0/2","v":7},{"n":"/3/0/14","vs":"+03:00"},{"n":"/19/0/0/5","vd":"AQ"}]"#;
    let done = b.ask(Ask::send(Code::IPATCH, "/", F::SENML_JSON, body));
    assert_eq!(done.code, Code::CHANGED);
    assert_eq!(b.engine().get(path("/1/0/2")), Some(Value::Integer(7)));
    assert_eq!(b.engine().get(path("/3/0/14")), Some(Value::string("+03:00")));
    assert_eq!(b.engine().get(path("/19/0/0/0")), Some(Value::opaque(b"a")), "nothing goes");
    assert_eq!(b.engine().get(path("/19/0/0/5")), Some(Value::opaque(&[1])));
    let written = |p: &str| Event::Written { server: SSID, path: path(p) };
    assert_eq!(b.events(), ["/1/0/2", "/3/0/14", "/19/0/0/5"].map(written));
    // A patch also takes away.
    let body = br#"[{"n":"/19/0/0/5","v":null},{"n":"/19/0/0/9","v":null},{"n":"/1/0/2","v":8}]"#;
    let done = b.ask(Ask::send(Code::IPATCH, "/", F::SENML_ETCH_JSON, body));
    assert_eq!(done.code, Code::CHANGED);
    assert!(!b.engine().contains(path("/19/0/0/5")));
    let gone = Event::Deleted { server: SSID, path: path("/19/0/0/5") };
    assert_eq!(b.events(), [written("/1/0/2"), gone]);
}

#[test]
fn core_6_3_9_all_or_nothing() {
    let mut b = Bench::speaking(Version::V1_2);
    let before: Vec<String> =
        b.engine().paths(Path::ROOT).map(|p| format!("{p} {:?}", b.engine().get(p))).collect();
    for (entry, code) in [
        (r#"{"n":"/3/0/0","vs":"x"}"#, Code::METHOD_NOT_ALLOWED),
        (r#"{"n":"/3/0/4","v":1}"#, Code::METHOD_NOT_ALLOWED),
        (r#"{"n":"/1/0/3/0","v":1}"#, Code::METHOD_NOT_ALLOWED),
        (r#"{"n":"/3/0/99","v":1}"#, Code::NOT_FOUND),
        (r#"{"n":"/3/9/14","vs":"x"}"#, Code::NOT_FOUND),
        (r#"{"n":"/9999/0/1","v":1}"#, Code::NOT_FOUND),
        (r#"{"n":"/0/0/0","vs":"x"}"#, Code::UNAUTHORIZED),
        (r#"{"n":"/1/0/3","vs":"x"}"#, Code::BAD_REQUEST),
        (r#"{"n":"/1/0/2","v":9}"#, Code::BAD_REQUEST),
        (r#"{"n":"/1/0","v":9}"#, Code::BAD_REQUEST),
        (r#"{"n":"/1/0/3"}"#, Code::BAD_REQUEST),
        (r#"{"n":"/1/0/3","v":"#, Code::BAD_REQUEST),
    ] {
        let body = format!(r#"[{{"n":"/1/0/2","v":7}},{{"n":"/1/0/5","v":70}},{entry}]"#);
        let answer = b.ask(Ask::send(Code::IPATCH, "/", F::SENML_JSON, body.as_bytes()));
        assert_eq!(answer.code, code, "{entry}");
        let after: Vec<String> =
            b.engine().paths(Path::ROOT).map(|p| format!("{p} {:?}", b.engine().get(p))).collect();
        assert_eq!(before, after, "{entry}");
        assert!(b.events().is_empty());
    }
    for (entry, code) in [
        (r#"{"n":"/1/0/3","v":null}"#, Code::BAD_REQUEST),
        (r#"{"n":"/3/0/11/0","v":null}"#, Code::METHOD_NOT_ALLOWED),
        (r#"{"n":"/1/0","v":null}"#, Code::BAD_REQUEST),
    ] {
        let body = format!(r#"[{{"n":"/1/0/2","v":7}},{entry}]"#);
        let answer = b.ask(Ask::send(Code::IPATCH, "/", F::SENML_ETCH_JSON, body.as_bytes()));
        assert_eq!(answer.code, code, "{entry}");
    }
    let patch = |format, body| Ask::send(Code::IPATCH, "/", format, body);
    for (ask, code) in [
        (patch(F::LWM2M_TLV, b""), Code::UNSUPPORTED_CONTENT_FORMAT),
        (patch(F::TEXT, b"1"), Code::UNSUPPORTED_CONTENT_FORMAT),
        (Ask { format: None, ..patch(F::TEXT, b"1") }, Code::BAD_REQUEST),
        (Ask { uri: "/?a=1", ..patch(F::SENML_JSON, b"[]") }, Code::BAD_REQUEST),
        (Ask { uri: "/3/0", ..patch(F::SENML_JSON, b"[]") }, Code::METHOD_NOT_ALLOWED),
        (patch(F::LWM2M_CBOR, b"\xa1\x01\xa1\x00\xa1\x02\x06"), Code::CHANGED),
    ] {
        assert_eq!(b.ask(ask).code, code, "{ask:?}");
    }
    assert_eq!(b.engine().get(path("/1/0/2")), Some(Value::Integer(6)));
}

fn observe<'a>(body: &'a [u8], token: &'a [u8]) -> Ask<'a> {
    Ask { observe: Some(0), token, ..fetch(F::SENML_JSON, body) }
}

/// The notification that went out, acknowledged.
fn notified(b: &mut Bench) -> Option<Owned> {
    b.settle();
    while let Some(at) = b.sent.iter().position(|(_, m)| m.uri() == "/rd/5a3f") {
        let update = b.sent.remove(at).1;
        b.answer(PEER, &update, Code::CHANGED, &[]);
    }
    if b.sent.is_empty() {
        return None;
    }
    let n = b.only(PEER);
    b.acknowledge(PEER, &n);
    Some(n)
}

#[test]
fn core_6_4_4_observe_composite() {
    let mut b = Bench::registered();
    let body = list(&["/3/0/0", "/3303/0/5700", "/19"]);
    let first = b.ask(observe(body.as_bytes(), b"co"));
    assert!(first.observe().is_some());
    assert_eq!(paths(&first), ["/3/0/0", "/3303/0/5700"]);
    // Any part of it.
    b.set("/3303/0/5700", Value::Float(21.0));
    let n = notified(&mut b).unwrap();
    assert_eq!(
        (n.code, n.token.as_slice(), n.format()),
        (Code::CONTENT, &b"co"[..], first.format())
    );
    assert_eq!(paths(&n), paths(&first));
    b.set("/3303/0/5701", Value::string("F"));
    assert_eq!(notified(&mut b), None, "not in the list");
    // What comes later to what was named.
    b.client.command(b.now, |c, now| c.add_instance(now, path("/19/0"))).unwrap();
    b.set("/19/0/0/0", Value::opaque(b"a"));
    let n = notified(&mut b).unwrap();
    assert!(paths(&n).contains(&"/19/0/0/0".to_owned()));
    // The end: FETCH with Observe 1, answered as a read.
    let end = b.ask(Ask { observe: Some(1), ..observe(body.as_bytes(), b"co") });
    assert_eq!((end.code, end.observe()), (Code::CONTENT, None));
    b.set("/3303/0/5700", Value::Float(30.0));
    assert_eq!(notified(&mut b), None);
}

#[test]
fn core_6_4_4_periods_of_a_composite_observation() {
    let body = list(&["/1/0/1", "/3/0/11/0", "/3303/0/5700"]);
    for (uri, attach) in [("/?pmin=5&pmax=20", ""), ("/", "/1/0/1?pmin=5&pmax=20")] {
        let mut b = Bench::registered();
        if !attach.is_empty() {
            assert_eq!(b.ask(Ask::new(Code::PUT, attach)).code, Code::CHANGED);
        }
        assert!(b.ask(Ask { uri, ..observe(body.as_bytes(), b"co") }).observe().is_some());
        b.pass_secs(19);
        assert_eq!(notified(&mut b), None);
        b.pass_secs(1);
        assert!(notified(&mut b).is_some(), "pmax {uri} {attach}");
        b.set("/3303/0/5700", Value::Float(21.0));
        b.pass_secs(4);
        assert_eq!(notified(&mut b), None);
        b.pass_secs(1);
        assert!(notified(&mut b).is_some(), "pmin {uri} {attach}");
    }
    // Attributes of values are none of a list.
    let mut b = Bench::speaking(Version::V1_2);
    for (uri, code) in [
        ("/?gt=1", Code::BAD_REQUEST),
        ("/?edge=1", Code::BAD_REQUEST),
        ("/?hqmax=1", Code::BAD_REQUEST),
        ("/?pmin", Code::BAD_REQUEST),
        ("/?epmin=5&epmax=4", Code::BAD_REQUEST),
        ("/?foo=1", Code::BAD_REQUEST),
        ("/?con=1&epmax=4", Code::CONTENT),
    ] {
        assert_eq!(b.ask(Ask { uri, ..observe(body.as_bytes(), b"c2") }).code, code, "{uri}");
    }
    let mut older = Bench::registered();
    let con = older.ask(Ask { uri: "/?con=1", ..observe(body.as_bytes(), b"c2") });
    assert_eq!(con.code, Code::BAD_REQUEST);
}

/// Whatever a server observes, and however often, it takes no more than was reserved for lists.
#[test]
fn lists_do_not_pile_up() {
    let limits = Limits { paths: 6, ..Limits::DEVICE };
    let config = Config { limits, ..config() };
    let mut b = Bench::with(new_client(&config));
    b.start();
    b.accept_registration(PEER, "1");
    let three =
        [list(&["/1/0/1", "/3/0/0", "/3303/0"]), list(&["/1/0/1", "/3/0/0", "/3303/0/5700"])];
    let two = list(&["/3/0/0", "/1/0/1"]);
    for n in 0..200u32 {
        // The same token, other tokens, ended ones.
        let token = [(n % 2) as u8];
        let first = b.ask(observe(three[(n % 2) as usize].as_bytes(), &token));
        assert_eq!(first.code, Code::CONTENT, "{n}");
        assert!(first.observe().is_some());
        if n % 2 == 1 {
            let full = b.ask(observe(two.as_bytes(), b"third"));
            assert_eq!(full.code, Code::INTERNAL_SERVER_ERROR);
            for token in [[0], [1]] {
                let end = Ask { observe: Some(1), ..observe(two.as_bytes(), &token) };
                b.ask(end);
            }
        }
        if n % 7 == 0 {
            let reset = message(MessageType::Reset, Code::EMPTY, n as u16, b"", &[], b"");
            b.datagram(PEER, &reset);
        }
    }
    assert!(b.ask(observe(three[0].as_bytes(), b"x")).observe().is_some());
}
