//! `m2m lwm2m client` and `m2m lwm2m server` over MQTT (Transport 1.2 section 8), by mosquitto.
#![allow(
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::acme::Broker;
use m2m_interop::peers::m2m;
use m2m_interop::process::{Finished, Process, Scratch, run};
use m2m_interop::{free_port, loopback, wait_for};
use serde_json::Value;
use std::net::{SocketAddr, TcpStream};

/// The next JSON line that `pick` takes.
fn next(command: &mut Process, pick: impl Fn(&Value) -> bool) -> Value {
    command.wait_line(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        pick(&value).then_some(value)
    })
}

/// The next JSON line with this event.
fn until(command: &mut Process, event: &str) -> Value {
    next(command, |value| value["event"] == event)
}

/// A server with an API, which is the second.
fn server(broker: &str, more: &[&str]) -> (Process, SocketAddr) {
    let http = loopback(free_port());
    let arguments = ["lwm2m", "server", "--mqtt", broker, "--http", &http.to_string(), "--json"];
    let process = Process::start(m2m(), &[&arguments[..], more].concat());
    wait_for("the API", || TcpStream::connect(http).ok());
    (process, http)
}

fn client(broker: &str, endpoint: &str, more: &[&str]) -> Process {
    let arguments = ["lwm2m", "client", "--server", broker, "--endpoint", endpoint];
    let always = ["--lwm2m", "1.2", "--json", "--prompt"];
    Process::start(m2m(), &[&arguments[..], &always, more].concat())
}

/// One operation by the API.
fn ask(api: SocketAddr, arguments: &[&str]) -> Finished {
    let (api, rest) = (format!("http://{api}"), ["--json", "--api"]);
    run(120, m2m(), &[&["lwm2m"][..], arguments, &rest, &[&api]].concat())
}

/// The same, which goes well; what was answered.
fn done(api: SocketAddr, arguments: &[&str]) -> Value {
    let finished = ask(api, arguments);
    assert!(finished.status.success(), "{arguments:?}: {}", finished.stderr);
    serde_json::from_slice(&finished.stdout).unwrap()
}

const VALUE: &str = "/3303/0/5700";

/// Registers, is read, written, executed, discovered, observed, sends, updates, leaves: each message a
/// publication of the broker's.
#[test]
fn transport_8_a_device_and_a_server_by_mosquitto() {
    if m2m_interop::skipped() {
        return;
    }
    let mosquitto = Broker::start();
    let broker = format!("mqtt://{}/city", mosquitto.address);
    let (mut server, api) = server(&broker, &["--store", "memory", "--watch"]);
    assert_eq!(next(&mut server, |v| v["event"] == "broker")["connected"], true);
    // Another city is none of its business.
    let elsewhere = format!("mqtt://{}/town", mosquitto.address);
    let stranger = client(&elsewhere, "stranger", &[]);
    let mut device = client(&broker, "urn:dev:7", &["--interval", "1"]);
    until(&mut device, "registered");
    let registered = until(&mut server, "registered");
    assert_eq!(registered["endpoint"], "urn:dev:7");
    assert_eq!((&registered["binding"], &registered["version"]), (&"M".into(), &"1.2".into()));

    let read = done(api, &["read", "urn:dev:7", "/3/0/1"]);
    assert!(read.to_string().contains("Weather Station"), "{read}");
    let both = done(api, &["read", "urn:dev:7", "/3/0/2", VALUE]);
    assert!(both.to_string().contains("urn:dev:7"), "{both}");
    done(api, &["write", "urn:dev:7", "/3303/0/5750=roof"]);
    assert_eq!(until(&mut device, "written")["value"], "roof");
    done(api, &["execute", "urn:dev:7", "/3303/0/5605"]);
    until(&mut device, "executed");
    let links = done(api, &["discover", "urn:dev:7", "/3303/0"]);
    assert!(links.to_string().contains("5701"), "{links}");
    let missing = ask(api, &["read", "urn:dev:7", "/3303/0/5999"]);
    let said = String::from_utf8_lossy(&missing.stdout).into_owned() + &missing.stderr;
    assert!(said.contains("4.04"), "{said}");

    // What it watches is observed; then each measurement is told, once.
    next(&mut server, |v| v["event"] == "observed" && v["path"] == VALUE);
    for _ in 0..3 {
        until(&mut device, "measured");
        next(&mut server, |v| v["event"] == "notified" && v["path"] == VALUE);
    }
    device.send_line("send /3315/0/5700");
    until(&mut device, "sent");
    device.send_line("update");
    until(&mut device, "updated");
    until(&mut server, "updated");
    device.send_line("quit");
    let gone = until(&mut server, "deregistered");
    assert_eq!((&gone["endpoint"], &gone["reason"]), (&"urn:dev:7".into(), &"client".into()));
    assert!(device.wait_end().success());
    assert!(!stranger.output().contains("\"registered\""), "{}", stranger.output());
    assert!(!server.output().contains("stranger"), "{}", server.output());
}

/// Bodies that are longer than a message of CoAP go in one publication.
#[test]
fn transport_8_long_bodies_by_mosquitto() {
    if m2m_interop::skipped() {
        return;
    }
    let mosquitto = Broker::start();
    let broker = format!("mqtt://{}", mosquitto.address);
    let (mut server, api) = server(&broker, &["--store", "memory"]);
    until(&mut server, "broker");
    let mut device = client(&broker, "long", &["--interval", "3600"]);
    until(&mut device, "registered");
    let long = "lang ".repeat(300);
    done(api, &["write", "long", &format!("/3303/0/5750={long}")]);
    until(&mut device, "written");
    let read = done(api, &["read", "long", "/3303"]);
    assert!(read.to_string().contains(&long), "{read}");
    device.send_line("send /3303/0");
    until(&mut device, "sent");
}

/// The broker is killed and comes back; the server, too, which goes on with what it kept.
#[test]
fn transport_8_a_broker_that_comes_back() {
    if m2m_interop::skipped() {
        return;
    }
    let mosquitto = Broker::start();
    let broker = format!("mqtt://{}", mosquitto.address);
    let scratch = Scratch::new();
    let (store, config) = (scratch.file("store.redb"), scratch.file("device.toml"));
    // The Communication Retry Timer: it tries again after one second, then after two and so on.
    std::fs::write(&config, "station = true\n[values]\n\"/1/0/18\" = 1\n\"/1/0/17\" = 8\n")
        .unwrap();
    let (mut first, api) = server(&broker, &["--store", &store]);
    until(&mut first, "broker");
    let mut device = client(&broker, "steady", &["--config", &config, "--interval", "3600"]);
    until(&mut device, "registered");
    done(api, &["read", "steady", VALUE]);

    mosquitto.stop();
    assert_eq!(next(&mut first, |v| v["event"] == "broker")["connected"], false);
    until(&mut device, "connection_failed");
    mosquitto.again();
    assert_eq!(next(&mut first, |v| v["event"] == "broker")["connected"], true);
    next(&mut device, |v| v["event"] == "registered" || v["event"] == "updated");
    done(api, &["read", "steady", VALUE]);

    // The device does not notice that the server was away, and is reached as before.
    first.interrupt();
    assert!(first.wait_end().success());
    let (mut second, api) = server(&broker, &["--store", &store]);
    assert_eq!(next(&mut second, |v| v["event"] == "broker")["connected"], true);
    done(api, &["read", "steady", VALUE]);
    device.send_line("update");
    until(&mut device, "updated");
}

/// A device that is there before its server says again that it registers; what the server does not hear
/// the first time is not done twice.
#[test]
fn transport_8_a_server_that_comes_later() {
    if m2m_interop::skipped() {
        return;
    }
    let mosquitto = Broker::start();
    let broker = format!("mqtt://{}", mosquitto.address);
    let mut device = client(&broker, "early", &[]);
    until(&mut device, "registering");
    std::thread::sleep(std::time::Duration::from_secs(1));
    let (mut server, api) = server(&broker, &["--store", "memory", "--watch"]);
    until(&mut device, "registered");
    assert_eq!(until(&mut server, "registered")["again"], false);
    done(api, &["execute", "early", "/3303/0/5605"]);
    device.send_line("update");
    until(&mut device, "updated");
    assert_eq!(device.output().matches("\"executed\"").count(), 1);
    assert_eq!(server.output().matches("\"registered\"").count(), 1);
}

/// A broker that asks who comes: with the right password it is served, with a wrong one it is told.
#[test]
fn transport_8_a_broker_with_passwords() {
    if m2m_interop::skipped() {
        return;
    }
    let scratch = Scratch::new();
    let passwords = scratch.file("passwords");
    std::fs::write(&passwords, "").unwrap();
    for (user, password) in [("server", "s3cret"), ("meter", "p@ss:word")] {
        let made = run(120, "mosquitto_passwd", &["-b", &passwords, user, password]);
        assert!(made.status.success(), "{}", made.stderr);
    }
    let mosquitto = Broker::start_for(&passwords);
    let at = mosquitto.address;
    let (mut server, api) = server(&format!("mqtt://server:s3cret@{at}"), &["--store", "memory"]);
    assert_eq!(until(&mut server, "broker")["connected"], true);
    let mut device = client(&format!("mqtt://meter:p%40ss%3Aword@{at}"), "meter", &[]);
    until(&mut device, "registered");
    done(api, &["read", "meter", VALUE]);
    for said in [server.output(), device.output()] {
        assert!(!said.contains("s3cret") && !said.contains("word"), "{said}");
    }
    let mut wrong = client(&format!("mqtt://meter:wrong@{at}"), "meter-2", &[]);
    assert!(!wrong.wait_end().success());
    assert!(wrong.output().contains("refuses the connection"), "{}", wrong.output());
}

/// Junk on the topics, and words in the name of others, change nothing for those who speak LwM2M.
#[test]
fn transport_8_publications_that_are_none() {
    if m2m_interop::skipped() {
        return;
    }
    let mosquitto = Broker::start();
    let at = mosquitto.address;
    let broker = format!("mqtt://{at}");
    let (mut server, api) = server(&broker, &["--store", "memory"]);
    until(&mut server, "broker");
    let mut device = client(&broker, "calm", &[]);
    until(&mut device, "registered");

    let mut options = rumqttc::MqttOptions::new("junk", at.ip().to_string(), at.port());
    options.set_max_packet_size(1 << 20, 1 << 20);
    let (junk, mut connection) = rumqttc::Client::new(options, 64);
    let long = vec![0x5f; 200_000];
    // A Register of "calm" by somebody else: {1: 6, 2: 1, 3: "calm", 9: "1.2", 7: '</3/0>'}.
    let register = b"\xa5\x01\x06\x02\x01\x03\x64calm\x09\x631.2\x07\x46</3/0>";
    let mut count = 0;
    for topic in ["calm", "other", "other/deeper", "a b"] {
        for payload in [&b""[..], b"\xa0", b"\xa2\x01\x09\x02\x01", b"\xbf\x01", &long, b"not cbor"]
        {
            let topic = format!("lwm2m/rd/{topic}");
            junk.publish(topic, rumqttc::QoS::AtLeastOnce, false, payload).unwrap();
            count += 1;
        }
    }
    junk.publish("lwm2m/rd/other", rumqttc::QoS::AtLeastOnce, false, &register[..]).unwrap();
    let acknowledged = connection.iter().filter(|event| {
        let event = event.as_ref().expect("a connection");
        matches!(event, rumqttc::Event::Incoming(rumqttc::Packet::PubAck(_)))
    });
    assert_eq!(acknowledged.take(count + 1).count(), count + 1);

    let read = done(api, &["read", "calm", VALUE]);
    assert!(read.to_string().contains("3303"), "{read}");
    let clients = done(api, &["clients"]);
    assert!(!clients.to_string().contains("other"), "{clients}");
    device.send_line("update");
    until(&mut device, "updated");
}

/// A bootstrap by one broker that leads to a server by another, whose user and password it brings in
/// object 24.
#[test]
fn transport_8_a_bootstrap_by_mosquitto() {
    if m2m_interop::skipped() {
        return;
    }
    let scratch = Scratch::new();
    let (passwords, config) = (scratch.file("passwords"), scratch.file("bootstrap.toml"));
    std::fs::write(&passwords, "").unwrap();
    let made = run(120, "mosquitto_passwd", &["-b", &passwords, "garden", "s3cret"]);
    assert!(made.status.success(), "{}", made.stderr);
    let (first, second) = (Broker::start(), Broker::start_for(&passwords));
    let uri = format!("mqtt://{}/city", second.address);
    let text = format!(
        "[[configurations]]\nendpoint = \"garden\"\nsecure = false\n[[configurations.servers]]\nuri = \"{uri}\"\n\
         id = 101\nlifetime = 300\nbinding = \"M\"\n[configurations.write]\n\
         \"/24/0/6\" = \"garden\"\n\"/24/0/7\" = \"garden\"\n\"/24/0/8\" = \"czNjcmV0\"\n\
         \"/0/0/26\" = \"24:0\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let boot = format!("mqtt://{}", first.address);
    let options = ["lwm2m", "bootstrap-server", "--mqtt", &boot, "--config", &config, "--json"];
    let mut gives = Process::start(m2m(), &options);
    assert_eq!(until(&mut gives, "broker")["connected"], true);
    let login = format!("mqtt://garden:s3cret@{}/city", second.address);
    let (mut server, api) = server(&login, &["--store", "memory"]);
    assert_eq!(until(&mut server, "broker")["connected"], true);
    let device =
        ["lwm2m", "client", "--bootstrap", &boot, "--endpoint", "garden", "--lwm2m", "1.2"];
    let mut device = Process::start(m2m(), &[&device[..], &["--json", "--prompt"]].concat());
    until(&mut device, "bootstrapped");
    until(&mut device, "registered");
    done(api, &["read", "garden", VALUE]);
    device.send_line("quit");
    until(&mut device, "deregistered");
    assert!(device.wait_end().success());
}

/// A broker that takes TLS alone.
#[test]
fn transport_8_a_broker_behind_tls() {
    if m2m_interop::skipped() {
        return;
    }
    let folder = Scratch::new();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let [ca, key, stranger] = [
        ("ca.pem", made.cert.pem()),
        ("ca.key", made.signing_key.serialize_pem()),
        ("stranger.pem", other.cert.pem()),
    ]
    .map(|(name, text)| {
        std::fs::write(folder.file(name), text).unwrap();
        folder.file(name)
    });
    let mosquitto = Broker::start_with(&format!("certfile {ca}\nkeyfile {key}\n"));
    let broker = format!("mqtts://{}", mosquitto.address);
    let (mut server, api) = server(&broker, &["--store", "memory", "--mqtt-ca", &ca]);
    assert_eq!(until(&mut server, "broker")["connected"], true);
    let mut device = client(&broker, "safe", &["--ca", &ca]);
    until(&mut device, "registered");
    done(api, &["read", "safe", VALUE]);
    let mut wrong = client(&broker, "wrong", &["--ca", &stranger]);
    assert!(!wrong.wait_end().success());
    assert!(wrong.output().contains("certificate"), "{}", wrong.output());
}
