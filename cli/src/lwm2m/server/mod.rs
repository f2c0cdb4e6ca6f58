//! `m2m lwm2m server`: a server that manages devices through an API, or watches what registers.
//!
//! One thread has the engine and all sockets, another writes the store.

mod api;
pub(crate) mod args;
mod clients;
mod composite;
pub(crate) mod console;
mod core;
pub(in crate::lwm2m) mod credentials;
pub(crate) mod engine;
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
pub(super) use credentials::from_hex;

use self::core::Core;
use crate::clock::{Clock, wall};
use crate::decode::Decoder;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::output::{Output, Report, count};
use crate::seeds::Seeds;
use crate::signals::Signals;
use crate::store::{self, About, Journal, Kept as Stored, Place};
use crate::transport::{Identity, MOST_CONNECTIONS, Scheme, Transport};
use crate::web::{Guard, Service, listen};
use args::Server as Options;
use coap_core::Streams;
use console::Console;
use engine::Kept;
use lwm2m_core::server::{Config, Limits, Server};
use m2m_base::{Seed, UnixTime};
use models::Models;
use site::{Command, Site};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{LocalSet, spawn_local};

/// Changes when what is in a record does.
const FORMAT: &str = "2";
/// How long what is under way may take when the server is asked to stop.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often listeners are written to if nothing happens.
const BEAT: Duration = Duration::from_secs(15);

/// A server on a UDP socket of its own that tells what happens on `out`, and keeps nothing.
pub(crate) async fn open(
    address: SocketAddr,
    limits: Limits,
    seed: &Seed,
    clock: Clock,
    out: &Rc<Output>,
) -> Result<Console, Failure> {
    let config = Config { limits, ..Config::default() };
    let engine = Kept::new(make(&config, seed)?, false);
    Ok(Console::new(Driver::bind(address, clock, engine).await?, out.clone()))
}

fn make(config: &Config, seed: &Seed) -> Result<Server, Failure> {
    let connections = u16::try_from(MOST_CONNECTIONS).unwrap_or(u16::MAX);
    let streams = Streams { connections, ..Streams::default() };
    Server::with_streams(config, &streams, seed)
        .map_err(|error| Failure::new(format!("cannot make a server: {error}")))
}

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
    let guard = match options.http {
        Some(address) => Some(Guard::new(address, options.token.as_deref())?),
        None => None,
    };
    let place = match &options.store {
        Some(path) => Place::named(path),
        None if options.http.is_some() => Place::usual("lwm2m-server.redb"),
        None => Place::Memory,
    };
    let durable = place != Place::Memory;
    let config = Config { limits: Limits::LARGE, journal: durable, ..Config::default() };
    let mut kept = Kept::new(make(&config, &seeds.next())?, durable);
    let mut models = Models::default();
    kept.set_wall_clock(clock.now(), UnixTime::from_millis(wall()));
    let journal = restore(&place, clock, &mut kept, &mut models)?;
    let mut transport = Transport::new();
    let mut listening = Vec::new();
    let identity = identity(options)?;
    for (scheme, address) in [
        (Scheme::Coap, options.coap),
        (Scheme::Coaps, options.coaps),
        (Scheme::CoapTcp, options.tcp),
        (Scheme::CoapsTcp, options.tls),
    ] {
        let Some(address) = address else { continue };
        let bound = transport.listen(scheme, address, &kept.keys, identity.as_ref()).await?;
        listening.push((scheme, bound));
    }
    transport.enlarge_buffers();
    let http = match options.http {
        Some(address) => Some(listen::bind(address).await?),
        None => None,
    };
    let driver = Driver::new(transport, clock, kept)
        .with_identities(Kept::secured)
        .with_streams(engine::VERBS);
    let mut console = Console::new(driver, out.clone());
    if options.show.verbose {
        let decoder = Decoder::new(out.clone(), "server");
        console.driver.set_tap(decoder.into_tap());
    }
    let tell = |scheme: &str, address: SocketAddr| {
        let uri = format!("{scheme}://{address}");
        let report = Report::new("listening", "").says("server", "listens", format!("on {uri}"));
        let report =
            if scheme == "coap" { report.with("coap", address.to_string()) } else { report };
        out.tell(&report.with("uri", uri));
    };
    for (scheme, address) in &listening {
        tell(scheme.name(), *address);
    }
    let (site, commands) = Site::new();
    if let (Some((listener, address)), Some(guard)) = (http, guard) {
        let service = Rc::new(Service {
            title: api::TITLE,
            routes: api::ROUTES,
            schemas: api::schemas,
            state: Rc::new(site),
            guard,
        });
        spawn_local(listen::accept(listener, move |stream, _| {
            spawn_local(service.clone().serve(stream));
        }));
        tell("http", address);
        let registrations = console.driver.engine.registration_count();
        let kept = match &place {
            Place::Memory => "in memory".to_owned(),
            Place::File(path) => format!("in {}", path.display()),
        };
        let text = format!("{} {kept}", count(u64::from(registrations), "client"));
        let report = Report::new("ready", "").says("server", "is ready", text);
        out.tell(&report.with("registrations", registrations));
    }
    let watch = options.watch || options.http.is_none();
    let run = u64::try_from(wall()).unwrap_or(0);
    let mut core = Core::new(console, watch, models, run);
    core.take_up();
    let mut running = Running { core, commands, journal };
    running.until(&mut signals, &out).await?;
    let left = u64::from(running.core.server().registration_count());
    let text = format!("with {} registered", count(left, "client"));
    out.tell(&Report::new("stopped", "").says("server", "stops", text).with("registrations", left));
    out.finish()
}

/// Who the server says it is, to clients that use TLS.
fn identity(options: &Options) -> Result<Option<Identity>, Failure> {
    let Some((certificate, key)) = options.tls_cert.as_deref().zip(options.tls_key.as_deref())
    else {
        return Ok(None);
    };
    match &options.tls_client_ca {
        Some(ca) => Identity::load_with_clients(certificate, key, ca).map(Some),
        None => Identity::load(certificate, key).map(Some),
    }
}

/// Gives the server back what was kept, and opens the store for what comes.
fn restore(
    place: &Place,
    clock: Clock,
    kept: &mut Kept,
    models: &mut Models,
) -> Result<Option<Journal>, Failure> {
    let claims = [("format", "format", FORMAT), ("of", "kind", "lwm2m-server")];
    let about = About { table: "registrations", claims: &claims };
    let journal = store::open(place, &about, &mut |stored| match stored {
        Stored::Setting(name, value) => {
            let read = match name.split_once('/') {
                Some(("psk", _)) => credentials::restore(kept, name, value),
                Some(("model", _)) => models.restore(kept, value),
                _ => None,
            };
            read.ok_or_else(|| format!("its setting {name} is damaged"))
        }
        Stored::Record(key, value) => {
            kept.restore(clock.now(), key, value).map_err(|error| error.to_string())
        }
    })?;
    kept.finish_restore(clock.now());
    Ok(journal)
}

/// A server at work.
struct Running {
    core: Core,
    commands: UnboundedReceiver<Command>,
    journal: Option<Journal>,
}

impl Running {
    async fn until(&mut self, signals: &mut Signals, out: &Output) -> Result<(), Failure> {
        let mut beat = tokio::time::interval(BEAT);
        while !out.closed() {
            tokio::select! {
                turned = self.turn() => turned?,
                _ = beat.tick() => {
                    self.core.feed.beat();
                    // The clock of the system may be set.
                    let now = self.core.now();
                    self.core.engine().set_wall_clock(now, UnixTime::from_millis(wall()));
                }
                () = signals.wait() => break,
            }
        }
        // What was acknowledged to nobody yet may still be.
        let end = tokio::time::Instant::now() + FAREWELL;
        while !self.core.engine().is_settled() {
            match tokio::time::timeout_at(end, self.turn()).await {
                Ok(turned) => turned?,
                Err(_) => break,
            }
        }
        self.core.driver().flush()
    }

    /// Waits until there is something to do, and does it. Dropping the future loses nothing.
    async fn turn(&mut self) -> Result<(), Failure> {
        let Running { core, commands, journal } = self;
        let committed = async {
            match journal {
                Some(journal) => journal.committed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            turned = core.console.driver.turn(None) => turned?,
            Some(command) = commands.recv() => command(core),
            done = committed => {
                done?;
                core.engine().committed();
            }
        }
        while let Ok(command) = commands.try_recv() {
            command(core);
        }
        core.attend();
        if let Some(journal) = journal {
            let now = core.now();
            if let Some(changes) = core.engine().begin(now) {
                journal.commit(changes);
            }
        }
        Ok(())
    }
}
