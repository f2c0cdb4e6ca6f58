//! Targets of `lwm2m-core`.

use crate::script::Script;
use coap_core::{ContentFormat, Message};
use lwm2m_core::client::{self, Client, ServerAccount};
use lwm2m_core::format::Item;
use lwm2m_core::server::{self, RegistrationId, Server};
use lwm2m_core::{Path, Value, format, object};
use m2m_base::{BufferTooSmall, Duration, Engine, Instant, PeerId, Seed, SliceSink};
use std::collections::BTreeMap;

const FORMATS: [ContentFormat; 8] = [
    ContentFormat::TEXT,
    ContentFormat::OCTET_STREAM,
    ContentFormat::CBOR,
    ContentFormat::SENML_JSON,
    ContentFormat::SENML_CBOR,
    ContentFormat::LWM2M_TLV,
    ContentFormat::LWM2M_CBOR,
    ContentFormat::LWM2M_JSON,
];

fn path(script: &mut Script<'_>) -> Path {
    let ids = [3, 0, 11, 1].map(|common| match script.u8() {
        0..=127 => common,
        other => u16::from(other) * 7,
    });
    let [o, i, r, ri] = ids;
    match script.u8() % 6 {
        0 => Path::ROOT,
        1 => Path::object(o),
        2 => Path::instance(o, i),
        3 => Path::resource_instance(o, i, r, ri),
        _ => Path::resource(o, i, r),
    }
}

/// Payloads of every format are read or refused; values are decoded as every type. What was read is
/// written the same to a sink and into a buffer.
pub(crate) fn payload(data: &[u8]) {
    let mut script = Script::new(data);
    let format = FORMATS[usize::from(script.u8()) % FORMATS.len()];
    let target = path(&mut script);
    let bytes = script.rest();
    let Ok(reader) = format::Reader::new(format, target, bytes) else { return };
    let mut entries = 0;
    let mut items = Vec::new();
    for entry in reader {
        let Ok(entry) = entry else { return };
        entries += 1;
        assert!(entries <= bytes.len() + 1, "more entries than bytes");
        if let format::Content::Value(raw) = entry.content {
            items.push(format::Item::value(entry.path, raw.infer()));
            for kind in [
                lwm2m_core::DataType::String,
                lwm2m_core::DataType::Integer,
                lwm2m_core::DataType::Unsigned,
                lwm2m_core::DataType::Float,
                lwm2m_core::DataType::Boolean,
                lwm2m_core::DataType::Opaque,
                lwm2m_core::DataType::Time,
                lwm2m_core::DataType::ObjectLink,
                lwm2m_core::DataType::CoreLink,
            ] {
                let _ = raw.decode(kind);
            }
        }
    }
    for format in [format, ContentFormat::LWM2M_TLV, ContentFormat::LWM2M_CBOR] {
        let mut whole = Vec::new();
        let written = format::write(format, target, items.iter().copied(), &mut whole);
        let mut buf = vec![0; whole.len()];
        let mut sink = SliceSink::new(&mut buf);
        assert_eq!(format::write(format, target, items.iter().copied(), &mut sink), written);
        assert!(written.is_err() || sink.written() == whole);
    }
}

/// Polls an engine dry, checking what it sends.
pub(crate) fn drain<E: Engine>(e: &mut E, now: Instant, mut take: impl FnMut(PeerId, &[u8])) {
    let mut buf = vec![0; 1400];
    loop {
        match e.poll_transmit(now, &mut buf) {
            Ok(Some(t)) => {
                Message::parse(&buf[..t.len]).unwrap();
                take(t.peer, &buf[..t.len]);
            }
            Ok(None) => break,
            Err(BufferTooSmall { needed }) => panic!("a datagram of {needed} bytes"),
        }
    }
    assert!(e.poll_timeout().is_none_or(|t| t > now), "a deadline that has passed");
}

/// Two servers of 1.2 that may do everything with everything, and little room.
fn client(now: Instant) -> Client {
    let mut config = client::Config::new("fuzz");
    let objects = [&object::ACCESS_CONTROL, &object::TEMPERATURE, &object::PORTFOLIO];
    config.objects = &objects;
    config.limits.paths = 8;
    config.limits.attributes = 12;
    config.limits.history = 150;
    config.limits.outbox = 150;
    let mut c = Client::new(&config, &Seed([1; 32])).unwrap();
    for (ssid, peer) in [(101, 1), (102, 2)] {
        let account = ServerAccount {
            version: lwm2m_core::Version::V1_2,
            ..ServerAccount::new(ssid, PeerId(peer), "coap://a")
        };
        c.add_server(now, &account).unwrap();
    }
    c.add_instance(now, Path::instance(3303, 0)).unwrap();
    c.set(now, Path::resource(3303, 0, 5700), Value::Float(20.5)).unwrap();
    c.set(now, Path::resource(1, 0, 23), Value::Boolean(false)).unwrap();
    for (n, (o, i)) in (0..).zip([(1, 0), (1, 1), (3, 0), (3303, 0), (16, 65535)]) {
        c.add_instance(now, Path::instance(2, n)).unwrap();
        for (id, number) in [(0, o), (1, i), (3, 101)] {
            c.set(now, Path::resource(2, n, id), Value::Integer(number)).unwrap();
        }
        c.set(now, Path::resource_instance(2, n, 2, 0), Value::Integer(31)).unwrap();
    }
    c.start(now);
    c
}

/// A header and token that answer the datagram sent last, for the fuzzer to finish.
pub(crate) fn answer(sent: &[u8], script: &mut Script<'_>) -> Vec<u8> {
    let Some(header) = sent.get(..4) else { return Vec::new() };
    let token = usize::from(header[0] & 15);
    let mut answer = vec![0x60 | (header[0] & 15), script.u8(), header[2], header[3]];
    answer.extend_from_slice(sent.get(4..4 + token).unwrap_or(&[]));
    answer.extend_from_slice(script.bytes());
    answer
}

/// The client engine: raw datagrams, answers, time jumps, values that change.
pub(crate) fn client_engine(data: &[u8]) {
    let mut script = Script::new(data);
    let mut now = Instant::ZERO;
    let mut c = client(now);
    // What it sent last to each server.
    let mut sent = [Vec::new(), Vec::new()];
    while !script.is_over() {
        match script.u8() % 7 {
            0 | 1 => {
                let peer = PeerId(u64::from(script.u8() % 3));
                c.handle_datagram(now, peer, script.bytes());
            }
            2 => {
                let n = script.u8() % 2;
                let datagram = answer(&sent[usize::from(n)], &mut script);
                c.handle_datagram(now, PeerId(u64::from(n) + 1), &datagram);
            }
            3 => now += Duration::from_millis(script.millis()),
            4 => {
                let value = f64::from(script.u8());
                let _ = c.set(now, path(&mut script), Value::Float(value));
            }
            6 => {
                let paths = [path(&mut script), Path::resource(3303, 0, 5700)];
                let format = FORMATS[usize::from(script.u8()) % FORMATS.len()];
                let _ = match script.u8() % 5 {
                    0 => c.set_online(now, 101, false),
                    1 => c.set_online(now, 101, true),
                    2 => c.record(now, 101, &paths),
                    3 => c.remove(now, paths[0]),
                    _ => c.send(now, 101, format, &paths).map(|_| ()),
                };
            }
            _ => {
                // The registration the server would grant.
                let n = script.u8() % 2;
                let sent = &sent[usize::from(n)];
                if let Some(header) = sent.get(..4).filter(|h| h[1] == 2) {
                    let token = usize::from(header[0] & 15);
                    let mut granted = vec![0x60 | (header[0] & 15), 0x41, header[2], header[3]];
                    granted.extend_from_slice(sent.get(4..4 + token).unwrap_or(&[]));
                    granted.extend_from_slice(b"\x82rd\x01a");
                    c.handle_datagram(now, PeerId(u64::from(n) + 1), &granted);
                }
            }
        }
        c.handle_timeout(now);
        while let Some(event) = c.poll_event() {
            if let client::Event::Executed { id, .. } = event
                && script.u8().is_multiple_of(2)
            {
                let _ = c.arguments(id);
                c.answer_execute(now, id, Ok(())).unwrap();
            }
        }
        drain(&mut c, now, |peer, datagram| {
            if let Some(sent) = sent.get_mut(usize::from(peer.0 != 1)) {
                *sent = datagram.to_vec();
            }
        });
    }
}

/// The server engine: raw datagrams from several peers, answers, commands, time jumps, restarts
/// from what it kept, and from what it did not write so.
pub(crate) fn server_engine(data: &[u8]) {
    let mut script = Script::new(data);
    let mut now = Instant::ZERO;
    let config = server::Config {
        limits: server::Limits::SMALL,
        journal: true,
        ..server::Config::default()
    };
    let mut s = Server::new(&config, &Seed([2; 32])).unwrap();
    let mut kept: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let mut sent = (PeerId(0), Vec::new());
    let mut registered: Vec<RegistrationId> = Vec::new();
    // Somebody to talk to from the start.
    let register =
        b"\x41\x02\x00\x01\x01\xb2rd\x11\x28\x37ep=fuzz\x08lwm2m=1.1\x05lt=60\xff</3/0>,</3303/0>";
    s.handle_datagram(now, PeerId(1), register);
    while !script.is_over() {
        match script.u8() % 8 {
            0 | 1 => {
                let peer = PeerId(u64::from(script.u8() % 4));
                s.handle_datagram(now, peer, script.bytes());
            }
            2 => {
                let datagram = answer(&sent.1, &mut script);
                s.handle_datagram(now, sent.0, &datagram);
            }
            3 => now += Duration::from_millis(script.millis()),
            4 => {
                // Send, with whatever content.
                let mut datagram = b"\x50\x02\x12\x34\xb2dp\x11\x6e\xff".to_vec();
                datagram[8] = [110, 112][usize::from(script.u8() % 2)];
                datagram[3] = script.u8();
                datagram.extend_from_slice(script.bytes());
                s.handle_datagram(now, PeerId(1), &datagram);
            }
            5 => restart(&mut s, &config, now, &mut kept, &mut script),
            _ => {
                let Some(id) = registered.last().copied() else { continue };
                server_command(&mut s, now, id, &mut script);
            }
        }
        s.handle_timeout(now);
        loop {
            while let Some(record) = s.poll_journal() {
                match record.value {
                    Some(value) => kept.insert(record.key, value),
                    None => kept.remove(&record.key),
                };
            }
            let Some(event) = s.poll_event() else { break };
            match event {
                server::Event::Registered { id } => registered.push(id),
                server::Event::Response { id, .. } => {
                    let content = s.response(id).unwrap();
                    if let Ok(items) = content.items() {
                        let _ = items.count();
                    }
                    s.release(id);
                }
                server::Event::Notified { id, .. } | server::Event::Sent { id, .. } => {
                    if let Some(Ok(items)) = s.notification(id).map(|c| c.items()) {
                        let _ = items.count();
                    }
                    s.release_notification(id);
                }
                _ => {}
            }
        }
        assert!(registered.iter().all(|id| s.operations(*id).count() <= 512));
        drain(&mut s, now, |peer, datagram| sent = (peer, datagram.to_vec()));
    }
}

/// The server starts again with what was kept, or with something like it.
fn restart(
    s: &mut Server,
    config: &server::Config,
    now: Instant,
    kept: &mut BTreeMap<u64, Vec<u8>>,
    script: &mut Script<'_>,
) {
    *s = Server::new(config, &Seed([3; 32])).unwrap();
    let damaged = script.u8() % 2 == 1;
    for (key, value) in kept.iter_mut() {
        if damaged && !value.is_empty() {
            let at = usize::from(script.u8()) % value.len();
            value[at] ^= script.u8();
        }
        let restored = s.restore(now, *key, value);
        assert!(damaged || restored.is_ok(), "what it wrote it reads");
    }
    if damaged {
        let key = u64::from(script.u8() % 5) << 56 | u64::from(script.u8());
        let _ = s.restore(now, key, script.bytes());
        // What it could not read is not its any more.
        kept.clear();
    }
    s.finish_restore(now);
}

/// One of the commands of an application.
fn server_command(s: &mut Server, now: Instant, id: RegistrationId, script: &mut Script<'_>) {
    let at = path(script);
    let other = path(script);
    let _ = match script.u8() % 10 {
        0 => s.read(now, id, at),
        1 => s.observe(now, id, at),
        2 => s.discover(now, id, at),
        3 => s.execute(now, id, at, "0='x'"),
        4 => s.read_composite(now, id, &[at, other]),
        5 => s.observe_composite(now, id, &[at, other]),
        6 => s.write_composite(now, id, &[Item::value(at, Value::Integer(7))]),
        7 => {
            let links = core::str::from_utf8(script.bytes()).unwrap_or("</3/0>");
            let _ = s.add_child(now, id, "urn:dev:child", "d01", links);
            let child = s.children(id).next().unwrap_or(id);
            s.read(now, child, at)
        }
        8 => {
            let links = core::str::from_utf8(script.bytes()).unwrap_or("</3/0>");
            let _ = s.set_profile("6:00", links);
            let _ = s.survey(now, id);
            s.write_attributes(now, id, at, "pmin=1")
        }
        _ => {
            let observation = s.observations(id).next().map(|o| o.id);
            match observation {
                Some(observation) => s.cancel_observation(now, observation),
                None => s.delete(now, id, at),
            }
        }
    };
}
