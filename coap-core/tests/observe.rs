//! Observation, both roles (RFC 7641).
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::*;
use common::*;
use m2m_base::{Cause, Disposition, Duration};

fn observe(e: &mut Endpoint, now: m2m_base::Instant) -> RequestId {
    with_path("t", |options| {
        let r = Request { options, observe: true, ..Request::new(Code::GET) };
        e.request(now, B, &r).unwrap()
    })
}

fn state(payload: &[u8]) -> Response<'_> {
    Response { payload, observe: true, ..Response::new(Code::CONTENT) }
}

/// An endpoint with one observer whose token is `aa`.
fn observed() -> (Endpoint, ObserverId) {
    let mut e = endpoint(2);
    e.handle_datagram(at(0), A, &hex("41010001aa 60 5174"));
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    assert_eq!(e.incoming(id).unwrap().observe, Some(true));
    let observer = e.respond(at(0), id, &state(b"0")).unwrap().unwrap();
    assert_eq!(one(&mut e, at(0)), hex("61450001aa 60 ff30"));
    (e, observer)
}

#[test]
fn rfc7641_4_2_notifications_carry_token_and_growing_numbers() {
    let (mut e, observer) = observed();
    for n in 1..4u8 {
        e.notify(at(n.into()), observer, &state(&[n])).unwrap();
        let sent = one(&mut e, at(n.into()));
        let m = Message::parse(&sent).unwrap();
        assert_eq!(m.message_type, MessageType::NonConfirmable);
        assert_eq!((m.token, m.payload), (&[0xaa][..], &[n][..]));
        assert_eq!(m.options.uint(OptionNumber::OBSERVE), Some(n.into()));
    }
}

#[test]
fn rfc7641_4_5_one_notification_a_day_is_confirmable() {
    let (mut e, observer) = observed();
    let mut confirmable = 0;
    for hour in 1..=49u64 {
        let now = at(hour * 3_600_000);
        e.handle_timeout(now);
        e.notify(now, observer, &state(b"x")).unwrap();
        let sent = one(&mut e, now);
        if Message::parse(&sent).unwrap().message_type == MessageType::Confirmable {
            confirmable += 1;
            e.handle_datagram(now, A, &[0x60, 0, sent[2], sent[3]]);
        }
    }
    assert_eq!(confirmable, 2);
}

#[test]
fn rfc7641_4_5_2_the_latest_state_wins_while_one_is_in_flight() {
    let (mut e, observer) = observed();
    let confirmed = |payload| Response { confirmable: true, ..state(payload) };
    e.notify(at(10), observer, &confirmed(b"1")).unwrap();
    let first = one(&mut e, at(10));
    e.notify(at(20), observer, &confirmed(b"2")).unwrap();
    e.notify(at(30), observer, &confirmed(b"3")).unwrap();
    // Nothing more until the retransmission is due, which carries the newest under a new ID.
    assert!(drain(&mut e, at(30)).is_empty());
    let due = e.poll_timeout().unwrap();
    e.handle_timeout(due);
    let second = one(&mut e, due);
    let m = Message::parse(&second).unwrap();
    assert_eq!(m.payload, b"3");
    assert_ne!(m.id.to_be_bytes(), [first[2], first[3]]);
    // The wait goes on doubling.
    let wait = e.poll_timeout().unwrap() - due;
    assert_eq!(wait, Duration::from_millis((due - at(10)).as_millis() * 2));
    // An acknowledgement of the old message means nothing now.
    let ack = |m: &[u8]| [0x60, 0, m[2], m[3]];
    assert_eq!(e.handle_datagram(due, A, &ack(&first)), Disposition::Ignored(Cause::Unexpected));
    e.notify(due, observer, &confirmed(b"4")).unwrap();
    assert_eq!(e.handle_datagram(due, A, &ack(&second)), Disposition::Accepted);
    // Acknowledged, and a newer one is there: it goes at once.
    let third = one(&mut e, due);
    assert_eq!(Message::parse(&third).unwrap().payload, b"4");
    e.handle_datagram(due, A, &ack(&third));
    assert!(drain(&mut e, due).is_empty());
    assert_eq!(e.poll_event(), None);
}

#[test]
fn rfc7641_4_5_an_observer_that_does_not_answer_is_removed() {
    let (mut e, observer) = observed();
    e.notify(at(0), observer, &Response { confirmable: true, ..state(b"1") }).unwrap();
    drain(&mut e, at(0));
    while e.poll_event().is_none() {
        let due = e.poll_timeout().unwrap();
        e.handle_timeout(due);
        drain(&mut e, due);
        // The dead peer must not keep the event queue from telling.
        assert!(due < at(300_000));
    }
    assert_eq!(e.notify(at(100_000), observer, &state(b"2")), Err(UsageError::UnknownId));
}

#[test]
fn rfc7641_3_6_a_rst_to_either_kind_of_notification_removes_the_observer() {
    for confirmable in [true, false] {
        let (mut e, observer) = observed();
        e.notify(at(5), observer, &Response { confirmable, ..state(b"1") }).unwrap();
        let sent = one(&mut e, at(5));
        let rst = [0x70, 0, sent[2], sent[3]];
        assert_eq!(e.handle_datagram(at(6), A, &rst), Disposition::Accepted);
        assert_eq!(
            e.poll_event(),
            Some(Event::ObserverGone { id: observer, reason: ObserverEnd::Rejected })
        );
        assert_eq!(e.notify(at(7), observer, &state(b"2")), Err(UsageError::UnknownId));
        assert!(drain(&mut e, at(7)).is_empty());
    }
}

#[test]
fn rfc7641_3_6_a_get_with_observe_1_removes_the_observer() {
    let (mut e, observer) = observed();
    e.handle_datagram(at(5), A, &hex("41010002aa 6101 5174"));
    assert_eq!(
        e.poll_event(),
        Some(Event::ObserverGone { id: observer, reason: ObserverEnd::Deregistered })
    );
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    assert_eq!(e.incoming(id).unwrap().observe, Some(false));
    assert_eq!(e.respond(at(5), id, &state(b"9")), Ok(None));
    assert_eq!(one(&mut e, at(5)), hex("61450002aa ff39"));
}

#[test]
fn rfc7641_4_1_the_same_token_replaces_and_goes_on_counting() {
    let (mut e, first) = observed();
    e.notify(at(1), first, &state(b"1")).unwrap();
    drain(&mut e, at(1));
    e.handle_datagram(at(5), A, &hex("41010002aa 60 5174"));
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    let second = e.respond(at(5), id, &state(b"2")).unwrap().unwrap();
    assert_ne!(first, second);
    assert_eq!(
        e.poll_event(),
        Some(Event::ObserverGone { id: first, reason: ObserverEnd::Replaced })
    );
    assert_eq!(one(&mut e, at(5)), hex("61450002aa 6102 ff32"));
}

#[test]
fn without_room_for_an_observer_the_answer_says_so() {
    let mut e = endpoint(2);
    for n in 0..=LIMITS.observers as u8 {
        e.handle_datagram(at(0), A, &[0x41, 1, 0, n, n, 0x60, 0x51, 0x74]);
        let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
        let observer = e.respond(at(0), id, &state(b"0")).unwrap();
        assert_eq!(observer.is_some(), n < LIMITS.observers as u8);
        let sent = one(&mut e, at(0));
        let observe = Message::parse(&sent).unwrap().options.uint(OptionNumber::OBSERVE);
        assert_eq!(observe.is_some(), observer.is_some());
    }
}

/// It used to lose its place, once, when the table was full.
#[test]
fn an_observer_that_asks_again_keeps_its_place_in_a_full_table() {
    let mut e = endpoint(2);
    for (mid, token) in (0u8..8).map(|n| (n, n % LIMITS.observers as u8)) {
        e.handle_datagram(at(0), A, &[0x41, 1, 0, mid, token, 0x60, 0x51, 0x74]);
        let event = std::iter::from_fn(|| e.poll_event());
        let Some(Event::Request { id, .. }) = event.last() else { panic!() };
        assert!(e.respond(at(0), id, &state(b"0")).unwrap().is_some());
        let sent = one(&mut e, at(0));
        let message = Message::parse(&sent).unwrap();
        assert!(message.options.uint(OptionNumber::OBSERVE).is_some(), "{mid}");
    }
}

#[test]
fn rfc7641_4_2_an_error_is_the_last_notification() {
    let (mut e, observer) = observed();
    e.notify(at(1), observer, &Response::new(Code::NOT_FOUND)).unwrap();
    let sent = one(&mut e, at(1));
    let m = Message::parse(&sent).unwrap();
    assert_eq!((m.code, m.options.uint(OptionNumber::OBSERVE)), (Code::NOT_FOUND, None));
    assert_eq!(e.notify(at(2), observer, &state(b"1")), Err(UsageError::UnknownId));
    e.handle_datagram(at(3), A, &[0x60, 0, sent[2], sent[3]]);
    assert_eq!(
        e.poll_event(),
        Some(Event::ObserverGone { id: observer, reason: ObserverEnd::Refused })
    );
}

/// Starts an observation and answers it with number 5.
fn observing() -> (Endpoint, RequestId, Vec<u8>) {
    let mut e = endpoint(1);
    let id = observe(&mut e, at(0));
    let request = one(&mut e, at(0));
    let m = Message::parse(&request).unwrap();
    assert_eq!(m.options.first(OptionNumber::OBSERVE), Some(&[][..]));
    let token = m.token.to_vec();
    let mut answer = vec![0x68, 0x45, request[2], request[3]];
    answer.extend_from_slice(&token);
    answer.extend_from_slice(b"\x61\x05\xff0");
    e.handle_datagram(at(1), B, &answer);
    assert_eq!(e.poll_event(), Some(Event::Notification { id }));
    assert_eq!(e.response(id).unwrap().payload, b"0");
    assert_eq!(e.poll_timeout(), None);
    (e, id, token)
}

fn notification(kind: u8, mid: u8, token: &[u8], number: u32, payload: &[u8]) -> Vec<u8> {
    let mut d = vec![kind | 8, 0x45, 0x55, mid];
    d.extend_from_slice(token);
    let value = Uint::new(number);
    d.push(0x60 | value.as_bytes().len() as u8);
    d.extend_from_slice(value.as_bytes());
    d.push(0xff);
    d.extend_from_slice(payload);
    d
}

#[test]
fn rfc7641_3_4_reordered_notifications_are_dropped_but_acknowledged() {
    let (mut e, id, token) = observing();
    let mut mid = 0;
    let mut take = |ms: u64, number: u32, fresh: bool| {
        mid += 1;
        e.handle_datagram(at(ms), B, &notification(0x40, mid, &token, number, &[mid]));
        assert_eq!(one(&mut e, at(ms)), [0x60, 0, 0x55, mid]);
        let event = e.poll_event();
        assert_eq!(event, fresh.then_some(Event::Notification { id }), "{number} at {ms}");
        if fresh {
            assert_eq!(e.response(id).unwrap().payload, [mid]);
        }
    };
    take(10, 6, true);
    take(20, 9, true);
    take(30, 7, false);
    take(40, 8, false);
    // Californium's way to say that nothing has changed.
    take(45, 9, true);
    // Wrapped round.
    take(50, 9 + (1 << 23) - 1, true);
    take(60, 3, true);
    take(70, 9 + (1 << 23), false);
    // Older by number, but 128 s have passed.
    take(60 + 128_000, 2, false);
    take(60 + 128_001, 2, true);
}

#[test]
fn a_duplicate_notification_is_told_once() {
    let (mut e, _, token) = observing();
    let d = notification(0x40, 1, &token, 6, b"1");
    assert_eq!(e.handle_datagram(at(10), B, &d), Disposition::Accepted);
    assert_eq!(e.handle_datagram(at(11), B, &d), Disposition::Duplicate);
    assert_eq!(drain(&mut e, at(11)).len(), 2);
    assert!(e.poll_event().is_some());
    assert_eq!(e.poll_event(), None);
}

#[test]
fn rfc7641_3_6_forgetting_rejects_the_next_notification() {
    for kind in [0x40, 0x50] {
        let (mut e, id, token) = observing();
        e.cancel(at(5), id, Cancel::Forget).unwrap();
        assert!(drain(&mut e, at(5)).is_empty());
        assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::Cancelled }));
        let d = notification(kind, 1, &token, 6, b"1");
        assert_eq!(e.handle_datagram(at(6), B, &d), Disposition::Refused(Cause::Unexpected));
        assert_eq!(one(&mut e, at(6)), hex("70005501"));
    }
}

#[test]
fn rfc7641_3_6_deregistering_asks_with_the_same_token() {
    let (mut e, id, token) = observing();
    e.cancel(at(5), id, Cancel::Deregister).unwrap();
    let request = one(&mut e, at(5));
    let m = Message::parse(&request).unwrap();
    assert_eq!((m.code, m.token), (Code::GET, &token[..]));
    assert_eq!(m.options.uint(OptionNumber::OBSERVE), Some(1));
    assert_eq!(m.options.path().next(), Some(&b"t"[..]));
    // A notification that was under way is acknowledged and not told.
    e.handle_datagram(at(6), B, &notification(0x40, 1, &token, 6, b"1"));
    assert_eq!(one(&mut e, at(6)), hex("60005501"));
    assert_eq!(e.poll_event(), None);
    let mut answer = vec![0x68, 0x45, request[2], request[3]];
    answer.extend_from_slice(&token);
    answer.extend_from_slice(b"\xff9");
    e.handle_datagram(at(7), B, &answer);
    assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::Response }));
    assert_eq!(e.response(id).unwrap().payload, b"9");
    e.release(id);
    assert_eq!(e.poll_event(), None);
    assert_eq!(e.poll_timeout(), None);
}

#[test]
fn rfc7641_3_2_a_response_without_observe_ends_the_observation() {
    for (first, code) in [(true, Code::CONTENT), (false, Code::NOT_FOUND)] {
        let mut e;
        let (id, d) = if first {
            e = endpoint(1);
            let id = observe(&mut e, at(0));
            let request = one(&mut e, at(0));
            let mut d = vec![0x68, code.0, request[2], request[3]];
            d.extend_from_slice(Message::parse(&request).unwrap().token);
            (id, d)
        } else {
            let token;
            let id;
            (e, id, token) = observing();
            let mut d = vec![0x48, code.0, 1, 1];
            d.extend_from_slice(&token);
            (id, d)
        };
        assert_eq!(e.handle_datagram(at(9), B, &d), Disposition::Accepted);
        assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::Response }));
        assert_eq!(e.response(id).unwrap().code, code);
        e.release(id);
        assert_eq!(e.peer_of(id), None);
    }
}

#[test]
fn rfc7959_2_6_long_notifications_are_fetched_whole() {
    let mut pair = Pair::new(endpoint(1), endpoint(2));
    pair.lost = vec![3, 7, 8, 15];
    let id = observe(&mut pair.a, pair.now);
    let body = |n: u8| vec![n; 2500 + usize::from(n)];
    let (mut seen, mut observer, mut next) = (Vec::new(), None, 1);
    pair.run(|pair, is_a, event| {
        let now = pair.now;
        match event {
            Event::Request { id, .. } => {
                assert!(!is_a);
                observer = pair.b.respond(now, id, &state(&body(0))).unwrap();
            }
            Event::Notification { id: got } => {
                assert_eq!(id, got);
                let content = pair.a.response(id).unwrap();
                seen.push(content.payload.to_vec());
                if next < 4 {
                    let r = body(next);
                    let r = Response { confirmable: true, ..state(&r) };
                    pair.b.notify(now, observer.unwrap(), &r).unwrap();
                    next += 1;
                }
            }
            other => panic!("{other:?}"),
        }
        false
    });
    assert_eq!(seen.len(), 4);
    for (n, got) in seen.iter().enumerate() {
        assert_eq!(*got, body(n as u8), "{n}");
    }
}

/// The client's side of silence: Max-Age and 5 to 15 seconds, then a new registration with the
/// same token, whose answer counts whatever its number.
#[test]
fn rfc7641_3_3_1_silence_renews_the_registration() {
    let mut c = config();
    c.parameters.renew_observations = true;
    let mut e = Endpoint::new(&c, &m2m_base::Seed([1; 32])).unwrap();
    let id = observe(&mut e, at(0));
    let first = one(&mut e, at(0));
    let token = Message::parse(&first).unwrap().token.to_vec();
    let answer = |request: &[u8], number: u8, payload: &[u8]| {
        let mut d = vec![0x68, 0x45, request[2], request[3]];
        d.extend_from_slice(&token);
        // Observe, Max-Age 30.
        d.extend([0x61, number, 0x81, 30, 0xff]);
        d.extend_from_slice(payload);
        d
    };
    e.handle_datagram(at(100), B, &answer(&first, 200, b"1"));
    assert_eq!(e.poll_event(), Some(Event::Notification { id }));
    let due = e.poll_timeout().unwrap();
    assert!(due >= at(35_100) && due <= at(45_100), "{due:?}");
    // A notification puts it off: it has no Max-Age, which means 60 seconds.
    e.handle_datagram(at(20_000), B, &notification(0x50, 1, &token, 201, b"2"));
    assert_eq!(e.poll_event(), Some(Event::Notification { id }));
    let due = e.poll_timeout().unwrap();
    assert!(due >= at(85_000) && due <= at(95_000), "{due:?}");
    e.handle_timeout(due);
    let again = one(&mut e, due);
    let m = Message::parse(&again).unwrap();
    assert_eq!((m.token, m.options.uint(OptionNumber::OBSERVE)), (&token[..], Some(0)));
    assert_ne!(m.id.to_be_bytes(), [first[2], first[3]]);
    // The server has rebooted and counts from 2.
    e.handle_datagram(due, B, &answer(&again, 2, b"3"));
    assert_eq!(e.poll_event(), Some(Event::Notification { id }));
    assert_eq!(e.response(id).unwrap().payload, b"3");
    // It says no more: the observation ends.
    let mut outcome = None;
    while let Some(t) = e.poll_timeout() {
        e.handle_timeout(t);
        drain(&mut e, t);
        outcome = e.poll_event().or(outcome);
    }
    assert_eq!(outcome, Some(Event::Done { id, outcome: Outcome::TimedOut }));
}

/// What asked for an observation before a restart is given back with its token: notifications are
/// understood again, and it can be left.
#[test]
fn an_observation_is_taken_up_again_after_a_restart() {
    let mut before = endpoint(1);
    let id = observe(&mut before, at(0));
    let token = before.token_of(id).unwrap().to_vec();

    let mut e = endpoint(3);
    let resume = |e: &mut Endpoint, token, observe| {
        with_path("t", |options| {
            let r = Request { options, observe, token, ..Request::new(Code::GET) };
            e.resume_observation(at(0), B, &r)
        })
    };
    assert_eq!(resume(&mut e, None, true), Err(UsageError::Invalid));
    assert_eq!(resume(&mut e, Some(&token[..]), false), Err(UsageError::Invalid));
    let id = resume(&mut e, Some(&token[..]), true).unwrap();
    assert_eq!(resume(&mut e, Some(&token[..]), true), Err(UsageError::Invalid));
    assert!(drain(&mut e, at(0)).is_empty());
    assert_eq!(e.poll_timeout(), None);

    let mut notification = hex("5845 7777");
    notification.extend_from_slice(&token);
    notification.extend_from_slice(&hex("61 09 ff 31"));
    e.handle_datagram(at(5), B, &notification);
    assert_eq!(e.poll_event(), Some(Event::Notification { id }));
    assert_eq!(e.response(id).unwrap().payload, b"1");
    e.release(id);
    e.cancel(at(6), id, Cancel::Deregister).unwrap();
    let datagram = one(&mut e, at(6));
    let farewell = Message::parse(&datagram).unwrap();
    assert_eq!((farewell.code, farewell.token), (Code::GET, &token[..]));
    assert_eq!(farewell.options.uint(OptionNumber::OBSERVE), Some(1));
}
