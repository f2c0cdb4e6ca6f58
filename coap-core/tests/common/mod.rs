//! Two endpoints and the datagrams between them.
#![allow(unreachable_pub, dead_code, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(feature = "oscore")]
pub mod oscore;
#[cfg(feature = "stream")]
pub mod stream;

use coap_core::*;
use m2m_base::{Disposition, Duration, Instant, PeerId, Seed};
use std::collections::VecDeque;

pub const A: PeerId = PeerId(1);
pub const B: PeerId = PeerId(2);

pub const LIMITS: Limits = Limits {
    message_size: 1152,
    body_size: 20_000,
    exchanges: 8,
    requests: 32,
    observers: 4,
    transfers: 4,
    peers: 8,
    security_contexts: 0,
    pool: 80_000,
};

pub fn config() -> Config {
    Config { limits: LIMITS, parameters: Parameters::default() }
}

pub fn endpoint(seed: u8) -> Endpoint {
    Endpoint::new(&config(), &Seed([seed; 32])).unwrap()
}

pub fn hex(text: &str) -> Vec<u8> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

pub fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

/// Everything the endpoint wants to send now.
pub fn drain(e: &mut Endpoint, now: Instant) -> Vec<(PeerId, Vec<u8>)> {
    let mut out = Vec::new();
    let mut buf = [0; 2000];
    while let Some(t) = e.poll_transmit(now, &mut buf).unwrap() {
        out.push((t.peer, buf[..t.len].to_vec()));
    }
    out
}

/// The one datagram the endpoint wants to send now.
pub fn one(e: &mut Endpoint, now: Instant) -> Vec<u8> {
    let mut all = drain(e, now);
    assert_eq!(all.len(), 1, "{all:02x?}");
    all.remove(0).1
}

pub fn options<'b>(buf: &'b mut [u8], build: impl FnOnce(&mut OptionWriter<'b>)) -> Vec<u8> {
    let mut w = OptionWriter::new(buf);
    build(&mut w);
    w.options().as_bytes().to_vec()
}

/// Runs `f` with the options of a path.
pub fn with_path<R>(path: &str, f: impl FnOnce(Options<'_>) -> R) -> R {
    let mut buf = [0; 300];
    let mut w = OptionWriter::new(&mut buf);
    w.path(path).unwrap();
    f(w.options())
}

pub fn get(path: &str) -> impl Fn(&mut Endpoint, Instant, PeerId) -> RequestId + '_ {
    move |e, now, peer| {
        with_path(path, |options| {
            let r = Request { options, ..Request::new(Code::GET) };
            e.request(now, peer, &r).unwrap()
        })
    }
}

/// A network that delivers in order after 10 ms and loses the datagrams whose number is listed.
pub struct Pair {
    pub now: Instant,
    pub a: Endpoint,
    pub b: Endpoint,
    pub lost: Vec<usize>,
    pub sent: usize,
    wire: VecDeque<(Instant, bool, Vec<u8>)>,
    pub trace: Vec<(bool, Vec<u8>)>,
}

impl Pair {
    pub fn new(a: Endpoint, b: Endpoint) -> Pair {
        Pair {
            now: at(1000),
            a,
            b,
            lost: Vec::new(),
            sent: 0,
            wire: VecDeque::new(),
            trace: Vec::new(),
        }
    }

    fn collect(&mut self) {
        for to_b in [true, false] {
            let e = if to_b { &mut self.a } else { &mut self.b };
            for (_, bytes) in drain(e, self.now) {
                assert!(bytes.len() <= usize::from(e.message_size()));
                Message::parse(&bytes).unwrap();
                self.trace.push((to_b, bytes.clone()));
                if !self.lost.contains(&self.sent) {
                    self.wire.push_back((self.now + Duration::from_millis(10), to_b, bytes));
                }
                self.sent += 1;
            }
        }
    }

    /// Runs until `handler` says it has seen enough, or nothing more happens. The handler gets
    /// each event with who had it (`true`: a).
    pub fn run(&mut self, mut handler: impl FnMut(&mut Pair, bool, Event) -> bool) {
        for _ in 0..100_000 {
            loop {
                let (who, event) = match (self.a.poll_event(), ()) {
                    (Some(e), ()) => (true, e),
                    (None, ()) => match self.b.poll_event() {
                        Some(e) => (false, e),
                        None => break,
                    },
                };
                if handler(self, who, event) {
                    return;
                }
            }
            self.collect();
            let next =
                [self.wire.front().map(|w| w.0), self.a.poll_timeout(), self.b.poll_timeout()]
                    .into_iter()
                    .flatten()
                    .min();
            let Some(next) = next else { return };
            self.now = self.now.max(next);
            while self.wire.front().is_some_and(|w| w.0 <= self.now) {
                let (_, to_b, bytes) = self.wire.pop_front().unwrap();
                let disposition = if to_b {
                    self.b.handle_datagram(self.now, A, &bytes)
                } else {
                    self.a.handle_datagram(self.now, B, &bytes)
                };
                assert!(!matches!(disposition, Disposition::Ignored(m2m_base::Cause::Malformed)));
            }
            self.a.handle_timeout(self.now);
            self.b.handle_timeout(self.now);
        }
        panic!("never quiet");
    }
}
