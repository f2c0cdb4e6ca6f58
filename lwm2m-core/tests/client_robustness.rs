//! Whatever comes, and whenever: no panic, no rule of the engines broken, all or nothing, and the
//! client goes on working.
#![cfg(all(feature = "client-all", feature = "formats"))]
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
use coap_core::{Code, ContentFormat as F, MessageType, OptionNumber};
use lwm2m_core::client::{Client, Config, Event, Limits, Registration};
use lwm2m_core::{Path, Value, Version, object};
use m2m_base::{Duration, Engine, Instant, PeerId, Random, Seed};

fn templates() -> Vec<Vec<u8>> {
    let etch = br#"[{"bn":"/1/0/","n":"1","v":300},{"n":"6","vb":true}]"#;
    let asks = [
        Ask::read("/3/0", F::SENML_CBOR),
        Ask::read("/3", F::LWM2M_TLV),
        Ask { block2: Some(0x12), ..Ask::read("/3/0", F::SENML_JSON) },
        Ask::discover("/3303?depth=3"),
        Ask::new(Code::PUT, "/3303/0/5700?pmin=1&pmax=5&gt=1.5&lt=-4e2&st=0.5"),
        Ask::observe("/3303/0/5700", b"a"),
        Ask::observe("/3/0/11/0", b"b"),
        Ask { observe: Some(1), ..Ask::observe("/3303/0/5700", b"a") },
        Ask::write("/1/0/1", "100"),
        Ask::write("/3/0/14", "+02:00"),
        Ask::send(Code::POST, "/1/0", F::LWM2M_TLV, &[0xc1, 3, 7, 0xc1, 6, 0]),
        Ask::send(Code::PUT, "/1/0", F::SENML_JSON, etch),
        Ask::send(Code::POST, "/19", F::LWM2M_TLV, &[8, 5, 5, 0x83, 0, 0x41, 0, 0x61]),
        Ask::send(Code::PUT, "/19/5", F::LWM2M_TLV, &[0x83, 0, 0x41, 1, 0x61]),
        Ask::send(Code::PUT, "/19/5/0/0", F::CBOR, &[0x43, 1, 2, 3]),
        Ask::new(Code::DELETE, "/19/5"),
        Ask::send(Code::POST, "/3/0/4", F::TEXT, b"0='x',1"),
        Ask::execute("/1/0/8"),
        Ask::send(Code::FETCH, "/", F::SENML_JSON, br#"[{"n":"/3/0/0"}]"#),
        Ask { block2: Some(0x11), ..Ask::send(Code::FETCH, "/", F::SENML_JSON, b"") },
        Ask {
            observe: Some(0),
            token: b"c",
            ..Ask::send(
                Code::FETCH,
                "/?pmin=1&pmax=9",
                F::SENML_CBOR,
                b"\x82\xa1\x00\x65/3303\xa1\x00\x61/",
            )
        },
        Ask {
            observe: Some(1),
            token: b"c",
            ..Ask::send(Code::FETCH, "/", F::SENML_JSON, br#"[{"n":"/3303"}]"#)
        },
        Ask {
            accept: Some(F::SENML_CBOR),
            ..Ask::observe("/3303?pmin=1&pmax=20&con=1&hqmax=3&epmin=2", b"d")
        },
        Ask::send(
            Code::IPATCH,
            "/",
            F::SENML_ETCH_JSON,
            br#"[{"n":"/1/0/6","vb":false},{"n":"/19/5/0/0","v":null}]"#,
        ),
        Ask::send(
            Code::IPATCH,
            "/",
            F::LWM2M_CBOR,
            b"\xa2\x01\xa1\x00\xa2\x06\xf5\x17\xf4\x03\xa1\x00\xa1\x0e\x61+",
        ),
        Ask::write("/1/0/23", "0"),
        Ask::write("/1/0/5", "9"),
        Ask::execute("/1/0/4"),
        Ask::send(Code::PUT, "/2/0/2", F::LWM2M_TLV, &[0x86, 2, 0x41, 0, 1, 0x41, 101, 31]),
        Ask::new(Code::DELETE, "/2/0"),
    ];
    let mut all: Vec<_> =
        asks.iter().enumerate().map(|(n, a)| a.datagram(100 + n as u16)).collect();
    for kind in
        [MessageType::Acknowledgement, MessageType::Confirmable, MessageType::NonConfirmable]
    {
        let place =
            [(OptionNumber::LOCATION_PATH, &b"rd"[..]), (OptionNumber::LOCATION_PATH, b"1")];
        all.push(message(kind, Code::CREATED, 7, b"12345678", &place, b""));
        all.push(message(kind, Code::NOT_FOUND, 7, b"12345678", &[], b""));
    }
    all.push(message(MessageType::Reset, Code::EMPTY, 7, b"", &[], b""));
    all
}

fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..random.up_to(4) {
        let at = random.up_to(bytes.len() as u32) as usize;
        match random.up_to(4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.u8()),
            2 if at < bytes.len() => {
                bytes.remove(at);
            }
            3 if at < bytes.len() => bytes[at] ^= 1 << random.up_to(7),
            _ if at < bytes.len() => bytes[at] = random.u8(),
            _ => {}
        }
    }
}

/// One step of noise: a datagram, a command, an answer to what the client sent, or time.
fn noise(b: &mut Bench, random: &mut Random, templates: &[Vec<u8>]) {
    let peer = if random.up_to(9) == 0 { OTHER } else { PEER };
    match random.up_to(19) {
        0 => {
            let bytes: Vec<u8> = (0..random.up_to(60)).map(|_| random.u8()).collect();
            b.datagram(peer, &bytes);
        }
        1 => b.pass(Duration::from_millis(random.up_to(20_000).into())),
        2 => {
            let celsius = f64::from(random.up_to(100)) / 8.0;
            let set =
                move |c: &mut Client, now| c.set(now, path("/3303/0/5700"), Value::Float(celsius));
            let _ = b.client.command(b.now, set);
        }
        3 => {
            let n = random.up_to(13);
            let at = [path("/3303/0/5700"), path("/3")];
            let format = if n == 10 { F::SENML_JSON } else { F::SENML_CBOR };
            let _ = b.client.command(b.now, move |c, now| match n {
                8 => c.set_online(now, SSID, false),
                9 => c.set_online(now, SSID, true),
                10 | 11 => c.send(now, SSID, format, &at).map(|_| ()),
                12 => c.record(now, SSID, &at[..1]),
                13 => c.set(now, path("/1/0/23"), Value::Boolean(false)),
                0 => c.deregister(now, SSID),
                1 => c.register(now, SSID),
                2 => c.update(now, SSID),
                3 => c.add_instance(now, path("/19/1")),
                4 => c.remove(now, path("/19/1")),
                5 => c.remove(now, path("/3303/0")),
                6 => c.add_instance(now, path("/3303/0")),
                _ => {
                    c.start(now);
                    Ok(())
                }
            });
        }
        4..=6 => {
            // What the client sent is answered: rightly, by chance, or not at all.
            if let Some((to, sent)) = b.sent.pop()
                && sent.message_type == MessageType::Confirmable
            {
                let code = [Code::CREATED, Code::CHANGED, Code::NOT_FOUND, Code::EMPTY]
                    [random.up_to(3) as usize];
                let token = if code == Code::EMPTY { &[][..] } else { &sent.token };
                let place = [(OptionNumber::LOCATION_PATH, &b"x"[..])];
                let options = if code == Code::CREATED { &place[..] } else { &[] };
                let ack = MessageType::Acknowledgement;
                b.datagram(to, &message(ack, code, sent.id, token, options, b""));
            }
        }
        _ => {
            let mut bytes = templates[random.up_to(templates.len() as u32 - 1) as usize].clone();
            let id = (random.u32() as u16).to_be_bytes();
            bytes[2..4].copy_from_slice(&id);
            mutate(random, &mut bytes);
            b.datagram(peer, &bytes);
        }
    }
    for event in b.events() {
        if let Event::Executed { id, .. } = event
            && random.up_to(1) == 0
        {
            let _ = b.client.command(b.now, move |c, now| c.answer_execute(now, id, Ok(())));
        }
    }
    b.sent.truncate(50);
}

/// The client still registers and answers.
fn works(b: &mut Bench) {
    let _ = b.client.command(b.now, |c, now| c.set_online(now, SSID, true));
    let _ = b.client.command(b.now, |c, now| c.deregister(now, SSID));
    b.pass_secs(400);
    b.events();
    b.sent.clear();
    let _ = b.client.command(b.now, |c, now| c.set(now, path("/1/0/18"), Value::Unsigned(1)));
    b.client.command(b.now, |c, now| c.register(now, SSID)).unwrap();
    b.settle();
    b.accept_registration(PEER, "works");
    assert_eq!(b.engine().registration(SSID), Some(Registration::Registered));
    let answer = b.ask(Ask::read("/3/0/0", F::TEXT));
    assert_eq!((answer.code, answer.text()), (Code::CONTENT, "Example Devices".into()));
}

#[test]
fn ten_thousand_damaged_datagrams() {
    let templates = templates();
    for seed in 0..10 {
        let mut random = Random::new(&Seed([seed; 32]));
        let mut b = if seed % 2 == 0 { Bench::new() } else { Bench::registered() };
        for _ in 0..1600 {
            noise(&mut b, &mut random, &templates);
        }
        works(&mut b);
    }
}

/// Two servers of 1.2 with rights of their own.
fn shared() -> Client {
    let objects =
        [&object::ACCESS_CONTROL, &object::TEMPERATURE, &object::BINARY_APP_DATA_CONTAINER];
    let limits = Limits { paths: 8, history: 200, outbox: 200, attributes: 12, ..Limits::DEVICE };
    let config = Config { objects: &objects, limits, ..config() };
    let mut client = client_speaking(&config, Version::V1_2);
    let now = Instant::ZERO;
    add_second(&mut client, now);
    for (n, (o, i)) in (0..).zip([(1, 0), (3, 0), (3303, 0), (19, 65535)]) {
        let control = Path::instance(2, n);
        client.add_instance(now, control).unwrap();
        for (id, number) in [(0, o), (1, i), (3, SSID)] {
            let at = control.child(id).unwrap();
            client.set(now, at, Value::Integer(number.into())).unwrap();
        }
        client.set(now, path(&format!("{control}/2/0")), Value::Integer(31)).unwrap();
    }
    client
}

#[test]
fn ten_thousand_damaged_datagrams_with_access_control() {
    let templates = templates();
    for seed in 20..26 {
        let mut random = Random::new(&Seed([seed; 32]));
        let mut b = Bench::with(shared());
        b.start();
        b.accept_registration(PEER, "1");
        b.accept_registration(OTHER, "2");
        for _ in 0..1600 {
            noise(&mut b, &mut random, &templates);
        }
        // Whatever was made of the rights.
        let all = |c: &mut Client, now| c.set(now, path("/1/0/6"), Value::Boolean(true));
        b.client.command(b.now, all).unwrap();
        let controls: Vec<Path> = b.engine().paths(path("/2")).collect();
        for at in controls.into_iter().filter(|at| at.instance_id().is_some()) {
            let _ = b.client.command(b.now, move |c, now| c.remove(now, at));
        }
        let at = Path::instance(2, 0);
        b.client.command(b.now, move |c, now| c.add_instance(now, at)).unwrap();
        for (id, number) in [(0, 3), (1, 0), (3, SSID)] {
            let value = Value::Integer(i64::from(number));
            let at = at.child(id).unwrap();
            b.client.command(b.now, move |c, now| c.set(now, at, value)).unwrap();
        }
        let _ = b.client.command(b.now, |c, now| c.deregister(now, SECOND));
        works(&mut b);
    }
}

#[test]
fn a_replay_of_noise_gives_the_same_bytes() {
    let templates = templates();
    let mut random = Random::new(&Seed([99; 32]));
    let mut b = Bench::registered();
    for _ in 0..400 {
        noise(&mut b, &mut random, &templates);
    }
    b.client.check_replay(new_client(&config()));
}

/// All values, as text.
fn picture(client: &Client) -> Vec<String> {
    client.paths(Path::ROOT).map(|p| format!("{p} {:?}", client.get(p))).collect()
}

#[test]
fn a_write_that_is_refused_changed_nothing() {
    let mut random = Random::new(&Seed([5; 32]));
    let etch = br#"[{"bn":"/1/0/","n":"1","v":300},{"n":"6","vb":true},{"n":"7","vs":"UT"}]"#;
    let bodies = [
        (Code::PUT, "/1/0", F::LWM2M_TLV, hex_tlv()),
        (Code::POST, "/1/0", F::LWM2M_TLV, hex_tlv()),
        (Code::PUT, "/1/0", F::SENML_JSON, etch.to_vec()),
        (Code::PUT, "/19/0/0", F::LWM2M_TLV, vec![0x86, 0, 0x41, 0, 0x61, 0x41, 3, 0x62]),
        (Code::POST, "/19", F::LWM2M_TLV, vec![8, 5, 5, 0x83, 0, 0x41, 0, 0x61]),
        (Code::PUT, "/19/0/0/1", F::CBOR, vec![0x43, 1, 2, 3]),
        (Code::PUT, "/1/0/1", F::TEXT, b"12345".to_vec()),
    ];
    let mut b = Bench::registered();
    b.client.command(b.now, |c, now| c.add_instance(now, path("/19/0"))).unwrap();
    let (mut done, mut refused) = (0, 0);
    for n in 0..3000 {
        let (method, uri, format, body) = &bodies[n % bodies.len()];
        let mut body = body.clone();
        mutate(&mut random, &mut body);
        let before = picture(b.engine());
        b.sent.clear();
        let answer = b.ask(Ask::send(*method, uri, *format, &body));
        if answer.code.is_success() {
            done += 1;
        } else {
            refused += 1;
            assert_eq!(picture(b.engine()), before, "{method:?} {uri} {body:x?}");
        }
        b.events();
        if picture(b.engine()).len() > 100 {
            b.client.command(b.now, |c, now| {
                for path in c.paths(path("/19")).collect::<Vec<_>>() {
                    if path != Path::instance(19, 0) {
                        let _ = c.remove(now, path);
                    }
                }
            });
        }
        b.pass(Duration::from_millis(200));
    }
    assert!(done > 300 && refused > 300, "{done} {refused}");
}

fn hex_tlv() -> Vec<u8> {
    vec![0xc2, 1, 1, 0x2c, 0xc1, 3, 7, 0xc1, 6, 0, 0xc2, 7, b'U', b'T']
}

#[test]
fn early_and_repeated_timeouts_are_harmless() {
    // The checking wrapper calls it early by itself; here it comes at every instant there is.
    let mut client = new_client(&config());
    let mut now = Instant::from_millis(5);
    client.start(now);
    let mut buf = [0; 1500];
    let mut sent = 0;
    for _ in 0..100_000 {
        client.handle_timeout(now);
        client.handle_timeout(now);
        while client.poll_transmit(now, &mut buf).unwrap().is_some() {
            sent += 1;
        }
        now += Duration::from_millis(10);
    }
    // In 1000 s: attempts at 0, about 93 + 60, about 306 + 120, about 640 + 240; five sends each.
    assert!((15..=20).contains(&sent), "{sent}");
}

#[test]
fn requests_of_strangers_cost_nothing() {
    let mut b = Bench::registered();
    for n in 0..2000u64 {
        let datagram = Ask::read("/3/0", F::SENML_CBOR).datagram(n as u16);
        b.datagram(PeerId(1000 + n), &datagram);
    }
    assert!(b.sent.iter().all(|(_, m)| !m.code.is_success()));
    b.sent.clear();
    assert_eq!(b.ask(Ask::read("/3/0/0", F::TEXT)).text(), "Example Devices");
    assert!(b.client.poll_timeout().is_some());
}
