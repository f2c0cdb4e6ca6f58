//! What a registration says in each version, and how the client and a server find one that both
//! have (Core 6.2.1); queue mode (Core 6.6).
#![cfg(all(feature = "client", feature = "v1-2", feature = "queue-mode"))]
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
use lwm2m_core::client::{Client, Config, Event, Failure, Registration, ServerAccount};
use lwm2m_core::{Value, Version};
use m2m_base::{Duration, Instant, Seed};

fn bench(config: &Config<'_>, account: &ServerAccount<'_>) -> Bench {
    let mut client = Client::new(config, &Seed([7; 32])).unwrap();
    client.add_server(Instant::ZERO, account).unwrap();
    client.add_instance(Instant::ZERO, path("/3303/0")).unwrap();
    client.set(Instant::ZERO, path("/3303/0/5700"), Value::Float(20.0)).unwrap();
    Bench::with(client)
}

fn account(version: Version) -> ServerAccount<'static> {
    ServerAccount { version, ..ServerAccount::new(SSID, PEER, "coap://server.example.com") }
}

const EP: &str = "ep=urn:dev:os:32473-1";

#[test]
fn core_6_2_1_parameters_and_list_of_each_version() {
    let queue = Some(Duration::ZERO);
    let config = Config { queue_mode: queue, sms_number: "441234567890", ..config() };
    let without_security = "</1/0>,</3/0>,</19>,</3303>;ver=1.1,</3303/0>";
    let sms = "sms=441234567890";
    for (version, uri, root) in [
        (Version::V1_0, format!("/rd?{EP}&lwm2m=1.0&lt=86400&b=UQ&{sms}"), ""),
        (
            Version::V1_1,
            format!("/rd?{EP}&lwm2m=1.1&lt=86400&b=UT&Q&{sms}"),
            "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\",",
        ),
        (
            Version::V1_2,
            format!("/rd?{EP}&lwm2m=1.2&lt=86400&b=UTM&Q&{sms}"),
            "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542 11544\",",
        ),
    ] {
        let account = ServerAccount { binding: "UTMQ", ..account(version) };
        let mut b = bench(&config, &account);
        b.start();
        let register = b.only(PEER);
        assert_eq!(register.uri(), uri);
        assert_eq!(register.text(), format!("{root}{without_security}"));
        b.sent.push((PEER, register));
        b.accept_registration(PEER, "1");
        // An Update repeats none of it.
        b.client.command(b.now, |c, now| c.update(now, SSID)).unwrap();
        assert_eq!(b.only(PEER).uri(), "/rd/1");
    }
    // A binding that the version does not have is UDP.
    let mut b = bench(&config, &ServerAccount { binding: "H", ..account(Version::V1_1) });
    b.start();
    assert!(b.only(PEER).uri().contains("&b=U&Q"));
}

#[test]
fn core_6_2_1_a_server_that_has_older_versions_only() {
    let mut b = bench(&config(), &account(Version::V1_2));
    b.start();
    for version in ["1.2", "1.1"] {
        let register = b.only(PEER);
        assert!(register.uri().contains(&format!("lwm2m={version}&")), "{}", register.uri());
        b.answer(PEER, &register, Code::PRECONDITION_FAILED, &[]);
        assert!(b.events().is_empty(), "no failure while there is another version");
    }
    let register = b.accept_registration(PEER, "1");
    assert!(register.uri().contains("lwm2m=1.0&"));
    // The formats are those of the version.
    assert_eq!(b.ask(Ask::new(Code::GET, "/1/0")).format(), Some(F::LWM2M_TLV));
    // Later registrations keep to it, until the application starts over.
    b.events();
    b.client.command(b.now, |c, now| c.update(now, SSID)).unwrap();
    let update = b.only(PEER);
    b.answer(PEER, &update, Code::NOT_FOUND, &[]);
    assert!(b.only(PEER).uri().contains("lwm2m=1.0&"));
    b.client.command(b.now, |c, now| c.register(now, SSID)).unwrap();
    assert!(b.only(PEER).uri().contains("lwm2m=1.2&"));
}

#[test]
fn core_6_2_1_no_older_version_than_the_account_allows() {
    let oldest = Version::V1_1;
    let mut b = bench(&config(), &ServerAccount { oldest, ..account(Version::V1_1) });
    b.start();
    let register = b.only(PEER);
    b.answer(PEER, &register, Code::PRECONDITION_FAILED, &[]);
    let again = Some(b.now + Duration::from_secs(60));
    let reason = Failure::Response(Code::PRECONDITION_FAILED);
    assert_eq!(b.events(), [Event::RegistrationFailed { server: SSID, reason, again }]);
}

#[test]
fn object_1_resource_25_names_the_versions_of_the_server() {
    for (versions, used) in [
        (&["1.0", "1.1"][..], "1.1"),
        (&["1.0"], "1.0"),
        (&["1.2", "1.1"], "1.2"),
        (&["2.0"], "1.2"),
    ] {
        let mut b = bench(&config(), &account(Version::V1_2));
        for (n, version) in versions.iter().enumerate() {
            let at = path(&format!("/1/0/25/{n}"));
            let value = Value::string(version);
            b.client.command(b.now, move |c, now| c.set(now, at, value)).unwrap();
        }
        b.start();
        assert!(b.only(PEER).uri().contains(&format!("lwm2m={used}&")), "{versions:?}");
    }
}

#[test]
fn core_1_2_6_2_1_a_profile_stands_for_the_list() {
    let config = Config { profile: "6:27354b9a", ..config() };
    // A server that knows it.
    let mut b = bench(&config, &account(Version::V1_2));
    b.start();
    let register = b.accept_registration(PEER, "1");
    assert_eq!(register.uri(), format!("/rd?{EP}&lwm2m=1.2&lt=86400&b=U&pid=6:27354b9a"));
    assert_eq!((register.format(), register.text()), (None, String::new()));
    // What changes is told as a list, and the profile is none any more.
    b.client.command(b.now, |c, now| c.add_instance(now, path("/3303/1"))).unwrap();
    let update = b.only(PEER);
    assert!(update.text().ends_with("</3303/1>"));
    b.answer(PEER, &update, Code::NOT_FOUND, &[]);
    let register = b.only(PEER);
    assert!(!register.uri().contains("pid=") && register.text().ends_with("</3303/1>"));

    // A server that does not: 4.09, then both.
    let mut b = bench(&config, &account(Version::V1_2));
    b.start();
    let register = b.only(PEER);
    b.answer(PEER, &register, Code::CONFLICT, &[]);
    let register = b.accept_registration(PEER, "1");
    assert!(register.uri().contains("pid=") && register.text().contains("</3303/0>"));
    assert_eq!(b.events(), [Event::Registered { server: SSID }]);

    // 4.09 for the list as well is a failure; older versions have no profiles.
    let mut b = bench(&config, &account(Version::V1_2));
    b.start();
    for _ in 0..2 {
        let register = b.only(PEER);
        b.answer(PEER, &register, Code::CONFLICT, &[]);
    }
    assert!(matches!(b.engine().registration(SSID), Some(Registration::Waiting { .. })));
    let mut b = bench(&config, &account(Version::V1_1));
    b.start();
    let register = b.only(PEER);
    assert!(!register.uri().contains("pid=") && register.text().contains("</3303/0>"));
}

#[test]
fn core_6_6_the_client_listens_for_93_seconds_and_sleeps_until_the_update() {
    let config = Config { queue_mode: Some(Duration::ZERO), ..config() };
    let mut b = bench(&config, &ServerAccount { lifetime: 3600, ..account(Version::V1_1) });
    assert!(!b.engine().is_awake());
    b.start();
    assert!(b.engine().is_awake());
    b.accept_registration(PEER, "1");
    assert_eq!(b.events(), [Event::Registered { server: SSID }]);
    b.pass_secs(92);
    assert!(b.engine().is_awake() && b.events().is_empty());
    // A request of the server begins the time anew.
    b.ask(Ask::read("/3/0", F::LWM2M_TLV));
    b.pass(Duration::from_millis(92_999));
    assert!(b.engine().is_awake());
    b.pass(Duration::from_millis(1));
    assert_eq!(b.events(), [Event::Asleep { server: SSID }]);
    assert!(!b.engine().is_awake());
    // Now nothing happens until the Update, 93 s before the lifetime ends.
    assert_eq!(b.seconds_until_sent(3600), 3600 - 93 - 92 - 93);
    let update = b.only(PEER);
    assert!(b.engine().is_awake());
    b.answer(PEER, &update, Code::CHANGED, &[]);
    b.events();
    b.pass_secs(93);
    assert_eq!(b.events(), [Event::Asleep { server: SSID }]);
    // A notification wakes it, and keeps it awake while it is not acknowledged.
    b.ask(Ask::observe("/3303/0/5700", b"o"));
    b.pass_secs(93);
    assert_eq!(b.events(), [Event::Asleep { server: SSID }]);
    b.set("/3303/0/5700", Value::Float(5.0));
    let notification = b.only(PEER);
    assert!(b.engine().is_awake());
    b.acknowledge(PEER, &notification);
    b.pass_secs(93);
    assert_eq!(b.events(), [Event::Asleep { server: SSID }]);
}

#[test]
fn core_6_6_each_server_has_its_own_window() {
    let config = Config { queue_mode: Some(Duration::from_secs(10)), ..config() };
    let mut b = bench(&config, &account(Version::V1_1));
    b.client.command(b.now, add_second);
    b.start();
    b.accept_registration(PEER, "1");
    b.pass_secs(2);
    // Two seconds later, after a retransmission or without one.
    let at = b.sent.iter().position(|(peer, _)| *peer == OTHER).unwrap();
    let (_, register) = b.sent.remove(at);
    b.sent.clear();
    b.sent.push((OTHER, register));
    b.accept_registration(OTHER, "2");
    b.events();
    b.pass_secs(8);
    assert_eq!(b.events(), [Event::Asleep { server: SSID }]);
    assert!(b.engine().is_awake(), "for the second");
    b.pass_secs(2);
    assert_eq!(b.events(), [Event::Asleep { server: SECOND }]);
    assert!(!b.engine().is_awake());
    // Without queue mode a client always listens.
    assert!(Bench::registered().engine().is_awake());
}
