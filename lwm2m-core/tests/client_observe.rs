//! Information reporting (Core 6.4, 5.1.2): Observe, Notify, Cancel, and the attributes that steer
//! them.
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
use lwm2m_core::Value;
use m2m_base::PeerId;

const VALUE: &str = "/3303/0/5700";

/// The value observed, with attributes attached before.
fn observing(attributes: &str) -> Bench {
    let mut b = Bench::registered();
    if !attributes.is_empty() {
        let uri = format!("{VALUE}?{attributes}");
        assert_eq!(b.ask(Ask::new(Code::PUT, &uri)).code, Code::CHANGED, "{uri}");
    }
    let answer = b.ask(Ask::observe(VALUE, b"ob"));
    assert_eq!((answer.code, answer.text()), (Code::CONTENT, "20".into()));
    assert!(answer.observe().is_some());
    b
}

fn set(b: &mut Bench, value: f64) {
    b.set(VALUE, Value::Float(value));
}

/// The notification that went out, acknowledged.
fn notified(b: &mut Bench) -> Option<String> {
    b.settle();
    // Updates of the registration go on meanwhile.
    while let Some(at) = b.sent.iter().position(|(_, m)| m.uri() == "/rd/5a3f") {
        let update = b.sent.remove(at).1;
        b.answer(PEER, &update, Code::CHANGED, &[]);
    }
    if b.sent.is_empty() {
        return None;
    }
    let n = b.only(PEER);
    assert_eq!((n.code, n.token.as_slice()), (Code::CONTENT, &b"ob"[..]));
    assert_eq!(n.format(), Some(F::TEXT));
    assert!(n.observe().is_some());
    if n.message_type == MessageType::Confirmable {
        b.acknowledge(PEER, &n);
    }
    Some(n.text())
}

#[test]
fn core_6_4_2_every_other_value_is_notified() {
    let mut b = observing("");
    let mut last = 0;
    for value in ["21", "22.5", "-3"] {
        set(&mut b, value.parse().unwrap());
        let n = b.only(PEER);
        assert_eq!(n.text(), value);
        assert!(n.observe().unwrap() > last);
        last = n.observe().unwrap();
        b.acknowledge(PEER, &n);
        set(&mut b, value.parse().unwrap());
        assert_eq!(notified(&mut b), None, "the same value");
    }
    b.set("/3303/0/5701", Value::string("F"));
    assert_eq!(notified(&mut b), None, "another resource");
    b.client.check_replay(new_client(&config()));
}

#[test]
fn core_5_1_2_pmin_holds_back_and_the_latest_value_goes() {
    let mut b = observing("pmin=10");
    b.pass_secs(3);
    for value in [21.0, 22.0, 23.0] {
        set(&mut b, value);
        assert_eq!(notified(&mut b), None);
    }
    b.pass_secs(6);
    assert_eq!(notified(&mut b), None);
    b.pass_secs(1);
    assert_eq!(notified(&mut b).as_deref(), Some("23"));
    b.pass_secs(20);
    assert_eq!(notified(&mut b), None);
    set(&mut b, 24.0);
    assert_eq!(notified(&mut b).as_deref(), Some("24"), "the period is long over");
    // What went and came back is no news.
    set(&mut b, 25.0);
    set(&mut b, 24.0);
    b.pass_secs(30);
    assert_eq!(notified(&mut b), None);
}

#[test]
fn core_5_1_2_pmax_tells_what_did_not_change() {
    let mut b = observing("pmax=30");
    for _ in 0..3 {
        b.pass_secs(29);
        assert_eq!(notified(&mut b), None);
        b.pass_secs(1);
        assert_eq!(notified(&mut b).as_deref(), Some("20"));
    }
    // A change in between starts the period again.
    b.pass_secs(20);
    set(&mut b, 21.0);
    assert_eq!(notified(&mut b).as_deref(), Some("21"));
    b.pass_secs(29);
    assert_eq!(notified(&mut b), None);
    b.pass_secs(1);
    assert_eq!(notified(&mut b).as_deref(), Some("21"));
    // Shorter than pmin, or 0: there is none.
    for attributes in ["pmin=20&pmax=10", "pmax=0"] {
        let mut b = observing(attributes);
        b.pass_secs(200);
        assert_eq!(notified(&mut b), None, "{attributes}");
    }
}

#[test]
fn core_5_1_2_gt_lt_st() {
    for (attributes, values) in [
        (
            "gt=45&st=10",
            &[(35.0, true), (45.0, true), (50.0, true), (40.0, true), (20.0, true)][..],
        ),
        ("gt=45&st=10", &[(48.0, true), (55.0, false), (57.0, false), (58.0, true)]),
        ("lt=10", &[(15.0, false), (10.0, false), (9.0, true), (5.0, false), (11.0, true)]),
        ("st=0.5", &[(20.25, false), (20.5, true), (20.75, false), (21.0, true), (20.0, true)]),
        ("gt=100&lt=0", &[(99.0, false), (1.0, false), (-1.0, true), (101.0, true)]),
    ] {
        let mut b = observing(attributes);
        for (value, expected) in values {
            set(&mut b, *value);
            assert_eq!(notified(&mut b).is_some(), *expected, "{attributes} {value}");
        }
    }
}

#[test]
fn core_5_1_2_a_crossing_within_pmin_is_not_lost() {
    let mut b = observing("pmin=10&gt=45");
    set(&mut b, 50.0);
    assert_eq!(notified(&mut b), None);
    b.pass_secs(5);
    set(&mut b, 44.0);
    b.pass_secs(5);
    assert_eq!(notified(&mut b).as_deref(), Some("44"), "with the value then current");
}

#[test]
fn core_5_1_2_the_nearest_level_wins_and_the_account_has_defaults() {
    let mut b = Bench::registered();
    for ask in [
        Ask::write("/1/0/2", "1"),
        Ask::write("/1/0/3", "10"),
        Ask::new(Code::PUT, "/3303?pmax=60"),
        Ask::new(Code::PUT, "/3303/0?pmin=5"),
    ] {
        assert_eq!(b.ask(ask).code, Code::CHANGED, "{}", ask.uri);
    }
    b.events();
    b.ask(Ask::observe(VALUE, b"ob"));
    set(&mut b, 21.0);
    b.pass_secs(4);
    assert_eq!(notified(&mut b), None);
    b.pass_secs(1);
    assert_eq!(notified(&mut b).as_deref(), Some("21"), "pmin of the instance");
    b.pass_secs(59);
    assert_eq!(notified(&mut b), None);
    b.pass_secs(1);
    assert_eq!(notified(&mut b).as_deref(), Some("21"), "pmax of the object");
    // Without attached ones the defaults hold, also when they come during the observation.
    assert_eq!(b.ask(Ask::new(Code::PUT, "/3303?pmax")).code, Code::CHANGED);
    b.pass_secs(10);
    assert_eq!(notified(&mut b).as_deref(), Some("21"), "pmax of the account");
    assert_eq!(b.ask(Ask::write("/1/0/3", "25")).code, Code::CHANGED);
    b.pass_secs(24);
    assert_eq!(notified(&mut b), None);
    b.pass_secs(1);
    assert_eq!(notified(&mut b).as_deref(), Some("21"));
}

#[test]
fn observing_an_instance_or_an_object() {
    for uri in ["/3303/0", "/3303"] {
        let mut b = Bench::registered();
        assert_eq!(b.ask(Ask::new(Code::PUT, "/3303/0/5700?gt=100")).code, Code::CHANGED);
        let ask = Ask { accept: Some(F::LWM2M_TLV), ..Ask::observe(uri, b"in") };
        let before = b.ask(ask);
        assert!(before.observe().is_some());
        // Attributes below the observed path do not count.
        set(&mut b, 21.0);
        let n = b.only(PEER);
        assert_eq!((n.code, n.format()), (Code::CONTENT, Some(F::LWM2M_TLV)));
        assert_ne!(n.payload, before.payload);
        assert_eq!(b.ask(Ask::read(uri, F::LWM2M_TLV)).payload, n.payload);
        b.acknowledge(PEER, &n);
        b.set("/3/0/0", Value::string("other"));
        assert!(b.is_silent());
    }
}

#[test]
fn core_6_4_3_cancel() {
    // Observe 1 under the same token.
    let mut b = observing("pmax=10");
    let answer = b.ask(Ask { observe: Some(1), ..Ask::observe(VALUE, b"ob") });
    assert_eq!((answer.code, answer.text(), answer.observe()), (Code::CONTENT, "20".into(), None));
    set(&mut b, 21.0);
    b.pass_secs(60);
    assert_eq!(notified(&mut b), None);
    // RST to a notification.
    let mut b = observing("pmax=10");
    set(&mut b, 21.0);
    let n = b.only(PEER);
    b.reset(PEER, &n);
    set(&mut b, 22.0);
    b.pass_secs(60);
    assert_eq!(notified(&mut b), None);
    // No acknowledgement at all.
    let mut b = observing("");
    set(&mut b, 21.0);
    b.pass_secs(93);
    assert_eq!(b.sent.iter().filter(|(_, m)| m.code == Code::CONTENT).count(), 5);
    b.sent.clear();
    set(&mut b, 22.0);
    assert!(b.is_silent());
}

#[test]
fn what_is_observed_goes_away() {
    let mut b = observing("");
    b.client.command(b.now, |c, now| c.remove(now, path("/3303/0"))).unwrap();
    // NSTART is 1: first the Update, because an instance went.
    let update = b.only(PEER);
    assert_eq!(update.uri(), "/rd/5a3f");
    b.answer(PEER, &update, Code::CHANGED, &[]);
    let end = b.only(PEER);
    assert_eq!((end.code, end.token.as_slice()), (Code::NOT_FOUND, &b"ob"[..]));
    b.acknowledge(PEER, &end);
    b.client.command(b.now, |c, now| c.add_instance(now, path("/3303/0"))).unwrap();
    set(&mut b, 3.0);
    assert!(!b.sent.iter().any(|(_, m)| m.token == b"ob"));
}

#[test]
fn a_new_registration_ends_observations() {
    let mut b = observing("pmax=10");
    b.client.command(b.now, |c, now| c.register(now, SSID)).unwrap();
    b.settle();
    b.accept_registration(PEER, "2");
    set(&mut b, 21.0);
    b.pass_secs(30);
    assert!(b.is_silent());
}

#[test]
fn observers_of_two_servers_have_their_own_attributes() {
    let mut client = new_client(&config());
    add_second(&mut client, m2m_base::Instant::ZERO);
    let mut b = Bench::with(client);
    b.start();
    b.accept_registration(PEER, "1");
    b.accept_registration(OTHER, "2");
    assert_eq!(b.ask(Ask::new(Code::PUT, "/3303/0/5700?pmin=60")).code, Code::CHANGED);
    b.ask(Ask::observe(VALUE, b"ob"));
    b.ask_as(OTHER, Ask::observe(VALUE, b"ob"));
    set(&mut b, 21.0);
    let n = b.only(OTHER);
    b.acknowledge(OTHER, &n);
    assert_eq!(b.ask_as(OTHER, Ask::discover(VALUE)).text(), "</3303/0/5700>");
    b.pass_secs(60);
    assert_eq!(b.only(PEER).text(), "21");
}

#[test]
fn no_room_for_another_observer() {
    let mut c = config();
    let most = 4;
    c.limits.coap.observers = most.into();
    let mut b = Bench::with(new_client(&c));
    b.start();
    b.accept_registration(PEER, "1");
    let kinds = [F::TEXT, F::SENML_JSON, F::SENML_CBOR, F::LWM2M_TLV, F::CBOR];
    let observe = |uri, token: &'static [u8; 5], n: u8| {
        let n = usize::from(n);
        Ask { accept: Some(kinds[n]), ..Ask::observe(uri, &token[n..=n]) }
    };
    for n in 0..most {
        // The same again: what was there before is over.
        assert!(b.ask(observe(VALUE, b"vwxyz", n)).observe().is_some());
        assert!(b.ask(observe(VALUE, b"abcde", n)).observe().is_some());
    }
    let one_more = b.ask(observe(VALUE, b"abcde", most));
    assert_eq!((one_more.code, one_more.observe()), (Code::CONTENT, None));
    // One that asks again keeps its place, and is told of changes like the others.
    for _ in 0..3 {
        assert!(b.ask(observe(VALUE, b"abcde", 0)).observe().is_some());
    }
    set(&mut b, 23.0);
    let told = b.only(PEER);
    b.acknowledge(PEER, &told);
    for _ in 1..most {
        let next = b.only(PEER);
        b.acknowledge(PEER, &next);
    }
    assert!(b.is_silent());
    assert_eq!(b.ask_as(PeerId(3), Ask::observe(VALUE, &[0])).code, Code::UNAUTHORIZED);
}

#[test]
fn rfc7959_a_long_notification_is_its_first_block() {
    let mut b = Bench::registered();
    static LONG: [u8; 3000] = [0x5a; 3000];
    b.client.command(b.now, |c, now| c.add_instance(now, path("/19/0"))).unwrap();
    let update = b.only(PEER);
    b.answer(PEER, &update, Code::CHANGED, &[]);
    b.set("/19/0/0/0", Value::opaque(&[1; 9]));
    let ask = Ask { accept: Some(F::OCTET_STREAM), ..Ask::observe("/19/0/0/0", b"ob") };
    assert!(b.ask(ask).observe().is_some());
    b.set("/19/0/0/0", Value::opaque(&LONG[..]));
    let n = b.only(PEER);
    assert_eq!((n.uint(OptionNumber::BLOCK2), n.payload.len()), (Some(0x0e), 1024));
    b.acknowledge(PEER, &n);
    let mut body = n.payload;
    for number in 1..3 {
        let block2 = Some(number << 4 | 6);
        let rest = b.ask(Ask { block2, ..Ask::read("/19/0/0/0", F::OCTET_STREAM) });
        let etag = |m: &[(OptionNumber, Vec<u8>)]| {
            m.iter().find(|(n, _)| *n == OptionNumber::ETAG).unwrap().1.clone()
        };
        assert_eq!(etag(&rest.options), etag(&n.options));
        body.extend(rest.payload);
    }
    assert_eq!(body, LONG);
}
