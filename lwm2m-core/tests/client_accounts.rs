//! Server accounts: instances of objects 0 and 1 joined by their Short Server ID (Core 1.1, E.1,
//! E.2), and the connections that the driver makes for them.
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
use coap_core::{Code, ContentFormat};
use lwm2m_core::client::{Client, Event, Failure, Registration, UsageError};
use lwm2m_core::{Value, Version};
use m2m_base::{Instant, PeerId, Seed};

const THIRD: PeerId = PeerId(3);

/// What an account is made of, but not its Short Server IDs.
fn half(client: &mut Client, security: u16, server: u16) {
    let now = Instant::ZERO;
    let (zero, one) = (format!("/0/{security}"), format!("/1/{server}"));
    client.add_instance(now, path(&zero)).unwrap();
    client.add_instance(now, path(&one)).unwrap();
    for (at, value) in [
        (format!("{zero}/0"), Value::string("coap://third.example.com")),
        (format!("{zero}/1"), Value::Boolean(false)),
        (format!("{zero}/2"), Value::Integer(3)),
        (format!("{one}/1"), Value::Integer(60)),
        (format!("{one}/6"), Value::Boolean(false)),
        (format!("{one}/7"), Value::string("U")),
    ] {
        client.set(now, path(&at), value).unwrap();
    }
}

fn joined(security: u16, server: u16, ssid: u16) -> Bench {
    let number = Value::Integer(ssid.into());
    let mut client = Client::new(&config(), &Seed([7; 32])).unwrap();
    half(&mut client, security, server);
    let now = Instant::ZERO;
    client.set(now, path(&format!("/1/{server}/0")), number).unwrap();
    assert_eq!(client.registration(ssid), None, "no Security names it");
    client.set(now, path(&format!("/0/{security}/10")), number).unwrap();
    Bench::with(client)
}

#[test]
fn an_account_is_a_pair_of_instances() {
    let mut b = joined(5, 9, 7);
    assert_eq!(b.engine().registration(7), Some(Registration::Off));
    b.start();
    // There is no connection: the driver is asked for one, and nothing is sent.
    assert_eq!(b.events(), [Event::Connect { server: 7, security: 5 }]);
    assert!(b.is_silent());
    assert_eq!(b.engine().registration(7), Some(Registration::Connecting));
    b.pass_secs(1000);
    assert!(b.is_silent() && b.events().is_empty());
    b.client.command(b.now, |c, now| c.set_peer(now, 7, THIRD)).unwrap();
    let register = b.only(THIRD);
    assert_eq!(register.uri(), "/rd?ep=urn:dev:os:32473-1&lwm2m=1.1&lt=60&b=U");
    assert!(register.text().contains("</1/9>,</3/0>"), "{}", register.text());
    b.sent.push((THIRD, register));
    b.accept_registration(THIRD, "1");
    assert_eq!(b.events(), [Event::Registered { server: 7 }]);
    // Its settings are those of its own instance of object 1.
    let write = b.ask_as(THIRD, Ask::write("/1/9/1", "90"));
    assert_eq!(write.code, Code::CHANGED);
    assert_eq!(b.only(THIRD).uri(), "/rd/1?lt=90");
    assert_eq!(b.ask_as(THIRD, Ask::execute("/1/5/8")).code, Code::NOT_FOUND);
}

#[test]
fn a_bootstrap_servers_instance_makes_no_account() {
    let mut client = Client::new(&config(), &Seed([7; 32])).unwrap();
    half(&mut client, 0, 0);
    let now = Instant::ZERO;
    client.set(now, path("/0/0/1"), Value::Boolean(true)).unwrap();
    client.set(now, path("/0/0/10"), Value::Integer(7)).unwrap();
    client.set(now, path("/1/0/0"), Value::Integer(7)).unwrap();
    assert_eq!(client.registration(7), None);
    client.set(now, path("/0/0/1"), Value::Boolean(false)).unwrap();
    assert_eq!(client.registration(7), Some(Registration::Off));
}

#[test]
fn what_a_connection_fails_for_counts_as_an_attempt() {
    let mut b = joined(0, 0, 7);
    b.start();
    b.events();
    b.client.command(b.now, |c, now| c.connection_failed(now, 7)).unwrap();
    let again = Some(b.now + m2m_base::Duration::from_secs(60));
    let reason = Failure::Connection;
    assert_eq!(b.events(), [Event::RegistrationFailed { server: 7, reason, again }]);
    b.pass_secs(60);
    assert_eq!(b.events(), [Event::Connect { server: 7, security: 0 }]);
    let unknown = b.client.command(b.now, |c, now| c.connection_failed(now, 8));
    assert_eq!(unknown, Err(UsageError::UnknownServer));
}

#[test]
fn a_connection_that_is_gone_ends_what_was_under_way() {
    let failed = |b: &mut Bench| {
        b.client.command(b.now, |c, now| c.connection_failed(now, SSID)).unwrap();
        b.settle();
        b.sent.clear();
        b.events()
    };
    let connect = Event::Connect { server: SSID, security: 0 };
    // Registering: the attempt failed.
    let mut b = Bench::new();
    b.start();
    let again = Some(b.now + m2m_base::Duration::from_secs(60));
    let reason = Failure::Connection;
    assert_eq!(failed(&mut b), [Event::RegistrationFailed { server: SSID, reason, again }]);
    // Registered, or updating: register again.
    let mut b = Bench::registered();
    assert_eq!(failed(&mut b), [connect]);
    let mut b = Bench::registered();
    b.client.command(b.now, |c, now| c.update(now, SSID)).unwrap();
    assert_eq!(failed(&mut b), [connect]);
    // On the way out: out.
    let mut b = Bench::registered();
    b.client.command(b.now, |c, now| c.deregister(now, SSID)).unwrap();
    assert_eq!(failed(&mut b), [Event::Deregistered { server: SSID }]);
    b.pass_secs(1000);
    assert!(b.is_silent());
}

#[test]
fn other_credentials_ask_for_another_connection() {
    let mut b = Bench::registered();
    let key = Value::opaque(b"a pre-shared key");
    b.set("/0/0/5", key);
    assert_eq!(b.events(), [Event::Connect { server: SSID, security: 0 }]);
    assert_eq!(b.engine().get(path("/0/0/5")), Some(key));
    assert_eq!(b.ask(Ask::read("/3/0/0", ContentFormat::TEXT)).code, Code::UNAUTHORIZED);
    b.client.command(b.now, |c, now| c.set_peer(now, SSID, THIRD)).unwrap();
    b.settle();
    b.accept_registration(THIRD, "2");
    assert_eq!(b.events(), [Event::Registered { server: SSID }]);
    // A value that is what it was changes nothing.
    b.set("/0/0/5", key);
    assert!(b.events().is_empty() && b.is_silent());
}

#[test]
fn an_account_whose_instance_is_removed_is_gone() {
    for gone in ["/0/0", "/1/0"] {
        let mut b = Bench::registered();
        b.client.command(b.now, add_second);
        b.start();
        b.sent.retain(|(peer, _)| *peer == OTHER);
        b.accept_registration(OTHER, "8");
        b.events();
        b.ask(Ask::observe("/3303/0/5700", b"o"));
        b.ask(Ask::new(Code::PUT, "/3303/0/5700?pmin=7"));
        b.client.command(b.now, move |c, now| c.remove(now, path(gone))).unwrap();
        b.settle();
        assert_eq!(b.engine().registration(SSID), None, "{gone}");
        // The other server learns that an instance is gone, this one nothing.
        assert!(b.sent.iter().all(|(peer, _)| *peer == OTHER));
        b.sent.clear();
        b.set("/3303/0/5700", Value::Float(99.0));
        assert!(b.is_silent());
        assert_eq!(b.ask(Ask::read("/3/0/0", ContentFormat::TEXT)).code, Code::UNAUTHORIZED);
        // Its place is free for another; what was attached does not come back.
        let account = lwm2m_core::client::ServerAccount::new(103, THIRD, "coap://x");
        b.client.command(b.now, move |c, now| c.add_server(now, &account)).unwrap();
        b.start();
        b.sent.retain(|(peer, _)| *peer == THIRD);
        b.accept_registration(THIRD, "3");
        let discover = b.ask_as(THIRD, Ask::discover("/3303/0/5700"));
        assert_eq!(discover.text(), "</3303/0/5700>");
    }
}

#[test]
fn accounts_beyond_the_limit_wait_for_a_place() {
    let mut client = new_client(&config());
    let now = Instant::ZERO;
    add_second(&mut client, now);
    half(&mut client, 9, 9);
    client.set(now, path("/0/9/10"), Value::Integer(7)).unwrap();
    client.set(now, path("/1/9/0"), Value::Integer(7)).unwrap();
    assert_eq!(client.registration(7), None);
    client.remove(now, path("/1/0")).unwrap();
    assert_eq!(client.registration(7), Some(Registration::Off));
    assert_eq!(client.registration(SSID), None);
}

#[test]
fn accounts_register_with_the_version_of_the_configuration() {
    let config = lwm2m_core::client::Config { version: Version::V1_0, ..config() };
    let mut client = Client::new(&config, &Seed([7; 32])).unwrap();
    half(&mut client, 0, 0);
    client.set(Instant::ZERO, path("/0/0/10"), Value::Integer(7)).unwrap();
    client.set(Instant::ZERO, path("/1/0/0"), Value::Integer(7)).unwrap();
    client.set_peer(Instant::ZERO, 7, THIRD).unwrap();
    let mut b = Bench::with(client);
    b.start();
    assert!(b.only(THIRD).uri().contains("lwm2m=1.0"));
}
