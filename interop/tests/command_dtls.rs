//! The `m2m` command against libcoap over DTLS with a pre-shared key, in both roles and against
//! both libraries that libcoap is built on, and over TCP.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::peers::m2m;
use m2m_interop::process::{Process, run};
use m2m_interop::{free_port, wait_for};

/// How long anything may take, in seconds.
const LONG: u64 = 120;
const KEY: &str = "secretPSK";
const HEX: &str = "CoAP:73656372657450534b";

/// The port of a server of ours behind a door, as its first line tells it.
fn ours(arguments: &[&str]) -> (Process, String) {
    let all = [&["coap", "serve", "--json"], arguments].concat();
    let mut server = Process::start(m2m(), &all);
    let uri = server.wait_line(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(line["uri"].as_str()?.to_owned())
    });
    (server, uri)
}

#[test]
fn libcoap_clients_ask_our_server_over_dtls() {
    if m2m_interop::skipped() {
        return;
    }
    let (_server, uri) = ours(&["--coaps", "127.0.0.1:0", "--psk", HEX]);
    for client in ["coap-client-openssl", "coap-client-gnutls"] {
        let ask = |method: &str, path: &str, more: &[&str]| {
            let uri = format!("{uri}{path}");
            let keys = ["-k", KEY, "-u", "CoAP", "-m", method];
            let out = run(LONG, client, &[&keys, more, &[uri.as_str()]].concat());
            (String::from_utf8(out.stdout).unwrap(), out.stderr)
        };
        let (_, errors) = ask("put", "/store/dtls", &["-e", client]);
        assert_eq!(errors, "", "{client}");
        assert_eq!(ask("get", "/store/dtls", &[]).0.trim_end(), client);
        let large = ask("get", "/large", &["-b", "256"]).0;
        assert_eq!(large.trim_end().len(), 10_000, "{client}");
        let times = ask("get", "/time", &["-s", "6"]).0;
        assert!(times.matches("Z").count() >= 3, "{client}: {times}");
    }
}

#[test]
fn our_client_asks_libcoap_servers_over_dtls() {
    if m2m_interop::skipped() {
        return;
    }
    for server in ["coap-server-openssl", "coap-server-gnutls"] {
        // coaps is on the next port.
        let port = free_port();
        let number = port.to_string();
        let _server =
            Process::start(server, &["-A", "127.0.0.1", "-p", &number, "-d", "10", "-k", KEY]);
        let ask = |method: &str, path: &str, more: &[&str]| {
            let uri = format!("coaps://127.0.0.1:{}{path}", port + 1);
            run(LONG, m2m(), &[&["coap", method, &uri, "--psk", HEX], more].concat())
        };
        wait_for("the server", || ask("get", "/", &["-t", "2"]).status.success().then_some(()));
        let put = ask("put", "/new", &["hello", "--json"]);
        assert!(put.status.success(), "{server}: {}", put.stderr);
        assert_eq!(ask("get", "/new", &[]).stdout, b"hello");
        assert_eq!(ask("get", "/nothing", &[]).status.code(), Some(4));
        let times = ask("observe", "/time", &["-n", "3"]);
        assert_eq!(String::from_utf8(times.stdout).unwrap().lines().count(), 3, "{}", times.stderr);
        // A key that the server does not know gets no answer.
        let uri = format!("coaps://127.0.0.1:{}/", port + 1);
        let wrong = run(LONG, m2m(), &["coap", "get", &uri, "--psk", "CoAP:00", "-t", "2"]);
        assert_eq!(wrong.status.code(), Some(3), "{}", wrong.stderr);
    }
}

/// Files with a certificate that vouches for itself and its key, for a name.
fn certificate(name: &str) -> [String; 2] {
    let mut parameters = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    let key = rcgen::KeyPair::generate().unwrap();
    let made = parameters.self_signed(&key).unwrap();
    [("pem", made.pem()), ("key", key.serialize_pem())].map(|(kind, text)| {
        let file = format!("m2m-dtls-{}-{name}.{kind}", std::process::id());
        let path = std::env::temp_dir().join(file).to_str().unwrap().to_owned();
        std::fs::write(&path, text).unwrap();
        path
    })
}

#[test]
fn certificates_of_dtls_in_both_roles() {
    if m2m_interop::skipped() {
        return;
    }
    let (server, client, other) =
        (certificate("server"), certificate("client"), certificate("other"));
    let (_ours, uri) = ours(&[
        "--coaps",
        "127.0.0.1:0",
        "--cert",
        &server[0],
        "--key",
        &server[1],
        "--ca",
        &client[0],
    ]);
    for kind in ["openssl", "gnutls"] {
        let libcoap = format!("coap-client-{kind}");
        let get = |who: &[String; 2], seconds: &str| {
            let keys = ["-c", &who[0], "-j", &who[1], "-R", &server[0], "-B", seconds, &uri];
            String::from_utf8(run(LONG, &libcoap, &keys).stdout).unwrap()
        };
        let shown = get(&client, "30");
        assert!(shown.contains("/store"), "{libcoap}: {shown}");
        assert!(!get(&other, "3").contains("/store"), "{libcoap}");
    }
    for kind in ["openssl", "gnutls"] {
        let port = free_port();
        let number = port.to_string();
        let _libcoap = Process::start(
            &format!("coap-server-{kind}"),
            &[
                "-A",
                "127.0.0.1",
                "-p",
                &number,
                "-d",
                "10",
                "-c",
                &server[0],
                "-j",
                &server[1],
                "-R",
                &client[0],
            ],
        );
        let ask = |who: &[String; 2], ca: &str| {
            let uri = format!("coaps://127.0.0.1:{}/", port + 1);
            let keys = ["--cert", &who[0], "--key", &who[1], "--ca", ca, "-t", "20"];
            run(LONG, m2m(), &[&["coap", "get", &uri][..], &keys].concat())
        };
        wait_for("the server", || ask(&client, &server[0]).status.success().then_some(()));
        // libcoap's example lets a client in that vouches for itself; ours lets no such server.
        let refused = ask(&client, &other[0]);
        assert_eq!(refused.status.code(), Some(3), "{kind}: {}", refused.stderr);
        assert!(refused.stderr.contains("certificate"), "{kind}: {}", refused.stderr);
    }
    for file in [server, client, other].iter().flatten() {
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn the_command_and_libcoap_over_tcp() {
    if m2m_interop::skipped() {
        return;
    }
    let (_server, uri) = ours(&["--tcp", "127.0.0.1:0"]);
    let put = format!("{uri}/store/tcp");
    let out = run(LONG, "coap-client-notls", &["-m", "put", "-e", "over tcp", &put]);
    assert_eq!(out.stderr, "");
    let out = run(LONG, "coap-client-notls", &["-m", "get", &put]);
    assert_eq!(String::from_utf8(out.stdout).unwrap().trim_end(), "over tcp");

    let port = free_port();
    let number = port.to_string();
    let _libcoap =
        Process::start("coap-server-notls", &["-A", "127.0.0.1", "-p", &number, "-d", "9"]);
    let uri = |path: &str| format!("coap+tcp://127.0.0.1:{port}{path}");
    wait_for("the server", || {
        run(LONG, m2m(), &["coap", "get", &uri("/")]).status.success().then_some(())
    });
    // Though its pongs come without the token of the ping, which RFC 8323 section 5.4 wants.
    let ping = run(LONG, m2m(), &["coap", "ping", &uri("/"), "-n", "1", "-t", "20"]);
    assert!(ping.status.success(), "{}", ping.stderr);
    let put = run(LONG, m2m(), &["coap", "put", &uri("/new"), "hello"]);
    assert!(put.status.success(), "{}", put.stderr);
    assert_eq!(run(LONG, m2m(), &["coap", "get", &uri("/new")]).stdout, b"hello");
    let times = run(LONG, m2m(), &["coap", "observe", &uri("/time"), "-n", "3"]);
    assert_eq!(String::from_utf8(times.stdout).unwrap().lines().count(), 3, "{}", times.stderr);
}
