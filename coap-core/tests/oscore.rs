//! OSCORE in the endpoint (RFC 8613): messages, what is refused, sequence numbers and recovery.
#![cfg(feature = "oscore")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::oscore::{OscoreOption, SecurityParameters};
use coap_core::*;
use common::oscore::*;
use common::*;
use m2m_base::{Cause, Disposition, Seed};

#[test]
fn rfc8613_8_a_request_and_its_response_go_under_the_context() {
    let (mut a, ours, mut b, theirs) = pair();
    let now = at(0);
    let request = get("/secret/path")(&mut a, now, B);
    let wire = one(&mut a, now);
    let outer = Message::parse(&wire).unwrap();
    assert_eq!((outer.code, outer.option(OptionNumber::URI_PATH)), (Code::POST, None));
    assert!(hides(&wire, b"secret"));
    assert_eq!(b.handle_datagram(now, A, &wire), Disposition::Accepted);
    let id = incoming(&mut b);
    let got = b.incoming(id).unwrap();
    assert_eq!((got.code, got.security), (Code::GET, Some(theirs)));
    assert_eq!(got.options.path().collect::<Vec<_>>(), [&b"secret"[..], b"path"]);
    b.respond(now, id, &content(b"the state")).unwrap();
    let wire = one(&mut b, now);
    let outer = Message::parse(&wire).unwrap();
    assert_eq!((outer.code, outer.option(OptionNumber::OSCORE)), (Code::CHANGED, Some(&[][..])));
    assert!(hides(&wire, b"state"));
    assert_eq!(a.handle_datagram(now, B, &wire), Disposition::Accepted);
    assert_eq!(done(&mut a), (request, Outcome::Response));
    let got = a.response(request).unwrap();
    assert_eq!((got.code, got.payload), (Code::CONTENT, &b"the state"[..]));
    assert_eq!(got.security, Some(ours));
    assert_eq!(a.security_context(ours).unwrap().next_sequence(), 1);
    assert_eq!(b.security_context(theirs).unwrap().next_sequence(), 0);
}

#[test]
fn what_is_sent_again_is_the_same_to_the_byte() {
    let (mut a, ours, mut b, theirs) = pair();
    let (_, wire, id) = asked(&mut a, &mut b, at(0));
    let later = a.poll_timeout().unwrap();
    a.handle_timeout(later);
    assert_eq!(one(&mut a, later), wire);
    assert_eq!(a.security_context(ours).unwrap().next_sequence(), 1);
    b.respond(at(1), id, &content(b"x")).unwrap();
    let answer = one(&mut b, at(1));
    assert_eq!(b.handle_datagram(later, A, &wire), Disposition::Duplicate);
    assert_eq!(one(&mut b, later), answer);
    assert_eq!(b.security_context(theirs).unwrap().next_sequence(), 0);
    assert_eq!(b.poll_event(), None);
}

#[test]
fn rfc8613_7_4_a_replayed_request_is_refused() {
    let (mut a, _, mut b, _) = pair();
    let (_, wire, _) = asked(&mut a, &mut b, at(0));
    let (code, text) = refused(&mut b, at(1), &with_mid(&wire, 77));
    assert_eq!((code, &text[..]), (Code::UNAUTHORIZED, &b"Replay detected"[..]));
    assert_eq!(b.poll_event(), None);
    assert_eq!(b.counters().insecure, 1);
}

#[test]
fn rfc8613_8_2_a_request_changed_in_any_byte_is_refused() {
    let (mut a, _, mut b, _) = pair();
    let request = get("/a")(&mut a, at(0), B);
    let wire = one(&mut a, at(0));
    let body = 4 + Message::parse(&wire).unwrap().token.len();
    for at_byte in body..wire.len() {
        for bit in 0..8 {
            let mut forged = wire.clone();
            forged[at_byte] ^= 1 << bit;
            match b.handle_datagram(at(0), A, &forged) {
                Disposition::Refused(Cause::Insecure) => {
                    let answer = one(&mut b, at(0));
                    let code = Message::parse(&answer).unwrap().code;
                    let right = [Code::BAD_REQUEST, Code::UNAUTHORIZED, Code::BAD_OPTION];
                    assert!(right.contains(&code), "{code}");
                }
                // The OSCORE option itself is another option, or the message none.
                Disposition::Refused(Cause::Malformed | Cause::Unsupported) => {
                    drain(&mut b, at(0));
                }
                _ => {}
            }
            while let Some(event) = b.poll_event() {
                // If the OSCORE option became another one it is a plain POST, as is told.
                let Event::Request { id, .. } = event else { panic!("{event:?}") };
                assert_eq!(b.incoming(id).unwrap().security, None);
                b.ignore(at(0), id);
                drain(&mut b, at(0));
            }
        }
    }
    // The right one is still welcome.
    assert_eq!(b.handle_datagram(at(1), A, &with_mid(&wire, 99)), Disposition::Accepted);
    assert!(a.response(request).is_none());
}

#[test]
fn rfc8613_8_4_a_response_changed_in_any_byte_is_ignored() {
    let (mut a, _, mut b, _) = pair();
    let (request, _, id) = asked(&mut a, &mut b, at(0));
    b.respond(at(0), id, &content(b"state")).unwrap();
    let wire = one(&mut b, at(0));
    let body = 4 + Message::parse(&wire).unwrap().token.len();
    for at_byte in body..wire.len() {
        for bit in 0..8 {
            let mut forged = wire.clone();
            forged[at_byte] ^= 1 << bit;
            let got = a.handle_datagram(at(0), B, &forged);
            assert!(matches!(got, Disposition::Ignored(_)), "byte {at_byte} bit {bit}: {got:?}");
            assert_eq!(a.poll_event(), None);
        }
    }
    assert_eq!(a.handle_datagram(at(0), B, &wire), Disposition::Accepted);
    assert_eq!(done(&mut a), (request, Outcome::Response));
}

#[test]
fn rfc8613_8_2_each_unprotected_error_reaches_the_client_as_such() {
    for (parameters, code, text) in [
        // Another id, another key.
        (
            SecurityParameters { sender_id: &[7], ..CLIENT },
            Code::UNAUTHORIZED,
            "Security context not found",
        ),
        (
            SecurityParameters { id_context: Some(&[1]), ..CLIENT },
            Code::UNAUTHORIZED,
            "Security context not found",
        ),
        (
            SecurityParameters { master_secret: &[9], ..CLIENT },
            Code::BAD_REQUEST,
            "Decryption failed",
        ),
    ] {
        let (mut a, ours) = secure(1, &parameters, History::New);
        let (mut b, _) = secure(2, &SERVER, History::New);
        let request = with_path("/a", |options| {
            a.request_under(at(0), B, ours, &Request { options, ..Request::new(Code::GET) })
                .unwrap()
        });
        let wire = one(&mut a, at(0));
        assert_eq!(refused(&mut b, at(0), &wire), (code, text.as_bytes().to_vec()));
        // A duplicate is answered again, and the client takes one of both.
        b.handle_datagram(at(0), A, &wire);
        let answer = one(&mut b, at(0));
        assert_eq!(a.handle_datagram(at(0), B, &answer), Disposition::Accepted);
        assert_eq!(done(&mut a), (request, Outcome::Unprotected));
        let got = a.response(request).unwrap();
        assert_eq!((got.code, got.payload, got.security), (code, text.as_bytes(), None));
        a.release(request);
        assert!(a.response(request).is_none());
    }
}

#[test]
fn rfc8613_8_2_what_is_no_cose_object_gets_4_02() {
    let (_, _, mut b, _) = pair();
    for option in [&[0x90][..], &[0x91, 0x20], &[0x92, 0x09, 0], &[0x91, 0x06]] {
        let mut wire = hex("4202 0102 aabb");
        wire.extend(option);
        wire.extend(hex("ff 00112233445566778899"));
        let (code, text) = refused(&mut b, at(0), &wire);
        let expected = if option == [0x92, 0x09, 0] { Code::BAD_REQUEST } else { Code::BAD_OPTION };
        assert_eq!(code, expected, "{option:02x?}");
        assert!(text == b"Failed to decode COSE" || expected == Code::BAD_REQUEST);
    }
}

#[test]
fn rfc8613_10_what_is_for_others_is_handed_on_as_it_is_or_refused() {
    let (mut a, ..) = pair();
    let mut room = [0; 40];
    let mut list = OptionWriter::new(&mut room);
    list.path("/a").unwrap().add(OptionNumber::PROXY_SCHEME, b"coap").unwrap();
    a.request(at(0), B, &Request { options: list.options(), ..Request::new(Code::GET) }).unwrap();
    let wire = one(&mut a, at(0));
    for proxy in [true, false] {
        let parameters = Parameters { proxy, ..SECURE.parameters };
        let mut b = Endpoint::new(&Config { parameters, ..SECURE }, &Seed([2; 32])).unwrap();
        b.add_security_context(&SERVER, History::New).unwrap();
        take_records(&mut b);
        b.handle_datagram(at(0), A, &wire);
        if proxy {
            let id = incoming(&mut b);
            let got = b.incoming(id).unwrap();
            assert_eq!((got.code, got.security), (Code::POST, None));
            assert_eq!(got.options.first(OptionNumber::OSCORE), Some(&[9, 0][..]));
        } else {
            let answer = one(&mut b, at(0));
            let code = Message::parse(&answer).unwrap().code;
            assert_eq!(code, Code::PROXYING_NOT_SUPPORTED);
        }
    }
}

#[test]
fn rfc8613_2_an_endpoint_without_contexts_does_not_understand_the_option() {
    let (mut a, ..) = pair();
    let mut b = endpoint(2);
    let request = get("/a")(&mut a, at(0), B);
    let wire = one(&mut a, at(0));
    b.handle_datagram(at(0), A, &wire);
    let answer = one(&mut b, at(0));
    assert_eq!(Message::parse(&answer).unwrap().code, Code::BAD_OPTION);
    a.handle_datagram(at(0), B, &answer);
    assert_eq!(done(&mut a), (request, Outcome::Unprotected));
    let parameters = b.add_security_context(&CLIENT, History::New);
    assert_eq!(parameters, Err(UsageError::Full));
}

#[test]
fn an_unprotected_success_is_no_answer_to_a_protected_request() {
    let (mut a, ..) = pair();
    let request = get("/a")(&mut a, at(0), B);
    let wire = one(&mut a, at(0));
    let (mid, token) = (&wire[2..4], Message::parse(&wire).unwrap().token);
    for (kind, code) in [(0x60, 0x45), (0x50, 0x45), (0x60, 0x44), (0x40, 0x41)] {
        let mut forged = vec![kind | 8, code];
        forged.extend(mid);
        forged.extend(token);
        forged.extend(b"\xffforged");
        let got = a.handle_datagram(at(0), B, &forged);
        assert_eq!(got, Disposition::Ignored(Cause::Insecure));
    }
    assert_eq!((a.poll_event(), drain(&mut a, at(0)).len()), (None, 0));
    a.cancel(at(0), request, Cancel::Forget).unwrap();
}

#[test]
fn rfc8613_appendix_b_1_1_nothing_is_sent_before_its_numbers_are_recorded() {
    let mut a = Endpoint::new(&SECURE, &Seed([1; 32])).unwrap();
    let ours = a.add_security_context(&CLIENT, History::New).unwrap();
    a.bind_security(B, Some(ours)).unwrap();
    get("/a")(&mut a, at(0), B);
    let other = get("/plain")(&mut a, at(0), A);
    // What needs no number does not wait behind it.
    let sent = drain(&mut a, at(0));
    assert_eq!((sent.len(), sent[0].0), (1, A));
    let first = a.poll_event();
    assert_eq!(first, Some(Event::SequenceReserved { id: ours, up_to: 128 }));
    assert_eq!(drain(&mut a, at(0)).len(), 1);
    a.cancel(at(0), other, Cancel::Forget).unwrap();
    let mut records = vec![128];
    for n in 1..400 {
        let now = at(n * 1000);
        let request = with_path("/a", |options| {
            let request = Request { options, confirmable: false, ..Request::new(Code::GET) };
            a.request(now, B, &request).unwrap()
        });
        assert_eq!(drain(&mut a, now).len(), 1, "{n}");
        a.cancel(now, request, Cancel::Forget).unwrap();
        while let Some(event) = a.poll_event() {
            if let Event::SequenceReserved { up_to, .. } = event {
                records.push(up_to);
            }
        }
    }
    assert_eq!(records, [128, 256, 384, 512]);
    // After a restart the numbers go on behind the newest record.
    let (mut a, ours) = secure(1, &CLIENT, History::Stored { next: 512 });
    a.bind_security(B, Some(ours)).unwrap();
    get("/a")(&mut a, at(0), B);
    let wire = one(&mut a, at(0));
    let option = Message::parse(&wire).unwrap().option(OptionNumber::OSCORE).unwrap();
    assert_eq!(OscoreOption::parse(option).unwrap().piv.unwrap().get(), 512);
}

#[test]
fn rfc8613_7_2_1_a_context_ends_with_its_sequence_numbers() {
    let most = (1 << 40) - 1;
    let (mut a, ours) = secure(1, &CLIENT, History::Stored { next: most });
    a.bind_security(B, Some(ours)).unwrap();
    let (mut b, _) = secure(2, &SERVER, History::New);
    let (first, _, id) = asked(&mut a, &mut b, at(0));
    let again = with_path("/a", |options| {
        a.request(at(0), B, &Request { options, ..Request::new(Code::GET) })
    });
    assert_eq!(again, Err(UsageError::Exhausted));
    b.respond(at(0), id, &content(&[5; 3000])).unwrap();
    a.handle_datagram(at(0), B, &one(&mut b, at(0)));
    // The next block would need another number.
    assert_eq!(drain(&mut a, at(0)).len(), 0);
    assert_eq!(done(&mut a), (first, Outcome::PeerDown));
    let past = a.add_security_context(&SERVER, History::Stored { next: most + 1 });
    assert_eq!(past, Err(UsageError::Invalid));
}

#[test]
fn a_server_without_numbers_left_answers_but_can_notify_no_more() {
    let (mut a, ours) = secure(1, &CLIENT, History::New);
    a.bind_security(B, Some(ours)).unwrap();
    let (mut b, _) = secure(2, &SERVER, History::Stored { next: (1 << 40) - 2 });
    // 4.01 with Echo, and one notification; the first has the nonce of the registration.
    with_path("/o", |options| {
        let request = Request { options, observe: true, ..Request::new(Code::GET) };
        a.request(at(0), B, &request).unwrap()
    });
    b.handle_datagram(at(0), A, &one(&mut a, at(0)));
    a.handle_datagram(at(0), B, &one(&mut b, at(0)));
    b.handle_datagram(at(1), A, &one(&mut a, at(1)));
    let id = incoming(&mut b);
    let first = Response { observe: true, ..content(b"one") };
    let observer = b.respond(at(1), id, &first).unwrap().unwrap();
    for (n, sent) in [(2, 1), (3, 1), (4, 0)] {
        let wires = drain(&mut b, at(n));
        assert_eq!(wires.len(), sent, "{n}");
        for (_, wire) in wires {
            a.handle_datagram(at(n), B, &wire);
        }
        let _ = b.notify(at(n), observer, &content(b"more"));
    }
    assert_eq!(
        b.poll_event(),
        Some(Event::ObserverGone { id: observer, reason: ObserverEnd::PeerDown })
    );
    // A response has the nonce of its request.
    let (_, _, id) = asked(&mut a, &mut b, at(5));
    b.respond(at(5), id, &content(b"x")).unwrap();
    assert_eq!(drain(&mut b, at(5)).len(), 1);
}

/// The server comes back with its keys, but without what it remembered.
#[test]
fn rfc8613_appendix_b_1_2_a_server_that_was_restarted_asks_for_an_echo() {
    let (mut a, _, mut b, _) = pair();
    let (request, old, id) = asked(&mut a, &mut b, at(0));
    b.respond(at(0), id, &content(b"before")).unwrap();
    a.handle_datagram(at(0), B, &one(&mut b, at(0)));
    assert_eq!(done(&mut a), (request, Outcome::Response));
    a.release(request);

    let (mut b, theirs) = secure(3, &SERVER, History::Stored { next: 128 });
    // What was recorded before is not done again, and is not answered under its own nonce.
    assert_eq!(b.handle_datagram(at(1), A, &old), Disposition::Refused(Cause::Insecure));
    let challenge = one(&mut b, at(1));
    let message = Message::parse(&challenge).unwrap();
    let option = OscoreOption::parse(message.option(OptionNumber::OSCORE).unwrap()).unwrap();
    assert_eq!(option.piv.unwrap().get(), 128);
    assert_eq!(b.poll_event(), None);

    let request = get("/a")(&mut a, at(2), B);
    b.handle_datagram(at(2), A, &one(&mut a, at(2)));
    assert_eq!(b.poll_event(), None);
    let challenge = one(&mut b, at(2));
    a.handle_datagram(at(2), B, &challenge);
    // The client repeats it by itself, with the Echo option inside.
    let wire = one(&mut a, at(3));
    assert_eq!(piv_of(&wire), Some(2));
    assert_eq!(b.handle_datagram(at(3), A, &wire), Disposition::Accepted);
    assert!(!b.security_context(theirs).unwrap().window().is_lost());
    let id = incoming(&mut b);
    b.respond(at(3), id, &content(b"after")).unwrap();
    a.handle_datagram(at(3), B, &one(&mut b, at(3)));
    assert_eq!(done(&mut a), (request, Outcome::Response));
    assert_eq!(a.response(request).unwrap().payload, b"after");
    // From now on the window is as any other, and what was before is a replay.
    for wire in [&old, &wire] {
        let (code, text) = refused(&mut b, at(4), &with_mid(wire, 4000));
        assert_eq!((code, &text[..]), (Code::UNAUTHORIZED, &b"Replay detected"[..]));
    }
    asked(&mut a, &mut b, at(5));
}
