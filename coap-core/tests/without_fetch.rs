//! An endpoint that serves and reports only: without the feature `fetch`.
#![cfg(not(feature = "fetch"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;
use coap_core::*;
use common::*;

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

#[test]
fn a_body_goes_out_in_blocks_as_ever() {
    let mut e = endpoint(1);
    let mut server = endpoint(2);
    let body = vec![7; 3000];
    let id = with_path("/a", |options| {
        let request = Request { options, payload: &body, ..Request::new(Code::PUT) };
        e.request(at(0), B, &request).unwrap()
    });
    let mut got = Vec::new();
    for _ in 0..20 {
        for (_, datagram) in drain(&mut e, at(0)) {
            server.handle_datagram(at(0), A, &datagram);
        }
        while let Some(event) = server.poll_event() {
            let Event::Request { id, .. } = event else { panic!("{event:?}") };
            got = server.incoming(id).unwrap().payload.to_vec();
            server.respond(at(0), id, &Response::new(Code::CHANGED)).unwrap();
        }
        for (_, datagram) in drain(&mut server, at(0)) {
            e.handle_datagram(at(0), B, &datagram);
        }
    }
    assert_eq!(got, body);
    assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::Response }));
}
