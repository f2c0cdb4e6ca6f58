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
use m2m_base::{Duration, Seed};

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

/// Answers a request: 4.04 to the question whether the options are known.
fn answer(pair: &mut Pair, id: IncomingId, code: Code, payload: &[u8]) -> Option<Vec<u8>> {
    let incoming = pair.b.incoming(id).unwrap();
    let asked = incoming.options.path().next().map(|_| incoming.payload.to_vec());
    let response = match asked {
        None => Response::new(Code::NOT_FOUND),
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

const PROBE: [&str; 2] = ["> CON 0.01 QB2:0/0/16", "< ACK 4.04 QB2:0/0/16"];

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
