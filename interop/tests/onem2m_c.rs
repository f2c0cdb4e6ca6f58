//! The AE in C against ACME, and against `m2m onem2m cse`: over CoAP, MQTT by mosquitto and WebSocket, in each
//! serialisation that both have. The AE writes messages, the test has the sockets.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::acme::Acme;
use m2m_interop::onem2m_cse::Cse;
use m2m_interop::peers::here;
use m2m_interop::process::{Process, Scratch, run};
use onem2m_core::media::Serialization::{self, Cbor, Json, Xml};
use rumqttc::{MqttOptions, Packet, QoS};
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

/// How long the whole of it may take.
const LONG: Duration = Duration::from_secs(120);
const SHORT: Duration = Duration::from_millis(5);

/// The program, with sanitizers, against the library as it is installed.
fn program(scratch: &Scratch) -> String {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap().to_str().unwrap().to_owned();
    let repository = here().join("..");
    let path = |at: &str| repository.join(at).to_str().unwrap().to_owned();
    let (ffi, variable) = (path("ffi"), format!("CARGO_TARGET_DIR={target}"));
    let made = run(1800, "make", &["-C", &ffi, "library", &variable]);
    assert!(made.status.success(), "{}", made.stderr);
    let (include, source) = (path("include"), path("interop/tests/c/ae.c"));
    let (program, library) = (scratch.file("ae"), format!("{target}/release/libm2m.a"));
    let flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"];
    let sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let files = ["-I", &include, "-o", &program, &source, &library, "-lpthread", "-ldl", "-lm"];
    let built = run(300, "cc", &[&flags[..], &sanitizers, &files].concat());
    assert!(built.status.success(), "{}", built.stderr);
    program
}

/// The number of m2m.h.
fn number(serialization: Serialization) -> &'static str {
    match serialization {
        Json => "0",
        Cbor => "1",
        Xml => "2",
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|p| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap()).collect()
}

/// What the AE wants sent: whether it is binary, its topic, and the bytes.
type Sent = (bool, String, Vec<u8>);

/// Looks at a line of the AE's: something to send, or nothing once it is done.
fn heard(line: &str) -> Option<Option<Sent>> {
    if line == "done" {
        return Some(None);
    }
    let mut words = line.strip_prefix("send ")?.split(' ');
    let (binary, topic) = (words.next()? == "1", words.next()?.to_owned());
    Some(Some((binary, topic, bytes(words.next()?))))
}

fn take(ae: &mut Process, topic: &str, payload: &[u8]) {
    let mut line = format!("take {topic} ");
    for byte in payload {
        let _ = write!(line, "{byte:02x}");
    }
    ae.send_line(&line);
}

/// Carries messages until the AE is done: `send` takes them out, `receive` brings one in if there is one.
fn carry<T>(
    mut ae: Process,
    way: &mut T,
    send: impl Fn(&mut T, &Sent),
    receive: impl Fn(&mut T) -> Option<(String, Vec<u8>)>,
) {
    let end = Instant::now() + LONG;
    ae.send_line("go");
    loop {
        assert!(Instant::now() < end, "{}", ae.output());
        while let Some(line) = ae.next_line() {
            match heard(&line) {
                Some(Some(sent)) => send(way, &sent),
                Some(None) => {
                    assert_eq!(ae.wait_end().code(), Some(0), "{}", ae.output());
                    return;
                }
                None => {}
            }
        }
        if let Some((topic, payload)) = receive(way) {
            take(&mut ae, &topic, &payload);
        }
    }
}

fn start(program: &str, binding: &str, of: Serialization, access: &str, notified: bool) -> Process {
    let notified = if notified { "1" } else { "0" };
    let mut ae = Process::start(program, &[binding, number(of), access, notified]);
    if binding != "2" {
        ae.wait_start("ready");
    }
    ae
}

fn by_coap(program: &str, cse: SocketAddr, of: Serialization, notified: bool) {
    let mut socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(SHORT)).unwrap();
    let access = format!("coap://{}", socket.local_addr().unwrap());
    let ae = start(program, "1", of, &access, notified);
    carry(
        ae,
        &mut socket,
        |socket, (_, _, datagram)| {
            socket.send_to(datagram, cse).unwrap();
        },
        |socket| {
            let mut room = vec![0; 65536];
            let (len, _) = socket.recv_from(&mut room).ok()?;
            Some(("-".to_owned(), room[..len].to_vec()))
        },
    );
}

fn by_mqtt(program: &str, broker: SocketAddr, of: Serialization) {
    let mut ae = start(program, "2", of, &format!("mqtt://{broker}"), true);
    let mut options = MqttOptions::new("A::Cthermo", broker.ip().to_string(), broker.port());
    options.set_keep_alive(Duration::from_secs(30));
    let (client, mut connection) = rumqttc::Client::new(options, 20);
    let mut expected = 0;
    while let Some(filter) = ae.wait_line(|line| {
        (line == "ready")
            .then_some(None)
            .or(line.strip_prefix("filter ").map(|f| Some(f.to_owned())))
    }) {
        client.subscribe(filter, QoS::AtLeastOnce).unwrap();
        expected += 1;
    }
    assert_eq!(expected, 3);
    while expected > 0 {
        let event = connection.recv_timeout(LONG).unwrap().unwrap();
        if matches!(event, rumqttc::Event::Incoming(Packet::SubAck(_))) {
            expected -= 1;
        }
    }
    carry(
        ae,
        &mut connection,
        |_, (_, topic, payload)| {
            client.publish(topic, QoS::AtLeastOnce, false, payload.clone()).unwrap();
        },
        |connection| match connection.recv_timeout(SHORT).ok()?.unwrap() {
            rumqttc::Event::Incoming(Packet::Publish(one)) => {
                Some((one.topic, one.payload.to_vec()))
            }
            _ => None,
        },
    );
}

fn by_websocket(program: &str, cse: SocketAddr, of: Serialization) {
    use tungstenite::client::ClientRequestBuilder;
    let ae = start(program, "3", of, "ws://default", true);
    let request = ClientRequestBuilder::new(format!("ws://{cse}/").parse().unwrap())
        .with_sub_protocol(of.websocket_protocol())
        .with_header("X-M2M-Origin", "Cthermo");
    let stream = TcpStream::connect(cse).unwrap();
    let (mut socket, _) = tungstenite::client(request, stream).unwrap();
    socket.get_ref().set_read_timeout(Some(SHORT)).unwrap();
    carry(
        ae,
        &mut socket,
        |socket, (binary, _, message)| {
            let message = match binary {
                true => tungstenite::Message::binary(message.clone()),
                false => tungstenite::Message::text(String::from_utf8(message.clone()).unwrap()),
            };
            socket.send(message).unwrap();
        },
        |socket| match socket.read() {
            Ok(message) if message.is_text() || message.is_binary() => {
                Some(("-".to_owned(), message.into_data().to_vec()))
            }
            Ok(_) => None,
            Err(tungstenite::Error::Io(error)) => {
                let kind = error.kind();
                assert!(matches!(
                    kind,
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ));
                None
            }
            Err(error) => panic!("{error}"),
        },
    );
    let _ = socket.close(None);
}

#[test]
fn acme_serves_and_notifies_the_ae() {
    if m2m_interop::skipped() {
        return;
    }
    let scratch = Scratch::new();
    let program = program(&scratch);
    for of in [Json, Cbor] {
        let acme = Acme::start();
        // It cannot notify over CoAP.
        by_coap(&program, acme.coap, of, false);
        by_mqtt(&program, acme.broker.address, of);
        by_websocket(&program, acme.websocket, of);
    }
}

#[test]
fn our_cse_serves_and_notifies_the_ae() {
    if m2m_interop::skipped() {
        return;
    }
    let scratch = Scratch::new();
    let program = program(&scratch);
    let cse = Cse::start();
    for of in [Json, Cbor, Xml] {
        by_coap(&program, cse.coap, of, true);
        by_mqtt(&program, cse.broker.address, of);
        by_websocket(&program, cse.websocket, of);
    }
}
