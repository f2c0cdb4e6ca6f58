//! An endpoint that serves and reports only, and leaves out what a standard lets it: none of the
//! features that `endpoint-all` stands for.
#![cfg(not(any(feature = "fetch", feature = "upload", feature = "keep", feature = "extensions")))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;
use coap_core::*;
use common::*;
use m2m_base::Disposition;

/// The answer of a peer to the request that `e` has just sent.
fn answered(e: &mut Endpoint, code: u8, rest: &[u8]) -> Option<Event> {
    let sent = one(e, at(0));
    let token = usize::from(sent[0] & 15);
    let mut answer = vec![0x60 | sent[0] & 15, code, sent[2], sent[3]];
    answer.extend_from_slice(&sent[4..4 + token]);
    answer.extend_from_slice(rest);
    e.handle_datagram(at(1), B, &answer);
    e.poll_event()
}

#[test]
fn a_response_in_one_message_is_taken_and_one_in_blocks_is_too_large() {
    let whole: &[u8] = &[0xff, b'x'];
    // Block2 0, without and with more to come; the last of several.
    for (rest, outcome) in [
        (whole, Outcome::Response),
        (&[0xd1, 10, 0x06, 0xff, b'x'], Outcome::Response),
        (&[0xd1, 10, 0x0e, 0xff, b'x'], Outcome::TooLarge),
        (&[0xd1, 10, 0x16, 0xff, b'x'], Outcome::TooLarge),
    ] {
        let mut e = endpoint(1);
        let id = get("/a")(&mut e, at(0), B);
        assert_eq!(answered(&mut e, 0x45, rest), Some(Event::Done { id, outcome }), "{rest:x?}");
        let body = e.response(id).map(|r| r.payload.to_vec());
        assert_eq!(body, (outcome == Outcome::Response).then(|| b"x".to_vec()));
    }
}

#[test]
fn nothing_is_observed() {
    let mut e = endpoint(1);
    for request in [
        Request { observe: true, ..Request::new(Code::GET) },
        Request { stream: true, ..Request::new(Code::GET) },
    ] {
        assert_eq!(e.request(at(0), B, &request), Err(UsageError::Invalid));
    }
    // A notification that nobody asked for is a response.
    let id = get("/a")(&mut e, at(0), B);
    let done = Event::Done { id, outcome: Outcome::Response };
    assert_eq!(answered(&mut e, 0x45, &[0x61, 7, 0xff, b'x']), Some(done));
}

/// A CON with a token of two bytes, and the options and payload given.
fn con(code: u8, mid: u8, rest: &[u8]) -> Vec<u8> {
    [&[0x42, code, 0, mid, 0xaa, 0x55], rest].concat()
}

#[test]
fn what_does_not_fit_into_a_message_is_not_sent() {
    let mut e = endpoint(1);
    with_path("/a", |options| {
        let put = |payload, upload| Request { options, payload, upload, ..Request::new(Code::PUT) };
        let long = vec![7; 1025];
        assert_eq!(e.request(at(0), B, &put(&long, None)), Err(UsageError::TooLong));
        assert_eq!(e.request(at(0), B, &put(&[], Some(1))), Err(UsageError::Invalid));
        e.request(at(0), B, &put(&long[1..], None)).unwrap();
    });
    let sent = one(&mut e, at(0));
    assert_eq!(Message::parse(&sent).unwrap().payload, [7; 1024]);
}

#[test]
fn a_body_that_comes_in_blocks_is_put_together() {
    let mut e = endpoint(1);
    // Block1: 16 bytes each.
    for (number, answer) in [(0x08, 0x5f), (0x18, 0x5f), (0x20, 0x44)] {
        let block = [&[0xd1, 14, number, 0xff][..], &[number; 16]].concat();
        e.handle_datagram(at(0), B, &con(3, number, &block));
        if let Some(Event::Request { id, .. }) = e.poll_event() {
            let body = e.incoming(id).unwrap().payload.to_vec();
            assert_eq!(body, [[0x08; 16], [0x18; 16], [0x20; 16]].concat());
            e.respond(at(0), id, &Response::new(Code::CHANGED)).unwrap();
        }
        assert_eq!(one(&mut e, at(0))[1], answer);
    }
}

#[test]
fn each_block_of_a_long_answer_is_asked_of_the_application() {
    let mut e = endpoint(1);
    let body: Vec<u8> = (0..100).collect();
    let mut got = Vec::new();
    for number in 0..4u8 {
        // Block2: 32 bytes each.
        let block = [&[0xd1, 10, number << 4 | 1][..], &[]].concat();
        e.handle_datagram(at(0), B, &con(1, number, &block));
        let Some(Event::Request { id, .. }) = e.poll_event() else { panic!("{number}") };
        let response = Response { payload: &body, ..Response::new(Code::CONTENT) };
        e.respond(at(0), id, &response).unwrap();
        let answer = one(&mut e, at(0));
        let message = Message::parse(&answer).unwrap();
        let value = message.options.uint(OptionNumber::BLOCK2).unwrap();
        assert_eq!(value, u32::from(number) << 4 | u32::from(number < 3) << 3 | 1);
        got.extend_from_slice(message.payload);
    }
    assert_eq!(got, body);
}

#[test]
fn extensions_are_what_an_endpoint_may_leave_out() {
    let mut e = endpoint(1);
    // RFC 7252 section 3: a length field above 8 is a format error, to a CON as to a NON.
    let nine = |first: u8| [&[first, 1, 0, 1][..], &[5; 9]].concat();
    e.handle_datagram(at(0), B, &nine(0x49));
    assert_eq!(one(&mut e, at(0)), [0x70, 0, 0, 1]);
    e.handle_datagram(at(0), B, &nine(0x59));
    assert!(drain(&mut e, at(0)).is_empty());
    let longer = Request { token: Some(&[5; 9]), ..Request::new(Code::GET) };
    assert!(e.request(at(0), B, &longer).is_err());
    // Echo, No-Response and Request-Tag are elective: as if they were not there.
    for rest in [&[0xd1, 239, 7][..], &[0xd1, 245, 26], &[0xd1, 255, 7]] {
        e.handle_datagram(at(0), B, &con(1, rest[1], rest));
        let Some(Event::Request { id, .. }) = e.poll_event() else { panic!("{rest:x?}") };
        assert!(!e.incoming(id).unwrap().fresh);
        e.respond(at(0), id, &Response::new(Code::CONTENT)).unwrap();
        assert_eq!(one(&mut e, at(0))[1], 0x45);
    }
    // So 4.01 with Echo, and 4.29, are answers like others.
    for (code, rest) in [(0x81, &[0xd1, 239, 7][..]), (0x9d, &[])] {
        let id = get("/a")(&mut e, at(0), B);
        let done = Event::Done { id, outcome: Outcome::Response };
        assert_eq!(answered(&mut e, code, rest), Some(done));
        e.release(id);
    }
    // What goes through a proxy is critical.
    for option in [&[0xd1, 22, b'x'][..], &[0xd1, 26, b'x']] {
        e.handle_datagram(at(0), B, &con(1, option[1], option));
        assert_eq!(one(&mut e, at(0))[1], 0xa5);
    }
}

/// RFC 7252 section 4.7, with one outstanding message for each of more peers than there is room to
/// remember.
#[test]
fn requests_to_a_peer_go_one_by_one_in_their_order() {
    let mut c = config();
    c.limits.exchanges = 8;
    let mut e = Endpoint::new(&c, &m2m_base::Seed([3; 32])).unwrap();
    let (first, second) = (get("a")(&mut e, at(0), B), get("b")(&mut e, at(0), B));
    let line = ["c", "d", "e"].map(|path| get(path)(&mut e, at(0), B));
    let elsewhere = get("f")(&mut e, at(0), A);
    let sent = drain(&mut e, at(0));
    assert_eq!(sent.iter().map(|s| s.0).collect::<Vec<_>>(), [B, A]);
    let mids: Vec<_> = sent.iter().map(|s| s.1[2..4].to_vec()).collect();
    assert_ne!(mids[0], mids[1]);
    // Who leaves the line, and what ends elsewhere, lets nobody go.
    e.cancel(at(1), second, Cancel::Forget).unwrap();
    e.cancel(at(1), elsewhere, Cancel::Forget).unwrap();
    assert!(drain(&mut e, at(1)).is_empty());
    // One that comes back in the place of another stands at the end.
    let last = get("g")(&mut e, at(2), B);
    let mut going = first;
    let mut mid = mids[0].clone();
    for (next, path) in line.into_iter().chain([last]).zip(["c", "d", "e", "g"]) {
        if path == "d" {
            // A cancelled one makes room as an answer does.
            e.cancel(at(3), going, Cancel::Forget).unwrap();
        } else {
            e.handle_datagram(at(3), B, &[0x60, 0, mid[0], mid[1]]);
        }
        let sent = one(&mut e, at(3));
        assert_eq!(Message::parse(&sent).unwrap().options.path().next(), Some(path.as_bytes()));
        (going, mid) = (next, sent[2..4].to_vec());
    }
    assert!(drain(&mut e, at(4)).is_empty());
}

/// Of messages that are done with the oldest is forgotten first, and none that is not.
#[test]
fn the_oldest_answer_makes_room() {
    let mut e = endpoint(1);
    let n = u8::try_from(LIMITS.requests).unwrap();
    let mut waits = None;
    for mid in 0..n {
        e.handle_datagram(at(mid.into()), B, &con(1, mid, &[]));
        let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
        if mid == 1 {
            waits = Some(id);
        } else {
            e.respond(at(mid.into()), id, &Response::new(Code::CONTENT)).unwrap();
        }
    }
    drain(&mut e, at(100));
    for mid in [n, n + 1] {
        assert_eq!(e.handle_datagram(at(100), B, &con(1, mid, &[])), Disposition::Accepted);
    }
    assert_eq!(e.counters().evicted, 2);
    e.respond(at(101), waits.unwrap(), &Response::new(Code::CONTENT)).unwrap();
    drain(&mut e, at(101));
    assert_eq!(e.handle_datagram(at(102), B, &con(1, 3, &[])), Disposition::Duplicate);
    assert_eq!(e.handle_datagram(at(102), B, &con(1, 0, &[])), Disposition::Accepted);
}
