//! Requests to groups, both roles (RFC 7252 section 8).
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::*;
use common::*;
use m2m_base::{Cause, Disposition, Duration, PeerId, Seed};

const GROUP: PeerId = PeerId(99);

fn asked(e: &mut Endpoint) -> IncomingId {
    match e.poll_event() {
        Some(Event::Request { id, .. }) => id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rfc7252_8_1_only_non_confirmable_requests_are_taken_and_nothing_is_rejected() {
    for datagram in [
        "40011234b161",
        "40001234",
        "60001234b161",
        "70001234",
        "5145123420",
        "4145123420",
        "4f011234",
        "50011234f0",
        "50011234e0fcdc",
        "00011234",
        "50081234",
    ] {
        let mut e = endpoint(1);
        let disposition = e.handle_multicast(at(0), A, &hex(datagram));
        assert_ne!(disposition, Disposition::Accepted, "{datagram}");
        assert!(drain(&mut e, at(0)).is_empty(), "{datagram}");
        assert_eq!(e.poll_event(), None, "{datagram}");
    }
}

#[test]
fn rfc7252_8_2_the_response_goes_out_within_the_leisure_and_errors_do_not() {
    let (mut early, mut late) = (0, 0);
    for seed in 0..60 {
        let mut e = endpoint(seed);
        let request = hex("5101123407b161");
        assert_eq!(e.handle_multicast(at(0), A, &request), Disposition::Accepted);
        let id = asked(&mut e);
        assert!(e.incoming(id).unwrap().multicast);
        e.respond(at(10), id, &Response { payload: b"x", ..Response::new(Code::CONTENT) }).unwrap();
        assert!(drain(&mut e, at(10)).is_empty());
        assert_eq!(e.handle_multicast(at(11), A, &request), Disposition::Duplicate);
        let due = e.poll_timeout().unwrap();
        assert!(due > at(10) && due <= at(5000));
        *(if due < at(2500) { &mut early } else { &mut late }) += 1;
        e.handle_timeout(due);
        let sent = one(&mut e, due);
        let m = Message::parse(&sent).unwrap();
        assert_eq!(m.message_type, MessageType::NonConfirmable);
        assert_eq!((m.code, m.token, m.payload), (Code::CONTENT, &[7][..], &b"x"[..]));
        assert_eq!(e.poll_timeout(), Some(at(145_000)));
    }
    assert!(early > 10 && late > 10, "{early} {late}");
    for (datagram, sent) in [
        ("5101123407b161", 0),
        // RFC 7967 section 2.1: interested in all.
        ("5101123407b161 d0ea", 1),
    ] {
        let mut e = endpoint(1);
        let datagram = hex(datagram);
        e.handle_multicast(at(0), A, &datagram);
        let id = asked(&mut e);
        e.respond(at(0), id, &Response::new(Code::NOT_FOUND)).unwrap();
        let due = e.poll_timeout().unwrap();
        e.handle_timeout(due);
        assert_eq!(drain(&mut e, due).len(), sent);
    }
}

/// A network of one asking and several answering.
#[test]
fn rfc7252_8_2_each_of_a_group_answers_under_the_one_token() {
    let mut a = endpoint(1);
    let mut members: Vec<_> = (10..13u8).map(endpoint).collect();
    let id = with_path("g", |options| {
        let r = Request { options, confirmable: false, ..Request::new(Code::GET) };
        a.request_group(at(0), GROUP, &r).unwrap()
    });
    let sent = drain(&mut a, at(0));
    assert_eq!((sent.len(), sent[0].0), (1, GROUP));
    let long: Vec<u8> = (0..2500u32).map(|n| (n % 251) as u8).collect();
    for (n, member) in members.iter_mut().enumerate() {
        member.handle_multicast(at(1), A, &sent[0].1);
        let id = asked(member);
        // One has more to say than goes into a message.
        let payload = if n == 1 { &long[..] } else { b"short" };
        member.respond(at(1), id, &Response { payload, ..Response::new(Code::CONTENT) }).unwrap();
    }
    let (mut answers, mut outcome) = (Vec::new(), None);
    let mut now = at(2);
    while outcome.is_none() {
        for (n, member) in members.iter_mut().enumerate() {
            member.handle_timeout(now);
            for (_, datagram) in drain(member, now) {
                let peer = PeerId(200 + n as u64);
                a.handle_datagram(now, peer, &datagram);
                let again = a.handle_datagram(now, peer, &datagram);
                assert_ne!(again, Disposition::Accepted);
            }
        }
        a.handle_timeout(now);
        for (peer, datagram) in drain(&mut a, now) {
            members[(peer.0 - 200) as usize].handle_datagram(now, A, &datagram);
        }
        while let Some(event) = a.poll_event() {
            match event {
                Event::GroupResponse { request, response, peer } => {
                    assert_eq!((request, a.peer_of(response)), (id, Some(peer)));
                    answers.push((peer.0, a.response(response).unwrap().payload.to_vec()));
                    a.release(response);
                    assert!(a.response(response).is_none());
                }
                Event::Done { id: done, outcome: o } => {
                    assert_eq!(done, id);
                    outcome = Some(o);
                }
                other => panic!("{other:?}"),
            }
        }
        for member in &mut members {
            while let Some(Event::Request { .. }) = member.poll_event() {}
        }
        now += Duration::from_millis(100);
    }
    assert_eq!(outcome, Some(Outcome::Collected));
    assert!(now >= at(98_000));
    answers.sort();
    assert_eq!(answers[0], (200, b"short".to_vec()));
    assert_eq!(answers[1], (201, long));
    assert_eq!(answers[2], (202, b"short".to_vec()));
    // Too late, or without being asked.
    let mut late = vec![0x58, 0x45, 9, 9];
    late.extend_from_slice(Message::parse(&sent[0].1).unwrap().token);
    let disposition = a.handle_datagram(now, PeerId(200), &late);
    assert_eq!(disposition, Disposition::Refused(Cause::Unexpected));
}

#[test]
fn rfc7252_8_1_a_request_to_a_group_is_non_confirmable_short_and_observes_nothing() {
    let mut e = endpoint(1);
    let good = Request { confirmable: false, ..Request::new(Code::GET) };
    let long = [0; 1025];
    for bad in [
        Request::new(Code::GET),
        Request { observe: true, ..good },
        Request { payload: &long, ..good },
    ] {
        assert_eq!(e.request_group(at(0), GROUP, &bad), Err(UsageError::Invalid));
    }
    // It declines every response: it is over when it is sent.
    let mut room = [0; 8];
    let mut list = OptionWriter::new(&mut room);
    list.add_uint(OptionNumber::NO_RESPONSE, 26).unwrap();
    let id = e.request_group(at(0), GROUP, &Request { options: list.options(), ..good }).unwrap();
    one(&mut e, at(0));
    assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::NoResponse }));
}

/// Answers that nobody takes fill the table and no more.
#[test]
fn a_thousand_answers_stay_within_the_limits() {
    let mut c = config();
    c.limits.requests = 8;
    let mut e = Endpoint::new(&c, &Seed([1; 32])).unwrap();
    let id = e
        .request_group(at(0), GROUP, &Request { confirmable: false, ..Request::new(Code::GET) })
        .unwrap();
    let sent = one(&mut e, at(0));
    let token = Message::parse(&sent).unwrap().token.to_vec();
    let mut taken = 0;
    for n in 0..1000u16 {
        let [a, b] = n.to_be_bytes();
        let mut answer = vec![0x58, 0x45, a, b];
        answer.extend_from_slice(&token);
        // A first block of a body that is never continued, of every second.
        if n % 2 == 0 {
            answer.extend([0xd1, 10, 0x0e, 0xff]);
            answer.extend([1; 1024]);
        }
        let peer = PeerId(1000 + u64::from(n));
        let accepted = e.handle_datagram(at(1), peer, &answer) == Disposition::Accepted;
        taken += usize::from(accepted);
    }
    assert_eq!(taken, LIMITS.exchanges as usize - 1);
    let mut now = at(1);
    let mut told = 0;
    for _ in 0..1000 {
        while let Some(event) = e.poll_event() {
            match event {
                Event::GroupResponse { response, .. } => {
                    told += 1;
                    e.release(response);
                }
                Event::Done { id: done, outcome } => {
                    assert_eq!((done, outcome), (id, Outcome::Collected));
                }
                other => panic!("{other:?}"),
            }
        }
        drain(&mut e, now);
        let Some(next) = e.poll_timeout() else { break };
        now = next;
        e.handle_timeout(now);
    }
    assert_eq!(told, 3);
    // All places are free again.
    for _ in 0..LIMITS.exchanges {
        get("a")(&mut e, now, B);
    }
}
