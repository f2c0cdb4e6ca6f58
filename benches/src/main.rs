//! Benchmarks: `cargo run --release -p m2m-benches -- codecs [--json]`,
//! `... -- cse-http [--json]`, `... -- endpoint [--json]`,
//! `... -- lwm2m-million [--json] [--endpoints N]`,
//! `... -- lwm2m-server [--json] [--clients N] [--plot FILE]`, `... -- lwm2m-wire [--json] [--only SERVER]`, `... -- onem2m [--json]`, `... -- senml [--json]`, `... -- serve [--json]`.
#![allow(
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark has a clock and stops when something is wrong"
)]

mod codecs;
mod cse_http;
mod endpoint;
mod lwm2m_server;
mod lwm2m_wire;
mod measure;
mod onem2m;
mod senml;
mod serve;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let json = words.contains(&"--json");
    let behind = |name| words.iter().position(|w| *w == name).and_then(|at| words.get(at + 1));
    match words.first() {
        Some(&"codecs") => measure::codecs(json),
        Some(&"cse-http") => cse_http::run(json),
        Some(&"endpoint") => endpoint::run(json),
        Some(&"lwm2m-server") => {
            let clients = behind("--clients").map(|n| n.parse().expect("a number"));
            lwm2m_server::run(json, clients, behind("--plot").copied());
        }
        Some(&"lwm2m-million") => {
            let endpoints =
                behind("--endpoints").map_or(1_000_000, |n| n.parse().expect("a number"));
            lwm2m_wire::million::run(json, endpoints);
        }
        Some(&"lwm2m-wire") => lwm2m_wire::run(json, behind("--only").copied()),
        Some(&"onem2m") => onem2m::run(json),
        Some(&"senml") => senml::run(json),
        // How `senml` has its own instructions counted.
        Some(&"entry") => {
            let number = |at: usize| words[at].parse().expect("a number");
            senml::repeat(number(1), number(2), words[3].parse().expect("a number"));
        }
        Some(&"serve") => serve::run(json),
        // What `serve` compares with: answers each datagram with itself.
        Some(&"echo") => serve::echo(),
        // How `codecs` has its own instructions counted: runs one job so many times.
        Some(&"job") => measure::job(words[1], words[2].parse().expect("a number")),
        _ => {
            eprintln!(
                "usage: m2m-benches codecs|cse-http|endpoint|lwm2m-million|lwm2m-server|lwm2m-wire|onem2m|senml|serve [--json]"
            );
            std::process::exit(2);
        }
    }
}
