//! Firmware Update (object 5) of our client against a Leshan server, with libcoap's server as the
//! source of what is fetched: the cases 751 to 779 of OMA's enabler test specification.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use lwm2m_core::client::{
    Client, Config, Event, PackageError, PackageStep, PackageSupport, Protocols, ServerAccount,
};
use lwm2m_core::{ObjectDefinition, object};
use m2m_base::{Instant, Seed};
use m2m_interop::background::Background;
use m2m_interop::device::SERVER;
use m2m_interop::driver::peer_of;
use m2m_interop::http::Events;
use m2m_interop::leshan::{LeshanServer, Reply, single};
use m2m_interop::peers::{libcoap, libcoap_server};
use m2m_interop::process::Scratch;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

static OBJECTS: [&ObjectDefinition<'static>; 1] = [&object::FIRMWARE_UPDATE];

/// What the device's application says, and what it has got.
#[derive(Clone)]
struct Flash {
    refuse: Option<PackageError>,
    verify: Result<(), PackageError>,
    apply: Result<(), PackageError>,
    /// Where the source of packages is.
    source: Option<SocketAddr>,
    bytes: Vec<u8>,
}

const WILLING: Flash =
    Flash { refuse: None, verify: Ok(()), apply: Ok(()), source: None, bytes: Vec::new() };

struct Scene {
    endpoint: &'static str,
    server: &'static LeshanServer,
    events: Events,
    flash: Arc<Mutex<Flash>>,
    device: Background<Client, Event>,
}

fn client(endpoint: &str, server: SocketAddr) -> Client {
    let config = Config { objects: &OBJECTS, ..Config::new(endpoint) };
    let mut client = Client::new(&config, &Seed([5; 32])).unwrap();
    let uri = format!("coap://{server}");
    let account =
        ServerAccount { lifetime: 60, ..ServerAccount::new(SERVER, peer_of(server), &uri) };
    client.add_server(Instant::ZERO, &account).unwrap();
    let support =
        PackageSupport { protocols: Protocols::COAP.and(Protocols::HTTP), ..PackageSupport::COAP };
    client.add_firmware_update(Instant::ZERO, &support).unwrap();
    client
}

/// The application of the device.
fn serve(client: &mut Client, now: Instant, event: Event, flash: &Mutex<Flash>) {
    let mut flash = flash.lock().unwrap();
    let (id, result) = match event {
        Event::PackageBlock { id, offset, .. } => {
            let Some(bytes) = client.package_block(id) else { return };
            assert!(offset as usize == flash.bytes.len() || offset == 0);
            flash.bytes.truncate(offset as usize);
            flash.bytes.extend_from_slice(bytes);
            (id, flash.refuse.map_or(Ok(()), Err))
        }
        Event::PackageConnect { id, .. } => match flash.source {
            Some(address) => return client.connect_package(now, id, peer_of(address)).unwrap(),
            None => (id, Err(PackageError::ConnectionLost)),
        },
        Event::PackageDownload { id, .. } => (id, Ok(())),
        Event::PackageVerify { id, .. } => (id, flash.verify),
        Event::PackageApply { id, step, .. } => {
            assert_eq!(step, PackageStep::Update);
            (id, flash.apply)
        }
        Event::PackageDiscarded { .. } => return flash.bytes.clear(),
        _ => return,
    };
    let _ = client.answer_package(now, id, result);
}

impl Scene {
    fn new(endpoint: &'static str, flash: Flash) -> Scene {
        let server = LeshanServer::shared();
        let mut events = server.events(endpoint);
        let flash = Arc::new(Mutex::new(flash));
        let shared = Arc::clone(&flash);
        let device = Background::start(client(endpoint, server.coap), move |client, now, event| {
            serve(client, now, event, &shared);
            event
        });
        device.call(Client::start);
        events.wait("REGISTRATION");
        let scene = Scene { endpoint, server, events, flash, device };
        for uri in ["/5/0/3", "/5/0/5"] {
            let observed = scene.ask("POST", &format!("{uri}/observe?format=TEXT"), &Value::Null);
            assert_eq!(observed.code(), 205, "{}", observed.0);
        }
        scene
    }

    fn ask(&self, method: &str, rest: &str, body: &Value) -> Reply {
        self.server.ask(method, &format!("/{}{rest}", self.endpoint), body)
    }

    fn value(&self, rest: &str) -> i64 {
        let reply = self.server.read(&format!("/{}{rest}?format=TEXT", self.endpoint));
        reply.value().as_str().unwrap().parse().unwrap()
    }

    fn state(&self) -> (i64, i64) {
        (self.value("/5/0/3"), self.value("/5/0/5"))
    }

    fn push(&self, format: &str, image: &[u8]) -> u16 {
        let hex: String = image.iter().map(|b| format!("{b:02x}")).collect();
        let target = format!("/5/0/0?format={format}&timeout=60");
        self.ask("PUT", &target, &single(0, "opaque", hex)).code()
    }

    fn pull(&self, uri: &str) -> u16 {
        self.ask("PUT", "/5/0/1?format=TEXT", &single(1, "string", uri)).code()
    }

    fn execute(&self, resource: u16) -> u16 {
        self.ask("POST", &format!("/5/0/{resource}"), &Value::Null).code()
    }

    /// Waits until the server was notified that a resource has this value; what else it was told
    /// of the resource before.
    fn told(&mut self, resource: &str, value: i64) -> Vec<i64> {
        let mut before = Vec::new();
        loop {
            let data = self.events.wait("NOTIFICATION").data;
            if data["res"] != json!(resource) {
                continue;
            }
            let told = data["val"]["value"].as_str().unwrap().parse().unwrap();
            if told == value {
                return before;
            }
            before.push(told);
        }
    }

    fn end(self) {
        self.device.call(|client, now| client.deregister(now, SERVER)).unwrap();
        let mut events = self.events;
        events.wait("DEREGISTRATION");
        self.device.stop();
    }
}

fn image(len: usize) -> Vec<u8> {
    (0..len).map(|n| u8::try_from((n ^ n >> 8) & 0xff).unwrap()).collect()
}

/// A source that has `image` at `/fw`.
fn source(image: &[u8]) -> m2m_interop::peers::Server {
    let server = libcoap_server(&[]);
    let scratch = Scratch::new();
    let file = scratch.file("image");
    std::fs::write(&file, image).unwrap();
    let put = libcoap(100, &["-m", "put", "-f", &file, "-b", "1024"], server.address, "/fw");
    assert!(put.stderr.is_empty(), "{}", put.stderr);
    server
}

#[test]
fn oma_int_751_querying_the_readable_resources() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("fw751", WILLING);
    let read = scene.server.read("/fw751/5/0?format=TLV");
    let list = read.content()["resources"].as_array().unwrap().clone();
    let mut ids: Vec<_> = list.iter().map(|r| r["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 3, 5, 8, 9], "the package itself is not readable");
    scene.end();
}

#[test]
fn oma_int_770_successful_update_with_a_pushed_package() {
    if m2m_interop::skipped() {
        return;
    }
    for (endpoint, format) in [("fw770o", "OPAQUE"), ("fw770t", "TLV"), ("fw770c", "CBOR")] {
        let mut scene = Scene::new(endpoint, WILLING);
        let image = image(20_011);
        assert_eq!(scene.push(format, &image), 204, "{format}");
        assert!(scene.flash.lock().unwrap().bytes == image, "{format}");
        assert_eq!(scene.told("/5/0/3", 2), [1]);
        assert_eq!(scene.state(), (2, 0));
        assert_eq!(scene.execute(2), 204);
        assert!([&[][..], &[3]].contains(&&scene.told("/5/0/3", 0)[..]));
        assert_eq!(scene.state(), (0, 1));
        scene.end();
    }
}

#[test]
fn oma_int_771_successful_update_with_a_fetched_package() {
    if m2m_interop::skipped() {
        return;
    }
    let image = image(20_011);
    let source = source(&image);
    let flash = Flash { source: Some(source.address), ..WILLING };
    let mut scene = Scene::new("fw771", flash);
    assert_eq!(scene.pull(&format!("coap://{}/fw", source.address)), 204);
    assert_eq!(scene.told("/5/0/3", 2), [1]);
    assert!(scene.flash.lock().unwrap().bytes == image);
    assert_eq!(scene.execute(2), 204);
    scene.told("/5/0/3", 0);
    assert_eq!(scene.state(), (0, 1));
    // What the application downloads by itself.
    assert_eq!(scene.pull("http://127.0.0.1/fw"), 204);
    scene.told("/5/0/3", 2);
    scene.end();
}

#[test]
fn oma_int_772_update_without_a_package() {
    if m2m_interop::skipped() {
        return;
    }
    let scene = Scene::new("fw772", WILLING);
    assert_eq!(scene.execute(2), 405);
    assert_eq!(scene.state(), (0, 0));
    scene.end();
}

/// 773 not enough storage, 774 out of memory, 776 integrity, 777 type of the package, 779 the
/// update itself.
#[test]
fn oma_int_773_to_779_what_the_device_finds_wrong() {
    if m2m_interop::skipped() {
        return;
    }
    for (endpoint, error, code, result) in [
        ("fw773", PackageError::NoSpace, 413, 2),
        ("fw774", PackageError::OutOfMemory, 500, 3),
        ("fw777", PackageError::UnsupportedType, 415, 6),
    ] {
        let mut scene = Scene::new(endpoint, Flash { refuse: Some(error), ..WILLING });
        assert_eq!(scene.push("OPAQUE", &image(5000)), code, "{endpoint}");
        scene.told("/5/0/5", result);
        assert_eq!(scene.state(), (0, result));
        scene.end();
    }
    let mut scene = Scene::new("fw776", Flash { verify: Err(PackageError::Integrity), ..WILLING });
    assert_eq!(scene.push("OPAQUE", &image(5000)), 204);
    scene.told("/5/0/5", 5);
    assert_eq!(scene.state(), (0, 5));
    scene.end();
    let mut scene = Scene::new("fw779", Flash { apply: Err(PackageError::Failed), ..WILLING });
    assert_eq!(scene.push("OPAQUE", &image(5000)), 204);
    scene.told("/5/0/3", 2);
    assert_eq!(scene.execute(2), 204);
    scene.told("/5/0/5", 8);
    assert_eq!(scene.state(), (2, 8));
    // Cancel, and another try.
    assert_eq!(scene.execute(10), 204);
    assert_eq!(scene.state(), (0, 10));
    scene.flash.lock().unwrap().apply = Ok(());
    assert_eq!(scene.push("OPAQUE", &image(100)), 204);
    scene.told("/5/0/3", 2);
    assert_eq!(scene.execute(2), 204);
    scene.told("/5/0/5", 1);
    scene.end();
}

/// 775: the source goes away in the middle, and comes back; then it stays away.
#[test]
fn oma_int_775_connection_lost() {
    if m2m_interop::skipped() {
        return;
    }
    let mut scene = Scene::new("fw775", WILLING);
    assert_eq!(scene.pull("coap://127.0.0.1:9/fw"), 204);
    // Six attempts, 5, 10, 20, 40 and 80 seconds apart, none of which finds anybody.
    assert_eq!(scene.value("/5/0/3"), 1);
    assert_eq!(scene.execute(10), 204);
    scene.told("/5/0/5", 10);
    let source = source(&image(5000));
    scene.flash.lock().unwrap().source = None;
    assert_eq!(scene.pull(&format!("coap://{}/fw", source.address)), 204);
    scene.flash.lock().unwrap().source = Some(source.address);
    // The second attempt, five seconds later, finds it.
    scene.told("/5/0/3", 2);
    assert!(scene.flash.lock().unwrap().bytes == image(5000));
    scene.end();
}

#[test]
fn oma_int_778_invalid_uri() {
    if m2m_interop::skipped() {
        return;
    }
    let source = libcoap_server(&[]);
    let mut scene = Scene::new("fw778", Flash { source: Some(source.address), ..WILLING });
    assert_eq!(scene.pull("no uri"), 204);
    scene.told("/5/0/5", 7);
    // Nothing is there.
    assert_eq!(scene.pull(&format!("coap://{}/nothing", source.address)), 204);
    scene.told("/5/0/3", 0);
    assert_eq!(scene.state(), (0, 7));
    // Unsupported.
    assert_eq!(scene.pull("ftp://127.0.0.1/fw"), 204);
    scene.told("/5/0/5", 9);
    assert_eq!(scene.state(), (0, 9));
    scene.end();
}
