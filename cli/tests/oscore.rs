//! `m2m coap` under OSCORE (RFC 8613), and with a chosen token: the client and the server, each as
//! a process of its own.
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

use coap_core::oscore::OscoreOption;
use coap_core::{Message, OptionNumber};
use common::{LONG, Running, m2m, parse, text};
use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Output, Stdio};

const SECRET: &str = "0102030405060708090a0b0c0d0e0f10";
const PSK: [&str; 2] = ["--psk", "garden:00112233445566778899aabbccddeeff"];

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("m2m-oscore-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).into_os_string().into_string().unwrap()
    }

    /// Writes a security context.
    fn context(&self, name: &str, ids: [&str; 2], more: &str) -> String {
        let [sender, recipient] = ids;
        let text = format!(
            r#"{{"master_secret":"{SECRET}","master_salt":"9e7ca92223786340",
                "sender_id":"{sender}","recipient_id":"{recipient}"{more}}}"#
        );
        std::fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }

    /// Those of a client and of a server.
    fn pair(&self, more: &str) -> [String; 2] {
        [
            self.context("client.json", ["", "01"], more),
            self.context("server.json", ["01", ""], more),
        ]
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn serve(arguments: &[&str]) -> (Running, String) {
    let running = Running::start(&[&["coap", "serve", "--json"], arguments].concat());
    let uri = text(&running.until("listening"), "uri").to_owned();
    (running, uri)
}

fn ask(method: &str, uri: &str, arguments: &[&str]) -> Output {
    let output = m2m(&[&["coap", method, uri], arguments].concat()).output().unwrap();
    for out in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(out).contains(SECRET), "a secret was told");
    }
    output
}

#[track_caller]
fn gives(method: &str, uri: &str, arguments: &[&str], out: &str) {
    let output = ask(method, uri, arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), errors.as_str()), (Some(0), ""), "{method} {uri}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), out);
}

#[track_caller]
fn refuses(method: &str, uri: &str, arguments: &[&str], code: i32, words: &str) {
    let output = ask(method, uri, arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{errors}");
    assert!(errors.contains(words), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

#[test]
fn everything_goes_protected_over_each_transport() {
    for (n, (door, more)) in
        [("--bind", &[][..]), ("--coaps", &PSK), ("--tcp", &[]), ("--ws", &[])].iter().enumerate()
    {
        let folder = Folder::new(&format!("each{n}"));
        let [client, server] = folder.pair("");
        let only = ["--oscore", &server, "--oscore-only"];
        let (running, uri) = serve(&[&[door, "127.0.0.1:0"], &only[..], more].concat());
        let own = [&["--oscore", &client][..], more].concat();
        let (store, large) = (format!("{uri}/store/a"), format!("{uri}/large"));
        gives("put", &store, &[&["one"], &own[..]].concat(), "");
        gives("get", &store, &own, "one");
        let body = "long ".repeat(2000);
        gives("put", &store, &[&[body.as_str()], &own[..]].concat(), "");
        gives("get", &store, &own, &body);
        gives("post", &format!("{uri}/store"), &[&["new"], &own[..]].concat(), "");
        gives("delete", &store, &own, "");
        assert_eq!(ask("get", &large, &own).stdout.len(), 10_000);
        refuses("get", &store, &own, 4, "m2m: 4.04 Not Found");
        let told = ask("get", &large, &[&own[..], &["--json"]].concat());
        let told = parse(core::str::from_utf8(&told.stdout).unwrap().trim_end());
        assert_eq!(told["protected"], true);
        let states = ask("observe", &format!("{uri}/time"), &[&own[..], &["-n", "2"]].concat());
        assert_eq!(String::from_utf8(states.stdout).unwrap().lines().count(), 2);
        let links = ask("discover", &uri, &[&own[..], &["rt=clock", "--raw"]].concat());
        assert!(links.stdout.starts_with(b"</time>"));
        // Without protection nothing is to be had.
        refuses("get", &large, more, 4, "m2m: 4.01 Unauthorized");
        refuses("put", &store, &[&["x"], *more].concat(), 4, "m2m: 4.01 Unauthorized");
        // Another key: what comes back cannot be protected.
        let wrong = folder.context("wrong.json", ["", "01"], r#","id_context":"37cbf3""#);
        let wrong = [&["--oscore", wrong.as_str()], *more].concat();
        let words = "/large: refused, without protection: 4.01 Unauthorized: Security context not";
        refuses("get", &large, &wrong, 4, words);
        drop(running);
    }
}

#[test]
fn each_algorithm_and_a_server_with_several_contexts() {
    let folder = Folder::new("algorithms");
    let (mut clients, mut servers) = (Vec::new(), Vec::new());
    for (n, name) in [
        "AES-CCM-16-64-128",
        "AES-CCM-16-64-256",
        "AES-CCM-64-128-128",
        "A256GCM",
        "ChaCha20/Poly1305",
    ]
    .iter()
    .enumerate()
    {
        let more = format!(r#","algorithm":"{name}","hkdf":"SHA-256","id_context":"0{n}""#);
        clients.push(folder.context(&format!("client{n}"), ["", "01"], &more));
        servers.push(folder.context(&format!("server{n}"), ["01", ""], &more));
    }
    let mut arguments = vec!["--bind", "127.0.0.1:0"];
    arguments.extend(servers.iter().flat_map(|file| ["--oscore", file]));
    let (_running, uri) = serve(&arguments);
    let store = format!("{uri}/store/x");
    for client in &clients {
        gives("put", &store, &[client, "--oscore", client], "");
        gives("get", &store, &["--oscore", client], client);
    }
    // Nobody said that it had to be protected.
    gives("get", &store, &[], clients.last().unwrap());
}

/// The Partial IVs of what comes to a socket that never answers, until `enough` came.
fn partial_ivs(socket: &UdpSocket, enough: usize) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    let mut buf = [0; 2000];
    while found.len() < enough {
        let len = socket.recv(&mut buf).unwrap();
        let message = Message::parse(&buf[..len]).unwrap();
        let option = OscoreOption::parse(message.option(OptionNumber::OSCORE).unwrap()).unwrap();
        found.insert(option.piv.unwrap().get());
    }
    found
}

#[test]
fn no_sequence_number_is_used_again_whatever_ends_the_program() {
    let folder = Folder::new("killed");
    let [client, _] = folder.pair("");
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    silent.set_read_timeout(Some(LONG)).unwrap();
    let uri = format!("coap://{}/", silent.local_addr().unwrap());
    let mut used = BTreeSet::new();
    for round in 0..6 {
        let mut child = m2m(&["coap", "get", &uri, "--oscore", &client])
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        for number in partial_ivs(&silent, 1) {
            assert!(used.insert(number), "{number} again, in round {round}");
        }
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
        // Repetitions on their way.
        silent.set_nonblocking(true).unwrap();
        while silent.recv(&mut [0; 2000]).is_ok() {}
        silent.set_nonblocking(false).unwrap();
    }
    // The record says more than was used.
    let state = std::fs::read_to_string(format!("{client}.state")).unwrap();
    let recorded: Vec<u64> = state.lines().map(|line| line.parse().unwrap()).collect();
    assert!(recorded.last() > used.last() && recorded.is_sorted(), "{recorded:?} {used:?}");
}

#[test]
fn a_server_that_was_killed_goes_on_with_new_numbers_and_asks_who_is_there() {
    let folder = Folder::new("server");
    let [client, server] = folder.pair("");
    let under = ["--oscore", client.as_str()];
    for round in 0..3 {
        let (running, uri) = serve(&["--bind", "127.0.0.1:0", "--oscore", &server]);
        // After the first round it has forgotten what it received: there is an Echo in between.
        gives("get", &format!("{uri}/store"), &under, "");
        gives("get", &format!("{uri}/store"), &under, "");
        let state = std::fs::read_to_string(format!("{server}.state")).unwrap();
        assert_eq!(state.lines().count(), round + 1, "{state}");
        drop(running);
    }
}

#[test]
fn keys_that_are_made_anew_need_no_record() {
    let folder = Folder::new("renewed");
    let [client, server] = folder.pair(r#","renew":true"#);
    let under = ["--oscore", client.as_str()];
    for _ in 0..2 {
        let (running, uri) = serve(&["--bind", "127.0.0.1:0", "--oscore", &server]);
        for _ in 0..2 {
            gives("put", &format!("{uri}/store/a"), &[&["x"], &under[..]].concat(), "");
            gives("get", &format!("{uri}/store/a"), &under, "x");
        }
        drop(running);
    }
    assert!(!std::path::Path::new(&format!("{client}.state")).exists());
}

#[test]
fn a_context_is_in_one_hand_at_a_time() {
    let folder = Folder::new("lock");
    let [client, server] = folder.pair("");
    let (_running, uri) = serve(&["--bind", "127.0.0.1:0", "--oscore", &server]);
    let time = format!("{uri}/time");
    let watching = Running::start(&["coap", "observe", &time, "--oscore", &client, "--json"]);
    watching.until("notification");
    let words = "client.json.state: another program uses this security context";
    refuses("get", &time, &["--oscore", &client], 1, words);
    let again = ["coap", "serve", "--bind", "127.0.0.1:0", "--oscore", &server];
    let output = m2m(&again).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("another program uses"));
    watching.signal("INT");
    let (_, code, errors) = watching.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(ask("get", &time, &["--oscore", &client]).status.success());
}

#[test]
fn what_is_wrong_with_a_context_is_one_sentence_without_secrets() {
    let folder = Folder::new("wrong");
    let uri = "coap://127.0.0.1:9/";
    for (ids, more, words) in [
        (["01", "01"], "", "it takes a secret, and two ids that differ"),
        (["", "0102030405060708"], "", "an id is too long"),
        (["", "1"], "", "recipient_id is a string of pairs of hexadecimal digits"),
        (["", "01"], r#","algorithm":"ROT13""#, "algorithm is one of"),
        (["", "01"], r#","salt":"00""#, "salt is no member"),
    ] {
        let file = folder.context("context.json", ids, more);
        refuses("get", uri, &["--oscore", &file], 1, words);
    }
    refuses("get", uri, &["--oscore", &folder.path("none")], 1, "cannot read");
    let file = folder.context("state.json", ["", "01"], "");
    std::fs::write(format!("{file}.state"), "what is this?").unwrap();
    refuses("get", uri, &["--oscore", &file], 1, "is no record of sequence numbers");
    let end = format!("{:015}\n", 1_u64 << 40);
    std::fs::write(format!("{file}.state"), end).unwrap();
    refuses("get", uri, &["--oscore", &file], 1, "it takes new keys");
    let alone = m2m(&["coap", "serve", "--oscore-only"]).output().unwrap();
    assert_eq!(alone.status.code(), Some(2));
}

#[test]
fn the_token_is_the_one_that_was_chosen() {
    let (_running, uri) = serve(&["--bind", "127.0.0.1:0"]);
    for token in ["", "00", "c0ffee", "0102030405060708"] {
        let output = ask("get", &format!("{uri}/time"), &["--token", token, "-v", "--json"]);
        let out = String::from_utf8(output.stdout).unwrap();
        let messages: Vec<_> =
            out.lines().map(parse).filter(|line| text(line, "event") == "message").collect();
        assert_eq!(messages.len(), 2, "{out}");
        for message in messages {
            assert_eq!(message["token"].as_str().unwrap_or_default(), token);
        }
    }
    for wrong in ["0", "xx", "010203040506070809"] {
        refuses("get", &uri, &["--token", wrong], 2, "eight pairs of hexadecimal digits");
    }
}
