//! `m2m lwm2m server`: a server that observes the sensors of whatever registers.

pub(crate) mod console;

use crate::args;
use crate::clock::Clock;

use crate::decode::Decoder;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::output::{Output, Report};
use crate::seeds::Seeds;
use crate::signals::Signals;
use console::Console;
use lwm2m_core::server::{Config, Limits, Server};
use m2m_base::Seed;
use std::net::SocketAddr;
use std::rc::Rc;

/// A server on a socket of its own that tells what happens on `out`.
pub(crate) async fn open(
    address: SocketAddr,
    limits: Limits,
    seed: &Seed,
    clock: Clock,
    out: &Rc<Output>,
) -> Result<Console, Failure> {
    let config = Config { limits, ..Config::default() };
    let engine = Server::new(&config, seed)
        .map_err(|error| Failure::new(format!("cannot make a server: {error}")))?;
    Ok(Console::new(Driver::bind(address, clock, engine).await?, out.clone()))
}

/// Runs until a signal, or until nobody reads the output.
pub(crate) async fn run(options: &args::Server) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut signals = Signals::new()?;
    let out = Rc::new(Output::new(options.show.json, clock));
    let seed = Seeds::new(options.show.seed)?.next();
    let mut console = open(options.coap, Limits::LARGE, &seed, clock, &out).await?;
    if options.show.verbose {
        let decoder = Decoder::new(out.clone(), "server");
        console.driver.set_tap(decoder.into_tap());
    }
    console.tell_address();
    while !out.closed() {
        tokio::select! {
            done = console.driver.turn(None) => done?,
            () = signals.wait() => break,
        }
        console.handle_events();
    }
    let left = u64::from(console.driver.engine.registration_count());
    let text = format!("with {} registered", crate::output::count(left, "client"));
    out.tell(&Report::new("stopped", "").says("server", "stops", text).with("registrations", left));
    out.finish()
}
