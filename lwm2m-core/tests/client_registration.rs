//! Registration (Core 6.2): Register, Update, De-register; order and retries (object 1, resources
//! 13 to 20).
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
use coap_core::{Code, ContentFormat, MessageType, OptionNumber};
use lwm2m_core::client::{Config, Event, Failure, Limits, Registration, ServerAccount, UsageError};
use lwm2m_core::{Value, Version};
use m2m_base::{Duration, Engine, PeerId};

const LIST: &str =
    "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\",</1/0>,</3/0>,</19>,</3303>;ver=1.1,</3303/0>";

#[test]
fn core_6_2_1_register() {
    let mut b = Bench::new();
    assert_eq!(b.engine().registration(SSID), Some(Registration::Off));
    assert!(b.is_silent());
    b.start();
    let register = b.only(PEER);
    assert_eq!(register.message_type, MessageType::Confirmable);
    assert_eq!(register.code, Code::POST);
    assert_eq!(register.uri(), "/rd?ep=urn:dev:os:32473-1&lwm2m=1.1&lt=300&b=U");
    assert_eq!(register.format(), Some(ContentFormat::LINK_FORMAT));
    assert_eq!(register.text(), LIST);
    assert_eq!(b.engine().registration(SSID), Some(Registration::Registering));
    let place = OptionNumber::LOCATION_PATH;
    b.answer(PEER, &register, Code::CREATED, &[(place, b"rd"), (place, b"5a3f")]);
    assert_eq!(b.events(), [Event::Registered { server: SSID }]);
    assert_eq!(b.engine().registration(SSID), Some(Registration::Registered));
    // `start` again changes nothing.
    b.start();
    assert!(b.is_silent());
    b.client.check_replay(new_client(&config()));
}

#[test]
fn core_6_2_1_register_of_a_1_0_client_without_a_name() {
    let mut client =
        lwm2m_core::client::Client::new(&Config::new(""), &m2m_base::Seed([1; 32])).unwrap();
    let mut account = ServerAccount::new(7, PEER, "coap://x");
    account.version = Version::V1_0;
    account.binding = "UQ";
    client.add_server(m2m_base::Instant::ZERO, &account).unwrap();
    let mut b = Bench::with(client);
    b.start();
    let register = b.only(PEER);
    assert_eq!(register.uri(), "/rd?lwm2m=1.0&lt=86400&b=UQ");
    assert_eq!(register.text(), "</1/0>,</3/0>");
}

#[test]
fn core_6_2_2_update_before_the_lifetime_ends() {
    let mut b = Bench::registered();
    for _ in 0..3 {
        // 300 s less MAX_TRANSMIT_WAIT
        assert_eq!(b.seconds_until_sent(400), 207);
        let update = b.only(PEER);
        assert_eq!((update.code, update.uri()), (Code::POST, "/rd/5a3f".into()));
        assert_eq!((update.format(), update.text()), (None, String::new()));
        b.answer(PEER, &update, Code::CHANGED, &[]);
        assert_eq!(b.events(), [Event::Updated { server: SSID }]);
    }
}

#[test]
fn core_6_2_2_what_changed_is_told_once_and_together() {
    let mut b = Bench::registered();
    // The server writes the lifetime; before the Update is answered more changes.
    assert_eq!(b.ask(Ask::write("/1/0/1", "600")).code, Code::CHANGED);
    let update = b.only(PEER);
    assert_eq!(update.uri(), "/rd/5a3f?lt=600");
    assert_eq!(update.text(), "");
    b.client
        .command(b.now, |c, now| {
            c.add_instance(now, path("/3303/1"))?;
            c.add_instance(now, path("/19/0"))?;
            c.remove(now, path("/3303/0"))
        })
        .unwrap();
    assert!(b.is_silent(), "one Update at a time");
    b.answer(PEER, &update, Code::CHANGED, &[]);
    let second = b.only(PEER);
    assert_eq!(second.uri(), "/rd/5a3f");
    assert_eq!(second.format(), Some(ContentFormat::LINK_FORMAT));
    assert!(second.text().ends_with(",</19/0>,</3303>;ver=1.1,</3303/1>"), "{}", second.text());
    b.answer(PEER, &second, Code::CHANGED, &[]);
    assert!(b.is_silent());
    // The new lifetime counts: 600 - 93.
    assert_eq!(b.seconds_until_sent(600), 507);
    let events = b.events();
    assert_eq!(events.last(), Some(&Event::Updated { server: SSID }));
    assert!(events.contains(&Event::Written { server: SSID, path: path("/1/0/1") }));
}

#[test]
fn core_6_2_2_the_binding_and_the_trigger() {
    let mut b = Bench::registered();
    b.set("/1/0/7", Value::string("UT"));
    let update = b.only(PEER);
    assert_eq!(update.uri(), "/rd/5a3f?b=UT");
    b.answer(PEER, &update, Code::CHANGED, &[]);
    assert!(b.is_silent());
    assert_eq!(b.ask(Ask::execute("/1/0/8")).code, Code::CHANGED);
    let update = b.only(PEER);
    assert_eq!(update.uri(), "/rd/5a3f");
    b.answer(PEER, &update, Code::CHANGED, &[]);
    b.events();
    // By the application.
    assert_eq!(b.client.command(b.now, |c, now| c.update(now, SSID)), Ok(()));
    assert_eq!(b.only(PEER).uri(), "/rd/5a3f");
    assert_eq!(b.client.command(b.now, |c, now| c.update(now, 9)), Err(UsageError::UnknownServer));
}

#[test]
fn core_6_2_2_an_update_that_fails_is_a_new_registration() {
    for code in [Code::NOT_FOUND, Code::BAD_REQUEST, Code::INTERNAL_SERVER_ERROR] {
        let mut b = Bench::registered();
        assert_eq!(b.ask(Ask::execute("/1/0/8")).code, Code::CHANGED);
        let update = b.only(PEER);
        b.answer(PEER, &update, code, &[]);
        let register = b.accept_registration(PEER, "77");
        assert_eq!(register.text(), LIST);
        assert_eq!(b.events(), [Event::Registered { server: SSID }]);
        assert_eq!(b.ask(Ask::execute("/1/0/8")).code, Code::CHANGED);
        assert_eq!(b.only(PEER).uri(), "/rd/77");
    }
    // Without an answer the same.
    let mut b = Bench::registered();
    b.client.command(b.now, |c, now| c.update(now, SSID)).unwrap();
    b.pass_secs(93);
    let (updates, registers): (Vec<_>, Vec<_>) =
        b.sent.iter().map(|(_, m)| m.uri()).partition(|uri| uri == "/rd/5a3f");
    assert_eq!(updates.len(), 5, "MAX_RETRANSMIT");
    assert!(registers[0].starts_with("/rd?"));
}

#[test]
fn core_6_2_3_deregister() {
    let mut b = Bench::registered();
    b.client.command(b.now, |c, now| c.deregister(now, SSID)).unwrap();
    let request = b.only(PEER);
    assert_eq!((request.code, request.uri()), (Code::DELETE, "/rd/5a3f".into()));
    b.answer(PEER, &request, Code::DELETED, &[]);
    assert_eq!(b.events(), [Event::Deregistered { server: SSID }]);
    b.pass_secs(100_000);
    assert!(b.is_silent());
    assert_eq!(b.client.poll_timeout(), None);
    assert_eq!(b.ask(Ask::read("/3/0/0", ContentFormat::TEXT)).code, Code::SERVICE_UNAVAILABLE);
    b.start();
    b.accept_registration(PEER, "2");
    assert_eq!(b.events(), [Event::Registered { server: SSID }]);
    b.client.check_replay(new_client(&config()));
}

#[test]
fn a_registration_can_be_ended_at_any_time() {
    // While a Register is under way.
    let mut b = Bench::new();
    b.start();
    let register = b.only(PEER);
    b.client.command(b.now, |c, now| c.deregister(now, SSID)).unwrap();
    assert_eq!(b.events(), [Event::Deregistered { server: SSID }]);
    b.answer(PEER, &register, Code::CREATED, &[(OptionNumber::LOCATION_PATH, b"1")]);
    b.sent.clear();
    b.pass_secs(1000);
    assert!(b.is_silent() && b.events().is_empty());
    // While an Update is.
    let mut b = Bench::registered();
    b.client.command(b.now, |c, now| c.update(now, SSID)).unwrap();
    b.client.command(b.now, |c, now| c.deregister(now, SSID)).unwrap();
    b.settle();
    let request = b.sent.pop().unwrap().1;
    assert_eq!(request.code, Code::DELETE);
    b.answer(PEER, &request, Code::DELETED, &[]);
    assert_eq!(b.events(), [Event::Deregistered { server: SSID }]);
}

#[test]
fn object_1_resource_4_disable() {
    let mut b = Bench::registered();
    assert_eq!(b.ask(Ask::write("/1/0/5", "1000")).code, Code::CHANGED);
    assert_eq!(b.ask(Ask::execute("/1/0/4")).code, Code::CHANGED);
    let request = b.only(PEER);
    assert_eq!((request.code, request.uri()), (Code::DELETE, "/rd/5a3f".into()));
    b.answer(PEER, &request, Code::DELETED, &[]);
    let until = b.now + Duration::from_secs(1000);
    assert_eq!(b.events().last(), Some(&Event::Disabled { server: SSID, until }));
    assert_eq!(b.engine().registration(SSID), Some(Registration::Disabled { until }));
    assert_eq!(b.seconds_until_sent(2000), 1000);
    b.accept_registration(PEER, "3");
    assert_eq!(b.engine().registration(SSID), Some(Registration::Registered));
}

/// Seconds between attempts, measured from the failure before.
fn waits(b: &mut Bench, code: Code) -> Vec<u64> {
    let mut waits = Vec::new();
    loop {
        let register = b.only(PEER);
        b.answer(PEER, &register, code, &[]);
        let Some(Event::RegistrationFailed { again, reason, .. }) = b.events().pop() else {
            panic!("no failure")
        };
        assert_eq!(reason, Failure::Response(code));
        let Some(again) = again else { return waits };
        let wait = b.seconds_until_sent(200_000);
        assert_eq!(b.now, again);
        waits.push(wait);
    }
}

#[test]
fn object_1_resources_17_to_20_retries() {
    let mut b = Bench::new();
    b.start();
    assert_eq!(waits(&mut b, Code::FORBIDDEN), [60, 120, 240, 480]);
    assert_eq!(b.engine().registration(SSID), Some(Registration::Failed));
    assert_eq!(b.client.poll_timeout(), None);
    // Two sequences of three attempts.
    for (at, n) in [("/1/0/17", 3), ("/1/0/18", 10), ("/1/0/19", 500), ("/1/0/20", 2)] {
        b.set(at, Value::Unsigned(n));
    }
    b.start();
    assert_eq!(waits(&mut b, Code::BAD_REQUEST), [10, 20, 500, 10, 20]);
    // The application can always try again.
    b.client.command(b.now, |c, now| c.register(now, SSID)).unwrap();
    b.settle();
    b.accept_registration(PEER, "4");
    assert_eq!(b.events(), [Event::Registered { server: SSID }]);
}

#[test]
fn a_server_that_does_not_answer() {
    let mut b = Bench::new();
    b.start();
    b.pass_secs(92);
    assert_eq!(b.sent.len(), 5, "MAX_RETRANSMIT");
    b.pass_secs(1);
    let Some(Event::RegistrationFailed { reason, again, .. }) = b.events().pop() else { panic!() };
    assert_eq!(reason, Failure::TimedOut);
    assert!(again.unwrap() <= b.now + Duration::from_secs(60));
}

#[test]
fn an_answer_without_a_usable_location_is_a_failure() {
    let long = [b'x'; 70];
    for location in [&[][..], &[&long[..]]] {
        let mut b = Bench::new();
        b.start();
        let register = b.only(PEER);
        let options: Vec<_> = location.iter().map(|s| (OptionNumber::LOCATION_PATH, *s)).collect();
        b.answer(PEER, &register, Code::CREATED, &options);
        let Some(Event::RegistrationFailed { reason, .. }) = b.events().pop() else { panic!() };
        assert_eq!(reason, Failure::Location);
    }
}

#[test]
fn a_list_that_does_not_fit_is_a_failure() {
    let limits = Limits { scratch: 128, ..Limits::DEVICE };
    let mut b = Bench::with(new_client(&Config { limits, ..config() }));
    b.start();
    let Some(Event::RegistrationFailed { reason, .. }) = b.events().pop() else { panic!() };
    assert_eq!(reason, Failure::TooLarge);
}

#[test]
fn several_servers_independent_of_each_other() {
    let mut client = new_client(&config());
    add_second(&mut client, m2m_base::Instant::ZERO);
    let mut b = Bench::with(client);
    b.start();
    assert_eq!(b.sent.len(), 2);
    let first = b.accept_registration(PEER, "1");
    let second = b.accept_registration(OTHER, "2");
    assert!(first.uri().contains("lt=300") && second.uri().contains("lt=600"));
    assert!(second.text().contains("</1/0>,</1/1>,"));
    assert_eq!(b.ask_as(OTHER, Ask::read("/1/1/0", ContentFormat::TEXT)).text(), "102");
    // A write to one's lifetime is an update with that one.
    assert_eq!(b.ask_as(OTHER, Ask::write("/1/1/1", "700")).code, Code::CHANGED);
    assert_eq!(b.only(OTHER).uri(), "/rd/2?lt=700");
}

#[test]
fn object_1_resources_13_to_15_order() {
    let two = || {
        let mut client = new_client(&config());
        let zero = m2m_base::Instant::ZERO;
        add_second(&mut client, zero);
        for (at, n) in [("/1/0/13", 2), ("/1/1/13", 1), ("/1/0/14", 5), ("/1/1/14", 7)] {
            client.set(zero, path(at), Value::Unsigned(n)).unwrap();
        }
        client
    };
    let mut b = Bench::with(two());
    b.start();
    assert_eq!(b.engine().registration(SSID), Some(Registration::Queued));
    assert_eq!(b.seconds_until_sent(100), 7);
    b.accept_registration(OTHER, "1");
    assert_eq!(b.seconds_until_sent(100), 5);
    b.accept_registration(PEER, "2");
    // One that fails lets the next one try, or does not.
    for (block, next) in [(false, 5), (true, 2000)] {
        let mut client = two();
        let zero = m2m_base::Instant::ZERO;
        client.set(zero, path("/1/1/15"), Value::Boolean(block)).unwrap();
        client.set(zero, path("/1/1/17"), Value::Unsigned(1)).unwrap();
        let mut b = Bench::with(client);
        b.start();
        b.seconds_until_sent(100);
        let register = b.only(OTHER);
        b.answer(OTHER, &register, Code::FORBIDDEN, &[]);
        if block {
            b.pass_secs(next);
            assert!(b.is_silent());
            assert_eq!(b.engine().registration(SSID), Some(Registration::Queued));
        } else {
            assert_eq!(b.seconds_until_sent(100), next);
            b.accept_registration(PEER, "2");
        }
    }
}

#[test]
fn a_new_address_is_a_new_registration() {
    let mut b = Bench::registered();
    let new = PeerId(77);
    b.client.command(b.now, move |c, now| c.set_peer(now, SSID, new)).unwrap();
    b.settle();
    b.accept_registration(new, "9");
    assert_eq!(b.events(), [Event::Registered { server: SSID }]);
    assert_eq!(b.ask(Ask::read("/3/0/0", ContentFormat::TEXT)).code, Code::UNAUTHORIZED);
    let answer = b.ask_as(new, Ask::read("/3/0/0", ContentFormat::TEXT));
    assert_eq!(answer.text(), "Example Devices");
}

#[test]
fn accounts_are_checked() {
    let mut client = new_client(&config());
    let now = m2m_base::Instant::ZERO;
    let account = ServerAccount::new(102, OTHER, "coap://x");
    for (account, error) in [
        (ServerAccount { ssid: 0, ..account }, UsageError::Invalid),
        (ServerAccount { ssid: 65535, ..account }, UsageError::Invalid),
        (ServerAccount { ssid: SSID, ..account }, UsageError::Exists),
        (ServerAccount { peer: PEER, ..account }, UsageError::Exists),
    ] {
        assert_eq!(client.add_server(now, &account), Err(error));
    }
    client.add_server(now, &account).unwrap();
    let third = ServerAccount { ssid: 103, peer: PeerId(3), ..account };
    assert_eq!(client.add_server(now, &third), Err(UsageError::Full));
    assert!(!client.contains(path("/1/2")) && !client.contains(path("/0/2")));
    // What makes an account stays what it is.
    let no = Err(UsageError::NotAllowed);
    assert_eq!(client.set(now, path("/1/0/0"), Value::Integer(7)), no);
    assert_eq!(client.set(now, path("/0/0/10"), Value::Integer(7)), no);
    for at in ["/1/0/1", "/1/0/8", "/0/0/0"] {
        assert_eq!(client.remove(now, path(at)), no, "{at}");
    }
    assert_eq!(client.remove(now, path("/1/0/4")), Ok(()), "Disable is optional");
}

#[test]
fn a_lifetime_that_is_none_is_the_default() {
    let mut b = Bench::registered();
    assert_eq!(b.ask(Ask::write("/1/0/1", "-5")).code, Code::CHANGED);
    assert_eq!(b.only(PEER).uri(), "/rd/5a3f?lt=86400");
    let mut b = Bench::registered();
    assert_eq!(b.ask(Ask::write("/1/0/1", "0")).code, Code::CHANGED);
    let update = b.only(PEER);
    assert_eq!(update.uri(), "/rd/5a3f?lt=0");
    b.answer(PEER, &update, Code::CHANGED, &[]);
    b.events();
    assert_eq!(b.client.poll_timeout().filter(|at| *at > b.now + Duration::from_secs(300)), None);
    b.pass_secs(200_000);
    assert!(b.is_silent(), "no end");
}

/// An Update for which there is no room comes a second later, and until then nothing is due: a
/// deadline that stays in the past would keep the driver busy.
#[test]
fn an_update_without_room_waits() {
    let mut c = config();
    c.limits.coap.exchanges = 1;
    let mut client = new_client(&c);
    add_second(&mut client, m2m_base::Instant::ZERO);
    let mut b = Bench::with(client);
    b.start();
    b.accept_registration(PEER, "1");
    b.pass_secs(2);
    b.accept_registration(OTHER, "2");
    // The first Update has the one place, and is not answered.
    b.pass_secs(206);
    let update = b.only(PEER);
    assert_eq!(update.uri(), "/rd/1");
    b.client.command(b.now, |c, now| c.update(now, SECOND)).unwrap();
    b.pass_secs(4);
    let updates = |b: &Bench| b.sent.iter().filter(|(peer, _)| *peer == OTHER).count();
    assert_eq!(updates(&b), 0);
    b.answer(PEER, &update, Code::CHANGED, &[]);
    b.pass_secs(1);
    assert_eq!(updates(&b), 1);
}
