//! Targets of `coap-core`.

use crate::script::Script;
use coap_core::link::Links;
use coap_core::{
    Block, Cancel, Code, Config, Endpoint, Event, Limits, Message, MessageWriter, OptionNumber,
    OptionWriter, Outcome, Parameters, PeerParameters, Request, RequestId, Response,
};
use m2m_base::{Duration, Instant, PeerId, Seed};
use std::collections::BTreeSet;

/// What is read can be written, and is then read the same.
pub(crate) fn message(data: &[u8]) {
    let Ok(m) = Message::parse(data) else { return };
    let mut buf = vec![0; data.len() + 16];
    let mut w = MessageWriter::in_buffer(&mut buf, m.message_type, m.code, m.id, m.token).unwrap();
    for o in m.options {
        w.option(o.number, o.value).unwrap();
    }
    let len = w.finish(m.payload).unwrap().len();
    // Shorter if the input's option heads were longer than need be: they cannot be.
    assert_eq!(&buf[..len], data);
    assert_eq!(Message::parse(&buf[..len]).unwrap(), m);
}

/// Links are read or refused, in bounded time.
pub(crate) fn links(data: &[u8]) {
    for link in Links::new(data) {
        let Ok(link) = link else { return };
        let _ = link.params().count();
    }
}

const SMALL: Limits = Limits {
    message_size: 128,
    body_size: 600,
    exchanges: 3,
    requests: 4,
    observers: 3,
    transfers: 2,
    peers: 2,
    security_contexts: 0,
    pool: 1500,
};

/// An endpoint with what is off by default switched on by the bits of a number.
fn small_with(seed: u8, switches: u8) -> Endpoint {
    let parameters = Parameters {
        token_length: 2,
        verify: switches & 1 != 0,
        stream_uploads: switches & 2 != 0,
        renew_observations: switches & 4 != 0,
        proxy: switches & 8 != 0,
        ..Parameters::DEFAULT
    };
    Endpoint::new(&Config { limits: SMALL, parameters }, &Seed([seed; 32])).unwrap()
}

/// The requests that are open, each of which must end exactly once.
#[derive(Default)]
pub(crate) struct Open(BTreeSet<RequestId>);

impl Open {
    fn end(&mut self, id: RequestId) {
        assert!(self.0.remove(&id), "Done for what is not open");
    }
}

/// A request to a peer.
pub(crate) fn command(
    e: &mut Endpoint,
    now: Instant,
    script: &mut Script<'_>,
    open: &mut Open,
    peer: PeerId,
) {
    let mut room = [0; 80];
    let mut list = OptionWriter::new(&mut room);
    let _ = list.path("a/b");
    let kind = script.u8();
    match kind % 16 {
        0 => {
            if let Ok(id) = e.ping_peer(now, peer) {
                assert!(open.0.insert(id));
            }
            return;
        }
        1 => {
            let parameters = PeerParameters {
                nstart: 1 + script.u8() % 3,
                max_retransmit: script.u8() % 4,
                ..Parameters::DEFAULT.of_peer()
            };
            let parameters = Some(parameters).filter(|_| kind < 128);
            let _ = e.set_parameters(peer, parameters);
            return;
        }
        2 => {
            if let Some(id) = open.0.first() {
                let _ = e.stop_retransmission(now, *id);
            }
            return;
        }
        3 => {
            e.vouch_for(now, peer);
            return;
        }
        4 | 5 => {
            let _ = list.add_uint(OptionNumber::NO_RESPONSE, u32::from(script.u8() & 26));
        }
        _ => {}
    }
    let payload = [script.u8(); 700];
    let len = usize::from(script.u8()) * 3;
    let request = Request::new(Code(script.u8() % 9));
    let request = Request {
        confirmable: !script.u8().is_multiple_of(3),
        options: list.options(),
        payload: payload.get(..len).unwrap_or(&payload),
        observe: script.u8().is_multiple_of(2),
        q_block: kind & 0x60 == 0x60,
        ..request
    };
    let (short, plain) = (u32::from(kind), Request { payload: &[], observe: false, ..request });
    let block = Block { number: short % 5, more: false, szx: kind % 7 };
    let result = match kind % 16 {
        6 | 7 => e.request(now, peer, &Request { stream: true, observe: false, ..request }),
        8 | 9 => e.request(now, peer, &Request { upload: Some(short * 5), ..plain }),
        10 => e.request(now, peer, &Request { block2: Some(block), ..plain }),
        11 => e.request_group(now, peer, &Request { confirmable: false, ..plain }),
        _ => e.request(now, peer, &request),
    };
    if let Ok(id) = result {
        assert!(open.0.insert(id));
    }
}

/// Events are answered in every way there is; returns observers that were granted.
pub(crate) fn events(e: &mut Endpoint, now: Instant, script: &mut Script<'_>, open: &mut Open) {
    let body = [b'x'; 2000];
    while let Some(event) = e.poll_event() {
        match event {
            Event::Request { id, .. } => {
                let how = script.u8();
                let _ = e.incoming(id).map(|i| (i.options.path().count(), i.payload.len()));
                let response = Response {
                    payload: &body[..usize::from(script.u8()) * 2],
                    observe: how & 1 == 0,
                    ..Response::new(match how & 10 {
                        0 => Code::CONTENT,
                        8 => Code::CONTINUE,
                        2 => Code::NOT_FOUND,
                        _ => Code::TOO_MANY_REQUESTS,
                    })
                };
                match how % 9 {
                    0 => e.ignore(now, id),
                    1 => {}
                    2 => {
                        let _ = e.assemble(now, id);
                    }
                    3 => {
                        let _ = e.challenge(now, id);
                    }
                    _ => {
                        if let Ok(Some(observer)) = e.respond(now, id, &response) {
                            let news = Response { confirmable: how & 4 == 0, ..response };
                            for _ in 0..how % 4 {
                                let _ = e.notify(now, observer, &news);
                            }
                        }
                    }
                }
            }
            Event::Notification { id } => {
                assert!(open.0.contains(&id));
                assert!(e.response(id).is_some());
                if script.u8().is_multiple_of(4) {
                    let _ = e.cancel(now, id, Cancel::Deregister);
                }
            }
            Event::Block { id } if open.0.contains(&id) => {
                if script.u8().is_multiple_of(8) {
                    let _ = e.cancel(now, id, Cancel::Forget);
                } else if e.response(id).is_some() {
                    e.next_block(now, id).unwrap();
                }
            }
            Event::BlockWanted { id } if open.0.contains(&id) => {
                if let Some(wanted) = e.wanted(id) {
                    let len = (wanted.end - wanted.start) as usize;
                    let _ = e.supply(now, id, &body[..len]);
                }
            }
            Event::GroupResponse { response, peer, .. } => {
                assert_eq!(e.peer_of(response), Some(peer));
                assert!(e.response(response).is_some());
                e.release(response);
                assert!(e.response(response).is_none());
            }
            Event::Done { id, outcome } => {
                open.end(id);
                assert_eq!(
                    e.response(id).is_some(),
                    matches!(outcome, Outcome::Response | Outcome::Unprotected)
                );
                e.release(id);
                assert!(e.response(id).is_none());
            }
            _ => {}
        }
    }
}

/// All that is sent is well-formed.
pub(crate) fn drain(e: &mut Endpoint, now: Instant, mut take: impl FnMut(PeerId, &[u8])) {
    let mut buf = [0; 4096];
    while let Some(t) = e.poll_transmit(now, &mut buf).unwrap() {
        match crate::stream::transport(t.peer) {
            None => assert!(Message::parse(&buf[..t.len]).is_ok()),
            Some(transport) => crate::stream::check(&buf[..t.len], transport),
        }
        take(t.peer, &buf[..t.len]);
    }
    assert!(e.poll_timeout().is_none_or(|t| t > now), "a deadline that has passed");
}

/// One endpoint, raw datagrams, commands, time jumps.
pub(crate) fn endpoint(data: &[u8]) {
    let mut script = Script::new(data);
    let mut e = small_with(1, script.u8());
    let mut open = Open::default();
    let mut now = Instant::ZERO;
    let mut sent: Vec<u8> = Vec::new();
    while !script.is_over() {
        match script.u8() % 6 {
            0 | 1 => {
                let peer = PeerId(u64::from(script.u8() % 3));
                if script.u8().is_multiple_of(8) {
                    e.handle_multicast(now, peer, script.bytes());
                } else {
                    e.handle_datagram(now, peer, script.bytes());
                }
            }
            2 => {
                now += Duration::from_millis(script.millis());
                e.handle_timeout(now);
            }
            3 => {
                let peer = PeerId(u64::from(script.u8() % 3));
                command(&mut e, now, &mut script, &mut open, peer);
            }
            4 => {
                // An answer to what was sent last: its header and token, with other content.
                let mut answer = vec![0x60, script.u8()];
                if let Some(header) = sent.get(2..4) {
                    answer[0] = (sent[0] & 0x0f) | (script.u8() & 0x30) | 0x40;
                    answer.extend_from_slice(header);
                    let token = usize::from(sent[0] & 15);
                    answer.extend_from_slice(sent.get(4..4 + token).unwrap_or(&[]));
                    answer.extend_from_slice(script.bytes());
                    e.handle_datagram(now, PeerId(u64::from(script.u8() % 3)), &answer);
                }
            }
            _ => e.forget_peer(now, PeerId(u64::from(script.u8() % 3))),
        }
        e.handle_timeout(now);
        events(&mut e, now, &mut script, &mut open);
        drain(&mut e, now, |_, datagram| sent = datagram.to_vec());
    }
    finish(&mut e, now, &mut open);
}

/// Whatever happened, time ends every request, and then the endpoint waits for nothing more.
pub(crate) fn finish(e: &mut Endpoint, mut now: Instant, open: &mut Open) {
    let mut nothing = Script::new(&[]);
    for _ in 0..2000 {
        events(e, now, &mut nothing, open);
        drain(e, now, |_, _| {});
        for id in open.0.clone() {
            // Observations have no end of their own.
            let _ = e.cancel(now, id, Cancel::Forget);
        }
        let Some(next) = e.poll_timeout() else { break };
        now = next;
        e.handle_timeout(now);
    }
    events(e, now, &mut nothing, open);
    assert!(open.0.is_empty(), "requests without an end");
    assert_eq!(e.poll_timeout(), None);
    // And it still works.
    e.handle_datagram(now, PeerId(0), &[0x40, 0, 1, 2]);
    let mut reset = Vec::new();
    drain(e, now, |_, datagram| reset = datagram.to_vec());
    assert_eq!(reset, [0x70, 0, 1, 2]);
}

/// Two endpoints and a network that loses, doubles, delays, swaps and damages by script.
pub(crate) fn pair(data: &[u8]) {
    let mut script = Script::new(data);
    let mut ends = [small_with(1, script.u8()), small_with(2, script.u8())];
    let mut open = [Open::default(), Open::default()];
    let mut wire: Vec<(Instant, usize, Vec<u8>)> = Vec::new();
    let mut now = Instant::ZERO;
    while !script.is_over() {
        let who = usize::from(script.u8() & 1);
        if script.u8().is_multiple_of(3) {
            let peer = PeerId(u64::from(script.u8() % 3));
            command(&mut ends[who], now, &mut script, &mut open[who], peer);
        }
        now += Duration::from_millis(script.millis());
        for side in [0, 1] {
            ends[side].handle_timeout(now);
            while let Some(at) = wire.iter().position(|w| w.0 <= now && w.1 == side) {
                let (_, _, datagram) = wire.remove(at);
                ends[side].handle_datagram(now, PeerId(1), &datagram);
            }
            events(&mut ends[side], now, &mut script, &mut open[side]);
            drain(&mut ends[side], now, |_, datagram| {
                let mut datagram = datagram.to_vec();
                let later = now + Duration::from_millis(1 + script.millis() % 5000);
                match script.u8() % 16 {
                    0 => return,
                    1 => wire.push((later, 1 - side, datagram.clone())),
                    2 => {
                        let at = usize::from(script.u8()) % datagram.len();
                        datagram[at] ^= script.u8();
                    }
                    3 => datagram.truncate(usize::from(script.u8())),
                    _ => {}
                }
                wire.push((later, 1 - side, datagram));
            });
        }
        wire.truncate(64);
    }
    for side in [0, 1] {
        finish(&mut ends[side], now, &mut open[side]);
    }
}
