//! Devices that show certificates, over DTLS and TLS, to servers that they expect: as the command line
//! says, and as a bootstrap server gave them.
#![cfg(unix)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests of a program run on real sockets"
)]

mod common;

use common::certificates::certificate;
use common::cse::Folder;
use common::lwm2m::Server;
use common::{Running, text};
use serde_json::{Value, json};

/// A server or bootstrap server behind both doors, that asks clients for certificates of `authorities`.
fn server(kind: &str, own: &[String; 2], authorities: &str) -> Server {
    let any = "127.0.0.1:0";
    Server::run(&[
        kind,
        "--store",
        "memory",
        "--coaps",
        any,
        "--tls",
        any,
        "--tls-cert",
        &own[0],
        "--tls-key",
        &own[1],
        "--tls-client-ca",
        authorities,
        "--http",
        any,
    ])
}

fn client(options: &[&str]) -> Running {
    Running::start(&[&["lwm2m", "client", "--json"], options].concat())
}

/// It has registered, and answers.
fn works(server: &Server, device: &Running, name: &str) {
    device.until("registered");
    assert_eq!(server.must(&["clients", name])["secure"], true, "{name}");
    assert_eq!(server.must(&["read", name, "/3/0/0"])["values"][0]["value"], "m2m");
}

#[test]
fn a_device_shows_its_certificate_and_looks_at_the_servers() {
    let folder = Folder::new("lwm2m-x509");
    let own = certificate(&folder, "server", "server", &["127.0.0.1"]);
    let one = certificate(&folder, "one", "pump", &[]);
    let other = certificate(&folder, "other", "pump", &["127.0.0.1"]);
    let server = server("server", &own, &one[0]);
    for scheme in ["coaps", "coaps+tcp"] {
        let uri = server.uri(scheme);
        let usual = ["--server", &uri, "--endpoint", "pump"];
        let shows = |who: &[String; 2], ca: &str| {
            client(&[&usual[..], &["--cert", &who[0], "--key", &who[1], "--ca", ca]].concat())
        };
        let device = shows(&one, &own[0]);
        works(&server, &device, "pump");
        device.signal("TERM");
        assert_eq!(device.end().1, Some(0));
        // A server that it does not trust, and one that does not trust it.
        for (who, ca) in [(&one, &other[0]), (&other, &own[0])] {
            let device = shows(who, ca);
            // A connection is made before the device begins.
            if scheme == "coaps+tcp" && who == &one {
                assert_eq!(device.end().1, Some(3));
                continue;
            }
            device.until("connection_failed");
            device.signal("KILL");
        }
    }
    server.stop();
}

/// As a bootstrap server says: the server's own certificate, the authority behind it; a wrong one.
#[test]
fn certificates_that_a_bootstrap_server_gives() {
    let folder = Folder::new("lwm2m-x509-bootstrap");
    let own = certificate(&folder, "server", "server", &["127.0.0.1"]);
    let unnamed = certificate(&folder, "unnamed", "server", &["else.example"]);
    let one = certificate(&folder, "one", "pump", &[]);
    let two = certificate(&folder, "two", "pump", &[]);
    let pem = |file: &str| std::fs::read_to_string(file).unwrap();
    let both = folder.file("both.pem");
    std::fs::write(&both, pem(&one[0]) + &pem(&two[0])).unwrap();
    let boots = server("bootstrap-server", &own, &one[0]);
    for (identity, expected, usage, works_out) in [
        // The host's name need not be in it.
        (&unnamed, &unnamed[0], None, true),
        (&own, &own[0], Some(3), true),
        (&own, &own[0], Some(2), true),
        (&own, &unnamed[0], Some(3), false),
        (&unnamed, &unnamed[0], Some(2), false),
    ] {
        let server = server("server", identity, &both);
        let mut x509 = json!({
            "certificate": pem(&two[0]), "key": pem(&two[1]), "server": pem(expected)
        });
        if let Some(usage) = usage {
            x509["usage"] = json!(usage);
        }
        let given = json!({"servers": [{"uri": server.uri("coaps"), "id": 7, "x509": x509}]});
        let (status, shown) = boots.ask("PUT", "/api/configurations/pump", &given);
        assert!(status == 200 || status == 201, "{shown}");
        let secret = pem(&two[1]).lines().nth(1).unwrap().to_owned();
        assert!(!shown.to_string().contains(&secret), "{shown}");
        assert_eq!(shown["secure"], true);
        let device = client(&[
            "--bootstrap",
            &boots.uri("coaps"),
            "--endpoint",
            "pump",
            "--cert",
            &one[0],
            "--key",
            &one[1],
            "--ca",
            &own[0],
        ]);
        device.until("bootstrapped");
        if works_out {
            works(&server, &device, "pump");
        } else {
            device.until("connection_failed");
            let (_, clients) = server.ask("GET", "/api/clients", &Value::Null);
            assert_eq!(clients["registered"], 0, "{clients}");
        }
        device.signal("TERM");
        for line in device.end().0 {
            assert!(!line.to_string().contains(&secret), "{line}");
        }
        server.stop();
    }
    for wrong in [
        json!({"certificate": "x", "key": pem(&two[1])}),
        json!({"certificate": pem(&two[0]), "key": "x"}),
        json!({"certificate": pem(&two[0])}),
        json!({"certificate": pem(&two[0]), "key": pem(&two[1]), "usage": 4}),
    ] {
        let given = json!({"servers": [{"uri": "coaps://h", "id": 7, "x509": wrong}]});
        let (status, told) = boots.ask("PUT", "/api/configurations/fan", &given);
        assert_eq!(status, 400, "{told}");
        assert!(!told.to_string().contains("PRIVATE"), "{told}");
    }
    let (_, all) = boots.ask("GET", "/api/configurations", &Value::Null);
    assert!(!text(&json!({"all": all.to_string()}), "all").contains("PRIVATE"));
    boots.stop();
}

/// Without authorities for its clients a server takes nobody in by DTLS who has no key.
#[test]
fn nobody_comes_by_dtls_without_showing_who_it_is() {
    let folder = Folder::new("lwm2m-x509-anonymous");
    let own = certificate(&folder, "server", "server", &["127.0.0.1"]);
    let one = certificate(&folder, "one", "pump", &[]);
    let any = "127.0.0.1:0";
    let shown = ["--tls-cert", &own[0], "--tls-key", &own[1]];
    let usual = ["lwm2m", "server", "--store", "memory", "--coaps", any];
    let ended = common::run(&[&usual[..], &shown].concat());
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.code() == Some(2) && errors.contains("--tls-client-ca"), "{errors}");
    let server = Server::run(&[&usual[1..], &["--tls", any, "--http", any], &shown].concat());
    let uri = server.uri("coaps");
    let device = client(&[
        "--server",
        &uri,
        "--endpoint",
        "pump",
        "--cert",
        &one[0],
        "--key",
        &one[1],
        "--ca",
        &own[0],
    ]);
    device.until("no_answer");
    let (_, clients) = server.ask("GET", "/api/clients", &Value::Null);
    assert_eq!(clients["registered"], 0, "{clients}");
    device.signal("KILL");
    server.stop();
}

/// TLS takes more kinds of keys than DTLS: who has one for TLS keeps DTLS with pre-shared keys.
#[test]
fn a_certificate_that_only_tls_takes_leaves_dtls_to_keys() {
    let folder = Folder::new("lwm2m-x509-tls-only");
    let parameters = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let (cert, key_file) = (folder.file("ed.pem"), folder.file("ed.key"));
    std::fs::write(&cert, parameters.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    server("server", &[cert.clone(), key_file.clone()], &cert).stop();
    let any = "127.0.0.1:0";
    let usual = ["lwm2m", "server", "--store", "memory", "--coaps", any, "--tls-cert", &cert];
    let alone = ["--tls-key", &key_file, "--tls-client-ca", &cert];
    let ended = common::run(&[&usual[..], &alone].concat());
    assert!(String::from_utf8_lossy(&ended.stderr).contains("ECDSA"));
}
