//! `m2m coap`: the client and the server, each as a process of its own, over each transport.
#![cfg(unix)]
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests of a program run on real sockets"
)]

mod common;

use common::{Running, m2m, parse, text};
use serde_json::Value;
use std::io::Write;
use std::net::UdpSocket;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What every client of a coaps server says, and the server.
const PSK: [&str; 2] = ["--psk", "garden:00112233445566778899aabbccddeeff"];

/// Files with a certificate for 127.0.0.1 and its key. They are left to the system's tidiness.
fn certificate() -> [&'static str; 2] {
    static FILES: std::sync::OnceLock<[String; 2]> = std::sync::OnceLock::new();
    let [cert, key] = FILES.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let folder = std::env::temp_dir().join(format!("m2m-coap-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        [("cert.pem", made.cert.pem()), ("key.pem", made.signing_key.serialize_pem())].map(
            |(name, text)| {
                let file = folder.join(name);
                std::fs::write(&file, text).unwrap();
                file.into_os_string().into_string().unwrap()
            },
        )
    });
    [cert, key]
}

/// A server, the URI it listens on, and what its clients have to say in addition.
struct Server {
    running: Running,
    uri: String,
    more: Vec<&'static str>,
}

/// How a program ended, and what it said.
struct Ended {
    code: Option<i32>,
    out: Vec<u8>,
    errors: String,
}

impl Ended {
    fn text(&self) -> &str {
        core::str::from_utf8(&self.out).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(parse).collect()
    }
}

impl Server {
    fn start(door: &str, more: &[&'static str]) -> Server {
        let arguments = [&["coap", "serve", door, "127.0.0.1:0", "--json"], more].concat();
        let running = Running::start(&arguments);
        let first = running.next();
        assert_eq!(text(&first, "event"), "listening");
        let uri = text(&first, "uri").to_owned();
        Server { running, uri, more: more.to_vec() }
    }

    /// One that shows a certificate of its own.
    fn certified(door: &str) -> Server {
        let [cert, key] = certificate();
        let mut server = Server::start(door, &["--cert", cert, "--key", key]);
        server.more = vec!["--ca", cert];
        server
    }

    /// One for each transport.
    fn each() -> Vec<Server> {
        vec![
            Server::start("--bind", &[]),
            Server::start("--coaps", &PSK),
            Server::start("--tcp", &[]),
            Server::certified("--tls"),
            Server::start("--ws", &[]),
            Server::certified("--wss"),
        ]
    }

    /// Messages travel in datagrams.
    fn is_datagram(&self) -> bool {
        ["coap", "coaps"].contains(&self.uri.split(':').next().unwrap())
    }

    fn command(&self, method: &str, path: &str, arguments: &[&str]) -> std::process::Command {
        let uri = format!("{}{path}", self.uri);
        m2m(&[&["coap", method, &uri], arguments, &self.more].concat())
    }

    fn ask(&self, method: &str, path: &str, arguments: &[&str]) -> Ended {
        let output = self.command(method, path, arguments).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        Ended { code: output.status.code(), out: output.stdout, errors }
    }

    /// It went well and printed this.
    fn gives(&self, method: &str, path: &str, arguments: &[&str], out: &str) {
        let ended = self.ask(method, path, arguments);
        let told = (ended.code, ended.text(), ended.errors.as_str());
        assert_eq!(told, (Some(0), out, ""), "{} {method} {path}", self.uri);
    }

    /// It was refused with this sentence.
    fn refuses(&self, method: &str, path: &str, arguments: &[&str], code: i32, words: &str) {
        let ended = self.ask(method, path, arguments);
        assert_eq!(ended.code, Some(code), "{} {method} {path}: {}", self.uri, ended.errors);
        assert!(ended.errors.starts_with(&format!("m2m: {words}")), "{}", ended.errors);
        assert_eq!(ended.errors.lines().count(), 1, "{}", ended.errors);
        assert_eq!(ended.text(), "");
    }
}

#[test]
fn the_store_over_each_transport() {
    for server in Server::each() {
        server.refuses("get", "/store/a", &[], 4, "4.04 Not Found");
        server.gives("put", "/store/a", &["first", "-c", "text"], "");
        server.gives("get", "/store/a", &[], "first");
        server.gives("put", "/store/a", &["second", "--pretty"], "2.04 Changed\n");
        server.gives("get", "/store/a", &["--non"], "second");
        server.gives("post", "/store", &["x", "--pretty"], "2.01 Created  /store/1\n");
        server.gives("get", "/store", &[], "/store/1\n/store/a\n");
        server.gives("delete", "/store/a", &[], "");
        server.refuses("get", "/store/a", &[], 4, "4.04 Not Found");
        server.refuses("fetch", "/store/1", &["x"], 4, "4.05 Method Not Allowed");
        server.refuses("get", "/", &["-O", "65001=00"], 4, "4.02 Bad Option");
        server.running.signal("INT");
        let (_, code, errors) = server.running.end();
        assert_eq!((code, errors.as_str()), (Some(0), ""));
    }
}

#[test]
fn bodies_in_blocks_from_files_and_standard_input() {
    let folder = std::env::temp_dir().join(format!("m2m-coap-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name).into_os_string().into_string().unwrap();
    let body: Vec<u8> = (0..251u8).cycle().take(30_000).collect();
    std::fs::write(file("body"), &body).unwrap();
    for server in Server::each() {
        for size in ["64", "1024"] {
            server.gives("put", "/store/b", &["-f", &file("body"), "-b", size], "");
            server.gives("get", "/store/b", &["-o", &file("back"), "-b", size], "");
            assert_eq!(std::fs::read(file("back")).unwrap(), body);
        }
        assert_eq!(server.ask("get", "/store/b", &[]).out, body);
        let mut put =
            server.command("put", "/store/c", &["-"]).stdin(Stdio::piped()).spawn().unwrap();
        put.stdin.take().unwrap().write_all(&body[..5000]).unwrap();
        assert!(put.wait().unwrap().success());
        assert_eq!(server.ask("get", "/store/c", &["--raw"]).out, body[..5000]);
        let large = server.ask("get", "/large", &[]).out;
        assert_eq!(large.len(), 10_000);
        // One of them alone.
        for (number, range) in [("0", 0..64), ("7", 448..512), ("156", 9984..10_000)] {
            let block = server.ask("get", "/large", &["--block", number, "-b", "64"]);
            assert_eq!(block.out, large[range], "{}", block.errors);
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn conditions_tags_and_formats() {
    let server = Server::start("--bind", &[]);
    server.gives("put", "/store/j", &[r#"{"a":1}"#, "-c", "json", "-O", "If-None-Match"], "");
    server.refuses("put", "/store/j", &["x", "-O", "If-None-Match"], 4, "4.12");
    server.gives("get", "/store/j", &["-a", "application/json", "--pretty"], "{\n  \"a\": 1\n}\n");
    server.refuses("get", "/store/j", &["-a", "60"], 4, "4.06");
    let first = server.ask("get", "/store/j", &["--json"]).lines().remove(0);
    assert_eq!((text(&first, "event"), text(&first, "code")), ("response", "2.05"));
    assert_eq!(text(&first, "content_format"), "application/json");
    assert_eq!(text(&first, "payload"), r#"{"a":1}"#);
    let etag = first["options"]["ETag"][0].as_str().unwrap().to_owned();
    let same = format!("ETag={etag}");
    server.gives("get", "/store/j", &["-O", &same, "--pretty"], "2.03 Valid\n");
    server.refuses("put", "/store/j", &["x", "-O", "If-Match=0011"], 4, "4.12");
    let fits = format!("If-Match={etag}");
    server.gives("patch", "/store/j", &[r#"{"b":2}"#, "-c", "merge-patch", "-O", &fits], "");
    server.gives("ipatch", "/store/j", &[r#"{"a":null}"#, "-c", "merge-patch"], "");
    server.gives("get", "/store/j", &[], r#"{"b":2}"#);
    server.refuses("ipatch", "/store/j", &["{}", "-c", "json"], 4, "4.15");
    server.gives("put", "/store/cbor", &["-c", "cbor", "-f", "/dev/null"], "");
    let bytes = server.ask("get", "/store/cbor", &["--json"]).lines().remove(0);
    assert_eq!(text(&bytes, "payload"), "");
}

#[test]
fn links_and_filters() {
    for server in Server::each() {
        server.gives("put", "/store/a%20b", &["x", "-c", "text"], "");
        let all = server.ask("discover", "", &["--json"]).lines();
        let targets: Vec<&str> = all.iter().map(|link| text(link, "target")).collect();
        for target in ["/", "/time", "/large", "/separate", "/store", "/store/a%20b"] {
            assert!(targets.contains(&target), "{targets:?}");
        }
        let clock = server.ask("discover", "", &["rt=clock"]);
        let words = "/time  ct=text/plain;charset=utf-8  obs  rt=clock  title=\"The time\"\n";
        assert_eq!(clock.text(), words);
        assert_eq!(server.ask("discover", "", &["href=/sto*", "--json"]).lines().len(), 2);
        assert_eq!(server.ask("discover", "?title=None", &["--json"]).text(), "");
        let raw = server.ask("get", "/.well-known/core?rt=clock", &[]);
        assert_eq!(raw.text(), "</time>;ct=0;obs;rt=\"clock\";title=\"The time\"");
    }
}

#[test]
fn observations_end_by_count_by_time_and_by_the_user() {
    for server in Server::each() {
        let states = server.ask("observe", "/time", &["-n", "3"]);
        assert_eq!(states.code, Some(0), "{}", states.errors);
        let lines: Vec<&str> = states.text().lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.is_sorted() && lines.iter().all(|l| l.ends_with('Z')), "{lines:?}");
        let begun = Instant::now();
        let states = server.ask("observe", "/time", &["--duration", "2.5", "--json"]).lines();
        assert!((2..=4).contains(&states.len()), "{states:?}");
        assert!(begun.elapsed() > Duration::from_millis(2400));
        assert!(states.iter().all(|s| text(s, "event") == "notification"));

        server.gives("put", "/store/o", &["one"], "");
        let uri = format!("{}/store/o", server.uri);
        let watch = [&["coap", "observe", &uri, "--json"], &server.more[..]].concat();
        let watching = Running::start(&watch);
        assert_eq!(text(&watching.next(), "payload"), "one");
        server.gives("put", "/store/o", &["two"], "");
        assert_eq!(text(&watching.next(), "payload"), "two");
        watching.signal("INT");
        let (rest, code, errors) = watching.end();
        assert_eq!((rest.len(), code, errors.as_str()), (0, Some(0), ""));
        // The last word of a resource that is deleted ends the observation.
        let watching = Running::start(&watch);
        assert_eq!(text(&watching.next(), "payload"), "two");
        server.gives("delete", "/store/o", &[], "");
        assert_eq!(text(&watching.next(), "code"), "4.04");
        let (_, code, errors) = watching.end();
        assert_eq!((code, errors.as_str()), (Some(4), "m2m: 4.04 Not Found\n"));
    }
}

#[test]
fn what_cannot_be_observed_is_shown_once() {
    let server = Server::start("--bind", &[]);
    let once = server.ask("observe", "/large", &[]);
    assert_eq!((once.code, once.out.len()), (Some(0), 10_000));
    assert!(once.errors.contains("does not let this be observed"), "{}", once.errors);
}

#[test]
fn separate_answers_and_patience() {
    for server in Server::each() {
        let begun = Instant::now();
        server.gives("get", "/separate", &[], "That took three seconds.\n");
        assert!(begun.elapsed() >= Duration::from_secs(3));
        server.refuses(
            "get",
            "/separate",
            &["-t", "0.5"],
            3,
            &format!("{}/separate: no", server.uri),
        );
    }
}

#[test]
fn pings_are_timed() {
    for server in Server::each() {
        let pings = server.ask("ping", "", &["-n", "3", "-i", "0.01", "--json"]).lines();
        let events: Vec<&str> = pings.iter().map(|p| text(p, "event")).collect();
        assert_eq!(events, ["pong", "pong", "pong", "summary"]);
        let (least, most) = (&pings[3]["min_ms"], &pings[3]["max_ms"]);
        assert!(least.as_f64().unwrap() > 0.0 && least.as_f64() <= most.as_f64());
        let words = server.ask("ping", "", &["-n", "1"]);
        assert!(words.text().contains(" answers after ") && words.code == Some(0));
    }
    // Somebody who listens and says nothing.
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let uri = format!("coap://{}", silent.local_addr().unwrap());
    let output = m2m(&["coap", "ping", &uri, "-n", "1", "-t", "0.2", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        text(
            &parse(core::str::from_utf8(&output.stdout).unwrap().lines().next().unwrap()),
            "event"
        ),
        "silence"
    );
}

#[test]
fn every_message_is_shown_decoded_with_v() {
    for server in Server::each() {
        let lines = server.ask("get", "/time?a=b", &["-v", "--json", "-a", "text"]).lines();
        let events: Vec<&str> = lines.iter().map(|l| text(l, "event")).collect();
        assert_eq!(events.last(), Some(&"response"));
        // Over a connection both say first what they can.
        let requests = lines.iter().filter(|l| l["code"].as_str().is_some_and(|c| c < "7"));
        let lines: Vec<&Value> = requests.collect();
        assert_eq!(lines.len(), 3, "{events:?}");
        let csm = events.len() - lines.len();
        assert_eq!(csm, if server.is_datagram() { 0 } else { 2 }, "{events:?}");
        assert_eq!((text(lines[0], "code"), text(lines[0], "path")), ("0.01", "/time"));
        assert_eq!(lines[0]["options"], serde_json::json!(["a=b", "accepts text"]));
        assert_eq!((text(lines[1], "code"), text(lines[1], "path")), ("2.05", "/time"));
        assert_eq!(lines[0]["token"], lines[1]["token"]);
        // In words it goes to standard error and the payload stays alone.
        let words = server.ask("get", "/store", &["-v"]);
        let count = if server.is_datagram() { 2 } else { 4 };
        assert_eq!((words.text(), words.errors.lines().count()), ("", count), "{}", words.errors);
    }
}

#[test]
fn whom_nobody_answers() {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (arguments, code, words) in [
        (&["get", "coap://127.0.0.1:PORT/"][..], 3, "nothing listens there"),
        (&["get", "coaps://127.0.0.1:PORT/", PSK[0], PSK[1]], 3, "nothing listens there"),
        (&["get", "coaps://127.0.0.1:PORT/"], 1, "--psk"),
        (&["get", "coap+tcp://127.0.0.1:PORT/"], 3, "nothing listens there"),
        (&["get", "coap+ws://127.0.0.1:PORT/"], 3, "nothing listens there"),
        (&["get", "coaps+tcp://127.0.0.1:PORT/", "--ca", "/nonexistent/file"], 1, "/nonexistent"),
        (&["get", "coap://nobody.invalid/"], 1, "nobody.invalid"),
        (&["put", "coap://127.0.0.1:PORT/", "-f", "/nonexistent/file"], 1, "/nonexistent/file"),
        (&["get", "http://127.0.0.1/"], 2, "coap+tcp"),
        (&["get", "coap://127.0.0.1/#a"], 2, "fragment"),
        (&["get", "coap://127.0.0.1/", "-b", "100"], 2, "1024"),
        (&["get", "coap://127.0.0.1/", "-a", "jsn"], 2, "json"),
        (&["get", "coap://127.0.0.1/", "-O", "Block2=0"], 2, "Block2"),
        (&["get", "coap://127.0.0.1/", "--psk", "x"], 2, "identity"),
        (&["serve", "--coaps", "127.0.0.1:0"], 2, "--psk"),
        (&["serve", "--tls", "127.0.0.1:0"], 2, "--cert"),
    ] {
        let arguments: Vec<String> =
            arguments.iter().map(|a| a.replace("PORT", &port.to_string())).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = m2m(&[&["coap"], &arguments[..]].concat()).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {errors}");
        assert!(errors.contains(words), "{arguments:?} {errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}

#[test]
fn a_wrong_key_gets_no_answer_and_the_right_one_does_after_it() {
    let server = Server::start("--coaps", &PSK);
    let wrong = ["coap", "get", &server.uri, "--psk", "garden:ffff", "-t", "2"];
    let output = m2m(&wrong).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    server.gives("get", "/store", &[], "");
}

#[test]
fn names_become_uri_host_and_several_doors_lead_to_one_store() {
    let arguments = ["coap", "serve", "--json", "--bind", "127.0.0.1:0", "--bind", "127.0.0.1:0"];
    let running = Running::start(&[&arguments, &["--coaps", "127.0.0.1:0"][..], &PSK].concat());
    let uris: Vec<String> = (0..3).map(|_| text(&running.next(), "uri").to_owned()).collect();
    assert!(uris[2].starts_with("coaps://"));
    let port = uris[0].rsplit(':').next().unwrap();
    let named = format!("coap://LocalHost:{port}/store/x");
    let output = m2m(&["coap", "put", &named, "shared", "-v"]).output().unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    assert!(messages.contains("Uri-Host=localhost"), "{messages}");
    for (uri, more) in [(&uris[1], &[][..]), (&uris[2], &PSK[..])] {
        let uri = format!("{uri}/store/x");
        let output = m2m(&[&["coap", "get", &uri], more].concat()).output().unwrap();
        assert_eq!(output.stdout, b"shared");
    }
}

#[test]
fn a_certificate_of_nobody_we_trust_is_refused() {
    let server = Server::certified("--tls");
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let file = std::env::temp_dir().join(format!("m2m-coap-other-{}.pem", std::process::id()));
    std::fs::write(&file, other.cert.pem()).unwrap();
    let output =
        m2m(&["coap", "get", &server.uri, "--ca", file.to_str().unwrap()]).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("certificate"), "{errors}");
    server.gives("get", "/store", &[], "");
}

#[test]
fn a_connection_that_ends_and_one_that_is_abused() {
    use std::io::Read;
    use std::net::TcpStream;
    let server = Server::start("--tcp", &[]);
    let address = server.uri.strip_prefix("coap+tcp://").unwrap();
    // A message before the CSM is answered with an Abort (7.05) and the end of the connection.
    let mut rude = TcpStream::connect(address).unwrap();
    rude.set_read_timeout(Some(common::LONG)).unwrap();
    rude.write_all(&[0x01, 0x01, 0x7f]).unwrap();
    let mut said = Vec::new();
    rude.read_to_end(&mut said).unwrap();
    assert!(said.contains(&0xe5), "{said:02x?}");
    // Many that say nothing do not keep others out for long.
    let idle: Vec<TcpStream> = (0..50).map(|_| TcpStream::connect(address).unwrap()).collect();
    server.gives("get", "/store", &[], "");
    drop(idle);
    // The end of the server is the end of what its clients wait for.
    let uri = format!("{}/separate", server.uri);
    let mut asking = m2m(&["coap", "get", &uri]).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    server.running.signal("INT");
    assert_eq!(asking.wait().unwrap().code(), Some(3));
}
