//! Nothing is allocated after construction, whatever happens; and how much is reserved.
#![cfg(feature = "client")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "test code"
)]

mod client_common;

use client_common::*;
use coap_core::{Code, ContentFormat as F, Message, MessageType, OptionNumber, Parameters, Uint};
use lwm2m_core::client::{Client, Config, Event, Limits, ServerAccount};
use lwm2m_core::{Value, object};
#[cfg(feature = "client-all")]
use m2m_base::Duration;
use m2m_base::{Instant, Seed};

/// A server without a mind: acknowledges and accepts what comes, into a buffer made beforehand.
fn reply(datagram: &[u8], out: &mut [u8]) -> Option<usize> {
    let m = Message::parse(datagram).ok()?;
    if m.message_type != MessageType::Confirmable {
        return None;
    }
    let sink = m2m_base::SliceSink::new(out);
    let code = match m.code {
        Code::POST if m.option(OptionNumber::CONTENT_FORMAT).is_some() => Code::CREATED,
        Code::POST => Code::CHANGED,
        Code::DELETE => Code::DELETED,
        _ => Code::EMPTY,
    };
    let token = if code == Code::EMPTY { &[] } else { m.token };
    let ack = MessageType::Acknowledgement;
    let mut w = coap_core::MessageWriter::new(sink, ack, code, m.id, token).ok()?;
    if code == Code::CREATED {
        w.option(OptionNumber::LOCATION_PATH, b"rd").ok()?;
        w.option(OptionNumber::LOCATION_PATH, b"1").ok()?;
    }
    Some(w.finish(&[]).ok()?.len())
}

#[cfg(feature = "client-all")]
#[test]
fn nothing_is_allocated_after_construction() {
    let mut client = client_speaking(&config(), lwm2m_core::Version::V1_2);
    let asks = [
        Ask::read("/3/0", F::SENML_CBOR),
        Ask::read("/3", F::SENML_JSON),
        Ask::read("/3303/0/5700", F::TEXT),
        Ask::read("/3303/0/5700", F::CBOR),
        Ask::read("/9", F::LWM2M_TLV),
        Ask::discover("/3"),
        Ask::new(Code::PUT, "/3303/0/5700?pmin=1&pmax=5&st=0.5"),
        Ask::new(Code::PUT, "/3303/0/5700?st"),
        Ask::observe("/3303/0/5700", b"a"),
        Ask::observe("/3303/0", b"b"),
        Ask { accept: Some(F::SENML_CBOR), ..Ask::observe("/3303", b"c") },
        Ask::write("/3/0/14", "+02:00"),
        Ask::write("/3/0/15", "Europe/Berlin and some more"),
        Ask::write("/1/0/1", "100"),
        Ask::write("/1/0/1", "200"),
        Ask::write("/3/0/0", "x"),
        Ask::send(Code::POST, "/19", F::LWM2M_TLV, &[0x83, 0, 0x41, 0, 0x61]),
        Ask::send(Code::PUT, "/19/0", F::LWM2M_TLV, &[0x83, 0, 0x41, 1, 0x61]),
        Ask::send(Code::PUT, "/19/0", F::SENML_JSON, br#"[{"n":"/19/0/0/5","vd":"AQID"}]"#),
        Ask::new(Code::DELETE, "/19/0"),
        Ask::send(Code::POST, "/3/0/4", F::TEXT, b"0='x'"),
        Ask::execute("/1/0/8"),
        Ask::write("/1/0/5", "3"),
        Ask { observe: Some(1), ..Ask::observe("/3303/0", b"b") },
        Ask::send(Code::FETCH, "/", F::SENML_JSON, br#"[{"n":"/3"},{"n":"/3303/0/5700"}]"#),
        Ask {
            observe: Some(0),
            token: b"d",
            ..Ask::send(Code::FETCH, "/?pmin=1&pmax=9", F::SENML_JSON, br#"[{"n":"/3303"}]"#)
        },
        Ask::send(Code::IPATCH, "/", F::SENML_JSON, br#"[{"n":"/1/0/6","vb":true}]"#),
        Ask { accept: Some(F::SENML_CBOR), ..Ask::observe("/3303/0/5700?st=1&hqmax=5", b"e") },
        Ask::write("/1/0/23", "0"),
        Ask::execute("/1/0/4"),
    ];
    let datagrams: Vec<Vec<u8>> = asks.iter().map(|a| a.datagram(0)).collect();
    let long: Vec<u8> = asks[0].datagram(1).into_iter().chain([0xff; 40]).collect();
    let (mut buf, mut ask, mut back) = (vec![0; 1500], vec![0; 1500], vec![0; 1500]);
    let mut now = Instant::from_millis(1000);
    let (mut events, mut sent) = (0u32, 0u32);
    let allocations = allocation_counter::measure(|| {
        client.start(now);
        for round in 0..5000u32 {
            let which = &datagrams[round as usize % datagrams.len()];
            ask[..which.len()].copy_from_slice(which);
            ask[2..4].copy_from_slice(&(round as u16).to_be_bytes());
            client.handle_datagram(now, PEER, &ask[..which.len()]);
            client.handle_datagram(now, OTHER, &ask[..which.len()]);
            client.handle_datagram(now, PEER, &long[..round as usize % long.len()]);
            let celsius = f64::from(round % 17) / 4.0;
            let _ = client.set(now, path("/3303/0/5700"), Value::Float(celsius));
            let _ = client.set(now, path("/3/0/0"), Value::string("Another Manufacturer"));
            let _ = client.record(now, SSID, &[path("/3303/0/5700")]);
            if round % 7 == 0 {
                let all = [path("/3/0"), path("/3303/0/5701")];
                let _ = client.send(now, SSID, F::SENML_CBOR, &all);
                let _ = client.set_online(now, SSID, round % 5 > 1);
            }
            if round % 50 == 0 {
                let _ = client.add_instance(now, path("/3303/1"));
                let _ = client.remove(now, path("/3303/1"));
                let _ = client.update(now, SSID);
                client.start(now);
            }
            while let Some(transmit) = client.poll_transmit(now, &mut buf).unwrap() {
                sent += 1;
                // Now and then one gets lost.
                if round % 11 != 0
                    && let Some(len) = reply(&buf[..transmit.len], &mut back)
                {
                    client.handle_datagram(now, PEER, &back[..len]);
                }
            }
            while let Some(event) = client.poll_event() {
                events += 1;
                if let Event::Executed { id, .. } = event {
                    assert!(client.arguments(id).is_some());
                    let _ = client.answer_execute(now, id, Ok(()));
                }
            }
            now += Duration::from_millis(700);
            if client.poll_timeout().is_some_and(|at| at <= now) {
                client.handle_timeout(now);
            }
        }
    });
    assert_eq!(allocations.count_total, 0);
    assert!(events > 300 && sent > 5000, "{events} {sent}");
}

#[test]
fn a_small_device() {
    let objects = [&object::TEMPERATURE];
    let parameters = Parameters { block_szx: 3, token_length: 4, ..Parameters::default() };
    let config = Config {
        limits: Limits::SMALL,
        parameters,
        objects: &objects,
        ..Config::new("urn:imei:350000000000001")
    };
    let mut client = None;
    let reserved = allocation_counter::measure(|| {
        client = Some(Client::new(&config, &Seed([3; 32])).unwrap());
    });
    let mut client = client.unwrap();
    let total = size_of::<Client>() + usize::try_from(reserved.bytes_total).unwrap();
    println!("Limits::SMALL: {total} bytes in all");
    println!("  size_of::<Client>() {}", size_of::<Client>());
    println!("  size_of::<Endpoint>() {}", size_of::<coap_core::Endpoint>());
    println!("  allocated {} in {} pieces", reserved.bytes_total, reserved.count_total);
    assert_eq!(client.reserved_bytes(), total);
    let now = Instant::ZERO;
    client.add_server(now, &ServerAccount::new(1, PEER, "coap://192.0.2.1")).unwrap();
    client.add_instance(now, path("/3303/0")).unwrap();
    for (at, value) in [
        ("/3/0/0", Value::string("Example Devices")),
        ("/3/0/1", Value::string("Thermometer 2")),
        ("/3/0/2", Value::string("350000000000001")),
        ("/3/0/3", Value::string("1.0.0")),
        ("/3/0/9", Value::Integer(100)),
        ("/3/0/13", Value::Time(1_367_491_215)),
        ("/3/0/14", Value::string("+02:00")),
        ("/3303/0/5700", Value::Float(22.5)),
        ("/3303/0/5701", Value::string("Cel")),
        ("/3303/0/5601", Value::Float(-5.0)),
        ("/3303/0/5602", Value::Float(30.0)),
    ] {
        assert_eq!(client.set(now, path(at), value), Ok(()), "{at}");
    }
    // It registers and answers within 256 bytes a datagram.
    client.start(now);
    let mut buf = [0; 256];
    let len = client.poll_transmit(now, &mut buf).unwrap().unwrap().len;
    let mut back = [0; 64];
    let len = reply(&buf[..len], &mut back).unwrap();
    client.handle_datagram(now, PEER, &back[..len]);
    assert_eq!(client.poll_event(), Some(Event::Registered { server: 1 }));
    let mut body = Vec::new();
    for number in 0..9 {
        let block2 = Some(number << 4 | 2);
        let ask = Ask { block2, ..Ask::read("/3/0", F::SENML_JSON) };
        client.handle_datagram(now, PEER, &ask.datagram(100 + u16::try_from(number).unwrap()));
        let len = client.poll_transmit(now, &mut buf).unwrap().unwrap().len;
        let m = Message::parse(&buf[..len]).unwrap();
        assert_eq!(m.code, Code::CONTENT);
        body.extend_from_slice(m.payload);
        if Uint::new(u32::from(m.option(OptionNumber::BLOCK2).unwrap()[0] & 8))
            .as_bytes()
            .is_empty()
        {
            break;
        }
    }
    let text = std::str::from_utf8(&body).unwrap();
    assert!(text.starts_with('[') && text.ends_with(']') && text.contains("Example Devices"));
}
