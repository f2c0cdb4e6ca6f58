//! A device that loses power and comes back: without a new bootstrap, and where an Update does
//! without a new registration.
#![cfg(all(feature = "restore", feature = "bootstrap"))]
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
use lwm2m_core::client::{
    BootstrapAccount, Client, Config, Event, Limits, Registration, UsageError,
};
use lwm2m_core::{Path, Value, Version, object};
use m2m_base::{BufferTooSmall, Duration, Instant, PeerId, Seed, UnixTime};
use proptest::prelude::*;
use std::collections::BTreeMap;

const BS: PeerId = PeerId(0x0a00_0003_1633);
const NEW: PeerId = PeerId(0x0a00_0004_1633);

type Flash = BTreeMap<u64, Vec<u8>>;

static OBJECTS_HERE: [&lwm2m_core::ObjectDefinition<'static>; 3] =
    [&object::TEMPERATURE, &object::BINARY_APP_DATA_CONTAINER, &object::OSCORE];

fn keeping() -> Config<'static> {
    let limits = Limits { records: 12, ..Limits::DEVICE };
    Config { limits, objects: &OBJECTS_HERE, ..config() }
}

/// Stores what there is to store; how many records came.
fn store(client: &mut Client, flash: &mut Flash) -> usize {
    let mut buf = [0; 600];
    let mut n = 0;
    while let Some(record) = client.poll_journal(&mut buf).unwrap() {
        match record.len {
            Some(len) => flash.insert(record.key, buf[..len].to_vec()),
            None => flash.remove(&record.key),
        };
        n += 1;
        assert!(n < 1000, "it ends");
    }
    n
}

/// A client, its flash, and what it sends.
struct Device {
    client: Client,
    flash: Flash,
    now: Instant,
    sent: Vec<(PeerId, Owned)>,
    events: Vec<Event>,
    next: u16,
}

impl Device {
    fn factory(config: &Config<'_>) -> Device {
        Device::boot(config, Flash::new())
    }

    /// What an application does at every start.
    fn boot(config: &Config<'_>, flash: Flash) -> Device {
        Device::boot_at(config, flash, None)
    }

    /// The same, with a clock.
    fn boot_at(config: &Config<'_>, flash: Flash, time: Option<i64>) -> Device {
        let mut client = Client::new(config, &Seed([5; 32])).unwrap();
        let now = Instant::from_millis(1000);
        if let Some(time) = time {
            client.set_wall_clock(now, UnixTime::from_secs(time));
        }
        for (key, record) in &flash {
            client.restore(now, *key, record).unwrap();
        }
        if client.servers().next().is_none() && client.get(path("/0/0/1")).is_none() {
            let bs = BootstrapAccount { timeout: 7200, ..BootstrapAccount::new(BS, "coap://bs") };
            client.add_bootstrap_server(now, &BootstrapAccount { peer: None, ..bs }).unwrap();
        }
        client.add_instance(now, path("/3303/0")).unwrap();
        client.set(now, path("/3303/0/5700"), Value::Float(20.0)).unwrap();
        let (sent, events) = (Vec::new(), Vec::new());
        let mut device = Device { client, flash, now, sent, events, next: 100 };
        device.client.start(now);
        device.settle();
        device
    }

    fn settle(&mut self) {
        let mut buf = [0; 1500];
        loop {
            store(&mut self.client, &mut self.flash);
            let transmit = self.client.poll_transmit(self.now, &mut buf).unwrap();
            let event = self.client.poll_event();
            if let Some(t) = transmit {
                self.sent.push((t.peer, Owned::parse(&buf[..t.len])));
            }
            if let Some(Event::Connect { server, .. }) = event {
                let peer = if server == 0 { BS } else { NEW };
                self.client.set_peer(self.now, server, peer).unwrap();
            } else if let Some(event) = event {
                self.events.push(event);
            }
            if transmit.is_none() && event.is_none() {
                break;
            }
        }
    }

    fn pass_secs(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += Duration::from_secs(1);
            self.client.handle_timeout(self.now);
            self.settle();
        }
    }

    fn ask(&mut self, peer: PeerId, ask: Ask<'_>) -> Owned {
        self.next += 1;
        self.client.handle_datagram(self.now, peer, &ask.datagram(self.next));
        self.settle();
        let at = self.sent.iter().position(|(_, m)| m.id == self.next).expect("an answer");
        self.sent.remove(at).1
    }

    /// Answers the only request of the client.
    fn answer(&mut self, code: Code, location: &[&str]) -> Owned {
        assert_eq!(self.sent.len(), 1, "{:?}", self.sent);
        let (peer, request) = self.sent.remove(0);
        let place = coap_core::OptionNumber::LOCATION_PATH;
        let options: Vec<_> = location.iter().map(|s| (place, s.as_bytes())).collect();
        let ack = coap_core::MessageType::Acknowledgement;
        let answer = message(ack, code, request.id, &request.token, &options, b"");
        self.client.handle_datagram(self.now, peer, &answer);
        self.settle();
        request
    }

    /// From the factory to a registration with server 55.
    fn bootstrapped(config: &Config<'_>) -> Device {
        let mut d = Device::factory(config);
        d.answer(Code::CHANGED, &[]);
        let writes: [(&str, &str); 9] = [
            ("/0/1/0", "coap://server.example.com/with/a/long/path"),
            ("/0/1/1", "0"),
            ("/0/1/2", "3"),
            ("/0/1/10", "55"),
            ("/1/0/0", "55"),
            ("/1/0/1", "3600"),
            ("/1/0/6", "1"),
            ("/1/0/7", "U"),
            ("/1/0/2", "5"),
        ];
        for (at, text) in writes {
            assert_eq!(d.ask(BS, Ask::write(at, text)).code, Code::CHANGED, "{at}");
        }
        assert_eq!(d.ask(BS, Ask::new(Code::POST, "/bs")).code, Code::CHANGED);
        let register = d.answer(Code::CREATED, &["rd", "5a3f"]);
        assert!(register.uri().starts_with("/rd?"));
        assert_eq!(d.client.registration(55), Some(Registration::Registered));
        d
    }

    fn reboot(self, config: &Config<'_>) -> Device {
        Device::boot(config, self.flash)
    }
}

fn accounts(client: &Client) -> Vec<String> {
    let of = |o| client.paths(Path::object(o)).map(|p| format!("{p}={:?}", client.get(p)));
    [0, 1, 21].into_iter().flat_map(of).collect()
}

#[test]
fn a_device_comes_back_with_an_update() {
    let d = Device::bootstrapped(&keeping());
    let before = accounts(&d.client);
    let mut d = d.reboot(&keeping());
    assert_eq!(accounts(&d.client), before);
    let update = d.answer(Code::CHANGED, &[]);
    assert_eq!((update.uri(), update.text()), ("/rd/5a3f".into(), String::new()));
    assert_eq!(d.events, [Event::Updated { server: 55 }]);
    // It is managed as before, and updates in time.
    assert_eq!(d.ask(NEW, Ask::read("/1/0/1", F::TEXT)).text(), "3600");
    d.pass_secs(3600 - 93);
    assert_eq!(d.answer(Code::CHANGED, &[]).uri(), "/rd/5a3f");
    // And again; the server writes a lifetime before.
    assert_eq!(d.ask(NEW, Ask::write("/1/0/1", "600")).code, Code::CHANGED);
    assert_eq!(d.answer(Code::CHANGED, &[]).uri(), "/rd/5a3f?lt=600");
    let mut d = d.reboot(&keeping());
    assert_eq!(d.answer(Code::CHANGED, &[]).uri(), "/rd/5a3f");
    assert_eq!(d.ask(NEW, Ask::read("/1/0/1", F::TEXT)).text(), "600");
}

#[test]
fn a_registration_that_the_server_dropped_is_made_again() {
    let mut d = Device::bootstrapped(&keeping()).reboot(&keeping());
    assert_eq!(d.answer(Code::NOT_FOUND, &[]).uri(), "/rd/5a3f");
    let register = d.answer(Code::CREATED, &["rd", "7"]);
    assert!(register.uri().starts_with("/rd?") && register.text().contains("</3303/0>"));
    assert_eq!(d.events.last(), Some(&Event::Registered { server: 55 }));
    // The new location is what is kept now.
    let mut d = d.reboot(&keeping());
    assert_eq!(d.answer(Code::CHANGED, &[]).uri(), "/rd/7");
}

#[test]
fn an_update_carries_the_list_if_it_is_another() {
    let d = Device::bootstrapped(&keeping());
    // The device comes back with firmware that has one object less.
    let config = Config { objects: &OBJECTS_HERE[..1], ..keeping() };
    let mut d = d.reboot(&config);
    let update = d.answer(Code::CHANGED, &[]);
    assert_eq!(update.uri(), "/rd/5a3f");
    assert!(update.text().ends_with("</3/0>,</3303>;ver=1.1,</3303/0>"), "{}", update.text());
}

#[test]
fn a_registration_does_where_an_update_would_not() {
    // The server observed something: that is gone, and only a Register says so.
    let mut d = Device::bootstrapped(&keeping());
    assert_eq!(d.ask(NEW, Ask::observe("/3303/0/5700", b"o")).code, Code::CONTENT);
    let mut d = d.reboot(&keeping());
    assert!(d.answer(Code::CREATED, &["rd", "8"]).uri().starts_with("/rd?"));
    assert_eq!(d.events, [Event::Registered { server: 55 }]);

    // A security session is another one; since 1.2 that does not matter.
    for (version, expected) in [(Version::V1_1, "/rd?"), (Version::V1_2, "/rd/5a3f")] {
        let config = Config { version, ..keeping() };
        let mut d = Device::factory(&config);
        if version == Version::V1_2 {
            d.answer(Code::NOT_IMPLEMENTED, &[]);
        }
        d.answer(Code::CHANGED, &[]);
        for (at, text) in [
            ("/0/1/0", "coaps://server.example.com"),
            ("/0/1/1", "0"),
            ("/0/1/2", "0"),
            ("/0/1/10", "55"),
            ("/1/0/0", "55"),
            ("/1/0/1", "3600"),
        ] {
            assert_eq!(d.ask(BS, Ask::write(at, text)).code, Code::CHANGED, "{at}");
        }
        let key = [7u8; 16];
        let secret = Ask::send(Code::PUT, "/0/1/5", F::OCTET_STREAM, &key);
        assert_eq!(d.ask(BS, secret).code, Code::CHANGED);
        assert_eq!(d.ask(BS, Ask::new(Code::POST, "/bs")).code, Code::CHANGED);
        d.answer(Code::CREATED, &["rd", "5a3f"]);
        let d = d.reboot(&config);
        assert_eq!(d.client.get(path("/0/1/5")), Some(Value::opaque(&key)));
        assert!(d.sent[0].1.uri().starts_with(expected), "{:?}", d.sent);
    }
}

#[test]
fn attributes_come_back() {
    let mut d = Device::bootstrapped(&keeping());
    for uri in ["/3303?pmin=3", "/3303/0/5700?gt=25.5&st=0.5&pmax=60", "/3/0?pmin=9"] {
        assert_eq!(d.ask(NEW, Ask::new(Code::PUT, uri)).code, Code::CHANGED);
    }
    assert_eq!(d.ask(NEW, Ask::new(Code::PUT, "/3/0?pmin")).code, Code::CHANGED);
    let links = d.ask(NEW, Ask::discover("/3303/0/5700")).text();
    assert!(links.contains("pmin=3") && links.contains("gt=25.5"), "{links}");
    let mut d = d.reboot(&keeping());
    d.answer(Code::CHANGED, &[]);
    assert_eq!(d.ask(NEW, Ask::discover("/3303/0/5700")).text(), links);
    assert!(!d.ask(NEW, Ask::discover("/3/0")).text().contains("pmin"));
}

#[test]
fn what_is_gone_is_gone_after_the_restart() {
    let mut d = Device::bootstrapped(&keeping());
    let records = d.flash.len();
    // Deregistered: there is nothing to go on with.
    d.client.deregister(d.now, 55).unwrap();
    d.settle();
    assert_eq!(d.answer(Code::DELETED, &[]).code, Code::DELETE);
    assert_eq!(d.flash.len(), records - 1);
    let mut d = d.reboot(&keeping());
    assert!(d.answer(Code::CREATED, &["rd", "9"]).uri().starts_with("/rd?"));
    // The account of the bootstrap server ends two hours after the bootstrap, restart or not.
    d.pass_secs(3600 - 93);
    d.answer(Code::CHANGED, &[]);
    let mut d = d.reboot(&keeping());
    d.answer(Code::CHANGED, &[]);
    assert!(d.client.contains(path("/0/0")));
    d.pass_secs(3600 - 93);
    d.answer(Code::CHANGED, &[]);
    d.pass_secs(3600 - 93);
    d.answer(Code::CHANGED, &[]);
    d.pass_secs(400);
    assert!(!d.client.contains(path("/0/0")));
    let d = d.reboot(&keeping());
    assert!(!d.client.contains(path("/0/0")) && d.client.contains(path("/0/1")));
}

const VALUE: &str = "/3303/0/5700";

/// A device that stores notifications: what it measured while it was offline.
fn measured_offline(config: &Config<'_>, time: Option<i64>, celsius: &[f64]) -> Flash {
    let d = Device::bootstrapped(config);
    let mut d = Device::boot_at(config, d.flash, time);
    d.answer(Code::CHANGED, &[]);
    observe(&mut d, VALUE);
    d.client.set_online(d.now, 55, false).unwrap();
    for celsius in celsius {
        d.client.set(d.now, path(VALUE), Value::Float(*celsius)).unwrap();
        d.pass_secs(10);
    }
    d.flash
}

fn observe(d: &mut Device, uri: &str) {
    let ask = Ask { accept: Some(F::SENML_JSON), ..Ask::observe(uri, b"ob") };
    assert!(d.ask(NEW, ask).observe().is_some());
}

/// The payloads of notifications, each acknowledged.
fn told(d: &mut Device) -> Vec<String> {
    let mut told = Vec::new();
    while !d.sent.is_empty() {
        let (peer, m) = d.sent.remove(0);
        told.push(m.text());
        let ack = coap_core::MessageType::Acknowledgement;
        d.client.handle_datagram(d.now, peer, &message(ack, Code::EMPTY, m.id, b"", &[], b""));
        d.settle();
    }
    told
}

fn kept(flash: &Flash) -> usize {
    flash.keys().filter(|key| **key >> 32 == 0xffff_0006).count()
}

#[test]
fn object_1_resource_6_what_was_kept_before_the_restart_is_told_with_its_times() {
    let time = 1_800_000_000;
    // The default minimum period of the account is 5 s.
    for (before, after, expected) in [
        (
            Some(time),
            Some(time + 100),
            [
                r#"[{"bn":"/3303/0/5700","t":1800000005,"v":21},{"t":1800000010,"v":22},{"t":1800000105,"v":20}]"#,
            ],
        ),
        // Without a clock it is as old as the restart.
        (None, None, [r#"[{"bn":"/3303/0/5700","t":-7,"v":21},{"t":-7,"v":22},{"t":-2,"v":20}]"#]),
        (
            None,
            Some(time + 100),
            [
                r#"[{"bn":"/3303/0/5700","t":1800000100,"v":21},{"t":1800000100,"v":22},{"t":1800000105,"v":20}]"#,
            ],
        ),
        (
            Some(time),
            None,
            [
                r#"[{"bn":"/3303/0/5700","t":1800000005,"v":21},{"t":1800000010,"v":22},{"t":-2,"v":20}]"#,
            ],
        ),
    ] {
        let flash = measured_offline(&keeping(), before, &[21.0, 22.0]);
        assert_eq!(kept(&flash), 2);
        let mut d = Device::boot_at(&keeping(), flash, after);
        assert!(d.answer(Code::CREATED, &["rd", "8"]).uri().starts_with("/rd?"));
        assert_eq!(told(&mut d), [""; 0]);
        d.pass_secs(7);
        observe(&mut d, VALUE);
        assert_eq!(told(&mut d), expected, "{before:?} {after:?}");
        assert_eq!(kept(&d.flash), 0);
        // It goes on as any other observation, and over the next restart.
        d.client.set(d.now, path(VALUE), Value::Float(23.0)).unwrap();
        d.pass_secs(5);
        assert_eq!(kept(&d.flash), 1, "until it is acknowledged");
        assert_eq!(told(&mut d), [r#"[{"bn":"/3303/0/5700","v":23}]"#]);
        assert_eq!(kept(&d.flash), 0);
    }
}

#[test]
fn what_the_clock_was_not_known_for_is_recorded_again_when_it_is() {
    let config = keeping();
    let mut d = Device::boot(&config, measured_offline(&config, None, &[21.0]));
    d.pass_secs(5);
    d.client.set(d.now, path(VALUE), Value::Float(24.0)).unwrap();
    d.pass_secs(5);
    d.client.set_wall_clock(d.now, UnixTime::from_secs(1_800_000_000));
    d.settle();
    let mut d = Device::boot_at(&config, d.flash, Some(1_800_000_100));
    d.answer(Code::CREATED, &["rd", "8"]);
    observe(&mut d, VALUE);
    // 21 was measured before a restart that it does not know the time of.
    assert_eq!(
        told(&mut d),
        [concat!(
            r#"[{"bn":"/3303/0/5700","t":1800000100,"v":21},{"t":1799999995,"v":20},"#,
            r#"{"t":1800000000,"v":24},{"t":1800000100,"v":20}]"#
        )]
    );
}

#[test]
fn what_is_kept_has_its_limits_over_restarts_too() {
    let limits = |history| Config { limits: Limits { history, ..keeping().limits }, ..keeping() };
    let celsius: Vec<f64> = (0..40).map(|n| 100.0 + f64::from(n)).collect();
    // Each takes 29 bytes.
    let flash = measured_offline(&limits(10 * 29), Some(1_800_000_000), &celsius);
    assert_eq!(kept(&flash), 10);
    // The next firmware has less room: the newest stay.
    let records = flash.len();
    let mut d = Device::boot_at(&limits(5 * 29), flash, Some(1_800_001_000));
    d.answer(Code::CREATED, &["rd", "8"]);
    d.settle();
    assert!(kept(&d.flash) <= 5 && d.flash.len() < records, "{}", kept(&d.flash));
    observe(&mut d, VALUE);
    let told = told(&mut d).concat();
    assert!(told.contains(r#""v":139"#) && !told.contains(r#""v":134"#), "{told}");
    // What the server does not observe again for a lifetime is forgotten; so is all when the client
    // de-registers.
    let flash = measured_offline(&keeping(), None, &celsius);
    assert_eq!(kept(&flash), 40);
    let mut d = Device::boot(&keeping(), flash.clone());
    d.answer(Code::CREATED, &["rd", "8"]);
    d.pass_secs(3600 - 93);
    d.answer(Code::CHANGED, &[]);
    d.pass_secs(3600 - 93);
    d.answer(Code::CHANGED, &[]);
    assert_eq!(kept(&d.flash), 0);
    let mut d = Device::boot(&keeping(), flash);
    d.answer(Code::CREATED, &["rd", "8"]);
    d.client.deregister(d.now, 55).unwrap();
    d.settle();
    d.answer(Code::DELETED, &[]);
    assert_eq!(kept(&d.flash), 0);
    assert_eq!(d.flash.keys().filter(|key| **key >> 32 == 0xffff_0005).count(), 0);
}

#[test]
fn core_1_2_attributes_of_one_observation_are_not_those_of_another_after_a_restart() {
    let config = Config { version: Version::V1_2, ..keeping() };
    let mut d = Device::factory(&config);
    // No Bootstrap-Pack.
    d.answer(Code::NOT_IMPLEMENTED, &[]);
    d.answer(Code::CHANGED, &[]);
    for (at, text) in [
        ("/0/1/0", "coap://s"),
        ("/0/1/2", "3"),
        ("/0/1/10", "55"),
        ("/1/0/0", "55"),
        ("/1/0/1", "3600"),
    ] {
        assert_eq!(d.ask(BS, Ask::write(at, text)).code, Code::CHANGED, "{at}");
    }
    assert_eq!(d.ask(BS, Ask::new(Code::POST, "/bs")).code, Code::CHANGED);
    d.answer(Code::CREATED, &["rd", "5a3f"]);
    observe(&mut d, "/3303/0/5700?gt=50");
    d.client.set_online(d.now, 55, false).unwrap();
    d.client.set(d.now, path(VALUE), Value::Float(60.0)).unwrap();
    d.settle();
    assert_eq!(kept(&d.flash), 1);
    let mut d = d.reboot(&config);
    d.answer(Code::CREATED, &["rd", "8"]);
    // They hold until the server observes again: this one is not worth it.
    let before = kept(&d.flash);
    d.client.set(d.now, path(VALUE), Value::Float(21.0)).unwrap();
    d.settle();
    assert_eq!(kept(&d.flash), before);
    observe(&mut d, VALUE);
    told(&mut d);
    d.client.set(d.now, path(VALUE), Value::Float(22.0)).unwrap();
    d.settle();
    assert_eq!(told(&mut d).len(), 1, "without attributes each change is told");
}

#[test]
fn power_is_lost_after_every_record() {
    // Whatever was stored: the device is bootstrapped, or bootstraps again.
    let full = Device::bootstrapped(&keeping()).flash;
    let keys: Vec<u64> = full.keys().copied().collect();
    for cut in 0..=keys.len() {
        let flash: Flash = keys[..cut].iter().map(|key| (*key, full[key].clone())).collect();
        let d = Device::boot(&keeping(), flash);
        let (_, first) = &d.sent[0];
        let uri = first.uri();
        assert!(uri.starts_with("/bs?") || uri.starts_with("/rd"), "{cut}: {uri}");
    }
}

#[test]
fn nothing_is_sent_before_what_it_rests_on_is_stored() {
    let mut client = Client::new(&keeping(), &Seed([5; 32])).unwrap();
    let now = Instant::ZERO;
    let bs = BootstrapAccount::new(BS, "coap://bs.example.com");
    client.add_bootstrap_server(now, &bs).unwrap();
    client.start(now);
    let mut buf = [0; 1500];
    assert_eq!(client.poll_transmit(now, &mut buf), Ok(None), "there is a record");
    let Err(BufferTooSmall { needed }) = client.poll_journal(&mut [0; 5]) else { panic!() };
    let record = client.poll_journal(&mut buf).unwrap().unwrap();
    assert_eq!((record.key, record.len), (0, Some(needed)));
    assert_eq!(client.poll_journal(&mut buf), Ok(None));
    assert!(client.poll_transmit(now, &mut buf).unwrap().is_some());
    // What changed nothing makes no record.
    client.handle_timeout(now);
    client.set(now, path("/3/0/0"), Value::string("x")).unwrap();
    assert_eq!(client.poll_journal(&mut buf), Ok(None));
    // Without room for records there is no journal, and nothing waits for it.
    let mut client = new_client(&config());
    client.start(now);
    assert_eq!(client.poll_journal(&mut buf), Ok(None));
    assert!(client.poll_transmit(now, &mut buf).unwrap().is_some());
}

#[test]
fn what_has_no_place_is_not_kept_and_disturbs_nothing() {
    for records in 1..6 {
        let config = Config { limits: Limits { records, ..keeping().limits }, ..keeping() };
        let d = Device::bootstrapped(&config);
        assert_eq!(d.flash.len(), usize::from(records));
    }
}

#[test]
fn records_that_do_not_fit_the_client_are_refused_and_leave_nothing() {
    let full = Device::bootstrapped(&keeping()).flash;
    let mut client = Client::new(&keeping(), &Seed([5; 32])).unwrap();
    let now = Instant::ZERO;
    for (key, record) in [
        (0u64, &b""[..]),
        (0, &[2, 0]),
        (3 << 48, &[1]),
        (0xffff_0005_0000_0001, &[1]),
        (0xffff_0006_0000_0001, &[1, 0, 1]),
        (0xffff_0007_0000_0001, &[1, 0]),
        (0xffff_0008_0000_0001, &[1, 0, 1]),
        (0xffff_0009_0000_0000, &[1]),
    ] {
        assert!(client.restore(now, key, record).is_err(), "{key:x}");
    }
    // An object that the client does not have.
    let wrong = client.restore(now, 2 << 48, &[1]);
    assert_eq!(wrong, Err(UsageError::UnknownObject));
    assert!(client.paths(Path::object(0)).next().is_none());
    for (key, record) in &full {
        client.restore(now, *key, record).unwrap();
    }
    assert_eq!(client.registration(55), Some(Registration::Off));
    for (key, record) in [
        (0xffff_0001_0000_0037u64, &[1, 1, 0, 0][..]),
        (0xffff_0002_0000_0037, &[1, 9]),
        (0xffff_0007_0000_0001, &[1, 0, 55, 0, 112, 0, 0, 0, 0, 1]),
    ] {
        assert!(client.restore(now, key, record).is_err(), "{key:x}");
    }
}

#[test]
fn records_of_an_account_that_went_are_removed() {
    let mut client = Client::new(&keeping(), &Seed([5; 32])).unwrap();
    let keys = [
        (0xffff_0001_0000_0037u64, &[1, 1, 0, 0][..]),
        (0xffff_0002_0000_0037, &[1, 0]),
        (0xffff_0005_0000_0001, &[1, 0, 55, 0, 112]),
        (0xffff_0007_0000_0001, &[1, 0, 55, 0, 112, 0, 0, 0, 1, 1]),
    ];
    let mut flash: Flash = keys.map(|(key, record)| (key, record.to_vec())).into();
    for (key, record) in &flash {
        client.restore(Instant::ZERO, *key, record).unwrap();
    }
    assert_eq!(store(&mut client, &mut flash), keys.len());
    assert!(flash.is_empty(), "{flash:?}");
}

/// A device with a clock whose server wants what is sent; what it measured is recorded.
fn recorded(config: &Config<'_>, celsius: &[f64]) -> Device {
    let d = Device::bootstrapped(config);
    let mut d = Device::boot_at(config, d.flash, Some(1_800_000_000));
    d.answer(Code::CHANGED, &[]);
    d.client.set(d.now, path("/1/0/23"), Value::Boolean(false)).unwrap();
    for celsius in celsius {
        d.client.set(d.now, path(VALUE), Value::Float(*celsius)).unwrap();
        d.client.record(d.now, 55, &[path(VALUE)]).unwrap();
        d.pass_secs(10);
    }
    d
}

/// The same after a restart that took fifty seconds.
fn later(flash: Flash) -> Device {
    let mut d = Device::boot_at(&keeping(), flash, Some(1_800_000_100));
    d.answer(Code::CHANGED, &[]);
    d
}

fn send(d: &mut Device, paths: &[Path]) -> Result<lwm2m_core::client::SendId, UsageError> {
    let sent = d.client.send(d.now, 55, F::SENML_JSON, paths);
    d.settle();
    sent
}

/// Records of Sends and of their values.
fn of_sends(flash: &Flash) -> Vec<u64> {
    flash.keys().copied().filter(|key| matches!(key >> 32, 0xffff_0007 | 0xffff_0008)).collect()
}

#[test]
fn core_6_4_5_what_is_recorded_for_send_outlives_restarts() {
    let d = recorded(&keeping(), &[21.0, 22.0]);
    assert_eq!(of_sends(&d.flash).len(), 3, "the Send and two groups of values");
    let mut d = later(d.flash);
    // It goes on where it was; nothing is sent before the application wants it.
    assert!(d.sent.is_empty() && d.client.sends().next().is_none());
    d.client.set(d.now, path(VALUE), Value::Float(23.0)).unwrap();
    d.client.record(d.now, 55, &[path(VALUE)]).unwrap();
    d.pass_secs(5);
    let mut d = later(d.flash);
    let id = send(&mut d, &[]).unwrap();
    assert_eq!(d.client.sends().collect::<Vec<_>>(), [(55, id)]);
    let said = d.answer(Code::CHANGED, &[]);
    assert_eq!(said.uri(), "/dp");
    let times: Vec<_> = said.text().split("},{").map(str::to_owned).collect();
    for (said, (time, celsius)) in
        times.iter().zip([(1_800_000_000, 21), (1_800_000_010, 22), (1_800_000_100, 23)])
    {
        assert!(said.contains(&format!(r#""t":{time},"v":{celsius}"#)), "{times:?}");
    }
    assert_eq!((times.len(), of_sends(&d.flash)), (3, vec![]));
    assert_eq!(d.events.last(), Some(&Event::Sent { server: 55, id }));
}

#[test]
fn core_6_4_5_sends_that_wait_or_are_under_way_begin_anew() {
    let mut d = recorded(&keeping(), &[21.0]);
    // One is under way, one waits for it, a third is open.
    let first = send(&mut d, &[]).unwrap();
    d.client.set(d.now, path(VALUE), Value::Float(22.0)).unwrap();
    let second = send(&mut d, &[path(VALUE)]).unwrap();
    assert_eq!(d.sent.len(), 1);
    d.client.set(d.now, path(VALUE), Value::Float(23.0)).unwrap();
    d.client.record(d.now, 55, &[path(VALUE)]).unwrap();
    d.settle();
    let mut d = later(d.flash);
    assert_eq!(d.client.sends().collect::<Vec<_>>(), [(55, first), (55, second)]);
    for (id, value) in [(first, r#""v":21"#), (second, r#""v":22"#)] {
        let said = d.answer(Code::CHANGED, &[]);
        assert!(said.uri() == "/dp" && said.text().contains(value), "{}", said.text());
        assert_eq!(d.events.last(), Some(&Event::Sent { server: 55, id }));
    }
    assert!(d.sent.is_empty());
    let third = send(&mut d, &[]).unwrap();
    assert_ne!(third, second);
    assert!(d.answer(Code::CHANGED, &[]).text().contains(r#""v":23"#));
    assert_eq!(of_sends(&d.flash), []);
}

#[test]
fn core_6_4_5_power_is_lost_between_the_records_of_sends() {
    let mut d = recorded(&keeping(), &[21.0, 22.0]);
    send(&mut d, &[]).unwrap();
    d.client.record(d.now, 55, &[path(VALUE)]).unwrap();
    d.settle();
    let full = d.flash;
    let records = of_sends(&full);
    assert_eq!(records.len(), 5);
    // Whichever are missing: nothing is sent without values, and nothing stays behind.
    for missing in 0u32..32 {
        let gone = |key: &u64| {
            records.iter().position(|k| k == key).is_some_and(|at| missing >> at & 1 != 0)
        };
        let flash: Flash =
            full.iter().filter(|(key, _)| !gone(key)).map(|(k, r)| (*k, r.clone())).collect();
        let mut d = later(flash);
        let _ = send(&mut d, &[]);
        while !d.sent.is_empty() {
            let said = d.answer(Code::CHANGED, &[]);
            assert!(said.uri() == "/dp" && said.text().contains(r#""v":2"#), "{missing:b}");
        }
        assert_eq!(of_sends(&d.flash), [], "{missing:b}");
        // What comes then is not mixed with what was.
        d.client.record(d.now, 55, &[path(VALUE)]).unwrap();
        send(&mut d, &[]).unwrap();
        assert_eq!(d.answer(Code::CHANGED, &[]).text().matches("\"v\"").count(), 1);
    }
}

proptest! {
    #[test]
    fn damaged_records_never_panic(
        changes in proptest::collection::vec((0usize..14, 0usize..90, any::<u8>()), 0..4),
        cut in 0usize..200,
    ) {
        let mut full = measured_offline(&keeping(), Some(1_800_000_000), &[21.0, 22.0]);
        let sends = recorded(&keeping(), &[21.0]).flash;
        full.extend(of_sends(&sends).into_iter().map(|key| (key, sends[&key].clone())));
        let mut full: Vec<(u64, Vec<u8>)> = full.into_iter().collect();
        for (record, at, byte) in changes {
            let n = full.len();
            let bytes = &mut full[record % n].1;
            let len = bytes.len();
            bytes[at % len] = byte;
        }
        if let Some((_, bytes)) = full.get_mut(cut % 14) {
            bytes.truncate(cut / 14 + 1);
        }
        let mut client = Client::new(&keeping(), &Seed([5; 32])).unwrap();
        for (key, record) in &full {
            let _ = client.restore(Instant::ZERO, *key, record);
        }
        client.start(Instant::ZERO);
        let mut buf = [0; 1500];
        while client.poll_journal(&mut buf).unwrap().is_some() {}
        let _ = client.poll_transmit(Instant::ZERO, &mut buf);
    }
}
