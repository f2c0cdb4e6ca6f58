//! `m2m onem2m cse`: a common services entity on real sockets.
//!
//! One thread has the engine and all sockets, another writes the store.

mod counters;
mod engine;
mod http;
mod listen;
mod options;
mod store;

pub(crate) use options::Options;

use super::args;
use crate::clock::Clock;
use crate::failure::{Failure, USAGE};
use crate::output::{Output, Report, count};
use crate::seeds::Seeds;
use crate::signals::Signals;
use engine::Engine;
use onem2m_core::cse::{ConfigError, Cse};
use options::Place;
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

/// How long requests under way may take when the CSE is asked to stop.
const FAREWELL: Duration = Duration::from_secs(2);

/// What all sockets share.
pub(super) struct Site {
    engine: Engine,
    /// Longest body of a request, in bytes.
    body: usize,
    /// The number of the next connection.
    connections: Cell<u64>,
}

impl Site {
    /// A number for another connection.
    fn number(&self) -> u64 {
        let number = self.connections.get() + 1;
        self.connections.set(number);
        number
    }
}

/// Runs until a signal, or until nobody reads the output.
pub(super) async fn run(options: &args::Cse) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut signals = Signals::new()?;
    let out = Rc::new(Output::new(options.show.json, clock));
    let seed = Seeds::new(options.show.seed)?.next();
    let options = options.options.clone().with_file(options.config.as_deref())?;
    options.check()?;
    let config = options.engine();
    let cse_id = config.cse_id.clone();
    let mut cse = Cse::new(config, &seed).map_err(|error| unfit(&options, error))?;
    Engine::set_clock(&mut cse, clock);
    let place = options.place();
    let journal = store::open(&place, &mut cse, &cse_id)?;
    let site = Rc::new(Site {
        engine: Engine::new(cse, clock),
        body: options.body(),
        connections: Cell::new(0),
    });
    let local = tokio::task::LocalSet::new();
    local.run_until(serve(&options, &site, journal, &out, &mut signals)).await?;
    site.engine.settle(FAREWELL).await;
    let text = format!("with {}", count(u64::from(site.engine.resources()), "resource"));
    out.tell(&Report::new("stopped", "").says("cse", "stops", text));
    out.finish()
}

/// Why a CSE cannot be as the options say.
fn unfit(options: &Options, error: ConfigError) -> Failure {
    let of = |option: &str, value: &Option<String>, words: &str| {
        let value = value.as_deref().unwrap_or("");
        Failure::new(format!("{option} {value:?} {words}")).exits(USAGE)
    };
    match error {
        ConfigError::CseId => {
            let words = "is no CSE-ID: a slash and letters, digits, '-', '.' or '_', such as /id-in";
            of("--cse-id", &options.cse_id, words)
        }
        ConfigError::CseName => of("--cse-name", &options.cse_name, "is no name of a resource"),
        ConfigError::Provider => of("--sp-id", &options.sp_id, "is no domain name"),
        other => Failure::new(format!("cannot make a CSE: {other}")),
    }
}

/// Opens the sockets and serves.
async fn serve(
    options: &Options,
    site: &Rc<Site>,
    journal: Option<store::Journal>,
    out: &Output,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let listens = |scheme: &'static str, at: SocketAddr| {
        let uri = format!("{scheme}://{at}");
        let report = Report::new("listening", "").says("cse", "listens", format!("on {uri}"));
        out.tell(&report.with("uri", uri));
    };
    if let Some(address) = options.http {
        let (listener, at) = listen::bind(address).await?;
        let site = site.clone();
        tokio::task::spawn_local(listen::accept(listener, move |stream, from| {
            let session = http::session(site.number(), from);
            tokio::task::spawn_local(http::serve(site.clone(), stream, session));
        }));
        listens("http", at);
    }
    if let Some(address) = options.metrics {
        let (listener, at) = listen::bind(address).await?;
        let site = site.clone();
        tokio::task::spawn_local(listen::accept(listener, move |stream, _| {
            tokio::task::spawn_local(http::serve_metrics(site.clone(), stream));
        }));
        let uri = format!("http://{at}/metrics");
        let report = Report::new("listening", "").says("cse", "counts", format!("at {uri}"));
        out.tell(&report.with("uri", uri).with("metrics", true));
    }
    let kept = match options.place() {
        Place::Memory => "in memory".to_owned(),
        Place::File(path) => format!("in {}", path.display()),
    };
    let resources = site.engine.resources();
    let text = format!("{} {kept}", count(u64::from(resources), "resource"));
    let report = Report::new("ready", "").says("cse", "is ready", text);
    out.tell(&report.with("resources", resources));
    // The engine's task also answers what is under way when the signal comes.
    let engine = { let site = site.clone(); async move { site.engine.run(journal).await } };
    let mut engine = tokio::task::spawn_local(engine);
    tokio::select! {
        failed = &mut engine => Err(failed.unwrap_or_else(|_| Failure::new("the engine failed"))),
        () = signals.wait() => {
            site.engine.settle(FAREWELL).await;
            Ok(())
        }
    }
}
