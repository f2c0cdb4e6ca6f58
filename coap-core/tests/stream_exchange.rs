//! Requests, observations and bodies in blocks over connections, both roles at both ends
//! (RFC 8323 sections 3, 6 and 7).
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::stream::Transport;
use coap_core::*;
use common::stream::*;
use common::{A, B, LIMITS, at, with_path};
use m2m_base::{Duration, Seed};
use proptest::prelude::*;

const BIG: Limits = Limits { body_size: 50_000, pool: 200_000, ..LIMITS };

fn made(seed: u8, message_size: u32, block_szx: u8) -> Endpoint {
    let parameters = Parameters { block_szx, ..Parameters::default() };
    let config = Config { limits: BIG, parameters };
    Endpoint::with_streams(&config, &Streams { message_size, ..STREAMS }, &Seed([seed; 32]))
        .unwrap()
}

fn body(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 % 251) as u8).collect()
}

fn request(e: &mut Endpoint, peer: m2m_base::PeerId, method: Code, payload: &[u8]) -> RequestId {
    with_path("large", |options| {
        e.request(at(0), peer, &Request { options, payload, ..Request::new(method) }).unwrap()
    })
}

/// What the client got, how its request ended, and how often the application was asked.
type Got = (Option<(Code, Vec<u8>)>, Outcome, usize);

/// A PUT of a body from one end, answered with the same body.
fn echo(wire: &mut Wire, from_a: bool, payload: &[u8]) -> Got {
    let sender = if from_a { &mut wire.a } else { &mut wire.b };
    let id = request(sender, if from_a { B } else { A }, Code::PUT, payload);
    let (mut got, mut asked, mut end) = (None, 0, Outcome::TimedOut);
    wire.run(|wire, is_a, event| {
        let now = wire.now;
        let e = if is_a { &mut wire.a } else { &mut wire.b };
        match event {
            Event::Request { id, .. } => {
                asked += 1;
                assert_ne!(is_a, from_a);
                let body = e.incoming(id).unwrap().payload.to_vec();
                let r = Response { payload: &body, ..Response::new(Code::CHANGED) };
                e.respond(now, id, &r).unwrap();
            }
            Event::Done { id: done, outcome } => {
                assert_eq!(id, done);
                end = outcome;
                got = e.response(id).map(|c| (c.code, c.payload.to_vec()));
                e.release(id);
            }
            Event::Close { .. } => {}
            _ => panic!("{event:?}"),
        }
    });
    (got, end, asked)
}

/// The Block options of the messages: code, number of the option, of the block, more, szx, bytes.
fn blocks(trace: &[Sent], transport: Transport) -> Vec<(Code, u16, u32, bool, u8, usize)> {
    let mut all = Vec::new();
    for (_, bytes) in trace {
        let frame = frame(bytes, transport);
        if frame.code.is_signal() {
            continue;
        }
        for number in [OptionNumber::BLOCK1, OptionNumber::BLOCK2] {
            if let Some(value) = frame.options.uint(number) {
                let b = Block::from_uint_bert(value).unwrap();
                all.push((frame.code, number.0, b.number, b.more, b.szx, frame.payload.len()));
            }
        }
    }
    all
}

#[test]
fn a_body_that_fits_into_a_message_goes_whole() {
    for transport in [Transport::Tcp, Transport::WebSocket] {
        for from_a in [true, false] {
            let mut wire = Wire::new(made(1, 8448, 6), made(2, 8448, 6), transport, 1000);
            echo(&mut wire, true, b"");
            wire.trace.clear();
            let sent = body(8000);
            let (got, outcome, asked) = echo(&mut wire, from_a, &sent);
            assert_eq!((outcome, asked), (Outcome::Response, 1));
            assert_eq!(got.unwrap(), (Code::CHANGED, sent));
            assert_eq!(wire.trace.len(), 2);
            assert_eq!(blocks(&wire.trace, transport), []);
        }
    }
}

#[test]
fn rfc8323_6_longer_ones_go_in_bert_blocks_both_ways() {
    for transport in [Transport::Tcp, Transport::WebSocket] {
        for from_a in [true, false] {
            let mut wire = Wire::new(made(1, 4096 + 256, 6), made(2, 4096 + 256, 6), transport, 77);
            let sent = body(10_000);
            // At once: the body waits for the capabilities of the peer.
            let (got, outcome, asked) = echo(&mut wire, from_a, &sent);
            assert_eq!((outcome, asked), (Outcome::Response, 1));
            assert_eq!(got.unwrap(), (Code::CHANGED, sent));
            let (one, two) = (27, 23);
            let (next, last) = (Code::CONTINUE, Code::CHANGED);
            assert_eq!(
                blocks(&wire.trace, transport),
                [
                    (Code::PUT, one, 0, true, 7, 4096),
                    (next, one, 0, true, 7, 0),
                    (Code::PUT, one, 4, true, 7, 4096),
                    (next, one, 4, true, 7, 0),
                    (Code::PUT, one, 8, false, 7, 1808),
                    (last, one, 8, false, 7, 4096),
                    (last, two, 0, true, 7, 4096),
                    (Code::PUT, two, 4, false, 7, 0),
                    (last, two, 4, true, 7, 4096),
                    (Code::PUT, two, 8, false, 7, 0),
                    (last, two, 8, false, 7, 1808),
                ]
            );
        }
    }
}

/// A capability for each end: size of its messages, size exponent of its blocks. What is not BERT
/// for one is not BERT for either.
#[test]
fn rfc8323_5_3_bert_only_with_a_peer_that_said_so() {
    for (a, b, szx, bytes) in [
        ((1152, 6), (1152, 6), 6, 1024),
        ((1152, 6), (8448, 6), 6, 1024),
        ((8448, 6), (1152, 6), 6, 1024),
        ((8448, 5), (8448, 6), 5, 512),
        ((600, 6), (8448, 6), 5, 512),
        ((8448, 6), (600, 6), 5, 512),
        ((64, 6), (8448, 6), 0, 16),
    ] {
        let tcp = Transport::Tcp;
        let mut wire = Wire::new(made(1, a.0, a.1), made(2, b.0, b.1), tcp, 100);
        let sent = body(9000);
        let (got, outcome, _) = echo(&mut wire, true, &sent);
        assert_eq!((outcome, got.unwrap().1), (Outcome::Response, sent));
        let first = blocks(&wire.trace, tcp)[0];
        assert_eq!((first.4, first.5), (szx, bytes), "{a:?} {b:?}");
    }
}

#[test]
fn rfc8323_6_1_and_6_2_examples() {
    // Figure 13: the server varies the size; we are the client.
    let mut e = open(&STREAMS);
    let sent = body(12_903);
    let id = request(&mut e, A, Code::GET, b"");
    for (number, more, part) in
        [(0, true, &sent[..3072]), (3, true, &sent[3072..8192]), (8, false, &sent[8192..])]
    {
        let out = drain(&mut e, at(0)).remove(0).1;
        let asked = frame(&out, Transport::Tcp);
        let block = asked.options.uint(OptionNumber::BLOCK2).and_then(Block::from_uint_bert);
        let expected = Block { number, more: false, szx: 7 };
        assert_eq!(block, (number > 0).then_some(expected));
        let value = Block { number, more, szx: 7 }.to_uint().to_be_bytes();
        let token = asked.token.to_vec();
        feed(&mut e, &tcp(Code::CONTENT, &token, &[(23, &value[3..])], part));
    }
    assert_eq!(events(&mut e), [Event::Done { id, outcome: Outcome::Response }]);
    assert_eq!(e.response(id).unwrap().payload, sent);
    // Figure 14: the client varies the size; we are the server.
    let streams = Streams { message_size: 16_384 + 256, ..STREAMS };
    let config = Config { limits: BIG, parameters: Parameters::default() };
    let mut e = Endpoint::with_streams(&config, &streams, &Seed([1; 32])).unwrap();
    e.connected(at(0), A, Transport::Tcp).unwrap();
    feed(&mut e, CSM);
    drain(&mut e, at(0));
    let sent = body(8192 + 16_384 + 5683);
    for (number, more, part) in
        [(0, true, &sent[..8192]), (8, true, &sent[8192..24_576]), (24, false, &sent[24_576..])]
    {
        let value = Block { number, more, szx: 7 }.to_uint().to_be_bytes();
        feed(&mut e, &tcp(Code::PUT, &[1], &[(27, &value[2..])], part));
        let answer = drain(&mut e, at(0)).pop();
        assert_eq!(answer.is_some(), more);
        if let Some((_, bytes)) = answer {
            let answer = frame(&bytes, Transport::Tcp);
            assert_eq!(answer.code, Code::CONTINUE);
            let block = answer.options.uint(OptionNumber::BLOCK1).and_then(Block::from_uint_bert);
            assert_eq!(block, Some(Block { number, more, szx: 7 }));
        }
    }
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    assert_eq!(e.incoming(id).unwrap().payload, sent);
}

#[test]
fn rfc8323_6_a_bert_block_that_is_no_multiple_of_1024_is_refused() {
    for (len, code) in [(0, Code::BAD_REQUEST), (1023, Code::BAD_REQUEST), (2048, Code::CONTINUE)] {
        let mut e = open(&STREAMS);
        feed(&mut e, &tcp(Code::PUT, &[1], &[(27, &[0x0f])], &body(len)));
        let out = drain(&mut e, at(0));
        assert_eq!(frame(&out[0].1, Transport::Tcp).code, code, "{len}");
    }
}

#[test]
fn a_peer_that_takes_less_meanwhile_gets_no_longer_message() {
    let mut e = open(&STREAMS);
    // 9000 bytes of room, then 64.
    feed(&mut e, &[0x30, 0xe1, 0x22, 0x23, 0x28]);
    let id = request(&mut e, A, Code::PUT, &body(2000));
    feed(&mut e, &tcp(Code::GET, &[1], &[], b""));
    let Some(Event::Request { id: asked, .. }) = e.poll_event() else { panic!() };
    let r = Response { payload: &body(3000), ..Response::new(Code::CONTENT) };
    e.respond(at(0), asked, &r).unwrap();
    feed(&mut e, &[0x20, 0xe1, 0x21, 0x40]);
    assert_eq!(sent(&mut e, at(0)), ["01a001"]);
    assert_eq!(events(&mut e), [Event::Done { id, outcome: Outcome::TooLarge }]);
}

#[test]
fn answers_come_in_any_order_and_nothing_is_repeated() {
    let mut wire = Wire::new(made(1, 8448, 6), made(2, 8448, 6), Transport::Tcp, 3);
    let ids: Vec<_> = (0..5u8).map(|n| request(&mut wire.a, B, Code::POST, &[n])).collect();
    let (mut waiting, mut done) = (Vec::new(), Vec::new());
    wire.run(|wire, _, event| match event {
        Event::Request { id, .. } => {
            assert!(wire.b.incoming(id).unwrap().confirmable);
            waiting.push(id);
            if waiting.len() == 5 {
                for id in waiting.drain(..).rev() {
                    let payload = wire.b.incoming(id).unwrap().payload.to_vec();
                    let r = Response { payload: &payload, ..Response::new(Code::CONTENT) };
                    wire.b.respond(wire.now, id, &r).unwrap();
                }
            }
        }
        Event::Done { id, outcome: Outcome::Response } => {
            done.push((id, wire.a.response(id).unwrap().payload[0]));
            wire.a.release(id);
        }
        _ => panic!("{event:?}"),
    });
    assert_eq!(done, ids.into_iter().zip(0..5).rev().collect::<Vec<_>>());
    // Two CSMs, five requests, five responses; and no timer runs on.
    assert_eq!(wire.trace.len(), 12);
    assert_eq!((wire.a.poll_timeout(), wire.b.poll_timeout()), (None, None));
}

#[test]
fn a_request_without_answer_times_out() {
    let mut e = open(&STREAMS);
    let id = request(&mut e, A, Code::GET, b"");
    assert_eq!(drain(&mut e, at(0)).len(), 1);
    e.handle_timeout(at(93_000));
    assert_eq!(events(&mut e), [Event::Done { id, outcome: Outcome::TimedOut }]);
    assert!(drain(&mut e, at(93_000)).is_empty());
}

#[test]
fn rfc7252_5_4_1_critical_options_that_are_not_understood() {
    let mut e = open(&STREAMS);
    feed(&mut e, &tcp(Code::GET, &[1], &[(9999, b"")], b""));
    assert_eq!(sent(&mut e, at(0)), ["018201"]);
    let id = request(&mut e, A, Code::GET, b"");
    let out = drain(&mut e, at(0)).remove(0).1;
    let token = frame(&out, Transport::Tcp).token.to_vec();
    feed(&mut e, &tcp(Code::CONTENT, &token, &[(9999, b"")], b""));
    assert_eq!(events(&mut e), [Event::Done { id, outcome: Outcome::Broken }]);
    assert!(drain(&mut e, at(0)).is_empty());
}

fn observe(e: &mut Endpoint) -> RequestId {
    with_path("t", |options| {
        let r = Request { options, observe: true, ..Request::new(Code::GET) };
        e.request(at(0), A, &r).unwrap()
    })
}

/// An endpoint that observes, and the token.
fn observing() -> (Endpoint, RequestId, Vec<u8>) {
    let mut e = open(&STREAMS);
    let id = observe(&mut e);
    let out = drain(&mut e, at(0)).remove(0).1;
    let token = frame(&out, Transport::Tcp).token.to_vec();
    feed(&mut e, &tcp(Code::CONTENT, &token, &[(6, b"\x05")], b"first"));
    assert_eq!(events(&mut e), [Event::Notification { id }]);
    (e, id, token)
}

#[test]
fn rfc8323_7_1_the_numbers_of_notifications_do_not_matter() {
    let (mut e, id, token) = observing();
    for (number, state) in [(&b"\x04"[..], b"a"), (b"", b"b"), (b"\x04", b"c"), (b"\x04", b"c")] {
        feed(&mut e, &tcp(Code::CONTENT, &token, &[(6, number)], state));
        assert_eq!(events(&mut e), [Event::Notification { id }]);
        assert_eq!(e.response(id).unwrap().payload, state);
    }
    // No deadline, no message of ours.
    assert_eq!(e.poll_timeout(), None);
    assert!(drain(&mut e, at(0)).is_empty());
}

#[test]
fn rfc8323_7_4_to_give_an_observation_up_is_to_say_so() {
    for how in [Cancel::Forget, Cancel::Deregister] {
        let (mut e, id, token) = observing();
        e.cancel(at(0), id, how).unwrap();
        let out = drain(&mut e, at(0)).remove(0).1;
        let farewell = frame(&out, Transport::Tcp);
        assert_eq!((farewell.code, farewell.token), (Code::GET, &token[..]));
        assert_eq!(farewell.options.uint(OptionNumber::OBSERVE), Some(1));
        // One that crossed it.
        feed(&mut e, &tcp(Code::CONTENT, &token, &[(6, b"\x06")], b"news"));
        assert_eq!(events(&mut e), []);
        feed(&mut e, &tcp(Code::CONTENT, &token, &[], b"last"));
        let forgotten = how == Cancel::Forget;
        let outcome = if forgotten { Outcome::Cancelled } else { Outcome::Response };
        assert_eq!(events(&mut e), [Event::Done { id, outcome }]);
        assert_eq!(e.response(id).is_none(), forgotten);
    }
}

#[test]
fn an_observation_given_up_before_it_is_granted() {
    // Not sent yet: nobody needs to know.
    let mut e = open(&STREAMS);
    let id = observe(&mut e);
    e.cancel(at(0), id, Cancel::Forget).unwrap();
    assert_eq!(events(&mut e), [Event::Done { id, outcome: Outcome::Cancelled }]);
    assert!(drain(&mut e, at(0)).is_empty());
    // Sent: its answer is followed by that to the farewell.
    let id = observe(&mut e);
    let out = drain(&mut e, at(0)).remove(0).1;
    let token = frame(&out, Transport::Tcp).token.to_vec();
    e.cancel(at(0), id, Cancel::Forget).unwrap();
    assert_eq!(drain(&mut e, at(0)).len(), 1);
    feed(&mut e, &tcp(Code::CONTENT, &token, &[(6, b"\x01")], b"one"));
    assert_eq!(events(&mut e), []);
    feed(&mut e, &tcp(Code::CONTENT, &token, &[], b"two"));
    assert_eq!(events(&mut e), [Event::Done { id, outcome: Outcome::Cancelled }]);
}

#[test]
fn rfc8323_7_4_observers_go_with_their_connection() {
    let mut e = open(&STREAMS);
    feed(&mut e, &tcp(Code::GET, &[7], &[(6, b""), (11, b"t")], b""));
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    let state = |payload| Response { payload, observe: true, ..Response::new(Code::CONTENT) };
    let observer = e.respond(at(0), id, &state(b"0")).unwrap().unwrap();
    assert_eq!(sent(&mut e, at(0)), ["31450760ff30"]);
    // Two states at once: the later one counts. Neither waits for an acknowledgement, not even
    // one in 24 hours.
    let day = at(90_000_000);
    e.notify(day, observer, &Response { confirmable: true, ..state(b"1") }).unwrap();
    e.notify(day, observer, &state(b"2")).unwrap();
    assert_eq!(sent(&mut e, day), ["4145076102ff32"]);
    e.notify(day, observer, &state(b"3")).unwrap();
    assert_eq!(sent(&mut e, day), ["4145076103ff33"]);
    assert_eq!(e.poll_timeout(), None);
    e.disconnected(day, A);
    assert_eq!(
        events(&mut e),
        [Event::ObserverGone { id: observer, reason: ObserverEnd::PeerDown }]
    );
    assert_eq!(e.notify(day, observer, &state(b"4")), Err(UsageError::UnknownId));
    // One that asks to go gets an answer like any other.
    let mut e = open(&STREAMS);
    feed(&mut e, &tcp(Code::GET, &[7], &[(6, b""), (11, b"t")], b""));
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    let observer = e.respond(at(0), id, &state(b"0")).unwrap().unwrap();
    drain(&mut e, at(0));
    feed(&mut e, &tcp(Code::GET, &[7], &[(6, b"\x01"), (11, b"t")], b""));
    let gone = events(&mut e);
    assert_eq!(gone[0], Event::ObserverGone { id: observer, reason: ObserverEnd::Deregistered });
    let Event::Request { id, .. } = gone[1] else { panic!() };
    assert_eq!(e.incoming(id).unwrap().observe, Some(false));
}

#[test]
fn a_long_notification_is_fetched_by_another_request() {
    let mut wire = Wire::new(made(1, 2048 + 256, 6), made(2, 2048 + 256, 6), Transport::Tcp, 500);
    let id = with_path("t", |options| {
        let r = Request { options, observe: true, ..Request::new(Code::GET) };
        wire.a.request(at(0), B, &r).unwrap()
    });
    let (mut seen, mut observer) = (Vec::new(), None);
    for round in 0..3usize {
        let state = body(5000 + round);
        if let Some(observer) = observer {
            let r = Response { payload: &state, ..Response::new(Code::CONTENT) };
            wire.b.notify(wire.now, observer, &r).unwrap();
        }
        wire.run(|wire, _, event| match event {
            Event::Request { id, .. } => {
                let r = Response { payload: &state, observe: true, ..Response::new(Code::CONTENT) };
                observer = wire.b.respond(wire.now, id, &r).unwrap();
            }
            Event::Notification { id: seen_id } => {
                assert_eq!(seen_id, id);
                seen.push(wire.a.response(id).unwrap().payload.len());
                wire.a.release(id);
            }
            _ => panic!("{event:?}"),
        });
    }
    assert_eq!(seen, [5000, 5001, 5002]);
}

/// The client holds neither body, the server not the one that comes.
#[test]
fn bodies_are_streamed_in_bert_blocks() {
    let parameters = Parameters { stream_uploads: true, ..Parameters::default() };
    let config = Config { limits: BIG, parameters };
    let streams = Streams { message_size: 4096 + 256, ..STREAMS };
    let server = Endpoint::with_streams(&config, &streams, &Seed([2; 32])).unwrap();
    let mut wire = Wire::new(made(1, 4096 + 256, 6), server, Transport::Tcp, 1000);
    let out = body(40_000);
    let id = with_path("large", |options| {
        let r = Request { options, upload: Some(40_000), stream: true, ..Request::new(Code::PUT) };
        wire.a.request(at(0), B, &r).unwrap()
    });
    let (mut most, mut back) = (0, Vec::new());
    let mut taken = Vec::new();
    wire.run(|wire, is_a, event| {
        let now = wire.now;
        match event {
            Event::BlockWanted { id: of } => {
                assert_eq!(of, id);
                let range = wire.a.wanted(id).unwrap();
                most = most.max(range.len());
                wire.a.supply(now, id, &out[range.start as usize..range.end as usize]).unwrap();
            }
            Event::Block { .. } => {
                back.extend_from_slice(wire.a.response(id).unwrap().payload);
                wire.a.next_block(now, id).unwrap();
            }
            Event::Request { id, .. } => {
                assert!(!is_a);
                let incoming = wire.b.incoming(id).unwrap();
                taken.extend_from_slice(incoming.payload);
                let r = match incoming.block1.is_some_and(|b| b.more) {
                    true => Response::new(Code::CONTINUE),
                    false => Response { payload: &taken, ..Response::new(Code::CHANGED) },
                };
                wire.b.respond(now, id, &r).unwrap();
            }
            Event::Done { outcome, .. } => {
                assert_eq!(outcome, Outcome::Response);
                back.extend_from_slice(wire.a.response(id).unwrap().payload);
            }
            _ => panic!("{event:?}"),
        }
    });
    assert_eq!((most, back), (4096, out));
}

/// An application that cuts its bodies itself does so by `block_size` and the block it is asked
/// for, whatever the connection takes.
#[test]
fn bodies_that_the_application_cuts_go_over_any_connection() {
    for (ours, theirs, datagram, block) in [
        (8448, 8448, 1152, 1024),
        (8448, 8448, 256, 128),
        (8448, 200, 1152, 64),
        (300, 8448, 1152, 128),
    ] {
        let limits = Limits { message_size: datagram, ..BIG };
        let config = Config { limits, parameters: Parameters::default() };
        let streams = Streams { message_size: ours, ..STREAMS };
        let server = Endpoint::with_streams(&config, &streams, &Seed([2; 32])).unwrap();
        let mut wire = Wire::new(made(1, theirs, 6), server, Transport::Tcp, 1000);
        let all = body(5000);
        let id = request(&mut wire.a, B, Code::GET, b"");
        let (mut got, mut largest) = (Vec::new(), 0);
        wire.run(|wire, _, event| match event {
            Event::Request { id, .. } => {
                let size = wire.b.block_size();
                let first = Block { number: 0, more: false, szx: Block::szx_for(size) };
                let block = wire.b.incoming(id).unwrap().block2.unwrap_or(first);
                let end = (block.offset() + block.size()).min(all.len());
                let payload = &all[block.offset()..end];
                largest = largest.max(payload.len());
                let piece = Some(Piece { total: all.len(), etag: 1 });
                let r = Response { payload, piece, ..Response::new(Code::CONTENT) };
                wire.b.respond(wire.now, id, &r).unwrap();
            }
            Event::Done { outcome, .. } => {
                assert_eq!(outcome, Outcome::Response);
                got = wire.a.response(id).unwrap().payload.to_vec();
            }
            _ => panic!("{event:?}"),
        });
        assert!(got == all, "{ours} {theirs} {datagram}");
        assert_eq!(largest, block, "{ours} {theirs} {datagram}");
    }
}

/// One script over a connection that is lost after so many bytes: every request ends once, all
/// that was held is free, and the next connection works.
fn script(cut: Option<usize>, chunk: usize, transport: Transport) -> (usize, Vec<Sent>) {
    let mut wire = Wire::new(made(1, 2304, 6), made(2, 2304, 6), transport, chunk);
    wire.cut = cut;
    let mut open: Vec<_> = [&b""[..], b"short", &body(1500), &body(5000)]
        .into_iter()
        .map(|payload| request(&mut wire.a, B, Code::PUT, payload))
        .collect();
    open.push(with_path("t", |options| {
        let r = Request { options, observe: true, ..Request::new(Code::GET) };
        wire.a.request(at(0), B, &r).unwrap()
    }));
    wire.a.ping(at(0), B, true).unwrap();
    let watched = open[4];
    let mut observers = 0i32;
    wire.run(|wire, is_a, event| {
        let now = wire.now;
        match event {
            Event::Request { id, .. } => {
                let incoming = wire.b.incoming(id).unwrap();
                let (observes, body) = (incoming.observe == Some(true), incoming.payload.to_vec());
                let r = Response { payload: &body, observe: true, ..Response::new(Code::CONTENT) };
                let granted = wire.b.respond(now, id, &r).unwrap();
                assert_eq!(granted.is_some(), observes);
                if let Some(id) = granted {
                    observers += 1;
                    let long = common::stream::tcp(Code::CONTENT, &[], &[], &[3; 4000]);
                    let r = Response { payload: &long, ..Response::new(Code::CONTENT) };
                    wire.b.notify(now, id, &r).unwrap();
                }
            }
            Event::Done { id, outcome } => {
                let at = open.iter().position(|o| *o == id);
                open.remove(at.unwrap_or_else(|| panic!("{id:?} {outcome:?}, cut at {cut:?}")));
                wire.a.release(id);
            }
            Event::Notification { id } => {
                assert_eq!(id, watched);
                if wire.a.response(id).unwrap().payload.len() > 4000 {
                    wire.a.cancel(now, id, Cancel::Deregister).unwrap();
                }
            }
            Event::ObserverGone { .. } => observers -= 1,
            Event::Pong { custody, .. } => assert!(custody && is_a),
            _ => panic!("{event:?}"),
        }
    });
    assert_eq!(observers, 0);
    assert_eq!(open, [], "each request ends");
    let carried = wire.carried;
    let trace = std::mem::take(&mut wire.trace);
    if cut.is_some() {
        wire.now += Duration::from_secs(1);
        let mut again = Wire::new(wire.a, wire.b, transport, chunk);
        let (got, outcome, _) = echo(&mut again, true, &body(3000));
        assert_eq!(outcome, Outcome::Response, "cut at {cut:?}");
        assert_eq!(got.unwrap().1.len(), 3000);
    }
    (carried, trace)
}

#[test]
fn a_connection_that_is_lost_at_any_byte_ends_every_request_once() {
    let (whole, _) = script(None, 4096, Transport::Tcp);
    assert!(whole > 15_000, "{whole}");
    // Every byte of the first messages, then every 61st.
    for cut in (1..400).chain((400..whole).step_by(61)) {
        script(Some(cut), 256, Transport::Tcp);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn any_chunking_is_as_good_as_whole(chunk in 1usize..5000) {
        let whole = script(None, usize::MAX, Transport::Tcp);
        let pieces = script(None, chunk, Transport::Tcp);
        prop_assert_eq!(whole, pieces);
    }

    /// Bytes of a peer, split anywhere, have the effect that they have at once.
    #[test]
    fn any_bytes_have_the_same_effect_however_they_are_split(
        messages in proptest::collection::vec(
            (prop_oneof![Just(Code::GET), Just(Code::PUT), Just(Code::PING), Just(Code::CSM),
                Just(Code::CONTENT), Just(Code::RELEASE)],
             proptest::collection::vec(any::<u8>(), 0..9),
             proptest::collection::vec(any::<u8>(), 0..300)), 0..12),
        noise in proptest::collection::vec(any::<u8>(), 0..6),
        splits in proptest::collection::vec(1usize..50, 1..200),
    ) {
        let mut bytes = Vec::new();
        for (code, token, payload) in messages {
            bytes.extend(tcp(code, &token, &[], &payload));
        }
        bytes.extend(noise);
        let run = |splits: &[usize]| {
            let mut e = open(&STREAMS);
            let (mut told, mut out) = (Vec::new(), Vec::new());
            let mut rest = &bytes[..];
            let mut at_once = splits.iter().cycle();
            while !rest.is_empty() {
                let size = (*at_once.next().unwrap()).min(rest.len());
                let taken = e.handle_stream(at(0), A, &rest[..size]);
                rest = &rest[taken..];
                if taken < size {
                    out.extend(drain(&mut e, at(0)));
                }
            }
            out.extend(drain(&mut e, at(0)));
            told.extend(events(&mut e));
            (told, out.into_iter().map(|(_, b)| b).collect::<Vec<_>>(), *e.counters())
        };
        let (whole, pieces) = (run(&[usize::MAX]), run(&splits));
        prop_assert_eq!(whole, pieces);
    }
}
