//! Tokens of more than 8 bytes (RFC 8974 section 2).
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::*;
use common::*;
use m2m_base::{Cause, Disposition};

fn request(kind: MessageType, mid: u16, token: &[u8], build: &[(u16, &[u8])]) -> Vec<u8> {
    let mut buf = vec![0; token.len() + 100];
    let mut m = MessageWriter::in_buffer(&mut buf, kind, Code::GET, mid, token).unwrap();
    for (number, value) in build {
        m.option(OptionNumber(*number), value).unwrap();
    }
    let len = m.finish(&[]).unwrap().len();
    buf.truncate(len);
    buf
}

const CON: MessageType = MessageType::Confirmable;

#[test]
fn rfc8974_2_2_a_token_is_sent_back_whole() {
    for length in [8, 9, 12, 13, 100, 144] {
        let token: Vec<u8> = (0..length).collect();
        let mut e = endpoint(1);
        let r = request(CON, 7, &token, &[(11, b"a")]);
        assert_eq!(e.handle_datagram(at(0), A, &r), Disposition::Accepted);
        let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
        assert_eq!(e.handle_datagram(at(1), A, &r), Disposition::Duplicate);
        let body = [b'x'; 2000];
        let response = Response { payload: &body, ..Response::new(Code::CONTENT) };
        e.respond(at(2), id, &response).unwrap();
        let answer = one(&mut e, at(2));
        let m = Message::parse(&answer).unwrap();
        assert_eq!((m.code, m.token), (Code::CONTENT, &token[..]));
        assert!(answer.len() <= usize::from(LIMITS.message_size));
        assert!(m.payload.len() >= if length > 30 { 512 } else { 1024 });
        // The rest of the body, and the repetition.
        let block = [m.options.first(OptionNumber::BLOCK2).unwrap()[0] & 7 | 1 << 4];
        let next = request(CON, 8, &token, &[(11, b"a"), (23, &block)]);
        assert_eq!(e.handle_datagram(at(3), A, &next), Disposition::Accepted);
        assert_eq!(Message::parse(&one(&mut e, at(3))).unwrap().token, token);
        assert_eq!(e.handle_datagram(at(4), A, &r), Disposition::Duplicate);
        assert_eq!(one(&mut e, at(4)), answer);
    }
}

#[test]
fn rfc8974_2_2_a_token_too_long_to_keep_gets_4_00_and_one_beyond_a_message_a_rst() {
    let mut e = endpoint(1);
    let token = [7; 145];
    let refused = Disposition::Refused(Cause::Unsupported);
    assert_eq!(e.handle_datagram(at(0), A, &request(CON, 7, &token, &[])), refused);
    let answer = one(&mut e, at(0));
    let m = Message::parse(&answer).unwrap();
    assert_eq!((m.code, m.id, m.token), (Code::BAD_REQUEST, 7, &token[..]));
    let token = [7; 1147];
    assert_eq!(e.handle_datagram(at(1), A, &request(CON, 8, &token, &[])), refused);
    assert_eq!(one(&mut e, at(1)), [0x70, 0, 0, 8]);
    let non = request(MessageType::NonConfirmable, 9, &token, &[]);
    assert_eq!(e.handle_datagram(at(1), A, &non), Disposition::Ignored(Cause::Unsupported));
    assert!(drain(&mut e, at(1)).is_empty());
    assert_eq!(e.poll_event(), None);
}

#[test]
fn rfc8974_2_2_refusals_carry_the_token_too() {
    let mut e = endpoint(1);
    let token = [9; 40];
    e.handle_datagram(at(0), A, &request(CON, 7, &token, &[(65001, b"")]));
    let answer = one(&mut e, at(0));
    let m = Message::parse(&answer).unwrap();
    assert_eq!((m.code, m.token), (Code::BAD_OPTION, &token[..]));
}

#[test]
fn observers_with_long_tokens_are_told_apart_and_leave_nothing_behind() {
    let mut e = endpoint(1);
    for round in 0..300u16 {
        let mut observers = Vec::new();
        for n in 0..LIMITS.observers as u8 + 1 {
            let mut token = [3; 60];
            token[59] = n;
            let mid = round * 10 + u16::from(n);
            e.handle_datagram(at(0), A, &request(CON, mid, &token, &[(6, b""), (11, b"a")]));
            let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
            let state = Response { observe: true, ..Response::new(Code::CONTENT) };
            let granted = e.respond(at(0), id, &state).unwrap();
            assert_eq!(granted.is_some(), n < LIMITS.observers as u8);
            observers.extend(granted);
            assert_eq!(Message::parse(&one(&mut e, at(0))).unwrap().token, token);
        }
        for (n, observer) in (0u8..).zip(observers) {
            e.notify(at(1), observer, &Response::new(Code::CONTENT)).unwrap();
            let sent = one(&mut e, at(1));
            assert_eq!(Message::parse(&sent).unwrap().token[59], n);
            e.remove_observer(observer);
        }
    }
}

/// The token of a request may be chosen, down to none at all; two under one token are one too many.
#[test]
fn a_request_has_the_token_that_was_chosen() {
    for length in 0..=8 {
        let token = &[1, 2, 3, 4, 5, 6, 7, 8][..length];
        let mut e = endpoint(1);
        let chosen = Request { token: Some(token), ..Request::new(Code::GET) };
        let id = e.request(at(0), A, &chosen).unwrap();
        assert_eq!(e.request(at(0), A, &chosen), Err(UsageError::Invalid));
        let sent = one(&mut e, at(0));
        let sent = Message::parse(&sent).unwrap();
        assert_eq!(sent.token, token);
        let mut buf = [0; 64];
        let ack = MessageType::Acknowledgement;
        let m = MessageWriter::in_buffer(&mut buf, ack, Code::CONTENT, sent.id, token).unwrap();
        let len = m.finish(b"x").unwrap().len();
        assert_eq!(e.handle_datagram(at(1), A, &buf[..len]), Disposition::Accepted);
        let done = Event::Done { id, outcome: Outcome::Response };
        assert_eq!(e.poll_event(), Some(done));
        assert!(e.request(at(2), A, &chosen).is_ok(), "it is free again");
        assert!(e.request(at(2), B, &chosen).is_ok(), "another peer");
    }
    let long = Request { token: Some(&[0; 9]), ..Request::new(Code::GET) };
    assert_eq!(endpoint(1).request(at(0), A, &long), Err(UsageError::TooLong));
}
