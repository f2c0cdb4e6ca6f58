//! Send (Core 1.1, 6.4.5): what goes to a server that did not ask for it.
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
use lwm2m_core::client::{Client, Event, Failure, SendId, UsageError};
use lwm2m_core::{Path, Value, Version};
use m2m_base::Instant;

const VALUE: &str = "/3303/0/5700";

/// Registered, and the server wants what is sent (/1/x/23 is false).
fn wanted(version: Version) -> Bench {
    let mut b = Bench::speaking(version);
    b.set("/1/0/23", Value::Boolean(false));
    b
}

fn send(b: &mut Bench, format: F, paths: &'static [&'static str]) -> Result<SendId, UsageError> {
    let paths: Vec<Path> = paths.iter().map(|p| path(p)).collect();
    let done = b
        .client
        .command(b.now, move |c: &mut Client, now: Instant| c.send(now, SSID, format, &paths));
    b.settle();
    done
}

fn record(b: &mut Bench, at: &'static str) -> Result<(), UsageError> {
    b.client.command(b.now, move |c: &mut Client, now: Instant| c.record(now, SSID, &[path(at)]))
}

#[test]
fn core_6_4_5_send() {
    let mut b = wanted(Version::V1_2);
    for (format, expected) in [
        (F::SENML_JSON, &br#"[{"n":"/3303/0/5700","v":20},{"n":"/3/0/0","vs":"Example Devices"}]"#[..]),
        (F::SENML_CBOR, b"\x82\xa2\x00\x6c/3303/0/5700\x02\xf9\x4d\x00\xa2\x00\x66/3/0/0\x03\x6fExample Devices"),
    ] {
        let id = send(&mut b, format, &[VALUE, "/3/0/0"]).unwrap();
        let sent = b.only(PEER);
        assert_eq!((sent.code, sent.uri(), sent.format()), (Code::POST, "/dp".into(), Some(format)));
        assert_eq!(sent.message_type, MessageType::Confirmable);
        assert_eq!(sent.payload, expected, "{:?}", String::from_utf8_lossy(&sent.payload));
        assert!(b.events().is_empty());
        b.answer(PEER, &sent, Code::CHANGED, &[]);
        assert_eq!(b.events(), [Event::Sent { server: SSID, id }]);
    }
    let id = send(&mut b, F::LWM2M_CBOR, &["/3303/0/5701"]).unwrap();
    let sent = b.only(PEER);
    assert_eq!(sent.payload, b"\xa1\x83\x19\x0c\xe7\x00\x19\x16\x45\x63Cel");
    assert_eq!(sent.format(), Some(F::LWM2M_CBOR));
    b.answer(PEER, &sent, Code::NOT_FOUND, &[]);
    let reason = Failure::Response(Code::NOT_FOUND);
    assert_eq!(b.events(), [Event::SendFailed { server: SSID, id, reason }]);
    b.client.check_replay(client_speaking(&config(), Version::V1_2));
}

#[test]
fn core_6_4_5_recorded_values_come_with_their_times() {
    let mut b = wanted(Version::V1_1);
    for celsius in [21.0, 22.5, 23.0] {
        b.set(VALUE, Value::Float(celsius));
        record(&mut b, VALUE).unwrap();
        b.pass_secs(10);
    }
    assert!(b.is_silent());
    send(&mut b, F::SENML_JSON, &["/3303/0/5701"]).unwrap();
    let sent = b.only(PEER);
    assert_eq!(
        sent.text(),
        r#"[{"n":"/3303/0/5700","t":-30,"v":21},{"n":"/3303/0/5700","t":-20,"v":22.5},{"n":"/3303/0/5700","t":-10,"v":23},{"n":"/3303/0/5701","t":0,"vs":"Cel"}]"#
    );
    b.answer(PEER, &sent, Code::CHANGED, &[]);
    assert_eq!(b.events().len(), 1);
    // Only what was recorded; not in a format without times.
    record(&mut b, VALUE).unwrap();
    assert_eq!(send(&mut b, F::LWM2M_CBOR, &[]), Err(UsageError::Invalid));
    assert!(send(&mut b, F::SENML_CBOR, &[]).is_ok());
    assert_eq!(send(&mut b, F::SENML_CBOR, &[]), Err(UsageError::Invalid), "nothing more");
}

#[test]
fn what_cannot_be_sent() {
    let mut b = wanted(Version::V1_1);
    for (paths, format, error) in [
        (&["/3/0/99"][..], F::SENML_CBOR, UsageError::UnknownPath),
        (&["/3/0/4"], F::SENML_CBOR, UsageError::UnknownPath),
        (&["/"], F::SENML_CBOR, UsageError::NotAllowed),
        (&["/0/0/0"], F::SENML_CBOR, UsageError::NotAllowed),
        (&[VALUE], F::LWM2M_TLV, UsageError::Invalid),
        (&[VALUE], F::LWM2M_CBOR, UsageError::Invalid),
        (&[], F::SENML_CBOR, UsageError::Invalid),
    ] {
        assert_eq!(send(&mut b, format, paths), Err(error), "{paths:?} {format:?}");
    }
    let unknown = b.client.command(b.now, |c, now| c.send(now, 7, F::SENML_CBOR, &[path(VALUE)]));
    assert_eq!(unknown, Err(UsageError::UnknownServer));
    let mut old = wanted(Version::V1_0);
    assert_eq!(send(&mut old, F::SENML_CBOR, &[VALUE]), Err(UsageError::NotAllowed));
}

#[test]
fn object_1_resource_23_mutes() {
    let mut b = Bench::registered();
    let not_wanted = Err(UsageError::NotAllowed);
    assert_eq!(send(&mut b, F::SENML_CBOR, &[VALUE]), not_wanted, "without the resource");
    assert_eq!(b.ask(Ask::write("/1/0/23", "0")).code, Code::CHANGED);
    assert!(send(&mut b, F::SENML_CBOR, &[VALUE]).is_ok());
    let first = b.only(PEER);
    // What waits when the server writes it is not sent any more.
    let waits = send(&mut b, F::SENML_CBOR, &[VALUE]).unwrap();
    assert_eq!(b.ask(Ask::write("/1/0/23", "1")).code, Code::CHANGED);
    assert_eq!(send(&mut b, F::SENML_CBOR, &[VALUE]), not_wanted);
    b.answer(PEER, &first, Code::CHANGED, &[]);
    assert!(b.is_silent());
    let muted = Event::SendFailed { server: SSID, id: waits, reason: Failure::Muted };
    assert!(b.events().contains(&muted));
}

#[test]
fn sends_wait_for_the_registration_and_for_each_other() {
    let mut b = Bench::new();
    b.set("/1/0/23", Value::Boolean(false));
    let ids: Vec<SendId> = (0..4).map(|_| send(&mut b, F::SENML_JSON, &[VALUE]).unwrap()).collect();
    assert_eq!(send(&mut b, F::SENML_JSON, &[VALUE]), Err(UsageError::Full));
    b.pass_secs(60);
    assert!(b.is_silent());
    b.start();
    b.accept_registration(PEER, "1");
    for id in ids {
        let sent = b.only(PEER);
        assert_eq!(sent.uri(), "/dp");
        assert!(sent.text().contains(r#","t":-60,"#), "it says how old it is: {}", sent.text());
        b.answer(PEER, &sent, Code::CHANGED, &[]);
        assert!(b.events().contains(&Event::Sent { server: SSID, id }));
    }
    assert!(b.is_silent());
    assert!(send(&mut b, F::SENML_JSON, &[VALUE]).is_ok());
}

#[test]
fn a_send_without_an_answer_is_tried_again() {
    let mut b = wanted(Version::V1_1);
    b.set("/1/0/1", Value::Integer(864_000));
    let update = b.only(PEER);
    b.answer(PEER, &update, Code::CHANGED, &[]);
    b.set("/1/0/17", Value::Unsigned(3));
    let id = send(&mut b, F::SENML_JSON, &[VALUE]).unwrap();
    let first = b.only(PEER);
    b.answer(PEER, &first, Code::SERVICE_UNAVAILABLE, &[]);
    b.pass_secs(59);
    assert!(b.is_silent());
    b.pass_secs(1);
    let second = b.only(PEER);
    assert_ne!(second.id, first.id);
    b.answer(PEER, &second, Code::TOO_MANY_REQUESTS, &[]);
    b.pass_secs(119);
    assert!(b.is_silent());
    b.events();
    b.pass_secs(1);
    b.sent.clear();
    // Nobody there, and it was the last attempt.
    b.pass_secs(93);
    let failed = Event::SendFailed { server: SSID, id, reason: Failure::TimedOut };
    assert!(b.events().contains(&failed));
}

#[test]
fn rfc7959_a_long_send_goes_in_blocks_of_values_as_they_were() {
    let mut b = wanted(Version::V1_1);
    static LONG: [u8; 1500] = [0x5a; 1500];
    b.client.command(b.now, |c, now| c.add_instance(now, path("/19/0"))).unwrap();
    let update = b.only(PEER);
    b.answer(PEER, &update, Code::CHANGED, &[]);
    b.set("/19/0/0/0", Value::opaque(&LONG[..]));
    send(&mut b, F::SENML_CBOR, &["/19/0/0"]).unwrap();
    b.set("/19/0/0/0", Value::opaque(b"other"));
    let mut body: Vec<u8> = Vec::new();
    for number in 0.. {
        let block = b.only(PEER);
        let block1 = block.uint(OptionNumber::BLOCK1).unwrap();
        assert_eq!(block1 >> 4, number);
        body.extend(&block.payload);
        let echo = coap_core::Uint::new(block1);
        let options = [(OptionNumber::BLOCK1, echo.as_bytes())];
        if block1 & 8 == 0 {
            b.answer(PEER, &block, Code::CHANGED, &options);
            break;
        }
        b.answer(PEER, &block, Code::CONTINUE, &options);
    }
    assert!(body.windows(LONG.len()).any(|w| w == LONG));
    assert!(b.events().iter().any(|e| matches!(e, Event::Sent { .. })));
}
