//! `m2m onem2m` over TLS, with certificates that say who an originator is.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests of programs"
)]

mod common;

use common::certificates::certificate;
use common::cse::{Cse, Folder, must};
use common::run;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn certificates_say_who_an_originator_is() {
    let folder = Folder::new("tls");
    let server = certificate(&folder, "server", "server", &["127.0.0.1"]);
    let thermo = certificate(&folder, "thermo", "thermo", &["CThermo"]);
    let stranger = certificate(&folder, "stranger", "stranger", &["CThermo"]);
    let any = "127.0.0.1:0";
    let more = ["--https", any, "--wss", any, "--tls-cert", &server[0], "--tls-key", &server[1]];
    let cse = Cse::start("memory", &[&more[..], &["--tls-client-ca", &thermo[0]]].concat());
    for scheme in ["https", "wss"] {
        as_its_certificate_says(&cse.uri(scheme), scheme, [&server, &thermo, &stranger]);
    }
    cse.stop();
}

/// One binding: `files` are the certificates of the server, of an originator and of a stranger
/// of the same name, each with its key.
fn as_its_certificate_says(uri: &str, scheme: &str, files: [&[String; 2]; 3]) {
    let [[server, _], [thermo, thermo_key], [stranger, stranger_key]] = files;
    let own = ["--ca", server, "--cert", thermo, "--key", thermo_key];
    let ae = ["cse-in", "--type", "ae", "-a", "api=N1", "-a", "rr=true", "-a", "srv=3"];
    // An AE that proposes no identifier gets that of its certificate.
    let made = must(uri, "create", &[&own[..], &ae, &["--from", "C"]].concat());
    assert_eq!(made["m2m:ae"]["aei"], "CThermo");
    must(uri, "get", &[&own[..], &["CThermo", "--from", "CThermo"]].concat());
    let fails = |arguments: &[&str], code: i32, words: &str| {
        let all = [&["onem2m", "get", "cse-in", "--cse", uri][..], arguments].concat();
        let output = run(&all);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{errors}");
        assert!(errors.contains(words), "{errors}");
    };
    fails(&[&own[..], &["--from", "CAdmin"]].concat(), 4, "4106");
    fails(&[&own[..], &["--from", "COther"]].concat(), 4, "4106");
    let other = ["--ca", server, "--cert", stranger, "--key", stranger_key];
    fails(&other, 3, &format!("{scheme}://"));
    fails(&["--ca", server], 3, &format!("{scheme}://"));
    // Whose certificate is not of a known authority is no CSE to trust.
    fails(&["--ca", thermo], 3, "certificate");
    must(uri, "delete", &[&own[..], &["CThermo", "--from", "CThermo"]].concat());
}

#[test]
fn without_authorities_for_clients_anybody_may_come() {
    let folder = Folder::new("tls-open");
    let [server, key] = certificate(&folder, "server", "server", &["127.0.0.1"]);
    let more = ["--https", "127.0.0.1:0", "--tls-cert", &server, "--tls-key", &key];
    let cse = Cse::start("memory", &more);
    let base = must(&cse.uri("https"), "get", &["cse-in", "--ca", &server]);
    assert_eq!(base["m2m:cb"]["rn"], "cse-in");
    cse.stop();
}

#[test]
fn keys_of_dtls_say_who_an_originator_is() {
    let key = "00112233445566778899aabbccddeeff";
    let thermo = format!("CThermo:{key}");
    let other = "COther:ffeeddccbbaa99887766554433221100";
    let more = ["--coaps", "127.0.0.1:0", "--psk", &thermo, "--psk", other];
    let cse = Cse::start("memory", &more);
    let uri = cse.uri("coaps");
    let own = ["--psk", thermo.as_str()];
    let ae = ["cse-in", "--type", "ae", "-a", "api=N1", "-a", "rr=true", "-a", "srv=3"];
    // An AE that proposes no identifier gets that of its key.
    let made = must(&uri, "create", &[&own[..], &ae, &["--from", "C"]].concat());
    assert_eq!(made["m2m:ae"]["aei"], "CThermo");
    let container = ["CThermo", "--type", "cnt", "--name", "data", "--from", "CThermo"];
    must(&uri, "create", &[&own[..], &container].concat());
    let fails = |arguments: &[&str], code: i32, words: &str| {
        let all = [&["onem2m", "get", "cse-in", "--cse", &uri][..], arguments].concat();
        let output = run(&all);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{errors}");
        assert!(errors.contains(words), "{errors}");
    };
    fails(&[&own[..], &["--from", "CAdmin"]].concat(), 4, "4106");
    fails(&["--psk", other, "--from", "CThermo"], 4, "4106");
    fails(&["--from", "CThermo"], 2, "--psk ID:HEXKEY");
    fails(&["--psk", "CThermo:00", "--from", "CThermo", "-t", "3"], 3, "coaps://");
    fails(&["--psk", "CThermo", "--from", "CThermo"], 2, "hexadecimal");
    cse.stop();
}

#[test]
fn notifications_come_over_dtls_with_the_key_of_the_subscriber() {
    let key = "CThermo:00112233445566778899aabbccddeeff";
    let cse = Cse::start("memory", &["--coaps", "127.0.0.1:0", "--psk", key]);
    let uri = cse.uri("coaps");
    let own = ["--psk", key, "--from", "CThermo"];
    let ae = ["cse-in", "--type", "ae", "-a", "api=N1", "-a", "rr=true", "-a", "srv=3"];
    must(&uri, "create", &[&own[..], &ae].concat());
    let container = ["CThermo", "--type", "cnt", "--name", "data"];
    must(&uri, "create", &[&own[..], &container].concat());
    let watch = ["onem2m", "subscribe", "CThermo/data", "--cse", &uri, "--json"];
    let watch = [&watch[..], &own, &["--count", "1", "--event", "3"]].concat();
    let mut watching = common::m2m(&watch).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    let made = next();
    let nu = made["nu"].as_str().unwrap();
    assert!(nu.starts_with("coaps://") && nu.ends_with("/CThermo"), "{nu}");
    let instance = ["CThermo/data", "--type", "cin", "-a", "con=21.5"];
    must(&uri, "create", &[&own[..], &instance].concat());
    let notified = next();
    assert_eq!(notified["m2m:sgn"]["nev"]["rep"]["m2m:cin"]["con"], 21.5);
    assert!(watching.wait().unwrap().success());
    cse.stop();
}

#[test]
fn a_middle_node_registers_over_dtls() {
    let key = "/id-mn:00112233445566778899aabbccddeeff";
    let upper = Cse::start("memory", &["--coaps", "127.0.0.1:0", "--psk", key]);
    let uri = upper.uri("coaps");
    let lower = ["--cse-type", "MN", "--registrar", &uri, "--psk", key];
    let lower = Cse::start("memory", &lower);
    loop {
        let event = lower.process.next();
        if event["event"] == "registrar" {
            assert_eq!(event["registered"], true);
            break;
        }
    }
    let known = must(&upper.uri("http"), "get", &["cse-in/id-mn"]);
    assert_eq!(known["m2m:csr"]["csi"], "/id-mn");
    // What comes from behind the CSE is let in with its key; rights are another matter.
    let output = run(&["onem2m", "get", "/id-in/cse-in", "--cse", &lower.uri("http")]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("4103"), "{errors}");
    lower.stop();
    upper.stop();
}
