//! What servers ask for: each operation right, and wrong in each way (Core 6.3, 6.4; Transport
//! 6.4), datagram in, datagram out.
#![cfg(feature = "client")]
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
use lwm2m_core::client::{Event, ExecuteId, UsageError};
use lwm2m_core::{Value, Version};
use m2m_base::Duration;

const TLV: F = F::LWM2M_TLV;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| *b != b' ').collect();
    let byte = |d: &[u8]| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

#[test]
fn core_6_3_1_read_in_every_format() {
    let mut b = Bench::registered();
    b.set("/3/0/9", Value::Integer(100));
    for (uri, accept, expected) in [
        ("/3/0/0", F::TEXT, &b"Example Devices"[..]),
        ("/3/0/9", F::TEXT, b"100"),
        ("/3/0/9", F::CBOR, &hex("1864")),
        ("/3/0/9", TLV, &hex("c10964")),
        ("/3/0/11", TLV, &hex("830b410000")),
        ("/3/0/11/0", F::TEXT, b"0"),
        ("/3303/0/5700", F::TEXT, b"20"),
        ("/3303/0/5701", TLV, &hex("e3164543656c")),
        ("/3303/0/5701", F::SENML_JSON, br#"[{"n":"/3303/0/5701","vs":"Cel"}]"#),
        ("/3303/0/5701", F::SENML_CBOR, &hex("81a221 6c2f333330332f302f35373031 03 6343656c")),
        ("/19", TLV, b""),
    ] {
        let answer = b.ask(Ask::read(uri, accept));
        assert_eq!((answer.code, answer.format()), (Code::CONTENT, Some(accept)), "{uri}");
        if accept.0 < 100 || accept == TLV {
            assert_eq!(answer.payload, expected, "{uri} {accept:?} {:x?}", answer.payload);
        } else {
            // How SenML splits a name into base and rest is the codec's business.
            let reader =
                lwm2m_core::format::Reader::new(accept, path(uri), &answer.payload).unwrap();
            let theirs = lwm2m_core::format::Reader::new(accept, path(uri), expected).unwrap();
            let both = |r: lwm2m_core::format::Reader<'_>| {
                r.map(|e| e.map(|e| (e.path, e.content.value().unwrap().infer().data_type())))
                    .collect::<Vec<_>>()
            };
            assert_eq!(both(reader), both(theirs));
        }
    }
    // Without Accept a 1.1 client answers in SenML CBOR.
    let answer = b.ask(Ask::new(Code::GET, "/3/0"));
    assert_eq!((answer.code, answer.format()), (Code::CONTENT, Some(F::SENML_CBOR)));
    b.client.check_replay(new_client(&config()));
}

#[test]
fn core_1_0_6_4_4_json_is_spoken_with_servers_of_1_0() {
    let mut b = Bench::speaking(Version::V1_0);
    b.set("/3/0/9", Value::Integer(100));
    for (uri, expected) in [
        ("/3/0/9", r#"{"bn":"/3/0/9","e":[{"n":"","v":100}]}"#),
        ("/3/0/11", r#"{"bn":"/3/0/11/","e":[{"n":"0","v":0}]}"#),
        ("/3303/0/5701", r#"{"bn":"/3303/0/5701","e":[{"n":"","sv":"Cel"}]}"#),
    ] {
        let answer = b.ask(Ask::read(uri, F::LWM2M_JSON));
        assert_eq!((answer.code, answer.format()), (Code::CONTENT, Some(F::LWM2M_JSON)), "{uri}");
        assert_eq!(String::from_utf8(answer.payload).unwrap(), expected);
    }
}

#[test]
fn core_6_3_1_read_refused() {
    let mut b = Bench::registered();
    for (uri, accept, code) in [
        ("/", TLV, Code::METHOD_NOT_ALLOWED),
        ("/0", TLV, Code::UNAUTHORIZED),
        ("/0/0/0", F::TEXT, Code::UNAUTHORIZED),
        ("/0/9", F::TEXT, Code::UNAUTHORIZED),
        ("/21", F::TEXT, Code::UNAUTHORIZED),
        ("/9999", TLV, Code::NOT_FOUND),
        ("/3/1", TLV, Code::NOT_FOUND),
        ("/3/0/99", TLV, Code::NOT_FOUND),
        ("/3/0/15", TLV, Code::NOT_FOUND),
        ("/3/0/11/7", TLV, Code::NOT_FOUND),
        ("/3/0/4", TLV, Code::METHOD_NOT_ALLOWED),
        ("/3/0/0/0", TLV, Code::METHOD_NOT_ALLOWED),
        ("/3/0/0", F::OCTET_STREAM, Code::NOT_ACCEPTABLE),
        ("/3/0", F::TEXT, Code::NOT_ACCEPTABLE),
        ("/3/0/11", F::TEXT, Code::NOT_ACCEPTABLE),
        ("/3/0/0", F(9999), Code::NOT_ACCEPTABLE),
        ("/3/0/0", F::XML, Code::NOT_ACCEPTABLE),
        ("/3/0", F::LWM2M_JSON, Code::NOT_ACCEPTABLE),
        ("/3/0/0?pmin=1", F::TEXT, Code::BAD_REQUEST),
        ("/3/x", F::TEXT, Code::METHOD_NOT_ALLOWED),
        ("/3/0/0/0/0", F::TEXT, Code::METHOD_NOT_ALLOWED),
        ("/3/65535", F::TEXT, Code::METHOD_NOT_ALLOWED),
    ] {
        let answer = b.ask(Ask::read(uri, accept));
        assert_eq!(answer.code, code, "{uri} {accept:?}");
        assert!(answer.payload.is_empty() && answer.format().is_none());
    }
}

#[test]
fn transport_6_4_what_is_not_an_operation() {
    let mut b = Bench::registered();
    for (method, uri, code) in [
        (Code::FETCH, "/", Code::BAD_REQUEST),
        (Code::FETCH, "/3", Code::METHOD_NOT_ALLOWED),
        (Code::IPATCH, "/", Code::BAD_REQUEST),
        (Code::IPATCH, "/3/0/0", Code::METHOD_NOT_ALLOWED),
        (Code::PATCH, "/3/0/0", Code::METHOD_NOT_ALLOWED),
        (Code::POST, "/", Code::METHOD_NOT_ALLOWED),
        (Code::POST, "/bs", Code::METHOD_NOT_ALLOWED),
        (Code::POST, "/3/0/9", Code::NOT_FOUND),
        (Code::POST, "/3/0/0", Code::METHOD_NOT_ALLOWED),
        (Code::POST, "/3/0/4/0", Code::METHOD_NOT_ALLOWED),
        (Code::DELETE, "/", Code::METHOD_NOT_ALLOWED),
        (Code::DELETE, "/3/0", Code::METHOD_NOT_ALLOWED),
        (Code::DELETE, "/1/0", Code::METHOD_NOT_ALLOWED),
        (Code::DELETE, "/3303", Code::METHOD_NOT_ALLOWED),
        (Code::DELETE, "/0/0", Code::UNAUTHORIZED),
        (Code::DELETE, "/3303/9", Code::NOT_FOUND),
        (Code::PUT, "/", Code::METHOD_NOT_ALLOWED),
        (Code::PUT, "/3303", Code::METHOD_NOT_ALLOWED),
        (Code::PUT, "/0/0/0", Code::UNAUTHORIZED),
        (Code::PUT, "/1/0/1", Code::BAD_REQUEST),
    ] {
        assert_eq!(b.ask(Ask::new(method, uri)).code, code, "{method:?} {uri}");
    }
    // Options that must be understood.
    for (number, code) in [
        (OptionNumber::IF_MATCH, Code::BAD_OPTION),
        (OptionNumber::IF_NONE_MATCH, Code::BAD_OPTION),
        (OptionNumber::PROXY_URI, Code::PROXYING_NOT_SUPPORTED),
        (OptionNumber::PROXY_SCHEME, Code::PROXYING_NOT_SUPPORTED),
    ] {
        let value: &[u8] = if number == OptionNumber::IF_NONE_MATCH { b"" } else { b"coap" };
        let options = [(OptionNumber::URI_PATH, &b"3"[..]), (number, value)];
        let con = MessageType::Confirmable;
        b.datagram(PEER, &message(con, Code::GET, 9000 + number.0, &[1], &options, b""));
        assert_eq!(b.only(PEER).code, code, "{number:?}");
    }
    assert_eq!(b.ask_as(OTHER, Ask::read("/3/0/0", F::TEXT)).code, Code::UNAUTHORIZED);
    assert!(b.events().is_empty());
}

#[test]
fn core_6_3_3_write() {
    let mut b = Bench::registered();
    for (ask, code) in [
        (Ask::write("/3/0/14", "+02:00"), Code::CHANGED),
        (Ask::write("/1/0/1", "x"), Code::BAD_REQUEST),
        (Ask::write("/3/0/0", "x"), Code::METHOD_NOT_ALLOWED),
        (Ask::write("/3/0", "x"), Code::UNSUPPORTED_CONTENT_FORMAT),
        (Ask::write("/3303/9/1", "x"), Code::NOT_FOUND),
        (Ask::send(Code::PUT, "/1/0/1", F::XML, b"300"), Code::UNSUPPORTED_CONTENT_FORMAT),
        (Ask::send(Code::PUT, "/1/0/2", F::CBOR, &hex("05")), Code::CHANGED),
        (
            Ask::send(Code::PUT, "/1/0/2", F::SENML_JSON, br#"[{"n":"/1/0/2","v":6}]"#),
            Code::CHANGED,
        ),
        (
            Ask::send(Code::PUT, "/1/0/2", F::SENML_JSON, br#"[{"n":"/1/0/3","v":6}]"#),
            Code::BAD_REQUEST,
        ),
        (Ask::send(Code::POST, "/1/0", TLV, &hex("c10307 c10609")), Code::BAD_REQUEST),
        (Ask::send(Code::POST, "/1/0", TLV, &hex("c10307 c10600")), Code::CHANGED),
        (Ask { payload: b"1", ..Ask::new(Code::PUT, "/1/0/2") }, Code::BAD_REQUEST),
        (Ask { payload: b"1", ..Ask::new(Code::PUT, "/3/0/0") }, Code::METHOD_NOT_ALLOWED),
        (Ask { payload: b"1", ..Ask::new(Code::PUT, "/1/0/2?pmin=3") }, Code::BAD_REQUEST),
    ] {
        assert_eq!(b.ask(ask).code, code, "{} {:?} {:?}", ask.uri, ask.format, ask.payload);
    }
    let told = ["/1/0/2", "/1/0/3", "/1/0/6", "/3/0/14"];
    let mut events = b.events();
    events.dedup();
    for at in told {
        assert!(events.contains(&Event::Written { server: SSID, path: path(at) }), "{at}");
    }
    assert_eq!(b.engine().get(path("/3/0/14")), Some(Value::string("+02:00")));
    assert_eq!(b.engine().get(path("/1/0/3")), Some(Value::Integer(7)));
    assert!(b.is_silent(), "no reason for an Update");
}

#[test]
fn core_6_3_5_create_and_delete() {
    let mut b = Bench::registered();
    // /19/x/0 is mandatory, multiple and writable.
    let created = b.ask(Ask::send(Code::POST, "/19", TLV, &hex("8603 410061")));
    assert_eq!(created.code, Code::BAD_REQUEST, "the payload is cut short");
    let created = b.ask(Ask::send(Code::POST, "/19", TLV, &hex("8300 410061")));
    assert_eq!((created.code, created.location()), (Code::CREATED, "/19/0".into()));
    assert_eq!(b.events(), [Event::Created { server: SSID, path: path("/19/0") }]);
    assert_eq!(b.engine().get(path("/19/0/0/0")), Some(Value::opaque(b"a")));
    let update = b.only(PEER);
    assert!(update.text().contains(",</19/0>,"), "{}", update.text());
    b.answer(PEER, &update, Code::CHANGED, &[]);
    assert_eq!(b.ask(Ask::new(Code::DELETE, "/19/0/0/0")).code, Code::DELETED);
    assert_eq!(b.ask(Ask::new(Code::DELETE, "/19/0")).code, Code::DELETED);
    assert_eq!(b.ask(Ask::new(Code::DELETE, "/19/0")).code, Code::NOT_FOUND);
    assert!(b.events().contains(&Event::Deleted { server: SSID, path: path("/19/0") }));
    assert!(b.only(PEER).text().contains(",</19>,"));
}

/// All that the payload holds is read-only and ignored; the instance it names is made all the same.
#[test]
fn core_6_3_5_a_create_of_nothing_but_ignored_values_makes_the_instance_it_names() {
    let mut b = Bench::registered();
    let created = b.ask(Ask::send(Code::POST, "/3303", TLV, &hex("0805 07 e41644 41200000")));
    assert_eq!((created.code, created.location()), (Code::CREATED, "/3303/5".into()));
    assert!(b.engine().contains(path("/3303/5")));
}

#[test]
fn core_6_3_4_execute() {
    let mut b = Bench::registered();
    let id = b.send(PEER, Ask::send(Code::POST, "/3/0/4", F::TEXT, b"0,1='abc'"));
    assert_eq!(b.answer_to(PEER, id), None, "the application has not answered");
    let Some(&Event::Executed { id: execute, server, path: at }) = b.events().last() else {
        panic!()
    };
    assert_eq!((server, at), (SSID, path("/3/0/4")));
    assert_eq!(b.engine().arguments(execute), Some(&b"0,1='abc'"[..]));
    assert_eq!(ExecuteId::from_bits(execute.to_bits()), execute);
    let answer = |b: &mut Bench, result| {
        let done = b.client.command(b.now, move |c, now| c.answer_execute(now, execute, result));
        b.settle();
        done
    };
    assert_eq!(answer(&mut b, Err(Code::CHANGED)), Err(UsageError::Invalid));
    assert_eq!(answer(&mut b, Ok(())), Ok(()));
    assert_eq!(b.answer_to(PEER, id).unwrap().code, Code::CHANGED);
    assert_eq!(answer(&mut b, Ok(())), Err(UsageError::UnknownId));
    assert_eq!(b.engine().arguments(execute), None);
    // Later than an acknowledgement can wait, and with an error.
    let id = b.send(PEER, Ask::execute("/3/0/4"));
    b.pass_secs(10);
    let ack = b.answer_to(PEER, id).unwrap();
    assert_eq!(ack.code, Code::EMPTY);
    let Some(&Event::Executed { id: execute, .. }) = b.events().last() else { panic!() };
    let refuse = move |c: &mut lwm2m_core::client::Client, now| {
        c.answer_execute(now, execute, Err(Code::METHOD_NOT_ALLOWED))
    };
    b.client.command(b.now, refuse).unwrap();
    let answer = b.only(PEER);
    assert_eq!(answer.message_type, MessageType::Confirmable);
    assert_eq!(answer.code, Code::METHOD_NOT_ALLOWED);
    b.acknowledge(PEER, &answer);
    for (ask, code) in [
        (Ask::send(Code::POST, "/3/0/4", F::TEXT, b"10"), Code::BAD_REQUEST),
        (Ask::send(Code::POST, "/3/0/4", F::TEXT, b",0"), Code::BAD_REQUEST),
        (Ask::send(Code::POST, "/3/0/4", TLV, b"0"), Code::BAD_REQUEST),
        (Ask::execute("/3/0/5"), Code::NOT_FOUND),
        (Ask::execute("/3/0/99"), Code::NOT_FOUND),
        (Ask::execute("/3303/9/5605"), Code::NOT_FOUND),
    ] {
        assert_eq!(b.ask(ask).code, code, "{} {:?}", ask.uri, ask.payload);
    }
    b.client.check_replay(new_client(&config()));
}

#[test]
fn an_execute_that_nobody_answers_ends() {
    let mut b = Bench::registered();
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(b.send(PEER, Ask::execute("/3/0/4")));
    }
    // Limits::DEVICE has room for four.
    assert_eq!(b.ask(Ask::execute("/3/0/4")).code, Code::SERVICE_UNAVAILABLE);
    assert_eq!(b.events().len(), 4);
    b.pass(Duration::from_secs(93));
    let codes: Vec<_> =
        b.sent.iter().filter(|(_, m)| m.message_type == MessageType::Confirmable).collect();
    assert!(codes.iter().any(|(_, m)| m.code == Code::SERVICE_UNAVAILABLE));
    for (_, ack) in b.sent.iter().filter(|(_, m)| m.message_type == MessageType::Acknowledgement) {
        assert_eq!(ack.code, Code::EMPTY);
        assert!(ids.contains(&ack.id));
    }
}

#[test]
fn core_6_3_2_discover_and_write_attributes() {
    let mut b = Bench::registered();
    for n in 0..2 {
        let at = ["/3/0/7/0", "/3/0/7/1"][n];
        b.set(at, Value::Integer(5000));
    }
    for (uri, code) in [
        ("/3?pmin=10", Code::CHANGED),
        ("/3/0?pmax=60", Code::CHANGED),
        ("/3/0/7?lt=1&gt=6&st=1", Code::CHANGED),
        ("/3/0/7?pmax=200", Code::CHANGED),
        ("/3/0/7/1?pmin=5", Code::CHANGED),
        ("/3/0/7?st=2.5", Code::BAD_REQUEST),
        ("/3/0/7?st=3&pmin=9", Code::BAD_REQUEST),
        ("/3/0/7?foo=3", Code::BAD_REQUEST),
        ("/3/0/0?gt=3", Code::BAD_REQUEST),
        ("/3/0?gt=3", Code::BAD_REQUEST),
        ("/3/0/99?pmin=3", Code::NOT_FOUND),
        ("/3/0/0/0?pmin=3", Code::METHOD_NOT_ALLOWED),
        ("/?pmin=3", Code::METHOD_NOT_ALLOWED),
        ("/9?pmin=3", Code::NOT_FOUND),
        ("/0/0?pmin=3", Code::UNAUTHORIZED),
    ] {
        assert_eq!(b.ask(Ask::new(Code::PUT, uri)).code, code, "{uri}");
    }
    for (uri, expected) in [
        (
            "/3",
            "</3>;pmin=10,</3/0>;pmax=60,</3/0/0>,</3/0/4>,\
             </3/0/7>;dim=2;pmax=200;gt=6;lt=1;st=1,</3/0/11>;dim=1,</3/0/16>",
        ),
        (
            "/3/0",
            "</3/0>;pmin=10;pmax=60,</3/0/0>,</3/0/4>,\
             </3/0/7>;dim=2;pmax=200;gt=6;lt=1;st=1,</3/0/11>;dim=1,</3/0/16>",
        ),
        ("/3/0/7", "</3/0/7>;dim=2;pmin=10;pmax=200;gt=6;lt=1;st=1,</3/0/7/0>,</3/0/7/1>;pmin=5"),
        ("/3/0/4", "</3/0/4>;pmin=10;pmax=60"),
        ("/19", "</19>"),
    ] {
        let answer = b.ask(Ask::discover(uri));
        assert_eq!(answer.code, Code::CONTENT, "{uri}");
        assert_eq!(answer.format(), Some(F::LINK_FORMAT));
        assert_eq!(answer.text(), expected, "{uri}");
    }
    for (uri, code) in [
        ("/", Code::METHOD_NOT_ALLOWED),
        ("/0", Code::UNAUTHORIZED),
        ("/9", Code::NOT_FOUND),
        ("/3/9", Code::NOT_FOUND),
        ("/3?depth=1", Code::BAD_REQUEST),
    ] {
        assert_eq!(b.ask(Ask::discover(uri)).code, code, "{uri}");
    }
    // Unset; and they are the server's own.
    assert_eq!(b.ask(Ask::new(Code::PUT, "/3/0/7?gt&lt&st&pmax")).code, Code::CHANGED);
    let answer = b.ask(Ask::discover("/3/0/7"));
    assert_eq!(answer.text(), "</3/0/7>;dim=2;pmin=10;pmax=60,</3/0/7/0>,</3/0/7/1>;pmin=5");
}

#[test]
fn core_1_2_6_3_2_discover_with_depth() {
    let mut b = Bench::speaking(Version::V1_2);
    for (uri, expected) in [
        ("/3303?depth=0", "</3303>;ver=1.1"),
        ("/3303?depth=1", "</3303>;ver=1.1,</3303/0>"),
        ("/3303?depth=2", "</3303>;ver=1.1,</3303/0>,</3303/0/5700>,</3303/0/5701>"),
        ("/3/0?depth=0", "</3/0>"),
        ("/3/0?depth=2", "</3/0>,</3/0/0>,</3/0/4>,</3/0/11>;dim=1,</3/0/11/0>,</3/0/16>"),
        ("/3/0/11?depth=0", "</3/0/11>;dim=1"),
        ("/3/0/11?depth=3", "</3/0/11>;dim=1,</3/0/11/0>"),
    ] {
        assert_eq!(b.ask(Ask::discover(uri)).text(), expected, "{uri}");
    }
    for uri in ["/3?depth=4", "/3?depth=", "/3?depth", "/3?depth=1&depth=1", "/3?pmin=1"] {
        assert_eq!(b.ask(Ask::discover(uri)).code, Code::BAD_REQUEST, "{uri}");
    }
}

#[test]
fn rfc7959_long_reads_come_in_blocks_without_a_buffer() {
    let mut b = Bench::registered();
    static LONG: [u8; 1500] = [0x5a; 1500];
    b.client.command(b.now, |c, now| c.add_instance(now, path("/19/0"))).unwrap();
    b.set("/19/0/0/0", Value::opaque(&LONG[..]));
    b.set("/19/0/0/1", Value::opaque(&LONG[..]));
    b.sent.clear();
    for szx in [2, 4, 6] {
        let (mut body, mut etag) = (Vec::new(), None);
        for number in 0.. {
            let block2 = Some(number << 4 | szx);
            let answer = b.ask(Ask { block2, ..Ask::read("/19/0", TLV) });
            assert_eq!(answer.code, Code::CONTENT);
            let block = answer.uint(OptionNumber::BLOCK2).unwrap();
            assert_eq!((block >> 4, block & 7), (number, szx));
            let tag = answer.options.iter().find(|(n, _)| *n == OptionNumber::ETAG).cloned();
            assert!(tag.is_some() && etag.as_ref().is_none_or(|old| *old == tag));
            etag = Some(tag);
            body.extend(answer.payload);
            if block & 8 == 0 {
                break;
            }
        }
        // 88 00 0bc0: multiple resource 0; twice 48 n 05dc: 1500 bytes
        assert_eq!(body.len(), 4 + 2 * (4 + 1500));
        assert_eq!(body[..8], hex("90000bc0 500005dc"));
    }
    let beyond = b.ask(Ask { block2: Some(99 << 4 | 6), ..Ask::read("/19/0", TLV) });
    assert_eq!(beyond.code, Code::BAD_REQUEST);
}

#[test]
fn rfc7959_long_writes_are_assembled() {
    let mut b = Bench::registered();
    b.client.command(b.now, |c, now| c.add_instance(now, path("/19/0"))).unwrap();
    b.sent.clear();
    let body: Vec<u8> = (0..=255).cycle().take(600).collect();
    for (n, block) in body.chunks(256).enumerate() {
        let more = n < 2;
        let block1 = [u8::try_from(n << 4 | usize::from(more) << 3 | 4).unwrap()];
        let options = [
            (OptionNumber::URI_PATH, &b"19"[..]),
            (OptionNumber::URI_PATH, b"0"),
            (OptionNumber::URI_PATH, b"0"),
            (OptionNumber::URI_PATH, b"3"),
            (OptionNumber::CONTENT_FORMAT, b"*"),
            (OptionNumber::BLOCK1, &block1),
        ];
        let id = 5000 + u16::try_from(n).unwrap();
        b.datagram(PEER, &message(MessageType::Confirmable, Code::PUT, id, b"x", &options, block));
        let answer = b.answer_to(PEER, id).unwrap();
        assert_eq!(answer.code, if more { Code::CONTINUE } else { Code::CHANGED });
    }
    assert_eq!(b.engine().get(path("/19/0/0/3")), Some(Value::opaque(&body)));
}
