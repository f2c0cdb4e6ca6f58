//! Information reporting of LwM2M 1.2, and notifications that are kept while a server cannot be
//! told (Core 1.2, 5.1.2, 6.4; object 1, resource 6).
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
use lwm2m_core::client::{Client, Config, Event, Registration};
use lwm2m_core::{ObjectDefinition, Value, Version, object};

const VALUE: &str = "/3303/0/5700";
const SWITCH: &str = "/3306/0/5850";

static WITH_SWITCH: [&ObjectDefinition<'static>; 3] =
    [&object::TEMPERATURE, &object::BINARY_APP_DATA_CONTAINER, &object::ACTUATION];

fn bench(version: Version) -> Bench {
    registered(client(version))
}

fn registered(client: Client) -> Bench {
    let mut b = Bench::with(client);
    b.start();
    b.accept_registration(PEER, "5a3f");
    b.events();
    b
}

fn client(version: Version) -> Client {
    let config = Config { objects: &WITH_SWITCH, ..config() };
    let mut client = client_speaking(&config, version);
    let now = m2m_base::Instant::ZERO;
    client.add_instance(now, path("/3306/0")).unwrap();
    client.set(now, path(SWITCH), Value::Boolean(false)).unwrap();
    client
}

fn attach(b: &mut Bench, uri: &str) {
    assert_eq!(b.ask(Ask::new(Code::PUT, uri)).code, Code::CHANGED, "{uri}");
}

fn observe(b: &mut Bench, uri: &str) -> Owned {
    let answer = b.ask(Ask::observe(uri, b"ob"));
    assert!(answer.observe().is_some(), "{uri} {answer:?}");
    answer
}

/// Updates of the registration are accepted; what else went out.
fn sent(b: &mut Bench) -> Vec<Owned> {
    b.settle();
    while let Some(at) = b.sent.iter().position(|(_, m)| m.uri().starts_with("/rd/")) {
        let update = b.sent.remove(at).1;
        b.answer(PEER, &update, Code::CHANGED, &[]);
    }
    std::mem::take(&mut b.sent).into_iter().map(|(_, m)| m).collect()
}

/// The notifications that go out, each acknowledged: what they say.
fn told(b: &mut Bench) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let now = sent(b);
        if now.is_empty() {
            return all;
        }
        for m in now {
            assert_eq!(m.token, b"ob");
            if m.message_type == MessageType::Confirmable {
                b.acknowledge(PEER, &m);
            }
            all.push(m.text());
        }
    }
}

fn set(b: &mut Bench, value: f64) {
    b.set(VALUE, Value::Float(value));
}

#[test]
fn core_1_2_edge_of_a_boolean() {
    for (edge, expected) in [("1", ["1"; 2]), ("0", ["0"; 2])] {
        let mut b = bench(Version::V1_2);
        attach(&mut b, &format!("{SWITCH}?edge={edge}"));
        observe(&mut b, SWITCH);
        let mut all = Vec::new();
        for on in [true, true, false, true, false] {
            b.set(SWITCH, Value::Boolean(on));
            all.extend(told(&mut b));
        }
        assert_eq!(all, expected, "edge={edge}");
    }
    // Without it, every change.
    let mut b = bench(Version::V1_2);
    observe(&mut b, SWITCH);
    b.set(SWITCH, Value::Boolean(true));
    b.set(SWITCH, Value::Boolean(false));
    assert_eq!(told(&mut b), ["1", "0"]);
}

#[test]
fn core_1_2_confirmable_or_not() {
    use MessageType::{Confirmable as Con, NonConfirmable as Non};
    for (mode, attached, observed, expected) in [
        (None, "", VALUE, Con),
        (Some(0), "", VALUE, Non),
        (Some(1), "", VALUE, Con),
        (Some(0), "/3303/0/5700?con=1", VALUE, Con),
        (Some(1), "/3303/0/5700?con=0", VALUE, Non),
        (Some(0), "/3303?con=1", VALUE, Con),
        // Of anything that is in it.
        (Some(0), "/3303/0/5701?con=1", "/3303/0", Con),
        (Some(0), "/3303/0/5701?con=1", VALUE, Non),
    ] {
        let mut b = bench(Version::V1_2);
        if let Some(mode) = mode {
            b.set("/1/0/26", Value::Unsigned(mode));
        }
        if !attached.is_empty() {
            attach(&mut b, attached);
        }
        let ask = Ask { accept: Some(F::SENML_JSON), ..Ask::observe(observed, b"ob") };
        assert!(b.ask(ask).observe().is_some());
        set(&mut b, 21.0);
        let n = b.only(PEER);
        assert_eq!(n.message_type, expected, "{mode:?} {attached} {observed}");
    }
}

#[test]
fn core_1_1_epmin_holds_back_the_look_at_a_value() {
    let mut b = bench(Version::V1_1);
    attach(&mut b, &format!("{VALUE}?epmin=10&gt=25"));
    observe(&mut b, VALUE);
    // What goes up and comes down between two looks was not seen.
    set(&mut b, 30.0);
    assert!(told(&mut b).is_empty());
    b.pass_secs(5);
    set(&mut b, 24.0);
    b.pass_secs(6);
    assert!(told(&mut b).is_empty());
    set(&mut b, 30.0);
    assert!(told(&mut b).is_empty(), "it was looked at a second ago");
    b.pass_secs(9);
    assert_eq!(told(&mut b), ["30"]);
}

#[test]
fn core_1_2_attributes_of_one_observation() {
    let mut b = bench(Version::V1_2);
    attach(&mut b, &format!("{VALUE}?gt=100"));
    observe(&mut b, &format!("{VALUE}?pmin=5&st=2"));
    set(&mut b, 21.0);
    b.pass_secs(6);
    assert!(told(&mut b).is_empty(), "no step");
    set(&mut b, 23.0);
    assert_eq!(told(&mut b), ["23"], "what is attached does not count");
    set(&mut b, 40.0);
    b.pass_secs(4);
    assert!(told(&mut b).is_empty());
    b.pass_secs(1);
    assert_eq!(told(&mut b), ["40"]);
    assert_eq!(b.ask(Ask::discover(VALUE)).text(), "</3303/0/5700>;gt=100", "nor is it shown");
    // Another observation of the same goes by what is attached.
    let other = Ask { token: b"ot", ..Ask::observe(VALUE, b"ot") };
    assert!(b.ask(other).observe().is_some());
    // Asked again without, there are none any more.
    observe(&mut b, VALUE);
    set(&mut b, 80.0);
    assert!(told(&mut b).is_empty());
    for (query, version, code) in [
        ("pmin", Version::V1_2, Code::BAD_REQUEST),
        ("foo=1", Version::V1_2, Code::BAD_REQUEST),
        ("edge=1", Version::V1_2, Code::BAD_REQUEST),
        ("lt=5&gt=4", Version::V1_2, Code::BAD_REQUEST),
        ("pmin=1&pmax=9&gt=1&lt=0.5&con=1&hqmax=3", Version::V1_2, Code::CONTENT),
        ("pmin=1", Version::V1_1, Code::BAD_REQUEST),
        ("pmin=1", Version::V1_0, Code::BAD_REQUEST),
    ] {
        let mut b = bench(version);
        let uri = format!("{VALUE}?{query}");
        assert_eq!(b.ask(Ask::observe(&uri, b"ob")).code, code, "{query} {version:?}");
    }
}

/// Ended and begun again and again, observations leave nothing behind.
#[test]
fn attributes_of_observations_do_not_pile_up() {
    let mut b = bench(Version::V1_2);
    for n in 0..300u32 {
        let token = [n as u8 % 3];
        let uri = format!("{VALUE}?pmin=1&pmax=9&gt=1&lt=0.5&st=0.1&con=1&hqmax=3");
        let ask = Ask { token: &token, ..Ask::observe(&uri, b"") };
        assert_eq!(b.ask(ask).code, Code::CONTENT, "{n}");
        if n % 5 == 0 {
            assert_eq!(b.ask(Ask { observe: Some(1), ..ask }).code, Code::CONTENT);
        }
    }
}

fn offline(b: &mut Bench) {
    b.client.command(b.now, |c, now| c.set_online(now, SSID, false)).unwrap();
}

fn online(b: &mut Bench) {
    b.client.command(b.now, |c, now| c.set_online(now, SSID, true)).unwrap();
    b.settle();
}

#[test]
fn object_1_resource_6_what_cannot_be_told_is_kept_in_order() {
    let mut b = bench(Version::V1_1);
    let ask = Ask { accept: Some(F::SENML_JSON), ..Ask::observe(VALUE, b"ob") };
    b.ask(ask);
    offline(&mut b);
    for celsius in [21.0, 22.0, 23.5] {
        set(&mut b, celsius);
        b.pass_secs(10);
    }
    assert!(b.is_silent());
    online(&mut b);
    // First the Update, then all that was kept.
    let update = b.only(PEER);
    assert_eq!(update.uri(), "/rd/5a3f");
    b.answer(PEER, &update, Code::CHANGED, &[]);
    assert_eq!(
        told(&mut b),
        [r#"[{"bn":"/3303/0/5700","t":-30,"v":21},{"t":-20,"v":22},{"t":-10,"v":23.5}]"#]
    );
    set(&mut b, 24.0);
    assert_eq!(told(&mut b), [r#"[{"bn":"/3303/0/5700","v":24}]"#]);
    b.client.check_replay(client(Version::V1_1));
}

#[test]
fn formats_without_times_tell_one_state_after_the_other() {
    let mut b = bench(Version::V1_0);
    observe(&mut b, VALUE);
    offline(&mut b);
    for celsius in [21.0, 22.0, 22.0, 23.5] {
        set(&mut b, celsius);
    }
    online(&mut b);
    set(&mut b, 24.0);
    assert_eq!(told(&mut b), ["21", "22", "23.5", "24"]);
}

#[test]
fn object_1_resource_6_false_tells_the_latest_only() {
    let mut b = bench(Version::V1_1);
    b.set("/1/0/6", Value::Boolean(false));
    observe(&mut b, VALUE);
    offline(&mut b);
    for celsius in [21.0, 22.0, 23.5] {
        set(&mut b, celsius);
        b.pass_secs(10);
    }
    online(&mut b);
    assert_eq!(told(&mut b), ["23.5"]);
}

#[test]
fn core_1_2_hqmax_says_how_many() {
    let mut b = bench(Version::V1_2);
    attach(&mut b, "/3303?hqmax=2");
    observe(&mut b, VALUE);
    offline(&mut b);
    for celsius in [21.0, 22.0, 23.5] {
        set(&mut b, celsius);
    }
    online(&mut b);
    assert_eq!(told(&mut b), ["22", "23.5"]);
}

#[test]
fn conditions_and_periods_hold_while_offline() {
    let mut b = bench(Version::V1_1);
    attach(&mut b, &format!("{VALUE}?pmin=10&pmax=60&st=2"));
    observe(&mut b, VALUE);
    offline(&mut b);
    for celsius in [21.0, 23.0, 24.0, 26.0] {
        set(&mut b, celsius);
        b.pass_secs(6);
    }
    // 23 at the end of pmin is 24 by then, and 26 waits another ten seconds.
    b.pass_secs(200);
    online(&mut b);
    assert_eq!(told(&mut b), ["23", "26"], "a period alone is no news");
}

#[test]
fn a_full_history_loses_the_oldest() {
    let mut c = config();
    c.limits.history = 100;
    let mut b = Bench::with(new_client(&c));
    b.start();
    b.accept_registration(PEER, "5a3f");
    observe(&mut b, VALUE);
    offline(&mut b);
    for n in 0..50u8 {
        set(&mut b, f64::from(n));
    }
    online(&mut b);
    assert_eq!(told(&mut b), ["47", "48", "49"]);
}

#[test]
fn a_server_that_disabled_the_client_hears_of_it_afterwards() {
    let mut b = bench(Version::V1_1);
    observe(&mut b, VALUE);
    b.set("/1/0/5", Value::Integer(30));
    assert_eq!(b.ask(Ask::execute("/1/0/4")).code, Code::CHANGED);
    let gone = b.only(PEER);
    assert_eq!(gone.code, Code::DELETE);
    b.answer(PEER, &gone, Code::DELETED, &[]);
    set(&mut b, 21.0);
    b.pass_secs(10);
    set(&mut b, 22.0);
    assert!(b.is_silent());
    b.pass_secs(20);
    b.accept_registration(PEER, "2");
    // A server that has a new registration has to observe anew.
    set(&mut b, 23.0);
    assert!(told(&mut b).is_empty());
    assert_eq!(observe(&mut b, VALUE).text(), "23");
    assert_eq!(told(&mut b), ["21", "22", "23"]);
    set(&mut b, 24.0);
    assert_eq!(told(&mut b), ["24"]);
}

/// Five transmissions, and no answer: the observer is gone (RFC 7641, 4.5), and the client registers
/// so that its server observes again. What was on its way and what came since is told then.
#[test]
fn object_1_resource_6_what_was_not_acknowledged_is_told_when_it_is_observed_again() {
    let mut b = bench(Version::V1_1);
    let ask = || Ask { accept: Some(F::SENML_JSON), ..Ask::observe(VALUE, b"ob") };
    assert!(b.ask(ask()).observe().is_some());
    set(&mut b, 21.0);
    b.pass_secs(10);
    set(&mut b, 22.0);
    b.pass_secs(100);
    let all: Vec<Owned> = std::mem::take(&mut b.sent).into_iter().map(|(_, m)| m).collect();
    let told_first: Vec<_> = all.iter().filter(|m| m.code == Code::CONTENT).collect();
    assert_eq!(told_first.len(), 5);
    assert!(told_first.iter().all(|m| m.text() == r#"[{"bn":"/3303/0/5700","v":21}]"#));
    let register = all.iter().rfind(|m| m.code == Code::POST).unwrap();
    assert!(register.uri().starts_with("/rd?"), "{}", register.uri());
    let location = (OptionNumber::LOCATION_PATH, &b"2"[..]);
    b.answer(PEER, register, Code::CREATED, &[location]);
    set(&mut b, 23.0);
    assert!(told(&mut b).is_empty(), "nobody observes");
    let again = b.ask(Ask { token: b"ob", ..ask() });
    assert_eq!(again.text(), r#"[{"bn":"/3303/0/5700","v":23}]"#);
    let told = told(&mut b).join("");
    let values: Vec<_> =
        told.match_indices("\"v\":").map(|(at, _)| &told[at + 4..at + 6]).collect();
    assert_eq!(values, ["21", "22", "23"], "{told}");
    assert!(told.contains(r#""t":-110"#), "{told}");
}

/// A device in queue mode without a security session whose address has changed cannot be told from
/// one whose observation was ended: an Update says where it is.
#[test]
fn a_notification_that_is_rejected_leads_to_an_update() {
    let queue_mode = Some(m2m_base::Duration::ZERO);
    let config = Config { objects: &WITH_SWITCH, queue_mode, ..config() };
    let mut b = registered(client_speaking(&config, Version::V1_1));
    observe(&mut b, VALUE);
    set(&mut b, 21.0);
    let n = b.only(PEER);
    b.reset(PEER, &n);
    let update = b.only(PEER);
    assert_eq!(update.uri(), "/rd/5a3f");
    b.answer(PEER, &update, Code::CHANGED, &[]);
    set(&mut b, 22.0);
    assert!(told(&mut b).is_empty());
    observe(&mut b, VALUE);
    assert_eq!(told(&mut b), ["21", "22"]);
    // A server that does not ask again for a whole lifetime does not want to know.
    set(&mut b, 23.0);
    let n = b.only(PEER);
    b.reset(PEER, &n);
    b.set("/1/0/1", Value::Integer(300));
    for _ in 0..100 {
        assert!(told(&mut b).is_empty());
        b.pass_secs(10);
    }
    set(&mut b, 24.0);
    observe(&mut b, VALUE);
    assert!(told(&mut b).is_empty());
}

/// A server that rejects a notification of a device that always listens has ended the observation:
/// what comes after it is none of its business, and not kept for an observation to come.
#[test]
fn a_notification_that_is_rejected_ends_the_observation_of_who_listens() {
    let mut b = bench(Version::V1_1);
    observe(&mut b, VALUE);
    set(&mut b, 21.0);
    let n = b.only(PEER);
    b.reset(PEER, &n);
    set(&mut b, 22.0);
    assert!(b.is_silent());
    observe(&mut b, VALUE);
    assert!(told(&mut b).is_empty());
    set(&mut b, 23.0);
    assert_eq!(told(&mut b), ["23"]);
}

/// Without storing, nothing is kept and nothing is done.
#[test]
fn object_1_resource_6_false_an_unacknowledged_notification_ends_the_observation() {
    let mut b = bench(Version::V1_1);
    b.set("/1/0/6", Value::Boolean(false));
    observe(&mut b, VALUE);
    set(&mut b, 21.0);
    b.pass_secs(100);
    assert_eq!(std::mem::take(&mut b.sent).len(), 5);
    set(&mut b, 22.0);
    b.pass_secs(100);
    assert!(b.is_silent());
}

#[test]
fn core_6_4_3_what_ends_an_observation_ends_what_was_kept() {
    for way in 0..4 {
        let mut b = bench(Version::V1_1);
        observe(&mut b, VALUE);
        offline(&mut b);
        set(&mut b, 21.0);
        set(&mut b, 22.0);
        match way {
            0 => {
                let end = Ask { observe: Some(1), ..Ask::observe(VALUE, b"ob") };
                assert_eq!(b.ask(end).code, Code::CONTENT);
            }
            1 => {
                b.client.command(b.now, |c, now| c.deregister(now, SSID)).unwrap();
            }
            2 => {
                observe(&mut b, VALUE);
            }
            _ => {
                b.client.command(b.now, |c, now| c.remove(now, path(VALUE))).unwrap();
            }
        }
        b.sent.clear();
        online(&mut b);
        b.settle();
        if way == 1 {
            b.pass_secs(100);
            assert_eq!(b.engine().registration(SSID), Some(Registration::Off));
            continue;
        }
        let expected: &[&str] = match way {
            // To observe again is no end.
            2 => &["21", "22"],
            3 => &["21", "22", ""],
            _ => &[],
        };
        assert_eq!(told(&mut b), expected, "{way}");
    }
}

#[test]
fn offline_nothing_goes_out() {
    let mut b = Bench::with(client(Version::V1_1));
    offline(&mut b);
    b.start();
    b.pass_secs(1000);
    assert!(b.is_silent());
    online(&mut b);
    b.accept_registration(PEER, "1");
    assert!(b.events().contains(&Event::Registered { server: SSID }));
    offline(&mut b);
    b.pass_secs(1000);
    assert!(b.is_silent(), "no Update, though the lifetime is over");
    online(&mut b);
    let update = b.only(PEER);
    b.answer(PEER, &update, Code::NOT_FOUND, &[]);
    b.accept_registration(PEER, "2");
}
