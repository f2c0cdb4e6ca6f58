//! Benchmarks: `cargo run --release -p m2m-benches -- codecs [--json]`,
//! `... -- endpoint [--json]`, `... -- serve [--json]`.
#![allow(
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark has a clock and stops when something is wrong"
)]

mod codecs;
mod endpoint;
mod measure;
mod serve;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let json = words.contains(&"--json");
    match words.first() {
        Some(&"codecs") => measure::codecs(json),
        Some(&"endpoint") => endpoint::run(json),
        Some(&"serve") => serve::run(json),
        // What `serve` compares with: answers each datagram with itself.
        Some(&"echo") => serve::echo(),
        // How `codecs` has its own instructions counted: runs one job so many times.
        Some(&"job") => measure::job(words[1], words[2].parse().expect("a number")),
        _ => {
            eprintln!("usage: m2m-benches codecs|endpoint|serve [--json]");
            std::process::exit(2);
        }
    }
}
