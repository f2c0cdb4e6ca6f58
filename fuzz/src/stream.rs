//! The target for CoAP over TCP and WebSocket.

use crate::coap::{Open, command, drain, events, finish};
use crate::script::Script;
use coap_core::stream::{Progress, SignalOption, Transport, put, read};
use coap_core::{Code, Config, Endpoint, Limits, OptionWriter, Options, Parameters, Streams};
use m2m_base::{Duration, Instant, PeerId, Seed};

/// Peers from this one on have connections.
const FIRST: u64 = 10;

/// What a peer's connection is made of; `None` for one that is reached by datagrams.
pub(crate) fn transport(peer: PeerId) -> Option<Transport> {
    match peer.0 {
        0..FIRST => None,
        FIRST => Some(Transport::WebSocket),
        _ => Some(Transport::Tcp),
    }
}

/// What is sent is one frame.
pub(crate) fn check(bytes: &[u8], transport: Transport) {
    match read(bytes, transport) {
        Ok(Progress::Complete { len, .. }) => assert_eq!(len, bytes.len()),
        other => panic!("{other:?}: {bytes:02x?}"),
    }
}

/// The longest message that a peer has to take whatever it says.
const LEAST: usize = 64;

/// What was sent over a connection so far, and what the peer has said it takes.
#[derive(Clone, Default)]
struct Seen {
    first: Option<Code>,
    aborted: bool,
    token: Vec<u8>,
    most: usize,
}

const LIMITS: Limits =
    Limits { message_size: 128, body_size: 6000, pool: 20_000, ..Limits::DEVICE };

const STREAMS: Streams = Streams {
    connections: 2,
    message_size: 2048 + 256,
    csm_timeout: Duration::from_secs(30),
    keepalive: Some(Duration::from_secs(100)),
    pong_timeout: Duration::from_secs(20),
    release_timeout: Duration::from_secs(60),
};

/// Hands bytes in as a driver does: again, after what is to be sent is sent.
fn feed(e: &mut Endpoint, now: Instant, peer: PeerId, bytes: &[u8], seen: &mut [Seen; 3]) {
    let mut rest = bytes;
    loop {
        let taken = e.handle_stream(now, peer, rest);
        rest = &rest[taken..];
        if rest.is_empty() {
            return;
        }
        assert!(taken > 0 || e.poll_transmit(now, &mut []).is_err(), "no way on");
        sent(e, now, seen);
    }
}

fn sent(e: &mut Endpoint, now: Instant, seen: &mut [Seen; 3]) {
    drain(e, now, |peer, bytes| {
        let Some(transport) = transport(peer) else { return };
        let Ok(Progress::Complete { frame, .. }) = read(bytes, transport) else { return };
        let at = usize::try_from(peer.0 - FIRST).unwrap();
        let seen = &mut seen[at];
        assert!(seen.first.is_some() || frame.code == Code::CSM);
        assert!(!seen.aborted, "a message after an Abort");
        assert!(bytes.len() <= seen.most, "longer than the peer takes");
        seen.first = Some(frame.code);
        seen.aborted = frame.code == Code::ABORT;
        if frame.code.is_request() {
            seen.token = frame.token.to_vec();
        }
    });
}

/// A well-formed message: often an answer to the request sent last.
fn message(script: &mut Script<'_>, transport: Transport, seen: &mut Seen) -> Vec<u8> {
    const CODES: [Code; 12] = [
        Code::CSM,
        Code::CONTENT,
        Code::CONTINUE,
        Code::GET,
        Code::PUT,
        Code::PING,
        Code::PONG,
        Code::RELEASE,
        Code::EMPTY,
        Code::CONTENT,
        Code::NOT_FOUND,
        Code::GET,
    ];
    let code = CODES[usize::from(script.u8()) % CODES.len()];
    let mut room = [0; 300];
    let mut list = OptionWriter::new(&mut room);
    for _ in 0..script.u8() % 4 {
        let number = [2, 4, 6, 6, 11, 23, 23, 27, 27][usize::from(script.u8()) % 9];
        let mut value = script.bytes();
        value = value.get(..value.len().min(3)).unwrap_or(&[]);
        let _ = list.add(coap_core::OptionNumber(number), value);
    }
    let list = if code == Code::EMPTY { Options::EMPTY } else { list.options() };
    if let (Code::CSM, Some(most)) = (code, list.uint(SignalOption::MAX_MESSAGE_SIZE.number)) {
        // What is smaller than any message ends in an Abort, which is longer.
        if (1..usize::MAX).contains(&seen.most) {
            seen.most = usize::try_from(most).unwrap().max(LEAST);
        }
    }
    let long = [script.u8(); 3000];
    let len = match script.u8() {
        n @ 0..=199 => usize::from(n),
        n => usize::from(n - 199) * 64,
    };
    let answers = !code.is_request() && code != Code::EMPTY;
    let own = if code == Code::EMPTY { Vec::new() } else { vec![script.u8()] };
    let token = if answers { &seen.token } else { &own };
    let payload = if code == Code::EMPTY { &[][..] } else { &long[..len.min(2000)] };
    put(Vec::new(), transport, code, token, list, payload).unwrap()
}

/// One endpoint, two connections and a peer by datagrams: bytes in any pieces, commands, time.
pub(crate) fn stream(data: &[u8]) {
    let mut script = Script::new(data);
    let config = Config { limits: LIMITS, parameters: Parameters::default() };
    let mut e = Endpoint::with_streams(&config, &STREAMS, &Seed([3; 32])).unwrap();
    let mut open = Open::default();
    let mut seen = [Seen::default(), Seen::default(), Seen::default()];
    let mut now = Instant::ZERO;
    while !script.is_over() {
        let which = usize::from(script.u8() % 3);
        let peer = PeerId(FIRST + u64::try_from(which).unwrap());
        let over = transport(peer).unwrap();
        match script.u8() % 12 {
            0 => {
                if e.connected(now, peer, over).is_ok() {
                    seen[which] = Seen { most: 1152, ..Seen::default() };
                    if script.u8().is_multiple_of(2) {
                        feed(&mut e, now, peer, &[0x00, 0xe1], &mut seen);
                    }
                }
            }
            1 => {
                e.disconnected(now, peer);
                seen[which] = Seen::default();
            }
            2 => {
                if seen[which].most > 0 {
                    // It may be the beginning of a message that swallows those which follow.
                    seen[which].most = usize::MAX;
                }
                feed(&mut e, now, peer, script.bytes(), &mut seen);
            }
            3..=6 => {
                let bytes = message(&mut script, over, &mut seen[which]);
                let step = match over {
                    Transport::Tcp => 1 + usize::from(script.u8()) * 8,
                    Transport::WebSocket => bytes.len(),
                };
                for piece in bytes.chunks(step.max(1)) {
                    feed(&mut e, now, peer, piece, &mut seen);
                }
            }
            7 => {
                now += Duration::from_millis(script.millis());
                e.handle_timeout(now);
            }
            8 | 9 => {
                if seen[which].most > 0 {
                    command(&mut e, now, &mut script, &mut open, peer);
                }
            }
            10 => {
                e.handle_datagram(now, PeerId(0), script.bytes());
            }
            _ => match script.u8() % 4 {
                0 => drop(e.ping(now, peer, script.u8().is_multiple_of(2))),
                1 => drop(e.release_connection(now, peer, Options::EMPTY, "bye")),
                2 => drop(e.abort(now, peer, "enough")),
                _ => {
                    let _ = e.signal(peer).map(|s| s.options.iter().count());
                }
            },
        }
        e.handle_timeout(now);
        events(&mut e, now, &mut script, &mut open);
        sent(&mut e, now, &mut seen);
    }
    for peer in 0..3 {
        e.disconnected(now, PeerId(FIRST + peer));
    }
    finish(&mut e, now, &mut open);
}
