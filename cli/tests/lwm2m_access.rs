//! Who may come to `m2m lwm2m server` and `m2m lwm2m bootstrap-server`, and as whom: OSCORE,
//! certificates, HTTPS; and that no secret comes out again.
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

use coap_core::Code;
use coap_core::oscore::{Aead, SecurityParameters};
use common::certificates::certificate;
use common::cse::Folder;
use common::lwm2m::{Server, answer, send};
use common::peer::Peer;
use common::run;
use serde_json::{Value, json};

const SECRET: &str = "0102030405060708090a0b0c0d0e0f10";

/// What a client has that the server calls `02`.
fn parameters(secret: &[u8]) -> SecurityParameters<'_> {
    SecurityParameters {
        aead: Aead::AesCcm16_64_128,
        master_secret: secret,
        master_salt: &[],
        sender_id: &[2],
        recipient_id: &[1],
        id_context: None,
    }
}

fn secret() -> Vec<u8> {
    (1..=16).collect()
}

fn context(endpoint: &str) -> Value {
    json!({"oscore": {"master_secret": SECRET, "sender_id": "01", "recipient_id": "02"},
        "endpoint": endpoint})
}

/// Asks the server to read something, and answers that as the device.
fn read(server: &Server, peer: &mut Peer, endpoint: &str) -> (u16, Value) {
    let mut http = server.http();
    let times = peer.asked.len() + 1;
    send(&mut http, "GET", &format!("/api/clients/{endpoint}/3/0/0"), "", "");
    peer.serve(times);
    answer(&mut http).unwrap()
}

#[test]
fn rfc_8613_7_5_no_number_is_used_twice_over_restarts_and_removals() {
    let folder = Folder::new("lwm2m-oscore");
    let store = folder.file("server.redb");
    let secret = secret();
    let mut server = Server::start(&store, &[]);
    let (status, shown) = server.ask("PUT", "/api/credentials/k1", &context("osc"));
    let public = json!({"identity": "k1", "endpoint": "osc", "kind": "oscore"});
    assert_eq!((status, &shown), (201, &public));
    let mut peer = Peer::new(server.at("coap"), Some(&parameters(&secret)));
    // Not without the context, and under it as nobody else.
    assert_eq!(peer.post("/rd?ep=osc&lt=600&lwm2m=1.2", "</3/0>", false).0, Code::UNAUTHORIZED);
    assert_eq!(peer.post("/rd?ep=other&lt=600&lwm2m=1.2", "</3/0>", true).0, Code::BAD_REQUEST);
    peer.plain.clear();
    let (code, location) = peer.post("/rd?lt=600&lwm2m=1.2", "</3/0>", true);
    assert_eq!(code, Code::CREATED);
    assert_eq!(server.must(&["clients", "osc"])["secure"], true);
    for _ in 0..3 {
        let (status, body) = read(&server, &mut peer, "osc");
        assert_eq!((status, &body["values"][0]["value"]), (200, &json!("hello")), "{body}");
    }
    // Killed, not asked to stop.
    drop(server);
    server = Server::start(&store, &[]);
    assert_eq!(server.registrations, 1);
    assert_eq!(server.must(&["credentials"])["credentials"], json!([public]));
    peer.moves(server.at("coap"));
    assert_eq!(peer.post(&location, "", true).0, Code::CHANGED);
    assert_eq!(read(&server, &mut peer, "osc").0, 200);
    // Taken away: nothing is asked in any other way. Given again: the numbers go on.
    server.must(&["credentials", "remove", "k1"]);
    let client = "/api/clients/osc/3/0/0?timeout=1";
    assert_eq!(server.ask("GET", client, &Value::Null).0, 504);
    assert_eq!(server.ask("PUT", "/api/credentials/k2", &context("osc")).0, 201);
    assert_eq!(peer.post(&location, "", true).0, Code::CHANGED);
    assert_eq!(read(&server, &mut peer, "osc").0, 200);
    let mut once = peer.numbers.clone();
    once.sort_unstable();
    once.dedup();
    assert!(once.len() >= 5 && once.len() == peer.numbers.len(), "{:?}", peer.numbers);
    assert_eq!(peer.numbers, once, "they rise");
    assert_eq!(peer.plain, []);
    server.stop();
}

#[test]
fn a_credential_is_one_thing_and_belongs_to_one() {
    let server = Server::start("memory", &[]);
    let put =
        |name: &str, body: &Value| server.ask("PUT", &format!("/api/credentials/{name}"), body);
    assert_eq!(put("a", &context("a")).0, 201);
    assert_eq!(put("a", &context("a")).0, 200);
    for (name, body, status, words) in [
        ("b", context("a"), 409, "has the security context of \"a\""),
        ("b", json!({"key": SECRET, "certificate": "b"}), 400, "one of key"),
        ("b", json!({}), 400, "one of key"),
        ("b", json!({"oscore": {"master_secret": SECRET}}), 400, "sender_id is missing"),
        (
            "b",
            json!({"oscore": {"master_secret": SECRET, "sender_id": "01",
            "recipient_id": "01"}}),
            400,
            "two ids that differ",
        ),
        ("b", json!({"oscore": SECRET}), 400, "no JSON object"),
        ("b", json!({"key": 123_456_789}), 400, "hexadecimal"),
        ("b", json!({"certificate": "sha256:00"}), 400, "64 hexadecimal"),
        ("b", json!({"key": SECRET, "endpoint": ""}), 400, "endpoint"),
    ] {
        let (got, answer) = put(name, &body);
        let detail = answer["detail"].as_str().unwrap();
        assert!(got == status && detail.contains(words), "{body}: {got} {detail}");
        assert!(!detail.contains(SECRET) && !detail.contains("123456789"), "{detail}");
    }
    assert_eq!(put("c", &json!({"certificate": "CN=c"})).0, 201);
    assert_eq!(put("d", &json!({"certificate": "CN=c"})).0, 409);
    // Another kind takes the place of the one before.
    let (status, body) = put("c", &json!({"key": SECRET}));
    assert_eq!((status, &body["kind"]), (200, &json!("psk")));
    assert_eq!(put("d", &json!({"certificate": "CN=c"})).0, 201);
    assert_eq!(
        server.must(&["credentials", "add", "e", "--certificate", "e.example"])["kind"],
        "certificate"
    );
    let file = std::env::temp_dir().join(format!("m2m-context-{}", std::process::id()));
    std::fs::write(&file, context("f")["oscore"].to_string()).unwrap();
    let shown = server.must(&["credentials", "add", "f", "--oscore", file.to_str().unwrap()]);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(shown["kind"], "oscore");
    assert_eq!(server.ask("GET", "/api/credentials/f", &Value::Null).1, shown);
}

#[test]
fn certificates_of_tls_say_which_endpoint_a_device_is() {
    certificates_say_who("lwm2m-certificates", "--tls", "coaps+tcp");
}

#[test]
fn certificates_of_dtls_say_which_endpoint_a_device_is() {
    certificates_say_who("lwm2m-certificates-dtls", "--coaps", "coaps");
}

fn certificates_say_who(folder: &str, door: &str, scheme: &str) {
    let folder = Folder::new(folder);
    let own = certificate(&folder, "server", "server", &["127.0.0.1"]);
    let one = certificate(&folder, "one", "one", &["one.example"]);
    let two = certificate(&folder, "two", "two", &["two.example"]);
    let stranger = certificate(&folder, "stranger", "one", &["one.example"]);
    let both = [&one[0], &two[0]].map(|file| std::fs::read_to_string(file).unwrap()).concat();
    let authorities = folder.file("authorities.pem");
    std::fs::write(&authorities, both).unwrap();
    let any = "127.0.0.1:0";
    let tls =
        [door, any, "--tls-cert", &own[0], "--tls-key", &own[1], "--tls-client-ca", &authorities];
    let server = Server::start("memory", &tls);
    let uri = server.uri(scheme);
    let register = |endpoint: &str, who: Option<&[String; 2]>| {
        let target = format!("{uri}/rd?{endpoint}lt=60&lwm2m=1.1&b=T");
        let mut all = vec!["coap", "post", &target, "</3/0>", "--timeout", "20", "--ca", &own[0]];
        if let Some([cert, key]) = who {
            all.extend(["--cert", cert, "--key", key]);
        }
        run(&all).status.code().unwrap()
    };
    // By its common name, whether it says so or not; as nobody else.
    assert_eq!(register("ep=one&", Some(&one)), 0);
    assert_eq!(register("", Some(&two)), 0);
    assert_eq!(server.must(&["clients", "two"])["endpoint"], "two");
    assert_eq!(register("ep=two&", Some(&one)), 4);
    assert_eq!(register("ep=one&", Some(&stranger)), 3);
    // Over DTLS it does not even try.
    assert_eq!(register("ep=one&", None), if scheme == "coaps" { 1 } else { 3 });
    // As a rule says: by subject, by name, by the certificate itself.
    server.must(&["credentials", "add", "r1", "--certificate", "CN=one", "--endpoint", "pump"]);
    assert_eq!(register("ep=one&", Some(&one)), 4);
    assert_eq!(register("", Some(&one)), 0);
    assert_eq!(server.must(&["clients", "pump"])["endpoint"], "pump");
    server.must(&["credentials", "add", "r2", "--certificate", "two.example", "--endpoint", "fan"]);
    assert_eq!(register("ep=fan&", Some(&two)), 0);
    let pem = std::fs::read(&two[0]).unwrap();
    let print = fingerprint(&pem);
    server.must(&["credentials", "add", "r3", "--certificate", &print, "--endpoint", "lamp"]);
    assert_eq!(register("ep=fan&", Some(&two)), 4);
    assert_eq!(register("ep=lamp&", Some(&two)), 0);
    server.must(&["credentials", "remove", "r3"]);
    assert_eq!(register("ep=fan&", Some(&two)), 0);
    server.stop();
}

fn fingerprint(pem: &[u8]) -> String {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use sha2::{Digest, Sha256};
    let der = CertificateDer::from_pem_slice(pem).unwrap();
    let hex: String = Sha256::digest(der).iter().map(|byte| format!("{byte:02X}:")).collect();
    format!("sha256:{}", hex.trim_end_matches(':'))
}

#[test]
fn the_api_over_https() {
    let folder = Folder::new("lwm2m-https");
    let own = certificate(&folder, "server", "server", &["127.0.0.1"]);
    let other = certificate(&folder, "other", "other", &["127.0.0.1"]);
    let any = "127.0.0.1:0";
    let more = ["--https", any, "--https-cert", &own[0], "--https-key", &own[1]];
    for kind in ["server", "bootstrap-server"] {
        let usual = [kind, "--store", "memory", "--coap", any, "--http", any];
        let server = Server::run(&[&usual[..], &more].concat());
        let uri = server.uri("https");
        let ask = |ca: &str, uri: &str| {
            let output = run(&["lwm2m", "credentials", "--api", uri, "--ca", ca, "--json"]);
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            (output.status.code().unwrap(), errors)
        };
        assert_eq!(ask(&own[0], &uri), (0, String::new()));
        let (code, errors) = ask(&other[0], &uri);
        assert!(code == 3 && errors.contains("certificate"), "{errors}");
        // Who does not speak TLS gets nothing, and holds nobody up.
        let (code, _) = ask(&own[0], &uri.replace("https", "http"));
        assert_eq!(code, 3);
        assert_eq!(ask(&own[0], &uri), (0, String::new()));
        server.stop();
    }
}

#[test]
fn a_bootstrap_comes_over_tcp_tls_and_oscore() {
    let folder = Folder::new("lwm2m-bootstrap-doors");
    let own = certificate(&folder, "server", "server", &["127.0.0.1"]);
    let device = certificate(&folder, "device", "dev-3", &["dev-3"]);
    let any = "127.0.0.1:0";
    let server = Server::run(&[
        "bootstrap-server",
        "--store",
        "memory",
        "--coap",
        any,
        "--http",
        any,
        "--tcp",
        any,
        "--tls",
        any,
        "--tls-cert",
        &own[0],
        "--tls-key",
        &own[1],
        "--tls-client-ca",
        &device[0],
    ]);
    let given = json!({"servers": [{"uri": "coaps://192.0.2.1", "id": 1,
        "psk": {"identity": "i", "key": SECRET}}]});
    assert_eq!(server.ask("PUT", "/api/patterns/*", &given).0, 201);
    // With keys in it, it is for those that are known.
    let ask = |scheme: &str, more: &[&str]| {
        let target = format!("{}/bs?ep=dev-3", server.uri(scheme));
        let all = [&["coap", "post", &target, "--timeout", "20"], more].concat();
        run(&all).status.code().unwrap()
    };
    assert_eq!(ask("coap", &[]), 4);
    assert_eq!(ask("coap+tcp", &[]), 4);
    let shows = ["--ca", &own[0], "--cert", &device[0], "--key", &device[1]];
    assert_eq!(ask("coaps+tcp", &shows), 0);
    server.process.until("started");
    assert_eq!(server.process.until("ended")["outcome"], "failed");
    assert_eq!(server.ask("PUT", "/api/credentials/k", &context("osc")).0, 201);
    let secret = secret();
    let mut peer = Peer::new(server.at("coap"), Some(&parameters(&secret)));
    assert_eq!(peer.post("/bs", "", true).0, Code::CHANGED);
    // Discover, two deletions, two writes, finish.
    peer.serve(6);
    assert_eq!(peer.asked.last(), Some(&(Code::POST, "/bs".to_owned())));
    assert_eq!(peer.plain, []);
    assert_eq!(server.process.until("ended")["outcome"], "finished");
    // All the way with a client of ours.
    let plain = json!({"servers": [{"uri": server.uri("coap"), "id": 1}]});
    assert_eq!(server.ask("PUT", "/api/configurations/garden", &plain).0, 201);
    let uri = server.uri("coap+tcp");
    let client = common::Running::start(&[
        "lwm2m",
        "client",
        "--bootstrap",
        &uri,
        "--endpoint",
        "garden",
        "--json",
    ]);
    client.until("bootstrapped");
    assert_eq!(server.process.until("ended")["outcome"], "finished");
    drop(client);
    server.stop();
}

/// A secret in whatever way somebody may write bytes.
fn tells(output: &str, secret: &[u8]) -> bool {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let spaced: String = secret.iter().map(|byte| format!("{byte:02x} ")).collect();
    let numbers: Vec<String> = secret.iter().map(u8::to_string).collect();
    let text = String::from_utf8_lossy(secret).into_owned();
    let output = output.to_lowercase();
    // The first twelve bytes are enough, and the same in base64 of any length.
    let base64 = base64(&secret[..12]);
    let all = [
        hex[..24].to_owned(),
        spaced[..36].trim().to_owned(),
        numbers[..12].join(","),
        text[..12].to_lowercase(),
        base64.to_lowercase(),
    ];
    all.iter().any(|way| output.contains(way))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let three = |chunk: &[u8]| {
        let bits = chunk.iter().fold(0u32, |all, byte| all << 8 | u32::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift & 63) as usize]))
    };
    bytes.chunks(3).flat_map(three).collect()
}

#[test]
fn no_secret_comes_out_of_a_bootstrap_whatever_is_told() {
    let folder = Folder::new("lwm2m-secrets");
    // Keys that are text show in every way of writing them.
    let [own, account, written] =
        ["Own-Key-0123456789", "Account-Key-012345", "Written-Key-012345"];
    assert!(tells("..4163636F756E742D4B65792D303132..", account.as_bytes()), "the test sees hex");
    assert!(tells("..QWNjb3VudC1LZXktMDEyMzQ1..", account.as_bytes()), "and base64");
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    let file = folder.file("bootstrap.toml");
    let text = format!(
        "[[credentials]]\nidentity = \"garden\"\nkey = \"{}\"\n\
         [[configurations]]\npattern = \"*\"\nread = [\"/1\"]\n\
         [[configurations.servers]]\nuri = \"coaps://127.0.0.1:9\"\nid = 1\n\
         psk = {{ identity = \"i\", key = \"{}\" }}\n\
         [configurations.write]\n\"/0/0/8\" = \"{}\"\n",
        hex(own),
        hex(account),
        base64(written.as_bytes())
    );
    std::fs::write(&file, text).unwrap();
    let any = "127.0.0.1:0";
    let mut told = String::new();
    for (version, show) in [("1.0", "--json"), ("1.2", "--json")] {
        let server = Server::run(&[
            "bootstrap-server",
            "--store",
            "memory",
            "--coap",
            any,
            "--coaps",
            any,
            "--http",
            any,
            "--config",
            &file,
            "--verbose",
        ]);
        let uri = server.uri("coaps");
        let psk = format!("garden:{}", hex(own));
        let client = common::Running::start(&[
            "lwm2m",
            "client",
            "--bootstrap",
            &uri,
            "--psk",
            &psk,
            "--endpoint",
            "garden",
            "--lwm2m",
            version,
            "--verbose",
            show,
        ]);
        told += &json!(server.process.through("ended")).to_string();
        // It goes on with the server that it was told of, where nobody is.
        told += &json!(client.through("registering")).to_string();
        for target in [
            "/api/configurations",
            "/api/patterns/*",
            "/api/credentials",
            "/api/credentials/garden",
            "/api/sessions",
            "/openapi.json",
        ] {
            told += &server.ask("GET", target, &Value::Null).1.to_string();
        }
        told += &server.metrics();
        // Mistakes about secrets do not repeat them.
        for (target, body) in [
            ("/api/credentials/x", json!({"key": account})),
            ("/api/credentials/x", json!({"oscore": {"master_secret": account}})),
            ("/api/credentials/x", json!({"key": hex(account), "oscore": hex(account)})),
            ("/api/configurations/x", json!({"servers": [{"uri": "a", "id": 1, "psk": account}]})),
            ("/api/configurations/x", json!({"servers": hex(account)})),
            ("/api/configurations/x", json!({"write": {"/0/0/5": format!("{account}!")}})),
            ("/api/configurations/x", json!({"write": {"/0/0/5": [account]}})),
        ] {
            let (status, answer) = server.ask("PUT", target, &body);
            assert_eq!(status, 400, "{answer}");
            told += &answer.to_string();
        }
        for running in [server.process, client] {
            running.signal("TERM");
            let (lines, _, errors) = running.end();
            told += &errors;
            told.extend(lines.iter().map(Value::to_string));
        }
    }
    assert!(told.contains("(secret)"), "the test sees what is decoded");
    for secret in [own, account, written] {
        assert!(!tells(&told, secret.as_bytes()), "{secret} in {told}");
    }
}
