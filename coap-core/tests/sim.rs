//! Two endpoints on a bad network, each inside the checking wrapper: what must hold whatever is
//! lost, doubled, late, damaged or started anew.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

use coap_core::*;
use m2m_base::{Duration, Instant, PeerId};
use m2m_sim::{Action, Boot, Chance, Checked, Fault, Faults, Link, Node, Rules, World, each_seed};
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

fn config() -> Config {
    Config { limits: LIMITS, parameters: Parameters::default() }
}

fn make(boot: &Boot) -> Endpoint {
    Endpoint::new(&config(), &boot.seed).unwrap()
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

/// How each request ended, and with what payload.
type Answers = BTreeMap<u64, (Outcome, Option<Vec<u8>>)>;

/// A client and a server whose handler answers every request with its own payload and counts how
/// often it saw each.
struct Bench {
    world: World,
    client: Node<Endpoint>,
    server: Node<Endpoint>,
    handled: Rc<RefCell<BTreeMap<Vec<u8>, u32>>>,
    /// What the client got for each request.
    answers: Rc<RefCell<Answers>>,
}

impl Bench {
    fn new(seed: u64) -> Bench {
        Bench::with(seed, Parameters::DEFAULT)
    }

    /// With a server of these parameters.
    fn with(seed: u64, parameters: Parameters) -> Bench {
        let mut world = World::new(seed);
        let client = world.add("client", rules(), make);
        let server = world.add("server", rules(), move |boot: &Boot| {
            Endpoint::new(&Config { limits: LIMITS, parameters }, &boot.seed).unwrap()
        });
        let handled: Rc<RefCell<BTreeMap<Vec<u8>, u32>>> = Rc::default();
        let answers: Rc<RefCell<Answers>> = Rc::default();
        let counts = handled.clone();
        world.on_event(server, move |e: &mut Checked<Endpoint>, now, event: &Event| {
            let Event::Request { id, .. } = *event else { return };
            let payload = e.engine().incoming(id).unwrap().payload.to_vec();
            *counts.borrow_mut().entry(payload.clone()).or_default() += 1;
            let _ = e.command(now, move |e, now| {
                let response = Response { payload: &payload, ..Response::new(Code::CHANGED) };
                e.respond(now, id, &response).map_err(|e| format!("{e:?}"))
            });
        });
        let got = answers.clone();
        world.on_event(client, move |e: &mut Checked<Endpoint>, now, event: &Event| {
            let Event::Done { id, outcome } = *event else { return };
            let payload = e.engine().response(id).map(|c| c.payload.to_vec());
            got.borrow_mut().insert(id.to_bits(), (outcome, payload));
            e.command(now, move |e, _| e.release(id));
        });
        Bench { world, client, server, handled, answers }
    }

    fn post(&mut self, payload: &[u8], confirmable: bool) -> u64 {
        let peer = self.world.peer(self.server);
        let payload = payload.to_vec();
        let id = self.world.command(self.client, move |e: &mut Endpoint, now| {
            let mut room = [0; 16];
            let mut list = OptionWriter::new(&mut room);
            list.path("do").unwrap();
            let options = list.options();
            let r = Request { confirmable, options, payload: &payload, ..Request::new(Code::POST) };
            e.request(now, peer, &r).map(|id| id.to_bits()).map_err(|e| format!("{e:?}"))
        });
        id.unwrap()
    }

    fn quiet(&mut self) {
        self.world.run_quiet(Duration::from_secs(1000));
        self.world.check_replays();
    }
}

/// The model: a handler runs at most once for each request; a response means exactly once, and
/// is the right one; every request ends.
fn check_model(bench: &Bench, sent: &[(u64, Vec<u8>)]) {
    let (handled, answers) = (bench.handled.borrow(), bench.answers.borrow());
    for (id, payload) in sent {
        let times = handled.get(payload).copied().unwrap_or(0);
        assert!(times <= 1, "done {times} times");
        let (outcome, answer) = answers.get(id).expect("every request ends");
        if *outcome == Outcome::Response {
            assert_eq!(times, 1);
            assert_eq!(answer.as_ref(), Some(payload));
        }
    }
    let counters = bench.world.engine(bench.server).counters();
    assert_eq!(counters.evicted, 0, "the model needs every duplicate to be recognised");
}

fn numbered(n: u8, len: usize) -> Vec<u8> {
    let mut payload = vec![n; len.max(1)];
    payload[0] = n;
    payload
}

#[test]
fn a_handler_runs_at_most_once_and_every_request_ends() {
    each_seed(300, |seed| {
        let mut bench = Bench::new(seed);
        bench.world.set_links(Link {
            loss: Chance::percent(25),
            duplicate: Chance::percent(20),
            ..Link::LOSSY
        });
        let mut sent = Vec::new();
        for n in 0..6u8 {
            let payload = numbered(n, 1 + usize::from(n) * 7);
            sent.push((bench.post(&payload, n % 3 != 2), payload));
            bench.world.run_for(Duration::from_millis(u64::from(n) * 700));
        }
        bench.quiet();
        check_model(&bench, &sent);
    });
}

#[test]
fn bodies_in_blocks_survive_a_lossy_network() {
    each_seed(60, |seed| {
        let mut bench = Bench::new(seed);
        bench.world.set_links(Link { loss: Chance::percent(10), ..Link::LOSSY });
        let payload: Vec<u8> = (0..4000u32).map(|i| (i * 7 % 253) as u8).collect();
        let id = bench.post(&payload, true);
        bench.quiet();
        check_model(&bench, &[(id, payload)]);
    });
}

#[test]
fn damage_wedges_nothing() {
    each_seed(300, |seed| {
        let mut bench = Bench::new(seed);
        bench.world.set_links(Link::HOSTILE);
        for n in 0..8u8 {
            bench.post(&numbered(n, usize::from(n) * 90), n % 2 == 0);
        }
        bench.quiet();
        assert_eq!(bench.answers.borrow().len(), 8);
        // And then the next good one works.
        bench.world.set_links(Link::PERFECT);
        let id = bench.post(b"after", true);
        bench.quiet();
        assert_eq!(bench.answers.borrow()[&id], (Outcome::Response, Some(b"after".to_vec())));
    });
}

#[test]
fn a_server_that_reboots_in_between_is_found_again() {
    each_seed(50, |seed| {
        let mut bench = Bench::new(seed);
        bench.world.set_links(Link::LOSSY);
        bench.post(b"before", true);
        bench.world.run_for(Duration::from_millis(seed * 11 % 300));
        bench.world.reboot(bench.server);
        bench.world.run_quiet(Duration::from_secs(1000));
        bench.world.set_links(Link::PERFECT);
        let id = bench.post(b"after", true);
        bench.quiet();
        assert_eq!(bench.answers.borrow()[&id].0, Outcome::Response);
    });
}

#[test]
fn a_client_that_reboots_gets_its_own_answers_not_those_of_its_former_life() {
    each_seed(100, |seed| {
        let mut bench = Bench::new(seed);
        bench.world.set_links(Link::LOSSY);
        for n in 0..3u8 {
            bench.post(&numbered(n, 3), true);
        }
        bench.world.run_for(Duration::from_millis(seed * 37 % 4000));
        bench.world.reboot(bench.client);
        bench.answers.borrow_mut().clear();
        bench.world.set_links(Link::PERFECT);
        let id = bench.post(b"new life", true);
        bench.quiet();
        assert_eq!(bench.answers.borrow()[&id], (Outcome::Response, Some(b"new life".to_vec())));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_script_of_faults(seed: u64, script in Faults::PAIR.strategy(), len in 1usize..900) {
        let mut bench = Bench::new(seed);
        bench.world.play(script);
        let mut sent = Vec::new();
        for n in 0..3u8 {
            let payload = numbered(n, len);
            sent.push((bench.post(&payload, true), payload));
        }
        bench.quiet();
        check_model(&bench, &sent);
    }
}

#[test]
fn five_losses_in_a_row_end_a_request_four_do_not() {
    for (lost, outcome) in [(4, Outcome::Response), (5, Outcome::TimedOut)] {
        let mut bench = Bench::new(1);
        let (from, to) = (bench.client, bench.server);
        let script: Vec<Fault> =
            (1..=lost).map(|n| Fault::new(from, to, n, Action::Drop)).collect();
        bench.world.play(script);
        let id = bench.post(b"x", true);
        bench.quiet();
        assert_eq!(bench.answers.borrow()[&id].0, outcome, "{lost}");
    }
}

/// A server with one resource whose value changes, and a client that observes it.
fn observed(seed: u64, link: Link) -> (World, Node<Endpoint>, Node<Endpoint>, Rc<RefCell<Watch>>) {
    let mut world = World::new(seed);
    let client = world.add("client", rules(), make);
    let server = world.add("server", rules(), make);
    world.set_links(link);
    let watch: Rc<RefCell<Watch>> = Rc::default();
    let w = watch.clone();
    world.on_event(server, move |e: &mut Checked<Endpoint>, now, event: &Event| match *event {
        Event::Request { id, .. } => {
            let value = w.borrow().value.to_be_bytes();
            let observer = e.command(now, move |e, now| {
                let response =
                    Response { payload: &value, observe: true, ..Response::new(Code::CONTENT) };
                e.respond(now, id, &response).ok().flatten()
            });
            w.borrow_mut().observers.extend(observer);
        }
        Event::ObserverGone { id, .. } => w.borrow_mut().observers.retain(|o| *o != id),
        _ => {}
    });
    let w = watch.clone();
    world.on_event(client, move |e: &mut Checked<Endpoint>, _, event: &Event| match *event {
        Event::Notification { id } => {
            let content = e.engine().response(id).unwrap();
            let value = u32::from_be_bytes(content.payload.try_into().unwrap());
            w.borrow_mut().seen.push(value);
        }
        Event::Done { .. } => w.borrow_mut().over = true,
        _ => {}
    });
    let peer = world.peer(server);
    world.command(client, move |e: &mut Endpoint, now| observe(e, now, peer).to_bits());
    (world, client, server, watch)
}

fn observe(e: &mut Endpoint, now: Instant, peer: PeerId) -> RequestId {
    let mut room = [0; 16];
    let mut list = OptionWriter::new(&mut room);
    list.path("value").unwrap();
    let options = list.options();
    let r = Request { options, observe: true, ..Request::new(Code::GET) };
    e.request(now, peer, &r).unwrap()
}

#[derive(Default, Debug)]
struct Watch {
    value: u32,
    observers: Vec<ObserverId>,
    seen: Vec<u32>,
    over: bool,
}

fn change(world: &mut World, server: Node<Endpoint>, watch: &Rc<RefCell<Watch>>) {
    watch.borrow_mut().value += 1;
    let value = watch.borrow().value.to_be_bytes();
    for id in watch.borrow().observers.clone() {
        let _ = world.command(server, move |e: &mut Endpoint, now| {
            let news =
                Response { payload: &value, confirmable: true, ..Response::new(Code::CONTENT) };
            e.notify(now, id, &news).map_err(|e| format!("{e:?}"))
        });
    }
}

#[test]
fn rfc7641_1_3_the_last_state_reaches_the_observer() {
    each_seed(200, |seed| {
        let link = Link { loss: Chance::percent(15), ..Link::LOSSY };
        let (mut world, _, server, watch) = observed(seed, link);
        world.run_for(Duration::from_secs(100));
        for n in 0..10 {
            change(&mut world, server, &watch);
            world.run_for(Duration::from_millis(n * seed % 5000));
        }
        world.run_quiet(Duration::from_secs(1000));
        world.check_replays();
        let w = watch.borrow();
        // Neither end gave up, or both know.
        if !w.over && !w.observers.is_empty() {
            assert_eq!(w.seen.last(), Some(&w.value), "{w:?}");
        }
        assert!(w.seen.is_sorted(), "a state went backwards: {w:?}");
    });
}

/// Who proves what over a bad network: a server that verifies, and a client that answers its
/// challenges. The handler of what changes something runs at most once all the same.
#[test]
fn challenges_survive_a_bad_network() {
    each_seed(100, |seed| {
        let mut bench = Bench::with(seed, Parameters { verify: true, ..Parameters::DEFAULT });
        bench.world.set_links(Link {
            loss: Chance::percent(20),
            duplicate: Chance::percent(20),
            ..Link::LOSSY
        });
        let mut sent = Vec::new();
        for n in 0..4u8 {
            let payload = numbered(n, 1 + usize::from(n) * 150);
            sent.push((bench.post(&payload, true), payload));
            bench.world.run_for(Duration::from_millis(u64::from(n) * 900));
        }
        bench.quiet();
        check_model(&bench, &sent);
    });
}

/// A body that neither end holds, in both directions, over a bad network: it arrives whole, or the
/// request tells that it failed.
#[test]
fn streamed_bodies_survive_a_bad_network() {
    const TOTAL: u32 = 3001;
    let byte = |at: usize| (at % 251) as u8;
    let mut whole = 0;
    each_seed(60, |seed| {
        for upload in [true, false] {
            let mut world = World::new(seed);
            let client = world.add("client", rules(), make);
            let server = world.add("server", rules(), |boot: &Boot| {
                let parameters = Parameters { stream_uploads: true, ..Parameters::DEFAULT };
                Endpoint::new(&Config { limits: LIMITS, parameters }, &boot.seed).unwrap()
            });
            world.set_links(Link { loss: Chance::percent(8), ..Link::LOSSY });
            let have: Rc<RefCell<usize>> = Rc::default();
            let got = have.clone();
            world.on_event(server, move |e: &mut Checked<Endpoint>, now, event: &Event| {
                let Event::Request { id, .. } = *event else { return };
                let incoming = e.engine().incoming(id).unwrap();
                if let Some(block) = incoming.block1 {
                    let end = block.offset() + incoming.payload.len();
                    assert_eq!(incoming.payload[0], byte(block.offset()));
                    *got.borrow_mut() = end;
                    let code = if block.more { Code::CONTINUE } else { Code::CHANGED };
                    e.command(now, move |e, now| e.respond(now, id, &Response::new(code)).is_ok());
                    return;
                }
                let first =
                    Block { number: 0, more: false, szx: Block::szx_for(e.engine().block_size()) };
                let block = incoming.block2.unwrap_or(first);
                let (from, total) = (block.offset(), TOTAL as usize);
                let body: Vec<u8> = (from..(from + block.size()).min(total)).map(byte).collect();
                e.command(now, move |e, now| {
                    let piece = Some(Piece { total, etag: 3 });
                    let r = Response { payload: &body, piece, ..Response::new(Code::CONTENT) };
                    e.respond(now, id, &r).is_ok()
                });
            });
            let end: Rc<RefCell<Option<Outcome>>> = Rc::default();
            let (outcome, got) = (end.clone(), have.clone());
            world.on_event(
                client,
                move |e: &mut Checked<Endpoint>, now, event: &Event| match *event {
                    Event::BlockWanted { id } => {
                        let wanted = e.engine().wanted(id).unwrap();
                        let body: Vec<u8> =
                            (wanted.start as usize..wanted.end as usize).map(byte).collect();
                        e.command(now, move |e, now| e.supply(now, id, &body).is_ok());
                    }
                    Event::Block { id } => {
                        let content = e.engine().response(id).unwrap();
                        assert_eq!(content.payload[0], byte(*got.borrow()));
                        *got.borrow_mut() += content.payload.len();
                        e.command(now, move |e, now| e.next_block(now, id).is_ok());
                    }
                    Event::Done { id, outcome: o } => {
                        if let (Some(content), false) = (e.engine().response(id), upload) {
                            *got.borrow_mut() += content.payload.len();
                        }
                        *outcome.borrow_mut() = Some(o);
                        e.command(now, move |e, _| e.release(id));
                    }
                    _ => {}
                },
            );
            let peer = world.peer(server);
            world.command(client, move |e: &mut Endpoint, now| {
                let request = Request {
                    stream: !upload,
                    upload: upload.then_some(TOTAL),
                    ..Request::new(if upload { Code::PUT } else { Code::GET })
                };
                e.request(now, peer, &request).unwrap().to_bits()
            });
            world.run_quiet(Duration::from_secs(3000));
            world.check_replays();
            let outcome = end.borrow().expect("it ends");
            if outcome == Outcome::Response {
                assert_eq!(*have.borrow(), TOTAL as usize);
                whole += 1;
            } else {
                assert_eq!(outcome, Outcome::TimedOut);
            }
        }
    });
    assert!(whole > 80, "{whole}");
}
