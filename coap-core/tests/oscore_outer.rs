//! Protected messages that a proxy cuts into blocks (RFC 8613 section 4.1.3.4.2).
#![cfg(feature = "oscore")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::oscore::OscoreOption;
use coap_core::*;
use common::oscore::*;
use common::*;
use m2m_base::{Cause, Disposition, Duration, Instant};
use m2m_sim::{Boot, Checked, Link, Node, Rules, World, each_seed};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

const OSCORE: OptionNumber = OptionNumber::OSCORE;

/// The same message with a Block option and another part of its payload.
fn cut(wire: &[u8], mid: u16, option: OptionNumber, block: Block, payload: &[u8]) -> Vec<u8> {
    let m = Message::parse(wire).unwrap();
    let mut buf = [0; 2000];
    let mut w = MessageWriter::in_buffer(&mut buf, m.message_type, m.code, mid, m.token).unwrap();
    let mut own = Some(());
    for o in m.options {
        if own.take_if(|()| o.number > option).is_some() {
            w.option(option, Uint::new(block.to_uint()).as_bytes()).unwrap();
        }
        w.option(o.number, o.value).unwrap();
    }
    if own.is_some() {
        w.option(option, Uint::new(block.to_uint()).as_bytes()).unwrap();
    }
    w.finish(payload).unwrap().written().to_vec()
}

/// All blocks of a message.
fn blocks(wire: &[u8], option: OptionNumber, szx: u8) -> Vec<Vec<u8>> {
    let payload = Message::parse(wire).unwrap().payload.to_vec();
    let size = 16 << szx;
    let last = (payload.len() - 1) / size;
    let part = |n: usize| &payload[n * size..payload.len().min((n + 1) * size)];
    (0..=last)
        .map(|n| {
            let block = Block { number: n as u32, more: n < last, szx };
            cut(wire, 4000 + n as u16, option, block, part(n))
        })
        .collect()
}

fn put(a: &mut Endpoint, len: usize) -> (RequestId, Vec<u8>) {
    let body: Vec<u8> = (0..len).map(|n| n as u8).collect();
    let request = with_path("/a", |options| {
        let request = Request { options, payload: &body, ..Request::new(Code::PUT) };
        a.request(at(0), B, &request).unwrap()
    });
    (request, one(a, at(0)))
}

fn block1(wire: &[u8]) -> Option<Block> {
    let value = Message::parse(wire).unwrap().options.uint(OptionNumber::BLOCK1)?;
    Block::from_uint(value)
}

#[test]
fn rfc8613_4_1_3_4_2_a_request_that_a_proxy_has_cut_is_put_together() {
    for szx in 0..=5 {
        let (mut a, _, mut b, _) = pair();
        let (request, wire) = put(&mut a, 700);
        let parts = blocks(&wire, OptionNumber::BLOCK1, szx);
        let (last, others) = parts.split_last().unwrap();
        for (n, part) in (0..).zip(others) {
            assert_eq!(b.handle_datagram(at(n), A, part), Disposition::Accepted);
            let answer = one(&mut b, at(n));
            let m = Message::parse(&answer).unwrap();
            assert_eq!((m.code, m.option(OSCORE)), (Code::CONTINUE, None));
            assert_eq!(block1(&answer), block1(part));
            // The same message again has the same answer.
            assert_eq!(b.handle_datagram(at(n), A, part), Disposition::Duplicate);
            assert_eq!(one(&mut b, at(n)), answer);
            assert_eq!(b.poll_event(), None);
        }
        b.handle_datagram(at(0), A, last);
        let id = incoming(&mut b);
        let got = b.incoming(id).unwrap();
        assert_eq!((got.payload.len(), got.security.is_some()), (700, true));
        assert_eq!(got.options.path().next(), Some(&b"a"[..]));
        b.respond(at(0), id, &Response::new(Code::CHANGED)).unwrap();
        let answer = one(&mut b, at(0));
        let whole = Block { more: false, ..block1(last).unwrap() };
        assert_eq!(block1(&answer), Some(whole));
        // The proxy hands it on, with the message ID that the client knows.
        let mid = Message::parse(&wire).unwrap().id;
        assert_eq!(a.handle_datagram(at(0), B, &with_mid(&answer, mid)), Disposition::Accepted);
        assert_eq!(done(&mut a), (request, Outcome::Response));
        // Once more in other messages: it is a replay.
        let again: Vec<Vec<u8>> = (0..).zip(&parts).map(|(n, p)| with_mid(p, 9000 + n)).collect();
        let (last, others) = again.split_last().unwrap();
        for part in others {
            b.handle_datagram(at(1), A, part);
            drain(&mut b, at(1));
        }
        assert_eq!(refused(&mut b, at(1), last).0, Code::UNAUTHORIZED);
    }
}

#[test]
fn rfc8613_4_1_3_4_2_a_response_that_a_proxy_has_cut_is_asked_for_block_by_block() {
    for (szx, separate) in [(0, false), (2, false), (2, true), (5, false)] {
        let (mut a, _, mut b, _) = pair();
        let (request, wire, id) = asked(&mut a, &mut b, at(0));
        b.respond(at(0), id, &content(&[7; 600])).unwrap();
        let parts = blocks(&one(&mut b, at(0)), OptionNumber::BLOCK2, szx);
        let first = Message::parse(&wire).unwrap();
        let mut mid = first.id;
        for (n, part) in parts.iter().enumerate() {
            let mut part = with_mid(part, mid);
            if separate {
                part[0] = part[0] & 15 | 0x40;
                part = with_mid(&part, 700 + n as u16);
            }
            assert_eq!(a.handle_datagram(at(n as u64), B, &part), Disposition::Accepted);
            if n + 1 == parts.len() {
                break;
            }
            assert_eq!(a.poll_event(), None);
            let sent = drain(&mut a, at(n as u64));
            assert_eq!(sent.len(), if separate { 2 } else { 1 });
            let next = Message::parse(&sent.last().unwrap().1).unwrap();
            assert_eq!((next.code, next.token), (Code::POST, first.token));
            assert_eq!(next.option(OSCORE), first.option(OSCORE));
            let block = Block { number: n as u32 + 1, more: false, szx };
            assert_eq!(next.options.uint(OptionNumber::BLOCK2), Some(block.to_uint()));
            assert!(next.payload.is_empty());
            mid = next.id;
            // What came before is no answer to that, but for the first, with which all begins anew.
            if n == 0 {
                continue;
            }
            let old = with_mid(&part, mid);
            assert_eq!(a.handle_datagram(at(n as u64), B, &old), {
                Disposition::Ignored(Cause::Unexpected)
            });
            drain(&mut a, at(n as u64));
        }
        assert_eq!(done(&mut a), (request, Outcome::Response));
        assert_eq!(a.response(request).unwrap().payload, [7; 600]);
    }
}

#[test]
fn what_asks_for_a_block_is_sent_again_when_it_is_lost() {
    let (mut a, _, mut b, _) = pair();
    let (request, wire, id) = asked(&mut a, &mut b, at(0));
    b.respond(at(0), id, &content(&[7; 200])).unwrap();
    let parts = blocks(&one(&mut b, at(0)), OptionNumber::BLOCK2, 3);
    let mid = Message::parse(&wire).unwrap().id;
    a.handle_datagram(at(0), B, &with_mid(&parts[0], mid));
    let lost = one(&mut a, at(0));
    let later = a.poll_timeout().unwrap();
    a.handle_timeout(later);
    let again = one(&mut a, later);
    assert_eq!(again, lost);
    let mid = Message::parse(&again).unwrap().id;
    a.handle_datagram(later, B, &with_mid(&parts[1], mid));
    assert_eq!(done(&mut a), (request, Outcome::Response));
    assert_eq!(a.poll_timeout().is_some(), a.peer_of(request).is_none());
}

/// Whoever makes up blocks without end fills nothing.
#[test]
fn blocks_without_end_come_to_one() {
    let (mut a, _, mut b, _) = pair();
    let (_, wire) = put(&mut a, 100);
    let most = usize::from(LIMITS.message_size) + 128;
    let mut refused = None;
    for n in 0..200 {
        let block = Block { number: n, more: true, szx: 2 };
        let part = cut(&wire, n as u16, OptionNumber::BLOCK1, block, &[1; 64]);
        b.handle_datagram(at(0), A, &part);
        let answer = one(&mut b, at(0));
        let code = Message::parse(&answer).unwrap().code;
        if code == Code::REQUEST_ENTITY_TOO_LARGE {
            refused = refused.or(Some(n));
        }
    }
    assert_eq!(refused.map(|n| n as usize), Some(most / 64));
    assert_eq!(b.poll_event(), None);

    let (mut a, _, mut b, _) = pair();
    let (request, wire, id) = asked(&mut a, &mut b, at(0));
    b.respond(at(0), id, &content(&[7; 100])).unwrap();
    let answer = one(&mut b, at(0));
    let mut mid = Message::parse(&wire).unwrap().id;
    for n in 0..200 {
        let block = Block { number: n, more: true, szx: 2 };
        let part = cut(&answer, mid, OptionNumber::BLOCK2, block, &[1; 64]);
        a.handle_datagram(at(0), B, &part);
        match drain(&mut a, at(0)).pop() {
            Some((_, next)) => mid = Message::parse(&next).unwrap().id,
            None => {
                assert_eq!(n as usize, most / 64);
                break;
            }
        }
    }
    assert_eq!(done(&mut a), (request, Outcome::TooLarge));
}

#[test]
fn a_block_that_was_changed_or_left_out_or_whose_beginning_nobody_has() {
    let (mut a, _, mut b, _) = pair();
    let (_, wire) = put(&mut a, 100);
    let parts = blocks(&wire, OptionNumber::BLOCK1, 1);
    // Left out.
    b.handle_datagram(at(0), A, &parts[0]);
    drain(&mut b, at(0));
    b.handle_datagram(at(0), A, &parts[2]);
    let code = |wire: &[u8]| Message::parse(wire).unwrap().code;
    assert_eq!(code(&one(&mut b, at(0))), Code::REQUEST_ENTITY_INCOMPLETE);
    // Changed: the whole is not authentic.
    for (n, part) in parts.iter().enumerate() {
        let mut part = with_mid(part, 500 + n as u16);
        if n == 1 {
            *part.last_mut().unwrap() ^= 1;
        }
        b.handle_datagram(at(1), A, &part);
        if n + 1 == parts.len() {
            assert_eq!(code(&one(&mut b, at(1))), Code::BAD_REQUEST);
        }
        drain(&mut b, at(1));
    }
    assert_eq!(b.poll_event(), None);
    // The server is started anew in between.
    for (n, part) in parts.iter().enumerate() {
        if n == 2 {
            b = secure(9, &SERVER, History::Stored { next: 128 }).0;
        }
        b.handle_datagram(at(2), A, &with_mid(part, 600 + n as u16));
        let answer = code(&one(&mut b, at(2)));
        let lost = if n < 2 { Code::CONTINUE } else { Code::REQUEST_ENTITY_INCOMPLETE };
        assert_eq!(answer, lost, "{n}");
    }
}

// ---- through a proxy on a bad network ----------------------------------------------------------

const PROXY_BLOCK: u8 = 2;

/// How each request ended, and with what.
type Answers = Rc<RefCell<Vec<(Outcome, Vec<u8>)>>>;
/// Whose answer a request of the proxy brings.
type Waiting = Rc<RefCell<BTreeMap<u64, IncomingId>>>;

struct Bench {
    world: World,
    client: Node<Endpoint>,
    proxy: Node<Endpoint>,
    server: Node<Endpoint>,
    answers: Answers,
    handled: Rc<RefCell<BTreeMap<Vec<u8>, u32>>>,
}

fn parses(bytes: &[u8]) -> bool {
    Message::parse(bytes).is_ok()
}

fn ended(event: &Event) -> Option<u64> {
    match event {
        Event::Done { id, .. } => Some(id.to_bits()),
        _ => None,
    }
}

fn security(e: &Endpoint) -> SecurityId {
    let all = (0..4u64).map(|generation| SecurityId::from_bits(generation << 32));
    all.into_iter().find(|id| e.security_context(*id).is_some()).unwrap()
}

/// What a proxy hands on of the options: not where the message was to go, and not how it was cut.
fn handed_on<'b>(options: Options<'_>, room: &'b mut [u8]) -> OptionWriter<'b> {
    let mut writer = OptionWriter::new(room);
    let own = [
        OptionNumber::PROXY_SCHEME,
        OptionNumber::BLOCK1,
        OptionNumber::BLOCK2,
        OptionNumber::SIZE1,
        OptionNumber::SIZE2,
        OptionNumber::ETAG,
        OptionNumber::REQUEST_TAG,
    ];
    for o in options.iter().filter(|o| !own.contains(&o.number)) {
        writer.add(o.number, o.value).unwrap();
    }
    writer
}

impl Bench {
    fn new(seed: u64) -> Bench {
        let mut world = World::new(seed);
        let rules = || Rules::new(LIMITS.message_size.into(), parses).done(ended);
        let make = |security_contexts: u32, parameters: Parameters| {
            move |boot: &Boot| {
                let limits = Limits { security_contexts, ..LIMITS };
                Endpoint::new(&Config { limits, parameters }, &boot.seed).unwrap()
            }
        };
        let under = |side| {
            let made = make(1, Parameters::default());
            move |boot: &Boot| {
                let mut e = made(boot);
                e.add_security_context(side, History::Renewed).unwrap();
                e
            }
        };
        let cuts =
            Parameters { proxy: true, block_szx: PROXY_BLOCK, nstart: 4, ..Parameters::default() };
        let client = world.add("client", rules(), under(&CLIENT));
        let proxy = world.add("proxy", rules(), make(0, cuts));
        let server = world.add("server", rules(), under(&SERVER));
        let behind = world.peer(server);
        let waiting: Waiting = Rc::default();
        world.on_event(proxy, move |e: &mut Checked<Endpoint>, now, event| match *event {
            Event::Request { id, .. } => {
                let waiting = waiting.clone();
                e.command(now, move |e, now| {
                    let got = e.incoming(id).unwrap();
                    let (mut room, body) = ([0; 300], got.payload.to_vec());
                    let options = handed_on(got.options, &mut room);
                    let options = options.options();
                    let request = Request { options, payload: &body, ..Request::new(got.code) };
                    if let Ok(asked) = e.request(now, behind, &request) {
                        waiting.borrow_mut().insert(asked.to_bits(), id);
                    }
                });
            }
            Event::Done { id, outcome } => {
                let asked = waiting.borrow_mut().remove(&id.to_bits());
                e.command(now, move |e, now| {
                    let (Some(asked), Some(got)) = (asked, e.response(id)) else { return };
                    let (mut room, body) = ([0; 300], got.payload.to_vec());
                    let options = handed_on(got.options, &mut room);
                    let options = options.options();
                    let response = Response { options, payload: &body, ..Response::new(got.code) };
                    assert_eq!(outcome, Outcome::Response);
                    let _ = e.respond(now, asked, &response);
                    e.release(id);
                });
            }
            _ => {}
        });
        let handled: Rc<RefCell<BTreeMap<Vec<u8>, u32>>> = Rc::default();
        let counts = handled.clone();
        world.on_event(server, move |e: &mut Checked<Endpoint>, now, event| {
            let Event::Request { id, .. } = *event else { return };
            let got = e.engine().incoming(id).unwrap();
            assert!(got.security.is_some());
            let payload = got.payload.to_vec();
            *counts.borrow_mut().entry(payload.clone()).or_default() += 1;
            e.command(now, move |e, now| e.respond(now, id, &content(&payload)).is_ok());
        });
        let answers: Answers = Rc::default();
        let told = answers.clone();
        world.on_event(client, move |e: &mut Checked<Endpoint>, now, event| {
            let Event::Done { id, outcome } = *event else { return };
            let got = e.engine().response(id).map_or(Vec::new(), |c| c.payload.to_vec());
            told.borrow_mut().push((outcome, got));
            e.command(now, move |e, _| e.release(id));
        });
        Bench { world, client, proxy, server, answers, handled }
    }

    fn ask(&mut self, payload: Vec<u8>) {
        let peer = self.world.peer(self.proxy);
        self.world.command(self.client, move |e: &mut Endpoint, now: Instant| {
            let mut room = [0; 40];
            let mut options = OptionWriter::new(&mut room);
            options.add(OptionNumber::URI_HOST, b"server").unwrap();
            options.add(OptionNumber::PROXY_SCHEME, b"coap").unwrap();
            let options = options.options();
            let request = Request { options, payload: &payload, ..Request::new(Code::POST) };
            let id = security(e);
            e.request_under(now, peer, id, &request).unwrap().to_bits()
        });
    }

    /// One ciphertext for each number under one ID context; and the proxy did cut.
    fn check(&self) {
        let client = self.world.peer(self.client);
        let mut used: BTreeMap<(Vec<u8>, u64), Vec<u8>> = BTreeMap::new();
        let mut cut = [0, 0];
        for packet in self.world.packets() {
            let m = Message::parse(&packet.bytes).unwrap();
            let Some(value) = m.option(OSCORE) else { continue };
            let option = OscoreOption::parse(value).unwrap();
            let asks = m.options.first(OptionNumber::BLOCK2).is_some();
            if packet.from == client && !asks {
                let (id, piv) = (option.kid_context.unwrap().to_vec(), option.piv.unwrap().get());
                let text = used.entry((id, piv)).or_insert_with(|| m.payload.to_vec());
                assert_eq!(text, m.payload);
            }
            cut[0] += u32::from(packet.from != client && block1(&packet.bytes).is_some());
            cut[1] += u32::from(packet.from == client && asks);
        }
        assert!(cut[0] > 0 && cut[1] > 0, "{cut:?}");
        for (payload, count) in self.handled.borrow().iter() {
            assert!(*count <= 1, "{} bytes were taken {count} times", payload.len());
        }
    }
}

#[test]
fn rfc8613_4_1_3_4_2_through_a_proxy_that_cuts_both_ways() {
    for (link, seeds) in [(Link::PERFECT, 5), (Link::LOSSY, 40)] {
        each_seed(seeds, |seed| {
            let mut bench = Bench::new(seed);
            bench.world.set_links(link);
            for n in 0..4u8 {
                bench.ask(vec![n; 200 + usize::from(n) * 150]);
                bench.world.run_for(Duration::from_secs(60));
            }
            bench.world.run_quiet(Duration::from_secs(2000));
            bench.world.check_replays();
            let answers = bench.answers.borrow();
            assert_eq!(answers.len(), 4);
            for (outcome, payload) in answers.iter() {
                match outcome {
                    Outcome::Response => {
                        let n = payload[0];
                        assert_eq!(*payload, vec![n; 200 + usize::from(n) * 150]);
                    }
                    other => assert!(link != Link::PERFECT, "{other:?}"),
                }
            }
            bench.check();
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// The server, the client or the proxy is started anew while a message is in pieces.
    #[test]
    fn restarts_while_messages_are_in_pieces(seed: u64, when in 0u64..3000, who in 0usize..3) {
        let mut bench = Bench::new(seed);
        bench.world.set_links(Link::LOSSY);
        bench.ask(vec![1; 500]);
        bench.ask(vec![2; 700]);
        bench.world.run_for(Duration::from_millis(when));
        let node = [bench.client, bench.proxy, bench.server][who];
        bench.world.reboot(node);
        bench.world.set_links(Link::PERFECT);
        bench.world.run_for(Duration::from_secs(400));
        bench.ask(vec![3; 600]);
        bench.world.run_quiet(Duration::from_secs(2000));
        let last = bench.answers.borrow().last().cloned().unwrap();
        prop_assert_eq!(last, (Outcome::Response, vec![3; 600]));
        bench.check();
    }
}
