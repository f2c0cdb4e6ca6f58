//! `m2m lwm2m client` in all its ways: several servers, DTLS, bootstrap by our own bootstrap server,
//! a file, a prompt, a state that stays, many devices.
#![cfg(unix)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests of a program run on real sockets"
)]

mod common;

use common::{Running, run, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

const KEY: &str = "00112233445566778899aabbccddeeff";
const OTHER_KEY: &str = "ffeeddccbbaa99887766554433221100";

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("m2m-client-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.path(name)
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

fn server() -> (Running, String) {
    let server = Running::start(&["lwm2m", "server", "--coap", "127.0.0.1:0", "--json"]);
    let uri = format!("coap://{}", text(&server.until("listening"), "coap"));
    (server, uri)
}

/// A bootstrap server and where it is, by the order of its options.
fn boots(options: &[&str]) -> (Running, Vec<String>) {
    let mut arguments = vec!["lwm2m", "bootstrap-server", "--json"];
    arguments.extend(options);
    let running = Running::start(&arguments);
    let mut uris = Vec::new();
    loop {
        let event = running.next();
        match text(&event, "event") {
            "listening" => uris.push(text(&event, "uri").to_owned()),
            "ready" => return (running, uris),
            _ => panic!("{event}"),
        }
    }
}

fn client(options: &[&str]) -> Running {
    let mut arguments = vec!["lwm2m", "client", "--json"];
    arguments.extend(options);
    Running::start(&arguments)
}

fn outcome(boots: &Running) -> Value {
    boots.until("ended")
}

/// All that a command printed holds no key.
fn no_keys(lines: &[Value]) {
    for line in lines {
        let line = line.to_string().to_lowercase();
        assert!(!line.contains(KEY) && !line.contains(OTHER_KEY), "{line}");
    }
}

#[test]
fn two_servers_at_once() {
    let (one, first) = server();
    let (two, second) = server();
    let device = client(&["--server", &first, "--server", &second, "--endpoint", "both"]);
    assert_eq!(text(&one.until("registered"), "endpoint"), "both");
    assert_eq!(text(&two.until("registered"), "endpoint"), "both");
    let uris: BTreeSet<String> =
        (0..2).map(|_| text(&device.until("registered"), "server").to_owned()).collect();
    assert_eq!(uris, BTreeSet::from([first, second]));
    device.signal("TERM");
    let (rest, code, errors) = device.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let left = rest.iter().filter(|event| text(event, "event") == "deregistered").count();
    assert_eq!(left, 2);
}

#[test]
fn bootstrap_then_registration_and_a_state_that_stays() {
    let folder = Folder::new("boot");
    let (server, uri) = server();
    let config = format!(
        "[[configurations]]\npattern = \"dev-*\"\nread = [\"/1\"]\n\
         servers = [{{ uri = \"{uri}\", id = 101, lifetime = 99 }}]\n\
         [configurations.write]\n\"/3/0/14\" = \"+05:30\"\n"
    );
    let config = folder.write("boot.toml", &config);
    let (boots, uris) = boots(&["--coap", "127.0.0.1:0", "--config", &config]);
    let state = folder.path("state.json");
    let options = ["--bootstrap", &uris[0], "--endpoint", "dev-1", "--state", &state];
    let device = client(&options);
    assert_eq!(text(&device.until("bootstrapping"), "server"), uris[0]);
    device.until("bootstrapped");
    let registered = device.until("registered");
    assert_eq!((text(&registered, "server"), &registered["lifetime"]), (uri.as_str(), &99.into()));
    let registered = server.until("registered");
    assert_eq!((text(&registered, "endpoint"), &registered["lifetime"]), ("dev-1", &99.into()));
    // The bootstrap server tells each step.
    let started = boots.until("started");
    assert_eq!((text(&started, "endpoint"), &started["secure"]), ("dev-1", &false.into()));
    let steps: Vec<(String, String)> = std::iter::from_fn(|| {
        let event = boots.next();
        (text(&event, "event") == "answered")
            .then(|| (text(&event, "operation").to_owned(), text(&event, "code").to_owned()))
    })
    .collect();
    let steps: Vec<&str> = steps.iter().map(|(operation, _)| operation.as_str()).collect();
    let expected = ["discover", "delete", "delete", "write", "write", "write", "read", "finish"];
    assert_eq!(steps, expected);
    device.signal("TERM");
    assert_eq!(device.end().1, Some(0));
    // It begins with what it kept: nobody asks the bootstrap server.
    let again = client(&options);
    let registering = again.next();
    assert_eq!(text(&registering, "event"), "registering", "{registering}");
    assert_eq!(again.until("registered")["lifetime"], 99);
    again.signal("TERM");
    assert_eq!(again.end().1, Some(0));
    boots.signal("TERM");
    let (rest, ..) = boots.end();
    assert!(rest.iter().all(|event| text(event, "event") != "started"), "{rest:?}");
    // It belongs to one device, and a damaged one is told.
    let output = run(&[
        "lwm2m",
        "client",
        "--bootstrap",
        "coap://127.0.0.1",
        "--endpoint",
        "dev-2",
        "--state",
        &state,
    ]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && errors.contains("\"dev-1\""), "{errors}");
    std::fs::write(&state, "{").unwrap();
    let output = run(&[
        "lwm2m",
        "client",
        "--bootstrap",
        "coap://127.0.0.1",
        "--endpoint",
        "dev-1",
        "--state",
        &state,
    ]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && errors.contains("damaged"), "{errors}");
}

/// By DTLS with one key, to a server of ours with another one that the bootstrap server gives.
#[test]
fn bootstrap_by_dtls() {
    let folder = Folder::new("dtls");
    let (server, uri) = server();
    let config = format!(
        "[[credentials]]\nidentity = \"id-1\"\nkey = \"{KEY}\"\nendpoint = \"dev-1\"\n\
         [[configurations]]\nendpoint = \"dev-1\"\n\
         bootstrap = {{ uri = \"coaps://192.0.2.1\", psk = {{ identity = \"n\", key = \"{OTHER_KEY}\" }} }}\n\
         servers = [{{ uri = \"{uri}\", id = 7, lifetime = 60 }}]\n"
    );
    let config = folder.write("boot.toml", &config);
    let options = ["--coap", "127.0.0.1:0", "--coaps", "127.0.0.1:0", "--config", &config];
    let (boots, uris) = boots(&options);
    // Without DTLS, and under another name: refused.
    let device = client(&["--bootstrap", &uris[0], "--endpoint", "dev-1"]);
    assert!(text(&device.until("bootstrap_failed"), "reason").contains("4.00"));
    drop(device);
    assert_eq!(
        text(&boots.until("refused"), "reason"),
        "its configuration is for clients that show who they are"
    );
    let psk = format!("id-1:{KEY}");
    let device = client(&["--bootstrap", &uris[1], "--psk", &psk, "--endpoint", "dev-2"]);
    assert!(text(&device.until("bootstrap_failed"), "reason").contains("4.00"));
    drop(device);
    // As itself it gets its accounts.
    let device = client(&["--bootstrap", &uris[1], "--psk", &psk, "--endpoint", "dev-1"]);
    device.until("bootstrapped");
    device.until("registered");
    assert_eq!(text(&server.until("registered"), "endpoint"), "dev-1");
    let started = boots.until("started");
    assert_eq!(started["secure"], true);
    assert_eq!(text(&outcome(&boots), "outcome"), "finished");
    device.signal("TERM");
    boots.signal("TERM");
    for running in [device, boots] {
        let (rest, code, errors) = running.end();
        assert_eq!((code, errors.as_str()), (Some(0), ""));
        no_keys(&rest);
    }
}

#[test]
fn what_a_file_says_and_what_is_wrong_with_one() {
    let folder = Folder::new("file");
    let (server, uri) = server();
    let config = format!(
        "servers = [{{ uri = \"{uri}\", id = 55, lifetime = 45 }}]\n\
         [values]\n\"/3/0/0\" = \"ACME\"\n\"/3311/0/5850\" = true\n\"/3303/2/5701\" = \"K\"\n\
         [[moves]]\npath = \"/3303/2/5700\"\nlow = 290\nhigh = 300\nevery = 0.2\nperiod = 3\n"
    );
    let config = folder.write("device.toml", &config);
    let device = client(&["--config", &config, "--endpoint", "lamp"]);
    let registered = server.until("registered");
    assert_eq!(registered["lifetime"], 45);
    let objects = registered["objects"].to_string();
    assert!(objects.contains("/3311/0") && objects.contains("/3303/2"), "{objects}");
    assert!(!objects.contains("/3304"), "{objects}");
    // The server observes what moves.
    let mut seen = BTreeSet::new();
    while seen.len() < 3 {
        let notified = server.until("notified");
        assert_eq!(text(&notified, "path"), "/3303/2/5700");
        let value = notified["value"].as_f64().unwrap();
        assert!((290.0..=300.0).contains(&value), "{value}");
        seen.insert(notified["value"].to_string());
    }
    device.signal("TERM");
    assert_eq!(device.end().1, Some(0));
    for (text, words) in [
        ("servrs = []", "servrs"),
        ("servers = [{ uri = \"coap://a\", id = 1 }, { uri = \"coap://b\", id = 1 }]", "the id 1"),
        ("servers = [{ uri = \"coap://a\", id = 65535 }]", "1 to 65534"),
        ("servers = [{ uri = \"coaps://127.0.0.1\" }]", "--psk"),
        ("servers = [{ uri = \"coap+ws://127.0.0.1\" }]", "none of coap"),
        ("servers = [{ uri = \"what\" }]", "takes a URI"),
        ("[values]\n\"/3/0/0\" = \"x\"", "needs a server"),
        ("servers = [{ uri = \"coap://127.0.0.1\" }]\n[values]\n\"/3/0/0\" = 7", "type string"),
        ("servers = [{ uri = \"coap://127.0.0.1\" }]\n[values]\n\"/45678/0/0\" = 7", "/45678/0/0"),
        (
            "servers = [{ uri = \"coap://127.0.0.1\" }]\n[[moves]]\npath = \"/3/0/0\"\nlow = 1\nhigh = 2",
            "only a number",
        ),
        (
            "servers = [{ uri = \"coap://127.0.0.1\" }]\n[[moves]]\npath = \"/3/0/9\"\nlow = 3\nhigh = 2",
            "low is not above high",
        ),
        (
            "servers = [{ uri = \"coaps://127.0.0.1\", psk = { identity = \"i\", key = \"00zz00\" } }]",
            "hexadecimal",
        ),
    ] {
        let config = folder.write("wrong.toml", text);
        let output = run(&["lwm2m", "client", "--endpoint", "a", "--config", &config]);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}: {errors}");
        assert!(errors.contains(words) && !errors.contains("00zz"), "{text}: {errors}");
        assert!(errors.starts_with("m2m: ") && errors.lines().count() == 1, "{errors}");
    }
}

#[test]
fn many_devices_in_one_process() {
    let (server, uri) = server();
    let devices = client(&["--server", &uri, "--endpoint", "swarm", "--count", "20"]);
    let names: BTreeSet<String> =
        (0..20).map(|_| text(&server.until("registered"), "endpoint").to_owned()).collect();
    assert_eq!(names.len(), 20);
    assert!(names.contains("swarm-1") && names.contains("swarm-20"), "{names:?}");
    for _ in 0..20 {
        devices.until("registered");
    }
    devices.signal("TERM");
    let (rest, code, errors) = devices.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let left = rest.iter().filter(|event| text(event, "event") == "deregistered").count();
    assert_eq!(left, 20);
}

#[test]
fn a_prompt_takes_commands() {
    use std::io::Write;
    let (server, uri) = server();
    let arguments =
        ["lwm2m", "client", "--json", "--prompt", "--server", &uri, "--endpoint", "typed"];
    let mut command = common::m2m(&arguments);
    let (device, mut stdin) = Running::with_stdin(&mut command);
    device.until("registered");
    server.until("observed");
    let mut type_in = |line: &str| writeln!(stdin, "{line}").unwrap();
    type_in("set /3303/0/5700 33.5");
    let value = device.until("value");
    assert_eq!((text(&value, "path"), &value["value"]), ("/3303/0/5700", &33.5.into()));
    loop {
        let notified = server.until("notified");
        if text(&notified, "path") == "/3303/0/5700" && notified["value"] == 33.5 {
            break;
        }
    }
    type_in("get /3/0/0");
    let value = device.until("value");
    assert_eq!((text(&value, "path"), text(&value, "value")), ("/3/0/0", "m2m"));
    for (line, words) in [
        ("dance", "no command"),
        ("get /9999", "no value"),
        ("set /3303/0/5700 hot", "float"),
        ("set /3303/9/5700 1", "nothing is at this path"),
        ("bootstrap", "not allowed"),
    ] {
        type_in(line);
        let refused = device.until("refused");
        assert!(text(&refused, "reason").contains(words), "{line}: {refused}");
    }
    type_in("update");
    device.until("updated");
    server.until("updated");
    type_in("send /3303/0/5700 /3/0/0");
    device.until("sent");
    type_in("offline");
    device.until("offline");
    type_in("online");
    device.until("online");
    type_in("reboot");
    device.until("rebooting");
    device.until("registered");
    assert_eq!(server.until("registered")["again"], true);
    type_in("quit");
    let (rest, code, errors) = device.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(text(rest.last().unwrap(), "event"), "deregistered");
}

#[test]
fn queue_mode_in_every_version() {
    for version in ["1.0", "1.1", "1.2"] {
        let (server, uri) = server();
        let options = ["--server", &uri, "--endpoint", "sleeper", "--lwm2m", version];
        let device = client(&[&options[..], &["--queue-mode=2", "--interval", "60"]].concat());
        let registered = server.until("registered");
        assert_eq!(text(&registered, "endpoint"), "sleeper", "{version}");
        assert!(text(&registered, "binding").contains('Q'), "{version}: {registered}");
        device.until("registered");
        device.until("asleep");
        device.signal("TERM");
        assert_eq!(device.end().1, Some(0));
    }
}

/// A server that observes something is told of everything anew; one that does not only hears that the
/// device is still there.
#[test]
fn a_registration_survives_a_crash() {
    let folder = Folder::new("crash");
    let state = folder.path("state.json");
    // Without --watch it observes nothing, and tells nothing.
    let options = ["--coap", "127.0.0.1:0", "--http", "127.0.0.1:0", "--store", "memory"];
    let server = Running::start(&[&["lwm2m", "server", "--json"][..], &options].concat());
    let uri = text(&server.until("listening"), "uri").to_owned();
    let options = ["--server", &uri, "--endpoint", "phoenix", "--state", &state];
    let device = client(&options);
    device.until("registered");
    // What it kept is on the disk before it measures the next time.
    for _ in 0..4 {
        device.until("measured");
    }
    device.signal("KILL");
    drop(device);
    let survivor = client(&options);
    loop {
        let event = survivor.next();
        match text(&event, "event") {
            "updated" => break,
            "registered" => panic!("{event}"),
            _ => {}
        }
    }
    survivor.signal("TERM");
    assert_eq!(survivor.end().1, Some(0));
    // Only its owner can read it.
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn nobody_listens_on_tcp() {
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("coap+tcp://{}", listener.local_addr().unwrap());
    drop(listener);
    let output = run(&["lwm2m", "client", "--server", &uri, "--endpoint", "wired"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("nothing listens there"), "{errors}");
}
