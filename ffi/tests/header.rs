//! The committed header is what the source says, and every compiler takes it.
//!
//! M2M_WRITE_HEADER=1 writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;
use std::process::Command;

use support::{WARNINGS, cc, header, package, repository, run, scratch};

/// The source files with something public, in the order in which the header has their functions.
const SOURCES: &[&str] = &[
    "result.rs",
    "version.rs",
    "memory.rs",
    "path.rs",
    "object.rs",
    "standard.rs",
    "code.rs",
    "engine.rs",
    "config.rs",
    "client/config.rs",
    "client/handle.rs",
    "client/arena.rs",
    "client/servers.rs",
    "client/verbs.rs",
    "client/event.rs",
    "client/data.rs",
    "client/values.rs",
    "client/execute.rs",
    "argument.rs",
    "client/asked.rs",
    "client/send.rs",
    "client/package.rs",
    "client/journal.rs",
    "client/oscore.rs",
    "client/dispatch.rs",
    "stream.rs",
    "client/stream.rs",
    "client/gateway.rs",
    "mqtt.rs",
    "http.rs",
    "sms.rs",
    "number.rs",
    "value.rs",
    "payload.rs",
    "senml/record.rs",
    "senml/last.rs",
    "senml/reader.rs",
    "senml/stream.rs",
    "senml/writer.rs",
    "senml/etch.rs",
    "senml/compact.rs",
    "senml/unit.rs",
    "senml/media.rs",
    "security.rs",
    "coap/config.rs",
    "coap/handle.rs",
    "coap/event.rs",
    "coap/request.rs",
    "coap/response.rs",
    "coap/message.rs",
    "coap/observe.rs",
    "coap/security.rs",
    "coap/oscore.rs",
    "coap/peers.rs",
    "coap/group.rs",
    "coap/stream.rs",
    "coap/reader.rs",
    "coap/writer.rs",
    "coap/frame.rs",
    "coap/link.rs",
    "coap/name.rs",
    "coap/option.rs",
    "server/config.rs",
    "server/handle.rs",
    "server/event.rs",
    "server/registration.rs",
    "server/name.rs",
    "server/operation.rs",
    "server/content.rs",
    "server/observation.rs",
    "server/journal.rs",
    "server/gateway.rs",
    "server/stream.rs",
    "server/security.rs",
    "bootstrap_server/config.rs",
    "bootstrap_server/handle.rs",
    "bootstrap_server/account.rs",
    "bootstrap_server/configuration.rs",
    "bootstrap_server/event.rs",
    "bootstrap_server/session.rs",
    "bootstrap_server/answer.rs",
    "bootstrap_server/stream.rs",
    "bootstrap_server/security.rs",
    "onem2m/binding.rs",
    "onem2m/config.rs",
    "onem2m/ae.rs",
    "onem2m/event.rs",
    "onem2m/command.rs",
    "onem2m/incoming.rs",
    "onem2m/whole.rs",
    "onem2m/ae/coap.rs",
    "onem2m/ae/mqtt.rs",
    "onem2m/ae/websocket.rs",
    "onem2m/cse/config.rs",
    "onem2m/cse/handle.rs",
    "onem2m/cse/outgoing.rs",
    "onem2m/cse/surroundings.rs",
    "onem2m/cse/datagram.rs",
    "onem2m/cse/mqtt.rs",
    "onem2m/cse/websocket.rs",
    "onem2m/cse/journal.rs",
    "onem2m/primitive.rs",
    "onem2m/datagram.rs",
    "onem2m/time.rs",
    "onem2m/address.rs",
    "onem2m/definition.rs",
];

fn generated() -> String {
    let mut config = cbindgen::Config::from_file(package().join("cbindgen.toml")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let [major, minor, patch] =
        version.split('.').collect::<Vec<_>>().try_into().expect("three numbers");
    config.after_includes = Some(format!(
        "
/** The major part of the version of this header. */
#define M2M_VERSION_MAJOR {major}
/** The minor part of it: before 1.0 another one is another interface. */
#define M2M_VERSION_MINOR {minor}
/** The last part of it. */
#define M2M_VERSION_PATCH {patch}
/** Version of this header as a string. m2m_version() is the library's. */
#define M2M_VERSION \"{version}\""
    ));
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(package().join("src").join(source));
    }
    let mut text = Vec::new();
    builder.generate().unwrap().write(&mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn is_what_the_source_says() {
    let text = generated();
    if std::env::var_os("M2M_WRITE_HEADER").is_some() {
        fs::create_dir_all(repository().join("include")).unwrap();
        fs::write(header(), &text).unwrap();
    }
    let committed = fs::read_to_string(header()).unwrap_or_default();
    for (n, (old, new)) in committed.lines().zip(text.lines()).enumerate() {
        assert_eq!(old, new, "line {}: run this test with M2M_WRITE_HEADER=1", n + 1);
    }
    assert_eq!(committed.len(), text.len(), "run this test with M2M_WRITE_HEADER=1");
}

#[test]
fn names_every_source_file() {
    let mut found = Vec::new();
    for dir in [
        "src",
        "src/client",
        "src/senml",
        "src/coap",
        "src/server",
        "src/bootstrap_server",
        "src/onem2m",
        "src/onem2m/ae",
        "src/onem2m/cse",
    ] {
        for entry in fs::read_dir(package().join(dir)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap_or_default();
            if text.contains("[unsafe(no_mangle)]") || text.contains("[repr(C)]") {
                let path = path.strip_prefix(package().join("src")).unwrap();
                found.push(path.to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    // What is not for C.
    found.retain(|f| !["test_hooks.rs", "placed.rs", "guard.rs"].contains(&f.as_str()));
    let mut listed: Vec<_> = SOURCES.iter().map(ToString::to_string).collect();
    found.sort();
    listed.sort();
    assert_eq!(found, listed);
}

/// Every public name, used once, in a file of each language.
fn compiles(name: &str, language: &str, standard: &str) {
    let dir = scratch(name);
    let source = dir.join("header.c");
    // Twice: the guard works. Nothing before it: it includes what it needs.
    fs::write(
        &source,
        "#include <m2m.h>\n#include <m2m.h>\n\
         int32_t start(m2m_lwm2m_client **client, const uint8_t *seed);\n\
         int32_t start(m2m_lwm2m_client **client, const uint8_t *seed) {\n\
             m2m_lwm2m_client_config config;\n\
             struct m2m_path path = m2m_path_resource(3, 0, 1);\n\
             int32_t r = m2m_lwm2m_client_config_init(&config, sizeof config);\n\
             if (r == M2M_OK) r = m2m_lwm2m_client_new(&config, seed, client);\n\
             return r == M2M_OK && m2m_path_equal(path, path) ? M2M_OK : M2M_INVALID;\n\
         }\n",
    )
    .unwrap();
    let mut command = Command::new(cc());
    command.args(["-x", language, standard]).args(WARNINGS).arg("-c").arg("-I");
    command.arg(repository().join("include")).arg("-o").arg(dir.join("header.o")).arg(&source);
    run(&mut command);
}

#[test]
fn compiles_as_c99() {
    compiles("header-c99", "c", "-std=c99");
}

#[test]
fn compiles_as_c11() {
    compiles("header-c11", "c", "-std=c11");
}

#[test]
fn compiles_as_cpp17() {
    let dir = scratch("header-cpp17-probe");
    fs::write(dir.join("empty.cpp"), "").unwrap();
    let mut probe = Command::new(cc());
    probe.args(["-x", "c++", "-c", "-o"]).arg(dir.join("empty.o")).arg(dir.join("empty.cpp"));
    if !probe.output().unwrap().status.success() && !support::everything() {
        println!("skipped: {} does not compile C++", cc());
        return;
    }
    compiles("header-cpp17", "c++", "-std=c++17");
}

#[test]
fn speaks_of_c_and_not_of_rust() {
    let text = fs::read_to_string(header()).unwrap();
    for word in ["# Safety", "`", "Rust", "Option<", "usize", "crate", "::", "panic", "trait"] {
        assert!(!text.contains(word), "the header says {word:?}");
    }
}
