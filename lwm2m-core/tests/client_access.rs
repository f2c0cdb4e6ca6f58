//! Access control between servers (Core 1.1, 8.2; object 2).
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
use coap_core::{Code, ContentFormat as F};
use lwm2m_core::client::{Client, Config, UsageError};
use lwm2m_core::format::Reader;
use lwm2m_core::{ObjectDefinition, Path, Value, object};
use m2m_base::{Instant, PeerId};

static WITH_ACL: [&ObjectDefinition<'static>; 3] =
    [&object::ACCESS_CONTROL, &object::TEMPERATURE, &object::BINARY_APP_DATA_CONTAINER];

const VALUE: &str = "/3303/0/5700";
const OK: Code = Code::CONTENT;
const NO: Code = Code::UNAUTHORIZED;

/// What object 2 says: object, instance, owner, rights of servers (0: of all others).
type Control = (u16, u16, u16, &'static [(u16, i64)]);

fn client(servers: usize, controls: &[Control]) -> Client {
    let mut client = new_client(&Config { objects: &WITH_ACL, ..config() });
    let now = Instant::ZERO;
    if servers > 1 {
        add_second(&mut client, now);
    }
    client.add_instance(now, path("/3303/1")).unwrap();
    client.set(now, path("/3303/1/5700"), Value::Float(5.0)).unwrap();
    client.add_instance(now, path("/19/0")).unwrap();
    client.set(now, path("/19/0/0/0"), Value::opaque(b"a")).unwrap();
    for (n, (o, i, owner, acl)) in (0..).zip(controls) {
        let control = Path::instance(2, n);
        client.add_instance(now, control).unwrap();
        for (id, number) in [(0, *o), (1, *i), (3, *owner)] {
            client.set(now, control.child(id).unwrap(), Value::Integer(number.into())).unwrap();
        }
        for (ssid, rights) in *acl {
            let at = Path::resource_instance(2, n, 2, *ssid);
            client.set(now, at, Value::Integer(*rights)).unwrap();
        }
    }
    client
}

fn bench(controls: &[Control]) -> Bench {
    let mut b = Bench::with(client(2, controls));
    b.start();
    b.accept_registration(PEER, "1");
    b.accept_registration(OTHER, "2");
    b.events();
    b
}

fn ask(b: &mut Bench, peer: PeerId, ask: Ask<'_>) -> Owned {
    let answer = b.ask_as(peer, ask);
    // Lists of objects that changed are told.
    b.settle();
    while let Some(at) = b.sent.iter().position(|(_, m)| m.uri().starts_with("/rd/")) {
        let (peer, update) = b.sent.remove(at);
        b.answer(peer, &update, Code::CHANGED, &[]);
    }
    answer
}

fn paths(answer: &Owned) -> Vec<String> {
    let reader = Reader::new(answer.format().unwrap(), Path::ROOT, &answer.payload).unwrap();
    reader.map(|e| e.unwrap().path.to_string()).collect()
}

/// Which of R, W, E, D a server may do with /3303/0: as codes of what it gets.
fn rights(b: &mut Bench, peer: PeerId) -> [Code; 5] {
    [
        ask(b, peer, Ask::read(VALUE, F::TEXT)).code,
        ask(b, peer, Ask::new(Code::PUT, "/3303/0/5700?pmin=1")).code,
        // Not allowed by the object, which is asked after the rights.
        ask(b, peer, Ask::write("/3303/0/5700", "3")).code,
        ask(b, peer, Ask::execute("/3303/0/5605")).code,
        ask(b, peer, Ask::new(Code::DELETE, "/3303/0/5700")).code,
    ]
}

#[test]
fn core_8_2_rights_of_servers() {
    const SET: Code = Code::CHANGED;
    const NOT: Code = Code::METHOD_NOT_ALLOWED;
    for (controls, first, second) in [
        // Nothing is said: nobody may.
        (&[][..], [NO; 5], [NO; 5]),
        // The owner may do all, and nobody else.
        (&[(3303, 0, SSID, &[][..])], [OK, SET, NOT, Code::NOT_FOUND, NOT], [NO; 5]),
        // What is said of the owner holds for it, too.
        (&[(3303, 0, SSID, &[(SSID, 1)])], [OK, SET, NO, Code::NOT_FOUND, NO], [NO; 5]),
        (
            &[(3303, 0, SSID, &[(SECOND, 1)])],
            [OK, SET, NOT, Code::NOT_FOUND, NOT],
            [OK, SET, NO, Code::NOT_FOUND, NO],
        ),
        // Of all others.
        (
            &[(3303, 0, 65535, &[(0, 1), (SECOND, 2)])],
            [OK, SET, NO, Code::NOT_FOUND, NO],
            [NO, NO, NOT, Code::NOT_FOUND, NO],
        ),
        (
            &[(3303, 0, 65535, &[(0, 8), (SSID, 0)])],
            [NO, NO, NO, Code::NOT_FOUND, NO],
            [NO, NO, NO, Code::NOT_FOUND, NOT],
        ),
        // Of another instance, another object.
        (&[(3303, 1, SSID, &[]), (3, 0, SSID, &[])], [NO; 5], [NO; 5]),
    ] {
        let mut b = bench(controls);
        // What is not there is told before the rights.
        let not_found = |mut codes: [Code; 5]| {
            codes[3] = Code::NOT_FOUND;
            codes
        };
        assert_eq!(rights(&mut b, PEER), not_found(first), "{controls:?}");
        assert_eq!(rights(&mut b, OTHER), not_found(second), "{controls:?}");
    }
}

#[test]
fn core_8_2_execute() {
    for (rights, code) in [(4, Code::CHANGED), (27, NO)] {
        let controls = [(1, 0, 65535, &[(SSID, 31)][..]), (1, 1, 65535, &[])];
        let mut b = bench(&controls);
        assert_eq!(ask(&mut b, PEER, Ask::execute("/1/0/8")).code, Code::CHANGED);
        assert_eq!(ask(&mut b, OTHER, Ask::execute("/1/0/8")).code, NO);
        let at = Path::resource_instance(2, 0, 2, SECOND);
        b.client.command(b.now, move |c, now| c.set(now, at, Value::Integer(rights))).unwrap();
        assert_eq!(ask(&mut b, OTHER, Ask::execute("/1/0/8")).code, code, "{rights}");
    }
}

#[test]
fn core_8_2_with_one_server_object_2_says_nothing() {
    let mut b = Bench::with(client(1, &[(3303, 0, 65535, &[])]));
    b.start();
    b.accept_registration(PEER, "1");
    assert_eq!(b.ask(Ask::read(VALUE, F::TEXT)).code, OK);
    assert_eq!(b.ask(Ask::write("/3/0/14", "+02:00")).code, Code::CHANGED);
    let made = b.ask(Ask::send(Code::POST, "/19", F::LWM2M_TLV, &[0x83, 0, 0x41, 0, 0x61]));
    assert_eq!(made.code, Code::CREATED);
    let controls = b.engine().paths(path("/2")).filter(|p| p.instance_id() == Some(1));
    assert_eq!(controls.count(), 0, "nobody owns it");
}

#[test]
fn core_8_2_of_an_object_those_instances_that_may_be_read() {
    let acl = |rights| -> &'static [(u16, i64)] { if rights { &[(0, 1)] } else { &[] } };
    for (zero, one, expected) in [
        (true, true, Some(&["/3303/0/5700", "/3303/0/5701", "/3303/1/5700"][..])),
        (false, true, Some(&["/3303/1/5700"])),
        (false, false, None),
    ] {
        let mut b = bench(&[(3303, 0, 65535, acl(zero)), (3303, 1, 65535, acl(one))]);
        let object = ask(&mut b, PEER, Ask::read("/3303", F::SENML_CBOR));
        let list = Ask::send(Code::FETCH, "/", F::SENML_JSON, br#"[{"n":"/3303"},{"n":"/3/0"}]"#);
        let composite = ask(&mut b, PEER, list);
        let root = Ask::send(Code::FETCH, "/", F::SENML_JSON, br#"[{"n":"/"}]"#);
        let whole = ask(&mut b, PEER, root);
        match expected {
            Some(expected) => {
                assert_eq!(paths(&object), expected);
                assert_eq!(paths(&composite), expected);
                let of_it = paths(&whole).into_iter().filter(|p| p.starts_with("/3303"));
                assert_eq!(of_it.collect::<Vec<_>>(), expected);
            }
            None => {
                assert_eq!((object.code, composite.code), (NO, NO));
                assert!(!paths(&whole).iter().any(|p| p.starts_with("/3")), "{:?}", paths(&whole));
            }
        }
        // Neither Discover nor attributes of the object ask for rights.
        assert_eq!(ask(&mut b, PEER, Ask::discover("/3303/0")).code, OK);
        assert_eq!(ask(&mut b, PEER, Ask::new(Code::PUT, "/3303?pmin=1")).code, Code::CHANGED);
    }
}

#[test]
fn core_8_2_write_composite_needs_all_rights() {
    let controls = [(1, 0, 65535, &[(0, 2)][..]), (3, 0, 65535, &[(SSID, 2), (SECOND, 1)])];
    let mut b = bench(&controls);
    let body = br#"[{"n":"/1/0/2","v":7},{"n":"/3/0/14","vs":"+03:00"}]"#;
    let write = Ask::send(Code::IPATCH, "/", F::SENML_JSON, body);
    assert_eq!(ask(&mut b, OTHER, write).code, NO);
    assert_eq!(b.engine().get(path("/1/0/2")), None);
    assert_eq!(ask(&mut b, PEER, write).code, Code::CHANGED);
    assert_eq!(b.engine().get(path("/1/0/2")), Some(Value::Integer(7)));
}

#[test]
fn core_8_2_create_makes_an_owner_and_delete_takes_it_away() {
    let create = || Ask::send(Code::POST, "/19", F::LWM2M_TLV, &[0x83, 0, 0x41, 0, 0x61]);
    let mut b = bench(&[(19, 65535, 65535, &[(SECOND, 16)])]);
    assert_eq!(ask(&mut b, PEER, create()).code, NO);
    let made = ask(&mut b, OTHER, create());
    assert_eq!((made.code, made.location()), (Code::CREATED, "/19/1".into()));
    let of = |b: &Bench, at: &str| b.engine().get(path(at)).map(|v| format!("{v:?}"));
    assert_eq!(of(&b, "/2/1/0").as_deref(), Some("Integer(19)"));
    assert_eq!(of(&b, "/2/1/1").as_deref(), Some("Integer(1)"));
    assert_eq!(of(&b, "/2/1/3").as_deref(), Some(format!("Integer({SECOND})").as_str()));
    assert_eq!(ask(&mut b, PEER, Ask::read("/19/1", F::LWM2M_TLV)).code, NO);
    assert_eq!(ask(&mut b, OTHER, Ask::read("/19/1", F::LWM2M_TLV)).code, OK);
    // The owner says who may; everybody may see it.
    let rights = Ask::write("/2/1/2/101", "9");
    assert_eq!(ask(&mut b, PEER, rights).code, NO);
    assert_eq!(ask(&mut b, PEER, Ask::read("/2/1/3", F::TEXT)).code, OK);
    assert_eq!(ask(&mut b, OTHER, rights).code, Code::CHANGED);
    assert_eq!(ask(&mut b, PEER, Ask::read("/19/1", F::LWM2M_TLV)).code, OK);
    assert_eq!(ask(&mut b, PEER, Ask::new(Code::DELETE, "/19/1")).code, Code::DELETED);
    assert!(!b.engine().contains(path("/2/1")), "what is said of it goes with it");
    // The application removes one.
    assert_eq!(ask(&mut b, OTHER, create()).code, Code::CREATED);
    assert!(b.engine().contains(path("/2/1")));
    b.client.command(b.now, |c, now| c.remove(now, path("/19/1"))).unwrap();
    assert!(!b.engine().contains(path("/2/1")));
    // Object 2 itself is not created by a server.
    let own = Ask::send(Code::POST, "/2", F::LWM2M_TLV, b"");
    assert_eq!(ask(&mut b, OTHER, own).code, NO);
}

/// Without room for the instance of object 2 there is no instance at all.
#[test]
fn a_create_that_cannot_be_owned_is_refused() {
    for spare in 0..8 {
        let controls = [(19, 65535, 65535, &[(SSID, 16)][..])];
        let used = client(2, &controls).paths(Path::ROOT).count();
        let limits = lwm2m_core::client::Limits {
            values: (used + spare) as u16,
            ..lwm2m_core::client::Limits::DEVICE
        };
        let config = Config { objects: &WITH_ACL, limits, ..config() };
        let mut c = Client::new(&config, &m2m_base::Seed([7; 32])).unwrap();
        let full = client(2, &controls);
        let now = Instant::ZERO;
        let account =
            lwm2m_core::client::ServerAccount::new(SSID, PEER, "coap://server.example.com");
        c.add_server(now, &account).unwrap();
        add_second(&mut c, now);
        for at in full.paths(Path::ROOT) {
            match full.get(at) {
                Some(value) => {
                    let done = c.set(now, at, value);
                    assert!(matches!(done, Ok(()) | Err(UsageError::NotAllowed)), "{at} {done:?}");
                }
                None => {
                    let _ = c.add_instance(now, at);
                }
            }
        }
        assert_eq!(c.paths(Path::ROOT).count(), used);
        let mut b = Bench::with(c);
        b.start();
        b.accept_registration(PEER, "1");
        b.accept_registration(OTHER, "2");
        let create = Ask::send(Code::POST, "/19", F::LWM2M_TLV, &[0x83, 0, 0x41, 0, 0x61]);
        let code = b.ask(create).code;
        // Three for the instance of object 19, four for that of object 2.
        let expected = if spare < 7 { Code::INTERNAL_SERVER_ERROR } else { Code::CREATED };
        assert_eq!(code, expected, "{spare}");
        let there = b.engine().paths(Path::ROOT).count();
        assert_eq!(there, used + if spare < 7 { 0 } else { 7 });
    }
}

#[test]
fn core_8_2_a_notification_ends_when_the_right_does() {
    for uri in [VALUE, "/3303"] {
        let mut b = bench(&[(3303, 0, 65535, &[(0, 1)])]);
        let watch = Ask { accept: Some(F::SENML_JSON), ..Ask::observe(uri, b"ob") };
        assert!(ask(&mut b, OTHER, watch).observe().is_some());
        b.set(VALUE, Value::Float(21.0));
        let n = b.only(OTHER);
        b.acknowledge(OTHER, &n);
        b.set("/2/0/2/0", Value::Integer(0));
        let end = b.only(OTHER);
        assert_eq!((end.code, end.token.as_slice()), (NO, &b"ob"[..]));
        b.acknowledge(OTHER, &end);
        b.set("/2/0/2/0", Value::Integer(1));
        b.set(VALUE, Value::Float(22.0));
        assert!(b.is_silent());
    }
}

#[test]
fn core_8_2_what_a_server_owned_goes_to_who_may_do_most() {
    let controls = [
        (3303, 0, SECOND, &[(0, 31), (SSID, 2), (SECOND, 1), (7, 10), (8, 10)][..]),
        (3303, 1, SECOND, &[(0, 1)]),
        (19, 0, SSID, &[(SECOND, 31)]),
    ];
    let mut c = client(2, &controls);
    let now = Instant::ZERO;
    let account = c
        .paths(path("/1"))
        .find(|p| p.resource_id() == Some(0) && c.get(*p) == Some(Value::Integer(SECOND.into())));
    c.remove(now, account.unwrap().truncate(lwm2m_core::Level::Instance)).unwrap();
    let number = |at: &str| match c.get(path(at)) {
        Some(Value::Integer(n)) => Some(n),
        _ => None,
    };
    assert_eq!(
        (number("/2/0/3"), number("/2/1/3"), number("/2/2/3")),
        (Some(7), Some(65535), Some(101))
    );
    assert_eq!((number("/2/0/2/102"), number("/2/2/2/102")), (None, None));
    assert_eq!((number("/2/0/2/0"), number("/2/0/2/8")), (Some(31), Some(10)));
}
