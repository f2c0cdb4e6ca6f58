//! `m2m onem2m` over MQTT with TLS, by mosquitto, and over CoAP with DTLS, against libcoap's
//! clients.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use m2m_interop::acme::Broker;
use m2m_interop::peers::m2m;
use m2m_interop::process::{Finished, Process, Scratch, run};
use serde_json::Value;

/// How long anything may take, in seconds.
const LONG: u64 = 120;

/// Files with a certificate for this machine, and its key.
fn certificate(folder: &Scratch, name: &str) -> [String; 2] {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    [("pem", made.cert.pem()), ("key", made.signing_key.serialize_pem())].map(|(kind, text)| {
        let file = folder.file(&format!("{name}.{kind}"));
        std::fs::write(&file, text).unwrap();
        file
    })
}

fn cse(more: &[&str]) -> Process {
    let own = ["onem2m", "cse", "--json", "--store", "memory"];
    Process::start(m2m(), &[&own[..], more].concat())
}

fn ask(arguments: &[&str]) -> Finished {
    run(LONG, m2m(), &[&["onem2m"], arguments].concat())
}

#[test]
fn a_broker_behind_tls() {
    if m2m_interop::skipped() {
        return;
    }
    let folder = Scratch::new();
    let [ca, key] = certificate(&folder, "broker");
    let [stranger, _] = certificate(&folder, "stranger");
    let broker = Broker::start_with(&format!("certfile {ca}\nkeyfile {key}\n"));
    let uri = format!("mqtts://{}", broker.address);
    let mut served = cse(&["--mqtt", &uri, "--mqtt-ca", &ca]);
    served.wait_line(|line| line.contains("\"connected\":true").then_some(()));
    let own = ["--cse", uri.as_str(), "--ca", &ca];
    let ae = ["create", "cse-in", "--type", "ae", "--from", "CThermo", "-a", "api=N1"];
    let made = ask(&[&ae[..], &["-a", "rr=true", "-a", "srv=3"], &own].concat());
    assert_eq!(made.stderr, "");
    let read = ask(&[&["get", "cse-in/CThermo", "--json", "--from", "CThermo"], &own[..]].concat());
    assert_eq!(read.stderr, "");
    // Notifications come by the same broker.
    let watch = ["onem2m", "subscribe", "CThermo", "--from", "CThermo", "--count", "1", "--json"];
    let mut watching = Process::start(m2m(), &[&watch[..], &own].concat());
    let nu = watching.wait_line(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some(line["nu"].as_str()?.to_owned())
    });
    assert_eq!(nu, format!("{uri}/CThermo"));
    let change = ["update", "CThermo", "--from", "CThermo", "-a", "lbl=a"];
    assert_eq!(ask(&[&change[..], &own].concat()).stderr, "");
    watching.wait_line(|line| line.contains("\"lbl\":[\"a\"]").then_some(()));
    assert!(watching.wait_end().success());
    // Who trusts somebody else does not talk to this broker, and who speaks no TLS neither.
    let errors = ask(&["get", "cse-in", "--cse", &uri, "--ca", &stranger]).stderr;
    assert!(errors.contains(&uri) && errors.contains("certificate"), "{errors}");
    let plain = uri.replace("mqtts", "mqtt");
    let errors = ask(&["get", "cse-in", "--cse", &plain, "-t", "3"]).stderr;
    assert!(errors.contains(&plain), "{errors}");
}

#[test]
fn libcoap_clients_ask_the_cse_over_dtls() {
    if m2m_interop::skipped() {
        return;
    }
    let hex = |key: &str| key.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let thermo = format!("CAdmin:{}", hex("secretPSK"));
    let mut served = cse(&["--coaps", "127.0.0.1:0", "--psk", &thermo]);
    let uri = served.wait_line(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some(line["uri"].as_str()?.to_owned())
    });
    for client in ["coap-client-openssl", "coap-client-gnutls"] {
        // It knows no options of oneM2M, which are critical in responses too: what it says of the
        // messages that it decrypts is looked at.
        let get = |originator: &str, key: &str| {
            let resource = format!("{uri}/cse-in");
            let from = format!("279,{originator}");
            let options = ["-O", &from, "-O", "283,r1", "-O", "271,3", "-B", "2", "-v", "7"];
            let keys = ["-k", key, "-u", "CAdmin", "-m", "get"];
            let out = run(LONG, client, &[&keys[..], &options, &[resource.as_str()]].concat());
            format!("{}{}", String::from_utf8_lossy(&out.stdout), out.stderr)
        };
        let log = get("CAdmin", "secretPSK");
        assert!(log.contains("c:2.05") && log.contains(r#"{"ri":"id-in""#), "{client}: {log}");
        let log = get("CThermo", "secretPSK");
        assert!(log.contains("not that of this originator"), "{client}: {log}");
        let log = get("CAdmin", "another");
        assert!(!log.contains("c:2.05") && !log.contains("id-in\""), "{client}: {log}");
    }
}
