//! A client and a server that share a security context (RFC 8613).

use super::*;
use coap_core::oscore::{Aead, OscoreOption, SecurityParameters};
use m2m_base::Cause;

pub const CLIENT: SecurityParameters<'static> = SecurityParameters {
    master_secret: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    master_salt: &[0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40],
    sender_id: &[],
    recipient_id: &[1],
    id_context: None,
    aead: Aead::AesCcm16_64_128,
};
pub const SERVER: SecurityParameters<'static> =
    SecurityParameters { sender_id: &[1], recipient_id: &[], ..CLIENT };

pub const SECURE: Config =
    Config { limits: Limits { security_contexts: 3, ..LIMITS }, parameters: Parameters::DEFAULT };

/// Takes the records of sequence numbers; nothing else may be told.
pub fn take_records(e: &mut Endpoint) {
    while let Some(event) = e.poll_event() {
        assert!(matches!(event, Event::SequenceReserved { .. }), "{event:?}");
    }
}

pub fn secure(
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
pub fn pair() -> (Endpoint, SecurityId, Endpoint, SecurityId) {
    let (mut a, ours) = secure(1, &CLIENT, History::New);
    a.bind_security(B, Some(ours)).unwrap();
    let (b, theirs) = secure(2, &SERVER, History::New);
    (a, ours, b, theirs)
}

pub fn incoming(e: &mut Endpoint) -> IncomingId {
    loop {
        match e.poll_event() {
            Some(Event::Request { id, .. }) => return id,
            Some(Event::SequenceReserved { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub fn done(e: &mut Endpoint) -> (RequestId, Outcome) {
    loop {
        match e.poll_event() {
            Some(Event::Done { id, outcome }) => return (id, outcome),
            Some(Event::SequenceReserved { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub fn content(payload: &[u8]) -> Response<'_> {
    Response { payload, ..Response::new(Code::CONTENT) }
}

/// Is nothing of it readable on the wire?
pub fn hides(datagram: &[u8], text: &[u8]) -> bool {
    !datagram.windows(text.len()).any(|w| w == text)
}

/// A request of the client, its datagram, and the server's id for it.
pub fn asked(a: &mut Endpoint, b: &mut Endpoint, now: Instant) -> (RequestId, Vec<u8>, IncomingId) {
    let request = get("/a")(a, now, B);
    let wire = one(a, now);
    assert_eq!(b.handle_datagram(now, A, &wire), Disposition::Accepted);
    (request, wire, incoming(b))
}

/// The unprotected error that the server answers a datagram with.
pub fn refused(b: &mut Endpoint, now: Instant, wire: &[u8]) -> (Code, Vec<u8>) {
    assert_eq!(b.handle_datagram(now, A, wire), Disposition::Refused(Cause::Insecure));
    let wire = one(b, now);
    let message = Message::parse(&wire).unwrap();
    assert_eq!(message.option(OptionNumber::OSCORE), None);
    assert_eq!(message.options.uint(OptionNumber::MAX_AGE), Some(0));
    (message.code, message.payload.to_vec())
}

/// The same message under another message ID.
pub fn with_mid(wire: &[u8], mid: u16) -> Vec<u8> {
    let mut wire = wire.to_vec();
    wire[2..4].copy_from_slice(&mid.to_be_bytes());
    wire
}

pub fn piv_of(wire: &[u8]) -> Option<u64> {
    let value = Message::parse(wire).unwrap().option(OptionNumber::OSCORE)?;
    OscoreOption::parse(value).unwrap().piv.map(|piv| piv.get())
}

/// A client that observes, and the server.
pub fn observed() -> (Endpoint, RequestId, Endpoint, ObserverId) {
    let (mut a, _, mut b, _) = pair();
    let (request, observer) = observe(&mut a, &mut b);
    (a, request, b, observer)
}

pub fn observe(a: &mut Endpoint, b: &mut Endpoint) -> (RequestId, ObserverId) {
    let request = with_path("/o", |options| {
        let request = Request { options, observe: true, ..Request::new(Code::GET) };
        a.request(at(0), B, &request).unwrap()
    });
    let wire = one(a, at(0));
    let outer = Message::parse(&wire).unwrap();
    assert_eq!((outer.code, outer.options.uint(OptionNumber::OBSERVE)), (Code::FETCH, Some(0)));
    b.handle_datagram(at(0), A, &wire);
    let id = incoming(b);
    let first = Response { observe: true, ..content(b"one") };
    let observer = b.respond(at(0), id, &first).unwrap().unwrap();
    a.handle_datagram(at(0), B, &one(b, at(0)));
    assert_eq!(notified(a, request).as_deref(), Some(&b"one"[..]));
    (request, observer)
}

pub fn notified(a: &mut Endpoint, request: RequestId) -> Option<Vec<u8>> {
    match a.poll_event() {
        None => None,
        Some(event) => {
            assert_eq!(event, Event::Notification { id: request });
            let payload = a.response(request).unwrap().payload.to_vec();
            a.release(request);
            Some(payload)
        }
    }
}
