//! Bodies in blocks, both roles at both ends (RFC 7959).
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::*;
use common::*;
use m2m_base::{Disposition, Sink, Window};
use proptest::prelude::*;

fn body(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 % 251) as u8).collect()
}

fn send(e: &mut Endpoint, now: m2m_base::Instant, method: Code, payload: &[u8]) -> RequestId {
    with_path("large", |options| {
        let r = Request { options, payload, ..Request::new(method) };
        e.request(now, B, &r).unwrap()
    })
}

/// A PUT of a body, answered with the same body; tells what a got, and how often b was asked.
fn echo(pair: &mut Pair, payload: &[u8]) -> (Option<(Code, Vec<u8>)>, Outcome, usize) {
    let id = send(&mut pair.a, pair.now, Code::PUT, payload);
    let (mut got, mut asked, mut end) = (None, 0, Outcome::TimedOut);
    pair.run(|pair, is_a, event| {
        match event {
            Event::Request { id, .. } => {
                asked += 1;
                assert!(!is_a);
                let now = pair.now;
                let body = pair.b.incoming(id).unwrap().payload.to_vec();
                let mut r = Response::new(Code::CHANGED);
                r.payload = &body;
                pair.b.respond(now, id, &r).unwrap();
            }
            Event::Done { id: done, outcome } => {
                assert_eq!(id, done);
                end = outcome;
                if let Some(c) = pair.a.response(id) {
                    got = Some((c.code, c.payload.to_vec()));
                }
                pair.a.release(id);
            }
            _ => panic!("{event:?}"),
        }
        false
    });
    (got, end, asked)
}

#[test]
fn ten_kilobytes_each_way() {
    let mut pair = Pair::new(endpoint(1), endpoint(2));
    let sent = body(10_240);
    let (got, outcome, asked) = echo(&mut pair, &sent);
    assert_eq!(outcome, Outcome::Response);
    assert_eq!(got.unwrap(), (Code::CHANGED, sent));
    assert_eq!(asked, 1);
    // Ten blocks out, the last of which brings the first back, nine more: 19 exchanges.
    assert_eq!(pair.trace.len(), 38);
}

#[test]
fn every_third_datagram_lost() {
    let mut pair = Pair::new(endpoint(1), endpoint(2));
    pair.lost = (0..1000).filter(|n| n % 3 == 1).collect();
    let sent = body(10_240);
    let (got, outcome, asked) = echo(&mut pair, &sent);
    assert_eq!(outcome, Outcome::Response);
    assert_eq!(got.unwrap().1, sent);
    assert_eq!(asked, 1);
}

#[test]
fn ends_with_different_block_sizes_agree_on_the_smaller() {
    for (a, b) in [(6, 2), (2, 6), (0, 3), (4, 4)] {
        let make = |szx, seed| {
            let mut c = config();
            c.parameters.block_szx = szx;
            Endpoint::new(&c, &m2m_base::Seed([seed; 32])).unwrap()
        };
        let mut pair = Pair::new(make(a, 1), make(b, 2));
        let sent = body(3000);
        let (got, outcome, _) = echo(&mut pair, &sent);
        assert_eq!((outcome, got.unwrap().1), (Outcome::Response, sent), "{a} {b}");
    }
}

#[test]
fn datagrams_keep_within_a_small_message_size() {
    let small = |seed| {
        let mut c = config();
        c.limits.message_size = 128;
        Endpoint::new(&c, &m2m_base::Seed([seed; 32])).unwrap()
    };
    let mut pair = Pair::new(small(1), small(2));
    let sent = body(1000);
    let (got, outcome, _) = echo(&mut pair, &sent);
    assert_eq!((outcome, got.unwrap().1), (Outcome::Response, sent));
    assert!(pair.trace.iter().all(|(_, d)| d.len() <= 128));
}

#[test]
fn a_body_above_the_limit_gets_4_13_and_size1() {
    let mut big = config();
    big.limits.body_size = 100_000;
    big.limits.pool = 400_000;
    let a = Endpoint::new(&big, &m2m_base::Seed([1; 32])).unwrap();
    let mut pair = Pair::new(a, endpoint(2));
    let id = send(&mut pair.a, pair.now, Code::PUT, &body(20_001));
    let mut code = None;
    pair.run(|pair, is_a, event| {
        assert!(is_a);
        assert_eq!(event, Event::Done { id, outcome: Outcome::Response });
        let c = pair.a.response(id).unwrap();
        code = Some((c.code, c.options.uint(OptionNumber::SIZE1)));
        true
    });
    assert_eq!(code, Some((Code::REQUEST_ENTITY_TOO_LARGE, Some(20_000))));
}

#[test]
fn a_response_above_the_limit_is_too_large() {
    let mut big = config();
    big.limits.body_size = 100_000;
    big.limits.pool = 400_000;
    let b = Endpoint::new(&big, &m2m_base::Seed([2; 32])).unwrap();
    let mut pair = Pair::new(endpoint(1), b);
    let id = send(&mut pair.a, pair.now, Code::GET, &[]);
    let long = body(20_001);
    let mut end = None;
    pair.run(|pair, is_a, event| {
        match event {
            Event::Request { id, .. } => {
                let mut r = Response::new(Code::CONTENT);
                r.payload = &long;
                let now = pair.now;
                pair.b.respond(now, id, &r).unwrap();
            }
            Event::Done { outcome, .. } if is_a => end = Some(outcome),
            _ => {}
        }
        false
    });
    assert_eq!(end, Some(Outcome::TooLarge));
    assert!(pair.a.response(id).is_none());
}

#[test]
fn rfc7959_2_4_a_resource_that_changes_between_blocks_is_fetched_again() {
    let mut pair = Pair::new(endpoint(1), endpoint(2));
    // No room to keep a body, so that each block comes from the application.
    let mut c = config();
    c.limits.transfers = 0;
    pair.b = Endpoint::new(&c, &m2m_base::Seed([2; 32])).unwrap();
    let id = send(&mut pair.a, pair.now, Code::GET, &[]);
    let (old, new) = (body(3000), body(2500));
    let (mut asked, mut got) = (0, None);
    pair.run(|pair, _, event| {
        match event {
            Event::Request { id, .. } => {
                asked += 1;
                let mut r = Response::new(Code::CONTENT);
                r.payload = if asked == 1 { &old } else { &new };
                let now = pair.now;
                pair.b.respond(now, id, &r).unwrap();
            }
            Event::Done { outcome, .. } => {
                assert_eq!(outcome, Outcome::Response);
                got = Some(pair.a.response(id).unwrap().payload.to_vec());
            }
            _ => {}
        }
        false
    });
    assert_eq!(got.unwrap(), new);
    assert_eq!(asked, 5);
}

#[test]
fn a_caller_may_cut_the_body_itself() {
    let mut pair = Pair::new(endpoint(1), endpoint(2));
    let id = send(&mut pair.a, pair.now, Code::GET, &[]);
    let long = body(5000);
    let mut got = None;
    pair.run(|pair, _, event| {
        match event {
            Event::Request { id, .. } => {
                let size = pair.b.block_size();
                let first = Block { number: 0, more: false, szx: 6 };
                let block = pair.b.incoming(id).unwrap().block2.unwrap_or(first);
                let mut buf = vec![0; size.min(block.size())];
                let mut w = Window::new(&mut buf, block.offset());
                w.put(&long).unwrap();
                let (kept, total, etag) = (w.kept(), w.total(), w.checksum());
                let mut r = Response::new(Code::CONTENT);
                r.payload = &buf[..kept];
                r.piece = Some(Piece { total, etag });
                let now = pair.now;
                pair.b.respond(now, id, &r).unwrap();
            }
            Event::Done { outcome, .. } => {
                assert_eq!(outcome, Outcome::Response);
                got = Some(pair.a.response(id).unwrap().payload.to_vec());
            }
            _ => {}
        }
        false
    });
    assert_eq!(got.unwrap(), long);
}

/// Block options and what an endpoint says to them, without a partner.
#[test]
fn rfc7959_2_3_and_2_9_uploads_block_by_block() {
    let put = |mid: u8, block: u32, payload: usize| {
        let mut buf = [0; 2000];
        let mut room = [0; 64];
        let mut w = OptionWriter::new(&mut room);
        w.path("x").unwrap().add_uint(OptionNumber::BLOCK1, block).unwrap();
        let mut m = MessageWriter::in_buffer(
            &mut buf,
            MessageType::Confirmable,
            Code::PUT,
            mid.into(),
            &[mid],
        )
        .unwrap();
        m.options(w.options()).unwrap();
        let len = m.finish(&body(payload)).unwrap().len();
        buf[..len].to_vec()
    };
    let mut e = endpoint(1);
    let mut ask = |mid, block, payload| {
        e.handle_datagram(at(mid), A, &put(mid as u8, block, payload));
        let answer = drain(&mut e, at(mid));
        let event = e.poll_event();
        if let Some(Event::Request { id, .. }) = event {
            e.respond(at(mid), id, &Response::new(Code::CHANGED)).unwrap();
            let got = one(&mut e, at(mid));
            let m = Message::parse(&got).unwrap();
            return (m.code, m.options.uint(OptionNumber::BLOCK1));
        }
        let m = Message::parse(&answer[0].1).unwrap();
        (m.code, m.options.uint(OptionNumber::BLOCK1))
    };
    // A single block with the option echoes it.
    assert_eq!(ask(1, 0x02, 10), (Code::CHANGED, Some(0x02)));
    assert_eq!(ask(2, 0x0a, 64), (Code::CONTINUE, Some(0x0a)));
    // The same block in a new message: its answer was lost.
    assert_eq!(ask(3, 0x0a, 64), (Code::CONTINUE, Some(0x0a)));
    assert_eq!(ask(4, 0x1a, 64), (Code::CONTINUE, Some(0x1a)));
    assert_eq!(ask(5, 0x1a, 64), (Code::CONTINUE, Some(0x1a)));
    // A gap.
    assert_eq!(ask(6, 0x3a, 64), (Code::REQUEST_ENTITY_INCOMPLETE, None));
    // A block that is not full, though more follow.
    assert_eq!(ask(7, 0x2a, 63), (Code::BAD_REQUEST, None));
    // What was there before is still there.
    assert_eq!(ask(8, 0x22, 5), (Code::CHANGED, Some(0x22)));
    // It is over.
    assert_eq!(ask(9, 0x32, 5), (Code::REQUEST_ENTITY_INCOMPLETE, None));
    // Longer than body_size (20,000) by its number alone.
    assert_eq!(ask(10, 0xff_fffa, 64).0, Code::REQUEST_ENTITY_TOO_LARGE);
}

#[test]
fn half_open_uploads_stay_within_the_limits_and_end() {
    let mut e = endpoint(1);
    for n in 0..200u16 {
        let [a, b] = n.to_be_bytes();
        let mut d = hex("40030000 b178 d1030a ff");
        (d[2], d[3]) = (a, b);
        d.extend([7; 64]);
        let peer = m2m_base::PeerId(u64::from(n));
        assert_eq!(e.handle_datagram(at(n.into()), peer, &d), Disposition::Accepted);
        let m = one(&mut e, at(n.into()));
        assert_eq!(Message::parse(&m).unwrap().code, Code::CONTINUE);
    }
    while let Some(t) = e.poll_timeout() {
        e.handle_timeout(t);
        assert!(drain(&mut e, t).is_empty());
    }
    assert_eq!(e.poll_event(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_body_arrives_whole_whatever_is_lost(
        len in 0usize..6000,
        szx in 0u8..=6,
        lost in proptest::collection::btree_set(0usize..400, 0..60),
    ) {
        let mut c = config();
        c.parameters.block_szx = szx;
        c.parameters.max_retransmit = 10;
        let b = Endpoint::new(&c, &m2m_base::Seed([2; 32])).unwrap();
        let mut a = config();
        a.parameters.max_retransmit = 10;
        let a = Endpoint::new(&a, &m2m_base::Seed([1; 32])).unwrap();
        let mut pair = Pair::new(a, b);
        pair.lost = lost.into_iter().collect();
        let sent = body(len);
        let (got, outcome, asked) = echo(&mut pair, &sent);
        prop_assert_eq!(outcome, Outcome::Response);
        prop_assert_eq!(got.unwrap().1, sent);
        prop_assert_eq!(asked, 1);
    }
}
