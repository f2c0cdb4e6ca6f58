//! `m2m lwm2m client --firmware-dir` and a Leshan server: firmware that is pushed block by block, and
//! firmware that the device fetches from libcoap's server; killed in the middle of both.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test beside the engines"
)]

use m2m_interop::PATIENCE;
use m2m_interop::leshan::{LeshanServer, single};
use m2m_interop::peers::{libcoap, libcoap_server, m2m};
use m2m_interop::process::{Process, Scratch};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A device of the command in a folder of its own.
struct Device {
    name: &'static str,
    server: &'static LeshanServer,
    folder: Scratch,
    process: Process,
}

fn image(len: usize, salt: u8) -> Vec<u8> {
    (0..len).map(|n| (n ^ n >> 8) as u8 ^ salt).collect()
}

fn start(name: &str, server: &LeshanServer, folder: &Scratch) -> Process {
    let uri = format!("coap://{}", server.coap);
    let (state, files) = (folder.file("state"), folder.file("fw"));
    let options = ["--server", &uri, "--endpoint", name, "--state", &state];
    let more = ["--firmware-dir", &files, "--interval", "3600", "--json"];
    let mut events = server.events(name);
    let process = Process::start(m2m(), &[&["lwm2m", "client"][..], &options, &more].concat());
    // Not the client's own word: once Leshan has answered it, it cancels what it asked of the client's former
    // address, and then says this.
    let there = |name: &str| ["REGISTRATION", "UPDATED"].contains(&name);
    events.next_within(PATIENCE, |event| there(&event.name)).unwrap();
    process
}

impl Device {
    fn new(name: &'static str) -> Device {
        let (server, folder) = (LeshanServer::shared(), Scratch::new());
        let process = start(name, server, &folder);
        Device { name, server, folder, process }
    }

    /// Kills it, as a loss of power would, and starts it again.
    fn killed(self) -> Device {
        let Device { name, server, folder, process } = self;
        drop(process);
        let process = start(name, server, &folder);
        Device { name, server, folder, process }
    }

    fn until(&mut self, event: &str) -> Value {
        self.process.wait_line(|line| {
            let value: Value = serde_json::from_str(line).ok()?;
            (value["event"] == event).then_some(value)
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        PathBuf::from(self.folder.file("fw")).join(name)
    }

    /// Waits until so many bytes of a package are there.
    fn received(&self, bytes: u64) {
        let end = Instant::now() + Duration::from_secs(60);
        while std::fs::metadata(self.file("package.part")).map_or(0, |m| m.len()) < bytes {
            assert!(Instant::now() < end, "{bytes} do not come");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn value(&self, path: &str) -> Value {
        let reply = self.server.read(&format!("/{}{path}?format=TEXT", self.name));
        reply.value().clone()
    }

    /// Waits until a resource has a value.
    fn becomes(&self, path: &str, wanted: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let now = self.value(path);
            if now == wanted {
                return;
            }
            assert!(Instant::now() < end, "{path} is {now}, not {wanted}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the server writes a package with: where, and the body.
    fn package(&self, image: &[u8], seconds: u32) -> (String, String) {
        let hex: String = image.iter().map(|byte| format!("{byte:02x}")).collect();
        let target = format!("/{}/5/0/0?format=OPAQUE&timeout={seconds}", self.name);
        (target, single(0, "opaque", hex).to_string())
    }

    fn push(&self, image: &[u8]) {
        let (target, body) = self.package(image, 60);
        let reply = self.server.ask_text("PUT", &target, &body);
        assert_eq!(reply.code(), 204, "{}", reply.0);
    }

    fn execute(&self, path: &str) -> u16 {
        self.server.ask("POST", &format!("/{}{path}", self.name), &Value::Null).code()
    }

    /// Updates itself to what it has got.
    fn update(&mut self, image: &[u8]) {
        self.becomes("/5/0/3", "2");
        assert_eq!(self.execute("/5/0/2"), 204);
        assert_eq!(self.until("firmware_updated")["size"], json!(image.len()));
        self.becomes("/5/0/5", "1");
        assert_eq!(self.value("/5/0/3"), "0");
        assert_eq!(std::fs::read(self.file("firmware.bin")).unwrap(), image);
    }
}

#[test]
fn core_e_6_leshan_pushes_firmware_to_the_command() {
    if m2m_interop::skipped() {
        return;
    }
    let mut device = Device::new("fwpush");
    let first = image(60_000, 0);
    device.push(&first);
    assert_eq!(device.until("package_received")["size"], 60_000);
    // What it has got survives.
    let mut device = device.killed();
    device.update(&first);

    // It is killed while blocks come: nothing of it counts, and the next package does.
    let second = image(300_000, 0x55);
    let (target, body) = device.package(&second, 20);
    let server = device.server;
    let pushing = std::thread::spawn(move || server.http("PUT", &target, &body).0);
    device.received(50_000);
    let mut device = device.killed();
    assert_ne!(pushing.join().unwrap(), 204);
    assert_eq!(std::fs::read(device.file("firmware.bin")).unwrap(), first);
    assert_ne!(device.value("/5/0/3"), "2");
    let third = image(20_000, 0xaa);
    device.push(&third);
    device.update(&third);
}

#[test]
fn core_e_6_leshan_has_the_command_fetch_firmware() {
    if m2m_interop::skipped() {
        return;
    }
    let mut device = Device::new("fwpull");
    let source = libcoap_server(&[]);
    let wanted = image(250_000, 0x33);
    let file = device.folder.file("image");
    std::fs::write(&file, &wanted).unwrap();
    let put = libcoap(100, &["-m", "put", "-f", &file, "-b", "1024"], source.address, "/fw");
    assert!(put.stderr.is_empty(), "{}", put.stderr);
    let uri = single(1, "string", format!("coap://{}/fw", source.address));
    let target = format!("/{}/5/0/1?format=TEXT", device.name);
    assert_eq!(device.server.ask("PUT", &target, &uri).code(), 204);
    // Killed three times, it gets all of it. libcoap gives each session another ETag, so that it has to
    // begin anew; with the same one it goes on.
    for bytes in [20_000, 90_000, 160_000] {
        device.received(bytes);
        device = device.killed();
    }
    assert_eq!(device.until("package_received")["size"], 250_000);
    device.update(&wanted);
}
