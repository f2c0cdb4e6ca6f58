//! Tests of the family against programs that nobody here wrote: what they share.
//!
//! The tests start the peers themselves, on loopback and on ports chosen at run time, and end them
//! whatever happens. They run only with `M2M_INTEROP=1` in the environment; a peer that is missing
//! then is a failure. See README.md for what is tested against what.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "this crate is the world around the engines, and a test fails by panicking"
)]

pub mod acme;
pub mod app;
pub mod background;
pub mod capture;
pub mod device;
pub mod driver;
pub mod http;
pub mod leshan;
pub mod onem2m;
pub mod onem2m_coap;
pub mod onem2m_cse;
pub mod onem2m_scenario;
pub mod peers;
pub mod plugtest;
pub mod process;
pub mod relay;
pub mod requests;
pub mod scene;
pub mod station;
pub mod streams;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long to wait for what has to happen. Whoever waits goes on as soon as it does: this tells late from
/// never on a machine that is slow and busy. What has to happen at its time is timed by who makes it
/// happen, or by the datagrams ([`capture::Captured::times`]).
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Where [`free_port`] looks.
const FIRST_PORT: u32 = 20_000;
const PORTS: u32 = 12_000;

/// True if the tests are to be left out; says so.
#[must_use]
pub fn skipped() -> bool {
    let run = std::env::var_os("M2M_INTEROP").is_some_and(|v| v == "1");
    if !run {
        println!("skipped: set M2M_INTEROP=1");
    }
    !run
}

/// A loopback address.
#[must_use]
pub fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A port of the loopback interface that was free a moment ago, for datagrams and connections, and
/// that this process has not given before. It lies below those that a system takes for outgoing
/// sockets, of which the tests beside this one open many.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn free_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let own = std::process::id().wrapping_mul(97);
    (0..PORTS)
        .map(|_| own.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % PORTS + FIRST_PORT)
        .filter_map(|port| u16::try_from(port).ok())
        .find(|&port| {
            UdpSocket::bind(loopback(port)).is_ok() && TcpListener::bind(loopback(port)).is_ok()
        })
        .expect("a free port")
}

/// Calls `poll` every 10 ms until it gives something.
///
/// # Panics
/// After [`PATIENCE`] without.
pub fn wait_for<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The example in the README of the whole compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
