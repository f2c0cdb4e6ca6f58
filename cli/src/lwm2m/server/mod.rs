//! `m2m lwm2m server`: a server that manages devices through an API, or watches what registers.
//!
//! One thread has the engine and all sockets, another writes the store.

mod api;
pub(crate) mod args;
mod clients;
mod composite;
pub(crate) mod console;
mod core;
mod happened;
mod metrics;
mod models;
mod observations;
mod operations;
mod profiles;
mod queue;
mod site;
pub(in crate::lwm2m) mod values;

pub(super) use clients::fits;

use self::core::Core;
use super::common::{Api, Broker, Kept, Running};
use crate::clock::{Clock, wall};
use crate::decode::Decoder;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::output::{Output, Report, count};
use crate::seeds::Seeds;
use crate::signals::Signals;
use crate::store::{self, About, Journal, Kept as Stored, Place};
use crate::transport::Transport;
use args::Server as Options;
use coap_core::Streams;
use console::Console;
use lwm2m_core::mqtt::Interface;
use lwm2m_core::server::{Config, Limits, Registration, Server};
use m2m_base::{Seed, UnixTime};
use models::Models;
use site::Site;
use std::net::SocketAddr;
use std::rc::Rc;
use tokio::task::LocalSet;

/// Changes when what is in a record does.
const FORMAT: &str = "4";
/// Security contexts of OSCORE at one time.
const CONTEXTS: u32 = 16_384;
/// Requests under way and observations, of all devices together.
const EXCHANGES: u32 = 1 << 18;

/// A server on a UDP socket of its own that tells what happens on `out`, and keeps nothing.
pub(crate) async fn open(
    address: SocketAddr,
    limits: Limits,
    seed: &Seed,
    clock: Clock,
    out: &Rc<Output>,
) -> Result<Console, Failure> {
    let config = Config { limits, ..Config::default() };
    let streams = Streams { connections: 0, ..Streams::default() };
    let engine = Kept::new(make(&config, &streams, seed)?, false);
    Ok(Console::new(Driver::bind(address, clock, engine).await?, out.clone()))
}

fn make(config: &Config, streams: &Streams, seed: &Seed) -> Result<Server, Failure> {
    Server::with_streams(config, streams, seed)
        .map_err(|error| Failure::new(format!("cannot make a server: {error}")))
}

const API: Api<Core> = Api { title: api::TITLE, routes: api::ROUTES, schemas: api::schemas };

/// Runs until a signal, or until nobody reads the output.
pub(crate) async fn run(options: &Options) -> Result<(), Failure> {
    LocalSet::new().run_until(serve(options)).await
}

async fn serve(options: &Options) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut signals = Signals::new()?;
    let out = Rc::new(Output::new(options.show.json, clock));
    let mut seeds = Seeds::new(options.show.seed)?;
    // What may fail goes first: nobody is told of a server that does not come up.
    let doors = &options.doors;
    let ready = doors.prepare()?;
    let place = match &options.store {
        Some(path) => Place::named(path),
        None if doors.has_api() => Place::usual("lwm2m-server.redb"),
        None => Place::Memory,
    };
    let durable = place != Place::Memory;
    let coap = coap_core::Limits {
        security_contexts: CONTEXTS,
        exchanges: EXCHANGES,
        ..Limits::LARGE.coap
    };
    let limits = Limits { coap, ..Limits::LARGE };
    let config = Config { limits, journal: durable, ..Config::default() };
    let mut kept = Kept::new(make(&config, &doors.streams(), &seeds.next())?, durable);
    let mut models = Models::default();
    kept.set_wall_clock(clock.now(), UnixTime::from_millis(wall()));
    let journal = restore(&place, clock, &mut kept, &mut models)?;
    let mut open = doors.open(Interface::Registration, kept.keys(), ready).await?;
    let mut driver = Driver::new(open.take_transport(), clock, kept)
        .with_identities(Kept::secured)
        .with_streams(Kept::VERBS);
    if doors.broker().is_some() {
        let by_broker = driver.engine.registrations().filter(|r| Transport::is_by_broker(r.peer()));
        let known =
            |r: Registration<'_>| (r.peer(), r.endpoint().to_owned(), r.location().to_string());
        let known: Vec<_> = by_broker.map(known).collect();
        for (peer, endpoint, location) in known {
            driver.recall(peer, &endpoint, location);
        }
    }
    let mut console = Console::new(driver, out.clone());
    if options.show.verbose {
        let decoder = Decoder::new(out.clone(), "server");
        console.driver.set_tap(decoder.into_tap());
    }
    let (site, commands) = Site::new();
    open.serve(site, &API, &out);
    if doors.has_api() {
        let registrations = console.driver.engine.registration_count();
        let kept = match &place {
            Place::Memory => "in memory".to_owned(),
            Place::File(path) => format!("in {}", path.display()),
        };
        let text = format!("{} {kept}", count(u64::from(registrations), "client"));
        let report = Report::new("ready", "").says("server", "is ready", text);
        out.tell(&report.with("registrations", registrations));
    }
    let watch = options.watch || !doors.has_api();
    let run = u64::try_from(wall()).unwrap_or(0);
    let mut core = Core::new(console, watch, models, run);
    core.take_up();
    let broker = doors.broker().map(|uri| Broker::new(uri, &out));
    let mut running = Running { core, commands, journal, broker };
    running.until(&mut signals, &out).await?;
    let left = u64::from(running.core.server().registration_count());
    let text = format!("with {} registered", count(left, "client"));
    out.tell(&Report::new("stopped", "").says("server", "stops", text).with("registrations", left));
    out.finish()
}

/// Gives the server back what was kept, and opens the store for what comes.
fn restore(
    place: &Place,
    clock: Clock,
    kept: &mut Kept<Server>,
    models: &mut Models,
) -> Result<Option<Journal>, Failure> {
    let claims = [("format", "format", FORMAT), ("of", "kind", "lwm2m-server")];
    let about = About { table: "registrations", bundled: true, claims: &claims };
    let mut credentials = Vec::new();
    let journal = store::open(place, &about, &mut |stored| match stored {
        Stored::Setting(name, value) => {
            let read = match name.split_once('/') {
                Some(("model", _)) => models.restore(kept, value),
                _ => kept.recall(name, value, &mut credentials),
            };
            read.ok_or_else(|| format!("its setting {name} is damaged"))
        }
        Stored::Record(key, value) => {
            kept.restore(clock.now(), key, value).map_err(|error| error.to_string())
        }
    })?;
    for (identity, credential) in credentials {
        kept.take(clock.now(), &identity, &credential).map_err(Failure::new)?;
    }
    kept.finish_restore(clock.now());
    Ok(journal)
}
