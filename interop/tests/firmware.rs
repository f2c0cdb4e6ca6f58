//! The thermometers of examples/firmware and examples/firmware-rust on an emulated Cortex-M: their serial
//! line goes through `m2m bridge` to a Leshan server and to `m2m lwm2m server`.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::http::request;
use m2m_interop::leshan::{LeshanServer, links, single};
use m2m_interop::peers::{here, m2m};
use m2m_interop::process::{Process, Scratch, run};
use m2m_interop::wait_for;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Targets of Rust, and the emulated processor: a Cortex-M4 runs ARMv6-M as well.
const TARGETS: [&str; 2] = ["thumbv7em-none-eabi", "thumbv6m-none-eabi"];

/// Tests build the same image: one after the other.
static BUILDING: Mutex<()> = Mutex::new(());

/// Builds an example for a target, and gives the folder of what was made.
fn build(example: &str, target: &str) -> PathBuf {
    let _building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = here().join("../target/firmware");
    let (makefiles, build) =
        (here().join("../examples").join(example), format!("BUILD={}", folder.display()));
    let arguments = ["-C", makefiles.to_str().unwrap(), &build, &format!("TARGET={target}")];
    let made = run(1800, "make", &arguments);
    assert!(made.status.success(), "{}", made.stderr);
    folder.join(target)
}

/// The image in C.
fn image(target: &str) -> PathBuf {
    build("firmware", target).join("thermometer.elf")
}

/// The image in Rust.
fn image_in_rust(target: &str) -> PathBuf {
    build("firmware-rust", target).join("release/thermometer")
}

/// The board, and what carries its datagrams.
struct Board {
    _scratch: Scratch,
    _emulator: Process,
    _bridge: Process,
}

impl Board {
    fn start(image: &Path, server: SocketAddr) -> Board {
        let scratch = Scratch::new();
        let line = scratch.file("line");
        let serial = format!("unix:{line},server=on,wait=off");
        let machine = ["-machine", "mps2-an386", "-nographic", "-monitor", "none"];
        let rest = ["-serial", &serial, "-kernel", image.to_str().unwrap()];
        let emulator = Process::start("qemu-system-arm", &[&machine[..], &rest].concat());
        wait_for("the serial line", || Path::new(&line).exists().then_some(()));
        let (line, server) = (format!("unix:{line}"), server.to_string());
        let bridge = Process::start(m2m(), &["bridge", "--serial", &line, "--to", &server]);
        Board { _scratch: scratch, _emulator: emulator, _bridge: bridge }
    }
}

/// The next JSON line with this event.
fn until(command: &mut Process, event: &str) -> Value {
    command.wait_line(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        (value["event"] == event).then_some(value)
    })
}

#[test]
fn a_microcontroller_is_managed_by_leshan_and_comes_back_after_a_reboot() {
    if m2m_interop::skipped() {
        return;
    }
    for target in TARGETS {
        let image = image(target);
        let server = LeshanServer::shared();
        let mut events = server.events("thermometer");
        let board = Board::start(&image, server.coap);
        let registration = events.wait("REGISTRATION").data;
        assert_eq!(registration["lifetime"], 60, "{target}");
        let objects = links(&registration["objectLinks"]);
        for object in ["/1/0", "/3/0", "/3303/0"] {
            assert!(objects.contains(&object.to_owned()), "{objects:?}");
        }

        // Read, in every format; discover; write; attributes.
        for format in ["TLV", "SENML_JSON", "SENML_CBOR"] {
            for path in ["/3/0", "/3303/0", "/1/0"] {
                let reply = server.read(&format!("/thermometer{path}?format={format}"));
                assert_eq!(reply.code(), 205, "{path} {format}");
            }
        }
        assert_eq!(server.read("/thermometer/3/0/0?format=TEXT").value(), "Example Instruments");
        assert_eq!(server.ask("GET", "/thermometer/3303/0/discover", &Value::Null).code(), 205);
        let application = single(5750, "string", "kettle");
        let reply = server.ask("PUT", "/thermometer/3303/0/5750?format=TEXT", &application);
        assert_eq!(reply.code(), 204);
        assert_eq!(server.read("/thermometer/3303/0/5750").value(), "kettle");

        // Observe: a measurement every second.
        let observed =
            server.ask("POST", "/thermometer/3303/0/5700/observe?format=TLV", &Value::Null);
        assert_eq!(observed.code(), 205);
        let mut last = f64::NAN;
        for _ in 0..3 {
            let event = events.wait("NOTIFICATION").data;
            let value: f64 = event["val"]["value"].as_str().unwrap().parse().unwrap();
            assert!((18.0..=24.0).contains(&value) && value.to_bits() != last.to_bits());
            last = value;
        }

        // What cannot be executed, then the reboot: it registers anew, and what was written is
        // forgotten, since nothing is stored.
        assert_eq!(server.ask("POST", "/thermometer/3303/0/5605", &Value::Null).code(), 404);
        assert_eq!(server.ask("POST", "/thermometer/3303/0/5700", &Value::Null).code(), 405);
        assert_eq!(server.ask("POST", "/thermometer/3/0/4", &Value::Null).code(), 204);
        let again = events.wait("REGISTRATION").data;
        assert_ne!(again["registrationId"], registration["registrationId"]);
        assert_eq!(server.read("/thermometer/3303/0/5750").value(), "boiler");
        drop(board);
    }
}

/// An image is registered, read, written, observed, executed and rebooted by `m2m lwm2m server`.
fn is_managed_by_our_own_server(image: &Path) {
    let arguments = ["lwm2m", "server", "--coap", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    let rest = ["--store", "memory", "--watch", "--json"];
    let mut server = Process::start(m2m(), &[&arguments[..], &rest].concat());
    let coap = until(&mut server, "listening")["coap"].as_str().unwrap().parse().unwrap();
    let http: SocketAddr = server.wait_line(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        line["uri"].as_str()?.strip_prefix("http://")?.trim_end_matches('/').parse().ok()
    });
    let ask = |method: &str, path: &str, body: &str| {
        let path = format!("/api/clients/thermometer{path}");
        let (status, answer) = request(http, method, &path, "application/json", body);
        (status, serde_json::from_str::<Value>(&answer).unwrap_or_default())
    };
    let value = |path: &str| ask("GET", path, "").1["values"][0]["value"].clone();

    let board = Board::start(image, coap);
    let registered = until(&mut server, "registered");
    assert_eq!(registered["endpoint"], "thermometer");
    until(&mut server, "discovered");
    assert_eq!(until(&mut server, "observed")["path"], "/3303/0/5700");
    for _ in 0..3 {
        assert_eq!(until(&mut server, "notified")["path"], "/3303/0/5700");
    }
    assert_eq!(value("/3/0/0"), "Example Instruments");
    assert_eq!(value("/3303/0/5750"), "boiler");
    assert_eq!(ask("PUT", "/3303/0/5750", r#"{"value":"kettle"}"#).0, 200);
    assert_eq!(value("/3303/0/5750"), "kettle");
    // What is only read is not written.
    assert_ne!(ask("PUT", "/3303/0/5700", r#"{"value":99}"#).0, 200);
    // It starts anew, and has forgotten what was written: nothing is stored.
    assert_eq!(ask("POST", "/3/0/4", "").0, 200);
    assert_eq!(until(&mut server, "registered")["endpoint"], "thermometer");
    assert_eq!(value("/3303/0/5750"), "boiler");
    drop(board);
}

#[test]
fn a_microcontroller_is_managed_by_our_own_server() {
    if m2m_interop::skipped() {
        return;
    }
    is_managed_by_our_own_server(&image(TARGETS[0]));
}

#[test]
fn a_microcontroller_in_rust_alone_is_managed_by_our_own_server() {
    if m2m_interop::skipped() {
        return;
    }
    for target in TARGETS {
        is_managed_by_our_own_server(&image_in_rust(target));
    }
}
