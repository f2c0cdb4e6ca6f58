//! `m2m lwm2m client` as a device with firmware in files, and as a gateway with devices behind it.
#![cfg(unix)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "tests of a program run on real sockets"
)]

mod common;

use coap_core::{Block, Code, Message, MessageType, MessageWriter, OptionNumber, Uint};
use common::lwm2m::Server;
use common::{LONG, Running, run, text};
use serde_json::{Value, json};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("m2m-device-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).into_os_string().into_string().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn image(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n ^ n >> 8) as u8).collect()
}

fn client(options: &[&str]) -> Running {
    Running::start(&[&["lwm2m", "client", "--json", "--endpoint", "garden"], options].concat())
}

/// It is registered, anew or still.
fn registered(device: &Running) {
    while !matches!(text(&device.next(), "event"), "registered" | "updated") {}
}

fn value(server: &Server, path: &str) -> Value {
    server.must(&["read", "garden", path])["values"][0]["value"].clone()
}

/// Waits until a resource has a value.
fn until(server: &Server, path: &str, wanted: &Value) {
    let begun = Instant::now();
    loop {
        let now = value(server, path);
        if now == *wanted {
            return;
        }
        assert!(begun.elapsed() < LONG, "{path} is {now}, not {wanted}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A place that a package can be fetched from, block by block and not at once.
struct Source {
    uri: String,
    served: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
}

impl Source {
    fn new(image: Vec<u8>) -> Source {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let uri = format!("coap://{}/fw", socket.local_addr().unwrap());
        let (served, stop) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, end) = (served.clone(), stop.clone());
        std::thread::spawn(move || {
            let mut room = [0; 2048];
            while !end.load(Ordering::Relaxed) {
                let Ok((len, from)) = socket.recv_from(&mut room) else { continue };
                let request = Message::parse(&room[..len]).unwrap();
                if request.code != Code::GET {
                    continue;
                }
                let asked = request.options.uint(OptionNumber::BLOCK2).unwrap_or(6);
                let asked = Block::from_uint(asked).unwrap();
                let size = asked.size();
                let at = asked.number as usize * size;
                let piece = &image[at.min(image.len())..(at + size).min(image.len())];
                let more = at + size < image.len();
                let block = Uint::new(Block { more, ..asked }.to_uint());
                let ack = MessageType::Acknowledgement;
                let (id, token) = (request.id, request.token);
                let mut w = MessageWriter::new(Vec::new(), ack, Code::CONTENT, id, token).unwrap();
                w.option(OptionNumber::ETAG, b"v1").unwrap();
                w.option(OptionNumber::BLOCK2, block.as_bytes()).unwrap();
                std::thread::sleep(Duration::from_millis(5));
                socket.send_to(&w.finish(piece).unwrap(), from).unwrap();
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Source { uri, served, stop }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

#[test]
fn core_e_6_a_package_that_is_pushed_becomes_the_firmware() {
    let folder = Folder::new("push");
    let server = Server::start("memory", &[]);
    let (uri, state, files) = (server.uri("coap"), folder.path("state"), folder.path("fw"));
    let options = ["--server", &uri, "--state", &state, "--firmware-dir", &files];
    let device = client(&options);
    registered(&device);
    assert_eq!(value(&server, "/5/0/3"), 0);
    let image = image(9000);
    let hex: String = image.iter().map(|byte| format!("{byte:02x}")).collect();
    server.must(&["write", "garden", &format!("/5/0/0=0x{hex}")]);
    let received = device.until("package_received");
    assert_eq!(received["size"], 9000);
    until(&server, "/5/0/3", &json!(2));
    assert_eq!(std::fs::read(folder.path("fw/package.part")).unwrap(), image);
    // The power fails: it is there afterwards.
    device.signal("KILL");
    let device = client(&options);
    registered(&device);
    until(&server, "/5/0/3", &json!(2));
    server.must(&["execute", "garden", "/5/0/2"]);
    let updated = device.until("firmware_updated");
    assert_eq!((&updated["size"], &updated["version"]), (&json!(9000), &received["version"]));
    until(&server, "/5/0/5", &json!(1));
    assert_eq!(value(&server, "/5/0/3"), 0);
    assert_eq!(value(&server, "/3/0/3"), received["version"]);
    assert_eq!(std::fs::read(folder.path("fw/firmware.bin")).unwrap(), image);
    // Also what it is and how it went.
    device.signal("KILL");
    let device = client(&options);
    registered(&device);
    assert_eq!(value(&server, "/3/0/3"), received["version"]);
    assert_eq!(value(&server, "/5/0/5"), 1);
    device.signal("TERM");
    assert_eq!(device.end().1, Some(0));
    server.stop();
}

#[test]
fn core_e_6_a_package_that_is_fetched_goes_on_after_kills() {
    let folder = Folder::new("pull");
    let server = Server::start("memory", &[]);
    let image = image(200_000);
    let source = Source::new(image.clone());
    let (uri, state, files) = (server.uri("coap"), folder.path("state"), folder.path("fw"));
    let options = ["--server", &uri, "--state", &state, "--firmware-dir", &files];
    let mut device = client(&options);
    registered(&device);
    server.must(&["write", "garden", &format!("/5/0/1={}", source.uri)]);
    let part = folder.path("fw/package.part");
    let begun = Instant::now();
    for tenth in [3, 6, 9] {
        let there = || std::fs::metadata(&part).map_or(0, |m| m.len());
        while there() < tenth * 20_000 {
            assert!(begun.elapsed() < LONG, "{} of the package are there", there());
            std::thread::sleep(Duration::from_millis(5));
        }
        device.signal("KILL");
        device = client(&options);
        registered(&device);
    }
    until(&server, "/5/0/3", &json!(2));
    assert_eq!(std::fs::read(&part).unwrap(), image);
    // It went on where it was: hardly a block, of 512 bytes, was fetched twice.
    let blocks = source.served.load(Ordering::Relaxed);
    assert!((391..=420).contains(&blocks), "{blocks}");
    server.must(&["execute", "garden", "/5/0/2"]);
    until(&server, "/5/0/5", &json!(1));
    assert_eq!(std::fs::read(folder.path("fw/firmware.bin")).unwrap(), image);
    // What is not there, and what is no place.
    for (uri, result) in [("ftp://h/x", 9), ("coap:", 7)] {
        server.must(&["write", "garden", &format!("/5/0/1={uri}")]);
        until(&server, "/5/0/5", &json!(result));
    }
    device.signal("TERM");
    assert_eq!(device.end().1, Some(0));
    server.stop();
}

#[test]
fn gateway_devices_of_a_file_are_endpoints_of_their_own() {
    let folder = Folder::new("gateway");
    let server = Server::start("memory", &[]);
    let config = folder.path("gateway.toml");
    let device = |n: u32| {
        format!(
            "[[devices]]\nid = \"urn:dev:os:1-d{n}\"\nprefix = \"d0{n}\"\n\
             values = {{ \"/3303/0/5701\" = \"Cel{n}\", \"/3311/0/5850\" = false }}\n\
             moves = [{{ path = \"/3303/0/5700\", low = {n}0, high = {n}1, period = 2, every = 0.1 }}]\n"
        )
    };
    std::fs::write(&config, format!("[values]\n\"/3/0/0\" = \"ACME\"\n{}{}", device(1), device(2)))
        .unwrap();
    let uri = server.uri("coap");
    let gateway = client(&["--server", &uri, "--config", &config]);
    gateway.until("registered");
    let begun = Instant::now();
    let listed = || server.must(&["clients"]).to_string();
    while !(listed().contains("urn:dev:os:1-d1") && listed().contains("urn:dev:os:1-d2")) {
        assert!(begun.elapsed() < LONG, "{}", listed());
        std::thread::sleep(Duration::from_millis(50));
    }
    for n in [1u32, 2] {
        let name = format!("urn:dev:os:1-d{n}");
        let read = |path| server.must(&["read", &name, path])["values"][0]["value"].clone();
        assert_eq!(read("/3303/0/5701"), format!("Cel{n}"));
        // It moves, each between its own ends.
        let mut seen = Vec::new();
        while seen.len() < 3 {
            let celsius = read("/3303/0/5700").as_f64().unwrap();
            assert!((f64::from(n) * 10.0..=f64::from(n) * 10.0 + 1.0).contains(&celsius));
            if seen.last() != Some(&celsius) {
                seen.push(celsius);
            }
            assert!(begun.elapsed() < LONG);
        }
        server.must(&["write", &name, "/3311/0/5850=true"]);
        let written = gateway.until("written");
        assert_eq!(
            (&written["path"], &written["device"], &written["value"]),
            (&json!("/3311/0/5850"), &json!(format!("d0{n}")), &json!(true))
        );
        assert_eq!(read("/3311/0/5850"), true);
    }
    assert_eq!(value(&server, "/3/0/0"), "ACME");
    gateway.signal("TERM");
    assert_eq!(gateway.end().1, Some(0));
    server.stop();
}

#[test]
fn devices_behind_that_cannot_be_are_told() {
    let folder = Folder::new("wrong");
    let config = folder.path("gateway.toml");
    for (text, words) in [
        ("id = \"a\"\nprefix = \"1\"\nvalues = { \"/3303/0/5701\" = \"C\" }", "device 1"),
        ("id = \"a\"\nprefix = \"d\"", "it has no values"),
        ("id = \"a\"\nprefix = \"d\"\nvalues = { \"/1/0/1\" = 5 }", "is the gateway's own"),
        ("id = \"a\"\nprefix = \"d\"\nvalues = { \"/9999/0/1\" = 5 }", "no object that is known"),
        ("prefix = \"d\"", "missing field `id`"),
    ] {
        std::fs::write(&config, format!("[[devices]]\n{text}\n")).unwrap();
        let uri = ["--server", "coap://127.0.0.1:9", "--config", &config];
        let output = run(&[&["lwm2m", "client", "--endpoint", "x"][..], &uri].concat());
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(words), "{text}: {errors}");
    }
}
