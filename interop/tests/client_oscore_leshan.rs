//! The client command under OSCORE (RFC 8613, Transport 1.2 section 5.5) at Leshan's server and
//! bootstrap server.
#![allow(
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::leshan::oscore_server;
use m2m_interop::peers::m2m;
use m2m_interop::process::{Process, Scratch};
use serde_json::{Value, json};

const SECRET: &str = "11223344556677889900aabbccddeeff";
const OTHER: &str = "ffeeddccbbaa99887766554433221100";

/// The next JSON line with this event.
fn until(command: &mut Process, event: &str) -> Value {
    command.wait_line(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        (value["event"] == event).then_some(value)
    })
}

/// A context as the client sees it, in a file.
fn context(scratch: &Scratch, name: &str, sender: &str, secret: &str) -> String {
    let file = scratch.file(name);
    let context = json!({"master_secret": secret, "sender_id": sender, "recipient_id": "5e"});
    std::fs::write(&file, context.to_string()).unwrap();
    file
}

/// A Leshan program that knows the client, and its URI.
fn leshan(what: &str, sender: &str) -> (Process, String) {
    let mut server = oscore_server(what);
    let port = server.wait_start("READY");
    // What the client sends with is what the server receives with.
    say(&mut server, &format!("know device 5e {sender} {SECRET}"));
    say(&mut server, &format!("know stranger 5e c2 {SECRET}"));
    (server, format!("coap://127.0.0.1:{port}"))
}

fn say(server: &mut Process, line: &str) {
    server.send_line(line);
    server.wait_start("OK");
}

/// One operation; its code and what came.
fn ask(server: &mut Process, line: &str) -> String {
    server.send_line(line);
    server.wait_start("CODE")
}

/// Registers, is read, written, executed, observed, tells what it measures, updates, leaves; registers again behind the
/// sequence numbers that it has used, and is not let in with another secret. To a request after that it
/// answers with Echo (RFC 8613, B.1.2), which Californium does not know: it is not managed then.
#[test]
fn transport_5_5_our_client_leshan_server() {
    if m2m_interop::skipped() {
        return;
    }
    let (mut server, uri) = leshan("server", "c1");
    let scratch = Scratch::new();
    let wrong = context(&scratch, "wrong.json", "c2", OTHER);
    let right = context(&scratch, "right.json", "c1", SECRET);
    let client = |name: &str, file: &str| {
        let options = ["--server", &uri, "--endpoint", name, "--oscore", file];
        let more = ["--interval", "2", "--prompt", "--json"];
        Process::start(m2m(), &[&["lwm2m", "client"][..], &options, &more].concat())
    };
    let mut stranger = client("stranger", &wrong);
    until(&mut stranger, "registration_failed");
    drop(stranger);

    let mut device = client("device", &right);
    until(&mut device, "registered");
    let registered = server.wait_start("REGISTERED device");
    assert!(registered.contains("oscore"), "{registered}");
    assert_eq!(ask(&mut server, "read device /3/0/15"), "CONTENT(205) Etc/UTC");
    let written = ask(&mut server, "write device /3303/0/5750 roof");
    assert!(written.starts_with("CHANGED(204)"), "{written}");
    assert_eq!(until(&mut device, "written")["value"], "roof");
    let executed = ask(&mut server, "execute device /3303/0/5605");
    assert!(executed.starts_with("CHANGED(204)"), "{executed}");
    let observed = ask(&mut server, "observe device /3303/0/5700");
    assert!(observed.starts_with("CONTENT(205)"), "{observed}");
    for _ in 0..2 {
        let told = server.wait_start("NOTIFIED device");
        assert!(told.trim().parse::<f64>().is_ok(), "{told}");
    }
    device.send_line("update");
    server.wait_start("UPDATED device");
    // A long answer goes in blocks, each protected.
    let whole = ask(&mut server, "read device /3");
    assert!(whole.starts_with("CONTENT(205)"), "{whole}");
    device.send_line("quit");
    server.wait_start("GONE device");
    drop(device);

    // Its numbers are not used twice, though it was killed.
    for _ in 0..2 {
        let mut again = client("device", &right);
        until(&mut again, "registered");
        server.wait_start("REGISTERED device");
    }
}

/// A bootstrap under OSCORE that brings an account under OSCORE with keys of its own.
#[test]
fn transport_5_5_our_client_leshan_bootstrap_server() {
    if m2m_interop::skipped() {
        return;
    }
    let (mut server, uri) = leshan("server", "c7");
    let (mut boots, boot_uri) = leshan("bootstrap", "c1");
    say(&mut boots, &format!("account device {uri} 101 c7 5e {SECRET}"));
    let scratch = Scratch::new();
    let keys = context(&scratch, "boot.json", "c1", SECRET);
    let state = scratch.file("state.json");
    let options = ["--bootstrap", &boot_uri, "--endpoint", "device", "--oscore", &keys];
    let more = ["--state", &state, "--prompt", "--json"];
    let arguments = [&["lwm2m", "client"][..], &options, &more].concat();
    let mut device = Process::start(m2m(), &arguments);
    boots.wait_start("ASKED device");
    boots.wait_start("DONE device");
    until(&mut device, "bootstrapped");
    until(&mut device, "registered");
    server.wait_start("REGISTERED device");
    assert_eq!(ask(&mut server, "read device /3/0/15"), "CONTENT(205) Etc/UTC");
    drop(device);
    // After a restart it goes on without a bootstrap, and behind the numbers that it used.
    let mut device = Process::start(m2m(), &arguments);
    server.wait_line(|said| {
        (said.starts_with("UPDATED device") || said.starts_with("REGISTERED device")).then_some(())
    });
    device.send_line("quit");
    server.wait_start("GONE device");
}
