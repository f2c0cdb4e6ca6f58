//! Bodies in blocks with Q-Block options (RFC 9177).
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::*;
use common::*;
use m2m_base::{Duration, PeerId, Seed};

const BODY: u32 = 200_000;

fn settings(szx: u8) -> Config {
    let mut c = config();
    c.limits.body_size = BODY;
    c.limits.pool = 3 * BODY;
    c.parameters.block_szx = szx;
    c
}

fn quick(seed: u8, szx: u8) -> Endpoint {
    Endpoint::new(&settings(szx), &Seed([seed; 32])).unwrap()
}

fn pair(szx: u8, lost: &[usize]) -> Pair {
    let mut pair = Pair::new(quick(1, szx), quick(2, szx));
    pair.lost = lost.to_vec();
    pair
}

fn part(range: core::ops::Range<usize>) -> Vec<u8> {
    range.map(|at| (at ^ at >> 8 ^ at >> 16) as u8).collect()
}

/// A message in a few words: direction, type, code, Q-Block options.
fn describe(to_b: bool, bytes: &[u8]) -> String {
    let m = Message::parse(bytes).unwrap();
    let kind = ["CON", "NON", "ACK", "RST"][usize::from(bytes[0] >> 4 & 3)];
    let mut text = format!("{} {kind} {}", if to_b { '>' } else { '<' }, m.code);
    for o in m.options {
        let block = |name: &str| {
            let b = Block::from_uint(o.as_uint().unwrap()).unwrap();
            format!(" {name}:{}/{}/{}", b.number, u8::from(b.more), b.size())
        };
        match o.number {
            OptionNumber::Q_BLOCK1 => text += &block("QB1"),
            OptionNumber::Q_BLOCK2 => text += &block("QB2"),
            OptionNumber::BLOCK1 => text += &block("B1"),
            OptionNumber::BLOCK2 => text += &block("B2"),
            OptionNumber::OBSERVE => text += &format!(" O:{}", o.as_uint().unwrap()),
            _ => {}
        }
    }
    if m.options.content_format() == Some(ContentFormat::MISSING_BLOCKS) {
        text += &format!(" {:?}", MissingBlocks::parse(m.payload).unwrap().collect::<Vec<_>>());
    }
    text
}

fn described(pair: &Pair) -> Vec<String> {
    pair.trace.iter().map(|(to_b, bytes)| describe(*to_b, bytes)).collect()
}

/// What came of a request: how it ended, and the code and body of its response.
type Got = (Outcome, Option<(Code, Vec<u8>)>);

/// Answers a request, that for nothing which asks whether the options are known, too.
fn answer(pair: &mut Pair, id: IncomingId, code: Code, payload: &[u8]) -> Option<Vec<u8>> {
    let incoming = pair.b.incoming(id).unwrap();
    let asked = incoming.options.path().next().map(|_| incoming.payload.to_vec());
    let response = match asked {
        // Longer than the block that is asked for.
        None => Response { payload: b"nothing to be seen here", ..Response::new(Code::CONTENT) },
        Some(_) => Response { payload, ..Response::new(code) },
    };
    pair.b.respond(pair.now, id, &response).unwrap();
    asked
}

/// Runs one request against a server that answers with `payload`; tells what both got, and how long
/// it took.
fn ask(
    pair: &mut Pair,
    request: Request<'_>,
    code: Code,
    payload: &[u8],
) -> (Got, Vec<Vec<u8>>, Duration) {
    let began = pair.now;
    let id = with_path("large", |options| {
        let r = Request { options, q_block: true, ..request };
        pair.a.request(pair.now, B, &r).unwrap()
    });
    let (mut got, mut bodies) = (None, Vec::new());
    pair.run(|pair, _, event| {
        match event {
            Event::Request { id, .. } => bodies.extend(answer(pair, id, code, payload)),
            Event::Done { id: done, outcome } if done == id => {
                let content = pair.a.response(id).map(|c| (c.code, c.payload.to_vec()));
                got = Some((outcome, content, pair.now.since(began)));
                pair.a.release(id);
            }
            other => panic!("{other:?}"),
        }
        false
    });
    let (outcome, content, took) = got.expect("every request ends");
    ((outcome, content), bodies, took)
}

fn non(method: Code) -> Request<'static> {
    Request { confirmable: false, ..Request::new(method) }
}

const PROBE: [&str; 2] = ["> CON 0.01 QB2:0/0/16", "< ACK 2.05 QB2:0/1/16"];

#[test]
fn rfc9177_10_1_2_a_set_is_acknowledged_and_the_next_one_follows_at_once() {
    let mut pair = pair(6, &[]);
    let body = part(0..23 * 1024 - 5);
    let request = Request { payload: &body, ..non(Code::PUT) };
    let (got, bodies, took) = ask(&mut pair, request, Code::CHANGED, b"");
    assert_eq!(got, (Outcome::Response, Some((Code::CHANGED, vec![]))));
    assert!(bodies == [body]);
    let mut expected = PROBE.map(String::from).to_vec();
    for number in 0..23 {
        expected.push(format!("> NON 0.03 QB1:{number}/{}/1024", u8::from(number < 22)));
        if number == 9 || number == 19 {
            expected.push(format!("< NON 2.31 QB1:{number}/1/1024"));
        }
    }
    expected.push("< NON 2.04".into());
    assert_eq!(described(&pair), expected);
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[test]
fn rfc9177_10_2_2_a_client_says_that_the_next_set_may_come() {
    let mut pair = pair(6, &[]);
    let body = part(0..23 * 1024 - 5);
    let (got, _, took) = ask(&mut pair, non(Code::GET), Code::CONTENT, &body);
    assert!(got == (Outcome::Response, Some((Code::CONTENT, body))));
    let mut expected = PROBE.map(String::from).to_vec();
    expected.push("> NON 0.01 QB2:0/1/1024".into());
    for number in 0..23 {
        expected.push(format!("< NON 2.05 QB2:{number}/{}/1024", u8::from(number < 22)));
        if number == 9 || number == 19 {
            expected.push(format!("> NON 0.01 QB2:{}/1/1024", number + 1));
        }
    }
    assert_eq!(described(&pair), expected);
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[test]
fn rfc9177_10_1_3_missing_blocks_are_asked_for_and_come_again() {
    // The blocks 1, 9 and 10 of twelve: the numbers of the datagrams are two higher.
    let mut pair = pair(6, &[3, 11, 12]);
    let body = part(0..12 * 1024);
    let request = Request { payload: &body, ..non(Code::PUT) };
    let (got, bodies, took) = ask(&mut pair, request, Code::CHANGED, b"");
    assert_eq!(got.0, Outcome::Response);
    assert!(bodies == [body]);
    let trace = described(&pair);
    let tail: Vec<&str> = trace.iter().skip(12).map(String::as_str).collect();
    assert_eq!(
        tail,
        [
            // The pause between the sets is over.
            "> NON 0.03 QB1:10/1/1024",
            "> NON 0.03 QB1:11/0/1024",
            "< NON 4.08 [1, 9]",
            "> NON 0.03 QB1:1/1/1024",
            "> NON 0.03 QB1:9/1/1024",
            // NON_RECEIVE_TIMEOUT later.
            "< NON 4.08 [10]",
            "> NON 0.03 QB1:10/1/1024",
            "< NON 2.04",
        ]
    );
    assert!(took > Duration::from_secs(6) && took < Duration::from_secs(8), "{took:?}");
}

#[test]
fn rfc9177_10_2_3_a_client_asks_for_missing_blocks_by_several_options() {
    let mut pair = pair(6, &[4, 12]);
    let body = part(0..11 * 1024);
    let (got, _, _) = ask(&mut pair, non(Code::GET), Code::CONTENT, &body);
    assert!(got == (Outcome::Response, Some((Code::CONTENT, body))));
    let trace = described(&pair);
    let tail: Vec<&str> = trace.iter().skip(13).map(String::as_str).collect();
    assert_eq!(
        tail,
        [
            "< NON 2.05 QB2:10/0/1024",
            "> NON 0.01 QB2:1/0/1024 QB2:9/0/1024",
            "< NON 2.05 QB2:1/1/1024",
            "< NON 2.05 QB2:9/1/1024",
        ]
    );
}

#[test]
fn rfc9177_7_1_confirmable_bodies_go_block_by_block_and_are_answered_once() {
    let body = part(0..12 * 1024 - 1);
    let mut up = pair(6, &[]);
    let request = Request { payload: &body, ..Request::new(Code::PUT) };
    let (got, bodies, _) = ask(&mut up, request, Code::CHANGED, b"");
    assert_eq!(got, (Outcome::Response, Some((Code::CHANGED, vec![]))));
    assert!(bodies == [&body[..]]);
    let mut expected = Vec::new();
    for number in 0..12 {
        expected.push(format!("> CON 0.03 QB1:{number}/{}/1024", u8::from(number < 11)));
        expected.push(if number < 11 { "< ACK 0.00" } else { "< ACK 2.04" }.into());
    }
    assert_eq!(described(&up), expected);

    let mut down = pair(6, &[]);
    let (got, _, _) = ask(&mut down, Request::new(Code::GET), Code::CONTENT, &body);
    assert!(got == (Outcome::Response, Some((Code::CONTENT, body))));
    let mut expected: Vec<String> =
        vec!["> CON 0.01 QB2:0/1/1024".into(), "< ACK 2.05 QB2:0/1/1024".into()];
    for number in 1..12 {
        expected.push(format!("< CON 2.05 QB2:{number}/{}/1024", u8::from(number < 11)));
        expected.push("> ACK 0.00".into());
    }
    assert_eq!(described(&down), expected);
}

/// What must come of any request: its body whole, or an end that says that it did not come.
fn check(got: Got, body: &[u8], times: usize, what: &str) -> bool {
    match got {
        (Outcome::Response, Some((_, payload))) => {
            assert!(payload == body, "{what}");
            assert!(times <= 1, "{what}: done {times} times");
            true
        }
        (Outcome::TimedOut, None) => {
            assert!(times <= 1, "{what}: done {times} times");
            false
        }
        other => panic!("{what}: {:?}", other.0),
    }
}

#[test]
fn each_single_loss_and_each_pair_of_losses_ends_well() {
    let body = part(0..13 * 64 - 3);
    let upload = |confirmable| Request { payload: &body, confirmable, ..Request::new(Code::PUT) };
    let download = |confirmable| Request { confirmable, ..Request::new(Code::GET) };
    let mut ended_early = 0;
    for confirmable in [false, true] {
        for first in 0..20 {
            for second in (first..20).step_by(3) {
                let what = format!("{confirmable} {first} {second}");
                let mut up = pair(2, &[first, second]);
                let (got, bodies, _) = ask(&mut up, upload(confirmable), Code::CHANGED, b"");
                assert!(bodies.iter().all(|b| *b == body), "{what}");
                let came = check(got, b"", bodies.len(), &what);
                ended_early += usize::from(!came);
                let mut down = pair(2, &[first, second]);
                let (got, asked, _) = ask(&mut down, download(confirmable), Code::CONTENT, &body);
                let came = check(got, &body, asked.len(), &what);
                ended_early += usize::from(!came);
            }
        }
    }
    // Only a NON message that nothing would ever repeat ends a request: its first, or the last
    // answer to a body.
    assert!(ended_early <= 24, "{ended_early}");
}

#[test]
fn rfc9177_4_1_a_peer_that_does_not_know_the_options_gets_the_others() {
    // Over RFC 7959 alone: 4.02 to the question, and to the first block of a CON body.
    for (confirmable, streams) in [(false, false), (true, false), (false, true), (true, true)] {
        let body = part(0..3000);
        let mut a = quick(1, 6);
        let request = with_path("large", |options| {
            let payload = if streams { &[][..] } else { &body };
            let upload = streams.then_some(3000);
            let request = Request {
                options,
                payload,
                upload,
                confirmable,
                q_block: true,
                ..Request::new(Code::PUT)
            };
            a.request(at(0), B, &request).unwrap()
        });
        let supply = |a: &mut Endpoint, now| {
            while let Some(event) = a.poll_event() {
                assert_eq!(event, Event::BlockWanted { id: request });
                let range = a.wanted(request).unwrap();
                a.supply(now, request, &body[range.start as usize..range.end as usize]).unwrap();
            }
        };
        supply(&mut a, at(0));
        let sent = one(&mut a, at(0));
        let m = Message::parse(&sent).unwrap();
        let quick_option =
            if confirmable { OptionNumber::Q_BLOCK1 } else { OptionNumber::Q_BLOCK2 };
        assert!(m.option(quick_option).is_some());
        let mut buf = [0; 64];
        let ack = MessageType::Acknowledgement;
        let refusal = MessageWriter::in_buffer(&mut buf, ack, Code::BAD_OPTION, m.id, m.token)
            .unwrap()
            .finish(b"")
            .unwrap()
            .len();
        a.handle_datagram(at(100), B, &buf[..refusal]);
        supply(&mut a, at(100));
        let sent = one(&mut a, at(100));
        let m = Message::parse(&sent).unwrap();
        let block = Block { number: 0, more: true, szx: 6 };
        assert_eq!(m.options.uint(OptionNumber::BLOCK1), Some(block.to_uint()));
        assert!(m.options.iter().all(|o| o.number != OptionNumber::Q_BLOCK1));
        assert_eq!(m.payload, &body[..1024]);
        assert_eq!(sent[0] >> 4 & 3, u8::from(!confirmable));
        // The next request does not ask again.
        let next = with_path("x", |options| {
            let r = Request { options, q_block: true, confirmable, ..Request::new(Code::GET) };
            a.request(at(200), PeerId(B.0), &r).unwrap()
        });
        assert_ne!(next, request);
    }
}

#[test]
fn rfc9177_4_1_a_reset_answers_the_question_too() {
    let mut a = quick(1, 6);
    let id = with_path("x", |options| {
        let r = Request { options, q_block: true, ..non(Code::GET) };
        a.request(at(0), B, &r).unwrap()
    });
    let sent = one(&mut a, at(0));
    let mut rst = [0; 4];
    let len = write_empty(&mut rst, MessageType::Reset, Message::parse(&sent).unwrap().id).unwrap();
    a.handle_datagram(at(10), B, &rst[..len]);
    let sent = one(&mut a, at(10));
    assert_eq!(describe(true, &sent), "> NON 0.01");
    assert_eq!(a.peer_of(id), Some(B));
}

/// A body that the application supplies, or takes, block by block.
fn streamed(total: u32, confirmable: bool, lost: &[usize]) -> (Outcome, Outcome) {
    let whole = part(0..total as usize);
    let mut up = pair(4, lost);
    let id = with_path("large", |options| {
        let upload = Some(total);
        let r = Request { options, upload, confirmable, q_block: true, ..Request::new(Code::PUT) };
        up.a.request(up.now, B, &r).unwrap()
    });
    let (mut sent, mut bodies) = (None, Vec::new());
    up.run(|pair, _, event| {
        match event {
            Event::BlockWanted { .. } => {
                let range = pair.a.wanted(id).unwrap();
                let bytes = &whole[range.start as usize..range.end as usize];
                assert_eq!(pair.a.supply(pair.now, id, &[0; 3]), Err(UsageError::Invalid));
                pair.a.supply(pair.now, id, bytes).unwrap();
                assert_eq!(pair.a.wanted(id), None);
            }
            Event::Request { id, .. } => bodies.extend(answer(pair, id, Code::CHANGED, b"")),
            Event::Done { outcome, .. } => {
                sent = Some(outcome);
                pair.a.release(id);
            }
            other => panic!("{other:?}"),
        }
        false
    });
    assert!(bodies.len() <= 1 && bodies.iter().all(|b| *b == whole));

    let mut down = pair(4, lost);
    let id = with_path("large", |options| {
        let r = Request {
            options,
            stream: true,
            confirmable,
            q_block: true,
            ..Request::new(Code::GET)
        };
        down.a.request(down.now, B, &r).unwrap()
    });
    let (mut had, mut came) = (Vec::new(), None);
    down.run(|pair, _, event| {
        match event {
            Event::Request { id, .. } => {
                answer(pair, id, Code::CONTENT, &whole);
            }
            Event::Block { .. } => {
                had.extend_from_slice(pair.a.response(id).unwrap().payload);
                pair.a.next_block(pair.now, id).unwrap();
            }
            Event::Done { outcome, .. } => {
                had.extend_from_slice(pair.a.response(id).map_or(&[][..], |c| c.payload));
                came = Some(outcome);
                pair.a.release(id);
            }
            other => panic!("{other:?}"),
        }
        false
    });
    assert!(whole.starts_with(&had));
    assert!(came != Some(Outcome::Response) || had.len() == whole.len());
    (sent.unwrap(), came.unwrap())
}

#[test]
fn bodies_are_streamed_with_the_same_commands() {
    for confirmable in [false, true] {
        for (total, lost) in [
            (40_000, &[][..]),
            (9000, &[5]),
            (9000, &[4, 8, 14, 15, 16]),
            (256, &[]),
            (257, &[]),
            (0, &[]),
        ] {
            let ended = streamed(total, confirmable, lost);
            assert_eq!(
                ended,
                (Outcome::Response, Outcome::Response),
                "{confirmable} {total} {lost:?}"
            );
        }
    }
}

#[test]
fn what_the_application_cuts_goes_in_the_other_kind_of_blocks() {
    // A server that holds no body: 20 kB each way, both ends block by block.
    let total = 20_000usize;
    let mut c = settings(6);
    c.limits.body_size = 2000;
    c.parameters.stream_uploads = true;
    let server = || Endpoint::new(&c, &Seed([2; 32])).unwrap();
    for confirmable in [false, true] {
        let mut up = Pair::new(quick(1, 6), server());
        let body = part(0..total);
        let id = with_path("large", |options| {
            let (payload, q_block) = (&body[..], true);
            let r = Request { options, payload, confirmable, q_block, ..Request::new(Code::PUT) };
            up.a.request(up.now, B, &r).unwrap()
        });
        let (mut had, mut outcome) = (Vec::new(), None);
        up.run(|pair, _, event| {
            match event {
                Event::Request { id, .. } => {
                    let incoming = pair.b.incoming(id).unwrap();
                    let more = incoming.block1.is_some_and(|b| b.more);
                    had.extend_from_slice(incoming.payload);
                    let code = if more { Code::CONTINUE } else { Code::CHANGED };
                    pair.b.respond(pair.now, id, &Response::new(code)).unwrap();
                }
                Event::Done { outcome: ended, .. } => {
                    outcome = Some((ended, pair.a.response(id).map(|c| c.code)));
                }
                other => panic!("{other:?}"),
            }
            false
        });
        assert_eq!(outcome, Some((Outcome::Response, Some(Code::CHANGED))));
        assert!(had == body);

        let mut down = Pair::new(quick(1, 6), server());
        let id = with_path("large", |options| {
            let r = Request { options, confirmable, q_block: true, ..Request::new(Code::GET) };
            down.a.request(down.now, B, &r).unwrap()
        });
        let mut got = None;
        down.run(|pair, _, event| {
            match event {
                Event::Request { id, .. } => {
                    let first = Block { number: 0, more: false, szx: 6 };
                    let block = pair.b.incoming(id).unwrap().block2.unwrap_or(first);
                    let end = (block.offset() + block.size()).min(total);
                    let payload = &body[block.offset()..end];
                    let piece = Some(Piece { total, etag: 7 });
                    let r = Response { payload, piece, ..Response::new(Code::CONTENT) };
                    pair.b.respond(pair.now, id, &r).unwrap();
                }
                Event::Done { .. } => got = Some(pair.a.response(id).unwrap().payload.to_vec()),
                other => panic!("{other:?}"),
            }
            false
        });
        assert!(got == Some(body));
    }
}

#[test]
fn a_server_that_wants_proof_first_gets_it() {
    let mut c = settings(6);
    c.parameters.verify = true;
    let body = part(0..15 * 1024);
    for (method, confirmable) in
        [(Code::GET, true), (Code::GET, false), (Code::PUT, true), (Code::PUT, false)]
    {
        let mut pair = Pair::new(quick(1, 6), Endpoint::new(&c, &Seed([2; 32])).unwrap());
        let payload = if method == Code::PUT { &body[..] } else { &[] };
        let request = Request { payload, confirmable, ..Request::new(method) };
        let (got, bodies, _) = ask(&mut pair, request, Code::CONTENT, &body);
        assert!(got == (Outcome::Response, Some((Code::CONTENT, body.clone()))), "{method}");
        assert!(bodies == [payload], "{method} {confirmable}");
    }
}
