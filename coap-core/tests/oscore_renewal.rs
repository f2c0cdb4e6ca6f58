//! Security contexts whose keys both ends make anew (RFC 8613 appendix B.2).
#![cfg(feature = "oscore")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::oscore::{OscoreOption, SecurityContext, SecurityParameters};
use coap_core::*;
use common::oscore::*;
use common::*;
use m2m_base::{Cause, Disposition, Seed};

/// The kid context of a message, and what is in the byte string that it is.
fn kid_context(wire: &[u8]) -> Option<Vec<u8>> {
    let value = Message::parse(wire).unwrap().option(OptionNumber::OSCORE)?;
    let wrapped = OscoreOption::parse(value).unwrap().kid_context?.to_vec();
    let (head, id) = match wrapped[0] {
        0x58 => (wrapped[1], &wrapped[2..]),
        head => (head - 0x40, &wrapped[1..]),
    };
    assert_eq!(usize::from(head), id.len());
    Some(id.to_vec())
}

fn renewed(seed: u8, parameters: &SecurityParameters<'_>) -> (Endpoint, SecurityId) {
    let mut e = Endpoint::new(&SECURE, &Seed([seed; 32])).unwrap();
    let id = e.add_security_context(parameters, History::Renewed).unwrap();
    e.bind_security(if parameters.sender_id.is_empty() { B } else { A }, Some(id)).unwrap();
    assert_eq!(e.poll_event(), None, "nothing is to be recorded");
    (e, id)
}

fn both() -> (Endpoint, SecurityId, Endpoint, SecurityId) {
    let (a, ours) = renewed(1, &CLIENT);
    let (b, theirs) = renewed(2, &SERVER);
    (a, ours, b, theirs)
}

fn id_context(e: &Endpoint, id: SecurityId) -> Vec<u8> {
    e.security_context(id).unwrap().id_context().unwrap().to_vec()
}

/// Hands what one has to say to the other.
fn over(from: &mut Endpoint, to: &mut Endpoint, now: u64) -> (Vec<u8>, Disposition) {
    let wire = one(from, at(now));
    let sender = if to.security_context_is_of_server() { A } else { B };
    let disposition = to.handle_datagram(at(now), sender, &wire);
    (wire, disposition)
}

fn write_get() -> Vec<u8> {
    let mut buf = [0; 8];
    let kind = MessageType::Confirmable;
    let m = MessageWriter::in_buffer(&mut buf, kind, Code::GET, 1, &[]).unwrap();
    m.finish(&[]).unwrap().written().to_vec()
}

trait Side {
    fn security_context_is_of_server(&self) -> bool;
}

impl Side for Endpoint {
    fn security_context_is_of_server(&self) -> bool {
        (0..4u64)
            .filter_map(|generation| self.security_context(SecurityId::from_bits(generation << 32)))
            .any(|context| context.sender_id() == SERVER.sender_id)
    }
}

/// What B answers the request of A with, after as many messages of a run as it takes.
fn ask(a: &mut Endpoint, b: &mut Endpoint, now: u64) -> usize {
    let request = get("/a")(a, at(now), B);
    answer(a, b, now, request)
}

fn answer(a: &mut Endpoint, b: &mut Endpoint, now: u64, request: RequestId) -> usize {
    let mut messages = 0;
    loop {
        messages += 2;
        over(a, b, now);
        if let Some(Event::Request { id, .. }) = b.poll_event() {
            assert!(b.incoming(id).unwrap().security.is_some());
            b.respond(at(now), id, &content(b"yes")).unwrap();
            over(b, a, now);
            assert_eq!(done(a), (request, Outcome::Response));
            assert_eq!(a.response(request).unwrap().payload, b"yes");
            a.release(request);
            return messages;
        }
        over(b, a, now);
    }
}

#[test]
fn rfc8613_appendix_b_2_a_run_message_by_message() {
    let (mut a, ours, mut b, theirs) = both();
    let request = get("/a")(&mut a, at(0), B);
    // 1: under R1.
    let (first, disposition) = over(&mut a, &mut b, 0);
    assert_eq!(disposition, Disposition::Refused(Cause::Insecure));
    let r1 = kid_context(&first).unwrap();
    assert_eq!((r1.len(), &id_context(&a, ours)), (8, &r1));
    assert_eq!(b.poll_event(), None, "nothing was asked yet");
    // 2: under R2 || R1, which goes as R2.
    let (second, _) = over(&mut b, &mut a, 0);
    let r2 = kid_context(&second).unwrap();
    let message = Message::parse(&second).unwrap();
    assert_eq!((message.code, message.payload.len()), (Code::CHANGED, 9));
    assert_eq!((r2.len(), piv_of(&second)), (16, None));
    // 3: under R2 || R3, with numbers that begin anew.
    let (third, disposition) = over(&mut a, &mut b, 0);
    assert_eq!(disposition, Disposition::Accepted);
    let id3 = kid_context(&third).unwrap();
    assert!(id3.starts_with(&r2) && id3.len() == 24);
    assert_eq!((piv_of(&third), &id_context(&a, ours)), (Some(0), &id3));
    assert_eq!(id_context(&b, theirs), id3);
    // 4: an ordinary answer.
    let id = incoming(&mut b);
    b.respond(at(0), id, &content(b"hello")).unwrap();
    let (fourth, _) = over(&mut b, &mut a, 0);
    assert_eq!((kid_context(&fourth), hides(&fourth, b"hello")), (None, true));
    assert_eq!(done(&mut a), (request, Outcome::Response));
    // The keys are those of RFC 8613 section 3.2 with this ID context.
    let same = SecurityParameters { id_context: Some(&id3), ..CLIENT };
    let mut same = SecurityContext::new(&same).unwrap();
    let (mut room, any) = ([0; 200], write_get());
    let binding = same.protect_request(&Message::parse(&any).unwrap(), &mut room).unwrap().1;
    let answer = Message::parse(&fourth).unwrap();
    let answer = same.unprotect_response(binding, &answer, &mut room).unwrap().0;
    assert_eq!((answer.code, answer.payload), (Code::CONTENT, &b"hello"[..]));
    // From now on one round is enough, in both directions.
    assert_eq!(ask(&mut a, &mut b, 1), 2);
    let back = get("/b")(&mut b, at(2), A);
    over(&mut b, &mut a, 2);
    let id = incoming(&mut a);
    a.respond(at(2), id, &content(b"back")).unwrap();
    over(&mut a, &mut b, 2);
    assert_eq!(done(&mut b), (back, Outcome::Response));
}

#[test]
fn rfc8613_appendix_b_2_whoever_was_started_anew() {
    let (mut a, ours, mut b, _) = both();
    assert_eq!(ask(&mut a, &mut b, 0), 4);
    let before = id_context(&a, ours);
    for round in 1..5u8 {
        let anew = 10 + round;
        // The server, which has no keys then; the client, which makes new ones; both.
        if round != 2 {
            b = renewed(anew, &SERVER).0;
        }
        if round != 1 {
            a = renewed(anew + 50, &CLIENT).0;
        }
        assert_eq!(ask(&mut a, &mut b, round.into()), 4, "{round}");
        assert_eq!(ask(&mut a, &mut b, round.into()), 2, "{round}");
        // Who serves may ask, too.
        let back = get("/b")(&mut b, at(round.into()), A);
        over(&mut b, &mut a, round.into());
        let id = incoming(&mut a);
        a.respond(at(round.into()), id, &content(b"back")).unwrap();
        over(&mut a, &mut b, round.into());
        assert_eq!(done(&mut b), (back, Outcome::Response));
    }
    assert_ne!(id_context(&a, ours), before);
}

#[test]
fn rfc8613_appendix_b_2_replays_make_nothing_happen() {
    let (mut a, ours, mut b, _) = both();
    get("/a")(&mut a, at(0), B);
    let (first, _) = over(&mut a, &mut b, 0);
    let (second, _) = over(&mut b, &mut a, 0);
    // The same message again has the same answer, the same request in another message another R2.
    assert_eq!(b.handle_datagram(at(0), A, &first), Disposition::Duplicate);
    assert_eq!(one(&mut b, at(0)), second);
    let insecure = Disposition::Refused(Cause::Insecure);
    assert_eq!(b.handle_datagram(at(0), A, &with_mid(&first, 9)), insecure);
    let other = one(&mut b, at(0));
    assert_ne!(kid_context(&other), kid_context(&second));
    let (third, _) = over(&mut a, &mut b, 0);
    // Neither is an answer to what was asked anew.
    for replay in [&second, &other] {
        assert_eq!(a.handle_datagram(at(0), B, replay), Disposition::Ignored(Cause::Insecure));
    }
    let id = incoming(&mut b);
    b.respond(at(0), id, &content(b"hello")).unwrap();
    over(&mut b, &mut a, 0);
    assert_eq!(done(&mut a).1, Outcome::Response);
    let settled = id_context(&a, ours);
    // Request #2 is not done twice.
    assert_eq!(refused(&mut b, at(1), &with_mid(&third, 10)).0, Code::UNAUTHORIZED);
    // Nor is it by a server that was started anew, which takes it for a request #1.
    let mut anew = renewed(3, &SERVER).0;
    assert_eq!(anew.handle_datagram(at(1), A, &with_mid(&third, 11)), insecure);
    assert_eq!(anew.poll_event(), None);
    // An old request #1 gets an answer, which nobody waits for, and changes nothing.
    assert_eq!(b.handle_datagram(at(1), A, &with_mid(&first, 12)), insecure);
    assert_eq!(a.handle_datagram(at(1), B, &one(&mut b, at(1))), {
        Disposition::Ignored(Cause::Unexpected)
    });
    assert_eq!(id_context(&a, ours), settled);
    assert_eq!(ask(&mut a, &mut b, 2), 2);
}

#[test]
fn rfc8613_appendix_b_2_a_run_changed_in_any_byte_is_no_run() {
    let (mut a, ours, mut b, _) = both();
    get("/a")(&mut a, at(0), B);
    let first = one(&mut a, at(0));
    let begun = id_context(&a, ours);
    let from = 4 + usize::from(first[0] & 15);
    for at_byte in from..first.len() {
        let mut wire = with_mid(&first, 1000 + at_byte as u16);
        wire[at_byte] ^= 1;
        b.handle_datagram(at(0), A, &wire);
        for (_, answer) in drain(&mut b, at(0)) {
            let answer = Message::parse(&answer).unwrap();
            assert_eq!(answer.option(OptionNumber::OSCORE), None, "{at_byte}");
        }
        assert_eq!(b.poll_event(), None);
    }
    b.handle_datagram(at(0), A, &first);
    let second = one(&mut b, at(0));
    for at_byte in 4..second.len() {
        let mut wire = second.clone();
        wire[at_byte] ^= 1;
        a.handle_datagram(at(0), B, &wire);
        assert_eq!(drain(&mut a, at(0)).len(), 0, "{at_byte}");
        if let Some(event) = a.poll_event() {
            panic!("{at_byte}: {event:?}");
        }
        assert_eq!(id_context(&a, ours), begun);
    }
    a.handle_datagram(at(0), B, &second);
    let third = one(&mut a, at(0));
    let option =
        OscoreOption::parse(Message::parse(&third).unwrap().option(OptionNumber::OSCORE).unwrap())
            .unwrap();
    assert_eq!(option.kid, Some(CLIENT.sender_id));
    for at_byte in from..third.len() {
        let mut wire = with_mid(&third, 2000 + at_byte as u16);
        wire[at_byte] ^= 1;
        b.handle_datagram(at(0), A, &wire);
        drain(&mut b, at(0));
        assert_eq!(b.poll_event(), None, "{at_byte}");
    }
    // It still comes to its end.
    assert_eq!(b.handle_datagram(at(0), A, &third), Disposition::Accepted);
    incoming(&mut b);
}

#[test]
fn both_begin_at_the_same_time() {
    for lost in [&[][..], &[0], &[1], &[2], &[3], &[4], &[0, 1], &[2, 3], &[3, 4, 5]] {
        let (a, ours, b, theirs) = both();
        let mut pair = Pair::new(a, b);
        pair.lost = lost.to_vec();
        let asked = [get("/a")(&mut pair.a, pair.now, B), get("/b")(&mut pair.b, pair.now, A)];
        let mut ended = [false; 2];
        pair.run(|pair, is_a, event| {
            let now = pair.now;
            let e = if is_a { &mut pair.a } else { &mut pair.b };
            match event {
                Event::Request { id, .. } => {
                    e.respond(now, id, &content(b"yes")).unwrap();
                }
                Event::Done { id, outcome } => {
                    assert_eq!((id, outcome), (asked[usize::from(!is_a)], Outcome::Response));
                    assert!(!core::mem::replace(&mut ended[usize::from(!is_a)], true));
                }
                other => panic!("{other:?}"),
            }
            false
        });
        assert_eq!(ended, [true; 2], "{lost:?}");
        assert_eq!(id_context(&pair.a, ours), id_context(&pair.b, theirs));
        assert!(pair.sent <= 24, "{} datagrams", pair.sent);
    }
}

#[test]
fn an_observation_goes_on_after_its_server_was_started_anew() {
    let (mut a, _, mut b, _) = both();
    assert_eq!(ask(&mut a, &mut b, 0), 4);
    let (request, observer) = observe(&mut a, &mut b);
    b.notify(at(1), observer, &content(b"two")).unwrap();
    over(&mut b, &mut a, 1);
    assert_eq!(notified(&mut a, request).as_deref(), Some(&b"two"[..]));
    let (mut b, _) = renewed(3, &SERVER);
    // The next request makes new keys, and the observation is asked for anew by itself.
    let next = get("/a")(&mut a, at(2), B);
    over(&mut a, &mut b, 2);
    over(&mut b, &mut a, 2);
    let mut answered = 0;
    for _ in 0..2 {
        over(&mut a, &mut b, 2);
        let id = incoming(&mut b);
        let observe = b.incoming(id).unwrap().observe == Some(true);
        b.respond(at(2), id, &Response { observe, ..content(b"three") }).unwrap();
        over(&mut b, &mut a, 2);
        while let Some(event) = a.poll_event() {
            match event {
                Event::Notification { id } => assert_eq!(id, request),
                Event::Done { id, outcome } => assert_eq!((id, outcome), (next, Outcome::Response)),
                other => panic!("{other:?}"),
            }
            answered += 1;
        }
    }
    assert_eq!(answered, 2);
}

/// The peer has forgotten what we owe it, and we what it owes us.
#[test]
fn what_is_owed_under_old_keys_is_given_up() {
    let (mut a, _, mut b, _) = both();
    assert_eq!(ask(&mut a, &mut b, 0), 4);
    let (_, observer) = observe(&mut a, &mut b);
    get("/a")(&mut a, at(1), B);
    over(&mut a, &mut b, 1);
    let unanswered = incoming(&mut b);
    let (mut a, _) = renewed(9, &CLIENT);
    get("/a")(&mut a, at(2), B);
    over(&mut a, &mut b, 2);
    over(&mut b, &mut a, 2);
    over(&mut a, &mut b, 2);
    assert_eq!(
        b.poll_event(),
        Some(Event::ObserverGone { id: observer, reason: ObserverEnd::PeerDown })
    );
    let id = incoming(&mut b);
    assert_eq!(b.respond(at(2), unanswered, &content(b"late")), Err(UsageError::UnknownId));
    assert_eq!(b.notify(at(2), observer, &content(b"late")), Err(UsageError::UnknownId));
    b.respond(at(2), id, &content(b"new")).unwrap();
    over(&mut b, &mut a, 2);
    assert_eq!(done(&mut a).1, Outcome::Response);
}

/// Whoever does not renew its keys answers that it knows no such context.
#[test]
fn a_peer_that_does_not_renew_its_keys() {
    let (mut a, _) = renewed(1, &CLIENT);
    let (mut b, _) = secure(2, &SERVER, History::New);
    let request = get("/a")(&mut a, at(0), B);
    over(&mut a, &mut b, 0);
    over(&mut b, &mut a, 0);
    assert_eq!(done(&mut a), (request, Outcome::Unprotected));
    let given = SecurityParameters { id_context: Some(&[1]), ..CLIENT };
    let mut e = Endpoint::new(&SECURE, &Seed([1; 32])).unwrap();
    assert_eq!(e.add_security_context(&given, History::Renewed), Err(UsageError::Invalid));
}
