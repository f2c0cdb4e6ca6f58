//! Bootstrap (Core 1.1, 6.1): the request, the operations and their codes, all or nothing.
#![cfg(feature = "bootstrap")]
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
use lwm2m_core::client::{
    BootstrapAccount, Bootstrapping, Client, Config, Event, Failure, Limits, Registration,
    ServerAccount, UsageError,
};
use lwm2m_core::format::{Item, write};
use lwm2m_core::{ObjectLink, Path, Value, Version, object};
use m2m_base::{Duration, Instant, PeerId, Seed};
use proptest::prelude::*;

const BS: PeerId = PeerId(0x0a00_0003_1633);
const NEW: PeerId = PeerId(0x0a00_0004_1633);

/// A client with a bootstrap server, and nothing else to turn to.
fn factory(config: &Config<'_>, account: &BootstrapAccount<'_>) -> Bench {
    let mut client = Client::new(config, &Seed([7; 32])).unwrap();
    client.add_bootstrap_server(Instant::ZERO, account).unwrap();
    client.add_instance(Instant::ZERO, path("/3303/0")).unwrap();
    client.set(Instant::ZERO, path("/3/0/0"), Value::string("Example Devices")).unwrap();
    Bench::with(client)
}

fn fresh() -> Bench {
    factory(&config(), &BootstrapAccount::new(BS, "coap://bs.example.com"))
}

/// A client that is registered with server 101 and knows a bootstrap server.
fn provided() -> Bench {
    let mut client = new_client(&config());
    let account = BootstrapAccount::new(BS, "coap://bs.example.com");
    client.add_bootstrap_server(Instant::ZERO, &account).unwrap();
    let mut b = Bench::with(client);
    b.start();
    b.accept_registration(PEER, "5a3f");
    b.events();
    b
}

fn tlv(at: &str, items: &[(&str, Value<'_>)]) -> Vec<u8> {
    payload(F::LWM2M_TLV, at, items)
}

fn payload(format: F, at: &str, items: &[(&str, Value<'_>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let items: Vec<_> = items.iter().map(|(at, v)| Item::value(path(at), *v)).collect();
    write(format, Path::parse(at).unwrap(), items, &mut out).unwrap();
    out
}

/// What makes account `ssid` of instances /0/`s` and /1/`i`.
fn account(s: u16, i: u16, ssid: i64) -> (Vec<u8>, Vec<u8>) {
    let at = |o: u16, i: u16, r: u16| format!("/{o}/{i}/{r}");
    let zero: Vec<_> = [0, 1, 2, 10].map(|r| at(0, s, r)).to_vec();
    let one: Vec<_> = [0, 1, 6, 7].map(|r| at(1, i, r)).to_vec();
    let security = tlv(
        &format!("/0/{s}"),
        &[
            (&zero[0], Value::string("coap://new.example.com")),
            (&zero[1], Value::Boolean(false)),
            (&zero[2], Value::Integer(3)),
            (&zero[3], Value::Integer(ssid)),
        ],
    );
    let server = tlv(
        &format!("/1/{i}"),
        &[
            (&one[0], Value::Integer(ssid)),
            (&one[1], Value::Integer(77)),
            (&one[2], Value::Boolean(true)),
            (&one[3], Value::string("U")),
        ],
    );
    (security, server)
}

fn put<'a>(uri: &'a str, payload: &'a [u8]) -> Ask<'a> {
    Ask::send(Code::PUT, uri, F::LWM2M_TLV, payload)
}

const FINISH: Ask<'static> = Ask {
    method: Code::POST,
    uri: "/bs",
    accept: None,
    format: None,
    observe: None,
    block2: None,
    token: &[0xb5],
    payload: b"",
};

fn delete(uri: &str) -> Ask<'_> {
    Ask::new(Code::DELETE, uri)
}

/// The client asks, the bootstrap server agrees.
fn opened(b: &mut Bench) {
    b.client.command(b.now, |c, now| c.bootstrap(now)).unwrap();
    let request = b.only(BS);
    b.answer(BS, &request, Code::CHANGED, &[]);
    let until = b.now + Duration::from_secs(247);
    assert_eq!(b.engine().bootstrapping(), Bootstrapping::Open { until });
}

/// Everything that the client holds, as text.
fn picture(b: &Bench) -> Vec<String> {
    let node = |p: Path| format!("{p}={:?}", b.engine().get(p));
    b.engine().paths(Path::ROOT).map(node).collect()
}

#[test]
fn core_6_1_from_factory_to_registration() {
    let mut b = fresh();
    b.start();
    let request = b.only(BS);
    assert_eq!((request.code, request.message_type), (Code::POST, MessageType::Confirmable));
    assert_eq!(request.uri(), "/bs?ep=urn:dev:os:32473-1&pct=112");
    assert_eq!(b.engine().bootstrapping(), Bootstrapping::Requesting);
    b.answer(BS, &request, Code::CHANGED, &[]);
    let list = b.ask_as(BS, Ask::discover("/"));
    assert_eq!((list.code, list.format()), (Code::CONTENT, Some(F::LINK_FORMAT)));
    assert_eq!(list.text(), "</>;lwm2m=1.1,</0/0>,</1>,</3/0>,</19>,</3303>;ver=1.1,</3303/0>");
    let (security, server) = account(1, 4, 55);
    assert_eq!(b.ask_as(BS, delete("/1")).code, Code::DELETED);
    assert_eq!(b.ask_as(BS, put("/0/1", &security)).code, Code::CHANGED);
    assert_eq!(b.ask_as(BS, put("/1/4", &server)).code, Code::CHANGED);
    assert!(b.events().is_empty(), "nothing is told before the end");
    assert_eq!(b.engine().registration(55), None);
    assert_eq!(b.ask_as(BS, FINISH).code, Code::CHANGED);
    assert_eq!(b.engine().bootstrapping(), Bootstrapping::Off);
    let created = |at| Event::Created { server: 0, path: path(at) };
    let connect = Event::Connect { server: 55, security: 1 };
    assert_eq!(b.events(), [connect, Event::Bootstrapped, created("/0/1"), created("/1/4")]);
    b.client.command(b.now, |c, now| c.set_peer(now, 55, NEW)).unwrap();
    b.settle();
    let register = b.accept_registration(NEW, "1");
    assert_eq!(register.uri(), "/rd?ep=urn:dev:os:32473-1&lwm2m=1.1&lt=77&b=U");
    assert_eq!(b.events(), [Event::Registered { server: 55 }]);
    // The bootstrap is over: its server has no say any more.
    assert_eq!(b.ask_as(BS, delete("/")).code, Code::UNAUTHORIZED);
    // A server can disable, ask for an Update and for another bootstrap, and never sees object 0.
    assert_eq!(b.ask_as(NEW, Ask::read("/0/1/5", F::TEXT)).code, Code::UNAUTHORIZED);
    assert_eq!(b.ask_as(NEW, Ask::execute("/1/4/8")).code, Code::CHANGED);
    b.sent.clear();
    assert_eq!(b.ask_as(NEW, Ask::execute("/1/4/9")).code, Code::CHANGED);
    assert_eq!(b.only(BS).uri(), "/bs?ep=urn:dev:os:32473-1&pct=112");
}

#[test]
fn core_6_1_2_the_hold_off_and_the_end_of_the_account() {
    let account_of_bs =
        BootstrapAccount { hold_off: 10, timeout: 60, ..BootstrapAccount::new(BS, "coap://b") };
    let mut b = factory(&config(), &account_of_bs);
    b.start();
    let until = b.now + Duration::from_secs(10);
    assert_eq!(b.engine().bootstrapping(), Bootstrapping::Waiting { until });
    assert_eq!(b.seconds_until_sent(20), 10);
    let request = b.only(BS);
    b.answer(BS, &request, Code::CHANGED, &[]);
    let (security, server) = account(1, 0, 55);
    b.ask_as(BS, put("/0/1", &security));
    b.ask_as(BS, put("/1/0", &server));
    assert_eq!(b.ask_as(BS, FINISH).code, Code::CHANGED);
    b.pass_secs(59);
    assert!(b.engine().contains(path("/0/0")));
    b.pass_secs(1);
    assert!(!b.engine().contains(path("/0/0")), "/0/x/12");
    assert_eq!(b.client.command(b.now, |c, now| c.bootstrap(now)), Err(UsageError::NotAllowed));
}

#[test]
fn transport_6_4_2_each_operation_and_its_code() {
    let (bad, not_allowed, absent) = (Code::BAD_REQUEST, Code::METHOD_NOT_ALLOWED, Code::NOT_FOUND);
    let server_ok = account(1, 0, 55).1;
    let text = |uri: &'static str, value: &'static str| Ask::write(uri, value);
    let get = |uri: &'static str| Ask::new(Code::GET, uri);
    for (ask, code) in [
        (Ask::discover("/1"), Code::CONTENT),
        (Ask::discover("/0"), Code::CONTENT),
        (Ask::discover("/9"), absent),
        (Ask::discover("/1/0"), bad),
        (Ask::discover("/x"), bad),
        (get("/1"), Code::CONTENT),
        (get("/1/0"), Code::CONTENT),
        (get("/1/5"), absent),
        (get("/2"), absent),
        (get("/0/0"), not_allowed),
        (get("/1/0/0"), not_allowed),
        (get("/3/0"), not_allowed),
        (get("/"), not_allowed),
        (Ask::read("/1/0", F::TEXT), Code::NOT_ACCEPTABLE),
        (put("/1/5", &server_ok), Code::CHANGED),
        (put("/1/0/1", &[0xc1, 1, 9]), Code::CHANGED),
        (text("/1/0/1", "9"), Code::CHANGED),
        (text("/1/0/13", "9"), Code::CHANGED),
        (text("/0/0/0", "coap://else.example.com"), Code::CHANGED),
        (text("/0/0/77", "9"), bad),
        (text("/1/0/8", ""), bad),
        (text("/1/0/1", "x"), bad),
        (text("/1/0/0", "0"), bad),
        (text("/1/0/1/0", "1"), bad),
        (put("/9/0", b""), bad),
        (put("/x", b""), bad),
        (put("/3/1", &[0xc1, 1, b'x']), bad),
        (put("/1/0", &[0xc1, 1]), bad),
        (Ask { format: None, ..put("/1/0", &[0xc1, 1, 9]) }, bad),
        (Ask::send(Code::PUT, "/1/0", F(9999), b"1"), Code::UNSUPPORTED_CONTENT_FORMAT),
        (Ask::send(Code::PUT, "/1/0", F::TEXT, b"1"), Code::UNSUPPORTED_CONTENT_FORMAT),
        (delete("/1/0"), Code::DELETED),
        (delete("/1"), Code::DELETED),
        (delete("/0"), Code::DELETED),
        (delete("/"), Code::DELETED),
        (delete("/3303/0"), Code::DELETED),
        (delete("/0/1"), bad),
        (delete("/1/7"), bad),
        (delete("/3"), bad),
        (delete("/3/0"), bad),
        (delete("/9"), bad),
        (delete("/1/0/2"), bad),
        (FINISH, Code::CHANGED),
        (Ask::execute("/1/0/8"), not_allowed),
        (Ask::send(Code::POST, "/1", F::LWM2M_TLV, b""), not_allowed),
        (Ask::new(Code::PUT, "/1/0?pmin=1"), bad),
        (Ask::new(Code::FETCH, "/"), not_allowed),
        (Ask::new(Code::GET, "/bs"), not_allowed),
    ] {
        let mut b = provided();
        opened(&mut b);
        b.ask_as(BS, Ask::discover("/"));
        assert_eq!(b.ask_as(BS, ask).code, code, "{:?} {}", ask.method, ask.uri);
        // The server of an account is not served meanwhile, a stranger never.
        if ask != FINISH {
            let read = Ask::read("/3/0/0", F::TEXT);
            assert_eq!(b.ask(read).code, Code::SERVICE_UNAVAILABLE);
            assert_eq!(b.ask_as(OTHER, read).code, Code::UNAUTHORIZED);
        }
    }
}

#[test]
fn core_6_1_7_delete_of_everything_leaves_the_device_and_the_bootstrap_server() {
    static OBJECTS: [&lwm2m_core::ObjectDefinition<'static>; 2] =
        [&object::TEMPERATURE, &object::MQTT_SERVER];
    let mut b = factory(
        &Config { objects: &OBJECTS, ..config() },
        &BootstrapAccount::new(BS, "coap://bs.example.com"),
    );
    b.client
        .command(b.now, |c, now| {
            for mqtt in ["/24/0", "/24/1"] {
                c.add_instance(now, path(mqtt))?;
            }
            let link = ObjectLink { object: 24, instance: 1 };
            c.set(now, path("/0/0/26"), Value::ObjectLink(link))?;
            c.set_peer(now, 0, BS)?;
            c.add_server(now, &ServerAccount::new(SSID, PEER, "coap://s"))
        })
        .unwrap();
    opened(&mut b);
    let list = b.ask_as(BS, Ask::discover("/0"));
    assert!(list.text().ends_with(",</0/0>,</0/1>;ssid=101;uri=\"coap://s\""), "{}", list.text());
    assert_eq!(b.ask_as(BS, delete("/")).code, Code::DELETED);
    let instances: Vec<_> =
        b.engine().paths(Path::ROOT).filter(|p| p.level() == lwm2m_core::Level::Instance).collect();
    assert_eq!(instances, ["/0/0", "/3/0", "/24/1"].map(path));
    let (security, server) = account(1, 0, 101);
    b.ask_as(BS, put("/0/1", &security));
    b.ask_as(BS, put("/1/0", &server));
    assert_eq!(b.ask_as(BS, FINISH).code, Code::CHANGED);
    let events = b.events();
    for gone in ["/3303/0", "/24/0"] {
        assert!(events.contains(&Event::Deleted { server: 0, path: path(gone) }), "{events:?}");
    }
    assert!(!events.contains(&Event::Deleted { server: 0, path: path("/1/0") }), "it is back");
    // The account has other data now and needs another connection.
    assert_eq!(events[0], Event::Connect { server: 101, security: 1 });
}

#[test]
fn core_6_1_7_finish_checks_the_accounts() {
    let (security, server) = account(5, 5, 55);
    let other = account(6, 6, 56);
    let mut spoilt: Vec<(&str, Vec<Ask<'_>>)> = vec![
        ("no server", vec![delete("/0"), delete("/1")]),
        ("no Security", vec![put("/1/5", &server)]),
        ("no Server", vec![put("/0/5", &security)]),
        ("Security without Server", vec![delete("/1")]),
        ("Server without Security", vec![delete("/0")]),
        ("no address", vec![Ask::write("/0/0/0", "")]),
        ("another Short Server ID", vec![Ask::write("/1/0/0", "9")]),
        ("two Server", vec![put("/1/5", &server), Ask::write("/1/5/0", "101")]),
        ("two Security", vec![put("/0/5", &security), Ask::write("/0/5/10", "101")]),
        ("two bootstrap servers", vec![Ask::write("/0/0/1", "1"), delete("/1")]),
        ("a link to nowhere", vec![Ask::write("/0/0/17", "21:7")]),
    ];
    let too_many = vec![
        put("/0/5", &security),
        put("/1/5", &server),
        put("/0/6", &other.0),
        put("/1/6", &other.1),
    ];
    spoilt.push(("more than there is room for", too_many));
    for (what, asks) in spoilt {
        let mut b = provided();
        let before = picture(&b);
        opened(&mut b);
        for ask in asks {
            let code = b.ask_as(BS, ask).code;
            assert!(code.is_success(), "{what}: {} {code:?}", ask.uri);
        }
        assert_eq!(b.ask_as(BS, FINISH).code, Code::NOT_ACCEPTABLE, "{what}");
        // The bootstrap server can mend it.
        assert!(matches!(b.engine().bootstrapping(), Bootstrapping::Open { .. }));
        for mend in [delete("/0"), delete("/1"), put("/0/5", &security), put("/1/5", &server)] {
            assert!(b.ask_as(BS, mend).code.is_success());
        }
        let mend_bs = b.ask_as(BS, FINISH).code;
        assert_eq!(mend_bs, Code::CHANGED, "{what} {before:?} {:?}", picture(&b));
        assert_eq!(b.engine().registration(55), Some(Registration::Connecting));
        assert_eq!(b.engine().registration(SSID), None);
    }
}

#[test]
fn a_bootstrap_that_is_cut_anywhere_leaves_everything_as_it_was() {
    let (security, server) = account(0, 7, 55);
    let resource = tlv("/3/0", &[("/3/0/14", Value::string("+01:00 and much more"))]);
    let asks = [
        Ask::discover("/"),
        delete("/"),
        put("/0/0", &security),
        put("/1/7", &server),
        Ask::write("/1/7/1", "12345"),
        put("/3/0", &resource),
        Ask::write("/1/7/7", "UNTSQ0123"),
        delete("/1/7"),
        put("/1/7", &server),
        Ask::new(Code::GET, "/1"),
    ];
    for cut in 0..=asks.len() {
        for way in 0..4 {
            let mut b = provided();
            b.ask(Ask::observe("/3/0/0", b"o"));
            let before = picture(&b);
            opened(&mut b);
            for ask in &asks[..cut] {
                assert!(b.ask_as(BS, *ask).code.is_success(), "{} {:?}", ask.uri, ask.method);
            }
            let reason = match way {
                0 => {
                    b.pass_secs(246);
                    assert!(b.is_silent() || cut == 0, "no Update, no notification");
                    b.pass_secs(1);
                    Failure::TimedOut
                }
                1 => {
                    b.client.command(b.now, |c, now| c.connection_failed(now, 0)).unwrap();
                    Failure::Connection
                }
                2 => {
                    b.client.command(b.now, |c, now| c.set_peer(now, 0, NEW)).unwrap();
                    Failure::Reset
                }
                _ => {
                    // A write that is refused near its end.
                    let mut broken = account(9, 0, 66).0;
                    broken.push(0xc1);
                    for at in ["/0/9", "/0/0"] {
                        assert_eq!(b.ask_as(BS, put(at, &broken)).code, Code::BAD_REQUEST);
                    }
                    b.pass_secs(247);
                    Failure::TimedOut
                }
            };
            let failed = Event::BootstrapFailed { reason, again: None };
            let events = b.events();
            assert!(events.contains(&failed), "{cut} {way}: {events:?}");
            assert!(!events.iter().any(|e| matches!(e, Event::Deleted { .. })), "{events:?}");
            assert_eq!(picture(&b), before, "{cut} {way}");
            assert_eq!(b.engine().registration(SSID), Some(Registration::Registered));
            // The account goes on where it was.
            for (_, update) in std::mem::take(&mut b.sent) {
                assert_eq!(update.uri(), "/rd/5a3f");
                b.answer(PEER, &update, Code::CHANGED, &[]);
            }
            assert_eq!(b.ask(Ask::read("/3/0/0", F::TEXT)).text(), "Example Devices");
            b.set("/3/0/0", Value::string("Another"));
            assert_eq!(b.only(PEER).text(), "Another");
            b.client.check_replay(provided_client());
        }
    }
}

fn provided_client() -> Client {
    let mut client = new_client(&config());
    let account = BootstrapAccount::new(BS, "coap://bs.example.com");
    client.add_bootstrap_server(Instant::ZERO, &account).unwrap();
    client
}

#[test]
fn what_the_table_has_no_room_for_is_refused_and_undone() {
    let (security, server) = account(1, 0, 55);
    let mut refused = 0;
    for values in 12..60 {
        let limits = Limits { values, ..Limits::DEVICE };
        let config = Config { limits, objects: &[], ..config() };
        let mut client = Client::new(&config, &Seed([7; 32])).unwrap();
        let bs = BootstrapAccount::new(BS, "coap://b");
        if client.add_bootstrap_server(Instant::ZERO, &bs).is_err() {
            continue;
        }
        let mut b = Bench::with(client);
        let before = picture(&b);
        opened(&mut b);
        let codes =
            [put("/0/1", &security), put("/1/0", &server)].map(|ask| b.ask_as(BS, ask).code);
        if codes.iter().all(|code| code.is_success()) {
            assert_eq!(b.ask_as(BS, FINISH).code, Code::CHANGED);
            continue;
        }
        refused += 1;
        assert!(codes.contains(&Code::INTERNAL_SERVER_ERROR), "{codes:?}");
        assert_eq!(b.ask_as(BS, FINISH).code, Code::NOT_ACCEPTABLE);
        b.pass_secs(247);
        assert_eq!(picture(&b), before, "{values}");
    }
    assert!(refused > 3);
}

#[test]
fn a_request_that_fails_is_repeated() {
    let mut b = fresh();
    b.start();
    // Refused, 60 s later again, then 120, 240, 480, a day.
    for wait in [60, 120, 240, 480, 86_400, 60] {
        let request = b.only(BS);
        b.answer(BS, &request, Code::BAD_REQUEST, &[]);
        let again = Some(b.now + Duration::from_secs(wait));
        let reason = Failure::Response(Code::BAD_REQUEST);
        assert_eq!(b.events(), [Event::BootstrapFailed { reason, again }]);
        b.pass(Duration::from_millis(wait * 1000 - 1));
        assert!(b.is_silent());
        b.pass(Duration::from_millis(1));
    }
    // A format that the server does not like is not named again.
    let request = b.only(BS);
    b.answer(BS, &request, Code::UNSUPPORTED_CONTENT_FORMAT, &[]);
    assert_eq!(b.only(BS).uri(), "/bs?ep=urn:dev:os:32473-1");
    // No answer at all: five transmissions, then the same.
    b.pass_secs(93);
    let events = b.events();
    let [Event::BootstrapFailed { reason: Failure::TimedOut, again: Some(_) }] = events[..] else {
        panic!("{events:?}");
    };
}

#[test]
fn the_bootstrap_server_may_begin_before_its_answer_arrives() {
    let mut b = fresh();
    b.start();
    let request = b.only(BS);
    let (security, server) = account(1, 0, 55);
    assert_eq!(b.ask_as(BS, put("/0/1", &security)).code, Code::CHANGED);
    b.answer(BS, &request, Code::CHANGED, &[]);
    assert_eq!(b.ask_as(BS, put("/1/0", &server)).code, Code::CHANGED);
    let finish = FINISH.datagram(900);
    b.datagram(BS, &finish);
    b.datagram(BS, &finish);
    let answers: Vec<_> = b.sent.iter().filter(|(_, m)| m.id == 900).collect();
    assert_eq!(answers.len(), 2, "a Finish that comes twice is answered twice, and done once");
    assert!(answers.iter().all(|(_, m)| m.code == Code::CHANGED));
    let bootstrapped = b.events().iter().filter(|e| **e == Event::Bootstrapped).count();
    assert_eq!(bootstrapped, 1);
}

#[test]
fn a_bootstrap_server_may_replace_its_own_account() {
    let mut b = provided();
    opened(&mut b);
    let own = tlv(
        "/0/1",
        &[
            ("/0/1/0", Value::string("coap://bs2.example.com")),
            ("/0/1/1", Value::Boolean(true)),
            ("/0/1/2", Value::Integer(3)),
        ],
    );
    assert_eq!(b.ask_as(BS, put("/0/1", &own)).code, Code::CHANGED);
    assert_eq!(b.ask_as(BS, FINISH).code, Code::CHANGED, "the old one gets its answer");
    b.events();
    b.sent.clear();
    b.client.command(b.now, |c, now| c.bootstrap(now)).unwrap();
    assert_eq!(b.events(), [Event::Connect { server: 0, security: 1 }]);
    b.client.command(b.now, |c, now| c.set_peer(now, 0, NEW)).unwrap();
    assert!(b.only(NEW).uri().starts_with("/bs?"));
}

#[test]
fn object_1_resource_16_registration_falls_back_to_bootstrap() {
    // Refused: at once. No answer: after the last attempt.
    let mut b = Bench::with(provided_client());
    b.start();
    let register = b.only(PEER);
    b.answer(PEER, &register, Code::FORBIDDEN, &[]);
    assert!(b.only(BS).uri().starts_with("/bs?"));
    let reason = Failure::Response(Code::FORBIDDEN);
    let failed = Event::RegistrationFailed { server: SSID, reason, again: None };
    assert_eq!(b.events(), [failed]);

    let mut b = Bench::with(provided_client());
    b.set("/1/0/17", Value::Integer(2));
    b.start();
    let mut seconds = 0;
    while !b.sent.iter().any(|(peer, _)| *peer == BS) {
        b.pass_secs(1);
        seconds += 1;
    }
    assert!((180..=250).contains(&seconds), "62 to 93, 60, 62 to 93: {seconds}");
    assert_eq!(b.sent.iter().filter(|(peer, _)| *peer == PEER).count(), 10);

    // An account that does not want it tries on.
    let mut b = Bench::with(provided_client());
    b.set("/1/0/16", Value::Boolean(false));
    b.start();
    let register = b.only(PEER);
    b.answer(PEER, &register, Code::FORBIDDEN, &[]);
    assert!(b.is_silent());
    b.pass_secs(60);
    b.accept_registration(PEER, "1");

    // With another server there is no need.
    let mut client = provided_client();
    add_second(&mut client, Instant::ZERO);
    let mut b = Bench::with(client);
    b.start();
    b.accept_registration(OTHER, "2");
    let register = b.only(PEER);
    b.answer(PEER, &register, Code::FORBIDDEN, &[]);
    assert!(b.is_silent());
}

#[test]
fn a_1_0_client_lets_the_bootstrap_server_begin() {
    let config = Config { version: Version::V1_0, ..config() };
    let account_of_bs = BootstrapAccount { hold_off: 600, ..BootstrapAccount::new(BS, "coap://b") };
    let mut b = factory(&config, &account_of_bs);
    b.start();
    let (security, server) = account(1, 0, 55);
    assert_eq!(b.ask_as(BS, delete("/1")).code, Code::DELETED);
    assert_eq!(b.ask_as(BS, Ask::new(Code::GET, "/1")).code, Code::METHOD_NOT_ALLOWED);
    assert_eq!(b.ask_as(BS, put("/0/1", &security)).code, Code::CHANGED);
    assert_eq!(b.ask_as(BS, put("/1/0", &server)).code, Code::CHANGED);
    assert_eq!(b.ask_as(BS, FINISH).code, Code::CHANGED);
    assert_eq!(b.engine().registration(55), Some(Registration::Connecting));
    b.pass_secs(700);
    assert!(b.is_silent(), "no request any more");
    // Without waiting: the request has no preferred format.
    let mut b = factory(&config, &BootstrapAccount::new(BS, "coap://b"));
    b.start();
    assert_eq!(b.only(BS).uri(), "/bs?ep=urn:dev:os:32473-1");
}

#[test]
fn core_1_2_6_1_7_a_pack_is_a_bootstrap_in_one_answer() {
    let config = Config { version: Version::V1_2, ..config() };
    let bs = BootstrapAccount::new(BS, "coap://b");
    let items = [
        ("/0/1/0", Value::string("coap://new.example.com")),
        ("/0/1/1", Value::Boolean(false)),
        ("/0/1/2", Value::Integer(3)),
        ("/0/1/10", Value::Integer(55)),
        ("/1/0/0", Value::Integer(55)),
        ("/1/0/1", Value::Integer(77)),
        ("/1/0/6", Value::Boolean(true)),
        ("/1/0/7", Value::string("U")),
        ("/3/0/14", Value::string("+01:00")),
    ];
    for format in [F::SENML_CBOR, F::SENML_JSON, F::LWM2M_CBOR] {
        let mut b = factory(&config, &bs);
        b.start();
        let request = b.only(BS);
        assert_eq!(
            (request.code, request.uri().as_str()),
            (Code::GET, "/bspack?ep=urn:dev:os:32473-1&acc=</0/0>")
        );
        let pack = payload(format, "/", &items);
        let ct = coap_core::Uint::new(format.0.into());
        let options = [(OptionNumber::CONTENT_FORMAT, ct.as_bytes())];
        let ack = MessageType::Acknowledgement;
        let answer = message(ack, Code::CONTENT, request.id, &request.token, &options, &pack);
        b.datagram(BS, &answer);
        assert!(b.events().contains(&Event::Bootstrapped), "{format:?}");
        assert_eq!(b.engine().get(path("/3/0/14")), Some(Value::string("+01:00")));
        assert_eq!(b.engine().get(path("/3/0/0")), Some(Value::string("Example Devices")));
        assert_eq!(b.engine().registration(55), Some(Registration::Connecting));
    }
    // Refused, or without sense: the other way.
    for (code, bytes) in
        [(Code::NOT_IMPLEMENTED, &b""[..]), (Code::CONTENT, b"\x80"), (Code::CONTENT, b"x")]
    {
        let mut b = factory(&config, &bs);
        let before = picture(&b);
        b.start();
        let request = b.only(BS);
        let options = [(OptionNumber::CONTENT_FORMAT, &[112u8][..])];
        let ack = MessageType::Acknowledgement;
        b.datagram(BS, &message(ack, code, request.id, &request.token, &options, bytes));
        assert_eq!(b.only(BS).uri(), "/bs?ep=urn:dev:os:32473-1&pct=112", "{code:?}");
        assert_eq!(picture(&b), before);
    }
}

#[test]
fn core_6_1_3_what_a_smartcard_or_the_factory_holds() {
    let mut b = fresh();
    let (security, server) = account(1, 0, 55);
    let now = b.now;
    let cut = security[..security.len() - 1].to_vec();
    let wrong =
        b.client.command(now, move |c, now| c.provision(now, path("/0/1"), F::LWM2M_TLV, &cut));
    assert_eq!(wrong, Err(UsageError::Invalid));
    assert!(!b.engine().contains(path("/0/1")));
    b.client
        .command(now, move |c, now| {
            c.provision(now, path("/0/1"), F::LWM2M_TLV, &security)?;
            c.provision(now, path("/1/0"), F::LWM2M_TLV, &server)
        })
        .unwrap();
    b.start();
    assert!(b.is_silent(), "no bootstrap: there is a server");
    assert!(b.events().contains(&Event::Connect { server: 55, security: 1 }));
}

#[test]
fn what_servers_leave_empty_is_not_there() {
    // As Leshan writes it: SMS parameters without any content.
    let mut b = fresh();
    opened(&mut b);
    let (mut security, server) = account(1, 0, 55);
    security.extend(tlv(
        "/0/1",
        &[
            ("/0/1/6", Value::Integer(3)),
            ("/0/1/7", Value::opaque(b"")),
            ("/0/1/8", Value::opaque(b"")),
            ("/0/1/9", Value::string("")),
        ],
    ));
    assert_eq!(b.ask_as(BS, put("/0/1", &security)).code, Code::CHANGED);
    assert_eq!(b.ask_as(BS, put("/1/0", &server)).code, Code::CHANGED);
    assert_eq!(b.ask_as(BS, FINISH).code, Code::CHANGED);
    assert!(!b.engine().contains(path("/0/1/7")));
    assert_eq!(b.engine().get(path("/0/1/6")), Some(Value::Integer(3)));
}

#[test]
fn a_connection_is_lost_after_the_bootstrap_server_has_overwritten_its_own_account() {
    let mut b = fresh();
    opened(&mut b);
    let before = b.engine().get(path("/0/0/0")).map(|uri| format!("{uri:?}"));
    // Without resource 1, which says that it is the bootstrap server's.
    assert_eq!(b.ask_as(BS, put("/0/0", &[0xc1, 10, 55])).code, Code::CHANGED);
    b.client.command(b.now, |c, now| c.connection_failed(now, 0)).unwrap();
    assert_eq!(b.engine().get(path("/0/0/0")).map(|uri| format!("{uri:?}")), before);
    b.client.command(b.now, |c, now| c.set_peer(now, 0, BS)).unwrap();
}

proptest! {
    /// Whatever a bootstrap server does in whatever little room: undone, it never was; and no room
    /// is lost by it, however often it comes.
    #[test]
    fn a_bootstrap_of_any_sort_can_be_undone(
        steps in proptest::collection::vec(
            (0usize..12, 0u8..5, proptest::collection::vec(any::<u8>(), 0..24)),
            1..30,
        ),
        values in 50u16..90,
        text in 80u32..160,
    ) {
        let limits = Limits { values, text, ..Limits::DEVICE };
        let mut client = Client::new(&Config { limits, ..config() }, &Seed([7; 32])).unwrap();
        let now = Instant::ZERO;
        let bs = BootstrapAccount::new(BS, "coap://bs.example.com");
        client.add_bootstrap_server(now, &bs).unwrap();
        let server = ServerAccount::new(SSID, PEER, "coap://server.example.com");
        client.add_server(now, &server).unwrap();
        client.add_instance(now, path("/3303/0")).unwrap();
        client.set(now, path("/3/0/0"), Value::string("Example Devices")).unwrap();
        let mut b = Bench::with(client);
        b.start();
        b.accept_registration(PEER, "1");
        let before = picture(&b);
        let (security, server) = account(4, 5, 55);
        for _ in 0..2 {
            b.client.command(b.now, |c, now| c.bootstrap(now)).unwrap();
            let request = b.only(BS);
            b.answer(BS, &request, Code::CHANGED, &[]);
            for (which, id, bytes) in &steps {
                let at = ["/0", "/1", "/3", "/3303", "/19"][usize::from(*id)];
                let instance = format!("{at}/{}", bytes.first().map_or(0, |b| b % 6));
                let resource = format!("{instance}/{}", bytes.last().map_or(0, |b| b % 20));
                let ask = match which {
                    0 => delete("/"),
                    1 => delete(at),
                    2 => delete(&instance),
                    3 | 4 => put(&instance, bytes),
                    5 => put(at, bytes),
                    6 => Ask::send(Code::PUT, &resource, F::OCTET_STREAM, bytes),
                    7 => Ask::write(&resource, "a text of more than seven bytes"),
                    8 => Ask::write(&resource, "1"),
                    9 => put("/0/4", &security),
                    10 => put("/1/5", &server),
                    _ => Ask::discover("/"),
                };
                let answer = b.ask_as(BS, ask).code;
                let short = [Code::CHANGED, Code::DELETED, Code::CONTENT, Code::BAD_REQUEST];
                let known = short.contains(&answer)
                    || answer == Code::UNSUPPORTED_CONTENT_FORMAT
                    || answer == Code::INTERNAL_SERVER_ERROR;
                prop_assert!(known, "{answer:?}");
            }
            b.client.command(b.now, |c, now| c.connection_failed(now, 0)).unwrap();
            b.client.command(b.now, |c, now| c.set_peer(now, 0, BS)).unwrap();
            b.events();
            b.sent.clear();
            prop_assert_eq!(picture(&b), before.clone());
            prop_assert_eq!(b.engine().registration(SSID), Some(Registration::Registered));
        }
        // The room is there that was there.
        let room = "x".repeat(15);
        let set = b.client.command(b.now, move |c, now| {
            c.set(now, path("/3/0/0"), Value::string(&room))
        });
        prop_assert_eq!(set, Ok(()));
    }
}
