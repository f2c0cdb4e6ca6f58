//! What a registration costs: bytes and time.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "test code"
)]

mod server_common;

use coap_core::MessageType;
use lwm2m_core::server::{Config, Event, Limits, Server};
use m2m_base::{Duration, Instant, PeerId, Seed};
use server_common::{Ask, Owned};
use std::time::Instant as WallClock;

/// The links of an ordinary device.
const LINKS: &str = "</1/0>,</3/0>,</4/0>,</5/0>,</3303/0>;ver=1.1";

fn server(registrations: u32) -> Server {
    let limits = Limits {
        registrations,
        coap: coap_core::Limits { requests: 4096, ..Limits::SMALL.coap },
        ..Limits::LARGE
    };
    Server::new(&Config { limits, ..Config::default() }, &Seed([3; 32])).unwrap()
}

fn name(n: u32) -> String {
    format!("urn:imei:{:015}", 490_154_203_237_518u64 + u64::from(n))
}

/// Registers client `n`; its location.
fn register(server: &mut Server, now: Instant, n: u32, buf: &mut [u8]) -> String {
    let uri = format!("/rd?ep={}&lt=86400&lwm2m=1.1&b=U", name(n));
    let id = u16::try_from(n % 65536).unwrap();
    let datagram = Ask::post(&uri, LINKS).datagram(id, &n.to_be_bytes());
    server.handle_datagram(now, PeerId(n.into()), &datagram);
    let sent = server.poll_transmit(now, buf).unwrap().unwrap();
    let location = Owned::parse(&buf[..sent.len]).location();
    assert!(matches!(server.poll_event(), Some(Event::Registered { .. })));
    assert!(server.poll_event().is_none());
    location
}

/// At the worst place, just behind a doubling of the tables, and at an ordinary one.
#[test]
fn a_registration_costs_at_most_384_bytes() {
    for count in [4_200u32, 10_000, 16_385] {
        let mut server = server(count);
        let mut buf = [0; 2048];
        // The events, and whatever is there once.
        register(&mut server, Instant::ZERO, count, &mut buf);
        let info = allocation_counter::measure(|| {
            for n in 1..count {
                let location = register(&mut server, Instant::ZERO, n, &mut buf);
                drop(location);
            }
        });
        let each = info.bytes_current.unsigned_abs() as f64 / f64::from(count);
        println!("{count} registrations: {each:.1} bytes of heap each");
        assert!(each <= 384.0, "{each}");
        assert_eq!(server.registration_count(), count);
    }
}

/// Endpoints that do nothing cost nothing per step, and an Update allocates nothing.
#[test]
fn updates_do_not_allocate() {
    let mut server = server(2000);
    let mut buf = [0; 2048];
    let locations: Vec<String> =
        (0..2000).map(|n| register(&mut server, Instant::ZERO, n, &mut buf)).collect();
    let datagrams: Vec<_> = (0u16..2000)
        .map(|n| Ask::post(&locations[usize::from(n)], "").datagram(n ^ 0x8000, &[1]))
        .collect();
    let mut now = Instant::from_millis(1);
    let info = allocation_counter::measure(|| {
        for round in 0..3 {
            for (n, datagram) in (0..).zip(&datagrams) {
                server.handle_datagram(now, PeerId(n), datagram);
                let sent = server.poll_transmit(now, &mut buf).unwrap().unwrap();
                assert_eq!(buf[1], coap_core::Code::CHANGED.0, "round {round}: {}", sent.len);
                assert!(matches!(server.poll_event(), Some(Event::Updated { .. })));
            }
            now += Duration::from_secs(1000);
            server.handle_timeout(now);
        }
    });
    assert_eq!(info.count_total, 0);
}

/// Prints; asserts nothing about time. `cargo test --release -p lwm2m-core --test server_scale
/// -- --nocapture speed`
#[test]
fn speed_of_registration_update_and_expiry() {
    let mut buf = [0; 2048];
    for count in [1u32, 1_000, 10_000, 100_000, 1_000_000] {
        // With `small` tables are looked through from end to end: nothing for a server.
        let (most, updates) =
            if cfg!(feature = "small") { (1_000, 5_000) } else { (10_000, 100_000) };
        if cfg!(debug_assertions) && count > most {
            continue;
        }
        let mut server = server(count);
        let mut now = Instant::ZERO;
        let start = WallClock::now();
        let locations: Vec<String> =
            (0..count).map(|n| register(&mut server, now, n, &mut buf)).collect();
        let registering = start.elapsed() / count;
        let rounds = (updates / count).max(1);
        let datagrams: Vec<_> = (0..rounds.saturating_mul(count))
            .map(|n| {
                let id = u16::try_from(n.wrapping_add(7) % 65536).unwrap();
                let client = n.wrapping_mul(7919) % count;
                let ask = Ask::post(&locations[client as usize], "");
                (PeerId(client.into()), ask.datagram(id, &[1, 2, 3, 4]))
            })
            .collect();
        let start = WallClock::now();
        for (peer, datagram) in &datagrams {
            now += Duration::from_millis(50);
            server.handle_datagram(now, *peer, datagram);
            server.poll_transmit(now, &mut buf).unwrap().unwrap();
            while server.poll_event().is_some() {}
            let _ = server.poll_timeout();
        }
        let updating = start.elapsed() / u32::try_from(datagrams.len()).unwrap();
        assert_eq!(server.counters().updated as usize, datagrams.len());
        let start = WallClock::now();
        now += Duration::from_secs(86_400 + 10);
        server.handle_timeout(now);
        let mut expired = 0;
        while let Some(event) = server.poll_event() {
            expired += u32::from(matches!(event, Event::Expired { .. }));
        }
        assert_eq!((expired, server.registration_count()), (count, 0));
        let expiring = start.elapsed() / count;
        println!(
            "{count:>7} clients: register {registering:?}, update {updating:?}, expire {expiring:?} each"
        );
    }
}

/// Prints what one Read, out and in, costs.
#[test]
fn speed_of_a_read() {
    let mut server = server(1000);
    let mut buf = [0; 2048];
    let now = Instant::ZERO;
    for n in 0..1000 {
        register(&mut server, now, n, &mut buf);
    }
    let ids: Vec<_> = server.registrations().map(|r| r.id()).collect();
    let rounds = 20_000u32;
    let mut answer = Vec::new();
    let start = WallClock::now();
    for n in 0..rounds {
        let id = ids[n as usize % ids.len()];
        server.read(now, id, lwm2m_core::Path::resource(3, 0, 0)).unwrap();
        let sent = server.poll_transmit(now, &mut buf).unwrap().unwrap();
        answer.clear();
        // The same bytes with the code and type of an answer: the token and id stay.
        answer.extend_from_slice(&[0x60 | buf[0] & 15, 0x45, buf[2], buf[3]]);
        answer.extend_from_slice(&buf[4..4 + usize::from(buf[0] & 15)]);
        answer.extend_from_slice(b"\xc0\xffhello");
        server.handle_datagram(now, sent.peer, &answer);
        let Some(Event::Response { id, .. }) = server.poll_event() else { panic!() };
        assert_eq!(server.response(id).unwrap().payload(), b"hello");
        server.release(id);
    }
    println!("a read, out and in: {:?}", start.elapsed() / rounds);
    assert_eq!(Owned::parse(&answer).message_type, MessageType::Acknowledgement);
}
