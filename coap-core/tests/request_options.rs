//! No-Response (RFC 7967), 4.29 (RFC 8516) and the options for proxies (RFC 7252 section 5.7).
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

fn asked(e: &mut Endpoint) -> IncomingId {
    match e.poll_event() {
        Some(Event::Request { id, .. }) => id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rfc7967_2_1_declined_responses_are_not_sent() {
    for (value, code, con, non) in [
        // Interested in all.
        ("", Code::CONTENT, "6145000107", "51450000 07"),
        ("02", Code::CONTENT, "60000001", ""),
        ("02", Code::NOT_FOUND, "6184000107", "51840000 07"),
        ("08", Code::NOT_FOUND, "60000001", ""),
        ("10", Code::INTERNAL_SERVER_ERROR, "60000001", ""),
        ("1a", Code::CHANGED, "60000001", ""),
        // Two bytes are no such option.
        ("001a", Code::CONTENT, "6145000107", "51450000 07"),
    ] {
        // Number 258 is delta 13 and one byte, 245.
        let option = format!("d{}f5{value}", value.len() / 2);
        for (kind, expected) in [("41", con), ("51", non)] {
            let mut e = endpoint(1);
            let datagram = hex(&format!("{kind}01000107{option}"));
            assert_eq!(e.handle_datagram(at(0), A, &datagram), Disposition::Accepted);
            let id = asked(&mut e);
            assert_eq!(e.respond(at(0), id, &Response::new(code)), Ok(None));
            let sent: Vec<_> = drain(&mut e, at(0)).into_iter().map(|(_, d)| d).collect();
            if expected.is_empty() {
                assert!(sent.is_empty(), "{value}");
                continue;
            }
            let (got, expected) = (&sent[0], hex(expected));
            assert_eq!((got[0], got[1], &got[4..]), (expected[0], expected[1], &expected[4..]));
            // Its repetition gets the same.
            assert_eq!(e.handle_datagram(at(9), A, &datagram), Disposition::Duplicate);
            let again = drain(&mut e, at(9));
            assert_eq!(again.len(), usize::from(kind == "41"), "{value}");
        }
    }
}

#[test]
fn rfc7967_2_1_refusals_are_declined_too() {
    let mut e = endpoint(1);
    // Method 0.08, not interested in 4.xx.
    for (datagram, answer) in [("40080001 d1f508", "60000001"), ("50080002 d1f508", "")] {
        let disposition = e.handle_datagram(at(0), A, &hex(datagram));
        assert_eq!(disposition, Disposition::Refused(Cause::Unsupported));
        assert_eq!(drain(&mut e, at(0)).concat_bytes(), hex(answer));
    }
}

trait Concat {
    fn concat_bytes(self) -> Vec<u8>;
}

impl Concat for Vec<(m2m_base::PeerId, Vec<u8>)> {
    fn concat_bytes(self) -> Vec<u8> {
        self.into_iter().flat_map(|(_, d)| d).collect()
    }
}

fn declining(e: &mut Endpoint, confirmable: bool, value: u32) -> RequestId {
    let mut room = [0; 32];
    let mut list = OptionWriter::new(&mut room);
    list.path("a").unwrap().add_uint(OptionNumber::NO_RESPONSE, value).unwrap();
    let r = Request { confirmable, options: list.options(), ..Request::new(Code::PUT) };
    e.request(at(0), B, &r).unwrap()
}

#[test]
fn rfc7967_3_a_request_that_declines_everything_is_over_when_it_is_sent_or_acknowledged() {
    let over = |id| Some(Event::Done { id, outcome: Outcome::NoResponse });
    let mut e = endpoint(1);
    let id = declining(&mut e, false, 26);
    assert_eq!(e.poll_event(), None);
    drain(&mut e, at(0));
    assert_eq!(e.poll_event(), over(id));
    let id = declining(&mut e, true, 26);
    let sent = one(&mut e, at(1));
    assert_eq!(e.poll_event(), None);
    e.handle_datagram(at(2), B, &[0x60, 0, sent[2], sent[3]]);
    assert_eq!(e.poll_event(), over(id));
    assert_eq!(e.poll_timeout(), None);
    // One that declines a part waits, and silence is no failure; without acknowledgement it is.
    for (confirmable, acknowledged) in [(false, false), (true, true), (true, false)] {
        let id = declining(&mut e, confirmable, 2);
        let sent = one(&mut e, at(3));
        if acknowledged {
            e.handle_datagram(at(4), B, &[0x60, 0, sent[2], sent[3]]);
        }
        assert_eq!(e.poll_event(), None);
        while let Some(t) = e.poll_timeout() {
            e.handle_timeout(t);
            drain(&mut e, t);
        }
        let lost = confirmable && !acknowledged;
        let outcome = if lost { Outcome::TimedOut } else { Outcome::NoResponse };
        assert_eq!(e.poll_event(), Some(Event::Done { id, outcome }));
    }
}

#[test]
fn rfc8516_3_a_request_that_was_too_many_is_held_back_for_max_age() {
    for (max_age, wait) in [(None, 60), (Some(7u8), 7)] {
        let mut e = endpoint(1);
        get("busy")(&mut e, at(0), B);
        let sent = one(&mut e, at(0));
        let m = Message::parse(&sent).unwrap();
        let mut answer = vec![0x68, Code::TOO_MANY_REQUESTS.0, sent[2], sent[3]];
        answer.extend_from_slice(m.token);
        if let Some(seconds) = max_age {
            answer.extend([0xd1, 1, seconds]);
        }
        assert_eq!(e.handle_datagram(at(1000), B, &answer), Disposition::Accepted);
        assert!(matches!(e.poll_event(), Some(Event::Done { outcome: Outcome::Response, .. })));
        let until = at(1000 + wait * 1000);
        assert_eq!(e.retry_at(B), Some(until));
        with_path("busy", |options| {
            let r = Request { options, ..Request::new(Code::GET) };
            let refused = Err(UsageError::TooManyRequests);
            assert_eq!(e.request(at(1001), B, &r), refused);
            assert_eq!(e.request(at(1000 + wait * 1000 - 1), B, &r), refused);
            // Other peers, methods and resources are not meant.
            assert!(e.request(at(1001), A, &r).is_ok());
            assert!(
                e.request(at(1001), B, &Request { options, ..Request::new(Code::PUT) }).is_ok()
            );
            assert!(e.request(until, B, &r).is_ok());
        });
        get("other")(&mut e, at(1001), B);
    }
}

#[test]
fn rfc7252_5_7_a_proxy_gets_what_is_for_a_proxy() {
    let mut c = config();
    c.parameters.proxy = true;
    let mut e = Endpoint::new(&c, &m2m_base::Seed([1; 32])).unwrap();
    let proxy_uri = "dd1600 636f61703a2f2f782f79303132";
    // With an unknown critical option (number 65529) that is safe to forward, and one (65531) that
    // is not.
    for (mid, extra, disposition) in [
        (1, "", Disposition::Accepted),
        (2, "e0fec9", Disposition::Accepted),
        (3, "e0fecb", Disposition::Refused(Cause::Unsupported)),
    ] {
        let datagram = hex(&format!("4001000{mid} {proxy_uri} {extra}"));
        assert_eq!(e.handle_datagram(at(0), A, &datagram), disposition, "{extra}");
    }
    let id = asked(&mut e);
    let uri = e.incoming(id).unwrap().options.first(OptionNumber::PROXY_URI).unwrap();
    assert_eq!(uri, b"coap://x/y012");
    // Without a proxy option, nothing is to be forwarded.
    let disposition = e.handle_datagram(at(0), A, &hex("40010077 e0fcdc"));
    assert_eq!(disposition, Disposition::Refused(Cause::Unsupported));
}

#[test]
fn rfc7252_5_4_1_the_application_says_which_critical_options_it_understands() {
    let mut c = config();
    c.parameters.understood = (OptionNumber(256), OptionNumber(351));
    let mut e = Endpoint::new(&c, &m2m_base::Seed([1; 32])).unwrap();
    // Options 255 and 353 are not among them, 279 is, however often; Uri-Path (11) and EDHOC (21)
    // are in the registry, and what is wrong with them stays wrong.
    for (mid, options, disposition) in [
        (1, "d1f2 41", Disposition::Refused(Cause::Unsupported)),
        (2, "e1000a 42 01 43", Disposition::Accepted),
        (3, "e10054 44", Disposition::Refused(Cause::Unsupported)),
        (4, "d008", Disposition::Refused(Cause::Unsupported)),
    ] {
        let datagram = hex(&format!("4001000{mid} {options}"));
        assert_eq!(e.handle_datagram(at(0), A, &datagram), disposition, "{options}");
    }
    let id = asked(&mut e);
    let values: Vec<_> = e.incoming(id).unwrap().options.all(OptionNumber(279)).collect();
    assert_eq!(values, [b"B", b"C"]);

    // The same of a response.
    let request = Request::new(Code::GET);
    for (options, taken) in [("e1000a 42", true), ("e10054 44", false)] {
        let mut e = Endpoint::new(&c, &m2m_base::Seed([2; 32])).unwrap();
        let id = e.request(at(0), A, &request).unwrap();
        let mut buf = [0; 64];
        let sent = e.poll_transmit(at(0), &mut buf).unwrap().unwrap().len;
        let mut answer = buf[..sent].to_vec();
        answer.truncate(4 + usize::from(answer[0] & 15));
        (answer[0], answer[1]) = (answer[0] | 0x20, 0x45);
        answer.extend(hex(options));
        e.handle_datagram(at(1), A, &answer);
        assert_eq!(e.response(id).is_some(), taken, "{options}");
    }
}
