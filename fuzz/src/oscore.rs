//! Target of OSCORE (`coap_core::oscore`, and an endpoint with a security context).

use crate::coap::{Open, command, drain, events, finish};
use crate::script::Script;
use coap_core::oscore::{Aead, OscoreOption, RequestBinding, SecurityContext, SecurityParameters};
use coap_core::{Config, Endpoint, History, Limits, Message, OptionNumber, Parameters, SecurityId};
use m2m_base::{Duration, Instant, PeerId, Seed};
use std::collections::BTreeMap;

const OURS: SecurityParameters<'static> = SecurityParameters {
    master_secret: &[1; 16],
    master_salt: &[],
    sender_id: &[1],
    recipient_id: &[],
    id_context: None,
    aead: Aead::AesCcm16_64_128,
};
const THEIRS: SecurityParameters<'static> =
    SecurityParameters { sender_id: &[], recipient_id: &[1], ..OURS };

const LIMITS: Limits = Limits {
    message_size: 160,
    body_size: 600,
    exchanges: 3,
    requests: 4,
    observers: 3,
    transfers: 2,
    peers: 2,
    security_contexts: 1,
    pool: 1500,
};

/// Any bytes as an option and as protected messages: read or refused, and an option that is read is
/// written the same.
fn codec(data: &[u8]) {
    if let Ok(option) = OscoreOption::parse(data) {
        let mut written = Vec::new();
        option.write(&mut written).unwrap();
        assert_eq!(written, data);
    }
    let Ok(message) = Message::parse(data) else { return };
    let mut ours = SecurityContext::new(&OURS).unwrap();
    let mut theirs = SecurityContext::new(&THEIRS).unwrap();
    let (mut wire, mut room) = (vec![0; data.len() + 100], vec![0; data.len() + 100]);
    assert!(ours.unprotect_request(&message, &mut room).is_err());
    // What can be protected is the same behind it, but for what only goes outside.
    if message.code.is_request() {
        let Ok((len, _)) = theirs.protect_request(&message, &mut wire) else { return };
        let protected = Message::parse(&wire[..len]).unwrap();
        let (got, _) = ours.unprotect_request(&protected, &mut room).unwrap();
        assert_eq!((got.code, got.payload), (message.code, message.payload));
    }
}

/// The other end: it has the keys, and does with them what the script says.
struct Other {
    context: SecurityContext,
    /// The request of the endpoint that came last.
    asked: Option<(RequestBinding, Vec<u8>)>,
    /// What was sent under each nonce of the endpoint.
    used: BTreeMap<u64, Vec<u8>>,
    recorded: Vec<Vec<u8>>,
}

impl Other {
    /// Looks at what the endpoint sends.
    fn take(&mut self, datagram: &[u8]) {
        let message = Message::parse(datagram).unwrap();
        let Some(value) = message.option(OptionNumber::OSCORE) else { return };
        let option = OscoreOption::parse(value).unwrap();
        if let Some(piv) = option.piv {
            let before = self.used.entry(piv.get()).or_insert_with(|| message.payload.to_vec());
            assert_eq!(before, message.payload, "a nonce for two messages");
        }
        let mut room = [0; 4096];
        if let Ok((_, binding)) = self.context.unprotect_request(&message, &mut room) {
            self.asked = Some((binding, datagram.to_vec()));
        }
    }

    /// A protected message with content of the script's.
    fn message(&mut self, script: &mut Script<'_>) -> Option<Vec<u8>> {
        let mut wire = vec![0; 600];
        let answers = script.u8().is_multiple_of(2);
        let (code, own_piv) = (script.u8(), script.u8().is_multiple_of(2));
        let len = match &self.asked {
            Some((binding, request)) if answers => {
                let binding = *binding;
                let token = usize::from(request[0] & 15);
                let mut plain = vec![0x60 | request[0] & 15, 0x40 | code];
                if script.u8().is_multiple_of(2) {
                    plain[0] = 0x40 | request[0] & 15;
                }
                plain.extend_from_slice(&request[2..4 + token]);
                plain.extend_from_slice(script.bytes());
                let message = Message::parse(&plain).ok()?;
                self.context.protect_response(binding, own_piv, &message, &mut wire).ok()?
            }
            _ => {
                let mut plain = vec![0x41, code % 8, 0, script.u8(), script.u8() % 4];
                plain.extend_from_slice(script.bytes());
                let message = Message::parse(&plain).ok()?;
                if !message.code.is_request() {
                    return None;
                }
                self.context.protect_request(&message, &mut wire).ok()?.0
            }
        };
        wire.truncate(len);
        Some(wire)
    }
}

fn request_under(
    e: &mut Endpoint,
    now: Instant,
    script: &mut Script<'_>,
    open: &mut Open,
    id: SecurityId,
) {
    let peer = PeerId(u64::from(script.u8() % 2));
    let bound = e.bind_security(peer, Some(id)).is_ok();
    command(e, now, script, open, peer);
    if bound {
        e.bind_security(peer, None).unwrap();
    }
}

/// An endpoint with a context, between one who has the keys and one who has not.
pub(crate) fn oscore(data: &[u8]) {
    codec(data);
    let mut script = Script::new(data);
    let history = match script.u8() % 3 {
        0 => History::Stored { next: u64::from(script.u8()) },
        _ => History::New,
    };
    let config = Config { limits: LIMITS, parameters: Parameters::default() };
    let mut e = Endpoint::new(&config, &Seed([1; 32])).unwrap();
    let id = e.add_security_context(&OURS, history).unwrap();
    let context = SecurityContext::new(&THEIRS).unwrap();
    let mut other = Other { context, asked: None, used: BTreeMap::new(), recorded: Vec::new() };
    let (mut open, mut now) = (Open::default(), Instant::ZERO);
    while !script.is_over() {
        let peer = PeerId(u64::from(script.u8() % 2));
        match script.u8() % 10 {
            0 => {
                e.handle_datagram(now, peer, script.bytes());
            }
            1 => {
                now += Duration::from_millis(script.millis());
                e.handle_timeout(now);
            }
            2 | 3 => request_under(&mut e, now, &mut script, &mut open, id),
            4 => {
                // As it was before, under another message ID or damaged.
                let at = usize::from(script.u8());
                if let Some(wire) = other.recorded.get_mut(at % 8) {
                    wire[3] = script.u8();
                    let at = usize::from(script.u8());
                    if let Some(byte) = wire.get_mut(at) {
                        *byte ^= script.u8();
                    }
                    e.handle_datagram(now, peer, wire);
                }
            }
            5 if script.u8().is_multiple_of(8) => e.forget_peer(now, peer),
            6 if script.u8().is_multiple_of(16) => e.remove_security_context(now, id),
            _ => {
                if let Some(wire) = other.message(&mut script) {
                    e.handle_datagram(now, peer, &wire);
                    if other.recorded.len() < 8 {
                        other.recorded.push(wire);
                    }
                }
            }
        }
        e.handle_timeout(now);
        events(&mut e, now, &mut script, &mut open);
        drain(&mut e, now, |_, datagram| other.take(datagram));
    }
    finish(&mut e, now, &mut open);
}
