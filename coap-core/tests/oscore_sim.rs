//! OSCORE on a bad network: whatever is lost, doubled, late, damaged or started anew, no nonce is
//! used for two ciphertexts, no request is done twice, and every request ends.
#![cfg(feature = "oscore")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use coap_core::oscore::{Aead, OscoreOption, SecurityContext, SecurityParameters};
use coap_core::*;
use m2m_base::{Duration, PeerId};
use m2m_sim::{Boot, Checked, Faults, Link, Node, Rules, World, each_seed};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

const LIMITS: Limits = Limits {
    message_size: 256,
    body_size: 6000,
    exchanges: 32,
    requests: 64,
    observers: 4,
    transfers: 4,
    peers: 8,
    security_contexts: 1,
    pool: 60_000,
};

const CLIENT: SecurityParameters<'static> = SecurityParameters {
    master_secret: &[7; 16],
    master_salt: &[],
    sender_id: &[],
    recipient_id: &[1],
    id_context: None,
    aead: Aead::AesCcm16_64_128,
};
const SERVER: SecurityParameters<'static> =
    SecurityParameters { sender_id: &[1], recipient_id: &[], ..CLIENT };

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

/// The newest record of each boot, as a device would keep it.
type Record = Rc<RefCell<BTreeMap<u32, u64>>>;

fn store(record: &Record, boot: u32, up_to: u64) {
    let mut records = record.borrow_mut();
    let newest = records.entry(boot).or_default();
    *newest = up_to.max(*newest);
}

fn maker(
    parameters: SecurityParameters<'static>,
    record: Record,
    renewed: bool,
) -> impl FnMut(&Boot) -> Endpoint {
    move |boot: &Boot| {
        let config = Config { limits: LIMITS, parameters: Parameters::default() };
        let mut e = Endpoint::new(&config, &boot.seed).unwrap();
        let count = boot.count;
        // What the boots before this one have stored.
        let next = record.borrow().range(..count).map(|(_, next)| *next).max();
        let history = match next {
            _ if renewed => History::Renewed,
            None => History::New,
            Some(next) => History::Stored { next },
        };
        e.add_security_context(&parameters, history).unwrap();
        if let Some(Event::SequenceReserved { up_to, .. }) = e.poll_event() {
            store(&record, count, up_to);
        }
        e
    }
}

/// How each request ended, and with what.
type Answers = BTreeMap<u64, (Outcome, Code, Vec<u8>)>;

/// How often each request was done, in each life of the server: between two of them what was done
/// is forgotten, and a client that sends a request again has it done again.
type Handled = BTreeMap<(u32, Vec<u8>), u32>;

/// Who sent it, the ID context of the keys, and the number: its own, or one more than that of the
/// request.
type NonceOf = (PeerId, Vec<u8>, Option<u64>, u64);

struct Bench {
    world: World,
    client: Node<Endpoint>,
    server: Node<Endpoint>,
    renewed: bool,
    boots: [Rc<RefCell<u32>>; 2],
    handled: Rc<RefCell<Handled>>,
    answers: Rc<RefCell<Answers>>,
    observers: Rc<RefCell<Vec<ObserverId>>>,
    seen: Rc<RefCell<Vec<Vec<u8>>>>,
}

impl Bench {
    fn new(seed: u64) -> Bench {
        Bench::with(seed, false)
    }

    /// With keys that both ends make anew after each start.
    fn renewed(seed: u64) -> Bench {
        Bench::with(seed, true)
    }

    fn with(seed: u64, renewed: bool) -> Bench {
        let mut world = World::new(seed);
        let records: [Record; 2] = Default::default();
        let boots: [Rc<RefCell<u32>>; 2] = Default::default();
        let client = world.add("client", rules(), maker(CLIENT, records[0].clone(), renewed));
        let server = world.add("server", rules(), maker(SERVER, records[1].clone(), renewed));
        let handled: Rc<RefCell<Handled>> = Rc::default();
        let answers: Rc<RefCell<Answers>> = Rc::default();
        let observers: Rc<RefCell<Vec<ObserverId>>> = Rc::default();
        let seen: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
        let (counts, watch) = (handled.clone(), observers.clone());
        let (record, boot, lives) = (records[1].clone(), boots[1].clone(), boots[1].clone());
        world.on_event(server, move |e: &mut Checked<Endpoint>, now, event: &Event| match *event {
            Event::SequenceReserved { up_to, .. } => {
                store(&record, *boot.borrow(), up_to);
            }
            Event::ObserverGone { id, .. } => watch.borrow_mut().retain(|o| *o != id),
            Event::Request { id, .. } => {
                let got = e.engine().incoming(id).unwrap();
                // A plain request is what is left when the OSCORE option was damaged.
                if got.security.is_none() {
                    e.command(now, move |e, now| {
                        e.respond(now, id, &Response::new(Code::UNAUTHORIZED)).is_ok()
                    });
                    return;
                }
                let payload = got.payload.to_vec();
                let life = *lives.borrow();
                *counts.borrow_mut().entry((life, payload.clone())).or_default() += 1;
                let observer = e.command(now, move |e, now| {
                    let response = Response {
                        payload: &payload,
                        observe: true,
                        ..Response::new(Code::CONTENT)
                    };
                    e.respond(now, id, &response).ok().flatten()
                });
                watch.borrow_mut().extend(observer);
            }
            _ => {}
        });
        let (ended, told) = (answers.clone(), seen.clone());
        let (record, boot) = (records[0].clone(), boots[0].clone());
        world.on_event(client, move |e: &mut Checked<Endpoint>, now, event: &Event| match *event {
            Event::SequenceReserved { up_to, .. } => {
                store(&record, *boot.borrow(), up_to);
            }
            Event::Notification { id } => {
                told.borrow_mut().push(e.engine().response(id).unwrap().payload.to_vec());
            }
            Event::Done { id, outcome } => {
                let content = e.engine().response(id);
                let (code, payload) =
                    content.map_or((Code::EMPTY, Vec::new()), |c| (c.code, c.payload.to_vec()));
                ended.borrow_mut().insert(id.to_bits(), (outcome, code, payload));
                e.command(now, move |e, _| e.release(id));
            }
            _ => {}
        });
        Bench { world, client, server, renewed, boots, handled, answers, observers, seen }
    }

    fn ask(&mut self, payload: &[u8], observe: bool) -> u64 {
        let (peer, payload) = (self.world.peer(self.server), payload.to_vec());
        self.world.command(self.client, move |e: &mut Endpoint, now| {
            let id = the_context(e);
            let method = if observe { Code::FETCH } else { Code::POST };
            let request = Request { payload: &payload, observe, ..Request::new(method) };
            e.request_under(now, peer, id, &request).unwrap().to_bits()
        })
    }

    fn notify(&mut self, payload: &[u8]) {
        for id in self.observers.borrow().clone() {
            let payload = payload.to_vec();
            self.world.command(self.server, move |e: &mut Endpoint, now| {
                let news = Response {
                    payload: &payload,
                    confirmable: true,
                    ..Response::new(Code::CONTENT)
                };
                e.notify(now, id, &news).is_ok()
            });
        }
    }

    fn reboot(&mut self, server: bool) {
        *self.boots[usize::from(server)].borrow_mut() += 1;
        self.observers.borrow_mut().clear();
        self.world.reboot(if server { self.server } else { self.client });
    }

    fn quiet(&mut self) {
        self.world.run_quiet(Duration::from_secs(1000));
        self.world.check_replays();
        if self.renewed {
            self.check_renewed_nonces();
        } else {
            self.check_nonces();
        }
    }

    /// The same for keys that are made anew: which those of a response are is found out by reading
    /// it with all there ever were. Those of a request are named by its kid context, and so are
    /// those of a 4.01 with an R2.
    fn check_renewed_nonces(&self) {
        let mut used: BTreeMap<NonceOf, Vec<u8>> = BTreeMap::new();
        let mut asked: BTreeMap<Vec<u8>, Vec<(Vec<u8>, u64)>> = BTreeMap::new();
        let (mut read, mut unread) = (0, 0);
        for packet in self.world.packets() {
            let message = Message::parse(&packet.bytes).unwrap();
            let Some(value) = message.option(OptionNumber::OSCORE) else { continue };
            let option = OscoreOption::parse(value).unwrap();
            let context = option.kid_context.map(<[u8]>::to_vec);
            let key = match (context, option.piv) {
                (Some(context), Some(piv)) => {
                    for arrival in &packet.arrivals {
                        if let Ok(arrived) = Message::parse(&arrival.bytes) {
                            let all = asked.entry(arrived.token.to_vec()).or_default();
                            all.push((context.clone(), piv.get()));
                        }
                    }
                    (packet.from, context, Some(piv.get()), 0)
                }
                (Some(r2), None) => (packet.from, r2, None, 0),
                (None, own) => {
                    let requests = asked.get(message.token).unwrap();
                    let found = requests.iter().find(|(id, piv)| opens(id, *piv, &message));
                    let Some((id, piv)) = found else {
                        unread += 1;
                        continue;
                    };
                    read += 1;
                    let other = if own.is_none() { piv + 1 } else { 0 };
                    (packet.from, id.clone(), own.map(|own| own.get()), other)
                }
            };
            let text = used.entry(key.clone()).or_insert_with(|| message.payload.to_vec());
            assert_eq!(text, message.payload, "{key:?} for two messages");
        }
        assert_eq!((read == 0, unread), (self.handled.borrow().is_empty(), 0));
    }

    /// All that was sent: one ciphertext for each key and nonce. The key is the sender's; the nonce
    /// is its Partial IV or, for a response without one, that of the request, which has the same
    /// token.
    fn check_nonces(&self) {
        let server = self.world.peer(self.server);
        let mut requests: BTreeMap<Vec<u8>, Vec<u64>> = BTreeMap::new();
        let mut used: BTreeMap<(PeerId, bool, u64), Vec<u8>> = BTreeMap::new();
        for packet in self.world.packets() {
            let message = Message::parse(&packet.bytes).unwrap();
            let Some(value) = message.option(OptionNumber::OSCORE) else { continue };
            let option = OscoreOption::parse(value).unwrap();
            let from_server = packet.from == server;
            if let (Some(piv), false) = (option.piv, from_server) {
                // The token may be damaged on its way.
                for arrival in &packet.arrivals {
                    if let Ok(arrived) = Message::parse(&arrival.bytes) {
                        requests.entry(arrived.token.to_vec()).or_default().push(piv.get());
                    }
                }
            }
            let nonce = match option.piv {
                Some(piv) => (packet.from, true, piv.get()),
                None => {
                    let pivs = requests.get(message.token).unwrap();
                    // A token is used again only for an observation, whose first response alone
                    // has no Partial IV.
                    (packet.from, false, pivs[0])
                }
            };
            let text = used.entry(nonce).or_insert_with(|| message.payload.to_vec());
            assert_eq!(text, message.payload, "nonce {nonce:?} for two messages");
        }
    }

    fn check_handled(&self) {
        for (payload, count) in self.handled.borrow().iter() {
            assert!(*count <= 1, "{payload:02x?} was done {count} times");
        }
    }
}

/// Was this response made for the request with this kid context and number?
fn opens(kid_context: &[u8], piv: u64, response: &Message<'_>) -> bool {
    let id = match kid_context[0] {
        0x58 => &kid_context[2..],
        _ => &kid_context[1..],
    };
    let client = SecurityParameters { id_context: Some(id), ..CLIENT };
    let mut client = SecurityContext::new(&client).unwrap().restored(piv);
    let mut buf = [0; 8];
    let kind = MessageType::Confirmable;
    let m = MessageWriter::in_buffer(&mut buf, kind, Code::GET, 1, &[]).unwrap();
    let len = m.finish(&[]).unwrap().len();
    let mut room = [0; 2000];
    let any = Message::parse(&buf[..len]).unwrap();
    let binding = client.protect_request(&any, &mut room).unwrap().1;
    client.unprotect_response(binding, response, &mut room).is_ok()
}

fn the_context(e: &Endpoint) -> SecurityId {
    (0..4u64)
        .map(|generation| SecurityId::from_bits(generation << 32))
        .find(|id| e.security_context(*id).is_some())
        .unwrap()
}

fn numbered(n: u8, len: usize) -> Vec<u8> {
    let mut payload = vec![n; len.max(1)];
    payload.push(n);
    payload
}

#[test]
fn every_request_ends_and_is_done_once_on_a_bad_network() {
    for link in [Link::PERFECT, Link::LOSSY, Link::HOSTILE] {
        each_seed(60, |seed| {
            let mut bench = Bench::new(seed);
            bench.world.set_links(link);
            let mut sent = Vec::new();
            for n in 0..4u8 {
                sent.push((bench.ask(&numbered(n, 5), false), numbered(n, 5)));
            }
            bench.quiet();
            bench.check_handled();
            for (id, payload) in sent {
                let (outcome, code, got) = bench.answers.borrow()[&id].clone();
                match outcome {
                    Outcome::Response => assert_eq!((code, got), (Code::CONTENT, payload)),
                    Outcome::TimedOut | Outcome::Reset | Outcome::Unprotected => {
                        assert_ne!(link, Link::PERFECT);
                    }
                    other => panic!("{other:?}"),
                }
            }
        });
    }
}

#[test]
fn bodies_in_blocks_and_their_blocks_are_protected_one_by_one() {
    each_seed(30, |seed| {
        let mut bench = Bench::new(seed);
        bench.world.set_links(Link::LOSSY);
        let body: Vec<u8> = (0..2000u32).map(|n| (n * seed as u32) as u8).collect();
        let id = bench.ask(&body, false);
        bench.quiet();
        let (outcome, _, got) = bench.answers.borrow()[&id].clone();
        if outcome == Outcome::Response {
            assert_eq!(got, body);
        }
        bench.check_handled();
    });
}

#[test]
fn an_observer_sees_states_in_order_and_the_last_one() {
    each_seed(60, |seed| {
        let mut bench = Bench::new(seed);
        bench.world.set_links(Link::LOSSY);
        let id = bench.ask(&[0], true);
        bench.world.run_for(Duration::from_secs(100));
        for n in 1..8u8 {
            bench.notify(&[n]);
            bench.world.run_for(Duration::from_millis(u64::from(n) * seed * 13 % 5000));
        }
        bench.quiet();
        let seen = bench.seen.borrow();
        assert!(seen.is_sorted(), "{seen:?}");
        if !bench.observers.borrow().is_empty() && !bench.answers.borrow().contains_key(&id) {
            assert_eq!(seen.last().map(|s| s[0]), Some(7), "{seen:?}");
        }
    });
}

/// RFC 8613 appendix B.1: both ends lose what they did not store.
#[test]
fn no_nonce_is_used_again_after_restarts() {
    each_seed(60, |seed| {
        let mut bench = Bench::new(seed);
        bench.world.set_links(Link::LOSSY);
        for round in 0..6u8 {
            for n in 0..3 {
                bench.ask(&numbered(round * 10 + n, 2), false);
            }
            bench.ask(&[100 + round], true);
            bench.world.run_for(Duration::from_millis(seed * 37 % 4000));
            bench.notify(&[round]);
            bench.world.run_for(Duration::from_millis(seed * 91 % 3000));
            bench.reboot((seed + u64::from(round)) % 3 != 0);
        }
        bench.world.set_links(Link::PERFECT);
        bench.world.run_quiet(Duration::from_secs(1000));
        bench.check_nonces();
        bench.check_handled();
    });
}

/// RFC 8613 appendix B.2: whoever is started anew, whatever is lost.
#[test]
fn rfc8613_appendix_b_2_keys_are_made_anew_on_a_bad_network() {
    for link in [Link::PERFECT, Link::LOSSY] {
        each_seed(40, |seed| {
            let mut bench = Bench::renewed(seed);
            bench.world.set_links(link);
            for round in 0..6u8 {
                for n in 0..3 {
                    bench.ask(&numbered(round * 10 + n, 2), false);
                }
                bench.ask(&[100 + round], true);
                bench.world.run_for(Duration::from_millis(seed * 37 % 4000));
                bench.notify(&[round]);
                bench.world.run_for(Duration::from_millis(seed * 91 % 3000));
                bench.reboot((seed + u64::from(round)) % 3 != 0);
            }
            bench.world.set_links(Link::PERFECT);
            bench.world.run_for(Duration::from_secs(100));
            let last = bench.ask(&[200], false);
            bench.quiet();
            bench.check_handled();
            let answer = bench.answers.borrow()[&last].clone();
            assert_eq!(answer, (Outcome::Response, Code::CONTENT, vec![200]));
        });
    }
}

/// What is changed on its way makes no keys, and does no harm to those there are.
#[test]
fn rfc8613_appendix_b_2_runs_on_a_hostile_network_end() {
    each_seed(40, |seed| {
        let mut bench = Bench::renewed(seed);
        bench.world.set_links(Link::HOSTILE);
        for n in 0..4u8 {
            bench.ask(&numbered(n, 5), false);
        }
        bench.world.run_quiet(Duration::from_secs(1000));
        bench.world.check_replays();
        bench.check_handled();
        assert_eq!(bench.answers.borrow().len(), 4);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn any_script_of_faults(seed: u64, script in Faults::PAIR.strategy(), len in 1usize..900) {
        let mut bench = Bench::new(seed);
        bench.world.play(script);
        bench.ask(&[1], true);
        for n in 0..3u8 {
            bench.ask(&numbered(n, len), false);
        }
        bench.world.run_for(Duration::from_secs(3));
        bench.notify(&[2]);
        bench.quiet();
        bench.check_handled();
    }
}
