//! What survives a restart of the server, and that nothing is acknowledged before it does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "test code"
)]

mod server_common;

use coap_core::{Code, ContentFormat, MessageType, OptionNumber};
use lwm2m_core::format::Item;
use lwm2m_core::server::{
    Config, Event, Failure, Limits, Operation, OperationKind, PendingState, Record, RegistrationId,
    Server,
};
use lwm2m_core::{Path, Value, Version};
use m2m_base::{Duration, Instant, PeerId, Seed, UnixTime};
use proptest::prelude::*;
use server_common::{Ask, OTHER, Owned, PEER, message};
use std::collections::BTreeMap;

const EPOCH: i64 = 1_700_000_000_000;
const QUEUE: &str = "/rd?ep=a&lt=86400&lwm2m=1.2&b=U&Q";
const LINKS: &str = "</>;ct=\"110 112\";rt=\"oma.lwm2m\",</1/0>,</3/0>,</3303/0>;ver=1.1";
const BATTERY: Path = Path::resource(3, 0, 9);
const TEMPERATURE: Path = Path::resource(3303, 0, 5700);

fn config() -> Config {
    Config { limits: Limits::SMALL, journal: true, ..Config::default() }
}

/// A server whose records are kept, and the time by the wall clock.
struct Kept {
    server: Server,
    now: Instant,
    wall: i64,
    store: BTreeMap<u64, Vec<u8>>,
    records: usize,
    sent: Vec<(PeerId, Owned)>,
    events: Vec<Event>,
    next_id: u16,
}

impl Kept {
    fn new() -> Kept {
        let now = Instant::from_millis(5_000);
        let mut server = Server::new(&config(), &Seed([1; 32])).unwrap();
        server.set_wall_clock(now, UnixTime::from_millis(EPOCH));
        Kept {
            server,
            now,
            wall: EPOCH,
            store: BTreeMap::new(),
            records: 0,
            sent: Vec::new(),
            events: Vec::new(),
            next_id: 1,
        }
    }

    fn settle(&mut self) {
        let mut buf = [0; 2048];
        loop {
            while let Some(Record { key, value }) = self.server.poll_journal() {
                self.records += 1;
                match value {
                    Some(value) => self.store.insert(key, value),
                    None => self.store.remove(&key),
                };
            }
            if let Some(sent) = self.server.poll_transmit(self.now, &mut buf).unwrap() {
                self.sent.push((sent.peer, Owned::parse(&buf[..sent.len])));
            } else if let Some(event) = self.server.poll_event() {
                self.events.push(event);
            } else {
                break;
            }
        }
    }

    /// The process dies and another one takes over, `away` later.
    fn restart(&mut self, away: Duration) {
        self.wall += i64::try_from(self.now.as_millis() + away.as_millis()).unwrap() - 5_000;
        self.now = Instant::from_millis(5_000);
        self.server = Server::new(&config(), &Seed([9; 32])).unwrap();
        self.server.set_wall_clock(self.now, UnixTime::from_millis(self.wall));
        for (key, value) in &self.store {
            self.server.restore(self.now, *key, value).unwrap();
        }
        self.server.finish_restore(self.now);
        self.sent.clear();
        self.events.clear();
        self.settle();
        assert!(self.sent.is_empty(), "a restart disturbs nobody: {:?}", self.sent);
    }

    fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(at) = self.server.poll_timeout().filter(|at| *at <= end) {
            self.now = at;
            self.server.handle_timeout(at);
            self.settle();
        }
        self.now = end;
        self.server.handle_timeout(end);
        self.settle();
    }

    fn ask(&mut self, peer: PeerId, ask: Ask<'_>) -> Owned {
        self.next_id += 1;
        self.server.handle_datagram(self.now, peer, &ask.datagram(self.next_id, &[7]));
        self.settle();
        let id = self.next_id;
        let at = self.sent.iter().position(|(to, m)| *to == peer && m.id == id);
        self.sent.remove(at.unwrap()).1
    }

    fn register(&mut self, peer: PeerId, uri: &str, links: &str) -> String {
        let answer = self.ask(peer, Ask::post(uri, links));
        assert_eq!(answer.code, Code::CREATED);
        answer.location()
    }

    fn id(&self, name: &str) -> RegistrationId {
        self.server.find(name).unwrap()
    }

    fn request(&mut self) -> Owned {
        self.settle();
        assert_eq!(self.sent.len(), 1, "{:?}", self.sent);
        self.sent.remove(0).1
    }

    fn answer(&mut self, peer: PeerId, to: &Owned, code: Code, options: &[(OptionNumber, &[u8])]) {
        let ack = MessageType::Acknowledgement;
        let datagram = message(ack, code, to.id, &to.token, options, b"");
        self.server.handle_datagram(self.now, peer, &datagram);
        self.settle();
    }

    fn kinds(&self, name: &str) -> Vec<(OperationKind, Vec<Path>, PendingState)> {
        let pending = self.server.operations(self.id(name));
        pending.map(|p| (p.kind(), p.paths().collect(), p.state())).collect()
    }
}

#[test]
fn nothing_is_acknowledged_before_it_is_kept() {
    let mut server = Server::new(&config(), &Seed([1; 32])).unwrap();
    let now = Instant::ZERO;
    let mut buf = [0; 1280];
    server.handle_datagram(now, PEER, &Ask::post(QUEUE, LINKS).datagram(1, &[1]));
    assert!(server.poll_transmit(now, &mut buf).unwrap().is_none());
    let record = server.poll_journal().unwrap();
    assert!(record.value.is_some() && server.poll_journal().is_none());
    let sent = server.poll_transmit(now, &mut buf).unwrap().unwrap();
    let location = Owned::parse(&buf[..sent.len]).location();
    // An Update that changes the lifetime is kept, one that changes nothing is not.
    for (n, query, records) in [(2, "?lt=60", 1), (3, "", 0), (4, "?lt=60", 0), (5, "?x=1", 1)] {
        let uri = format!("{location}{query}");
        server.handle_datagram(now, PEER, &Ask::post(&uri, "").datagram(n, &[1]));
        let waits = server.poll_transmit(now, &mut buf).unwrap().is_none();
        assert_eq!(waits, records > 0, "{query}");
        let kept = core::iter::from_fn(|| server.poll_journal()).filter(|r| r.key == record.key);
        assert_eq!(kept.count(), records, "{query}");
        while server.poll_transmit(now, &mut buf).unwrap().is_some() {}
    }
    server.handle_datagram(now, PEER, &Ask::delete(&location).datagram(9, &[1]));
    assert!(server.poll_transmit(now, &mut buf).unwrap().is_none());
    assert_eq!(server.poll_journal(), Some(Record { key: record.key, value: None }));
    assert!(server.poll_transmit(now, &mut buf).unwrap().is_some());
    // Without a journal there are no records.
    let mut server = Server::new(&Config { journal: false, ..config() }, &Seed([1; 32])).unwrap();
    server.handle_datagram(now, PEER, &Ask::post(QUEUE, LINKS).datagram(1, &[1]));
    assert!(server.poll_journal().is_none());
    assert!(server.poll_transmit(now, &mut buf).unwrap().is_some());
}

#[test]
fn registrations_come_back_as_they_were() {
    let mut kept = Kept::new();
    let uri = "/rd?ep=a&lt=600&lwm2m=1.2&b=UT&Q&sms=123&x=y";
    let gone = kept.register(OTHER, "/rd?ep=gone&lt=60&lwm2m=1.0", "</3/0>");
    let location = kept.register(PEER, uri, LINKS);
    kept.register(OTHER, "/rd?ep=b&lt=0&lwm2m=1.0", "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/3/0>");
    kept.ask(OTHER, Ask::delete(&gone));
    kept.pass(Duration::from_secs(100));
    kept.restart(Duration::from_secs(300));
    assert_eq!((kept.server.registration_count(), kept.server.find("gone")), (2, None));
    let a = kept.server.registration(kept.id("a")).unwrap();
    assert_eq!((a.peer(), a.lifetime(), a.version()), (PEER, 600, Version::V1_2));
    assert_eq!((a.binding().to_string(), a.location().as_str()), ("UTQ".into(), &*location));
    assert_eq!((a.parameter("sms"), a.parameter("x")), (Some("123"), Some("y")));
    assert!(a.accepts(ContentFormat::SENML_JSON) && !a.accepts(ContentFormat::LWM2M_TLV));
    assert_eq!(a.links().count(), 3);
    assert_eq!(a.registered_time(), Some(UnixTime::from_millis(EPOCH)));
    let b = kept.server.registration(kept.id("b")).unwrap();
    assert_eq!((b.alternate_path(), b.expires_at(), b.lifetime()), ("/lwm2m", None, 0));
    // It can be updated and ended where it was, and found by its peer.
    assert_eq!(kept.server.find_peer(PEER), Some(kept.id("a")));
    kept.pass(Duration::from_secs(150));
    assert_eq!(kept.ask(PEER, Ask::post(&location, "")).code, Code::CHANGED);
    kept.pass(Duration::from_secs(550));
    assert_eq!(kept.ask(PEER, Ask::delete(&location)).code, Code::DELETED);
    // New ones take the places that are free.
    for n in 0..5 {
        kept.register(PEER, &format!("/rd?ep=n{n}&lt=60&lwm2m=1.1"), "</3/0>");
    }
    kept.restart(Duration::from_secs(1));
    assert_eq!(kept.server.registration_count(), 6);
    kept.pass(Duration::from_secs(80));
    assert_eq!(kept.server.registration_count(), 1);
    assert_eq!(kept.store.len(), 1);
}

/// Neither a restart nor the Updates that make no record move the end of a lifetime by more than a
/// sixteenth of it, and never to an earlier time.
#[test]
fn a_lifetime_ends_when_it_would_have_without_a_restart() {
    for updates in 0..7 {
        for away in [0, 700, 1599] {
            let mut kept = Kept::new();
            let location = kept.register(PEER, "/rd?ep=a&lt=1600&lwm2m=1.1", LINKS);
            let grace = kept.server.registration(kept.id("a")).unwrap().expires_at().unwrap();
            let grace = grace.since(kept.now).as_millis() - 1_600_000;
            for n in 0..updates {
                kept.pass(Duration::from_secs(20 + 60 * n));
                assert_eq!(kept.ask(PEER, Ask::post(&location, "")).code, Code::CHANGED);
                // Again at once after a restart, when the journal knows only the earlier Update.
                if n % 3 == 1 {
                    kept.restart(Duration::from_secs(10));
                    kept.pass(Duration::from_secs(30));
                    assert_eq!(kept.ask(PEER, Ask::post(&location, "")).code, Code::CHANGED);
                }
            }
            kept.restart(Duration::from_secs(away));
            let a = kept.server.registration(kept.id("a")).unwrap();
            let left = a.expires_at().unwrap().since(kept.now).as_millis() - grace;
            let least = (1600 - away) * 1000;
            assert!(left >= least && left <= (least + 100_000).min(1_600_000), "{left}");
        }
    }
    // It ended while the server was away, or the clock was set back meanwhile.
    let mut kept = Kept::new();
    kept.register(PEER, "/rd?ep=a&lt=60&lwm2m=1.1", LINKS);
    kept.register(OTHER, "/rd?ep=b&lt=0&lwm2m=1.1", LINKS);
    kept.restart(Duration::from_secs(200));
    kept.pass(Duration::ZERO);
    assert!(kept.events.iter().any(|event| matches!(event, Event::Expired { .. })));
    assert_eq!((kept.server.registration_count(), kept.store.len()), (1, 1));
    kept.register(PEER, "/rd?ep=a&lt=60&lwm2m=1.1", LINKS);
    kept.wall -= 1_000_000;
    kept.restart(Duration::from_secs(1));
    let a = kept.server.registration(kept.id("a")).unwrap();
    assert!(a.expires_at().unwrap().since(kept.now) <= Duration::from_secs(60 + 40));
}

#[test]
fn observations_go_on_where_they_were() {
    let mut kept = Kept::new();
    let location = kept.register(PEER, "/rd?ep=a&lt=600&lwm2m=1.2", LINKS);
    let id = kept.id("a");
    let granted = [(OptionNumber::OBSERVE, &[1u8][..]), (OptionNumber::CONTENT_FORMAT, &[60])];
    kept.server.observe(kept.now, id, TEMPERATURE).unwrap();
    let single = kept.request();
    kept.answer(PEER, &single, Code::CONTENT, &granted);
    kept.server.observe_composite(kept.now, id, &[BATTERY, TEMPERATURE]).unwrap();
    let composite = kept.request();
    kept.answer(PEER, &composite, Code::CONTENT, &granted);
    kept.server.observe(kept.now, id, BATTERY).unwrap();
    let refused = kept.request();
    kept.answer(PEER, &refused, Code::NOT_FOUND, &[]);
    kept.restart(Duration::from_secs(60));
    let id = kept.id("a");
    assert_eq!(kept.server.observations(id).filter(|o| o.established).count(), 2);

    // A notification under the token of before.
    let notify = |kept: &mut Kept, token: &[u8], mid, number: u8| {
        let options =
            [(OptionNumber::OBSERVE, &[number][..]), (OptionNumber::CONTENT_FORMAT, b"n")];
        let payload = br#"[{"n":"/3303/0/5700","v":7.5}]"#;
        let confirmable = MessageType::Confirmable;
        let datagram = message(confirmable, Code::CONTENT, mid, token, &options, payload);
        kept.server.handle_datagram(kept.now, PEER, &datagram);
        kept.settle();
        let reply = kept.sent.pop().unwrap().1;
        assert_eq!(reply.message_type, MessageType::Acknowledgement);
        let Some(Event::Notified { id, observation, .. }) = kept.events.pop() else { panic!() };
        let items = kept.server.notification(id).unwrap().items().unwrap();
        assert_eq!(items.map(Result::unwrap).next().unwrap().path, TEMPERATURE);
        observation
    };
    let found = kept.server.find_observation(id, TEMPERATURE);
    assert_eq!(Some(notify(&mut kept, &single.token, 0x9001, 5)), found);
    let found = kept.server.find_composite(id, &[BATTERY, TEMPERATURE]);
    assert_eq!(Some(notify(&mut kept, &composite.token, 0x9002, 9)), found);

    // The client moves, and the server dies before the observations were set up again there.
    kept.ask(OTHER, Ask::post(&location, ""));
    kept.sent.clear();
    let (store, wall) = (kept.store.clone(), kept.wall);
    kept = Kept::new();
    (kept.store, kept.wall) = (store, wall);
    kept.server = Server::new(&config(), &Seed([9; 32])).unwrap();
    for (key, value) in &kept.store {
        kept.server.restore(kept.now, *key, value).unwrap();
    }
    kept.server.finish_restore(kept.now);
    // They are asked for now, one after the other.
    let mut methods = Vec::new();
    for _ in 0..2 {
        let request = kept.request();
        methods.push((request.code, request.observe()));
        kept.answer(OTHER, &request, Code::CONTENT, &granted);
    }
    methods.sort();
    assert_eq!(methods, [(Code::GET, Some(0)), (Code::FETCH, Some(0))]);
    let id = kept.id("a");
    assert_eq!(kept.server.observations(id).filter(|o| o.established).count(), 2);
    // What is forgotten is forgotten after a restart too.
    let found = kept.server.find_observation(id, TEMPERATURE).unwrap();
    kept.server.forget_observation(kept.now, found).unwrap();
    kept.settle();
    kept.restart(Duration::ZERO);
    assert_eq!(kept.server.observations(kept.id("a")).count(), 1);
    kept.ask(OTHER, Ask::delete(&location));
    assert!(kept.store.is_empty(), "{:?}", kept.store.keys());
}

/// Everything that waits for a sleeping client, in its order.
#[test]
fn queued_operations_are_delivered_after_the_restart() {
    let mut kept = Kept::new();
    let location = kept.register(PEER, QUEUE, LINKS);
    kept.pass(Duration::from_secs(100));
    let (id, now) = (kept.id("a"), kept.now);
    let lifetime = Path::resource(1, 0, 1);
    let observation = {
        let s = &mut kept.server;
        s.read(now, id, Path::object(3)).unwrap();
        s.write(now, id, lifetime, &[Item::value(lifetime, Value::Integer(90))]).unwrap();
        s.execute(now, id, Path::resource(3, 0, 4), "0='x'").unwrap();
        s.observe_composite(now, id, &[BATTERY, TEMPERATURE]).unwrap();
        let discover = Operation::Discover { path: Path::object(3), depth: Some(2) };
        s.request(now, id, &discover, Some(Duration::from_secs(5_000))).unwrap();
        s.write_attributes(now, id, BATTERY, "pmin=1&st").unwrap();
        s.find_composite(id, &[BATTERY, TEMPERATURE])
    };
    assert!(observation.is_some());
    kept.settle();
    assert!(kept.sent.is_empty());
    let before = kept.kinds("a");
    let numbers: Vec<u64> = kept.server.operations(id).map(|p| p.number()).collect();
    kept.restart(Duration::from_secs(1_000));
    assert_eq!(kept.kinds("a"), before);
    let id = kept.id("a");
    let after: Vec<u64> = kept.server.operations(id).map(|p| p.number()).collect();
    assert_eq!(after, numbers);
    // Deadlines go on by the wall clock: 5000 s less the 1000.
    let deadlines: Vec<_> = kept.server.operations(id).map(|p| p.deadline().unwrap()).collect();
    assert_eq!(deadlines[4], kept.now + Duration::from_secs(4_000));
    // A new one comes behind them.
    kept.server.read(kept.now, id, BATTERY).unwrap();
    assert!(kept.server.operations(id).last().unwrap().number() > numbers[5]);

    assert_eq!(kept.ask(PEER, Ask::post(&location, "")).code, Code::CHANGED);
    let mut seen = Vec::new();
    for n in 0..7 {
        let request = kept.request();
        seen.push((request.code, request.path(), request.query()));
        if n == 2 {
            // The Execute is on its way when the server dies: it is not sent twice.
            kept.restart(Duration::from_secs(1));
            assert_eq!(kept.kinds("a").len(), 4);
            assert_eq!(kept.ask(PEER, Ask::post(&location, "")).code, Code::CHANGED);
            continue;
        }
        if n == 4 {
            // The Discover is on its way: it is asked again.
            kept.restart(Duration::from_secs(1));
            assert_eq!(kept.ask(PEER, Ask::post(&location, "")).code, Code::CHANGED);
            let again = kept.request();
            assert_eq!((again.path(), again.query()), (request.path(), request.query()));
            kept.answer(PEER, &again, Code::CONTENT, &[]);
            continue;
        }
        kept.answer(PEER, &request, Code::CONTENT, &[(OptionNumber::OBSERVE, &[1])]);
    }
    let expected = [
        (Code::GET, "/3", ""),
        (Code::PUT, "/1/0/1", ""),
        (Code::POST, "/3/0/4", ""),
        (Code::FETCH, "/", ""),
        (Code::GET, "/3", "depth=2"),
        (Code::PUT, "/3/0/9", "pmin=1&st"),
    ];
    for (seen, (method, path, query)) in seen.iter().zip(expected) {
        assert_eq!((seen.0, seen.1.as_str(), seen.2.as_str()), (method, path, query));
    }
    assert!(kept.kinds("a").iter().all(|(_, _, state)| *state == PendingState::Answered));
    // The registration and its observation are left.
    assert_eq!(kept.store.len(), 2);
}

#[test]
fn a_deadline_that_passed_meanwhile_is_told() {
    let mut kept = Kept::new();
    kept.register(PEER, QUEUE, LINKS);
    kept.pass(Duration::from_secs(100));
    let (id, now) = (kept.id("a"), kept.now);
    let read = Operation::Read { path: BATTERY, format: None };
    kept.server.request(now, id, &read, Some(Duration::from_secs(300))).unwrap();
    kept.settle();
    kept.restart(Duration::from_secs(1_000));
    kept.pass(Duration::from_millis(1));
    let failed = kept.events.iter().any(|e| {
        matches!(e, Event::Failed { reason: Failure::Unsent, registration, .. }
            if *registration == kept.id("a"))
    });
    assert!(failed, "{:?}", kept.events);
    assert_eq!(kept.store.len(), 1);
}

#[test]
fn profiles_and_devices_behind_gateways_come_back() {
    let mut kept = Kept::new();
    kept.register(PEER, "/rd?ep=g&lt=600&lwm2m=1.2&pid=6:aa", "</1/0>,</3/0>");
    kept.server.set_profile("oma:x", "</3/0>,</4/0>").unwrap();
    let (gateway, now) = (kept.id("g"), kept.now);
    kept.server.add_child(now, gateway, "dev", "d01", "</3303/0>").unwrap();
    kept.settle();
    kept.restart(Duration::from_secs(1));
    let mut ids: Vec<&str> = kept.server.profiles().map(|p| p.id()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["6:aa", "oma:x"]);
    let child = kept.server.registration(kept.id("dev")).unwrap();
    assert_eq!((child.gateway(), child.alternate_path()), (kept.server.find("g"), "/d01"));
    assert_eq!(kept.server.children(kept.id("g")).count(), 1);
    kept.register(OTHER, "/rd?ep=h&lt=600&lwm2m=1.2&pid=6:aa", "");
    let h = kept.server.registration(kept.id("h")).unwrap();
    assert_eq!(h.links().count(), 2);
    // Without its gateway there is no device.
    let child = kept.server.registration(kept.id("dev")).unwrap().id().to_bits();
    let gateway = kept.id("g").to_bits() & 0xffff_ffff;
    assert_ne!(child & 0xffff_ffff, gateway);
    kept.store.remove(&(2 << 56 | gateway));
    kept.restart(Duration::from_secs(1));
    assert_eq!((kept.server.find("dev"), kept.server.registration_count()), (None, 1));
    assert_eq!(kept.store.len(), 3);
}

/// Records as a server with everything in it writes them.
fn samples() -> BTreeMap<u64, Vec<u8>> {
    let mut kept = Kept::new();
    kept.register(PEER, "/rd?ep=a&lt=600&lwm2m=1.2&Q&pid=6:aa&x=1", LINKS);
    let (id, now) = (kept.id("a"), kept.now);
    kept.server.observe_composite(now, id, &[BATTERY, TEMPERATURE]).unwrap();
    let request = kept.request();
    kept.answer(PEER, &request, Code::CONTENT, &[(OptionNumber::OBSERVE, &[1])]);
    kept.pass(Duration::from_secs(100));
    let (id, now) = (kept.id("a"), kept.now);
    kept.server.write_attributes(now, id, BATTERY, "pmin=1").unwrap();
    kept.server.add_child(now, id, "dev", "d01", "</3303/0>").unwrap();
    kept.settle();
    assert_eq!(kept.store.len(), 5);
    kept.store
}

/// A record that is cut is refused, and the server is as before.
#[test]
fn records_that_are_cut_are_refused() {
    let samples = samples();
    for (cut, value) in &samples {
        for end in 0..value.len() {
            let mut server = Server::new(&config(), &Seed([1; 32])).unwrap();
            let now = Instant::ZERO;
            for (key, value) in &samples {
                if key == cut {
                    // Some are whole in a shorter form: a payload, links.
                    let _ = server.restore(now, *key, &value[..end]);
                    break;
                }
                server.restore(now, *key, value).unwrap();
            }
            server.finish_restore(now);
            if end < 12 {
                assert!(server.restore(now, *cut, &value[..end]).is_err());
            }
        }
    }
    let mut server = Server::new(&config(), &Seed([1; 32])).unwrap();
    for (key, value) in &samples {
        assert!(server.restore(Instant::ZERO, key | 0xff << 56, value).is_err());
        server.restore(Instant::ZERO, *key, value).unwrap();
    }
    // Twice is once too often.
    for (key, value) in samples.iter().filter(|(key, _)| **key >> 56 < 4) {
        assert!(server.restore(Instant::ZERO, *key, value).is_err(), "{key:x}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Bytes that are wrong bring nothing down.
    #[test]
    fn damaged_records_harm_nothing(
        damage in proptest::collection::vec((0usize..5, 0usize..200, any::<u8>()), 1..6),
        slots in proptest::collection::vec(0u64..400, 5),
    ) {
        let mut server = Server::new(&config(), &Seed([1; 32])).unwrap();
        let now = Instant::from_millis(1);
        for (n, (key, mut value)) in samples().into_iter().enumerate() {
            for (_, at, byte) in damage.iter().filter(|(which, ..)| *which == n) {
                let at = at % value.len();
                value[at] = *byte;
            }
            let key = if damage.len() > 4 { key >> 8 << 8 | slots[n] } else { key };
            let _ = server.restore(now, key, &value);
        }
        server.finish_restore(now);
        let mut buf = [0; 2048];
        let mut now = now;
        for _ in 0..50 {
            while server.poll_journal().is_some() {}
            while server.poll_transmit(now, &mut buf).unwrap().is_some() {}
            while server.poll_event().is_some() {}
            let Some(at) = server.poll_timeout() else { break };
            now = now.max(at);
            server.handle_timeout(now);
        }
    }
}
