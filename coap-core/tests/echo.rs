//! Echo: peers show that they receive at their address, requests that they are fresh (RFC 9175
//! section 2).
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::*;
use common::*;
use m2m_base::{Duration, Seed};

fn careful(seed: u8) -> Endpoint {
    let mut c = config();
    c.parameters.verify = true;
    Endpoint::new(&c, &Seed([seed; 32])).unwrap()
}

fn incoming(e: &mut Endpoint) -> Option<IncomingId> {
    match e.poll_event() {
        Some(Event::Request { id, .. }) => Some(id),
        None => None,
        other => panic!("{other:?}"),
    }
}

/// A GET of `/a` under a one-byte token, with an Echo value or without.
fn ask(mid: u8, code: Code, echo: Option<&[u8]>) -> Vec<u8> {
    let mut buf = [0; 100];
    let kind = MessageType::Confirmable;
    let mut m = MessageWriter::in_buffer(&mut buf, kind, code, mid.into(), &[7]).unwrap();
    m.option(OptionNumber::URI_PATH, b"a").unwrap();
    if let Some(echo) = echo {
        m.option(OptionNumber::ECHO, echo).unwrap();
    }
    let len = m.finish(&[]).unwrap().len();
    buf[..len].to_vec()
}

fn challenge_of(datagram: &[u8]) -> Vec<u8> {
    let m = Message::parse(datagram).unwrap();
    assert_eq!((m.code, m.token), (Code::UNAUTHORIZED, &[7][..]));
    m.options.first(OptionNumber::ECHO).unwrap().to_vec()
}

#[test]
fn rfc9175_2_4_no_more_than_three_times_an_unverified_request_goes_out() {
    let mut e = careful(1);
    let request = ask(1, Code::GET, None);
    e.handle_datagram(at(0), A, &request);
    let id = incoming(&mut e).unwrap();
    let long = [b'x'; 500];
    let answer = Response { payload: &long, ..Response::new(Code::CONTENT) };
    assert_eq!(e.respond(at(0), id, &answer), Ok(None));
    let refusal = one(&mut e, at(0));
    assert!(refusal.len() <= 3 * request.len());
    let echo = challenge_of(&refusal);
    // With the value, all of it; and from then on without.
    e.handle_datagram(at(10), A, &ask(2, Code::GET, Some(&echo)));
    let id = incoming(&mut e).unwrap();
    assert!(e.incoming(id).unwrap().fresh);
    e.respond(at(10), id, &answer).unwrap();
    assert!(one(&mut e, at(10)).len() > 500);
    e.handle_datagram(at(20), A, &ask(3, Code::GET, None));
    let id = incoming(&mut e).unwrap();
    assert!(!e.incoming(id).unwrap().fresh);
    e.respond(at(20), id, &answer).unwrap();
    assert!(one(&mut e, at(20)).len() > 500);
    // Another peer cannot use it.
    e.handle_datagram(at(30), B, &ask(3, Code::GET, Some(&echo)));
    let id = incoming(&mut e).unwrap();
    e.respond(at(30), id, &answer).unwrap();
    challenge_of(&one(&mut e, at(30)));
}

#[test]
fn rfc9175_2_4_a_short_answer_needs_no_proof() {
    let mut e = careful(1);
    e.handle_datagram(at(0), A, &ask(1, Code::GET, None));
    let id = incoming(&mut e).unwrap();
    e.respond(at(0), id, &Response { payload: b"22 C", ..Response::new(Code::CONTENT) }).unwrap();
    assert_eq!(one(&mut e, at(0)), hex("6145000107 ff 32322043"));
}

#[test]
fn rfc9175_2_4_what_changes_something_waits_for_the_proof() {
    let mut e = careful(1);
    for code in [Code::POST, Code::PUT, Code::DELETE, Code::IPATCH] {
        e.handle_datagram(at(0), A, &ask(code.0, code, None));
        assert_eq!(incoming(&mut e), None, "{code}");
        challenge_of(&one(&mut e, at(0)));
    }
    // Observing, too: what follows would go to whoever has the address.
    e.handle_datagram(at(0), A, &hex("4101009907 60 5161"));
    assert_eq!(incoming(&mut e), None);
    let echo = challenge_of(&one(&mut e, at(0)));
    e.handle_datagram(at(5), A, &ask(50, Code::PUT, Some(&echo)));
    assert!(incoming(&mut e).is_some());
}

/// Whatever a spoofer sends, and however often: three times as much goes to the victim.
#[test]
fn rfc9175_2_4_the_limit_holds_for_repetitions_and_separate_responses() {
    let long = [b'x'; 60];
    for wait in [0, 1500] {
        for datagram in [ask(1, Code::GET, None), hex("40010001"), hex("50010001b161")] {
            let mut e = careful(1);
            let (mut came, mut went) = (0, 0);
            for round in 0..40u64 {
                let now = at(round * 700);
                e.handle_timeout(now);
                e.handle_datagram(now, A, &datagram);
                came += datagram.len();
                went += drain(&mut e, now).iter().map(|d| d.1.len()).sum::<usize>();
                if round * 700 >= wait
                    && let Some(id) = incoming(&mut e)
                {
                    let r = Response { payload: &long, ..Response::new(Code::CONTENT) };
                    e.respond(now, id, &r).unwrap();
                }
                went += drain(&mut e, now).iter().map(|d| d.1.len()).sum::<usize>();
                assert!(went <= 3 * came, "{went} for {came}");
            }
            while let Some(t) = e.poll_timeout() {
                e.handle_timeout(t);
                went += drain(&mut e, t).iter().map(|d| d.1.len()).sum::<usize>();
            }
            assert!(went <= 3 * came, "{went} for {came} in the end");
        }
    }
}

#[test]
fn rfc9175_2_3_a_value_is_good_for_its_time_and_nobody_can_make_one() {
    let mut e = careful(1);
    e.handle_datagram(at(0), A, &ask(1, Code::PUT, None));
    let echo = challenge_of(&one(&mut e, at(0)));
    let mut fresh = |ms: u64, mid: u8, value: &[u8]| {
        e.handle_timeout(at(ms));
        e.handle_datagram(at(ms), A, &ask(mid, Code::GET, Some(value)));
        drain(&mut e, at(ms));
        let id = incoming(&mut e).unwrap();
        let fresh = e.incoming(id).unwrap().fresh;
        e.ignore(at(ms), id);
        fresh
    };
    assert!(fresh(1, 2, &echo));
    assert!(fresh(300_999, 3, &echo));
    assert!(!fresh(301_000, 4, &echo));
    // When its two bytes of time come round again.
    assert!(!fresh(65_536_000, 5, &echo));
    for at in 0..echo.len() {
        let mut wrong = echo.clone();
        wrong[at] ^= 1;
        assert!(!fresh(65_536_000, 6 + at as u8, &wrong));
    }
    assert!(!fresh(65_540_000, 40, &[]));
    // After a reboot the values of before are worth nothing.
    let mut other = careful(2);
    other.handle_datagram(at(1), A, &ask(9, Code::PUT, Some(&echo)));
    assert_eq!(incoming(&mut other), None);
}

#[test]
fn rfc9175_2_3_a_client_repeats_the_request_with_the_value() {
    let mut pair = Pair::new(endpoint(1), careful(2));
    let long: Vec<u8> = (0..5000u32).map(|n| (n % 251) as u8).collect();
    for (method, payload) in [(Code::GET, &[][..]), (Code::PUT, b"x"), (Code::POST, &long)] {
        // Each time as if for the first: what was proved is old.
        pair.now += Duration::from_secs(1000);
        let id = with_path("a", |options| {
            let r = Request { options, payload, ..Request::new(method) };
            pair.a.request(pair.now, B, &r).unwrap()
        });
        let (mut outcome, mut times) = (None, 0);
        pair.run(|pair, _, event| {
            match event {
                Event::Request { id, .. } => {
                    times += 1;
                    let now = pair.now;
                    assert_eq!(pair.b.incoming(id).unwrap().payload, payload);
                    let r = Response { payload: &long, ..Response::new(Code::CONTENT) };
                    pair.b.respond(now, id, &r).unwrap();
                }
                Event::Done { outcome: o, .. } => outcome = Some(o),
                _ => {}
            }
            false
        });
        assert_eq!(outcome, Some(Outcome::Response), "{method}");
        let content = pair.a.response(id).unwrap();
        assert_eq!((content.code, content.payload), (Code::CONTENT, &long[..]));
        pair.a.release(id);
        assert_eq!(times, if method == Code::GET { 2 } else { 1 });
    }
}

/// A server that never is content must not be asked for ever.
#[test]
fn rfc9175_2_3_a_client_gives_in_after_two_challenges() {
    let mut a = endpoint(1);
    let id = get("a")(&mut a, at(0), B);
    for round in 0..3u8 {
        let sent = one(&mut a, at(0));
        let m = Message::parse(&sent).unwrap();
        assert_eq!(m.options.first(OptionNumber::ECHO).is_some(), round > 0);
        let mut answer = vec![0x68, Code::UNAUTHORIZED.0, sent[2], sent[3]];
        answer.extend_from_slice(m.token);
        answer.extend([0xd1, 239, round]);
        a.handle_datagram(at(0), B, &answer);
    }
    assert_eq!(a.poll_event(), Some(Event::Done { id, outcome: Outcome::Response }));
    assert_eq!(a.response(id).unwrap().code, Code::UNAUTHORIZED);
}

#[test]
fn who_is_vouched_for_needs_no_echo() {
    let mut e = careful(1);
    assert!(e.vouch_for(at(0), A));
    e.handle_datagram(at(0), A, &ask(1, Code::PUT, None));
    assert!(incoming(&mut e).is_some());
    e.handle_datagram(at(301_000), A, &ask(2, Code::PUT, None));
    assert_eq!(incoming(&mut e), None);
}

#[test]
fn an_application_may_ask_for_freshness() {
    let mut e = endpoint(1);
    e.handle_datagram(at(0), A, &ask(1, Code::PUT, None));
    let id = incoming(&mut e).unwrap();
    assert!(!e.incoming(id).unwrap().fresh);
    e.challenge(at(0), id).unwrap();
    assert_eq!(e.challenge(at(0), id), Err(UsageError::UnknownId));
    let echo = challenge_of(&one(&mut e, at(0)));
    e.handle_datagram(at(9), A, &ask(2, Code::PUT, Some(&echo)));
    let id = incoming(&mut e).unwrap();
    assert!(e.incoming(id).unwrap().fresh);
}
