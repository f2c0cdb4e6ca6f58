//! Q-Block transfers on a bad network, each endpoint inside the checking wrapper; observations; and
//! peers who mean no good (RFC 9177).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod common;
use coap_core::*;
use common::{A, B, at, drain, with_path};
use m2m_base::{Duration, Instant, PeerId, Seed};
use m2m_sim::{Boot, Chance, Checked, Faults, Link, Node, Rules, World, each_seed};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

const LIMITS: Limits = Limits {
    message_size: 256,
    body_size: 6000,
    exchanges: 8,
    requests: 64,
    observers: 4,
    transfers: 4,
    peers: 8,
    security_contexts: 0,
    pool: 60_000,
};

fn make(boot: &Boot) -> Endpoint {
    Endpoint::new(&Config { limits: LIMITS, parameters: Parameters::DEFAULT }, &boot.seed).unwrap()
}

fn parses(bytes: &[u8]) -> bool {
    Message::parse(bytes).is_ok()
}

fn done(event: &Event) -> Option<u64> {
    match event {
        Event::Done { id, .. } => Some(id.to_bits()),
        _ => None,
    }
}

fn rules() -> Rules<Endpoint> {
    Rules::new(LIMITS.message_size.into(), parses).done(done)
}

fn body(n: u8, len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + usize::from(n)) as u8).collect()
}

type Answers = BTreeMap<u64, (Outcome, Option<(Code, Vec<u8>)>)>;

/// A server that answers each request with what it got, and counts how often it got it.
struct Bench {
    world: World,
    client: Node<Endpoint>,
    server: Node<Endpoint>,
    handled: Rc<RefCell<BTreeMap<Vec<u8>, u32>>>,
    answers: Rc<RefCell<Answers>>,
}

impl Bench {
    fn new(seed: u64) -> Bench {
        let mut world = World::new(seed);
        let client = world.add("client", rules(), make);
        let server = world.add("server", rules(), make);
        let handled: Rc<RefCell<BTreeMap<Vec<u8>, u32>>> = Rc::default();
        let answers: Rc<RefCell<Answers>> = Rc::default();
        let counts = handled.clone();
        world.on_event(server, move |e: &mut Checked<Endpoint>, now, event: &Event| {
            let Event::Request { id, .. } = *event else { return };
            let incoming = e.engine().incoming(id).unwrap();
            let code = match incoming.code {
                Code::GET => Code::NOT_FOUND,
                _ => Code::CONTENT,
            };
            let payload = incoming.payload.to_vec();
            *counts.borrow_mut().entry(payload.clone()).or_default() += 1;
            let _ = e.command(now, move |e, now| {
                let response = Response { payload: &payload, ..Response::new(code) };
                e.respond(now, id, &response).map_err(|e| format!("{e:?}"))
            });
        });
        let got = answers.clone();
        world.on_event(client, move |e: &mut Checked<Endpoint>, now, event: &Event| {
            let Event::Done { id, outcome } = *event else { return };
            let content = e.engine().response(id).map(|c| (c.code, c.payload.to_vec()));
            got.borrow_mut().insert(id.to_bits(), (outcome, content));
            e.command(now, move |e, _| e.release(id));
        });
        Bench { world, client, server, handled, answers }
    }

    /// FETCH: a long body each way.
    fn fetch(&mut self, payload: &[u8], confirmable: bool) -> u64 {
        let peer = self.world.peer(self.server);
        let payload = payload.to_vec();
        let id = self.world.command(self.client, move |e: &mut Endpoint, now| {
            with_path("do", |options| {
                let q_block = true;
                let r = Request {
                    confirmable,
                    options,
                    payload: &payload,
                    q_block,
                    ..Request::new(Code::FETCH)
                };
                e.request(now, peer, &r).map(|id| id.to_bits()).map_err(|e| format!("{e:?}"))
            })
        });
        id.unwrap()
    }

    fn quiet(&mut self) {
        self.world.run_quiet(Duration::from_secs(3000));
        self.world.check_replays();
    }

    /// A handler runs at most once for each body; a response is the right one; all end.
    fn check(&self, sent: &[(u64, Vec<u8>)]) -> usize {
        let (handled, answers) = (self.handled.borrow(), self.answers.borrow());
        let mut came = 0;
        for (id, payload) in sent {
            let times = handled.get(payload).copied().unwrap_or(0);
            assert!(times <= 1, "done {times} times");
            match answers.get(id).expect("every request ends") {
                (Outcome::Response, Some((Code::CONTENT, answer))) => {
                    assert_eq!(times, 1);
                    assert!(
                        answer == payload,
                        "{} of {}, differs at {:?}",
                        answer.len(),
                        payload.len(),
                        answer.iter().zip(payload).position(|(a, b)| a != b)
                    );
                    came += 1;
                }
                // The server has given the response up: it knows nothing of its blocks any more.
                (Outcome::Response, Some((code, _))) => {
                    assert_eq!((*code, times), (Code::REQUEST_ENTITY_INCOMPLETE, 1));
                }
                (outcome, answer) => {
                    assert_eq!((*outcome, answer), (Outcome::TimedOut, &None));
                }
            }
        }
        assert!(handled.keys().all(|got| got.is_empty() || sent.iter().any(|(_, b)| b == got)));
        came
    }
}

#[test]
fn rfc9177_7_2_bodies_in_bursts_survive_loss_doubling_reordering_and_delay() {
    let (mut came, mut all) = (0, 0);
    each_seed(60, |seed| {
        let mut bench = Bench::new(seed);
        bench.world.set_links(Link {
            loss: Chance::percent(10),
            duplicate: Chance::percent(10),
            ..Link::LOSSY
        });
        let mut sent = Vec::new();
        for n in 0..3u8 {
            let payload = body(n, 2000 + 1500 * usize::from(n));
            sent.push((bench.fetch(&payload, n == 2), payload));
            bench.world.run_for(Duration::from_millis(u64::from(n) * 700));
        }
        bench.quiet();
        came += bench.check(&sent);
        all += sent.len();
    });
    // A NON body waits for ever only if its last answer, or all of it, is lost.
    assert!(came * 10 >= all * 6, "{came} of {all}");
}

#[test]
fn damage_wedges_no_transfer() {
    each_seed(60, |seed| {
        let mut bench = Bench::new(seed);
        bench.world.set_links(Link::HOSTILE);
        for n in 0..4u8 {
            bench.fetch(&body(n, 500 + 900 * usize::from(n)), n % 2 == 0);
        }
        bench.world.run_quiet(Duration::from_secs(3000));
        assert_eq!(bench.answers.borrow().len(), 4);
        bench.world.set_links(Link::PERFECT);
        let payload = body(9, 3000);
        let id = bench.fetch(&payload, true);
        bench.quiet();
        let answer = Some((Code::CONTENT, payload));
        assert!(bench.answers.borrow()[&id] == (Outcome::Response, answer));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    #[test]
    fn any_script_of_faults_ends_in_the_body_or_a_typed_outcome(
        seed: u64, script in Faults::PAIR.strategy(), len in 1usize..5900, confirmable: bool,
    ) {
        let mut bench = Bench::new(seed);
        bench.world.play(script);
        let mut sent = Vec::new();
        for n in 0..2u8 {
            let payload = body(n, len);
            sent.push((bench.fetch(&payload, confirmable), payload));
        }
        bench.quiet();
        bench.check(&sent);
    }
}

/// Long states of one resource, the last of which the observer must have.
#[test]
fn rfc9177_4_5_long_notifications_go_in_bursts_under_one_number() {
    each_seed(40, |seed| {
        let mut world = World::new(seed);
        let client = world.add("client", rules(), make);
        let server = world.add("server", rules(), make);
        let lossy = seed % 2 == 1;
        let observers: Rc<RefCell<Vec<ObserverId>>> = Rc::default();
        let seen: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
        let list = observers.clone();
        world.on_event(server, move |e: &mut Checked<Endpoint>, now, event: &Event| match *event {
            Event::Request { id, .. } => {
                let asked = e.engine().incoming(id).unwrap().observe.is_some();
                let observer = e.command(now, move |e, now| {
                    let payload = if asked { body(0, 3000) } else { Vec::new() };
                    let response = Response {
                        payload: &payload,
                        observe: asked,
                        ..Response::new(Code::CONTENT)
                    };
                    e.respond(now, id, &response).ok().flatten()
                });
                list.borrow_mut().extend(observer);
            }
            Event::ObserverGone { id, .. } => list.borrow_mut().retain(|o| *o != id),
            _ => {}
        });
        let states = seen.clone();
        world.on_event(client, move |e: &mut Checked<Endpoint>, _, event: &Event| {
            if let Event::Notification { id } = *event {
                let payload = e.engine().response(id).unwrap().payload.to_vec();
                states.borrow_mut().push(payload);
            }
        });
        let peer = world.peer(server);
        world.command(client, move |e: &mut Endpoint, now| {
            with_path("long", |options| {
                let confirmable = seed % 4 >= 2;
                let (observe, q_block) = (true, true);
                let r =
                    Request { options, observe, q_block, confirmable, ..Request::new(Code::GET) };
                e.request(now, peer, &r).unwrap().to_bits()
            })
        });
        world.run_for(Duration::from_secs(200));
        if lossy {
            world.set_links(Link { loss: Chance::percent(10), ..Link::LOSSY });
        }
        for n in 1..4u8 {
            for id in observers.borrow().clone() {
                let _ = world.command(server, move |e: &mut Endpoint, now| {
                    let payload = body(n, 2500 + 300 * usize::from(n));
                    let news = Response { payload: &payload, ..Response::new(Code::CONTENT) };
                    e.notify(now, id, &news).map_err(|e| format!("{e:?}"))
                });
            }
            world.run_for(Duration::from_secs(300));
        }
        let seen = seen.borrow();
        let states: Vec<Vec<u8>> = std::iter::once(body(0, 3000))
            .chain((1..4).map(|n| body(n, 2500 + 300 * usize::from(n))))
            .collect();
        // Each is one of the states, and they come in order.
        let places: Vec<usize> =
            seen.iter().map(|s| states.iter().position(|t| t == s).expect("whole")).collect();
        assert!(places.is_sorted(), "{places:?}");
        if !lossy {
            assert_eq!(places, [0, 1, 2, 3]);
        }
    });
}

fn endpoint(seed: u8) -> Endpoint {
    let config = Config { limits: LIMITS, parameters: Parameters::DEFAULT };
    Endpoint::new(&config, &Seed([seed; 32])).unwrap()
}

/// A request with some options, from anybody.
fn request(
    mid: u16,
    kind: MessageType,
    code: Code,
    options: &[(OptionNumber, &[u8])],
    payload: &[u8],
) -> Vec<u8> {
    let mut buf = [0; 400];
    let mut m = MessageWriter::in_buffer(&mut buf, kind, code, mid, &mid.to_be_bytes()).unwrap();
    for (number, value) in options {
        m.option(*number, value).unwrap();
    }
    let len = m.finish(payload).unwrap().len();
    buf[..len].to_vec()
}

#[test]
fn rfc9177_4_1_4_3_4_4_each_rule_of_the_options_has_its_answer() {
    use OptionNumber as O;
    let (non, con) = (MessageType::NonConfirmable, MessageType::Confirmable);
    let tag: (O, &[u8]) = (O::REQUEST_TAG, &[1]);
    let size: (O, &[u8]) = (O::SIZE1, &[32]);
    let sixteen = [7; 16];
    for (what, options, payload, code) in [
        (
            "Q-Block1 beside Block1",
            &[(O::Q_BLOCK1, &[8][..]), (O::BLOCK1, &[8]), size, tag][..],
            &sixteen[..],
            "4.02",
        ),
        ("Q-Block2 beside Block1", &[(O::BLOCK1, &[8]), (O::Q_BLOCK2, &[8])], &sixteen, "4.02"),
        (
            "Q-Block1 twice",
            &[(O::Q_BLOCK1, &[8]), (O::Q_BLOCK1, &[24]), size, tag],
            &sixteen,
            "4.02",
        ),
        ("of four bytes", &[(O::Q_BLOCK1, &[0, 0, 0, 8]), size, tag], &sixteen, "4.02"),
        ("no Request-Tag", &[(O::Q_BLOCK1, &[8]), size], &sixteen, "4.00"),
        ("no Size1", &[(O::Q_BLOCK1, &[8]), tag], &sixteen, "4.00"),
        ("size exponent 7", &[(O::Q_BLOCK1, &[15]), size, tag], &sixteen, "4.00"),
        ("M on the last block", &[(O::Q_BLOCK1, &[24]), size, tag], &sixteen, "4.00"),
        ("no M on the first", &[(O::Q_BLOCK1, &[0]), size, tag], &sixteen, "4.00"),
        ("beyond Size1", &[(O::Q_BLOCK1, &[40]), size, tag], &sixteen, "4.00"),
        ("a short block", &[(O::Q_BLOCK1, &[8]), size, tag], &sixteen[1..], "4.00"),
        (
            "Size1 above the limit",
            &[(O::Q_BLOCK1, &[8]), (O::SIZE1, &[1, 0, 0]), tag],
            &sixteen,
            "4.13",
        ),
        ("descending", &[(O::Q_BLOCK2, &[32]), (O::Q_BLOCK2, &[16])], b"", "4.00"),
        ("the same twice", &[(O::Q_BLOCK2, &[32]), (O::Q_BLOCK2, &[32])], b"", "4.00"),
        ("different sizes", &[(O::Q_BLOCK2, &[32]), (O::Q_BLOCK2, &[49])], b"", "4.00"),
        ("exponent 7", &[(O::Q_BLOCK2, &[7])], b"", "4.00"),
        ("of a body that is not known", &[(O::Q_BLOCK2, &[32])], b"", "4.08"),
    ] {
        let mut e = endpoint(1);
        e.handle_datagram(at(0), A, &request(7, con, Code::PUT, options, payload));
        let sent = drain(&mut e, at(0));
        let answer = Message::parse(&sent[0].1).unwrap();
        assert_eq!((sent.len(), answer.code.to_string().get(..4)), (1, Some(code)), "{what}");
        assert_eq!(e.poll_event(), None, "{what}");
    }
    // Both kinds in a NON request are refused, too.
    let mut e = endpoint(1);
    let both = [(O::BLOCK2, &[6][..]), (O::Q_BLOCK2, &[14])];
    e.handle_datagram(at(0), A, &request(7, non, Code::GET, &both, b""));
    assert_eq!(Message::parse(&drain(&mut e, at(0))[0].1).unwrap().code, Code::BAD_OPTION);
    // A block that comes twice counts once, and is acknowledged each time.
    let block = [(O::Q_BLOCK1, &[8][..]), size, tag];
    for mid in 1..4 {
        e.handle_datagram(at(10), A, &request(mid, con, Code::PUT, &block, &sixteen));
        assert_eq!(Message::parse(&drain(&mut e, at(10))[0].1).unwrap().code, Code::EMPTY);
    }
    let last = [(O::Q_BLOCK1, &[16][..]), size, tag];
    e.handle_datagram(at(10), A, &request(9, con, Code::PUT, &last, &sixteen));
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    assert_eq!(e.incoming(id).unwrap().payload, [7; 32]);
}

#[cfg(feature = "multicast")]
#[test]
fn rfc9177_4_8_requests_to_a_group_with_q_block2_are_ignored() {
    let mut e = endpoint(1);
    let ask = [(OptionNumber::Q_BLOCK2, &[14][..])];
    let message = request(7, MessageType::NonConfirmable, Code::GET, &ask, b"");
    e.handle_multicast(at(0), A, &message);
    assert_eq!((e.poll_event(), drain(&mut e, at(0)).len()), (None, 0));
}

/// The bytes that are held once nothing is under way.
fn ends_empty(e: &mut Endpoint, mut now: Instant) {
    while let Some(next) = e.poll_timeout() {
        now = now.max(next);
        e.handle_timeout(now);
        drain(e, now);
        while let Some(event) = e.poll_event() {
            if let Event::Request { id, .. } = event {
                e.ignore(now, id);
            }
        }
    }
    // All is forgotten: a body as long as may be still has a place.
    let body = vec![1; 6000];
    let id = with_path("x", |options| {
        e.request(now, PeerId(99), &Request { options, payload: &body, ..Request::new(Code::PUT) })
    });
    id.unwrap();
}

#[test]
fn half_open_bodies_stay_within_the_limits_and_end() {
    use OptionNumber as O;
    let mut e = endpoint(1);
    let mut sent = 0;
    for n in 0..4000u32 {
        let now = at(u64::from(n));
        let peer = PeerId(u64::from(n % 7));
        let tag = n.to_be_bytes();
        let number = (n % 11) * 16 + 8;
        let value = Uint::new(number);
        let options =
            [(O::Q_BLOCK1, value.as_bytes()), (O::SIZE1, &[23, 112][..]), (O::REQUEST_TAG, &tag)];
        let kind = [MessageType::NonConfirmable, MessageType::Confirmable][(n % 2) as usize];
        e.handle_datagram(now, peer, &request(n as u16, kind, Code::PUT, &options, &[1; 16]));
        e.handle_timeout(now);
        sent += drain(&mut e, now).len();
    }
    // An acknowledgement or a refusal each, and few lists of missing blocks.
    assert!(sent <= 4000 + 100, "{sent}");
    ends_empty(&mut e, at(4000));
}

#[test]
fn lists_of_nonsense_and_blocks_from_nowhere_are_bounded() {
    use OptionNumber as O;
    let mut e = endpoint(1);
    // A body of 50 blocks is served to somebody who asks for it again and again.
    let now = at(0);
    let get = |mid, blocks: &[u32]| {
        let values: Vec<Uint> = blocks.iter().map(|b| Uint::new(*b)).collect();
        let options: Vec<(O, &[u8])> = values.iter().map(|v| (O::Q_BLOCK2, v.as_bytes())).collect();
        request(mid, MessageType::NonConfirmable, Code::GET, &options, b"")
    };
    e.handle_datagram(now, A, &get(0, &[0x0a]));
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    let body = body(0, 3200);
    e.respond(now, id, &Response { payload: &body, ..Response::new(Code::CONTENT) }).unwrap();
    assert_eq!(drain(&mut e, now).len(), 10);
    let mut sent = 0;
    for n in 1..3000u16 {
        let from = u32::from(n % 40) * 16 + 2;
        e.handle_datagram(now, A, &get(n, &[from, from + 16, from + 160 + 8, 0x0f_fff2]));
        sent += drain(&mut e, now).len();
    }
    // Each block five times at the most, and refusals.
    assert!(sent <= 50 * 6 + 3000, "{sent}");
    let blocks = (1..3000u16).filter(|n| n % 40 != 39).count();
    assert!(sent < blocks, "{sent}");

    // A client that waits for a body gets answers to what it never asked.
    let mut c = endpoint(2);
    let id = with_path("x", |options| {
        let r = Request { options, q_block: true, payload: &body, ..Request::new(Code::PUT) };
        c.request(now, B, &r).unwrap()
    });
    let first = drain(&mut c, now)[0].1.clone();
    let first = Message::parse(&first).unwrap();
    let mut token: [u8; 8] = first.token.try_into().unwrap();
    let mut out = 0;
    for n in 0..3000u16 {
        token[6] ^= (n >> 8) as u8;
        token[7] ^= n as u8;
        let mut buf = [0; 100];
        let kind = MessageType::NonConfirmable;
        let code = [Code::REQUEST_ENTITY_INCOMPLETE, Code::CONTINUE][usize::from(n % 2)];
        let mut m = MessageWriter::in_buffer(&mut buf, kind, code, n, &token).unwrap();
        m.option_uint(O::CONTENT_FORMAT, ContentFormat::MISSING_BLOCKS.0.into()).unwrap();
        m.option(O::Q_BLOCK1, &[0x1a]).unwrap();
        let list: &[u8] = match n % 3 {
            0 => &[0, 1, 2],
            1 => &[2, 1],
            _ => &[0, 24, 40, 25, 255, 255],
        };
        let len = m.finish(list).unwrap().len();
        c.handle_datagram(now, B, &buf[..len]);
        let answers = drain(&mut c, now);
        // What is no reset is a block.
        out += answers.iter().filter(|(_, m)| m[0] >> 4 & 3 != 3).count();
    }
    assert!(out <= 50 * 6, "{out}");
    c.cancel(now, id, Cancel::Forget).unwrap();
    while c.poll_event().is_some() {}
    ends_empty(&mut c, now);
    ends_empty(&mut e, now);
}

#[test]
fn rfc9177_7_2_a_body_that_was_not_answered_holds_the_next_one_back() {
    let mut e = endpoint(1);
    let put = |e: &mut Endpoint, now| {
        with_path("x", |options| {
            let payload = &[7; 2000];
            let r = Request {
                options,
                q_block: true,
                confirmable: false,
                payload,
                ..Request::new(Code::PUT)
            };
            e.request(now, B, &r).unwrap()
        })
    };
    put(&mut e, at(0));
    // The question whether it understands is answered, and then nothing is.
    let probe = drain(&mut e, at(0))[0].1.clone();
    let probe = Message::parse(&probe).unwrap();
    let mut buf = [0; 40];
    let ack = MessageType::Acknowledgement;
    let m = MessageWriter::in_buffer(&mut buf, ack, Code::NOT_FOUND, probe.id, probe.token);
    let len = m.unwrap().finish(b"").unwrap().len();
    e.handle_datagram(at(0), B, &buf[..len]);
    let mut now = at(0);
    let mut blocks = drain(&mut e, now).len();
    let outcome = loop {
        if let Some(event) = e.poll_event() {
            break event;
        }
        now = e.poll_timeout().unwrap();
        e.handle_timeout(now);
        blocks += drain(&mut e, now).len();
    };
    assert!(matches!(outcome, Event::Done { outcome: Outcome::TimedOut, .. }));
    assert_eq!(blocks, 16);
    // 2000 bytes at a byte a second, and no more than NON_PROBING_WAIT.
    put(&mut e, now);
    assert!(drain(&mut e, now).is_empty());
    let next = e.poll_timeout().unwrap();
    let waited = next.since(at(0));
    assert!(waited > Duration::from_secs(240) && waited < Duration::from_secs(252), "{waited:?}");
    e.handle_timeout(next);
    assert_eq!(drain(&mut e, next).len(), 10);
}

/// What an endpoint sends, in numbers of Q-Block2 blocks and last bytes of tokens.
fn blocks(e: &mut Endpoint, now: Instant) -> Vec<(u32, u8)> {
    let sent = drain(e, now);
    let read = |(_, bytes): &(PeerId, Vec<u8>)| {
        let m = Message::parse(bytes).unwrap();
        (m.options.uint(OptionNumber::Q_BLOCK2).unwrap() >> 4, *m.token.last().unwrap())
    };
    sent.iter().map(read).collect()
}

fn ask_for(mid: u16, kind: MessageType, values: &[u32]) -> Vec<u8> {
    let values: Vec<Uint> = values.iter().map(|v| Uint::new(*v)).collect();
    let options: Vec<(OptionNumber, &[u8])> =
        values.iter().map(|v| (OptionNumber::Q_BLOCK2, v.as_bytes())).collect();
    request(mid, kind, Code::GET, &options, b"")
}

#[test]
fn rfc9177_4_4_and_10_2_4_what_m_asks_for_and_under_which_token_it_comes() {
    let non = MessageType::NonConfirmable;
    let (mut e, now) = (endpoint(1), at(0));
    e.handle_datagram(now, A, &ask_for(1, non, &[0x0a]));
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    let body = body(0, 64 * 23 - 1);
    e.respond(now, id, &Response { payload: &body, ..Response::new(Code::CONTENT) }).unwrap();
    let numbers =
        |range: core::ops::Range<u32>, token| range.map(|n| (n, token)).collect::<Vec<_>>();
    assert_eq!(blocks(&mut e, now), numbers(0..10, 1));
    // This and all that follow in its set, one of them asked for twice: each comes once.
    e.handle_datagram(now, A, &ask_for(2, non, &[0x2a, 0x52]));
    assert_eq!(blocks(&mut e, now), numbers(2..10, 2));
    // The next set goes on under the token of the request; asked for again at once it is not sent
    // again.
    e.handle_datagram(now, A, &ask_for(3, non, &[0xaa]));
    assert_eq!(blocks(&mut e, now), numbers(10..20, 1));
    e.handle_datagram(at(50), A, &ask_for(4, non, &[0xaa]));
    assert_eq!(blocks(&mut e, at(50)), []);
    // NON_TIMEOUT_RANDOM later the last set goes without being asked for.
    let next = e.poll_timeout().unwrap();
    assert!(next.since(now) >= Duration::from_secs(2) && next.since(now) <= Duration::from_secs(3));
    e.handle_timeout(next);
    assert_eq!(blocks(&mut e, next), numbers(20..23, 1));
    // A set that was lost whole is asked for as the next one.
    let late = at(20_000);
    e.handle_timeout(late);
    e.handle_datagram(late, A, &ask_for(5, non, &[0xaa]));
    assert_eq!(blocks(&mut e, late), numbers(10..20, 5));
    // Beyond the end, and of another size.
    for value in [0x172, 0x21] {
        e.handle_datagram(late, A, &ask_for(6 + value as u16, non, &[value]));
        let sent = drain(&mut e, late);
        assert_eq!(Message::parse(&sent[0].1).unwrap().code, Code::BAD_REQUEST);
    }
}

#[test]
fn rfc9177_4_4_a_body_that_changes_is_put_together_anew() {
    let mut e = endpoint(1);
    let id = with_path("x", |options| {
        let r = Request { options, q_block: true, ..Request::new(Code::GET) };
        e.request(at(0), B, &r).unwrap()
    });
    let asked = drain(&mut e, at(0))[0].1.clone();
    let asked = Message::parse(&asked).unwrap();
    let mut mid = 100;
    let mut block = |e: &mut Endpoint, now, number: u32, etag: u8, token: &[u8], ack: bool| {
        let more = number < 2;
        let kind = if ack { MessageType::Acknowledgement } else { MessageType::NonConfirmable };
        let mut buf = [0; 100];
        mid += 1;
        let id = if ack { asked.id } else { mid };
        let mut m = MessageWriter::in_buffer(&mut buf, kind, Code::CONTENT, id, token).unwrap();
        m.option(OptionNumber::ETAG, &[etag]).unwrap();
        m.option(OptionNumber::SIZE2, &[40]).unwrap();
        let value = Block { number, more, szx: 0 }.to_uint();
        m.option_uint(OptionNumber::Q_BLOCK2, value).unwrap();
        let len = m.finish(&[etag; 16][..if more { 16 } else { 8 }]).unwrap().len();
        e.handle_datagram(now, B, &buf[..len]);
    };
    block(&mut e, at(0), 0, 1, asked.token, true);
    block(&mut e, at(0), 1, 1, asked.token, false);
    // The last one is of a newer body: what came of the older one counts no more.
    block(&mut e, at(0), 2, 2, asked.token, false);
    block(&mut e, at(0), 2, 2, asked.token, false);
    let next = e.poll_timeout().unwrap();
    e.handle_timeout(next);
    let again = drain(&mut e, next)[0].1.clone();
    let again = Message::parse(&again).unwrap();
    let numbers: Vec<u32> =
        again.options.all(OptionNumber::Q_BLOCK2).map(|v| decode_uint(v).unwrap() >> 4).collect();
    assert_eq!(numbers, [0, 1]);
    assert_ne!(again.token, asked.token);
    block(&mut e, next, 1, 2, again.token, false);
    block(&mut e, next, 0, 2, again.token, false);
    assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::Response }));
    assert_eq!(e.response(id).unwrap().payload, [2; 40]);
}

#[test]
fn rfc9177_11_no_burst_goes_to_who_has_not_shown_that_it_is_there() {
    let parameters = Parameters { verify: true, ..Parameters::DEFAULT };
    let mut e = Endpoint::new(&Config { limits: LIMITS, parameters }, &Seed([1; 32])).unwrap();
    e.handle_datagram(at(0), A, &ask_for(1, MessageType::NonConfirmable, &[0x0a]));
    assert_eq!(e.poll_event(), None);
    let sent = drain(&mut e, at(0));
    assert_eq!(Message::parse(&sent[0].1).unwrap().code, Code::UNAUTHORIZED);
    assert_eq!(sent.len(), 1);
}

/// A block of 16 bytes of a body of 40, from the server.
fn block_of_40(kind: MessageType, mid: u16, token: &[u8], number: u32, observe: bool) -> Vec<u8> {
    let mut buf = [0; 100];
    let more = number < 2;
    let mut m = MessageWriter::in_buffer(&mut buf, kind, Code::CONTENT, mid, token).unwrap();
    m.option(OptionNumber::ETAG, &[1]).unwrap();
    if observe {
        m.option(OptionNumber::OBSERVE, &[9]).unwrap();
    }
    m.option(OptionNumber::SIZE2, &[40]).unwrap();
    m.option_uint(OptionNumber::Q_BLOCK2, Block { number, more, szx: 0 }.to_uint()).unwrap();
    let len = m.finish(&[1; 16][..if more { 16 } else { 8 }]).unwrap().len();
    buf[..len].to_vec()
}

/// libcoap 4.3.4 leaves Observe out of the blocks behind the first.
#[test]
fn later_blocks_of_a_notification_may_lack_observe() {
    let mut e = endpoint(1);
    let id = with_path("x", |options| {
        let (observe, q_block) = (true, true);
        let r = Request { options, observe, q_block, ..Request::new(Code::GET) };
        e.request(at(0), B, &r).unwrap()
    });
    let asked = drain(&mut e, at(0))[0].1.clone();
    let asked = Message::parse(&asked).unwrap();
    for (number, mid) in [(0, asked.id), (1, 77), (2, 78)] {
        let kind = match number {
            0 => MessageType::Acknowledgement,
            _ => MessageType::NonConfirmable,
        };
        e.handle_datagram(at(0), B, &block_of_40(kind, mid, asked.token, number, number == 0));
    }
    assert_eq!(e.poll_event(), Some(Event::Notification { id }));
    assert_eq!(e.response(id).unwrap().payload, [1; 40]);
    assert_eq!(e.poll_event(), None);
}

/// A server that goes on with the body of what answered the question.
#[test]
fn answers_to_the_question_are_none_to_the_request() {
    let mut e = endpoint(1);
    let body = body(0, 2000);
    let id = with_path("x", |options| {
        let (payload, q_block, confirmable) = (&body[..], true, false);
        let r = Request { options, payload, q_block, confirmable, ..Request::new(Code::PUT) };
        e.request(at(0), B, &r).unwrap()
    });
    let asked = drain(&mut e, at(0))[0].1.clone();
    let asked = Message::parse(&asked).unwrap();
    let ack = MessageType::Acknowledgement;
    e.handle_datagram(at(0), B, &block_of_40(ack, asked.id, asked.token, 0, false));
    assert_eq!(drain(&mut e, at(0)).len(), 10);
    let con = MessageType::Confirmable;
    e.handle_datagram(at(0), B, &block_of_40(con, 77, asked.token, 1, false));
    assert_eq!(drain(&mut e, at(0)), [(B, vec![0x70, 0, 0, 77])]);
    assert_eq!(e.poll_event(), None);
    assert_eq!(e.peer_of(id), Some(B));
}
