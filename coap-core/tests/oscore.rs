//! OSCORE in the endpoint (RFC 8613): both roles, recovery, and what is refused.
#![cfg(feature = "oscore")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::oscore::{Aead, SecurityParameters};
use coap_core::*;
use common::*;
use m2m_base::{Disposition, Seed};

const CLIENT: SecurityParameters<'static> = SecurityParameters {
    master_secret: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    master_salt: &[0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40],
    sender_id: &[],
    recipient_id: &[1],
    id_context: None,
    aead: Aead::AesCcm16_64_128,
};
const SERVER: SecurityParameters<'static> =
    SecurityParameters { sender_id: &[1], recipient_id: &[], ..CLIENT };

const SECURE: Config =
    Config { limits: Limits { security_contexts: 3, ..LIMITS }, parameters: Parameters::DEFAULT };

/// Takes the records of sequence numbers; nothing else may be told.
fn take_records(e: &mut Endpoint) {
    while let Some(event) = e.poll_event() {
        assert!(matches!(event, Event::SequenceReserved { .. }), "{event:?}");
    }
}

fn secure(
    seed: u8,
    parameters: &SecurityParameters<'_>,
    history: History,
) -> (Endpoint, SecurityId) {
    let mut e = Endpoint::new(&SECURE, &Seed([seed; 32])).unwrap();
    let id = e.add_security_context(parameters, history).unwrap();
    take_records(&mut e);
    (e, id)
}

/// A client whose requests to B go under a context, and its server.
fn pair() -> (Endpoint, SecurityId, Endpoint, SecurityId) {
    let (mut a, ours) = secure(1, &CLIENT, History::New);
    a.bind_security(B, Some(ours)).unwrap();
    let (b, theirs) = secure(2, &SERVER, History::New);
    (a, ours, b, theirs)
}

fn incoming(e: &mut Endpoint) -> IncomingId {
    loop {
        match e.poll_event() {
            Some(Event::Request { id, .. }) => return id,
            Some(Event::SequenceReserved { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn done(e: &mut Endpoint) -> (RequestId, Outcome) {
    loop {
        match e.poll_event() {
            Some(Event::Done { id, outcome }) => return (id, outcome),
            Some(Event::SequenceReserved { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn content(payload: &[u8]) -> Response<'_> {
    Response { payload, ..Response::new(Code::CONTENT) }
}

/// Is nothing of it readable on the wire?
fn hides(datagram: &[u8], text: &[u8]) -> bool {
    !datagram.windows(text.len()).any(|w| w == text)
}

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
