//! Floods: what they take stays within the limits, and a well-behaved peer is served during each.
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::*;
use common::*;
use m2m_base::{Duration, Instant, PeerId};

/// A server that is flooded, and a client that only wants its answers.
struct Siege {
    now: Instant,
    server: Endpoint,
    client: Endpoint,
    /// Datagrams of the flood between two of the client's.
    flood: Box<dyn FnMut(u32) -> (PeerId, Vec<u8>)>,
    strength: u32,
    sent: u32,
    /// Datagrams that went to others than the client.
    answered: u32,
    observers: Vec<ObserverId>,
}

impl Siege {
    fn new(strength: u32, flood: impl FnMut(u32) -> (PeerId, Vec<u8>) + 'static) -> Siege {
        Siege {
            now: at(0),
            server: endpoint(2),
            client: endpoint(1),
            flood: Box::new(flood),
            strength,
            sent: 0,
            answered: 0,
            observers: Vec::new(),
        }
    }

    fn serve(&mut self) {
        let now = self.now;
        while let Some(event) = self.server.poll_event() {
            match event {
                Event::Request { id, .. } => {
                    let incoming = self.server.incoming(id).unwrap();
                    let long = vec![incoming.payload.len() as u8; 3000];
                    let big = incoming.options.path().any(|s| s == b"big");
                    let payload = if big { &long[..] } else { b"ok" };
                    let r = Response { payload, observe: true, ..Response::new(Code::CONTENT) };
                    let observer = self.server.respond(now, id, &r).unwrap();
                    self.observers.extend(observer);
                }
                Event::ObserverGone { id, .. } => self.observers.retain(|o| *o != id),
                other => panic!("{other:?}"),
            }
        }
    }

    /// One datagram of the client there and back, in the middle of the flood. Tells whether
    /// anything of the client was under way.
    fn step(&mut self) -> bool {
        for _ in 0..self.strength {
            let (peer, datagram) = (self.flood)(self.sent);
            self.sent += 1;
            self.server.handle_datagram(self.now, peer, &datagram);
            self.serve();
            self.now += Duration::from_millis(1);
            if self.sent.is_multiple_of(16) {
                self.deliver();
            }
        }
        let mut moved = false;
        for (_, datagram) in drain(&mut self.client, self.now) {
            moved = true;
            self.server.handle_datagram(self.now, A, &datagram);
            self.serve();
        }
        moved |= self.deliver();
        self.now += Duration::from_millis(20);
        self.client.handle_timeout(self.now);
        self.server.handle_timeout(self.now);
        moved
    }

    /// What the server has to say, to the client and to whom it may concern. Tells whether any was
    /// for the client.
    fn deliver(&mut self) -> bool {
        let mut any = false;
        for (peer, datagram) in drain(&mut self.server, self.now) {
            if peer == A {
                any = true;
                self.client.handle_datagram(self.now, B, &datagram);
            } else {
                self.answered += 1;
            }
        }
        any
    }

    /// A request of the client, until it is answered.
    fn ask(&mut self, method: Code, path: &str, payload: &[u8]) -> Vec<u8> {
        let id = with_path(path, |options| {
            let r = Request { options, payload, ..Request::new(method) };
            self.client.request(self.now, B, &r).unwrap()
        });
        for _ in 0..2000 {
            self.step();
            if let Some(event) = self.client.poll_event() {
                assert_eq!(event, Event::Done { id, outcome: Outcome::Response });
                let content = self.client.response(id).unwrap();
                assert_eq!(content.code, Code::CONTENT, "{method} {path} {content:?}");
                let got = content.payload.to_vec();
                self.client.release(id);
                return got;
            }
        }
        panic!("no answer to {method} {path}");
    }

    /// Short and long answers, short and long bodies.
    fn endure(&mut self) {
        for _ in 0..10 {
            assert_eq!(self.ask(Code::GET, "a", b""), b"ok");
            assert_eq!(self.ask(Code::PUT, "a", &[1; 3000]), b"ok");
            assert_eq!(self.ask(Code::GET, "big", b"").len(), 3000);
        }
        // When it is over, nothing of it is left: all tables are free again.
        self.strength = 0;
        for _ in 0..20 {
            self.now += Duration::from_secs(60);
            self.step();
        }
        for observer in self.observers.drain(..) {
            self.server.remove_observer(observer);
        }
        assert_eq!(self.server.poll_timeout(), None);
        assert_eq!(self.ask(Code::PUT, "a", &[1; 9000]), b"ok");
    }
}

/// The peers of a flood: one, or another one each time.
fn sources() -> [fn(u32) -> PeerId; 2] {
    [|_| PeerId(1000), |n| PeerId(1000 + u64::from(n))]
}

fn message(kind: u8, code: Code, n: u32, options: &[(u16, &[u8])], payload: &[u8]) -> Vec<u8> {
    let kind = if kind == 0 { MessageType::Confirmable } else { MessageType::NonConfirmable };
    let mut buf = [0; 1500];
    let token = n.to_be_bytes();
    let mut m = MessageWriter::in_buffer(&mut buf, kind, code, n as u16, &token).unwrap();
    for (number, value) in options {
        m.option(OptionNumber(*number), value).unwrap();
    }
    let len = m.finish(payload).unwrap().len();
    buf[..len].to_vec()
}

#[test]
fn of_tokens_and_message_ids() {
    for source in sources() {
        for kind in [0, 1] {
            let mut siege = Siege::new(40, move |n| {
                (source(n), message(kind, Code::GET, n, &[(11, b"x")], b""))
            });
            siege.endure();
            assert!(siege.answered > 1000);
        }
    }
}

#[test]
fn of_long_tokens() {
    for source in sources() {
        let mut siege = Siege::new(40, move |n| {
            let mut buf = [0; 300];
            let mut token = [0; 140];
            token[..4].copy_from_slice(&n.to_be_bytes());
            let kind = MessageType::Confirmable;
            let m = MessageWriter::in_buffer(&mut buf, kind, Code::GET, n as u16, &token).unwrap();
            let len = m.finish(b"").unwrap().len();
            (source(n), buf[..len].to_vec())
        });
        siege.endure();
    }
}

#[test]
fn of_block_starts_from_one_peer() {
    let mut siege = Siege::new(30, |n| {
        let path = n.to_be_bytes();
        let options: [(u16, &[u8]); 2] = [(11, &path), (27, &[0x0a])];
        (PeerId(1000), message(0, Code::PUT, n, &options, &[7; 64]))
    });
    siege.endure();
}

/// From as many peers as there are datagrams: what lasts is as many starts as there are places in
/// the time between two blocks of a well-behaved peer.
#[test]
fn of_block_starts_from_everywhere() {
    let mut siege = Siege::new(LIMITS.transfers - 1, |n| {
        let options: [(u16, &[u8]); 2] = [(11, b"x"), (27, &[0x0a])];
        (PeerId(1000 + u64::from(n)), message(0, Code::PUT, n, &options, &[7; 64]))
    });
    siege.endure();
}

/// Bodies that get a few blocks far and are left.
#[test]
fn of_half_open_transfers() {
    let mut siege = Siege::new(30, |n| {
        let (round, number) = (n / 3, n % 3);
        let path = round.to_be_bytes();
        let block = [(number as u8) << 4 | 0x0a];
        let options: [(u16, &[u8]); 2] = [(11, &path), (27, &block)];
        (PeerId(1000), message(0, Code::PUT, n, &options, &[7; 64]))
    });
    siege.endure();
}

/// Long answers of which nobody fetches the rest.
#[test]
fn of_half_open_downloads() {
    let mut siege = Siege::new(20, |n| {
        let query = n.to_be_bytes();
        let options: [(u16, &[u8]); 2] = [(11, b"big"), (15, &query)];
        (PeerId(1000), message(0, Code::GET, n, &options, b""))
    });
    siege.endure();
}

#[test]
fn of_observe_registrations() {
    for source in sources() {
        let mut siege = Siege::new(30, move |n| {
            (source(n), message(0, Code::GET, n, &[(6, b""), (11, b"x")], b""))
        });
        // One who was there before stays and is told.
        let id = with_path("a", |options| {
            let r = Request { options, observe: true, ..Request::new(Code::GET) };
            siege.client.request(siege.now, B, &r).unwrap()
        });
        let strength = core::mem::replace(&mut siege.strength, 0);
        while siege.step() {}
        assert_eq!(siege.client.poll_event(), Some(Event::Notification { id }));
        let observer = siege.observers[0];
        siege.strength = strength;
        for _ in 0..50 {
            siege.step();
            let news = Response { payload: b"news", ..Response::new(Code::CONTENT) };
            siege.server.notify(siege.now, observer, &news).unwrap();
            siege.step();
            assert_eq!(siege.client.poll_event(), Some(Event::Notification { id }));
        }
        assert_eq!(siege.observers.len(), LIMITS.observers as usize);
        siege.client.cancel(siege.now, id, Cancel::Forget).unwrap();
        siege.client.poll_event();
        siege.endure();
    }
}

#[test]
fn of_resets_acknowledgements_and_garbage() {
    for source in sources() {
        let mut siege = Siege::new(100, move |n| {
            let [_, _, a, b] = n.to_be_bytes();
            let datagram = match n % 6 {
                0 => vec![0x70, 0, a, b],
                1 => vec![0x60, 0, a, b],
                2 => vec![0x40, 0, a, b],
                3 => vec![0x41, 0x45, a, b, 9],
                4 => vec![0x40, 1, a, b, 0xff],
                _ => n.to_le_bytes().repeat(5),
            };
            (source(n), datagram)
        });
        siege.endure();
    }
}

/// The same from the address of the client, which somebody else writes on his datagrams: its
/// messages are not ended by a RST unless the message ID is guessed.
#[test]
fn of_resets_in_the_name_of_the_client() {
    let mut siege = Siege::new(100, |n| {
        let [_, _, a, b] = n.to_be_bytes();
        (A, vec![if n % 2 == 0 { 0x70 } else { 0x60 }, 0, a, b])
    });
    siege.endure();
}
