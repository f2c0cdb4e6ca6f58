//! `m2m coap serve`: a server with resources to try clients on.

use super::args;
use super::oscore::Context;
use super::resources::{Site, VERBS};
use crate::clock::Clock;
use crate::decode::Decoder;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::output::{Output, Report, count};
use crate::seeds::Seeds;
use crate::signals::Signals;
use crate::transport::{Identity, Keyring, MOST_CONNECTIONS, Notice, Scheme, Transport};
use coap_core::{Config, Endpoint, Limits, Parameters, Streams};
use std::rc::Rc;

/// Requests that are remembered with their answers, for their duplicates. A server that has to
/// serve from afar wants more; with fewer, all of it stays in the processor's caches.
const REMEMBERED: u32 = 4096;
/// Where it listens if the command line does not say.
const DEFAULT: ([u8; 4], u16) = ([127, 0, 0, 1], 5683);

/// Runs until a signal, or until nobody reads the output.
pub(super) async fn run(options: &args::Serve) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut signals = Signals::new()?;
    let out = Rc::new(Output::new(options.show.json, clock));
    let seed = Seeds::new(options.show.seed)?.next();
    let security_contexts = u32::try_from(options.oscore.len()).unwrap_or(u32::MAX);
    let limits = Limits { requests: REMEMBERED, security_contexts, ..Limits::SERVER };
    let config = Config { limits, parameters: Parameters::default() };
    let connections = u16::try_from(MOST_CONNECTIONS).unwrap_or(u16::MAX);
    let streams = Streams { connections, ..Streams::default() };
    let endpoint = Endpoint::with_streams(&config, &streams, &seed)
        .map_err(|error| Failure::new(format!("cannot make an endpoint: {error}")))?;
    let mut site = Site::new(endpoint);
    site.protected_only = options.oscore_only;
    for file in &options.oscore {
        site.contexts.push(Context::open(file, &mut site.endpoint)?);
    }
    let mut doors = options.doors();
    if doors.is_empty() {
        doors.push((Scheme::Coap, DEFAULT.into()));
    }
    let security = &options.security;
    let identity = match (&security.cert, &security.key, &security.ca) {
        (Some(cert), Some(key), Some(ca)) => Some(Identity::load_with_clients(cert, key, ca)?),
        (Some(cert), Some(key), None) => Some(Identity::load(cert, key)?),
        _ => None,
    };
    let keys = Keyring::of(&security.psk);
    let mut transport = Transport::new();
    for (scheme, address) in doors {
        // Beside keys a certificate may be one that only TLS takes.
        let fits = |identity: &&Identity| {
            scheme != Scheme::Coaps || security.psk.is_empty() || identity.fits_dtls()
        };
        let identity = identity.as_ref().filter(fits);
        let local = transport.listen(scheme, address, &keys, identity).await?;
        let uri = format!("{scheme}://{local}");
        let report = Report::new("listening", "").says("server", "listens", format!("on {uri}"));
        out.tell(&report.with("uri", uri));
    }
    transport.enlarge_buffers();
    let mut driver = Driver::new(transport, clock, site).with_streams(VERBS);
    if options.show.verbose {
        driver.set_tap(Decoder::plain(out.clone(), "server").into_tap());
    }
    while !out.closed() {
        tokio::select! {
            done = driver.turn(None) => done?,
            () = signals.wait() => break,
        }
        // What was sent last may have been the last there is to send.
        let now = driver.now();
        driver.engine.attend(now);
        if let Some(failure) = driver.engine.failed.take() {
            return Err(failure);
        }
        for peer in std::mem::take(&mut driver.engine.closing) {
            driver.close(peer)?;
        }
        while let Some(notice) = driver.notice() {
            if let Notice::Down(peer, _) = notice {
                let now = driver.now();
                driver.engine.endpoint.forget_peer(now, peer);
            }
        }
    }
    let requests = driver.traffic.received;
    let text = format!("after {}", count(requests, "message"));
    out.tell(&Report::new("stopped", "").says("server", "stops", text).with("messages", requests));
    out.finish()
}
