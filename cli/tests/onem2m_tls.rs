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
