//! Q-Block options (RFC 9177) against libcoap, in both roles: bodies of 100 kB, directly and through
//! the relay that loses, doubles and reorders.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test beside the engines"
)]

use coap_core::{Code, Config, Endpoint, Limits, Parameters};
use m2m_base::Seed;
use m2m_interop::app::{LIMITS, body};
use m2m_interop::driver::{Driver, peer_of};
use m2m_interop::peers::{libcoap_q_block, libcoap_q_block_server, m2m};
use m2m_interop::process::{Process, Scratch};
use m2m_interop::relay::{Relay, Rules};
use m2m_interop::requests::Asker;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// 100 kB: ten sets of blocks.
const LONG: usize = 100_000;
/// Longest run of libcoap's client, in seconds.
const PATIENCE: u64 = 120;
/// Every 31st datagram is lost: some blocks of most bodies, and some of what asks for them.
const SOME_LOST: Rules = Rules { drop: 31, ..Rules::NONE };
/// Its server asks for missing blocks when nothing more comes, and remembers three gaps.
const FEW_LOST: Rules = Rules { drop: 40, ..Rules::NONE };
/// It takes a last block that comes twice for one of a body that it does not know.
const DISORDER: Rules = Rules { duplicate: 7, swap: 5, ..Rules::NONE };

fn asker(server: SocketAddr) -> Asker {
    let limits = Limits { body_size: 200_000, pool: 800_000, ..LIMITS };
    let config = Config { limits, parameters: Parameters::default() };
    let endpoint = Endpoint::new(&config, &Seed([9; 32])).unwrap();
    let mut asker = Asker::over(Driver::new(endpoint), peer_of(server));
    asker.q_block = true;
    asker
}

/// PUT and GET of a long body at libcoap's server; tells how many datagrams that took, and how long.
fn ask_libcoap(rules: Rules, confirmable: bool) -> (u32, Duration) {
    let server = libcoap_q_block_server();
    let relay = Relay::start(server.address, rules);
    let mut asker = asker(relay.address());
    let (began, sent) = (Instant::now(), body(LONG, 3));
    let id = asker.start(Code::PUT, "/long", &sent, confirmable, false);
    assert_eq!(asker.finish(id).code, Code::CREATED);
    let id = asker.start(Code::GET, "/long", b"", confirmable, false);
    let got = asker.finish(id);
    assert_eq!(got.code, Code::CONTENT);
    assert!(got.payload == sent);
    (relay.counts().seen, began.elapsed())
}

#[test]
fn libcoap_takes_and_gives_100_kb_in_bursts() {
    if m2m_interop::skipped() {
        return;
    }
    let (datagrams, took) = ask_libcoap(Rules::default(), false);
    // 98 blocks each way, nine words that the next set may come each way, and the rest.
    assert!((2 * (98 + 9)..2 * (98 + 9) + 8).contains(&datagrams), "{datagrams}");
    // No pause was made.
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn libcoap_takes_and_gives_100_kb_block_by_block() {
    if !m2m_interop::skipped() {
        ask_libcoap(Rules::default(), true);
    }
}

#[test]
fn libcoap_takes_and_gives_100_kb_through_losses() {
    if !m2m_interop::skipped() {
        ask_libcoap(FEW_LOST, false);
    }
}

#[test]
fn libcoap_takes_and_gives_100_kb_in_disorder() {
    if !m2m_interop::skipped() {
        ask_libcoap(DISORDER, false);
    }
}

/// libcoap's client PUTs a long body to our command and GETs it back.
fn asked_by_libcoap(rules: Rules, more: &[&str]) {
    let mut server = Process::start(m2m(), &["coap", "serve", "--bind", "127.0.0.1:0"]);
    let address: SocketAddr = server.wait_line(|line| {
        let (_, uri) = line.rsplit_once("coap://")?;
        uri.trim_end().parse().ok()
    });
    let relay = Relay::start(address, rules);
    let scratch = Scratch::new();
    let (out, back) = (scratch.file("out"), scratch.file("back"));
    std::fs::write(&out, body(LONG, 5)).unwrap();
    let run = |arguments: &[&str]| {
        let all = [arguments, more, &["-b", "1024"]].concat();
        libcoap_q_block(PATIENCE, &all, relay.address(), "/store/long")
    };
    let put = run(&["-m", "put", "-f", &out]);
    let got = run(&["-m", "get", "-o", &back]);
    let read = std::fs::read(&back).unwrap_or_default();
    assert!(read == body(LONG, 5), "{} bytes; {} {}", read.len(), put.stderr, got.stderr);
}

#[test]
fn libcoap_asks_our_command_in_bursts() {
    if !m2m_interop::skipped() {
        asked_by_libcoap(Rules::default(), &["-N"]);
    }
}

#[test]
fn libcoap_asks_our_command_block_by_block() {
    if !m2m_interop::skipped() {
        asked_by_libcoap(Rules::default(), &[]);
    }
}

#[test]
fn libcoap_asks_our_command_through_losses() {
    if !m2m_interop::skipped() {
        asked_by_libcoap(SOME_LOST, &["-N"]);
    }
}

#[test]
fn libcoap_asks_our_command_in_disorder() {
    if !m2m_interop::skipped() {
        asked_by_libcoap(Rules::DISORDER, &["-N"]);
    }
}
