//! The client without any of the features that a device may want: what it does not have it refuses,
//! and the rest is as ever.
#![cfg(all(
    feature = "client",
    not(any(
        feature = "accounts",
        feature = "disable",
        feature = "bootstrap",
        feature = "restore",
        feature = "oscore",
        feature = "stream"
    ))
))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod client_common;

use client_common::*;
use coap_core::{Code, ContentFormat};
use lwm2m_core::Value;
use lwm2m_core::client::{Event, UsageError};

#[test]
fn it_registers_serves_and_notifies() {
    let mut b = Bench::registered();
    let answer = b.ask(Ask::read("/3303/0/5701", ContentFormat::LWM2M_TLV));
    assert_eq!((answer.code, answer.payload), (Code::CONTENT, b"\xe3\x16\x45Cel".to_vec()));
    let accept = Some(ContentFormat::LWM2M_TLV);
    let answer = b.ask(Ask { accept, ..Ask::observe("/3303/0/5700", b"t") });
    assert!(answer.observe().is_some(), "{answer:?}");
    assert_eq!(b.ask(Ask::new(Code::PUT, "/3303/0/5700?gt=25&st=2")).code, Code::CHANGED);
    b.set("/3303/0/5700", Value::Float(21.5));
    assert!(b.is_silent());
    b.set("/3303/0/5700", Value::Float(22.0));
    assert_eq!(b.only(PEER).code, Code::CONTENT);
}

#[test]
fn a_lifetime_that_the_server_writes_comes_with_an_update() {
    let mut b = Bench::registered();
    let payload = [0xc2, 1, 0x01, 0x90];
    let ask = Ask::send(Code::PUT, "/1/0/1", ContentFormat::LWM2M_TLV, &payload);
    assert_eq!(b.ask(ask).code, Code::CHANGED);
    assert!(b.only(PEER).uri().contains("lt=400"));
}

#[test]
fn accounts_come_by_add_server_and_stay() {
    let mut b = Bench::registered();
    b.client.command(b.now, |client, now| add_second(client, now));
    for at in ["/0/0", "/1/0", "/1/0/1", "/0/1"] {
        let done = b.client.command(b.now, move |client, now| client.remove(now, path(at)));
        assert_eq!(done, Err(UsageError::NotAllowed), "{at}");
    }
    b.set("/0/0/0", Value::string("coap://[::1]"));
    let connects = |event: &Event| matches!(event, Event::Connect { .. });
    assert!(!b.events().iter().any(connects), "the address is for the record");
}

#[test]
fn nobody_sends_it_away() {
    let mut b = Bench::registered();
    assert_eq!(b.ask(Ask::execute("/1/0/4")).code, Code::NOT_FOUND);
    assert_eq!(b.ask(Ask::execute("/1/0/8")).code, Code::CHANGED);
    assert_eq!(b.only(PEER).code, Code::POST);
}
