//! Two endpoints and a connection between them, or one endpoint and the bytes of a peer.

use super::*;
use coap_core::stream::{Frame, Progress, Transport, read};

pub const STREAMS: Streams = Streams {
    connections: 2,
    message_size: 8 * 1024 + 256,
    csm_timeout: Duration::from_secs(30),
    keepalive: None,
    pong_timeout: Duration::from_secs(20),
    release_timeout: Duration::from_secs(60),
};

/// A CSM without options: the base values.
pub const CSM: &[u8] = &[0x00, 0xe1];

pub fn with(streams: &Streams, seed: u8) -> Endpoint {
    Endpoint::with_streams(&config(), streams, &Seed([seed; 32])).unwrap()
}

/// An endpoint that has sent its CSM to A and had that of A.
pub fn open(streams: &Streams) -> Endpoint {
    let mut e = with(streams, 5);
    e.connected(at(0), A, Transport::Tcp).unwrap();
    feed(&mut e, CSM);
    let csm = drain(&mut e, at(0));
    assert_eq!(csm.len(), 1);
    assert_eq!(csm[0].1[1], 0xe1);
    e
}

pub fn feed(e: &mut Endpoint, bytes: &[u8]) {
    assert_eq!(e.handle_stream(at(0), A, bytes), bytes.len());
}

pub fn events(e: &mut Endpoint) -> Vec<Event> {
    std::iter::from_fn(|| e.poll_event()).collect()
}

/// Everything the endpoint writes, whatever its buffer must be.
pub fn drain(e: &mut Endpoint, now: Instant) -> Vec<(PeerId, Vec<u8>)> {
    let mut out = Vec::new();
    let mut buf = [0; 17_000];
    while let Some(t) = e.poll_transmit(now, &mut buf).unwrap() {
        out.push((t.peer, buf[..t.len].to_vec()));
    }
    out
}

/// The messages, in hexadecimal digits.
pub fn sent(e: &mut Endpoint, now: Instant) -> Vec<String> {
    drain(e, now)
        .into_iter()
        .map(|(_, bytes)| bytes.iter().map(|b| format!("{b:02x}")).collect())
        .collect()
}

pub fn frame(bytes: &[u8], transport: Transport) -> Frame<'_> {
    match read(bytes, transport) {
        Ok(Progress::Complete { frame, len }) if len == bytes.len() => frame,
        other => panic!("{other:?}"),
    }
}

/// A message as it goes over TCP.
pub fn tcp(code: Code, token: &[u8], options: &[(u16, &[u8])], payload: &[u8]) -> Vec<u8> {
    let mut room = [0; 600];
    let mut list = OptionWriter::new(&mut room);
    for (number, value) in options {
        list.add(OptionNumber(*number), value).unwrap();
    }
    let options = list.options();
    coap_core::stream::put(Vec::new(), Transport::Tcp, code, token, options, payload).unwrap()
}

/// One message: who sent it (`true`: a), and its bytes.
pub type Sent = (bool, Vec<u8>);

/// A connection between two endpoints. Bytes arrive in pieces of `chunk`.
pub struct Wire {
    pub now: Instant,
    pub a: Endpoint,
    pub b: Endpoint,
    pub transport: Transport,
    pub chunk: usize,
    pub trace: Vec<Sent>,
    to_a: Vec<u8>,
    to_b: Vec<u8>,
    /// After so many bytes in all the connection is lost.
    pub cut: Option<usize>,
    pub carried: usize,
}

impl Wire {
    pub fn new(a: Endpoint, b: Endpoint, transport: Transport, chunk: usize) -> Wire {
        let mut wire = Wire {
            now: at(1000),
            a,
            b,
            transport,
            chunk,
            trace: Vec::new(),
            to_a: Vec::new(),
            to_b: Vec::new(),
            cut: None,
            carried: 0,
        };
        wire.a.connected(wire.now, B, transport).unwrap();
        wire.b.connected(wire.now, A, transport).unwrap();
        wire
    }

    /// Hands bytes in, in pieces, as a driver would.
    fn deliver(&mut self, to_b: bool, bytes: &[u8]) {
        let step = if self.transport == Transport::Tcp { self.chunk } else { bytes.len().max(1) };
        for piece in bytes.chunks(step) {
            let mut rest = piece;
            while !rest.is_empty() {
                let taken = if to_b {
                    self.b.handle_stream(self.now, A, rest)
                } else {
                    self.a.handle_stream(self.now, B, rest)
                };
                rest = &rest[taken..];
                if !rest.is_empty() {
                    self.collect(!to_b);
                }
            }
        }
    }

    fn collect(&mut self, from_a: bool) -> bool {
        let (from, to) = if from_a { (&mut self.a, &self.b) } else { (&mut self.b, &self.a) };
        let most = to.streams().message_size.max(1152) as usize;
        let mut moved = false;
        for (_, bytes) in drain(from, self.now) {
            moved = true;
            frame(&bytes, self.transport);
            assert!(bytes.len() <= most);
            self.trace.push((from_a, bytes.clone()));
            let wire = if from_a { &mut self.to_b } else { &mut self.to_a };
            wire.extend_from_slice(&bytes);
            if self.transport == Transport::WebSocket {
                let whole = std::mem::take(wire);
                self.deliver(from_a, &whole);
            }
        }
        moved
    }

    /// Runs until nothing more happens but time-outs.
    pub fn run(&mut self, mut handler: impl FnMut(&mut Wire, bool, Event)) {
        for _ in 0..100_000 {
            let mut moved = false;
            loop {
                let (who, event) = match self.a.poll_event() {
                    Some(event) => (true, event),
                    None => match self.b.poll_event() {
                        Some(event) => (false, event),
                        None => break,
                    },
                };
                moved = true;
                handler(self, who, event);
            }
            for from_a in [true, false] {
                moved |= self.collect(from_a);
                let mut bytes =
                    std::mem::take(if from_a { &mut self.to_b } else { &mut self.to_a });
                if let Some(cut) = self.cut {
                    bytes.truncate(cut.saturating_sub(self.carried));
                }
                self.carried += bytes.len();
                self.deliver(from_a, &bytes);
                if self.cut.is_some_and(|cut| self.carried >= cut) {
                    self.cut = None;
                    self.to_a.clear();
                    self.to_b.clear();
                    self.a.disconnected(self.now, B);
                    self.b.disconnected(self.now, A);
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
        panic!("never quiet");
    }
}
