//! The examples in C that speak with `m2m` and with Leshan: the client behind DTLS, the one whose
//! firmware is updated, and the one over MQTT. Built with sanitizers against the library as it is installed.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::acme::Broker;
use m2m_interop::http::request;
use m2m_interop::leshan;
use m2m_interop::peers::{here, m2m};
use m2m_interop::process::{Process, Scratch, run};
use m2m_interop::relay::{Relay, Rules};
use m2m_interop::{free_port, wait_for};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::OnceLock;

const KEY: &str = "00112233445566778899aabbccddeeff";

/// The static library, as `make -C ffi install` builds it.
fn library() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let target = test.ancestors().nth(3).unwrap().to_owned();
        let (ffi, variable) =
            (here().join("../ffi"), format!("CARGO_TARGET_DIR={}", target.display()));
        let made = run(1800, "make", &["-C", ffi.to_str().unwrap(), "library", &variable]);
        assert!(made.status.success(), "{}", made.stderr);
        target.join("release/libm2m.a").to_str().unwrap().to_owned()
    })
}

/// Compiles one of examples/c, with what it needs besides the library.
fn example(name: &str, scratch: &Scratch, libraries: &[&str]) -> String {
    let repository = here().join("..");
    let path = |at: &str| repository.join(at).to_str().unwrap().to_owned();
    let (include, source) = (path("include"), path(&format!("examples/c/{name}.c")));
    let program = scratch.file(name);
    let flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"];
    let sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I", &include];
    let files = ["-o", &program, &source, library()];
    let system = ["-lpthread", "-ldl", "-lm"];
    let all = [&flags[..], &sanitizers, &files, libraries, &system].concat();
    let built = run(300, "cc", &all);
    assert!(built.status.success(), "{}", built.stderr);
    program
}

/// The client behind DTLS.
fn dtls_client(scratch: &Scratch) -> String {
    example("dtls_client", scratch, &["-lmbedtls", "-lmbedx509", "-lmbedcrypto"])
}

/// The next JSON line with this event.
fn until(command: &mut Process, event: &str) -> Value {
    command.wait_line(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        (value["event"] == event).then_some(value)
    })
}

/// Ends an example by Ctrl-C: it de-registers and returns 0, with nothing to report for the sanitizers.
fn end(mut client: Process) {
    client.interrupt();
    client.wait_start("de-registered");
    assert_eq!(client.wait_end().code(), Some(0), "{}", client.output());
}

/// `m2m lwm2m server` with a key for `roof`.
struct Server {
    process: Process,
    coap: SocketAddr,
    http: SocketAddr,
}

impl Server {
    fn start(door: &str, port: u16) -> Server {
        let at = format!("127.0.0.1:{port}");
        let arguments = ["lwm2m", "server", "--json", door, &at, "--http", "127.0.0.1:0"];
        let rest = ["--store", "memory", "--watch"];
        let mut process = Process::start(m2m(), &[&arguments[..], &rest].concat());
        let mut listens = |scheme: &str| -> SocketAddr {
            let prefix = format!("{scheme}://");
            process.wait_line(|line| {
                let value: Value = serde_json::from_str(line).ok()?;
                value["uri"].as_str()?.strip_prefix(&prefix)?.trim_end_matches('/').parse().ok()
            })
        };
        let (coap, http) = (listens(door.trim_start_matches('-')), listens("http"));
        let server = Server { process, coap, http };
        let credential = json!({"key": KEY, "endpoint": "roof"}).to_string();
        let (status, answer) =
            server.ask("PUT", "credentials/id-1", "application/json", &credential);
        assert_eq!(status, 201, "{answer}");
        server
    }

    fn ask(&self, method: &str, path: &str, media: &str, body: &str) -> (u16, String) {
        request(self.http, method, &format!("/api/{path}"), media, body)
    }

    /// The value of a resource.
    fn read(&self, path: &str) -> Value {
        let (status, answer) = self.ask("GET", &format!("clients{path}"), "application/json", "");
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str::<Value>(&answer).unwrap()["values"][0]["value"].clone()
    }
}

#[test]
fn the_dtls_client_repeats_its_handshake_and_reports_to_our_server() {
    if m2m_interop::skipped() {
        return;
    }
    let scratch = Scratch::new();
    let mut server = Server::start("--coaps", 0);
    // A third of all datagrams is lost, the first flights of the handshake among them.
    let relay = Relay::start(server.coap, Rules::THIRD_LOST);
    let port = relay.address().port().to_string();
    let arguments = ["127.0.0.1", &port, "roof", "id-1", KEY];
    let mut client = Process::start(&dtls_client(&scratch), &arguments);
    client.wait_start("session 1");
    assert!(relay.counts().dropped > 0);
    client.wait_start("registered");
    assert_eq!(until(&mut server.process, "registered")["endpoint"], "roof");
    for _ in 0..3 {
        assert_eq!(until(&mut server.process, "notified")["path"], "/3303/0/5700");
    }
    assert_eq!(server.read("/roof/3/0/0"), "Example Instruments");
    // It waits five seconds for the answer to its De-register, which may be lost as often.
    client.interrupt();
    let status = client.wait_end().code();
    let left = client.output().contains("de-registered");
    assert_eq!(status, Some(i32::from(!left)), "{}", client.output());
}

#[test]
fn the_dtls_client_makes_a_new_session_when_the_server_has_forgotten_it() {
    if m2m_interop::skipped() {
        return;
    }
    let scratch = Scratch::new();
    let program = dtls_client(&scratch);
    let port = free_port();
    let mut server = Server::start("--coaps", port);
    let number = port.to_string();
    // One without the key gets no session.
    let stranger = ["127.0.0.1", &number, "roof", "id-1", "00"];
    let mut stranger = Process::start(&program, &stranger);
    stranger.wait_start("no session");
    drop(stranger);
    let mut client = Process::start(&program, &["127.0.0.1", &number, "roof", "id-1", KEY]);
    client.wait_start("registered");
    until(&mut server.process, "notified");
    // Killed: it says nothing to anybody, and the one that follows knows of no session.
    drop(server);
    let mut server = wait_for("the port", || {
        let free = std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok();
        free.then(|| Server::start("--coaps", port))
    });
    client.wait_start("no session");
    client.wait_start("session 2");
    client.wait_start("registered");
    assert_eq!(until(&mut server.process, "registered")["endpoint"], "roof");
    end(client);
}

#[test]
fn the_dtls_client_is_read_by_leshan() {
    if m2m_interop::skipped() {
        return;
    }
    let scratch = Scratch::new();
    let program = dtls_client(&scratch);
    let mut server = leshan::secure(&["server", "garden", "id-7", KEY]);
    let port = server.wait_start("READY");
    let client = Process::start(&program, &["127.0.0.1", &port, "garden", "id-7", KEY]);
    assert_eq!(server.wait_start("REGISTERED"), "garden Identity [psk=id-7]");
    assert_eq!(server.wait_start("READ"), "Example Instruments");
    end(client);
    assert_eq!(server.wait_start("GONE"), "garden");
}

/// What the example has in its flash.
fn flash(folder: &Scratch, name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(folder.file(name))).unwrap_or_default()
}

/// An image of a version.
fn image(version: &str) -> String {
    let mut image = format!("FIRMWARE {version}\n");
    while image.len() < 20_000 {
        image += &format!("{} bytes before this line\n", image.len());
    }
    image
}

#[test]
fn firmware_is_pushed_fetched_and_refused() {
    if m2m_interop::skipped() {
        return;
    }
    let scratch = Scratch::new();
    let program = example("firmware_update", &scratch, &[]);
    let server = Server::start("--coap", 0);
    let port = server.coap.port().to_string();
    let folder = Scratch::new();
    let start = || Process::start(&program, &["127.0.0.1", &port, "box", folder.path()]);
    let push =
        |image: &str| server.ask("PUT", "clients/box/5/0/0", "application/octet-stream", image).0;
    let apply = || assert_eq!(server.ask("POST", "clients/box/5/0/2", "text/plain", "").0, 200);
    let mut device = start();
    device.wait_start("running 1.0");
    device.wait_start("registered");

    // What is no image is refused when it is whole: result 6, an unsupported type.
    assert_eq!(push("# nothing to run\n"), 200);
    device.wait_start("idle, result 6");
    assert!(flash(&folder, "image").is_empty());

    // Pushed, kept over a restart, applied.
    let second = image("2.0");
    assert_eq!(push(&second), 200);
    device.wait_start("image of 20");
    device.wait_start("downloaded, result 0");
    assert_eq!(flash(&folder, "image"), second.as_bytes());
    drop(device);
    let mut device = start();
    device.wait_start("registered");
    assert_eq!(server.read("/box/5/0/3"), 2);
    apply();
    device.wait_start("running 2.0");
    device.wait_start("idle, result 1");
    assert_eq!(flash(&folder, "running"), second.as_bytes());
    assert_eq!(server.read("/box/3/0/3"), "2.0");

    // Fetched from another server, which is told by its URI.
    let third = image("3.0");
    let mut files = Process::start(m2m(), &["coap", "serve", "--json", "--bind", "127.0.0.1:0"]);
    let uri = files.wait_line(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some(line["uri"].as_str()?.to_owned())
    });
    let uri = format!("{}/store/image", uri.trim_end_matches('/'));
    let file = scratch.file("third");
    std::fs::write(&file, &third).unwrap();
    let put = run(120, m2m(), &["coap", "put", &uri, "--file", &file]);
    assert!(put.status.success(), "{}", put.stderr);
    let value = json!({"value": uri}).to_string();
    let (status, answer) = server.ask("PUT", "clients/box/5/0/1", "application/json", &value);
    assert_eq!(status, 200, "{answer}");
    device.wait_start("fetching coap://");
    device.wait_start("downloaded, result 0");
    apply();
    device.wait_start("running 3.0");
    assert_eq!(flash(&folder, "running"), third.as_bytes());

    // A host that is not there.
    let value = json!({"value": "coap://nowhere.invalid/image"}).to_string();
    assert_eq!(server.ask("PUT", "clients/box/5/0/1", "application/json", &value).0, 200);
    device.wait_start("nowhere.invalid:");
    device.wait_start("idle, result 7");
    end(device);
}

/// Transport 1.2 section 8, with mosquitto between the station and `m2m lwm2m server`.
#[test]
fn the_mqtt_client_reports_by_a_broker() {
    if m2m_interop::skipped() {
        return;
    }
    let scratch = Scratch::new();
    let program = example("mqtt_client", &scratch, &["-lmosquitto"]);
    let mosquitto = Broker::start();
    let broker = format!("mqtt://{}/city", mosquitto.address);
    let http = m2m_interop::loopback(free_port());
    let arguments = ["lwm2m", "server", "--json", "--mqtt", &broker, "--http", &http.to_string()];
    let rest = ["--store", "memory", "--watch"];
    let mut server = Process::start(m2m(), &[&arguments[..], &rest].concat());
    until(&mut server, "broker");
    let port = mosquitto.address.port().to_string();
    let mut station = Process::start(&program, &["127.0.0.1", &port, "roof", "city"]);
    station.wait_start("subscribed to city/lwm2m/rd/roof");
    station.wait_start("registered");
    let registered = until(&mut server, "registered");
    assert_eq!((&registered["endpoint"], &registered["binding"]), (&"roof".into(), &"M".into()));
    // Observed by the server itself, and told.
    for _ in 0..3 {
        assert_eq!(until(&mut server, "notified")["path"], "/3303/0/5700");
    }
    let value = json!({"value": "north"}).to_string();
    let path = "/api/clients/roof/3303/0/5750";
    assert_eq!(request(http, "PUT", path, "application/json", &value).0, 200);
    station.wait_start("/3303/0/5750 is north");
    assert_eq!(request(http, "POST", "/api/clients/roof/3/0/4", "text/plain", "").0, 200);
    station.wait_start("executed");
    end(station);
    assert_eq!(until(&mut server, "deregistered")["reason"], "client");

    // A broker that goes is noticed, and one that is not there.
    let mut station = Process::start(&program, &["127.0.0.1", &port, "roof", "city"]);
    station.wait_start("registered");
    mosquitto.stop();
    station.wait_start("no broker: ");
    drop(station);
    let mut station = Process::start(&program, &["127.0.0.1", &port, "roof", "city"]);
    station.wait_start("no broker: ");
}
