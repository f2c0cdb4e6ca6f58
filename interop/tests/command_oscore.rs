//! The `m2m` command under OSCORE against aiocoap, in both roles, started as a user would.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::peers::{aiocoap_oscore, aiocoap_oscore_server, m2m};
use m2m_interop::process::{Process, Scratch, run};
use serde_json::{Value, json};

/// How long anything may take, in seconds.
const LONG: u64 = 120;

/// Writes one of the plugtest's contexts as the command takes it.
fn context(folder: &Scratch, name: &str, sender: &str, recipient: &str, more: Value) -> String {
    let mut value = json!({
        "master_secret": "0102030405060708090a0b0c0d0e0f10",
        "master_salt": "9e7ca92223786340",
        "sender_id": sender,
        "recipient_id": recipient,
    });
    if let (Some(members), Value::Object(more)) = (value.as_object_mut(), more) {
        members.extend(more);
    }
    let file = folder.file(name);
    std::fs::write(&file, value.to_string()).unwrap();
    file
}

fn with_id_context() -> Value {
    json!({"id_context": "37cbf3210017a2d3"})
}

#[test]
fn our_command_asks_aiocoap() {
    if m2m_interop::skipped() {
        return;
    }
    let folder = Scratch::new();
    let server = aiocoap_oscore_server(&folder.file("state"), &[]);
    let a = context(&folder, "a.json", "", "01", Value::Null);
    let c = context(&folder, "c.json", "", "01", with_id_context());
    let ask = |method: &str, path: &str, more: &[&str]| {
        let uri = format!("coap://{}/oscore/{path}", server.address);
        run(LONG, m2m(), &[&["coap", method, &uri], more].concat())
    };
    // Each is a process of its own: the numbers go on from one to the next.
    for file in [&a, &c, &a] {
        let hello = ask("get", "hello/1", &["--oscore", file, "--json"]);
        let hello: Value = serde_json::from_slice(&hello.stdout).unwrap();
        assert_eq!(
            (&hello["payload"], &hello["protected"]),
            (&json!("Hello World!"), &json!(true))
        );
    }
    let put = ask("put", "hello/7", &["z", "-O", "If-Match=7b", "--oscore", &a]);
    assert!(put.status.success(), "{}", put.stderr);
    let body = "large ".repeat(1000);
    assert!(ask("put", "large", &[&body, "--oscore", &a]).status.success());
    assert_eq!(ask("get", "large", &["--oscore", &a]).stdout, body.as_bytes());
    let states = ask("observe", "observe1", &["--oscore", &a, "--raw"]);
    assert_eq!(states.stdout, b"one\ntwo\n", "{}", states.stderr);
    assert!(states.stderr.contains("5.00"), "{}", states.stderr);
    // What is wrong is told, and by whom.
    let refused = ask("get", "hello/1", &[]);
    assert_eq!((refused.status.code(), refused.stderr.contains("4.01")), (Some(4), true));
    let other = context(&folder, "other.json", "07", "01", Value::Null);
    let refused = ask("get", "hello/1", &["--oscore", &other]);
    assert!(refused.stderr.contains("refused, without protection: 4.01"), "{}", refused.stderr);
}

/// Its client asks our server, which is killed and started again in between.
#[test]
fn aiocoap_asks_our_command() {
    if m2m_interop::skipped() {
        return;
    }
    let folder = Scratch::new();
    let state = folder.file("state");
    let b = context(&folder, "b.json", "01", "", Value::Null);
    let d = context(&folder, "d.json", "01", "", with_id_context());
    for round in 0..2 {
        let under = ["--oscore", &b, "--oscore", &d, "--oscore-only"];
        let arguments = [&["coap", "serve", "--json", "--bind", "127.0.0.1:0"], &under[..]];
        let mut server = Process::start(m2m(), &arguments.concat());
        let address = server.wait_line(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            line["uri"].as_str()?.strip_prefix("coap://")?.parse().ok()
        });
        let ask = |test: &str| aiocoap_oscore(address, test, &state);
        let code = |test: &str| ask(test)[0]["code"].clone();
        assert_eq!(code("store-put"), "2.01", "round {round}");
        let hex: String = b"from aiocoap".iter().map(|byte| format!("{byte:02x}")).collect();
        for test in ["store-get", "store-get-c"] {
            let got = ask(test);
            assert_eq!((&got[0]["code"], &got[0]["payload"]), (&json!("2.05"), &json!(hex)));
            assert_eq!(got[0]["protected"], true);
        }
        assert_eq!(ask("store-large")[0]["payload"].as_str().map(str::len), Some(20_000));
        let bare = ask("store-bare");
        assert_eq!((&bare[0]["code"], &bare[0]["protected"]), (&json!("4.01"), &json!(false)));
    }
}
