//! The bootstrap server of `lwm2m-core`.

use crate::lwm2m::{answer, drain};
use crate::script::Script;
use lwm2m_core::Path;
use lwm2m_core::bootstrap_server::{
    Account, BootstrapServer, Config, Configuration, Event, Limits, Operation, Rule, Security,
    SessionId, Step,
};
use m2m_base::{Duration, Instant, PeerId, Seed};

/// Raw datagrams from several peers, answers to its steps, commands, time jumps: each session ends
/// once, and none outlives the time that it may take.
pub(crate) fn server_engine(data: &[u8]) {
    let mut script = Script::new(data);
    let mut now = Instant::ZERO;
    let limits = Limits { sessions: 2, events: 3, content_bytes: 200, ..Limits::SMALL };
    let config = Config { limits, ask: true, ..Config::default() };
    let mut s = BootstrapServer::new(&config, &Seed([3; 32])).unwrap();
    let account = Account::new("coap://a", Security::psk(b"i", b"k"), 101);
    let (security, server) = (account.security(0), account.server(0));
    let steps = [
        Step::delete(Path::ROOT),
        Step::write(Path::instance(0, 0), &security),
        Step::optional(Operation::Read { path: Path::object(1), format: None }),
        Step::write(Path::instance(1, 0), &server),
    ];
    let configuration = Configuration::new(&steps);
    let open = Configuration { finish: false, ..configuration };
    s.set_configuration(Rule::Pattern("a*"), &configuration).unwrap();
    // Somebody to talk to from the start, and how such a request looks.
    let ask = b"\x41\x02\x00\x01\x01\xb2bs\x44ep=a\x07pct=112";
    s.handle_datagram(now, PeerId(1), ask);
    let mut sent = (PeerId(0), Vec::new());
    let mut running: Vec<SessionId> = Vec::new();
    while !script.is_over() {
        match script.u8() % 8 {
            0 => {
                let peer = PeerId(u64::from(script.u8() % 4));
                s.handle_datagram(now, peer, script.bytes());
            }
            1 => {
                let mut ask = ask.to_vec();
                ask[3] = script.u8();
                ask[12] = b'a' + script.u8() % 3;
                s.handle_datagram(now, PeerId(u64::from(script.u8() % 4)), &ask);
            }
            2..=4 => {
                let datagram = answer(&sent.1, &mut script);
                s.handle_datagram(now, sent.0, &datagram);
            }
            5 => now += Duration::from_millis(script.millis()),
            6 => {
                let peer = PeerId(u64::from(script.u8() % 4));
                match script.u8() % 3 {
                    0 => s.forget_peer(now, peer),
                    1 => s.identify(peer, Some("a")).unwrap(),
                    _ => {
                        let _ = s.start(now, peer, "b", &open);
                    }
                }
            }
            _ => {
                let Some(id) = running.last().copied() else { continue };
                let _ = match script.u8() % 4 {
                    0 => s.abort(now, id),
                    1 => s.push(now, id, &Step::new(Operation::Finish)),
                    2 => s.accept(now, id, &open),
                    _ => s.push(now, id, &Step::delete(Path::object(script.u8().into()))),
                };
            }
        }
        s.handle_timeout(now);
        while let Some(event) = s.poll_event() {
            match event {
                Event::Requested { id } => running.push(id),
                Event::Started { id } if !running.contains(&id) => running.push(id),
                Event::Answered { id, step, .. } => {
                    if let Some(Ok(items)) = s.answer(id, step).map(|a| a.items()) {
                        let _ = items.count();
                    }
                }
                Event::Ended { id, .. } => {
                    let known = running.iter().position(|running| *running == id);
                    running.swap_remove(known.expect("it ends once, after its beginning"));
                }
                _ => {}
            }
        }
        assert!(running.len() <= 2, "more sessions than may be");
        drain(&mut s, now, |peer, datagram| sent = (peer, datagram.to_vec()));
    }
    s.handle_timeout(now + config.session_timeout);
    while let Some(event) = s.poll_event() {
        if let Event::Ended { id, .. } = event {
            running.retain(|running| *running != id);
        }
    }
    assert!(running.is_empty(), "a session that never ends");
}
