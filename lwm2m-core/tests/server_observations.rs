//! Observations (Core 1.2 section 6.4): set up, notified, moved, ended.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod server_common;

use coap_core::{Code, ContentFormat, MessageType, OptionNumber, Uint};
use lwm2m_core::Path;
use lwm2m_core::format::ItemContent;
use lwm2m_core::server::{
    Config, Event, Failure, Limits, NotificationId, ObservationEnd, ObservationId, OperationId,
    RegistrationId, UsageError,
};
use m2m_base::{Duration, PeerId};
use server_common::{Ask, Bench, OTHER, Owned, PEER, config, message};

const TEMPERATURE: Path = Path::resource(3303, 0, 5700);

struct Fixture {
    bench: Bench,
    id: RegistrationId,
    location: String,
    message_id: u16,
}

impl Fixture {
    fn new() -> Fixture {
        Fixture::with(config(), "/rd?ep=a&lt=86400&lwm2m=1.0&b=U")
    }

    fn with(config: Config, uri: &str) -> Fixture {
        let mut bench = Bench::with(config);
        let location = bench.register(PEER, uri, "</3/0>,</3303/0>");
        let id = bench.engine().find("a").unwrap();
        bench.events();
        Fixture { bench, id, location, message_id: 0x9000 }
    }

    fn observe(&mut self, path: Path) -> OperationId {
        let id = self.id;
        self.bench.command(move |s, now| s.observe(now, id, path)).unwrap()
    }

    /// A client grants an observation or notifies.
    fn notify(
        &mut self,
        peer: PeerId,
        request: &Owned,
        message_type: MessageType,
        sequence: u32,
        value: &[u8],
    ) -> u16 {
        let message_id = match message_type {
            MessageType::Acknowledgement => request.id,
            _ => {
                self.message_id += 1;
                self.message_id
            }
        };
        let sequence = Uint::new(sequence);
        let options =
            [(OptionNumber::OBSERVE, sequence.as_bytes()), (OptionNumber::CONTENT_FORMAT, b"")];
        let token = &request.token;
        let datagram = message(message_type, Code::CONTENT, message_id, token, &options, value);
        self.bench.datagram(peer, &datagram);
        message_id
    }

    /// An observation of one path, granted.
    fn established(&mut self, path: Path) -> (Owned, ObservationId) {
        let operation = self.observe(path);
        let request = self.bench.request(PEER);
        assert_eq!((request.observe(), request.path()), (Some(0), path.to_string()));
        self.notify(PEER, &request, MessageType::Acknowledgement, 1, b"20.5");
        let outcome = self.bench.outcome();
        let Event::Response { id, code, observation: Some(observation), .. } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!((id, code), (operation, Code::CONTENT));
        self.bench.command(move |s, _| s.release(operation));
        (request, observation)
    }

    /// The value of the only notification there is.
    fn notified(&mut self, from: ObservationId) -> (NotificationId, f64) {
        let events = self.bench.events();
        let [Event::Notified { id, registration, observation }] = events[..] else {
            panic!("{events:?}")
        };
        assert_eq!((registration, observation), (self.id, from));
        let content = self.bench.engine().notification(id).unwrap();
        let item = content.items().unwrap().next().unwrap().unwrap();
        match item.content {
            ItemContent::Value(lwm2m_core::Value::Float(value)) => (id, value),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn core_6_4_notifications_have_values() {
    let mut f = Fixture::new();
    let (request, observation) = f.established(TEMPERATURE);
    let shown = f.bench.engine().observation(observation).unwrap();
    assert_eq!((shown.registration, shown.path, shown.established), (f.id, TEMPERATURE, true));
    assert_eq!(f.bench.engine().find_observation(f.id, TEMPERATURE), Some(observation));
    for (n, kind) in [MessageType::NonConfirmable, MessageType::Confirmable].iter().enumerate() {
        let sequence = u32::try_from(n).unwrap() + 2;
        let id = f.notify(PEER, &request, *kind, sequence, format!("{n}.25").as_bytes());
        let (notification, value) = f.notified(observation);
        assert!((value - n as f64 - 0.25).abs() < 1e-9);
        f.bench.command(move |s, _| s.release_notification(notification));
        assert!(f.bench.engine().notification(notification).is_none());
        if *kind == MessageType::Confirmable {
            let ack = f.bench.sent.pop().unwrap().1;
            assert_eq!((ack.message_type, ack.id), (MessageType::Acknowledgement, id));
        }
        assert!(f.bench.is_silent());
    }
    assert_eq!(f.bench.engine().counters().notifications, 2);
    f.bench.finish();
}

#[test]
fn an_observation_that_is_not_granted_is_none() {
    for (code, options) in [
        (Code::CONTENT, &[(OptionNumber::CONTENT_FORMAT, &b""[..])][..]),
        (Code::NOT_FOUND, &[]),
        (Code::METHOD_NOT_ALLOWED, &[]),
    ] {
        let mut f = Fixture::new();
        let operation = f.observe(TEMPERATURE);
        assert_eq!(f.bench.engine().observations(f.id).count(), 1);
        let request = f.bench.request(PEER);
        f.bench.answer(PEER, &request, code, options, b"");
        let registration = f.id;
        let response = Event::Response { id: operation, registration, code, observation: None };
        assert_eq!(f.bench.events(), [response]);
        assert_eq!(f.bench.engine().observations(f.id).count(), 0);
        f.bench.finish();
    }
    let mut f = Fixture::new();
    let operation = f.observe(TEMPERATURE);
    f.bench.pass(Duration::from_secs(93));
    let failed = Event::Failed { id: operation, registration: f.id, reason: Failure::TimedOut };
    assert_eq!(f.bench.events(), [failed]);
    assert_eq!(f.bench.engine().observations(f.id).count(), 0);
    f.bench.finish();
}

#[test]
fn one_record_for_one_path() {
    let mut f = Fixture::new();
    let (old, observation) = f.established(TEMPERATURE);
    f.observe(TEMPERATURE);
    let new = f.bench.request(PEER);
    assert_ne!(old.token, new.token);
    // Until the new one is there, the old one counts.
    f.notify(PEER, &old, MessageType::NonConfirmable, 2, b"1");
    assert_eq!(f.notified(observation).1, 1.0);
    f.notify(PEER, &new, MessageType::Acknowledgement, 1, b"2");
    let Event::Response { observation: Some(again), .. } = f.bench.outcome() else { panic!() };
    assert_eq!(again, observation);
    assert_eq!(f.bench.engine().observations(f.id).count(), 1);
    f.notify(PEER, &new, MessageType::NonConfirmable, 2, b"3");
    assert_eq!(f.notified(observation).1, 3.0);
    assert!(f.bench.is_silent());
    let id = f.notify(PEER, &old, MessageType::NonConfirmable, 3, b"4");
    let reset = f.bench.sent.pop().unwrap().1;
    assert_eq!((reset.message_type, reset.id), (MessageType::Reset, id));
    assert_eq!(f.bench.events(), []);
    f.bench.finish();
}

#[test]
fn core_6_4_3_active_cancel() {
    let mut f = Fixture::new();
    let (request, observation) = f.established(TEMPERATURE);
    let operation = f.bench.command(move |s, now| s.cancel_observation(now, observation)).unwrap();
    let cancel = f.bench.request(PEER);
    assert_eq!((cancel.observe(), &cancel.token), (Some(1), &request.token));
    assert_eq!((cancel.code, cancel.path()), (Code::GET, "/3303/0/5700".to_string()));
    f.bench.content(PEER, &cancel, ContentFormat::TEXT, b"7");
    assert_eq!(f.bench.response(), (operation, Code::CONTENT));
    assert!(f.bench.engine().observation(observation).is_none());
    let again = f.bench.command(move |s, now| s.cancel_observation(now, observation));
    assert_eq!(again, Err(UsageError::UnknownId));
    f.bench.finish();
}

#[test]
fn an_active_cancel_that_nobody_answers_ends_all_the_same() {
    let mut f = Fixture::new();
    let (_, observation) = f.established(TEMPERATURE);
    let operation = f.bench.command(move |s, now| s.cancel_observation(now, observation)).unwrap();
    let second = f.bench.command(move |s, now| s.cancel_observation(now, observation)).unwrap();
    f.bench.pass(Duration::from_secs(200));
    let failed = |id, reason| Event::Failed { id, registration: f.id, reason };
    let (one, two) =
        (failed(operation, Failure::TimedOut), failed(second, Failure::ObservationEnded));
    assert_eq!(f.bench.events(), [one, two]);
    assert!(f.bench.engine().observation(observation).is_none());
    f.bench.finish();
}

#[test]
fn core_6_4_3_passive_cancel() {
    let mut f = Fixture::new();
    let (request, observation) = f.established(TEMPERATURE);
    f.bench.command(move |s, now| s.forget_observation(now, observation)).unwrap();
    assert!(f.bench.is_silent());
    assert!(f.bench.engine().observation(observation).is_none());
    let id = f.notify(PEER, &request, MessageType::Confirmable, 2, b"1");
    let reset = f.bench.sent.pop().unwrap().1;
    assert_eq!((reset.message_type, reset.id), (MessageType::Reset, id));
    assert_eq!(f.bench.events(), []);
    let again = f.bench.command(move |s, now| s.forget_observation(now, observation));
    assert_eq!(again, Err(UsageError::UnknownId));
    f.bench.finish();
}

#[test]
fn an_observation_forgotten_before_it_was_granted() {
    let mut f = Fixture::new();
    let operation = f.observe(TEMPERATURE);
    let request = f.bench.request(PEER);
    let observation = f.bench.engine().find_observation(f.id, TEMPERATURE).unwrap();
    f.bench.command(move |s, now| s.forget_observation(now, observation)).unwrap();
    f.notify(PEER, &request, MessageType::Acknowledgement, 1, b"20.5");
    let registration = f.id;
    let code = Code::CONTENT;
    let response = Event::Response { id: operation, registration, code, observation: None };
    assert_eq!(f.bench.events(), [response]);
    f.notify(PEER, &request, MessageType::NonConfirmable, 2, b"1");
    assert_eq!(f.bench.sent.pop().unwrap().1.message_type, MessageType::Reset);
    f.bench.finish();
}

/// RFC 7641 section 4.2: an error ends it.
#[test]
fn an_error_notification_ends_an_observation() {
    let mut f = Fixture::new();
    let (request, observation) = f.established(TEMPERATURE);
    let non = MessageType::NonConfirmable;
    f.bench.datagram(PEER, &message(non, Code::NOT_FOUND, 99, &request.token, &[], b""));
    let reason = ObservationEnd::Refused(Code::NOT_FOUND);
    let ended = Event::ObservationEnded { id: observation, registration: f.id, reason };
    assert_eq!(f.bench.events(), [ended]);
    assert_eq!(f.bench.engine().observations(f.id).count(), 0);
    f.bench.finish();
}

#[test]
fn observations_survive_updates_and_end_with_the_registration() {
    for how in 0..3 {
        let mut f = Fixture::new();
        let (first, one) = f.established(TEMPERATURE);
        let (_, two) = f.established(Path::object(3));
        let update = format!("{}?lt=60", f.location);
        assert_eq!(f.bench.ask(PEER, Ask::post(&update, "</3/0>")).code, Code::CHANGED);
        f.bench.events();
        f.notify(PEER, &first, MessageType::NonConfirmable, 2, b"1");
        assert_eq!(f.notified(one).1, 1.0);
        match how {
            0 => drop(f.bench.ask(PEER, Ask::delete(&f.location))),
            1 => f.bench.pass(Duration::from_secs(70)),
            _ => drop(f.bench.register(PEER, "/rd?ep=a&lt=60&lwm2m=1.0", "</3/0>")),
        }
        let events = f.bench.events();
        for observation in [one, two] {
            let reason = ObservationEnd::RegistrationEnded;
            let ended = Event::ObservationEnded { id: observation, registration: f.id, reason };
            assert!(events.contains(&ended), "{events:?}");
            assert!(f.bench.engine().observation(observation).is_none());
        }
        f.bench.sent.clear();
        f.notify(PEER, &first, MessageType::NonConfirmable, 3, b"1");
        assert_eq!(f.bench.sent.pop().unwrap().1.message_type, MessageType::Reset);
        f.bench.finish();
    }
}

#[test]
fn observations_follow_the_client_to_its_new_address() {
    let mut f = Fixture::new();
    let (old, one) = f.established(TEMPERATURE);
    let (_, two) = f.established(Path::object(3));
    assert_eq!(f.bench.ask(OTHER, Ask::post(&f.location, "")).code, Code::CHANGED);
    f.bench.events();
    let renewed = f.bench.request(OTHER);
    assert_eq!((renewed.observe(), renewed.path()), (Some(0), "/3".to_string()));
    let reason = ObservationEnd::Refused(Code::NOT_FOUND);
    f.bench.answer(OTHER, &renewed, Code::NOT_FOUND, &[], b"");
    let ended = Event::ObservationEnded { id: two, registration: f.id, reason };
    assert_eq!(f.bench.events(), [ended]);
    let renewed = f.bench.request(OTHER);
    assert_eq!((renewed.observe(), renewed.path()), (Some(0), "/3303/0/5700".to_string()));
    assert!(!f.bench.engine().observation(one).unwrap().established);
    // The value that it has now comes as a notification: it may be news.
    f.notify(OTHER, &renewed, MessageType::Acknowledgement, 1, b"21");
    assert_eq!(f.notified(one).1, 21.0);
    f.notify(OTHER, &renewed, MessageType::NonConfirmable, 2, b"22");
    assert_eq!(f.notified(one).1, 22.0);
    // With the old token, from either address, it is rejected: the client drops it.
    f.notify(OTHER, &old, MessageType::Confirmable, 3, b"23");
    assert_eq!(f.bench.sent.pop().unwrap().1.message_type, MessageType::Reset);
    assert_eq!(f.bench.events(), []);
    f.bench.finish();
}

/// One that is being set up goes to the new address once, and its outcome is the operation's.
#[test]
fn an_observation_on_its_way_follows_once() {
    let mut f = Fixture::new();
    let operation = f.observe(TEMPERATURE);
    f.bench.request(PEER);
    assert_eq!(f.bench.ask(OTHER, Ask::post(&f.location, "")).code, Code::CHANGED);
    let request = f.bench.request(OTHER);
    f.notify(OTHER, &request, MessageType::Acknowledgement, 1, b"20.5");
    let Event::Response { id, observation: Some(_), .. } = f.bench.outcome() else { panic!() };
    assert_eq!(id, operation);
    assert!(f.bench.is_silent());
    f.bench.finish();
}

#[test]
fn an_observation_that_cannot_follow_is_lost() {
    let mut f = Fixture::new();
    let (_, one) = f.established(TEMPERATURE);
    assert_eq!(f.bench.ask(OTHER, Ask::post(&f.location, "")).code, Code::CHANGED);
    f.bench.events();
    f.bench.pass(Duration::from_secs(93));
    let reason = ObservationEnd::Lost;
    assert_eq!(f.bench.events(), [Event::ObservationEnded { id: one, registration: f.id, reason }]);
    f.bench.finish();
}

#[test]
fn a_notification_wakes_a_client_in_queue_mode() {
    let mut f = Fixture::with(config(), "/rd?ep=a&lt=86400&lwm2m=1.0&b=UQ");
    let (request, observation) = f.established(TEMPERATURE);
    f.bench.pass(Duration::from_secs(1000));
    let id = f.id;
    f.bench.command(move |s, now| s.read(now, id, Path::object(3))).unwrap();
    assert!(f.bench.is_silent());
    f.notify(PEER, &request, MessageType::NonConfirmable, 2, b"1");
    f.notified(observation);
    assert_eq!(f.bench.request(PEER).path(), "/3");
    f.bench.finish();
}

#[test]
fn notifications_that_nobody_reads_make_room() {
    let limits = Limits { notifications: 3, ..Limits::SMALL };
    let mut f = Fixture::with(Config { limits, ..config() }, "/rd?ep=a&lt=86400&lwm2m=1.0");
    let (request, observation) = f.established(TEMPERATURE);
    let mut ids = Vec::new();
    for n in 2..10 {
        f.notify(PEER, &request, MessageType::NonConfirmable, n, n.to_string().as_bytes());
        ids.push(f.notified(observation).0);
    }
    let readable: Vec<bool> =
        ids.iter().map(|id| f.bench.engine().notification(*id).is_some()).collect();
    assert_eq!(readable, [false, false, false, false, false, true, true, true]);
    assert_eq!(f.bench.engine().counters().notifications_dropped, 5);
    // Releasing in any order leaves room for as many again, over and over.
    for n in 10..60 {
        f.notify(PEER, &request, MessageType::NonConfirmable, n, b"1");
        let id = f.notified(observation).0;
        if n % 3 != 0 {
            f.bench.command(move |s, _| s.release_notification(id));
        }
        assert!(f.bench.engine().counters().notifications_dropped <= 5 + 20);
    }
    f.bench.finish();
}

#[test]
fn content_bytes_are_bounded() {
    let limits = Limits { content_bytes: 100, ..Limits::SMALL };
    let mut f = Fixture::with(Config { limits, ..config() }, "/rd?ep=a&lt=86400&lwm2m=1.0");
    let (request, observation) = f.established(TEMPERATURE);
    let mut ids = Vec::new();
    for n in 2..12 {
        f.notify(PEER, &request, MessageType::NonConfirmable, n, &[b'1'; 20]);
        ids.push(f.notified(observation).0);
    }
    let readable = ids.iter().filter(|id| f.bench.engine().notification(**id).is_some()).count();
    assert_eq!(readable, 5);
    let id = f.id;
    let operation =
        f.bench.command(move |s, now| s.read(now, id, Path::resource(3, 0, 0))).unwrap();
    let read = f.bench.request(PEER);
    f.bench.content(PEER, &read, ContentFormat::TEXT, &[b'x'; 101]);
    let failed = Event::Failed { id: operation, registration: id, reason: Failure::TooLarge };
    assert_eq!(f.bench.events(), [failed]);
    f.bench.finish();
}
