//! Each fuzz target as a plain function of bytes: `libfuzzer/` runs them under the fuzzer,
//! `tests/replay.rs` runs them over the committed corpus with every `cargo test`.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a target panics when a rule is broken"
)]

mod bootstrap;
mod coap;
mod cse;
mod lwm2m;
mod onem2m;
mod oscore;
mod script;
mod senml;
mod stream;

/// A fuzz target.
pub type Target = fn(&[u8]);

/// All targets by name; `corpus/NAME/` holds inputs for each.
pub const TARGETS: &[(&str, Target)] = &[
    ("coap_message", coap::message),
    ("coap_links", coap::links),
    ("coap_endpoint", coap::endpoint),
    ("coap_pair", coap::pair),
    ("coap_stream", stream::stream),
    ("coap_oscore", oscore::oscore),
    ("senml_json", senml::json),
    ("senml_cbor", senml::cbor),
    ("senml_resolved", senml::resolved),
    ("senml_xml", senml::xml),
    ("senml_stream", senml::stream),
    ("senml_patch", senml::patch),
    ("lwm2m_payload", lwm2m::payload),
    ("lwm2m_client", lwm2m::client_engine),
    ("lwm2m_server", lwm2m::server_engine),
    ("lwm2m_bootstrap", bootstrap::server_engine),
    ("onem2m_json", onem2m::json),
    ("onem2m_cbor", onem2m::cbor),
    ("onem2m_xml", onem2m::xml),
    ("onem2m_http", onem2m::http),
    ("onem2m_cse", cse::cse),
    ("c_calls", m2m::fuzzing::c_calls),
];

/// Runs the target with this name.
///
/// # Panics
/// If there is no such target, or if the target finds a rule broken.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|t| t.0 == name);
    target.unwrap_or_else(|| panic!("no fuzz target {name}")).1(data);
}
